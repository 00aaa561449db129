/* SPDX-License-Identifier: Apache-2.0
 *
 * What is copied back underneath the service opens nothing until it has come through a restore, and nothing else is taken
 * for that.
 */
#include "keyring/behind.h"

#include "admit/people_given.h"
#include "keyring/cells_given.h"
#include "keyring/commit.h"
#include "keyring/schema.h"
#include "test/test.h"
#include <errno.h>
#include <sys/stat.h>

/* A client with a record, and a copy of the keyring's database from then. */
struct scene {
    struct given given;
    struct given_tenant tenant;
    struct given_record record;
    ident_t device;
    given_path_t copy;
};
typedef struct scene scene_own;
static void scene_drop(struct scene *scene) { given_drop(&scene->given); }

static err_t reopened(struct scene *scene)
{
    keyring_drop(&scene->given.keyring);
    TRY(keyring_open(scene->given.env, test_folder(), &scene->given.root, &scene->given.keyring));
    return keyring_prepare(scene->given.keyring);
}

static err_t given_a_scene(struct scene *scene)
{
    scene->copy = given_path(test_folder(), "copy");
    given_database_removed(test_folder());
    TRY(given_a_keyring(&scene->given));
    TRY(given_open_tenant(&scene->given, "example", &scene->tenant));
    TRY(given_device(&scene->given, &scene->tenant, &scene->device));
    TRY(given_record(&scene->given, &scene->tenant, scene->device, &scene->record));
    if (mkdir(scene->copy.text, 0700) != 0 && errno != EEXIST)
        return fail(ERR_BROKEN, "no folder for a copy");
    keyring_drop(&scene->given.keyring);
    given_database_removed(scene->copy.text);
    TRY(given_database_copied(test_folder(), scene->copy.text));
    return reopened(scene);
}

static err_t put_back(struct scene *scene)
{
    keyring_drop(&scene->given.keyring);
    given_database_removed(test_folder());
    TRY(given_database_copied(scene->copy.text, test_folder()));
    return reopened(scene);
}

static err_t opened(struct scene *scene)
{
    const ident_t none = {{0}};
    return given_open(&scene->given, scene->tenant.cookie, none, &scene->record);
}

/* A store's counter as a process tells of it: `against` as keyring/keys.proto has it; gives the mark it is behind of, or 0. */
struct told {
    int64_t seq, against;
    bool opened;
};
static int64_t told(struct scene *scene, const struct told *told)
{
    Keys__Marks in = KEYS__MARKS__INIT;
    Keys__Mark mark = KEYS__MARK__INIT, *items[] = {&mark};
    Keys__MarksState *state = NULL;
    mark.tenant = given_bin(ident_bytes(&scene->tenant.id));
    mark.seq = told->seq;
    mark.against = told->against;
    mark.opened = told->opened;
    in.items = items;
    in.n_items = 1;
    if (given_asked(&scene->given, ASK_marks_seen, &in, &state) != ERR_OK)
        return -1;
    return state->n_behind ? state->behind[0]->seq : 0;
}

/* What a process does with a file: it looks, and where it is behind it looks again. */
static bool file_opens(struct scene *scene, int64_t seq)
{
    int64_t mark = told(scene, &(struct told){.seq = seq, .opened = true});
    return !mark || !told(scene, &(struct told){.seq = seq, .against = mark, .opened = true});
}

static int64_t raise_to(struct scene *scene)
{
    const Keys__Marks in = KEYS__MARKS__INIT;
    Keys__MarksState *state = NULL;
    if (given_asked(&scene->given, ASK_marks_told, &in, &state) != ERR_OK || !state->n_raise)
        return 0;
    return state->raise[0]->seq;
}

TEST(marks_lag_and_the_same_keyring_is_never_behind_them_wherever_it_was_killed)
{
    OWN(scene) scene = {0};
    CHECK_OK(given_a_scene(&scene));
    CHECK_OK(marks_turn(scene.given.keyring));
    for (int step = 0; step < 5; step++) {
        given_path_t killed = given_path(test_folder(), "killed");
        CHECK_OK(opened(&scene));
        CHECK(!told(&scene, &(struct told){.seq = 100 + step}));
        scene.given.world.failing = step == 2; /* the file cannot be written: it stays as it was */
        (void)!marks_turn(scene.given.keyring);
        scene.given.world.failing = false;
        if (mkdir(killed.text, 0700) != 0)
            CHECK(errno == EEXIST);
        given_database_removed(killed.text);
        CHECK_OK(given_database_copied(test_folder(), killed.text)); /* as a kill leaves it, log and all */
        keyring_drop(&scene.given.keyring);
        given_database_removed(test_folder());
        CHECK_OK(given_database_copied(killed.text, test_folder()));
        CHECK_OK(reopened(&scene));
        CHECK_OK(keyring_abreast(scene.given.keyring));
        CHECK(file_opens(&scene, 100 + step));
        CHECK_OK(opened(&scene));
    }
}

TEST(a_keyring_that_is_put_back_from_a_copy_opens_nothing)
{
    OWN(scene) scene = {0};
    Keys__MarksListed *listed = NULL;
    const Keys__None none = KEYS__NONE__INIT;
    CHECK_OK(given_a_scene(&scene));
    CHECK_OK(opened(&scene));
    CHECK_OK(marks_turn(scene.given.keyring));
    CHECK_OK(put_back(&scene));
    CHECK(given_refused(opened(&scene), ERR_BUSY, "custody marks accept"));
    CHECK_FAILS(ERR_BUSY, given_borne(&scene.given, ASK_whoami, scene.tenant.cookie, NULL));
    CHECK_FAILS(ERR_BUSY,
                given_signed_in(&scene.given,
                                &(Keys__Login){PROTOBUF_C_MESSAGE_INIT(&keys__login__descriptor)}, NULL));
    CHECK_OK(given_asked(&scene.given, ASK_marks_list, &none, &listed));
    CHECK(strstr(listed->keyring, "behind its high-water marks") != NULL);
    CHECK_OK(reopened(&scene)); /* and it stays so */
    CHECK_FAILS(ERR_BUSY, opened(&scene));
}

TEST(marks_that_were_taken_away_are_missed)
{
    OWN(scene) scene = {0};
    CHECK_OK(given_a_scene(&scene));
    CHECK_OK(marks_turn(scene.given.keyring));
    CHECK_OK(scene.given.env->remove_file(scene.given.env, given_path(test_folder(), "marks").text));
    CHECK_OK(reopened(&scene));
    CHECK(given_refused(opened(&scene), ERR_BUSY, "marks are gone"));
}

/* As the jobs process hands over what the files of a log have. */
struct follow {
    ident_t id;
    char checkpoint[4096];
    uint8_t peaks[4096];
    size_t peaks_len;
};
static err_t follow_look(struct db *db, void *with)
{
    struct follow *follow = with;
    OWN(rows) rows = {0};
    TRY(db_read(db, &rows, "select checkpoint, peaks from logs where id = $1", ID(follow->id)));
    TRY(row_one(&rows));
    snprintf(follow->checkpoint, sizeof follow->checkpoint, "%.*s", STR_ARG(row_text(&rows, 0)));
    follow->peaks_len = row_text(&rows, 1).len;
    memcpy(follow->peaks, row_text(&rows, 1).at, follow->peaks_len);
    return ERR_OK;
}

static err_t followed(struct scene *scene, const struct follow *follow)
{
    Keys__LogFollow in = KEYS__LOG_FOLLOW__INIT;
    in.id = given_bin(ident_bytes(&follow->id));
    in.checkpoint = (char *)(uintptr_t)follow->checkpoint;
    in.peaks = given_bin(str_bytes(follow->peaks, follow->peaks_len));
    return given_asked(&scene->given, ASK_log_follow, &in, NULL);
}

static err_t accepted(struct scene *scene, const char *typed)
{
    Keys__MarksAccept in = KEYS__MARKS_ACCEPT__INIT;
    in.typed = (char *)(uintptr_t)typed;
    return given_asked(&scene->given, ASK_marks_accept, &in, NULL);
}

TEST(accepted_at_the_machine_it_follows_what_its_own_key_signed_in_the_logs_and_goes_on)
{
    OWN(scene) scene = {0};
    struct follow logs[2] = {{.id = {{0}}}};
    struct follow forged;
    const Keys__LogFollow all = KEYS__LOG_FOLLOW__INIT;
    CHECK_OK(given_a_scene(&scene));
    logs[1].id = scene.tenant.id;
    CHECK_OK(opened(&scene));
    CHECK_OK(given_logs_signed(&scene.given));
    CHECK_OK(marks_turn(scene.given.keyring));
    for (int i = 0; i < 2; i++)
        CHECK_OK(keyring_look(scene.given.keyring, follow_look, &logs[i]));
    CHECK_OK(put_back(&scene));
    CHECK_FAILS(ERR_DENIED, followed(&scene, &logs[1]));
    CHECK_FAILS(ERR_INVALID, accepted(&scene, "yes"));
    CHECK_OK(accepted(&scene, "the keyring is older"));
    forged = logs[1];
    forged.peaks[3] ^= 1;
    CHECK_FAILS(ERR_DENIED, followed(&scene, &forged));
    memcpy(forged.checkpoint, logs[0].checkpoint, sizeof forged.checkpoint);
    CHECK(followed(&scene, &forged) != ERR_OK);
    for (int i = 0; i < 2; i++)
        CHECK_OK(followed(&scene, &logs[i]));
    CHECK_OK(given_asked(&scene.given, ASK_log_follow, &all, NULL));
    CHECK_OK(opened(&scene));
    CHECK_OK(given_logs_signed(&scene.given));
    CHECK(given_entries(&scene.given, scene.tenant.id, "records.opened") == 0); /* signed, in no journal */
    CHECK_OK(reopened(&scene));
    CHECK_OK(opened(&scene));
    CHECK_FAILS(ERR_CONFLICT, accepted(&scene, "the keyring is older"));
}

TEST(a_store_that_is_put_back_is_shut_until_its_file_is_back_and_the_log_says_so)
{
    OWN(scene) scene = {0};
    CHECK_OK(given_a_scene(&scene));
    CHECK(file_opens(&scene, 100) && !told(&scene, &(struct told){.seq = 150}));
    CHECK_OK(opened(&scene));
    CHECK(!file_opens(&scene, 149));
    CHECK(given_refused(opened(&scene), ERR_BUSY, "behind its high-water mark"));
    CHECK(given_entries(&scene.given, scene.tenant.id, "store.behind") == 1);
    CHECK(!file_opens(&scene, 0) && given_entries(&scene.given, scene.tenant.id, "store.behind") == 1);
    CHECK_OK(reopened(&scene));
    CHECK_FAILS(ERR_BUSY, opened(&scene));
    CHECK(file_opens(&scene, 150));
    CHECK_OK(opened(&scene));
    CHECK(given_entries(&scene.given, scene.tenant.id, "store.abreast") == 1);
}

TEST(a_mark_that_grew_while_a_counter_was_on_its_way_is_no_alarm)
{
    OWN(scene) scene = {0};
    CHECK_OK(given_a_scene(&scene));
    CHECK(!told(&scene, &(struct told){.seq = 200}));
    int64_t mark = told(&scene, &(struct told){.seq = 190, .opened = true});
    CHECK(mark == 200);
    CHECK(!told(&scene, &(struct told){.seq = 230}));
    CHECK(!told(&scene, &(struct told){.seq = 210, .against = mark, .opened = true})); /* looked at again */
    CHECK(!told(&scene, &(struct told){.seq = 150}));                                  /* told of late */
    CHECK_OK(opened(&scene));
    CHECK(!given_entries(&scene.given, scene.tenant.id, "store.behind"));
}

TEST(two_of_staff_accept_a_store_as_it_is_and_its_counter_is_raised_past_the_mark)
{
    OWN(scene) scene = {0};
    struct given_person sam, tom;
    Keys__OrderMake make = KEYS__ORDER_MAKE__INIT;
    Keys__OrderNamed confirm = KEYS__ORDER_NAMED__INIT;
    Keys__Order *order = NULL;
    CHECK_OK(given_a_scene(&scene));
    CHECK_OK(given_staff(&scene.given, "sam", &sam));
    CHECK_OK(given_staff(&scene.given, "tom", &tom));
    make.bearer = (char *)(uintptr_t)sam.cookie;
    make.act = (char *)(uintptr_t) "marks.accept";
    make.target = given_bin(ident_bytes(&scene.tenant.id));
    make.typed = (char *)(uintptr_t) "example";
    CHECK_FAILS(ERR_MISSING, given_asked(&scene.given, ASK_order_make, &make, NULL));
    CHECK(!told(&scene, &(struct told){.seq = 150}) && !file_opens(&scene, 20));
    CHECK_OK(given_asked(&scene.given, ASK_order_make, &make, &order));
    confirm.id = order->id;
    confirm.bearer = (char *)(uintptr_t)sam.cookie;
    CHECK_FAILS(ERR_DENIED, given_asked(&scene.given, ASK_order_confirm, &confirm, NULL));
    CHECK(!raise_to(&scene));
    confirm.bearer = (char *)(uintptr_t)tom.cookie;
    CHECK_OK(given_asked(&scene.given, ASK_order_confirm, &confirm, NULL));
    CHECK_FAILS(ERR_BUSY, opened(&scene)); /* before it is raised */
    CHECK(raise_to(&scene) == 150 + MARK_GAP);
    CHECK(file_opens(&scene, 150 + MARK_GAP) && !raise_to(&scene));
    CHECK_OK(opened(&scene));
    CHECK(given_entries(&scene.given, scene.tenant.id, "marks.accepted") == 1);
}

TESTS(marks_lag_and_the_same_keyring_is_never_behind_them_wherever_it_was_killed,
      a_keyring_that_is_put_back_from_a_copy_opens_nothing, marks_that_were_taken_away_are_missed,
      accepted_at_the_machine_it_follows_what_its_own_key_signed_in_the_logs_and_goes_on,
      a_store_that_is_put_back_is_shut_until_its_file_is_back_and_the_log_says_so,
      a_mark_that_grew_while_a_counter_was_on_its_way_is_no_alarm,
      two_of_staff_accept_a_store_as_it_is_and_its_counter_is_raised_past_the_mark)
