/* SPDX-License-Identifier: Apache-2.0
 *
 * The conformance suite of a store: what every engine keeps to. It speaks to the store through store.h and record.h;
 * only the test of `seq` looks deeper. spool_test.c, statement_test.c and crash_test.c belong to it.
 */
#include "concept/device.h"
#include "concept/program.h"
#include "store/_private.h"
#include "store/record.h"
#include "sys/env_virtual.h"
#include "test/test.h"
#include <pthread.h>

enum { ROOM = 64 * 1024 * 1024, FEW_OPEN = 12, THREADS = 8, ACTS = 40 };

struct given {
    struct world world;
    struct env *env;
    struct store *store;
    struct tenant tenant;
};
typedef struct given given_own;

static void given_drop(struct given *given)
{
    store_drop(&given->store);
    world_drop(&given->world);
}

static err_t given_tenant(struct given *given, str_t name, struct tenant *out_tenant)
{
    *out_tenant = (struct tenant){.id = ident_new(given->env),
                                  .realm = ident_new(given->env),
                                  .name = name,
                                  .state = STR("open"),
                                  .made = given->env->now(given->env)};
    return store_tenant_put(given->store, out_tenant);
}

static err_t given_numbered_tenant(struct given *given, unsigned number, struct tenant *out_tenant)
{
    char name[32];
    snprintf(name, sizeof name, "tenant-%u", number);
    return given_tenant(given, str(name), out_tenant);
}

static err_t given_a_store(struct given *given)
{
    world_open(&given->world, 7);
    given->env = &given->world.env;
    TRY(store_open(given->env, test_folder(), &given->store));
    return given_tenant(given, STR("example"), &given->tenant);
}

static err_t reopened(struct given *given)
{
    store_drop(&given->store);
    return store_open(given->env, test_folder(), &given->store);
}

/* An act that puts a record, and then fails where it is asked to. */
struct putting {
    const concept_t *concept;
    struct record record;
    err_t then;
};

static err_t put_act(struct tx *tx, void *with)
{
    struct putting *putting = with;
    TRY(record_put(tx, putting->concept, &putting->record));
    return putting->then == ERR_OK ? ERR_OK : fail(putting->then, "failed as asked");
}

static err_t put(struct given *given, const concept_t *c, struct record record)
{
    return store_write(given->store, given->tenant.id, put_act, &(struct putting){c, record, ERR_OK});
}

static err_t put_device(struct given *given, ident_t id, moment_t enrolled)
{
    const struct device device = {.id = id, .enrolled = enrolled, .seen = 5};
    return put(given, &device_concept,
               (struct record){.id = id, .subject = id, .sealed = STR("name"), .plain = &device});
}

static err_t put_programs(struct given *given, ident_t id, ident_t device, str_t sealed)
{
    return put(
        given, &program_concept,
        (struct record){
            .id = id, .parent = device, .subject = device, .entries = 3, .changed = 9, .sealed = sealed});
}

struct listing {
    const concept_t *concept;
    struct record_ask ask;
    arena_t arena;
    struct record_page page;
};
typedef struct listing listing_own;
static void listing_drop(struct listing *listing) { arena_drop(&listing->arena); }

static err_t list_act(struct tx *tx, void *with)
{
    struct listing *listing = with;
    return record_list(tx, listing->concept, &listing->ask, &listing->arena, &listing->page);
}

static err_t list_of(struct given *given, ident_t tenant, struct listing *listing)
{
    listing->arena.limit = ROOM;
    return store_read(given->store, tenant, list_act, listing);
}

static err_t list(struct given *given, struct listing *listing)
{
    return list_of(given, given->tenant.id, listing);
}

static size_t count_of(struct given *given, ident_t tenant, const concept_t *c)
{
    OWN(listing) all = {.concept = c};
    return list_of(given, tenant, &all) == ERR_OK ? all.page.count : SIZE_MAX;
}

static bool is_there(struct given *given, const concept_t *c, ident_t id)
{
    OWN(listing) one = {.concept = c, .ask = {.id = &id}};
    return list(given, &one) == ERR_OK && one.page.count == 1 && ident_eq(one.page.records[0].id, id);
}

struct removing {
    err_t (*remove)(struct tx *tx, const concept_t *c, ident_t id);
    const concept_t *concept;
    ident_t id, parent;
};

static err_t remove_act(struct tx *tx, void *with)
{
    struct removing *removing = with;
    if (removing->remove)
        return removing->remove(tx, removing->concept, removing->id);
    return record_remove_owned(tx, removing->concept, removing->id, removing->parent);
}

static err_t removed(struct given *given, struct removing removing)
{
    return store_write(given->store, given->tenant.id, remove_act, &removing);
}

TEST(a_record_comes_back_as_it_was_put)
{
    OWN(given) given = {0};
    CHECK_OK(given_a_store(&given));
    ident_t device = ident_new(given.env), id = ident_new(given.env);
    CHECK_OK(put_device(&given, device, 1234));
    CHECK_OK(put_programs(&given, id, device, STR("sealed\0programs")));
    OWN(listing) devices = {.concept = &device_concept, .ask = {.id = &device}};
    CHECK_OK(list(&given, &devices));
    CHECK(devices.page.count == 1 && !devices.page.more);
    const struct device *plain = devices.page.records[0].plain;
    CHECK(ident_eq(plain->id, device) && plain->enrolled == 1234 && plain->seen == 5 && !plain->name.at);
    OWN(listing) programs = {.concept = &program_concept, .ask = {.id = &id}};
    CHECK_OK(list(&given, &programs));
    const struct record *found = programs.page.records;
    CHECK(programs.page.count == 1 && ident_eq(found->id, id) && ident_eq(found->parent, device));
    CHECK(ident_eq(found->subject, device) && found->entries == 3 && found->changed == 9);
    CHECK(str_eq(found->sealed, STR("sealed\0programs")));
}

TEST(a_record_without_sealed_bytes_has_none)
{
    OWN(given) given = {0};
    CHECK_OK(given_a_store(&given));
    ident_t device = ident_new(given.env), id = ident_new(given.env);
    CHECK_OK(put_programs(&given, id, device, (str_t){0}));
    OWN(listing) one = {.concept = &program_concept, .ask = {.id = &id}};
    CHECK_OK(list(&given, &one));
    CHECK(one.page.count == 1 && !one.page.records[0].sealed.at);
}

TEST(a_put_replaces_the_whole_record)
{
    OWN(given) given = {0};
    CHECK_OK(given_a_store(&given));
    ident_t device = ident_new(given.env), id = ident_new(given.env), other = ident_new(given.env);
    CHECK_OK(put_programs(&given, id, device, STR("first, and longer")));
    CHECK_OK(put(&given, &program_concept,
                 (struct record){.id = id, .parent = device, .subject = other, .sealed = STR("second")}));
    OWN(listing) all = {.concept = &program_concept};
    CHECK_OK(list(&given, &all));
    CHECK(all.page.count == 1 && str_eq(all.page.records[0].sealed, STR("second")));
    CHECK(ident_eq(all.page.records[0].subject, other) && all.page.records[0].entries == 0);
}

TEST(a_record_never_changes_its_parent)
{
    OWN(given) given = {0};
    CHECK_OK(given_a_store(&given));
    ident_t device = ident_new(given.env), thief = ident_new(given.env), id = ident_new(given.env);
    CHECK_OK(put_programs(&given, id, device, STR("mine")));
    CHECK_FAILS(ERR_DENIED, put_programs(&given, id, thief, STR("stolen")));
    CHECK_OK(removed(&given, (struct removing){.concept = &program_concept, .id = id, .parent = thief}));
    OWN(listing) all = {.concept = &program_concept, .ask = {.parent = &device}};
    CHECK_OK(list(&given, &all));
    CHECK(all.page.count == 1 && str_eq(all.page.records[0].sealed, STR("mine")));
    CHECK_OK(removed(&given, (struct removing){.concept = &program_concept, .id = id, .parent = device}));
    CHECK(count_of(&given, given.tenant.id, &program_concept) == 0);
}

TEST(a_put_without_plain_fields_keeps_those_that_are_there)
{
    OWN(given) given = {0};
    CHECK_OK(given_a_store(&given));
    ident_t device = ident_new(given.env);
    struct record record = {.id = device, .subject = device, .sealed = STR("renamed")};
    CHECK_FAILS(ERR_MISSING, put(&given, &device_concept, record));
    CHECK(count_of(&given, given.tenant.id, &device_concept) == 0);
    CHECK_OK(put_device(&given, device, 77));
    CHECK_OK(put(&given, &device_concept, record));
    OWN(listing) one = {.concept = &device_concept, .ask = {.id = &device}};
    CHECK_OK(list(&given, &one));
    CHECK(one.page.count == 1 && str_eq(one.page.records[0].sealed, STR("renamed")));
    CHECK(((const struct device *)one.page.records[0].plain)->enrolled == 77);
}

TEST(pages_go_by_id_and_leave_nothing_out)
{
    OWN(given) given = {0};
    ident_t after = {{0}};
    size_t seen = 0, pages = 0;
    CHECK_OK(given_a_store(&given));
    for (int i = 0; i < 7; i++)
        CHECK_OK(put_device(&given, ident_new(given.env), i));
    for (bool more = true; more; pages++) {
        OWN(listing) page = {.concept = &device_concept, .ask = {.after = &after, .limit = 3}};
        CHECK_OK(list(&given, &page));
        CHECK(page.page.count == (pages < 2 ? 3 : 1));
        for (size_t i = 0; i < page.page.count; i++, seen++) {
            CHECK(memcmp(after.bytes, page.page.records[i].id.bytes, 16) < 0);
            after = page.page.records[i].id;
        }
        more = page.page.more;
    }
    CHECK(seen == 7 && pages == 3);
    OWN(listing) exact = {.concept = &device_concept, .ask = {.limit = 7}};
    CHECK_OK(list(&given, &exact));
    CHECK(exact.page.count == 7 && !exact.page.more);
}

TEST(what_belongs_to_one_parent_is_listed_and_removed_together)
{
    OWN(given) given = {0};
    CHECK_OK(given_a_store(&given));
    ident_t device = ident_new(given.env), other = ident_new(given.env);
    for (int i = 0; i < 6; i++)
        CHECK_OK(put_programs(&given, ident_new(given.env), i % 2 ? device : other, STR("x")));
    OWN(listing) mine = {.concept = &program_concept, .ask = {.parent = &device}};
    CHECK_OK(list(&given, &mine));
    CHECK(mine.page.count == 3);
    CHECK_OK(removed(&given, (struct removing){record_remove_of, &program_concept, device, {{0}}}));
    CHECK(count_of(&given, given.tenant.id, &program_concept) == 3);
    CHECK_OK(removed(&given, (struct removing){record_remove, &program_concept, device, {{0}}}));
    CHECK(count_of(&given, given.tenant.id, &program_concept) == 3);
}

static err_t remove_all_act(struct tx *tx, void *with) { return record_remove_all(tx, with); }
static err_t unseal_act(struct tx *tx, void *with) { return record_unseal(tx, with); }

TEST(all_of_a_concept_is_removed_or_unsealed_for_one_tenant_alone)
{
    OWN(given) given = {0};
    struct tenant mine, other;
    void *device = (void *)(uintptr_t)&device_concept, *program = (void *)(uintptr_t)&program_concept;
    CHECK_OK(given_a_store(&given));
    CHECK_OK(given_tenant(&given, STR("other"), &other));
    mine = given.tenant;
    for (int i = 0; i < 2; i++, given.tenant = other) {
        CHECK_OK(put_device(&given, ident_new(given.env), 77));
        CHECK_OK(put_programs(&given, ident_new(given.env), ident_new(given.env), STR("x")));
    }
    CHECK_OK(store_write(given.store, mine.id, remove_all_act, program));
    CHECK_OK(store_write(given.store, mine.id, unseal_act, device));
    CHECK(count_of(&given, mine.id, &program_concept) == 0 &&
          count_of(&given, other.id, &program_concept) == 1);
    OWN(listing) unsealed = {.concept = &device_concept};
    OWN(listing) sealed = {.concept = &device_concept};
    CHECK_OK(list_of(&given, mine.id, &unsealed));
    CHECK_OK(list_of(&given, other.id, &sealed));
    CHECK(unsealed.page.count == 1 && !unsealed.page.records[0].sealed.at &&
          sealed.page.records[0].sealed.at);
    CHECK(((const struct device *)unsealed.page.records[0].plain)->enrolled == 77);
}

static err_t seen_act(struct tx *tx, void *with)
{
    const struct device *heard = with;
    return record_seen(tx, heard->id, heard->seen);
}

TEST(a_device_was_last_seen_at_the_latest_time_told)
{
    OWN(given) given = {0};
    CHECK_OK(given_a_store(&given));
    struct device heard = {.id = ident_new(given.env), .seen = 900};
    CHECK_OK(put_device(&given, heard.id, 1));
    CHECK_OK(store_write(given.store, given.tenant.id, seen_act, &heard));
    heard.seen = 800;
    CHECK_OK(store_write(given.store, given.tenant.id, seen_act, &heard));
    OWN(listing) one = {.concept = &device_concept, .ask = {.id = &heard.id}};
    CHECK_OK(list(&given, &one));
    CHECK(((const struct device *)one.page.records[0].plain)->seen == 900);
}

/* Threads that write at once: every third act fails after it has written. */
struct thread {
    struct given *given;
    pthread_t id;
    ident_t ids[ACTS];
    err_t results[ACTS];
    bool notes_right;
};

static bool is_to_fail(int act) { return act % 3 == 2; }

static void *write_many(void *with)
{
    struct thread *thread = with;
    thread->notes_right = true;
    for (int i = 0; i < ACTS; i++) {
        struct putting putting = {&program_concept, {.id = thread->ids[i], .parent = thread->ids[0]}, ERR_OK};
        putting.then = is_to_fail(i) ? ERR_CONFLICT : ERR_OK;
        thread->results[i] = store_write(thread->given->store, thread->given->tenant.id, put_act, &putting);
        if (is_to_fail(i) && strcmp(err_note(), "failed as asked"))
            thread->notes_right = false;
    }
    return NULL;
}

static void write_from_threads(struct given *given, struct thread threads[THREADS])
{
    for (int t = 0; t < THREADS; t++) {
        threads[t].given = given;
        for (int i = 0; i < ACTS; i++)
            threads[t].ids[i] = ident_new(given->env);
    }
    for (int t = 0; t < THREADS; t++)
        if (pthread_create(&threads[t].id, NULL, write_many, &threads[t]) != 0)
            abort();
    for (int t = 0; t < THREADS; t++)
        pthread_join(threads[t].id, NULL);
}

static bool as_reported(struct given *given, const struct thread *thread)
{
    for (int i = 0; i < ACTS; i++) {
        bool there = is_there(given, &program_concept, thread->ids[i]);
        if (thread->results[i] != (is_to_fail(i) ? ERR_CONFLICT : ERR_OK) || there == is_to_fail(i))
            return false;
    }
    return thread->notes_right;
}

static err_t seqs_act(struct tx *tx, void *with)
{
    OWN(rows) rows = {0};
    int64_t *counts = with;
    TRY(tx_read(tx, &rows,
                "select count(*), count(distinct seq), min(seq), max(seq) from programs where tenant = $1"));
    TRY(row_one(&rows));
    for (int i = 0; i < 4; i++)
        counts[i] = row_number(&rows, i);
    return ERR_OK;
}

TEST(an_act_fails_alone_and_what_was_answered_is_there_after_a_restart)
{
    OWN(given) given = {0};
    static struct thread threads[THREADS];
    int64_t seqs[4];
    CHECK_OK(given_a_store(&given));
    write_from_threads(&given, threads);
    for (int t = 0; t < THREADS; t++)
        CHECK(as_reported(&given, &threads[t]));
    CHECK_OK(reopened(&given));
    for (int t = 0; t < THREADS; t++)
        CHECK(as_reported(&given, &threads[t]));
    CHECK_OK(store_read(given.store, given.tenant.id, seqs_act, seqs));
    CHECK(seqs[0] == THREADS * (ACTS - ACTS / 3) && seqs[1] == seqs[0] && seqs[2] > 0);
}

TEST(seq_grows_with_every_commit_whatever_failed_between)
{
    OWN(given) given = {0};
    int64_t seqs[4], last = 0;
    CHECK_OK(given_a_store(&given));
    ident_t device = ident_new(given.env), id = ident_new(given.env);
    for (int i = 0; i < 12; i++) {
        struct putting failing = {
            &program_concept, {.id = ident_new(given.env), .parent = device}, ERR_INVALID};
        CHECK_FAILS(ERR_INVALID, store_write(given.store, given.tenant.id, put_act, &failing));
        if (i % 4 == 3)
            CHECK_OK(reopened(&given));
        CHECK_OK(i % 2 ? removed(&given, (struct removing){record_remove, &program_concept, id, {{0}}})
                       : ERR_OK);
        CHECK_OK(put_programs(&given, id, device, STR("again")));
        CHECK_OK(store_read(given.store, given.tenant.id, seqs_act, seqs));
        CHECK(seqs[0] == 1 && seqs[2] == seqs[3] && seqs[3] > last);
        last = seqs[3];
    }
}

TEST(another_tenant_sees_and_touches_nothing)
{
    OWN(given) given = {0};
    struct tenant other;
    CHECK_OK(given_a_store(&given));
    CHECK_OK(given_tenant(&given, STR("other"), &other));
    ident_t device = ident_new(given.env), id = ident_new(given.env);
    CHECK_OK(put_device(&given, device, 1));
    CHECK_OK(put_programs(&given, id, device, STR("mine")));
    CHECK(count_of(&given, other.id, &device_concept) == 0 &&
          count_of(&given, other.id, &program_concept) == 0);
    struct removing removing = {record_remove, &program_concept, id, {{0}}};
    CHECK_OK(store_write(given.store, other.id, remove_act, &removing));
    struct putting putting = {
        &program_concept, {.id = id, .parent = device, .sealed = STR("theirs")}, ERR_OK};
    CHECK_OK(store_write(given.store, other.id, put_act, &putting));
    OWN(listing) mine = {.concept = &program_concept};
    CHECK_OK(list(&given, &mine));
    CHECK(mine.page.count == 1 && str_eq(mine.page.records[0].sealed, STR("mine")));
}

TEST(an_unknown_tenant_is_missing)
{
    OWN(given) given = {0};
    CHECK_OK(given_a_store(&given));
    given.tenant.id = ident_new(given.env);
    OWN(listing) all = {.concept = &device_concept};
    CHECK_FAILS(ERR_MISSING, list(&given, &all));
    CHECK_FAILS(ERR_MISSING, put_device(&given, ident_new(given.env), 1));
}

TEST(tenants_are_made_once_and_found_by_id_and_name)
{
    OWN(given) given = {0};
    OWN(arena) arena = ARENA(ROOM);
    struct tenant found, *all = NULL, other;
    size_t count = 0;
    CHECK_OK(given_a_store(&given));
    CHECK_OK(store_tenant_put(given.store, &given.tenant));
    CHECK_FAILS(ERR_CONFLICT, given_tenant(&given, STR("example"), &other));
    CHECK_OK(given_tenant(&given, STR("another"), &other));
    CHECK_OK(store_tenant_state(given.store, other.id, STR("kit")));
    CHECK_OK(reopened(&given));
    CHECK_OK(store_tenant_named(given.store, STR("another"), &arena, &found));
    CHECK(ident_eq(found.id, other.id) && ident_eq(found.realm, other.realm) &&
          str_eq(found.state, STR("kit")));
    CHECK_OK(store_tenant_find(given.store, given.tenant.id, &arena, &found));
    CHECK(str_eq(found.name, STR("example")) && found.made == given.tenant.made);
    CHECK_FAILS(ERR_MISSING, store_tenant_named(given.store, STR("nobody"), &arena, &found));
    CHECK_OK(store_tenants(given.store, &arena, &all, &count));
    CHECK(count == 2 && str_eq(all[0].name, STR("another")) && str_eq(all[1].name, STR("example")));
}

TEST(a_tenant_that_nobody_claimed_is_removed_and_its_name_free_again)
{
    OWN(given) given = {0};
    struct tenant again;
    CHECK_OK(given_a_store(&given));
    CHECK_FAILS(ERR_DENIED, store_tenant_remove(given.store, given.tenant.id));
    CHECK_OK(store_tenant_state(given.store, given.tenant.id, STR("unclaimed")));
    CHECK_OK(put_device(&given, given.tenant.id, 1));
    CHECK_OK(store_tenant_remove(given.store, given.tenant.id));
    CHECK_FAILS(ERR_MISSING, put_device(&given, given.tenant.id, 1));
    CHECK_OK(store_tenant_remove(given.store, given.tenant.id));
    CHECK_OK(given_tenant(&given, STR("example"), &again));
}

TEST(more_tenants_than_open_files_take_turns)
{
    enum { TENANTS = FEW_OPEN + 6 };
    OWN(given) given = {0};
    struct tenant tenants[TENANTS];
    CHECK_OK(given_a_store(&given));
    store_most(given.store, FEW_OPEN);
    for (unsigned i = 0; i < TENANTS; i++) {
        CHECK_OK(given_numbered_tenant(&given, i, &tenants[i]));
        given.tenant = tenants[i];
        CHECK_OK(put_device(&given, tenants[i].id, i));
    }
    for (unsigned i = 0; i < TENANTS; i++) {
        given.tenant = tenants[i];
        CHECK(count_of(&given, tenants[i].id, &device_concept) == 1);
        CHECK(is_there(&given, &device_concept, tenants[i].id));
    }
}

struct waiter {
    struct given *given;
    ident_t tenant;
    pthread_barrier_t *inside, *leave;
    pthread_t thread;
    err_t result;
};

static err_t wait_act(struct tx *tx, void *with)
{
    struct waiter *waiter = with;
    (void)tx;
    pthread_barrier_wait(waiter->inside);
    pthread_barrier_wait(waiter->leave);
    return ERR_OK;
}

static void *wait_in_an_act(void *with)
{
    struct waiter *waiter = with;
    waiter->result = store_read(waiter->given->store, waiter->tenant, wait_act, waiter);
    return NULL;
}

TEST(a_tenant_past_those_in_use_at_once_is_told_to_wait)
{
    OWN(given) given = {0};
    static struct waiter waiters[FEW_OPEN];
    pthread_barrier_t inside, leave;
    struct tenant tenant;
    CHECK_OK(given_a_store(&given));
    store_most(given.store, FEW_OPEN);
    pthread_barrier_init(&inside, NULL, FEW_OPEN + 1);
    pthread_barrier_init(&leave, NULL, FEW_OPEN + 1);
    for (unsigned i = 0; i < FEW_OPEN; i++) {
        CHECK_OK(given_numbered_tenant(&given, i, &tenant));
        waiters[i] = (struct waiter){&given, tenant.id, &inside, &leave, 0, ERR_BROKEN};
        CHECK(pthread_create(&waiters[i].thread, NULL, wait_in_an_act, &waiters[i]) == 0);
    }
    pthread_barrier_wait(&inside);
    err_t past = put_device(&given, given.tenant.id, 1);
    pthread_barrier_wait(&leave);
    for (int i = 0; i < FEW_OPEN; i++)
        pthread_join(waiters[i].thread, NULL);
    CHECK_FAILS(ERR_BUSY, past);
    CHECK_OK(waiters[0].result);
    CHECK_OK(put_device(&given, given.tenant.id, 1));
}

static void *put_one_device(void *with)
{
    struct given *given = with;
    return put_device(given, given->tenant.realm, 1) == ERR_OK ? given : NULL;
}

/* Lists, lets another thread write, and lists again. */
static err_t list_twice_act(struct tx *tx, void *with)
{
    struct given *given = with;
    OWN(listing) before = {.concept = &device_concept, .arena = ARENA(ROOM)};
    OWN(listing) after = {.concept = &device_concept, .arena = ARENA(ROOM)};
    pthread_t thread;
    void *written = NULL;
    TRY(list_act(tx, &before));
    if (pthread_create(&thread, NULL, put_one_device, given) != 0 || pthread_join(thread, &written) != 0 ||
        !written)
        return fail(ERR_BROKEN, "nothing was written meanwhile");
    TRY(list_act(tx, &after));
    return after.page.count == before.page.count ? ERR_OK : fail(ERR_CONFLICT, "the list has changed");
}

TEST(a_reading_act_sees_one_moment_and_holds_up_no_writer)
{
    OWN(given) given = {0};
    CHECK_OK(given_a_store(&given));
    CHECK_OK(put_device(&given, given.tenant.id, 1));
    CHECK_OK(store_read(given.store, given.tenant.id, list_twice_act, &given));
    CHECK(count_of(&given, given.tenant.id, &device_concept) == 2);
}

TEST(a_reading_act_cannot_write)
{
    OWN(given) given = {0};
    CHECK_OK(given_a_store(&given));
    struct putting putting = {&program_concept, {.id = given.tenant.id, .parent = given.tenant.id}, ERR_OK};
    CHECK(store_read(given.store, given.tenant.id, put_act, &putting) != ERR_OK);
    CHECK(count_of(&given, given.tenant.id, &program_concept) == 0);
}

TESTS(a_record_comes_back_as_it_was_put, a_record_without_sealed_bytes_has_none,
      a_put_replaces_the_whole_record, a_record_never_changes_its_parent,
      a_put_without_plain_fields_keeps_those_that_are_there, pages_go_by_id_and_leave_nothing_out,
      what_belongs_to_one_parent_is_listed_and_removed_together,
      all_of_a_concept_is_removed_or_unsealed_for_one_tenant_alone,
      a_device_was_last_seen_at_the_latest_time_told,
      an_act_fails_alone_and_what_was_answered_is_there_after_a_restart,
      seq_grows_with_every_commit_whatever_failed_between, another_tenant_sees_and_touches_nothing,
      an_unknown_tenant_is_missing, tenants_are_made_once_and_found_by_id_and_name,
      a_tenant_that_nobody_claimed_is_removed_and_its_name_free_again,
      more_tenants_than_open_files_take_turns, a_tenant_past_those_in_use_at_once_is_told_to_wait,
      a_reading_act_sees_one_moment_and_holds_up_no_writer, a_reading_act_cannot_write)
