/* SPDX-License-Identifier: Apache-2.0
 *
 * Killed at any step of taking or pruning, a snapshot is there whole or not at all; and a full disk loses none.
 */
#include "snapshot/given.h"
#include "test/test.h"
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum { MOST_STEPS = 4096, BLOB = 300 * 1024 };

/* What a child has to do before it is killed, in steps: each question whether to stop, and each side of what is durable. */
static int steps_left;
static struct snapshot_keys keys;

static void step(void)
{
    if (--steps_left == 0)
        kill(getpid(), SIGKILL);
}

static bool step_stopped(void *with)
{
    (void)with;
    step();
    return false;
}

static err_t step_write(struct env *env, const char *path, str_t bytes, mode_t mode)
{
    step();
    err_t written = env_real()->write_file(env, path, bytes, mode);
    step();
    return written;
}

static err_t step_sign(void *with, ident_t tenant, str_t text, buf_t *out_note)
{
    step();
    err_t made = keys.sign(with, tenant, text, out_note);
    step();
    return made;
}

static bool holds(struct given *given)
{
    struct verified found = {.wrong = 1};
    return snapshot_verify(&given->snapshots, given->tenant.id, NULL, VERIFY_FULL, &given->arena, &found) ==
               ERR_OK &&
           !found.wrong;
}

static err_t take_and_prune(struct given *given)
{
    struct snapshot taken;
    idents_t gone;
    TRY(given_taken(given, "daily", &taken));
    step();
    given_passed(given, HOURS(2));
    TRY(snapshots_prune(&given->snapshots, given->tenant.id, &(struct snapshot_keep){.count = 2},
                        &given->arena, &gone));
    step();
    return ERR_OK;
}

/* Whether the child ended by itself: it has no more than so many steps. */
static bool killed_after(const char *folder, int steps, uint64_t seed)
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        struct given given = {.store = NULL};
        if (given_snapshots(&given, folder) != ERR_OK)
            _exit(2);
        given.world.seed += seed;
        keys = given.snapshots.keys;
        given.snapshots.keys.sign = step_sign;
        given.snapshots.stopped = step_stopped;
        given.env.write_file = step_write;
        steps_left = steps;
        _exit(take_and_prune(&given) != ERR_OK);
    }
    waitpid(child, &status, 0);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

static err_t day(struct given *given, const char *folder, uint64_t seed)
{
    ident_t blob;
    TRY(given_snapshots(given, folder));
    given->world.seed += seed;
    TRY(given_days_work(given, 12));
    return given_blob(given, BLOB, &blob);
}

TEST(killed_at_any_step_a_snapshot_is_there_whole_or_not_at_all)
{
    const char *folder = test_folder();
    int steps = 1;
    for (bool killed = true; killed && steps < MOST_STEPS; steps++) {
        OWN(given) before = {0};
        CHECK_OK(day(&before, folder, (uint64_t)steps * 7919));
        store_drop(&before.store);
        killed = killed_after(folder, steps, (uint64_t)steps * 104729);
        OWN(given) after = {0};
        CHECK_OK(given_snapshots(&after, folder));
        CHECK(holds(&after));
    }
    CHECK(steps > 10);
    OWN(given) last = {0};
    OWN(given_state) now = {.count = 0};
    OWN(given_state) then = {.count = 0};
    struct snapshot taken;
    CHECK_OK(day(&last, folder, 1));
    CHECK_OK(given_taken(&last, "daily", &taken));
    CHECK_OK(given_state_now(&last, &now));
    CHECK_OK(given_state_of(&last, taken.id, &then));
    CHECK(given_same(&now, &then) && holds(&last));
}

static err_t file_count(void *with, const char *path, const char *name)
{
    (void)path, (void)name;
    ++*(size_t *)with;
    return ERR_OK;
}

static err_t small_disk(const char *folder)
{
    if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("none", folder, "tmpfs", 0, "size=1m") != 0)
        return fail(ERR_DENIED, "mount: %s", strerror(errno));
    return ERR_OK;
}

/* Three blobs do not fit beside the first; what was there is whole, what did not come to be is gone, and with room it is. */
static err_t fill_and_free(const char *folder)
{
    OWN(given) given = {0};
    struct snapshot taken;
    ident_t blob;
    size_t before = 0, after = 0;
    TRY(day(&given, folder, 1));
    given.snapshots.copies = true;
    TRY(small_disk(given.folder));
    TRY(given_taken(&given, "daily", &taken));
    TRY(given_files(&given, file_count, &before));
    for (int i = 0; i < 3; i++)
        TRY(given_blob(&given, BLOB, &blob));
    if (given_taken(&given, "daily", &taken) != ERR_BUSY || !holds(&given))
        return fail(ERR_BROKEN, "a full disk: %s", err_note());
    TRY(given_files(&given, file_count, &after));
    if (after > before + 2) /* copies that are whole may stay for the next one */
        return fail(ERR_BROKEN, "%zu files are left of what did not come to be", after - before);
    if (mount("none", given.folder, "tmpfs", MS_REMOUNT, "size=8m") != 0)
        return fail(ERR_BROKEN, "remount: %s", strerror(errno));
    TRY(given_taken(&given, "daily", &taken));
    return holds(&given) ? ERR_OK : fail(ERR_BROKEN, "it does not hold");
}

TEST(a_full_disk_loses_no_snapshot_and_the_next_is_taken_with_room)
{
    int status = 0, words[2];
    char said[512] = "";
    CHECK(pipe(words) == 0);
    const char *folder = test_folder();
    pid_t child = fork();
    if (child == 0) {
        err_t done = fill_and_free(folder);
        const char *note = done == ERR_OK ? "" : err_note();
        if (write(words[1], note, strlen(note)) < 0)
            abort();
        _exit(done != ERR_OK);
    }
    close(words[1]);
    ssize_t len = read(words[0], said, sizeof said - 1);
    close(words[0]);
    waitpid(child, &status, 0);
    if (len > 0 && !strncmp(said, "mount: ", 7))
        SKIP("a small disk needs the right to mount one");
    if (len > 0)
        printf("%s\n", said);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

TESTS(killed_at_any_step_a_snapshot_is_there_whole_or_not_at_all,
      a_full_disk_loses_no_snapshot_and_the_next_is_taken_with_room)
