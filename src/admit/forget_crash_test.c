/* SPDX-License-Identifier: Apache-2.0
 *
 * Forgetting a person, killed at each step that its disk takes, and without room at each of them: done or not begun.
 */
#include "keyring/given.h"
#include "store/steps_given.h"
#include "test/test.h"
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum { MOST_STEPS = 400 };

/* A keyring on a real disk, with a client, a device and a person on it. */
struct scene {
    struct env env;
    struct given given;
    struct given_tenant tenant;
    ident_t device, alice;
    char base[512], now[512];
};
typedef struct scene scene_own;
static void scene_drop(struct scene *scene) { given_drop(&scene->given); }

static err_t scene_open(struct scene *scene, const char *folder)
{
    scene->env = *env_real();
    scene->env.hurried = true;
    scene->given.env = &scene->env;
    scene->given.arena.limit = 64 * 1024 * 1024;
    memset(scene->given.root.bytes, 7, KEY_SIZE);
    TRY(crypt_start());
    TRY(keyring_open(&scene->env, folder, &scene->given.root, &scene->given.keyring));
    return keyring_prepare(scene->given.keyring);
}

static err_t person_make(struct scene *scene)
{
    const ident_t ids[] = {scene->tenant.id, scene->device, scene->alice};
    TRY(given_subject(&scene->given, ASK_subjects_make, ids, NULL));
    return given_subject(&scene->given, ASK_launches_make, ids, NULL);
}

static err_t base_make(struct scene *scene)
{
    snprintf(scene->base, sizeof scene->base, "%s/base", test_folder());
    snprintf(scene->now, sizeof scene->now, "%s/now", test_folder());
    if (mkdir(scene->base, 0700) != 0)
        return fail(ERR_BROKEN, "cannot make %s", scene->base);
    TRY(scene_open(scene, scene->base));
    TRY(given_open_tenant(&scene->given, "one", &scene->tenant));
    scene->given.world.clock = scene->env.now(&scene->env);
    TRY(given_device(&scene->given, &scene->tenant, &scene->device));
    scene->alice = ident_new(&scene->env);
    TRY(person_make(scene));
    keyring_drop(&scene->given.keyring);
    return ERR_OK;
}

static err_t forgotten(struct scene *scene)
{
    Keys__Forget in = KEYS__FORGET__INIT;
    ProtobufCBinaryData account = given_bin(ident_bytes(&scene->alice));
    in.bearer = (char *)(uintptr_t)scene->tenant.cookie;
    in.password = given_bin(STR(GIVEN_PASSWORD));
    in.accounts = &account;
    in.n_accounts = 1;
    return given_asked(&scene->given, ASK_forget, &in, NULL);
}

static bool killed_at(struct scene *scene, int step)
{
    int status = 0;
    struct env counted;
    pid_t child = fork();
    if (child == 0) {
        steps_kill(&counted, 0);
        if (scene_open(scene, scene->now) != ERR_OK)
            _exit(2);
        steps_kill(&scene->env, step);
        _exit(forgotten(scene) != ERR_OK);
    }
    waitpid(child, &status, 0);
    return WIFSIGNALED(status);
}

/* What is left of the person, and what tells of it. */
struct left {
    ident_t alice;
    int64_t alive, cells, told, entries;
};

static err_t left_look(struct db *db, void *with)
{
    struct left *left = with;
    TRY(db_number(db, &left->alive, "select count(*) from entries where id = $1 and dead is null",
                  ID(left->alice)));
    TRY(db_number(db, &left->cells, "select count(*) from cells where id = $1", ID(left->alice)));
    TRY(db_number(db, &left->told, "select count(*) from forgotten_subjects where subject = $1",
                  ID(left->alice)));
    return db_number(db, &left->entries,
                     "select count(*) from journal where instr(entry, cast('person.forgotten' as blob)) > 0");
}

/* All of it, or nothing. */
static err_t judged(struct scene *scene, bool *out_done)
{
    struct left left = {.alice = scene->alice};
    TRY(keyring_look(scene->given.keyring, left_look, &left));
    bool done = !left.alive && !left.cells && left.told && left.entries == 1;
    bool not_begun = left.alive && left.cells && !left.told && !left.entries;
    *out_done = done;
    return done != not_begun
               ? ERR_OK
               : fail(ERR_BROKEN, "%lld alive, %lld cells, %lld told, %lld entries", (long long)left.alive,
                      (long long)left.cells, (long long)left.told, (long long)left.entries);
}

TEST(killed_at_any_step_a_person_is_forgotten_or_not_and_can_be_then)
{
    OWN(scene) scene = {0};
    int step = 0, counts[2] = {0};
    CHECK_OK(base_make(&scene));
    for (bool killed = true; killed && step < MOST_STEPS;) {
        bool done = false;
        CHECK_OK(steps_again(scene.base, scene.now));
        killed = killed_at(&scene, ++step);
        CHECK_OK(scene_open(&scene, scene.now));
        CHECK_OK(judged(&scene, &done));
        counts[done]++;
        if (!done)
            CHECK_OK(forgotten(&scene));
        CHECK_OK(judged(&scene, &done));
        CHECK(done);
        keyring_drop(&scene.given.keyring);
    }
    printf("%d steps: %d done, %d not begun\n", step - 1, counts[1], counts[0]);
    CHECK(counts[1] > 1 && counts[0] > 1 && step < MOST_STEPS);
}

TEST(without_room_at_any_step_a_person_is_forgotten_or_not_and_can_be_with_room)
{
    OWN(scene) scene = {0};
    struct env counted;
    int step = 0, failures = 0;
    steps_full(&counted, 0);
    CHECK_OK(base_make(&scene));
    for (bool failed = true; failed && step < MOST_STEPS;) {
        bool done = false;
        CHECK_OK(steps_again(scene.base, scene.now));
        CHECK_OK(scene_open(&scene, scene.now));
        steps_full(&scene.env, ++step);
        err_t result = forgotten(&scene);
        failed = result != ERR_OK;
        CHECK(!failed || (result == ERR_BUSY && strstr(err_note(), "full")));
        steps_full(&scene.env, 0);
        failures += failed;
        keyring_drop(&scene.given.keyring);
        CHECK_OK(scene_open(&scene, scene.now));
        CHECK_OK(judged(&scene, &done));
        if (!done)
            CHECK_OK(forgotten(&scene));
        keyring_drop(&scene.given.keyring);
    }
    printf("no room at %d steps\n", failures);
    CHECK(failures > 1 && step < MOST_STEPS);
}

TESTS(killed_at_any_step_a_person_is_forgotten_or_not_and_can_be_then,
      without_room_at_any_step_a_person_is_forgotten_or_not_and_can_be_with_room)
