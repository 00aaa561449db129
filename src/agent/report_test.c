/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/receiver_given.h"

#include "agent/collect.h"
#include "base/limits.h"

#define SETTINGS_WORDS(name, mac, users, in, ip, from, programs, version) \
    "{\"computer_name\":" name ",\"mac_address\":" mac ",\"usernames\":" users ",\"logged_in\":" in \
    ",\"ip_addresses\":" ip ",\"connecting_ip\":" from ",\"programs\":" programs ",\"version\":" version "}"
#define ALL_ON       SETTINGS_WORDS("true", "true", "true", "true", "true", "true", "true", "1")
#define ALL_OFF      SETTINGS_WORDS("false", "false", "false", "false", "false", "false", "false", "2")
#define NO_PROGRAMS  SETTINGS_WORDS("true", "true", "true", "true", "true", "true", "false", "3")
#define NO_USERNAMES SETTINGS_WORDS("true", "true", "false", "true", "true", "true", "true", "4")
#define NO_LOGGED_IN SETTINGS_WORDS("true", "true", "true", "false", "true", "true", "true", "5")
#define NO_NAME      SETTINGS_WORDS("false", "true", "true", "true", "true", "true", "true", "6")
#define LATER_ON     SETTINGS_WORDS("true", "true", "true", "true", "true", "true", "true", "7")

TEST(the_first_report_holds_everything_and_the_next_cycle_sends_nothing)
{
    OWN(stage) stage = {0};
    size_t items;
    CHECK_OK(given_stage(&stage, 1));
    CHECK_OK(given_cycle(&stage, &items));
    CHECK(items == 7 && stage.service->item_count == 7 && stage.service->sequence == 1);
    CHECK(service_has_everything(&stage) && !is_on_disk(&stage, "spool/00000001"));
    CHECK_OK(given_cycle(&stage, &items));
    CHECK(items == 0 && stage.service->reports == 1);
}

TEST(only_what_changed_is_sent)
{
    OWN(stage) stage = {0};
    size_t items;
    CHECK_OK(given_stage(&stage, 2));
    CHECK_OK(given_cycle(&stage, &items));
    CHECK_OK(given_file(test_folder(), "var/lib/dpkg/status",
                        STR("Package: one\nStatus: install ok installed\n")));
    CHECK_OK(given_cycle(&stage, &items));
    CHECK(items == 1 && stage.service->sequence == 2);
    CHECK_OK(given_file(test_folder(), "proc/7/loginuid", STR("1001")));
    CHECK_OK(given_cycle(&stage, &items));
    CHECK(items == 2 && service_has_everything(&stage)); /* anna's and bob's */
}

TEST(an_account_that_vanished_is_reported_gone_and_leaves_this_machine_too)
{
    OWN(stage) stage = {0};
    OWN(state) state = {0};
    size_t items;
    CHECK_OK(given_stage(&stage, 3));
    CHECK_OK(given_cycle(&stage, &items));
    CHECK_OK(given_file(test_folder(), "etc/passwd", STR(GIVEN_PASSWD)));
    CHECK_OK(given_cycle(&stage, &items));
    CHECK(items == 2 && service_has_everything(&stage)); /* bob's, and the groups */
    CHECK(items_gone(&stage) == 1);
    CHECK_OK(given_state(&stage, &state));
    for (const struct state_account *one = state.accounts; one; one = one->next)
        CHECK(!str_eq(one->name, STR("bob")));
    CHECK_OK(given_cycle(&stage, &items));
    CHECK(items == 0);
}

TEST(the_same_name_with_another_uid_is_another_person)
{
    OWN(stage) stage = {0};
    size_t items;
    CHECK_OK(given_stage(&stage, 4));
    CHECK_OK(given_cycle(&stage, &items));
    CHECK(stage.service->announced_count == 2);
    CHECK_OK(
        given_file(test_folder(), "etc/passwd", STR(GIVEN_PASSWD "bob:x:1002:1001::/home/bob:/bin/sh\n")));
    CHECK_OK(given_cycle(&stage, &items));
    CHECK(stage.service->announced_count == 3 && service_has_everything(&stage));
}

TEST(a_persons_name_stands_in_their_own_record_only)
{
    OWN(stage) stage = {0};
    size_t items, named = 0;
    CHECK_OK(given_stage(&stage, 5));
    CHECK_OK(given_cycle(&stage, &items));
    for (size_t i = 0; i < stage.service->item_count; i++) {
        const struct receiver_item *item = &stage.service->items[i];
        str_t list = stage.service->clear[i];
        bool names = memmem(list.at, list.len, "anna", 4) || memmem(list.at, list.len, "bob", 3);
        CHECK(!names || (item->concept == 5 && ident_eq(item->id, item->subject)));
        named += names;
    }
    CHECK(named == 2);
}

TEST(a_person_of_whom_the_service_never_heard_needs_no_farewell)
{
    OWN(stage) stage = {0};
    size_t items;
    CHECK_OK(given_stage(&stage, 13));
    stage.service->lose = 1;
    CHECK_FAILS(ERR_UNREACHABLE, given_cycle(&stage, &items));
    stage.service->announced_count = 0; /* it was the request that was lost */
    CHECK_OK(given_file(test_folder(), "etc/passwd", STR(GIVEN_PASSWD)));
    stage.service->settings = ALL_ON; /* what is in the spool is given up */
    CHECK_OK(given_cycle(&stage, &items));
    CHECK(items == 6 && stage.service->announced_count == 1 && service_has_everything(&stage));
}

TEST(a_machine_that_lost_its_state_replaces_its_lists_and_does_not_add_to_them)
{
    OWN(stage) stage = {0};
    OWN(state) state = {0};
    size_t items;
    CHECK_OK(given_stage(&stage, 14));
    CHECK_OK(given_file(test_folder(), "etc/passwd", STR("root:x:0:0:::\n"))); /* people have new ids */
    CHECK_OK(given_cycle(&stage, &items));
    state_begin(&state, &stage.world.env, stage.service->tenant, stage.service->device);
    CHECK_OK(state_save(&stage.world.env, STAGE_FOLDER, &state));
    CHECK_OK(given_cycle(&stage, &items));
    CHECK(items == 5 && stage.service->item_count == 5 && service_has_everything(&stage));
}

TEST(five_thousand_people_go_in_reports_and_announcements_of_the_declared_size)
{
    OWN(stage) stage = {0};
    OWN(buf) passwd = BUF(1 << 20);
    size_t items;
    CHECK_OK(given_stage(&stage, 10));
    for (int i = 0; i < 5000; i++)
        buf_putf(&passwd, "person%d:x:%d:100:::\n", i, 1000 + i);
    CHECK_OK(given_file(test_folder(), "etc/passwd", buf_str(&passwd)));
    CHECK_OK(given_cycle(&stage, &items));
    CHECK(items == 5005 && stage.service->reports == 2 && stage.service->largest == 1024 * 16);
    CHECK(service_has_everything(&stage));
}

/* What is sealed to */

TEST(nothing_is_sent_in_clear_to_a_service_that_gives_no_keys)
{
    OWN(stage) stage = {0};
    size_t items;
    CHECK_OK(given_stage(&stage, 31));
    stage.service->keeps_keys = true;
    CHECK_FAILS(ERR_MISSING, given_cycle(&stage, &items));
    CHECK(strstr(err_note(), "older") && !stage.service->reports && !files_in_spool(&stage));
    stage.service->keeps_keys = false;
    CHECK_OK(given_cycle(&stage, &items));
    CHECK(service_has_everything(&stage));
}

TEST(nothing_is_sealed_to_keys_that_the_pinned_authority_does_not_vouch_for)
{
    OWN(stage) stage = {0};
    size_t items;
    CHECK_OK(given_stage(&stage, 32));
    stage.service->swaps_keys = true;
    CHECK_FAILS(ERR_DENIED, given_cycle(&stage, &items));
    CHECK(!stage.service->reports && !files_in_spool(&stage));
    stage.service->swaps_keys = false;
    stage.service->device = ident_new(&stage.world.env); /* its word for another machine */
    CHECK_FAILS(ERR_DENIED, given_cycle(&stage, &items));
    CHECK(strstr(err_note(), "another machine") && !stage.service->reports);
}

/* What the client switches off */

static err_t given_settings(struct stage *stage, const char *settings, size_t *out_items)
{
    stage->service->settings = settings;
    return given_cycle(stage, out_items);
}

static bool tells(const struct stage *stage, const char *text)
{
    for (size_t i = 0; i < stage->service->item_count; i++) {
        str_t list = stage->service->clear[i];
        if (!stage->service->items[i].gone && memmem(list.at ? list.at : "", list.len, text, strlen(text)))
            return true;
    }
    return false;
}

TEST(what_is_switched_off_leaves_the_service_and_comes_back_when_it_is_switched_on)
{
    OWN(stage) stage = {0};
    OWN(buf) name = BUF(MAX_NAME);
    size_t items;
    CHECK_OK(given_stage(&stage, 20));
    CHECK_OK(machine_name(&name));
    CHECK_OK(given_settings(&stage, ALL_ON, &items));
    CHECK(items == 7 && tells(&stage, "bash") && tells(&stage, "anna") && tells(&stage, name.at));
    CHECK_OK(given_settings(&stage, ALL_OFF, &items));
    CHECK(!tells(&stage, "bash") && !tells(&stage, "anna") && !tells(&stage, "root") &&
          !tells(&stage, name.at));
    CHECK(service_has_everything(&stage) && items_gone(&stage) == 6); /* all but the device */
    CHECK_OK(given_cycle(&stage, &items));
    CHECK(items == 0);
    CHECK_OK(given_settings(&stage, ALL_ON, &items));
    CHECK(tells(&stage, "bash") && tells(&stage, "anna") && tells(&stage, name.at));
    CHECK(service_has_everything(&stage));
}

TEST(each_switch_is_for_its_own_item)
{
    OWN(stage) stage = {0};
    size_t items;
    CHECK_OK(given_stage(&stage, 21));
    CHECK_OK(given_settings(&stage, NO_PROGRAMS, &items));
    CHECK(!tells(&stage, "bash") && tells(&stage, "anna") && service_has_everything(&stage));
    CHECK_OK(given_settings(&stage, NO_USERNAMES, &items));
    CHECK(tells(&stage, "bash") && !tells(&stage, "anna") && !tells(&stage, "sudo"));
    CHECK(service_has_everything(&stage));
    CHECK_OK(given_settings(&stage, NO_LOGGED_IN, &items));
    CHECK(tells(&stage, "anna") && tells(&stage, "sudo") && service_has_everything(&stage));
    CHECK_OK(given_settings(&stage, NO_NAME, &items));
    CHECK(items_gone(&stage) <= 2 && service_has_everything(&stage)); /* the two with their former ids */
}

TEST(nothing_that_is_switched_off_by_now_leaves_the_spool)
{
    OWN(stage) stage = {0};
    size_t items;
    CHECK_OK(given_stage(&stage, 22));
    stage.service->settings = ALL_ON;
    stage.service->refuse = ERR_LOCKED;
    CHECK_FAILS(ERR_LOCKED, given_cycle(&stage, &items));
    CHECK(files_in_spool(&stage) == 1);
    stage.service->refuse = ERR_OK;
    CHECK_OK(given_settings(&stage, NO_PROGRAMS, &items));
    CHECK(!tells(&stage, "bash") && stage.service->reports == 1 && service_has_everything(&stage));
}

TEST(before_the_service_has_said_what_may_be_collected_nothing_is)
{
    OWN(stage) stage = {0};
    OWN(state) state = {0};
    size_t items;
    CHECK_OK(given_stage(&stage, 23));
    stage.service->away = true;
    CHECK_FAILS(ERR_UNREACHABLE, given_cycle(&stage, &items));
    stage.service->away = false;
    stage.service->settings = "{\"programs\":true}";
    CHECK_FAILS(ERR_INVALID, given_cycle(&stage, &items));
    CHECK(!files_in_spool(&stage));
    CHECK_OK(given_state(&stage, &state));
    CHECK(!state.accounts && !state.switches.known);
}

TEST(while_the_service_is_away_the_last_known_settings_hold)
{
    OWN(stage) stage = {0};
    size_t items;
    CHECK_OK(given_stage(&stage, 24));
    CHECK_OK(given_settings(&stage, NO_PROGRAMS, &items));
    CHECK_OK(given_file(test_folder(), "etc/passwd", STR(GIVEN_PASSWD)));
    stage.service->away = true;
    CHECK_FAILS(ERR_UNREACHABLE, given_cycle(&stage, &items));
    CHECK(files_in_spool(&stage) == 1);
    stage.service->away = false;
    stage.service->settings = NULL; /* it has none any more */
    CHECK_OK(given_cycle(&stage, &items));
    CHECK(items == 2 && !tells(&stage, "bash") && service_has_everything(&stage));
}

TEST(a_change_that_was_taken_back_in_between_is_noticed_by_its_number)
{
    OWN(stage) stage = {0};
    size_t items;
    CHECK_OK(given_stage(&stage, 25));
    CHECK_OK(given_settings(&stage, ALL_ON, &items));
    CHECK_OK(given_settings(&stage, LATER_ON, &items));
    CHECK(items == 7);
    CHECK_OK(given_cycle(&stage, &items));
    CHECK(items == 0);
}

TEST(a_record_that_cannot_be_read_is_told_after_all_else_was_sent)
{
    OWN(stage) stage = {0};
    size_t items;
    CHECK_OK(given_stage(&stage, 26));
    CHECK_OK(given_cycle(&stage, &items));
    CHECK_OK(
        given_file(test_folder(), "var/lib/rpm/rpmdb.sqlite", STR("no database at all, and longer than 16")));
    CHECK_OK(given_file(test_folder(), "etc/passwd", STR(GIVEN_PASSWD)));
    CHECK_FAILS(ERR_BROKEN, given_cycle(&stage, &items));
    CHECK(strstr(err_note(), "rpmdb.sqlite"));
    CHECK(stage.service->reports == 2 && tells(&stage, "bash") && items_gone(&stage) == 1);
}

TEST(a_machine_that_is_not_enrolled_is_told_so)
{
    OWN(stage) stage = {0};
    size_t items;
    CHECK_OK(given_stage(&stage, 11));
    stage.reporter.folder = "/elsewhere";
    CHECK_FAILS(ERR_MISSING, report_cycle(&stage.reporter, &items));
    CHECK(strstr(err_note(), "enrol"));
}

TESTS(the_first_report_holds_everything_and_the_next_cycle_sends_nothing, only_what_changed_is_sent,
      an_account_that_vanished_is_reported_gone_and_leaves_this_machine_too,
      the_same_name_with_another_uid_is_another_person, a_persons_name_stands_in_their_own_record_only,
      a_person_of_whom_the_service_never_heard_needs_no_farewell,
      a_machine_that_lost_its_state_replaces_its_lists_and_does_not_add_to_them,
      five_thousand_people_go_in_reports_and_announcements_of_the_declared_size,
      nothing_is_sent_in_clear_to_a_service_that_gives_no_keys,
      nothing_is_sealed_to_keys_that_the_pinned_authority_does_not_vouch_for,
      what_is_switched_off_leaves_the_service_and_comes_back_when_it_is_switched_on,
      each_switch_is_for_its_own_item, nothing_that_is_switched_off_by_now_leaves_the_spool,
      before_the_service_has_said_what_may_be_collected_nothing_is,
      while_the_service_is_away_the_last_known_settings_hold,
      a_change_that_was_taken_back_in_between_is_noticed_by_its_number,
      a_record_that_cannot_be_read_is_told_after_all_else_was_sent, a_machine_that_is_not_enrolled_is_told_so)
