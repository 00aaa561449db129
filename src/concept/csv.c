/* SPDX-License-Identifier: Apache-2.0 */
#include "concept/csv.h"

void csv_cell(str_t text, buf_t *out_csv)
{
    buf_put(out_csv, STR("\""));
    if (text.len && strchr("=+-@\t\r", text.at[0]))
        buf_put(out_csv, STR("'"));
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] == '"')
            buf_put(out_csv, STR("\""));
        buf_put(out_csv, str_bytes(text.at + i, 1));
    }
    buf_put(out_csv, STR("\""));
}

static void put_ids(const char *prefix, idents_t ids, buf_t *out)
{
    for (size_t i = 0; i < ids.count; i++)
        buf_putf(out, "%s%s", i ? " " : "", ident_text(prefix, ids.at[i]).text);
}

static void put_value(const concept_t *c, const field_t *f, const void *value, buf_t *out)
{
    const concept_t *target = field_target(c, f);
    const char *prefix = target ? target->prefix : c->prefix;
    switch (f->kind) {
    case KIND_ID:
        buf_putf(out, "%s", ident_text(prefix, *(const ident_t *)value).text);
        break;
    case KIND_IDS:
        put_ids(prefix, *(const idents_t *)value, out);
        break;
    case KIND_TEXT:
        csv_cell(*(const str_t *)value, out);
        break;
    case KIND_BYTES:
        buf_put_base64(out, *(const str_t *)value);
        break;
    case KIND_COUNT:
        buf_putf(out, "%lld", (long long)*(const int64_t *)value);
        break;
    case KIND_MOMENT:
        buf_putf(out, "%s", moment_text(*(const moment_t *)value).text);
        break;
    case KIND_FLAG:
        buf_put(out, *(const bool *)value ? STR("true") : STR("false"));
        break;
    }
}

void concept_put_csv_head(const concept_t *c, buf_t *out_csv)
{
    const char *before = "";
    for_each_field(f, c)
        if (f->class != CLASS_SECRET) {
            buf_putf(out_csv, "%s%s", before, f->name);
            before = ",";
        }
}

void concept_put_csv(const concept_t *c, const void *record, buf_t *out_csv)
{
    const char *before = "";
    for_each_field(f, c)
        if (f->class != CLASS_SECRET) {
            buf_putf(out_csv, "%s", before);
            put_value(c, f, field_in(record, f), out_csv);
            before = ",";
        }
}
