/* SPDX-License-Identifier: Apache-2.0
 *
 * Forgetting a person: with the act's commit no key of theirs is left, whoever holds what.
 */
#include "admit/forget.h"

#include "admit/people_given.h"
#include "base/limits.h"
#include "keyring/locks.h"
#include "test/test.h"
#include "tlog/withhold.h"

#define WRONG "another horse battery staple!"

enum { RECORD, LAUNCHES, KINDS };

struct scene {
    struct given given;
    struct given_tenant tenant;
    ident_t device, alice, bob;
    struct given_record records[KINDS], others; /* sealed to Alice; to Bob */
};
typedef struct scene scene_own;
static void scene_drop(struct scene *scene) { given_drop(&scene->given); }

static char *text(const char *of) { return (char *)(uintptr_t)of; }

static err_t subjects(struct scene *scene, enum ask_number number, ident_t id, Keys__Publics **out_publics)
{
    return given_subject(&scene->given, number, (ident_t[]){scene->tenant.id, scene->device, id},
                         out_publics);
}

static err_t record_of(struct scene *scene, enum ask_number number, ident_t subject, struct given_record *out)
{
    Keys__Publics *publics = NULL;
    struct key public;
    OWN(buf) sealed = BUF(sizeof out->sealed);
    TRY(subjects(scene, number, subject, &publics));
    TRY(key_from(bin(publics->publics[0]), &public));
    *out = (struct given_record){subject, {scene->tenant.realm, ident_new(scene->given.env), 6}, {0}, 0};
    seal_put(scene->given.env, &public, &out->place, STR("a frame"), &sealed);
    TRY(buf_end(&sealed));
    memcpy(out->sealed, sealed.at, sealed.len);
    out->len = sealed.len;
    return ERR_OK;
}

static err_t scene_open(struct scene *scene)
{
    TRY(given_a_keyring(&scene->given));
    TRY(given_open_tenant(&scene->given, "one", &scene->tenant));
    TRY(given_device(&scene->given, &scene->tenant, &scene->device));
    scene->alice = ident_new(scene->given.env);
    scene->bob = ident_new(scene->given.env);
    TRY(subjects(scene, ASK_subjects_make, scene->alice, NULL));
    TRY(subjects(scene, ASK_subjects_make, scene->bob, NULL));
    TRY(record_of(scene, ASK_subjects_publics, scene->alice, &scene->records[RECORD]));
    TRY(record_of(scene, ASK_launches_make, scene->alice, &scene->records[LAUNCHES]));
    return record_of(scene, ASK_subjects_publics, scene->bob, &scene->others);
}

struct wanted {
    const char *bearer, *password;
    ident_t account, member; /* zero: none */
};

static err_t asked(struct scene *scene, enum ask_number number, const struct wanted *wanted, void *out_answer)
{
    Keys__Forget in = KEYS__FORGET__INIT;
    ProtobufCBinaryData account = given_bin(ident_bytes(&wanted->account));
    in.bearer = text(wanted->bearer ? wanted->bearer : scene->tenant.cookie);
    in.password = given_bin(str(wanted->password ? wanted->password : GIVEN_PASSWORD));
    in.accounts = &account;
    in.n_accounts = !ident_is_zero(wanted->account);
    if (!ident_is_zero(wanted->member))
        in.member = given_bin(ident_bytes(&wanted->member));
    in.mentions = 2;
    return given_asked(&scene->given, number, &in, out_answer);
}

static err_t forgotten(struct scene *scene, ident_t account, Keys__Forgotten **out)
{
    return asked(scene, ASK_forget, &(struct wanted){.account = account}, out);
}

static err_t opened(struct given *given, const char *cookie, const struct given_record *record,
                    enum ask_number number)
{
    Keys__Open in = KEYS__OPEN__INIT;
    Keys__Opened *out = NULL;
    ProtobufCBinaryData subject = given_bin(ident_bytes(&record->subject)), box;
    str_t sealed_box;
    TRY(seal_box(str_bytes(record->sealed, record->len), &sealed_box));
    box = given_bin(sealed_box);
    in.bearer = text(cookie);
    in.subjects = &subject;
    in.boxes = &box;
    in.n_subjects = in.n_boxes = 1;
    TRY(given_asked(given, number, &in, &out));
    return out->n_keys == 1 && out->keys[0].len ? ERR_OK : fail(ERR_MISSING, "no key was given");
}

static bool alice_opens(struct scene *scene, struct given *given)
{
    const char *cookie = scene->tenant.cookie;
    err_t record = opened(given, cookie, &scene->records[RECORD], ASK_records_open);
    err_t launches = opened(given, cookie, &scene->records[LAUNCHES], ASK_launches_open);
    return record == ERR_OK || launches == ERR_OK;
}

static int64_t told(struct scene *scene, const char *what)
{
    return given_entries(&scene->given, scene->tenant.id, what);
}

TEST(a_forgotten_person_s_records_and_launches_open_for_nobody_and_others_do)
{
    OWN(scene) scene = {0};
    Keys__Forgotten *out = NULL;
    CHECK_OK(scene_open(&scene));
    CHECK(alice_opens(&scene, &scene.given));
    CHECK_OK(forgotten(&scene, scene.alice, &out));
    CHECK(!alice_opens(&scene, &scene.given));
    CHECK_OK(opened(&scene.given, scene.tenant.cookie, &scene.others, ASK_records_open));
    CHECK(out->n_subjects == 1 && out->subjects[0]->keys == 0 && out->mentions == 2 && out->at);
    CHECK(told(&scene, "\"person.forgotten\"") == 1 &&
          told(&scene, ident_text("acc", scene.alice).text) >= 1 && told(&scene, "\"count\":2}") == 1);
}

struct entry_look {
    ident_t id;
    int64_t alive, cells;
};

static err_t entry_act(struct keyring *keyring, void *with)
{
    struct entry_look *look = with;
    TRY(db_number(keyring_db(keyring), &look->alive,
                  "select count(*) from entries where id = $1 and dead is null", ID(look->id)));
    return db_number(keyring_db(keyring), &look->cells, "select count(*) from cells where id = $1",
                     ID(look->id));
}

TEST(the_key_of_a_forgotten_person_s_videos_is_destroyed_and_no_new_one_is_made)
{
    OWN(scene) scene = {0};
    Keys__Forgotten *out = NULL;
    struct vouched vouched = {.count = 0};
    CHECK_OK(scene_open(&scene));
    const ident_t hers[] = {scene.tenant.id, scene.device, scene.alice};
    struct entry_look look = {.id = videos_of(scene.alice)};
    CHECK_OK(given_videos(&scene.given, hers, &vouched));
    CHECK_OK(keyring_read(scene.given.keyring, entry_act, &look));
    CHECK(vouched.count == 1 && look.alive == 1 && look.cells == 1);
    CHECK_OK(forgotten(&scene, scene.alice, &out));
    CHECK(out->subjects[0]->keys == 0);
    CHECK_OK(keyring_read(scene.given.keyring, entry_act, &look));
    CHECK(!look.alive && !look.cells);
    CHECK_OK(given_videos(&scene.given, hers, &vouched));
    CHECK(!vouched.count);
}

TEST(what_is_told_of_them_afterwards_finds_a_dead_key_and_makes_no_new_one)
{
    OWN(scene) scene = {0};
    Keys__Publics *publics = NULL;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(forgotten(&scene, scene.alice, NULL));
    CHECK_OK(subjects(&scene, ASK_subjects_make, scene.alice, NULL));
    CHECK_OK(subjects(&scene, ASK_subjects_publics, scene.alice, &publics));
    CHECK(publics->publics[0].len == 0);
    CHECK_OK(subjects(&scene, ASK_launches_make, scene.alice, &publics));
    CHECK(publics->publics[0].len == 0 && !alice_opens(&scene, &scene.given));
}

TEST(yesterday_s_keyring_beside_today_s_key_opens_nothing_of_them)
{
    OWN(scene) scene = {0};
    OWN(given) stale = {0};
    Keys__Forgottens *list = NULL;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(given_copied(&scene.given, "copy"));
    CHECK_OK(forgotten(&scene, scene.alice, NULL));
    CHECK_OK(keyring_roll(scene.given.keyring));
    CHECK_OK(given_passed(&scene.given, MINUTES(2)));
    CHECK_OK(given_borne(&scene.given, ASK_forgotten_list, scene.tenant.cookie, &list));
    CHECK(list->n_items == 1 && list->items[0]->rolled && list->items[0]->dropped);
    CHECK_OK(given_kek_copied(&scene.given, "copy"));
    if (given_keyring_in(&scene.given, "copy", &stale) == ERR_OK)
        CHECK(!alice_opens(&scene, &stale));
}

TEST(it_takes_the_right_and_the_password_of_a_person_typed_again)
{
    OWN(scene) scene = {0};
    struct given_person viewer, admin;
    const Keys__Token *token = NULL;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(given_member(&scene.given, &scene.tenant, "viewer", &viewer));
    CHECK_OK(given_member(&scene.given, &scene.tenant, "administrator", &admin));
    CHECK_OK(given_token(&scene.given, &scene.tenant, "administrator", &token));
    CHECK_FAILS(ERR_DENIED,
                asked(&scene, ASK_forget, &(struct wanted){viewer.cookie, .account = scene.alice}, NULL));
    CHECK_FAILS(ERR_DENIED, asked(&scene, ASK_forget_look,
                                  &(struct wanted){viewer.cookie, .account = scene.alice}, NULL));
    CHECK_FAILS(ERR_DENIED,
                asked(&scene, ASK_forget, &(struct wanted){token->token, .account = scene.alice}, NULL));
    CHECK_FAILS(ERR_DENIED,
                asked(&scene, ASK_forget, &(struct wanted){.password = WRONG, .account = scene.alice}, NULL));
    CHECK(told(&scene, "\"sign-in.failed\"") == 1 && told(&scene, "\"person.forgotten\"") == 0 &&
          alice_opens(&scene, &scene.given));
    CHECK_OK(asked(&scene, ASK_forget, &(struct wanted){admin.cookie, .account = scene.alice}, NULL));
    CHECK(given_refused(forgotten(&scene, scene.alice, NULL), ERR_CONFLICT, "forgotten already"));
}

TEST(another_client_s_people_and_what_is_no_person_are_nobody_s_to_forget)
{
    OWN(scene) scene = {0};
    struct given_tenant other;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(given_open_tenant(&scene.given, "two", &other));
    CHECK_FAILS(ERR_MISSING,
                asked(&scene, ASK_forget, &(struct wanted){other.cookie, .account = scene.alice}, NULL));
    CHECK_FAILS(ERR_MISSING,
                asked(&scene, ASK_forget_look, &(struct wanted){other.cookie, .account = scene.alice}, NULL));
    CHECK_FAILS(ERR_INVALID, forgotten(&scene, scene.device, NULL));
    CHECK_FAILS(ERR_INVALID, asked(&scene, ASK_forget, &(struct wanted){.password = NULL}, NULL));
    CHECK_FAILS(ERR_MISSING, forgotten(&scene, launches_of(scene.alice), NULL));
    CHECK(alice_opens(&scene, &scene.given));
}

TEST(a_grant_that_holds_copies_of_their_keys_opens_nothing_of_them)
{
    OWN(scene) scene = {0};
    struct given_person staff, bea;
    ident_t request;
    Keys__Forgettables *look = NULL;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(given_member(&scene.given, &scene.tenant, "approver", &bea));
    CHECK_OK(given_staff(&scene.given, "sam", &staff));
    CHECK_OK(given_asked_support(&scene.given, &(struct given_case){&staff, &scene.tenant, scene.device},
                                 &request));
    CHECK_OK(given_named(&scene.given, ASK_request_approve, bea.cookie, request, NULL));
    CHECK_OK(given_open(&scene.given, staff.cookie, request, &scene.records[RECORD]));
    CHECK_OK(asked(&scene, ASK_forget_look, &(struct wanted){.account = scene.alice}, &look));
    CHECK(look->n_items == 1 && look->items[0]->copies == 1 && look->items[0]->alive &&
          look->items[0]->withheld && !*look->items[0]->bars);
    CHECK_OK(forgotten(&scene, scene.alice, NULL));
    CHECK_FAILS(ERR_MISSING, given_open(&scene.given, staff.cookie, request, &scene.records[RECORD]));
    CHECK_OK(given_open(&scene.given, staff.cookie, request, &scene.others));
}

TEST(a_member_is_forgotten_with_record_sessions_and_ways_in_but_one_with_rights_is_removed_first)
{
    OWN(scene) scene = {0};
    struct given_person vic, adam;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(given_member(&scene.given, &scene.tenant, "viewer", &vic));
    CHECK_OK(given_member(&scene.given, &scene.tenant, "administrator", &adam));
    CHECK(given_refused(asked(&scene, ASK_forget, &(struct wanted){.member = adam.id}, NULL), ERR_CONFLICT,
                        "removed first"));
    CHECK(given_refused(asked(&scene, ASK_forget, &(struct wanted){adam.cookie, .member = vic.id}, NULL),
                        ERR_CONFLICT, "an owner removes"));
    CHECK_OK(given_borne(&scene.given, ASK_whoami, vic.cookie, NULL));
    CHECK_OK(asked(&scene, ASK_forget, &(struct wanted){.account = scene.alice, .member = vic.id}, NULL));
    CHECK_FAILS(ERR_SIGNED_OUT, given_borne(&scene.given, ASK_whoami, vic.cookie, NULL));
    CHECK(!alice_opens(&scene, &scene.given) && told(&scene, "\"member.removed\"") == 1);
    CHECK(given_refused(asked(&scene, ASK_forget, &(struct wanted){.member = vic.id}, NULL), ERR_CONFLICT,
                        "already"));
}

/* What the endpoint would withhold by this note. */
static err_t note_read(struct scene *scene, const Keys__Withheld *withheld, struct withhold *out)
{
    Keys__Signer *signer = NULL;
    struct note_key key;
    TRY(subjects(scene, ASK_withholder, scene->device, (Keys__Publics **)(void *)&signer));
    TRY(withhold_key_read(str(signer->key), scene->tenant.id, &key));
    return withhold_open(str(withheld->note), &key, out);
}

TEST(the_endpoint_is_told_by_a_signed_note_of_all_that_it_withholds_until_it_is_lifted)
{
    OWN(scene) scene = {0};
    Keys__Forgotten *first = NULL, *second = NULL, *lifted = NULL;
    struct withhold note;
    ident_t id;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(forgotten(&scene, scene.alice, &first));
    CHECK(first->n_withheld == 1);
    CHECK_OK(note_read(&scene, first->withheld[0], &note));
    CHECK(note.number == 1 && note.count == 1 && ident_eq(note.accounts[0], scene.alice) &&
          ident_eq(note.device, scene.device));
    CHECK_OK(forgotten(&scene, scene.bob, &second));
    CHECK_OK(note_read(&scene, second->withheld[0], &note));
    CHECK(note.number == 2 && note.count == 2 && withhold_names(&note, scene.bob));
    CHECK_OK(ident_from(bin(first->id), &id));
    CHECK_OK(given_named(&scene.given, ASK_forgotten_lift, scene.tenant.cookie, id, &lifted));
    CHECK_OK(note_read(&scene, lifted->withheld[0], &note));
    CHECK(note.number == 3 && note.count == 1 && !withhold_names(&note, scene.alice));
    CHECK(!alice_opens(&scene, &scene.given) && told(&scene, "\"person.lifted\"") == 1);
    CHECK_FAILS(ERR_MISSING, given_named(&scene.given, ASK_forgotten_lift, scene.tenant.cookie, id, NULL));
}

/* As another process asks it. */
static err_t jobs_asked(struct scene *scene, enum ask_number number, const ProtobufCMessage *in,
                        buf_t *out_body)
{
    OWN(buf) packed = BUF(MAX_FRAME);
    uint8_t code = 0;
    char *at = buf_room(&packed, protobuf_c_message_get_packed_size(in));
    protobuf_c_message_pack(in, (uint8_t *)at);
    keys_answer(scene->given.keyring, &(struct asked){ASKER_JOBS, number, buf_str(&packed)}, out_body, &code);
    return code ? fail((err_t)code, "%.*s", STR_ARG(buf_str(out_body))) : ERR_OK;
}

static err_t due(struct scene *scene, size_t *out_forgotten, size_t *out_withheld)
{
    const Keys__None none = KEYS__NONE__INIT;
    ProtobufCAllocator allocator = arena_allocator(&scene->given.arena);
    OWN(buf) body = BUF(MAX_ASK);
    TRY(jobs_asked(scene, ASK_forget_due, &none.base, &body));
    const Keys__ForgetDue *all = keys__forget_due__unpack(&allocator, body.len, (const uint8_t *)body.at);
    *out_forgotten = all->n_items;
    *out_withheld = all->n_withheld;
    return arena_end(&scene->given.arena);
}

TEST(rows_count_as_removed_only_once_no_writer_can_hold_a_key_of_theirs)
{
    OWN(scene) scene = {0};
    Keys__Forgotten *out = NULL;
    Keys__ForgetDone done = KEYS__FORGET_DONE__INIT;
    OWN(buf) body = BUF(MAX_ASK);
    size_t items = 0, withheld = 0;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(forgotten(&scene, scene.alice, &out));
    done.ids = &out->id;
    done.n_ids = 1;
    done.kept = out->withheld;
    done.n_kept = 1;
    CHECK_OK(due(&scene, &items, &withheld));
    CHECK(items == 1 && withheld == 1);
    CHECK_OK(jobs_asked(&scene, ASK_forget_done, &done.base, &body));
    CHECK_OK(due(&scene, &items, &withheld));
    CHECK(items == 1 && withheld == 0);
    CHECK_OK(given_passed(&scene.given, WRITERS_MS));
    CHECK_OK(jobs_asked(&scene, ASK_forget_done, &done.base, &body));
    CHECK_OK(due(&scene, &items, &withheld));
    CHECK(items == 0);
}

/* Of a client: as many who were forgotten as are asked for at once and more, with all the accounts that there may be. */
static const char crowd[] =
    "insert into forgotten (id, tenant, by, at, mentions, entry, dropped, removed, rolled)"
    " with recursive n(i) as (select 1 union all select i + 1 from n where i < 300)"
    " select randomblob(16), tenants.id, x'', 1, 0, 0, 1, 0, 1 from n join tenants on tenants.name = 'one';"
    "insert into forgotten_subjects (subject, forgotten, device, withheld, lifted)"
    " with recursive n(i) as (select 1 union all select i + 1 from n where i < 256)"
    " select randomblob(16), id, randomblob(16), 0, 0 from forgotten join n";

TEST(however_much_is_due_of_one_client_another_has_its_share_of_each_answer)
{
    OWN(scene) scene = {0};
    struct given_tenant other;
    ident_t device, account;
    OWN(buf) body = BUF(MAX_ASK);
    const Keys__None none = KEYS__NONE__INIT;
    bool found = false;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(given_changed(&scene.given, crowd));
    CHECK_OK(given_open_tenant(&scene.given, "two", &other));
    CHECK_OK(given_device(&scene.given, &other, &device));
    account = ident_new(scene.given.env);
    CHECK_OK(given_subject(&scene.given, ASK_subjects_make, (ident_t[]){other.id, device, account}, NULL));
    CHECK_OK(asked(&scene, ASK_forget, &(struct wanted){.bearer = other.cookie, .account = account}, NULL));
    CHECK_OK(jobs_asked(&scene, ASK_forget_due, &none.base, &body));
    ProtobufCAllocator allocator = arena_allocator(&scene.given.arena);
    const Keys__ForgetDue *all = keys__forget_due__unpack(&allocator, body.len, (const uint8_t *)body.at);
    for (size_t i = 0; all && i < all->n_items; i++)
        found |= str_eq(bin(all->items[i]->tenant), ident_bytes(&other.id));
    CHECK(found && all->n_items > 1);
}

static err_t held(struct scene *scene, ident_t account)
{
    Keys__HoldPlace in = KEYS__HOLD_PLACE__INIT;
    in.bearer = text(scene->tenant.cookie);
    in.kind = text("person");
    in.target = given_bin(ident_bytes(&account));
    in.case_id = text("2026/17");
    in.words = text("a marker of why");
    return given_asked(&scene->given, ASK_hold_place, &in, NULL);
}

TEST(what_a_legal_hold_covers_is_named_and_its_rows_stay_under_the_hold_s_key_alone)
{
    OWN(scene) scene = {0};
    Keys__Forgettables *look = NULL;
    Keys__Forgotten *out = NULL;
    Keys__ForgetDone done = KEYS__FORGET_DONE__INIT;
    OWN(buf) body = BUF(MAX_ASK);
    size_t items = 0, withheld = 0;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(held(&scene, scene.alice));
    CHECK_OK(asked(&scene, ASK_forget_look, &(struct wanted){.account = scene.alice}, &look));
    CHECK(look->items[0]->held && !*look->items[0]->bars);
    CHECK_OK(forgotten(&scene, scene.alice, &out));
    CHECK(!alice_opens(&scene, &scene.given) && out->subjects[0]->held && out->subjects[0]->keys == 0);
    CHECK_OK(opened(&scene.given, scene.tenant.cookie, &scene.records[RECORD], ASK_held_open));
    CHECK_OK(given_passed(&scene.given, 2 * WRITERS_MS));
    done.ids = &out->id;
    done.n_ids = 1;
    CHECK_OK(jobs_asked(&scene, ASK_forget_done, &done.base, &body));
    CHECK_OK(due(&scene, &items, &withheld));
    CHECK(items == 1);
}

TESTS(a_forgotten_person_s_records_and_launches_open_for_nobody_and_others_do,
      the_key_of_a_forgotten_person_s_videos_is_destroyed_and_no_new_one_is_made,
      what_is_told_of_them_afterwards_finds_a_dead_key_and_makes_no_new_one,
      yesterday_s_keyring_beside_today_s_key_opens_nothing_of_them,
      it_takes_the_right_and_the_password_of_a_person_typed_again,
      another_client_s_people_and_what_is_no_person_are_nobody_s_to_forget,
      a_grant_that_holds_copies_of_their_keys_opens_nothing_of_them,
      a_member_is_forgotten_with_record_sessions_and_ways_in_but_one_with_rights_is_removed_first,
      the_endpoint_is_told_by_a_signed_note_of_all_that_it_withholds_until_it_is_lifted,
      rows_count_as_removed_only_once_no_writer_can_hold_a_key_of_theirs,
      however_much_is_due_of_one_client_another_has_its_share_of_each_answer,
      what_a_legal_hold_covers_is_named_and_its_rows_stay_under_the_hold_s_key_alone)
