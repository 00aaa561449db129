/* SPDX-License-Identifier: Apache-2.0
 *
 * Rows of launches (concept/launch.h), sealed before they come here by a chain of keys (seal/chain.h): one for each device,
 * subject and day that launches are about, and for each process that wrote them. Used inside an act.
 *
 *     TRY(launch_chain_put(tx, &chain));                            before its first row
 *     TRY(launch_segment_put(tx, &chain, &row));                    as an upload brought it: appended, never changed
 *     TRY(launch_segments_take(tx, &chain, step, &arena, &rows));   when the hour is over they are taken out,
 *     TRY(launch_row_put(tx, &chain, &row));                        put back as one,
 *     TRY(launch_digest_add(tx, &chain, digest));                   and what a search asks first is put beside
 *
 * In clear: of a chain its device, subject, day and box; of a row its chain, the hour that it is about, in which hour of
 * the chain it was sealed, and how many launches it holds by decision. Hours and days count from 1970, UTC; a row's hour
 * is one of its chain's day.
 *
 * Segments stand in the order they came in, so that many small uploads write few pages; rows in the order of their hours,
 * so that what is searched by time stands together. A row under a chain that is not there any more is BUSY: whoever
 * sends it again has a new one made.
 */
#pragma once
#include "store/store.h"

enum { LAUNCH_DECISIONS = 4, HOURS_A_DAY = 24 }; /* allowed, denied, elevated, observed */

struct launch_chain {
    int64_t number, day; /* the number is random: 63 bits */
    ident_t device, subject;
    str_t box, digests;
};
struct launch_chains {
    struct launch_chain *at;
    size_t count;
};

struct launch_row {
    int64_t number, hour, step;
    int64_t seq; /* of a segment that is new: where it stands among them */
    int64_t counts[LAUNCH_DECISIONS];
    str_t sealed;
};
struct launch_rows {
    struct launch_row *at;
    size_t count;
};

CHECKED err_t launch_chain_put(struct tx *tx, const struct launch_chain *chain);
CHECKED err_t launch_segment_put(struct tx *tx, const struct launch_chain *chain,
                                 const struct launch_row *row);
CHECKED err_t launch_row_put(struct tx *tx, const struct launch_chain *chain, const struct launch_row *row);

/* All segments of a chain that were sealed in this step; in the arena. */
CHECKED err_t launch_segments_take(struct tx *tx, const struct launch_chain *chain, int64_t step,
                                   arena_t *arena, struct launch_rows *out_rows);
CHECKED err_t launch_digest_add(struct tx *tx, const struct launch_chain *chain, str_t digest);

/* Which chains. */
struct launch_span {
    const ident_t *device; /* NULL: of all */
    int64_t from, until;   /* days, both included */
};
/* In the order of their days. */
CHECKED err_t launch_chains(struct tx *tx, const struct launch_span *span, arena_t *arena,
                            struct launch_chains *out_chains);

/* The last day of the span that has any; false in `out_any` where none has. */
CHECKED err_t launch_last_day(struct tx *tx, const struct launch_span *span, bool *out_any, int64_t *out_day);

/* The rows about one hour, of one chain or of all (NULL); and its segments. */
CHECKED err_t launch_rows(struct tx *tx, int64_t hour, const int64_t *number, arena_t *arena,
                          struct launch_rows *out_rows);
CHECKED err_t launch_segments(struct tx *tx, int64_t hour, const int64_t *number, arena_t *arena,
                              struct launch_rows *out_rows);

/* The hours that any segment is about, in the arena. */
struct launch_hours {
    int64_t *at;
    size_t count;
};
CHECKED err_t launch_segment_hours(struct tx *tx, arena_t *arena, struct launch_hours *out_hours);

/* The segments that came after this one, as many as asked for; and the last there is, 0 for none. */
CHECKED err_t launch_segments_since(struct tx *tx, int64_t seq, size_t most, arena_t *arena,
                                    struct launch_rows *out_rows);
CHECKED err_t launch_segments_last(struct tx *tx, int64_t *out_seq);

CHECKED err_t launch_chain_remove(struct tx *tx, const struct launch_chain *chain); /* with its rows */
CHECKED err_t launch_remove_of(struct tx *tx, ident_t device);

/* Those about one subject of a device. */
struct launch_weight {
    int64_t launches, rows, bytes, days, first, last; /* days from 1970 */
};
CHECKED err_t launch_weigh_subject(struct tx *tx, const struct launch_chain *of,
                                   struct launch_weight *out_weight);
CHECKED err_t launch_remove_subject(struct tx *tx,
                                    const struct launch_chain *of); /* its device and subject */
CHECKED err_t launch_remove_all(struct tx *tx);

/* How many launches are kept, how many sealed rows hold them, and how many of those have not the first byte and the
 * least length of one. */
struct launch_count {
    int64_t launches, sealed, strange;
};
CHECKED err_t launch_count(struct tx *tx, struct launch_count *out_count);
