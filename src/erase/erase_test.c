/* SPDX-License-Identifier: Apache-2.0
 *
 * An erasure through all stores, and one whose process is killed before and after each question it asks.
 */
#include "erase/erase.h"

#include "concept/device.h"
#include "keyring/given.h"
#include "keyring/holds.h"
#include "store/record.h"
#include "test/test.h"
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define MARKER "a marker of the client's"

/* A keyring with a real disk, and a store beside it; the client to be erased, and another. */
struct scene {
    struct env env;
    struct given given;
    struct store *store;
    struct given_tenant tenant, other;
    char folder[512], snapshots[1024], store_folder[1024], keyring[1024];
    int questions, kill_at; /* counts down before and after each; 0: never */
    bool busy;              /* something runs for the client, and does not end yet */
    int asked_to_end;
};
typedef struct scene scene_own;
static void scene_drop(struct scene *scene)
{
    store_drop(&scene->store);
    given_drop(&scene->given);
}

static char *text(const char *of) { return (char *)(uintptr_t)of; }

static err_t scene_open(struct scene *scene)
{
    scene->env = *env_real();
    scene->env.hurried = true;
    scene->given.env = &scene->env;
    scene->given.arena.limit = 64 * 1024 * 1024;
    memset(scene->given.root.bytes, 7, KEY_SIZE);
    TRY(crypt_start());
    TRY(keyring_open(&scene->env, scene->keyring, &scene->given.root, &scene->given.keyring));
    keyring_cooling_set(scene->given.keyring, 0);
    TRY(keyring_prepare(scene->given.keyring));
    return store_open(&scene->env, scene->store_folder, &scene->store);
}

static err_t scene_named(struct scene *scene, int number)
{
    snprintf(scene->folder, sizeof scene->folder, "%s/%d", test_folder(), number);
    snprintf(scene->snapshots, sizeof scene->snapshots, "%s/snapshots", scene->folder);
    snprintf(scene->store_folder, sizeof scene->store_folder, "%s/store", scene->folder);
    snprintf(scene->keyring, sizeof scene->keyring, "%s/keyring", scene->folder);
    const char *const folders[] = {scene->folder, scene->snapshots, scene->store_folder, scene->keyring};
    for (size_t i = 0; i < 4; i++)
        if (mkdir(folders[i], 0700) != 0)
            return fail(ERR_BROKEN, "cannot make %s", folders[i]);
    return scene_open(scene);
}

static err_t file_put(const char *folder, const char *within, ident_t tenant)
{
    char path[2048];
    snprintf(path, sizeof path, "%s/%s%s/one", folder, within, ident_text("ten", tenant).text);
    return env_real()->put_file(env_real(), path, STR(MARKER), 0600);
}

static err_t nothing_act(struct tx *tx, void *with)
{
    (void)tx, (void)with;
    return ERR_OK;
}

static err_t client_make(struct scene *scene, const char *name, struct given_tenant *out_tenant)
{
    TRY(given_open_tenant(&scene->given, name, out_tenant));
    const struct tenant row = {
        .id = out_tenant->id, .realm = out_tenant->realm, .name = str(name), .state = STR("open")};
    TRY(store_tenant_put(scene->store, &row));
    TRY(store_write(scene->store, row.id, nothing_act, NULL));
    TRY(file_put(scene->store_folder, "blobs/", row.id));
    return file_put(scene->snapshots, "", row.id);
}

static err_t given_asked_for(struct scene *scene)
{
    Keys__ErasureAsk in = KEYS__ERASURE_ASK__INIT;
    in.bearer = text(scene->tenant.cookie);
    in.typed = text("example");
    in.password = given_bin(STR(GIVEN_PASSWORD));
    return given_asked(&scene->given, ASK_erasure_ask, &in, NULL);
}

static void question_counted(struct scene *scene)
{
    scene->questions++;
    if (scene->kill_at && scene->questions == scene->kill_at)
        raise(SIGKILL);
}

static err_t scene_ask(void *with, const struct question *question, arena_t *arena, void *out_answer)
{
    struct scene *scene = with;
    (void)arena;
    question_counted(scene);
    err_t result = given_asked(&scene->given, question->number, question->message, out_answer);
    question_counted(scene);
    return result;
}

/* What the process that answers the network does each second. */
static err_t writers_leave(struct scene *scene)
{
    const Keys__None none = KEYS__NONE__INIT;
    Keys__Erasures *marked = NULL;
    TRY(scene_ask(scene, &(struct question){ASK_erasure_watch, &none}, NULL, &marked));
    for (size_t i = 0; i < marked->n_items; i++) {
        Keys__ErasureTold in = KEYS__ERASURE_TOLD__INIT;
        in.id = marked->items[i]->id;
        in.store = text("writers");
        in.done = true;
        TRY(store_tenant_end(scene->store, scene->tenant.id));
        TRY(scene_ask(scene, &(struct question){ASK_erasure_left, &in}, NULL, NULL));
    }
    return ERR_OK;
}

static bool scene_quiet(void *with, ident_t tenant)
{
    struct scene *scene = with;
    scene->asked_to_end += ident_eq(tenant, scene->tenant.id);
    return !scene->busy;
}

/* What fails with BUSY is what the next turn does. */
static err_t turns(struct scene *scene)
{
    struct eraser eraser = {scene->store, scene->store_folder, scene->snapshots,
                            scene_ask,    scene_quiet,         scene};
    for (int turn = 0; turn < 6; turn++) {
        OWN(arena) arena = ARENA(1 << 20);
        err_t ran = erase_run(&eraser, &arena);
        if (ran != ERR_BUSY)
            TRY(ran);
        TRY(writers_leave(scene));
        TRY(given_logs_signed(&scene->given));
    }
    return ERR_OK;
}

static err_t state_look(struct db *db, void *with)
{
    OWN(rows) rows = {0};
    TRY(db_read(db, &rows, "select state, certificate from erasures"));
    TRY(row_one(&rows));
    *(bool *)with = str_eq(row_text(&rows, 0), STR("closed")) && row_text(&rows, 1).len;
    return ERR_OK;
}

static bool is_closed(struct scene *scene)
{
    bool closed = false;
    return keyring_look(scene->given.keyring, state_look, &closed) == ERR_OK && closed;
}

static int64_t files_of(struct scene *scene, ident_t tenant)
{
    struct tenant_files files = {0};
    struct found blobs = {0}, snapshots = {0};
    char path[2048];
    snprintf(path, sizeof path, "%s/blobs/%s", scene->store_folder, ident_text("ten", tenant).text);
    if (folder_weigh(path, &blobs) != ERR_OK || store_tenant_files(scene->store, tenant, &files) != ERR_OK)
        return -1;
    snprintf(path, sizeof path, "%s/%s", scene->snapshots, ident_text("ten", tenant).text);
    if (folder_weigh(path, &snapshots) != ERR_OK)
        return -1;
    int64_t count = files.files + blobs.items + snapshots.items;
    snprintf(path, sizeof path, "%s/drill/%s", scene->snapshots, ident_text("ten", tenant).text);
    return folder_weigh(path, &snapshots) == ERR_OK ? count + snapshots.items : -1;
}

TEST(an_erased_client_has_no_file_left_and_its_neighbour_has_all)
{
    OWN(scene) scene = {0};
    CHECK_OK(scene_named(&scene, 0));
    CHECK_OK(client_make(&scene, "example", &scene.tenant));
    CHECK_OK(client_make(&scene, "other", &scene.other));
    int64_t others = files_of(&scene, scene.other.id);
    CHECK(others >= 3 && files_of(&scene, scene.tenant.id) >= 3);
    CHECK_OK(turns(&scene)); /* nobody has asked for anything */
    CHECK(files_of(&scene, scene.tenant.id) >= 3);
    CHECK_OK(given_asked_for(&scene));
    CHECK_OK(turns(&scene));
    CHECK(is_closed(&scene));
    CHECK(files_of(&scene, scene.tenant.id) == 0 && files_of(&scene, scene.other.id) == others);
    CHECK_FAILS(ERR_MISSING, store_write(scene.store, scene.tenant.id, nothing_act, NULL));
    CHECK_OK(store_write(scene.store, scene.other.id, nothing_act, NULL));
}

/* A work of the client's, given to the jobs process. */
static err_t given_a_work(struct scene *scene, ident_t *out_id)
{
    Keys__Bearer in = KEYS__BEARER__INIT;
    const Keys__WorkDue due = KEYS__WORK_DUE__INIT;
    const Keys__Works *works = NULL;
    in.bearer = text(scene->tenant.cookie);
    TRY(given_asked(&scene->given, ASK_drill_ask, &in, NULL));
    for (;;) {
        TRY(given_asked(&scene->given, ASK_work_due, &due, &works));
        if (!works->n_items)
            return fail(ERR_MISSING, "no work is given out");
        if (!strcmp(works->items[0]->kind, "drill"))
            return ident_from(bin(works->items[0]->id), out_id);
        Keys__Work told = KEYS__WORK__INIT; /* what the clock wants first */
        told.id = works->items[0]->id;
        told.state = text("done");
        TRY(given_asked(&scene->given, ASK_work_told, &told, NULL));
    }
}

static err_t work_told(struct scene *scene, ident_t id)
{
    Keys__Work in = KEYS__WORK__INIT;
    in.id = given_bin(ident_bytes(&id));
    in.state = text("failed");
    return given_asked(&scene->given, ASK_work_told, &in, NULL);
}

static err_t outer_key_asked(struct scene *scene)
{
    Keys__OfTenantSnapshots in = KEYS__OF_TENANT_SNAPSHOTS__INIT;
    in.tenant = given_bin(ident_bytes(&scene->tenant.id));
    return given_asked(&scene->given, ASK_snapshot_key, &in, NULL);
}

static err_t works_look(struct db *db, void *with)
{
    return db_number(
        db, (int64_t *)with,
        "select (select count(*) from works where kind = 'drill') + (select count(*) from snapshot_keys)");
}

TEST(no_store_acknowledges_while_a_work_of_the_client_runs_and_none_gets_a_key_after_the_mark)
{
    OWN(scene) scene = {0};
    ident_t work;
    int64_t left = -1;
    CHECK_OK(scene_named(&scene, 5000));
    CHECK_OK(client_make(&scene, "example", &scene.tenant));
    CHECK_OK(file_put(scene.snapshots, "drill/", scene.tenant.id));
    CHECK_OK(outer_key_asked(&scene));
    CHECK_OK(given_a_work(&scene, &work));
    CHECK_OK(given_asked_for(&scene));
    scene.busy = true;
    CHECK_OK(turns(&scene));
    CHECK(!is_closed(&scene) && scene.asked_to_end && files_of(&scene, scene.tenant.id) >= 3);
    CHECK_FAILS(ERR_CONFLICT, outer_key_asked(&scene));
    scene.busy = false; /* so says the jobs process: by the keyring one still runs */
    CHECK_OK(turns(&scene));
    CHECK(!is_closed(&scene));
    CHECK_OK(work_told(&scene, work));
    CHECK_OK(turns(&scene));
    CHECK(is_closed(&scene) && files_of(&scene, scene.tenant.id) == 0);
    CHECK_FAILS(ERR_CONFLICT, outer_key_asked(&scene));
    CHECK_OK(keyring_look(scene.given.keyring, works_look, &left));
    CHECK(left == 0);
}

/* In a process of its own, which is killed: whether it came so far. */
static bool killed_at(struct scene *scene, int at)
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        scene->kill_at = at;
        if (scene_open(scene) == ERR_OK)
            (void)!turns(scene);
        _exit(0);
    }
    return child > 0 && waitpid(child, &status, 0) == child && WIFSIGNALED(status);
}

TEST(an_erasure_that_is_killed_anywhere_is_gone_on_with)
{
    int at = 1;
    for (bool killed = true; killed; at++) {
        OWN(scene) scene = {0};
        CHECK_OK(scene_named(&scene, at));
        CHECK_OK(client_make(&scene, "example", &scene.tenant));
        CHECK_OK(client_make(&scene, "other", &scene.other));
        CHECK_OK(given_asked_for(&scene));
        store_drop(&scene.store);
        keyring_drop(&scene.given.keyring);
        killed = killed_at(&scene, at);
        CHECK_OK(scene_open(&scene));
        CHECK_OK(turns(&scene));
        CHECK(is_closed(&scene));
        CHECK(files_of(&scene, scene.tenant.id) == 0 && files_of(&scene, scene.other.id) >= 3);
        CHECK_OK(given_asked(&scene.given, ASK_whoami,
                             &(Keys__Bearer){.base = PROTOBUF_C_MESSAGE_INIT(&keys__bearer__descriptor),
                                             .bearer = text(scene.other.cookie)},
                             NULL));
    }
    CHECK(at > 20);
}

/* Two devices with a row each, and a hold on the first. */
struct held_scene {
    struct scene scene;
    ident_t devices[2], hold;
};
typedef struct held_scene held_scene_own;
static void held_scene_drop(struct held_scene *held) { scene_drop(&held->scene); }

static err_t devices_act(struct tx *tx, void *with)
{
    const struct held_scene *held = with;
    for (size_t i = 0; i < 2; i++) {
        const struct device plain = {.id = held->devices[i], .enrolled = 1};
        const struct record row = {
            .id = plain.id, .subject = plain.id, .changed = 1, .sealed = STR(MARKER), .plain = &plain};
        TRY(record_put(tx, &device_concept, &row));
    }
    return ERR_OK;
}

static err_t given_a_hold(struct held_scene *held)
{
    struct scene *scene = &held->scene;
    Keys__HoldPlace in = KEYS__HOLD_PLACE__INIT;
    Keys__Hold *hold = NULL;
    scene->given.world.clock = scene->env.now(&scene->env);
    for (size_t i = 0; i < 2; i++)
        TRY(given_device(&scene->given, &scene->tenant, &held->devices[i]));
    TRY(store_write(scene->store, scene->tenant.id, devices_act, held));
    in.bearer = text(scene->tenant.cookie);
    in.kind = text("device");
    in.target = given_bin(ident_bytes(&held->devices[0]));
    in.case_id = text("2026/17");
    in.words = text("why");
    TRY(given_asked(&scene->given, ASK_hold_place, &in, &hold));
    return ident_from(bin(hold->id), &held->hold);
}

static err_t given_a_held_client(struct held_scene *held, int number)
{
    struct scene *scene = &held->scene;
    TRY(scene_named(scene, number));
    TRY(client_make(scene, "example", &scene->tenant));
    TRY(client_make(scene, "other", &scene->other));
    TRY(given_a_hold(held));
    return given_asked_for(scene);
}

/* As the ledger does it where an order has not. */
static err_t release_act(struct keyring *keyring, void *with)
{
    const struct held_scene *held = with;
    struct ask ask = {.keyring = keyring, .env = keyring_env(keyring), .db = keyring_db(keyring)};
    return hold_end(&ask, held->scene.tenant.id, held->hold);
}

static err_t released(struct held_scene *held)
{
    return keyring_write(held->scene.given.keyring, release_act, held);
}

static err_t there_act(struct tx *tx, void *with)
{
    const struct held_scene *held = with;
    bool first = false, second = true;
    TRY(record_exists(tx, &device_concept, held->devices[0], &first));
    TRY(record_exists(tx, &device_concept, held->devices[1], &second));
    return first && !second ? ERR_OK : fail(ERR_BROKEN, "not what the hold names");
}

/* How many erasures have a certificate, and how many are closed. */
static err_t states_look(struct db *db, void *with)
{
    OWN(rows) rows = {0};
    int *counts = with;
    TRY(db_read(db, &rows, "select count(*), sum(state = 'closed') from erasures where certificate <> ''"));
    TRY(row_one(&rows));
    counts[0] = (int)row_number(&rows, 0);
    counts[1] = (int)row_number(&rows, 1);
    return ERR_OK;
}

static bool come_to(struct scene *scene, int certified, int closed)
{
    int counts[2] = {0};
    return keyring_look(scene->given.keyring, states_look, counts) == ERR_OK && counts[0] == certified &&
           counts[1] == closed;
}

/* Shut, killed at that question in a process of its own, and gone on with here. */
static err_t killed_and_gone_on(struct scene *scene, int at, bool *out_killed)
{
    store_drop(&scene->store);
    keyring_drop(&scene->given.keyring);
    *out_killed = killed_at(scene, at);
    TRY(scene_open(scene));
    return turns(scene);
}

TEST(an_erasure_around_a_hold_and_its_release_are_gone_on_with_wherever_they_are_killed)
{
    int at = 1;
    for (bool killed = true, again = true; killed || again; at += 7) {
        OWN(held_scene) held = {0};
        struct scene *scene = &held.scene;
        CHECK_OK(given_a_held_client(&held, 1000 + at));
        CHECK_OK(killed_and_gone_on(scene, at, &killed));
        CHECK(come_to(scene, 1, 0));
        CHECK_OK(store_read(scene->store, scene->tenant.id, there_act, &held));
        CHECK(files_of(scene, scene->other.id) >= 3);
        CHECK_OK(released(&held));
        CHECK_OK(killed_and_gone_on(scene, at, &again));
        CHECK(come_to(scene, 2, 2));
        CHECK(files_of(scene, scene->tenant.id) == 0 && files_of(scene, scene->other.id) >= 3);
    }
    CHECK(at > 20);
}

TESTS(an_erased_client_has_no_file_left_and_its_neighbour_has_all,
      an_erasure_that_is_killed_anywhere_is_gone_on_with,
      no_store_acknowledges_while_a_work_of_the_client_runs_and_none_gets_a_key_after_the_mark,
      an_erasure_around_a_hold_and_its_release_are_gone_on_with_wherever_they_are_killed)
