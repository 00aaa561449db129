/* SPDX-License-Identifier: Apache-2.0 */
#include "collect/lease.h"
#include "sys/env_virtual.h"
#include "test/test.h"

struct given {
    struct world world;
    struct leases *leases;
    struct lease lease;
};
typedef struct given given_own;

static void given_drop(struct given *given)
{
    leases_drop(&given->leases);
    world_drop(&given->world);
}

static struct lease lease_of(struct given *given)
{
    struct env *env = &given->world.env;
    struct lease lease = {.place = {ident_new(env), ident_new(env), ident_new(env)}};
    lease.turn = *leases_turn(given->leases);
    lease.realm = ident_new(env);
    return lease;
}

static err_t given_a_lease(struct given *given)
{
    TRY(crypt_start());
    world_open(&given->world, 1);
    TRY(leases_open(&given->world.env, &given->leases));
    given->lease = lease_of(given);
    leases_keep(given->leases, &given->lease);
    return ERR_OK;
}

static bool found(struct given *given, const struct lease_place *place)
{
    OWN(lease) lease = {0};
    return leases_find(given->leases, place, &lease) && ident_eq(lease.place.subject, place->subject);
}

TEST(a_lease_is_found_for_a_minute)
{
    OWN(given) given = {0};
    CHECK_OK(given_a_lease(&given));
    given.world.boot_clock += LEASE_MS - 1;
    CHECK(found(&given, &given.lease.place));
    given.world.boot_clock += 1;
    CHECK(!found(&given, &given.lease.place));
}

TEST(a_lease_is_for_one_subject_of_one_device_of_one_tenant)
{
    OWN(given) given = {0};
    CHECK_OK(given_a_lease(&given));
    struct lease_place places[3] = {given.lease.place, given.lease.place, given.lease.place};
    places[0].tenant = places[1].device = places[2].subject = ident_new(&given.world.env);
    for (size_t i = 0; i < 3; i++)
        CHECK(!found(&given, &places[i]));
    CHECK(found(&given, &given.lease.place));
}

TEST(a_new_turn_ends_all_leases_and_those_asked_for_before_it)
{
    OWN(given) given = {0};
    CHECK_OK(given_a_lease(&given));
    struct lease before = lease_of(&given);
    leases_end(given.leases);
    leases_keep(given.leases, &before);
    CHECK(!found(&given, &given.lease.place) && !found(&given, &before.place));
    struct lease after = lease_of(&given);
    leases_keep(given.leases, &after);
    CHECK(found(&given, &after.place));
}

TEST(many_leases_make_way_for_each_other)
{
    OWN(given) given = {0};
    struct lease last = {0};
    CHECK_OK(given_a_lease(&given));
    for (size_t i = 0; i < 3 * LEASES; i++) {
        given.world.boot_clock += 1;
        last = lease_of(&given);
        leases_keep(given.leases, &last);
    }
    CHECK(found(&given, &last.place) && !found(&given, &given.lease.place));
}

TEST(the_address_of_a_connection_is_remembered_with_its_lease)
{
    OWN(given) given = {0};
    OWN(lease) lease = {0};
    const uint8_t address[DIGEST_SIZE] = {7};
    CHECK_OK(given_a_lease(&given));
    leases_connected(given.leases, &given.lease.place, address);
    CHECK(leases_find(given.leases, &given.lease.place, &lease));
    CHECK(!memcmp(lease.connected, address, sizeof address));
}

TEST(the_leases_of_a_tenant_are_counted_as_long_as_they_last)
{
    OWN(given) given = {0};
    CHECK_OK(given_a_lease(&given));
    const ident_t tenant = given.lease.place.tenant;
    struct lease second = lease_of(&given), foreign = lease_of(&given);
    second.place.tenant = tenant;
    given.world.boot_clock += 1;
    leases_keep(given.leases, &second);
    leases_keep(given.leases, &foreign);
    CHECK(leases_count(given.leases, tenant) == 2 && leases_count(given.leases, foreign.place.tenant) == 1);
    given.world.boot_clock += LEASE_MS - 1;
    CHECK(leases_count(given.leases, tenant) == 1);
    leases_end(given.leases);
    CHECK(!leases_count(given.leases, tenant) && !leases_count(given.leases, ident_new(&given.world.env)));
}

TEST(a_lease_that_has_ended_leaves_memory_whether_it_is_asked_for_or_not)
{
    OWN(given) given = {0};
    CHECK_OK(given_a_lease(&given));
    CHECK(leases_wipe(given.leases) == 0);
    given.world.boot_clock += LEASE_MS;
    CHECK(leases_wipe(given.leases) == 1);
    CHECK(leases_wipe(given.leases) == 0);
}

TEST(without_leases_nothing_is_found_and_nothing_breaks)
{
    struct lease lease = {0};
    const uint8_t address[DIGEST_SIZE] = {7};
    leases_keep(NULL, &lease);
    leases_connected(NULL, &lease.place, address);
    leases_end(NULL);
    CHECK(!leases_find(NULL, &lease.place, &lease) && !leases_turn(NULL) &&
          !leases_count(NULL, lease.place.tenant) && !leases_wipe(NULL));
}

TESTS(a_lease_that_has_ended_leaves_memory_whether_it_is_asked_for_or_not, a_lease_is_found_for_a_minute,
      a_lease_is_for_one_subject_of_one_device_of_one_tenant,
      a_new_turn_ends_all_leases_and_those_asked_for_before_it, many_leases_make_way_for_each_other,
      the_address_of_a_connection_is_remembered_with_its_lease,
      the_leases_of_a_tenant_are_counted_as_long_as_they_last,
      without_leases_nothing_is_found_and_nothing_breaks)
