/* SPDX-License-Identifier: Apache-2.0
 *
 * Reports come again after a lost answer: each sequence of an endpoint's spool is stored once.
 */
#include "concept/collection.h"
#include "concept/device.h"
#include "store/record.h"
#include "sys/env.h"
#include "test/test.h"

static const struct tenant tenant = {
    .id = {{1}}, .realm = {{2}}, .name = {"example", 7}, .state = {"open", 4}, .made = 1};

struct given {
    struct store *store;
};
typedef struct given given_own;
static void given_drop(struct given *given) { store_drop(&given->store); }

static err_t given_a_store(struct given *given)
{
    store_drop(&given->store);
    TRY(store_open(env_real(), test_folder(), &given->store));
    return store_tenant_put(given->store, &tenant);
}

struct spooled {
    ident_t device, epoch;
    uint64_t sequence;
    bool again;
    err_t then;
};

static err_t sequence_act(struct tx *tx, void *with)
{
    struct spooled *spooled = with;
    TRY(sequence_take(tx, spooled->device, spooled->epoch, spooled->sequence, &spooled->again));
    return spooled->then == ERR_OK ? ERR_OK : fail(spooled->then, "failed as asked");
}

static err_t took(struct given *given, struct spooled *spooled, uint64_t sequence)
{
    spooled->sequence = sequence;
    spooled->again = false;
    return store_write(given->store, tenant.id, sequence_act, spooled);
}

static err_t forget_act(struct tx *tx, void *with)
{
    return sequence_forget(tx, ((const struct spooled *)with)->device);
}

TEST(a_sequence_is_stored_once_in_any_order_within_its_window)
{
    OWN(given) given = {0};
    CHECK_OK(given_a_store(&given));
    struct spooled at = {.device = ident_new(env_real()), .epoch = ident_new(env_real())};
    static const uint64_t order[] = {1, 2, 5, 4, 3, 60, 61, 59, 6};
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        CHECK_OK(took(&given, &at, order[i]));
        CHECK(!at.again);
        CHECK_OK(took(&given, &at, order[i]));
        CHECK(at.again);
    }
    CHECK_OK(took(&given, &at, 124)); /* 61 to 124 are in the window now */
    CHECK(!at.again);
    CHECK_OK(took(&given, &at, 61));
    CHECK(at.again);
    CHECK_FAILS(ERR_CONFLICT, took(&given, &at, 60));
    CHECK_OK(took(&given, &at, 1000000));
    CHECK_OK(took(&given, &at, 1000000 - 63));
    CHECK(!at.again);
    CHECK_FAILS(ERR_CONFLICT, took(&given, &at, 124));
    CHECK_FAILS(ERR_INVALID, took(&given, &at, 0));
    CHECK_FAILS(ERR_INVALID, took(&given, &at, UINT64_MAX));
    CHECK_OK(took(&given, &at, INT64_MAX));
}

TEST(sequences_of_another_epoch_or_a_failed_act_do_not_count)
{
    OWN(given) given = {0};
    CHECK_OK(given_a_store(&given));
    struct spooled at = {.device = ident_new(env_real()), .epoch = ident_new(env_real()), .then = ERR_BUSY};
    CHECK_FAILS(ERR_BUSY, took(&given, &at, 9));
    at.then = ERR_OK;
    CHECK_OK(took(&given, &at, 9));
    CHECK(!at.again);
    struct spooled other = {.device = at.device, .epoch = ident_new(env_real())};
    CHECK_OK(took(&given, &other, 9));
    CHECK(!other.again);
    CHECK_OK(given_a_store(&given));
    CHECK_OK(took(&given, &at, 9));
    CHECK(at.again);
    CHECK_OK(store_write(given.store, tenant.id, forget_act, &at));
    CHECK_OK(took(&given, &at, 9));
    CHECK(!at.again);
}

/* What a device heard of what may be collected, before and after that is switched in the same commit, and in the next one. */
static err_t switched_act(struct tx *tx, void *with)
{
    bool *so = with;
    const struct device plain = {.id = {{7}}, .enrolled = 1, .seen = 1};
    const struct hearing heard = {plain.id, 2, 0};
    const struct collection collection = {.id = tenant.id, .version = 1};
    TRY(record_put(tx, &device_concept,
                   &(struct record){.id = plain.id, .subject = plain.id, .plain = &plain}));
    TRY(record_heard(tx, &heard, &so[0]));
    TRY(record_put(tx, &collection_concept,
                   &(struct record){.id = tenant.id, .subject = tenant.id, .plain = &collection}));
    return record_heard(tx, &heard, &so[1]);
}

static err_t heard_act(struct tx *tx, void *with)
{
    return record_heard(tx, &(struct hearing){{{7}}, 3, 1}, with);
}

TEST(what_is_switched_counts_for_whoever_comes_after_it_in_the_same_commit)
{
    OWN(given) given = {0};
    bool so[3] = {false};
    CHECK_OK(given_a_store(&given));
    CHECK_OK(store_write(given.store, tenant.id, switched_act, so));
    CHECK_OK(store_write(given.store, tenant.id, heard_act, &so[2]));
    CHECK(so[0] && !so[1] && so[2]);
}

TESTS(a_sequence_is_stored_once_in_any_order_within_its_window,
      sequences_of_another_epoch_or_a_failed_act_do_not_count,
      what_is_switched_counts_for_whoever_comes_after_it_in_the_same_commit)
