/* SPDX-License-Identifier: Apache-2.0
 *
 * One JSON object, member by member, from what the keys process answers: there no text is "", no moment 0, no id is
 * without bytes. Here each of those is null.
 *
 *     struct object object = object_begin(json);
 *     object_id(&object, "id", "req", request->id);
 *     object_moment(&object, "made", request->made);
 *     put_process(request->process, object_value(&object, "process"));
 *     object_end(&object);
 */
#pragma once
#include "api/route.h"

struct object {
    buf_t *json;
    bool begun;
};
struct object object_begin(buf_t *json);
buf_t *object_value(struct object *object, const char *key); /* for what comes next */
void object_text(struct object *object, const char *key, const char *text);
void object_id(struct object *object, const char *key, const char *prefix, ProtobufCBinaryData id);
void object_moment(struct object *object, const char *key, moment_t moment);
void object_number(struct object *object, const char *key, int64_t number);
void object_flag(struct object *object, const char *key, bool flag);
void object_end(struct object *object);

/* ["usr_…", …] */
void put_ids(const char *prefix, const ProtobufCBinaryData *ids, size_t count, buf_t *out_json);

/* The text of an id; empty where it has no bytes, or zeros. */
ident_text_t id_text(const char *prefix, ProtobufCBinaryData id);
