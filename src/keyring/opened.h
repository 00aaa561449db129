/* SPDX-License-Identifier: Apache-2.0
 *
 * Boxes that were opened a moment ago, so that a search that is asked again does not open each of them anew: an X25519 costs
 * 35 µs, finding what it gave 1 µs.
 *
 *     uint64_t turn = opened_turn(opened);                 before it is looked up what may be opened
 *     opened_name(&private, sealed, box, &name);           private: what opens `sealed`, the subject's half; that opens `box`
 *     if (!opened_find(opened, &name, &key)) { …open both…; opened_keep(opened, turn, &name, &key); }
 *     opened_name_drop(&name);
 *
 * Nothing here opens anything by itself. What is kept is sealed to whoever holds the private key of the request that opened
 * it (BLAKE2b of that key over both boxes, one pad a box), as the boxes are; who asks, what they may, and what is told of it is
 * found out before, each time. A tenant's key is never kept between two requests, so that the process holds nothing that opens
 * what stands here. All of it goes when any key is destroyed, and after a minute in which nobody looked: a subject whose half is
 * gone leaves nothing here that their client could open. What is kept by a request that began before that is not taken any more.
 *
 * Any thread. Memory: OPENED_SLOTS of 48 bytes, of which only what was used is there; a box takes the place of another.
 */
#pragma once
#include "crypt/seal.h"

enum { OPENED_SLOTS = 256 * 1024 };

struct opened;
typedef struct opened *opened_own;
void opened_drop(struct opened **opened);
CHECKED err_t opened_make(struct opened **out_opened);

struct opened_name {
    struct key pad, place;
};
void opened_name(const struct key *private, str_t sealed, str_t box, struct opened_name *out_name);
typedef struct opened_name opened_name_own;
void opened_name_drop(struct opened_name *name);

uint64_t opened_turn(struct opened *opened);
bool opened_find(struct opened *opened, const struct opened_name *name, struct key *out_key);
void opened_keep(struct opened *opened, uint64_t turn, const struct opened_name *name, const struct key *key);
void opened_forget(struct opened *opened);
void opened_rest(struct opened *opened); /* each minute */
