/* SPDX-License-Identifier: Apache-2.0
 *
 * A tenant's snapshot comes into another tenant whole or not at all, as it stands, and that one goes on as any other.
 */
#include "snapshot/given.h"
#include "snapshot/restore.h"
#include "store/blobs.h"
#include "test/test.h"
#include <signal.h>
#include <sys/wait.h>

enum { KILLS = 16, BLOB = 200 * 1024 };

static const struct tenant other = {
    .id = {{3}}, .realm = {{4}}, .name = STR("other"), .state = STR("open"), .made = 1};
static const ident_t *const nobody = NULL;
static uint64_t opened;

/* The same keys each time, and other dice. */
static err_t given_both(struct given *given)
{
    TRY(given_snapshots(given, test_folder()));
    given->world.seed = ++opened * 7919;
    return store_tenant_put(given->store, &other);
}

static void goes_on_as(struct given *given, const struct tenant *tenant) { given->tenant = *tenant; }

struct named {
    size_t count, begun;
    bool device;
    err_t whole;
};
static err_t named_take(void *with, const ident_t *subject)
{
    struct named *named = with;
    named->begun += subject == nobody;
    named->count = subject ? named->count + 1 : 0;
    named->device |= subject && ident_eq(*subject, (ident_t){{9, 1}});
    return ERR_OK;
}
static err_t whole_take(void *with)
{
    const struct named *named = with;
    return named->whole == ERR_OK ? ERR_OK : fail(named->whole, "not whole, as asked");
}

static err_t copied_with(struct given *given, ident_t snapshot, struct named *named,
                         struct restored *out_done)
{
    static ident_t gone[] = {{{9, 2}}};
    const struct restore_copy copy = {other.id, named_take, whole_take, named};
    const struct restore_ask ask = {
        .tenant = {{1}}, .snapshot = snapshot, .copy = &copy, .forgotten = {gone, named->count}};
    return restore_copy(&given->snapshots, &ask, out_done);
}

static err_t copied(struct given *given, ident_t snapshot, struct restored *out_done)
{
    struct named named = {0};
    return copied_with(given, snapshot, &named, out_done);
}

static bool comes(const struct place *place)
{
    return place->restore == RESTORE_CONTENT && strcmp(place->name, "followings") != 0;
}

/* The rows at random name blobs without files, which nobody brings. */
static bool has_come(const struct given_state *now, const struct given_state *then)
{
    size_t at = 0;
    for_each_place(place)
    {
        const bool same = str_eq(buf_str(&now->at[at]), buf_str(&then->at[at]));
        if (strcmp(place->name, "blobs") != 0 && (comes(place) ? !same : now->at[at].len != 0))
            return printf("%s is another\n", place->name), false;
        at++;
    }
    return true;
}

static bool is_empty(const struct given_state *now)
{
    size_t len = 0;
    for (size_t i = 0; i < now->count; i++)
        len += now->at[i].len;
    return !len;
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

TEST(a_snapshot_stands_in_another_tenant_as_it_was_and_that_goes_on_as_any_other)
{
    OWN(given) given = {0};
    OWN(given_state) then = {.count = 0};
    OWN(given_state) original = {.count = 0};
    OWN(given_state) now = {.count = 0};
    struct snapshot snapshot;
    struct restored done;
    struct named named = {0};
    CHECK_OK(given_both(&given));
    CHECK_OK(given_days_work(&given, 400));
    CHECK_OK(given_taken(&given, "daily", &snapshot));
    CHECK_OK(given_state_now(&given, &then));
    CHECK_OK(given_days_work(&given, 50));
    CHECK_OK(copied_with(&given, snapshot.id, &named, &done));
    CHECK(done.rows_put > 0 && !done.rows_removed && named.count && named.begun && named.device);
    CHECK_OK(given_state_now(&given, &original));
    goes_on_as(&given, &other);
    CHECK_OK(given_state_now(&given, &now));
    CHECK(has_come(&now, &then) && weighs_what_it_holds(&given));
    for (int round = 0; round < 4;
         round++) { /* numbers that came are given to nothing else, and what changes is seen */
        OWN(given_state) live = {.count = 0};
        OWN(given_state) kept = {.count = 0};
        struct snapshot later;
        CHECK_OK(given_taken(&given, "daily", &later));
        CHECK_OK(given_state_now(&given, &live));
        CHECK_OK(given_state_of(&given, later.id, &kept));
        CHECK(given_same(&live, &kept));
        CHECK_OK(given_days_work(&given, 60));
        CHECK(weighs_what_it_holds(&given));
    }
    goes_on_as(&given, &(struct tenant){.id = {{1}}, .realm = {{2}}});
    given_state_drop(&now);
    now = (struct given_state){.count = 0};
    CHECK_OK(given_state_now(&given, &now));
    CHECK(given_same(&now, &original));
}

TEST(asked_for_again_all_is_found_the_same_and_what_came_since_stays)
{
    OWN(given) given = {0};
    OWN(given_state) before = {.count = 0};
    OWN(given_state) after = {.count = 0};
    struct snapshot snapshot;
    struct restored done, again;
    CHECK_OK(given_both(&given));
    CHECK_OK(given_days_work(&given, 200));
    CHECK_OK(given_taken(&given, "daily", &snapshot));
    CHECK_OK(copied(&given, snapshot.id, &done));
    goes_on_as(&given, &other);
    CHECK_OK(given_state_now(&given, &before));
    CHECK_OK(copied(&given, snapshot.id, &again));
    CHECK(!again.rows_put && !again.rows_removed && again.rows_same == done.rows_put);
    CHECK_OK(given_state_now(&given, &after));
    CHECK(given_same(&before, &after));
}

TEST(whoever_was_forgotten_does_not_come_and_a_dry_run_says_so_without_a_row)
{
    OWN(given) given = {0};
    OWN(given_state) now = {.count = 0};
    struct snapshot snapshot;
    struct restored would, done;
    struct named named = {.count = 1};
    static ident_t gone[] = {{{9, 2}}};
    const struct restore_copy copy = {.into = other.id};
    CHECK_OK(given_both(&given));
    CHECK_OK(given_days_work(&given, 300));
    CHECK_OK(given_taken(&given, "daily", &snapshot));
    const struct restore_ask ask = {
        .tenant = {{1}}, .snapshot = snapshot.id, .copy = &copy, .forgotten = {gone, 1}};
    CHECK_OK(restore_look(&given.snapshots, &ask, &given.arena, &would));
    goes_on_as(&given, &other);
    CHECK_OK(given_state_now(&given, &now));
    CHECK(is_empty(&now) && would.rows_put > 0 && would.rows_left_out > 0);
    CHECK_OK(copied_with(&given, snapshot.id, &named, &done));
    CHECK(done.rows_put == would.rows_put && done.rows_left_out == would.rows_left_out);
}

TEST(a_recording_comes_with_its_bytes_and_stays_when_the_originals_goes)
{
    OWN(given) given = {0};
    OWN(buf) from = BUF(1024);
    OWN(buf) to = BUF(1024);
    OWN(buf) was = BUF(BLOB);
    OWN(buf) is = BUF(BLOB);
    struct snapshot snapshot;
    struct restored done;
    ident_t id;
    CHECK_OK(given_both(&given));
    CHECK_OK(given_blob(&given, BLOB, &id));
    CHECK_OK(blob_path(given.store, given.tenant.id, id, &from));
    CHECK_OK(given.env.read_file(&given.env, from.at, &was));
    CHECK_OK(given_taken(&given, "daily", &snapshot));
    CHECK_OK(copied(&given, snapshot.id, &done));
    CHECK(done.blobs_back == 1);
    CHECK_OK(blobs_remove_all(given.store, given.tenant.id));
    CHECK_OK(blob_path(given.store, other.id, id, &to));
    CHECK_OK(given.env.read_file(&given.env, to.at, &is));
    CHECK(str_eq(buf_str(&was), buf_str(&is)));
}

TEST(what_is_not_whole_leaves_nothing_and_the_tenant_is_open_again)
{
    OWN(given) given = {0};
    OWN(given_state) now = {.count = 0};
    struct snapshot snapshot;
    struct restored done;
    struct named named = {.whole = ERR_BROKEN};
    CHECK_OK(given_both(&given));
    CHECK_OK(given_days_work(&given, 100));
    CHECK_OK(given_taken(&given, "daily", &snapshot));
    CHECK_FAILS(ERR_BROKEN, copied_with(&given, snapshot.id, &named, &done));
    goes_on_as(&given, &other);
    CHECK_OK(given_state_now(&given, &now));
    CHECK(is_empty(&now));
    CHECK_OK(given_days_work(&given, 1));
}

/* Killed */

static moment_t killed_after(ident_t snapshot, useconds_t after)
{
    moment_t began = env_real()->boot(env_real());
    pid_t child = fork();
    if (child == 0) {
        OWN(given) given = {0};
        struct restored done;
        _exit(given_both(&given) != ERR_OK || copied(&given, snapshot, &done) != ERR_OK);
    }
    if (after) {
        usleep(after);
        kill(child, SIGKILL);
    }
    waitpid(child, NULL, 0);
    opened++;
    return env_real()->boot(env_real()) - began;
}

static err_t judged(ident_t snapshot, const struct given_state *then, int *io_finished)
{
    OWN(given) given = {0};
    OWN(given_state) now = {.count = 0};
    struct restored done;
    bool frozen = false;
    TRY(given_both(&given));
    goes_on_as(&given, &other);
    TRY(store_frozen(given.store, other.id, &frozen));
    TRY(given_state_now(&given, &now));
    const bool finished = !is_empty(&now) && has_come(&now, then);
    *io_finished += finished;
    if (finished ? frozen : !is_empty(&now))
        return fail(ERR_BROKEN, "a part stands for a copy, or it stayed frozen");
    TRY(copied(&given, snapshot, &done));
    return store_tenant_erase(given.store, other.id);
}

TEST(a_killed_copy_is_whole_or_not_there_and_can_be_asked_for_again)
{
    struct snapshot snapshot;
    OWN(given_state) then = {.count = 0};
    int finished = 0;
    {
        OWN(given) given = {0};
        CHECK_OK(given_both(&given));
        CHECK_OK(given_days_work(&given, 400));
        CHECK_OK(given_taken(&given, "daily", &snapshot));
        CHECK_OK(given_state_now(&given, &then));
    }
    moment_t takes = killed_after(snapshot.id, 0);
    CHECK_OK(judged(snapshot.id, &then, &finished));
    for (int kill_at = 1; kill_at <= KILLS; kill_at++) {
        killed_after(snapshot.id, (useconds_t)(takes * 1200 * kill_at / KILLS));
        CHECK_OK(judged(snapshot.id, &then, &finished));
    }
    printf("%d of %d were whole\n", finished, KILLS + 1);
    CHECK(finished && finished <= KILLS);
}

TESTS(a_snapshot_stands_in_another_tenant_as_it_was_and_that_goes_on_as_any_other,
      asked_for_again_all_is_found_the_same_and_what_came_since_stays,
      whoever_was_forgotten_does_not_come_and_a_dry_run_says_so_without_a_row,
      a_recording_comes_with_its_bytes_and_stays_when_the_originals_goes,
      what_is_not_whole_leaves_nothing_and_the_tenant_is_open_again,
      a_killed_copy_is_whole_or_not_there_and_can_be_asked_for_again)
