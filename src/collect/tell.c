/* SPDX-License-Identifier: Apache-2.0 */
#include "collect/tell.h"

#include "store/outbox.h"

static ProtobufCBinaryData id_data(const ident_t *id)
{
    return (ProtobufCBinaryData){sizeof *id, (uint8_t *)(uintptr_t)id->bytes};
}

err_t tell(struct tx *tx, const struct telling *telling)
{
    OWN(buf) packed = BUF(1024);
    Keys__JournalAdd entry = KEYS__JOURNAL_ADD__INIT;
    entry.act = (char *)(uintptr_t)act_name(telling->act);
    entry.by = id_data(&telling->by.member);
    entry.session = id_data(&telling->by.session);
    entry.by_user = telling->by.is_user;
    entry.at = telling->at;
    entry.count = telling->count;
    char *at = buf_room(&packed, keys__journal_add__get_packed_size(&entry));
    TRY(buf_end(&packed));
    keys__journal_add__pack(&entry, (uint8_t *)at);
    return outbox_put(tx, buf_str(&packed));
}

/* One entry on its way, and what is done with it within an act. */
struct carried {
    arena_t *arena;
    int64_t number;
    str_t packed;
};

static err_t first_act(struct tx *tx, void *with)
{
    struct carried *carried = with;
    return outbox_first(tx, carried->arena, &carried->number, &carried->packed);
}

static err_t remove_act(struct tx *tx, void *with)
{
    return outbox_remove(tx, ((const struct carried *)with)->number);
}

static err_t carry_one(struct desk *desk, ident_t tenant, const struct carried *carried)
{
    ProtobufCAllocator allocator = arena_allocator(desk->arena);
    Keys__None *out = NULL;
    Keys__JournalAdd *entry =
        keys__journal_add__unpack(&allocator, carried->packed.len, (const uint8_t *)carried->packed.at);
    TRY(arena_end(desk->arena));
    if (!entry)
        return fail(ERR_BROKEN, "an entry of the outbox cannot be read");
    entry->tenant = id_data(&tenant);
    entry->number = carried->number;
    return keys_ask(desk->channel, &(struct question){ASK_journal_add, entry}, desk->arena, &out);
}

err_t tell_carry(struct desk *desk, ident_t tenant)
{
    for (;;) {
        struct carried carried = {.arena = desk->arena};
        TRY(store_read(desk->store, tenant, first_act, &carried));
        if (!carried.number)
            return ERR_OK;
        TRY(carry_one(desk, tenant, &carried));
        TRY(store_write(desk->store, tenant, remove_act, &carried));
    }
}
