/* SPDX-License-Identifier: Apache-2.0 */
#include "api/openapi.h"

#include "api/route.h"
#include "concept/describe.h"
#include "keyring/scopes.h"

static const char *const right_names[RIGHT_COUNT] = {
    [RIGHT_NONE] = "none",       [RIGHT_SELF] = "self",       [RIGHT_READ] = "read",
    [RIGHT_AUDIT] = "audit",     [RIGHT_DEVICES] = "devices", [RIGHT_TOKENS] = "tokens",
    [RIGHT_OWN] = "own",         [RIGHT_PEOPLE] = "people",   [RIGHT_APPROVE] = "approve",
    [RIGHT_SIGN] = "sign",       [RIGHT_KEEP] = "keep",       [RIGHT_PRIVACY] = "privacy",
    [RIGHT_ELEVATE] = "elevate", [RIGHT_STAFF] = "staff",     [RIGHT_FOREIGN] = "foreign",
    [RIGHT_SCIM] = "scim",       [RIGHT_KEEPER] = "keeper",
};

/* What shows who asks, of a row with this right; of every other right: a session or a token. */
static const char *const right_security[RIGHT_COUNT] = {
    [RIGHT_NONE] = "{}",
    [RIGHT_STAFF] = "{\"staff\": []}",
    [RIGHT_FOREIGN] = "{\"node\": []}, {}", /* osquery; of Santa the path says it */
    [RIGHT_SCIM] = "{\"token\": []}",
    [RIGHT_KEEPER] = "{\"token\": []}",
};

static const struct {
    const char *name, *upper;
} methods[METHOD_COUNT] = {
    [METHOD_GET] = {"get", "GET"},          [METHOD_POST] = {"post", "POST"},
    [METHOD_PUT] = {"put", "PUT"},          [METHOD_PATCH] = {"patch", "PATCH"},
    [METHOD_DELETE] = {"delete", "DELETE"},
};

static const char *const door_names[DOOR_COUNT] = {
    [DOOR_CONSOLE] = "console", [DOOR_AGENT] = "agents", [DOOR_OPERATOR] = "operator"};

static const char head[] =
    "{\n\"openapi\": \"3.1.0\",\n"
    "\"info\": {\"title\": \"Custody\", \"version\": \"" CUSTODY_VERSION "\",\n"
    " \"description\": \"Printed by `custodyd --openapi` from the route table: do not edit. What is answered stands in "
    "docs/API.md.\",\n"
    " \"license\": {\"name\": \"Apache License 2.0\", \"identifier\": \"Apache-2.0\"}},\n"
    "\"servers\": [{\"url\": \"https://{host}:{port}\", \"description\": \"The console's port; endpoints are answered on "
    "the next, and x-doors of operator is a Unix socket\",\n"
    " \"variables\": {\"host\": {\"default\": \"localhost\"}, \"port\": {\"default\": \"8443\"}}}],\n"
    "\"paths\": {";

static const char tail[] =
    "\n},\n\"responses\": {\n"
    "\"problem\": {\"description\": \"Refused: a problem of RFC 9457\", \"content\": {\"application/problem+json\": "
    "{\"schema\": {\"$ref\": \"#/components/schemas/problem\"}}}}\n},\n"
    "\"securitySchemes\": {\n"
    "\"session\": {\"type\": \"apiKey\", \"in\": \"cookie\", \"name\": \"__Host-custody\", \"description\": \"A member who "
    "is signed in\"},\n"
    "\"staff\": {\"type\": \"apiKey\", \"in\": \"cookie\", \"name\": \"__Host-custody-staff\", \"description\": \"One of the "
    "provider's people, signed in\"},\n"
    "\"token\": {\"type\": \"http\", \"scheme\": \"bearer\", \"description\": \"A program's token, ctk_...\"},\n"
    "\"node\": {\"type\": \"apiKey\", \"in\": \"header\", \"name\": \"Authorization\", \"description\": \"osquery: NodeKey "
    "and its node key\"},\n"
    "\"device\": {\"type\": \"mutualTLS\", \"description\": \"An endpoint's certificate of the client's authority\"}\n"
    "}\n}\n}\n";

/* Of RFC 9457, and the member that osquery reads. */
static const char problem_schema[] =
    "\"problem\": {\"type\": \"object\", \"properties\": {\"type\": {\"type\": \"string\"}, \"title\": {\"type\": "
    "\"string\"}, \"status\": {\"type\": \"integer\"}, \"detail\": {\"type\": \"string\"}, \"error\": {\"type\": "
    "\"string\"}}, \"required\": [\"type\", \"title\", \"status\", \"detail\", \"error\"]}";

static void put_security(const struct route *r, buf_t *out)
{
    const char *of_right = right_security[r->right];
    buf_put(out, r->door == DOOR_AGENT ? STR("{\"device\": []}")
                 : of_right            ? str(of_right)
                                       : STR("{\"session\": []}, {\"token\": []}"));
}

/* The same path and method at another door. */
static const struct route *twin(const struct route *r)
{
    for (const struct route *other = routes; other < routes + route_count; other++)
        if (other != r && other->method == r->method && !strcmp(other->path, r->path))
            return other;
    return NULL;
}

static void put_access(const struct route *r, buf_t *out)
{
    const struct route *other = twin(r);
    const char *before = "";
    buf_putf(out, "  \"x-doors\": [\"%s\"", door_names[r->door]);
    if (other)
        buf_putf(out, ", \"%s\"", door_names[other->door]);
    buf_putf(out, "], \"x-right\": \"%s\", \"x-scopes\": [", right_names[r->right]);
    const struct scope *scope;
    for (size_t i = 0; (scope = scope_at(i)); i++)
        if (scopes_route(scope_bit(scope), methods[r->method].upper, r->path)) {
            buf_putf(out, "%s\"%s\"", before, scope->name);
            before = ", ";
        }
    buf_put(out, STR("],\n  \"security\": ["));
    put_security(r, out);
    if (other) {
        buf_put(out, STR(", "));
        put_security(other, out);
    }
    buf_put(out, STR("],\n"));
}

static void put_parameters(const char *path, buf_t *out)
{
    const char *before = "";
    buf_put(out, STR("  \"parameters\": ["));
    for (const char *at = path; (at = strchr(at, '{')); at++) {
        buf_putf(
            out,
            "%s{\"name\": \"%.*s\", \"in\": \"path\", \"required\": true, \"schema\": {\"type\": \"string\"}}",
            before, (int)strcspn(at + 1, "}"), at + 1);
        before = ", ";
    }
    buf_put(out, STR("],\n"));
}

/* What an endpoint sends is bytes: docs/describe/custody.proto. A body that a row reads by itself is any object. */
static void put_body(const struct route *r, buf_t *out)
{
    bool is_binary = r->door == DOOR_AGENT && r->method == METHOD_POST;
    if (!r->takes && !r->reads && !is_binary)
        return;
    buf_putf(out, "  \"requestBody\": {\"required\": true, \"content\": {\"application/%s\": {",
             is_binary ? "octet-stream" : "json");
    if (r->takes)
        buf_putf(out, "\"schema\": {\"$ref\": \"#/components/schemas/%s\"}", r->takes->name);
    else if (!is_binary)
        buf_put(out, STR("\"schema\": {\"type\": \"object\"}"));
    buf_put(out, STR("}}},\n"));
}

/* "get_v1_devices_id" */
static void put_name(const struct route *r, buf_t *out)
{
    bool parted = false;
    buf_put(out, str(methods[r->method].name));
    for (const char *at = r->path; *at; at++) {
        bool is_part = *at == '/' || *at == '.' || *at == '-';
        if (!is_part && parted)
            buf_put_byte(out, '_');
        if (!is_part && *at != '{' && *at != '}')
            buf_put_byte(out, (uint8_t)*at);
        parted = is_part;
    }
}

static void put_operation(const struct route *r, buf_t *out)
{
    buf_putf(out, "\n \"%s\": {\n  \"operationId\": \"", methods[r->method].name);
    put_name(r, out);
    buf_put(out, STR("\",\n  \"summary\": "));
    buf_put_json(out, str(r->purpose));
    buf_put(out, STR(",\n"));
    put_access(r, out);
    put_parameters(r->path, out);
    put_body(r, out);
    buf_put(out, STR("  \"responses\": {\"2XX\": {\"description\": \"Done\"}, \"default\": {\"$ref\": "
                     "\"#/components/responses/problem\"}}\n }"));
}

static const struct route *path_first(const char *path)
{
    const struct route *r = routes;
    while (strcmp(r->path, path) != 0)
        r++;
    return r;
}

/* Everything that one path takes, by the first row that has each method. */
static void put_path(const struct route *first, buf_t *out)
{
    unsigned done = 0;
    const char *before = "";
    buf_putf(out, "%s\n\"%s\": {", first == routes ? "" : ",", first->path);
    for (const struct route *r = first; r < routes + route_count; r++) {
        unsigned bit = 1U << r->method;
        if (done & bit || strcmp(r->path, first->path) != 0)
            continue;
        done |= bit;
        buf_put(out, str(before));
        put_operation(r, out);
        before = ",";
    }
    buf_put(out, STR("\n}"));
}

/* Each concept once, where it is taken first. */
static void put_schemas(buf_t *out)
{
    buf_put(out, STR("\n},\n\"components\": {\n\"schemas\": {\n"));
    buf_put(out, str(problem_schema));
    for (const struct route *r = routes; r < routes + route_count; r++) {
        const struct route *taker = routes;
        while (taker->takes != r->takes)
            taker++;
        if (!r->takes || taker != r)
            continue;
        buf_putf(out, ",\n\"%s\": ", r->takes->name);
        describe_schema(r->takes, out);
    }
}

void openapi_put(buf_t *out)
{
    buf_put(out, str(head));
    for (const struct route *r = routes; r < routes + route_count; r++)
        if (path_first(r->path) == r)
            put_path(r, out);
    put_schemas(out);
    buf_put(out, str(tail));
}
