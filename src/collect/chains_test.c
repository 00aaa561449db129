/* SPDX-License-Identifier: Apache-2.0 */
#include "collect/chains.h"

#include "sys/env_virtual.h"
#include "test/test.h"

struct given {
    struct world world;
    struct env *env;
    atomic_uint_least64_t turn;
    struct chains *chains;
    struct key public;
};
typedef struct given given_own;
static void given_drop(struct given *given)
{
    chains_drop(&given->chains);
    world_drop(&given->world);
}

static err_t given_chains(struct given *given)
{
    struct key seed, private;
    TRY(crypt_start());
    world_open(&given->world, 3);
    given->env = &given->world.env;
    given->world.clock = DAYS(20000) + HOURS(9);
    key_random(given->env, &seed);
    pair_from(&seed, &given->public, &private);
    return chains_open(given->env, &given->turn, &given->chains);
}

/* As intake makes one, asked for under this turn. */
static err_t given_chain(struct given *given, struct chain *chain)
{
    *chain = (struct chain){.place = {ident_new(given->env), ident_new(given->env), ident_new(given->env),
                                      day_of(hour_of(given->world.clock))},
                            .turn = atomic_load(&given->turn)};
    TRY(chain_make(given->env, &given->public, chain));
    chains_keep(given->chains, chain);
    return ERR_OK;
}

static bool found(struct given *given, const struct chain *chain)
{
    OWN(chain) now = {0};
    return chains_find(given->chains, &chain->place, &now) && now.number == chain->number;
}

static void passed(struct given *given, moment_t time)
{
    given->world.clock += time;
    given->world.boot_clock += time;
}

TEST(a_chain_counts_for_a_minute_and_until_anything_was_done_to_devices)
{
    OWN(given) given = {0};
    struct chain chain, other;
    CHECK_OK(given_chains(&given));
    CHECK_OK(given_chain(&given, &chain));
    CHECK(found(&given, &chain));
    other = chain;
    other.place.day++;
    CHECK(!found(&given, &other));
    passed(&given, LEASE_MS);
    CHECK(!found(&given, &chain) && chains_renew(given.chains, &chain) && found(&given, &chain));
    atomic_fetch_add(&given.turn, 1);
    CHECK(!found(&given, &chain));
    chain.turn = atomic_load(&given.turn);
    CHECK(chains_renew(given.chains, &chain) && found(&given, &chain));
    chains_end(given.chains, &chain.place);
    CHECK(!found(&given, &chain) && !chains_renew(given.chains, &chain));
}

TEST(two_that_are_made_at_once_are_one)
{
    OWN(given) given = {0};
    struct chain first, second;
    CHECK_OK(given_chains(&given));
    CHECK_OK(given_chain(&given, &first));
    second = first;
    CHECK_OK(chain_make(given.env, &given.public, &second));
    CHECK(second.number != first.number);
    chains_keep(given.chains, &second);
    CHECK(second.number == first.number && chains_count(given.chains, first.place.tenant) == 1);
    CHECK(bytes_equal(key_bytes(&first.key), key_bytes(&second.key)));
}

TEST(what_seals_in_an_hour_is_the_key_of_that_hour)
{
    OWN(given) given = {0};
    struct chain chain, later = {0};
    CHECK_OK(given_chains(&given));
    CHECK_OK(given_chain(&given, &chain));
    passed(&given, HOURS(3));
    later.place = chain.place;
    CHECK(chains_renew(given.chains, &later));
    chain_forward(&chain.key, 3);
    CHECK(later.step == 3 && bytes_equal(key_bytes(&chain.key), key_bytes(&later.key)));
}

TEST(an_hour_that_is_over_is_folded_with_its_own_key_and_then_left)
{
    OWN(given) given = {0};
    struct chain chain, due[4], next = {0};
    CHECK_OK(given_chains(&given));
    CHECK_OK(given_chain(&given, &chain));
    chains_stored(given.chains, &chain);
    CHECK(chains_due(given.chains, 64, due, 4) == 0);
    passed(&given, HOURS(1) + SECONDS(3));
    next.place = chain.place;
    CHECK(chains_renew(given.chains, &next) && next.step == 1);
    chains_stored(given.chains, &next); /* in the new hour, before the old one is folded */
    CHECK(chains_due(given.chains, 64, due, 4) == 1);
    CHECK(due[0].step == 0 && due[0].segments == 1 && due[0].stored);
    CHECK(bytes_equal(key_bytes(&due[0].key), key_bytes(&chain.key)));
    chains_folded(given.chains, &due[0]);
    CHECK(chains_due(given.chains, 64, due, 4) == 0);
    passed(&given, HOURS(1));
    CHECK(chains_due(given.chains, 64, due, 4) == 1 && due[0].step == 1 && due[0].segments == 1);
}

TEST(what_was_sealed_many_idle_hours_later_is_folded_too)
{
    OWN(given) given = {0};
    struct chain chain, due[4];
    CHECK_OK(given_chains(&given));
    CHECK_OK(given_chain(&given, &chain));
    passed(&given, HOURS(5));
    CHECK(chains_renew(given.chains, &chain) && chain.step == 5);
    chains_stored(given.chains, &chain);
    passed(&given, HOURS(1) + SECONDS(3));
    CHECK(chains_due(given.chains, 64, due, 4) + chains_due(given.chains, 64, due, 4) >= 1);
    CHECK(due[0].step == 5 && due[0].segments == 1);
}

TEST(a_chain_of_many_segments_is_folded_within_its_hour_once_it_has_rested)
{
    OWN(given) given = {0};
    struct chain chain, due[4];
    CHECK_OK(given_chains(&given));
    CHECK_OK(given_chain(&given, &chain));
    for (int i = 0; i < 64; i++)
        chains_stored(given.chains, &chain);
    CHECK(chains_due(given.chains, 64, due, 4) == 0);
    passed(&given, SECONDS(3));
    CHECK(chains_due(given.chains, 64, due, 4) == 1 && due[0].segments == 64);
    chains_folded(given.chains, &due[0]);
    CHECK(chains_due(given.chains, 64, due, 4) == 0 && found(&given, &chain));
}

TEST(a_day_that_is_over_ends_with_its_key)
{
    OWN(given) given = {0};
    struct chain chain, due[4];
    CHECK_OK(given_chains(&given));
    CHECK_OK(given_chain(&given, &chain));
    passed(&given, HOURS(16));
    CHECK(chains_due(given.chains, 64, due, 4) == 0 && chains_count(given.chains, chain.place.tenant) == 0);
}

TEST(where_there_is_no_room_the_one_that_was_used_the_longest_time_ago_makes_way)
{
    OWN(given) given = {0};
    struct chain chain = {0};
    CHECK_OK(given_chains(&given));
    for (int i = 0; i < CHAINS + 100; i++) {
        chain = (struct chain){.place = {.tenant = {{1}}, .subject = ident_new(given.env)}, .number = i + 1};
        chain.began = hour_of(given.world.clock);
        chains_keep(given.chains, &chain);
        given.world.clock++;
    }
    CHECK(chains_count(given.chains, chain.place.tenant) == CHAINS && found(&given, &chain));
}

TEST(a_process_that_keeps_none_finds_none)
{
    struct chain chain;
    CHECK(!chains_find(NULL, &(struct writing_place){.day = 1}, &chain) &&
          !chains_count(NULL, (ident_t){{0}}));
}

TESTS(a_chain_counts_for_a_minute_and_until_anything_was_done_to_devices, two_that_are_made_at_once_are_one,
      what_seals_in_an_hour_is_the_key_of_that_hour,
      an_hour_that_is_over_is_folded_with_its_own_key_and_then_left,
      what_was_sealed_many_idle_hours_later_is_folded_too,
      a_chain_of_many_segments_is_folded_within_its_hour_once_it_has_rested,
      a_day_that_is_over_ends_with_its_key,
      where_there_is_no_room_the_one_that_was_used_the_longest_time_ago_makes_way,
      a_process_that_keeps_none_finds_none)
