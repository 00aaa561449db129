/* SPDX-License-Identifier: Apache-2.0 */
#include "store/_private.h"

static void tenant_from(const rows_t *rows, arena_t *arena, struct tenant *out_tenant)
{
    *out_tenant = (struct tenant){
        .id = row_ident(rows, 0),
        .realm = row_ident(rows, 1),
        .name = arena_copy(arena, row_text(rows, 2)),
        .state = arena_copy(arena, row_text(rows, 3)),
        .made = row_number(rows, 4),
    };
}

static err_t tenant_one(rows_t *rows, arena_t *arena, struct tenant *out_tenant)
{
    struct tenant found;
    TRY(row_one(rows));
    tenant_from(rows, arena, &found);
    TRY(arena_end(arena));
    *out_tenant = found;
    return ERR_OK;
}

err_t store_tenant_put(struct store *store, const struct tenant *tenant)
{
    OWN(control) control = control_take(store);
    return db_do(control.db,
                 "insert into tenants (id, realm, name, state, made) values ($1, $2, $3, $4, $5)"
                 " on conflict (id) do nothing",
                 ID(tenant->id), ID(tenant->realm), T(tenant->name), T(tenant->state), N(tenant->made));
}

err_t store_tenant_state(struct store *store, ident_t id, str_t state)
{
    OWN(control) control = control_take(store);
    return db_do(control.db, "update tenants set state = $2 where id = $1", ID(id), T(state));
}

/* The file first: a row without one is as it was before anything was written, and is removed when it is asked again. */
err_t store_tenant_remove(struct store *store, ident_t id)
{
    OWN(control) control = control_take(store);
    int64_t claimed = 0;
    TRY(db_number(control.db, &claimed, "select count(*) from tenants where id = $1 and state <> 'unclaimed'",
                  ID(id)));
    if (claimed)
        return fail(ERR_DENIED, "%s was claimed", ident_text("ten", id).text);
    TRY(file_remove(store, id));
    return db_do(control.db, "delete from tenants where id = $1", ID(id));
}

err_t store_tenant_end(struct store *store, ident_t id)
{
    OWN(control) control = control_take(store);
    TRY(file_shut(store, id));
    return db_do(control.db, "delete from tenants where id = $1", ID(id));
}

err_t store_tenant_files(struct store *store, ident_t id, struct tenant_files *out_files)
{
    OWN(control) control = control_take(store);
    return file_weigh(store, id, out_files);
}

err_t store_tenant_erase(struct store *store, ident_t id)
{
    OWN(control) control = control_take(store);
    TRY(db_do(control.db, "delete from tenants where id = $1", ID(id)));
    return file_remove(store, id);
}

err_t store_tenant_named(struct store *store, str_t name, arena_t *arena, struct tenant *out_tenant)
{
    OWN(control) control = control_take(store);
    OWN(rows) rows = {0};
    TRY(db_read(control.db, &rows, "select id, realm, name, state, made from tenants where name = $1",
                T(name)));
    return tenant_one(&rows, arena, out_tenant);
}

err_t store_tenant_find(struct store *store, ident_t id, arena_t *arena, struct tenant *out_tenant)
{
    OWN(control) control = control_take(store);
    OWN(rows) rows = {0};
    TRY(db_read(control.db, &rows, "select id, realm, name, state, made from tenants where id = $1", ID(id)));
    return tenant_one(&rows, arena, out_tenant);
}

err_t store_tenants(struct store *store, arena_t *arena, struct tenant **out_tenants, size_t *out_count)
{
    OWN(control) control = control_take(store);
    OWN(rows) rows = {0};
    int64_t room = 0;
    size_t count = 0;
    TRY(db_number(control.db, &room, "select count(*) from tenants"));
    struct tenant *tenants = arena_array(arena, struct tenant, (size_t)room);
    TRY(db_read(control.db, &rows, "select id, realm, name, state, made from tenants order by name"));
    while (tenants && count < (size_t)room && row_next(&rows))
        tenant_from(&rows, arena, &tenants[count++]);
    TRY(rows_end(&rows));
    TRY(arena_end(arena));
    *out_tenants = tenants;
    *out_count = count;
    return ERR_OK;
}
