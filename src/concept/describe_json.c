/* SPDX-License-Identifier: Apache-2.0
 *
 * The concepts as a JSON Schema, and as the C structs that their lists expand to.
 */
#include "concept/describe.h"

/* Of the kinds that are not an id: what stands in JSON, and whether it may be null. */
static const struct {
    const char *schema;
    bool may_be_null;
} json_type[] = {
    [KIND_TEXT] = {"\"type\": \"string\"", true},
    [KIND_COUNT] = {"\"type\": \"integer\", \"minimum\": 0, \"maximum\": 9007199254740991", false},
    [KIND_MOMENT] = {"\"type\": \"string\", \"format\": \"date-time\"", false},
    [KIND_FLAG] = {"\"type\": \"boolean\"", false},
    [KIND_BYTES] = {"\"type\": \"string\", \"contentEncoding\": \"base64url\"", true},
};
static const char *const c_type[] = {
    [KIND_ID] = "ident_t",      [KIND_IDS] = "idents_t", [KIND_TEXT] = "str_t",  [KIND_COUNT] = "int64_t",
    [KIND_MOMENT] = "moment_t", [KIND_FLAG] = "bool",    [KIND_BYTES] = "str_t",
};

static void put_id_schema(const concept_t *c, const field_t *f, buf_t *out)
{
    const concept_t *target = field_target(c, f);
    const char *prefix = target ? target->prefix : c->prefix;
    buf_putf(out, "\"type\": \"string\", \"pattern\": \"^%s_[a-z2-7]{26}$\"", prefix ? prefix : "[a-z]+");
}

/* A sealed field that does not open is null where it is shown, and never where it is taken. */
static void put_type(const concept_t *c, const field_t *f, buf_t *out)
{
    bool or_null = json_type[f->kind].may_be_null && c->shape != SHAPE_MESSAGE && f->class != CLASS_PLAIN;
    buf_put(out, STR("{"));
    if (f->kind == KIND_IDS)
        buf_put(out, STR("\"type\": \"array\", \"items\": {"));
    if (or_null)
        buf_put(out, STR("\"anyOf\": [{\"type\": \"null\"}, {"));
    if (f->kind == KIND_ID || f->kind == KIND_IDS)
        put_id_schema(c, f, out);
    else
        buf_put(out, str(json_type[f->kind].schema));
    buf_put(out, or_null ? STR("}]}") : f->kind == KIND_IDS ? STR("}}") : STR("}"));
}

static bool is_shown(const concept_t *c, const field_t *f)
{
    return c->shape == SHAPE_MESSAGE || f->class != CLASS_SECRET;
}

static void put_required(const concept_t *c, buf_t *out)
{
    const field_t *optional = c->fields + c->count - c->optional;
    const char *before = "";
    buf_put(out, STR("\"required\": ["));
    for_each_field(f, c)
        if (f < optional && is_shown(c, f)) {
            buf_putf(out, "%s\"%s\"", before, f->name);
            before = ", ";
        }
    buf_put(out, STR("]"));
}

void describe_schema(const concept_t *c, buf_t *out)
{
    const char *before = "";
    buf_put(out, STR("{\n  \"type\": \"object\",\n  \"description\": "));
    buf_put_json(out, str(c->purpose));
    buf_put(out, STR(",\n  \"properties\": {"));
    for_each_field(f, c)
        if (is_shown(c, f)) {
            buf_putf(out, "%s\n    \"%s\": ", before, f->name);
            put_type(c, f, out);
            before = ",";
        }
    buf_put(out, STR("\n  },\n  "));
    put_required(c, out);
    buf_put(out, STR(",\n  \"additionalProperties\": false\n}"));
}

void describe_json(buf_t *out)
{
    buf_put(out, STR("{\"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n"
                     "\"$comment\": \"Printed by `custody describe json` from the concepts: do not edit.\",\n"
                     "\"$defs\": {"));
    for (const concept_t *const *c = concepts; *c; c++) {
        buf_putf(out, "%s\n\"%s\": ", c == concepts ? "" : ",", (*c)->name);
        describe_schema(*c, out);
    }
    buf_put(out, STR("\n}}\n"));
}

void describe_struct(buf_t *out)
{
    buf_put(out, STR("/* SPDX-License-Identifier: Apache-2.0\n *\n"
                     " * Printed by `custody describe struct` from the concepts: do not edit.\n */\n"
                     "#include \"concept/concept.h\"\n"));
    for (const concept_t *const *c = concepts; *c; c++) {
        buf_putf(out, "\n/* %s */\nstruct %s {\n", (*c)->purpose, (*c)->name);
        for_each_field(f, *c)
            buf_putf(out, "    %s %s;\n", c_type[f->kind], f->name);
        buf_put(out, STR("};\n"));
    }
}
