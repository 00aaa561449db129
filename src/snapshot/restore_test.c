/* SPDX-License-Identifier: Apache-2.0
 *
 * A restore brings back what the snapshot has, leaves out whom it has to, and touches nothing else.
 */
#include "snapshot/restore.h"

#include "snapshot/many_given.h"
#include "store/blobs.h"
#include "store/launches.h"
#include "store/record.h"
#include "test/test.h"
#include <sys/stat.h>

enum { ROUNDS = 12, BLOB = 300 * 1024 };

static ident_t numbered(uint8_t number) { return (ident_t){{9, number}}; }

/* The rows at random name blobs without files, which no restore puts back. */
static bool is_put_back(const struct place *place)
{
    return place->restore == RESTORE_CONTENT && strcmp(place->name, "blobs") != 0;
}

static bool content_is(struct given *given, const struct given_state *expected)
{
    OWN(given_state) now = {.count = 0};
    size_t at = 0;
    if (given_state_now(given, &now) != ERR_OK)
        return false;
    for_each_place(place)
    {
        bool same = str_eq(buf_str(&now.at[at]), buf_str(&expected->at[at]));
        if (is_put_back(place) && !same)
            return printf("%s is another\n", place->name), false;
        at++;
    }
    return true;
}

static bool weighs_what_it_holds(struct given *given);

TEST(every_row_is_as_the_snapshot_has_it_and_the_safety_snapshot_undoes_it)
{
    OWN(given) given = {0};
    CHECK_OK(given_snapshots(&given, test_folder()));
    for (int round = 0; round < ROUNDS; round++) {
        struct snapshot then;
        struct restored done;
        OWN(given_state) snapped = {.count = 0};
        OWN(given_state) before = {.count = 0};
        CHECK_OK(given_days_work(&given, 60));
        CHECK_OK(given_taken(&given, "daily", &then));
        CHECK_OK(given_state_now(&given, &snapped));
        for (int later = 0; later < round % 3; later++) {
            struct snapshot taken;
            CHECK_OK(given_days_work(&given, 25));
            CHECK_OK(given_taken(&given, "daily", &taken));
        }
        CHECK_OK(given_days_work(&given, 40));
        CHECK_OK(given_state_now(&given, &before));
        CHECK_OK(given_restored(&given, then.id, &done));
        CHECK(content_is(&given, &snapped));
        CHECK(weighs_what_it_holds(&given));
        CHECK(given_next_holds(&given));
        CHECK_OK(given_restored(&given, done.safety, &done));
        CHECK(content_is(&given, &before));
        CHECK(given_next_holds(&given));
    }
}

TEST(the_snapshot_after_a_restore_has_what_has_changed_since_and_nothing_twice)
{
    OWN(given) given = {0};
    struct snapshot then, next;
    struct restored done;
    CHECK_OK(given_snapshots(&given, test_folder()));
    CHECK_OK(given_days_work(&given, 600));
    CHECK_OK(given_taken(&given, "daily", &then));
    CHECK_OK(given_days_work(&given, 300));
    CHECK_OK(given_restored(&given, then.id, &done));
    CHECK(done.rows_put + done.rows_removed > 100);
    CHECK_OK(given_taken(&given, "daily", &next));
    CHECK(next.new_bytes * 5 < then.new_bytes);
    CHECK_OK(given_restored(&given, done.safety, &done)); /* and what was undone is still to be had */
    CHECK(done.rows_put + done.rows_removed > 100 && given_next_holds(&given));
}

static err_t weigh_act(struct tx *tx, void *with)
{
    struct weights kept, counted;
    TRY(weights_read(tx, &kept));
    TRY(weights_count(tx, &counted));
    *(bool *)with = !memcmp(&kept, &counted, sizeof kept);
    return ERR_OK;
}

static bool weighs_what_it_holds(struct given *given)
{
    bool same = false;
    return store_read(given->store, given->tenant.id, weigh_act, &same) == ERR_OK && same;
}

TEST(a_dry_run_says_what_would_be_done_and_does_nothing)
{
    OWN(given) given = {0};
    struct snapshot then;
    struct restored would, done;
    OWN(given_state) before = {.count = 0};
    OWN(given_state) after = {.count = 0};
    CHECK_OK(given_snapshots(&given, test_folder()));
    CHECK_OK(given_days_work(&given, 200));
    CHECK_OK(given_taken(&given, "daily", &then));
    CHECK_OK(given_days_work(&given, 100));
    CHECK_OK(given_state_now(&given, &before));
    const struct restore_ask ask = {.tenant = given.tenant.id, .snapshot = then.id};
    CHECK_OK(restore_look(&given.snapshots, &ask, &given.arena, &would));
    CHECK_OK(given_state_now(&given, &after));
    CHECK(given_same(&before, &after) && would.rows_put && would.rows_removed && would.rows_same);
    CHECK_OK(given_restored(&given, then.id, &done));
    CHECK(done.rows_put == would.rows_put && done.rows_removed == would.rows_removed);
}

/* The tenant's file as it stands, while nobody has it open. */
static err_t file_exchanged(struct given *given, bool put, buf_t *io_bytes)
{
    char path[1024];
    store_drop(&given->store);
    snprintf(path, sizeof path, "%s/tenants/%s.db", test_folder(), ident_text("ten", given->tenant.id).text);
    TRY(put ? given->env.write_file(&given->env, path, buf_str(io_bytes), 0600)
            : given->env.read_file(&given->env, path, io_bytes));
    TRY(store_open(&given->env, test_folder(), &given->store));
    given->snapshots.store = given->store;
    return ERR_OK;
}

TEST(a_file_that_was_copied_back_is_brought_to_a_snapshot_that_is_newer_than_it)
{
    OWN(given) given = {0};
    OWN(buf) older = BUF(64 * 1024 * 1024);
    OWN(given_state) snapped = {.count = 0};
    struct snapshot taken;
    struct restored done;
    CHECK_OK(given_snapshots(&given, test_folder()));
    CHECK_OK(given_days_work(&given, 100));
    CHECK_OK(given_taken(&given, "daily", &taken));
    CHECK_OK(given_days_work(&given, 30));
    CHECK_OK(file_exchanged(&given, false, &older));
    CHECK_OK(given_days_work(&given, 200));
    CHECK_OK(given_taken(&given, "daily", &taken));
    CHECK_OK(given_state_now(&given, &snapped));
    CHECK_OK(file_exchanged(&given, true, &older));
    CHECK_OK(given_restored(&given, taken.id, &done));
    CHECK(content_is(&given, &snapped) && weighs_what_it_holds(&given));
    for (int day = 0; day < 4; day++) {
        CHECK(given_next_holds(&given));
        CHECK_OK(given_days_work(&given, 60));
    }
}

/* Sequences and numbers that other sides rely on never go back. */
struct monotone {
    bool again;
    int64_t version;
};

static err_t sequence_act(struct tx *tx, void *with)
{
    return sequence_take(tx, numbered(60), numbered(1), 7, &((struct monotone *)with)->again);
}

static err_t counter_act(struct tx *tx, void *with) { return changes_counter(tx, with); }

TEST(what_must_not_go_back_does_not)
{
    OWN(given) given = {0};
    struct snapshot then;
    struct restored done;
    struct monotone seen = {.again = false};
    int64_t before = 0, after = 0;
    CHECK_OK(given_snapshots(&given, test_folder()));
    CHECK_OK(given_days_work(&given, 50));
    CHECK_OK(given_taken(&given, "daily", &then));
    CHECK_OK(store_write(given.store, given.tenant.id, sequence_act, &seen));
    CHECK_OK(store_read(given.store, given.tenant.id, counter_act, &before));
    CHECK_OK(given_restored(&given, then.id, &done));
    CHECK_OK(store_write(given.store, given.tenant.id, sequence_act, &seen));
    CHECK_OK(store_read(given.store, given.tenant.id, counter_act, &after));
    CHECK(seen.again && after > before);
}

static err_t blob_away_act(struct tx *tx, void *with) { return blob_row_remove(tx, *(ident_t *)with); }

TEST(a_recording_that_was_removed_is_back_with_its_bytes)
{
    OWN(given) given = {0};
    struct snapshot then;
    struct restored done;
    ident_t id;
    OWN(buf) path = BUF(1024);
    OWN(buf) was = BUF(BLOB);
    OWN(buf) is = BUF(BLOB);
    CHECK_OK(given_snapshots(&given, test_folder()));
    CHECK_OK(given_blob(&given, BLOB, &id));
    CHECK_OK(blob_path(given.store, given.tenant.id, id, &path));
    CHECK_OK(given.env.read_file(&given.env, path.at, &was));
    CHECK_OK(given_taken(&given, "daily", &then));
    CHECK_OK(blob_file_remove(given.store, given.tenant.id, id));
    CHECK_OK(store_write(given.store, given.tenant.id, blob_away_act, &id));
    CHECK_OK(given_restored(&given, then.id, &done));
    CHECK(done.blobs_back == 1);
    CHECK_OK(given.env.read_file(&given.env, path.at, &is));
    CHECK(str_eq(buf_str(&was), buf_str(&is)));
}

/* Rows that name this subject or device, and launches of it. */
struct named {
    ident_t id;
    size_t rows;
};

static err_t named_take(void *with, const struct place *place, str_t row)
{
    struct named *named = with;
    const int columns[] = {place->subject, place->device};
    for (size_t i = 0; i < 2; i++) {
        struct value value;
        if (columns[i] < 0)
            continue;
        TRY(row_value(place, row, (size_t)columns[i], &value));
        named->rows += str_eq(value.bytes, ident_bytes(&named->id));
    }
    return ERR_OK;
}

struct taking {
    struct named *named;
    const struct place *place;
};

static err_t row_take(void *with, str_t key, str_t row)
{
    const struct taking *taking = with;
    (void)key;
    return named_take(taking->named, taking->place, row);
}

static err_t named_act(struct tx *tx, void *with)
{
    for_each_place(place)
    {
        struct taking taking = {with, place};
        TRY(place_rows(tx, place, &(struct place_span){0}, row_take, &taking));
    }
    return ERR_OK;
}

static size_t rows_of(struct given *given, ident_t id)
{
    struct named named = {.id = id};
    return store_read(given->store, given->tenant.id, named_act, &named) == ERR_OK ? named.rows : SIZE_MAX;
}

/* All that is about a device, by the ways in which a removal does it. */
static err_t device_away_act(struct tx *tx, void *with)
{
    const ident_t *device = with;
    TRY(launch_remove_of(tx, *device));
    TRY(sequence_forget(tx, *device));
    for (const concept_t *const *c = concepts; *c; c++)
        if ((*c)->home == HOME_TENANT && (*c)->shape == SHAPE_LIST)
            TRY(record_remove_of(tx, *c, *device));
        else if ((*c)->home == HOME_TENANT && (*c)->subject == SUBJECT_DEVICE)
            TRY(record_remove(tx, *c, *device));
    return ERR_OK;
}

TEST(who_was_forgotten_stays_forgotten_with_all_launches_under_their_keys)
{
    OWN(given) given = {0};
    struct snapshot then;
    struct restored done;
    ident_t gone[] = {numbered(2)};
    CHECK_OK(given_snapshots(&given, test_folder()));
    CHECK_OK(given_days_work(&given, 600));
    CHECK_OK(given_taken(&given, "daily", &then));
    CHECK(rows_of(&given, gone[0]) > 0);
    CHECK_OK(store_write(given.store, given.tenant.id, device_away_act, &gone[0]));
    const size_t left = rows_of(&given, gone[0]), others = rows_of(&given, numbered(1));
    const struct restore_ask ask = {.tenant = given.tenant.id, .snapshot = then.id, .forgotten = {gone, 1}};
    CHECK_OK(given_days_work(&given, 60));
    CHECK_OK(store_write(given.store, given.tenant.id, device_away_act, &gone[0]));
    CHECK_OK(restore_run(&given.snapshots, &ask, &given.arena, &done));
    CHECK(done.rows_left_out > 0 && rows_of(&given, gone[0]) <= left);
    CHECK(rows_of(&given, numbered(1)) >= others - left);
    CHECK_OK(given_restored(&given, then.id, &done)); /* the rows were there to be left out */
    CHECK(rows_of(&given, gone[0]) > left);
}

/* Somebody who is forgotten once the restore was asked for, and whose rows go before it has frozen the tenant. */
struct late {
    struct given *given;
    ident_t gone[1];
    bool frozen;
};

static err_t erased_late(void *with, idents_t *out_forgotten)
{
    struct late *late = with;
    late->frozen =
        store_write(late->given->store, late->given->tenant.id, device_away_act, &late->gone[0]) == ERR_BUSY;
    *out_forgotten = (idents_t){late->gone, 1};
    return ERR_OK;
}

TEST(who_is_forgotten_between_the_asking_and_the_freezing_stays_forgotten)
{
    OWN(given) given = {0};
    OWN(store) own = NULL; /* a restore's handle is not that of those who write */
    struct snapshot then;
    struct restored done;
    struct late late = {.given = &given, .gone = {numbered(2)}};
    CHECK_OK(given_snapshots(&given, test_folder()));
    CHECK_OK(given_days_work(&given, 600));
    CHECK_OK(given_taken(&given, "daily", &then));
    CHECK_OK(store_write(given.store, given.tenant.id, device_away_act, &late.gone[0]));
    const size_t left = rows_of(&given, late.gone[0]);
    CHECK_OK(store_open(&given.env, test_folder(), &own));
    struct snapshots snapshots = given.snapshots;
    snapshots.store = own;
    const struct restore_ask ask = {
        .tenant = given.tenant.id, .snapshot = then.id, .erased = erased_late, .with = &late};
    CHECK_OK(restore_run(&snapshots, &ask, &given.arena, &done));
    CHECK(late.frozen);
    CHECK(done.rows_left_out > 0 && rows_of(&given, late.gone[0]) <= left);
}

TEST(of_one_device_nothing_else_is_touched)
{
    OWN(given) given = {0};
    struct snapshot then;
    struct restored done;
    const ident_t device = numbered(3), other = numbered(1);
    CHECK_OK(given_snapshots(&given, test_folder()));
    CHECK_OK(given_days_work(&given, 600));
    CHECK_OK(given_taken(&given, "daily", &then));
    const size_t had = rows_of(&given, device);
    CHECK_OK(store_write(given.store, given.tenant.id, device_away_act, (void *)(uintptr_t)&device));
    CHECK_OK(store_write(given.store, given.tenant.id, device_away_act, (void *)(uintptr_t)&other));
    const size_t others = rows_of(&given, other);
    CHECK(rows_of(&given, device) < had);
    const struct restore_ask ask = {.tenant = given.tenant.id, .snapshot = then.id, .device = &device};
    CHECK_OK(restore_run(&given.snapshots, &ask, &given.arena, &done));
    CHECK(rows_of(&given, device) == had && rows_of(&given, other) == others);
    CHECK(done.rows_put > 0 && weighs_what_it_holds(&given));
}

TEST(an_empty_store_is_rebuilt_and_found_to_be_the_same_or_what_differs_is_told)
{
    OWN(given) given = {0};
    OWN(store) scratch = NULL;
    OWN(store) second = NULL;
    struct snapshot then;
    struct restored done;
    OWN(buf) path = BUF(1024);
    char folder[512];
    ident_t id;
    CHECK_OK(given_snapshots(&given, test_folder()));
    CHECK_OK(given_days_work(&given, 300));
    CHECK_OK(given_blob(&given, BLOB, &id));
    CHECK_OK(given_taken(&given, "daily", &then));
    snprintf(folder, sizeof folder, "%s/scratch", test_folder());
    CHECK(mkdir(folder, 0700) == 0);
    CHECK_OK(store_open(&given.env, folder, &scratch));
    CHECK_OK(store_tenant_put(scratch, &given.tenant));
    const struct restore_ask ask = {.tenant = given.tenant.id, .snapshot = then.id};
    CHECK_OK(restore_rebuild(&given.snapshots, &ask, scratch, &given.arena, &done));
    CHECK(done.rows_put > 0 && done.blobs_back == 1 && done.bytes > BLOB);
    CHECK_OK(blob_path(scratch, given.tenant.id, id, &path));
    struct stat about;
    CHECK(stat(path.at, &about) == 0 && about.st_nlink == 1); /* a copy, not the same file again */
    CHECK_FAILS(ERR_CONFLICT, restore_rebuild(&given.snapshots, &ask, scratch, &given.arena, &done));
}

TEST(a_snapshot_of_another_tenant_is_refused_and_one_that_is_altered_restores_nothing)
{
    OWN(given) given = {0};
    struct snapshot then;
    struct restored done;
    const struct tenant other = {
        .id = {{21}}, .realm = {{22}}, .name = STR("another"), .state = STR("open"), .made = 1};
    bool frozen = true;
    CHECK_OK(given_snapshots(&given, test_folder()));
    CHECK_OK(given_days_work(&given, 50));
    CHECK_OK(given_taken(&given, "daily", &then));
    CHECK_OK(store_tenant_put(given.store, &other));
    CHECK(restore_run(&given.snapshots, &(struct restore_ask){.tenant = other.id, .snapshot = then.id},
                      &given.arena, &done) != ERR_OK);
    CHECK_OK(store_frozen(given.store, given.tenant.id, &frozen));
    CHECK(!frozen);
    CHECK_FAILS(ERR_MISSING, given_restored(&given, numbered(200), &done));
}

static err_t flip(struct given *given, const char *path)
{
    OWN(buf) bytes = BUF(1 << 24);
    TRY(given->env.read_file(&given->env, path, &bytes));
    bytes.at[bytes.len / 2] ^= 1;
    return given->env.write_file(&given->env, path, buf_str(&bytes), 0600);
}

static err_t segment_flip(void *with, const char *path, const char *name)
{
    return strncmp(name, "seg_", 4) ? ERR_OK : flip(with, path);
}

static err_t copy_flip(void *with, const char *path, const char *name)
{
    return strncmp(name, "blob_", 5) ? ERR_OK : flip(with, path);
}

TEST(a_recording_that_does_not_hold_is_named_and_no_store_is_made_of_it)
{
    OWN(given) given = {0};
    OWN(store) scratch = NULL;
    struct snapshot then;
    struct restored done;
    char folder[512], path[1024];
    ident_t id;
    CHECK_OK(given_snapshots(&given, test_folder()));
    CHECK_OK(given_blob(&given, BLOB, &id));
    CHECK_OK(given_taken(&given, "daily", &then));
    CHECK_OK(given_files(&given, copy_flip, &given));
    snprintf(folder, sizeof folder, "%s/scratch", test_folder());
    CHECK(mkdir(folder, 0700) == 0);
    CHECK_OK(store_open(&given.env, folder, &scratch));
    CHECK_OK(store_tenant_put(scratch, &given.tenant));
    const struct restore_ask ask = {.tenant = given.tenant.id, .snapshot = then.id};
    CHECK_FAILS(ERR_BROKEN, restore_rebuild(&given.snapshots, &ask, scratch, &given.arena, &done));
    CHECK(strstr(err_note(), ident_text("blob", id).text));
    snprintf(path, sizeof path, "%s/tenants/%s.db", folder, ident_text("ten", given.tenant.id).text);
    CHECK(access(path, F_OK) != 0);
}

TEST(what_does_not_hold_restores_nothing_and_the_tenant_is_open_again)
{
    OWN(given) given = {0};
    struct snapshot then;
    struct restored done;
    OWN(given_state) before = {.count = 0};
    bool frozen = true;
    CHECK_OK(given_snapshots(&given, test_folder()));
    CHECK_OK(given_days_work(&given, 200));
    CHECK_OK(given_taken(&given, "daily", &then));
    CHECK_OK(given_days_work(&given, 100));
    CHECK_OK(given_files(&given, segment_flip, &given));
    CHECK_OK(given_state_now(&given, &before));
    CHECK_FAILS(ERR_BROKEN, given_restored(&given, then.id, &done));
    CHECK(strstr(err_note(), "seg_"));
    CHECK(content_is(&given, &before));
    CHECK_OK(store_frozen(given.store, given.tenant.id, &frozen));
    CHECK(!frozen);
}

static err_t days_work(struct given *given, uint8_t turn)
{
    if (turn == 2)
        TRY(store_write(given->store, given->tenant.id, device_away_act, &(ident_t){{9, 1}}));
    return given_days_work(given, 12);
}

TEST(a_hundred_tenants_at_once_are_restored_each_in_its_own_files)
{
    OWN(given) given = {0};
    static struct given_many many;
    moment_t took = 0;
    CHECK_OK(given_snapshots(&given, test_folder()));
    many = (struct given_many){.given = &given, .folder = test_folder(), .work = days_work};
    CHECK_OK(given_many_made(&many));
    CHECK_OK(given_many_restored(&many, &took));
    printf("a hundred restores took %lld ms\n", (long long)took);
}

TESTS(every_row_is_as_the_snapshot_has_it_and_the_safety_snapshot_undoes_it,
      the_snapshot_after_a_restore_has_what_has_changed_since_and_nothing_twice,
      a_file_that_was_copied_back_is_brought_to_a_snapshot_that_is_newer_than_it,
      a_dry_run_says_what_would_be_done_and_does_nothing, what_must_not_go_back_does_not,
      a_recording_that_was_removed_is_back_with_its_bytes,
      who_was_forgotten_stays_forgotten_with_all_launches_under_their_keys,
      who_is_forgotten_between_the_asking_and_the_freezing_stays_forgotten,
      of_one_device_nothing_else_is_touched,
      an_empty_store_is_rebuilt_and_found_to_be_the_same_or_what_differs_is_told,
      a_snapshot_of_another_tenant_is_refused_and_one_that_is_altered_restores_nothing,
      a_recording_that_does_not_hold_is_named_and_no_store_is_made_of_it,
      what_does_not_hold_restores_nothing_and_the_tenant_is_open_again,
      a_hundred_tenants_at_once_are_restored_each_in_its_own_files)
