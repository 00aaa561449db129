/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/list.h"

#include "base/limits.h"

enum { FIRST_ROOM = 32 };

static bool list_grow(struct list *list)
{
    size_t room = list->room ? list->room * 2 : FIRST_ROOM;
    void *at = arena_take_array(list->arena, list->size, room);
    if (!at)
        return false;
    if (list->count)
        memcpy(at, list->at, list->count * list->size);
    list->at = at;
    list->room = room;
    return true;
}

void *list_add(struct list *list)
{
    if (list->count == MAX_ITEM_ENTRIES && list->arena->state == ERR_OK)
        list->arena->state = fail(ERR_TOO_LARGE, "past %d entries in one list", MAX_ITEM_ENTRIES);
    if (list->arena->state != ERR_OK || (list->count == list->room && !list_grow(list)))
        return NULL;
    return (char *)list->at + list->count++ * list->size;
}

void list_sort(struct list *list, order_t order)
{
    if (list->count)
        qsort(list->at, list->count, list->size, order);
}

void list_unique(struct list *list, order_t order)
{
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++) {
        char *one = (char *)list->at + i * list->size, *end = (char *)list->at + kept * list->size;
        if (kept && order(end - list->size, one) == 0)
            continue;
        memmove(end, one, list->size);
        kept++;
    }
    list->count = kept;
}

int str_order(str_t a, str_t b)
{
    size_t both = a.len < b.len ? a.len : b.len;
    int order = both ? memcmp(a.at, b.at, both) : 0;
    return order ? order : (a.len > b.len) - (a.len < b.len);
}
