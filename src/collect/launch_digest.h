/* SPDX-License-Identifier: Apache-2.0
 *
 * What a search asks before it opens the rows of a day: for each row that was folded, whether it may hold a program of
 * this name, this hash or this package. They stand together with the chain, each sealed in its hour as the row is.
 *
 *     launch_digest_put(&digest, launches, count);                a Bloom filter of 10 bits a word, one in a hundred errs
 *     if (launch_digest_may(digest, &words)) …                    false: the row holds no such launch
 *
 *     digest_part_put(&part, sealed, &digests);                   of a chain: hour of the day (1 byte), step (2), length
 *     for (str_t rest = digests; digest_part_next(&rest, &part);) (2), sealed
 */
#pragma once
#include "concept/launch.h"

/* What is looked for; empty: any. The name is the last part of the program's path. */
struct launch_words {
    str_t name, sha256, package;
};
str_t launch_name(str_t path);

void launch_digest_put(const struct launch *launches, size_t count, buf_t *out_digest);
bool launch_digest_may(str_t digest, const struct launch_words *words);

struct digest_part {
    int64_t hour, step; /* of the day */
    str_t sealed;
};
void digest_part_put(const struct digest_part *part, buf_t *out_digests);
bool digest_part_next(str_t *rest,
                      struct digest_part *out_part); /* false at the end, and where it is cut short */
