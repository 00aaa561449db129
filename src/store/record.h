/* SPDX-License-Identifier: Apache-2.0
 *
 * Records of a tenant, of any concept whose home is the tenant's store: rows with an envelope in clear and one sealed
 * column. Used inside an act of store_write or store_read.
 *
 *     TRY(record_put(tx, &program_concept, &(struct record){.id = id, .parent = device, …, .sealed = sealed}));
 *     TRY(record_list(tx, &device_concept, &(struct record_ask){.limit = 100}, arena, &page));
 *
 * record_put replaces a row whole. A row belongs to one parent for ever: a put under another parent is DENIED.
 * `plain` is the concept's struct: of a ONE its PLAIN fields are written from it, and read into it. NULL when putting
 * a ONE that exists keeps them as they are; MISSING where it does not exist.
 *
 * Lists go by id, which is random and stable: `after` is the last id already seen.
 */
#pragma once
#include "store/store.h"

struct record {
    ident_t id, parent, subject;
    int64_t entries; /* how many the sealed list holds */
    moment_t changed;
    str_t sealed; /* {NULL, 0}: nothing yet */
    const void *plain;
};

struct record_ask {
    const ident_t *id;     /* this one */
    const ident_t *parent; /* or all of this parent */
    const ident_t *after;  /* or a page: those past this id, NULL from the start */
    size_t limit;          /* of the page; 0: all */
};

struct record_page {
    struct record *records;
    size_t count;
    bool more;
};

CHECKED err_t record_put(struct tx *tx, const concept_t *c, const struct record *record);
CHECKED err_t record_list(struct tx *tx, const concept_t *c, const struct record_ask *ask, arena_t *arena,
                          struct record_page *out_page);
CHECKED err_t record_exists(struct tx *tx, const concept_t *c, ident_t id, bool *out_there);

/* The ids of all devices, in the order of a plain column and then of their ids; in the arena. */
enum device_column { BY_ENROLLED, BY_ENROLLED_DOWN, BY_SEEN, BY_SEEN_DOWN };
CHECKED err_t record_devices(struct tx *tx, enum device_column by, arena_t *arena, idents_t *out_ids);

CHECKED err_t record_remove(struct tx *tx, const concept_t *c, ident_t id);
CHECKED err_t record_remove_of(struct tx *tx, const concept_t *c, ident_t parent);

CHECKED err_t record_remove_all(struct tx *tx, const concept_t *c);

/* What is sealed to one subject of one parent: rows, entries, sealed bytes; and taking it away. */
struct record_subject {
    ident_t parent, subject;
};
struct record_weight {
    int64_t rows, entries, bytes;
};
CHECKED err_t record_weigh_subject(struct tx *tx, const concept_t *c, const struct record_subject *of,
                                   struct record_weight *out_weight);
CHECKED err_t record_remove_subject(struct tx *tx, const concept_t *c, const struct record_subject *of);

/* How many rows there are, how many with something sealed, how many entries their sealed lists hold, and how many sealed columns have not the first byte
 * and the least length of a sealed record. */
struct record_count {
    int64_t rows, sealed, entries, strange;
};
CHECKED err_t record_count(struct tx *tx, const concept_t *c, struct record_count *out_count);

/* Takes the sealed part of every row away; the rows stay. */
CHECKED err_t record_unseal(struct tx *tx, const concept_t *c);

/* Only where it belongs to that parent; no error where there is none. */
CHECKED err_t record_remove_owned(struct tx *tx, const concept_t *c, ident_t id, ident_t parent);

/* When a device was last heard; the one PLAIN field that changes without its record. */
CHECKED err_t record_seen(struct tx *tx, ident_t device, moment_t at);

/* The same while the device is there, and what may be collected of it has still this version; `*out_so`: it is so. */
struct hearing {
    ident_t device;
    moment_t at;
    int64_t version;
};
CHECKED err_t record_heard(struct tx *tx, const struct hearing *hearing, bool *out_so);

/* Whether this sequence of this device's spool epoch was stored before; it counts as stored from now on. CONFLICT
 * for one that is further behind than the window of 64. */
CHECKED err_t sequence_take(struct tx *tx, ident_t device, ident_t epoch, uint64_t sequence, bool *out_again);
CHECKED err_t sequence_forget(struct tx *tx, ident_t device);
