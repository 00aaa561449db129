/* SPDX-License-Identifier: Apache-2.0
 *
 * A hash table from a literal (a path, a digest) to the rules that name it, in the order of their places.
 *
 *     TRY(index_make(&index, most, key));
 *     index_add(&index, path, place);                     places only ever grow
 *     for (uint32_t link = index_find(&index, path); link != NO_LINK; link = index.links[link].next) …
 *
 * Made once for so many pairs, then read only: finding takes no allocation and no lock. Keys are borrowed. The hash is
 * keyed, so that whoever writes a set cannot choose paths that collide.
 */
#pragma once
#include "crypt/seal.h"

#define NO_LINK  UINT32_MAX
#define NO_PLACE UINT32_MAX

struct index_slot {
    str_t key;
    uint32_t hash, first, last;
};

struct index_link {
    uint32_t place, next;
};

struct index {
    struct index_slot *slots;
    struct index_link *links;
    uint32_t mask, count, most;
    uint8_t key[SHORT_KEY];
};
void index_drop(struct index *index);

CHECKED err_t index_make(struct index *index, size_t most, const uint8_t key[SHORT_KEY]);

/* Once for a key and a place: said again, it changes nothing. BROKEN past `most`. */
CHECKED err_t index_add(struct index *index, str_t key, uint32_t place);
uint32_t index_find(const struct index *index, str_t key);
