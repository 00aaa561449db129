/* SPDX-License-Identifier: Apache-2.0
 *
 * What is kept of members, changed by whom it may be; and members who are disabled.
 */
#include "admit/people_given.h"
#include "test/test.h"

static const ident_t no_request;

struct scene {
    struct given given;
    struct given_tenant tenant;
    ident_t device, owner;
    struct given_record record;
    struct given_person vera;
};
typedef struct scene scene_own;
static void scene_drop(struct scene *scene) { given_drop(&scene->given); }

/* A client with an owner, a viewer, and a record of a device. */
static err_t scene_open(struct scene *scene)
{
    Keys__Who *who = NULL;
    TRY(given_a_keyring(&scene->given));
    TRY(given_open_tenant(&scene->given, "example", &scene->tenant));
    TRY(given_device(&scene->given, &scene->tenant, &scene->device));
    TRY(given_record(&scene->given, &scene->tenant, scene->device, &scene->record));
    TRY(given_borne(&scene->given, ASK_whoami, scene->tenant.cookie, &who));
    TRY(ident_from(bin(who->member), &scene->owner));
    return given_member(&scene->given, &scene->tenant, "viewer", &scene->vera);
}

static err_t open_as(struct scene *scene, const char *cookie)
{
    return given_open(&scene->given, cookie, no_request, &scene->record);
}

static err_t by_owner(struct scene *scene, enum ask_number number, ident_t member)
{
    return given_named(&scene->given, number, scene->tenant.cookie, member, NULL);
}

static const Keys__Member *seen(struct scene *scene, const char *bearer, ident_t member)
{
    Keys__Member *found = NULL;
    return given_named(&scene->given, ASK_member_show, bearer, member, &found) == ERR_OK ? found : NULL;
}

struct change {
    ident_t member;
    int64_t edition;
    const char *full_name, *username, *email, *password;
};

static err_t changed(struct scene *scene, const char *bearer, const struct change *change)
{
    Keys__MemberChange in = KEYS__MEMBER_CHANGE__INIT;
    in.bearer = (char *)(uintptr_t)bearer;
    in.id = given_bin(ident_bytes(&change->member));
    in.edition = change->edition;
    in.full_name = (char *)(uintptr_t)(change->full_name ? change->full_name : "");
    in.username = (char *)(uintptr_t)(change->username ? change->username : "");
    in.email = (char *)(uintptr_t)(change->email ? change->email : "");
    in.password = given_bin(str(change->password ? change->password : ""));
    return given_asked(&scene->given, ASK_member_change, &in, NULL);
}

static err_t signed_in_as(struct scene *scene, const char *name, const char **out_cookie)
{
    Keys__Login login = given_login("example", name, GIVEN_PASSWORD);
    return given_signed_in(&scene->given, &login, out_cookie);
}

TEST(name_and_email_are_changed_by_oneself_and_by_an_owner_and_the_names_before_stand_nowhere)
{
    OWN(scene) scene = {0};
    struct given_person other = {0};
    CHECK_OK(scene_open(&scene));
    CHECK_OK(given_member(&scene.given, &scene.tenant, "administrator", &other));
    CHECK_OK(changed(&scene, scene.vera.cookie,
                     &(struct change){scene.vera.id, 1, "Vera Zq-New", .email = "vera@example.org"}));
    const Keys__Member *now = seen(&scene, scene.tenant.cookie, scene.vera.id);
    CHECK(now && !strcmp(now->full_name, "Vera Zq-New") && !strcmp(now->email, "vera@example.org"));
    CHECK(now && !strcmp(now->username, scene.vera.name) && now->edition == 2);
    CHECK_OK(changed(&scene, scene.tenant.cookie, &(struct change){scene.vera.id, 2, "Vera Zq-Other"}));
    CHECK(!strcmp(seen(&scene, scene.vera.cookie, scene.vera.id)->full_name, "Vera Zq-Other"));
    CHECK_FAILS(ERR_MISSING, changed(&scene, other.cookie, &(struct change){scene.vera.id, 3, "Mallory"}));
    CHECK_FAILS(ERR_INVALID, changed(&scene, scene.vera.cookie,
                                     &(struct change){scene.vera.id, 3, .email = "no address"}));
    CHECK(!seen(&scene, scene.vera.cookie, other.id) && seen(&scene, other.cookie, scene.vera.id));
    CHECK(!given_bytes_in_folder(test_folder(), STR("Zq-New")));
    CHECK(given_entries(&scene.given, scene.tenant.id, "\"member.changed\"") == 2);
    CHECK_OK(signed_in_as(&scene, scene.vera.name, &scene.vera.cookie));
}

TEST(of_two_who_change_a_member_at_once_the_second_is_told_and_changes_nothing)
{
    OWN(scene) scene = {0};
    CHECK_OK(scene_open(&scene));
    CHECK_FAILS(ERR_INVALID, changed(&scene, scene.tenant.cookie, &(struct change){scene.vera.id, 0, "A"}));
    CHECK_OK(changed(&scene, scene.tenant.cookie, &(struct change){scene.vera.id, 1, "First"}));
    CHECK(given_refused(changed(&scene, scene.vera.cookie, &(struct change){scene.vera.id, 1, "Second"}),
                        ERR_STALE, "it is edition 2"));
    CHECK(!strcmp(seen(&scene, scene.tenant.cookie, scene.vera.id)->full_name, "First"));
    CHECK(given_entries(&scene.given, scene.tenant.id, "\"member.changed\"") == 1);
}

TEST(ones_own_username_is_changed_by_the_password_and_signs_in_from_then_on)
{
    OWN(scene) scene = {0};
    const char *cookie = NULL;
    CHECK_OK(scene_open(&scene));
    struct change change = {scene.vera.id, 1, .username = "vera.new"};
    CHECK(given_refused(changed(&scene, scene.tenant.cookie, &change), ERR_CONFLICT, "only they"));
    CHECK(given_refused(changed(&scene, scene.vera.cookie, &change), ERR_INVALID, "typed again"));
    change.password = "not the pass phrase";
    CHECK(given_refused(changed(&scene, scene.vera.cookie, &change), ERR_DENIED, "password is wrong"));
    CHECK_OK(signed_in_as(&scene, scene.vera.name, &cookie));
    change.password = GIVEN_PASSWORD;
    CHECK_OK(changed(&scene, scene.vera.cookie, &change));
    CHECK_FAILS(ERR_SIGNED_OUT, signed_in_as(&scene, scene.vera.name, &cookie));
    CHECK_OK(signed_in_as(&scene, "vera.new", &cookie));
    CHECK_OK(open_as(&scene, cookie));
}

TEST(who_is_disabled_is_out_at_once_and_nobody_lets_them_in_until_they_are_enabled_and_given_the_key)
{
    OWN(scene) scene = {0};
    const char *cookie = NULL;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(open_as(&scene, scene.vera.cookie));
    CHECK_OK(by_owner(&scene, ASK_member_disable, scene.vera.id));
    CHECK_FAILS(ERR_SIGNED_OUT, open_as(&scene, scene.vera.cookie));
    CHECK(given_refused(signed_in_as(&scene, scene.vera.name, &cookie), ERR_DENIED, "you are disabled"));
    CHECK(!strcmp(seen(&scene, scene.tenant.cookie, scene.vera.id)->state, "disabled"));
    CHECK_FAILS(ERR_CONFLICT, by_owner(&scene, ASK_member_disable, scene.vera.id));
    CHECK(given_refused(by_owner(&scene, ASK_member_key, scene.vera.id), ERR_CONFLICT, "is disabled"));
    CHECK_OK(by_owner(&scene, ASK_member_enable, scene.vera.id));
    CHECK_FAILS(ERR_CONFLICT, by_owner(&scene, ASK_member_enable, scene.vera.id));
    CHECK(!strcmp(seen(&scene, scene.tenant.cookie, scene.vera.id)->state, "waiting"));
    CHECK_OK(signed_in_as(&scene, scene.vera.name, &cookie));
    CHECK_FAILS(ERR_LOCKED, open_as(&scene, cookie));
    CHECK_OK(by_owner(&scene, ASK_member_key, scene.vera.id));
    CHECK_OK(signed_in_as(&scene, scene.vera.name, &cookie));
    CHECK_OK(open_as(&scene, cookie));
    CHECK(given_entries(&scene.given, scene.tenant.id, "\"member.disabled\"") == 1);
    CHECK(given_entries(&scene.given, scene.tenant.id, "\"member.enabled\"") == 1);
}

TEST(a_disabled_member_opens_nothing_with_a_copy_from_before_beside_todays_kek)
{
    OWN(scene) scene = {0};
    OWN(given) stale = {0};
    CHECK_OK(scene_open(&scene));
    CHECK_OK(given_copied(&scene.given, "before"));
    CHECK_OK(by_owner(&scene, ASK_member_disable, scene.vera.id));
    CHECK_OK(given_passed(&scene.given, HOURS(1)));
    CHECK_OK(given_kek_copied(&scene.given, "before"));
    err_t opened = given_keyring_in(&scene.given, "before", &stale);
    CHECK(opened != ERR_OK || given_open(&stale, scene.vera.cookie, no_request, &scene.record) != ERR_OK);
}

TEST(one_owner_shuts_a_trusted_member_out_at_once_and_destroys_nothing_which_takes_a_second_person)
{
    OWN(scene) scene = {0};
    struct given_person second = {0}, third = {0};
    const char *cookie = NULL;
    Keys__Request *removal = NULL;
    ident_t asked;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(given_member(&scene.given, &scene.tenant, "owner", &second));
    CHECK_OK(given_member(&scene.given, &scene.tenant, "approver", &third));
    CHECK_OK(open_as(&scene, second.cookie));
    CHECK_OK(by_owner(&scene, ASK_member_disable, second.id));
    CHECK_FAILS(ERR_SIGNED_OUT, open_as(&scene, second.cookie));
    CHECK(given_refused(signed_in_as(&scene, second.name, &cookie), ERR_DENIED, "you are disabled"));
    CHECK_OK(by_owner(&scene, ASK_member_enable, second.id));
    CHECK(!strcmp(seen(&scene, scene.tenant.cookie, second.id)->state, "active"));
    CHECK_OK(signed_in_as(&scene, second.name, &cookie));
    CHECK_OK(open_as(&scene, cookie));
    CHECK_OK(by_owner(&scene, ASK_member_disable, second.id));
    CHECK_OK(given_named(&scene.given, ASK_member_remove, scene.tenant.cookie, second.id, &removal));
    CHECK(!strcmp(removal->state, "open"));
    CHECK(!strcmp(seen(&scene, scene.tenant.cookie, second.id)->state, "disabled"));
    CHECK_OK(ident_from(bin(removal->id), &asked));
    CHECK_OK(given_named(&scene.given, ASK_request_approve, third.cookie, asked, NULL));
    CHECK(!seen(&scene, scene.tenant.cookie, second.id));
}

TEST(nobody_disables_themselves_nor_the_only_owner_who_could_come_in)
{
    OWN(scene) scene = {0};
    struct given_person second = {0}, administrator = {0};
    CHECK_OK(scene_open(&scene));
    CHECK_OK(given_member(&scene.given, &scene.tenant, "owner", &second));
    CHECK_OK(given_member(&scene.given, &scene.tenant, "administrator", &administrator));
    CHECK(given_refused(by_owner(&scene, ASK_member_disable, scene.owner), ERR_INVALID, "themselves"));
    CHECK_FAILS(ERR_DENIED,
                given_named(&scene.given, ASK_member_disable, administrator.cookie, scene.vera.id, NULL));
    CHECK_OK(by_owner(&scene, ASK_member_disable, second.id));
    CHECK_FAILS(ERR_SIGNED_OUT,
                given_named(&scene.given, ASK_member_disable, second.cookie, scene.owner, NULL));
    CHECK_FAILS(ERR_MISSING, by_owner(&scene, ASK_member_disable, scene.device));
}

TEST(a_token_is_refused_while_whoever_made_it_is_disabled_and_ends_with_them)
{
    OWN(scene) scene = {0};
    struct given_person second = {0}, third = {0};
    struct given_tenant theirs;
    const Keys__Token *token = NULL, *other = NULL;
    Keys__Request *removal = NULL;
    ident_t asked;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(given_member(&scene.given, &scene.tenant, "owner", &second));
    CHECK_OK(given_member(&scene.given, &scene.tenant, "approver", &third));
    theirs = scene.tenant;
    theirs.cookie = second.cookie;
    CHECK_OK(given_token(&scene.given, &theirs, "viewer", &token));
    CHECK_OK(given_token(&scene.given, &scene.tenant, "viewer", &other));
    CHECK_OK(open_as(&scene, token->token));
    CHECK_OK(by_owner(&scene, ASK_member_disable, second.id));
    CHECK_FAILS(ERR_SIGNED_OUT, open_as(&scene, token->token));
    CHECK_OK(by_owner(&scene, ASK_member_enable, second.id));
    CHECK_OK(open_as(&scene, token->token));
    CHECK_OK(given_named(&scene.given, ASK_member_remove, scene.tenant.cookie, second.id, &removal));
    CHECK_OK(ident_from(bin(removal->id), &asked));
    CHECK_OK(given_named(&scene.given, ASK_request_approve, third.cookie, asked, NULL));
    CHECK_FAILS(ERR_SIGNED_OUT, open_as(&scene, token->token));
    CHECK_OK(open_as(&scene, other->token));
}

TEST(a_yes_of_somebody_who_is_disabled_counts_for_nothing)
{
    OWN(scene) scene = {0};
    struct given_person second = {0};
    Keys__Process *process = NULL;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(given_member(&scene.given, &scene.tenant, "approver", &second));
    CHECK_OK(by_owner(&scene, ASK_member_disable, second.id));
    CHECK_OK(given_borne(&scene.given, ASK_process_get, scene.tenant.cookie, &process));
    Keys__ProcessSet in = KEYS__PROCESS_SET__INIT;
    in.bearer = (char *)(uintptr_t)scene.tenant.cookie;
    in.process = process;
    process->levels[0]->need = 2;
    CHECK(given_refused(given_asked(&scene.given, ASK_process_set, &in, NULL), ERR_INVALID, "1 could"));
}

TESTS(name_and_email_are_changed_by_oneself_and_by_an_owner_and_the_names_before_stand_nowhere,
      of_two_who_change_a_member_at_once_the_second_is_told_and_changes_nothing,
      ones_own_username_is_changed_by_the_password_and_signs_in_from_then_on,
      who_is_disabled_is_out_at_once_and_nobody_lets_them_in_until_they_are_enabled_and_given_the_key,
      a_disabled_member_opens_nothing_with_a_copy_from_before_beside_todays_kek,
      one_owner_shuts_a_trusted_member_out_at_once_and_destroys_nothing_which_takes_a_second_person,
      nobody_disables_themselves_nor_the_only_owner_who_could_come_in,
      a_token_is_refused_while_whoever_made_it_is_disabled_and_ends_with_them,
      a_yes_of_somebody_who_is_disabled_counts_for_nothing)
