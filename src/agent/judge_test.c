/* SPDX-License-Identifier: Apache-2.0
 *
 * Which sign-ins a keeper releases the key to, judged by the code that the keeper runs; the provider is a pair of documents.
 */
#include "agent/keeper_judge.h"
#include "crypt/seal.h"
#include "oidc/token.h"
#include "oidc/token_given.h"
#include "sys/env_virtual.h"
#include "test/test.h"

#define ISSUER "https://id.example"
#define HEADER "{\"alg\":\"ES256\",\"kid\":\"one\"}"

struct scene {
    struct world world;
    struct env *env;
    struct keeper_settings settings;
    struct issuing issuing[2]; /* the second comes in the place of the first */
    buf_t token;
    struct key public;
    uint8_t salt[16];
    bool down, changed;
    int fetches;      /* of keys */
    const char *says; /* what it calls itself, in its document */
    struct judging judging;
};
typedef struct scene scene_own;

static void scene_drop(struct scene *scene)
{
    judging_drop(&scene->judging);
    issuing_drop(&scene->issuing[0]);
    issuing_drop(&scene->issuing[1]);
    buf_drop(&scene->token);
    world_drop(&scene->world);
}

static err_t provider_answers(void *with, const struct keeper_document *document, buf_t *out_body)
{
    struct scene *scene = with;
    if (scene->down)
        return fail(ERR_UNREACHABLE, "nobody answers");
    if (!strcmp(document->url, ISSUER "/jwks")) {
        scene->fetches++;
        return given_jwks(&scene->issuing[scene->changed], 1, out_body);
    }
    if (strcmp(document->url, ISSUER "/.well-known/openid-configuration") != 0)
        return fail(ERR_MISSING, "there is no such document");
    buf_putf(out_body,
             "{\"issuer\":\"%s\",\"authorization_endpoint\":\"" ISSUER
             "/authorize\",\"token_endpoint\":\"" ISSUER "/token\",\"jwks_uri\":\"" ISSUER
             "/jwks\",\"response_types_supported\":[\"code\"],"
             "\"code_challenge_methods_supported\":[\"S256\"]}",
             scene->says);
    return buf_end(out_body);
}

/* What may be said otherwise in a token; NULL: as it should be. */
struct otherwise {
    const char *issuer, *audience, *more;
    const char *nonce;
    moment_t issued, until; /* from now */
};

static err_t issued(struct scene *scene, const struct otherwise *otherwise)
{
    OWN(buf) nonce = BUF(64);
    OWN(buf) claims = BUF(2048);
    long long now = (long long)(scene->world.clock / 1000);
    token_nonce(key_bytes(&scene->public), str_bytes(scene->salt, sizeof scene->salt), &nonce);
    TRY(buf_end(&nonce));
    buf_putf(&claims,
             "{\"iss\":\"%s\",\"sub\":\"vera\",\"aud\":\"%s\",\"nonce\":\"%s\",\"iat\":%lld,\"exp\":%lld%s}",
             otherwise->issuer ? otherwise->issuer : ISSUER,
             otherwise->audience ? otherwise->audience : "custody",
             otherwise->nonce ? otherwise->nonce : nonce.at, now + (long long)(otherwise->issued / 1000),
             now + (otherwise->until ? (long long)(otherwise->until / 1000) : 300),
             otherwise->more ? otherwise->more : "");
    TRY(buf_end(&claims));
    buf_clear(&scene->token);
    return given_signed(&scene->issuing[scene->changed],
                        scene->changed ? "{\"alg\":\"ES256\",\"kid\":\"two\"}" : HEADER, buf_str(&claims),
                        &scene->token);
}

static err_t scene_open(struct scene *scene)
{
    struct key seed, private;
    scene->token = (buf_t)BUF(TOKEN_MOST);
    world_open(&scene->world, 7);
    scene->env = &scene->world.env;
    scene->says = ISSUER;
    snprintf(scene->settings.issuer, sizeof scene->settings.issuer, "%s", ISSUER);
    snprintf(scene->settings.client, sizeof scene->settings.client, "custody");
    scene->judging = (struct judging){
        .env = scene->env, .settings = &scene->settings, .fetch = provider_answers, .with = scene};
    key_random(scene->env, &seed);
    pair_from(&seed, &scene->public, &private);
    scene->env->random(scene->env, scene->salt, sizeof scene->salt);
    TRY(given_issuing("ES256", "one", &scene->issuing[0]));
    return given_issuing("ES256", "two", &scene->issuing[1]);
}

static err_t judged(struct scene *scene)
{
    return keeper_judge(&scene->judging, &(struct signed_in){key_bytes(&scene->public),
                                                             str_bytes(scene->salt, sizeof scene->salt),
                                                             buf_str(&scene->token)});
}

static bool is_refused(struct scene *scene, const struct otherwise *otherwise, const char *why)
{
    err_t made = issued(scene, otherwise);
    err_t found = made == ERR_OK ? judged(scene) : made;
    return found == ERR_DENIED && strstr(err_note(), why);
}

TEST(a_sign_in_for_this_client_with_the_nonce_of_this_pair_is_released)
{
    OWN(scene) scene = {.fetches = 0};
    CHECK_OK(scene_open(&scene));
    CHECK_OK(issued(&scene, &(struct otherwise){0}));
    CHECK_OK(judged(&scene));
    CHECK_OK(judged(&scene));
    CHECK(scene.fetches == 1);
}

TEST(a_token_of_another_sign_in_or_for_another_one_time_key_releases_nothing)
{
    OWN(scene) scene = {.fetches = 0};
    CHECK_OK(scene_open(&scene));
    CHECK(is_refused(&scene, &(struct otherwise){.nonce = "of-another-sign-in"}, "nonce"));
    CHECK_OK(issued(&scene, &(struct otherwise){0}));
    scene.public.bytes[0] ^= 1; /* a pair of the service's own */
    CHECK_FAILS(ERR_DENIED, judged(&scene));
    scene.public.bytes[0] ^= 1;
    scene.salt[0] ^= 1;
    CHECK_FAILS(ERR_DENIED, judged(&scene));
    scene.salt[0] ^= 1;
    CHECK_OK(judged(&scene));
}

TEST(a_token_that_is_over_or_old_or_of_another_issuer_or_client_releases_nothing)
{
    OWN(scene) scene = {.fetches = 0};
    CHECK_OK(scene_open(&scene));
    CHECK(is_refused(&scene, &(struct otherwise){.issued = -MINUTES(5), .until = -MINUTES(3)}, ""));
    CHECK(is_refused(&scene, &(struct otherwise){.issued = -MINUTES(20)}, ""));
    CHECK(is_refused(&scene, &(struct otherwise){.issued = MINUTES(5)}, ""));
    CHECK(is_refused(&scene, &(struct otherwise){.issuer = "https://id.example.com"}, "issuer"));
    CHECK(is_refused(&scene, &(struct otherwise){.audience = "another"}, "audience"));
}

TEST(keys_that_the_provider_has_changed_are_asked_for_once_more_and_then_it_is_fine)
{
    OWN(scene) scene = {.fetches = 0};
    CHECK_OK(scene_open(&scene));
    CHECK_OK(issued(&scene, &(struct otherwise){0}));
    CHECK_OK(judged(&scene));
    scene.changed = true;
    CHECK_OK(issued(&scene, &(struct otherwise){0}));
    CHECK_FAILS(ERR_BUSY, judged(&scene)); /* they are some seconds old: nobody makes it ask on and on */
    CHECK(scene.fetches == 1);
    scene.world.clock += MINUTES(1);
    CHECK_OK(judged(&scene));
    CHECK_OK(judged(&scene));
    CHECK(scene.fetches == 2);
}

TEST(a_token_by_a_key_that_is_none_of_the_providers_releases_nothing)
{
    OWN(scene) scene = {.fetches = 0};
    CHECK_OK(scene_open(&scene));
    scene.changed = true;
    CHECK_OK(issued(&scene, &(struct otherwise){0}));
    scene.changed = false;
    CHECK_FAILS(ERR_BUSY, judged(&scene));
    scene.world.clock += MINUTES(1);
    CHECK_FAILS(ERR_MISSING, judged(&scene));
    CHECK(scene.fetches == 2);
}

TEST(while_the_provider_is_down_nothing_is_released_and_afterwards_the_same_sign_in_is)
{
    OWN(scene) scene = {.fetches = 0};
    CHECK_OK(scene_open(&scene));
    CHECK_OK(issued(&scene, &(struct otherwise){0}));
    scene.down = true;
    CHECK_FAILS(ERR_UNREACHABLE, judged(&scene));
    scene.down = false;
    CHECK_OK(judged(&scene));
    scene.down = true;
    CHECK_OK(judged(&scene)); /* by keys that are ten minutes old at most */
    scene.world.clock += MINUTES(10);
    CHECK_FAILS(ERR_UNREACHABLE, judged(&scene));
    scene.down = false;
    scene.says = "https://other.example"; /* somebody else answers in its place */
    CHECK(judged(&scene) != ERR_OK && scene.fetches == 1);
}

static bool is_released(struct scene *scene, const char *claims)
{
    return issued(scene, &(struct otherwise){.more = claims}) == ERR_OK && judged(scene) == ERR_OK;
}

TEST(a_claim_that_is_asked_for_is_that_text_or_a_list_with_it)
{
    OWN(scene) scene = {.fetches = 0};
    static const char why[] = "release-claim";
    CHECK_OK(scene_open(&scene));
    snprintf(scene.settings.claim, sizeof scene.settings.claim, "groups");
    snprintf(scene.settings.claim_is, sizeof scene.settings.claim_is, "custody");
    CHECK(is_released(&scene, ",\"groups\":\"custody\""));
    CHECK(is_released(&scene, ",\"groups\":[\"staff\",\"custody\"]"));
    CHECK(is_refused(&scene, &(struct otherwise){.more = ""}, why));
    CHECK(is_refused(&scene, &(struct otherwise){.more = ",\"groups\":\"custody-not\""}, why));
    CHECK(is_refused(&scene, &(struct otherwise){.more = ",\"groups\":[\"staff\",\"custody-not\"]"}, why));
    CHECK(is_refused(&scene, &(struct otherwise){.more = ",\"groups\":[]"}, why));
    CHECK(is_refused(&scene, &(struct otherwise){.more = ",\"groups\":[[\"custody\"]]"}, why));
    CHECK(is_refused(&scene, &(struct otherwise){.more = ",\"groups\":{\"custody\":true}"}, why));
    CHECK(is_refused(&scene, &(struct otherwise){.more = ",\"groups\":true"}, why));
}

TESTS(a_sign_in_for_this_client_with_the_nonce_of_this_pair_is_released,
      a_token_of_another_sign_in_or_for_another_one_time_key_releases_nothing,
      a_token_that_is_over_or_old_or_of_another_issuer_or_client_releases_nothing,
      keys_that_the_provider_has_changed_are_asked_for_once_more_and_then_it_is_fine,
      a_token_by_a_key_that_is_none_of_the_providers_releases_nothing,
      while_the_provider_is_down_nothing_is_released_and_afterwards_the_same_sign_in_is,
      a_claim_that_is_asked_for_is_that_text_or_a_list_with_it)
