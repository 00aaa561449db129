/* SPDX-License-Identifier: Apache-2.0
 *
 * A snapshot gives back what was there; what was altered is named and not used; the five newest are kept.
 */
#include "snapshot/snapshot.h"

#include "snapshot/given.h"
#include "snapshot/read.h"
#include "snapshot/tables.h"
#include "store/blobs.h"
#include "store/db.h"
#include "test/test.h"
#include <fcntl.h>
#include <sys/stat.h>

enum { DAYS_TAKEN = 40, FEW = 30 };

static err_t verified(struct given *given, const ident_t *id, enum verify_depth depth, struct verified *out)
{
    return snapshot_verify(&given->snapshots, given->tenant.id, id, depth, &given->arena, out);
}

static bool holds(struct given *given)
{
    struct verified found = {.wrong = 1};
    return verified(given, NULL, VERIFY_FULL, &found) == ERR_OK && !found.wrong;
}

TEST(a_snapshot_gives_back_every_row_as_it_was_day_after_day)
{
    OWN(given) given = {0};
    CHECK_OK(given_snapshots(&given, test_folder()));
    for (int day = 0; day < DAYS_TAKEN; day++) {
        struct snapshot taken;
        OWN(given_state) now = {.count = 0};
        OWN(given_state) then = {.count = 0};
        CHECK_OK(given_days_work(&given, FEW + (size_t)day % 3));
        CHECK_OK(given_taken(&given, "daily", &taken));
        given_passed(&given, DAYS(1));
        CHECK_OK(given_state_now(&given, &now));
        CHECK_OK(given_state_of(&given, taken.id, &then));
        CHECK(given_same(&now, &then));
        CHECK(taken.same_device);
    }
    CHECK(holds(&given));
}

TEST(a_snapshot_stays_what_it_was_whatever_comes_later)
{
    OWN(given) given = {0};
    struct snapshot first, later;
    OWN(given_state) then = {.count = 0};
    OWN(given_state) now = {.count = 0};
    CHECK_OK(given_snapshots(&given, test_folder()));
    CHECK_OK(given_days_work(&given, 100));
    CHECK_OK(given_taken(&given, "daily", &first));
    CHECK_OK(given_state_now(&given, &then));
    for (int day = 0; day < 3; day++) {
        CHECK_OK(given_days_work(&given, FEW));
        CHECK_OK(given_taken(&given, "daily", &later));
    }
    CHECK_OK(given_state_of(&given, first.id, &now));
    CHECK(given_same(&then, &now));
}

/* Applies what differs to one state of a table, and says whether it became the other. */
struct entry_of {
    place_key_t key;
    str_t row;
};

static err_t rows_of(struct given *given, ident_t id, const struct place *place, arena_t *arena,
                     struct entry_of *out, size_t *out_count)
{
    OWN(snapshot_reader) reader = NULL;
    OWN(place_reader) rows = NULL;
    *out_count = 0;
    TRY(snapshot_open(&given->snapshots, given->tenant.id, id, &reader));
    TRY(place_read(reader, place, &rows));
    while (place_next(rows)) {
        struct entry_of *entry = &out[(*out_count)++];
        entry->key.len = rows->key.len;
        memcpy(entry->key.at, rows->key.at, rows->key.len);
        entry->row = arena_copy(arena, rows->row);
    }
    return place_end(rows);
}

static const struct entry_of *entry_find(const struct entry_of *entries, size_t count, str_t key)
{
    for (size_t i = 0; i < count; i++)
        if (str_eq(key_str(&entries[i].key), key))
            return &entries[i];
    return NULL;
}

/* Whoever has another row, or none, in the two is among the changed; and each is told with the rows of both. */
static err_t difference_check(struct given *given, ident_t id, ident_t other, const struct place *place)
{
    static struct entry_of here[4096], there[4096];
    size_t here_count, there_count, differ = 0, told = 0;
    OWN(arena) arena = ARENA(1 << 24);
    OWN(snapshot_reader) reader = NULL;
    OWN(place_reader) rows = NULL;
    TRY(rows_of(given, id, place, &arena, here, &here_count));
    TRY(rows_of(given, other, place, &arena, there, &there_count));
    TRY(snapshot_open(&given->snapshots, given->tenant.id, id, &reader));
    TRY(place_read_changed(reader, place, other, &rows));
    while (place_next(rows)) {
        const struct entry_of *now = entry_find(here, here_count, rows->key);
        const struct entry_of *then = entry_find(there, there_count, rows->key);
        if (!now != !rows->row.at || (now && !str_eq(now->row, rows->row)) || !then != !rows->other.at ||
            (then && !str_eq(then->row, rows->other)))
            return fail(ERR_BROKEN, "%s: another row", place->name);
        told += !now != !then || (now && !str_eq(now->row, then->row));
    }
    TRY(place_end(rows));
    for (size_t i = 0; i < here_count; i++) {
        const struct entry_of *then = entry_find(there, there_count, key_str(&here[i].key));
        differ += !then || !str_eq(then->row, here[i].row);
    }
    for (size_t i = 0; i < there_count; i++)
        differ += !entry_find(here, here_count, key_str(&there[i].key));
    return told == differ ? ERR_OK : fail(ERR_BROKEN, "%s: %zu differ, %zu told", place->name, differ, told);
}

TEST(what_differs_from_another_snapshot_is_told_with_the_rows_of_both)
{
    OWN(given) given = {0};
    struct snapshot taken[8];
    struct restored done;
    CHECK_OK(given_snapshots(&given, test_folder()));
    for (size_t day = 0; day < 8; day++) {
        CHECK_OK(given_days_work(&given, day ? 12 : 200));
        CHECK_OK(given_taken(&given, "daily", &taken[day]));
        if (day == 4)
            CHECK_OK(given_restored(&given, taken[2].id, &done)); /* what comes now follows the third */
    }
    for (size_t i = 0; i < 8; i++)
        for_each_place(place)
        {
            CHECK_OK(difference_check(&given, taken[i].id, taken[7].id, place));
            CHECK_OK(difference_check(&given, taken[7].id, taken[i].id, place));
            CHECK_OK(difference_check(&given, taken[i].id, taken[i < 7 ? i + 1 : 7].id, place));
        }
}

TEST(one_key_after_the_other_is_found_without_reading_what_lies_between)
{
    static struct entry_of here[4096];
    size_t count;
    OWN(given) given = {0};
    struct snapshot taken;
    const struct place *place = place_numbered(7);
    CHECK_OK(given_snapshots(&given, test_folder()));
    for (int day = 0; day < 4; day++) {
        CHECK_OK(given_days_work(&given, 150));
        CHECK_OK(given_taken(&given, "daily", &taken));
    }
    CHECK_OK(rows_of(&given, taken.id, place, &given.arena, here, &count));
    OWN(snapshot_reader) reader = NULL;
    OWN(place_reader) rows = NULL;
    CHECK_OK(snapshot_open(&given.snapshots, given.tenant.id, taken.id, &reader));
    CHECK_OK(place_read(reader, place, &rows));
    for (size_t i = 0; i < count; i += 3) {
        place_key_t missing = here[i].key;
        CHECK(place_find(rows, key_str(&here[i].key)) && str_eq(rows->row, here[i].row));
        missing.at[KEY_ID_SIZE - 1]++;
        CHECK(!place_find(rows, key_str(&missing)) && !rows->row.at);
    }
    CHECK_OK(place_end(rows));
}

/* Files */

struct flipping {
    struct given *given;
    size_t files, named, used;
};

static err_t flip(const char *path, off_t at)
{
    char byte;
    OWN(fd) fd = open(path, O_RDWR | O_CLOEXEC);
    if (pread(fd, &byte, 1, at) != 1)
        return fail(ERR_BROKEN, "cannot read %s", path);
    byte ^= 0x10;
    return pwrite(fd, &byte, 1, at) == 1 ? ERR_OK : fail(ERR_BROKEN, "cannot write %s", path);
}

static bool subjects_hold(struct given *given, ident_t id)
{
    OWN(snapshot_reader) reader = NULL;
    OWN(place_reader) rows = NULL;
    if (snapshot_open(&given->snapshots, given->tenant.id, id, &reader) != ERR_OK ||
        place_read(reader, &subjects_table, &rows) != ERR_OK)
        return false;
    while (place_next(rows))
        ;
    return place_end(rows) == ERR_OK;
}

static bool usable(struct given *given)
{
    struct snapshot_list list;
    OWN(buf) path = BUF(4096);
    if (snapshots_list(&given->snapshots, given->tenant.id, &given->arena, &list) != ERR_OK || !list.count)
        return false;
    OWN(given_state) state = {.count = 0};
    return given_state_of(given, list.at[0].id, &state) == ERR_OK && subjects_hold(given, list.at[0].id);
}

static err_t flip_and_look(struct flipping *flipping, const char *path, const char *name, off_t at)
{
    struct given *given = flipping->given;
    struct verified found;
    TRY(flip(path, at));
    TRY(verified(given, NULL, VERIFY_FULL, &found));
    OWN(buf) trouble = BUF(1 << 20);
    buf_put(&trouble, found.trouble);
    TRY(buf_end(&trouble));
    flipping->files++;
    flipping->named += found.wrong && trouble.at && strstr(trouble.at, name);
    flipping->used += strncmp(name, "blob", 4) != 0 && usable(given);
    if (!found.wrong || !trouble.at || !strstr(trouble.at, name))
        printf("%s at %lld: %s\n", name, (long long)at, trouble.at ? trouble.at : "nothing");
    TRY(flip(path, at));
    return ERR_OK;
}

static err_t file_flip(void *with, const char *path, const char *name)
{
    struct stat about;
    struct flipping *flipping = with;
    if (!strcmp(name, "wrong") || stat(path, &about) != 0)
        return ERR_OK;
    for (off_t at = 0; at < about.st_size; at += 1 + at / 5)
        TRY(flip_and_look(flipping, path, name, at));
    return flip_and_look(flipping, path, name, about.st_size - 1);
}

TEST(any_file_with_a_bit_flipped_is_named_and_not_used)
{
    OWN(given) given = {0};
    struct flipping flipping = {&given};
    struct snapshot taken;
    ident_t blob;
    CHECK_OK(given_snapshots(&given, test_folder()));
    CHECK_OK(given_days_work(&given, 60));
    CHECK_OK(given_blob(&given, 9000, &blob));
    CHECK_OK(given_taken(&given, "daily", &taken));
    CHECK_OK(given_files(&given, file_flip, &flipping));
    CHECK(flipping.files > 100 && flipping.named == flipping.files);
    CHECK(flipping.used == 0);
}

static err_t segment_cut(void *with, const char *path, const char *name)
{
    struct stat about;
    if (strncmp(name, "seg_", 4) != 0 || stat(path, &about) != 0)
        return ERR_OK;
    ++*(size_t *)with;
    return truncate(path, about.st_size / 2) == 0 ? ERR_OK : fail(ERR_BROKEN, "cannot cut %s", path);
}

TEST(after_a_file_was_found_wrong_the_next_snapshot_is_whole_without_it)
{
    OWN(given) given = {0};
    OWN(given_state) now = {.count = 0};
    OWN(given_state) then = {.count = 0};
    struct snapshot first, second;
    struct verified found;
    size_t cut = 0;
    CHECK_OK(given_snapshots(&given, test_folder()));
    CHECK_OK(given_days_work(&given, 100));
    CHECK_OK(given_taken(&given, "daily", &first));
    CHECK_OK(given_files(&given, segment_cut, &cut));
    CHECK_OK(verified(&given, &first.id, VERIFY_FULL, &found));
    CHECK(cut && found.wrong >= cut);
    CHECK_OK(given_taken(&given, "daily", &second));
    CHECK_OK(verified(&given, &second.id, VERIFY_FULL, &found));
    CHECK(!found.wrong);
    CHECK_OK(given_state_now(&given, &now));
    CHECK_OK(given_state_of(&given, second.id, &then));
    CHECK(given_same(&now, &then));
}

static size_t wrong_of(const struct verified *found, ident_t id)
{
    for (size_t i = 0; i < found->one_count; i++)
        if (ident_eq(found->ones[i].id, id))
            return found->ones[i].wrong;
    return SIZE_MAX;
}

/* The first one's files, before there are others. */
struct had {
    char names[64][64];
    size_t count;
};

static err_t had_add(void *with, const char *path, const char *name)
{
    struct had *had = with;
    (void)path;
    if (!strncmp(name, "seg_", 4) && had->count < 64)
        snprintf(had->names[had->count++], sizeof *had->names, "%s", name);
    return ERR_OK;
}

static err_t new_cut(void *with, const char *path, const char *name)
{
    const struct had *had = with;
    size_t cut = 0;
    for (size_t i = 0; i < had->count; i++)
        if (!strcmp(had->names[i], name))
            return ERR_OK;
    return segment_cut(&cut, path, name);
}

TEST(a_file_is_wrong_for_each_snapshot_that_names_it_and_for_no_other)
{
    OWN(given) given = {0};
    struct had had = {.count = 0};
    struct snapshot first, second;
    struct verified found;
    size_t cut = 0;
    CHECK_OK(given_snapshots(&given, test_folder()));
    CHECK_OK(given_days_work(&given, 400));
    CHECK_OK(given_taken(&given, "daily", &first));
    CHECK_OK(given_files(&given, had_add, &had));
    CHECK_OK(given_days_work(&given, 4));
    CHECK_OK(given_taken(&given, "daily", &second));
    CHECK_OK(given_files(&given, new_cut, &had));
    CHECK_OK(verified(&given, NULL, VERIFY_FULL, &found));
    CHECK(found.wrong && found.one_count == 2);
    CHECK(!wrong_of(&found, first.id) && wrong_of(&found, second.id) == found.wrong);
    CHECK_OK(given_files(&given, segment_cut, &cut));
    CHECK_OK(verified(&given, NULL, VERIFY_FULL, &found));
    CHECK(wrong_of(&found, first.id) && wrong_of(&found, second.id) && found.wrong == cut);
}

TEST(a_copy_of_a_blob_that_was_found_wrong_is_made_again)
{
    OWN(given) given = {0};
    OWN(buf) path = BUF(4096);
    struct snapshot first, second;
    struct verified found;
    ident_t id;
    CHECK_OK(given_snapshots(&given, test_folder()));
    CHECK_OK(given_blob(&given, 9000, &id));
    CHECK_OK(given_taken(&given, "daily", &first));
    buf_putf(&path, "%s/%s/%s", given.folder, ident_text("ten", given.tenant.id).text,
             ident_text("blob", id).text);
    CHECK(unlink(path.at) == 0);
    CHECK_OK(env_real()->write_file(env_real(), path.at, STR("another"), 0600));
    CHECK_OK(verified(&given, &first.id, VERIFY_FULL, &found));
    CHECK(found.wrong == 1 && found.blobs == 1);
    CHECK_OK(given_taken(&given, "daily", &second));
    CHECK(holds(&given));
}

TEST(a_subject_that_the_keyring_does_not_know_is_told)
{
    OWN(given) given = {0};
    struct snapshot taken;
    struct verified found;
    CHECK_OK(given_snapshots(&given, test_folder()));
    CHECK_OK(given_days_work(&given, 100));
    CHECK_OK(given_taken(&given, "daily", &taken));
    CHECK(holds(&given));
    given.strange = (ident_t){{9, 1}};
    CHECK_OK(verified(&given, &taken.id, VERIFY_NEW, &found));
    CHECK(found.wrong == 1);
}

TEST(a_snapshot_of_another_tenant_is_not_taken_for_ones_own)
{
    OWN(given) given = {0};
    OWN(snapshot_reader) reader = NULL;
    struct snapshot taken;
    char from[1024], to[1024];
    const ident_t other = {{8}};
    CHECK_OK(given_snapshots(&given, test_folder()));
    CHECK_OK(given_days_work(&given, 20));
    CHECK_OK(given_taken(&given, "daily", &taken));
    snprintf(from, sizeof from, "%s/%s", given.folder, ident_text("ten", given.tenant.id).text);
    snprintf(to, sizeof to, "%s/%s", given.folder, ident_text("ten", other).text);
    CHECK(rename(from, to) == 0);
    CHECK_FAILS(ERR_BROKEN, snapshot_open(&given.snapshots, other, taken.id, &reader));
}

static err_t count_file(void *with, const char *path, const char *name)
{
    (void)path, (void)name;
    ++*(size_t *)with;
    return ERR_OK;
}

static err_t pruned(struct given *given, const struct snapshot_keep *keep, size_t *out_gone)
{
    idents_t gone;
    TRY(snapshots_prune(&given->snapshots, given->tenant.id, keep, &given->arena, &gone));
    *out_gone = gone.count;
    return ERR_OK;
}

TEST(five_days_are_kept_with_what_is_held_and_every_kept_one_is_whole)
{
    OWN(given) given = {0};
    struct snapshot taken[12];
    struct snapshot_list list;
    size_t gone = 0;
    CHECK_OK(given_snapshots(&given, test_folder()));
    for (size_t day = 0; day < 12; day++) {
        CHECK_OK(given_days_work(&given, FEW));
        CHECK_OK(given_taken(&given, "daily", &taken[day]));
        given_passed(&given, DAYS(1));
        const idents_t held = {&taken[1].id, day > 0};
        CHECK_OK(pruned(&given, &(struct snapshot_keep){5, &held}, &gone));
        CHECK_OK(snapshots_list(&given.snapshots, given.tenant.id, &given.arena, &list));
        CHECK(list.count <= 6 && holds(&given));
    }
    CHECK(list.count == 6 && ident_eq(list.at[0].id, taken[11].id) && ident_eq(list.at[5].id, taken[1].id));
    CHECK_OK(pruned(&given, &(struct snapshot_keep){5, NULL}, &gone));
    CHECK(gone == 1 && holds(&given));
}

TEST(a_safety_copy_is_kept_a_day_of_a_confirmed_clock_and_one_that_was_asked_for_as_long_as_the_daily_ones)
{
    OWN(given) given = {0};
    struct snapshot taken;
    size_t gone = 0;
    CHECK_OK(given_snapshots(&given, test_folder()));
    CHECK_OK(given_taken(&given, "safety", &taken));
    CHECK_OK(given_taken(&given, "asked", &taken));
    CHECK_OK(given_taken(&given, "daily", &taken));
    CHECK_OK(pruned(&given, &(struct snapshot_keep){5, NULL}, &gone));
    CHECK(gone == 0);
    given_passed(&given, DAYS(2));
    CHECK_OK(pruned(&given, &(struct snapshot_keep){5, NULL, .clock_held = true}, &gone));
    CHECK(gone == 0);
    CHECK_OK(pruned(&given, &(struct snapshot_keep){5, NULL}, &gone));
    CHECK(gone == 1);
    given_passed(&given, DAYS(4));
    CHECK_OK(pruned(&given, &(struct snapshot_keep){5, NULL}, &gone));
    CHECK(gone == 1);
}

TEST(nothing_is_unlinked_while_a_manifest_cannot_be_read)
{
    OWN(given) given = {0};
    struct snapshot taken;
    size_t gone = 0, before = 0, after = 0;
    char path[1024];
    CHECK_OK(given_snapshots(&given, test_folder()));
    CHECK_OK(given_days_work(&given, 50));
    CHECK_OK(given_taken(&given, "daily", &taken));
    snprintf(path, sizeof path, "%s/%s/%s.manifest", given.folder, ident_text("ten", given.tenant.id).text,
             ident_text("snp", taken.id).text);
    CHECK_OK(flip(path, 100));
    CHECK_OK(given_files(&given, count_file, &before));
    given_passed(&given, DAYS(30));
    CHECK_OK(pruned(&given, &(struct snapshot_keep){5, NULL}, &gone));
    CHECK_OK(given_files(&given, count_file, &after));
    CHECK(before == after && !gone);
}

/* A manifest that does not hold, beside one that does: what it named could still be put right. */
TEST(by_a_clock_that_is_not_believed_no_file_is_old)
{
    OWN(given) given = {0};
    struct snapshot first, second;
    size_t gone = 0, before = 0, held = 0, after = 0;
    char path[1024];
    CHECK_OK(given_snapshots(&given, test_folder()));
    CHECK_OK(given_days_work(&given, 50));
    CHECK_OK(given_taken(&given, "daily", &first));
    CHECK_OK(given_days_work(&given, 50));
    CHECK_OK(given_taken(&given, "daily", &second));
    snprintf(path, sizeof path, "%s/%s/%s.manifest", given.folder, ident_text("ten", given.tenant.id).text,
             ident_text("snp", first.id).text);
    CHECK_OK(flip(path, 100));
    CHECK_OK(given_files(&given, count_file, &before));
    given_passed(&given, DAYS(7));
    for (int turn = 0; turn < 2; turn++)
        CHECK_OK(pruned(&given, &(struct snapshot_keep){5, NULL, .clock_held = true}, &gone));
    CHECK_OK(given_files(&given, count_file, &held));
    CHECK(!gone && held == before);
    CHECK_OK(pruned(&given, &(struct snapshot_keep){5, NULL}, &gone));
    CHECK_OK(given_files(&given, count_file, &after));
    CHECK(after < before);
}

TEST(all_of_a_tenants_snapshots_go_and_going_again_is_no_error)
{
    OWN(given) given = {0};
    struct snapshot taken;
    size_t files = 0;
    int64_t bytes = 0;
    CHECK_OK(given_snapshots(&given, test_folder()));
    CHECK_OK(given_days_work(&given, 50));
    CHECK_OK(given_taken(&given, "daily", &taken));
    CHECK_OK(snapshots_remove(&given.snapshots, given.tenant.id, &files, &bytes));
    CHECK(files > 2 && bytes > 100);
    CHECK_OK(snapshots_remove(&given.snapshots, given.tenant.id, &files, &bytes));
    CHECK(!files && !bytes);
}

TEST(the_services_own_state_is_a_snapshot_too)
{
    static const ident_t service;
    OWN(given) given = {0};
    OWN(snapshot_reader) reader = NULL;
    OWN(place_reader) tenants = NULL;
    OWN(place_reader) settings = NULL;
    struct snapshot taken;
    struct value text;
    CHECK_OK(given_snapshots(&given, test_folder()));
    CHECK_OK(snapshot_take(&given.snapshots, service, "daily", &given.arena, &taken));
    CHECK_OK(snapshot_open(&given.snapshots, service, taken.id, &reader));
    CHECK_OK(place_read(reader, &control_table, &tenants));
    CHECK(place_next(tenants) && str_eq(tenants->key, ident_bytes(&given.tenant.id)));
    CHECK_OK(place_read(reader, &settings_table, &settings));
    CHECK(place_next(settings));
    CHECK_OK(row_value(&settings_table, settings->row, 1, &text));
    CHECK(str_eq(text.bytes, given.snapshots.settings));
}

TEST(what_a_snapshot_adds_is_what_changed)
{
    OWN(given) given = {0};
    struct snapshot first, second;
    CHECK_OK(given_snapshots(&given, test_folder()));
    CHECK_OK(given_days_work(&given, 400));
    CHECK_OK(given_taken(&given, "daily", &first));
    CHECK_OK(given_days_work(&given, 1));
    CHECK_OK(given_taken(&given, "daily", &second));
    CHECK(second.new_bytes < 4000 && second.new_bytes * 4 < first.new_bytes);
}

TEST(a_snapshot_that_nobody_signs_is_not_there_and_leaves_nothing)
{
    OWN(given) given = {0};
    struct snapshot taken;
    struct snapshot_list list;
    size_t files = 0;
    CHECK_OK(given_snapshots(&given, test_folder()));
    CHECK_OK(given_days_work(&given, 50));
    given.signing = ERR_BUSY;
    CHECK_FAILS(ERR_BUSY, given_taken(&given, "daily", &taken));
    CHECK_OK(snapshots_list(&given.snapshots, given.tenant.id, &given.arena, &list));
    CHECK_OK(given_files(&given, count_file, &files));
    CHECK(list.count == 0 && files == 0);
    given.signing = ERR_OK;
    CHECK_OK(given_taken(&given, "daily", &taken));
    CHECK(holds(&given));
}

TESTS(a_snapshot_gives_back_every_row_as_it_was_day_after_day,
      a_snapshot_stays_what_it_was_whatever_comes_later,
      what_differs_from_another_snapshot_is_told_with_the_rows_of_both,
      one_key_after_the_other_is_found_without_reading_what_lies_between,
      any_file_with_a_bit_flipped_is_named_and_not_used,
      after_a_file_was_found_wrong_the_next_snapshot_is_whole_without_it,
      a_file_is_wrong_for_each_snapshot_that_names_it_and_for_no_other,
      a_copy_of_a_blob_that_was_found_wrong_is_made_again, a_subject_that_the_keyring_does_not_know_is_told,
      a_snapshot_of_another_tenant_is_not_taken_for_ones_own,
      five_days_are_kept_with_what_is_held_and_every_kept_one_is_whole,
      a_safety_copy_is_kept_a_day_of_a_confirmed_clock_and_one_that_was_asked_for_as_long_as_the_daily_ones,
      nothing_is_unlinked_while_a_manifest_cannot_be_read, by_a_clock_that_is_not_believed_no_file_is_old,
      all_of_a_tenants_snapshots_go_and_going_again_is_no_error, the_services_own_state_is_a_snapshot_too,
      what_a_snapshot_adds_is_what_changed, a_snapshot_that_nobody_signs_is_not_there_and_leaves_nothing)
