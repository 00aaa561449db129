/* SPDX-License-Identifier: Apache-2.0 */
#include "scim/change.h"

#include "base/limits.h"
#include "concept/json.h"

void scim_body_drop(json_t **body) { json_decref(*body); }

err_t scim_body_read(str_t json, json_t **out_body)
{
    err_t read = json_object_read(json, MAX_SCIM, out_body);
    return read == ERR_INVALID ? fail(ERR_INVALID, "invalidSyntax: the body is not one JSON object") : read;
}

static err_t bad_value(const char *what) { return fail(ERR_INVALID, "invalidValue: %s", what); }

/* A user, attribute by attribute. One value at a time comes in, with the path that it stands at. */

struct user_ask {
    arena_t *arena;
    struct scim_change *change;
};

static err_t text_take(const json_t *value, arena_t *arena, str_t *out_text)
{
    str_t text = str_bytes(json_string_value(value), json_string_length(value));
    if (!json_is_string(value) || !text.len || text.len > MAX_NAME)
        return bad_value("a name, an address or an id is text of 1 to 255 bytes");
    *out_text = arena_copy(arena, text);
    return arena_end(arena);
}

static err_t active_take(const json_t *value, int *out_active)
{
    str_t text = str_bytes(json_string_value(value), json_string_length(value));
    bool is_true = json_is_true(value) || scim_same(text, STR("true"));
    if (!is_true && !json_is_false(value) && !scim_same(text, STR("false")))
        return bad_value("active is true or false");
    *out_active = is_true;
    return ERR_OK;
}

static bool is_primary(const json_t *email)
{
    const json_t *primary = scim_member(email, STR("primary"));
    str_t said = str_bytes(json_string_value(primary), json_string_length(primary));
    return json_is_true(primary) || scim_same(said, STR("true"));
}

static bool is_work(const json_t *email)
{
    const json_t *type = scim_member(email, STR("type"));
    return scim_same(str_bytes(json_string_value(type), json_string_length(type)), STR("work"));
}

/* One address is kept: the primary one, else the one for work, else the first. */
static err_t emails_take(const json_t *emails, const struct user_ask *ask)
{
    const json_t *chosen = json_is_array(emails) ? json_array_get(emails, 0) : emails;
    for (size_t i = 0; i < json_array_size(emails); i++)
        if (is_work(json_array_get(emails, i)) && !is_work(chosen) && !is_primary(chosen))
            chosen = json_array_get(emails, i);
    for (size_t i = 0; i < json_array_size(emails); i++)
        if (is_primary(json_array_get(emails, i)) && !is_primary(chosen))
            chosen = json_array_get(emails, i);
    ask->change->ignored += json_array_size(emails) > 1 ? json_array_size(emails) - 1 : 0;
    return text_take(json_is_string(chosen) ? chosen : scim_member(chosen, STR("value")), ask->arena,
                     &ask->change->email);
}

/* Of an address that is not kept nothing is kept. */
static bool email_is_kept(const struct scim_filter *filter)
{
    json_t *work = json_pack("{s:s,s:b}", "type", "work", "primary", 1);
    bool kept = !filter || (work && scim_filter_fits(filter, work));
    json_decref(work);
    return kept;
}

static str_t *name_part(struct scim_change *change, str_t sub)
{
    return scim_same(sub, STR("formatted"))    ? &change->formatted
           : scim_same(sub, STR("givenName"))  ? &change->given
           : scim_same(sub, STR("familyName")) ? &change->family
                                               : NULL;
}

static err_t name_take(const json_t *name, const struct user_ask *ask)
{
    const char *key;
    json_t *value;
    if (!json_is_object(name))
        return bad_value("name has parts");
    json_object_foreach((json_t *)(uintptr_t)name, key, value)
    {
        str_t *part = name_part(ask->change, str(key));
        if (part && !json_is_null(value) && json_string_length(value))
            TRY(text_take(value, ask->arena, part));
        ask->change->ignored += !part;
    }
    return ERR_OK;
}

static str_t *plain_text(struct scim_change *change, str_t attribute)
{
    return scim_same(attribute, STR("userName"))      ? &change->user_name
           : scim_same(attribute, STR("externalId"))  ? &change->external_id
           : scim_same(attribute, STR("displayName")) ? &change->display
                                                      : NULL;
}

/* What is answered and cannot be said: RFC 7643 has it ignored. */
static bool is_told_only(str_t attribute)
{
    static const char *const names[] = {"schemas", "id", "meta", "groups", "roles"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (scim_same(attribute, str(names[i])))
            return true;
    return false;
}

static err_t user_take(const struct scim_path *path, const json_t *value, const struct user_ask *ask)
{
    struct scim_change *change = ask->change;
    str_t *text = path->sub.len ? NULL : plain_text(change, path->attribute);
    if (json_is_null(value))
        return ERR_OK;
    if (text)
        return text_take(value, ask->arena, text);
    if (scim_same(path->attribute, STR("active")) && !path->sub.len)
        return active_take(value, &change->active);
    if (scim_same(path->attribute, STR("name")))
        text = path->sub.len ? name_part(change, path->sub) : NULL;
    if (text || (scim_same(path->attribute, STR("name")) && !path->sub.len))
        return text ? text_take(value, ask->arena, text) : name_take(value, ask);
    if (scim_same(path->attribute, STR("emails")) && email_is_kept(path->filter) &&
        (!path->sub.len || scim_same(path->sub, STR("value"))))
        return emails_take(value, ask);
    change->ignored += !is_told_only(path->attribute);
    return ERR_OK;
}

/* What stays of a whole resource, and of an operation without a path: each member by its name, which may be a path. */
static err_t object_take(const json_t *object, const struct user_ask *ask)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)object, key, value)
    {
        struct scim_path path = {.filter = NULL};
        if (!strncasecmp(key, "urn:", 4) && json_is_object(value)) { /* an extension, by its whole name */
            ask->change->ignored++;
            continue;
        }
        if (scim_path_read(str(key), ask->arena, &path) != ERR_OK) {
            ask->change->ignored++;
            continue;
        }
        err_t taken = user_take(&path, value, ask);
        scim_filter_drop(&path.filter);
        TRY(taken);
    }
    return ERR_OK;
}

static bool extension(const char *path)
{
    static const char core[] = "urn:ietf:params:scim:schemas:core:2.0:User:";
    return !strncasecmp(path, "urn:", 4) && strncasecmp(path, core, sizeof core - 1) != 0;
}

err_t scim_user_read(const json_t *body, arena_t *arena, struct scim_change *out_change)
{
    struct scim_change change = {.active = -1};
    TRY(object_take(body, &(struct user_ask){arena, &change}));
    if (!change.user_name.at)
        return bad_value("userName is required");
    *out_change = change;
    return ERR_OK;
}

/* PATCH */

struct operation {
    enum { OP_ADD, OP_REPLACE, OP_REMOVE } kind;
    const char *path; /* NULL: none */
    const json_t *value;
};

static err_t operation_read(const json_t *from, struct operation *out)
{
    static const char *const names[] = {"add", "replace", "remove"};
    const json_t *op = scim_member(from, STR("op"));
    const json_t *path = scim_member(from, STR("path"));
    str_t name = str_bytes(json_string_value(op), json_string_length(op));
    out->path = json_string_length(path) ? json_string_value(path) : NULL;
    out->value = scim_member(from, STR("value"));
    for (int i = 0; i < 3; i++)
        if (scim_same(name, str(names[i]))) {
            out->kind = i;
            return out->kind == OP_REMOVE || out->value ? ERR_OK : bad_value("add and replace have a value");
        }
    return fail(ERR_INVALID, "invalidSyntax: an operation is add, replace or remove");
}

static err_t operations_find(const json_t *body, const json_t **out_operations)
{
    const json_t *operations = scim_member(body, STR("Operations"));
    if (!json_array_size(operations))
        return fail(ERR_INVALID, "invalidSyntax: a PATCH has Operations");
    if (json_array_size(operations) > SCIM_OPS_MOST)
        return fail(ERR_TOO_LARGE, "tooMany: more than %d operations", SCIM_OPS_MOST);
    *out_operations = operations;
    return ERR_OK;
}

static err_t path_of(const struct operation *op, arena_t *arena, struct scim_path *out_path)
{
    return scim_path_read(str(op->path), arena, out_path) == ERR_OK
               ? ERR_OK
               : fail(ERR_INVALID, "invalidPath: not a path of RFC 7644 section 3.5.2");
}

/* externalId alone may go; what a member cannot be without stays. */
static err_t user_remove(const struct scim_path *path, struct scim_change *change)
{
    static const char *const needed[] = {"userName", "name", "displayName", "emails", "active"};
    if (scim_same(path->attribute, STR("externalId"))) {
        change->external_id = STR("");
        return ERR_OK;
    }
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        if (scim_same(path->attribute, str(needed[i])) && email_is_kept(path->filter) && !path->sub.len)
            return fail(ERR_INVALID,
                        "mutability: a member has a username, a name, an address, and is active or not");
    change->ignored += !is_told_only(path->attribute);
    return ERR_OK;
}

static err_t user_operate(const struct operation *op, const struct user_ask *ask)
{
    struct scim_path path = {.filter = NULL};
    if (!op->path && op->kind == OP_REMOVE)
        return fail(ERR_INVALID, "noTarget: what is removed has a path");
    if (!op->path)
        return json_is_object(op->value) ? object_take(op->value, ask)
                                         : bad_value("without a path the value is an object");
    if (extension(op->path)) {
        ask->change->ignored++;
        return ERR_OK;
    }
    TRY(path_of(op, ask->arena, &path));
    err_t done = op->kind == OP_REMOVE ? user_remove(&path, ask->change) : user_take(&path, op->value, ask);
    scim_filter_drop(&path.filter);
    return done;
}

err_t scim_user_patch(const json_t *body, arena_t *arena, struct scim_change *out_change)
{
    struct scim_change change = {.active = -1};
    const json_t *operations = NULL;
    TRY(operations_find(body, &operations));
    for (size_t i = 0; i < json_array_size(operations); i++) {
        struct operation op = {.path = NULL};
        TRY(operation_read(json_array_get(operations, i), &op));
        TRY(user_operate(&op, &(struct user_ask){arena, &change}));
    }
    *out_change = change;
    return ERR_OK;
}

static str_t last_word(str_t text)
{
    for (size_t i = text.len; i > 0; i--)
        if (text.at[i - 1] == ' ')
            return str_bytes(text.at + i, text.len - i);
    return (str_t){text.at, 0};
}

str_t scim_full_name(const struct scim_change *change, str_t before, arena_t *arena)
{
    OWN(buf) name = BUF(2 * MAX_NAME + 2);
    if (change->formatted.at || (change->display.at && !change->given.at && !change->family.at))
        return change->formatted.at ? change->formatted : change->display;
    if (!change->given.at && !change->family.at)
        return (str_t){NULL, 0};
    str_t family = last_word(before), given = str_trim(str_bytes(before.at, before.len - family.len));
    given = change->given.at ? change->given : given;
    family = change->family.at ? change->family : family;
    buf_put(&name, given);
    buf_put(&name, given.len && family.len ? STR(" ") : STR(""));
    buf_put(&name, family);
    return arena_copy(arena, buf_str(&name));
}
