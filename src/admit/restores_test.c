/* SPDX-License-Identifier: Apache-2.0
 *
 * Who may ask for a restore, what of it is written down, and when a drill is due.
 */
#include "keyring/restores.h"

#include "admit/people_given.h"
#include "test/test.h"

static const ident_t snapshot = {{0x77}};

struct scene {
    struct given given;
    struct given_tenant tenant;
    ident_t device;
};
typedef struct scene scene_own;
static void scene_drop(struct scene *scene) { given_drop(&scene->given); }

static err_t scene_open(struct scene *scene)
{
    TRY(given_a_keyring(&scene->given));
    TRY(given_open_tenant(&scene->given, "example", &scene->tenant));
    TRY(given_snapshot(&scene->given, scene->tenant.id, snapshot));
    return given_device(&scene->given, &scene->tenant, &scene->device);
}

struct asking {
    const char *bearer, *name;
    const ident_t *device;
};

static err_t asked(struct scene *scene, const struct asking *asking)
{
    Keys__RestoreAsk in = KEYS__RESTORE_ASK__INIT;
    in.bearer = (char *)(uintptr_t)asking->bearer;
    in.snapshot = given_bin(ident_bytes(&snapshot));
    if (asking->device)
        in.device = given_bin(ident_bytes(asking->device));
    in.look = !asking->name;
    in.name = asking->name ? (char *)(uintptr_t)asking->name : in.name;
    return given_asked(&scene->given, ASK_restore_ask, &in, NULL);
}

static const Keys__Work *due(struct scene *scene)
{
    const Keys__WorkDue in = KEYS__WORK_DUE__INIT;
    const Keys__Works *works = NULL;
    return given_asked(&scene->given, ASK_work_due, &in, &works) == ERR_OK && works->n_items ? works->items[0]
                                                                                             : NULL;
}

static int64_t entries(struct scene *scene, const char *text)
{
    return given_entries(&scene->given, scene->tenant.id, text);
}

TEST(a_restore_begins_when_the_organisations_name_was_typed_and_is_told_of_twice)
{
    OWN(scene) scene = {0};
    Keys__RestoreTold told = KEYS__RESTORE_TOLD__INIT;
    CHECK_OK(scene_open(&scene));
    const struct asking wrong = {scene.tenant.cookie, "Example"}, right = {scene.tenant.cookie, "example"};
    CHECK(given_refused(asked(&scene, &wrong), ERR_INVALID, "type the name"));
    CHECK(!due(&scene) && entries(&scene, "\"restore.") == 0);
    CHECK_OK(asked(&scene, &right));
    CHECK(entries(&scene, "\"restore.begun\"") == 1 &&
          entries(&scene, ident_text("snp", snapshot).text) == 1);
    const Keys__Work *work = due(&scene);
    CHECK(work && !strcmp(work->kind, WORK_RESTORE) && !*work->words);
    told.work = work->id;
    told.rows = 17;
    CHECK_OK(given_asked(&scene.given, ASK_restore_told, &told, NULL));
    CHECK(entries(&scene, "\"restore.done\",\"by\":\"usr_") == 1 && entries(&scene, "\"count\":17") == 1);
}

TEST(so_many_may_wait_and_no_more_and_others_are_not_behind_all_that_one_client_asks_for)
{
    OWN(scene) scene = {0};
    CHECK_OK(scene_open(&scene));
    const struct asking look = {scene.tenant.cookie};
    for (int i = 0; i < WORKS_WAIT; i++)
        CHECK_OK(asked(&scene, &look));
    CHECK(given_refused(asked(&scene, &look), ERR_BUSY, "wait already"));
    CHECK(due(&scene));
    CHECK_OK(asked(&scene, &look));
}

TEST(a_dry_run_is_a_work_and_no_entry)
{
    OWN(scene) scene = {0};
    CHECK_OK(scene_open(&scene));
    CHECK_OK(asked(&scene, &(struct asking){scene.tenant.cookie, NULL, &scene.device}));
    const Keys__Work *work = due(&scene);
    CHECK(work && !strcmp(work->kind, WORK_LOOK));
    CHECK(!strcmp(work->words, ident_text("dev", scene.device).text));
    CHECK(entries(&scene, "\"restore.") == 0);
}

TEST(who_has_not_the_right_to_keep_asks_for_none_and_nobody_for_another_clients_device)
{
    OWN(scene) scene = {0};
    const Keys__Token *viewer = NULL;
    struct given_tenant other;
    ident_t theirs;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(given_token(&scene.given, &scene.tenant, "viewer", &viewer));
    CHECK_FAILS(ERR_DENIED, asked(&scene, &(struct asking){viewer->token, "example"}));
    CHECK_FAILS(ERR_DENIED, asked(&scene, &(struct asking){viewer->token}));
    CHECK_OK(given_open_tenant(&scene.given, "other", &other));
    CHECK_OK(given_device(&scene.given, &other, &theirs));
    CHECK_FAILS(ERR_MISSING, asked(&scene, &(struct asking){scene.tenant.cookie, "example", &theirs}));
    CHECK_FAILS(ERR_MISSING,
                asked(&scene, &(struct asking){other.cookie, "other"})); /* nor to one's snapshot */
    CHECK(!due(&scene));
}

static err_t staff_types(struct scene *scene, const struct given_person *sam, ident_t request,
                         const char *typed)
{
    Keys__GrantAct in = KEYS__GRANT_ACT__INIT;
    in.bearer = (char *)(uintptr_t)sam->cookie;
    in.request = given_bin(ident_bytes(&request));
    in.device = given_bin(ident_bytes(&scene->device));
    in.snapshot = given_bin(ident_bytes(&snapshot));
    in.look = !typed;
    in.typed = (char *)(uintptr_t)(typed ? typed : "");
    return given_asked(&scene->given, ASK_grant_restore, &in, NULL);
}

static err_t staff_asks_for(struct scene *scene, const struct given_person *sam, ident_t request)
{
    return staff_types(scene, sam, request, "example");
}

TEST(staff_restore_a_device_once_the_client_has_approved_that_and_not_before)
{
    OWN(scene) scene = {0};
    struct given_person sam;
    ident_t opens, restores;
    Keys__Snapshots *snapshots = NULL;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(given_staff(&scene.given, "sam", &sam));
    struct given_case what = {.staff = &sam, .tenant = &scene.tenant, .device = scene.device};
    CHECK_OK(given_asked_support(&scene.given, &what, &opens));
    what.acts = "restore";
    CHECK_OK(given_asked_support(&scene.given, &what, &restores));
    CHECK(given_refused(staff_asks_for(&scene, &sam, restores), ERR_LOCKED, "has to approve"));
    CHECK_OK(given_named(&scene.given, ASK_request_approve, scene.tenant.cookie, opens, NULL));
    CHECK_OK(given_named(&scene.given, ASK_request_approve, scene.tenant.cookie, restores, NULL));
    CHECK_FAILS(ERR_DENIED, staff_asks_for(&scene, &sam, opens)); /* approved, and for something else */
    CHECK(!due(&scene));
    CHECK_FAILS(ERR_MISSING, given_named(&scene.given, ASK_grant_snapshots, sam.cookie, scene.device, NULL));
    CHECK_FAILS(ERR_DENIED, given_named(&scene.given, ASK_grant_snapshots, sam.cookie, opens, NULL));
    CHECK_OK(given_named(&scene.given, ASK_grant_snapshots, sam.cookie, restores, &snapshots));
    CHECK(snapshots->n_items == 1);
    CHECK_FAILS(ERR_INVALID, staff_types(&scene, &sam, restores, "another"));
    CHECK_OK(staff_asks_for(&scene, &sam, restores));
    const Keys__Work *work = due(&scene);
    CHECK(work && strstr(work->words, ident_text("req", restores).text) &&
          strstr(work->words, ident_text("dev", scene.device).text) && !strcmp(work->by_prefix, "stf"));
    CHECK(entries(&scene, "\"restore.begun\",\"by\":\"stf_") == 1);
    Keys__RestoreTold told = KEYS__RESTORE_TOLD__INIT;
    told.work = work->id;
    CHECK_OK(given_asked(&scene.given, ASK_restore_told, &told, NULL));
    OWN(buf) under = BUF(128);
    buf_putf(&under, "\"restore.done\",\"by\":\"%s\",\"under\":\"", ident_text("stf", sam.id).text);
    buf_putf(&under, "%s\"", ident_text("req", restores).text);
    CHECK(entries(&scene, under.at) == 1);
    CHECK_OK(staff_types(&scene, &sam, restores, NULL));
    CHECK(entries(&scene, "\"restore.looked\",\"by\":\"stf_") == 1 &&
          entries(&scene, "\"restore.begun\"") == 1);
}

TEST(who_carries_out_a_restore_of_staffs_is_given_the_approval_and_its_scope)
{
    OWN(scene) scene = {0};
    struct given_person sam;
    ident_t request;
    Keys__Named in = KEYS__NAMED__INIT;
    const Keys__Approval *approval = NULL;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(given_staff(&scene.given, "sam", &sam));
    const struct given_case what = {
        .staff = &sam, .tenant = &scene.tenant, .device = scene.device, .acts = "restore"};
    CHECK_OK(given_asked_support(&scene.given, &what, &request));
    in.id = given_bin(ident_bytes(&request));
    CHECK_FAILS(ERR_MISSING, given_asked(&scene.given, ASK_restore_check, &in, NULL));
    CHECK_OK(given_named(&scene.given, ASK_request_approve, scene.tenant.cookie, request, NULL));
    CHECK_OK(given_asked(&scene.given, ASK_restore_check, &in, &approval));
    CHECK(str_eq(bin(approval->devices), ident_bytes(&scene.device)));
    CHECK(strstr(approval->approval, "acts restore") && !strcmp(approval->state, "approved"));
}

TEST(what_was_destroyed_is_listed_for_its_tenant_alone)
{
    OWN(scene) scene = {0};
    struct given_tenant other;
    Keys__ErasedAsk in = KEYS__ERASED_ASK__INIT;
    const Keys__Erased *erased = NULL;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(given_open_tenant(&scene.given, "other", &other));
    CHECK_OK(given_named(&scene.given, ASK_device_destroy, scene.tenant.cookie, scene.device, NULL));
    in.tenant = given_bin(ident_bytes(&other.id));
    CHECK_OK(given_asked(&scene.given, ASK_erased_list, &in, &erased));
    CHECK(erased->n_ids == 0 && !erased->next);
    in.tenant = given_bin(ident_bytes(&scene.tenant.id));
    CHECK_OK(given_asked(&scene.given, ASK_erased_list, &in, &erased));
    CHECK(erased->n_ids == 1 && str_eq(bin(erased->ids[0]), ident_bytes(&scene.device)));
}

static err_t drilled(struct scene *scene, const char *trouble)
{
    Keys__Drill in = KEYS__DRILL__INIT;
    in.tenant = given_bin(ident_bytes(&scene->tenant.id));
    in.snapshot = given_bin(ident_bytes(&snapshot));
    in.rows = 5;
    in.trouble = (char *)(uintptr_t)trouble;
    return given_asked(&scene->given, ASK_drill_told, &in, NULL);
}

TEST(a_drill_is_due_a_day_after_the_tenant_was_made_and_then_each_week)
{
    OWN(scene) scene = {0};
    const Keys__Drills *drills = NULL;
    Keys__Bearer in = KEYS__BEARER__INIT;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(keyring_write(scene.given.keyring, drills_due, NULL));
    CHECK(!due(&scene));
    scene.given.world.clock += DAYS(1) + 1;
    CHECK_OK(keyring_write(scene.given.keyring, drills_due, NULL));
    CHECK_OK(keyring_write(scene.given.keyring, drills_due, NULL));
    const Keys__Work *work = due(&scene);
    CHECK(work && !strcmp(work->kind, WORK_DRILL) && !due(&scene));
    CHECK_OK(drilled(&scene, "seg_… does not hold"));
    CHECK(entries(&scene, "\"drill.done\"") == 1);
    scene.given.world.clock -= DAYS(1);
    in.bearer = (char *)(uintptr_t)scene.tenant.cookie;
    CHECK_OK(given_asked(&scene.given, ASK_drill_list, &in, &drills));
    CHECK(drills->n_items == 1 && drills->items[0]->rows == 5 && *drills->items[0]->trouble);
}

TESTS(a_restore_begins_when_the_organisations_name_was_typed_and_is_told_of_twice,
      so_many_may_wait_and_no_more_and_others_are_not_behind_all_that_one_client_asks_for,
      a_dry_run_is_a_work_and_no_entry,
      who_has_not_the_right_to_keep_asks_for_none_and_nobody_for_another_clients_device,
      staff_restore_a_device_once_the_client_has_approved_that_and_not_before,
      who_carries_out_a_restore_of_staffs_is_given_the_approval_and_its_scope,
      what_was_destroyed_is_listed_for_its_tenant_alone,
      a_drill_is_due_a_day_after_the_tenant_was_made_and_then_each_week)
