/* SPDX-License-Identifier: Apache-2.0
 *
 * Rows and keys as bytes: docs/formats/snapshot.md.
 */
#include "store/_private.h"

enum { IS_NULL, IS_NUMBER, IS_BYTES, IS_TEXT };

static uint64_t zigzag(int64_t number) { return (uint64_t)number << 1 ^ (uint64_t)(number >> 63); }
static int64_t zagzig(uint64_t number) { return (int64_t)(number >> 1) ^ -(int64_t)(number & 1); }

void row_put_value(buf_t *row, column_kind_t kind, const struct value *value)
{
    if (value->is_null) {
        buf_put_byte(row, IS_NULL);
    } else if (kind == COLUMN_NUMBER) {
        buf_put_byte(row, IS_NUMBER);
        buf_put_varint(row, zigzag(value->number));
    } else {
        buf_put_byte(row, kind == COLUMN_TEXT ? IS_TEXT : IS_BYTES);
        buf_put_varint(row, value->bytes.len);
        buf_put(row, value->bytes);
    }
}

static err_t take_bytes(str_t *rest, struct value *out)
{
    uint64_t len = 0;
    TRY(str_varint(rest, &len));
    if (len > rest->len)
        return fail(ERR_INVALID, "a row is cut");
    out->bytes = str_bytes(rest->at, (size_t)len);
    *rest = str_bytes(rest->at + len, rest->len - (size_t)len);
    return ERR_OK;
}

static err_t take_value(str_t *rest, column_kind_t kind, struct value *out)
{
    static const uint8_t heads[] = {
        [COLUMN_NUMBER] = IS_NUMBER, [COLUMN_BYTES] = IS_BYTES, [COLUMN_TEXT] = IS_TEXT};
    uint64_t number = 0;
    *out = (struct value){0};
    if (!rest->len)
        return fail(ERR_INVALID, "a row has too few columns");
    uint8_t head = (uint8_t)*rest->at;
    *rest = str_bytes(rest->at + 1, rest->len - 1);
    out->is_null = head == IS_NULL;
    if (out->is_null)
        return ERR_OK;
    if (head != heads[kind])
        return fail(ERR_INVALID, "a column of a row is not of its kind");
    if (kind != COLUMN_NUMBER)
        return take_bytes(rest, out);
    TRY(str_varint(rest, &number));
    out->number = zagzig(number);
    return ERR_OK;
}

err_t row_read(const struct column *columns, size_t count, str_t row, struct value *out_values)
{
    str_t rest = row;
    for (size_t i = 0; i < count; i++)
        TRY(take_value(&rest, columns[i].kind, &out_values[i]));
    return rest.len ? fail(ERR_INVALID, "a row has too many columns") : ERR_OK;
}

err_t row_value(const struct place *place, str_t row, size_t column, struct value *out_value)
{
    str_t rest = row;
    for (size_t i = 0; i <= column; i++)
        TRY(take_value(&rest, place->columns[i].kind, out_value));
    return ERR_OK;
}

void key_number(place_key_t *key, int64_t number)
{
    uint64_t ordered = (uint64_t)number ^ UINT64_C(1) << 63;
    for (int i = 0; i < KEY_NUMBER && key->len < MAX_KEY; i++)
        key->at[key->len++] = (char)(ordered >> (56 - 8 * i));
}

void key_ident(place_key_t *key, ident_t id)
{
    if (key->len + KEY_ID_SIZE > MAX_KEY)
        return;
    memcpy(key->at + key->len, id.bytes, KEY_ID_SIZE);
    key->len += KEY_ID_SIZE;
}

int key_compare(str_t a, str_t b)
{
    int by_bytes = memcmp(a.at, b.at, a.len < b.len ? a.len : b.len);
    return by_bytes ? by_bytes : a.len < b.len ? -1 : a.len > b.len;
}

err_t row_key(const struct place *place, str_t row, place_key_t *out_key)
{
    place_key_t key = {.len = 0};
    for (size_t i = 0; i < place->keys; i++) {
        struct value value;
        ident_t id;
        TRY(row_value(place, row, i, &value));
        if (value.is_null)
            return fail(ERR_INVALID, "a row of %s without its key", place->name);
        if (place->columns[i].kind == COLUMN_NUMBER) {
            key_number(&key, value.number);
            continue;
        }
        TRY(ident_from(value.bytes, &id));
        key_ident(&key, id);
    }
    *out_key = key;
    return ERR_OK;
}

static int64_t number_at(const char *at)
{
    uint64_t ordered = 0;
    for (int i = 0; i < KEY_NUMBER; i++)
        ordered = ordered << 8 | (uint8_t)at[i];
    return (int64_t)(ordered ^ UINT64_C(1) << 63);
}

size_t key_args(const struct place *place, str_t key, arg_t out_args[KEY_ARGS])
{
    size_t at = 0;
    for (size_t i = 0; i < place->keys; i++) {
        bool is_number = place->columns[i].kind == COLUMN_NUMBER;
        size_t len = is_number ? KEY_NUMBER : KEY_ID_SIZE;
        if (at + len > key.len)
            return 0;
        out_args[i] = is_number ? N(number_at(key.at + at)) : B(str_bytes(key.at + at, len));
        at += len;
    }
    return at == key.len ? place->keys : 0;
}

int64_t row_weight(const struct place *place, const struct value *values)
{
    int64_t weight = 0;
    for (size_t i = 0; i < place->count; i++)
        weight += place->columns[i].kind == COLUMN_NUMBER ? 8 : (int64_t)values[i].bytes.len;
    return place->sized ? weight + values[place->sized].number : weight;
}
