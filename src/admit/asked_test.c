/* SPDX-License-Identifier: Apache-2.0
 *
 * A request for support access that is there already, and what is asked for under one.
 */
#include "admit/support_given.h"

TEST(a_grant_that_lasts_long_enough_is_reused_and_one_that_is_over_is_not)
{
    OWN(scene) scene = {0};
    ident_t again;
    struct given_case what;
    CHECK_OK(scene_granted(&scene)); /* for an hour */
    what = (struct given_case){&scene.sam, &scene.tenant, scene.device, .minutes = 30};
    CHECK_OK(given_asked_support(&scene.given, &what, &again));
    CHECK(ident_eq(again, scene.request));
    scene.given.world.clock += MINUTES(45);
    scene.given.world.boot_clock += MINUTES(45);
    CHECK_OK(given_asked_support(&scene.given, &what, &again));
    CHECK(!ident_eq(again, scene.request));
    what.minutes = 60;
    CHECK_OK(given_asked_support(&scene.given, &what, &again));
    CHECK(ident_eq(again, scene.request));
    scene.given.world.clock += MINUTES(15); /* over, and the minute in which that is found has not come */
    scene.given.world.boot_clock += MINUTES(15);
    CHECK(given_refused(sam_opens(&scene), ERR_LOCKED, "the grant has ended"));
    CHECK_OK(given_asked_support(&scene.given, &what, &again));
    CHECK(!ident_eq(again, scene.request));
    scene.request = again;
    CHECK_OK(answered(&scene, ASK_request_approve));
    CHECK_OK(sam_opens(&scene));
}

TEST(a_request_that_nobody_answered_in_time_is_not_the_one_that_is_there)
{
    OWN(scene) scene = {0};
    ident_t again;
    struct given_case what;
    CHECK_OK(scene_open(&scene));
    what = (struct given_case){&scene.sam, &scene.tenant, scene.device};
    scene.given.world.clock += HOURS(12);
    CHECK_OK(given_staff_in(&scene.given, &scene.sam));
    CHECK_OK(given_asked_support(&scene.given, &what, &again));
    CHECK(!ident_eq(again, scene.request));
}

static err_t looked(struct scene *scene, const ident_t *device)
{
    Keys__GrantAct in = KEYS__GRANT_ACT__INIT;
    in.bearer = (char *)(uintptr_t)scene->sam.cookie;
    in.request = given_bin(ident_bytes(&scene->request));
    if (device)
        in.device = given_bin(ident_bytes(device));
    return given_asked(&scene->given, ASK_grant_look, &in, NULL);
}

TEST(whatever_is_asked_for_under_a_grant_is_told_refused_or_not)
{
    OWN(scene) scene = {0};
    ident_t other;
    CHECK_OK(scene_open(&scene));
    CHECK(given_refused(looked(&scene, NULL), ERR_LOCKED, "has to approve"));
    CHECK_OK(answered(&scene, ASK_request_approve));
    CHECK_OK(looked(&scene, NULL));
    CHECK_OK(looked(&scene, &scene.device));
    CHECK_OK(given_device(&scene.given, &scene.tenant, &other));
    CHECK_FAILS(ERR_MISSING, looked(&scene, &other));
    CHECK(given_refused(given_named(&scene.given, ASK_grant_snapshots, scene.sam.cookie, scene.request, NULL),
                        ERR_DENIED, "does not allow restore"));
    CHECK_OK(answered(&scene, ASK_request_end));
    CHECK_FAILS(ERR_LOCKED, looked(&scene, NULL));
    CHECK(given_entries(&scene.given, scene.tenant.id, "\"support.looked\",\"by\":\"stf_") == 2);
    CHECK(given_entries(&scene.given, scene.tenant.id, "\"support.refused\",\"by\":\"stf_") == 4);
    CHECK(given_entries(&scene.given, scene.tenant.id, "\"support.opened\"") == 0);
}

TESTS(a_grant_that_lasts_long_enough_is_reused_and_one_that_is_over_is_not,
      a_request_that_nobody_answered_in_time_is_not_the_one_that_is_there,
      whatever_is_asked_for_under_a_grant_is_told_refused_or_not)
