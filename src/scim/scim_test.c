/* SPDX-License-Identifier: Apache-2.0
 *
 * What a directory asks and says, read; and what is answered.
 */
#include "scim/answer.h"
#include "test/test.h"

enum { ROOM = 4 << 20 };

static const char bea[] =
    "{\"id\":\"usr_b\",\"userName\":\"bea@example.com\",\"name\":{\"formatted\":\"Bea Example\"},"
    "\"emails\":[{\"value\":\"bea@example.com\",\"type\":\"work\"},"
    "{\"value\":\"bea@home.example\",\"type\":\"home\"}],\"active\":true,"
    "\"meta\":{\"created\":\"2026-11-28T10:00:00Z\"}}";

static int fits(const char *text)
{
    OWN(arena) arena = ARENA(ROOM);
    OWN(scim_filter) filter = NULL;
    OWN(scim_body) resource = NULL;
    if (scim_body_read(str(bea), &resource) != ERR_OK ||
        scim_filter_read(str(text), &arena, &filter) != ERR_OK)
        return -1;
    return scim_filter_fits(filter, resource);
}

TEST(filters_fit_as_the_rfc_says)
{
    static const struct {
        const char *filter;
        int fits;
    } rows[] = {
        {"userName eq \"BEA@example.com\"", 1},
        {"userName Eq \"bea\"", 0},
        {"username sw \"bea\" and active eq true", 1},
        {"active eq \"True\"", 0},
        {"active eq True", 1},
        {"name.formatted co \"exam\"", 1},
        {"urn:ietf:params:scim:schemas:core:2.0:User:userName ew \".com\"", 1},
        {"emails co \"home\"", 1},
        {"emails.value eq \"bea@example.com\"", 1},
        {"emails[type eq \"work\" and value co \"@home\"]", 0},
        {"emails[type eq \"home\" and value co \"@home\"]", 1},
        {"title pr", 0},
        {"userName pr and not (title pr)", 1},
        {"title ne \"x\"", 1},
        {"userName eq \"x\" or (active eq true and id eq \"usr_b\")", 1},
        {"id eq \"USR_B\"", 0},
        {"meta.created gt \"2026-11-28T09:59:59Z\"", 1},
        {"meta.created lt \"2026-11-28T09:59:59Z\"", 0},
        {"userName eq \"a\" or active eq true and title pr", 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        CHECK(fits(rows[i].filter) == rows[i].fits);
}

TEST(what_is_no_filter_is_refused)
{
    static const char *const wrong[] = {"",
                                        "userName",
                                        "userName eq",
                                        "userName is \"x\"",
                                        "userName eq x y",
                                        "(userName pr",
                                        "userName pr)",
                                        "emails[type eq \"work\"",
                                        "not userName pr",
                                        "userName eq {\"a\":1}",
                                        "a.b.c pr",
                                        "1 eq 1",
                                        "((((((((((((((((((a pr))))))))))))))))))",
                                        "userName eq \"x\" and",
                                        "emails.type[value pr]"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CHECK(fits(wrong[i]) == -1);
}

static err_t patched(const char *json, arena_t *arena, struct scim_change *out_change)
{
    OWN(scim_body) body = NULL;
    TRY(scim_body_read(str(json), &body));
    return scim_user_patch(body, arena, out_change);
}

#define OPS(ops) "{\"schemas\":[\"urn:ietf:params:scim:api:messages:2.0:PatchOp\"],\"Operations\":[" ops "]}"

TEST(the_shapes_that_directories_send_mean_the_same)
{
    static const char *const leaves[] = {
        OPS("{\"op\":\"replace\",\"path\":\"active\",\"value\":false}"),
        OPS("{\"op\":\"Replace\",\"path\":\"active\",\"value\":\"False\"}"),
        OPS("{\"op\":\"replace\",\"value\":{\"active\":false}}"),
        "{\"schemas\":[],\"operations\":[{\"Op\":\"Add\",\"Path\":\"active\",\"Value\":\"false\"}]}",
    };
    OWN(arena) arena = ARENA(ROOM);
    struct scim_change change;
    for (size_t i = 0; i < sizeof leaves / sizeof *leaves; i++) {
        CHECK_OK(patched(leaves[i], &arena, &change));
        CHECK(change.active == 0 && !change.user_name.at && !change.ignored);
    }
    CHECK_OK(patched(
        OPS("{\"op\":\"Add\",\"path\":\"emails[type eq \\\"work\\\"].value\",\"value\":\"new@example.com\"},"
            "{\"op\":\"Replace\",\"value\":{\"name.givenName\":\"Bea\",\"name.familyName\":\"New\","
            "\"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department\":\"D\"}}"),
        &arena, &change));
    CHECK(str_eq(change.email, STR("new@example.com")) && change.ignored == 1 && change.active == -1);
    CHECK(str_eq(scim_full_name(&change, STR("Old Name"), &arena), STR("Bea New")));
}

TEST(what_is_outside_of_the_closed_list_is_ignored_and_counted)
{
    OWN(arena) arena = ARENA(ROOM);
    OWN(scim_body) body = NULL;
    struct scim_change change;
    CHECK_OK(scim_body_read(
        STR("{\"schemas\":[],\"userName\":\"bea\",\"name\":{\"givenName\":\"Bea\",\"familyName\":\"E\","
            "\"honorificPrefix\":\"Dr\"},\"emails\":[{\"value\":\"b@home.example\",\"type\":\"home\"},"
            "{\"value\":\"b@example.com\",\"primary\":true}],\"phoneNumbers\":[{\"value\":\"1\"}],"
            "\"title\":\"Chief\",\"addresses\":[],\"password\":\"x\","
            "\"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User\":{\"department\":\"D\"}}"),
        &body));
    CHECK_OK(scim_user_read(body, &arena, &change));
    CHECK(change.ignored == 7 && str_eq(change.email, STR("b@example.com")) && change.active == -1);
    CHECK(str_eq(scim_full_name(&change, STR(""), &arena), STR("Bea E")));
    CHECK_OK(patched(
        OPS("{\"op\":\"add\",\"path\":\"emails[type eq \\\"home\\\"].value\",\"value\":\"h@example.com\"},"
            "{\"op\":\"replace\",\"path\":\"title\",\"value\":\"x\"},"
            "{\"op\":\"add\",\"path\":\"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager\","
            "\"value\":\"m\"},{\"op\":\"remove\",\"path\":\"phoneNumbers\"}"),
        &arena, &change));
    CHECK(change.ignored == 4 && !change.email.at);
}

TEST(a_patch_that_is_none_says_which_kind_of_wrong)
{
    static const struct {
        const char *body, *kind;
    } rows[] = {
        {"{\"Operations\":[]}", "invalidSyntax"},
        {OPS("{\"op\":\"move\",\"path\":\"active\"}"), "invalidSyntax"},
        {OPS("{\"op\":\"replace\",\"path\":\"active\",\"value\":7}"), "invalidValue"},
        {OPS("{\"op\":\"replace\",\"path\":\"emails[\",\"value\":\"x\"}"), "invalidPath"},
        {OPS("{\"op\":\"remove\"}"), "noTarget"},
        {OPS("{\"op\":\"remove\",\"path\":\"userName\"}"), "mutability"},
        {OPS("{\"op\":\"add\",\"path\":\"userName\"}"), "invalidValue"},
    };
    OWN(arena) arena = ARENA(ROOM);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct scim_change change;
        OWN(buf) said = BUF(4096);
        CHECK_FAILS(ERR_INVALID, patched(rows[i].body, &arena, &change));
        scim_error_put(400, err_note(), &said);
        CHECK(said.at && strstr(said.at, rows[i].kind) && strstr(said.at, "\"scimType\""));
    }
}

#define USR(c) "usr_" c "aaaaaaaaaaaaaaaaaaaaaaaaa"

TEST(members_of_a_group_come_and_go_in_the_order_that_was_said)
{
    OWN(arena) arena = ARENA(ROOM);
    OWN(scim_body) body = NULL;
    struct scim_group_change change;
    CHECK_OK(scim_body_read(
        str(OPS("{\"op\":\"add\",\"path\":\"members\",\"value\":[{\"value\":\"" USR(
            "a") "\"}]},"
                 "{\"op\":\"Remove\",\"path\":\"members[value eq \\\"" USR(
                     "e") "\\\"]\"},"
                          "{\"op\":\"Remove\",\"path\":\"members\",\"value\":[{\"value\":\"" USR(
                              "i") "\"}]},"
                                   "{\"op\":\"replace\",\"value\":{\"displayName\":\"Ops\",\"id\":\"x\"}},"
                                   "{\"op\":\"replace\",\"path\":\"members\",\"value\":[{\"value\":\"grp_aaaaaaaaaaaaaaaaaaaaaaaaaa\"}]},"
                                   "{\"op\":\"remove\",\"path\":\"members\"}")),
        &body));
    CHECK_OK(scim_group_patch(body, &arena, &change));
    static const int kinds[] = {SCIM_ADD, SCIM_REMOVE, SCIM_REMOVE, SCIM_CLEAR, SCIM_ADD, SCIM_CLEAR};
    CHECK(change.count == 6 && str_eq(change.name, STR("Ops")) && !change.ignored);
    for (size_t i = 0; i < change.count && i < 6; i++)
        CHECK((int)change.steps[i].kind == kinds[i]);
    CHECK(change.steps[4].is_group && !change.steps[0].is_group);
}

TEST(an_answer_holds_what_is_kept_and_is_what_was_asked_for)
{
    OWN(buf) whole = BUF(8192);
    OWN(buf) part = BUF(8192);
    const struct scim_person person = {.user_name = STR("bea"),
                                       .full_name = STR("Bea \"E\""),
                                       .email = STR("b@e"),
                                       .role = STR("viewer"),
                                       .active = true,
                                       .edition = 3};
    OWN(scim_body) user = scim_user_json(&person, STR("https://h/scim/v2"));
    CHECK_OK(scim_put(user, &whole));
    CHECK(strstr(whole.at, "W/\\\"3\\\"") && strstr(whole.at, "\"formatted\":\"Bea \\\"E\\\"\""));
    CHECK(strstr(whole.at, "https://h/scim/v2/Users/usr_"));
    scim_choose(user, STR("userName, urn:ietf:params:scim:schemas:core:2.0:User:active"), (str_t){NULL, 0});
    CHECK_OK(scim_put(user, &part));
    CHECK(strstr(part.at, "userName") && strstr(part.at, "active") && strstr(part.at, "\"id\"") &&
          !strstr(part.at, "emails"));
}

TEST(the_service_says_what_it_can)
{
    OWN(buf) config = BUF(1 << 16);
    OWN(buf) types = BUF(1 << 16);
    OWN(buf) schema = BUF(1 << 16);
    CHECK_OK(scim_config_put(STR("https://h/scim/v2"), &config));
    CHECK(strstr(config.at, "\"bulk\":{\"supported\":false"));
    CHECK_OK(scim_types_put((str_t){NULL, 0}, STR("https://h/scim/v2"), &types));
    CHECK(strstr(types.at, "\"totalResults\":2") && strstr(types.at, "\"/Users\""));
    CHECK_OK(scim_schemas_put(STR("urn:ietf:params:scim:schemas:core:2.0:User"), STR("h"), &schema));
    CHECK(strstr(schema.at, "writeOnly") && !strstr(schema.at, "\"Resources\""));
    CHECK_FAILS(ERR_MISSING, scim_schemas_put(STR("urn:none"), STR("h"), &schema));
}

TESTS(filters_fit_as_the_rfc_says, what_is_no_filter_is_refused,
      the_shapes_that_directories_send_mean_the_same,
      what_is_outside_of_the_closed_list_is_ignored_and_counted,
      a_patch_that_is_none_says_which_kind_of_wrong,
      members_of_a_group_come_and_go_in_the_order_that_was_said,
      an_answer_holds_what_is_kept_and_is_what_was_asked_for, the_service_says_what_it_can)
