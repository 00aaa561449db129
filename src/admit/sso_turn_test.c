/* SPDX-License-Identifier: Apache-2.0
 *
 * When a sign-in provider is asked for its keys.
 */
#include "admit/people_given.h"
#include "keyring/ask.h"
#include "oidc/token_given.h"
#include "test/test.h"

#define TEXT(words) ((char *)(uintptr_t)(words))

struct scene {
    struct given given;
    struct given_tenant tenant;
    struct issuing key;
    buf_t keys;
};
typedef struct scene scene_own;
static void scene_drop(struct scene *scene)
{
    given_drop(&scene->given);
    issuing_drop(&scene->key);
    buf_drop(&scene->keys);
}

static err_t scene_open(struct scene *scene)
{
    Keys__SsoSet in = KEYS__SSO_SET__INIT;
    scene->keys = (buf_t)BUF(1 << 16);
    TRY(given_a_keyring(&scene->given));
    TRY(given_open_tenant(&scene->given, "example", &scene->tenant));
    TRY(given_issuing("ES256", "one", &scene->key));
    TRY(given_jwks(&scene->key, 1, &scene->keys));
    in.bearer = TEXT(scene->tenant.cookie);
    in.issuer = TEXT("https://id.example.com");
    in.client = TEXT("custody");
    in.opens = TEXT("passphrase");
    in.claim = TEXT("sub");
    in.password = given_bin(STR(GIVEN_PASSWORD));
    return given_asked(&scene->given, ASK_sso_set, &in, NULL);
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

/* Whether the provider is due to be asked; it is, then, and answers. */
static bool is_asked(struct scene *scene)
{
    Keys__SsoTold wants = KEYS__SSO_TOLD__INIT, told = KEYS__SSO_TOLD__INIT;
    Keys__SsoErrand *errand = NULL, *none = NULL;
    wants.takes = true;
    if (turn(scene, &wants, &errand) != ERR_OK || strcmp(errand->kind, "keys") != 0)
        return false;
    told.id = errand->id;
    told.kind = TEXT("keys");
    told.login_at = TEXT("https://id.example.com/login");
    told.token_at = TEXT("https://id.example.com/token");
    told.keys = scene->keys.at;
    return turn(scene, &told, &none) == ERR_OK;
}

TEST(a_provider_is_asked_each_hour)
{
    OWN(scene) scene = {0};
    CHECK_OK(scene_open(&scene));
    CHECK(is_asked(&scene) && !is_asked(&scene));
    scene.given.world.clock += HOURS(1) - 1;
    CHECK(!is_asked(&scene));
    scene.given.world.clock += 1;
    CHECK(is_asked(&scene));
}

/* A key that it has taken back would count until the day that the clock showed. */
TEST(a_provider_that_was_asked_while_the_clock_was_ahead_is_asked_again_once_it_is_put_right)
{
    OWN(scene) scene = {0};
    CHECK_OK(scene_open(&scene));
    scene.given.world.clock += DAYS(300);
    CHECK(is_asked(&scene));
    scene.given.world.clock -= DAYS(300);
    CHECK(is_asked(&scene) && !is_asked(&scene));
}

TESTS(a_provider_is_asked_each_hour,
      a_provider_that_was_asked_while_the_clock_was_ahead_is_asked_again_once_it_is_put_right)
