/* SPDX-License-Identifier: Apache-2.0 */
#include "concept/json.h"

#include "base/limits.h"
#include <jansson.h>
#include <malloc.h>
#include <pthread.h>

static const int64_t count_max = (INT64_C(1) << 53) - 1;

static const char *prefix_of(const concept_t *c, const field_t *f)
{
    const concept_t *target = field_target(c, f);
    return target ? target->prefix : c->prefix;
}

static void put_id(const char *prefix, ident_t id, buf_t *out)
{
    buf_putf(out, "\"%s\"", ident_text(prefix, id).text);
}

static void put_ids(const char *prefix, idents_t ids, buf_t *out)
{
    buf_put_byte(out, '[');
    for (size_t i = 0; i < ids.count; i++) {
        if (i)
            buf_put_byte(out, ',');
        put_id(prefix, ids.at[i], out);
    }
    buf_put_byte(out, ']');
}

static void put_bytes(const field_t *f, str_t bytes, buf_t *out)
{
    if (!bytes.at) {
        buf_put(out, STR("null"));
    } else if (f->kind == KIND_TEXT) {
        buf_put_json(out, bytes);
    } else {
        buf_put_byte(out, '"');
        buf_put_base64(out, bytes);
        buf_put_byte(out, '"');
    }
}

static void put_value(const concept_t *c, const field_t *f, const void *value, buf_t *out)
{
    switch (f->kind) {
    case KIND_ID:
        put_id(prefix_of(c, f), *(const ident_t *)value, out);
        break;
    case KIND_IDS:
        put_ids(prefix_of(c, f), *(const idents_t *)value, out);
        break;
    case KIND_TEXT:
    case KIND_BYTES:
        put_bytes(f, *(const str_t *)value, out);
        break;
    case KIND_COUNT:
        buf_putf(out, "%lld", (long long)*(const int64_t *)value);
        break;
    case KIND_MOMENT:
        buf_putf(out, "\"%s\"", moment_text(*(const moment_t *)value).text);
        break;
    case KIND_FLAG:
        buf_put(out, *(const bool *)value ? STR("true") : STR("false"));
        break;
    }
}

void concept_put_json_open(const concept_t *c, const void *record, buf_t *out_json)
{
    char before = '{';
    for_each_field(f, c)
        if (f->class != CLASS_SECRET) {
            buf_putf(out_json, "%c\"%s\":", before, f->name);
            put_value(c, f, field_in(record, f), out_json);
            before = ',';
        }
    if (before == '{')
        buf_put_byte(out_json, '{');
}

void concept_put_json(const concept_t *c, const void *record, buf_t *out_json)
{
    concept_put_json_open(c, record, out_json);
    buf_put_byte(out_json, '}');
}

typedef json_t *json_own;
static void json_drop(json_own *json) { json_decref(*json); }

/* A request may hold a password, and jansson copies it about. */
static void wiping_free(void *at)
{
    if (at)
        explicit_bzero(at, malloc_usable_size(at));
    free(at);
}

static void jansson_start(void) { json_set_alloc_funcs(malloc, wiping_free); }

void json_wipes(void)
{
    static pthread_once_t started = PTHREAD_ONCE_INIT;
    pthread_once(&started, jansson_start);
}

/* C0, DEL and C1 (in UTF-8: c2 80 to c2 9f). */
static bool has_control(str_t text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.at[i], before = i ? (unsigned char)text.at[i - 1] : 0;
        if (c < 0x20 || c == 0x7f || (before == 0xc2 && c < 0xa0))
            return true;
    }
    return false;
}

static err_t wrong(const field_t *f, const char *what)
{
    return fail(ERR_INVALID, "%s is not %s", f->name, what);
}

/* Where a value is read to: its memory, and the concept it belongs to. */
struct place {
    const concept_t *concept;
    arena_t *arena;
    void *at;
};

static str_t json_text(const json_t *json)
{
    return str_bytes(json_string_value(json), json_string_length(json));
}

static err_t read_text(const field_t *f, const json_t *json, const struct place *to)
{
    size_t max = f->class == CLASS_SECRET ? MAX_PASSWORD : MAX_NAME;
    str_t text = json_text(json);
    if (!text.len)
        return wrong(f, "text");
    if (text.len > max)
        return fail(ERR_TOO_LARGE, "%s is past %zu bytes", f->name, max);
    if (!str_is_utf8(text) || (f->class != CLASS_SECRET && has_control(text)))
        return wrong(f, "text without control characters");
    *(str_t *)to->at = arena_copy(to->arena, text);
    return ERR_OK;
}

static err_t read_bytes(const field_t *f, const json_t *json, const struct place *to)
{
    OWN(buf) bytes = BUF(MAX_BODY);
    if (base64_read(json_text(json), &bytes) != ERR_OK || !bytes.len)
        return wrong(f, "base64url");
    *(str_t *)to->at = arena_copy(to->arena, buf_str(&bytes));
    return ERR_OK;
}

static err_t read_id(const field_t *f, const json_t *json, const struct place *to)
{
    if (!json_is_string(json) || ident_read(prefix_of(to->concept, f), json_text(json), to->at) != ERR_OK)
        return wrong(f, "an id of its kind");
    return ERR_OK;
}

static err_t read_ids(const field_t *f, const json_t *json, const struct place *to)
{
    size_t count = json_array_size(json);
    if (!json_is_array(json))
        return wrong(f, "a list of ids");
    ident_t *ids = arena_array(to->arena, ident_t, count);
    for (size_t i = 0; ids && i < count; i++)
        TRY(read_id(f, json_array_get(json, i), &(struct place){to->concept, to->arena, &ids[i]}));
    *(idents_t *)to->at = (idents_t){ids, count};
    return ERR_OK;
}

static err_t read_count(const field_t *f, const json_t *json, const struct place *to)
{
    json_int_t count = json_integer_value(json);
    if (!json_is_integer(json) || count < 0 || count > count_max)
        return wrong(f, "a whole number from 0 to 2^53-1");
    *(int64_t *)to->at = count;
    return ERR_OK;
}

static err_t read_moment(const field_t *f, const json_t *json, const struct place *to)
{
    if (!json_is_string(json) || moment_read(json_text(json), to->at) != ERR_OK)
        return wrong(f, "a moment like 2026-11-24T06:00:00Z");
    return ERR_OK;
}

static err_t read_flag(const field_t *f, const json_t *json, const struct place *to)
{
    if (!json_is_boolean(json))
        return wrong(f, "true or false");
    *(bool *)to->at = json_is_true(json);
    return ERR_OK;
}

typedef err_t (*read_t)(const field_t *f, const json_t *json, const struct place *to);
static const read_t readers[] = {
    [KIND_ID] = read_id,       [KIND_IDS] = read_ids,       [KIND_TEXT] = read_text,
    [KIND_COUNT] = read_count, [KIND_MOMENT] = read_moment, [KIND_FLAG] = read_flag,
    [KIND_BYTES] = read_bytes,
};

/* jansson's words are not passed on: they quote the input. Its nesting ends at 2048: that bounds the stack. */
err_t json_object_read(str_t json, size_t most, json_t **out_object)
{
    json_error_t error = {0};
    json_wipes();
    if (json.len > most)
        return fail(ERR_TOO_LARGE, "past %zu bytes of JSON", most);
    OWN(json) parsed = json_loadb(json.len ? json.at : "", json.len, JSON_REJECT_DUPLICATES, &error);
    if (!parsed && json_error_code(&error) == json_error_duplicate_key)
        return fail(ERR_INVALID, "a field twice at byte %d", error.position);
    if (!json_is_object(parsed))
        return fail(ERR_INVALID, "not a JSON object at byte %d", error.position);
    *out_object = give(parsed);
    return ERR_OK;
}

err_t concept_read_json(const concept_t *c, str_t json, arena_t *arena, void *out_record)
{
    OWN(json) object = NULL;
    TRY(json_object_read(json, MAX_BODY, &object));
    void *record = arena_take(arena, c->size);
    TRY(arena_end(arena));
    size_t found = 0;
    for_each_field(f, c) {
        const json_t *value = json_object_get(object, f->name);
        bool optional = f >= c->fields + c->count - c->optional;
        if (!value && !optional)
            return fail(ERR_INVALID, "%s is not there", f->name);
        if (value)
            TRY(readers[f->kind](f, value, &(struct place){c, arena, field_in(record, f)}));
        found += value != NULL;
    }
    if (json_object_size(object) != found)
        return fail(ERR_INVALID, "a field that %s does not have", c->name);
    TRY(arena_end(arena));
    memcpy(out_record, record, c->size);
    return ERR_OK;
}
