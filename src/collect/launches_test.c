/* SPDX-License-Identifier: Apache-2.0
 *
 * Launches from an upload to a search, against a real store and a real keyring, with a clock of the test's own.
 */
#include "base/limits.h"
#include "collect/fold.h"
#include "collect/launch_intake.h"
#include "collect/launch_list.h"
#include "collect/launches.h"
#include "concept/codec.h"
#include "concept/custody.pb-c.h"
#include "keyring/given.h"
#include "store/db.h"
#include "test/test.h"
#include <pthread.h>
#include <sys/socket.h>

struct scene {
    struct given keys;
    struct given_tenant tenant;
    ident_t device, person;
    struct env env; /* the real one, but for the clock */
    struct store *store;
    struct leases *leases;
    struct chains *chains;
    struct channel channel;
    int keys_end;
    pthread_t answering;
    arena_t arena;
    int64_t times; /* that a launch says it was; 0: once */
};
typedef struct scene scene_own;

static moment_t clock_now; /* now() has no argument to find it by */
static moment_t scene_now(struct env *env)
{
    (void)env;
    return clock_now;
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

static struct desk desk_of(struct scene *scene)
{
    return (struct desk){&scene->env,   scene->store,  &scene->channel,
                         &scene->arena, scene->leases, scene->chains};
}

static err_t device_row(struct tx *tx, void *with)
{
    const struct device plain = {.id = *(const ident_t *)with, .enrolled = 1, .seen = 1};
    return record_put(tx, &device_concept,
                      &(struct record){.id = plain.id, .subject = plain.id, .plain = &plain});
}

static err_t scene_stores(struct scene *scene)
{
    TRY(store_open(&scene->env, test_folder(), &scene->store));
    TRY(leases_open(&scene->env, &scene->leases));
    TRY(chains_open(&scene->env, leases_turn(scene->leases), &scene->chains));
    TRY(store_tenant_put(scene->store, &(struct tenant){scene->tenant.id, scene->tenant.realm, STR("example"),
                                                        STR("open"), 1}));
    return store_write(scene->store, scene->tenant.id, device_row, &scene->device);
}

static err_t given_a_scene(struct scene *scene)
{
    int ends[2];
    clock_now = DAYS(20000) + HOURS(9) + MINUTES(30);
    scene->env = *env_real();
    scene->env.now = scene_now;
    scene->arena.limit = MAX_MEMORY;
    scene->person = ident_new(env_real());
    TRY(given_a_keyring(&scene->keys));
    TRY(given_open_tenant(&scene->keys, "example", &scene->tenant));
    TRY(given_device(&scene->keys, &scene->tenant, &scene->device));
    TRY(given_subject(&scene->keys, ASK_subjects_make,
                      (ident_t[]){scene->tenant.id, scene->device, scene->person}, NULL));
    TRY(scene_stores(scene));
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
        return fail(ERR_BROKEN, "no socket pair");
    scene->keys_end = ends[0];
    scene->channel = (struct channel){ends[1], leases_turn(scene->leases)};
    return pthread_create(&scene->answering, NULL, answer_until_closed, scene) == 0
               ? ERR_OK
               : fail(ERR_BUSY, "no thread");
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
    chains_drop(&scene->chains);
    leases_drop(&scene->leases);
    given_drop(&scene->keys);
    arena_drop(&scene->arena);
}

enum { PEOPLE = 10 };

/* The same launches of each of these. */
struct given_list {
    const ident_t *people;
    size_t people_count;
    const struct launch *launches;
    size_t count;
};

static err_t list_uploaded(struct scene *scene, uint64_t sequence, const struct given_list *list)
{
    Custody__LaunchUpload upload = CUSTODY__LAUNCH_UPLOAD__INIT;
    Custody__LaunchBatch batch[PEOPLE], *batches[PEOPLE];
    OWN(buf) packed = BUF(MAX_ITEM);
    OWN(buf) frame = BUF(MAX_ITEM);
    OWN(buf) body = BUF(MAX_REPORT);
    TRY(codec_pack(&launch_concept, list->launches, list->count, &scene->arena, &packed));
    TRY(codec_shrink(buf_str(&packed), &frame));
    for (size_t i = 0; i < list->people_count; i++) {
        custody__launch_batch__init(batches[i] = &batch[i]);
        batch[i].subject = given_bin(ident_bytes(&list->people[i]));
        batch[i].list = given_bin(buf_str(&frame));
    }
    upload.epoch = given_bin(ident_bytes(&scene->device));
    upload.sequence = sequence;
    upload.batches = batches;
    upload.n_batches = list->people_count;
    char *at = buf_room(&body, custody__launch_upload__get_packed_size(&upload));
    if (at)
        custody__launch_upload__pack(&upload, (uint8_t *)at);
    TRY(buf_end(&body));
    struct desk desk = desk_of(scene);
    return launch_intake(&desk, &(struct intake){scene->tenant.id, scene->device, .body = buf_str(&body)});
}

/* One launch of the person, so long ago, with this number as its path. */
static err_t uploaded(struct scene *scene, uint64_t sequence, moment_t ago)
{
    char path[32];
    snprintf(path, sizeof path, "/bin/p%llu", (unsigned long long)sequence);
    const struct launch launch = {
        .at = clock_now - ago, .account = scene->person, .path = str(path), .count = scene->times};
    return list_uploaded(scene, sequence, &(struct given_list){&scene->person, 1, &launch, 1});
}

static err_t folded(struct scene *scene)
{
    struct desk desk = desk_of(scene);
    size_t count = 0;
    return fold_due(&desk, FOLD_SEGMENTS, &count);
}

static bool count_one(void *with, const struct launch_found *found)
{
    *(size_t *)with += found->launch->path.len != 0;
    return true;
}

static size_t found(struct scene *scene, const char *name)
{
    struct desk desk = desk_of(scene);
    const struct reader reader = {scene->tenant.id, scene->tenant.realm, scene->tenant.cookie, NULL};
    const struct launch_ask ask = {.decision = ANY_DECISION, .words = {.name = str(name)}};
    struct launch_cursor next;
    size_t count = 0;
    err_t result =
        launches_search(&desk, &reader, &ask, &(struct launch_sink){count_one, NULL, &count}, &next);
    return result == ERR_OK ? count : SIZE_MAX;
}

static err_t count_act(struct tx *tx, void *with)
{
    struct launch_rows *rows = with;
    static arena_t arena = ARENA(1 << 20);
    arena_clear(&arena);
    TRY(launch_rows(tx, hour_of(clock_now) - 1, NULL, &arena, &rows[0]));
    return launch_segments(tx, hour_of(clock_now) - 1, NULL, &arena, &rows[1]);
}

TEST(an_upload_is_stored_once_and_a_number_counts_apart_from_reports)
{
    OWN(scene) scene = {0};
    CHECK_OK(given_a_scene(&scene));
    CHECK_OK(uploaded(&scene, 1, 0));
    CHECK_OK(uploaded(&scene, 1, 0));
    CHECK_OK(uploaded(&scene, 2, 0));
    CHECK(found(&scene, "p1") == 1 && found(&scene, "p2") == 1 && found(&scene, "p3") == 0 &&
          found(&scene, "") == 2);
}

TEST(a_launch_that_says_it_was_more_often_than_can_be_is_refused)
{
    OWN(scene) scene = {.times = COUNT_MOST};
    CHECK_OK(given_a_scene(&scene));
    CHECK_OK(uploaded(&scene, 1, 0));
    scene.times++;
    CHECK_FAILS(ERR_INVALID, uploaded(&scene, 2, 0));
    scene.times = INT64_MAX;
    CHECK_FAILS(ERR_INVALID, uploaded(&scene, 2, 0));
    CHECK(found(&scene, "") == 1);
}

TEST(an_hour_that_is_over_is_one_row_and_is_found_as_before)
{
    OWN(scene) scene = {0};
    struct launch_rows rows[2];
    CHECK_OK(given_a_scene(&scene));
    for (uint64_t i = 1; i <= 20; i++)
        CHECK_OK(uploaded(&scene, i, SECONDS(20 - (int)i)));
    clock_now += HOURS(1);
    CHECK_OK(store_read(scene.store, scene.tenant.id, count_act, rows));
    CHECK(rows[0].count == 0 && rows[1].count == 20);
    CHECK_OK(folded(&scene));
    CHECK_OK(store_read(scene.store, scene.tenant.id, count_act, rows));
    CHECK(rows[0].count == 1 && rows[1].count == 0 && rows[0].at[0].counts[0] == 20);
    CHECK(found(&scene, "") == 20 && found(&scene, "p7") == 1 && found(&scene, "p21") == 0);
    CHECK_OK(uploaded(&scene, 21, 0));
    clock_now += HOURS(3); /* past what may be folding: digests alone say where to look */
    CHECK_OK(folded(&scene));
    CHECK(found(&scene, "p7") == 1 && found(&scene, "p21") == 1 && found(&scene, "") == 21);
}

TEST(what_the_process_keeps_opens_nothing_of_the_hours_that_it_has_left)
{
    OWN(scene) scene = {0};
    OWN(chain) chain = {0};
    OWN(buf) frame = BUF(MAX_ITEM);
    struct launch_rows rows[2];
    struct key sealed_with;
    CHECK_OK(given_a_scene(&scene));
    CHECK_OK(uploaded(&scene, 1, 0));
    clock_now += HOURS(1);
    CHECK_OK(folded(&scene));
    CHECK_OK(store_read(scene.store, scene.tenant.id, count_act, rows));
    const struct writing_place place = {scene.tenant.id, scene.device, scene.person,
                                        day_of(hour_of(clock_now))};
    CHECK(chains_find(scene.chains, &place, &chain) && rows[0].count == 1);
    const struct chain_place at = {chain.realm, launch_concept.number, chain.number, rows[0].at[0].hour,
                                   CHAIN_ROWS};
    chain_rows(&chain.key, &sealed_with);
    CHECK_FAILS(ERR_LOCKED, chain_get(&sealed_with, &at, rows[0].at[0].sealed, &frame));
    CHECK(found(&scene, "p1") == 1); /* for a person in session it opens */
}

/* A chain with a segment, of a client that writes nothing; its id is before all others. */
static err_t stuck_given(struct scene *scene, ident_t tenant)
{
    struct key seed, public, private;
    OWN(chain) chain = {.place = {tenant, scene->device, scene->person, day_of(hour_of(clock_now))}};
    key_random(&scene->env, &seed);
    pair_from(&seed, &public, &private);
    TRY(chain_make(&scene->env, &public, &chain));
    chains_keep(scene->chains, &chain);
    chains_stored(scene->chains, &chain);
    return ERR_OK;
}

TEST(a_client_whose_store_is_shut_keeps_no_other_from_being_folded_and_its_keys_no_longer_than_an_hour_more)
{
    OWN(scene) scene = {0};
    OWN(store) other = NULL;
    struct launch_rows rows[2];
    const struct tenant stuck = {.id = {{[15] = 1}}, .realm = {{2}}, .name = STR("a"), .state = STR("open")};
    CHECK_OK(given_a_scene(&scene));
    CHECK_OK(store_tenant_put(scene.store, &stuck));
    CHECK_OK(store_open(&scene.env, test_folder(), &other));
    CHECK_OK(store_freeze(other, stuck.id));
    CHECK_OK(stuck_given(&scene, stuck.id));
    CHECK_OK(uploaded(&scene, 1, 0));
    clock_now += HOURS(1);
    CHECK_FAILS(ERR_BUSY, folded(&scene));
    CHECK_OK(store_read(scene.store, scene.tenant.id, count_act, rows));
    CHECK(rows[0].count == 1 && rows[1].count == 0 && chains_count(scene.chains, stuck.id) == 1);
    clock_now += HOURS(1);
    CHECK_FAILS(ERR_BUSY, folded(&scene));
    CHECK(chains_count(scene.chains, stuck.id) == 0);
    CHECK_OK(folded(&scene));
}

static err_t segments_spoilt(const struct scene *scene)
{
    char path[512];
    OWN(db) db = NULL;
    snprintf(path, sizeof path, "%s/tenants/%s.db", test_folder(), ident_text("ten", scene->tenant.id).text);
    TRY(db_open(path, &db));
    return db_do(db, "update launch_segments set sealed = zeroblob(length(sealed))");
}

TEST(what_cannot_be_folded_of_one_person_keeps_nobody_else_s_and_no_key)
{
    OWN(scene) scene = {0};
    struct launch_rows rows[2];
    CHECK_OK(given_a_scene(&scene));
    CHECK_OK(uploaded(&scene, 1, 0));
    CHECK_OK(segments_spoilt(&scene));
    scene.person = ident_new(env_real());
    CHECK_OK(given_subject(&scene.keys, ASK_subjects_make,
                           (ident_t[]){scene.tenant.id, scene.device, scene.person}, NULL));
    CHECK_OK(uploaded(&scene, 2, 0));
    CHECK(chains_count(scene.chains, scene.tenant.id) == 2);
    clock_now += HOURS(1);
    CHECK(folded(&scene) != ERR_OK);
    CHECK_OK(store_read(scene.store, scene.tenant.id, count_act, rows));
    CHECK(rows[0].count == 1 && rows[1].count == 1);
    CHECK(chains_count(scene.chains, scene.tenant.id) == 1);
    CHECK_OK(folded(&scene));
}

enum { HEAVY = 400, UPLOADS = 7, ARGS = 10000, ALL = HEAVY * PEOPLE * UPLOADS };

static err_t people_given(struct scene *scene, ident_t out_people[PEOPLE])
{
    for (size_t i = 0; i < PEOPLE; i++) {
        out_people[i] = ident_new(env_real());
        TRY(given_subject(&scene->keys, ASK_subjects_make,
                          (ident_t[]){scene->tenant.id, scene->device, out_people[i]}, NULL));
    }
    return ERR_OK;
}

/* More than memory has room for, in some hundred kilobytes: of one hour, each so long before the other. */
static err_t heavy_given(struct scene *scene, moment_t apart)
{
    static char args[ARGS];
    static struct launch launches[HEAVY];
    ident_t people[PEOPLE];
    memset(args, 'a', sizeof args);
    for (int i = 0; i < HEAVY; i++)
        launches[i] = (struct launch){
            .at = clock_now - i * apart, .path = STR("/bin/heavy"), .args = {args, sizeof args}};
    TRY(people_given(scene, people));
    for (uint64_t sequence = 1; sequence <= UPLOADS; sequence++) {
        TRY(list_uploaded(scene, sequence, &(struct given_list){people, PEOPLE, launches, HEAVY}));
        arena_clear(&scene->arena);
    }
    return ERR_OK;
}

/* In the order that they are given in, a page after the other. */
struct paged {
    moment_t last;
    size_t count;
    bool sorted;
};

static bool paged_one(void *with, const struct launch_found *found)
{
    struct paged *paged = with;
    paged->sorted &= found->launch->at <= paged->last;
    paged->last = found->launch->at;
    paged->count++;
    return true;
}

static err_t pages_read(struct scene *scene, size_t limit, struct paged *out_paged)
{
    struct desk desk = desk_of(scene);
    const struct reader reader = {scene->tenant.id, scene->tenant.realm, scene->tenant.cookie, NULL};
    struct launch_cursor next = {0};
    *out_paged = (struct paged){.last = MOMENT_MAX, .sorted = true};
    do {
        const struct launch_ask ask = {.decision = ANY_DECISION, .limit = limit, .after = next};
        TRY(launches_search(&desk, &reader, &ask, &(struct launch_sink){paged_one, NULL, out_paged}, &next));
    } while (next.hour);
    return ERR_OK;
}

TEST(an_hour_that_has_more_than_memory_has_room_for_is_searched_in_parts)
{
    OWN(scene) scene = {0};
    struct paged paged;
    CHECK_OK(given_a_scene(&scene));
    CHECK_OK(heavy_given(&scene, 7));
    CHECK_OK(pages_read(&scene, 0, &paged));
    CHECK(paged.count == (size_t)ALL && paged.sorted);
    CHECK_OK(pages_read(&scene, (size_t)ALL / 3 + 1, &paged));
    CHECK(paged.count == (size_t)ALL && paged.sorted);
}

TEST(a_moment_that_has_more_than_memory_has_room_for_hides_nothing_else)
{
    OWN(scene) scene = {0};
    struct paged paged;
    CHECK_OK(given_a_scene(&scene));
    CHECK_OK(heavy_given(&scene, 0));
    CHECK_OK(uploaded(&scene, UPLOADS + 1, SECONDS(1)));
    CHECK_OK(uploaded(&scene, UPLOADS + 2, HOURS(2)));
    CHECK_OK(pages_read(&scene, 0, &paged));
    CHECK(paged.count == (size_t)ALL + 2 && paged.sorted);
    CHECK_OK(pages_read(&scene, 100, &paged));
    CHECK(paged.count == 102 && paged.sorted);
}

TEST(launches_of_other_days_have_chains_of_their_own)
{
    OWN(scene) scene = {0};
    CHECK_OK(given_a_scene(&scene));
    CHECK_OK(uploaded(&scene, 1, 0));
    CHECK_OK(uploaded(&scene, 2, DAYS(3)));
    CHECK_OK(uploaded(&scene, 3, -DAYS(2))); /* a clock ahead of ours */
    CHECK(chains_count(scene.chains, scene.tenant.id) == 2);
    clock_now += HOURS(1);
    CHECK_OK(folded(&scene));
    CHECK(found(&scene, "") == 3 && found(&scene, "p2") == 1 && found(&scene, "p3") == 1);
}

static err_t chains_remove(struct tx *tx, void *with)
{
    (void)with;
    return launch_remove_all(tx);
}

TEST(what_would_stand_under_a_key_that_is_gone_is_sent_again_under_another)
{
    OWN(scene) scene = {0};
    CHECK_OK(given_a_scene(&scene));
    CHECK_OK(uploaded(&scene, 1, 0));
    CHECK_OK(store_write(scene.store, scene.tenant.id, chains_remove, NULL));
    CHECK_FAILS(ERR_BUSY, uploaded(&scene, 2, 0));
    CHECK_OK(uploaded(&scene, 2, 0));
    CHECK(found(&scene, "") == 1);
}

TESTS(an_upload_is_stored_once_and_a_number_counts_apart_from_reports,
      a_launch_that_says_it_was_more_often_than_can_be_is_refused,
      an_hour_that_is_over_is_one_row_and_is_found_as_before,
      what_the_process_keeps_opens_nothing_of_the_hours_that_it_has_left,
      a_client_whose_store_is_shut_keeps_no_other_from_being_folded_and_its_keys_no_longer_than_an_hour_more,
      what_cannot_be_folded_of_one_person_keeps_nobody_else_s_and_no_key,
      an_hour_that_has_more_than_memory_has_room_for_is_searched_in_parts,
      a_moment_that_has_more_than_memory_has_room_for_hides_nothing_else,
      launches_of_other_days_have_chains_of_their_own,
      what_would_stand_under_a_key_that_is_gone_is_sent_again_under_another)
