/* SPDX-License-Identifier: Apache-2.0 */
#include "concept/codec.h"

#include "base/limits.h"
#include "concept/account.h"
#include "concept/address.h"
#include "concept/custody.pb-c.h"
#include "concept/device.h"
#include "concept/elevation.h"
#include "concept/group.h"
#include "concept/launch.h"
#include "concept/program.h"
#include "concept/user.h"
#include <pthread.h>
#include <zstd.h>

enum { KEPT_SHRINK = 16 * 1024, LAUNCH_LEVEL = 3 };

/* launch_dictionary.S */
extern const char launch_dictionary[], launch_dictionary_end[];

typedef ProtobufCMessageDescriptor descriptor_t;

/* Where a field stands in a message of protobuf-c: its value, and how many there are where it is repeated. */
struct slot {
    void *at;
    size_t *count;
};

static err_t list_of(const concept_t *c, const descriptor_t **out_list)
{
    static const struct {
        const concept_t *concept;
        const descriptor_t *list;
    } lists[] = {
        {&user_concept, &custody__users__descriptor},
        {&device_concept, &custody__devices__descriptor},
        {&address_concept, &custody__addresses__descriptor},
        {&account_concept, &custody__accounts__descriptor},
        {&group_concept, &custody__groups__descriptor},
        {&program_concept, &custody__programs__descriptor},
        {&launch_concept, &custody__launches__descriptor},
        {&elevation_concept, &custody__elevations__descriptor},
    };
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        if (lists[i].concept == c) {
            *out_list = lists[i].list;
            return ERR_OK;
        }
    return fail(ERR_BROKEN, "no message holds %s", c->plural);
}

static struct slot slot_in(ProtobufCMessage *message, const ProtobufCFieldDescriptor *member)
{
    char *base = (char *)message;
    return (struct slot){base + member->offset, (size_t *)(void *)(base + member->quantifier_offset)};
}

/* False where the message has no member with the field's tag: the field does not travel. */
static bool slot_find(ProtobufCMessage *message, const field_t *f, struct slot *out_slot)
{
    for (unsigned i = 0; i < message->descriptor->n_fields; i++)
        if (message->descriptor->fields[i].id == (uint32_t)f->tag) {
            *out_slot = slot_in(message, &message->descriptor->fields[i]);
            return true;
        }
    return false;
}

static ProtobufCMessage *message_new(const descriptor_t *descriptor, arena_t *arena)
{
    ProtobufCMessage *message = arena_take(arena, descriptor->sizeof_message);
    if (message)
        protobuf_c_message_init(descriptor, message);
    return message;
}

/* A view in the type that protobuf-c has for it; neither side writes through it. */
static ProtobufCBinaryData data_of(str_t bytes)
{
    return (ProtobufCBinaryData){.len = bytes.len, .data = (uint8_t *)(uintptr_t)bytes.at};
}

static str_t bytes_of(ProtobufCBinaryData data)
{
    return data.len ? str_bytes(data.data, data.len) : (str_t){NULL, 0};
}

static void ids_pack(idents_t ids, arena_t *arena, struct slot to)
{
    ProtobufCBinaryData *data = arena_array(arena, ProtobufCBinaryData, ids.count);
    for (size_t i = 0; data && i < ids.count; i++)
        data[i] = data_of(ident_bytes(&ids.at[i]));
    *(ProtobufCBinaryData **)to.at = data;
    *to.count = data ? ids.count : 0;
}

static err_t field_pack(const field_t *f, const void *from, arena_t *arena, struct slot to)
{
    switch (f->kind) {
    case KIND_ID:
        *(ProtobufCBinaryData *)to.at = data_of(ident_bytes(from));
        break;
    case KIND_IDS:
        ids_pack(*(const idents_t *)from, arena, to);
        break;
    case KIND_TEXT:
        if (!str_is_utf8(*(const str_t *)from))
            return fail(ERR_INVALID, "%s is not UTF-8", f->name);
        if (((const str_t *)from)->len)
            *(const char **)to.at = arena_copy(arena, *(const str_t *)from).at;
        break;
    case KIND_BYTES:
        *(ProtobufCBinaryData *)to.at = data_of(*(const str_t *)from);
        break;
    case KIND_COUNT:
    case KIND_MOMENT:
        *(int64_t *)to.at = *(const int64_t *)from;
        break;
    case KIND_FLAG:
        *(protobuf_c_boolean *)to.at = *(const bool *)from;
        break;
    }
    return ERR_OK;
}

static err_t record_pack(const concept_t *c, const void *record, arena_t *arena, ProtobufCMessage *message)
{
    struct slot slot;
    for_each_field(f, c)
        if (slot_find(message, f, &slot))
            TRY(field_pack(f, field_in(record, f), arena, slot));
    return ERR_OK;
}

err_t codec_pack(const concept_t *c, const void *records, size_t count, arena_t *arena, buf_t *out_packed)
{
    const descriptor_t *descriptor = NULL;
    TRY(list_of(c, &descriptor));
    if (count > MAX_ITEM_ENTRIES)
        return fail(ERR_TOO_LARGE, "past %d %s", MAX_ITEM_ENTRIES, c->plural);
    ProtobufCMessage *list = message_new(descriptor, arena);
    ProtobufCMessage **entries = arena_array(arena, ProtobufCMessage *, count);
    for (size_t i = 0; i < count; i++) {
        ProtobufCMessage *entry = message_new(descriptor->fields[0].descriptor, arena);
        if (!entry || !entries)
            return arena_end(arena);
        TRY(record_pack(c, (const char *)records + i * c->size, arena, entry));
        entries[i] = entry;
    }
    TRY(arena_end(arena));
    struct slot all = slot_in(list, &descriptor->fields[0]);
    if (!all.count)
        return fail(ERR_BROKEN, "the list of %s does not repeat", c->plural);
    *(ProtobufCMessage ***)all.at = entries;
    *all.count = count;
    char *at = buf_room(out_packed, protobuf_c_message_get_packed_size(list));
    if (at)
        protobuf_c_message_pack(list, (uint8_t *)at);
    return buf_end(out_packed);
}

static err_t ids_unpack(const field_t *f, struct slot from, arena_t *arena, idents_t *out_ids)
{
    const ProtobufCBinaryData *data = *(ProtobufCBinaryData **)from.at;
    ident_t *ids = arena_array(arena, ident_t, *from.count);
    for (size_t i = 0; ids && i < *from.count; i++)
        if (ident_from(bytes_of(data[i]), &ids[i]) != ERR_OK)
            return fail(ERR_INVALID, "%s holds an id of %zu bytes", f->name, data[i].len);
    *out_ids = (idents_t){ids, ids ? *from.count : 0};
    return ERR_OK;
}

static err_t field_unpack(const field_t *f, struct slot from, arena_t *arena, void *out_value)
{
    str_t text;
    switch (f->kind) {
    case KIND_ID:
        return ident_from(bytes_of(*(ProtobufCBinaryData *)from.at), out_value);
    case KIND_IDS:
        return ids_unpack(f, from, arena, out_value);
    case KIND_TEXT:
        text = str(*(const char **)from.at);
        if (!str_is_utf8(text))
            return fail(ERR_INVALID, "%s is not UTF-8", f->name);
        *(str_t *)out_value = text.len ? text : (str_t){NULL, 0};
        break;
    case KIND_BYTES:
        *(str_t *)out_value = bytes_of(*(ProtobufCBinaryData *)from.at);
        break;
    case KIND_COUNT:
    case KIND_MOMENT:
        *(int64_t *)out_value = *(int64_t *)from.at;
        break;
    case KIND_FLAG:
        *(bool *)out_value = *(protobuf_c_boolean *)from.at != 0;
        break;
    }
    return ERR_OK;
}

static err_t record_unpack(const concept_t *c, ProtobufCMessage *message, arena_t *arena, void *out_record)
{
    struct slot slot;
    if (message->n_unknown_fields)
        return fail(ERR_INVALID, "a field that %s does not have", c->name);
    for_each_field(f, c)
        if (slot_find(message, f, &slot))
            TRY(field_unpack(f, slot, arena, field_in(out_record, f)));
    return ERR_OK;
}

static void *pb_take(void *arena, size_t len) { return arena_room(arena, len); }
static void pb_leave(void *arena, void *at) { (void)arena, (void)at; }

/* A buffer of protobuf-c that keeps nothing: it compares what is put into it with `rest`. */
struct comparison {
    ProtobufCBuffer base;
    str_t rest;
    bool same;
};

static void compare(ProtobufCBuffer *base, size_t len, const uint8_t *data)
{
    struct comparison *comparison = (struct comparison *)(void *)base;
    if (!len)
        return;
    comparison->same = comparison->same && str_starts(comparison->rest, str_bytes(data, len));
    if (comparison->same)
        comparison->rest = str_bytes(comparison->rest.at + len, comparison->rest.len - len);
}

/*
 * protobuf-c takes what no encoder of ours writes: a field twice, a number in more bytes than it needs, a text
 * with a NUL, which it cuts there. Packed again, each of these is other bytes.
 */
static bool is_packed_as(const ProtobufCMessage *list, str_t packed)
{
    struct comparison comparison = {{compare}, packed, true};
    protobuf_c_message_pack_to_buffer(list, &comparison.base);
    return comparison.same && !comparison.rest.len;
}

static err_t list_parse(const descriptor_t *descriptor, str_t packed, arena_t *arena,
                        ProtobufCMessage **out_list)
{
    ProtobufCAllocator allocator = {pb_take, pb_leave, arena};
    const uint8_t *from = (const uint8_t *)packed.at;
    ProtobufCMessage *list = protobuf_c_message_unpack(descriptor, &allocator, packed.len, from);
    TRY(arena_end(arena));
    if (!list || list->n_unknown_fields)
        return fail(ERR_INVALID, "not a message %s", descriptor->short_name);
    if (!is_packed_as(list, packed))
        return fail(ERR_INVALID, "a message %s that is not packed the one way", descriptor->short_name);
    *out_list = list;
    return ERR_OK;
}

err_t codec_unpack(const concept_t *c, str_t packed, arena_t *arena, void **out_records, size_t *out_count)
{
    const descriptor_t *descriptor = NULL;
    ProtobufCMessage *list = NULL;
    TRY(list_of(c, &descriptor));
    if (packed.len > MAX_ITEM)
        return fail(ERR_TOO_LARGE, "%s past %d bytes", c->plural, MAX_ITEM);
    TRY(list_parse(descriptor, packed, arena, &list));
    struct slot all = slot_in(list, &descriptor->fields[0]);
    if (!all.count || *all.count > MAX_ITEM_ENTRIES)
        return fail(ERR_TOO_LARGE, "past %d %s", MAX_ITEM_ENTRIES, c->plural);
    ProtobufCMessage **entries = *(ProtobufCMessage ***)all.at;
    char *records = arena_take_array(arena, c->size, *all.count);
    for (size_t i = 0; records && i < *all.count; i++)
        TRY(record_unpack(c, entries[i], arena, records + i * c->size));
    TRY(arena_end(arena));
    *out_records = records;
    *out_count = *all.count;
    return ERR_OK;
}

/* zstd's tables, kept by each thread: making them anew costs 30 times what a small list does. */
struct tables {
    ZSTD_CCtx *shrink;
    ZSTD_DCtx *grow;
};

static pthread_key_t tables_key;

static void tables_free(void *at)
{
    struct tables *tables = at;
    ZSTD_freeCCtx(tables->shrink);
    ZSTD_freeDCtx(tables->grow);
    free(tables);
}

static void tables_start(void)
{
    if (pthread_key_create(&tables_key, tables_free) != 0)
        abort(); /* a process whose first act is to run out of thread keys */
}

static struct tables *tables_make(void)
{
    struct tables *tables = calloc(1, sizeof *tables);
    if (!tables)
        return NULL;
    tables->shrink = ZSTD_createCCtx();
    tables->grow = ZSTD_createDCtx();
    if (tables->shrink && tables->grow && pthread_setspecific(tables_key, tables) == 0)
        return tables;
    tables_free(tables);
    return NULL;
}

/* NULL where there is no memory for them. */
static struct tables *tables_of_thread(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, tables_start);
    struct tables *tables = pthread_getspecific(tables_key);
    return tables ? tables : tables_make();
}

/* Both directions of the dictionary, made once and read by every thread; NULL where there was no memory for them. */
static ZSTD_CDict *shrink_launches;
static ZSTD_DDict *grow_launches;

static void dictionary_start(void)
{
    size_t len = (size_t)(launch_dictionary_end - launch_dictionary);
    shrink_launches = ZSTD_createCDict(launch_dictionary, len, LAUNCH_LEVEL);
    grow_launches = ZSTD_createDDict(launch_dictionary, len);
}

static err_t dictionary_ready(struct tables **out_tables)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, dictionary_start);
    *out_tables = tables_of_thread();
    return *out_tables && shrink_launches && grow_launches ? ERR_OK : fail(ERR_BUSY, "no memory for zstd");
}

/* Past KEPT_SHRINK the tables would grow with the list, and stay. */
static size_t compress(struct tables *tables, buf_t *to, str_t from)
{
    return from.len > KEPT_SHRINK ? ZSTD_compress(to->at, to->len, from.at, from.len, 1)
                                  : ZSTD_compressCCtx(tables->shrink, to->at, to->len, from.at, from.len, 1);
}

static err_t frame_put(const buf_t *frame, size_t len, buf_t *out_frame)
{
    if (ZSTD_isError(len))
        return fail(ERR_BUSY, "cannot compress: %s", ZSTD_getErrorName(len));
    buf_put(out_frame, str_bytes(frame->at, len));
    return buf_end(out_frame);
}

err_t codec_shrink(str_t packed, buf_t *out_frame)
{
    OWN(buf) frame = BUF(ZSTD_compressBound(packed.len));
    struct tables *tables = tables_of_thread();
    if (!tables)
        return fail(ERR_BUSY, "no memory for zstd");
    buf_room(&frame, ZSTD_compressBound(packed.len));
    TRY(buf_end(&frame));
    return frame_put(&frame, compress(tables, &frame, packed), out_frame);
}

err_t codec_shrink_launches(str_t packed, buf_t *out_frame)
{
    OWN(buf) frame = BUF(ZSTD_compressBound(packed.len));
    struct tables *tables = NULL;
    TRY(dictionary_ready(&tables));
    buf_room(&frame, ZSTD_compressBound(packed.len));
    TRY(buf_end(&frame));
    return frame_put(
        &frame,
        ZSTD_compress_usingCDict(tables->shrink, frame.at, frame.len, packed.at, packed.len, shrink_launches),
        out_frame);
}

/* The magic number is asked for because a skippable frame passes the other checks, as zero bytes. */
static err_t frame_check(str_t frame, size_t *out_size)
{
    static const unsigned char magic[] = {0x28, 0xb5, 0x2f, 0xfd};
    if (!str_starts(frame, str_bytes(magic, sizeof magic)))
        return fail(ERR_INVALID, "not a zstd frame");
    unsigned long long size = ZSTD_getFrameContentSize(frame.at, frame.len);
    if (size == ZSTD_CONTENTSIZE_UNKNOWN || size == ZSTD_CONTENTSIZE_ERROR)
        return fail(ERR_INVALID, "a zstd frame that does not state its content size");
    if (size > MAX_ITEM)
        return fail(ERR_TOO_LARGE, "a zstd frame of %llu bytes", size);
    if (ZSTD_findFrameCompressedSize(frame.at, frame.len) != frame.len)
        return fail(ERR_INVALID, "not exactly one zstd frame");
    *out_size = (size_t)size;
    return ERR_OK;
}

err_t codec_grow(str_t frame, arena_t *arena, str_t *out_packed)
{
    size_t size = 0;
    struct tables *tables = tables_of_thread();
    TRY(frame_check(frame, &size));
    if (!tables)
        return fail(ERR_BUSY, "no memory for zstd");
    char *at = arena_room(arena, size);
    TRY(arena_end(arena));
    if (ZSTD_decompressDCtx(tables->grow, at, size, frame.at, frame.len) != size)
        return fail(ERR_INVALID, "a zstd frame that does not hold what it states");
    *out_packed = str_bytes(at, size);
    return ERR_OK;
}

err_t codec_grow_launches(str_t frame, arena_t *arena, str_t *out_packed)
{
    size_t size = 0;
    struct tables *tables = NULL;
    TRY(dictionary_ready(&tables));
    TRY(frame_check(frame, &size));
    char *at = arena_room(arena, size);
    TRY(arena_end(arena));
    if (ZSTD_decompress_usingDDict(tables->grow, at, size, frame.at, frame.len, grow_launches) != size)
        return fail(ERR_INVALID, "a zstd frame that does not hold what it states");
    *out_packed = str_bytes(at, size);
    return ERR_OK;
}
