/* SPDX-License-Identifier: Apache-2.0
 *
 * A restore that is killed at any point is finished or not begun, and can be asked for again.
 */
#include "snapshot/given.h"
#include "snapshot/restore.h"
#include "test/test.h"
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum { KILLS = 24, BLOB = 200 * 1024 };

static uint64_t opened;

/* The same keys each time, and other dice. */
static err_t given_again(struct given *given)
{
    TRY(given_snapshots(given, test_folder()));
    given->world.seed = ++opened * 7919;
    return ERR_OK;
}

static err_t restored(struct given *given, ident_t snapshot)
{
    struct restored done;
    return restore_run(&given->snapshots,
                       &(struct restore_ask){.tenant = given->tenant.id, .snapshot = snapshot}, &given->arena,
                       &done);
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
    ident_t snapshot;
    struct given_state then, before;
};
typedef struct scene scene_own;
static void scene_drop(struct scene *scene)
{
    given_state_drop(&scene->then);
    given_state_drop(&scene->before);
}

static err_t scene_make(struct scene *scene)
{
    OWN(given) given = {0};
    struct snapshot taken;
    TRY(given_again(&given));
    TRY(given_days_work(&given, 150));
    TRY(given_taken(&given, "daily", &taken));
    scene->snapshot = taken.id;
    TRY(given_state_now(&given, &scene->then));
    TRY(given_days_work(&given, 150));
    return given_state_now(&given, &scene->before);
}

static moment_t killed_after(const struct scene *scene, useconds_t after)
{
    moment_t began = env_real()->boot(env_real());
    pid_t child = fork();
    if (child == 0) {
        OWN(given) given = {0};
        _exit(given_again(&given) != ERR_OK || restored(&given, scene->snapshot) != ERR_OK);
    }
    if (after) {
        usleep(after);
        kill(child, SIGKILL);
    }
    waitpid(child, NULL, 0);
    opened++;
    return env_real()->boot(env_real()) - began;
}

struct counts {
    int finished, not_begun, frozen;
};

static err_t judged(const struct scene *scene, struct counts *counts)
{
    OWN(given) given = {0};
    OWN(given_state) now = {.count = 0};
    bool frozen = false;
    TRY(given_again(&given));
    TRY(store_frozen(given.store, given.tenant.id, &frozen));
    TRY(given_state_now(&given, &now));
    bool finished = same_content(&now, &scene->then), not_begun = same_content(&now, &scene->before);
    counts->finished += finished;
    counts->not_begun += not_begun;
    counts->frozen += frozen;
    if (finished == not_begun || (finished && frozen))
        return fail(ERR_BROKEN, "finished %d, not begun %d, frozen %d", finished, not_begun, frozen);
    TRY(restored(&given, scene->snapshot));
    TRY(given_days_work(&given, 1)); /* it is open again */
    return ERR_OK;
}

TEST(a_killed_restore_is_finished_or_not_begun_and_can_be_asked_for_again)
{
    struct counts counts = {0};
    OWN(scene) first = {0};
    CHECK_OK(scene_make(&first));
    moment_t takes = killed_after(&first, 0);
    for (int kill_at = 1; kill_at <= KILLS; kill_at++) {
        OWN(scene) scene = {0};
        CHECK_OK(scene_make(&scene));
        killed_after(&scene, (useconds_t)(takes * 4000 * kill_at / KILLS));
        CHECK_OK(judged(&scene, &counts));
    }
    printf("%d finished, %d not begun, %d of them frozen\n", counts.finished, counts.not_begun,
           counts.frozen);
    CHECK(counts.finished + counts.not_begun == KILLS && counts.not_begun);
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
        _exit(given_again(&given) != ERR_OK || rebuilt(&given, snapshot, &done) != ERR_OK);
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
    CHECK_OK(scene_make(&scene));
    for (int kill_at = 1; kill_at <= KILLS; kill_at++) {
        rebuild_killed_after(scene.snapshot, (useconds_t)(kill_at * 1500));
        CHECK_OK(rebuilt_judged(&scene, &whole));
    }
    printf("%d of %d were whole\n", whole, KILLS);
    CHECK_OK(given_again(&given));
    CHECK_OK(rebuilt(&given, scene.snapshot, &done)); /* whatever the last one left */
    CHECK(whole < KILLS && done.rows_put);
}

TESTS(a_store_whose_rebuild_was_killed_is_whole_or_not_there,
      a_killed_restore_is_finished_or_not_begun_and_can_be_asked_for_again)
