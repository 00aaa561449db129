/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading launches, newest first, for somebody of the client who is in session: chains and rows from the store, the keys
 * of the chains from the keys process, which knows what the bearer may open and writes down what it opens.
 *
 *     TRY(launches_search(&desk, &reader, &(struct launch_ask){.limit = 100, .decision = ANY_DECISION},
 *                         &(struct launch_sink){found, progress, with}, &cursor));
 *
 * A search goes back day by day. Of each it opens the chains that it may need, then, where it looks for a name, a hash or
 * a package, their digests, and only the rows that may hold it. What it finds it gives as it goes: found() gets each
 * launch once, progress() is told after each hour; either says false to end the search, as a client does that left, or a page
 * that is full before its limit: then the cursor is behind what found() got last. What it gives lives until found() returns. A subject that has been forgotten has no launches. LOCKED where the bearer's
 * key does not open a chain.
 *
 * Memory: that of at most CHUNK_DAYS days' chains (fewer where they are very many), and of one hour's rows, or of a part of its
 * launches where an hour has more than MAX_MEMORY: then its rows are opened once for each part. Of a single moment that has
 * more a page holds the first, and none of the next ones the others; without a limit all are given.
 *
 * Cost, by bench-launches with 76 launches a device and day, seven a row, beside others at work: 0.48 µs of a launch in the
 * searching thread (zstd a quarter, opening a fifth, the chain's hash an eighth, reading the list a ninth, the store a tenth);
 * and 36 µs of a chain in the keys process, nearly all of it one X25519: another 0.47 µs of each launch, so that no first search
 * that opens every chain passes 2.1 million launches a CPU second, whatever else were free. Asked again within a minute, the keys
 * process remembers (keyring/opened.h) and the chain costs it 3 µs. Digests spare rows, not chains.
 */
#pragma once
#include "collect/inventory.h"
#include "collect/launch_digest.h"

enum { ANY_DECISION = -1, CHUNK_DAYS = 4 };

/* Where a search goes on: past the launches of this hour that are later than `at`, and `skip` of those at that moment. */
struct launch_cursor {
    int64_t hour; /* 0: from the newest on */
    moment_t at;
    int64_t skip;
};

struct launch_ask {
    const ident_t *device, *account; /* NULL: any */
    moment_t from, until;            /* both included; until 0: now */
    str_t path;                      /* a part of it; empty: any */
    struct launch_words words;
    int decision;
    size_t limit; /* 0: all */
    struct launch_cursor after;
};

struct launch_found {
    ident_t device;
    bool of_device; /* sealed to the device: a system account's, or nobody's */
    const struct launch *launch;
    ident_t subject; /* whom it is sealed to */
};
struct launch_progress {
    int64_t launches, found; /* looked through so far */
    moment_t at;             /* the search has come back to here */
};
struct launch_sink {
    bool (*found)(void *with, const struct launch_found *found);
    bool (*progress)(void *with, const struct launch_progress *progress); /* or NULL */
    void *with;
};

/* `out_next->hour` is 0 where nothing is left; else the search goes on from there. */
CHECKED err_t launches_search(struct desk *desk, const struct reader *reader, const struct launch_ask *ask,
                              const struct launch_sink *sink, struct launch_cursor *out_next);
