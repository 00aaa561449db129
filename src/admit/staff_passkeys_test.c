/* SPDX-License-Identifier: Apache-2.0
 *
 * Passkeys of the provider's people: they open their own key, at their own door, while they are current.
 */
#include "admit/passkeys_given.h"
#include "admit/people_given.h"
#include "test/test.h"

struct scene {
    struct given given;
    struct given_tenant tenant;
    struct given_person sam;
    struct given_authenticator authenticator;
};
typedef struct scene scene_own;

static void scene_drop(struct scene *scene)
{
    given_authenticator_drop(&scene->authenticator);
    given_drop(&scene->given);
}

static err_t scene_open(struct scene *scene)
{
    TRY(given_a_keyring(&scene->given));
    TRY(given_open_tenant(&scene->given, "example", &scene->tenant));
    TRY(given_staff(&scene->given, "sam", &scene->sam));
    TRY(given_authenticator(&scene->authenticator, -7));
    scene->authenticator.owner = "sam";
    scene->authenticator.prf = true;
    return ERR_OK;
}

static err_t added(struct scene *scene)
{
    return given_passkey(&scene->given, scene->sam.cookie, &scene->authenticator);
}

/* What was asked for at one door, shown at one. */
static err_t login_at(struct scene *scene, const struct given_asking *asked, bool staff, Keys__Who **out_who)
{
    Keys__PasskeyLogin in = KEYS__PASSKEY_LOGIN__INIT;
    Keys__PasskeyOptions *options = NULL;
    Keys__Assertion assertion;
    TRY(given_asked_passkey(&scene->given, asked, &options));
    TRY(given_assertion(&scene->authenticator, options, &assertion));
    in.tenant = (char *)(uintptr_t)(asked->tenant ? asked->tenant : "");
    in.passkey = &assertion;
    in.staff = staff;
    return given_asked(&scene->given, ASK_passkey_login, &in, out_who);
}

static err_t login(struct scene *scene, Keys__Who **out_who)
{
    return login_at(scene, &(struct given_asking){.staff = true}, true, out_who);
}

TEST(one_of_staff_comes_in_by_a_passkey_and_opens_what_a_client_has_granted)
{
    OWN(scene) scene = {0};
    struct given_record record;
    Keys__Who *who = NULL;
    ident_t device, request;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(added(&scene));
    CHECK_OK(login(&scene, &who));
    CHECK_OK(given_borne(&scene.given, ASK_staff_whoami, who->cookie, NULL));
    CHECK_OK(given_device(&scene.given, &scene.tenant, &device));
    CHECK_OK(given_record(&scene.given, &scene.tenant, device, &record));
    scene.sam.cookie = who->cookie;
    CHECK_OK(
        given_asked_support(&scene.given, &(struct given_case){&scene.sam, &scene.tenant, device}, &request));
    CHECK_OK(given_named(&scene.given, ASK_request_approve, scene.tenant.cookie, request, NULL));
    CHECK_OK(given_open(&scene.given, who->cookie, request, &record));
    CHECK_FAILS(ERR_DENIED, given_open(&scene.given, who->cookie, (ident_t){{0}}, &record));
}

TEST(one_that_opens_no_key_is_not_taken)
{
    OWN(scene) scene = {0};
    CHECK_OK(scene_open(&scene));
    scene.authenticator.prf = false;
    CHECK(given_refused(added(&scene), ERR_INVALID, "cannot open a key"));
}

TEST(who_is_not_current_does_not_come_in_by_it_nor_adds_one)
{
    OWN(scene) scene = {0};
    CHECK_OK(scene_open(&scene));
    CHECK_OK(added(&scene));
    CHECK_OK(given_agreement(&scene.given, "2"));
    CHECK(given_refused(login(&scene, NULL), ERR_DENIED, "not current"));
    CHECK(given_refused(added(&scene), ERR_DENIED, "not current"));
    CHECK(given_refused(given_borne(&scene.given, ASK_passkey_list, scene.sam.cookie, NULL), ERR_DENIED,
                        "not current"));
}

TEST(no_door_takes_what_is_for_another)
{
    OWN(scene) scene = {0};
    struct given_authenticator ana;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(added(&scene));
    CHECK_FAILS(ERR_SIGNED_OUT, login_at(&scene, &(struct given_asking){.tenant = "example"}, false, NULL));
    CHECK_FAILS(ERR_SIGNED_OUT, login_at(&scene, &(struct given_asking){.tenant = "example"}, true, NULL));
    CHECK_FAILS(ERR_SIGNED_OUT, login_at(&scene, &(struct given_asking){.staff = true}, false, NULL));
    CHECK_OK(given_authenticator(&ana, -7));
    CHECK_OK(given_passkey(&scene.given, scene.tenant.cookie, &ana));
    given_authenticator_drop(&scene.authenticator);
    scene.authenticator = ana;
    CHECK_FAILS(ERR_SIGNED_OUT, login(&scene, NULL));
}

TEST(it_is_listed_and_a_removed_one_signs_in_no_more)
{
    OWN(scene) scene = {0};
    const Keys__Passkeys *list = NULL;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(added(&scene));
    CHECK_OK(given_borne(&scene.given, ASK_passkey_list, scene.sam.cookie, &list));
    CHECK(list->n_items == 1 && list->items[0]->opens);
    Keys__Again in = KEYS__AGAIN__INIT;
    in.bearer = (char *)(uintptr_t)scene.sam.cookie;
    in.username = (char *)(uintptr_t) "sam";
    in.password = given_bin(STR(GIVEN_PASSWORD));
    in.id = list->items[0]->id;
    CHECK_OK(given_asked(&scene.given, ASK_passkey_remove, &in, NULL));
    CHECK_FAILS(ERR_SIGNED_OUT, login(&scene, NULL));
}

TESTS(one_of_staff_comes_in_by_a_passkey_and_opens_what_a_client_has_granted,
      one_that_opens_no_key_is_not_taken, who_is_not_current_does_not_come_in_by_it_nor_adds_one,
      no_door_takes_what_is_for_another, it_is_listed_and_a_removed_one_signs_in_no_more)
