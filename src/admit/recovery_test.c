/* SPDX-License-Identifier: Apache-2.0
 *
 * Guardians of a recovery key, and the printed kit in their place: what each is shown, types back and rehearses, when the new
 * key opens and the old one does not any more, and who counts as a way in.
 */
#include "admit/people_given.h"
#include "admit/recovery.h"
#include "crypt/part.h"
#include "test/test.h"

enum { GUARDIANS = 3 };
static const ident_t no_request;
static char *text(const char *of) { return (char *)(uintptr_t)of; }

/* A client whose owner and two members are to be guardians, with a record, a hold and an owner who does not sign. */
struct scene {
    struct given given;
    struct given_tenant tenant;
    ident_t device;
    struct given_record record;
    struct given_person guardians[GUARDIANS], bob;
    const char *parts[GUARDIANS];
};
typedef struct scene scene_own;
static void scene_drop(struct scene *scene) { given_drop(&scene->given); }

static err_t ana_is(struct scene *scene, struct given_person *out)
{
    Keys__Who *who = NULL;
    TRY(given_borne(&scene->given, ASK_whoami, scene->tenant.cookie, &who));
    *out = (struct given_person){.name = "ana", .cookie = scene->tenant.cookie};
    return ident_from(bin(who->member), &out->id);
}

static err_t scene_open(struct scene *scene)
{
    struct given *given = &scene->given;
    Keys__HoldPlace hold = KEYS__HOLD_PLACE__INIT;
    TRY(given_a_keyring(given));
    TRY(given_open_tenant(given, "example", &scene->tenant));
    TRY(given_device(given, &scene->tenant, &scene->device));
    TRY(given_record(given, &scene->tenant, scene->device, &scene->record));
    TRY(ana_is(scene, &scene->guardians[0]));
    TRY(given_member(given, &scene->tenant, "viewer", &scene->guardians[1]));
    TRY(given_member(given, &scene->tenant, "administrator", &scene->guardians[2]));
    TRY(given_member(given, &scene->tenant, "owner", &scene->bob));
    hold.bearer = text(scene->tenant.cookie);
    hold.kind = text("device");
    hold.target = given_bin(ident_bytes(&scene->device));
    hold.case_id = hold.words = text("2026/17");
    return given_asked(given, ASK_hold_place, &hold, NULL);
}

static err_t begin_with(struct scene *scene, const char *cookie, size_t count, Keys__RecoveryShown **out)
{
    Keys__RecoveryBegin in = KEYS__RECOVERY_BEGIN__INIT;
    ProtobufCBinaryData members[GUARDIANS];
    for (size_t i = 0; i < count; i++)
        members[i] = given_bin(ident_bytes(&scene->guardians[i].id));
    in.bearer = text(cookie);
    in.password = given_bin(STR(GIVEN_PASSWORD));
    in.need = count ? 2 : 1;
    in.members = members;
    in.n_members = count;
    return given_asked(&scene->given, ASK_recovery_begin, &in, out);
}

static err_t begin(struct scene *scene) { return begin_with(scene, scene->tenant.cookie, GUARDIANS, NULL); }

static err_t show(struct scene *scene, size_t guardian, const char *password)
{
    Keys__PartShow in = KEYS__PART_SHOW__INIT;
    Keys__RecoveryShown *shown = NULL;
    in.bearer = text(scene->guardians[guardian].cookie);
    in.password = given_bin(str(password));
    TRY(given_asked(&scene->given, ASK_part_show, &in, &shown));
    scene->parts[guardian] = shown->text;
    return ERR_OK;
}

static err_t typed(struct scene *scene, enum ask_number number, const char *cookie, const char *part)
{
    Keys__PartTyped in = KEYS__PART_TYPED__INIT;
    in.bearer = text(cookie);
    in.text = text(part);
    return given_asked(&scene->given, number, &in, NULL);
}

static err_t confirm(struct scene *scene, size_t guardian, const char *part)
{
    return typed(scene, ASK_part_confirm, scene->guardians[guardian].cookie, part);
}

static err_t rehearse(struct scene *scene, size_t guardian, const char *part)
{
    return typed(scene, ASK_part_rehearse, scene->guardians[guardian].cookie, part);
}

static err_t all_shown(struct scene *scene)
{
    for (size_t i = 0; i < GUARDIANS; i++)
        TRY(show(scene, i, GIVEN_PASSWORD));
    return ERR_OK;
}

static err_t all_confirmed(struct scene *scene)
{
    TRY(begin(scene));
    TRY(all_shown(scene));
    for (size_t i = 0; i < GUARDIANS; i++)
        TRY(confirm(scene, i, scene->parts[i]));
    return ERR_OK;
}

static Keys__Recovery *state(struct scene *scene)
{
    Keys__Recovery *recovery = NULL;
    return given_borne(&scene->given, ASK_recovery_get, scene->tenant.cookie, &recovery) == ERR_OK ? recovery
                                                                                                   : NULL;
}

static err_t recover(struct scene *scene, const char *kit, const char **out_cookie)
{
    Keys__Recover in = KEYS__RECOVER__INIT;
    Keys__Who *who = NULL;
    in.tenant = text("example");
    in.kit = text(kit);
    in.username = text("ana");
    in.password = given_bin(STR(GIVEN_PASSWORD));
    TRY(given_asked(&scene->given, ASK_recover, &in, &who));
    *out_cookie = who->cookie;
    return ERR_OK;
}

/* What custody recover does on the client's machine. */
static err_t joined(struct scene *scene, const size_t guardians[2], buf_t *out_kit)
{
    struct part parts[2];
    struct joined joined = {.wrong = 0};
    for (size_t i = 0; i < 2; i++)
        TRY(part_read(str(scene->parts[guardians[i]]), &parts[i]));
    TRY(part_fits(parts, 1, &parts[1]));
    TRY(kit_join(scene->given.env, parts, 2, &joined));
    kit_put(joined.kit, out_kit);
    return buf_end(out_kit);
}

struct hold_opening {
    const char *kit;
    bool opens;
};
static err_t hold_act(struct keyring *keyring, void *with)
{
    struct hold_opening *opening = with;
    OWN(rows) rows = {0};
    OWN(buf) boxes = BUF(4096);
    OWN(buf) plain = BUF(KEY_SIZE);
    struct key pair[2];
    uint8_t kit[KIT_BYTES];
    TRY(kit_read(str(opening->kit), kit));
    kit_pair(kit, &pair[0], &pair[1]);
    TRY(db_read(keyring_db(keyring), &rows, "select id from holds"));
    TRY(row_one(&rows));
    TRY(cell_get(keyring, row_ident(&rows, 0), CELL_HOLD, &boxes));
    str_t second = str_bytes(boxes.at + boxes.len / 2, boxes.len / 2);
    opening->opens = box_open(&pair[0], &pair[1], second, &plain) == ERR_OK;
    return ERR_OK;
}

static bool kit_opens_the_hold(struct scene *scene, const char *kit)
{
    struct hold_opening opening = {.kit = kit};
    return keyring_read(scene->given.keyring, hold_act, &opening) == ERR_OK && opening.opens;
}

TEST(the_old_kit_opens_until_the_last_guardian_confirms_and_the_parts_from_then_on)
{
    OWN(scene) scene = {0};
    OWN(buf) kit = BUF(PART_TEXT);
    const char *cookie = NULL;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(begin(&scene));
    CHECK_OK(all_shown(&scene));
    CHECK_OK(confirm(&scene, 0, scene.parts[0]));
    CHECK_OK(confirm(&scene, 1, scene.parts[1]));
    CHECK_OK(joined(&scene, (const size_t[]){0, 1}, &kit));
    CHECK_FAILS(ERR_SIGNED_OUT, recover(&scene, kit.at, &cookie));
    CHECK(kit_opens_the_hold(&scene, scene.tenant.kit) && state(&scene)->waiting && !state(&scene)->live);
    CHECK_OK(confirm(&scene, 2, scene.parts[2]));
    CHECK(!state(&scene)->waiting && state(&scene)->live->need == 2);
    CHECK(!kit_opens_the_hold(&scene, scene.tenant.kit) && kit_opens_the_hold(&scene, kit.at));
    CHECK_FAILS(ERR_SIGNED_OUT, recover(&scene, scene.tenant.kit, &cookie));
    buf_clear(&kit);
    CHECK_OK(joined(&scene, (const size_t[]){2, 0}, &kit));
    CHECK_OK(recover(&scene, kit.at, &cookie));
    CHECK_OK(given_open(&scene.given, cookie, no_request, &scene.record));
    CHECK(given_entries(&scene.given, scene.tenant.id, "\"recovery.changed\"") == 1);
    CHECK(given_entries(&scene.given, scene.tenant.id, "\"signer.given\"") == 1);
}

TEST(a_part_is_shown_once_to_its_guardian_by_the_password)
{
    OWN(scene) scene = {0};
    CHECK_OK(scene_open(&scene));
    CHECK_OK(begin(&scene));
    CHECK_FAILS(ERR_DENIED, show(&scene, 1, "not this one"));
    CHECK_OK(show(&scene, 1, GIVEN_PASSWORD));
    CHECK(given_refused(show(&scene, 1, GIVEN_PASSWORD), ERR_CONFLICT, "shown your part before"));
    scene.guardians[0].cookie = scene.bob.cookie;
    CHECK(given_refused(show(&scene, 0, GIVEN_PASSWORD), ERR_MISSING, "no part"));
    CHECK(given_entries(&scene.given, scene.tenant.id, "\"recovery.part-seen\"") == 1);
}

TEST(what_is_typed_back_has_to_be_the_own_part_and_each_mistake_is_named)
{
    OWN(scene) scene = {0};
    struct part part;
    OWN(buf) forged = BUF(PART_TEXT);
    CHECK_OK(scene_open(&scene));
    CHECK_OK(begin(&scene));
    CHECK(given_refused(confirm(&scene, 0, "0000"), ERR_CONFLICT, "not been shown"));
    CHECK_OK(all_shown(&scene));
    CHECK(given_refused(confirm(&scene, 0, scene.parts[1]), ERR_INVALID, "this is part 2: yours is part 1"));
    CHECK(given_refused(confirm(&scene, 0, "0000"), ERR_INVALID, "48 letters and digits"));
    CHECK_OK(part_read(str(scene.parts[0]), &part));
    part.share[0] ^= 1;
    part_put(&part, &forged);
    CHECK(given_refused(confirm(&scene, 0, forged.at), ERR_INVALID, "not the one that you were shown"));
    part.set.number = 7;
    buf_clear(&forged);
    part_put(&part, &forged);
    CHECK(given_refused(confirm(&scene, 0, forged.at), ERR_INVALID, "part of set 7: yours is of set 1"));
    part.set.client ^= 1;
    buf_clear(&forged);
    part_put(&part, &forged);
    CHECK(given_refused(confirm(&scene, 0, forged.at), ERR_INVALID, "another client"));
    CHECK_OK(confirm(&scene, 0, scene.parts[0]));
    CHECK_OK(confirm(&scene, 0, scene.parts[0])); /* again is no harm, and is told of once */
    CHECK(given_entries(&scene.given, scene.tenant.id, "\"recovery.part-confirmed\"") == 1);
}

TEST(a_rehearsal_tells_the_part_in_force_and_opens_nothing)
{
    OWN(scene) scene = {0};
    CHECK_OK(scene_open(&scene));
    CHECK_OK(rehearse(&scene, 0, scene.tenant.kit));
    CHECK(given_refused(rehearse(&scene, 1, scene.tenant.kit), ERR_DENIED, "the kit is an owner's"));
    CHECK_OK(all_confirmed(&scene));
    CHECK_OK(rehearse(&scene, 1, scene.parts[1]));
    CHECK(given_refused(rehearse(&scene, 1, scene.parts[2]), ERR_INVALID, "yours is part 2"));
    CHECK(given_refused(rehearse(&scene, 0, scene.tenant.kit), ERR_INVALID, "48 letters"));
    CHECK(state(&scene)->live->guardians[1]->rehearsed && !state(&scene)->live->guardians[0]->rehearsed);
    CHECK(given_entries(&scene.given, scene.tenant.id, "\"recovery.part-rehearsed\"") == 2);
    CHECK(state(&scene)->key->number == 1 && !state(&scene)->used);
}

TEST(what_is_withdrawn_leaves_everything_as_it_was)
{
    OWN(scene) scene = {0};
    const char *cookie = NULL;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(begin(&scene));
    CHECK(given_refused(begin(&scene), ERR_CONFLICT, "withdraw that one first"));
    CHECK_OK(show(&scene, 1, GIVEN_PASSWORD));
    CHECK_FAILS(ERR_DENIED,
                given_borne(&scene.given, ASK_recovery_withdraw, scene.guardians[2].cookie, NULL));
    CHECK_OK(given_borne(&scene.given, ASK_recovery_withdraw, scene.tenant.cookie, NULL));
    CHECK_FAILS(ERR_MISSING, show(&scene, 2, GIVEN_PASSWORD));
    CHECK_FAILS(ERR_MISSING, confirm(&scene, 1, scene.parts[1]));
    CHECK_OK(recover(&scene, scene.tenant.kit, &cookie));
    scene.tenant.cookie = cookie;
    scene.guardians[0].cookie = cookie;
    CHECK_OK(begin_with(&scene, cookie, 2, NULL));
    CHECK_OK(show(&scene, 0, GIVEN_PASSWORD));
    struct part part;
    CHECK_OK(part_read(str(scene.parts[0]), &part));
    CHECK(part.set.number == 2);
}

TEST(a_printed_kit_takes_the_place_of_one_that_was_used)
{
    OWN(scene) scene = {0};
    Keys__RecoveryShown *shown = NULL;
    const char *cookie = NULL;
    CHECK_OK(scene_open(&scene));
    CHECK(state(&scene)->opens && state(&scene)->owners == 2);
    CHECK_OK(recover(&scene, scene.tenant.kit, &cookie));
    scene.tenant.cookie = scene.guardians[0].cookie = cookie;
    CHECK(!state(&scene)->opens && state(&scene)->used && state(&scene)->key->begun);
    CHECK_OK(begin_with(&scene, cookie, 0, &shown));
    CHECK_OK(confirm(&scene, 0, shown->text));
    CHECK(state(&scene)->opens && !state(&scene)->used && state(&scene)->live->need == 1);
    CHECK_OK(rehearse(&scene, 0, shown->text));
    CHECK_FAILS(ERR_INVALID, rehearse(&scene, 0, scene.tenant.kit));
    CHECK_OK(recover(&scene, shown->text, &cookie));
}

TEST(guardians_who_are_not_there_are_told_and_too_few_of_them_are_no_way_in)
{
    OWN(scene) scene = {0};
    CHECK_OK(scene_open(&scene));
    CHECK_OK(all_confirmed(&scene));
    CHECK(state(&scene)->opens && !strcmp(state(&scene)->live->guardians[1]->state, "active"));
    CHECK_OK(given_named(&scene.given, ASK_member_remove, scene.tenant.cookie, scene.guardians[1].id, NULL));
    CHECK(!strcmp(state(&scene)->live->guardians[1]->state, "removed") && state(&scene)->opens);
    CHECK_OK(given_passed(&scene.given, DAYS(GUARDIAN_DAYS + 1)));
    const Keys__Login login = given_login("example", "ana", GIVEN_PASSWORD);
    CHECK_OK(given_signed_in(&scene.given, &login, &scene.tenant.cookie));
    CHECK(!strcmp(state(&scene)->live->guardians[0]->state, "active"));
    CHECK(!strcmp(state(&scene)->live->guardians[2]->state, "inactive") && !state(&scene)->opens);
}

/* The days since the guardian signed in, and was made. */
struct away {
    ident_t guardian;
    moment_t at;
};

static err_t away_act(struct keyring *keyring, void *with)
{
    const struct away *away = with;
    return db_do(keyring_db(keyring), "update members set used = $2, made = $2 where id = $1",
                 ID(away->guardian), N(away->at));
}

/* So long ago; then the clock's turn. */
static err_t signed_in_before(struct scene *scene, size_t guardian, moment_t ago)
{
    struct away away = {scene->guardians[guardian].id, scene->given.world.clock - ago};
    TRY(keyring_write(scene->given.keyring, away_act, &away));
    return given_passed(&scene->given, MINUTES(1));
}

static int told_of_guardians(struct scene *scene)
{
    Keys__NoticesAsk in = KEYS__NOTICES_ASK__INIT;
    Keys__Notices *notices = NULL;
    int told = 0;
    in.bearer = text(scene->tenant.cookie);
    if (given_asked(&scene->given, ASK_notices_get, &in, &notices) != ERR_OK)
        return -1;
    for (size_t i = 0; i < notices->n_items; i++)
        told += !strcmp(notices->items[i]->kind, "guardian.inactive");
    return told;
}

TEST(the_client_is_told_once_of_each_guardian_who_turns_inactive)
{
    OWN(scene) scene = {0};
    CHECK_OK(scene_open(&scene));
    CHECK_OK(all_confirmed(&scene));
    CHECK_OK(signed_in_before(&scene, 2, DAYS(GUARDIAN_DAYS) - HOURS(1)));
    CHECK(told_of_guardians(&scene) == 0);
    CHECK_OK(signed_in_before(&scene, 2, DAYS(GUARDIAN_DAYS + 1)));
    CHECK(told_of_guardians(&scene) == 1 && !strcmp(state(&scene)->live->guardians[2]->state, "inactive"));
    CHECK_OK(given_passed(&scene.given, MINUTES(5)));
    CHECK(told_of_guardians(&scene) == 1);
    CHECK_OK(signed_in_before(&scene, 1, DAYS(GUARDIAN_DAYS + 1)));
    CHECK(told_of_guardians(&scene) == 2);
    CHECK_OK(signed_in_before(&scene, 2, 0)); /* there again, and away again */
    CHECK(told_of_guardians(&scene) == 2);
    CHECK_OK(signed_in_before(&scene, 2, DAYS(GUARDIAN_DAYS + 1)));
    CHECK(told_of_guardians(&scene) == 3);
}

TEST(an_owner_who_signs_begins_with_members_who_have_the_key)
{
    OWN(scene) scene = {0};
    struct given_person waiting;
    const char *link = NULL;
    CHECK_OK(scene_open(&scene));
    CHECK_FAILS(ERR_DENIED, begin_with(&scene, scene.guardians[2].cookie, GUARDIANS, NULL));
    CHECK(given_refused(begin_with(&scene, scene.bob.cookie, GUARDIANS, NULL), ERR_LOCKED,
                        "not sealed to you"));
    CHECK(given_refused(begin_with(&scene, scene.tenant.cookie, 1, NULL), ERR_INVALID, "2 to 10 guardians"));
    CHECK_OK(given_invited(&scene.given, &scene.tenant, "viewer", &link));
    CHECK_OK(given_joined(&scene.given, link, "wim", &waiting));
    scene.guardians[2] = waiting;
    CHECK(given_refused(begin(&scene), ERR_INVALID, "no member who has the key"));
    scene.guardians[2] = scene.guardians[1];
    CHECK(given_refused(begin(&scene), ERR_INVALID, "named twice"));
}

TESTS(the_old_kit_opens_until_the_last_guardian_confirms_and_the_parts_from_then_on,
      a_part_is_shown_once_to_its_guardian_by_the_password,
      what_is_typed_back_has_to_be_the_own_part_and_each_mistake_is_named,
      a_rehearsal_tells_the_part_in_force_and_opens_nothing, what_is_withdrawn_leaves_everything_as_it_was,
      a_printed_kit_takes_the_place_of_one_that_was_used,
      guardians_who_are_not_there_are_told_and_too_few_of_them_are_no_way_in,
      the_client_is_told_once_of_each_guardian_who_turns_inactive,
      an_owner_who_signs_begins_with_members_who_have_the_key)
