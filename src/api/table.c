/* SPDX-License-Identifier: Apache-2.0 */
#include "api/bodies.h"
#include "api/handlers.h"

#define CONSOLE  DOOR_CONSOLE
#define AGENT    DOOR_AGENT
#define OPERATOR DOOR_OPERATOR
#define GET      METHOD_GET
#define POST     METHOD_POST
#define PUT      METHOD_PUT
#define DELETE   METHOD_DELETE

/* clang-format off */
const struct route routes[] = {
    /* door   method  path                        right          takes                     purpose                                          answer */
    {CONSOLE,  GET,    "/v1/ready",                RIGHT_NONE,    NULL,                     "says that the service answers",                 api_ready},
    {CONSOLE,  POST,   "/v1/claim",                RIGHT_NONE,    &claim_body_concept,      "the first owner, the tenant's key and its kit", api_claim},
    {CONSOLE,  POST,   "/v1/claim/kit",            RIGHT_OWN,     &kit_body_concept,        "the kit typed back finishes set-up",            api_kit_back},
    {CONSOLE,  POST,   "/v1/session",              RIGHT_NONE,    &sign_in_body_concept,    "a person signs in, which releases the key",     api_sign_in},
    {CONSOLE,  GET,    "/v1/session",              RIGHT_SELF,    NULL,                     "who is signed in",                              api_session},
    {CONSOLE,  DELETE, "/v1/session",              RIGHT_SELF,    NULL,                     "signs out, which takes the key away",           api_sign_out},
    {CONSOLE,  POST,   "/v1/recover",              RIGHT_NONE,    &recover_body_concept,    "the kit brings a locked-out owner back",        api_recover},
    {CONSOLE,  GET,    "/v1/devices",              RIGHT_READ,    NULL,                     "the enrolled endpoints",                        api_device_list},
    {CONSOLE,  GET,    "/v1/devices/{id}",         RIGHT_READ,    NULL,                     "one endpoint and what was collected of it",     api_device_show},
    {CONSOLE,  DELETE, "/v1/devices/{id}",         RIGHT_DEVICES, NULL,                     "destroys an endpoint's keys and records",       api_device_remove},
    {CONSOLE,  POST,   "/v1/devices/{id}/approve", RIGHT_DEVICES, NULL,                     "lets an endpoint that waits, or was revoked, in", api_device_approve},
    {CONSOLE,  POST,   "/v1/devices/{id}/revoke",  RIGHT_DEVICES, NULL,                     "refuses an endpoint's certificate",             api_device_revoke},
    {CONSOLE,  GET,    "/v1/settings",             RIGHT_READ,    NULL,                     "what may be collected",                         api_settings},
    {CONSOLE,  PUT,    "/v1/settings",             RIGHT_DEVICES, &settings_body_concept,   "changes what may be collected",                 api_settings_change},
    {CONSOLE,  GET,    "/v1/tokens",               RIGHT_TOKENS,  NULL,                     "the tokens of programs",                        api_token_list},
    {CONSOLE,  POST,   "/v1/tokens",               RIGHT_TOKENS,  &token_body_concept,      "a token with a key of its own",                 api_token_make},
    {CONSOLE,  DELETE, "/v1/tokens/{id}",          RIGHT_TOKENS,  NULL,                     "ends a token",                                  api_token_end},
    {CONSOLE,  GET,    "/v1/deployment-keys",      RIGHT_DEVICES, NULL,                     "the keys that enrol endpoints",                 api_deployment_list},
    {CONSOLE,  POST,   "/v1/deployment-keys",      RIGHT_DEVICES, &deployment_body_concept, "a key that enrols endpoints",                   api_deployment_make},
    {CONSOLE,  DELETE, "/v1/deployment-keys/{id}", RIGHT_DEVICES, NULL,                     "ends a deployment key",                         api_deployment_end},
    {CONSOLE,  GET,    "/v1/log",                  RIGHT_AUDIT,   NULL,                     "the evidence log, newest first",                api_log_list},
    {CONSOLE,  GET,    "/v1/log/about",            RIGHT_AUDIT,   NULL,                     "what verifies the log, and how far it is signed", api_log_about},
    {CONSOLE,  GET,    "/v1/log/file",             RIGHT_AUDIT,   NULL,                     "a file of the log: its checkpoint, or a tile",  api_log_file},
    {CONSOLE,  GET,    "/v1/log/{seq}",            RIGHT_AUDIT,   NULL,                     "one entry, as it stands in the log",            api_log_entry},
    {CONSOLE,  GET,    "/v1/log/{seq}/proof",      RIGHT_AUDIT,   NULL,                     "a proof that the log holds the entry",          api_log_proof},
    {CONSOLE,  GET,    "/v1/prove",                RIGHT_AUDIT,   NULL,                     "each promise, its state and the evidence",      api_prove},
    {CONSOLE,  POST,   "/agent/v1/enrol",          RIGHT_NONE,    &enrol_body_concept,      "an endpoint gets its certificate",              api_enrol},
    {AGENT,    POST,   "/agent/v1/accounts",       RIGHT_NONE,    NULL,                     "keys for an endpoint's accounts",               api_agent_accounts},
    {AGENT,    POST,   "/agent/v1/report",         RIGHT_NONE,    NULL,                     "what an endpoint collected",                    api_agent_report, .at_once = api_agent_report_at_once},
    {AGENT,    GET,    "/agent/v1/settings",       RIGHT_NONE,    NULL,                     "what the client lets be collected",             api_agent_settings},
    {AGENT,    POST,   "/agent/v1/renew",          RIGHT_NONE,    NULL,                     "a new certificate for the same key",            api_agent_renew, .expired = true},
    {OPERATOR, POST,   "/operator/v1/tenants",     RIGHT_NONE,    &tenant_body_concept,     "a tenant and the claim for its first owner",    api_tenant_make},
    {OPERATOR, GET,    "/operator/v1/tenants",     RIGHT_NONE,    NULL,                     "the tenants",                                   api_tenant_list},
};
/* clang-format on */
const size_t route_count = sizeof routes / sizeof *routes;
