/* SPDX-License-Identifier: Apache-2.0 */
#include "collect/withheld.h"

#include "concept/device.h"

struct errand {
    struct desk *desk;
    ident_t device;
    struct withheld *withheld;
    struct withheld_page page;
};

static err_t find(struct tx *tx, struct desk *desk, ident_t device, struct withheld *out)
{
    struct record_page page = {0};
    TRY(record_list(tx, &withheld_concept, &(struct record_ask){.id = &device}, desk->arena, &page));
    *out = page.count ? *(const struct withheld *)page.records[0].plain : (struct withheld){.number = 0};
    return ERR_OK;
}

static err_t put(struct tx *tx, const struct errand *errand, const struct withheld *withheld)
{
    return record_put(tx, &withheld_concept,
                      &(struct record){.id = withheld->id,
                                       .subject = withheld->id,
                                       .changed = errand->desk->env->now(errand->desk->env),
                                       .plain = withheld});
}

static err_t keep_act(struct tx *tx, void *with)
{
    struct errand *errand = with;
    struct withheld before, now = *errand->withheld;
    bool there = false;
    TRY(record_exists(tx, &device_concept, now.id, &there));
    TRY(find(tx, errand->desk, now.id, &before));
    if (!there || before.number >= now.number)
        return ERR_OK;
    now.told = before.told;
    now.heard = before.heard;
    return put(tx, errand, &now);
}

err_t withheld_keep(struct desk *desk, ident_t tenant, struct withheld *withheld)
{
    return store_write(desk->store, tenant, keep_act, &(struct errand){.desk = desk, .withheld = withheld});
}

static err_t of_act(struct tx *tx, void *with)
{
    struct errand *errand = with;
    return find(tx, errand->desk, errand->device, errand->withheld);
}

err_t withheld_of(struct desk *desk, const struct intake *intake, struct withheld *out_withheld)
{
    struct errand errand = {.desk = desk, .device = intake->device, .withheld = out_withheld};
    return store_read(desk->store, intake->tenant, of_act, &errand);
}

static err_t heard_act(struct tx *tx, void *with)
{
    struct errand *errand = with;
    struct withheld now;
    TRY(find(tx, errand->desk, errand->device, &now));
    if (errand->withheld->told > now.number || now.told >= errand->withheld->told)
        return ERR_OK;
    now.told = errand->withheld->told;
    now.heard = errand->desk->env->now(errand->desk->env);
    return put(tx, errand, &now);
}

err_t withheld_heard(struct desk *desk, const struct intake *intake, uint64_t number)
{
    struct withheld said = {.told = (int64_t)number};
    struct errand errand = {.desk = desk, .device = intake->device, .withheld = &said};
    return store_write(desk->store, intake->tenant, heard_act, &errand);
}

static err_t all_act(struct tx *tx, void *with)
{
    struct errand *errand = with;
    arena_t *arena = errand->desk->arena;
    struct record_page page = {0};
    TRY(record_list(tx, &withheld_concept, &(struct record_ask){.limit = 0}, arena, &page));
    errand->page.at = arena_array(arena, struct withheld, page.count + 1);
    TRY(arena_end(arena));
    for (errand->page.count = 0; errand->page.count < page.count; errand->page.count++)
        errand->page.at[errand->page.count] =
            *(const struct withheld *)page.records[errand->page.count].plain;
    return ERR_OK;
}

err_t withheld_all(struct desk *desk, ident_t tenant, struct withheld_page *out_page)
{
    struct errand errand = {.desk = desk};
    TRY(store_read(desk->store, tenant, all_act, &errand));
    *out_page = errand.page;
    return ERR_OK;
}
