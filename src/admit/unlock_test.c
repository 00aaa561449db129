/* SPDX-License-Identifier: Apache-2.0
 *
 * A session that came in without the key is locked until what opens the member's own key is shown in it.
 */
#include "admit/people_given.h"
#include "test/test.h"

struct scene {
    struct given given;
    struct given_tenant tenant;
    const char *locked;
};
typedef struct scene scene_own;

static void scene_drop(struct scene *scene) { given_drop(&scene->given); }

static err_t scene_open(struct scene *scene)
{
    TRY(given_a_keyring(&scene->given));
    TRY(given_open_tenant(&scene->given, "example", &scene->tenant));
    return given_locked(&scene->given, scene->tenant.cookie, &scene->locked);
}

static err_t unlocked(struct scene *scene, const char *cookie, const char *password, Keys__Who **out_who)
{
    Keys__Again in = KEYS__AGAIN__INIT;
    in.bearer = (char *)(uintptr_t)cookie;
    in.username = (char *)(uintptr_t) "ana";
    in.password = given_bin(str(password));
    return given_asked(&scene->given, ASK_session_unlock, &in, out_who);
}

static const Keys__Who *who(struct scene *scene, const char *cookie)
{
    static const Keys__Who nobody = KEYS__WHO__INIT;
    const Keys__Who *found = NULL;
    return given_borne(&scene->given, ASK_whoami, cookie, &found) == ERR_OK ? found : &nobody;
}

TEST(a_locked_session_is_told_from_one_that_waits_and_opens_nothing)
{
    OWN(scene) scene = {0};
    CHECK_OK(scene_open(&scene));
    const Keys__Who *found = who(&scene, scene.locked);
    CHECK(found->locked && !found->waits && !found->keyed);
    CHECK(given_refused(given_borne(&scene.given, ASK_token_list, scene.locked, NULL), ERR_LOCKED,
                        "unlock it"));
}

TEST(the_password_unlocks_it_and_the_cookie_stays)
{
    OWN(scene) scene = {0};
    Keys__Who *found = NULL;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(unlocked(&scene, scene.locked, GIVEN_PASSWORD, &found));
    CHECK(found->keyed && !found->locked && !strcmp(found->username, "ana"));
    CHECK_OK(given_borne(&scene.given, ASK_token_list, scene.locked, NULL));
    CHECK(given_entries(&scene.given, scene.tenant.id, "session.keyed") == 1);
    CHECK(given_refused(unlocked(&scene, scene.locked, GIVEN_PASSWORD, NULL), ERR_CONFLICT, "already"));
}

TEST(a_wrong_password_unlocks_nothing_and_is_told_of)
{
    OWN(scene) scene = {0};
    CHECK_OK(scene_open(&scene));
    CHECK(given_refused(unlocked(&scene, scene.locked, "another password", NULL), ERR_DENIED, "wrong"));
    CHECK(who(&scene, scene.locked)->locked);
    CHECK(given_entries(&scene.given, scene.tenant.id, "sign-in.failed") == 1);
}

static err_t wrong_key_act(struct keyring *keyring, void *with)
{
    struct scene *scene = with;
    struct ask ask = {
        .keyring = keyring, .env = scene->given.env, .db = keyring_db(keyring), .arena = &scene->given.arena};
    OWN(who) who = {0};
    OWN(key) other;
    key_random(ask.env, &other);
    TRY(who_asks(&ask, scene->locked, RIGHT_SELF, &who));
    return session_key(&ask, &who, &(struct session_opener){scene->locked, "keeper", &other});
}

TEST(a_key_that_is_not_the_tenants_unlocks_nothing)
{
    OWN(scene) scene = {0};
    CHECK_OK(scene_open(&scene));
    CHECK(
        given_refused(keyring_write(scene.given.keyring, wrong_key_act, &scene), ERR_DENIED, "not the key"));
    CHECK(who(&scene, scene.locked)->locked);
}

TESTS(a_locked_session_is_told_from_one_that_waits_and_opens_nothing,
      the_password_unlocks_it_and_the_cookie_stays, a_wrong_password_unlocks_nothing_and_is_told_of,
      a_key_that_is_not_the_tenants_unlocks_nothing)
