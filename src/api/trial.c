/* SPDX-License-Identifier: Apache-2.0 */
#include "api/trial.h"

#include "api/publish.h"
#include "base/limits.h"
#include "concept/json.h"
#include <jansson.h>

typedef json_t *json_own;
static void json_drop(json_own *json) { json_decref(*json); }

/* Values: `out` is the member's place in the body */

static str_t text_of(const json_t *value)
{
    return str_bytes(json_string_value(value), json_string_length(value));
}

static err_t files_read(const json_t *value, arena_t *arena, void *out)
{
    TRY(publish_files_read(value, arena, out));
    policy_sort(out);
    return ERR_OK;
}

static err_t text_read(const json_t *value, arena_t *arena, void *out)
{
    if (!json_is_string(value))
        return fail(ERR_INVALID, "not text");
    *(str_t *)out = arena_copy(arena, text_of(value));
    return arena_end(arena);
}

static err_t digest_read(const json_t *value, arena_t *arena, void *out)
{
    void *bytes = arena_take(arena, DIGEST_SIZE);
    TRY(arena_end(arena));
    TRY(base16_read(text_of(value), DIGEST_SIZE, bytes));
    *(str_t *)out = str_bytes(bytes, DIGEST_SIZE);
    return ERR_OK;
}

static err_t device_read(const json_t *value, arena_t *arena, void *out)
{
    (void)arena;
    return ident_read("dev", text_of(value), out);
}

static err_t account_read(const json_t *value, arena_t *arena, void *out)
{
    (void)arena;
    return ident_read("acc", text_of(value), out);
}

static err_t flag_read(const json_t *value, arena_t *arena, void *out)
{
    (void)arena;
    *(bool *)out = json_is_true(value);
    return json_is_boolean(value) ? ERR_OK : fail(ERR_INVALID, "neither true nor false");
}

static err_t from_read(const json_t *value, arena_t *arena, void *out)
{
    (void)arena;
    return moment_read_day(text_of(value), false, out);
}

static err_t until_read(const json_t *value, arena_t *arena, void *out)
{
    (void)arena;
    return moment_read_day(text_of(value), true, out);
}

/* Members. One that no rule asks for has no reader. */

struct member {
    const char *name;
    err_t (*read)(const json_t *value, arena_t *arena, void *out);
    size_t at;
};
#define MEMBER(name, reader, place) \
    { \
        name, reader, offsetof(struct trial_body, place) \
    }

static const struct member explained[] = {
    MEMBER("files", files_read, policy),
    MEMBER("device", device_read, device),
    MEMBER("account", account_read, launch.account),
    MEMBER("system", flag_read, of_device),
    MEMBER("path", text_read, launch.path),
    MEMBER("sha256", digest_read, launch.sha256),
    MEMBER("package", text_read, launch.package),
    MEMBER("parent", text_read, launch.parent),
    MEMBER("args", text_read, launch.args),
    MEMBER("script", text_read, launch.script),
    {"at"},
    {"decision"},
    {"count"},
    {"policy"},
    {"rule"},
    {"reason"},
    {"emergency"},
    {NULL},
};

static const struct member rehearsed[] = {
    MEMBER("files", files_read, policy),
    MEMBER("device", device_read, device),
    MEMBER("from", from_read, from),
    MEMBER("until", until_read, until),
    {NULL},
};

static err_t fail_about(const char *name)
{
    char note[128];
    snprintf(note, sizeof note, "%s", err_note());
    return fail(ERR_INVALID, "%s: %s", name, note);
}

static err_t member_read(const struct member *member, const json_t *value, arena_t *arena,
                         struct trial_body *body)
{
    if (!member->name)
        return fail(ERR_INVALID, "a field that is not asked for");
    if (!member->read || json_is_null(value))
        return ERR_OK;
    err_t code = member->read(value, arena, (char *)body + member->at);
    return code == ERR_INVALID ? fail_about(member->name) : code;
}

err_t trial_read(enum trial trial, str_t json, arena_t *arena, struct trial_body *out_body)
{
    OWN(json) object = NULL;
    const char *key;
    json_t *value;
    *out_body = (struct trial_body){.from = 0};
    TRY(json_object_read(json, MAX_PUBLISH, &object));
    json_object_foreach(object, key, value)
    {
        const struct member *member = trial == TRIAL_EXPLAIN ? explained : rehearsed;
        while (member->name && strcmp(member->name, key))
            member++;
        TRY(member_read(member, value, arena, out_body));
    }
    return out_body->policy.count ? ERR_OK : fail(ERR_INVALID, "files is not there");
}

static err_t read_into_call(struct call *call, enum trial trial)
{
    struct trial_body *body = arena_new(call->desk.arena, struct trial_body);
    TRY(arena_end(call->desk.arena));
    TRY(trial_read(trial, call->request->body, call->desk.arena, body));
    call->body = body;
    return ERR_OK;
}

err_t explain_read(struct call *call) { return read_into_call(call, TRIAL_EXPLAIN); }
err_t rehearse_read(struct call *call) { return read_into_call(call, TRIAL_REHEARSE); }
