/* SPDX-License-Identifier: Apache-2.0 */
#include "concept/describe.h"

static const char *const sql_type[] = {
    [KIND_ID] = "bytea",      [KIND_IDS] = "bytea",   [KIND_TEXT] = "text",   [KIND_COUNT] = "bigint",
    [KIND_MOMENT] = "bigint", [KIND_FLAG] = "bigint", [KIND_BYTES] = "bytea",
};
static const char *const proto_type[] = {
    [KIND_ID] = "bytes",     [KIND_IDS] = "repeated bytes", [KIND_TEXT] = "string", [KIND_COUNT] = "int64",
    [KIND_MOMENT] = "int64", [KIND_FLAG] = "bool",          [KIND_BYTES] = "bytes",
};
static const char *const ts_type[] = {
    [KIND_ID] = "string",           [KIND_IDS] = "string[]",  [KIND_TEXT] = "string | null",
    [KIND_COUNT] = "number",        [KIND_MOMENT] = "string", [KIND_FLAG] = "boolean",
    [KIND_BYTES] = "string | null",
};
static const char *const class_name[] = {[CLASS_PLAIN] = "plain",
                                         [CLASS_SERVICE] = "service",
                                         [CLASS_PERSONAL] = "personal",
                                         [CLASS_SECRET] = "secret"};
static const char *const end_name[] = {[END_KEEP] = "kept", [END_SHRED] = "ends with its key"};
static const char *const subject_name[] = {[SUBJECT_NONE] = "nobody",
                                           [SUBJECT_TENANT] = "the tenant",
                                           [SUBJECT_DEVICE] = "the device",
                                           [SUBJECT_PERSON] = "the person",
                                           [SUBJECT_PERSON_OR_DEVICE] =
                                               "the person, or the device for system accounts"};

static void put_type_name(const char *name, buf_t *out)
{
    buf_put_byte(out, (uint8_t)(name[0] - 'a' + 'A'));
    buf_put(out, str(name + 1));
}

void describe_table(const concept_t *c, buf_t *out)
{
    buf_putf(out, "create table if not exists %s (\n  tenant bytea not null,\n", c->plural);
    if (c->shape == SHAPE_LIST)
        buf_putf(out, "  id bytea not null,\n  %s bytea not null,\n", c->parent);
    else
        for_each_field(f, c)
            if (f->class == CLASS_PLAIN)
                buf_putf(out, "  %s %s not null,\n", f->name, sql_type[f->kind]);
    buf_put(out, STR("  subject bytea not null,\n  entries bigint not null,\n  changed bigint not null,\n"
                     "  sealed bytea,\n  seq bigint not null,\n  primary key (tenant, id)\n);\n"));
    if (c->shape == SHAPE_LIST)
        buf_putf(out, "create index if not exists %s_of_%s on %s (tenant, %s);\n", c->plural, c->parent,
                 c->plural, c->parent);
}

void describe_sql(buf_t *out)
{
    buf_put(out, STR("-- Printed by `custody describe sql` from the concepts: do not edit.\n"));
    for (const concept_t *const *c = concepts; *c; c++)
        if ((*c)->home == HOME_TENANT) {
            buf_putf(out, "\n-- %s\n", (*c)->purpose);
            describe_table(*c, out);
        }
}

static void put_message(const concept_t *c, buf_t *out)
{
    buf_putf(out, "\n// %s Concept %d.\nmessage ", c->purpose, c->number);
    put_type_name(c->name, out);
    buf_put(out, STR(" {\n"));
    for_each_field(f, c)
        if (field_is_sealed(c, f) && f->class != CLASS_SECRET)
            buf_putf(out, "  %s %s = %d;\n", proto_type[f->kind], f->name, f->tag);
    buf_put(out, STR("}\nmessage "));
    put_type_name(c->plural, out);
    buf_put(out, STR(" {\n  repeated "));
    put_type_name(c->name, out);
    buf_put(out, STR(" entries = 1;\n}\n"));
}

void describe_proto(buf_t *out)
{
    buf_put(
        out,
        STR("// SPDX-License-Identifier: Apache-2.0\n"
            "// Printed by `custody describe proto` from the concepts: do not edit.\n"
            "syntax = \"proto3\";\n"
            "package custody;\n"
            "\n"
            "// What an endpoint sends. `sequence` counts up by one within a spool epoch; sent again, it is answered again\n"
            "// and stored once.\n"
            "message Report {\n"
            "  bytes epoch = 1;\n"
            "  uint64 sequence = 2;\n"
            "  repeated Item items = 3;\n"
            "  int64 version = 4;  // of the client's switches that its items obey; asked for where one of them is sealed\n"
            "}\n"
            "\n"
            "// One item, replaced whole: the list of `concept` with the random id `id`, about `subject` (the device or one\n"
            "// of its accounts). `list` is a zstd frame of the packed list message (Programs, Accounts, ...) that states its\n"
            "// content size. `sealed` stands instead of it where the endpoint has sealed that frame to its subject (seal/seal.h),\n"
            "// and `entries` says then how many there are in it. Without either, the item is gone.\n"
            "message Item {\n"
            "  uint32 concept = 1;\n"
            "  bytes id = 2;\n"
            "  bytes subject = 3;\n"
            "  bytes list = 4;\n"
            "  bytes sealed = 5;\n"
            "  uint32 entries = 6;\n"
            "}\n"
            "\n"
            "// What was launched since the last upload, at POST /agent/v1/launches. `sequence` is as a Report's, and counts\n"
            "// for itself: the same epoch in a Report is another one.\n"
            "message LaunchUpload {\n"
            "  bytes epoch = 1;\n"
            "  uint64 sequence = 2;\n"
            "  repeated LaunchBatch batches = 3;\n"
            "}\n"
            "\n"
            "// The launches of one subject: the account that launched, or the device for system accounts. `list` is a zstd\n"
            "// frame of the packed Launches that states its content size.\n"
            "message LaunchBatch {\n"
            "  bytes subject = 1;\n"
            "  bytes list = 2;\n"
            "}\n"));
    for (const concept_t *const *c = concepts; *c; c++)
        if ((*c)->shape != SHAPE_MESSAGE && (*c)->subject != SUBJECT_TENANT)
            put_message(*c, out);
}

static const char *ts_of(const field_t *f)
{
    return f->kind == KIND_TEXT && f->class == CLASS_PLAIN ? "string" : ts_type[f->kind];
}

void describe_types(buf_t *out)
{
    buf_put(out, STR("// SPDX-License-Identifier: Apache-2.0\n"
                     "// Printed by `custody describe types` from the concepts: do not edit.\n"));
    for (const concept_t *const *c = concepts; *c; c++) {
        buf_putf(out, "\n/** %s */\nexport interface ", (*c)->purpose);
        put_type_name((*c)->name, out);
        buf_put(out, STR(" {\n"));
        for_each_field(f, *c)
            if (f->class != CLASS_SECRET)
                buf_putf(out, "  %s: %s;\n", f->name, ts_of(f));
        buf_put(out, STR("}\n"));
    }
}

static void put_map_row(const field_t *f, buf_t *out)
{
    const struct purpose_info *purpose = purpose_info(f->purpose);
    buf_putf(out, "| %s | %s | %s | %s%s%s |\n", f->name, class_name[f->class], end_name[f->end],
             purpose->text, *purpose->promise ? ": " : "", purpose->promise);
}

void describe_data_map(buf_t *out)
{
    buf_put(
        out,
        STR("# Data map\n\nPrinted by `custody describe data-map` from the concepts: do not edit.\n"
            "Every field the service keeps. *Personal* and *secret* fields are sealed to their subject.\n"));
    for (const concept_t *const *c = concepts; *c; c++) {
        buf_putf(out, "\n## %s\n\n%s Sealed to: %s.\n\n", (*c)->plural, (*c)->purpose,
                 subject_name[(*c)->subject]);
        buf_put(
            out,
            STR("| field | class | when the subject is forgotten | purpose |\n| --- | --- | --- | --- |\n"));
        for_each_field(f, *c)
            put_map_row(f, out);
    }
}
