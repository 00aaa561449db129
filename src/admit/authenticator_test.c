/* SPDX-License-Identifier: Apache-2.0
 *
 * An authenticator is asked at each sign-in, takes a code once, and ends with the recovery kit.
 */
#include "admit/authenticator.h"

#include "admit/people_given.h"
#include "test/test.h"

struct scene {
    struct given given;
    struct given_tenant tenant;
    struct totp_secret secret;
};
typedef struct scene scene_own;

static void scene_drop(struct scene *scene) { given_drop(&scene->given); }

static err_t again(struct scene *scene, enum ask_number number, const char *password, void *out_answer)
{
    Keys__Again in = KEYS__AGAIN__INIT;
    in.bearer = (char *)(uintptr_t)scene->tenant.cookie;
    in.username = (char *)(uintptr_t) "ana";
    in.password = given_bin(str(password));
    return given_asked(&scene->given, number, &in, out_answer);
}

static err_t confirm(struct scene *scene, const char *code)
{
    Keys__CodesConfirm in = KEYS__CODES_CONFIRM__INIT;
    in.bearer = (char *)(uintptr_t)scene->tenant.cookie;
    in.code = (char *)(uintptr_t)code;
    return given_asked(&scene->given, ASK_codes_confirm, &in, NULL);
}

/* As an authenticator keeps it. */
static void secret_from(const char *base32, struct totp_secret *out_secret)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    uint64_t bits = 0;
    size_t held = 0, at = 0;
    for (const char *c = base32; *c && at < TOTP_SECRET; c++) {
        bits = bits << 5 | (uint64_t)(strchr(letters, *c) - letters);
        held += 5;
        if (held >= 8) {
            held -= 8;
            out_secret->bytes[at++] = (uint8_t)(bits >> held);
        }
    }
}

static totp_code_t code_now(struct scene *scene)
{
    return totp_code(&scene->secret, scene->given.env->now(scene->given.env) / TOTP_MS);
}

static err_t scene_open(struct scene *scene)
{
    const Keys__Codes *codes = NULL;
    TRY(given_a_keyring(&scene->given));
    TRY(given_open_tenant(&scene->given, "example", &scene->tenant));
    TRY(again(scene, ASK_codes_begin, GIVEN_PASSWORD, &codes));
    secret_from(codes->secret, &scene->secret);
    TRY(confirm(scene, code_now(scene).text));
    return given_passed(&scene->given, TOTP_MS);
}

static err_t signs_in(struct scene *scene, const char *code)
{
    const char *cookie = NULL;
    Keys__Login login = given_login("example", "ana", GIVEN_PASSWORD);
    login.code = (char *)(uintptr_t)code;
    return given_signed_in(&scene->given, &login, &cookie);
}

TEST(who_has_an_authenticator_signs_in_with_its_code_beside_the_password)
{
    OWN(scene) scene = {0};
    CHECK_OK(scene_open(&scene));
    CHECK(given_refused(signs_in(&scene, ""), ERR_LOCKED, "code of your authenticator"));
    CHECK(given_refused(signs_in(&scene, "000000"), ERR_SIGNED_OUT, "code of the authenticator is wrong"));
    const totp_code_t code = code_now(&scene);
    CHECK_OK(signs_in(&scene, code.text));
    CHECK(given_refused(signs_in(&scene, code.text), ERR_SIGNED_OUT, "was used"));
    CHECK(given_entries(&scene.given, scene.tenant.id, "authenticator.added") == 1);
}

TEST(after_five_wrong_codes_none_is_taken_for_a_quarter_of_an_hour)
{
    OWN(scene) scene = {0};
    CHECK_OK(scene_open(&scene));
    for (int i = 0; i < MOST_WRONG; i++)
        CHECK_FAILS(ERR_SIGNED_OUT, signs_in(&scene, "12"));
    CHECK(given_refused(signs_in(&scene, code_now(&scene).text), ERR_BUSY, "quarter of an hour"));
    CHECK_OK(given_passed(&scene.given, WRONG_MS));
    CHECK_OK(signs_in(&scene, code_now(&scene).text));
}

TEST(codes_that_were_wrong_by_a_clock_that_was_ahead_keep_nobody_out_once_it_is_put_right)
{
    OWN(scene) scene = {0};
    CHECK_OK(scene_open(&scene));
    scene.given.world.clock += DAYS(300);
    for (int i = 0; i < MOST_WRONG; i++)
        CHECK_FAILS(ERR_SIGNED_OUT, signs_in(&scene, "12"));
    scene.given.world.clock -= DAYS(300);
    CHECK_OK(signs_in(&scene, code_now(&scene).text));
    for (int i = 0; i < MOST_WRONG; i++)
        CHECK_FAILS(ERR_SIGNED_OUT, signs_in(&scene, "12"));
    CHECK(given_refused(signs_in(&scene, code_now(&scene).text), ERR_BUSY, "quarter of an hour"));
}

TEST(it_is_added_and_removed_by_the_password_alone)
{
    OWN(scene) scene = {0};
    const Keys__Codes *codes = NULL;
    CHECK_OK(scene_open(&scene));
    CHECK(given_refused(again(&scene, ASK_codes_end, "not my password", NULL), ERR_DENIED, "wrong"));
    CHECK(given_refused(again(&scene, ASK_codes_begin, GIVEN_PASSWORD, &codes), ERR_CONFLICT, "remove it"));
    CHECK_OK(again(&scene, ASK_codes_end, GIVEN_PASSWORD, NULL));
    CHECK_OK(signs_in(&scene, ""));
    CHECK_OK(again(&scene, ASK_codes_begin, GIVEN_PASSWORD, &codes));
    CHECK_OK(signs_in(&scene, "")); /* until it is confirmed */
    CHECK(given_refused(confirm(&scene, "000000"), ERR_DENIED, "wrong"));
}

TEST(the_recovery_kit_brings_in_who_has_lost_it)
{
    OWN(scene) scene = {0};
    Keys__Recover in = KEYS__RECOVER__INIT;
    const char *cookie = NULL;
    Keys__Login login = given_login("example", "ana", "seven small boats at anchor");
    CHECK_OK(scene_open(&scene));
    in.tenant = (char *)(uintptr_t) "example";
    in.kit = (char *)(uintptr_t)scene.tenant.kit;
    in.username = (char *)(uintptr_t) "ana";
    in.password = given_bin(STR("seven small boats at anchor"));
    CHECK_OK(given_asked(&scene.given, ASK_recover, &in, NULL));
    CHECK_OK(given_signed_in(&scene.given, &login, &cookie));
}

TESTS(who_has_an_authenticator_signs_in_with_its_code_beside_the_password,
      after_five_wrong_codes_none_is_taken_for_a_quarter_of_an_hour,
      codes_that_were_wrong_by_a_clock_that_was_ahead_keep_nobody_out_once_it_is_put_right,
      it_is_added_and_removed_by_the_password_alone, the_recovery_kit_brings_in_who_has_lost_it)
