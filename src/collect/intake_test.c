/* SPDX-License-Identifier: Apache-2.0
 *
 * Intake against a real store and a real keyring, where the order of things is decided by the test: what is random is
 * drawn from a world that can act in the middle of a report.
 */
#include "base/limits.h"
#include "collect/intake.h"
#include "collect/inventory.h"
#include "collect/lease.h"
#include "collect/switches.h"
#include "concept/codec.h"
#include "concept/custody.pb-c.h"
#include "concept/elevation.h"
#include "concept/launch.h"
#include "keyring/given.h"
#include "seal/seal.h"
#include "seal/vouch.h"
#include "test/test.h"
#include <pthread.h>
#include <semaphore.h>
#include <sys/socket.h>

struct scene {
    struct given keys;
    struct given_tenant tenant;
    ident_t device;
    struct store *store;
    struct leases *leases;
    struct chains *chains;
    struct channel channel;
    int keys_end;
    pthread_t answering;
    struct env env; /* the real one, but for random, which calls `midway` once */
    void (*midway)(struct scene *scene);
    arena_t arena;
    struct record_page page;
    sem_t entered, held;
};
typedef struct scene scene_own;

static struct scene *watched; /* random() has no argument to find its scene by */

static void scene_random(struct env *env, void *at, size_t len)
{
    void (*midway)(struct scene *) = watched->midway;
    (void)env;
    watched->midway = NULL;
    if (midway)
        midway(watched);
    env_real()->random(env_real(), at, len);
}

static void *answer_until_closed(void *with)
{
    struct scene *scene = with;
    for (;;) {
        OWN(buf) packed = BUF(MAX_ASK);
        OWN(buf) body = BUF(MAX_ASK);
        uint8_t number = 0, code = 0;
        if (frame_receive(scene->keys_end, &number, &packed) != ERR_OK)
            return NULL;
        keys_answer(scene->keys.keyring, &(struct asked){ASKER_WEB, number, buf_str(&packed)}, &body, &code);
        if (frame_send(scene->keys_end, code, buf_str(&body)) != ERR_OK)
            return NULL;
    }
}

static struct desk desk_of(struct scene *scene, arena_t *arena)
{
    return (struct desk){&scene->env, scene->store, &scene->channel, arena, scene->leases, scene->chains};
}

static err_t scene_connect(struct scene *scene)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
        return fail(ERR_BROKEN, "no socket pair");
    scene->keys_end = ends[0];
    scene->channel = (struct channel){ends[1], leases_turn(scene->leases)};
    if (pthread_create(&scene->answering, NULL, answer_until_closed, scene) != 0)
        return fail(ERR_BUSY, "no thread");
    return ERR_OK;
}

/* As enrolment leaves it. */
static err_t device_row(struct tx *tx, void *with)
{
    const struct scene *scene = with;
    const struct device plain = {.id = scene->device, .enrolled = 1, .seen = 1};
    return record_put(tx, &device_concept,
                      &(struct record){.id = plain.id, .subject = plain.id, .plain = &plain});
}

/* A tenant with one enrolled device, whose keys and records are where they are in the service. */
static err_t given_a_scene(struct scene *scene)
{
    watched = scene;
    scene->env = *env_real();
    scene->env.random = scene_random;
    scene->arena.limit = MAX_MEMORY;
    sem_init(&scene->entered, 0, 0);
    sem_init(&scene->held, 0, 0);
    TRY(given_a_keyring(&scene->keys));
    TRY(given_open_tenant(&scene->keys, "example", &scene->tenant));
    TRY(given_device(&scene->keys, &scene->tenant, &scene->device));
    TRY(store_open(&scene->env, test_folder(), &scene->store));
    TRY(leases_open(&scene->env, &scene->leases));
    TRY(store_tenant_put(scene->store, &(struct tenant){.id = scene->tenant.id,
                                                        .realm = scene->tenant.realm,
                                                        .name = str("example"),
                                                        .state = str("open")}));
    TRY(store_write(scene->store, scene->tenant.id, device_row, scene));
    return scene_connect(scene);
}

static void scene_drop(struct scene *scene)
{
    if (scene->keys_end) {
        shutdown(scene->channel.fd, SHUT_RDWR);
        pthread_join(scene->answering, NULL);
        close(scene->channel.fd);
        close(scene->keys_end);
    }
    store_drop(&scene->store);
    leases_drop(&scene->leases);
    given_drop(&scene->keys);
    arena_drop(&scene->arena);
}

static err_t list_frame(const concept_t *c, const void *record, arena_t *arena, str_t *out_frame)
{
    OWN(buf) packed = BUF(MAX_RECORD_TEXT * 4);
    OWN(buf) frame = BUF(4096);
    TRY(codec_pack(c, record, 1, arena, &packed));
    TRY(codec_shrink(buf_str(&packed), &frame));
    *out_frame = arena_copy(arena, buf_str(&frame));
    return arena_end(arena);
}

/* A report of the device's name and so many items of one program each. */
static err_t report_of(struct scene *scene, uint64_t sequence, size_t programs, str_t *out_body)
{
    arena_t *arena = &scene->arena;
    Custody__Report report = CUSTODY__REPORT__INIT;
    const struct device device = {.name = STR("desk-1")};
    const struct program program = {.name = STR("bash"), .version = STR("5.2")};
    str_t device_frame, program_frame;
    TRY(list_frame(&device_concept, &device, arena, &device_frame));
    TRY(list_frame(&program_concept, &program, arena, &program_frame));
    report.epoch = given_bin(ident_bytes(&scene->device));
    report.sequence = sequence;
    report.items = arena_array(arena, Custody__Item *, programs + 1);
    for (size_t i = 0; i <= programs; i++) {
        Custody__Item *item = report.items[i] = arena_new(arena, Custody__Item);
        ident_t *id = arena_new(arena, ident_t);
        TRY(arena_end(arena));
        *id = i ? ident_new(env_real()) : scene->device;
        custody__item__init(item);
        item->concept = (uint32_t)(i ? program_concept.number : device_concept.number);
        item->id = given_bin(ident_bytes(id));
        item->subject = given_bin(ident_bytes(&scene->device));
        item->list = given_bin(i ? program_frame : device_frame);
    }
    report.n_items = programs + 1;
    char *at = arena_take(arena, custody__report__get_packed_size(&report));
    TRY(arena_end(arena));
    *out_body = str_bytes(at, custody__report__pack(&report, (uint8_t *)at));
    return ERR_OK;
}

static err_t reported(struct scene *scene, uint64_t sequence, size_t programs)
{
    struct desk desk = desk_of(scene, &scene->arena);
    struct intake intake = {
        .tenant = scene->tenant.id, .device = scene->device, .peer_address = STR("192.0.2.1")};
    TRY(report_of(scene, sequence, programs, &intake.body));
    return intake_report(&desk, &intake);
}

static struct reader owner_of(const struct scene *scene)
{
    return (struct reader){scene->tenant.id, scene->tenant.realm, scene->tenant.cookie};
}

static void remove_device(struct scene *scene)
{
    OWN(arena) arena = ARENA(MAX_MEMORY);
    struct desk desk = desk_of(scene, &arena);
    struct reader reader = owner_of(scene);
    if (inventory_remove(&desk, &reader, scene->device) != ERR_OK)
        test_failed(__FILE__, __LINE__, "the device is removed midway", err_note());
}

static size_t devices_left(struct scene *scene)
{
    struct desk desk = desk_of(scene, &scene->arena);
    struct reader reader = owner_of(scene);
    struct device_page page = {0};
    return inventory_devices(&desk, &reader, &(struct device_ask){0}, &page) == ERR_OK ? page.count : 99;
}

TEST(a_report_that_began_before_its_device_was_removed_is_not_stored)
{
    OWN(scene) scene = {0};
    CHECK_OK(given_a_scene(&scene));
    CHECK_OK(reported(&scene, 1, 1));
    CHECK(devices_left(&scene) == 1);
    scene.midway = remove_device;
    CHECK_FAILS(ERR_DENIED, reported(&scene, 2, 1));
    CHECK(devices_left(&scene) == 0);
    CHECK_FAILS(ERR_DENIED, reported(&scene, 2, 1));
}

static void switch_programs_off(struct scene *scene)
{
    OWN(arena) arena = ARENA(MAX_MEMORY);
    struct desk desk = desk_of(scene, &arena);
    struct collection collection;
    if (switches_read(&desk, scene->tenant.id, &collection) == ERR_OK) {
        collection.programs = false;
        if (switches_change(&desk, &(struct switcher){scene->tenant.id}, &collection) == ERR_OK)
            return;
    }
    test_failed(__FILE__, __LINE__, "programs are switched off midway", err_note());
}

static void say_settled(void *with, err_t result, const char *note)
{
    err_t *settled = with;
    (void)note;
    *settled = result;
}

/* Without a channel: true where it was packed; `*out_settled` is what became of it. */
static bool sent_at_once(struct scene *scene, uint64_t sequence, err_t *out_settled)
{
    struct desk desk = desk_of(scene, &scene->arena);
    struct intake intake = {
        .tenant = scene->tenant.id, .device = scene->device, .peer_address = STR("192.0.2.1")};
    OWN(parcel) parcel = NULL;
    desk.channel = NULL;
    *out_settled = ERR_BROKEN;
    if (report_of(scene, sequence, 1, &intake.body) != ERR_OK ||
        intake_pack(&desk, &intake, &parcel) != ERR_OK || !parcel)
        return false;
    intake_send(give(parcel), &(struct intake_end){say_settled, out_settled});
    store_drop(&scene->store); /* which commits what is under way */
    return store_open(&scene->env, test_folder(), &scene->store) == ERR_OK;
}

TEST(a_device_that_has_just_reported_needs_no_keys_process_for_a_minute)
{
    OWN(scene) scene = {0};
    err_t settled = ERR_OK;
    CHECK_OK(given_a_scene(&scene));
    CHECK(!sent_at_once(&scene, 1, &settled));
    CHECK_OK(reported(&scene, 1, 1));
    CHECK(sent_at_once(&scene, 2, &settled));
    CHECK_OK(settled);
    switch_programs_off(&scene);
    CHECK(!sent_at_once(&scene, 3, &settled));
    CHECK_OK(reported(&scene, 3, 1));
    CHECK(sent_at_once(&scene, 4, &settled));
    CHECK_OK(settled);
    remove_device(&scene);
    CHECK(!sent_at_once(&scene, 5, &settled));
}

TEST(a_report_that_began_before_an_item_was_switched_off_does_not_store_it)
{
    OWN(scene) scene = {0};
    struct device_whole whole;
    CHECK_OK(given_a_scene(&scene));
    struct desk desk = desk_of(&scene, &scene.arena);
    struct reader reader = owner_of(&scene);
    CHECK_OK(reported(&scene, 1, 2));
    scene.midway = switch_programs_off;
    CHECK_FAILS(ERR_BUSY, reported(&scene, 2, 2));
    CHECK_OK(reported(&scene, 2, 2));
    CHECK_OK(inventory_device(&desk, &reader, scene.device, &whole));
    CHECK(whole.programs.count == 0 && str_eq(whole.device.name, STR("desk-1")));
}

TEST(a_report_of_the_most_items_that_one_may_have_is_taken)
{
    OWN(scene) scene = {0};
    struct device_whole whole;
    CHECK_OK(given_a_scene(&scene));
    struct desk desk = desk_of(&scene, &scene.arena);
    struct reader reader = owner_of(&scene);
    CHECK_FAILS(ERR_TOO_LARGE, reported(&scene, 1, MAX_REPORT_ITEMS));
    CHECK_OK(reported(&scene, 1, MAX_REPORT_ITEMS - 1));
    CHECK_OK(inventory_device(&desk, &reader, scene.device, &whole));
    CHECK(whole.programs.count == MAX_REPORT_ITEMS - 1);
}

/* A report of one item, under the switches of this version. */
static err_t item_sent(struct scene *scene, Custody__Item *item, int64_t version)
{
    struct desk desk = desk_of(scene, &scene->arena);
    struct intake intake = {.tenant = scene->tenant.id, .device = scene->device, .unnumbered = true};
    Custody__Report report = CUSTODY__REPORT__INIT;
    report.epoch = given_bin(ident_bytes(&scene->device));
    report.items = &item;
    report.n_items = 1;
    report.version = version;
    char *at = arena_take(&scene->arena, custody__report__get_packed_size(&report));
    TRY(arena_end(&scene->arena));
    intake.body = str_bytes(at, custody__report__pack(&report, (uint8_t *)at));
    return intake_report(&desk, &intake);
}

static Custody__Item item_of(const concept_t *c, const ident_t *id, const ident_t *subject)
{
    Custody__Item item = CUSTODY__ITEM__INIT;
    item.concept = (uint32_t)c->number;
    item.id = given_bin(ident_bytes(id));
    item.subject = given_bin(ident_bytes(subject));
    return item;
}

static err_t reported_item(struct scene *scene, const concept_t *c, const void *record)
{
    const ident_t id = ident_new(env_real());
    Custody__Item item = item_of(c, &id, &scene->device);
    str_t frame;
    TRY(list_frame(c, record, &scene->arena, &frame));
    item.list = given_bin(frame);
    return item_sent(scene, &item, 0);
}

TEST(a_report_holds_what_is_kept_of_a_device_and_no_other_list)
{
    OWN(scene) scene = {0};
    const struct elevation_asked elevation = {.path = STR("/usr/bin/id")};
    const struct launch launch = {.path = STR("/usr/bin/id")};
    const struct program program = {.name = STR("bash")};
    CHECK_OK(given_a_scene(&scene));
    CHECK_FAILS(ERR_INVALID, reported_item(&scene, &elevation_concept, &elevation));
    CHECK_FAILS(ERR_INVALID, reported_item(&scene, &launch_concept, &launch));
    CHECK_OK(reported_item(&scene, &program_concept, &program));
}

/* What an endpoint has sealed */

/* As the endpoint does it: asks for the subject's key, and seals to it. */
static err_t item_seal(struct scene *scene, Custody__Item *item, str_t frame)
{
    struct desk desk = desk_of(scene, &scene->arena);
    struct intake intake = {.tenant = scene->tenant.id, .device = scene->device};
    struct seal_place place = {.realm = scene->tenant.realm, .concept = (int)item->concept};
    struct vouched vouched;
    str_t note;
    buf_t sealed = arena_buf(&scene->arena, seal_size(frame.len));
    intake.body = str_bytes(item->subject.data, item->subject.len);
    TRY(intake_subjects(&desk, &intake, false, &note));
    TRY(vouch_read(str_bytes(note.at + 1 + note.at[0], note.len - 1 - (size_t)note.at[0]), &scene->arena,
                   &vouched));
    TRY(ident_from(str_bytes(item->id.data, item->id.len), &place.id));
    seal_put(env_real(), &vouched.keys[0].public, &place, frame, &sealed);
    item->sealed = given_bin(buf_str(&sealed));
    item->entries = 1;
    return buf_end(&sealed);
}

static err_t program_sealed(struct scene *scene, const ident_t *id, Custody__Item *out_item)
{
    const struct program program = {.name = STR("bash"), .version = STR("5.2")};
    str_t frame;
    *out_item = item_of(&program_concept, id, &scene->device);
    TRY(list_frame(&program_concept, &program, &scene->arena, &frame));
    return item_seal(scene, out_item, frame);
}

/* Of a name that is longer than anything is called. */
static err_t endless_sealed(struct scene *scene, const ident_t *id, Custody__Item *out_item)
{
    static char name[MAX_RECORD_TEXT + 1];
    const struct program program = {.name = {name, sizeof name}, .version = STR("5.2")};
    str_t frame;
    memset(name, '"', sizeof name);
    *out_item = item_of(&program_concept, id, &scene->device);
    TRY(list_frame(&program_concept, &program, &scene->arena, &frame));
    return item_seal(scene, out_item, frame);
}

static size_t programs_shown(struct scene *scene, size_t *out_broken)
{
    struct desk desk = desk_of(scene, &scene->arena);
    struct reader reader = owner_of(scene);
    struct device_whole whole = {.broken = false};
    if (inventory_device(&desk, &reader, scene->device, &whole) != ERR_OK)
        test_failed(__FILE__, __LINE__, "the device is shown", err_note());
    *out_broken = whole.programs.broken;
    return whole.programs.count;
}

static err_t sealed_column(struct tx *tx, void *with)
{
    struct scene *scene = with;
    return record_list(tx, &program_concept, &(struct record_ask){.parent = &scene->device}, &scene->arena,
                       &scene->page);
}

TEST(what_an_endpoint_has_sealed_is_kept_as_it_came_and_opened_by_who_may)
{
    OWN(scene) scene = {0};
    OWN(lease) lease = {0};
    Custody__Item item;
    size_t broken = 9;
    CHECK_OK(given_a_scene(&scene));
    const ident_t id = ident_new(env_real());
    CHECK_OK(program_sealed(&scene, &id, &item));
    CHECK_OK(item_sent(&scene, &item, 0));
    CHECK_OK(store_read(scene.store, scene.tenant.id, sealed_column, &scene));
    CHECK(scene.page.count == 1 && scene.page.records[0].entries == 1);
    CHECK(str_eq(scene.page.records[0].sealed, str_bytes(item.sealed.data, item.sealed.len)));
    CHECK(programs_shown(&scene, &broken) == 1 && broken == 0);
    const struct lease_place place = {scene.tenant.id, scene.device, scene.device};
    CHECK(leases_find(scene.leases, &place, &lease) && !lease.keyed); /* nothing that could open it */
    item.sealed.len = 0;
    CHECK_OK(item_sent(&scene, &item, 0)); /* gone */
    CHECK(programs_shown(&scene, &broken) == 0);
}

TEST(what_is_switched_off_does_not_enter_sealed_either)
{
    OWN(scene) scene = {0};
    Custody__Item item;
    size_t broken = 0;
    CHECK_OK(given_a_scene(&scene));
    const ident_t id = ident_new(env_real());
    CHECK_OK(program_sealed(&scene, &id, &item));
    switch_programs_off(&scene);
    CHECK_FAILS(ERR_BUSY, item_sent(&scene, &item, 0)); /* made before: its endpoint has to know them first */
    CHECK_OK(item_sent(&scene, &item, 1));
    CHECK(programs_shown(&scene, &broken) == 0 && broken == 0);
}

TEST(a_sealed_item_of_another_form_or_about_somebody_else_is_refused)
{
    OWN(scene) scene = {0};
    Custody__Item item;
    CHECK_OK(given_a_scene(&scene));
    const ident_t id = ident_new(env_real()), stranger = ident_new(env_real());
    CHECK_OK(program_sealed(&scene, &id, &item));
    const Custody__Item good = item;
    item.list = given_bin(STR("both"));
    CHECK_FAILS(ERR_INVALID, item_sent(&scene, &item, 0));
    item = good;
    item.sealed.len--; /* no length that padding gives */
    CHECK_FAILS(ERR_INVALID, item_sent(&scene, &item, 0));
    item = good;
    item.entries = MAX_ITEM_ENTRIES + 1;
    CHECK_FAILS(ERR_TOO_LARGE, item_sent(&scene, &item, 0));
    item = good;
    item.subject = given_bin(ident_bytes(&stranger));
    CHECK_FAILS(ERR_INVALID, item_sent(&scene, &item, 0));
    item.concept = (uint32_t)account_concept.number;
    item.id = item.subject; /* a person of whom the keys process never heard */
    CHECK_FAILS(ERR_DENIED, item_sent(&scene, &item, 0));
}

/* All that an endpoint can put under a seal, and it is no list of that record. */
TEST(what_was_sealed_and_is_no_record_is_named_as_broken_and_the_others_are_shown)
{
    OWN(scene) scene = {0};
    Custody__Item item;
    size_t broken = 0;
    CHECK_OK(given_a_scene(&scene));
    OWN(buf) bomb = BUF(MAX_REPORT);
    OWN(buf) zeros = BUF(MAX_ITEM * 2);
    CHECK(buf_room(&zeros, MAX_ITEM + 1));
    memset(zeros.at, 0, zeros.len);
    CHECK_OK(codec_shrink(buf_str(&zeros), &bomb));
    const str_t frames[] = {STR("no frame"), STR(""), buf_str(&bomb),
                            STR("\x28\xb5\x2f\xfd\x20\x04\x21\0\0junk")};
    const size_t count = sizeof frames / sizeof *frames;
    for (size_t i = 0; i < count; i++) {
        const ident_t id = ident_new(env_real());
        item = item_of(&program_concept, &id, &scene.device);
        CHECK_OK(item_seal(&scene, &item, frames[i]));
        CHECK_OK(item_sent(&scene, &item, 0));
    }
    const ident_t moved = ident_new(env_real()), lying = ident_new(env_real()), boxed = ident_new(env_real());
    const ident_t good = ident_new(env_real()), endless = ident_new(env_real());
    CHECK_OK(program_sealed(&scene, &good, &item));
    CHECK_OK(item_sent(&scene, &item, 0));
    item.id = given_bin(ident_bytes(&moved)); /* sealed for another place */
    CHECK_OK(item_sent(&scene, &item, 0));
    CHECK_OK(program_sealed(&scene, &lying, &item));
    item.entries = 7;
    CHECK_OK(item_sent(&scene, &item, 0));
    CHECK_OK(program_sealed(&scene, &boxed, &item));
    item.sealed.data[5] ^= 1; /* to nobody */
    CHECK_OK(item_sent(&scene, &item, 0));
    CHECK_OK(endless_sealed(&scene, &endless, &item));
    CHECK_OK(item_sent(&scene, &item, 0));
    CHECK(programs_shown(&scene, &broken) == 1 && broken == count + 4);
}

/* An act that keeps a commit open until it is told, so that what comes meanwhile goes into the next one together. */
static err_t hold_act(struct tx *tx, void *with)
{
    struct scene *scene = with;
    (void)tx;
    sem_post(&scene->entered);
    while (sem_wait(&scene->held) != 0)
        ;
    return ERR_OK;
}

static err_t refuse_act(struct tx *tx, void *with)
{
    (void)tx, (void)with;
    return fail(ERR_CONFLICT, "an act that always fails");
}

static void *hold_run(void *with)
{
    struct scene *scene = with;
    return store_write(scene->store, scene->tenant.id, hold_act, scene) == ERR_OK ? NULL : with;
}

static void *refuse_run(void *with)
{
    struct scene *scene = with;
    return store_write(scene->store, scene->tenant.id, refuse_act, scene) == ERR_CONFLICT ? NULL : with;
}

static void *change_run(void *with)
{
    struct scene *scene = with;
    OWN(arena) arena = ARENA(MAX_MEMORY);
    struct desk desk = desk_of(scene, &arena);
    struct collection collection = {.computer_name = true, .version = 0};
    return switches_change(&desk, &(struct switcher){scene->tenant.id}, &collection) == ERR_OK &&
                   collection.version == 1
               ? NULL
               : with;
}

TEST(a_change_that_shares_its_commit_with_an_act_that_fails_is_made_once)
{
    OWN(scene) scene = {0};
    pthread_t threads[3];
    void *(*const runs[])(void *) = {hold_run, change_run, refuse_run};
    CHECK_OK(given_a_scene(&scene));
    for (size_t i = 0; i < 3; i++) {
        CHECK(pthread_create(&threads[i], NULL, runs[i], &scene) == 0);
        if (!i)
            sem_wait(&scene.entered);
        usleep(100000); /* so that the change stands before the failing act, both behind the one that holds */
    }
    sem_post(&scene.held);
    bool all = true;
    for (size_t i = 0; i < 3; i++) {
        void *wrong = NULL;
        pthread_join(threads[i], &wrong);
        all &= !wrong;
    }
    CHECK(all);
}

TESTS(a_device_that_has_just_reported_needs_no_keys_process_for_a_minute,
      a_report_that_began_before_its_device_was_removed_is_not_stored,
      a_report_that_began_before_an_item_was_switched_off_does_not_store_it,
      a_report_of_the_most_items_that_one_may_have_is_taken,
      a_report_holds_what_is_kept_of_a_device_and_no_other_list,
      what_an_endpoint_has_sealed_is_kept_as_it_came_and_opened_by_who_may,
      what_is_switched_off_does_not_enter_sealed_either,
      a_sealed_item_of_another_form_or_about_somebody_else_is_refused,
      what_was_sealed_and_is_no_record_is_named_as_broken_and_the_others_are_shown,
      a_change_that_shares_its_commit_with_an_act_that_fails_is_made_once)
