/* SPDX-License-Identifier: Apache-2.0
 *
 * Acts that nobody waits for: each is settled once, durable or not there at all, beside those that somebody waits for.
 */
#include "store/record.h"
#include "sys/env.h"
#include "test/test.h"
#include <pthread.h>
#include <stdatomic.h>

enum { ACTS = 301, WRITERS = 4 };

static const struct tenant tenant = {
    .id = {{1}}, .realm = {{2}}, .name = {"example", 7}, .state = {"open", 4}, .made = 1};

struct given {
    struct store *store;
    ident_t device, epoch;
    atomic_size_t settled, refused;
};
typedef struct given given_own;
static void given_drop(struct given *given) { store_drop(&given->store); }

struct one {
    struct given *given;
    uint64_t sequence;
    bool again, fails;
    atomic_int settled;
};

static err_t given_a_store(struct given *given)
{
    given->device = ident_new(env_real());
    given->epoch = ident_new(env_real());
    TRY(store_open(env_real(), test_folder(), &given->store));
    return store_tenant_put(given->store, &tenant);
}

/* Each has an epoch of its own, so that no order is asked of them. */
static err_t act(struct tx *tx, void *with)
{
    struct one *one = with;
    ident_t epoch = one->given->epoch;
    memcpy(epoch.bytes, &one->sequence, sizeof one->sequence);
    TRY(sequence_take(tx, one->given->device, epoch, one->sequence, &one->again));
    return one->fails ? fail(ERR_CONFLICT, "number %d", (int)one->sequence) : ERR_OK;
}

static void settled(void *with, err_t result, const char *note)
{
    struct one *one = with;
    one->settled += result == (one->fails ? ERR_CONFLICT : ERR_OK) ? 1 : 100;
    one->settled += one->fails && !strstr(note, "number") ? 100 : 0;
    one->given->refused += one->fails;
    one->given->settled++;
}

static err_t later(struct given *given, struct one *ones, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        ones[i] = (struct one){.given = given, .sequence = i + 1, .fails = i % 7 == 3};
        TRY(store_write_later(given->store, tenant.id, &(struct later){act, settled, &ones[i]}));
    }
    return ERR_OK;
}

TEST(an_act_that_nobody_waits_for_is_settled_once_and_stays)
{
    OWN(given) given = {0};
    static struct one ones[ACTS];
    CHECK_OK(given_a_store(&given));
    CHECK_OK(later(&given, ones, ACTS));
    store_drop(&given.store); /* waits for all of them */
    CHECK(given.settled == ACTS);
    CHECK_OK(store_open(env_real(), test_folder(), &given.store));
    for (size_t i = 0; i < ACTS; i++) {
        CHECK(ones[i].settled == 1);
        ones[i].again = false;
        err_t result = store_write(given.store, tenant.id, act, &ones[i]);
        CHECK(result == (ones[i].fails ? ERR_CONFLICT : ERR_OK));
        CHECK(ones[i].again == !ones[i].fails);
    }
}

struct writer {
    struct given *given;
    size_t number;
    bool failed;
};

static void *write_some(void *with)
{
    struct writer *writer = with;
    for (uint64_t i = 0; i < ACTS / 10 && !writer->failed; i++) {
        struct one one = {.given = writer->given, .sequence = 10000 + writer->number * 1000 + i};
        writer->failed = store_write(writer->given->store, tenant.id, act, &one) != ERR_OK || one.again;
    }
    return NULL;
}

TEST(who_waits_and_who_does_not_share_commits)
{
    OWN(given) given = {0};
    static struct one ones[ACTS];
    struct writer writers[WRITERS];
    pthread_t threads[WRITERS];
    CHECK_OK(given_a_store(&given));
    for (size_t i = 0; i < WRITERS; i++) {
        writers[i] = (struct writer){&given, i, false};
        CHECK(pthread_create(&threads[i], NULL, write_some, &writers[i]) == 0);
    }
    err_t taken = later(&given, ones, ACTS);
    for (size_t i = 0; i < WRITERS; i++)
        pthread_join(threads[i], NULL);
    CHECK_OK(taken);
    store_drop(&given.store);
    CHECK(given.settled == ACTS && given.refused == ACTS / 7);
    for (size_t i = 0; i < WRITERS; i++)
        CHECK(!writers[i].failed);
}

TEST(an_act_of_a_tenant_that_is_not_there_is_refused_at_once)
{
    OWN(given) given = {0};
    struct one one = {.given = &given};
    const ident_t other = {{9}};
    CHECK_OK(given_a_store(&given));
    CHECK_FAILS(ERR_MISSING, store_write_later(given.store, other, &(struct later){act, settled, &one}));
    CHECK(!one.settled);
}

TESTS(an_act_that_nobody_waits_for_is_settled_once_and_stays, who_waits_and_who_does_not_share_commits,
      an_act_of_a_tenant_that_is_not_there_is_refused_at_once)
