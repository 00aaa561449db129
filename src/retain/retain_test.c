/* SPDX-License-Identifier: Apache-2.0
 *
 * A client's turn: what went, what stayed, what is told of it, and what a crash in its middle leaves.
 */
#include "retain/evict.h"

#include "store/db.h"
#include "sys/env_virtual.h"
#include "test/test.h"
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROUNDS = 25, TODAY = 20000, MEMORY = 64 * 1024 * 1024, BYTES = 4000 };

static const struct tenant tenant = {
    .id = {{1}}, .realm = {{2}}, .name = {"example", 7}, .state = {"open", 4}, .made = 1};

struct given {
    struct world world;
    struct store *store;
    struct retain_terms terms;
    moment_t jump;            /* of the clock, once the terms were asked for */
    int64_t carried, entries; /* how much the entries say went, and how many they are */
    enum act last;
    arena_t arena;
};
typedef struct given given_own;
static void given_drop(struct given *given)
{
    store_drop(&given->store);
    world_drop(&given->world);
    arena_drop(&given->arena);
}

static err_t given_a_store(struct given *given)
{
    world_open(&given->world, 5);
    given->world.clock = DAYS(TODAY) + HOURS(1);
    given->arena = (arena_t)ARENA(MEMORY);
    TRY(store_open(env_real(), test_folder(), &given->store));
    return store_tenant_put(given->store, &tenant);
}

static err_t terms(void *with, ident_t id, arena_t *arena, struct retain_terms *out_terms)
{
    struct given *given = with;
    (void)id, (void)arena;
    *out_terms = given->terms;
    given->terms.waits |= given->jump != 0;
    given->world.clock += given->jump;
    given->jump = 0;
    return ERR_OK;
}

static err_t carry(void *with, Keys__JournalAdd *entry, arena_t *arena)
{
    struct given *given = with;
    (void)arena;
    given->carried += entry->count;
    given->entries++;
    return act_find(str(entry->act), &given->last);
}

static err_t turned(struct given *given, struct retained *out_turn)
{
    const struct retainer retainer = {.env = &given->world.env,
                                      .store = given->store,
                                      .snapshots = test_folder(),
                                      .terms = terms,
                                      .carry = carry,
                                      .with = given};
    return retain_turn(&retainer, tenant.id, &given->arena, out_turn);
}

static ident_t numbered(int64_t number)
{
    ident_t id = {{7}};
    memcpy(id.bytes + 4, &number, sizeof number);
    return id;
}

struct put {
    int64_t day, number;
};

static err_t put_act(struct tx *tx, void *with)
{
    static const char bytes[BYTES];
    const struct put *put = with;
    const struct launch_chain chain = {.number = put->number,
                                       .day = put->day,
                                       .device = numbered(put->number),
                                       .subject = numbered(1),
                                       .box = STR("box")};
    const struct launch_row row = {
        .hour = put->day * HOURS_A_DAY, .counts = {10}, .sealed = {bytes, sizeof bytes}};
    TRY(launch_chain_put(tx, &chain));
    return launch_row_put(tx, &chain, &row);
}

/* So many chains a day, of ten launches and some 4 KB each, on each of the last days. */
static err_t launches_given(struct given *given, int64_t days, int64_t a_day)
{
    for (int64_t day = TODAY - days; day < TODAY; day++)
        for (int64_t i = 0; i < a_day; i++)
            TRY(store_write(given->store, tenant.id, put_act, &(struct put){day, day * 1000 + i}));
    return ERR_OK;
}

static err_t blob_act(struct tx *tx, void *with) { return blob_put(tx, with); }

static err_t video_given(struct given *given, int64_t day, ident_t *out_id)
{
    static const char bytes[BYTES];
    OWN(blob) blob = NULL;
    struct blob_about about = {
        .subject = numbered(1), .device = numbered(2), .kind = STR("video"), .made = DAYS(day)};
    TRY(blob_begin(given->store, tenant.id, &about.id, &blob));
    *out_id = about.id;
    TRY(blob_add(blob, str_bytes(bytes, sizeof bytes)));
    TRY(blob_end(blob, &about));
    return store_write(given->store, tenant.id, blob_act, &about);
}

static err_t look(struct given *given, struct retain_look *look)
{
    arena_clear(&given->arena);
    *look = (struct retain_look){.terms = &given->terms, .today = TODAY, .arena = &given->arena};
    return store_read(given->store, tenant.id, retain_look_act, look);
}

static int64_t went(const struct retain_look *look)
{
    int64_t went = 0;
    for (size_t i = 0; i < look->usage.count; i++)
        went += look->usage.at[i].went;
    return went;
}

static const struct usage *sample(const struct retain_look *look, const char *kind)
{
    static const struct usage none;
    for (size_t i = 0; i < look->usage.count; i++)
        if (str_eq(look->usage.at[i].kind, str(kind)))
            return &look->usage.at[i];
    return &none;
}

TEST(over_capacity_the_oldest_go_until_it_fits_and_each_act_has_its_entry)
{
    OWN(given) given = {0};
    struct retained turn;
    struct retain_look seen;
    CHECK_OK(given_a_store(&given));
    CHECK_OK(launches_given(&given, 10, 5));
    CHECK_OK(look(&given, &seen));
    given.terms.capacity = retain_used(&seen.facts) / 2;
    CHECK_OK(turned(&given, &turn));
    CHECK(turn.went == 250 && !turn.more && turn.level == LEVEL_90);
    CHECK(given.carried == 250 && given.entries == 5 && given.last == ACT_DATA_EVICTED);
    CHECK_OK(look(&given, &seen));
    CHECK(retain_used(&seen.facts) <= given.terms.capacity &&
          seen.facts.oldest[WEIGHS_LAUNCHES] == TODAY - 5);
    CHECK(went(&seen) == 250 && sample(&seen, "launches")->went_capacity > 0 &&
          sample(&seen, "recount")->day == TODAY);
    CHECK_OK(turned(&given, &turn));
    CHECK(turn.went == 0 && given.entries == 5);
    given.world.clock += DAYS(1);
    CHECK_OK(turned(&given, &turn));
    CHECK(turn.day == TODAY && turn.went_then == 250);
}

TEST(videos_go_before_launches_with_their_files_and_what_is_too_old_goes_though_there_is_room)
{
    OWN(given) given = {0};
    OWN(buf) path = BUF(1024);
    struct stat about;
    struct retained turn;
    struct retain_look seen;
    ident_t old, young;
    CHECK_OK(given_a_store(&given));
    CHECK_OK(launches_given(&given, 3, 2));
    CHECK_OK(video_given(&given, TODAY - 2, &old));
    CHECK_OK(video_given(&given, TODAY - 1, &young));
    CHECK_OK(look(&given, &seen));
    given.terms.capacity = retain_used(&seen.facts) - 1;
    CHECK_OK(turned(&given, &turn));
    CHECK(turn.went == 1);
    CHECK_OK(blob_path(given.store, tenant.id, old, &path));
    CHECK(stat(path.at, &about) != 0);
    buf_clear(&path);
    CHECK_OK(blob_path(given.store, tenant.id, young, &path));
    CHECK(stat(path.at, &about) == 0);
    given.terms = (struct retain_terms){.ages = {[WEIGHS_LAUNCHES] = {.most = 2}}};
    CHECK_OK(turned(&given, &turn));
    CHECK(turn.went == 20);
    CHECK_OK(look(&given, &seen));
    CHECK(seen.facts.oldest[WEIGHS_LAUNCHES] == TODAY - 2 && sample(&seen, "launches")->went_age > 0);
}

TEST(what_is_held_or_younger_than_the_minimum_stays_and_that_is_said)
{
    OWN(given) given = {0};
    struct retained turn;
    CHECK_OK(given_a_store(&given));
    CHECK_OK(launches_given(&given, 4, 1));
    given.terms = (struct retain_terms){.capacity = 1, .ages = {[WEIGHS_LAUNCHES] = {.least = 3}}};
    CHECK_OK(turned(&given, &turn));
    CHECK(turn.went == 10 && turn.level == LEVEL_STUCK);
    given.terms = (struct retain_terms){.capacity = 1, .held = {(ident_t[]){numbered(1)}, 1}};
    CHECK_OK(turned(&given, &turn));
    CHECK(turn.went == 0 && turn.level == LEVEL_STUCK);
    given.terms = (struct retain_terms){.capacity = 1, .waits = true};
    CHECK_OK(turned(&given, &turn));
    CHECK(turn.went == 0);
}

static err_t part_given(struct given *given, const char **out_path)
{
    static char path[512];
    OWN(buf) whole = BUF(sizeof path);
    TRY(blob_path(given->store, tenant.id, numbered(3), &whole));
    snprintf(path, sizeof path, "%s.part", whole.at);
    *out_path = path;
    return env_real()->write_file(env_real(), path, STR("half a video"), 0600);
}

TEST(a_clock_that_jumps_once_it_was_believed_makes_nothing_old)
{
    OWN(given) given = {0};
    struct retained turn;
    struct retain_look seen;
    struct stat about;
    const char *part = NULL;
    ident_t video;
    CHECK_OK(given_a_store(&given));
    given.world.clock = env_real()->now(env_real());
    CHECK_OK(video_given(&given, given.world.clock / DAYS(1), &video));
    CHECK_OK(part_given(&given, &part));
    given.terms = (struct retain_terms){.ages = {[WEIGHS_VIDEOS] = {.most = 30}}};
    given.jump = DAYS(365);
    CHECK_OK(turned(&given, &turn));
    CHECK(turn.went == 0 && stat(part, &about) == 0);
    CHECK_OK(turned(&given, &turn));
    CHECK(turn.went == 0 && stat(part, &about) == 0);
    CHECK_OK(look(&given, &seen));
    for (size_t i = 0; i < seen.usage.count; i++)
        CHECK(seen.usage.at[i].day < given.world.clock / DAYS(1));
}

static err_t tampered(void)
{
    char path[512];
    OWN(db) db = NULL;
    snprintf(path, sizeof path, "%s/tenants/%s.db", test_folder(), ident_text("ten", tenant.id).text);
    TRY(db_open(path, &db));
    return db_do(db, "update weights set bytes = bytes + 7 where weight = $1", N(WEIGHS_LAUNCHES));
}

TEST(accounts_that_are_wrong_are_found_within_a_day_and_told)
{
    OWN(given) given = {0};
    struct retained turn;
    struct retain_look seen;
    CHECK_OK(given_a_store(&given));
    CHECK_OK(launches_given(&given, 4, 1));
    CHECK_OK(turned(&given, &turn));
    CHECK_OK(look(&given, &seen));
    CHECK(sample(&seen, "recount")->bytes == 0 && given.entries == 0);
    CHECK_OK(tampered());
    CHECK_OK(turned(&given, &turn));
    CHECK(given.entries == 0);
    given.world.clock += DAYS(1);
    CHECK_OK(turned(&given, &turn));
    CHECK(given.entries == 1 && given.last == ACT_STORAGE_DIFFERS && given.carried == 7);
}

/* A process that takes turn after turn until it is killed: it has begun when this returns. */
static pid_t turns_begun(int64_t capacity)
{
    int begun[2];
    char none;
    if (pipe2(begun, O_CLOEXEC))
        return -1;
    pid_t child = fork();
    close(begun[!!child]);
    if (child) {
        ssize_t ended = read(begun[0], &none, 1);
        close(begun[0]);
        return ended ? -1 : child;
    }
    OWN(given) given = {0};
    struct retained turn;
    if (given_a_store(&given) != ERR_OK)
        _exit(1);
    close(begun[1]);
    for (given.terms.capacity = capacity; turned(&given, &turn) == ERR_OK; given.terms.capacity -= 5 * BYTES)
        if (given.terms.capacity < 10 * BYTES)
            _exit(0);
    _exit(1);
}

static err_t strays_act(struct tx *tx, void *with)
{
    struct weights accounts, counted;
    OWN(arena) arena = ARENA(MEMORY);
    struct launch_chains chains;
    int64_t *strays = with;
    TRY(weights_read(tx, &accounts));
    TRY(weights_count(tx, &counted));
    *strays = memcmp(&accounts, &counted, sizeof counted) != 0;
    TRY(launch_chains(tx, &(struct launch_span){.until = INT64_MAX}, &arena, &chains));
    return (int64_t)chains.count * 2 == counted.rows[WEIGHS_LAUNCHES] ? ERR_OK
                                                                      : fail(ERR_BROKEN, "half a chain");
}

/* What went is in the samples, and in entries that are carried or wait. */
static bool whole(struct given *given, int64_t put)
{
    struct retained turn;
    struct retain_look seen;
    int64_t strays = 1;
    given->terms.capacity = 0;
    if (store_read(given->store, tenant.id, strays_act, &strays) != ERR_OK || strays ||
        turned(given, &turn) != ERR_OK || look(given, &seen) != ERR_OK)
        return false;
    return went(&seen) == put - seen.weights.rows[WEIGHS_LAUNCHES] / 2 * 10;
}

TEST(a_turn_that_is_killed_leaves_whole_chains_right_accounts_and_an_entry_for_what_went)
{
    OWN(given) given = {0};
    CHECK_OK(given_a_store(&given));
    CHECK_OK(launches_given(&given, 30, 20));
    struct retain_look seen;
    CHECK_OK(look(&given, &seen));
    int64_t capacity = retain_used(&seen.facts), put = 30 * 20 * 10;
    useconds_t slowness = 1; /* twice as much each time that nothing had gone on this machine so far */
    for (int round = 0; round < ROUNDS; round++) {
        pid_t child = turns_begun(capacity - round * 20 * BYTES);
        CHECK(child > 0);
        usleep((useconds_t)round * 3137 % 60000 * slowness);
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        CHECK(whole(&given, put));
        CHECK_OK(look(&given, &seen));
        slowness *= !went(&seen) && round % 4 == 3 ? 2 : 1;
    }
    CHECK(went(&seen) > 0);
}

struct writing {
    struct given *given;
    int64_t from, done;
    bool wrong;
};
static void *write_on(void *with)
{
    struct writing *writing = with;
    for (int64_t i = 0; i < 300; i++) {
        struct put put = {TODAY - 1 - i % 5, writing->from + i};
        writing->wrong |= store_write(writing->given->store, tenant.id, put_act, &put) != ERR_OK;
        writing->done++;
    }
    return NULL;
}

TEST(what_comes_in_while_the_oldest_goes_is_kept_and_counted)
{
    OWN(given) given = {0};
    struct retained turn;
    pthread_t thread;
    int64_t strays = 1;
    CHECK_OK(given_a_store(&given));
    CHECK_OK(launches_given(&given, 20, 10));
    given.terms.capacity = 80 * BYTES;
    struct writing writing = {.given = &given, .from = (int64_t)1 << 40};
    CHECK(pthread_create(&thread, NULL, write_on, &writing) == 0);
    bool wrong = false;
    for (int i = 0; i < 20; i++)
        wrong |= turned(&given, &turn) != ERR_OK;
    pthread_join(thread, NULL);
    CHECK(!wrong && !writing.wrong && writing.done == 300);
    CHECK_OK(turned(&given, &turn));
    CHECK_OK(store_read(given.store, tenant.id, strays_act, &strays));
    struct retain_look seen;
    CHECK_OK(look(&given, &seen));
    CHECK(!strays && went(&seen) == given.carried);
    CHECK(went(&seen) + seen.weights.rows[WEIGHS_LAUNCHES] / 2 * 10 == 20 * 10 * 10 + 300 * 10);
}

TESTS(over_capacity_the_oldest_go_until_it_fits_and_each_act_has_its_entry,
      videos_go_before_launches_with_their_files_and_what_is_too_old_goes_though_there_is_room,
      what_is_held_or_younger_than_the_minimum_stays_and_that_is_said,
      a_clock_that_jumps_once_it_was_believed_makes_nothing_old,
      accounts_that_are_wrong_are_found_within_a_day_and_told,
      a_turn_that_is_killed_leaves_whole_chains_right_accounts_and_an_entry_for_what_went,
      what_comes_in_while_the_oldest_goes_is_kept_and_counted)
