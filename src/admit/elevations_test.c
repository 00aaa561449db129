/* SPDX-License-Identifier: Apache-2.0
 *
 * Requests for approval of elevations: what was kept is what is signed, by a signer's password and nothing else.
 */
#include "admit/elevations.h"

#include "admit/people_given.h"
#include "admit/requests.h"
#include "base/limits.h"
#include "concept/codec.h"
#include "concept/elevation.h"
#include "govern/elevation.h"
#include "govern/policy.h"
#include "test/test.h"

#define WRONG "another horse battery staple!"

struct scene {
    struct given given;
    struct given_tenant tenant;
    ident_t device, account, request;
    int64_t minutes;
    struct elevation_asked asked;
};
typedef struct scene scene_own;
static void scene_drop(struct scene *scene) { given_drop(&scene->given); }

static char *text(const char *of) { return (char *)(uintptr_t)of; }

static err_t scene_open(struct scene *scene)
{
    TRY(given_a_keyring(&scene->given));
    TRY(given_open_tenant(&scene->given, "one", &scene->tenant));
    TRY(given_device(&scene->given, &scene->tenant, &scene->device));
    scene->account = ident_new(scene->given.env);
    scene->request = ident_new(scene->given.env);
    scene->asked = (struct elevation_asked){.id = scene->request,
                                            .account = scene->account,
                                            .policy = 7,
                                            .state = STR("open"),
                                            .path = STR("/usr/bin/apt-get"),
                                            .args = STR("install\0curl\0"),
                                            .reason = STR("it is missing")};
    return given_subject(&scene->given, ASK_subjects_make,
                         (ident_t[]){scene->tenant.id, scene->device, scene->account}, NULL);
}

/* As the endpoint tells it, in this state. */
static err_t told(struct scene *scene, enum ask_number number, const char *state,
                  Keys__ElevationState **out_state)
{
    Keys__ElevationTell in = KEYS__ELEVATION_TELL__INIT;
    OWN(buf) packed = BUF(MAX_ITEM);
    TRY(codec_pack(&elevation_concept, &scene->asked, 1, &scene->given.arena, &packed));
    in.tenant = given_bin(ident_bytes(&scene->tenant.id));
    in.device = given_bin(ident_bytes(&scene->device));
    in.id = given_bin(ident_bytes(&scene->request));
    in.account = given_bin(ident_bytes(&scene->account));
    in.policy = 7;
    in.minutes = scene->minutes;
    in.state = text(state);
    in.packed = given_bin(buf_str(&packed));
    return given_asked(&scene->given, number, &in, out_state);
}

static err_t approved(struct scene *scene, const char *bearer, const char *password)
{
    Keys__ElevationAnswer in = KEYS__ELEVATION_ANSWER__INIT;
    in.bearer = text(bearer);
    in.password = given_bin(str(password));
    in.id = given_bin(ident_bytes(&scene->request));
    return given_asked(&scene->given, ASK_elevation_approve, &in, NULL);
}

static err_t signer_key(struct scene *scene, struct note_key *out_key)
{
    Keys__Signer *signer = NULL;
    TRY(given_borne(&scene->given, ASK_signer_get, scene->tenant.cookie, &signer));
    return policy_key_read(str(signer->key), scene->tenant.id, out_key);
}

/* Whether the endpoint would run the command by this note. */
static err_t allowed(struct scene *scene, const char *note)
{
    struct note_key key;
    struct elevation given = {.once = false};
    struct elevation asked = {.tenant = scene->tenant.id,
                              .device = scene->device,
                              .request = scene->request,
                              .account = scene->account,
                              .policy = 7};
    elevation_command(&(struct elevated){0, scene->asked.path, scene->asked.args}, asked.command);
    TRY(signer_key(scene, &key));
    TRY(elevation_open(str(note), &key, &given));
    return elevation_allows(&given, &(struct elevation_use){&asked, scene->given.world.clock});
}

static int64_t entries(struct scene *scene, const char *what)
{
    return given_entries(&scene->given, scene->tenant.id, what);
}

TEST(a_signers_password_says_yes_to_the_command_that_was_kept_and_the_endpoint_is_given_it)
{
    OWN(scene) scene = {0};
    Keys__ElevationState *state = NULL;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(told(&scene, ASK_elevation_tell, "", &state));
    CHECK(str_eq(str(state->state), STR("open")) && !*state->note);
    CHECK_OK(approved(&scene, scene.tenant.cookie, GIVEN_PASSWORD));
    CHECK_OK(told(&scene, ASK_elevation_poll, "", &state));
    CHECK(str_eq(str(state->state), STR("approved")));
    CHECK_OK(allowed(&scene, state->note));
    CHECK_OK(told(&scene, ASK_elevation_end, "used", NULL));
    CHECK_OK(told(&scene, ASK_elevation_end, "used", NULL));
    CHECK_OK(told(&scene, ASK_elevation_poll, "", &state));
    CHECK(str_eq(str(state->state), STR("used")) && !*state->note);
    CHECK(entries(&scene, "\"elevation.asked\"") == 1 && entries(&scene, "\"elevation.approved\"") == 1 &&
          entries(&scene, "\"elevation.used\"") == 1);
}

TEST(an_approver_who_was_given_the_key_answers_elevations_and_signs_no_policy)
{
    OWN(scene) scene = {0};
    struct given_person approver;
    Keys__SignerGive give = KEYS__SIGNER_GIVE__INIT;
    Keys__PolicyPublish publish = KEYS__POLICY_PUBLISH__INIT;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(told(&scene, ASK_elevation_tell, "", NULL));
    CHECK_OK(given_member(&scene.given, &scene.tenant, "approver", &approver));
    CHECK_FAILS(ERR_LOCKED, approved(&scene, approver.cookie, GIVEN_PASSWORD));
    give.bearer = text(scene.tenant.cookie);
    give.password = given_bin(STR(GIVEN_PASSWORD));
    give.id = given_bin(ident_bytes(&approver.id));
    CHECK_OK(given_asked(&scene.given, ASK_signer_give, &give, NULL));
    CHECK_OK(approved(&scene, approver.cookie, GIVEN_PASSWORD));
    publish.bearer = text(approver.cookie);
    publish.password = given_bin(STR(GIVEN_PASSWORD));
    CHECK_FAILS(ERR_DENIED, given_asked(&scene.given, ASK_policy_publish, &publish, NULL));
}

TEST(a_wrong_password_another_role_and_a_program_sign_nothing)
{
    OWN(scene) scene = {0};
    struct given_person viewer;
    const Keys__Token *token = NULL;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(told(&scene, ASK_elevation_tell, "", NULL));
    CHECK_OK(given_member(&scene.given, &scene.tenant, "viewer", &viewer));
    CHECK_OK(given_token(&scene.given, &scene.tenant, "administrator", &token));
    CHECK(given_refused(approved(&scene, scene.tenant.cookie, WRONG), ERR_DENIED, "password is wrong"));
    CHECK_FAILS(ERR_DENIED, approved(&scene, viewer.cookie, GIVEN_PASSWORD));
    CHECK_FAILS(ERR_DENIED, approved(&scene, token->token, GIVEN_PASSWORD));
    CHECK(entries(&scene, "\"elevation.approved\"") == 0);
}

/* An approval signed with this seed in the place of the tenant's own key, which is pinned. */
static err_t noted(struct scene *scene, const struct note_signer *signer, const struct elevation *given)
{
    Keys__ElevationAnswer in = KEYS__ELEVATION_ANSWER__INIT;
    OWN(buf) note = BUF(ELEVATION_MAX);
    TRY(elevation_sign(signer, given, &note));
    in.bearer = text(scene->tenant.cookie);
    in.id = given_bin(ident_bytes(&scene->request));
    in.note = text(arena_copy(&scene->given.arena, buf_str(&note)).at);
    return given_asked(&scene->given, ASK_elevation_approve, &in, NULL);
}

static err_t pinned(struct scene *scene, const struct note_signer *signer)
{
    Keys__SignerMake in = KEYS__SIGNER_MAKE__INIT;
    OWN(buf) key = BUF(512);
    note_key_put(&key, &signer->key);
    TRY(buf_end(&key));
    in.bearer = text(scene->tenant.cookie);
    in.password = given_bin(STR(GIVEN_PASSWORD));
    in.key = key.at;
    return given_asked(&scene->given, ASK_signer_make, &in, NULL);
}

TEST(an_approval_signed_off_the_service_has_to_be_for_what_was_kept_and_no_more)
{
    OWN(scene) scene = {0};
    const struct key seed = {{7}}, other = {{8}};
    struct note_signer signer, stranger;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(told(&scene, ASK_elevation_tell, "", NULL));
    CHECK_OK(policy_signer(scene.tenant.id, &seed, &signer));
    CHECK_OK(policy_signer(scene.tenant.id, &other, &stranger));
    CHECK_OK(pinned(&scene, &signer));
    struct elevation given = {.tenant = scene.tenant.id,
                              .device = scene.device,
                              .request = scene.request,
                              .account = scene.account,
                              .policy = 7,
                              .from = scene.given.world.clock / SECONDS(1) * SECONDS(1),
                              .once = true};
    given.until = given.from + MINUTES(15);
    CHECK_FAILS(ERR_DENIED, noted(&scene, &signer, &given)); /* for no command */
    elevation_command(&(struct elevated){0, scene.asked.path, scene.asked.args}, given.command);
    CHECK_FAILS(ERR_LOCKED, noted(&scene, &stranger, &given));
    given.once = false;
    CHECK_FAILS(ERR_DENIED, noted(&scene, &signer, &given));
    given.once = true;
    CHECK_OK(noted(&scene, &signer, &given));
    CHECK_FAILS(ERR_CONFLICT, noted(&scene, &signer, &given));
    CHECK(entries(&scene, "\"approval.refused\",\"by\":\"usr_") == 4);
}

TEST(by_a_clock_that_went_back_nothing_is_approved_and_the_attempt_is_told)
{
    OWN(scene) scene = {0};
    Keys__ElevationState *state = NULL;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(told(&scene, ASK_elevation_tell, "", NULL));
    CHECK_FAILS(ERR_DENIED, approved(&scene, scene.tenant.cookie, WRONG));
    CHECK(entries(&scene, "\"approval.refused\"") == 0); /* told of as a refused sign-in */
    CHECK_OK(given_changed(&scene.given, "update logs set signed = 9999999999999"));
    CHECK(
        given_refused(approved(&scene, scene.tenant.cookie, GIVEN_PASSWORD), ERR_DENIED, "clock went back"));
    CHECK(entries(&scene, "\"approval.refused\"") == 1);
    CHECK_OK(told(&scene, ASK_elevation_poll, "", &state));
    CHECK(!*state->note);
}

TEST(what_is_to_run_is_sealed_and_opened_in_a_session_that_is_told_of)
{
    OWN(scene) scene = {0};
    Keys__Elevations *page = NULL;
    Keys__RequestsAsk in = KEYS__REQUESTS_ASK__INIT;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(told(&scene, ASK_elevation_tell, "", NULL));
    CHECK(!given_bytes_in_folder(test_folder(), STR("/usr/bin/apt-get")));
    in.bearer = text(scene.tenant.cookie);
    in.limit = 10;
    CHECK_OK(given_asked(&scene.given, ASK_elevation_list, &in, &page));
    CHECK(page->n_items == 1 && page->items[0]->yours);
    CHECK(memmem(page->items[0]->packed.data, page->items[0]->packed.len, "/usr/bin/apt-get", 16));
    CHECK(entries(&scene, "\"records.opened\"") == 1);
    in.state = text("refused");
    CHECK_OK(given_asked(&scene.given, ASK_elevation_list, &in, &page));
    CHECK(page->n_items == 0);
}

TEST(requests_that_say_much_fit_into_no_one_answer_and_all_of_them_are_listed)
{
    OWN(scene) scene = {0};
    static char args[200 * 1024];
    Keys__Elevations *page = NULL;
    Keys__RequestsAsk in = KEYS__REQUESTS_ASK__INIT;
    enum { REQUESTS = 15 };
    size_t listed = 0, pages = 0;
    CHECK_OK(scene_open(&scene));
    memset(args, 'a', sizeof args - 1);
    scene.asked.args = (str_t){args, sizeof args};
    for (int i = 0; i < REQUESTS; i++) {
        scene.request = ident_new(scene.given.env);
        CHECK_OK(told(&scene, ASK_elevation_tell, "", NULL));
    }
    in.bearer = text(scene.tenant.cookie);
    in.limit = 10;
    do {
        CHECK_OK(given_asked(&scene.given, ASK_elevation_list, &in, &page));
        CHECK(page->n_items && protobuf_c_message_get_packed_size(&page->base) < MAX_ASK);
        in.after = page->items[page->n_items - 1]->id;
        listed += page->n_items;
    } while (page->more && ++pages < REQUESTS);
    CHECK(listed == REQUESTS);
}

TEST(a_refusal_and_twelve_hours_without_an_answer_end_it_for_good)
{
    OWN(scene) scene = {0};
    Keys__ElevationState *state = NULL;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(told(&scene, ASK_elevation_tell, "", NULL));
    CHECK_OK(given_named(&scene.given, ASK_elevation_refuse, scene.tenant.cookie, scene.request, NULL));
    CHECK_FAILS(ERR_CONFLICT, approved(&scene, scene.tenant.cookie, GIVEN_PASSWORD));
    scene.request = ident_new(scene.given.env);
    CHECK_OK(told(&scene, ASK_elevation_tell, "", NULL));
    CHECK_OK(given_passed(&scene.given, HOURS(VOID_HOURS)));
    CHECK_OK(told(&scene, ASK_elevation_poll, "", &state));
    CHECK(str_eq(str(state->state), STR("void")));
    CHECK(entries(&scene, "\"elevation.refused\"") == 1 && entries(&scene, "\"elevation.void\"") == 1);
    CHECK_OK(given_passed(&scene.given, DAYS(KEPT_DAYS)));
    CHECK_FAILS(ERR_MISSING, told(&scene, ASK_elevation_poll, "", &state));
}

TEST(a_clock_that_jumped_removes_none_that_was_decided)
{
    OWN(scene) scene = {0};
    Keys__ElevationState *state = NULL;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(told(&scene, ASK_elevation_tell, "", NULL));
    CHECK_OK(given_named(&scene.given, ASK_elevation_refuse, scene.tenant.cookie, scene.request, NULL));
    scene.given.world.clock += DAYS(KEPT_DAYS + 1);
    CHECK_OK(given_passed(&scene.given, MINUTES(1)));
    CHECK_OK(told(&scene, ASK_elevation_poll, "", &state));
    CHECK(str_eq(str(state->state), STR("refused")));
}

TEST(an_approval_for_minutes_stays_while_it_is_used_and_is_gone_when_they_are_over)
{
    OWN(scene) scene = {.minutes = 30};
    Keys__ElevationState *state = NULL;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(told(&scene, ASK_elevation_tell, "", NULL));
    CHECK_OK(approved(&scene, scene.tenant.cookie, GIVEN_PASSWORD));
    CHECK_OK(told(&scene, ASK_elevation_end, "used", NULL));
    CHECK_OK(told(&scene, ASK_elevation_poll, "", &state));
    CHECK_OK(allowed(&scene, state->note));
    CHECK_OK(given_passed(&scene.given, MINUTES(30)));
    CHECK_OK(told(&scene, ASK_elevation_poll, "", &state));
    CHECK(!*state->note);
}

TEST(an_emergency_is_told_of_in_the_log_and_by_mail)
{
    OWN(scene) scene = {0};
    Keys__Notices *notices = NULL;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(told(&scene, ASK_elevation_tell, "", NULL));
    int64_t before = entries(&scene, "\"count\":1}");
    CHECK_OK(told(&scene, ASK_elevation_end, "emergency", NULL));
    CHECK(entries(&scene, "\"elevation.used\"") == 1 && entries(&scene, "\"count\":1}") == before + 1);
    CHECK_OK(given_borne(&scene.given, ASK_notices_get, scene.tenant.cookie, &notices));
    CHECK(notices->n_items == 2);
    CHECK_FAILS(ERR_CONFLICT, approved(&scene, scene.tenant.cookie, GIVEN_PASSWORD));
}

/* A code for what was read out, and told in words. */
static err_t coded(struct scene *scene, const char *password, str_t args, Keys__ElevationState **out_state)
{
    Keys__ElevationCode in = KEYS__ELEVATION_CODE__INIT;
    struct elevation asked = {
        .device = scene->device, .request = scene->request, .account = scene->account, .policy = 7};
    OWN(buf) spelt = BUF(1024);
    elevation_command(&(struct elevated){0, scene->asked.path, scene->asked.args}, asked.command);
    elevation_spell(&asked, &spelt);
    in.bearer = text(scene->tenant.cookie);
    in.password = given_bin(str(password));
    in.spelt = text(arena_copy(&scene->given.arena, buf_str(&spelt)).at);
    in.path = text("/usr/bin/apt-get");
    in.args = given_bin(args);
    in.minutes = 10;
    return given_asked(&scene->given, ASK_elevation_code, &in, out_state);
}

TEST(a_code_is_made_for_the_command_that_was_told_where_it_is_what_the_terminal_shows)
{
    OWN(scene) scene = {0};
    OWN(buf) code = BUF(1024);
    Keys__ElevationState *state = NULL;
    CHECK_OK(scene_open(&scene));
    CHECK(given_refused(coded(&scene, GIVEN_PASSWORD, STR("install\0nmap\0"), &state), ERR_INVALID,
                        "another command"));
    CHECK_FAILS(ERR_DENIED, coded(&scene, WRONG, scene.asked.args, &state));
    CHECK_OK(coded(&scene, GIVEN_PASSWORD, scene.asked.args, &state));
    CHECK_OK(allowed(&scene, state->note));
    CHECK_OK(elevation_code(str(state->note), &code));
    CHECK(entries(&scene, "\"elevation.code\"") == 1);
    scene.device.bytes[0] ^= 1;
    CHECK_FAILS(ERR_DENIED, coded(&scene, GIVEN_PASSWORD, scene.asked.args, &state));
}

TEST(another_device_learns_nothing_of_a_request_and_a_revoked_one_tells_none)
{
    OWN(scene) scene = {0};
    ident_t other;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(told(&scene, ASK_elevation_tell, "", NULL));
    const ident_t first = scene.device;
    CHECK_OK(given_device(&scene.given, &scene.tenant, &other));
    scene.device = other;
    CHECK_FAILS(ERR_MISSING, told(&scene, ASK_elevation_poll, "", NULL));
    CHECK_FAILS(ERR_MISSING, told(&scene, ASK_elevation_end, "used", NULL));
    scene.device = first;
    CHECK_OK(given_named(&scene.given, ASK_device_revoke, scene.tenant.cookie, first, NULL));
    CHECK_FAILS(ERR_DENIED, told(&scene, ASK_elevation_poll, "", NULL));
}

TEST(with_a_device_its_requests_are_gone)
{
    OWN(scene) scene = {0};
    CHECK_OK(scene_open(&scene));
    CHECK_OK(told(&scene, ASK_elevation_tell, "", NULL));
    CHECK_OK(given_named(&scene.given, ASK_device_destroy, scene.tenant.cookie, scene.device, NULL));
    CHECK_FAILS(ERR_MISSING,
                given_named(&scene.given, ASK_elevation_show, scene.tenant.cookie, scene.request, NULL));
}

TEST(of_one_device_only_so_many_wait)
{
    OWN(scene) scene = {0};
    CHECK_OK(scene_open(&scene));
    for (int i = 0; i < OPEN_MOST; i++) {
        scene.request = ident_new(scene.given.env);
        CHECK_OK(told(&scene, ASK_elevation_tell, "", NULL));
    }
    scene.request = ident_new(scene.given.env);
    CHECK_FAILS(ERR_BUSY, told(&scene, ASK_elevation_tell, "", NULL));
}

TEST(a_device_that_gives_them_up_tells_no_more_of_them_within_an_hour)
{
    OWN(scene) scene = {0};
    CHECK_OK(scene_open(&scene));
    for (int i = 0; i < TOLD_MOST; i++) {
        scene.request = ident_new(scene.given.env);
        CHECK_OK(told(&scene, ASK_elevation_tell, "", NULL));
        CHECK_OK(told(&scene, ASK_elevation_end, "ended", NULL));
    }
    CHECK_OK(told(&scene, ASK_elevation_tell, "", NULL)); /* again: it is known already */
    scene.request = ident_new(scene.given.env);
    CHECK_FAILS(ERR_BUSY, told(&scene, ASK_elevation_tell, "", NULL));
    CHECK_OK(given_passed(&scene.given, HOURS(1)));
    CHECK_OK(told(&scene, ASK_elevation_tell, "", NULL));
}

TESTS(a_signers_password_says_yes_to_the_command_that_was_kept_and_the_endpoint_is_given_it,
      an_approver_who_was_given_the_key_answers_elevations_and_signs_no_policy,
      a_wrong_password_another_role_and_a_program_sign_nothing,
      an_approval_signed_off_the_service_has_to_be_for_what_was_kept_and_no_more,
      by_a_clock_that_went_back_nothing_is_approved_and_the_attempt_is_told,
      what_is_to_run_is_sealed_and_opened_in_a_session_that_is_told_of,
      requests_that_say_much_fit_into_no_one_answer_and_all_of_them_are_listed,
      a_refusal_and_twelve_hours_without_an_answer_end_it_for_good,
      a_clock_that_jumped_removes_none_that_was_decided,
      an_approval_for_minutes_stays_while_it_is_used_and_is_gone_when_they_are_over,
      an_emergency_is_told_of_in_the_log_and_by_mail,
      a_code_is_made_for_the_command_that_was_told_where_it_is_what_the_terminal_shows,
      another_device_learns_nothing_of_a_request_and_a_revoked_one_tells_none,
      with_a_device_its_requests_are_gone, of_one_device_only_so_many_wait,
      a_device_that_gives_them_up_tells_no_more_of_them_within_an_hour)
