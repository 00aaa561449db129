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
    if (!ident_is_zero(telling->by.member)) {
        entry.by = id_data(&telling->by.member);
        entry.session = id_data(&telling->by.session);
        entry.by_user = telling->by.is_user;
    }
    if (!ident_is_zero(telling->device))
        entry.device = id_data(&telling->device);
    entry.at = telling->at;
    entry.count = telling->count;
    if (telling->kind)
        entry.kind = (char *)(uintptr_t)telling->kind;
    entry.day = telling->day;
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

static err_t entry_unpack(const struct carried *carried, Keys__JournalAdd **out_entry)
{
    ProtobufCAllocator allocator = arena_allocator(carried->arena);
    *out_entry =
        keys__journal_add__unpack(&allocator, carried->packed.len, (const uint8_t *)carried->packed.at);
    TRY(arena_end(carried->arena));
    return *out_entry ? ERR_OK : fail(ERR_BROKEN, "an entry of the outbox cannot be read");
}

err_t tell_carry_by(const struct carrier *carrier, ident_t tenant, arena_t *arena)
{
    for (size_t i = 0; !carrier->most || i < carrier->most; i++) {
        struct carried carried = {.arena = arena};
        Keys__JournalAdd *entry = NULL;
        TRY(store_read(carrier->store, tenant, first_act, &carried));
        if (!carried.number)
            return ERR_OK;
        TRY(entry_unpack(&carried, &entry));
        if (carrier->is_own && !carrier->is_own(str(entry->act)))
            return ERR_OK;
        entry->tenant = id_data(&tenant);
        entry->number = carried.number;
        TRY(carrier->carry(carrier->with, entry, arena));
        TRY(store_write(carrier->store, tenant, remove_act, &carried));
    }
    return ERR_OK;
}

static bool is_of_web(str_t act)
{
    return str_eq(act, str(act_name(ACT_COLLECTION_CHANGED))) ||
           str_eq(act, str(act_name(ACT_LAUNCHES_ELEVATED)));
}

static err_t give_to_keys(void *with, Keys__JournalAdd *entry, arena_t *arena)
{
    Keys__None *out = NULL;
    return keys_ask(with, &(struct question){ASK_journal_add, entry}, arena, &out);
}

err_t tell_carry(struct desk *desk, ident_t tenant)
{
    return tell_carry_by(&(struct carrier){desk->store, TELL_CARRY, is_of_web, give_to_keys, desk->channel},
                         tenant, desk->arena);
}
