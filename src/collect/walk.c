/* SPDX-License-Identifier: Apache-2.0 */
#include "collect/_private.h"

#include "base/limits.h"

enum { AT_ONCE = 512 };

/* A device's own record has no parent: it is about itself. */
static err_t page_take(const struct listing *listing, const struct opened *opened, inventory_take_t take,
                       void *with)
{
    for (size_t i = 0; i < listing->page.count; i++) {
        const struct record *record = &listing->page.records[i];
        const struct inventory_record one = {record->id, record->subject,
                                             listing->concept->parent ? record->parent : record->id,
                                             opened[i].entries, opened[i].count};
        TRY(take(with, &one));
    }
    return ERR_OK;
}

err_t inventory_each(struct desk *desk, const struct reader *reader, const struct inventory_walk *walk,
                     inventory_take_t take, void *with)
{
    OWN(arena) arena = ARENA(MAX_MEMORY);
    struct desk own = *desk;
    struct listing listing = {
        .desk = &own, .concept = walk->concept, .ask = {.id = walk->id, .limit = AT_ONCE}};
    ident_t last;
    own.arena = &arena;
    do {
        struct opened *opened = NULL;
        arena_clear(&arena);
        TRY(store_read(own.store, reader->tenant, listing_read, &listing));
        TRY(records_open(&own, reader, walk->concept, &listing.page, &opened));
        TRY(page_take(&listing, opened, take, with));
        if (listing.page.count)
            last = listing.page.records[listing.page.count - 1].id;
        listing.ask.after = &last;
    } while (listing.page.more);
    return ERR_OK;
}
