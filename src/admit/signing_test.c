/* SPDX-License-Identifier: Apache-2.0
 *
 * The tenant's signing key: released for one signature by a password that is typed again, or by a passkey that has signed for
 * just that, and by nothing else.
 */
#include "admit/passkeys_given.h"
#include "admit/people_given.h"
#include "base/limits.h"
#include "govern/policy.h"
#include "test/test.h"

#define WRONG "another horse battery staple!"

struct scene {
    struct given given;
    struct given_tenant tenant;
    struct given_person admin; /* has the tenant's key, and not the signing key */
    struct policy policy;
};
typedef struct scene scene_own;
static void scene_drop(struct scene *scene) { given_drop(&scene->given); }

static char *text(const char *of) { return (char *)(uintptr_t)of; }

static err_t scene_open(struct scene *scene)
{
    TRY(given_a_keyring(&scene->given));
    TRY(given_open_tenant(&scene->given, "one", &scene->tenant));
    TRY(given_member(&scene->given, &scene->tenant, "administrator", &scene->admin));
    scene->policy = (struct policy){.tenant = scene->tenant.id,
                                    .number = 1,
                                    .made = scene->given.world.clock,
                                    .until = scene->given.world.clock + DAYS(90),
                                    .files = {{STR("90-default.rules"), STR("default observe\n")}},
                                    .count = 1};
    return ERR_OK;
}

static err_t signer_of(struct scene *scene, Keys__Signer **out_signer)
{
    return given_borne(&scene->given, ASK_signer_get, scene->tenant.cookie, out_signer);
}

/* The text of scene->policy, signed for who asks; whether the signature verifies with the tenant's key. */
static err_t published_by(struct scene *scene, Keys__PolicyPublish in)
{
    Keys__Published *out = NULL;
    Keys__Signer *signer = NULL;
    struct note_key key;
    struct policy read;
    OWN(buf) note = BUF(MAX_POLICY);
    TRY(policy_put(&scene->policy, &note));
    in.text = text(arena_copy(&scene->given.arena, buf_str(&note)).at);
    TRY(given_asked(&scene->given, ASK_policy_publish, &in, &out));
    buf_putf(&note, "\n%s", out->signature);
    TRY(signer_of(scene, &signer));
    TRY(policy_key_read(str(signer->key), scene->tenant.id, &key));
    return policy_open(buf_str(&note), &key, &read);
}

static err_t published(struct scene *scene, const char *bearer, const char *password)
{
    Keys__PolicyPublish in = KEYS__POLICY_PUBLISH__INIT;
    in.bearer = text(bearer);
    in.password = given_bin(str(password));
    return published_by(scene, in);
}

static err_t shown(struct scene *scene, struct given_authenticator *authenticator, const char *act,
                   Keys__Assertion *out_assertion)
{
    Keys__PasskeyOptions *options = NULL;
    const struct given_asking asking = {.cookie = scene->tenant.cookie, .act = act};
    TRY(given_asked_passkey(&scene->given, &asking, &options));
    return given_assertion(authenticator, options, out_assertion);
}

static err_t published_by_passkey(struct scene *scene, const char *bearer, Keys__Assertion *assertion)
{
    Keys__PolicyPublish in = KEYS__POLICY_PUBLISH__INIT;
    in.bearer = text(bearer);
    in.passkey = assertion;
    return published_by(scene, in);
}

static err_t published_note(struct scene *scene, const char *bearer, str_t note)
{
    Keys__PolicyPublish in = KEYS__POLICY_PUBLISH__INIT;
    in.bearer = text(bearer);
    in.note = text(arena_copy(&scene->given.arena, note).at);
    return given_asked(&scene->given, ASK_policy_publish, &in, NULL);
}

static err_t made(struct scene *scene, const char *bearer, const char *password, const char *key)
{
    Keys__SignerMake in = KEYS__SIGNER_MAKE__INIT;
    in.bearer = text(bearer);
    in.password = given_bin(str(password));
    in.key = text(key);
    return given_asked(&scene->given, ASK_signer_make, &in, NULL);
}

static err_t gave(struct scene *scene, const char *bearer, const char *password, ident_t member)
{
    Keys__SignerGive in = KEYS__SIGNER_GIVE__INIT;
    in.bearer = text(bearer);
    in.password = given_bin(str(password));
    in.id = given_bin(ident_bytes(&member));
    return given_asked(&scene->given, ASK_signer_give, &in, NULL);
}

static int64_t told(struct scene *scene, const char *what)
{
    return given_entries(&scene->given, scene->tenant.id, what);
}

TEST(a_password_typed_again_signs_the_next_policy_and_each_is_told_of)
{
    OWN(scene) scene = {0};
    Keys__Signer *signer = NULL;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(published(&scene, scene.tenant.cookie, GIVEN_PASSWORD));
    CHECK(given_refused(published(&scene, scene.tenant.cookie, GIVEN_PASSWORD), ERR_CONFLICT, "is number 2"));
    scene.policy.number = 3;
    CHECK(given_refused(published(&scene, scene.tenant.cookie, GIVEN_PASSWORD), ERR_CONFLICT, "is number 2"));
    scene.policy.number = 2;
    CHECK_OK(published(&scene, scene.tenant.cookie, GIVEN_PASSWORD));
    CHECK_OK(signer_of(&scene, &signer));
    CHECK(signer->number == 2 && signer->kept && signer->n_holders == 2 &&
          signer->holders[0]->signs != signer->holders[1]->signs);
    CHECK(told(&scene, "\"policy.published\"") == 2 && told(&scene, "\"count\":2}") == 1);
}

TEST(a_passkey_that_has_signed_for_it_signs_one_policy_without_the_password)
{
    OWN(scene) scene = {0};
    OWN(given_authenticator) authenticator = {0};
    Keys__Assertion assertion;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(given_authenticator(&authenticator, -7));
    CHECK_OK(given_passkey(&scene.given, scene.tenant.cookie, &authenticator));
    CHECK_OK(shown(&scene, &authenticator, "signer.make", &assertion));
    CHECK(given_refused(published_by_passkey(&scene, scene.tenant.cookie, &assertion), ERR_DENIED,
                        "something else"));
    CHECK_OK(shown(&scene, &authenticator, "policy.publish", &assertion));
    CHECK(given_refused(published_by_passkey(&scene, scene.admin.cookie, &assertion), ERR_DENIED,
                        "something else"));
    CHECK_OK(published_by_passkey(&scene, scene.tenant.cookie, &assertion));
    scene.policy.number = 2;
    CHECK(given_refused(published_by_passkey(&scene, scene.tenant.cookie, &assertion), ERR_DENIED,
                        "used already"));
    CHECK(told(&scene, "\"policy.published\"") == 1);
}

TEST(a_passkey_that_does_not_open_its_members_key_signs_nothing)
{
    OWN(scene) scene = {0};
    OWN(given_authenticator) authenticator = {0};
    Keys__Assertion assertion;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(given_authenticator(&authenticator, -7));
    authenticator.prf = false;
    CHECK_OK(given_passkey(&scene.given, scene.tenant.cookie, &authenticator));
    CHECK_OK(shown(&scene, &authenticator, "policy.publish", &assertion));
    CHECK(given_refused(published_by_passkey(&scene, scene.tenant.cookie, &assertion), ERR_LOCKED,
                        "type the password"));
    CHECK(!told(&scene, "\"policy.published\""));
}

TEST(a_session_without_the_password_signs_nothing_and_a_wrong_one_is_told_of)
{
    OWN(scene) scene = {0};
    CHECK_OK(scene_open(&scene));
    CHECK(given_refused(published(&scene, scene.tenant.cookie, WRONG), ERR_DENIED, "password is wrong"));
    CHECK(told(&scene, "\"sign-in.failed\"") == 1);
    CHECK_FAILS(ERR_INVALID, published(&scene, scene.tenant.cookie, ""));
    CHECK_FAILS(ERR_SIGNED_OUT, published(&scene, "cse_AAAA", GIVEN_PASSWORD));
    CHECK_FAILS(ERR_DENIED, gave(&scene, scene.tenant.cookie, WRONG, scene.admin.id));
    CHECK_FAILS(ERR_DENIED, made(&scene, scene.tenant.cookie, WRONG, ""));
    CHECK(told(&scene, "\"policy.published\"") == 0 && told(&scene, "\"signer.") == 0);
}

TEST(only_owners_and_administrators_sign_policies_and_a_program_does_not)
{
    static const char *const roles[] = {"approver", "auditor", "viewer"};
    OWN(scene) scene = {0};
    struct given_person person;
    const Keys__Token *token = NULL;
    CHECK_OK(scene_open(&scene));
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++) {
        CHECK_OK(given_member(&scene.given, &scene.tenant, roles[i], &person));
        CHECK_FAILS(ERR_DENIED, published(&scene, person.cookie, GIVEN_PASSWORD));
        CHECK((gave(&scene, scene.tenant.cookie, GIVEN_PASSWORD, person.id) == ERR_INVALID) == (i > 0));
        CHECK_FAILS(ERR_DENIED, published(&scene, person.cookie, GIVEN_PASSWORD));
    }
    CHECK_OK(given_token(&scene.given, &scene.tenant, "administrator", &token));
    CHECK(given_refused(published(&scene, token->token, GIVEN_PASSWORD), ERR_DENIED, "no password"));
}

TEST(the_key_comes_from_a_member_who_signs_and_is_taken_away_again)
{
    OWN(scene) scene = {0};
    OWN(buf) cell = BUF(1024);
    CHECK_OK(scene_open(&scene));
    CHECK(given_refused(published(&scene, scene.admin.cookie, GIVEN_PASSWORD), ERR_LOCKED,
                        "not sealed to you"));
    CHECK_FAILS(ERR_LOCKED, gave(&scene, scene.admin.cookie, GIVEN_PASSWORD, scene.admin.id));
    CHECK_OK(gave(&scene, scene.tenant.cookie, GIVEN_PASSWORD, scene.admin.id));
    CHECK_FAILS(ERR_CONFLICT, gave(&scene, scene.tenant.cookie, GIVEN_PASSWORD, scene.admin.id));
    CHECK_OK(published(&scene, scene.admin.cookie, GIVEN_PASSWORD));
    CHECK_FAILS(ERR_DENIED,
                given_named(&scene.given, ASK_signer_end, scene.admin.cookie, scene.admin.id, NULL));
    CHECK_OK(given_named(&scene.given, ASK_signer_end, scene.tenant.cookie, scene.admin.id, NULL));
    CHECK_FAILS(ERR_MISSING,
                given_named(&scene.given, ASK_signer_end, scene.tenant.cookie, scene.admin.id, NULL));
    scene.policy.number = 2;
    CHECK_FAILS(ERR_LOCKED, published(&scene, scene.admin.cookie, GIVEN_PASSWORD));
    CHECK_FAILS(ERR_MISSING, given_cell_bytes(test_folder(), scene.admin.id, CELL_SIGNER, &cell));
    CHECK(told(&scene, "\"signer.given\"") == 1 && told(&scene, "\"signer.ended\"") == 1);
}

TEST(a_removed_members_copy_of_the_key_is_destroyed)
{
    OWN(scene) scene = {0};
    OWN(buf) cell = BUF(1024);
    struct given_person second;
    Keys__Request *request = NULL;
    ident_t id;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(given_member(&scene.given, &scene.tenant, "owner", &second));
    CHECK_OK(gave(&scene, scene.tenant.cookie, GIVEN_PASSWORD, scene.admin.id));
    CHECK_OK(given_cell_bytes(test_folder(), scene.admin.id, CELL_SIGNER, &cell));
    CHECK_OK(given_named(&scene.given, ASK_member_remove, scene.tenant.cookie, scene.admin.id, &request));
    CHECK_OK(ident_from(bin(request->id), &id));
    CHECK_OK(given_named(&scene.given, ASK_request_approve, second.cookie, id, NULL));
    CHECK(!given_bytes_in_folder(test_folder(), buf_str(&cell)));
}

TEST(the_recovery_kit_brings_signing_back_with_the_new_password)
{
    OWN(scene) scene = {0};
    Keys__Recover in = KEYS__RECOVER__INIT;
    Keys__Who *who = NULL;
    CHECK_OK(scene_open(&scene));
    in.tenant = text("one");
    in.kit = text(scene.tenant.kit);
    in.username = text("ana");
    in.password = given_bin(STR(WRONG));
    CHECK_OK(given_asked(&scene.given, ASK_recover, &in, &who));
    scene.tenant.cookie = who->cookie;
    CHECK_FAILS(ERR_DENIED, published(&scene, who->cookie, GIVEN_PASSWORD));
    CHECK_OK(published(&scene, who->cookie, WRONG));
}

static err_t stranger(struct scene *scene, struct note_signer *out_signer)
{
    OWN(key) seed;
    key_random(scene->given.env, &seed);
    return policy_signer(scene->tenant.id, &seed, out_signer);
}

static err_t signed_by(struct scene *scene, const struct note_signer *signer, buf_t *out_note)
{
    OWN(buf) policy = BUF(MAX_POLICY);
    buf_clear(out_note);
    TRY(policy_put(&scene->policy, &policy));
    return policy_sign(signer, buf_str(&policy), out_note);
}

TEST(a_key_that_is_kept_off_the_service_signs_there_and_nothing_here_can)
{
    OWN(scene) scene = {0};
    OWN(note_signer) own = {.seed = {{0}}};
    OWN(note_signer) other = {.seed = {{0}}};
    OWN(buf) key = BUF(512);
    OWN(buf) note = BUF(MAX_POLICY);
    OWN(buf) cell = BUF(1024);
    const Keys__Token *token = NULL;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(stranger(&scene, &own));
    CHECK_OK(stranger(&scene, &other));
    note_key_put(&key, &own.key);
    CHECK_FAILS(ERR_DENIED, made(&scene, scene.admin.cookie, GIVEN_PASSWORD, key.at));
    CHECK_FAILS(ERR_INVALID, made(&scene, scene.tenant.cookie, GIVEN_PASSWORD, "custody/x/policy+0+0"));
    CHECK_OK(made(&scene, scene.tenant.cookie, GIVEN_PASSWORD, key.at));
    CHECK(
        given_refused(published(&scene, scene.tenant.cookie, GIVEN_PASSWORD), ERR_DENIED, "off the service"));
    CHECK_FAILS(ERR_MISSING, given_cell_bytes(test_folder(), scene.tenant.id, CELL_SIGNER_RECOVERY, &cell));
    CHECK_OK(given_token(&scene.given, &scene.tenant, "administrator", &token));
    CHECK_OK(signed_by(&scene, &other, &note));
    CHECK_FAILS(ERR_LOCKED, published_note(&scene, token->token, buf_str(&note)));
    CHECK_OK(signed_by(&scene, &own, &note));
    CHECK_OK(published_note(&scene, token->token, buf_str(&note)));
    CHECK_FAILS(ERR_CONFLICT, published_note(&scene, token->token, buf_str(&note)));
    scene.policy.number = 1002;
    CHECK_OK(signed_by(&scene, &own, &note));
    CHECK_FAILS(ERR_CONFLICT, published_note(&scene, token->token, buf_str(&note)));
    CHECK(told(&scene, "\"signer.made\"") == 1 && told(&scene, "\"policy.published\"") == 1);
}

TEST(only_a_policy_of_this_client_that_is_in_date_and_names_nobody_is_signed)
{
    OWN(scene) scene = {0};
    CHECK_OK(scene_open(&scene));
    const struct policy good = scene.policy;
    scene.policy.until = scene.given.world.clock;
    scene.policy.made = scene.policy.until - DAYS(1);
    CHECK(given_refused(published(&scene, scene.tenant.cookie, GIVEN_PASSWORD), ERR_INVALID, "past its end"));
    scene.policy = good;
    scene.policy.tenant = scene.admin.id;
    CHECK(
        given_refused(published(&scene, scene.tenant.cookie, GIVEN_PASSWORD), ERR_INVALID, "another client"));
    scene.policy = good;
    scene.policy.files[0].text = STR("deny any : path=/home/anna/bin/tool\n");
    CHECK(given_refused(published(&scene, scene.tenant.cookie, GIVEN_PASSWORD), ERR_INVALID,
                        "90-default.rules:1:"));
    scene.policy.files[0].text = STR("deny user=anna : any\n");
    CHECK_FAILS(ERR_INVALID, published(&scene, scene.tenant.cookie, GIVEN_PASSWORD));
    CHECK(told(&scene, "\"policy.published\"") == 0);
}

static err_t signer_forgotten(struct keyring *keyring, void *with)
{
    const struct scene *scene = with;
    TRY(cell_destroy(keyring, scene->tenant.id, CELL_SIGNER_RECOVERY));
    return db_do(keyring_db(keyring), "delete from signers");
}

TEST(an_owner_of_a_client_from_before_signing_keys_makes_one_with_the_password)
{
    OWN(scene) scene = {0};
    CHECK_OK(scene_open(&scene));
    CHECK_OK(keyring_write(scene.given.keyring, signer_forgotten, &scene));
    CHECK_FAILS(ERR_MISSING, published(&scene, scene.tenant.cookie, GIVEN_PASSWORD));
    CHECK_OK(made(&scene, scene.tenant.cookie, GIVEN_PASSWORD, ""));
    CHECK_OK(published(&scene, scene.tenant.cookie, GIVEN_PASSWORD));
}

TESTS(a_password_typed_again_signs_the_next_policy_and_each_is_told_of,
      a_passkey_that_has_signed_for_it_signs_one_policy_without_the_password,
      a_passkey_that_does_not_open_its_members_key_signs_nothing,
      a_session_without_the_password_signs_nothing_and_a_wrong_one_is_told_of,
      only_owners_and_administrators_sign_policies_and_a_program_does_not,
      the_key_comes_from_a_member_who_signs_and_is_taken_away_again,
      a_removed_members_copy_of_the_key_is_destroyed,
      the_recovery_kit_brings_signing_back_with_the_new_password,
      a_key_that_is_kept_off_the_service_signs_there_and_nothing_here_can,
      only_a_policy_of_this_client_that_is_in_date_and_names_nobody_is_signed,
      an_owner_of_a_client_from_before_signing_keys_makes_one_with_the_password)
