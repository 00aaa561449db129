/* SPDX-License-Identifier: Apache-2.0 */
#include "api/tenants.h"

#include "api/bodies.h"
#include "api/handlers.h"
#include "api/put.h"
#include "collect/tell.h"
#include "crypt/tls.h"

static err_t tenant_follow(struct desk *desk, SSL_CTX *agents_tls, const Keys__Tenant *tenant)
{
    struct tenant row = {.name = str(tenant->name), .state = str(tenant->state), .made = tenant->made};
    TRY(ident_from(str_bytes(tenant->id.data, tenant->id.len), &row.id));
    TRY(ident_from(str_bytes(tenant->realm.data, tenant->realm.len), &row.realm));
    TRY(store_tenant_put(desk->store, &row));
    TRY(store_tenant_state(desk->store, row.id, row.state));
    err_t carried = tell_carry(desk, row.id);
    if (carried != ERR_OK && carried != ERR_BUSY) /* a store that is behind its marks, or frozen, waits */
        return carried;
    return tls_trust(agents_tls, str_bytes(tenant->agent_authority.data, tenant->agent_authority.len));
}

static bool is_known(const Keys__Tenants *tenants, ident_t id)
{
    for (size_t i = 0; i < tenants->n_items; i++)
        if (str_eq(str_bytes(tenants->items[i]->id.data, tenants->items[i]->id.len), ident_bytes(&id)))
            return true;
    return false;
}

/* Unclaimed ones that the keyring has removed. */
static err_t removed_follow(struct desk *desk, const Keys__Tenants *known)
{
    struct tenant *rows = NULL;
    size_t count = 0;
    TRY(store_tenants(desk->store, desk->arena, &rows, &count));
    for (size_t i = 0; i < count; i++)
        if (str_eq(rows[i].state, STR("unclaimed")) && !is_known(known, rows[i].id))
            TRY(store_tenant_remove(desk->store, rows[i].id));
    return ERR_OK;
}

err_t tenants_follow(struct desk *desk, SSL_CTX *agents_tls)
{
    Keys__None in = KEYS__NONE__INIT;
    Keys__Tenants *tenants = NULL;
    TRY(keys_ask(desk->channel, &(struct question){ASK_tenant_list, &in}, desk->arena, &tenants));
    TRY(removed_follow(desk, tenants));
    for (size_t i = 0; i < tenants->n_items; i++)
        TRY(tenant_follow(desk, agents_tls, tenants->items[i]));
    return ERR_OK;
}

err_t api_tenant_make(struct call *call)
{
    const struct tenant_body *body = call->body;
    Keys__TenantMake in = KEYS__TENANT_MAKE__INIT;
    Keys__TenantMade *made = NULL;
    in.name = (char *)(uintptr_t)body->name.at;
    TRY(call_keys(call, &(struct question){ASK_tenant_make, &in}, &made));
    TRY(tenant_follow(&call->desk, call->service->agents_tls, made->tenant));
    call->reply->status = 201;
    buf_put(&call->reply->body, STR("{\"tenant\":"));
    put_tenant(made->tenant, &call->reply->body);
    buf_put(&call->reply->body, STR(",\"claim\":"));
    buf_put_json(&call->reply->body, str(made->claim));
    buf_put(&call->reply->body, STR("}"));
    return ERR_OK;
}

err_t api_tenant_list(struct call *call)
{
    Keys__None in = KEYS__NONE__INIT;
    Keys__Tenants *tenants = NULL;
    TRY(call_keys(call, &(struct question){ASK_tenant_list, &in}, &tenants));
    struct list list = list_begin(&call->reply->body);
    for (size_t i = 0; i < tenants->n_items; i++)
        put_tenant(tenants->items[i], list_item(&list));
    list_end(&list, NULL);
    return ERR_OK;
}
