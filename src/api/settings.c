/* SPDX-License-Identifier: Apache-2.0 */
#include "collect/switches.h"

#include "api/bodies.h"
#include "api/handlers.h"
#include "concept/json.h"

static void put_settings(struct call *call, const struct collection *collection)
{
    buf_putf(&call->reply->headers, "ETag: \"%lld\"\n", (long long)collection->version);
    concept_put_json(&collection_concept, collection, &call->reply->body);
}

err_t api_settings(struct call *call)
{
    struct collection collection;
    TRY(switches_read(&call->desk, call->tenant, &collection));
    put_settings(call, &collection);
    return ERR_OK;
}

static err_t actor_read(const Keys__Who *who, struct actor *out_actor)
{
    out_actor->is_user = who->is_user;
    TRY(ident_from(str_bytes(who->member.data, who->member.len), &out_actor->member));
    return ident_from(str_bytes(who->session.data, who->session.len), &out_actor->session);
}

err_t api_settings_change(struct call *call)
{
    const struct settings_body *body = call->body;
    struct switcher switcher = {.tenant = call->tenant};
    struct collection collection = {
        .computer_name = body->computer_name,
        .mac_address = body->mac_address,
        .usernames = body->usernames,
        .logged_in = body->logged_in,
        .ip_addresses = body->ip_addresses,
        .connecting_ip = body->connecting_ip,
        .programs = body->programs,
        .launches = body->launches,
    };
    TRY(call_if_match(call, ANY_VERSION, &collection.version));
    TRY(actor_read(call->who, &switcher.actor));
    TRY(switches_change(&call->desk, &switcher, &collection));
    put_settings(call, &collection);
    return ERR_OK;
}
