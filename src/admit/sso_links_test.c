/* SPDX-License-Identifier: Apache-2.0
 *
 * Links: who the sign-in provider means, kept so that nobody can read it.
 */
#include "admit/people_given.h"
#include "admit/sso.h"
#include "test/test.h"

struct scene {
    struct given given;
    struct given_tenant tenant;
    struct given_person vera, bob;
};
typedef struct scene scene_own;
static void scene_drop(struct scene *scene) { given_drop(&scene->given); }

static err_t scene_open(struct scene *scene)
{
    TRY(given_a_keyring(&scene->given));
    TRY(given_open_tenant(&scene->given, "example", &scene->tenant));
    TRY(given_member(&scene->given, &scene->tenant, "viewer", &scene->vera));
    return given_member(&scene->given, &scene->tenant, "viewer", &scene->bob);
}

struct linking {
    struct scene *scene;
    struct sso_link link;
    ident_t found;
};

static struct ask ask_of(struct scene *scene)
{
    struct keyring *keyring = scene->given.keyring;
    return (struct ask){.keyring = keyring,
                        .env = keyring_env(keyring),
                        .db = keyring_db(keyring),
                        .arena = &scene->given.arena};
}

static err_t put_act(struct keyring *keyring, void *with)
{
    struct linking *linking = with;
    struct ask ask = ask_of(linking->scene);
    (void)keyring;
    return sso_link_put(&ask, &linking->link);
}

static err_t find_act(struct keyring *keyring, void *with)
{
    struct linking *linking = with;
    struct ask ask = ask_of(linking->scene);
    (void)keyring;
    return sso_link_find(&ask, &linking->link, &linking->found);
}

static err_t link_put(struct scene *scene, ident_t member, enum sso_by by, const char *value)
{
    struct linking linking = {scene, {scene->tenant.id, member, by, str(value)}};
    return keyring_write(scene->given.keyring, put_act, &linking);
}

static err_t finds(struct scene *scene, ident_t member, enum sso_by by, const char *value)
{
    struct linking linking = {scene, {.tenant = scene->tenant.id, .by = by, .value = str(value)}};
    TRY(keyring_write(scene->given.keyring, find_act, &linking));
    return ident_eq(linking.found, member) ? ERR_OK : fail(ERR_CONFLICT, "it is somebody else");
}

TEST(a_subject_is_found_as_the_member_it_was_linked_to)
{
    OWN(scene) scene = {0};
    CHECK_OK(scene_open(&scene));
    CHECK_OK(link_put(&scene, scene.vera.id, SSO_SUBJECT, "248289761001"));
    CHECK_OK(finds(&scene, scene.vera.id, SSO_SUBJECT, "248289761001"));
    CHECK_FAILS(ERR_MISSING, finds(&scene, scene.vera.id, SSO_SUBJECT, "248289761002"));
    CHECK_FAILS(ERR_MISSING, finds(&scene, scene.vera.id, SSO_PROVISIONED, "248289761001"));
}

TEST(one_subject_is_one_member_and_a_member_has_one_subject)
{
    OWN(scene) scene = {0};
    CHECK_OK(scene_open(&scene));
    CHECK_OK(link_put(&scene, scene.vera.id, SSO_SUBJECT, "one"));
    CHECK_FAILS(ERR_CONFLICT, link_put(&scene, scene.bob.id, SSO_SUBJECT, "one"));
    CHECK_OK(link_put(&scene, scene.vera.id, SSO_SUBJECT, "two"));
    CHECK_FAILS(ERR_MISSING, finds(&scene, scene.vera.id, SSO_SUBJECT, "one"));
    CHECK_OK(link_put(&scene, scene.bob.id, SSO_SUBJECT, "one"));
}

TEST(a_provisioned_member_is_found_whatever_the_case)
{
    OWN(scene) scene = {0};
    CHECK_OK(scene_open(&scene));
    CHECK_OK(link_put(&scene, scene.vera.id, SSO_PROVISIONED, "Vera@Example.com"));
    CHECK_OK(finds(&scene, scene.vera.id, SSO_PROVISIONED, "vera@example.COM"));
}

TEST(no_subject_stands_in_the_keyring_and_links_end_with_the_member)
{
    OWN(scene) scene = {0};
    Keys__Request *request = NULL;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(link_put(&scene, scene.vera.id, SSO_PROVISIONED, "vera-subject-248289761001"));
    CHECK_OK(link_put(&scene, scene.vera.id, SSO_SUBJECT, "vera-subject-248289761001"));
    CHECK(!given_bytes_in_folder(test_folder(), STR("vera-subject-248289761001")));
    CHECK_OK(given_named(&scene.given, ASK_member_remove, scene.tenant.cookie, scene.vera.id, &request));
    CHECK_FAILS(ERR_MISSING, finds(&scene, scene.vera.id, SSO_SUBJECT, "vera-subject-248289761001"));
    CHECK_FAILS(ERR_MISSING, finds(&scene, scene.vera.id, SSO_PROVISIONED, "vera-subject-248289761001"));
}

TESTS(a_subject_is_found_as_the_member_it_was_linked_to,
      one_subject_is_one_member_and_a_member_has_one_subject, a_provisioned_member_is_found_whatever_the_case,
      no_subject_stands_in_the_keyring_and_links_end_with_the_member)
