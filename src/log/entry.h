/* SPDX-License-Identifier: Apache-2.0
 *
 * An entry of the evidence log, as it stands there: one line of JSON, its members in this order, ids as the console and
 * the command line show them. docs/formats/log.md says what each means.
 *
 *     {"seq":17,"at":"2026-11-24T18:30:00Z","act":"device.revoked","by":"usr_…","session":"ses_…","on":["dev_…"]}
 *     {"seq":18,"at":"2026-11-24T18:31:00Z","act":"support.opened","by":"stf_…","session":"ses_…","under":"req_…","on":[…]}
 *
 * `seq` is the entry's place in its log: the first has 0, and none is missing. What is not said is not there: an act of
 * the operator has `"by":"operator"` and no session, what the service does by itself `"by":"service"` or, of an erasure,
 * `"by":"clock"`, whoever holds the client's recovery kit `"by":"kit"`, and who cannot be named is `"unknown"`. Of more than
 * ENTRY_IDS subjects only the count and a digest stand there: SHA-256 over their ids, 16 bytes each, in their order by value,
 * base64url. An entry that commits to a text has the text's digest in the same place.
 *
 * Nothing in an entry says anything about a person but by an id, so that the log stays whole when a person is forgotten.
 */
#pragma once
#include "base/id.h"
#include "base/moment.h"
#include "log/act.h"

enum { ENTRY_IDS = 32, ENTRY_MAX = 4096 };

struct mention {
    const char *prefix; /* NULL: the operator */
    ident_t id;         /* zero: none, and the prefix is said alone */
};
#define UNKNOWN    ((struct mention){.prefix = "unknown"})
#define BY_SERVICE ((struct mention){.prefix = "service"})

struct entry {
    enum act act;
    moment_t at;
    struct mention by;
    ident_t session; /* zero: none */
    const struct mention *on;
    size_t on_count;
    int64_t count;         /* 0: not said; of more than ENTRY_IDS subjects it is said by itself */
    ident_t under;         /* the request that a grant was given for; zero: under none */
    const char *under_as;  /* what it is instead of a request; NULL: a request */
    const uint8_t *digest; /* of a text that the entry commits to; NULL: none */
    const char *kind;      /* of what went; NULL: nothing did. And of which day, counted from 1970 */
    int64_t day;
};

/* Fails in the buffer alone. */
void entry_put(const struct entry *entry, uint64_t seq, buf_t *out_line);
