/* SPDX-License-Identifier: Apache-2.0
 *
 * A web process that somebody has taken over: it asks the keys process for whatever it likes, with whatever sessions and
 * tokens it has seen. What it gets is within what each of them may, and every record is told of.
 */
#include "admit/people_given.h"
#include "base/limits.h"
#include "test/test.h"

enum { CLIENTS = 2, DEVICES = 3, BEARERS = 9, TRIES = 600 };

/* Two clients with devices, everybody who may be signed in, and one grant of one device of the first client. */
struct scene {
    struct given given;
    struct given_tenant tenants[CLIENTS];
    struct given_record records[CLIENTS * DEVICES];
    const char *bearers[BEARERS];
    int reads[BEARERS]; /* which client's records; -1: nobody's */
    ident_t request;
};
typedef struct scene scene_own;
static void scene_drop(struct scene *scene) { given_drop(&scene->given); }

enum { OWNER, OTHER_OWNER, VIEWER, APPROVER, AUDITOR, WAITING, VIEWER_TOKEN, AUDITOR_TOKEN, STAFF };

static err_t client_open(struct scene *scene, int client, const char *name)
{
    ident_t device;
    TRY(given_open_tenant(&scene->given, name, &scene->tenants[client]));
    for (int i = 0; i < DEVICES; i++) {
        TRY(given_device(&scene->given, &scene->tenants[client], &device));
        TRY(given_record(&scene->given, &scene->tenants[client], device,
                         &scene->records[client * DEVICES + i]));
    }
    return ERR_OK;
}

static err_t people_open(struct scene *scene)
{
    static const struct {
        int bearer;
        const char *role;
    } members[] = {{VIEWER, "viewer"}, {APPROVER, "approver"}, {AUDITOR, "auditor"}};
    struct given_person person = {0};
    const Keys__Token *token = NULL;
    const char *link = NULL;
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        TRY(given_member(&scene->given, &scene->tenants[0], members[i].role, &person));
        scene->bearers[members[i].bearer] = person.cookie;
    }
    TRY(given_invited(&scene->given, &scene->tenants[0], "administrator", &link));
    TRY(given_joined(&scene->given, link, "waiting", &person));
    scene->bearers[WAITING] = person.cookie;
    TRY(given_token(&scene->given, &scene->tenants[0], "viewer", &token));
    scene->bearers[VIEWER_TOKEN] = token->token;
    TRY(given_token(&scene->given, &scene->tenants[0], "auditor", &token));
    scene->bearers[AUDITOR_TOKEN] = token->token;
    return ERR_OK;
}

static err_t scene_open(struct scene *scene)
{
    struct given_person sam = {0};
    TRY(given_a_keyring(&scene->given));
    TRY(client_open(scene, 0, "one"));
    TRY(client_open(scene, 1, "two"));
    TRY(people_open(scene));
    TRY(given_staff(&scene->given, "sam", &sam));
    TRY(given_asked_support(&scene->given,
                            &(struct given_case){&sam, &scene->tenants[0], scene->records[0].subject},
                            &scene->request));
    TRY(given_named(&scene->given, ASK_request_approve, scene->tenants[0].cookie, scene->request, NULL));
    scene->bearers[OWNER] = scene->tenants[0].cookie;
    scene->bearers[OTHER_OWNER] = scene->tenants[1].cookie;
    scene->bearers[STAFF] = sam.cookie;
    const int reads[BEARERS] = {0, 1, 0, -1, -1, -1, 0, -1, -1};
    memcpy(scene->reads, reads, sizeof reads);
    return ERR_OK;
}

static int drawn(struct scene *scene, int below)
{
    uint32_t number;
    scene->given.env->random(scene->given.env, &number, sizeof number);
    return (int)(number % (uint32_t)below);
}

TEST(whoever_asks_for_anything_gets_what_each_session_may_and_all_of_it_is_told)
{
    OWN(scene) scene = {0};
    const ident_t none = {{0}};
    int64_t got[2] = {0, 0};
    CHECK_OK(scene_open(&scene));
    for (int i = 0; i < TRIES; i++) {
        int bearer = drawn(&scene, BEARERS), record = drawn(&scene, CLIENTS * DEVICES);
        bool under = drawn(&scene, 2);
        err_t opened = given_open(&scene.given, scene.bearers[bearer], under ? scene.request : none,
                                  &scene.records[record]);
        bool may = under ? bearer == STAFF && record == 0 : scene.reads[bearer] == record / DEVICES;
        if ((opened == ERR_OK) != may)
            printf("bearer %d, record %d, under %d\n", bearer, record, under);
        CHECK((opened == ERR_OK) == may);
        got[under] += opened == ERR_OK;
    }
    CHECK(got[0] > 20 && got[1] > 2);
    CHECK(given_entries(&scene.given, scene.tenants[0].id, "\"records.opened\"") +
              given_entries(&scene.given, scene.tenants[1].id, "\"records.opened\"") ==
          got[0]);
    CHECK(given_entries(&scene.given, scene.tenants[0].id, "\"support.opened\"") == got[1]);
}

TEST(no_request_of_the_table_is_answered_to_a_bearer_that_was_made_up)
{
    static const char *const made_up[] = {"", "cse_AAAA", "ctk_AAAA", "x"};
    OWN(given) given = {0};
    struct given_tenant tenant;
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_open_tenant(&given, "one", &tenant));
    const enum ask_number asked[] = {
        ASK_whoami,      ASK_token_list,      ASK_deployment_list, ASK_device_states, ASK_log_about,
        ASK_member_list, ASK_invitation_list, ASK_process_get,     ASK_staff_whoami,  ASK_order_list,
        ASK_duties,      ASK_notices_get,     ASK_logout};
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++)
        for (size_t j = 0; j < sizeof made_up / sizeof *made_up; j++)
            CHECK_FAILS(ERR_SIGNED_OUT, given_borne(&given, asked[i], made_up[j], NULL));
    char other[128]; /* the id of a session that there is, and another secret */
    snprintf(other, sizeof other, "%.40s%s", tenant.cookie, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    CHECK_FAILS(ERR_SIGNED_OUT, given_borne(&given, ASK_whoami, other, NULL));
    CHECK_OK(given_borne(&given, ASK_whoami, tenant.cookie, NULL));
}

static err_t nearly_all(struct keyring *keyring, void *with)
{
    return db_do(keyring_db(keyring), "update opens set count = $1", N(*(int64_t *)with));
}

TEST(a_session_opens_so_many_records_within_an_hour_and_no_more)
{
    OWN(scene) scene = {0};
    const ident_t none = {{0}};
    int64_t count = MAX_OPENS - 1;
    CHECK_OK(given_a_keyring(&scene.given));
    CHECK_OK(client_open(&scene, 0, "one"));
    const char *cookie = scene.tenants[0].cookie;
    CHECK_OK(given_open(&scene.given, cookie, none, &scene.records[0]));
    CHECK_OK(keyring_write(scene.given.keyring, nearly_all, &count));
    CHECK_OK(given_open(&scene.given, cookie, none, &scene.records[0]));
    CHECK_FAILS(ERR_BUSY, given_open(&scene.given, cookie, none, &scene.records[1]));
    CHECK(given_entries(&scene.given, scene.tenants[0].id, "\"records.opened\"") == 2);
    CHECK_OK(given_passed(&scene.given, HOURS(1)));
    CHECK_OK(given_open(&scene.given, cookie, none, &scene.records[1]));
}

TESTS(whoever_asks_for_anything_gets_what_each_session_may_and_all_of_it_is_told,
      no_request_of_the_table_is_answered_to_a_bearer_that_was_made_up,
      a_session_opens_so_many_records_within_an_hour_and_no_more)
