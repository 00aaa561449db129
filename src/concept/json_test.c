/* SPDX-License-Identifier: Apache-2.0 */
#include "concept/json.h"

#include "base/limits.h"
#include "concept/account.h"
#include "concept/device.h"
#include "concept/group.h"
#include "concept/tenant.h"
#include "concept/user.h"
#include "test/test.h"

/* A message with every kind of field, and a secret. */
/* clang-format off */
#define ASK(F) \
    F(1, ID,     device,   PLAIN,  KEEP,  NAMES_THE_PARENT) \
    F(2, IDS,    account,  PLAIN,  KEEP,  NAMES_THE_PARENT) \
    F(3, TEXT,   name,     PLAIN,  KEEP,  CONTRACT_FACT) \
    F(4, COUNT,  uses,     PLAIN,  KEEP,  LIMITS_ITS_USE) \
    F(5, MOMENT, until,    PLAIN,  KEEP,  LIMITS_ITS_USE) \
    F(6, FLAG,   active,   PLAIN,  KEEP,  STATE_OF_THE_RECORD) \
    F(7, BYTES,  request,  PLAIN,  KEEP,  PROVES_WHO_ASKS) \
    F(8, TEXT,   password, SECRET, SHRED, COLLECT_PASSWORD)
/* clang-format on */

struct ask {
    ASK(CONCEPT_MEMBER)
};

#define THIS ask
static const field_t ask_fields[] = {ASK(CONCEPT_FIELD)};
#undef THIS

static const concept_t ask_concept = {.name = "ask",
                                      .plural = "asks",
                                      .shape = SHAPE_MESSAGE,
                                      .size = sizeof(struct ask),
                                      CONCEPT_FIELDS(ask_fields)};

#define DEVICE_ID  "dev_aaaqeayeaudaocajbifqydiob4"
#define ACCOUNT_ID "acc_aaaqeayeaudaocajbifqydiob4"

static const char *const good[][2] = {
    {"device", "\"" DEVICE_ID "\""},
    {"account", "[\"" ACCOUNT_ID "\"]"},
    {"name", "\"J\\u00fcrgen\""},
    {"uses", "10"},
    {"until", "\"2026-11-24T06:00:00Z\""},
    {"active", "true"},
    {"request", "\"Zm9vYg\""},
    {"password", "\"s3cret\\t\\u0001\""},
};
enum { GOOD = sizeof good / sizeof *good };

/* The good values, with `value` in the place of the one of `field`; without that field where `value` is NULL. */
static void given_ask(const char *field, const char *value, buf_t *out)
{
    char before = '{';
    for (size_t i = 0; i < GOOD; i++) {
        const char *kept = strcmp(good[i][0], field) ? good[i][1] : value;
        if (!kept)
            continue;
        buf_putf(out, "%c\"%s\":", before, good[i][0]);
        buf_put(out, str(kept));
        before = ',';
    }
    buf_put_byte(out, '}');
}

static err_t read_json(str_t json)
{
    OWN(arena) arena = ARENA(1 << 20);
    struct ask ask;
    return concept_read_json(&ask_concept, json, &arena, &ask);
}

static err_t read_with(const char *field, const char *value)
{
    OWN(buf) json = BUF(2 * MAX_BODY);
    given_ask(field, value, &json);
    return read_json(buf_str(&json));
}

/* Refused, and the note says which field it is. */
static bool refused(const char *field, const char *value)
{
    return read_with(field, value) == ERR_INVALID && str_starts(str(err_note()), str(field));
}

static ident_t given_id(void)
{
    ident_t id;
    for (size_t i = 0; i < sizeof id.bytes; i++)
        id.bytes[i] = (uint8_t)i;
    return id;
}

TEST(a_record_is_an_object_of_its_fields)
{
    OWN(buf) json = BUF(1024);
    struct device device = {.id = given_id(), .enrolled = 1000, .seen = 951782400123, .name = STR("a\"b")};
    concept_put_json(&device_concept, &device, &json);
    CHECK_OK(buf_end(&json));
    CHECK(str_eq(buf_str(&json), STR("{\"id\":\"" DEVICE_ID "\",\"enrolled\":\"1970-01-01T00:00:01Z\","
                                     "\"seen\":\"2000-02-29T00:00:00Z\",\"name\":\"a\\u0022b\"}")));
}

TEST(a_text_that_is_not_there_is_null)
{
    OWN(buf) json = BUF(1024);
    struct group group = {.name = {NULL, 0}};
    concept_put_json(&group_concept, &group, &json);
    CHECK(str_eq(buf_str(&json), STR("{\"name\":null,\"account\":[]}")));
    ident_t ids[] = {given_id(), given_id()};
    buf_clear(&json);
    concept_put_json(&group_concept, &(struct group){STR(""), {ids, 2}}, &json);
    CHECK(str_eq(buf_str(&json), STR("{\"name\":\"\",\"account\":[\"" ACCOUNT_ID "\",\"" ACCOUNT_ID "\"]}")));
}

TEST(an_object_can_be_left_open_for_more)
{
    OWN(buf) json = BUF(1024);
    struct account account = {.id = given_id(), .name = STR("root"), .logged_in = true};
    concept_put_json_open(&account_concept, &account, &json);
    buf_put(&json, STR(",\"system\":true}"));
    CHECK(str_eq(buf_str(&json),
                 STR("{\"id\":\"" ACCOUNT_ID "\",\"name\":\"root\",\"logged_in\":true,\"system\":true}")));
    static const concept_t none = {.name = "none"};
    buf_clear(&json);
    concept_put_json(&none, &account, &json);
    CHECK(str_eq(buf_str(&json), STR("{}")));
}

TEST(an_id_that_names_no_concept_has_its_own_records_prefix)
{
    OWN(buf) json = BUF(1024);
    struct tenant tenant = {.realm = given_id(), .name = STR("demo"), .state = STR("kit")};
    concept_put_json(&tenant_concept, &tenant, &json);
    CHECK(strstr(json.at, "\"realm\":\"ten_aaaqeayeaudaocajbifqydiob4\""));
}

TEST(a_secret_is_never_printed)
{
    OWN(buf) json = BUF(1024);
    struct user user = {.role = STR("owner"), .full_name = STR("Erika"), .password = STR("verifier")};
    struct ask ask = {.name = STR("n"), .request = STR("foob"), .password = STR("verifier")};
    concept_put_json(&user_concept, &user, &json);
    concept_put_json(&ask_concept, &ask, &json);
    CHECK_OK(buf_end(&json));
    CHECK(strstr(json.at, "\"full_name\":\"Erika\"") && strstr(json.at, "\"request\":\"Zm9vYg\""));
    CHECK(!strstr(json.at, "password") && !strstr(json.at, "verifier") && !strstr(json.at, "dmVyaWZpZXI"));
}

TEST(every_kind_of_field_is_read)
{
    OWN(arena) arena = ARENA(1 << 20);
    OWN(buf) json = BUF(1024);
    struct ask ask;
    given_ask("", NULL, &json);
    CHECK_OK(concept_read_json(&ask_concept, buf_str(&json), &arena, &ask));
    buf_clear(&json);
    CHECK(ident_eq(ask.device, given_id()) && ask.account.count == 1 &&
          ident_eq(ask.account.at[0], given_id()));
    CHECK(str_eq(ask.name, STR("J\xc3\xbcrgen")) && ask.uses == 10 && ask.active);
    CHECK(ask.until == 1795500000000 && str_eq(ask.request, STR("foob")));
    CHECK(str_eq(ask.password, STR("s3cret\t\x01")));
}

TEST(a_record_reads_back_from_what_is_printed)
{
    OWN(arena) arena = ARENA(1 << 20);
    OWN(buf) json = BUF(1024);
    struct account account = {.id = given_id(), .name = STR("J\xc3\xbcrgen \"\\/"), .logged_in = true}, back;
    concept_put_json(&account_concept, &account, &json);
    CHECK_OK(concept_read_json(&account_concept, buf_str(&json), &arena, &back));
    CHECK(ident_eq(back.id, account.id) && str_eq(back.name, account.name) && back.logged_in);
}

TEST(every_field_must_be_there_and_none_null)
{
    for (size_t i = 0; i < GOOD; i++) {
        CHECK(refused(good[i][0], NULL));
        CHECK(refused(good[i][0], "null"));
    }
}

TEST(a_field_of_another_type_is_refused)
{
    static const char *const values[] = {"{}", "[[]]", "[null]", "1.0", "\"\"", "[\"x\"]"};
    static const char *const no_text[] = {"true", "1", "[]", "{\"a\":\"b\"}"};
    for (size_t i = 0; i < GOOD; i++)
        for (size_t j = 0; j < sizeof values / sizeof *values; j++)
            CHECK(refused(good[i][0], values[j]));
    for (size_t j = 0; j < sizeof no_text / sizeof *no_text; j++)
        CHECK(refused("name", no_text[j]) && refused("request", no_text[j]) && refused("device", no_text[j]));
    CHECK(refused("active", "0") && refused("active", "\"true\"") && refused("uses", "true"));
    CHECK(refused("until", "1795500000"));
}

TEST(an_id_of_another_kind_is_refused)
{
    CHECK(refused("device", "\"" ACCOUNT_ID "\""));
    CHECK(refused("account", "[\"" ACCOUNT_ID "\",\"" DEVICE_ID "\"]"));
    CHECK(refused("account", "\"" ACCOUNT_ID "\""));
    CHECK(refused("device", "\"dev_AAAQEAYEAUDAOCAJBIFQYDIOB4\""));
    CHECK_OK(read_with("account", "[]"));
}

TEST(a_count_is_a_whole_number_that_every_reader_holds)
{
    CHECK_OK(read_with("uses", "0"));
    CHECK_OK(read_with("uses", "9007199254740991"));
    static const char *const wrong[] = {
        "-1", "9007199254740992", "99999999999999999999", "1.5", "1e2", "-0.0", "\"5\""};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CHECK_FAILS(ERR_INVALID, read_with("uses", wrong[i]));
    CHECK_FAILS(ERR_INVALID, read_with("uses", "01"));
    CHECK_FAILS(ERR_INVALID, read_with("uses", "+1"));
    CHECK_FAILS(ERR_INVALID, read_with("uses", "NaN"));
}

static err_t read_length(const char *field, size_t len)
{
    char text[4096];
    snprintf(text, sizeof text, "\"%0*d\"", (int)len, 0);
    return read_with(field, text);
}

TEST(a_name_and_a_password_have_their_limits)
{
    CHECK_OK(read_length("name", MAX_NAME));
    CHECK_FAILS(ERR_TOO_LARGE, read_length("name", MAX_NAME + 1));
    CHECK_OK(read_length("password", MAX_PASSWORD));
    CHECK_FAILS(ERR_TOO_LARGE, read_length("password", MAX_PASSWORD + 1));
    CHECK(str_starts(str(err_note()), STR("password")));
    CHECK_OK(read_length("request", 4 * MAX_NAME));
}

TEST(a_name_has_no_control_characters)
{
    static const char *const wrong[] = {"\"a\\u0000b\"", "\"a\\nb\"",   "\"\\u001f\"",
                                        "\"\\u007f\"",   "\"\\u0080\"", "\"a\\u009f\""};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CHECK_FAILS(ERR_INVALID, read_with("name", wrong[i]));
    CHECK_OK(read_with("name", "\"\\u00a0 \\u00c2\\u0400\\ud83c\\udf89\""));
    CHECK_FAILS(ERR_INVALID, read_with("password", "\"a\\u0000b\""));
    CHECK_OK(read_with("password", "\"\\u001f\\u0080\""));
}

TEST(text_that_is_not_utf8_is_refused)
{
    static const char *const wrong[] = {"\"\xfc\"",    "\"\xc0\x80\"", "\"\xed\xa0\x80\"",
                                        "\"\\ud800\"", "\"\\udf89\"",  "\"\xf4\x90\x80\x80\""};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        CHECK_FAILS(ERR_INVALID, read_with("name", wrong[i]));
        CHECK_FAILS(ERR_INVALID, read_with("password", wrong[i]));
    }
}

TEST(a_field_twice_or_unknown_is_refused)
{
    CHECK_FAILS(ERR_INVALID, read_with("uses", "1,\"uses\":1"));
    CHECK(strstr(err_note(), "twice"));
    CHECK_FAILS(ERR_INVALID, read_with("uses", "1,\"\\u0075ses\":1"));
    CHECK_FAILS(ERR_INVALID, read_with("uses", "1,\"Uses\":1"));
    CHECK_FAILS(ERR_INVALID, read_with("uses", "1,\"Erika\":null"));
    CHECK(!strstr(err_note(), "Erika"));
    CHECK_FAILS(ERR_INVALID, read_with("uses", "1,\"uses\\u0000\":1"));
}

TEST(anything_but_one_json_object_is_refused)
{
    static const char *const wrong[] = {"",  " ",    "[]",  "\"x\"",      "5",       "null",
                                        "{", "{}{}", "{},", "{\"a\":1,}", "{'a':1}", "// c\n{}"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CHECK_FAILS(ERR_INVALID, read_json(str(wrong[i])));
    CHECK_FAILS(ERR_INVALID, read_json((str_t){NULL, 0}));
    OWN(buf) json = BUF(1024);
    given_ask("", NULL, &json);
    buf_put(&json, STR(" \n\t"));
    CHECK_OK(read_json(buf_str(&json)));
    buf_put_byte(&json, 'x');
    CHECK_FAILS(ERR_INVALID, read_json(buf_str(&json)));
    json.at[json.len - 1] = '\0';
    CHECK_FAILS(ERR_INVALID, read_json(buf_str(&json)));
    OWN(buf) marked = BUF(1024);
    buf_put(&marked, STR("\xef\xbb\xbf"));
    given_ask("", NULL, &marked);
    CHECK_FAILS(ERR_INVALID, read_json(buf_str(&marked)));
}

TEST(an_object_cut_anywhere_is_refused)
{
    OWN(buf) json = BUF(1024);
    given_ask("", NULL, &json);
    for (size_t len = 0; len < json.len; len++)
        CHECK_FAILS(ERR_INVALID, read_json(str_bytes(json.at, len)));
}

TEST(depth_and_size_have_their_limits)
{
    OWN(buf) deep = BUF(MAX_BODY);
    memset(buf_room(&deep, MAX_BODY - 100), '[', MAX_BODY - 100);
    CHECK_FAILS(ERR_INVALID, read_json(buf_str(&deep)));
    CHECK_FAILS(ERR_INVALID, read_with("name", deep.at + MAX_BODY / 2));
    OWN(buf) json = BUF(2 * MAX_BODY);
    given_ask("", NULL, &json);
    size_t more = MAX_BODY - json.len;
    memset(buf_room(&json, more), ' ', more);
    CHECK_OK(read_json(buf_str(&json)));
    buf_put_byte(&json, ' ');
    CHECK_FAILS(ERR_TOO_LARGE, read_json(buf_str(&json)));
}

TEST(a_refused_object_leaves_the_record_untouched_and_its_values_unsaid)
{
    OWN(arena) arena = ARENA(1 << 20);
    OWN(buf) json = BUF(1024);
    struct ask ask = {.uses = 77, .name = STR("kept")};
    given_ask("password", "\"Erika", &json);
    CHECK_FAILS(ERR_INVALID, concept_read_json(&ask_concept, buf_str(&json), &arena, &ask));
    CHECK(!strstr(err_note(), "Erika"));
    buf_clear(&json);
    given_ask("until", "\"Erika\"", &json);
    CHECK_FAILS(ERR_INVALID, concept_read_json(&ask_concept, buf_str(&json), &arena, &ask));
    CHECK(!strstr(err_note(), "Erika") && ask.uses == 77 && str_eq(ask.name, STR("kept")));
}

TEST(without_memory_an_object_is_refused_at_every_step)
{
    OWN(buf) json = BUF(1024);
    bool reads = false;
    given_ask("", NULL, &json);
    for (size_t limit = 0; limit < 1000; limit += 4) {
        OWN(arena) arena = ARENA(limit);
        struct ask ask;
        err_t done = concept_read_json(&ask_concept, buf_str(&json), &arena, &ask);
        CHECK(done == (reads ? ERR_OK : ERR_TOO_LARGE) || (reads = done == ERR_OK));
    }
    CHECK(reads);
}

TESTS(a_record_is_an_object_of_its_fields, a_text_that_is_not_there_is_null,
      an_object_can_be_left_open_for_more, an_id_that_names_no_concept_has_its_own_records_prefix,
      a_secret_is_never_printed, every_kind_of_field_is_read, a_record_reads_back_from_what_is_printed,
      every_field_must_be_there_and_none_null, a_field_of_another_type_is_refused,
      an_id_of_another_kind_is_refused, a_count_is_a_whole_number_that_every_reader_holds,
      a_name_and_a_password_have_their_limits, a_name_has_no_control_characters,
      text_that_is_not_utf8_is_refused, a_field_twice_or_unknown_is_refused,
      anything_but_one_json_object_is_refused, an_object_cut_anywhere_is_refused,
      depth_and_size_have_their_limits, a_refused_object_leaves_the_record_untouched_and_its_values_unsaid,
      without_memory_an_object_is_refused_at_every_step)
