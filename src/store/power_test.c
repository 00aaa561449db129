/* SPDX-License-Identifier: Apache-2.0
 *
 * What was answered is on the disk: a power cut takes nothing of it, and a disk that fails is not believed again.
 */
#include "store/record.h"
#include "store/steps_given.h"
#include "test/test.h"
#include <stdatomic.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ACTS = 600, CUTS = 12 };

static const struct tenant tenant = {
    .id = {{1}}, .realm = {{2}}, .name = {"example", 7}, .state = {"open", 4}, .made = 1};

static const char *folder(const char *name)
{
    static char path[4][512];
    static int turn;
    char *at = path[turn++ % 4];
    snprintf(at, sizeof path[0], "%s/%s", test_folder(), name);
    return at;
}

static err_t given_a_store(struct store **out_store)
{
    static struct env env;
    env = *env_real();
    if (mkdir(folder("store"), 0700) != 0 || mkdir(folder("kept"), 0700) != 0)
        return fail(ERR_BROKEN, "no folder");
    steps_power(&env, folder("store"), folder("kept"));
    TRY(store_open(&env, folder("store"), out_store));
    return store_tenant_put(*out_store, &tenant);
}

/* Each has an epoch of its own, so that no order is asked of them. */
static err_t number_act(struct tx *tx, void *with)
{
    bool again;
    ident_t device = {{3}}, epoch = {{4}};
    memcpy(epoch.bytes + 4, with, sizeof(int));
    return sequence_take(tx, device, epoch, 1, &again);
}

static err_t known_act(struct tx *tx, void *with)
{
    bool *again = with;
    for (int i = 0; i < ACTS; i++) {
        ident_t device = {{3}}, epoch = {{4}};
        memcpy(epoch.bytes + 4, &i, sizeof i);
        TRY(sequence_take(tx, device, epoch, 1, &again[i]));
    }
    return fail(ERR_CONFLICT, "nothing of it stays");
}

static int numbers[ACTS];
static atomic_bool answered[ACTS];
static atomic_int settled;

static void number_settled(void *with, err_t result, const char *note)
{
    (void)note;
    answered[*(int *)with] = result == ERR_OK;
    settled++;
}

static err_t number_later(struct store *store, int number)
{
    numbers[number] = number;
    return store_write_later(store, tenant.id, &(struct later){number_act, number_settled, &numbers[number]});
}

/* Everything that was answered before the power was cut. */
static err_t answered_is_there(void)
{
    bool before[ACTS], again[ACTS] = {false};
    OWN(store) store = NULL;
    for (int i = 0; i < ACTS; i++)
        before[i] = answered[i];
    TRY(steps_cut(folder("cut")));
    TRY(store_open(env_real(), folder("cut"), &store));
    err_t known = store_write(store, tenant.id, known_act, again);
    if (known != ERR_CONFLICT)
        return known;
    for (int i = 0; i < ACTS; i++)
        if (before[i] && !again[i])
            return fail(ERR_BROKEN, "number %d was answered, and is gone", i);
    return ERR_OK;
}

TEST(a_power_cut_takes_nothing_that_was_answered)
{
    OWN(store) store = NULL;
    CHECK_OK(given_a_store(&store));
    for (int i = 0; i < ACTS; i++) {
        CHECK_OK(number_later(store, i));
        if (i % (ACTS / CUTS) == 0)
            CHECK_OK(answered_is_there());
    }
    while (settled < ACTS)
        usleep(1000);
    for (int i = 0; i < ACTS; i++)
        CHECK(answered[i]);
    CHECK_OK(answered_is_there());
}

TEST(what_a_disk_did_not_take_is_not_answered_and_what_it_takes_afterwards_is_there)
{
    OWN(store) store = NULL;
    static int one = 1, two = 2, three = 3;
    CHECK_OK(given_a_store(&store));
    settled = 0;
    memset((void *)answered, 0, sizeof answered);
    CHECK_OK(store_write(store, tenant.id, number_act, &one));
    answered[1] = true;
    steps_sync_fails();
    CHECK_FAILS(ERR_BUSY, store_write(store, tenant.id, number_act, &two));
    CHECK(strstr(err_note(), "disk"));
    CHECK_OK(store_write(store, tenant.id, number_act, &three));
    answered[3] = true;
    CHECK_OK(answered_is_there());
}

TESTS(a_power_cut_takes_nothing_that_was_answered,
      what_a_disk_did_not_take_is_not_answered_and_what_it_takes_afterwards_is_there)
