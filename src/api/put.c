/* SPDX-License-Identifier: Apache-2.0 */
#include "api/put.h"

#include "api/object.h"
#include "concept/json.h"
#include "concept/tenant.h"
#include "concept/user.h"
#include "keyring/scopes.h"

static ident_t id_of(ProtobufCBinaryData data)
{
    ident_t id = {{0}};
    if (data.len == sizeof id.bytes)
        memcpy(id.bytes, data.data, sizeof id.bytes);
    return id;
}

void put_tenant(const Keys__Tenant *tenant, buf_t *out_json)
{
    const struct tenant record = {
        .id = id_of(tenant->id),
        .realm = id_of(tenant->realm),
        .name = str(tenant->name),
        .state = str(tenant->state),
        .made = tenant->made,
    };
    concept_put_json(&tenant_concept, &record, out_json);
}

/* Whoever has no key cannot read even its own name. */
static str_t text_or_null(const char *text) { return *text ? str(text) : (str_t){0}; }

static void put_user(const Keys__Who *who, buf_t *out_json)
{
    const struct user record = {
        .id = id_of(who->member),
        .role = str(who->role),
        .made = who->made,
        .full_name = text_or_null(who->full_name),
        .username = text_or_null(who->username),
        .email = text_or_null(who->email),
    };
    concept_put_json(&user_concept, &record, out_json);
}

void put_session(const Keys__Who *who, buf_t *out_json)
{
    buf_put(out_json, STR("{\"tenant\":"));
    put_tenant(who->tenant, out_json);
    buf_put(out_json, STR(",\"user\":"));
    if (who->is_user)
        put_user(who, out_json);
    else
        buf_put(out_json, STR("null"));
    buf_put(out_json, STR(",\"role\":"));
    buf_put_json(out_json, str(who->role));
    buf_putf(out_json, ",\"since\":\"%s\"", moment_text(who->since).text);
    buf_putf(out_json, ",\"until\":\"%s\"", moment_text(who->until).text);
    buf_putf(
        out_json,
        ",\"keyed\":%s,\"locked\":%s,\"waiting\":%s,\"bare\":%s,\"way\":\"%s\",\"life\":\"%s\",\"scope\":\"",
        who->keyed ? "true" : "false", who->locked ? "true" : "false", who->waits ? "true" : "false",
        who->bare ? "true" : "false", who->way, who->life);
    scopes_put(who->scopes, out_json);
    buf_put(out_json, STR("\"}"));
}

static void put_head(const char *prefix, ProtobufCBinaryData id, const char *name, buf_t *out_json)
{
    buf_putf(out_json, "{\"id\":\"%s\",\"name\":", ident_text(prefix, id_of(id)).text);
    if (*name)
        buf_put_json(out_json, str(name));
    else
        buf_put(out_json, STR("null"));
}

static void put_secret(const char *name, const char *secret, buf_t *out_json)
{
    if (!*secret)
        return;
    buf_putf(out_json, ",\"%s\":", name);
    buf_put_json(out_json, str(secret));
}

static void object_scope(struct object *object, scopes_t scopes)
{
    OWN(buf) names = BUF(SCOPES_TEXT_MAX);
    scopes_put(scopes, &names);
    buf_put_byte(&names, '\0');
    object_text(object, "scope", buf_end(&names) == ERR_OK ? names.at : "");
}

void put_token(const Keys__Token *token, buf_t *out_json)
{
    struct object object = object_begin(out_json);
    object_id(&object, "id", "tok", token->id);
    object_text(&object, "name", token->name);
    object_text(&object, "role", token->role);
    object_scope(&object, token->scopes);
    object_id(&object, "by", "usr", token->by);
    object_moment(&object, "made", token->made);
    object_moment(&object, "until", token->until);
    object_moment(&object, "used", token->used);
    if (*token->token)
        object_text(&object, "token", token->token);
    object_end(&object);
}

void put_deployment(const Keys__Deployment *deployment, buf_t *out_json)
{
    put_head("dpl", deployment->id, deployment->name, out_json);
    buf_putf(out_json, ",\"made\":\"%s\"", moment_text(deployment->made).text);
    buf_putf(out_json, ",\"until\":\"%s\"", moment_text(deployment->until).text);
    buf_putf(out_json, ",\"uses\":%lld,\"used\":%lld", (long long)deployment->uses,
             (long long)deployment->used);
    buf_put(out_json, STR(",\"pattern\":"));
    buf_put_json(out_json, str(*deployment->pattern ? deployment->pattern : "*"));
    buf_putf(out_json, ",\"hold\":%s", deployment->hold ? "true" : "false");
    put_secret("key", deployment->key, out_json);
    buf_put(out_json, STR("}"));
}

struct list list_begin(buf_t *json)
{
    buf_put(json, STR("{\"items\":["));
    return (struct list){.json = json};
}

buf_t *list_item(struct list *list)
{
    if (list->count++)
        buf_put(list->json, STR(","));
    return list->json;
}

void list_end(struct list *list, const char *next)
{
    buf_put(list->json, STR("],\"next\":"));
    if (next)
        buf_put_json(list->json, str(next));
    else
        buf_put(list->json, STR("null"));
    buf_put(list->json, STR("}"));
}
