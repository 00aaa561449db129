/* SPDX-License-Identifier: Apache-2.0
 *
 * ID tokens: what is taken, and everything that is not.
 */
#include "oidc/token.h"

#include "crypt/seal.h"
#include "oidc/token_given.h"
#include "test/test.h"

#define NOW     ((moment_t)1800000000000)
#define ISSUER  "https://id.example.com/realm"
#define CLIENT  "custody"
#define NONCE   "n-0S6_WzA2Mj"
#define SUBJECT "248289761001"

enum { KEYS = 4 };
static const char *const kinds[KEYS] = {"RS256", "PS256", "ES256", "EdDSA"};

/* One provider with a key of each kind, whose kid is its algorithm's name. */
struct scene {
    struct issuing issuing[KEYS];
    buf_t keys;
    arena_t arena;
    struct token_said said;
};
typedef struct scene scene_own;
static void scene_drop(struct scene *scene)
{
    for (size_t i = 0; i < KEYS; i++)
        issuing_drop(&scene->issuing[i]);
    buf_drop(&scene->keys);
    arena_drop(&scene->arena);
}

static err_t scene_open(struct scene *scene)
{
    *scene = (struct scene){.keys = BUF(KEYS_MOST), .arena = ARENA(1 << 20)};
    for (size_t i = 0; i < KEYS; i++)
        TRY(given_issuing(kinds[i], kinds[i], &scene->issuing[i]));
    return given_jwks(scene->issuing, KEYS, &scene->keys);
}

/* What a token says; `more` stands behind it, and begins with a comma. */
struct saying {
    const char *issuer, *audience, *nonce, *more;
    moment_t issued, until;
};
static const struct saying right = {ISSUER, "\"" CLIENT "\"", NONCE, "", NOW - 1000, NOW + MINUTES(5)};

static err_t claims_put(const struct saying *saying, buf_t *out)
{
    buf_putf(out,
             "{\"iss\":\"%s\",\"sub\":\"" SUBJECT
             "\",\"aud\":%s,\"nonce\":\"%s\",\"iat\":%lld,\"exp\":%lld%s}",
             saying->issuer, saying->audience, saying->nonce, (long long)saying->issued / 1000,
             (long long)saying->until / 1000, saying->more);
    return buf_end(out);
}

static err_t checked(struct scene *scene, str_t token)
{
    const struct token_ask ask = {.issuer = STR(ISSUER),
                                  .client = STR(CLIENT),
                                  .nonce = STR(NONCE),
                                  .keys = buf_str(&scene->keys),
                                  .access_token = STR("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"),
                                  .claim = "email",
                                  .since = NOW - MINUTES(1),
                                  .now = NOW};
    return token_check(&ask, token, &scene->arena, &scene->said);
}

static err_t said_by(struct scene *scene, size_t key, const char *header, const struct saying *saying)
{
    OWN(buf) claims = BUF(4096);
    OWN(buf) token = BUF(TOKEN_MOST);
    TRY(claims_put(saying, &claims));
    TRY(given_signed(&scene->issuing[key], header, buf_str(&claims), &token));
    return checked(scene, buf_str(&token));
}

static err_t says(struct scene *scene, const struct saying *saying)
{
    return said_by(scene, 0, "{\"alg\":\"RS256\",\"kid\":\"RS256\",\"typ\":\"JWT\"}", saying);
}

static err_t says_more(struct scene *scene, const char *more)
{
    struct saying saying = right;
    saying.more = more;
    return says(scene, &saying);
}

TEST(a_token_of_each_algorithm_is_taken_by_its_own_key_alone)
{
    OWN(scene) scene = {0};
    char header[80];
    CHECK_OK(scene_open(&scene));
    for (size_t i = 0; i < KEYS; i++) {
        snprintf(header, sizeof header, "{\"alg\":\"%s\",\"kid\":\"%s\"}", kinds[i], kinds[i]);
        CHECK_OK(said_by(&scene, i, header, &right));
        CHECK(str_eq(scene.said.subject, STR(SUBJECT)) && scene.said.until == right.until);
        CHECK_FAILS(ERR_DENIED, said_by(&scene, (i + 2) % KEYS, header, &right));
    }
}

TEST(no_algorithm_without_a_key_pair_is_taken)
{
    OWN(scene) scene = {0};
    OWN(buf) token = BUF(TOKEN_MOST);
    OWN(buf) claims = BUF(4096);
    uint8_t mac[DIGEST_SIZE];
    CHECK_OK(scene_open(&scene));
    CHECK_OK(claims_put(&right, &claims));
    buf_put_base64(&token, STR("{\"alg\":\"none\"}"));
    buf_put_byte(&token, '.');
    buf_put_base64(&token, buf_str(&claims));
    buf_put_byte(&token, '.');
    CHECK_FAILS(ERR_DENIED, checked(&scene, buf_str(&token)));
    /* HS256, with what is public of the provider as its secret */
    buf_clear(&token);
    buf_put_base64(&token, STR("{\"alg\":\"HS256\",\"kid\":\"RS256\"}"));
    buf_put_byte(&token, '.');
    buf_put_base64(&token, buf_str(&claims));
    const str_t text = buf_str(&token);
    digest_keyed(buf_str(&scene.keys), &text, 1, mac);
    buf_put_byte(&token, '.');
    buf_put_base64(&token, str_bytes(mac, sizeof mac));
    CHECK_FAILS(ERR_DENIED, checked(&scene, buf_str(&token)));
}

TEST(an_algorithm_is_bound_to_the_type_of_its_key)
{
    OWN(scene) scene = {0};
    CHECK_OK(scene_open(&scene));
    CHECK_FAILS(ERR_DENIED, said_by(&scene, 0, "{\"alg\":\"ES256\",\"kid\":\"RS256\"}", &right));
    CHECK_FAILS(ERR_DENIED, said_by(&scene, 0, "{\"alg\":\"PS256\",\"kid\":\"RS256\"}", &right));
    CHECK_FAILS(ERR_DENIED, said_by(&scene, 0, "{\"alg\":\"RS256\"}", &right)); /* two would do */
    CHECK_OK(said_by(&scene, 2, "{\"alg\":\"ES256\"}", &right));
}

TEST(a_key_that_the_provider_has_not_told_of_is_missing)
{
    OWN(scene) scene = {0};
    CHECK_OK(scene_open(&scene));
    CHECK_FAILS(ERR_MISSING, said_by(&scene, 0, "{\"alg\":\"RS256\",\"kid\":\"next\"}", &right));
}

TEST(what_the_header_brings_along_is_not_believed)
{
    OWN(scene) scene = {0};
    CHECK_OK(scene_open(&scene));
    CHECK_FAILS(ERR_DENIED,
                said_by(&scene, 0, "{\"alg\":\"RS256\",\"kid\":\"RS256\",\"crit\":[\"b64\"]}", &right));
    CHECK_FAILS(ERR_DENIED,
                said_by(&scene, 0, "{\"alg\":\"RS256\",\"kid\":\"RS256\",\"typ\":\"logout+jwt\"}", &right));
    CHECK_FAILS(ERR_DENIED, said_by(&scene, 0, "{\"alg\":\"RS256\",\"kid\":7}", &right));
    CHECK_FAILS(ERR_INVALID, said_by(&scene, 0, "{\"alg\":\"RS256\",\"alg\":\"none\"}", &right));
}

TEST(a_token_of_another_issuer_for_another_client_or_sign_in_is_refused)
{
    OWN(scene) scene = {0};
    CHECK_OK(scene_open(&scene));
    struct saying saying = right;
    saying.issuer = ISSUER "/";
    CHECK_FAILS(ERR_DENIED, says(&scene, &saying));
    saying = right;
    saying.audience = "\"custody2\"";
    CHECK_FAILS(ERR_DENIED, says(&scene, &saying));
    saying.audience = "[\"other\",\"another\"]";
    CHECK_FAILS(ERR_DENIED, says(&scene, &saying));
    saying = right;
    saying.nonce = "another";
    CHECK_FAILS(ERR_DENIED, says(&scene, &saying));
    CHECK_FAILS(ERR_DENIED, says_more(&scene, ",\"azp\":\"another\""));
    CHECK_OK(says_more(&scene, ",\"azp\":\"" CLIENT "\""));
}

TEST(several_audiences_need_the_client_named_as_the_one_it_was_given_to)
{
    OWN(scene) scene = {0};
    struct saying saying = right;
    CHECK_OK(scene_open(&scene));
    saying.audience = "[\"" CLIENT "\",\"other\"]";
    CHECK_FAILS(ERR_DENIED, says(&scene, &saying));
    saying.more = ",\"azp\":\"other\"";
    CHECK_FAILS(ERR_DENIED, says(&scene, &saying));
    saying.more = ",\"azp\":\"" CLIENT "\"";
    CHECK_OK(says(&scene, &saying));
    saying = right;
    saying.audience = "[\"" CLIENT "\"]";
    CHECK_OK(says(&scene, &saying));
}

TEST(clocks_may_differ_by_two_minutes_and_no_more)
{
    OWN(scene) scene = {0};
    struct saying saying = right;
    CHECK_OK(scene_open(&scene));
    saying.until = NOW - SKEW_MS + 1000;
    CHECK_OK(says(&scene, &saying));
    saying.until = NOW - SKEW_MS;
    CHECK_FAILS(ERR_DENIED, says(&scene, &saying));
    saying = right;
    saying.issued = NOW + SKEW_MS;
    CHECK_OK(says(&scene, &saying));
    saying.issued = NOW + SKEW_MS + 1000;
    CHECK_FAILS(ERR_DENIED, says(&scene, &saying));
    saying.issued = NOW - MINUTES(1) - SKEW_MS - 1000; /* before it began */
    CHECK_FAILS(ERR_DENIED, says(&scene, &saying));
    CHECK_OK(says_more(&scene, ",\"nbf\":1800000119.5"));
    CHECK_FAILS(ERR_DENIED, says_more(&scene, ",\"nbf\":1800000121"));
    CHECK_FAILS(ERR_DENIED, says_more(&scene, ",\"nbf\":\"soon\""));
}

TEST(an_access_token_has_to_be_the_one_that_the_hash_is_of)
{
    OWN(scene) scene = {0};
    CHECK_OK(scene_open(&scene));
    CHECK_OK(says_more(&scene,
                       ",\"at_hash\":\"77QmUPtjPfzWtF2AnpK9RQ\"")); /* of the specification's own example */
    CHECK_FAILS(ERR_DENIED, says_more(&scene, ",\"at_hash\":\"77QmUPtjPfzWtF2AnpK9RA\""));
    CHECK_FAILS(ERR_DENIED, says_more(&scene, ",\"at_hash\":7"));
}

TEST(an_email_address_that_the_provider_is_not_sure_of_names_nobody)
{
    OWN(scene) scene = {0};
    CHECK_OK(scene_open(&scene));
    CHECK_OK(says_more(&scene,
                       ",\"email\":\"vera@example.com\",\"name\":\"Vera Viewer\",\"preferred_username\":7"));
    CHECK(!scene.said.claim.len && scene.said.email.len && !scene.said.username.len);
    CHECK(str_eq(scene.said.name, STR("Vera Viewer")));
    CHECK_OK(says_more(&scene, ",\"email\":\"vera@example.com\",\"email_verified\":true"));
    CHECK(str_eq(scene.said.claim, STR("vera@example.com")));
}

TEST(what_is_no_token_is_refused_and_so_is_one_of_which_a_bit_was_turned)
{
    OWN(scene) scene = {0};
    OWN(buf) claims = BUF(4096);
    OWN(buf) token = BUF(TOKEN_MOST);
    static const char *const none[] = {
        "", ".", "..", "a.b", "e30.e30.", "e30.e30.e30.e30", "eyJhbGciOiJSUzI1NiJ9..e30"};
    CHECK_OK(scene_open(&scene));
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        CHECK(checked(&scene, str(none[i])) != ERR_OK);
    CHECK_OK(claims_put(&right, &claims));
    CHECK_OK(
        given_signed(&scene.issuing[3], "{\"alg\":\"EdDSA\",\"kid\":\"EdDSA\"}", buf_str(&claims), &token));
    for (size_t i = 0; i < token.len; i += 3) {
        token.at[i] ^= 1;
        CHECK(checked(&scene, buf_str(&token)) != ERR_OK);
        token.at[i] ^= 1;
    }
    CHECK_OK(checked(&scene, buf_str(&token)));
}

TEST(only_keys_that_can_sign_for_us_are_counted)
{
    OWN(scene) scene = {0};
    size_t count = 0;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(token_keys_check(buf_str(&scene.keys), &count));
    CHECK(count == KEYS);
    CHECK_OK(token_keys_check(
        STR("{\"keys\":[{\"kty\":\"oct\",\"k\":\"AAAA\"},{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"},7]}"),
        &count));
    CHECK(count == 0);
    CHECK_FAILS(ERR_INVALID, token_keys_check(STR("{\"keys\":7}"), &count));
    CHECK_FAILS(ERR_INVALID, token_keys_check(STR("[[[[[[[[[[[[[[[[[[["), &count));
}

TESTS(a_token_of_each_algorithm_is_taken_by_its_own_key_alone, no_algorithm_without_a_key_pair_is_taken,
      an_algorithm_is_bound_to_the_type_of_its_key, a_key_that_the_provider_has_not_told_of_is_missing,
      what_the_header_brings_along_is_not_believed,
      a_token_of_another_issuer_for_another_client_or_sign_in_is_refused,
      several_audiences_need_the_client_named_as_the_one_it_was_given_to,
      clocks_may_differ_by_two_minutes_and_no_more, an_access_token_has_to_be_the_one_that_the_hash_is_of,
      an_email_address_that_the_provider_is_not_sure_of_names_nobody,
      what_is_no_token_is_refused_and_so_is_one_of_which_a_bit_was_turned,
      only_keys_that_can_sign_for_us_are_counted)
