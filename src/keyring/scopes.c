/* SPDX-License-Identifier: Apache-2.0 */
#include "keyring/scopes.h"

/* clang-format off */
static const struct scope scopes[] = {
    {0, "devices:read", "the endpoints, and what was collected of them", true,
        {RIGHT_READ},
        {ASK_device_states, ASK_records_open},
        {"GET /v1/devices", "GET /v1/devices/{id}"}},
    {1, "launches:read", "what was launched", true,
        {RIGHT_READ},
        {ASK_device_states, ASK_records_open, ASK_launches_open},
        {"GET /v1/launches", "GET /v1/launches/live"}},
    {2, "log:read", "the evidence log, its files and proofs", false,
        {RIGHT_AUDIT},
        {ASK_log_about},
        {"GET /v1/log", "GET /v1/log/about", "GET /v1/log/file", "GET /v1/log/{seq}", "GET /v1/log/{seq}/proof"}},
    {3, "notices:read", "the notices, and what became of them", false,
        {RIGHT_AUDIT},
        {ASK_notices_get},
        {"GET /v1/notices"}},
    {4, "storage:read", "what is kept, and what of it goes when", false,
        {RIGHT_AUDIT},
        {ASK_retention_get},
        {"GET /v1/storage"}},
    {5, "policy", "reading, checking and publishing policies that were signed elsewhere", false,
        {RIGHT_SIGN},
        {ASK_policy_publish},
        {"GET /v1/policies", "POST /v1/policies", "POST /v1/policies/check", "GET /v1/policies/{id}"}},
    {6, "export", "handovers, sealed to the break-glass key, under the acceptance of who made the token", true,
        {RIGHT_OWN, RIGHT_PRIVACY, RIGHT_AUDIT},
        {ASK_break_glass_get, ASK_export_make, ASK_export_seal, ASK_export_list, ASK_export_hand, ASK_export_end},
        {"GET /v1/break-glass", "GET /v1/exports", "GET /v1/exports/warning", "POST /v1/exports", "DELETE /v1/exports/{id}",
         "GET /v1/exports/{id}/archive", "GET /v1/exports/{id}/receipt"}},
    {7, "scim", "members as the client's directory has them", true,
        {RIGHT_SCIM},
        {ASK_scim_find, ASK_scim_put_user, ASK_scim_put_group},
        {"GET /scim/v2/*", "POST /scim/v2/*", "PUT /scim/v2/*", "PATCH /scim/v2/*", "DELETE /scim/v2/*"}},
    {8, "keeper", "a keeper in the client's network: the key, once an owner has approved it", false,
        {RIGHT_KEEPER},
        {ASK_keeper_enrol, ASK_keeper_poll, ASK_keeper_unlock, ASK_keeper_give, ASK_logout},
        {"POST /v1/keeper", "POST /v1/keeper/poll", "POST /v1/keeper/session", "POST /v1/keeper/members", "POST /v1/keeper/releases",
         "DELETE /v1/session"}},
};
/* clang-format on */

const struct scope *scope_at(size_t index)
{
    return index < sizeof scopes / sizeof *scopes ? &scopes[index] : NULL;
}

#define for_each_scope(scope) \
    for (const struct scope *scope = scopes; scope < scopes + sizeof scopes / sizeof *scopes; scope++)

const struct scope *scope_named(str_t name)
{
    for_each_scope(scope) if (str_eq(str(scope->name), name)) return scope;
    return NULL;
}

bool scopes_have(scopes_t of, const char *name)
{
    const struct scope *scope = scope_named(str(name));
    return scope && of & scope_bit(scope);
}

err_t scopes_read(str_t names, scopes_t *out_scopes)
{
    scopes_t read = 0;
    while (names.len) {
        str_t name = str_until(&names, ' ');
        const struct scope *scope = scope_named(name);
        if (name.len && !scope)
            return fail(ERR_INVALID, "there is no scope of that name");
        read |= scope ? scope_bit(scope) : 0;
    }
    *out_scopes = read;
    return ERR_OK;
}

void scopes_put(scopes_t of, buf_t *out)
{
    bool any = false;
    for_each_scope(scope)
    {
        if (!(of & scope_bit(scope)))
            continue;
        buf_putf(out, "%s%s", any ? " " : "", scope->name);
        any = true;
    }
}

static bool has_right(const struct scope *scope, right_t right)
{
    for (const right_t *at = scope->rights; at < scope->rights + SCOPE_ROWS && *at != RIGHT_NONE; at++)
        if (*at == right)
            return true;
    return right == RIGHT_SELF;
}

static bool has_ask(const struct scope *scope, uint8_t ask)
{
    for (const uint8_t *at = scope->asks; at < scope->asks + SCOPE_ROWS && *at; at++)
        if (*at == ask)
            return true;
    return false;
}

static bool route_fits(str_t route, str_t method, str_t path)
{
    if (!str_eq(str_until(&route, ' '), method))
        return false;
    bool open = route.len && route.at[route.len - 1] == '*';
    return open ? str_starts(path, str_bytes(route.at, route.len - 1)) : str_eq(route, path);
}

static bool has_route(const struct scope *scope, str_t method, str_t path)
{
    for (const char *const *at = scope->routes; at < scope->routes + SCOPE_ROWS && *at; at++)
        if (route_fits(str(*at), method, path))
            return true;
    return false;
}

bool scopes_may(scopes_t of, right_t right)
{
    for_each_scope(scope) if (of & scope_bit(scope) && has_right(scope, right)) return true;
    return false;
}

bool scopes_ask(scopes_t of, right_t right, uint8_t ask)
{
    for_each_scope(scope) if (of & scope_bit(scope) && has_right(scope, right) &&
                              has_ask(scope, ask)) return true;
    return of && ask == ASK_whoami && right == RIGHT_SELF;
}

bool scopes_route(scopes_t of, const char *method, const char *path)
{
    for_each_scope(scope) if (of & scope_bit(scope) && has_route(scope, str(method), str(path))) return true;
    return of && !strcmp(method, "GET") && !strcmp(path, "/v1/session");
}

bool scopes_open(scopes_t of)
{
    if (scopes_have(of, "keeper"))
        return false;
    for_each_scope(scope) if (of & scope_bit(scope) && scope->opens) return true;
    return false;
}
