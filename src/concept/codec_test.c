/* SPDX-License-Identifier: Apache-2.0 */
#include "concept/codec.h"

#include "base/limits.h"
#include "concept/account.h"
#include "concept/address.h"
#include "concept/custody.pb-c.h"
#include "concept/device.h"
#include "concept/group.h"
#include "concept/program.h"
#include "concept/tenant.h"
#include "concept/user.h"
#include "sys/env_virtual.h"
#include "test/test.h"
#include <zstd.h>

enum { ROOM = 64 * 1024 * 1024 };

static bool travels(const concept_t *c, const field_t *f)
{
    return field_is_sealed(c, f) && f->class != CLASS_SECRET;
}

static const concept_t *const with_messages[] = {
    &user_concept, &device_concept, &address_concept, &account_concept, &group_concept, &program_concept,
    NULL,
};

static const ProtobufCMessageDescriptor *const messages[] = {
    &custody__user__descriptor,    &custody__device__descriptor, &custody__address__descriptor,
    &custody__account__descriptor, &custody__group__descriptor,  &custody__program__descriptor,
};

static uint64_t draw(struct env *env, uint64_t below)
{
    uint64_t drawn = 0;
    env->random(env, &drawn, sizeof drawn);
    return drawn % below;
}

static str_t given_text(struct env *env, arena_t *arena)
{
    static const str_t some[] = {{NULL, 0}, {"a", 1}, {"bash", 4}, {"J\xc3\xbcrgen \xf0\x9f\x8e\x89", 12}};
    if (draw(env, 5))
        return some[draw(env, 4)];
    size_t len = 1 + draw(env, 300);
    return str_bytes(memset(arena_take(arena, len), 'x', len), len);
}

static idents_t given_ids(struct env *env, arena_t *arena)
{
    idents_t ids = {arena_array(arena, ident_t, 4), draw(env, 5)};
    for (size_t i = 0; i < ids.count; i++)
        ids.at[i] = ident_new(env);
    return ids;
}

static void given_field(const field_t *f, struct env *env, arena_t *arena, void *out)
{
    switch (f->kind) {
    case KIND_ID:
        *(ident_t *)out = ident_new(env);
        break;
    case KIND_IDS:
        *(idents_t *)out = given_ids(env, arena);
        break;
    case KIND_TEXT:
    case KIND_BYTES:
        *(str_t *)out = given_text(env, arena);
        break;
    case KIND_COUNT:
    case KIND_MOMENT:
        *(int64_t *)out = (int64_t)draw(env, UINT64_MAX);
        break;
    case KIND_FLAG:
        *(bool *)out = draw(env, 2);
        break;
    }
}

static char *given_records(const concept_t *c, size_t count, struct env *env, arena_t *arena)
{
    char *records = arena_take_array(arena, c->size, count);
    for (size_t i = 0; i < count; i++)
        for_each_field(f, c)
            given_field(f, env, arena, field_in(records + i * c->size, f));
    return records;
}

static bool same_ids(const idents_t *a, const idents_t *b)
{
    return a->count == b->count && (!a->count || !memcmp(a->at, b->at, a->count * sizeof *a->at));
}

static bool same_text(const str_t *a, const str_t *b) { return str_eq(*a, *b) && !a->at == !b->at; }

static bool same_field(const field_t *f, const void *a, const void *b)
{
    switch (f->kind) {
    case KIND_ID:
        return ident_eq(*(const ident_t *)a, *(const ident_t *)b);
    case KIND_IDS:
        return same_ids(a, b);
    case KIND_TEXT:
    case KIND_BYTES:
        return same_text(a, b);
    case KIND_COUNT:
    case KIND_MOMENT:
        return *(const int64_t *)a == *(const int64_t *)b;
    case KIND_FLAG:
        return *(const bool *)a == *(const bool *)b;
    }
    return false;
}

/* Every field that travels is as it was, every other one zero. */
static bool came_back(const concept_t *c, const char *sent, const char *got)
{
    static const char zeros[64];
    for_each_field(f, c)
        if (!same_field(f, travels(c, f) ? field_in(sent, f) : zeros, field_in(got, f)))
            return false;
    return true;
}

static err_t unpack(const concept_t *c, str_t packed)
{
    OWN(arena) arena = ARENA(ROOM);
    void *records = NULL;
    size_t count = 0;
    return codec_unpack(c, packed, &arena, &records, &count);
}

TEST(records_come_back_from_their_list)
{
    OWN(world) world = {0};
    world_open(&world, 1);
    for (const concept_t *const *c = with_messages; *c; c++)
        for (size_t count = 0; count < 40; count++) {
            OWN(arena) arena = ARENA(ROOM);
            OWN(buf) packed = BUF(MAX_ITEM);
            const char *sent = given_records(*c, count, &world.env, &arena);
            void *got = NULL;
            size_t got_count = 99;
            CHECK_OK(codec_pack(*c, sent, count, &arena, &packed));
            CHECK_OK(codec_unpack(*c, buf_str(&packed), &arena, &got, &got_count));
            CHECK(got && got_count == count);
            for (size_t i = 0; i < count; i++)
                CHECK(came_back(*c, sent + i * (*c)->size, (char *)got + i * (*c)->size));
        }
}

/* The wire's bytes, worked out by hand from the protobuf encoding: tag << 3 | wire type, length, value. */
TEST(programs_are_the_bytes_of_the_proto)
{
    OWN(arena) arena = ARENA(ROOM);
    OWN(buf) packed = BUF(256);
    struct program programs[] = {{STR("bash"), STR("5.2")}, {{NULL, 0}, STR("")}, {{NULL, 0}, STR("1")}};
    CHECK_OK(codec_pack(&program_concept, programs, 3, &arena, &packed));
    CHECK(str_eq(buf_str(&packed), STR("\x0a\x0b\x0a\x04"
                                       "bash"
                                       "\x12\x03"
                                       "5.2"
                                       "\x0a\x00"
                                       "\x0a\x03\x12\x01"
                                       "1")));
}

TEST(accounts_are_the_bytes_of_the_proto)
{
    OWN(arena) arena = ARENA(ROOM);
    OWN(buf) packed = BUF(256);
    struct account accounts[] = {{.name = STR("root"), .logged_in = true}, {.name = STR("eve")}};
    memset(accounts[1].id.bytes, '~', 16);
    CHECK_OK(codec_pack(&account_concept, accounts, 2, &arena, &packed));
    CHECK(str_eq(buf_str(&packed), STR("\x0a\x1a\x0a\x10\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x12\x04"
                                       "root"
                                       "\x18\x01"
                                       "\x0a\x17\x0a\x10"
                                       "~~~~~~~~~~~~~~~~"
                                       "\x12\x03"
                                       "eve")));
}

TEST(groups_are_the_bytes_of_the_proto)
{
    OWN(arena) arena = ARENA(ROOM);
    OWN(buf) packed = BUF(256);
    ident_t ids[2];
    memset(ids, '~', sizeof ids);
    struct group group = {STR("sudo"), {ids, 2}};
    CHECK_OK(codec_pack(&group_concept, &group, 1, &arena, &packed));
    CHECK(str_eq(buf_str(&packed), STR("\x0a\x2a\x0a\x04"
                                       "sudo"
                                       "\x12\x10"
                                       "~~~~~~~~~~~~~~~~"
                                       "\x12\x10"
                                       "~~~~~~~~~~~~~~~~")));
}

TEST(a_long_text_has_a_length_of_two_bytes)
{
    OWN(arena) arena = ARENA(ROOM);
    OWN(buf) packed = BUF(512);
    char name[200];
    memset(name, 'n', sizeof name);
    struct device device = {.enrolled = 5, .name = str_bytes(name, sizeof name)};
    CHECK_OK(codec_pack(&device_concept, &device, 1, &arena, &packed));
    CHECK(packed.len == 206 && str_starts(buf_str(&packed), STR("\x0a\xcb\x01\x22\xc8\x01nnn")));
}

TEST(a_secret_does_not_travel_and_nothing_in_clear_does)
{
    OWN(arena) arena = ARENA(ROOM);
    OWN(buf) packed = BUF(256);
    struct user user = {.role = STR("owner"),
                        .made = 5,
                        .full_name = STR("Erika"),
                        .username = STR("em"),
                        .email = STR("e@m"),
                        .password = STR("verifier")};
    CHECK_OK(codec_pack(&user_concept, &user, 1, &arena, &packed));
    CHECK(str_eq(buf_str(&packed), STR("\x0a\x10\x22\x05"
                                       "Erika"
                                       "\x2a\x02"
                                       "em"
                                       "\x32\x03"
                                       "e@m")));
}

static const ProtobufCType type_of[] = {
    [KIND_ID] = PROTOBUF_C_TYPE_BYTES,     [KIND_IDS] = PROTOBUF_C_TYPE_BYTES,
    [KIND_TEXT] = PROTOBUF_C_TYPE_STRING,  [KIND_COUNT] = PROTOBUF_C_TYPE_INT64,
    [KIND_MOMENT] = PROTOBUF_C_TYPE_INT64, [KIND_FLAG] = PROTOBUF_C_TYPE_BOOL,
    [KIND_BYTES] = PROTOBUF_C_TYPE_BYTES,
};

TEST(a_message_has_the_fields_that_travel_and_no_other)
{
    for (size_t i = 0; with_messages[i]; i++) {
        unsigned count = 0;
        for_each_field(f, with_messages[i]) {
            const ProtobufCFieldDescriptor *member =
                protobuf_c_message_descriptor_get_field(messages[i], (unsigned)f->tag);
            CHECK(!member == !travels(with_messages[i], f));
            if (!member)
                continue;
            count++;
            CHECK(!strcmp(member->name, f->name) && member->type == type_of[f->kind]);
            CHECK((member->label == PROTOBUF_C_LABEL_REPEATED) == (f->kind == KIND_IDS));
        }
        CHECK(count == messages[i]->n_fields);
    }
}

struct wrong {
    const char *what;
    str_t packed;
};

static bool all_refused(const concept_t *c, const struct wrong *wrong)
{
    for (; wrong->what; wrong++)
        if (unpack(c, wrong->packed) != ERR_INVALID) {
            printf("taken: %s\n", wrong->what);
            return false;
        }
    return true;
}

TEST(programs_packed_in_any_other_way_are_refused)
{
    static const struct wrong wrong[] = {
        {"a field the list does not have", {"\x12\x00", 2}},
        {"a field an entry does not have", {"\x0a\x03\x1a\x01x", 5}},
        {"a number where text belongs", {"\x0a\x02\x08\x01", 4}},
        {"a number where entries belong", {"\x08\x01", 2}},
        {"a group, as in proto2", {"\x0b\x0c", 2}},
        {"tag 0", {"\x02\x00", 2}},
        {"a tag without its value", {"\x0a", 1}},
        {"an entry cut short",
         {"\x0a\x05\x0a\x04"
          "bas",
          7}},
        {"a text past its entry",
         {"\x0a\x03\x0a\x04"
          "b",
          5}},
        {"a length without end", {"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 12}},
        {"a length past 2^31",
         {"\x0a\xff\xff\xff\xff\x0f"
          "b",
          7}},
        {"text in Latin-1", {"\x0a\x03\x0a\x01\xfc", 5}},
        {"a surrogate", {"\x0a\x05\x0a\x03\xed\xa0\x80", 7}},
        {"text with a NUL inside",
         {"\x0a\x05\x0a\x03"
          "a\0b",
          7}},
        {"text with a NUL at its end",
         {"\x0a\x04\x0a\x02"
          "a\0",
          6}},
        {"a NUL alone", {"\x0a\x03\x0a\x01\0", 5}},
        {"a field twice",
         {"\x0a\x06\x0a\x01"
          "a"
          "\x0a\x01"
          "b",
          8}},
        {"fields in another order",
         {"\x0a\x06\x12\x01"
          "1"
          "\x0a\x01"
          "b",
          8}},
        {"an empty text written out", {"\x0a\x02\x0a\x00", 4}},
        {"a length in two bytes",
         {"\x0a\x83\x00\x0a\x01"
          "a",
          6}},
        {"a tag in two bytes",
         {"\x8a\x00\x03\x0a\x01"
          "a",
          6}},
        {NULL, {NULL, 0}},
    };
    CHECK(unpack(&program_concept, STR("\x0a\x03\x0a\x01"
                                       "a")) == ERR_OK);
    CHECK(all_refused(&program_concept, wrong));
}

#define SIXTEEN "~~~~~~~~~~~~~~~~"

TEST(an_id_of_any_other_length_is_refused)
{
    static const struct wrong wrong[] = {
        {"no id",
         {"\x0a\x03\x12\x01"
          "a",
          5}},
        {"an empty id", {"\x0a\x02\x0a\x00", 4}},
        {"an id of 15 bytes",
         {"\x0a\x11\x0a\x0f"
          "~~~~~~~~~~~~~~~",
          19}},
        {"an id of 17 bytes", {"\x0a\x13\x0a\x11" SIXTEEN "~", 21}},
        {"a flag of 2", {"\x0a\x14\x0a\x10" SIXTEEN "\x18\x02", 22}},
        {"a flag of 0 written out", {"\x0a\x14\x0a\x10" SIXTEEN "\x18\x00", 22}},
        {NULL, {NULL, 0}},
    };
    static const struct wrong wrong_group[] = {
        {"an empty id", {"\x0a\x02\x12\x00", 4}},
        {"an id of 15 bytes",
         {"\x0a\x11\x12\x0f"
          "~~~~~~~~~~~~~~~",
          19}},
        {"an id of 17 bytes after a good one", {"\x0a\x25\x12\x10" SIXTEEN "\x12\x11" SIXTEEN "~", 39}},
        {NULL, {NULL, 0}},
    };
    CHECK(unpack(&account_concept, STR("\x0a\x14\x0a\x10" SIXTEEN "\x18\x01")) == ERR_OK);
    CHECK(unpack(&group_concept, STR("\x0a\x24\x12\x10" SIXTEEN "\x12\x10" SIXTEEN)) == ERR_OK);
    CHECK(all_refused(&account_concept, wrong));
    CHECK(all_refused(&group_concept, wrong_group));
}

TEST(a_list_cut_anywhere_is_refused_or_ends_with_an_entry)
{
    OWN(world) world = {0};
    OWN(arena) arena = ARENA(ROOM);
    OWN(buf) packed = BUF(MAX_ITEM);
    world_open(&world, 3);
    CHECK_OK(codec_pack(&group_concept, given_records(&group_concept, 20, &world.env, &arena), 20, &arena,
                        &packed));
    size_t taken = 0;
    for (size_t len = 0; len <= packed.len; len++)
        taken += unpack(&group_concept, str_bytes(packed.at, len)) == ERR_OK;
    CHECK(taken == 21);
}

TEST(a_refused_list_leaves_the_outputs_untouched)
{
    OWN(arena) arena = ARENA(ROOM);
    int mark = 0;
    void *records = &mark;
    size_t count = 99;
    CHECK_FAILS(ERR_INVALID, codec_unpack(&program_concept, STR("\x0a\x01"), &arena, &records, &count));
    CHECK(records == &mark && count == 99);
}

static void given_empty_entries(size_t count, buf_t *out)
{
    for (size_t i = 0; i < count; i++)
        buf_put(out, STR("\x0a\x00"));
}

TEST(a_list_has_at_most_so_many_entries)
{
    OWN(arena) arena = ARENA(ROOM);
    OWN(buf) packed = BUF(MAX_ITEM);
    OWN(buf) again = BUF(MAX_ITEM);
    void *records = NULL;
    size_t count = 0;
    given_empty_entries(MAX_ITEM_ENTRIES, &packed);
    CHECK_OK(codec_unpack(&program_concept, buf_str(&packed), &arena, &records, &count));
    CHECK(count == MAX_ITEM_ENTRIES);
    CHECK_OK(codec_pack(&program_concept, records, count, &arena, &again));
    CHECK(str_eq(buf_str(&packed), buf_str(&again)));
    CHECK_FAILS(ERR_TOO_LARGE, codec_pack(&program_concept, records, count + 1, &arena, &again));
    given_empty_entries(1, &packed);
    CHECK_FAILS(ERR_TOO_LARGE, unpack(&program_concept, buf_str(&packed)));
}

TEST(a_list_has_at_most_so_many_bytes)
{
    OWN(buf) packed = BUF(MAX_ITEM + 1);
    memset(buf_room(&packed, MAX_ITEM + 1), 0, MAX_ITEM + 1);
    CHECK_FAILS(ERR_TOO_LARGE, unpack(&program_concept, buf_str(&packed)));
    OWN(arena) arena = ARENA(ROOM);
    OWN(buf) small = BUF(4);
    struct program program = {STR("bash"), STR("5.2")};
    CHECK_FAILS(ERR_TOO_LARGE, codec_pack(&program_concept, &program, 1, &arena, &small));
}

TEST(without_memory_a_list_is_refused_at_every_step)
{
    OWN(world) world = {0};
    OWN(arena) all = ARENA(ROOM);
    OWN(buf) packed = BUF(MAX_ITEM);
    world_open(&world, 4);
    const char *groups = given_records(&group_concept, 5, &world.env, &all);
    CHECK_OK(codec_pack(&group_concept, groups, 5, &all, &packed));
    bool packs = false, unpacks = false;
    for (size_t limit = 0; limit < 4000; limit += 8) {
        OWN(arena) arena = ARENA(limit);
        OWN(arena) other = ARENA(limit);
        OWN(buf) again = BUF(MAX_ITEM);
        void *records = NULL;
        size_t count = 0;
        err_t unpacked = codec_unpack(&group_concept, buf_str(&packed), &arena, &records, &count);
        err_t done = codec_pack(&group_concept, groups, 5, &other, &again);
        CHECK(unpacked == (unpacks ? ERR_OK : ERR_TOO_LARGE) || (unpacks = unpacked == ERR_OK));
        CHECK(done == (packs ? ERR_OK : ERR_TOO_LARGE) || (packs = done == ERR_OK));
    }
    CHECK(packs && unpacks);
}

TEST(what_would_not_unpack_does_not_pack)
{
    OWN(arena) arena = ARENA(ROOM);
    OWN(buf) packed = BUF(256);
    struct program latin = {.name = STR("J\xfcrgen")}, nul = {.version = STR("a\0b")};
    CHECK_FAILS(ERR_INVALID, codec_pack(&program_concept, &latin, 1, &arena, &packed));
    CHECK_FAILS(ERR_INVALID, codec_pack(&program_concept, &nul, 1, &arena, &packed));
    CHECK(packed.len == 0);
}

TEST(a_concept_without_a_message_is_neither_packed_nor_unpacked)
{
    OWN(arena) arena = ARENA(ROOM);
    OWN(buf) packed = BUF(256);
    struct tenant tenant = {.name = STR("demo")};
    CHECK_FAILS(ERR_BROKEN, codec_pack(&tenant_concept, &tenant, 1, &arena, &packed));
    CHECK_FAILS(ERR_BROKEN, unpack(&tenant_concept, STR("")));
}

static err_t grow(str_t frame, size_t *out_used)
{
    OWN(arena) arena = ARENA(ROOM);
    str_t packed;
    err_t grown = codec_grow(frame, &arena, &packed);
    *out_used = arena.used;
    return grown;
}

TEST(bytes_come_back_from_their_frame)
{
    static const size_t lengths[] = {0, 1, 255, 256, 100000, MAX_ITEM};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        OWN(arena) arena = ARENA(ROOM);
        OWN(buf) frame = BUF(MAX_ITEM);
        char *at = arena_take(&arena, lengths[i]);
        for (size_t j = 0; j < lengths[i]; j++)
            at[j] = (char)(j * j % 251);
        str_t got;
        CHECK_OK(codec_shrink(str_bytes(at, lengths[i]), &frame));
        CHECK(ZSTD_getFrameContentSize(frame.at, frame.len) == lengths[i]);
        CHECK_OK(codec_grow(buf_str(&frame), &arena, &got));
        CHECK(str_eq(got, str_bytes(at, lengths[i])));
    }
}

TEST(a_frame_past_the_limit_is_refused_before_it_is_decoded)
{
    OWN(buf) frame = BUF(MAX_ITEM);
    OWN(buf) zeros = BUF(MAX_ITEM + 1);
    size_t used = 0;
    memset(buf_room(&zeros, MAX_ITEM + 1), 0, MAX_ITEM + 1);
    CHECK_OK(codec_shrink(buf_str(&zeros), &frame));
    CHECK(frame.len < 1024);
    CHECK_FAILS(ERR_TOO_LARGE, grow(buf_str(&frame), &used));
    CHECK(used == 0);
    CHECK_FAILS(ERR_TOO_LARGE,
                grow(STR("\x28\xb5\x2f\xfd\xe0\xff\xff\xff\xff\xff\xff\xff\x0f\x01\0\0"), &used));
    CHECK(used == 0);
}

TEST(a_frame_that_states_no_size_is_refused)
{
    char frame[256];
    size_t used = 0;
    ZSTD_CCtx *context = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0);
    size_t len = ZSTD_compress2(context, frame, sizeof frame, "some bytes", 10);
    ZSTD_freeCCtx(context);
    CHECK(!ZSTD_isError(len));
    CHECK_FAILS(ERR_INVALID, grow(str_bytes(frame, len), &used));
    CHECK(used == 0);
}

/* A frame of 1000 zeros states its size in two bytes after magic and descriptor, less 256. */
TEST(a_frame_that_states_another_size_is_refused)
{
    OWN(buf) frame = BUF(1024);
    static const char zeros[1000];
    size_t used = 0;
    CHECK_OK(codec_shrink(str_bytes(zeros, sizeof zeros), &frame));
    CHECK((frame.at[4] & 0xe0) == 0x60 && (uint8_t)frame.at[5] == ((1000 - 256) & 0xff));
    for (int wrong = -5; wrong <= 5; wrong++) {
        frame.at[5] = (char)(((1000 - 256) & 0xff) + wrong);
        CHECK_FAILS(wrong ? ERR_INVALID : ERR_OK, grow(buf_str(&frame), &used));
    }
}

TEST(nothing_but_exactly_one_frame_is_taken)
{
    OWN(buf) frame = BUF(1024);
    size_t used = 0;
    CHECK_OK(codec_shrink(STR("some bytes that are packed"), &frame));
    for (size_t len = 0; len < frame.len; len++)
        CHECK_FAILS(ERR_INVALID, grow(str_bytes(frame.at, len), &used));
    OWN(buf) more = BUF(1024);
    buf_put(&more, buf_str(&frame));
    buf_put_byte(&more, 0);
    CHECK_FAILS(ERR_INVALID, grow(buf_str(&more), &used));
    buf_clear(&more);
    buf_put(&more, buf_str(&frame)), buf_put(&more, buf_str(&frame));
    CHECK_FAILS(ERR_INVALID, grow(buf_str(&more), &used));
    CHECK_FAILS(ERR_INVALID, grow(STR("\x50\x2a\x4d\x18\0\0\0\0"), &used));
    CHECK_FAILS(ERR_INVALID, grow((str_t){NULL, 0}, &used));
}

TESTS(records_come_back_from_their_list, programs_are_the_bytes_of_the_proto,
      accounts_are_the_bytes_of_the_proto, groups_are_the_bytes_of_the_proto,
      a_long_text_has_a_length_of_two_bytes, a_secret_does_not_travel_and_nothing_in_clear_does,
      a_message_has_the_fields_that_travel_and_no_other, programs_packed_in_any_other_way_are_refused,
      an_id_of_any_other_length_is_refused, a_list_cut_anywhere_is_refused_or_ends_with_an_entry,
      a_refused_list_leaves_the_outputs_untouched, a_list_has_at_most_so_many_entries,
      a_list_has_at_most_so_many_bytes, without_memory_a_list_is_refused_at_every_step,
      what_would_not_unpack_does_not_pack, a_concept_without_a_message_is_neither_packed_nor_unpacked,
      bytes_come_back_from_their_frame, a_frame_past_the_limit_is_refused_before_it_is_decoded,
      a_frame_that_states_no_size_is_refused, a_frame_that_states_another_size_is_refused,
      nothing_but_exactly_one_frame_is_taken)
