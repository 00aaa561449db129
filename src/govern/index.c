/* SPDX-License-Identifier: Apache-2.0 */
#include "govern/index.h"

void index_drop(struct index *index)
{
    free(index->slots);
    free(index->links);
    *index = (struct index){0};
}

err_t index_make(struct index *index, size_t most, const uint8_t key[SHORT_KEY])
{
    size_t slots = 16;
    while (slots < most * 2)
        slots *= 2;
    *index = (struct index){.slots = calloc(slots, sizeof *index->slots),
                            .links = calloc(most + 1, sizeof *index->links),
                            .mask = (uint32_t)(slots - 1),
                            .most = (uint32_t)most};
    memcpy(index->key, key, SHORT_KEY);
    return index->slots && index->links ? ERR_OK : fail(ERR_BUSY, "no memory for a table of %zu rules", most);
}

/* Where the key stands or would stand. There is always a free slot: at most half of them are taken. */
static struct index_slot *slot_of(const struct index *index, str_t key, uint32_t hash)
{
    for (uint32_t i = hash & index->mask;; i = (i + 1) & index->mask) {
        struct index_slot *slot = &index->slots[i];
        if (!slot->key.at || (slot->hash == hash && str_eq(slot->key, key)))
            return slot;
    }
}

err_t index_add(struct index *index, str_t key, uint32_t place)
{
    uint32_t hash = (uint32_t)digest_short(index->key, key), link = index->count;
    struct index_slot *slot = slot_of(index, key, hash);
    if (slot->key.at && index->links[slot->last].place == place)
        return ERR_OK;
    if (link == index->most)
        return fail(ERR_BROKEN, "a table of %u rules is full", index->most);
    if (slot->key.at)
        index->links[slot->last].next = link;
    else
        *slot = (struct index_slot){key, hash, link, link};
    slot->last = link;
    index->links[link] = (struct index_link){place, NO_LINK};
    index->count++;
    return ERR_OK;
}

uint32_t index_find(const struct index *index, str_t key)
{
    if (!index->count)
        return NO_LINK;
    const struct index_slot *slot = slot_of(index, key, (uint32_t)digest_short(index->key, key));
    return slot->key.at ? slot->first : NO_LINK;
}
