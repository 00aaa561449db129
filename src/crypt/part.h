/* SPDX-License-Identifier: Apache-2.0
 *
 * A guardian's part of a recovery kit: Shamir's scheme over GF(2^8), by libgfshare. Any `need` of the parts give the kit,
 * fewer say nothing about it.
 *
 *     TRY(kit_split(env, kit, &(struct part_set){client, 3, 2, 5}, parts));      set 3: any 2 of 5
 *     part_put(&parts[0], &text);                                               printed, and typed back:
 *     TRY(part_read(text, &part));                                              INVALID: a slip, and which
 *     TRY(part_fits(have, count, &part));                                       INVALID: of another client or set, or double
 *     TRY(kit_join(env, have, count, &joined));                                 INVALID: not enough, or wrong ones, each named
 *
 * Printed it is twelve groups of four (crypt/written.h), 30 bytes:
 *
 *     4 bits   its number, 1 to 10
 *     4 bits   how many are needed, 2 to 10
 *     16 bits  the number of the set, big-endian
 *     16 bits  the client: the beginning of SHA-256 over "custody guardians" and the client's id
 *     176 bits its share of the kit (160 bits) and the beginning of the kit's SHA-256 (16 bits)
 *     24 bits  check: the beginning of SHA-256 over all of that
 *
 * The check tells a slip of the pen; the kit's digest, which is split with it, that parts do not belong together. With more
 * parts than are needed the wrong one is found: it is in no combination that holds. Parts are joined on the client's machine
 * alone: nothing of the service calls kit_join().
 */
#pragma once
#include "crypt/kit.h"

enum {
    GUARDIANS_LEAST = 2,
    GUARDIANS_MOST = 10,
    SHARE_CHECK = 2,
    SHARE_BYTES = KIT_BYTES + SHARE_CHECK,
    PART_TEXT = 64 /* room for one, printed */
};

struct part_set {
    uint16_t client, number;
    uint8_t need, count;
};

struct part {
    struct part_set set; /* `count` is not known of a part that was read */
    uint8_t number;
    uint8_t share[SHARE_BYTES];
};
typedef struct part part_own;
void part_drop(struct part *part);

uint16_t part_client(ident_t tenant);

/* `need` and `count` of 2 to 10, or INVALID. */
CHECKED err_t kit_split(struct env *env, const uint8_t kit[KIT_BYTES], const struct part_set *set,
                        struct part *out_parts);

void part_put(const struct part *part, buf_t *out_text);
CHECKED err_t part_read(str_t text, struct part *out_part);

/* Whether it goes with those that are there. */
CHECKED err_t part_fits(const struct part *have, size_t count, const struct part *part);

struct joined {
    uint8_t kit[KIT_BYTES];
    uint16_t wrong; /* bit n: part number n is in no combination that holds */
};
typedef struct joined joined_own;
void joined_drop(struct joined *joined);
CHECKED err_t kit_join(struct env *env, const struct part *parts, size_t count, struct joined *out_joined);
