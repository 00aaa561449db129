/* SPDX-License-Identifier: Apache-2.0 */
#include "api/object.h"

struct object object_begin(buf_t *json)
{
    buf_put(json, STR("{"));
    return (struct object){.json = json};
}

buf_t *object_value(struct object *object, const char *key)
{
    buf_putf(object->json, "%s\"%s\":", object->begun ? "," : "", key);
    object->begun = true;
    return object->json;
}

void object_text(struct object *object, const char *key, const char *text)
{
    if (*text)
        buf_put_json(object_value(object, key), str(text));
    else
        buf_put(object_value(object, key), STR("null"));
}

ident_text_t id_text(const char *prefix, ProtobufCBinaryData data)
{
    ident_t id;
    if (data.len != sizeof id.bytes)
        return (ident_text_t){{0}};
    memcpy(id.bytes, data.data, sizeof id.bytes);
    return ident_is_zero(id) ? (ident_text_t){{0}} : ident_text(prefix, id);
}

void object_id(struct object *object, const char *key, const char *prefix, ProtobufCBinaryData id)
{
    object_text(object, key, id_text(prefix, id).text);
}

void object_moment(struct object *object, const char *key, moment_t moment)
{
    object_text(object, key, moment ? moment_text(moment).text : "");
}

void object_number(struct object *object, const char *key, int64_t number)
{
    buf_putf(object_value(object, key), "%lld", (long long)number);
}

void object_flag(struct object *object, const char *key, bool flag)
{
    buf_put(object_value(object, key), flag ? STR("true") : STR("false"));
}

void object_end(struct object *object) { buf_put(object->json, STR("}")); }

void put_ids(const char *prefix, const ProtobufCBinaryData *ids, size_t count, buf_t *out_json)
{
    buf_put(out_json, STR("["));
    for (size_t i = 0; i < count; i++)
        buf_putf(out_json, "%s\"%s\"", i ? "," : "", id_text(prefix, ids[i]).text);
    buf_put(out_json, STR("]"));
}
