/* SPDX-License-Identifier: Apache-2.0
 *
 * A client's snapshot in another client: who may give and take it, that its people read it with their own key, and that
 * forgetting and erasure reach both.
 */
#include "admit/copies.h"

#include "admit/erasures_given.h"
#include "base/limits.h"
#include "keyring/holds.h"
#include "keyring/locks.h"
#include "test/test.h"

enum { MANY = 2500 }; /* more than one answer seals, with those of their launches */
static const ident_t no_request;

/* The scene of an erasure: `tenant` is the original, `other` is to have the copy. */
struct copies {
    struct scene scene;
    struct given_record record; /* sealed to the device */
    ident_t account, copy;
    const char *code;
};
typedef struct copies copies_own;
static void copies_drop(struct copies *copies) { scene_drop(&copies->scene); }

/* An account of the device, and the key of its launches. */
static err_t account_made(struct copies *copies, ident_t *out_account)
{
    struct scene *scene = &copies->scene;
    *out_account = ident_new(scene->given.env);
    const ident_t ids[] = {scene->tenant.id, scene->device, *out_account};
    TRY(given_subject(&scene->given, ASK_subjects_make, ids, NULL));
    return given_subject(&scene->given, ASK_launches_make, ids, NULL);
}

static err_t copies_open(struct copies *copies)
{
    struct scene *scene = &copies->scene;
    TRY(given_a_scene(scene));
    /* Each client has one, under its own id. */
    TRY(given_snapshot(&scene->given, scene->tenant.id, scene->tenant.id));
    TRY(given_snapshot(&scene->given, scene->other.id, scene->other.id));
    TRY(account_made(copies, &copies->account));
    return given_record(&scene->given, &scene->tenant, scene->device, &copies->record);
}

static err_t offered(struct copies *copies, const char *cookie)
{
    Keys__CopyCode *code = NULL;
    TRY(given_borne(&copies->scene.given, ASK_copy_offer, cookie, &code));
    copies->code = code->code;
    return ident_from(bin(code->copy->id), &copies->copy);
}

static err_t brought(struct copies *copies, const struct given_tenant *tenant)
{
    Keys__CopyAsk in = KEYS__COPY_ASK__INIT;
    in.bearer = text(tenant->cookie);
    in.snapshot = given_bin(ident_bytes(&tenant->id));
    in.code = text(copies->code);
    return given_asked(&copies->scene.given, ASK_copy_ask, &in, NULL);
}

/* What the jobs process does of the work that is due: of a count, it names these subjects. */
static err_t work_done(struct copies *copies, const ident_t *subjects, size_t count)
{
    struct given *given = &copies->scene.given;
    const Keys__WorkDue due = KEYS__WORK_DUE__INIT;
    Keys__Works *works = NULL;
    Keys__CopyTold in = KEYS__COPY_TOLD__INIT;
    Keys__Work told = KEYS__WORK__INIT;
    TRY(given_asked(given, ASK_work_due, &due, &works));
    if (!works->n_items)
        return fail(ERR_MISSING, "no work is due");
    in.work = told.id = works->items[0]->id;
    in.subjects = arena_array(&given->arena, ProtobufCBinaryData, count);
    for (; in.n_subjects < count; in.n_subjects++)
        in.subjects[in.n_subjects] = given_bin(ident_bytes(&subjects[in.n_subjects]));
    in.records = 12;
    in.whole = true;
    TRY(given_asked(given, ASK_copy_told, &in, NULL));
    told.state = text("done");
    return given_asked(given, ASK_work_told, &told, NULL);
}

static err_t counted(struct copies *copies)
{
    const ident_t subjects[] = {copies->scene.device, copies->account, ident_new(copies->scene.given.env)};
    TRY(offered(copies, copies->scene.other.cookie));
    TRY(brought(copies, &copies->scene.tenant));
    return work_done(copies, subjects, 3);
}

static err_t gave(struct copies *copies, const char *cookie, const char *typed, const char *password)
{
    Keys__CopyGive in = KEYS__COPY_GIVE__INIT;
    in.bearer = text(cookie);
    in.id = given_bin(ident_bytes(&copies->copy));
    in.typed = text(typed);
    in.password = given_bin(str(password));
    return given_asked(&copies->scene.given, ASK_copy_give, &in, NULL);
}

static err_t given_it(struct copies *copies)
{
    return gave(copies, copies->scene.tenant.cookie, "other", GIVEN_PASSWORD);
}

static err_t went_on(struct copies *copies, const char *cookie, bool ends, Keys__Copy **out)
{
    Keys__CopyAct in = KEYS__COPY_ACT__INIT;
    in.bearer = text(cookie);
    in.id = given_bin(ident_bytes(&copies->copy));
    in.ends = ends;
    return given_asked(&copies->scene.given, ASK_copy_go_on, &in, out);
}

static err_t sealed(struct copies *copies)
{
    Keys__Copy *copy = NULL;
    do
        TRY(went_on(copies, copies->scene.tenant.cookie, false, &copy));
    while (!strcmp(copy->state, "sealing"));
    return strcmp(copy->state, "filling") ? fail(ERR_BROKEN, "it is %s", copy->state) : ERR_OK;
}

static err_t done(struct copies *copies)
{
    TRY(counted(copies));
    TRY(given_it(copies));
    TRY(sealed(copies));
    return work_done(copies, NULL, 0);
}

static bool opens(struct copies *copies, const struct given_tenant *tenant)
{
    return given_open(&copies->scene.given, tenant->cookie, no_request, &copies->record) == ERR_OK;
}

static int64_t entries(struct copies *copies, const struct given_tenant *tenant, const char *what)
{
    return given_entries(&copies->scene.given, tenant->id, what);
}

/* Numbers of the keyring's own. */
struct number {
    const char *sql;
    ident_t id;
    int64_t value;
};
static err_t number_act(struct keyring *keyring, void *with)
{
    struct number *number = with;
    return db_number_args(keyring_db(keyring), &number->value, number->sql, &ID(number->id), 1);
}
static int64_t number(struct copies *copies, const char *sql, ident_t id)
{
    struct number asked = {sql, id, -1};
    return keyring_read(copies->scene.given.keyring, number_act, &asked) == ERR_OK ? asked.value : -1;
}

static const char of_copy[] = "select count(*) from twins where copy = $1";
static const char alive[] =
    "select count(*) from twins join entries on entries.id = twins.id where copy = $1 and dead is null";
static const char cells[] = "select count(*) from cells where id in (select id from twins where copy = $1)";

TEST(the_people_of_the_copy_read_what_was_given_with_their_own_key_and_those_of_the_original_as_before)
{
    OWN(copies) copies = {0};
    const struct given_tenant *one = &copies.scene.tenant, *other = &copies.scene.other;
    Keys__Who *who = NULL;
    CHECK_OK(copies_open(&copies));
    CHECK_OK(done(&copies));
    CHECK(opens(&copies, one) && opens(&copies, other));
    CHECK_OK(given_borne(&copies.scene.given, ASK_whoami, other->cookie, &who));
    CHECK(str_eq(bin(who->tenant->realm), ident_bytes(&one->realm)));
    /* the device's, the account's and that of its launches: whom nothing was known of has none */
    CHECK(number(&copies, of_copy, copies.copy) == 3 && number(&copies, cells, copies.copy) == 3);
    CHECK(entries(&copies, other, "\"copy.offered\"") == 1 && entries(&copies, other, "\"copy.begun\"") == 1);
    CHECK(entries(&copies, one, "\"copy.begun\"") == 1 && entries(&copies, one, "\"copy.done\"") == 1);
    CHECK(entries(&copies, other, "\"copy.done\"") == 1);
    CHECK(entries(&copies, other, ident_text("ten", one->id).text) == 1); /* each names the other once */
    CHECK(entries(&copies, one, ident_text("ten", other->id).text) == 1);
}

TEST(a_code_is_good_for_an_hour_and_once_and_for_owners_alone)
{
    OWN(copies) copies = {0};
    struct scene *scene = &copies.scene;
    struct given_tenant third;
    struct given_person admin;
    CHECK_OK(copies_open(&copies));
    CHECK_OK(given_open_tenant(&scene->given, "third", &third));
    CHECK_OK(given_snapshot(&scene->given, third.id, third.id));
    CHECK_OK(given_member(&scene->given, &scene->other, "administrator", &admin));
    CHECK_FAILS(ERR_DENIED, offered(&copies, admin.cookie));
    CHECK(given_refused(offered(&copies, scene->tenant.cookie), ERR_CONFLICT, "devices of its own"));
    CHECK_OK(offered(&copies, scene->other.cookie));
    CHECK(given_refused(brought(&copies, &scene->other), ERR_INVALID, "of this organisation"));
    CHECK_OK(brought(&copies, &scene->tenant));
    CHECK(given_refused(brought(&copies, &third), ERR_DENIED, "another organisation"));
    CHECK(given_refused(brought(&copies, &scene->tenant), ERR_BUSY, "being counted"));
    CHECK(given_refused(given_it(&copies), ERR_CONFLICT, "still being counted"));
    CHECK_OK(work_done(&copies, &scene->device, 1));
    CHECK(given_refused(gave(&copies, scene->tenant.cookie, "othre", GIVEN_PASSWORD), ERR_INVALID,
                        "name typed"));
    CHECK_FAILS(ERR_DENIED, gave(&copies, scene->tenant.cookie, "other", "another horse battery staple!"));
    CHECK(given_refused(gave(&copies, scene->other.cookie, "other", GIVEN_PASSWORD), ERR_DENIED,
                        "other organisation"));
    CHECK_FAILS(ERR_MISSING, gave(&copies, third.cookie, "other", GIVEN_PASSWORD));
    CHECK_OK(given_it(&copies));
    CHECK(given_refused(given_it(&copies), ERR_DENIED, "was used"));
    CHECK(given_refused(brought(&copies, &scene->tenant), ERR_DENIED, "was used"));
    CHECK_FAILS(ERR_MISSING, went_on(&copies, third.cookie, false, NULL));
}

TEST(after_an_hour_a_code_is_none_and_a_new_one_ends_the_one_before)
{
    OWN(copies) copies = {0};
    CHECK_OK(copies_open(&copies));
    CHECK_OK(offered(&copies, copies.scene.other.cookie));
    const char *first = copies.code;
    CHECK_OK(offered(&copies, copies.scene.other.cookie));
    const char *second = copies.code;
    copies.code = first;
    CHECK_FAILS(ERR_DENIED, brought(&copies, &copies.scene.tenant));
    copies.code = second;
    CHECK_OK(brought(&copies, &copies.scene.tenant));
    CHECK_OK(work_done(&copies, &copies.scene.device, 1));
    CHECK_OK(given_passed(&copies.scene.given, HOURS(1)));
    CHECK(given_refused(given_it(&copies), ERR_DENIED, "its hour is over"));
    CHECK(number(&copies, "select count(*) from lending where copy = $1", copies.copy) == 0);
}

TEST(while_a_copy_is_on_its_way_nothing_enrols_beside_it_and_afterwards_endpoints_may)
{
    OWN(copies) copies = {0};
    ident_t device;
    struct given_record own;
    struct given *given = &copies.scene.given;
    const struct given_tenant *other = &copies.scene.other;
    CHECK_OK(copies_open(&copies));
    CHECK_OK(counted(&copies));
    CHECK_OK(given_it(&copies));
    CHECK(given_refused(given_device(given, other, &device), ERR_BUSY, "on its way"));
    CHECK_OK(sealed(&copies));
    CHECK(given_refused(given_device(given, other, &device), ERR_BUSY, "on its way"));
    CHECK_OK(work_done(&copies, NULL, 0));
    CHECK_OK(given_device(given, other, &device));
    CHECK_OK(given_record(given, other, device, &own));
    CHECK_OK(given_open(given, other->cookie, no_request, &own));
    CHECK(given_refused(offered(&copies, other->cookie), ERR_CONFLICT, "devices of its own"));
}

TEST(a_copy_is_copied_from_its_original_alone)
{
    OWN(copies) copies = {0};
    struct given_tenant third;
    CHECK_OK(copies_open(&copies));
    CHECK_OK(done(&copies));
    CHECK_OK(given_open_tenant(&copies.scene.given, "third", &third));
    CHECK_OK(offered(&copies, third.cookie));
    CHECK(given_refused(brought(&copies, &copies.scene.other), ERR_CONFLICT, "a copy itself"));
    CHECK_OK(brought(&copies, &copies.scene.tenant));
}

static err_t many_counted(struct copies *copies)
{
    static ident_t subjects[MANY];
    for (size_t i = 0; i < MANY; i++)
        TRY(account_made(copies, &subjects[i]));
    TRY(offered(copies, copies->scene.other.cookie));
    TRY(brought(copies, &copies->scene.tenant));
    TRY(work_done(copies, subjects, MANY));
    return given_it(copies);
}

static err_t rotated(struct copies *copies, const struct given_tenant *tenant)
{
    Keys__KeyRotate in = KEYS__KEY_ROTATE__INIT;
    Keys__TenantKey *key = NULL;
    in.bearer = text(tenant->cookie);
    in.typed = text(tenant->name);
    in.password = given_bin(STR(GIVEN_PASSWORD));
    TRY(given_asked(&copies->scene.given, ASK_key_rotate, &in, &key));
    while (key->begun)
        TRY(given_borne(&copies->scene.given, ASK_key_reseal, tenant->cookie, &key));
    return ERR_OK;
}

TEST(sealing_goes_on_after_a_crash_in_another_owners_session_and_through_rotations_of_either_key)
{
    OWN(copies) copies = {0};
    struct scene *scene = &copies.scene;
    Keys__Copy *copy = NULL;
    struct given_person person;
    const char *cookie = NULL;
    CHECK_OK(copies_open(&copies));
    CHECK_OK(given_member(&scene->given, &scene->tenant, "owner", &person));
    CHECK_OK(many_counted(&copies));
    CHECK_OK(went_on(&copies, scene->tenant.cookie, false, &copy));
    CHECK(!strcmp(copy->state, "sealing") && copy->left == 2 * MANY - COPY_BATCH * COPY_ROUNDS);
    CHECK_OK(given_reopened(scene));
    CHECK_OK(rotated(&copies, &scene->other));
    CHECK_OK(rotated(&copies, &scene->tenant));
    const Keys__Login login = given_login("example", person.name, GIVEN_PASSWORD);
    CHECK_OK(given_signed_in(&scene->given, &login, &cookie));
    do
        CHECK_OK(went_on(&copies, cookie, false, &copy));
    while (!strcmp(copy->state, "sealing"));
    CHECK(copy->total == 2 * MANY && !copy->left);
    CHECK(number(&copies, of_copy, copies.copy) == 2 * MANY &&
          number(&copies, cells, copies.copy) == 2 * MANY);
    CHECK_OK(work_done(&copies, NULL, 0));
}

TEST(a_rotation_of_either_key_leaves_the_copy_readable)
{
    OWN(copies) copies = {0};
    CHECK_OK(copies_open(&copies));
    CHECK_OK(done(&copies));
    CHECK_OK(rotated(&copies, &copies.scene.other));
    CHECK_OK(rotated(&copies, &copies.scene.tenant));
    CHECK(opens(&copies, &copies.scene.tenant) && opens(&copies, &copies.scene.other));
}

TEST(what_is_given_up_leaves_no_key_and_another_can_be_asked_for)
{
    OWN(copies) copies = {0};
    Keys__Copy *copy = NULL;
    CHECK_OK(copies_open(&copies));
    CHECK_OK(many_counted(&copies));
    CHECK_OK(went_on(&copies, copies.scene.other.cookie, false, &copy)); /* no owner of the original */
    CHECK(copy->left == 2 * MANY);
    CHECK_OK(went_on(&copies, copies.scene.other.cookie, true, &copy));
    CHECK(!strcmp(copy->state, "ended") && number(&copies, of_copy, copies.copy) == 0);
    CHECK(entries(&copies, &copies.scene.tenant, "\"copy.ended\"") == 1);
    CHECK(entries(&copies, &copies.scene.other, "\"copy.ended\"") == 1);
    CHECK_OK(done(&copies));
    CHECK_FAILS(ERR_CONFLICT, went_on(&copies, copies.scene.other.cookie, true, NULL));
    CHECK(opens(&copies, &copies.scene.other));
}

TEST(what_was_sealed_before_it_is_given_up_opens_nothing)
{
    OWN(copies) copies = {0};
    CHECK_OK(copies_open(&copies));
    CHECK_OK(counted(&copies));
    CHECK_OK(given_it(&copies));
    CHECK_OK(sealed(&copies));
    CHECK(given_refused(went_on(&copies, copies.scene.tenant.cookie, true, NULL), ERR_BUSY, "being written"));
    const Keys__WorkDue due = KEYS__WORK_DUE__INIT;
    Keys__Works *works = NULL;
    Keys__Work told = KEYS__WORK__INIT;
    Keys__Copy *copy = NULL;
    CHECK_OK(given_asked(&copies.scene.given, ASK_work_due, &due, &works));
    told.id = works->items[0]->id;
    told.state = text("failed");
    told.note = text("no room");
    CHECK_OK(given_asked(&copies.scene.given, ASK_work_told, &told, NULL));
    CHECK_OK(went_on(&copies, copies.scene.other.cookie, false, &copy)); /* begun again */
    CHECK(!strcmp(copy->state, "filling") && !*copy->trouble);
    CHECK_OK(given_asked(&copies.scene.given, ASK_work_due, &due, &works));
    told.id = works->items[0]->id;
    CHECK_OK(given_asked(&copies.scene.given, ASK_work_told, &told, NULL));
    CHECK_OK(went_on(&copies, copies.scene.tenant.cookie, true, &copy));
    CHECK(!strcmp(copy->state, "ended") && !opens(&copies, &copies.scene.other) &&
          opens(&copies, &copies.scene.tenant));
    CHECK(number(&copies,
                 "select count(*) from cells join shards on shards.id = shard where shards.tenant = $1",
                 copies.copy) == 0);
}

/* Forgetting */

static err_t forgot(struct copies *copies, const struct given_tenant *tenant, ident_t account)
{
    Keys__Forget in = KEYS__FORGET__INIT;
    ProtobufCBinaryData named = given_bin(ident_bytes(&account));
    in.bearer = text(tenant->cookie);
    in.password = given_bin(STR(GIVEN_PASSWORD));
    in.accounts = &named;
    in.n_accounts = 1;
    return given_asked(&copies->scene.given, ASK_forget, &in, NULL);
}

static err_t removed(struct copies *copies, const struct given_tenant *tenant)
{
    return given_named(&copies->scene.given, ASK_device_destroy, tenant->cookie, copies->scene.device, NULL);
}

static const Keys__ForgetDue *due_of(struct copies *copies)
{
    const Keys__None none = KEYS__NONE__INIT;
    static const Keys__ForgetDue nothing = KEYS__FORGET_DUE__INIT;
    Keys__ForgetDue *due = NULL;
    return given_asked(&copies->scene.given, ASK_forget_due, &none, &due) == ERR_OK ? due : &nothing;
}

TEST(whom_the_original_forgets_is_forgotten_in_the_copy_and_both_logs_say_so)
{
    OWN(copies) copies = {0};
    const struct given_tenant *one = &copies.scene.tenant, *other = &copies.scene.other;
    Keys__ErasedAsk in = KEYS__ERASED_ASK__INIT;
    Keys__Erased *erased = NULL;
    CHECK_OK(copies_open(&copies));
    CHECK_OK(done(&copies));
    CHECK_OK(forgot(&copies, one, copies.account));
    CHECK(number(&copies, alive, copies.copy) == 1 &&
          number(&copies, cells, copies.copy) == 1); /* the device's */
    CHECK(entries(&copies, one, "\"copy.reached\"") == 1 && entries(&copies, other, "\"copy.reached\"") == 1);
    CHECK(entries(&copies, other, ident_text("acc", copies.account).text) == 1);
    /* its rows go there as well, by the id that they have */
    const Keys__ForgetDue *due = due_of(&copies);
    CHECK(due->n_items == 2);
    for (size_t i = 0; i < due->n_items; i++)
        CHECK(due->items[i]->n_subjects == 1 &&
              str_eq(bin(due->items[i]->subjects[0]->id), ident_bytes(&copies.account)));
    in.tenant = given_bin(ident_bytes(&other->id));
    CHECK_OK(given_asked(&copies.scene.given, ASK_erased_list, &in, &erased));
    bool named = false;
    for (size_t i = 0; i < erased->n_ids; i++)
        named |= str_eq(bin(erased->ids[i]), ident_bytes(&copies.account));
    CHECK(named);
    CHECK(opens(&copies, other));
    CHECK_OK(removed(&copies, one));
    CHECK(!opens(&copies, other) && !opens(&copies, one) && number(&copies, cells, copies.copy) == 0);
}

TEST(whom_the_copy_forgets_or_removes_stays_in_the_original)
{
    OWN(copies) copies = {0};
    const struct given_tenant *one = &copies.scene.tenant, *other = &copies.scene.other;
    CHECK_OK(copies_open(&copies));
    CHECK_OK(done(&copies));
    CHECK_OK(forgot(&copies, other, copies.account));
    CHECK(number(&copies, alive, copies.copy) == 1);
    CHECK(number(&copies, "select count(*) from entries where id = $1 and dead is null", copies.account) ==
          1);
    CHECK(entries(&copies, one, "\"copy.reached\"") == 0 &&
          entries(&copies, other, "\"person.forgotten\"") == 1);
    CHECK_OK(removed(&copies, other));
    CHECK(!opens(&copies, other) && opens(&copies, one));
    CHECK_FAILS(ERR_MISSING, removed(&copies, other));
    CHECK_OK(forgot(&copies, one, copies.account)); /* and forgets by itself */
    CHECK(entries(&copies, other, "\"copy.reached\"") == 0);
}

TEST(who_was_forgotten_between_count_and_sealing_is_not_copied)
{
    OWN(copies) copies = {0};
    CHECK_OK(copies_open(&copies));
    CHECK_OK(counted(&copies));
    CHECK_OK(given_it(&copies));
    CHECK_OK(forgot(&copies, &copies.scene.tenant, copies.account));
    CHECK_OK(sealed(&copies));
    CHECK(number(&copies, of_copy, copies.copy) == 1);
}

static err_t held_opened(struct copies *copies, const struct given_tenant *tenant)
{
    Keys__Open in = KEYS__OPEN__INIT;
    Keys__Opened *opened = NULL;
    ProtobufCBinaryData subject = given_bin(ident_bytes(&copies->record.subject)), box;
    str_t at;
    TRY(seal_box(str_bytes(copies->record.sealed, copies->record.len), &at));
    box = given_bin(at);
    in.bearer = text(tenant->cookie);
    in.subjects = &subject;
    in.boxes = &box;
    in.n_subjects = in.n_boxes = 1;
    TRY(given_asked(&copies->scene.given, ASK_held_open, &in, &opened));
    return opened->keys[0].len ? ERR_OK : fail(ERR_MISSING, "no key was given");
}

TEST(a_legal_hold_in_the_copy_keeps_what_it_names_and_whoever_forgets_is_told_before)
{
    OWN(copies) copies = {0};
    struct scene *scene = &copies.scene;
    const struct given_tenant *one = &scene->tenant, *other = &scene->other;
    Keys__HoldPlace hold = KEYS__HOLD_PLACE__INIT;
    Keys__Forget look = KEYS__FORGET__INIT;
    Keys__Forgettables *all = NULL;
    ProtobufCBinaryData named;
    CHECK_OK(copies_open(&copies));
    CHECK_OK(done(&copies));
    named = given_bin(ident_bytes(&copies.account));
    hold.bearer = text(other->cookie);
    hold.kind = text("device");
    hold.target = given_bin(ident_bytes(&scene->device));
    hold.case_id = text("2026/17");
    hold.words = text("why");
    CHECK_OK(given_asked(&scene->given, ASK_hold_place, &hold, NULL));
    look.bearer = text(one->cookie);
    look.accounts = &named;
    look.n_accounts = 1;
    CHECK_OK(given_asked(&scene->given, ASK_forget_look, &look, &all));
    CHECK(!all->items[0]->held && all->items[0]->elsewhere == 1 && all->items[0]->held_elsewhere == 1);
    CHECK_FAILS(ERR_CONFLICT, removed(&copies, other)); /* as a hold does */
    CHECK_OK(removed(&copies, one));
    CHECK(!opens(&copies, other) && held_opened(&copies, other) == ERR_OK);
    CHECK_FAILS(ERR_MISSING, held_opened(&copies, one));
}

TEST(support_sees_of_a_copy_what_its_own_people_approve)
{
    OWN(copies) copies = {0};
    struct scene *scene = &copies.scene;
    struct given_person sam;
    ident_t request;
    CHECK_OK(copies_open(&copies));
    CHECK_OK(done(&copies));
    CHECK_OK(given_staff(&scene->given, "sam", &sam));
    CHECK_OK(given_asked_support(&scene->given, &(struct given_case){&sam, &scene->other, scene->device},
                                 &request));
    CHECK_FAILS(ERR_MISSING,
                given_named(&scene->given, ASK_request_approve, scene->tenant.cookie, request, NULL));
    CHECK_OK(given_named(&scene->given, ASK_request_approve, scene->other.cookie, request, NULL));
    CHECK_OK(given_open(&scene->given, sam.cookie, request, &copies.record));
    CHECK_OK(removed(&copies, &scene->tenant)); /* the grant's key of it goes too */
    CHECK(given_open(&scene->given, sam.cookie, request, &copies.record) != ERR_OK);
}

static err_t erased(struct copies *copies)
{
    TRY(given_asked_for(&copies->scene, "example", GIVEN_PASSWORD));
    TRY(given_later(&copies->scene, HOURS(4)));
    return given_marked(&copies->scene);
}

TEST(with_an_erased_client_its_copies_keys_end_and_the_copys_log_says_so)
{
    OWN(copies) copies = {0};
    struct scene *scene = &copies.scene;
    CHECK_OK(copies_open(&copies));
    CHECK_OK(done(&copies));
    CHECK_OK(erased(&copies));
    CHECK(!opens(&copies, &scene->other) && number(&copies, alive, copies.copy) == 0);
    CHECK(entries(&copies, &scene->other, "\"copy.ended\"") == 1);
    CHECK_OK(given_emptied(scene));
    CHECK(number(&copies, cells, copies.copy) == 0);
    CHECK(!strstr(left_of(scene, scene->tenant.id), "copies"));
    CHECK_OK(given_borne(&scene->given, ASK_whoami, scene->other.cookie, NULL));
}

TEST(an_erased_copy_leaves_the_original_as_it_was_and_nothing_of_itself)
{
    OWN(copies) copies = {0};
    struct scene *scene = &copies.scene;
    CHECK_OK(copies_open(&copies));
    CHECK_OK(done(&copies));
    const struct given_tenant original = scene->tenant;
    scene->tenant = scene->other;
    scene->other = original;
    CHECK_OK(given_asked_for(scene, "other", GIVEN_PASSWORD));
    const Keys__Login login = given_login("example", "ana", GIVEN_PASSWORD);
    CHECK_OK(given_passed(&scene->given, HOURS(4)));
    CHECK_OK(given_signed_in(&scene->given, &login, &scene->other.cookie));
    CHECK_OK(given_marked(scene));
    CHECK(opens(&copies, &scene->other));
    CHECK(entries(&copies, &scene->other, "\"copy.ended\"") == 1);
    CHECK_OK(given_emptied(scene));
    CHECK(number(&copies, of_copy, copies.copy) == 0);
    CHECK(!strcmp(left_of(scene, copies.copy), "works ")); /* the original's, for thirty days */
    CHECK_OK(forgot(&copies, &scene->other, copies.account));
}

TESTS(the_people_of_the_copy_read_what_was_given_with_their_own_key_and_those_of_the_original_as_before,
      a_code_is_good_for_an_hour_and_once_and_for_owners_alone,
      after_an_hour_a_code_is_none_and_a_new_one_ends_the_one_before,
      while_a_copy_is_on_its_way_nothing_enrols_beside_it_and_afterwards_endpoints_may,
      a_copy_is_copied_from_its_original_alone,
      sealing_goes_on_after_a_crash_in_another_owners_session_and_through_rotations_of_either_key,
      a_rotation_of_either_key_leaves_the_copy_readable,
      what_is_given_up_leaves_no_key_and_another_can_be_asked_for,
      what_was_sealed_before_it_is_given_up_opens_nothing,
      whom_the_original_forgets_is_forgotten_in_the_copy_and_both_logs_say_so,
      whom_the_copy_forgets_or_removes_stays_in_the_original,
      who_was_forgotten_between_count_and_sealing_is_not_copied,
      a_legal_hold_in_the_copy_keeps_what_it_names_and_whoever_forgets_is_told_before,
      support_sees_of_a_copy_what_its_own_people_approve,
      with_an_erased_client_its_copies_keys_end_and_the_copys_log_says_so,
      an_erased_copy_leaves_the_original_as_it_was_and_nothing_of_itself)
