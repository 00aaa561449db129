/* SPDX-License-Identifier: Apache-2.0
 *
 * The keyring's copy: what can be opened by it, and what cannot any more.
 */
#include "keyring/copies.h"

#include "keyring/cells_given.h"
#include "keyring/commit.h"
#include "test/test.h"
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum { STEPS = 60, CELLS = 5 };

/* A keyring on a real disk, and the folder of its copy. */
struct scene {
    struct env env;
    struct keyring *keyring;
    char folder[256], copy[300];
};
typedef struct scene scene_own;
static void scene_drop(struct scene *scene) { keyring_drop(&scene->keyring); }

static err_t scene_open(struct scene *scene)
{
    TRY(crypt_start());
    TRY(keyring_open(&scene->env, scene->folder, &given_root, &scene->keyring));
    return copies_into(scene->keyring, scene->copy);
}

static err_t scene_made(struct scene *scene)
{
    scene->env = *env_real();
    snprintf(scene->folder, sizeof scene->folder, "%s/keyring", test_folder());
    snprintf(scene->copy, sizeof scene->copy, "%s/copy?#%%", test_folder());
    if (mkdir(scene->folder, 0700) != 0 || mkdir(scene->copy, 0700) != 0)
        return fail(ERR_BROKEN, "cannot make the folders of a keyring");
    TRY(scene_open(scene));
    return given_cells_put(scene->keyring, given_tenant_id, 0, CELLS);
}

/* Whether one of the cells opens by the copy alone. */
static err_t opens(struct scene *scene, int number)
{
    char plain[2048];
    OWN(copy) copy = {0};
    OWN(buf) found = BUF(ROOM);
    TRY(copy_open(scene->keyring, &copy));
    TRY(cell_get(copy.keyring, given_id(number), CELL_ENTRY, &found));
    return str_eq(buf_str(&found), given_plain(number, plain)) ? ERR_OK
                                                               : fail(ERR_BROKEN, "another cell's bytes");
}

static ino_t file_of(const struct scene *scene)
{
    struct stat about;
    return stat(given_path(scene->copy, "keyring.db").text, &about) == 0 ? about.st_ino : 0;
}

static bool is_private(const struct scene *scene, const char *name)
{
    struct stat about;
    return stat(given_path(scene->copy, name).text, &about) == 0 && (about.st_mode & 0777) == 0600;
}

TEST(the_copy_opens_what_the_keyring_does_and_nobody_else_may_read_it)
{
    OWN(scene) scene = {0};
    CHECK_OK(scene_made(&scene));
    CHECK_FAILS(ERR_MISSING, opens(&scene, 1));
    CHECK_OK(copies_turn(scene.keyring));
    CHECK_OK(opens(&scene, 1));
    CHECK(is_private(&scene, "keyring.db") && is_private(&scene, "kek") && is_private(&scene, "ledger"));
    CHECK(!is_private(&scene, "marks") && !is_private(&scene, "keyring.db.part") &&
          !is_private(&scene, "keyring.db-wal"));
}

TEST(nothing_is_copied_again_before_it_is_due)
{
    OWN(scene) scene = {0};
    CHECK_OK(scene_made(&scene));
    CHECK_OK(copies_turn(scene.keyring));
    ino_t first = file_of(&scene);
    CHECK_OK(copies_turn(scene.keyring));
    CHECK_OK(copies_fresh(scene.keyring));
    CHECK(first && file_of(&scene) == first);
    CHECK_OK(keyring_roll(scene.keyring));
    CHECK_OK(copies_turn(scene.keyring));
    CHECK(file_of(&scene) != first);
    CHECK_OK(opens(&scene, 1));
}

/* The act of an erasure's last store, while the copy that is on its way waits for the act to end. */
struct asking {
    struct scene *scene;
    pthread_t copying;
    err_t copied, abreast;
};

static void *copy_run(void *with)
{
    struct asking *asking = with;
    asking->copied = copies_turn(asking->scene->keyring);
    return NULL;
}

static err_t asking_act(struct keyring *keyring, void *with)
{
    struct asking *asking = with;
    if (pthread_create(&asking->copying, NULL, copy_run, asking) != 0)
        return fail(ERR_BUSY, "no thread");
    while (access(given_path(asking->scene->copy, "keyring.db.part").text, F_OK) != 0)
        usleep(1000);
    usleep(200 * 1000); /* it is written, and its maker waits for the keyring */
    asking->abreast = copies_abreast(keyring);
    return ERR_OK;
}

TEST(an_act_that_asks_how_far_the_copy_is_waits_for_no_copy)
{
    OWN(scene) scene = {0};
    struct asking asking = {.scene = &scene};
    CHECK_OK(scene_made(&scene));
    CHECK_OK(keyring_write(scene.keyring, asking_act, &asking));
    pthread_join(asking.copying, NULL);
    CHECK_OK(asking.copied);
    CHECK(asking.abreast == ERR_BUSY);
    CHECK_OK(copies_abreast(scene.keyring));
}

/* A copy that somebody kept opens nothing by the KEK that its folder has today. */
TEST(what_was_destroyed_is_in_no_copy_after_a_roll_and_a_stolen_one_opens_nothing)
{
    OWN(scene) scene = {0};
    OWN(buf) stolen = BUF(64 * 1024 * 1024);
    CHECK_OK(scene_made(&scene));
    CHECK_OK(copies_turn(scene.keyring));
    CHECK_OK(given_file(scene.copy, "keyring.db", &stolen));
    CHECK_OK(given_cell_destroy(scene.keyring, 1));
    CHECK_OK(keyring_roll(scene.keyring));
    CHECK_OK(copies_turn(scene.keyring));
    CHECK_FAILS(ERR_MISSING, opens(&scene, 1));
    CHECK_OK(opens(&scene, 2));
    CHECK_OK(env_real()->write_file(env_real(), given_path(scene.copy, "keyring.db").text, buf_str(&stolen),
                                    0600));
    for (int number = 0; number < CELLS; number++)
        CHECK(opens(&scene, number) != ERR_OK);
}

/* No room on the other disk: what was destroyed stays so. */
static err_t no_room(struct env *env, const char *path, str_t bytes, mode_t mode)
{
    (void)bytes, (void)mode, (void)env;
    return strstr(path, ".part") ? fail(ERR_BUSY, "no room for %s", path)
                                 : env_real()->write_file(env_real(), path, bytes, mode);
}

TEST(where_no_copy_can_be_made_after_a_roll_the_one_before_is_dead_and_with_room_there_is_one)
{
    OWN(scene) scene = {0};
    CHECK_OK(scene_made(&scene));
    CHECK_OK(copies_turn(scene.keyring));
    scene.env.write_file = no_room;
    CHECK_OK(copies_turn(scene.keyring)); /* none is due */
    CHECK_OK(opens(&scene, 1));
    CHECK_OK(keyring_roll(scene.keyring));
    CHECK_FAILS(ERR_BUSY, copies_turn(scene.keyring));
    CHECK_FAILS(ERR_LOCKED, opens(&scene, 1));
    scene.env.write_file = env_real()->write_file;
    CHECK_OK(copies_turn(scene.keyring));
    CHECK_OK(opens(&scene, 1));
}

static int steps_left;

static void step(void)
{
    if (--steps_left == 0)
        kill(getpid(), SIGKILL);
}

static err_t step_write(struct env *env, const char *path, str_t bytes, mode_t mode)
{
    step();
    err_t written = env_real()->write_file(env, path, bytes, mode);
    step();
    return written;
}

static err_t step_overwrite(struct env *env, const char *path, off_t offset, str_t bytes)
{
    step();
    err_t written = env_real()->overwrite(env, path, offset, bytes);
    step();
    return written;
}

static err_t step_remove(struct env *env, const char *path)
{
    step();
    return env_real()->remove_file(env, path);
}

/* A roll and a copy after it, killed at that step. */
static bool killed_after(struct scene *scene, int steps)
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        if (scene_open(scene) != ERR_OK)
            _exit(2);
        scene->env.write_file = step_write;
        scene->env.overwrite = step_overwrite;
        scene->env.remove_file = step_remove;
        steps_left = steps;
        _exit(keyring_roll(scene->keyring) != ERR_OK || copies_turn(scene->keyring) != ERR_OK);
    }
    waitpid(child, &status, 0);
    return WIFSIGNALED(status);
}

/* The machine is lost at that moment: a keyring is opened from the copy's own files, and has all. */
static err_t lost_and_opened(const struct scene *scene)
{
    OWN(keyring) keyring = NULL;
    static const char *const files[] = {"keyring.db", "kek", "ledger"};
    char folder[300];
    snprintf(folder, sizeof folder, "%s/lost", test_folder());
    (void)mkdir(folder, 0700);
    given_database_removed(folder);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        TRY(given_file_copied(scene->copy, folder, files[i]));
    TRY(keyring_open(env_real(), folder, &given_root, &keyring));
    return given_cells_get(keyring, 0, CELLS);
}

TEST(killed_at_any_step_of_a_roll_and_a_copy_the_copy_opens_and_the_keyring_too)
{
    OWN(scene) scene = {0};
    int steps = 1;
    CHECK_OK(scene_made(&scene));
    CHECK_OK(copies_turn(scene.keyring));
    for (bool killed = true; killed && steps < STEPS; steps++) {
        keyring_drop(&scene.keyring);
        killed = killed_after(&scene, steps);
        CHECK_OK(lost_and_opened(&scene));
        CHECK_OK(scene_open(&scene));
        CHECK_OK(given_cells_get(scene.keyring, 0, CELLS));
        CHECK_OK(copies_turn(scene.keyring));
        CHECK_OK(opens(&scene, 1));
    }
    CHECK(steps > 10 && steps < STEPS);
}

TESTS(the_copy_opens_what_the_keyring_does_and_nobody_else_may_read_it,
      nothing_is_copied_again_before_it_is_due, an_act_that_asks_how_far_the_copy_is_waits_for_no_copy,
      what_was_destroyed_is_in_no_copy_after_a_roll_and_a_stolen_one_opens_nothing,
      where_no_copy_can_be_made_after_a_roll_the_one_before_is_dead_and_with_room_there_is_one,
      killed_at_any_step_of_a_roll_and_a_copy_the_copy_opens_and_the_keyring_too)
