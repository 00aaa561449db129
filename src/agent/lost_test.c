/* SPDX-License-Identifier: Apache-2.0
 *
 * Whatever is lost or killed on the way, the service ends with the machine's state, and each report is stored once.
 */
#include "agent/receiver_given.h"

#include "agent/spool.h"
#include "base/limits.h"

#define SETTINGS(programs) \
    "{\"computer_name\":true,\"mac_address\":true,\"usernames\":true,\"logged_in\":true,\"ip_addresses\":true," \
    "\"connecting_ip\":true,\"programs\":" programs "}"

TEST(a_report_whose_answer_was_lost_is_sent_again_with_the_same_bytes_and_stored_once)
{
    OWN(stage) stage = {0};
    size_t items;
    CHECK_OK(given_stage(&stage, 6));
    stage.service->lose = 2; /* the first is the announcement's */
    CHECK_FAILS(ERR_UNREACHABLE, given_cycle(&stage, &items));
    CHECK(stage.service->stored == 7 && is_on_disk(&stage, "spool/00000001"));
    CHECK_OK(given_file(test_folder(), "etc/passwd", STR(GIVEN_PASSWD)));
    CHECK_OK(given_cycle(&stage, &items));
    CHECK(stage.service->reports == 3 && stage.service->stored == 9 && stage.service->sequence == 2);
    CHECK(service_has_everything(&stage) && !files_in_spool(&stage));
}

TEST(an_announcement_whose_answer_was_lost_is_made_again)
{
    OWN(stage) stage = {0};
    size_t items;
    CHECK_OK(given_stage(&stage, 7));
    stage.service->lose = 1;
    CHECK_FAILS(ERR_UNREACHABLE, given_cycle(&stage, &items));
    CHECK(stage.service->reports == 0);
    CHECK_OK(given_cycle(&stage, &items));
    CHECK(stage.service->announced_count == 2 && service_has_everything(&stage));
}

TEST(while_the_service_is_away_one_batch_waits_and_then_brings_it_to_the_machines_state)
{
    OWN(stage) stage = {0};
    size_t items;
    CHECK_OK(given_stage(&stage, 8));
    stage.service->settings = SETTINGS("true");
    CHECK_OK(given_cycle(&stage, &items));
    stage.service->away = true;
    CHECK_OK(given_file(test_folder(), "etc/passwd", STR(GIVEN_PASSWD)));
    for (int i = 0; i < 3; i++) {
        CHECK_FAILS(ERR_UNREACHABLE, given_cycle(&stage, &items));
        CHECK(files_in_spool(&stage) == 1);
        CHECK_OK(given_file(test_folder(), "etc/passwd", STR(GIVEN_PASSWD GIVEN_BOB)));
        CHECK_OK(given_file(test_folder(), "var/lib/dpkg/status", STR("")));
    }
    stage.service->away = false;
    CHECK_OK(given_cycle(&stage, &items));
    CHECK(stage.service->reports == 3 && service_has_everything(&stage) && !files_in_spool(&stage));
}

/* Trouble at one place */

struct trouble {
    int fail_at, fail_again_at; /* the disk act of the first and of the second cycle */
    int lose;                   /* the answer of the first cycle */
    bool away, large;
    err_t refuse;
    const char *settings; /* from the first cycle on */
};

/* Two lists that need a report each: what is in them cannot be compressed to less. */
static err_t given_large(struct stage *stage)
{
    OWN(buf) programs = BUF(1 << 22);
    OWN(buf) groups = BUF(1 << 22);
    for (int i = 0; i < 14000; i++) {
        uint8_t random[48];
        stage->world.env.random(&stage->world.env, random, sizeof random);
        buf_putf(&programs, "Package: p");
        buf_put_base64(&programs, str_bytes(random, sizeof random));
        buf_putf(&programs, "\nStatus: install ok installed\n\n");
        stage->world.env.random(&stage->world.env, random, sizeof random);
        buf_putf(&groups, "g");
        buf_put_base64(&groups, str_bytes(random, sizeof random));
        buf_putf(&groups, ":x:%d:carol\n", 2000 + i);
    }
    TRY(given_file(test_folder(), "var/lib/dpkg/status", buf_str(&programs)));
    return given_file(test_folder(), "etc/group", buf_str(&groups));
}

/* Whether a kill came: past a cycle's last act there is none. */
static bool trouble_end(struct stage *stage)
{
    bool killed = stage->world.failing;
    stage->world.fail_at = 0;
    stage->world.failing = false;
    stage->service->lose = 0;
    stage->service->away = false;
    stage->service->refuse = ERR_OK;
    return killed;
}

/* Each cycle may be killed at a disk act, and whether it was comes out: yes where no kill was asked for. Then the trouble ends, the machine changes once more, and everything must be
 * there, once. */
static err_t survive(uint64_t seed, const struct trouble *trouble, bool out_killed[2])
{
    OWN(stage) stage = {0};
    size_t items;
    TRY(given_stage(&stage, seed));
    stage.service->settings = SETTINGS("true");
    TRY(given_cycle(&stage, &items));
    TRY(given_file(test_folder(), "etc/passwd", STR(GIVEN_PASSWD "carol:x:1003:100::/:/bin/sh\n")));
    if (trouble->large)
        TRY(given_large(&stage));
    stage.world.fail_at = trouble->fail_at;
    stage.service->lose = trouble->lose;
    stage.service->away = trouble->away;
    stage.service->refuse = trouble->refuse;
    if (trouble->settings)
        stage.service->settings = trouble->settings;
    (void)!given_cycle(&stage, &items);
    out_killed[0] = trouble_end(&stage) || !trouble->fail_at;
    if (trouble->fail_again_at) {
        stage.world.fail_at = trouble->fail_again_at;
        (void)!given_cycle(&stage, &items);
        out_killed[1] = trouble_end(&stage);
    }
    if (!trouble->large)
        TRY(given_file(test_folder(), "etc/group", STR("wheel:x:5:carol\n")));
    TRY(given_cycle(&stage, &items));
    TRY(given_cycle(&stage, &items));
    return !items && !files_in_spool(&stage) && service_has_everything(&stage)
               ? ERR_OK
               : fail(ERR_BROKEN, "something is missing");
}

/* With the first cycle killed at each of its acts in turn. */
static err_t survive_kills(struct trouble trouble, int *out_acts)
{
    bool killed[2];
    for (*out_acts = 1; *out_acts < 100; ++*out_acts) {
        trouble.fail_at = *out_acts;
        TRY(survive(100 + (uint64_t)*out_acts, &trouble, killed));
        if (!killed[0])
            return ERR_OK;
    }
    return fail(ERR_BROKEN, "more than 100 acts");
}

TEST(killed_at_whichever_act_of_the_disk_nothing_is_lost_and_nothing_is_doubled)
{
    int acts;
    CHECK_OK(survive_kills((struct trouble){0}, &acts));
    CHECK(acts > 8);
}

TEST(killed_at_whichever_act_of_a_batch_of_several_reports_nothing_is_lost)
{
    int acts;
    CHECK_OK(survive_kills((struct trouble){.large = true}, &acts));
    CHECK(acts > 12);
}

TEST(killed_while_the_client_switches_programs_off_nothing_is_lost_and_nothing_stays)
{
    int acts;
    CHECK_OK(survive_kills((struct trouble){.settings = SETTINGS("false")}, &acts));
}

/* The first cycle killed at each act from that one on, the one after it at each act, or each third. */
static err_t survive_two_kills(struct trouble trouble, int from, int step)
{
    bool killed[2] = {true, true};
    for (trouble.fail_at = from; killed[0]; trouble.fail_at++) {
        killed[1] = true;
        for (trouble.fail_again_at = from; killed[1]; trouble.fail_again_at += step)
            TRY(survive((uint64_t)(1000 + trouble.fail_at * 100 + trouble.fail_again_at), &trouble, killed));
    }
    return ERR_OK;
}

TEST(killed_a_second_time_at_whichever_act_while_it_recovers_nothing_is_lost)
{
    CHECK_OK(survive_two_kills((struct trouble){0}, 1, 1));
}

TEST(killed_while_the_service_is_away_or_refuses_and_again_while_it_is_back_nothing_is_lost)
{
    static const struct trouble kinds[] = {
        {.away = true},
        {.refuse = ERR_LOCKED},
        {.refuse = ERR_INVALID},
        {.refuse = ERR_TOO_LARGE},
        {.refuse = ERR_CONFLICT},
        {.refuse = ERR_LOCKED, .settings = SETTINGS("false")},
        {.lose = 1},
        {.lose = 2},
    };
    for (size_t kind = 0; kind < sizeof kinds / sizeof *kinds; kind++)
        CHECK_OK(survive_two_kills(kinds[kind], 0, 3));
}

/* Starting over */

TEST(a_report_that_the_service_refuses_does_not_stand_in_the_way_of_the_next)
{
    OWN(stage) stage = {0};
    size_t items;
    CHECK_OK(given_stage(&stage, 30));
    stage.service->refuse = ERR_INVALID;
    CHECK_FAILS(ERR_INVALID, given_cycle(&stage, &items));
    CHECK(!files_in_spool(&stage) && strstr(err_note(), "refused"));
    stage.service->refuse = ERR_LOCKED;
    CHECK_FAILS(ERR_LOCKED, given_cycle(&stage, &items));
    CHECK(files_in_spool(&stage) == 1);
    stage.service->refuse = ERR_OK;
    CHECK_OK(given_cycle(&stage, &items));
    CHECK(stage.service->reports == 1 && service_has_everything(&stage));
}

TEST(who_waits_for_approval_loses_nothing)
{
    OWN(stage) stage = {0};
    size_t items;
    CHECK_OK(given_stage(&stage, 31));
    stage.service->refuse = ERR_DENIED;
    for (int i = 0; i < 3; i++)
        CHECK_FAILS(ERR_DENIED, given_cycle(&stage, &items));
    CHECK(files_in_spool(&stage) == 1);
    stage.service->refuse = ERR_OK;
    CHECK_OK(given_cycle(&stage, &items));
    CHECK(items == 7 && stage.service->sequence == 1 && service_has_everything(&stage));
    stage.service->refuse_settings = ERR_DENIED;
    CHECK_FAILS(ERR_DENIED, given_cycle(&stage, &items));
    CHECK_FAILS(ERR_DENIED, given_cycle(&stage, &items));
}

TEST(a_state_older_than_what_the_service_knows_begins_a_new_epoch)
{
    OWN(stage) stage = {0};
    OWN(state) before = {0};
    OWN(state) after = {0};
    size_t items;
    CHECK_OK(given_stage(&stage, 32));
    CHECK_OK(given_state(&stage, &before));
    stage.service->refuse = ERR_CONFLICT;
    CHECK_FAILS(ERR_CONFLICT, given_cycle(&stage, &items));
    CHECK(!files_in_spool(&stage));
    stage.service->refuse = ERR_OK;
    CHECK_OK(given_cycle(&stage, &items));
    CHECK_OK(given_state(&stage, &after));
    CHECK(!ident_eq(before.epoch, after.epoch) && after.sequence == 1 && service_has_everything(&stage));
}

TEST(a_report_that_is_missing_or_damaged_or_another_ones_is_made_up_for)
{
    static const char *const file = STAGE_FOLDER "/spool/00000001";
    for (int damage = 0; damage < 3; damage++) {
        OWN(stage) stage = {0};
        OWN(buf) bytes = BUF(2 * MAX_REPORT);
        struct env *env = &stage.world.env;
        size_t items;
        CHECK_OK(given_stage(&stage, 33));
        stage.service->refuse = ERR_LOCKED;
        CHECK_FAILS(ERR_LOCKED, given_cycle(&stage, &items));
        CHECK_OK(env->read_file(env, file, &bytes));
        bytes.at[bytes.len / 2] ^= 1;
        if (damage == 0)
            CHECK_OK(env->remove_file(env, file));
        if (damage == 1)
            CHECK_OK(env->write_file(env, file, buf_str(&bytes), 0600));
        if (damage == 2)
            CHECK_OK(env->write_file(env, STAGE_FOLDER "/key.pem", STR("another key"), 0600));
        stage.service->refuse = ERR_OK;
        CHECK_OK(given_cycle(&stage, &items));
        CHECK(items == 7 && stage.service->reports == 1 && service_has_everything(&stage));
        CHECK(!files_in_spool(&stage));
    }
}

TEST(a_report_of_another_epoch_is_not_sent)
{
    OWN(stage) stage = {0};
    OWN(state) state = {0};
    size_t items;
    CHECK_OK(given_stage(&stage, 34));
    stage.service->refuse = ERR_LOCKED;
    CHECK_FAILS(ERR_LOCKED, given_cycle(&stage, &items));
    state_begin(&state, &stage.world.env, stage.service->tenant, ident_new(&stage.world.env));
    stage.service->device = state.device;
    CHECK_OK(state_save(&stage.world.env, STAGE_FOLDER, &state));
    stage.service->refuse = ERR_OK;
    CHECK_OK(given_cycle(&stage, &items));
    CHECK(stage.service->reports == 1 && service_has_everything(&stage) && !files_in_spool(&stage));
}

TEST(a_report_that_was_acknowledged_before_a_crash_is_not_sent_again)
{
    OWN(stage) stage = {0};
    OWN(buf) bytes = BUF(2 * MAX_REPORT);
    struct env *env = &stage.world.env;
    const char *path = STAGE_FOLDER "/spool/00000001";
    size_t items;
    CHECK_OK(given_stage(&stage, 35));
    stage.service->refuse = ERR_LOCKED;
    CHECK_FAILS(ERR_LOCKED, given_cycle(&stage, &items));
    CHECK_OK(env->read_file(env, path, &bytes));
    stage.service->refuse = ERR_OK;
    CHECK_OK(given_cycle(&stage, &items));
    CHECK_OK(env->write_file(env, path, buf_str(&bytes), 0600));
    CHECK_OK(given_cycle(&stage, &items));
    CHECK(items == 0 && stage.service->reports == 1 && !files_in_spool(&stage));
}

/* The cap */

TEST(a_batch_past_the_cap_ends_before_it_and_the_rest_follows)
{
    OWN(stage) stage = {0};
    size_t items;
    CHECK_OK(given_stage(&stage, 36));
    CHECK_OK(given_large(&stage));
    stage.reporter.spool_limit = MAX_REPORT;
    CHECK_OK(given_cycle(&stage, &items));
    CHECK(stage.service->reports == 1 && !service_has_everything(&stage));
    CHECK_OK(given_cycle(&stage, &items));
    CHECK(stage.service->reports == 2 && service_has_everything(&stage));
}

TESTS(a_report_whose_answer_was_lost_is_sent_again_with_the_same_bytes_and_stored_once,
      an_announcement_whose_answer_was_lost_is_made_again,
      while_the_service_is_away_one_batch_waits_and_then_brings_it_to_the_machines_state,
      killed_at_whichever_act_of_the_disk_nothing_is_lost_and_nothing_is_doubled,
      killed_at_whichever_act_of_a_batch_of_several_reports_nothing_is_lost,
      killed_while_the_client_switches_programs_off_nothing_is_lost_and_nothing_stays,
      killed_a_second_time_at_whichever_act_while_it_recovers_nothing_is_lost,
      killed_while_the_service_is_away_or_refuses_and_again_while_it_is_back_nothing_is_lost,
      a_report_that_the_service_refuses_does_not_stand_in_the_way_of_the_next,
      who_waits_for_approval_loses_nothing, a_state_older_than_what_the_service_knows_begins_a_new_epoch,
      a_report_that_is_missing_or_damaged_or_another_ones_is_made_up_for,
      a_report_of_another_epoch_is_not_sent, a_report_that_was_acknowledged_before_a_crash_is_not_sent_again,
      a_batch_past_the_cap_ends_before_it_and_the_rest_follows)
