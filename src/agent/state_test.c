/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/given.h"
#include "agent/state.h"
#include "sys/env_virtual.h"

static const char folder[] = "/state";

static err_t given_state(struct world *world, struct state *state)
{
    struct local anna = {.told.name = STR("anna \"ä\""), .uid = 1000, .person = true};
    uint8_t digest[DIGEST_SIZE] = {1, 2, 3};
    world_open(world, 3);
    state_begin(state, &world->env, ident_new(&world->env), ident_new(&world->env));
    state_account(state, &world->env, &anna);
    state_set_sent(state, state->device, digest);
    state->sequence = 7;
    state->answered = 5;
    state->switches = (struct switches){true, {.usernames = true, .logged_in = true, .version = 4}};
    return state_save(&world->env, folder, state);
}

TEST(what_was_saved_is_loaded)
{
    OWN(world) world = {0};
    OWN(state) state = {0};
    OWN(state) again = {0};
    uint8_t digest[DIGEST_SIZE] = {1, 2, 3};
    CHECK_OK(given_state(&world, &state));
    CHECK_OK(state_load(&world.env, folder, &again));
    CHECK(ident_eq(state.tenant, again.tenant) && ident_eq(state.device, again.device));
    CHECK(ident_eq(state.epoch, again.epoch) && again.sequence == 7 && again.answered == 5);
    CHECK(switches_same(&state.switches, &again.switches));
    CHECK(again.accounts && !again.accounts->next && ident_eq(again.accounts->id, state.accounts->id));
    CHECK(str_eq(again.accounts->name, STR("anna \"ä\"")) && again.accounts->person &&
          !again.accounts->announced);
    CHECK(state_was_sent(&again, again.device, digest));
    CHECK(!state_was_sent(&again, again.tenant, digest));
}

TEST(an_account_keeps_its_id)
{
    OWN(world) world = {0};
    OWN(state) state = {0};
    OWN(state) again = {0};
    struct local anna = {.told.name = STR("anna \"ä\""), .uid = 1000, .person = true};
    CHECK_OK(given_state(&world, &state));
    CHECK_OK(state_load(&world.env, folder, &again));
    CHECK(ident_eq(state_account(&again, &world.env, &anna)->id, state.accounts->id));
    CHECK(!again.changed);
    anna.uid = 1001;
    CHECK(!ident_eq(state_account(&again, &world.env, &anna)->id, state.accounts->id));
    CHECK(again.changed);
}

TEST(a_state_that_did_not_change_is_not_written)
{
    OWN(world) world = {0};
    OWN(state) state = {0};
    CHECK_OK(given_state(&world, &state));
    world.fail_at = 1;
    CHECK_OK(state_save(&world.env, folder, &state));
    state_forget_item(&state, ident_new(&world.env));
    state_forget_account(&state, ident_new(&world.env));
    CHECK_OK(state_save(&world.env, folder, &state));
    state_forget_item(&state, state.device);
    CHECK_FAILS(ERR_BROKEN, state_save(&world.env, folder, &state));
}

TEST(a_state_with_one_byte_altered_is_read_or_refused_and_never_breaks)
{
    OWN(world) world = {0};
    OWN(state) state = {0};
    OWN(buf) text = BUF(1 << 16);
    size_t refused = 0;
    CHECK_OK(given_state(&world, &state));
    CHECK_OK(world.env.read_file(&world.env, "/state/state.json", &text));
    for (size_t i = 0; i < text.len; i++) {
        OWN(state) again = {0};
        text.at[i] ^= 0x05;
        refused += state_read(buf_str(&text), &again) != ERR_OK;
        text.at[i] ^= 0x05;
    }
    CHECK(refused > text.len / 4);
}

TEST(a_damaged_state_says_what_to_do)
{
    OWN(world) world = {0};
    OWN(state) state = {0};
    world_open(&world, 4);
    CHECK_OK(world.env.write_file(&world.env, "/state/state.json", STR("{\"tenant\":"), 0600));
    CHECK_FAILS(ERR_BROKEN, state_load(&world.env, folder, &state));
    CHECK(strstr(err_note(), "enrol"));
}

TEST(starting_over_nothing_is_known_to_be_at_the_service)
{
    OWN(world) world = {0};
    OWN(state) state = {0};
    uint8_t digest[DIGEST_SIZE] = {1, 2, 3};
    CHECK_OK(given_state(&world, &state));
    state_start_over(&state);
    CHECK(!state_was_sent(&state, state.device, digest) && !state_was_sent(&state, state.device, sent_gone));
    CHECK(state.answered == state.sequence && state.changed && state.accounts);
}

TEST(more_answers_than_reports_are_no_state)
{
    OWN(world) world = {0};
    OWN(state) state = {0};
    OWN(state) again = {0};
    CHECK_OK(given_state(&world, &state));
    state.answered = 8;
    state.changed = true;
    CHECK_OK(state_save(&world.env, folder, &state));
    CHECK_FAILS(ERR_BROKEN, state_load(&world.env, folder, &again));
}

/* Switches */

#define SWITCHES(programs) \
    "{\"computer_name\":true,\"mac_address\":true,\"usernames\":true,\"logged_in\":true,\"ip_addresses\":true," \
    "\"connecting_ip\":true,\"programs\":" programs "}"

TEST(settings_name_every_item_or_are_none)
{
    struct switches switches = {0};
    CHECK(switches_allow(&switches, COLLECT_PROGRAMS) && !switches.known);
    CHECK_OK(switches_read(STR(SWITCHES("false")), &switches));
    CHECK(switches.known && !switches_allow(&switches, COLLECT_PROGRAMS));
    CHECK(switches_allow(&switches, COLLECT_USERNAMES) && switches_allow(&switches, COLLECT_EMAIL));
    CHECK(switches_allow(&switches, COLLECT_LAUNCHES)); /* a service from before does not name it */
    CHECK_OK(switches_read(STR(SWITCHES("true,\"launches\":false")), &switches));
    CHECK(!switches_allow(&switches, COLLECT_LAUNCHES));
    CHECK_OK(switches_read(STR(SWITCHES("true,\"later\":1,\"version\":12")), &switches));
    CHECK(switches_allow(&switches, COLLECT_PROGRAMS) && switches.collection.version == 12);
    static const char *const wrong[] = {"",
                                        "{}",
                                        "[]",
                                        "{\"programs\":true}",
                                        SWITCHES("null"),
                                        SWITCHES("1"),
                                        SWITCHES("\"true\""),
                                        SWITCHES("true,\"launches\":1"),
                                        SWITCHES("true,\"version\":-1"),
                                        SWITCHES("true,\"programs\":false")};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CHECK_FAILS(ERR_INVALID, switches_read(str(wrong[i]), &switches));
    CHECK(switches.collection.version == 12);
}

/* The folder */

TEST(a_folder_that_others_may_look_into_is_refused)
{
    OWN(fd) held = 0;
    place_t open = place(test_folder(), "open"), made = place(test_folder(), "made");
    CHECK(mkdir(open.text, 0755) == 0);
    CHECK_FAILS(ERR_INVALID, folder_hold(open.text, FOLDER_MAKE, &held));
    CHECK_FAILS(ERR_MISSING, folder_hold(made.text, FOLDER_FIND, &held));
    CHECK_OK(folder_hold(made.text, FOLDER_MAKE, &held));
}

TEST(one_agent_works_in_a_folder_at_a_time)
{
    place_t made = place(test_folder(), "made");
    OWN(fd) later = 0;
    {
        OWN(fd) held = 0;
        OWN(fd) second = 0;
        CHECK_OK(folder_hold(made.text, FOLDER_MAKE, &held));
        CHECK_FAILS(ERR_BUSY, folder_hold(made.text, FOLDER_FIND, &second));
    }
    CHECK_OK(folder_hold(made.text, FOLDER_FIND, &later));
}

TEST(a_place_past_its_room_names_no_file)
{
    char name[2048];
    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    CHECK(place("/", name).text[0] == '\0' && !strcmp(place("", "etc").text, "/etc"));
}

TESTS(starting_over_nothing_is_known_to_be_at_the_service, more_answers_than_reports_are_no_state,
      settings_name_every_item_or_are_none, what_was_saved_is_loaded, an_account_keeps_its_id,
      a_state_that_did_not_change_is_not_written,
      a_state_with_one_byte_altered_is_read_or_refused_and_never_breaks, a_damaged_state_says_what_to_do,
      a_folder_that_others_may_look_into_is_refused, one_agent_works_in_a_folder_at_a_time,
      a_place_past_its_room_names_no_file)
