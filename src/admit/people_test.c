/* SPDX-License-Identifier: Apache-2.0
 *
 * Members: how they come in, when they get the key, how they go.
 */
#include "admit/people_given.h"
#include "test/test.h"

static const ident_t no_request;

/* A client with one device and a record of it. */
struct scene {
    struct given given;
    struct given_tenant tenant;
    ident_t device;
    struct given_record record;
};
typedef struct scene scene_own;
static void scene_drop(struct scene *scene) { given_drop(&scene->given); }

static err_t scene_open(struct scene *scene)
{
    TRY(given_a_keyring(&scene->given));
    TRY(given_open_tenant(&scene->given, "example", &scene->tenant));
    TRY(given_device(&scene->given, &scene->tenant, &scene->device));
    return given_record(&scene->given, &scene->tenant, scene->device, &scene->record);
}

static err_t open_as(struct scene *scene, const char *cookie)
{
    return given_open(&scene->given, cookie, no_request, &scene->record);
}

static Keys__Member *member_of(struct scene *scene, const char *bearer, ident_t id)
{
    Keys__Members *members = NULL;
    if (given_borne(&scene->given, ASK_member_list, bearer, &members) != ERR_OK)
        return NULL;
    for (size_t i = 0; i < members->n_items; i++)
        if (str_eq(bin(members->items[i]->id), ident_bytes(&id)))
            return members->items[i];
    return NULL;
}

TEST(a_member_who_joined_waits_until_a_session_gives_it_the_key)
{
    OWN(scene) scene = {0};
    const char *link = NULL;
    struct given_person vera = {0};
    CHECK_OK(scene_open(&scene));
    CHECK_OK(given_invited(&scene.given, &scene.tenant, "viewer", &link));
    CHECK_OK(given_joined(&scene.given, link, "vera", &vera));
    CHECK(given_refused(open_as(&scene, vera.cookie), ERR_LOCKED, "wait for the key"));
    CHECK(!strcmp(member_of(&scene, scene.tenant.cookie, vera.id)->state, "waiting"));
    CHECK_OK(given_named(&scene.given, ASK_member_key, scene.tenant.cookie, vera.id, NULL));
    CHECK(!strcmp(member_of(&scene, scene.tenant.cookie, vera.id)->state, "active"));
    CHECK_FAILS(ERR_SIGNED_OUT, open_as(&scene, vera.cookie)); /* signed in before the key was there */
    const Keys__Login login = given_login("example", "vera", GIVEN_PASSWORD);
    CHECK_OK(given_signed_in(&scene.given, &login, &vera.cookie));
    CHECK_OK(open_as(&scene, vera.cookie));
    CHECK(given_refused(given_named(&scene.given, ASK_member_key, scene.tenant.cookie, vera.id, NULL),
                        ERR_CONFLICT, "has the key already"));
}

TEST(an_invitation_works_once_for_its_client_and_within_its_time)
{
    OWN(scene) scene = {0};
    struct given_person first = {0}, second = {0};
    const char *link = NULL, *late = NULL, *ended = NULL;
    Keys__Invitations *list = NULL;
    ident_t id;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(given_invited(&scene.given, &scene.tenant, "auditor", &link));
    CHECK_OK(given_joined(&scene.given, link, "first", &first));
    CHECK(given_refused(given_joined(&scene.given, link, "second", &second), ERR_DENIED, "was used"));
    CHECK_OK(given_invited(&scene.given, &scene.tenant, "auditor", &ended));
    CHECK_OK(given_borne(&scene.given, ASK_invitation_list, scene.tenant.cookie, &list));
    CHECK(list->n_items == 1 && !*list->items[0]->link);
    CHECK_OK(ident_from(bin(list->items[0]->id), &id));
    CHECK_OK(given_named(&scene.given, ASK_invitation_end, scene.tenant.cookie, id, NULL));
    CHECK_FAILS(ERR_MISSING, given_named(&scene.given, ASK_invitation_end, scene.tenant.cookie, id, NULL));
    CHECK_FAILS(ERR_DENIED, given_joined(&scene.given, ended, "second", &second));
    CHECK_OK(given_invited(&scene.given, &scene.tenant, "auditor", &late));
    CHECK_OK(given_passed(&scene.given, DAYS(7)));
    CHECK(given_refused(given_joined(&scene.given, late, "second", &second), ERR_DENIED, "expired"));
}

TEST(an_invitation_to_the_client_makes_no_staff_and_the_other_way_round)
{
    OWN(scene) scene = {0};
    const Keys__None none = KEYS__NONE__INIT;
    Keys__Join in = KEYS__JOIN__INIT;
    Keys__Invitation *staff = NULL;
    struct given_person person = {0};
    const char *link = NULL;
    CHECK_OK(scene_open(&scene));
    CHECK_FAILS(ERR_INVALID, given_invited(&scene.given, &scene.tenant, "staff", &link));
    CHECK_OK(given_invited(&scene.given, &scene.tenant, "viewer", &link));
    CHECK_OK(given_asked(&scene.given, ASK_staff_invite, &none, &staff));
    CHECK(given_refused(given_joined(&scene.given, staff->link, "sly", &person), ERR_DENIED,
                        "not for this door"));
    in.link = (char *)(uintptr_t)link;
    in.username = in.full_name = (char *)(uintptr_t) "sly";
    in.email = (char *)(uintptr_t) "s@example.org";
    in.password = given_bin(STR(GIVEN_PASSWORD));
    CHECK(
        given_refused(given_asked(&scene.given, ASK_staff_join, &in, NULL), ERR_DENIED, "not for this door"));
}

TEST(names_of_members_are_for_those_who_hold_the_key)
{
    OWN(scene) scene = {0};
    struct given_person auditor = {0};
    CHECK_OK(scene_open(&scene));
    CHECK_OK(given_member(&scene.given, &scene.tenant, "auditor", &auditor));
    CHECK(!strcmp(member_of(&scene, scene.tenant.cookie, auditor.id)->full_name, "Zq Marker Example"));
    Keys__Member *seen = member_of(&scene, auditor.cookie, auditor.id);
    CHECK(seen && !seen->named && !*seen->full_name && !strcmp(seen->state, "active"));
    CHECK(!given_bytes_in_folder(test_folder(), STR("Zq Marker")));
    CHECK_FAILS(ERR_DENIED, open_as(&scene, auditor.cookie));
}

TEST(a_viewer_is_removed_by_one_and_a_member_with_rights_by_two)
{
    OWN(scene) scene = {0};
    struct given_person viewer = {0}, administrator = {0}, approver = {0};
    Keys__Request *done = NULL, *asked = NULL;
    ident_t request;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(given_member(&scene.given, &scene.tenant, "viewer", &viewer));
    CHECK_OK(given_member(&scene.given, &scene.tenant, "administrator", &administrator));
    CHECK_OK(given_member(&scene.given, &scene.tenant, "approver", &approver));
    CHECK_OK(given_named(&scene.given, ASK_member_remove, scene.tenant.cookie, viewer.id, &done));
    CHECK(!strcmp(done->state, "approved") && !member_of(&scene, scene.tenant.cookie, viewer.id));
    CHECK_FAILS(ERR_SIGNED_OUT, open_as(&scene, viewer.cookie));
    CHECK_OK(given_named(&scene.given, ASK_member_remove, scene.tenant.cookie, administrator.id, &asked));
    CHECK(!strcmp(asked->state, "open") && member_of(&scene, scene.tenant.cookie, administrator.id));
    CHECK_OK(ident_from(bin(asked->id), &request));
    CHECK(given_refused(given_named(&scene.given, ASK_request_approve, scene.tenant.cookie, request, NULL),
                        ERR_DENIED, "you asked for it"));
    CHECK_FAILS(ERR_DENIED,
                given_named(&scene.given, ASK_request_approve, administrator.cookie, request, NULL));
    CHECK_OK(given_named(&scene.given, ASK_request_approve, approver.cookie, request, NULL));
    CHECK(!member_of(&scene, scene.tenant.cookie, administrator.id));
    CHECK_FAILS(ERR_SIGNED_OUT, open_as(&scene, administrator.cookie));
    CHECK(given_entries(&scene.given, scene.tenant.id, "\"member.removed\"") == 2);
}

static err_t role_asked(struct scene *scene, const char *bearer, ident_t member, const char *role,
                        Keys__Request **out_request)
{
    Keys__MemberRole in = KEYS__MEMBER_ROLE__INIT;
    in.bearer = (char *)(uintptr_t)bearer;
    in.id = given_bin(ident_bytes(&member));
    in.role = (char *)(uintptr_t)role;
    return given_asked(&scene->given, ASK_member_role, &in, out_request);
}

/* The next session of somebody whose role was changed. */
static err_t back(struct scene *scene, struct given_person *person)
{
    Keys__Login login = given_login("example", person->name, GIVEN_PASSWORD);
    return given_signed_in(&scene->given, &login, &person->cookie);
}

TEST(a_role_without_trust_is_changed_by_one_and_the_key_goes_and_comes_with_it)
{
    OWN(scene) scene = {0};
    struct given_person viewer = {0};
    Keys__Request *done = NULL;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(given_member(&scene.given, &scene.tenant, "viewer", &viewer));
    CHECK_OK(open_as(&scene, viewer.cookie));
    CHECK_OK(role_asked(&scene, scene.tenant.cookie, viewer.id, "auditor", &done));
    CHECK(!strcmp(done->state, "approved") && !strcmp(done->role, "auditor") && !*done->acts);
    CHECK_FAILS(ERR_SIGNED_OUT, open_as(&scene, viewer.cookie));
    CHECK_OK(back(&scene, &viewer));
    CHECK_FAILS(ERR_DENIED, open_as(&scene, viewer.cookie));
    CHECK_FAILS(ERR_CONFLICT, role_asked(&scene, scene.tenant.cookie, viewer.id, "auditor", &done));
    CHECK_OK(role_asked(&scene, scene.tenant.cookie, viewer.id, "viewer", &done));
    CHECK_OK(back(&scene, &viewer));
    CHECK_OK(open_as(&scene, viewer.cookie));
    CHECK(given_entries(&scene.given, scene.tenant.id, "\"role.changed\"") == 2);
}

TEST(a_trusted_role_is_given_and_taken_by_two)
{
    OWN(scene) scene = {0};
    struct given_person viewer = {0}, approver = {0};
    Keys__Request *asked = NULL;
    ident_t request;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(given_member(&scene.given, &scene.tenant, "viewer", &viewer));
    CHECK_OK(given_member(&scene.given, &scene.tenant, "approver", &approver));
    CHECK_OK(role_asked(&scene, scene.tenant.cookie, viewer.id, "administrator", &asked));
    CHECK(!strcmp(asked->state, "open"));
    CHECK(!strcmp(member_of(&scene, scene.tenant.cookie, viewer.id)->role, "viewer"));
    CHECK_OK(ident_from(bin(asked->id), &request));
    CHECK_FAILS(ERR_DENIED,
                given_named(&scene.given, ASK_request_approve, scene.tenant.cookie, request, NULL));
    CHECK_OK(given_named(&scene.given, ASK_request_approve, approver.cookie, request, NULL));
    CHECK(!strcmp(member_of(&scene, scene.tenant.cookie, viewer.id)->role, "administrator"));
    CHECK_OK(role_asked(&scene, scene.tenant.cookie, approver.id, "viewer", &asked));
    CHECK_OK(ident_from(bin(asked->id), &request));
    CHECK(!strcmp(asked->state, "open"));
    CHECK(given_refused(given_named(&scene.given, ASK_request_approve, approver.cookie, request, NULL),
                        ERR_DENIED, "it is about you"));
}

TEST(no_role_is_changed_by_who_may_not_nor_ones_own_nor_into_one_that_there_is_not)
{
    OWN(scene) scene = {0};
    struct given_person viewer = {0}, administrator = {0};
    Keys__Request *asked = NULL;
    Keys__Who *who = NULL;
    ident_t owner;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(given_member(&scene.given, &scene.tenant, "viewer", &viewer));
    CHECK_OK(given_member(&scene.given, &scene.tenant, "administrator", &administrator));
    CHECK_OK(given_borne(&scene.given, ASK_whoami, scene.tenant.cookie, &who));
    CHECK_OK(ident_from(bin(who->member), &owner));
    CHECK_FAILS(ERR_DENIED, role_asked(&scene, administrator.cookie, viewer.id, "owner", &asked));
    CHECK_FAILS(ERR_INVALID, role_asked(&scene, scene.tenant.cookie, owner, "viewer", &asked));
    CHECK_FAILS(ERR_INVALID, role_asked(&scene, scene.tenant.cookie, viewer.id, "staff", &asked));
    CHECK_FAILS(ERR_INVALID, role_asked(&scene, scene.tenant.cookie, viewer.id, "", &asked));
    CHECK_FAILS(ERR_MISSING, role_asked(&scene, scene.tenant.cookie, scene.device, "viewer", &asked));
    CHECK(given_entries(&scene.given, scene.tenant.id, "\"role.") == 0);
}

TEST(nobody_answers_about_themselves_and_nobody_removes_themselves)
{
    OWN(scene) scene = {0};
    struct given_person approver = {0};
    Keys__Request *asked = NULL;
    Keys__Who *who = NULL;
    ident_t request, owner;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(given_member(&scene.given, &scene.tenant, "approver", &approver));
    CHECK_OK(given_named(&scene.given, ASK_member_remove, scene.tenant.cookie, approver.id, &asked));
    CHECK_OK(ident_from(bin(asked->id), &request));
    CHECK(given_refused(given_named(&scene.given, ASK_request_approve, approver.cookie, request, NULL),
                        ERR_DENIED, "it is about you"));
    CHECK_OK(given_borne(&scene.given, ASK_whoami, scene.tenant.cookie, &who));
    CHECK_OK(ident_from(bin(who->member), &owner));
    CHECK(given_refused(given_named(&scene.given, ASK_member_remove, scene.tenant.cookie, owner, NULL),
                        ERR_INVALID, "another owner"));
}

static err_t process_set(struct given *given, const char *bearer, int64_t need,
                         const struct given_person *named)
{
    Keys__ProcessSet in = KEYS__PROCESS_SET__INIT;
    Keys__Process process = KEYS__PROCESS__INIT;
    Keys__Level level = KEYS__LEVEL__INIT, *levels[] = {&level};
    ProtobufCBinaryData member = named ? given_bin(ident_bytes(&named->id)) : (ProtobufCBinaryData){0};
    in.bearer = (char *)(uintptr_t)bearer;
    in.process = &process;
    process.levels = levels;
    process.n_levels = 1;
    process.longest = 60;
    level.need = need;
    level.members = &member;
    level.n_members = named != NULL;
    return given_asked(given, ASK_process_set, &in, NULL);
}

TEST(a_process_that_nobody_could_meet_is_refused_and_who_it_needs_stays)
{
    OWN(scene) scene = {0};
    struct given_person approver = {0}, viewer = {0}, other = {0};
    Keys__Request *asked = NULL;
    Keys__Process *process = NULL;
    ident_t request;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(given_member(&scene.given, &scene.tenant, "approver", &approver));
    CHECK_OK(given_member(&scene.given, &scene.tenant, "approver", &other));
    CHECK_OK(given_member(&scene.given, &scene.tenant, "viewer", &viewer));
    CHECK(given_refused(process_set(&scene.given, scene.tenant.cookie, 4, NULL), ERR_INVALID, "3 could"));
    CHECK(
        given_refused(process_set(&scene.given, scene.tenant.cookie, 1, &viewer), ERR_INVALID, "may answer"));
    CHECK_FAILS(ERR_DENIED, process_set(&scene.given, approver.cookie, 1, NULL));
    CHECK_OK(process_set(&scene.given, scene.tenant.cookie, 1, &approver));
    CHECK_OK(given_borne(&scene.given, ASK_process_get, approver.cookie, &process));
    CHECK(process->n_levels == 1 && process->longest == 60 && process->levels[0]->n_members == 1);
    CHECK_OK(given_named(&scene.given, ASK_member_remove, scene.tenant.cookie, approver.id, &asked));
    CHECK_OK(ident_from(bin(asked->id), &request));
    CHECK(given_refused(given_named(&scene.given, ASK_request_approve, other.cookie, request, NULL),
                        ERR_CONFLICT, "change it first"));
    CHECK(member_of(&scene, scene.tenant.cookie, approver.id) != NULL);
    CHECK_OK(process_set(&scene.given, scene.tenant.cookie, 1, NULL));
    CHECK_OK(given_named(&scene.given, ASK_request_approve, other.cookie, request, NULL));
    CHECK(!member_of(&scene, scene.tenant.cookie, approver.id));
}

/* Two levels: so many of whoever may, then one: of whoever may, or this member. */
static err_t two_levels_set(struct scene *scene, int64_t first, const struct given_person *second)
{
    Keys__ProcessSet in = KEYS__PROCESS_SET__INIT;
    Keys__Process process = KEYS__PROCESS__INIT;
    Keys__Level one = KEYS__LEVEL__INIT, two = KEYS__LEVEL__INIT, *levels[] = {&one, &two};
    ProtobufCBinaryData member = second ? given_bin(ident_bytes(&second->id)) : (ProtobufCBinaryData){0};
    in.bearer = (char *)(uintptr_t)scene->tenant.cookie;
    in.process = &process;
    process.levels = levels;
    process.n_levels = 2;
    process.longest = 60;
    one.need = first;
    two.need = 1;
    two.members = &member;
    two.n_members = second != NULL;
    return given_asked(&scene->given, ASK_process_set, &in, NULL);
}

TEST(since_nobody_answers_twice_all_levels_together_need_as_many_people)
{
    OWN(scene) scene = {0};
    struct given_person approver = {0}, other = {0};
    Keys__Request *asked = NULL;
    ident_t request;
    CHECK_OK(scene_open(&scene));
    CHECK(given_refused(two_levels_set(&scene, 1, NULL), ERR_INVALID, "nobody answers twice"));
    CHECK_OK(given_member(&scene.given, &scene.tenant, "approver", &approver));
    CHECK_OK(two_levels_set(&scene, 1, NULL));
    CHECK_OK(two_levels_set(&scene, 1, &approver));
    CHECK(given_refused(two_levels_set(&scene, 2, &approver), ERR_INVALID, "nobody answers twice"));
    CHECK_OK(given_member(&scene.given, &scene.tenant, "approver", &other));
    CHECK_OK(two_levels_set(&scene, 2, &approver));
    CHECK_OK(given_named(&scene.given, ASK_member_remove, scene.tenant.cookie, other.id, &asked));
    CHECK_OK(ident_from(bin(asked->id), &request));
    CHECK(given_refused(given_named(&scene.given, ASK_request_approve, approver.cookie, request, NULL),
                        ERR_CONFLICT, "change it first"));
    CHECK_OK(two_levels_set(&scene, 1, &approver));
    CHECK_OK(given_named(&scene.given, ASK_request_approve, approver.cookie, request, NULL));
}

/* How the owner's lists call the client's one token and the first of its deployment keys. */
static bool called(struct scene *scene, const char *token, const char *deployment)
{
    Keys__Tokens *tokens = NULL;
    Keys__Deployments *deployments = NULL;
    return given_borne(&scene->given, ASK_token_list, scene->tenant.cookie, &tokens) == ERR_OK &&
           given_borne(&scene->given, ASK_deployment_list, scene->tenant.cookie, &deployments) == ERR_OK &&
           !strcmp(tokens->items[0]->name, token) && !strcmp(deployments->items[0]->name, deployment);
}

TEST(names_of_tokens_and_deployment_keys_stand_in_no_file_and_are_for_those_who_hold_the_key)
{
    OWN(scene) scene = {0};
    const Keys__Token *token = NULL;
    const char *link = NULL;
    struct given_person waiting = {0};
    Keys__Deployments *list = NULL;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(given_token(&scene.given, &scene.tenant, "viewer", &token));
    CHECK(called(&scene, "a token", "a roll-out"));
    CHECK(!given_bytes_in_folder(test_folder(), STR("a token")) &&
          !given_bytes_in_folder(test_folder(), STR("a roll-out")));
    CHECK_OK(given_invited(&scene.given, &scene.tenant, "administrator", &link));
    CHECK_OK(given_joined(&scene.given, link, "wanda", &waiting));
    CHECK_OK(given_borne(&scene.given, ASK_deployment_list, waiting.cookie, &list));
    CHECK(list->n_items == 1 && !*list->items[0]->name);
}

static err_t names_in_clear(struct keyring *keyring, void *with)
{
    struct db *db = keyring_db(keyring);
    (void)with;
    TRY(db_do(db, "delete from cells where cell = $1", N(CELL_LABEL)));
    TRY(db_do(db, "update members set name = 'an old token' where kind = 'token'"));
    return db_do(db, "update deployments set name = 'an old roll-out'");
}

TEST(names_that_stood_in_clear_are_sealed_at_the_next_start)
{
    OWN(scene) scene = {0};
    const Keys__Token *token = NULL;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(given_token(&scene.given, &scene.tenant, "viewer", &token));
    CHECK_OK(keyring_write(scene.given.keyring, names_in_clear, NULL));
    CHECK(given_bytes_in_folder(test_folder(), STR("an old")));
    CHECK_OK(keyring_prepare(scene.given.keyring));
    CHECK(called(&scene, "an old token", "an old roll-out"));
    CHECK(!given_bytes_in_folder(test_folder(), STR("an old")));
    CHECK_OK(keyring_prepare(scene.given.keyring));
    CHECK(called(&scene, "an old token", "an old roll-out"));
}

TESTS(a_member_who_joined_waits_until_a_session_gives_it_the_key,
      an_invitation_works_once_for_its_client_and_within_its_time,
      an_invitation_to_the_client_makes_no_staff_and_the_other_way_round,
      names_of_members_are_for_those_who_hold_the_key,
      a_viewer_is_removed_by_one_and_a_member_with_rights_by_two,
      a_role_without_trust_is_changed_by_one_and_the_key_goes_and_comes_with_it,
      a_trusted_role_is_given_and_taken_by_two,
      no_role_is_changed_by_who_may_not_nor_ones_own_nor_into_one_that_there_is_not,
      nobody_answers_about_themselves_and_nobody_removes_themselves,
      a_process_that_nobody_could_meet_is_refused_and_who_it_needs_stays,
      since_nobody_answers_twice_all_levels_together_need_as_many_people,
      names_of_tokens_and_deployment_keys_stand_in_no_file_and_are_for_those_who_hold_the_key,
      names_that_stood_in_clear_are_sealed_at_the_next_start)
