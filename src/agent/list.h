/* SPDX-License-Identifier: Apache-2.0
 *
 * A list that grows in an arena, for readers that learn how many entries there are only at the end.
 *
 *     struct list found = LIST(arena, struct program);
 *     struct program *one = list_add(&found);            zeroed; NULL where it does not fit
 *     list_sort(&found, by_name);
 *     list_unique(&found, by_name);                      of neighbours that compare equal the first stays
 *     return arena_end(arena);
 *
 * Past MAX_ITEM_ENTRIES the arena is told to fail (TOO_LARGE). Entries move when the list grows: keep no pointer to
 * one across list_add(). Growing leaves the old places in the arena: at most as much again as the list itself.
 */
#pragma once
#include "base/arena.h"

struct list {
    arena_t *arena;
    size_t size; /* of one entry */
    void *at;
    size_t count, room;
};

typedef int (*order_t)(const void *, const void *); /* as qsort() takes it */

#define LIST(in, type) \
    { \
        .arena = (in), .size = sizeof(type) \
    }

void *list_add(struct list *list);
void list_sort(struct list *list, order_t order);
void list_unique(struct list *list, order_t order);

/* Order of texts as bytes. */
int str_order(str_t a, str_t b);
