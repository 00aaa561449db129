/* SPDX-License-Identifier: Apache-2.0
 *
 * A restore that is killed at any point is finished or not begun, and can be asked for again.
 */
#include "snapshot/given.h"
#include "store/steps_given.h"
#include "test/test.h"
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum { KILLS = 24, MOST_STEPS = 2000 };

static uint64_t opened;

/* The same keys each time, and other dice. */
static err_t given_again(struct given *given, const char *folder)
{
    TRY(given_snapshots(given, folder));
    given->world.seed = ++opened * 7919;
    return ERR_OK;
}

static bool same_content(const struct given_state *a, const struct given_state *b)
{
    size_t at = 0;
    for_each_place(place)
    {
        if (place->restore == RESTORE_CONTENT && strcmp(place->name, "blobs") != 0 &&
            !str_eq(buf_str(&a->at[at]), buf_str(&b->at[at])))
            return false;
        at++;
    }
    return true;
}

/* What stood when it was killed, and what a snapshot has. */
struct scene {
    char base[512], now[512]; /* as it was before, and where it is done */
    ident_t snapshot;
    struct given_state then, before;
};
typedef struct scene scene_own;
static void scene_drop(struct scene *scene)
{
    given_state_drop(&scene->then);
    given_state_drop(&scene->before);
}

static err_t scene_make(struct scene *scene, const char *folder, size_t acts)
{
    OWN(given) given = {0};
    struct snapshot taken;
    TRY(given_again(&given, folder));
    TRY(given_days_work(&given, acts));
    TRY(given_taken(&given, "daily", &taken));
    scene->snapshot = taken.id;
    TRY(given_state_now(&given, &scene->then));
    TRY(given_days_work(&given, acts));
    return given_state_now(&given, &scene->before);
}

static err_t base_make(struct scene *scene)
{
    snprintf(scene->base, sizeof scene->base, "%s/base", test_folder());
    snprintf(scene->now, sizeof scene->now, "%s/now", test_folder());
    if (mkdir(scene->base, 0700) != 0)
        return fail(ERR_BROKEN, "cannot make %s", scene->base);
    return scene_make(scene, scene->base, 24);
}

/* Whether it was killed, and did not end before. */
static bool killed_at(const struct scene *scene, int step)
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        OWN(given) given = {0};
        struct restored done;
        struct env counted;
        steps_kill(&counted, 0);
        if (given_again(&given, scene->now) != ERR_OK)
            _exit(2);
        steps_kill(&given.env, step);
        _exit(given_restored(&given, scene->snapshot, &done) != ERR_OK);
    }
    waitpid(child, &status, 0);
    opened++;
    return WIFSIGNALED(status);
}

struct counts {
    int finished, not_begun, frozen;
};

static err_t judged(const struct scene *scene, struct counts *counts)
{
    OWN(given) given = {0};
    OWN(given_state) now = {.count = 0};
    struct restored done;
    bool frozen = false;
    TRY(given_again(&given, scene->now));
    TRY(store_frozen(given.store, given.tenant.id, &frozen));
    TRY(given_state_now(&given, &now));
    bool finished = same_content(&now, &scene->then), not_begun = same_content(&now, &scene->before);
    counts->finished += finished;
    counts->not_begun += not_begun;
    counts->frozen += frozen;
    if (finished == not_begun || (finished && frozen))
        return fail(ERR_BROKEN, "finished %d, not begun %d, frozen %d", finished, not_begun, frozen);
    TRY(given_restored(&given, scene->snapshot, &done));
    TRY(given_days_work(&given, 1)); /* it is open again */
    return given_next_holds(&given) ? ERR_OK : fail(ERR_BROKEN, "the next snapshot holds something else");
}

TEST(a_restore_that_is_killed_at_any_step_is_finished_or_not_begun_and_can_be_asked_for_again)
{
    struct counts counts = {0};
    OWN(scene) scene = {0};
    int step = 0;
    CHECK_OK(base_make(&scene));
    for (bool killed = true; killed && step < MOST_STEPS;) {
        CHECK_OK(steps_again(scene.base, scene.now));
        killed = killed_at(&scene, ++step);
        CHECK_OK(judged(&scene, &counts));
    }
    printf("%d steps: %d finished, %d not begun, %d of them frozen\n", step - 1, counts.finished,
           counts.not_begun, counts.frozen);
    CHECK(step > 20 && step < MOST_STEPS);
    CHECK(counts.finished > 1 && counts.not_begun > 1 && counts.frozen > 1); /* the last one was not killed */
}

/* There is no room from that step on: one clear word, what stood stands, and with room it is done. */
static err_t full_at(const struct scene *scene, int step, bool *out_failed)
{
    OWN(given) given = {0};
    OWN(given_state) now = {.count = 0};
    struct restored done;
    TRY(given_again(&given, scene->now));
    steps_full(&given.env, step);
    err_t result = given_restored(&given, scene->snapshot, &done);
    *out_failed = result != ERR_OK;
    steps_full(&given.env, 0);
    if (result != ERR_OK && (result != ERR_BUSY || !strstr(err_note(), "full")))
        return fail(ERR_BROKEN, "step %d of a full disk: %s", step, err_note());
    TRY(given_state_now(&given, &now));
    if (!same_content(&now, *out_failed ? &scene->before : &scene->then))
        return fail(ERR_BROKEN, "step %d of a full disk left a half", step);
    TRY(given_restored(&given, scene->snapshot, &done));
    return given_days_work(&given, 1);
}

TEST(a_full_disk_at_any_step_leaves_what_stood_and_with_room_the_restore_is_done)
{
    OWN(scene) scene = {0};
    struct env counted;
    int step = 0, failures = 0;
    steps_full(&counted, 0);
    CHECK_OK(base_make(&scene));
    for (bool failed = true; failed && step < MOST_STEPS;) {
        CHECK_OK(steps_again(scene.base, scene.now));
        CHECK_OK(full_at(&scene, ++step, &failed));
        failures += failed;
    }
    printf("no room at %d steps\n", failures);
    CHECK(failures > 20 && step < MOST_STEPS);
}

/* An empty store made from the snapshot, in a folder beside the real one's. */
static err_t rebuilt(struct given *given, ident_t snapshot, struct restored *out_done)
{
    OWN(store) scratch = NULL;
    char folder[512];
    snprintf(folder, sizeof folder, "%s/scratch", test_folder());
    (void)!mkdir(folder, 0700);
    TRY(store_open(&given->env, folder, &scratch));
    TRY(store_tenant_put(scratch, &given->tenant));
    return restore_rebuild(&given->snapshots,
                           &(struct restore_ask){.tenant = given->tenant.id, .snapshot = snapshot}, scratch,
                           &given->arena, out_done);
}

static void rebuild_killed_after(ident_t snapshot, useconds_t after)
{
    pid_t child = fork();
    if (child == 0) {
        OWN(given) given = {0};
        struct restored done;
        _exit(given_again(&given, test_folder()) != ERR_OK || rebuilt(&given, snapshot, &done) != ERR_OK);
    }
    usleep(after);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
}

/* What a killed one left: nothing, or all of it. */
static err_t rebuilt_judged(const struct scene *scene, int *io_whole)
{
    OWN(store) scratch = NULL;
    OWN(given_state) now = {.count = 0};
    char path[512];
    const struct tenant tenant = {
        .id = {{1}}, .realm = {{2}}, .name = STR("example"), .state = STR("open"), .made = 1};
    snprintf(path, sizeof path, "%s/scratch/tenants/%s.db", test_folder(), ident_text("ten", tenant.id).text);
    if (access(path, F_OK) != 0)
        return ERR_OK;
    snprintf(path, sizeof path, "%s/scratch", test_folder());
    TRY(store_open(env_real(), path, &scratch));
    TRY(store_read(scratch, tenant.id, given_state_act, &now));
    ++*io_whole;
    return same_content(&now, &scene->then) ? store_tenant_erase(scratch, tenant.id)
                                            : fail(ERR_BROKEN, "a part of a store stands for one");
}

TEST(a_store_whose_rebuild_was_killed_is_whole_or_not_there)
{
    OWN(scene) scene = {0};
    OWN(given) given = {0};
    struct restored done;
    int whole = 0;
    CHECK_OK(scene_make(&scene, test_folder(), 150));
    for (int kill_at = 1; kill_at <= KILLS; kill_at++) {
        rebuild_killed_after(scene.snapshot, (useconds_t)(kill_at * 1500));
        CHECK_OK(rebuilt_judged(&scene, &whole));
    }
    printf("%d of %d were whole\n", whole, KILLS);
    CHECK_OK(given_again(&given, test_folder()));
    CHECK_OK(rebuilt(&given, scene.snapshot, &done)); /* whatever the last one left */
    CHECK(whole < KILLS && done.rows_put);
}

TESTS(a_store_whose_rebuild_was_killed_is_whole_or_not_there,
      a_restore_that_is_killed_at_any_step_is_finished_or_not_begun_and_can_be_asked_for_again,
      a_full_disk_at_any_step_leaves_what_stood_and_with_room_the_restore_is_done)
