/* SPDX-License-Identifier: Apache-2.0
 *
 * Launches on their way to the service: whatever fails, or is killed, each arrives once; and what there is no room for is
 * counted.
 */
#include "agent/launches.h"

#include "agent/place.h"
#include "concept/codec.h"
#include "concept/custody.pb-c.h"
#include "govern/rules.h"
#include "test/test.h"

#include <sys/stat.h>

enum { NUMBERS = 64, MEMORY = 16 * 1024 * 1024 };

/* This machine's disk, of which the n-th act from now fails, before it is done or once it is: as a kill leaves it; and its
 * clock, which a machine that was away finds later. */
struct disk {
    struct env env; /* first */
    moment_t away;
    int fail_at;
    bool after, failing;
    err_t how;
};

static err_t act(struct env *env, err_t (*really)(void *with), void *with)
{
    struct disk *disk = (struct disk *)env;
    bool hit = disk->fail_at && --disk->fail_at == 0;
    disk->failing = disk->failing || hit;
    if (disk->failing && !(hit && disk->after))
        return fail(disk->how, "the disk fails here");
    err_t done = really(with);
    return hit ? fail(disk->how, "the disk fails here") : done;
}

struct act_on {
    const char *path;
    str_t bytes;
    buf_t *out;
};

static err_t write_really(void *with)
{
    const struct act_on *on = with;
    return env_real()->write_file(env_real(), on->path, on->bytes, 0600);
}

static err_t read_really(void *with)
{
    const struct act_on *on = with;
    return env_real()->read_file(env_real(), on->path, on->out);
}

static err_t remove_really(void *with)
{
    return env_real()->remove_file(env_real(), ((const struct act_on *)with)->path);
}

static moment_t disk_now(struct env *env) { return env_real()->now(env_real()) + ((struct disk *)env)->away; }

static err_t disk_write(struct env *env, const char *path, str_t bytes, mode_t mode)
{
    return (void)mode, act(env, write_really, &(struct act_on){.path = path, .bytes = bytes});
}

static err_t disk_read(struct env *env, const char *path, buf_t *out_bytes)
{
    return act(env, read_really, &(struct act_on){.path = path, .out = out_bytes});
}

static err_t disk_remove(struct env *env, const char *path)
{
    return act(env, remove_really, &(struct act_on){.path = path});
}

/* A service that stores a number once, as the real one does. */
struct service {
    uint64_t seen[NUMBERS];
    size_t count, launches, refused;
    int lose; /* the n-th answer from now is lost */
};

struct scene {
    struct disk disk;
    struct service service;
    struct own own;
    struct launches launches;
    struct journal *journal;
    char folder[400], own_folder[420], journal_path[420];
};
typedef struct scene scene_own;

static void scene_close(struct scene *scene)
{
    journal_drop(&scene->journal);
    launches_drop(&scene->launches);
}
static void scene_drop(struct scene *scene) { scene_close(scene); }

static bool is_seen(const struct service *service, uint64_t number)
{
    for (size_t i = 0; i < service->count; i++)
        if (service->seen[i] == number)
            return true;
    return false;
}

static err_t part_count(const Custody__LaunchBatch *part, struct service *service)
{
    OWN(arena) arena = ARENA(MEMORY);
    str_t packed;
    void *records;
    size_t count;
    TRY(codec_grow(str_bytes(part->list.data, part->list.len), &arena, &packed));
    TRY(codec_unpack(&launch_concept, packed, &arena, &records, &count));
    for (const struct launch *one = records; one < (const struct launch *)records + count; one++) {
        size_t launches = one->count > 1 ? (size_t)one->count : 1;
        service->launches += launches;
        service->refused += one->decision == DECISION_DENY ? launches : 0;
    }
    return ERR_OK;
}

static err_t store(void *with, const struct service_request *request, buf_t *out_answer)
{
    struct service *service = with;
    Custody__LaunchUpload *upload =
        custody__launch_upload__unpack(NULL, request->body.len, (const uint8_t *)request->body.at);
    (void)out_answer;
    if (!upload)
        return fail(ERR_INVALID, "no upload");
    err_t done = ERR_OK;
    bool again = is_seen(service, upload->sequence);
    for (size_t i = 0; !again && i < upload->n_batches && done == ERR_OK; i++)
        done = part_count(upload->batches[i], service);
    if (!again && service->count < NUMBERS)
        service->seen[service->count++] = upload->sequence;
    custody__launch_upload__free_unpacked(upload, NULL);
    TRY(done);
    return service->lose && --service->lose == 0 ? fail(ERR_UNREACHABLE, "the answer was lost") : ERR_OK;
}

/* Both processes begin, or begin anew. */
static err_t scene_begin(struct scene *scene)
{
    ident_t tenant = {{1}}, device = {{2}};
    scene->disk.fail_at = 0;
    scene->disk.failing = false;
    scene->own = (struct own){.env = &scene->disk.env, .folder = scene->own_folder, .agent = scene->folder};
    TRY(own_open(&scene->own, tenant, device));
    TRY(launches_open(&scene->disk.env, scene->folder, &scene->launches));
    scene->launches.own = &scene->own;
    return journal_open(&(struct journal_ask){&scene->disk.env, scene->journal_path, &scene->launches.key,
                                              launches_next(&scene->launches)},
                        &scene->journal);
}

static err_t scene_open(struct scene *scene, int which)
{
    OWN(state) state = {0};
    struct env *real = env_real();
    TRY(crypt_start());
    *scene = (struct scene){.disk = {.env = *real, .how = ERR_BROKEN}};
    scene->disk.env.write_file = disk_write;
    scene->disk.env.read_file = disk_read;
    scene->disk.env.remove_file = disk_remove;
    scene->disk.env.now = disk_now;
    snprintf(scene->folder, sizeof scene->folder, "%s/%d", test_folder(), which);
    snprintf(scene->own_folder, sizeof scene->own_folder, "%s.guard", scene->folder);
    snprintf(scene->journal_path, sizeof scene->journal_path, "%s.journal", scene->folder);
    mkdir(scene->folder, 0700);
    state_begin(&state, real, (ident_t){{1}}, (ident_t){{2}});
    TRY(state_save(real, scene->folder, &state));
    TRY(real->write_file(real, place(scene->folder, "key.pem").text, STR("no key"), 0600));
    return scene_begin(scene);
}

static void launch(const struct scene *scene, enum decision decision, const char *path)
{
    const struct launch one = {.at = MINUTES(9), .decision = (int64_t)decision, .path = str(path)};
    journal_add(scene->journal, (ident_t){{(uint8_t)(3 + decision)}}, &one);
}

static err_t hand_over(struct scene *scene)
{
    return journal_hand_over(scene->journal, &(struct journal_out){launches_put, &scene->launches});
}

static err_t send(struct scene *scene)
{
    const struct reporter by = {
        .env = &scene->disk.env, .folder = scene->folder, .send = store, .context = &scene->service};
    size_t batches;
    return launches_send(&scene->launches, &by, &batches);
}

/* Handed over and sent under trouble, and once more by processes that begin anew: 1 where the trouble came, 0 where there is no
 * such step any more, and fails where a launch is not there once. `ends`: between the two the guard ended well, or the machine
 * did, which takes the journal away. */
static int survive(int which, const struct disk *trouble, int lose, bool ends)
{
    OWN(scene) scene = {.journal = NULL};
    if (scene_open(&scene, which) != ERR_OK)
        return -1;
    for (int i = 0; i < 5; i++)
        launch(&scene, i == 2 ? DECISION_DENY : DECISION_OBSERVE, i % 2 ? "/a" : "/b");
    scene.disk.fail_at = trouble->fail_at;
    scene.disk.after = trouble->after;
    scene.service.lose = lose;
    bool handed = hand_over(&scene) == ERR_OK;
    bool hit = scene.disk.failing;
    scene.disk.failing = scene.disk.failing && handed; /* the sender is another process: it lives on */
    bool sent = send(&scene) == ERR_OK;
    hit = hit || scene.disk.failing || (lose && !sent);
    scene_close(&scene);
    if (ends && handed)
        unlink(scene.journal_path);
    if (scene_begin(&scene) != ERR_OK)
        return -1;
    launch(&scene, DECISION_ALLOW, "/c");
    if (hand_over(&scene) != ERR_OK || send(&scene) != ERR_OK || journal_lost(scene.journal))
        return -1;
    return scene.service.launches == 6 && scene.service.refused == 1 ? hit : -1;
}

TEST(killed_at_any_step_each_launch_arrives_once)
{
    int which = 0, came = 1;
    for (int mode = 0; mode < 4; mode++) {
        int step = 0;
        do {
            struct disk trouble = {.fail_at = ++step, .after = mode & 1};
            came = survive(which++, &trouble, 0, mode & 2);
        } while (came > 0 && step < 100);
        CHECK(came == 0 && step > 5);
    }
}

TEST(a_batch_whose_answer_was_lost_is_stored_once)
{
    struct disk none = {0};
    CHECK(survive(1000, &none, 1, false) == 1);
    CHECK(survive(1001, &none, 1, true) == 1);
}

TEST(a_number_is_used_once_though_journal_and_batches_are_gone)
{
    OWN(scene) scene = {.journal = NULL};
    CHECK_OK(scene_open(&scene, 2000));
    for (size_t turn = 1; turn < 5; turn++) {
        launch(&scene, DECISION_OBSERVE, "/a");
        CHECK_OK(hand_over(&scene));
        CHECK_OK(send(&scene));
        CHECK(scene.service.launches == turn && scene.service.count == turn);
        scene_close(&scene);
        unlink(scene.journal_path);
        if (turn == 3)
            CHECK_OK(env_real()->remove_file(env_real(), place(scene.own_folder, "launched").text));
        scene.disk.away += SECONDS(1);
        CHECK_OK(scene_begin(&scene));
    }
}

TEST(a_full_spool_keeps_what_was_refused_and_counts_the_rest)
{
    OWN(scene) scene = {.journal = NULL};
    CHECK_OK(scene_open(&scene, 3000));
    for (int i = 0; i < 6; i++)
        launch(&scene, i % 3 ? DECISION_OBSERVE : DECISION_DENY, "/a");
    scene.launches.limit = 0;
    CHECK_OK(hand_over(&scene));
    CHECK(journal_lost(scene.journal) == 4);
    scene.launches.limit = LAUNCHES_BYTES;
    launch(&scene, DECISION_OBSERVE, "/a");
    CHECK_OK(hand_over(&scene));
    CHECK_OK(send(&scene));
    CHECK(scene.service.launches == 3 && scene.service.refused == 2);
}

TEST(the_spool_has_a_limit_and_room_past_it_for_what_is_grave)
{
    enum { BYTES = 400 * 1000 };
    OWN(scene) scene = {.journal = NULL};
    OWN(buf) much = BUF(BYTES);
    size_t put = 0, grave = 0;
    CHECK_OK(scene_open(&scene, 4000));
    char *at = buf_room(&much, BYTES);
    CHECK(at != NULL);
    env_real()->random(env_real(), at, BYTES);
    const struct journal_part part = {(ident_t){{5}}, buf_str(&much)};
    struct journal_batch batch = {.number = 1, .parts = &part, .count = 1};
    scene.launches.limit = 2 * 1000 * 1000;
    for (; launches_put(&scene.launches, &batch) == ERR_OK && put < 100; batch.number++)
        put++;
    CHECK(put == 4);
    CHECK_FAILS(ERR_BUSY, launches_put(&scene.launches, &batch));
    batch.grave = true;
    for (; launches_put(&scene.launches, &batch) == ERR_OK && grave < 100; batch.number++)
        grave++;
    CHECK(put + grave == (scene.launches.limit + LAUNCHES_GRAVE) / (BYTES + 500));
}

TEST(a_full_disk_loses_launches_and_says_how_many)
{
    OWN(scene) scene = {.journal = NULL};
    CHECK_OK(scene_open(&scene, 5000));
    for (int i = 0; i < 5; i++)
        launch(&scene, i ? DECISION_OBSERVE : DECISION_DENY, "/a");
    scene.disk.how = ERR_BUSY; /* what ENOSPC is (sys/env.c) */
    scene.disk.fail_at = 1;
    CHECK_OK(hand_over(&scene));
    CHECK(journal_lost(scene.journal) == 5);
    scene.disk.failing = false;
    launch(&scene, DECISION_OBSERVE, "/b");
    CHECK_OK(hand_over(&scene));
    CHECK_OK(send(&scene));
    CHECK(scene.service.launches == 1 && journal_lost(scene.journal) == 5);
}

TESTS(killed_at_any_step_each_launch_arrives_once, a_batch_whose_answer_was_lost_is_stored_once,
      a_number_is_used_once_though_journal_and_batches_are_gone,
      a_full_spool_keeps_what_was_refused_and_counts_the_rest,
      the_spool_has_a_limit_and_room_past_it_for_what_is_grave, a_full_disk_loses_launches_and_says_how_many)
