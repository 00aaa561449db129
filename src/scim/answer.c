/* SPDX-License-Identifier: Apache-2.0 */
#include "scim/answer.h"

#define CORE     "urn:ietf:params:scim:schemas:core:2.0:"
#define MESSAGES "urn:ietf:params:scim:api:messages:2.0:"

enum { PAGE_MOST = 200 };

/* Resources */

static json_t *text(str_t value) { return json_stringn(value.at ? value.at : "", value.len); }

static json_t *moment_json(moment_t at)
{
    const moment_text_t said = moment_text(at);
    return json_string(said.text);
}

struct meta {
    const char *type, *folder;
    ident_text_t id;
    moment_t made, changed;
    int64_t edition;
};

static json_t *meta_json(const struct meta *meta, str_t base)
{
    OWN(buf) location = BUF(1024);
    char version[40];
    buf_putf(&location, "%.*s/%s/%s", STR_ARG(base), meta->folder, meta->id.text);
    snprintf(version, sizeof version, "W/\"%lld\"", (long long)meta->edition);
    return json_pack("{s:s,s:o,s:o,s:s,s:s}", "resourceType", meta->type, "created", moment_json(meta->made),
                     "lastModified", moment_json(meta->changed ? meta->changed : meta->made), "location",
                     location.at ? location.at : "", "version", version);
}

json_t *scim_user_json(const struct scim_person *person, str_t base)
{
    const struct meta meta = {"User",       "Users",         ident_text("usr", person->id),
                              person->made, person->changed, person->edition};
    return json_pack("{s:[s],s:s,s:o,s:{s:o},s:o,s:[{s:o,s:s,s:b}],s:b,s:[{s:o}],s:o}", "schemas",
                     CORE "User", "id", meta.id.text, "userName", text(person->user_name), "name",
                     "formatted", text(person->full_name), "displayName", text(person->full_name), "emails",
                     "value", text(person->email), "type", "work", "primary", 1, "active", person->active,
                     "roles", "value", text(person->role), "meta", meta_json(&meta, base));
}

struct named {
    const char *prefix;
    const ident_t *ids;
    size_t count;
};

static void members_put(json_t *members, const struct named *named, str_t base)
{
    bool is_group = !strcmp(named->prefix, "grp");
    for (size_t i = 0; i < named->count; i++) {
        OWN(buf) ref = BUF(1024);
        const ident_text_t id = ident_text(named->prefix, named->ids[i]);
        buf_putf(&ref, "%.*s/%s/%s", STR_ARG(base), is_group ? "Groups" : "Users", id.text);
        json_array_append_new(members, json_pack("{s:s,s:s,s:s}", "value", id.text, "type",
                                                 is_group ? "Group" : "User", "$ref", ref.at ? ref.at : ""));
    }
}

json_t *scim_group_json(const struct scim_group *group, str_t base)
{
    const struct meta meta = {"Group",     "Groups",       ident_text("grp", group->id),
                              group->made, group->changed, group->edition};
    json_t *members = json_array();
    members_put(members, &(struct named){"usr", group->users, group->user_count}, base);
    members_put(members, &(struct named){"grp", group->groups, group->group_count}, base);
    return json_pack("{s:[s],s:s,s:o,s:o,s:o}", "schemas", CORE "Group", "id", meta.id.text, "displayName",
                     text(group->name), "members", members, "meta", meta_json(&meta, base));
}

/* Attributes are chosen as a whole: of name.formatted all of name is answered. */
static bool is_named(str_t names, const char *key)
{
    while (names.len) {
        str_t one = str_trim(str_until(&names, ','));
        for (size_t i = 0; i < one.len; i++)
            if (one.at[i] == ':')
                one = str_bytes(one.at + i + 1, one.len - i - 1), i = 0;
        if (scim_same(str_until(&one, '.'), str(key)))
            return true;
    }
    return false;
}

void scim_choose(json_t *resource, str_t attributes, str_t excluded)
{
    const char *key;
    json_t *value;
    void *next;
    json_object_foreach_safe(resource, next, key, value)
    {
        bool stays = !strcmp(key, "id") || !strcmp(key, "schemas");
        bool wanted = attributes.len ? is_named(attributes, key) : !is_named(excluded, key);
        if (!stays && !wanted)
            json_object_del(resource, key);
    }
}

static int piece_put(const char *at, size_t len, void *out)
{
    buf_put(out, str_bytes(at, len));
    return 0;
}

err_t scim_put(const json_t *value, buf_t *out)
{
    if (!value || json_dump_callback(value, piece_put, out, JSON_COMPACT) != 0)
        return fail(ERR_BUSY, "no memory for the answer");
    return buf_end(out);
}

err_t scim_list_put(json_t *items, size_t total, size_t from, buf_t *out)
{
    OWN(scim_body)
    list = json_pack("{s:[s],s:I,s:I,s:I,s:o}", "schemas", MESSAGES "ListResponse", "totalResults",
                     (json_int_t)total, "startIndex", (json_int_t)from, "itemsPerPage",
                     (json_int_t)json_array_size(items), "Resources", items);
    return scim_put(list, out);
}

void scim_error_put(int status, const char *note, buf_t *out)
{
    static const char *const types[] = {"invalidFilter", "tooMany",     "uniqueness", "mutability",
                                        "invalidSyntax", "invalidPath", "noTarget",   "invalidValue",
                                        "invalidVers",   "sensitive"};
    str_t rest = str(note), type = str_until(&rest, ':');
    bool known = false;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        known |= str_eq(type, str(types[i]));
    buf_putf(out, "{\"schemas\":[\"" MESSAGES "Error\"],\"status\":\"%d\"", status);
    if (known)
        buf_putf(out, ",\"scimType\":\"%.*s\"", STR_ARG(type));
    buf_put(out, STR(",\"detail\":"));
    buf_put_json(out, known ? str_trim(rest) : str(note));
    buf_put(out, STR("}"));
}

/* What the service says of itself */

err_t scim_config_put(str_t base, buf_t *out)
{
    OWN(buf) location = BUF(1024);
    buf_putf(&location, "%.*s/ServiceProviderConfig", STR_ARG(base));
    OWN(scim_body)
    config = json_pack(
        "{s:[s],s:{s:b},s:{s:b,s:i,s:i},s:{s:b,s:i},s:{s:b},s:{s:b},s:{s:b},s:[{s:s,s:s,s:s,s:b}],s:{s:s,s:s}}",
        "schemas", CORE "ServiceProviderConfig", "patch", "supported", 1, "bulk", "supported", 0,
        "maxOperations", 0, "maxPayloadSize", 0, "filter", "supported", 1, "maxResults", PAGE_MOST,
        "changePassword", "supported", 0, "sort", "supported", 0, "etag", "supported", 1,
        "authenticationSchemes", "type", "oauthbearertoken", "name", "API token", "description",
        "A token of this service with the scope scim", "primary", 1, "meta", "resourceType",
        "ServiceProviderConfig", "location", location.at ? location.at : "");
    return scim_put(config, out);
}

static const struct {
    const char *name, *folder, *about;
} types[] = {{"User", "Users", "A person of the organisation who may sign in"},
             {"Group", "Groups", "A group of the directory, which may give its members a role"}};

static json_t *type_json(size_t at, str_t base)
{
    OWN(buf) location = BUF(1024);
    buf_putf(&location, "%.*s/ResourceTypes/%s", STR_ARG(base), types[at].name);
    return json_pack("{s:[s],s:s,s:s,s:s+,s:s,s:s+,s:{s:s,s:s}}", "schemas", CORE "ResourceType", "id",
                     types[at].name, "name", types[at].name, "endpoint", "/", types[at].folder, "description",
                     types[at].about, "schema", CORE, types[at].name, "meta", "resourceType", "ResourceType",
                     "location", location.at ? location.at : "");
}

/* Of a schema's attributes: name, type, then whether it is one of several, required, kept from change, unique, told. */
struct attribute {
    const char *name, *type;
    bool several, required, read_only, unique, told;
    const char *of; /* the attribute it is a part of; NULL: the resource */
};

static const struct attribute user_attributes[] = {
    {"userName", "string", false, true, false, true, true, NULL},
    {"externalId", "string", false, false, false, false, false, NULL},
    {"name", "complex", false, false, false, false, true, NULL},
    {"formatted", "string", false, false, false, false, true, "name"},
    {"givenName", "string", false, false, false, false, false, "name"},
    {"familyName", "string", false, false, false, false, false, "name"},
    {"displayName", "string", false, false, false, false, true, NULL},
    {"emails", "complex", true, true, false, false, true, NULL},
    {"value", "string", false, true, false, false, true, "emails"},
    {"type", "string", false, false, false, false, true, "emails"},
    {"primary", "boolean", false, false, false, false, true, "emails"},
    {"active", "boolean", false, false, false, false, true, NULL},
    {"roles", "complex", true, false, true, false, true, NULL},
    {"value", "string", false, false, true, false, true, "roles"},
    {NULL},
};
static const struct attribute group_attributes[] = {
    {"displayName", "string", false, true, false, true, true, NULL},
    {"members", "complex", true, false, false, false, true, NULL},
    {"value", "string", false, true, false, false, true, "members"},
    {"type", "string", false, false, false, false, true, "members"},
    {"$ref", "reference", false, false, true, false, true, "members"},
    {NULL},
};

static json_t *attributes_json(const struct attribute *all, const char *of);

static json_t *attribute_json(const struct attribute *all, const struct attribute *one)
{
    json_t *said = json_pack(
        "{s:s,s:s,s:b,s:s,s:b,s:b,s:s,s:s,s:s}", "name", one->name, "type", one->type, "multiValued",
        one->several, "description", one->name, "required", one->required, "caseExact", 0, "mutability",
        one->read_only ? "readOnly"
        : one->told    ? "readWrite"
                       : "writeOnly",
        "returned", one->told ? "default" : "never", "uniqueness", one->unique ? "server" : "none");
    if (!strcmp(one->type, "complex"))
        json_object_set_new(said, "subAttributes", attributes_json(all, one->name));
    if (!strcmp(one->type, "reference"))
        json_object_set_new(said, "referenceTypes", json_pack("[s,s]", "User", "Group"));
    return said;
}

static json_t *attributes_json(const struct attribute *all, const char *of)
{
    json_t *list = json_array();
    for (const struct attribute *one = all; one->name; one++)
        if ((!of && !one->of) || (of && one->of && !strcmp(of, one->of)))
            json_array_append_new(list, attribute_json(all, one));
    return list;
}

static json_t *schema_json(size_t at, str_t base)
{
    static const struct attribute *const attributes[] = {user_attributes, group_attributes};
    OWN(buf) location = BUF(1024);
    buf_putf(&location, "%.*s/Schemas/" CORE "%s", STR_ARG(base), types[at].name);
    return json_pack("{s:[s],s:s+,s:s,s:s,s:o,s:{s:s,s:s}}", "schemas", CORE "Schema", "id", CORE,
                     types[at].name, "name", types[at].name, "description", types[at].about, "attributes",
                     attributes_json(attributes[at], NULL), "meta", "resourceType", "Schema", "location",
                     location.at ? location.at : "");
}

/* One by its name, or all of them as a list. */
static err_t told(json_t *(*make)(size_t at, str_t base), str_t name, str_t base, buf_t *out)
{
    json_t *all = json_array();
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        OWN(scim_body) one = make(i, base);
        const json_t *id = json_object_get(one, "id");
        if (name.at && scim_same(str_bytes(json_string_value(id), json_string_length(id)), name)) {
            json_decref(all);
            return scim_put(one, out);
        }
        json_array_append(all, one);
    }
    if (!name.at)
        return scim_list_put(all, json_array_size(all), 1, out);
    json_decref(all);
    return fail(ERR_MISSING, "there is no such one");
}

err_t scim_types_put(str_t name, str_t base, buf_t *out) { return told(type_json, name, base, out); }
err_t scim_schemas_put(str_t name, str_t base, buf_t *out) { return told(schema_json, name, base, out); }
