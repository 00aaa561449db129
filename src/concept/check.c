/* SPDX-License-Identifier: Apache-2.0
 *
 * codec_check(): the bytes of a list looked through once, in place. It knows the encoding of protobuf (a field is a tag
 * and a value; a tag is the field's number and the kind of its value; numbers are base 128, lowest part first) and that
 * codec_pack() writes each list in one way only.
 */
#include "concept/codec.h"

#include "base/limits.h"

enum { WIRE_NUMBER = 0, WIRE_BYTES = 2, MOST_NUMBER = 10 };

static err_t broken(const concept_t *c) { return fail(ERR_INVALID, "not a list of %s", c->plural); }

static bool number_long(str_t *rest, uint64_t *out_number)
{
    uint64_t number = 0;
    for (size_t i = 0; i < rest->len && i < MOST_NUMBER; i++) {
        uint8_t byte = (uint8_t)rest->at[i];
        if (i == MOST_NUMBER - 1 && byte > 1)
            return false;
        number |= (uint64_t)(byte & 127) << (7 * i);
        if (byte & 128)
            continue;
        *rest = str_bytes(rest->at + i + 1, rest->len - i - 1);
        *out_number = number;
        return byte != 0 || i == 0;
    }
    return false;
}

/* False where the bytes end, or the number takes more of them than it needs; nearly all take one. */
static inline bool number_next(str_t *rest, uint64_t *out_number)
{
    if (!rest->len || rest->at[0] & 128)
        return number_long(rest, out_number);
    *out_number = (uint8_t)rest->at[0];
    *rest = str_bytes(rest->at + 1, rest->len - 1);
    return true;
}

static bool bytes_next(str_t *rest, str_t *out_bytes)
{
    uint64_t len = 0;
    if (!number_next(rest, &len) || len > rest->len)
        return false;
    *out_bytes = str_bytes(rest->at, len);
    *rest = str_bytes(rest->at + len, rest->len - len);
    return true;
}

/* The field of this number that travels, at or after `from`: fields stand in the order of their numbers. */
static const field_t *field_find(const concept_t *c, const field_t *from, uint64_t tag)
{
    for (const field_t *f = from; f < c->fields + c->count; f++)
        if ((uint64_t)f->tag == tag)
            return f->class != CLASS_SECRET && field_is_sealed(c, f) ? f : NULL;
    return NULL;
}

static bool value_next(const field_t *f, uint64_t wire, str_t *rest)
{
    str_t bytes = {0};
    uint64_t number = 0;
    switch (f->kind) {
    case KIND_COUNT:
    case KIND_MOMENT:
        return wire == WIRE_NUMBER && number_next(rest, &number) && number != 0;
    case KIND_FLAG:
        return wire == WIRE_NUMBER && number_next(rest, &number) && number == 1;
    case KIND_ID:
    case KIND_IDS:
        return wire == WIRE_BYTES && bytes_next(rest, &bytes) && bytes.len == sizeof(ident_t);
    case KIND_TEXT:
        return wire == WIRE_BYTES && bytes_next(rest, &bytes) && bytes.len && str_is_utf8(bytes);
    default:
        return wire == WIRE_BYTES && bytes_next(rest, &bytes) && bytes.len;
    }
}

/* How many fields travel; of these, an id is there in every record. */
static size_t fields_travel(const concept_t *c, size_t *out_ids)
{
    size_t travel = 0;
    for_each_field(f, c) {
        bool travels = f->class != CLASS_SECRET && field_is_sealed(c, f);
        travel += travels;
        *out_ids += travels && f->kind == KIND_ID;
    }
    return travel;
}

static bool record_check(const concept_t *c, str_t rest, size_t needed)
{
    const field_t *from = c->fields;
    while (rest.len) {
        uint64_t tag = 0;
        const field_t *f = number_next(&rest, &tag) ? field_find(c, from, tag >> 3) : NULL;
        if (!f || !value_next(f, tag & 7, &rest))
            return false;
        needed -= f->kind == KIND_ID;
        from = f->kind == KIND_IDS ? f : f + 1;
    }
    return !needed;
}

err_t codec_check(const concept_t *c, str_t packed, size_t *out_count)
{
    size_t count = 0, needed = 0;
    if (!fields_travel(c, &needed))
        return fail(ERR_BROKEN, "no message holds %s", c->plural);
    if (packed.len > MAX_ITEM)
        return fail(ERR_TOO_LARGE, "%s past %d bytes", c->plural, MAX_ITEM);
    for (str_t rest = packed, record; rest.len; count++) {
        uint64_t tag = 0;
        if (!number_next(&rest, &tag) || tag != (1 << 3 | WIRE_BYTES) || !bytes_next(&rest, &record))
            return broken(c);
        if (!record_check(c, record, needed))
            return fail(ERR_INVALID, "%s number %zu is not packed the one way", c->name, count + 1);
    }
    if (count > MAX_ITEM_ENTRIES)
        return fail(ERR_TOO_LARGE, "past %d %s", MAX_ITEM_ENTRIES, c->plural);
    *out_count = count;
    return ERR_OK;
}
