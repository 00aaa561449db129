/* SPDX-License-Identifier: Apache-2.0
 *
 * What the jobs process does with a restore that one of the provider's people has asked for: it looks at what the client has
 * signed, at the moment of the work. Restores themselves are tried over the real service (test/restore_test.py).
 */
#include "custodyd/restores.h"

#include "custodyd/jobs_given.h"
#include "test/test.h"
#include <sys/stat.h>

static const ident_t snapshot = {{0x77}};

/* A client with a device and a snapshot, and a restore of it ordered under an approval of half an hour. */
struct scene {
    struct given given;
    struct given_tenant tenant;
    struct given_person sam;
    ident_t device, request;
    struct jobs_line line;
    arena_t arena;
    const Keys__Work *work;
};
typedef struct scene scene_own;
static void scene_drop(struct scene *scene)
{
    jobs_line_close(&scene->line);
    arena_drop(&scene->arena);
    given_drop(&scene->given);
}

static err_t ordered(struct scene *scene)
{
    Keys__GrantAct in = KEYS__GRANT_ACT__INIT;
    const Keys__WorkDue due = KEYS__WORK_DUE__INIT;
    const Keys__Works *works = NULL;
    in.bearer = (char *)(uintptr_t)scene->sam.cookie;
    in.request = given_bin(ident_bytes(&scene->request));
    in.device = given_bin(ident_bytes(&scene->device));
    in.snapshot = given_bin(ident_bytes(&snapshot));
    in.typed = (char *)(uintptr_t) "example";
    TRY(given_asked(&scene->given, ASK_grant_restore, &in, NULL));
    TRY(given_asked(&scene->given, ASK_work_due, &due, &works));
    scene->work = works->n_items ? works->items[0] : NULL;
    return scene->work ? ERR_OK : fail(ERR_MISSING, "no work is due");
}

static err_t scene_open(struct scene *scene)
{
    struct given *given = &scene->given;
    TRY(given_a_keyring(given));
    TRY(given_open_tenant(given, "example", &scene->tenant));
    TRY(given_snapshot(given, scene->tenant.id, snapshot));
    TRY(given_device(given, &scene->tenant, &scene->device));
    TRY(given_staff(given, "sam", &scene->sam));
    const struct given_case what = {&scene->sam, &scene->tenant, scene->device, .acts = "restore",
                                    .minutes = 30};
    TRY(given_asked_support(given, &what, &scene->request));
    TRY(given_named(given, ASK_request_approve, scene->tenant.cookie, scene->request, NULL));
    TRY(ordered(scene));
    scene->arena.limit = 64 * 1024 * 1024;
    return jobs_line_open(&scene->line, given);
}

/* The work as a worker begins it. */
static err_t carried_out(struct scene *scene)
{
    struct working working = {.jobs = &scene->line.jobs,
                              .arena = &scene->arena,
                              .work = scene->work,
                              .tenant = scene->tenant.id,
                              .target = snapshot,
                              .note = BUF(2000)};
    err_t result = ident_from(bin(scene->work->id), &working.id);
    if (result == ERR_OK)
        result = work_restore(&working);
    buf_drop(&working.note);
    return result;
}

/* The store is opened for whatever is restored: it was not. */
static bool nothing_was_touched(struct scene *scene)
{
    struct stat about;
    return stat(scene->line.store, &about) != 0 &&
           given_entries(&scene->given, scene->tenant.id, "\"restore.done\"") == 0;
}

TEST(an_approval_that_was_altered_between_order_and_work_restores_nothing)
{
    OWN(scene) scene = {0};
    CHECK_OK(scene_open(&scene));
    CHECK_OK(given_changed(&scene.given,
                           "create table kept as select * from grants;"
                           "update grants set approval = replace(approval, 'acts restore', 'acts open')"));
    CHECK(given_refused(carried_out(&scene), ERR_LOCKED, "not signed in a session of this client"));
    CHECK_OK(given_changed(&scene.given, "update grants set approval = 'custody approval'"));
    CHECK(carried_out(&scene) != ERR_OK);
    CHECK_OK(given_changed(&scene.given, "update grants set approval = (select approval from kept);"
                                         "delete from request_devices"));
    CHECK(given_refused(carried_out(&scene), ERR_DENIED, "has not approved a restore of that"));
    CHECK(nothing_was_touched(&scene));
}

TEST(an_approval_that_is_over_or_was_ended_before_the_work_restores_nothing)
{
    OWN(scene) scene = {0};
    CHECK_OK(scene_open(&scene));
    scene.given.world.clock += MINUTES(31);
    CHECK(given_refused(carried_out(&scene), ERR_DENIED, "not valid at this time"));
    scene.given.world.clock -= MINUTES(31);
    CHECK_OK(given_named(&scene.given, ASK_request_end, scene.tenant.cookie, scene.request, NULL));
    CHECK(given_refused(carried_out(&scene), ERR_DENIED, "was ended meanwhile"));
    CHECK(nothing_was_touched(&scene));
}

TEST(an_approval_is_nobodys_while_a_jump_of_the_clock_is_held)
{
    OWN(scene) scene = {0};
    CHECK_OK(scene_open(&scene));
    CHECK_OK(given_passed(&scene.given, MINUTES(1)));
    scene.given.world.clock += HOURS(2);
    CHECK_OK(given_passed(&scene.given, 0));
    scene.given.world.clock -= HOURS(2);
    CHECK(given_refused(carried_out(&scene), ERR_DENIED, "the clock jumped"));
    CHECK(nothing_was_touched(&scene));
}

TEST(the_same_work_with_the_approval_as_it_was_signed_goes_on_to_the_store)
{
    OWN(scene) scene = {0};
    CHECK_OK(scene_open(&scene));
    err_t result = carried_out(&scene);
    CHECK(result != ERR_LOCKED && result != ERR_DENIED && !strstr(err_note(), "approv"));
}

TESTS(an_approval_that_was_altered_between_order_and_work_restores_nothing,
      an_approval_that_is_over_or_was_ended_before_the_work_restores_nothing,
      an_approval_is_nobodys_while_a_jump_of_the_clock_is_held,
      the_same_work_with_the_approval_as_it_was_signed_goes_on_to_the_store)
