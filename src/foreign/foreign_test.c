/* SPDX-License-Identifier: Apache-2.0
 *
 * Bodies in the shapes that osquery and Santa send, written here: what is taken of them, and what is not.
 */
#include "base/limits.h"
#include "foreign/inflate.h"
#include "foreign/osquery.h"
#include "foreign/santa.h"
#include "foreign/tree.h"
#include "test/test.h"

#include <zlib.h>

static const struct osquery_wants all = {
    {.computer_name = true,
     .mac_address = true,
     .usernames = true,
     .logged_in = true,
     .ip_addresses = true,
     .programs = true},
    .inventory = true,
    .launches = true,
};

static bool holds(const buf_t *text, const char *part) { return text->at && strstr(text->at, part); }

static err_t log_read(const char *data, arena_t *arena, struct found *out_found)
{
    OWN(buf) body = BUF(MAX_FOREIGN);
    buf_put(&body, STR("{\"node_key\":\"k\",\"log_type\":\"result\",\"data\":["));
    buf_put(&body, str(data));
    buf_put(&body, STR("]}"));
    return osquery_log_read(buf_str(&body), arena, out_found);
}

static void deflated(str_t body, int window, buf_t *out)
{
    z_stream stream = {.next_in = (unsigned char *)(uintptr_t)body.at, .avail_in = (unsigned)body.len};
    deflateInit2(&stream, 9, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY);
    size_t most = deflateBound(&stream, body.len);
    stream.next_out = (unsigned char *)buf_room(out, most);
    stream.avail_out = (unsigned)most;
    deflate(&stream, Z_FINISH);
    out->len -= stream.avail_out;
    deflateEnd(&stream);
}

TEST(a_body_is_read_plain_deflated_and_gzipped)
{
    OWN(buf) plain = BUF(64), zlib = BUF(1024), gzip = BUF(1024), out = BUF(1024);
    CHECK_OK(inflate_body((str_t){0}, STR("{\"a\":1}"), 64, &plain));
    CHECK(str_eq(buf_str(&plain), STR("{\"a\":1}")));
    deflated(STR("{\"a\":2}"), 15, &zlib);
    CHECK_OK(inflate_body(STR("deflate"), buf_str(&zlib), 64, &out));
    CHECK(str_eq(buf_str(&out), STR("{\"a\":2}")));
    buf_clear(&out);
    deflated(STR("{\"a\":3}"), 31, &gzip);
    CHECK_OK(inflate_body(STR("GZIP"), buf_str(&gzip), 64, &out));
    CHECK(str_eq(buf_str(&out), STR("{\"a\":3}")));
}

TEST(a_body_that_grows_past_its_limit_or_is_not_what_it_says_is_refused)
{
    OWN(buf) large = BUF(MAX_FOREIGN + 1), small = BUF(16 << 20), out = BUF(MAX_FOREIGN);
    memset(buf_room(&large, MAX_FOREIGN + 1), ' ', MAX_FOREIGN + 1);
    deflated(buf_str(&large), 15, &small);
    CHECK(small.len < 16384);
    CHECK_FAILS(ERR_TOO_LARGE, inflate_body(STR("deflate"), buf_str(&small), MAX_FOREIGN, &out));
    CHECK(out.room <= 2 * (size_t)MAX_FOREIGN);
    buf_clear(&out);
    CHECK_FAILS(ERR_INVALID, inflate_body(STR("gzip"), buf_str(&small), MAX_FOREIGN, &out));
    CHECK_FAILS(ERR_INVALID, inflate_body(STR("br"), STR("x"), MAX_FOREIGN, &out));
    buf_clear(&out);
    CHECK_FAILS(ERR_INVALID,
                inflate_body(STR("deflate"), (str_t){small.at, 64}, MAX_FOREIGN, &out)); /* cut off */
}

TEST(json_that_would_take_more_memory_than_it_has_bytes_is_refused_before_it_is_parsed)
{
    OWN(buf) body = BUF(MAX_FOREIGN);
    tree_own tree = NULL;
    buf_put(&body, STR("{\"a\":["));
    for (size_t i = 0; i < MAX_FOREIGN_MARKS; i++)
        buf_put(&body, STR("[],"));
    buf_put(&body, STR("[]]}"));
    CHECK_OK(buf_end(&body));
    CHECK_FAILS(ERR_TOO_LARGE, tree_read(buf_str(&body), &tree));
    CHECK_FAILS(ERR_INVALID, tree_read(STR("[1]"), &tree));
    CHECK_FAILS(ERR_INVALID, tree_read(STR("{\"a\":\"\\u0000\"}"), &tree));
}

TEST(an_enrolment_gives_a_secret_a_machine_and_a_name_and_nothing_else_of_the_host)
{
    OWN(arena) arena = ARENA(1 << 20);
    struct osquery_enrol enrol;
    CHECK_OK(osquery_enrol_read(
        STR("{\"enroll_secret\":\"cdk_x\",\"host_identifier\":\"desk-1.example\",\"platform_type\":\"9\",\"host_details\":{"
            "\"system_info\":{\"uuid\":\"4C4C4544-0042-3510-8052-B4C04F4A4E32\",\"computer_name\":\"Desk 1\","
            "\"hostname\":\"desk-1\",\"hardware_serial\":\"zq-serial\"},\"os_version\":{\"name\":\"x\"}}}"),
        &arena, &enrol));
    CHECK(str_eq(enrol.secret, STR("cdk_x")) && str_eq(enrol.name, STR("Desk 1")));
    CHECK(str_eq(enrol.machine, STR("4c4c4544-0042-3510-8052-b4c04f4a4e32")));
    CHECK_OK(osquery_enrol_read(
        STR("{\"enroll_secret\":\"s\",\"host_identifier\":\"desk-2\",\"host_details\":{\"system_info\":"
            "{\"uuid\":\"00000000-0000-0000-0000-000000000000\"}}}"),
        &arena, &enrol));
    CHECK(str_eq(enrol.machine, STR("desk-2")) && str_eq(enrol.name, STR("desk-2")));
    CHECK_FAILS(ERR_INVALID, osquery_enrol_read(STR("{\"host_identifier\":\"x\"}"), &arena, &enrol));
}

TEST(what_the_client_has_switched_off_is_not_asked_for)
{
    OWN(buf) config = BUF(MAX_BODY);
    OWN(buf) queries = BUF(MAX_BODY);
    struct osquery_wants wants = all;
    osquery_put_config(&wants, &config);
    CHECK(holds(&config, "deb_packages") && holds(&config, "interface_details") &&
          holds(&config, "logged_in_users"));
    CHECK(holds(&config, "\"platform\":\"darwin\"") && holds(&config, "process_events"));
    wants.collection.mac_address = wants.collection.programs = wants.collection.logged_in = wants.launches =
        false;
    buf_clear(&config);
    osquery_put_config(&wants, &config);
    CHECK(!holds(&config, "deb_packages") && !holds(&config, "interface_details") &&
          !holds(&config, "logged_in_users"));
    CHECK(!holds(&config, "process") && holds(&config, "FROM users") &&
          holds(&config, "interface_addresses"));
    wants.inventory = false;
    buf_clear(&config);
    osquery_put_config(&wants, &config);
    CHECK(str_eq(buf_str(&config), STR("{\"node_invalid\":false,\"schedule\":{}}")));
    osquery_put_queries(&wants, &queries);
    CHECK(holds(&queries, "\"queries\":{}"));
}

TEST(a_snapshot_becomes_a_whole_list_and_other_columns_are_dropped)
{
    OWN(arena) arena = ARENA(1 << 20);
    struct found found;
    CHECK_OK(log_read(
        "{\"name\":\"custody_users_linux\",\"action\":\"snapshot\",\"hostIdentifier\":\"h\",\"unixTime\":1,\"snapshot\":["
        "{\"uid\":\"0\",\"username\":\"root\",\"logged_in\":\"0\"},"
        "{\"uid\":\"1000\",\"username\":\"alice\",\"logged_in\":\"1\",\"directory\":\"/home/alice\"},"
        "{\"uid\":65534,\"username\":\"nobody\",\"logged_in\":0},{\"uid\":\"5\",\"username\":\"\"}]},"
        "{\"name\":\"custody_ips\",\"snapshot\":[{\"address\":\"127.0.0.1\"},{\"address\":\"fe80::1%en0\"},"
        "{\"address\":\"192.0.2.7\"},{\"address\":\"2001:db8::1%eth0\"}]},"
        "{\"name\":\"pack_theirs_users\",\"snapshot\":[{\"username\":\"zq\"}]}",
        &arena, &found));
    const struct found_list *users = &found.lists[FOUND_ACCOUNTS], *ips = &found.lists[FOUND_IPS];
    const struct found_account *user = users->records;
    CHECK(users->told && users->count == 3 && !user[0].person && user[1].person && !user[2].person);
    CHECK(str_eq(user[1].name, STR("alice")) && user[1].logged_in && !user[0].logged_in);
    const struct address *ip = ips->records;
    CHECK(ips->count == 2 && str_eq(ip[0].ip, STR("192.0.2.7")) && str_eq(ip[1].ip, STR("2001:db8::1")));
    CHECK(found.dropped == 4 && !found.lists[FOUND_MACS].told);
}

TEST(a_group_has_its_members_and_a_persons_own_group_is_not_told)
{
    OWN(arena) arena = ARENA(1 << 20);
    struct found found;
    CHECK_OK(log_read(
        "{\"name\":\"custody_groups_linux\",\"snapshot\":["
        "{\"gid\":\"27\",\"groupname\":\"sudo\",\"uid\":\"1000\",\"username\":\"alice\",\"namesake\":\"\"},"
        "{\"gid\":\"27\",\"groupname\":\"sudo\",\"uid\":\"1001\",\"username\":\"bob\",\"namesake\":\"\"},"
        "{\"gid\":\"50\",\"groupname\":\"staff\",\"uid\":\"\",\"username\":\"\",\"namesake\":\"\"},"
        "{\"gid\":\"1000\",\"groupname\":\"alice\",\"uid\":\"1000\",\"username\":\"alice\",\"namesake\":\"1000\"},"
        "{\"gid\":\"1001\",\"groupname\":\"bob\",\"uid\":\"1000\",\"username\":\"alice\",\"namesake\":\"1001\"},"
        "{\"gid\":\"1001\",\"groupname\":\"bob\",\"uid\":\"1001\",\"username\":\"bob\",\"namesake\":\"1001\"}]}",
        &arena, &found));
    const struct found_group *group = found.lists[FOUND_GROUPS].records;
    CHECK(found.lists[FOUND_GROUPS].count == 3);
    CHECK(str_eq(group[0].name, STR("sudo")) && group[0].count == 2 &&
          str_eq(group[0].members[1].name, STR("bob")));
    CHECK(str_eq(group[1].name, STR("staff")) && group[1].count == 0);
    CHECK(!group[2].name.len && group[2].count == 2);
}

TEST(a_difference_counts_where_it_follows_nothing_and_launches_in_every_shape)
{
    OWN(arena) arena = ARENA(1 << 20);
    struct found found;
    CHECK_OK(log_read(
        "{\"name\":\"custody_debs\",\"counter\":\"0\",\"diffResults\":{\"added\":[{\"name\":\"bash\",\"version\":\"5\"}],\"removed\":\"\"}},"
        "{\"name\":\"custody_rpms\",\"counter\":3,\"diffResults\":{\"added\":[{\"name\":\"x\",\"version\":\"1\"}],\"removed\":[]}},"
        "{\"name\":\"custody_launches_linux\",\"action\":\"added\",\"counter\":7,\"columns\":{\"time\":\"1790000000\","
        "\"path\":\"/usr/bin/id\",\"uid\":\"1000\",\"username\":\"alice\",\"cmdline\":\"id --zq\"}},"
        "{\"name\":\"custody_launches_windows\",\"counter\":1,\"diffResults\":{\"added\":[{\"time\":1790000001,"
        "\"path\":\"C:\\\\x.exe\",\"username\":\"NT AUTHORITY\\\\SYSTEM\"}]}},"
        "{\"name\":\"custody_launches_linux\",\"action\":\"removed\",\"columns\":{\"time\":\"1\",\"path\":\"/x\"}}",
        &arena, &found));
    const struct found_launch *launch = found.lists[FOUND_LAUNCHES].records;
    CHECK(found.lists[FOUND_DEBS].count == 1 && !found.lists[FOUND_RPMS].told);
    CHECK(found.lists[FOUND_LAUNCHES].count == 2);
    CHECK(launch[0].by.person && str_eq(launch[0].by.name, STR("alice")) && !launch[0].launch.args.len);
    CHECK(launch[0].launch.at == SECONDS(1790000000) && str_eq(launch[0].launch.path, STR("/usr/bin/id")));
    CHECK(!launch[1].by.person && str_eq(launch[1].by.name, STR("SYSTEM")));
}

TEST(a_machine_without_a_name_or_an_account_has_not_told_any)
{
    OWN(arena) arena = ARENA(1 << 20);
    struct found found;
    CHECK_OK(log_read(
        "{\"name\":\"custody_name\",\"snapshot\":[]},{\"name\":\"custody_users_linux\",\"snapshot\":[{\"uid\":\"0\"}]},"
        "{\"name\":\"custody_rpms\",\"snapshot\":[]}",
        &arena, &found));
    CHECK(!found.lists[FOUND_NAME].told && !found.lists[FOUND_ACCOUNTS].told && found.lists[FOUND_RPMS].told);
}

TEST(status_logs_and_failed_queries_tell_nothing)
{
    OWN(arena) arena = ARENA(1 << 20);
    struct found found;
    CHECK_OK(osquery_log_read(
        STR("{\"log_type\":\"status\",\"data\":[{\"severity\":\"0\",\"message\":\"zq\"}]}"), &arena, &found));
    for (size_t i = 0; i < FOUND_COUNT; i++)
        CHECK(!found.lists[i].told);
    CHECK_OK(osquery_written_read(
        STR("{\"node_key\":\"k\",\"queries\":{\"custody_macs\":[{\"mac\":\"02:00:5e:10:00:01\"}],"
            "\"custody_ips\":[],\"custody_debs\":\"\"},\"statuses\":{\"custody_macs\":0,\"custody_ips\":\"1\"}}"),
        &arena, &found));
    CHECK(found.lists[FOUND_MACS].count == 1 && !found.lists[FOUND_IPS].told && found.dropped == 2);
}

TEST(a_preflight_gives_name_and_owner_in_either_case)
{
    OWN(arena) arena = ARENA(1 << 20);
    struct found found;
    struct santa_preflight preflight;
    CHECK_OK(santa_preflight_read(
        STR("{\"serial_num\":\"zq\",\"hostname\":\"mac-7.example\",\"primaryUser\":\"alice\",\"client_mode\":\"MONITOR\","
            "\"binary_rule_count\":3,\"requestCleanSync\":true,\"sipStatus\":111,\"rulesHash\":\"h\"}"),
        &arena, &preflight, &found));
    const struct device *device = found.lists[FOUND_NAME].records;
    const struct found_account *owner = found.lists[FOUND_PEOPLE].records;
    CHECK(preflight.clean && preflight.rules == 3 && str_eq(device->name, STR("mac-7.example")));
    CHECK(found.lists[FOUND_PEOPLE].count == 1 && owner->person && str_eq(owner->name, STR("alice")));
    CHECK(!found.lists[FOUND_ACCOUNTS].told);
}

TEST(an_event_becomes_a_launch_and_its_certificates_nothing)
{
    OWN(arena) arena = ARENA(1 << 20);
    struct found found;
    CHECK_OK(santa_events_read(
        STR("{\"machine_id\":\"m\",\"events\":[{\"file_sha256\":\"00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF\","
            "\"file_path\":\"/Applications/A.app/Contents/MacOS\",\"file_name\":\"A\",\"executing_user\":\"alice\","
            "\"execution_time\":1790000000.5,\"decision\":\"BLOCK_UNKNOWN\",\"parent_name\":\"launchd\",\"pid\":4,"
            "\"logged_in_users\":[\"alice\"],\"signing_chain\":[{\"cn\":\"zq\"}]},"
            "{\"file_path\":\"/x\",\"file_name\":\"y\",\"executing_user\":\"root\",\"execution_time\":1,\"decision\":\"ALLOW_BINARY\"},"
            "{\"file_path\":\"/x\",\"file_name\":\"z\",\"executing_user\":\"_spotlight\",\"execution_time\":2,\"decision\":\"ALLOW_UNKNOWN\"},"
            "{\"file_path\":\"/x\",\"execution_time\":3,\"decision\":\"BUNDLE_BINARY\"},{\"file_path\":\"/x\",\"execution_time\":1e300}]}"),
        &arena, &found));
    const struct found_launch *launch = found.lists[FOUND_LAUNCHES].records;
    CHECK(found.lists[FOUND_LAUNCHES].count == 3 && found.dropped == 2);
    CHECK(launch[0].launch.at == 1790000000500 && launch[0].launch.decision == 1 && launch[0].by.person);
    CHECK(str_eq(launch[0].launch.path, STR("/Applications/A.app/Contents/MacOS/A")));
    CHECK(launch[0].launch.sha256.len == 32 && (unsigned char)launch[0].launch.sha256.at[31] == 0xff);
    CHECK(launch[1].launch.decision == 0 && !launch[1].by.person && launch[1].launch.sha256.len == 0);
    CHECK(launch[2].launch.decision == 3 && !launch[2].by.person);
}

TEST(rules_go_in_pages_and_a_clean_sync_without_any_still_has_one)
{
    OWN(buf) json = BUF(1 << 20);
    static struct expressed_digest each[SANTA_PAGE + 1];
    const struct expressed rules = {.digests = each,
                                    .count = SANTA_PAGE + 1,
                                    .lockdown = true,
                                    .blocked = STR("^/tmp/.*$")},
                           none = {0};
    santa_put_rules(&rules, 0, &json);
    CHECK(holds(&json, "\"cursor\":\"500\"") &&
          holds(&json, "\"policy\":\"BLOCKLIST\",\"rule_type\":\"BINARY\""));
    buf_clear(&json);
    santa_put_rules(&rules, SANTA_PAGE, &json);
    CHECK(!holds(&json, "cursor"));
    buf_clear(&json);
    santa_put_preflight(&rules, true, &json);
    CHECK(holds(&json, "\"LOCKDOWN\"") && holds(&json, "\"CLEAN\"") &&
          holds(&json, "\"blocked_path_regex\":\"^/tmp/.*$\""));
    CHECK(holds(&json, "\"allowed_path_regex\":\"^$\""));
    buf_clear(&json);
    santa_put_rules(&none, 0, &json);
    CHECK(holds(&json, "\"identifier\":\"000000") && holds(&json, "ALLOWLIST"));
    buf_clear(&json);
    santa_put_rules(NULL, 0, &json);
    CHECK(str_eq(buf_str(&json), STR("{\"rules\":[]}")));
}

TEST(a_cursor_is_one_that_was_given)
{
    OWN(arena) arena = ARENA(1 << 16);
    size_t from = 1;
    CHECK_OK(santa_cursor_read(STR("{\"machine_id\":\"m\"}"), &arena, &from));
    CHECK(from == 0);
    CHECK_OK(santa_cursor_read(STR("{\"cursor\":\"500\"}"), &arena, &from));
    CHECK(from == 500);
    CHECK_FAILS(ERR_INVALID, santa_cursor_read(STR("{\"cursor\":\"-5\"}"), &arena, &from));
}

TESTS(a_body_is_read_plain_deflated_and_gzipped,
      a_body_that_grows_past_its_limit_or_is_not_what_it_says_is_refused,
      json_that_would_take_more_memory_than_it_has_bytes_is_refused_before_it_is_parsed,
      an_enrolment_gives_a_secret_a_machine_and_a_name_and_nothing_else_of_the_host,
      what_the_client_has_switched_off_is_not_asked_for,
      a_snapshot_becomes_a_whole_list_and_other_columns_are_dropped,
      a_group_has_its_members_and_a_persons_own_group_is_not_told,
      a_difference_counts_where_it_follows_nothing_and_launches_in_every_shape,
      a_machine_without_a_name_or_an_account_has_not_told_any, status_logs_and_failed_queries_tell_nothing,
      a_preflight_gives_name_and_owner_in_either_case, an_event_becomes_a_launch_and_its_certificates_nothing,
      rules_go_in_pages_and_a_clean_sync_without_any_still_has_one, a_cursor_is_one_that_was_given)
