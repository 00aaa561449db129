/* SPDX-License-Identifier: Apache-2.0 */
#include "collect/switches.h"

#include "api/bodies.h"
#include "api/handlers.h"
#include "concept/json.h"

err_t api_settings(struct call *call)
{
    struct collection collection;
    TRY(switches_read(&call->desk, call->tenant, &collection));
    concept_put_json(&collection_concept, &collection, &call->reply->body);
    return ERR_OK;
}

err_t api_settings_change(struct call *call)
{
    const struct settings_body *body = call->body;
    struct collection collection = {
        .computer_name = body->computer_name,
        .mac_address = body->mac_address,
        .usernames = body->usernames,
        .logged_in = body->logged_in,
        .ip_addresses = body->ip_addresses,
        .connecting_ip = body->connecting_ip,
        .programs = body->programs,
    };
    TRY(switches_change(&call->desk, call->tenant, &collection));
    concept_put_json(&collection_concept, &collection, &call->reply->body);
    return ERR_OK;
}
