/* SPDX-License-Identifier: Apache-2.0
 *
 * Acts that nobody waits for: each is settled once, durable or not there at all, beside those that somebody waits for.
 */
#include "keyring/given.h"
#include "keyring/journal.h"
#include "test/test.h"
#include <pthread.h>
#include <stdatomic.h>

enum { ACTS = 301, WRITERS = 4 };
static const ident_t logs[] = {{{1}}};

struct scene {
    struct given given;
    atomic_size_t settled, refused, wrong;
    size_t last; /* settled, of one thread's acts */
    bool unordered;
};
typedef struct scene scene_own;
static void scene_drop(struct scene *scene) { given_drop(&scene->given); }

struct one {
    struct scene *scene;
    size_t number;
    bool fails;
    size_t more; /* to be handed over by settled() */
    int settled;
};

static err_t act(struct keyring *keyring, void *with)
{
    const struct one *one = with;
    struct ask ask = {.keyring = keyring, .env = keyring_env(keyring), .db = keyring_db(keyring)};
    TRY(journal(&ask, logs[0], &(struct entry){ACT_TENANT_MADE, .count = (int64_t)one->number}));
    return one->fails ? fail(ERR_CONFLICT, "number %zu", one->number) : ERR_OK;
}

static err_t later(struct one *one);

static void settled(void *with, err_t result, const char *note)
{
    struct one *one = with;
    struct scene *scene = one->scene;
    bool right = one->fails ? result == ERR_CONFLICT && strstr(note, "number") : result == ERR_OK;
    one->settled++;
    scene->unordered |= one->number < scene->last;
    scene->last = one->number;
    scene->refused += one->fails;
    if (one->more) {
        one->more--;
        right = right && later(one) == ERR_OK;
    }
    scene->wrong += !right;
    scene->settled++;
}

static err_t later(struct one *one)
{
    return keyring_write_later(one->scene->given.keyring, &(struct keyring_later){act, settled, one});
}

static err_t all_later(struct scene *scene, struct one *ones, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        ones[i] = (struct one){.scene = scene, .number = i + 1, .fails = i % 7 == 3};
        TRY(later(&ones[i]));
    }
    return ERR_OK;
}

static err_t entries_counted(struct keyring *keyring, void *with)
{
    return db_number(keyring_db(keyring), (int64_t *)with, "select count(*) from journal where log = $1",
                     ID(logs[0]));
}

static err_t given_a_scene(struct scene *scene)
{
    TRY(given_a_keyring(&scene->given));
    return keyring_prepare(scene->given.keyring);
}

/* Opened anew: what was settled before the drop is there after it. */
static err_t reopened(struct scene *scene, int64_t *out_entries)
{
    struct given *given = &scene->given;
    keyring_drop(&given->keyring);
    TRY(keyring_open(given->env, test_folder(), &given->root, &given->keyring));
    return keyring_read(given->keyring, entries_counted, out_entries);
}

TEST(an_act_that_nobody_waits_for_is_settled_once_in_its_turn_and_stays)
{
    OWN(scene) scene = {0};
    static struct one ones[ACTS];
    int64_t entries = 0;
    CHECK_OK(given_a_scene(&scene));
    CHECK_OK(all_later(&scene, ones, ACTS));
    CHECK_OK(reopened(&scene, &entries)); /* the drop waits for all of them */
    CHECK(scene.settled == ACTS && !scene.wrong && !scene.unordered);
    for (size_t i = 0; i < ACTS; i++)
        CHECK(ones[i].settled == 1);
    CHECK(entries == ACTS - ACTS / 7);
}

struct writer {
    struct scene *scene;
    bool failed;
};

static void *write_some(void *with)
{
    struct writer *writer = with;
    for (size_t i = 0; i < ACTS / 10 && !writer->failed; i++) {
        struct one one = {.scene = writer->scene, .number = i};
        writer->failed = keyring_write(writer->scene->given.keyring, act, &one) != ERR_OK;
    }
    return NULL;
}

TEST(who_waits_and_who_does_not_share_commits)
{
    OWN(scene) scene = {0};
    static struct one ones[ACTS];
    struct writer writers[WRITERS];
    pthread_t threads[WRITERS];
    int64_t entries = 0;
    CHECK_OK(given_a_scene(&scene));
    for (size_t i = 0; i < WRITERS; i++) {
        writers[i] = (struct writer){&scene, false};
        CHECK(pthread_create(&threads[i], NULL, write_some, &writers[i]) == 0);
    }
    err_t taken = all_later(&scene, ones, ACTS);
    for (size_t i = 0; i < WRITERS; i++)
        pthread_join(threads[i], NULL);
    CHECK_OK(taken);
    CHECK_OK(reopened(&scene, &entries));
    CHECK(scene.settled == ACTS && scene.refused == ACTS / 7 && !scene.wrong);
    CHECK(entries == ACTS - ACTS / 7 + WRITERS * (ACTS / 10));
    for (size_t i = 0; i < WRITERS; i++)
        CHECK(!writers[i].failed);
}

TEST(what_is_settled_may_hand_over_the_next_and_the_drop_waits_for_that_too)
{
    OWN(scene) scene = {0};
    int64_t entries = 0;
    CHECK_OK(given_a_scene(&scene));
    struct one one = {.scene = &scene, .more = 20};
    CHECK_OK(later(&one));
    CHECK_OK(reopened(&scene, &entries));
    CHECK(one.settled == 21 && !scene.wrong && entries == 21);
}

TESTS(an_act_that_nobody_waits_for_is_settled_once_in_its_turn_and_stays,
      who_waits_and_who_does_not_share_commits,
      what_is_settled_may_hand_over_the_next_and_the_drop_waits_for_that_too)
