/* SPDX-License-Identifier: Apache-2.0
 *
 * Single sign-on, as the keys process decides it: what it gives out, what it believes, when it is over.
 */
#include "admit/passkeys_given.h"
#include "admit/people_given.h"
#include "admit/sso.h"
#include "crypt/fingerprint.h"
#include "oidc/token.h"
#include "oidc/token_given.h"
#include "test/test.h"

#define ISSUER      "https://id.example.com"
#define BACK        "https://custody.example.com/signed-in"
#define TEXT(words) ((char *)(uintptr_t)(words))

/* A client whose provider has one key; and what a browser holds that was sent there. */
struct scene {
    struct given given;
    struct given_tenant tenant;
    struct given_person vera;
    struct issuing key;
    buf_t keys;
    const Keys__SsoBegun *begun;
    char state[200], nonce[64], code[32];
    const char *invitation; /* with which somebody comes to join; NULL: with none */
    const char *client;     /* that somebody comes to; NULL: example */
};
typedef struct scene scene_own;
static void scene_drop(struct scene *scene)
{
    given_drop(&scene->given);
    issuing_drop(&scene->key);
    buf_drop(&scene->keys);
}

static err_t provider_opens(struct scene *scene, const char *opens, const char *claim, const char *joins)
{
    Keys__SsoSet in = KEYS__SSO_SET__INIT;
    in.bearer = TEXT(scene->tenant.cookie);
    in.issuer = TEXT(ISSUER);
    in.client = TEXT("custody");
    in.opens = TEXT(opens);
    in.claim = TEXT(claim);
    in.joins = TEXT(joins);
    in.password = given_bin(STR(GIVEN_PASSWORD));
    return given_asked(&scene->given, ASK_sso_set, &in, NULL);
}

static err_t provider_set(struct scene *scene, const char *claim, const char *joins)
{
    return provider_opens(scene, "passphrase keeper", claim, joins);
}

static err_t turn(struct scene *scene, const Keys__SsoTold *told, Keys__SsoErrand **out_errand)
{
    OWN(buf) packed = BUF(1 << 20);
    OWN(buf) body = BUF(1 << 20);
    ProtobufCAllocator allocator = arena_allocator(&scene->given.arena);
    uint8_t code = 0;
    protobuf_c_message_pack(&told->base,
                            (uint8_t *)buf_room(&packed, protobuf_c_message_get_packed_size(&told->base)));
    keys_answer(scene->given.keyring, &(struct asked){ASKER_JOBS, ASK_sso_turn, buf_str(&packed)}, &body,
                &code);
    if (code)
        return fail((err_t)code, "%.*s", STR_ARG(buf_str(&body)));
    *out_errand = keys__sso_errand__unpack(&allocator, body.len, (const uint8_t *)buf_str(&body).at);
    return *out_errand ? ERR_OK : fail(ERR_BROKEN, "no answer");
}

static err_t keys_told(struct scene *scene, ProtobufCBinaryData id)
{
    Keys__SsoTold told = KEYS__SSO_TOLD__INIT;
    Keys__SsoErrand *none = NULL;
    told.id = id;
    told.kind = TEXT("keys");
    told.login_at = TEXT(ISSUER "/login");
    told.token_at = TEXT(ISSUER "/token");
    told.says_issuer = true;
    told.keys = scene->keys.at;
    return turn(scene, &told, &none);
}

static err_t next_errand(struct scene *scene, Keys__SsoErrand **out_errand)
{
    Keys__SsoTold wants = KEYS__SSO_TOLD__INIT;
    wants.takes = true;
    return turn(scene, &wants, out_errand);
}

static err_t scene_open(struct scene *scene)
{
    Keys__SsoErrand *errand = NULL;
    scene->keys = (buf_t)BUF(KEYS_MOST);
    TRY(given_a_keyring(&scene->given));
    TRY(given_open_tenant(&scene->given, "example", &scene->tenant));
    TRY(given_member(&scene->given, &scene->tenant, "viewer", &scene->vera));
    TRY(given_issuing("ES256", "one", &scene->key));
    TRY(given_jwks(&scene->key, 1, &scene->keys));
    TRY(provider_set(scene, "email", ""));
    TRY(next_errand(scene, &errand));
    if (strcmp(errand->kind, "keys") || strcmp(errand->issuer, ISSUER))
        return fail(ERR_BROKEN, "the provider is not asked for its keys");
    return keys_told(scene, errand->id);
}

static void parameter(const char *location, const char *name, char *out, size_t len)
{
    const char *at = strstr(location, name);
    at = at ? at + strlen(name) : "";
    snprintf(out, len, "%.*s", (int)strcspn(at, "&"), at);
}

static err_t begun(struct scene *scene, const Keys__SsoBegun **out_begun)
{
    Keys__SsoBegin in = KEYS__SSO_BEGIN__INIT;
    in.tenant = TEXT(scene->client ? scene->client : "example");
    in.invitation = TEXT(scene->invitation ? scene->invitation : "");
    in.back = TEXT(BACK);
    TRY(given_asked(&scene->given, ASK_sso_begin, &in, out_begun));
    parameter((*out_begun)->location, "&state=", scene->state, sizeof scene->state);
    parameter((*out_begun)->location, "&nonce=", scene->nonce, sizeof scene->nonce);
    scene->begun = *out_begun;
    return ERR_OK;
}

static err_t come(struct scene *scene, const char *code, Keys__SsoOutcome **out_outcome)
{
    Keys__SsoCome in = KEYS__SSO_COME__INIT;
    in.state = scene->state;
    in.browser = scene->begun->browser;
    in.code = TEXT(code);
    in.issuer = TEXT(ISSUER);
    return given_asked(&scene->given, ASK_sso_come, &in, out_outcome);
}

static err_t token_told(struct scene *scene, const Keys__SsoErrand *errand, const char *claims,
                        Keys__SsoErrand **out_next)
{
    OWN(buf) said = BUF(4096);
    OWN(buf) token = BUF(TOKEN_MOST);
    Keys__SsoTold told = KEYS__SSO_TOLD__INIT;
    int64_t now = scene->given.world.clock / 1000;
    buf_putf(&said,
             "{\"iss\":\"" ISSUER "\",\"aud\":\"custody\",\"nonce\":\"%s\",\"iat\":%lld,\"exp\":%lld,%s}",
             scene->nonce, (long long)now, (long long)now + 300, claims);
    TRY(buf_end(&said));
    TRY(given_signed(&scene->key, "{\"alg\":\"ES256\",\"kid\":\"one\"}", buf_str(&said), &token));
    told.id = errand->id;
    told.kind = TEXT("code");
    told.id_token = token.at;
    return turn(scene, &told, out_next);
}

/* Somebody of whom the provider says that signs in, from beginning to end. */
static err_t enters(struct scene *scene, const char *claims, Keys__SsoOutcome **out_outcome)
{
    const Keys__SsoBegun *one = NULL;
    Keys__SsoErrand *errand = NULL, *next = NULL;
    TRY(begun(scene, &one));
    TRY(come(scene, "a-code", out_outcome));
    TRY(next_errand(scene, &errand));
    if (strcmp(errand->kind, "code") || strcmp(errand->code, "a-code") || strlen(errand->verifier) < 43)
        return fail(ERR_BROKEN, "the code is not exchanged");
    TRY(token_told(scene, errand, claims, &next));
    return come(scene, "", out_outcome);
}

struct provisioning {
    struct scene *scene;
    struct sso_link link;
};

static err_t provision_act(struct keyring *keyring, void *with)
{
    struct provisioning *provisioning = with;
    struct ask ask = {.keyring = keyring,
                      .env = keyring_env(keyring),
                      .db = keyring_db(keyring),
                      .arena = &provisioning->scene->given.arena};
    return sso_link_put(&ask, &provisioning->link);
}

static err_t provisioned(struct scene *scene, const char *claim)
{
    struct provisioning provisioning = {scene,
                                        {scene->tenant.id, scene->vera.id, SSO_PROVISIONED, str(claim)}};
    return keyring_write(scene->given.keyring, provision_act, &provisioning);
}

TEST(a_provisioned_member_is_known_by_the_claim_once_and_by_the_subject_from_then_on)
{
    OWN(scene) scene = {0};
    Keys__SsoOutcome *outcome = NULL;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(provisioned(&scene, "Vera@example.com"));
    CHECK(given_refused(enters(&scene, "\"sub\":\"v\",\"email\":\"vera@example.com\"", &outcome), ERR_DENIED,
                        "nobody here is linked")); /* the provider is not sure of it */
    CHECK_OK(
        enters(&scene, "\"sub\":\"v\",\"email\":\"vera@example.com\",\"email_verified\":true", &outcome));
    CHECK(!strcmp(outcome->state, "in") && str_eq(bin(outcome->who->member), ident_bytes(&scene.vera.id)));
    CHECK(outcome->who->locked && !outcome->who->keyed && !outcome->who->waits);
    CHECK_OK(enters(&scene, "\"sub\":\"v\"", &outcome)); /* the address may change */
    CHECK(given_refused(
        enters(&scene, "\"sub\":\"w\",\"email\":\"vera@example.com\",\"email_verified\":true", &outcome),
        ERR_DENIED, "somebody else by this claim"));
    CHECK(given_entries(&scene.given, scene.tenant.id, "sso.linked") == 1);
}

TEST(a_sign_in_is_over_after_ten_minutes_and_leaves_nothing)
{
    OWN(scene) scene = {0};
    Keys__SsoOutcome *outcome = NULL;
    const Keys__SsoBegun *one = NULL;
    int64_t left = 0;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(begun(&scene, &one));
    CHECK_OK(given_passed(&scene.given, MINUTES(10)));
    CHECK(given_refused(come(&scene, "a-code", &outcome), ERR_DENIED, "is over"));
    CHECK_OK(
        db_number(keyring_db(scene.given.keyring), &left,
                  "select (select count(*) from sso_attempts) + (select count(*) from cells where cell = $1)",
                  N(CELL_SSO_ONCE)));
    CHECK(left == 0);
}

static err_t came(struct scene *scene, const char *client)
{
    const Keys__SsoBegun *one = NULL;
    Keys__SsoOutcome *outcome = NULL;
    scene->client = client;
    TRY(begun(scene, &one));
    return come(scene, "a-code", &outcome);
}

TEST(a_flood_of_sign_ins_lets_the_first_that_never_came_back_go)
{
    OWN(scene) scene = {0};
    const Keys__SsoBegun *one = NULL;
    int64_t count = 0;
    CHECK_OK(scene_open(&scene));
    for (int i = 0; i < 5010; i++) {
        CHECK_OK(begun(&scene, &one));
        arena_clear(&scene.given.arena);
    }
    CHECK_OK(db_number(keyring_db(scene.given.keyring), &count, "select count(*) from sso_attempts"));
    CHECK(count == 5000);
    CHECK_OK(came(&scene, "example"));
}

/* Whose sign-in the next errand is of. */
static bool is_next(struct scene *scene, ident_t client)
{
    Keys__SsoErrand *errand = NULL;
    int64_t count = 0;
    return next_errand(scene, &errand) == ERR_OK && !strcmp(errand->kind, "code") &&
           db_number(keyring_db(scene->given.keyring), &count,
                     "select count(*) from sso_attempts where id = $1 and tenant = $2", B(bin(errand->id)),
                     ID(client)) == ERR_OK &&
           count == 1;
}

TEST(who_has_no_sign_in_under_way_comes_before_a_client_that_has_and_sent_many)
{
    OWN(scene) scene = {0};
    Keys__SsoErrand *errand = NULL;
    CHECK_OK(scene_open(&scene));
    const struct given_tenant many = scene.tenant;
    CHECK_OK(given_open_tenant(&scene.given, "two", &scene.tenant));
    CHECK_OK(provider_set(&scene, "email", ""));
    CHECK_OK(next_errand(&scene, &errand));
    CHECK_OK(keys_told(&scene, errand->id));
    for (int i = 0; i < 4; i++)
        CHECK_OK(came(&scene, "example"));
    CHECK(is_next(&scene, many.id));
    CHECK_OK(given_passed(&scene.given, SECONDS(1)));
    CHECK_OK(came(&scene, "two"));
    CHECK(is_next(&scene, scene.tenant.id) && is_next(&scene, many.id) && !is_next(&scene, many.id));
}

TEST(a_token_of_an_unknown_key_has_the_provider_asked_once_a_minute)
{
    OWN(scene) scene = {0};
    Keys__SsoOutcome *outcome = NULL;
    Keys__SsoErrand *errand = NULL, *next = NULL;
    CHECK_OK(scene_open(&scene));
    scene.keys.len = 0;
    CHECK_OK(given_jwks(&(struct issuing){"ES256", "other", scene.key.key}, 1, &scene.keys));
    CHECK_OK(provider_set(&scene, "sub", ""));
    CHECK_OK(next_errand(&scene, &errand));
    CHECK_OK(keys_told(&scene, errand->id));
    CHECK_OK(came(&scene, "example"));
    CHECK_OK(next_errand(&scene, &errand));
    CHECK_OK(token_told(&scene, errand, "\"sub\":\"v\"", &next));
    CHECK(next->again && !strcmp(next->kind, "keys"));
    CHECK_OK(
        token_told(&scene, errand, "\"sub\":\"v\"", &next)); /* told again: nobody is asked a second time */
    CHECK(!next->again);
    CHECK(given_refused(come(&scene, "", &outcome), ERR_DENIED, "does not tell of"));
}

TEST(the_nonce_is_of_the_one_time_key_that_the_session_keeps)
{
    OWN(scene) scene = {0};
    OWN(rows) rows = {0};
    OWN(buf) nonce = BUF(64);
    Keys__SsoOutcome *outcome = NULL;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(provisioned(&scene, "vera@example.com"));
    CHECK_OK(
        enters(&scene, "\"sub\":\"v\",\"email\":\"vera@example.com\",\"email_verified\":true", &outcome));
    CHECK_OK(db_read(keyring_db(scene.given.keyring), &rows, "select public, salt from sso_sessions"));
    CHECK_OK(row_one(&rows));
    token_nonce(row_text(&rows, 0), row_text(&rows, 1), &nonce);
    CHECK(str_eq(buf_str(&nonce), str(scene.nonce)));
}

/* A keeper that releases, approved by the owner: its token, and the pair that is in the client's network. */
static err_t given_releasing_keeper(struct scene *scene, const char **out_token, struct key out_pair[2])
{
    Keys__KeeperEnrol enrol = KEYS__KEEPER_ENROL__INIT;
    Keys__KeeperApprove approve = KEYS__KEEPER_APPROVE__INIT;
    const Keys__Token *made = NULL;
    struct key seed;
    char words[FINGERPRINT_MAX];
    key_random(scene->given.env, &seed);
    pair_from(&seed, &out_pair[0], &out_pair[1]);
    fingerprint_put(&out_pair[0], words);
    TRY(given_scoped(&scene->given, &scene->tenant, "keeper", &made));
    *out_token = enrol.bearer = made->token;
    enrol.public_ = given_bin(key_bytes(&out_pair[0]));
    TRY(given_asked(&scene->given, ASK_keeper_enrol, &enrol, NULL));
    approve.bearer = TEXT(scene->tenant.cookie);
    approve.id = made->id;
    approve.fingerprint = words;
    approve.releases = true;
    approve.password = given_bin(STR(GIVEN_PASSWORD));
    return given_asked(&scene->given, ASK_keeper_approve, &approve, NULL);
}

static err_t keeper_polled(struct scene *scene, const char *token, Keys__Keeper **out)
{
    Keys__KeeperPoll in = KEYS__KEEPER_POLL__INIT;
    in.bearer = TEXT(token);
    in.key = true;
    return given_asked(&scene->given, ASK_keeper_poll, &in, out);
}

static err_t keeper_releases(struct scene *scene, const char *token, const Keys__KeeperRelease *to,
                             str_t sealed)
{
    Keys__KeeperPoll in = KEYS__KEEPER_POLL__INIT;
    in.bearer = TEXT(token);
    in.session = to->session;
    in.sealed = given_bin(sealed);
    return given_asked(&scene->given, ASK_keeper_poll, &in, NULL);
}

TEST(a_keeper_is_given_what_it_needs_to_judge_a_sign_in_and_opens_that_session_alone)
{
    OWN(scene) scene = {0};
    OWN(arena) arena = ARENA(1 << 20);
    OWN(buf) token_text = BUF(TOKEN_MOST);
    OWN(buf) tenant_key = BUF(KEY_SIZE);
    OWN(buf) sealed = BUF(KEY_SIZE + BOX_EXTRA);
    OWN(buf) nonce = BUF(64);
    Keys__SsoOutcome *outcome = NULL;
    Keys__Keeper *state = NULL;
    Keys__Who *who = NULL;
    const char *token = NULL;
    struct token_said said;
    struct key pair[2], once;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(given_releasing_keeper(&scene, &token, pair));
    CHECK_OK(provisioned(&scene, "vera@example.com"));
    CHECK_OK(
        enters(&scene, "\"sub\":\"v\",\"email\":\"vera@example.com\",\"email_verified\":true", &outcome));
    CHECK_OK(given_borne(&scene.given, ASK_session_release, outcome->who->cookie, &who));
    CHECK(!who->keyed);
    CHECK_OK(keeper_polled(&scene, token, &state));
    CHECK(state->n_pending == 1);
    const Keys__KeeperRelease *one = state->pending[0];
    CHECK_OK(box_open(&pair[0], &pair[1], bin(one->token), &token_text));
    token_nonce(bin(one->public_), bin(one->salt), &nonce);
    const struct token_ask ask = {.issuer = STR(ISSUER),
                                  .client = STR("custody"),
                                  .nonce = buf_str(&nonce),
                                  .keys = buf_str(&scene.keys),
                                  .since = scene.given.world.clock - MINUTES(10),
                                  .now = scene.given.world.clock};
    CHECK_OK(token_check(&ask, buf_str(&token_text), &arena, &said));
    CHECK_OK(box_open(&pair[0], &pair[1], bin(state->sealed), &tenant_key));
    CHECK_OK(key_from(bin(one->public_), &once));
    box_seal(&once, buf_str(&tenant_key), &sealed);
    CHECK_OK(keeper_releases(&scene, token, one, buf_str(&sealed)));
    CHECK_FAILS(ERR_MISSING, keeper_releases(&scene, token, one, buf_str(&sealed))); /* once */
    CHECK_OK(given_borne(&scene.given, ASK_session_release, outcome->who->cookie, &who));
    CHECK(who->keyed && given_entries(&scene.given, scene.tenant.id, "keeper.released") == 1);
    CHECK_OK(keeper_polled(&scene, token, &state));
    CHECK(!state->n_pending);
}

static err_t provider_anew(struct scene *scene, const char *opens, const char *joins)
{
    Keys__SsoErrand *errand = NULL;
    TRY(provider_opens(scene, opens, "sub", joins));
    TRY(next_errand(scene, &errand));
    return keys_told(scene, errand->id);
}

static err_t nina_named(struct scene *scene, Keys__Who **out_who)
{
    Keys__SsoJoin in = KEYS__SSO_JOIN__INIT;
    in.state = scene->state;
    in.browser = scene->begun->browser;
    in.username = TEXT("nina");
    in.full_name = TEXT("Nina Newcomer");
    in.email = TEXT("nina@example.com");
    return given_asked(&scene->given, ASK_sso_join, &in, out_who);
}

/* Nina joins by single sign-on, and has no way in of her own. */
static err_t nina_joins(struct scene *scene, const char *opens, Keys__Who **out_who)
{
    Keys__SsoOutcome *outcome = NULL;
    TRY(provider_anew(scene, opens, "viewer"));
    TRY(enters(scene, "\"sub\":\"nina\"", &outcome));
    return nina_named(scene, out_who);
}

static err_t passkey_first(struct scene *scene, const char *cookie, struct given_authenticator *authenticator)
{
    Keys__PasskeyOptions *options = NULL;
    Keys__PasskeyAdd add = KEYS__PASSKEY_ADD__INIT;
    TRY(given_borne(&scene->given, ASK_passkey_first, cookie, &options));
    add.bearer = TEXT(cookie);
    TRY(given_made(authenticator, options, &add));
    return given_asked(&scene->given, ASK_passkey_add, &add, NULL);
}

static err_t comes_by_passkey(struct scene *scene, struct given_authenticator *authenticator,
                              Keys__Who **out_who)
{
    Keys__PasskeyOptions *options = NULL;
    Keys__PasskeyLogin in = KEYS__PASSKEY_LOGIN__INIT;
    Keys__Assertion assertion;
    TRY(given_asked_passkey(&scene->given, &(struct given_asking){.tenant = "example"}, &options));
    TRY(given_assertion(authenticator, options, &assertion));
    in.tenant = TEXT("example");
    in.passkey = &assertion;
    return given_asked(&scene->given, ASK_passkey_login, &in, out_who);
}

TEST(a_passkey_that_opens_a_key_is_a_first_way_in_and_the_tenants_key_comes_to_it)
{
    OWN(scene) scene = {0};
    OWN(given_authenticator) authenticator = {0};
    Keys__Who *who = NULL;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(nina_joins(&scene, "passkey", &who));
    CHECK(who->bare && who->waits);
    CHECK_OK(given_authenticator(&authenticator, -7));
    CHECK(given_refused(passkey_first(&scene, scene.tenant.cookie, &authenticator), ERR_CONFLICT, "already"));
    authenticator.prf = false;
    CHECK(given_refused(passkey_first(&scene, who->cookie, &authenticator), ERR_INVALID, "cannot open"));
    authenticator.prf = true;
    CHECK_OK(passkey_first(&scene, who->cookie, &authenticator));
    CHECK(given_refused(passkey_first(&scene, who->cookie, &authenticator), ERR_CONFLICT, "already"));
    CHECK_OK(given_named(&scene.given, ASK_member_key, scene.tenant.cookie,
                         *(const ident_t *)who->member.data, NULL));
    CHECK_OK(comes_by_passkey(&scene, &authenticator, &who));
    CHECK(who->keyed && !who->bare);
}

TEST(a_client_that_lets_no_passkey_release_the_key_takes_none_as_a_first_way_in)
{
    OWN(scene) scene = {0};
    OWN(given_authenticator) authenticator = {0};
    Keys__Who *who = NULL;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(nina_joins(&scene, "passphrase", &who));
    CHECK_OK(given_authenticator(&authenticator, -7));
    CHECK(given_refused(passkey_first(&scene, who->cookie, &authenticator), ERR_DENIED,
                        "does not let a passkey"));
}

static err_t directory_says(struct scene *scene, Keys__ScimUserPut *put, Keys__ScimFound **out_found)
{
    const Keys__Token *made = NULL;
    TRY(given_scoped(&scene->given, &scene->tenant, "scim", &made));
    put->bearer = made->token;
    return given_asked(&scene->given, ASK_scim_put_user, put, out_found);
}

TEST(a_directory_does_not_say_by_what_somebody_comes_in_who_has_a_way_in_of_their_own)
{
    OWN(scene) scene = {0};
    Keys__SsoOutcome *outcome = NULL;
    Keys__ScimUserPut put = KEYS__SCIM_USER_PUT__INIT;
    Keys__ScimFound *found = NULL;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(provider_anew(&scene, "passkey", ""));
    put.id = given_bin(ident_bytes(&scene.vera.id));
    put.external_id = TEXT("mallory");
    CHECK_OK(directory_says(&scene, &put, &found));
    CHECK(
        given_refused(enters(&scene, "\"sub\":\"mallory\"", &outcome), ERR_DENIED, "nobody here is linked"));
}

/* Ida, whom the directory has told of, and the invitation that is for her alone. */
static err_t ida_expected(struct scene *scene, const char **out_link)
{
    Keys__ScimUserPut put = KEYS__SCIM_USER_PUT__INIT;
    Keys__InvitationMake invite = KEYS__INVITATION_MAKE__INIT;
    Keys__ScimFound *found = NULL;
    Keys__Invitation *invitation = NULL;
    invite.bearer = TEXT(scene->tenant.cookie);
    invite.until = scene->given.world.clock + DAYS(1);
    invite.password = given_bin(STR(GIVEN_PASSWORD));
    put.user_name = TEXT("ida");
    put.full_name = TEXT("Ida Expected");
    put.email = TEXT("ida@example.com");
    TRY(directory_says(scene, &put, &found));
    invite.role = TEXT("viewer");
    invite.member = found->users[0]->id;
    TRY(given_asked(&scene->given, ASK_invitation_make, &invite, &invitation));
    *out_link = invitation->link;
    return ERR_OK;
}

TEST(an_invitation_for_somebody_alone_is_over_once_they_have_a_way_in)
{
    OWN(scene) scene = {0};
    OWN(given_authenticator) authenticator = {0};
    Keys__SsoOutcome *outcome = NULL;
    Keys__Who *who = NULL;
    struct given_person thief;
    const char *link = NULL;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(provider_anew(&scene, "passkey", ""));
    CHECK_OK(ida_expected(&scene, &link));
    CHECK_OK(enters(&scene, "\"sub\":\"ida\"", &outcome));
    CHECK_OK(given_authenticator(&authenticator, -7));
    CHECK_OK(passkey_first(&scene, outcome->who->cookie, &authenticator));
    CHECK(given_refused(given_joined(&scene.given, link, "ida", &thief), ERR_DENIED, "already"));
    CHECK_OK(given_named(&scene.given, ASK_member_key, scene.tenant.cookie,
                         *(const ident_t *)outcome->who->member.data, NULL));
    CHECK_OK(comes_by_passkey(&scene, &authenticator, &who));
    CHECK(who->keyed);
}

TEST(nobody_joins_by_single_sign_on_with_an_invitation_of_somebody_else_or_one_that_is_over)
{
    OWN(scene) scene = {0};
    Keys__SsoOutcome *outcome = NULL;
    const Keys__SsoBegun *one = NULL;
    Keys__Who *who = NULL;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(provider_anew(&scene, "passkey", "viewer"));
    CHECK_OK(ida_expected(&scene, &scene.invitation));
    CHECK(given_refused(begun(&scene, &one), ERR_CONFLICT, "for somebody who is here"));
    CHECK_OK(given_invited(&scene.given, &scene.tenant, "owner", &scene.invitation));
    scene.given.world.clock += DAYS(7) - MINUTES(1);
    CHECK_OK(enters(&scene, "\"sub\":\"nina\"", &outcome));
    CHECK(!strcmp(outcome->state, "joins"));
    scene.given.world.clock += MINUTES(2);
    CHECK(given_refused(nina_named(&scene, &who), ERR_DENIED, "has expired"));
}

TEST(what_jobs_brings_that_is_no_provider_keeps_what_was_known)
{
    OWN(scene) scene = {0};
    Keys__SsoTold told = KEYS__SSO_TOLD__INIT;
    Keys__SsoErrand *next = NULL;
    const Keys__SsoBegun *one = NULL;
    const Keys__Sso *sso = NULL;
    CHECK_OK(scene_open(&scene));
    told.id = given_bin(ident_bytes(&scene.tenant.id));
    told.kind = TEXT("keys");
    told.keys = TEXT("{\"keys\":[]}");
    CHECK_OK(turn(&scene, &told, &next));
    CHECK_OK(given_borne(&scene.given, ASK_sso_get, scene.tenant.cookie, &sso));
    CHECK(sso->keys == 1 && strstr(sso->trouble, "none of its keys"));
    CHECK_OK(begun(&scene, &one));
    CHECK(*one->location);
}

TESTS(a_provisioned_member_is_known_by_the_claim_once_and_by_the_subject_from_then_on,
      a_sign_in_is_over_after_ten_minutes_and_leaves_nothing,
      a_flood_of_sign_ins_lets_the_first_that_never_came_back_go,
      who_has_no_sign_in_under_way_comes_before_a_client_that_has_and_sent_many,
      a_token_of_an_unknown_key_has_the_provider_asked_once_a_minute,
      the_nonce_is_of_the_one_time_key_that_the_session_keeps,
      a_keeper_is_given_what_it_needs_to_judge_a_sign_in_and_opens_that_session_alone,
      a_passkey_that_opens_a_key_is_a_first_way_in_and_the_tenants_key_comes_to_it,
      a_client_that_lets_no_passkey_release_the_key_takes_none_as_a_first_way_in,
      a_directory_does_not_say_by_what_somebody_comes_in_who_has_a_way_in_of_their_own,
      an_invitation_for_somebody_alone_is_over_once_they_have_a_way_in,
      nobody_joins_by_single_sign_on_with_an_invitation_of_somebody_else_or_one_that_is_over,
      what_jobs_brings_that_is_no_provider_keeps_what_was_known)
