/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/collect.h"
#include "agent/given.h"
#include "agent/object.h"
#include "agent/what.h"
#include "base/limits.h"
#include "concept/codec.h"
#include "sys/env_virtual.h"

static const struct switches all; /* on */

static err_t given_items(struct world *world, struct state *state, arena_t *arena, struct list *out_items)
{
    world_open(world, 1);
    TRY(given_machine(test_folder()));
    state_begin(state, &world->env, ident_new(&world->env), ident_new(&world->env));
    return collect(&(struct collect_ask){&world->env, test_folder(), state}, arena, out_items);
}

static bool has_row(const buf_t *text, const char *item, const char *about, const char *value)
{
    OWN(buf) row = BUF(1024);
    buf_putf(&row, "\n%-30s  %-8s  %s\n", item, about, value);
    return memmem(text->at, text->len, row.at, row.len);
}

TEST(a_person_reads_every_item_of_the_policy_in_its_words)
{
    OWN(world) world = {0};
    OWN(state) state = {0};
    OWN(arena) arena = ARENA(COLLECT_MAX);
    OWN(buf) text = BUF(MAX_REPLY);
    struct list items;
    CHECK_OK(given_items(&world, &state, &arena, &items));
    CHECK_OK(what_put(&(struct what_ask){&items, &all, WHAT_TABLE}, &text));
    CHECK(has_row(&text, "usernames and groups", "account", "anna"));
    CHECK(has_row(&text, "usernames and groups", "account", "root"));
    CHECK(has_row(&text, "usernames and groups", "group", "sudo: anna"));
    CHECK(has_row(&text, "currently logged-in user", "account", "anna: yes"));
    CHECK(!strstr(text.at, "bob: yes"));
    CHECK(has_row(&text, "installed programs", "program", "bash 5.2.15-2+b2"));
    for (int purpose = 0; purpose < PURPOSE_COUNT; purpose++) {
        const struct purpose_info *info = purpose_info((purpose_t)purpose);
        OWN(buf) start = BUF(1024);
        buf_putf(&start, "\n%-30s  ", info->text);
        CHECK(!strcmp(info->promise, "collect.device") == !!memmem(text.at, text.len, start.at, start.len));
    }
}

TEST(what_a_machine_does_not_have_is_told_as_well)
{
    struct list nothing = {0};
    OWN(buf) text = BUF(MAX_REPLY);
    OWN(buf) json = BUF(MAX_REPLY);
    CHECK_OK(what_put(&(struct what_ask){&nothing, &all, WHAT_TABLE}, &text));
    CHECK(has_row(&text, "installed programs", "device", "-"));
    CHECK_OK(what_put(&(struct what_ask){&nothing, &all, WHAT_JSON}, &json));
    CHECK(strstr(json.at, "{\"item\":\"installed programs\",\"about\":\"device\",\"value\":null}"));
}

TEST(the_json_is_json_and_has_the_rows_of_the_table)
{
    OWN(world) world = {0};
    OWN(state) state = {0};
    OWN(arena) arena = ARENA(COLLECT_MAX);
    OWN(buf) text = BUF(MAX_REPLY);
    OWN(buf) table = BUF(MAX_REPLY);
    OWN(json) json = NULL;
    struct list items;
    size_t lines = 0;
    CHECK_OK(given_items(&world, &state, &arena, &items));
    CHECK_OK(what_put(&(struct what_ask){&items, &all, WHAT_JSON}, &text));
    CHECK_OK(what_put(&(struct what_ask){&items, &all, WHAT_TABLE}, &table));
    CHECK_OK(object_read(buf_str(&text), &json));
    for (size_t i = 0; i < table.len; i++)
        lines += table.at[i] == '\n';
    CHECK(json_array_size(json_object_get(json, "items")) == lines - 1);
}

TEST(the_same_machine_gives_the_same_bytes)
{
    OWN(world) world = {0};
    OWN(state) state = {0};
    OWN(arena) arena = ARENA(COLLECT_MAX);
    struct list first, again;
    CHECK_OK(given_items(&world, &state, &arena, &first));
    CHECK_OK(collect(&(struct collect_ask){&world.env, test_folder(), &state}, &arena, &again));
    CHECK(first.count == again.count && first.count == 7);
    for (size_t i = 0; i < first.count; i++) {
        const struct item *one = (struct item *)first.at + i, *other = (struct item *)again.at + i;
        OWN(buf) packed = BUF(MAX_ITEM);
        OWN(buf) repacked = BUF(MAX_ITEM);
        CHECK_OK(codec_pack(one->concept, one->records, one->count, &arena, &packed));
        CHECK_OK(codec_pack(other->concept, other->records, other->count, &arena, &repacked));
        CHECK(ident_eq(one->id, other->id) && str_eq(buf_str(&packed), buf_str(&repacked)));
    }
}

TEST(what_the_client_has_switched_off_is_told_as_switched_off_and_was_not_read)
{
    OWN(world) world = {0};
    OWN(state) state = {0};
    OWN(arena) arena = ARENA(COLLECT_MAX);
    OWN(buf) text = BUF(MAX_REPLY);
    OWN(buf) json = BUF(MAX_REPLY);
    OWN(json) object = NULL;
    struct list items;
    const char *const off = "(switched off by the client: not collected)";
    CHECK_OK(given_items(&world, &state, &arena, &items));
    state.switches =
        (struct switches){true, {.computer_name = true, .usernames = true, .connecting_ip = true}};
    CHECK_OK(collect(&(struct collect_ask){&world.env, test_folder(), &state}, &arena, &items));
    CHECK_OK(what_put(&(struct what_ask){&items, &state.switches, WHAT_TABLE}, &text));
    CHECK(has_row(&text, "installed programs", "device", off) && !strstr(text.at, "bash"));
    CHECK(has_row(&text, "currently logged-in user", "device", off) && !strstr(text.at, "yes"));
    CHECK(has_row(&text, "MAC address", "device", off) &&
          has_row(&text, "IP addresses of the endpoint", "device", off));
    CHECK(has_row(&text, "usernames and groups", "account", "anna"));
    CHECK_OK(what_put(&(struct what_ask){&items, &state.switches, WHAT_JSON}, &json));
    CHECK(strstr(json.at,
                 "{\"item\":\"installed programs\",\"about\":\"device\",\"value\":null,\"off\":true}"));
    CHECK_OK(object_read(buf_str(&json), &object));
}

TEST(a_record_that_cannot_be_read_says_why)
{
    OWN(world) world = {0};
    OWN(state) state = {0};
    OWN(arena) arena = ARENA(COLLECT_MAX);
    OWN(buf) text = BUF(MAX_REPLY);
    struct list items;
    CHECK_OK(given_file(test_folder(), "var/lib/rpm/rpmdb.sqlite", STR("no database, by its first bytes")));
    CHECK_OK(given_items(&world, &state, &arena, &items));
    CHECK_OK(what_put(&(struct what_ask){&items, &all, WHAT_TABLE}, &text));
    CHECK(strstr(text.at, "(not read: cannot read ") && !strstr(text.at, "bash"));
}

TESTS(a_record_that_cannot_be_read_says_why, a_person_reads_every_item_of_the_policy_in_its_words,
      what_a_machine_does_not_have_is_told_as_well, the_json_is_json_and_has_the_rows_of_the_table,
      the_same_machine_gives_the_same_bytes,
      what_the_client_has_switched_off_is_told_as_switched_off_and_was_not_read)
