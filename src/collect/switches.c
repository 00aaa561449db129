/* SPDX-License-Identifier: Apache-2.0 */
#include "collect/switches.h"

#include "concept/account.h"
#include "concept/address.h"
#include "concept/device.h"
#include "concept/group.h"
#include "concept/program.h"
#include "store/launches.h"

static const struct collection all_on = {
    .computer_name = true,
    .mac_address = true,
    .usernames = true,
    .logged_in = true,
    .ip_addresses = true,
    .connecting_ip = true,
    .programs = true,
    .launches = true,
};

err_t switches_in(struct tx *tx, arena_t *arena, ident_t tenant, struct collection *out_collection)
{
    struct record_page page = {0};
    TRY(record_list(tx, &collection_concept, &(struct record_ask){.id = &tenant}, arena, &page));
    *out_collection = page.count ? *(const struct collection *)page.records[0].plain : all_on;
    out_collection->id = tenant;
    return ERR_OK;
}

struct change {
    struct desk *desk;
    ident_t tenant;
    int64_t seen; /* the version that the change is made to */
    struct collection *collection;
    struct actor actor;
};

static err_t read_act(struct tx *tx, void *with)
{
    struct change *change = with;
    return switches_in(tx, change->desk->arena, change->tenant, change->collection);
}

err_t switches_read(struct desk *desk, ident_t tenant, struct collection *out_collection)
{
    struct change change = {.desk = desk, .tenant = tenant, .collection = out_collection};
    return store_read(desk->store, tenant, read_act, &change);
}

bool switches_allow_all(const struct collection *collection, const concept_t *c)
{
    for_each_field(f, c)
        if (f->class == CLASS_PERSONAL && !collection_allows(collection, f->purpose))
            return false;
    return true;
}

bool switches_keep(const struct collection *collection, const concept_t *c)
{
    bool any = false;
    for_each_field(f, c)
        any |= f->class == CLASS_PERSONAL && collection_allows(collection, f->purpose);
    return any && (c != &account_concept || collection->usernames);
}

/* A concept of which nothing at all may be collected any more has no rows any more. What of another is switched off
 * leaves with the next report: agents make theirs anew after each change. */
static err_t remove_whole(struct tx *tx, const struct collection *collection, const concept_t *c)
{
    if (switches_keep(collection, c))
        return ERR_OK;
    return c == &device_concept ? record_unseal(tx, c) : record_remove_all(tx, c);
}

static err_t change_act(struct tx *tx, void *with)
{
    const concept_t *const collected[] = {&device_concept, &address_concept, &account_concept, &group_concept,
                                          &program_concept};
    struct change *change = with;
    struct collection before;
    TRY(switches_in(tx, change->desk->arena, change->tenant, &before));
    if (change->seen != ANY_VERSION && change->seen != before.version)
        return fail(ERR_CONFLICT, "somebody else has changed what is collected: look at it again");
    change->collection->id = change->tenant;
    change->collection->version = before.version + 1;
    const struct record record = {
        .id = change->tenant,
        .subject = change->tenant,
        .changed = change->desk->env->now(change->desk->env),
        .plain = change->collection,
    };
    for (size_t i = 0; i < sizeof collected / sizeof *collected; i++)
        TRY(remove_whole(tx, change->collection, collected[i]));
    if (!change->collection->launches)
        TRY(launch_remove_all(tx));
    TRY(record_put(tx, &collection_concept, &record));
    return tell(tx, &(struct telling){ACT_COLLECTION_CHANGED, change->actor, record.changed,
                                      change->collection->version});
}

/* The change stands once it is committed: where the journal cannot be reached now, its entry follows later. */
err_t switches_change(struct desk *desk, const struct switcher *switcher, struct collection *collection)
{
    struct change change = {desk, switcher->tenant, collection->version, collection, switcher->actor};
    err_t changed = store_write(desk->store, switcher->tenant, change_act, &change);
    leases_end(desk->leases);
    TRY(changed);
    (void)!tell_carry(desk, switcher->tenant);
    return ERR_OK;
}

static bool field_clear(const field_t *f, void *record)
{
    void *at = field_in(record, f);
    bool there = false;
    if (f->kind == KIND_TEXT || f->kind == KIND_BYTES) {
        there = ((str_t *)at)->len != 0;
        *(str_t *)at = (str_t){0};
    } else if (f->kind == KIND_IDS) {
        there = ((idents_t *)at)->count != 0;
        *(idents_t *)at = (idents_t){0};
    } else if (f->kind == KIND_FLAG) {
        there = *(bool *)at;
        *(bool *)at = false;
    }
    return there;
}

bool switches_strip(const struct collection *collection, const concept_t *c, void *record)
{
    bool any = false;
    for_each_field(f, c) {
        if (f->class == CLASS_PERSONAL && !collection_allows(collection, f->purpose) &&
            field_clear(f, record))
            any = true;
    }
    return any;
}
