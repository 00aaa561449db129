/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading what was collected, for somebody of the client who is in session: records from the store, their data keys
 * from the keys process, which knows what the bearer may open, and the two put together here.
 *
 *     TRY(inventory_devices(&desk, &reader, &(struct device_ask){.limit = 100}, &page));
 *     TRY(inventory_device(&desk, &reader, id, &whole));
 *
 * One of the provider's people reads in the same way, but under a grant: `under` names it, and what it does not reach
 * comes without its sealed part. That every open has a grant is for the keys process to see to.
 *
 * All results live in the desk's arena. A record whose subject has been forgotten comes without its sealed part: a
 * device without a name, a list without entries. So does a broken one, and is counted: an endpoint that seals what it sends
 * can send what is no record, and nobody sees it before it is opened here. The others are shown.
 */
#pragma once
#include "collect/desk.h"
#include "concept/account.h"
#include "concept/address.h"
#include "concept/device.h"
#include "concept/group.h"
#include "concept/program.h"

struct reader {
    ident_t tenant, realm;
    const char *bearer;
    const ident_t *under; /* the request whose grant opens; NULL: the bearer's own right */
    bool held;            /* with the keys of legal holds, which outlive their subjects' */
    const char *ticket;   /* of an export, which opens instead of any bearer; NULL: none */
    const struct reader_kit {
        const char *tenant, *kit; /* the client's name, and its recovery kit */
    } * kit;                      /* opens what holds keep, instead of any bearer; NULL: none */
};

/* Which devices, in which order. By a plain column only the page itself is opened; a part of the name, or the order by
 * name, opens every name of the tenant first. */
enum device_order { ORDER_ENROLLED, ORDER_SEEN, ORDER_NAME };
struct device_ask {
    str_t part;  /* of the name, in any case; empty: all */
    str_t state; /* approved, pending, revoked; empty: all */
    enum device_order order;
    bool down;            /* the largest first */
    const ident_t *after; /* the last one already seen */
    size_t limit;         /* 0: all */
};
struct device_page {
    struct device *devices;
    const char **states; /* of each: approved, pending, revoked */
    const bool *broken;  /* of each: its name cannot be read */
    size_t count, total; /* on the page; that fit in all */
    bool more;
};
CHECKED err_t inventory_devices(struct desk *desk, const struct reader *reader, const struct device_ask *ask,
                                struct device_page *out_page);

/* These devices and no others, in the order given; one that is not there any more is left out. */
CHECKED err_t inventory_these(struct desk *desk, const struct reader *reader, const idents_t *ids,
                              struct device_page *out_page);

/* The same without opening anything: ids, times and states of every device, for whoever chooses among them. */
CHECKED err_t inventory_plain(struct desk *desk, const struct reader *reader, struct device_page *out_page);

/* The entries of all lists of one concept of a device, put together; `system` tells those sealed to the device. */
struct entries {
    const void *records;
    size_t count;
    const bool *of_device;
    size_t broken; /* lists that cannot be read */
};
struct device_whole {
    struct device device;
    const char *state;
    bool broken; /* its name cannot be read */
    struct entries addresses, accounts, groups, programs;
};
CHECKED err_t inventory_device(struct desk *desk, const struct reader *reader, ident_t id,
                               struct device_whole *out_whole);

/* Keys first, records second: a crash between leaves rows that nobody can read, removed when it is asked again. */
CHECKED err_t inventory_remove(struct desk *desk, const struct reader *reader, ident_t id);

/* The records of one concept, opened, one after the other: of all devices, or this one record. What is taken lives until
 * take() returns; what take() returns, and is not ERR_OK, ends the walk. A record whose subject was forgotten has no entries. */
struct inventory_walk {
    const concept_t *concept;
    const ident_t *id; /* NULL: all */
};
struct inventory_record {
    ident_t id, subject, device;
    const void *entries;
    size_t count;
};
typedef err_t (*inventory_take_t)(void *with, const struct inventory_record *record);
CHECKED err_t inventory_each(struct desk *desk, const struct reader *reader,
                             const struct inventory_walk *walk, inventory_take_t take, void *with);
