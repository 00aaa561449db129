/* SPDX-License-Identifier: Apache-2.0
 *
 * A web process that somebody has taken over: it asks the keys process for whatever it likes, with whatever sessions and
 * tokens it has seen. What it gets is within what each of them may, and every record is told of.
 */
#include "admit/asks_given.h"
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

/* Everything of the table, by everybody, about another client's things */

enum { VICTIM = 1, IDS = 7, SECRETS = 9, WHO = 13 };

/* The victim's: what it has ids for, and what only its own people may ever see. */
struct theirs {
    struct scene scene;
    struct given trial; /* as the scene's keyring is, for one question after the other */
    struct given_person tom;
    ident_t ids[IDS], request;
    str_t secrets[SECRETS];
    int secret_count;
    const char *who[WHO];
    int64_t answered;
    bool changed;
};
typedef struct theirs theirs_own;
static void theirs_drop(struct theirs *theirs)
{
    given_drop(&theirs->trial);
    scene_drop(&theirs->scene);
}

static void secret_add(struct theirs *theirs, str_t secret)
{
    theirs->secrets[theirs->secret_count++] = secret;
}

static err_t data_keys_add(struct theirs *theirs)
{
    for (int i = 0; i < DEVICES; i++) {
        const struct given_record *record = &theirs->scene.records[VICTIM * DEVICES + i];
        Keys__Open in = KEYS__OPEN__INIT;
        Keys__Opened *opened = NULL;
        ProtobufCBinaryData subject = given_bin(ident_bytes(&record->subject)), box;
        str_t at;
        TRY(seal_box(str_bytes(record->sealed, record->len), &at));
        box = given_bin(at);
        in.bearer = (char *)(uintptr_t)theirs->scene.tenants[VICTIM].cookie;
        in.subjects = &subject;
        in.boxes = &box;
        in.n_subjects = in.n_boxes = 1;
        TRY(given_asked(&theirs->scene.given, ASK_records_open, &in, &opened));
        secret_add(theirs, bin(opened->keys[0]));
    }
    return ERR_OK;
}

static err_t things_make(struct theirs *theirs)
{
    struct given *given = &theirs->scene.given;
    const struct given_tenant *victim = &theirs->scene.tenants[VICTIM];
    struct given_person member = {0};
    const Keys__Token *token = NULL;
    const Keys__Deployment *deployment = NULL;
    const char *link = NULL;
    TRY(given_member(given, victim, "administrator", &member));
    TRY(given_token(given, victim, "viewer", &token));
    TRY(given_deployment(given, victim, 3, &deployment));
    TRY(given_invited(given, victim, "viewer", &link));
    TRY(given_staff(given, "tom", &theirs->tom));
    theirs->ids[0] = theirs->scene.records[VICTIM * DEVICES].subject;
    theirs->ids[1] = member.id;
    TRY(ident_from(bin(token->id), &theirs->ids[2]));
    TRY(ident_from(bin(deployment->id), &theirs->ids[3]));
    TRY(given_asked_support(given, &(struct given_case){&theirs->tom, victim, theirs->ids[0]},
                            &theirs->ids[4]));
    TRY(given_named(given, ASK_request_approve, victim->cookie, theirs->ids[4], NULL));
    TRY(given_asked_support(given, &(struct given_case){&theirs->tom, victim, theirs->ids[0], "4712"},
                            &theirs->ids[5]));
    theirs->ids[6] = victim->id;
    const char *const said[] = {victim->kit, token->token, deployment->key,
                                link,        member.name,  victim->cookie};
    for (size_t i = 0; i < sizeof said / sizeof *said; i++)
        secret_add(theirs, str(said[i]));
    return data_keys_add(theirs);
}

static err_t narrow_token(struct theirs *theirs, const char *scope, const char **out_token)
{
    const Keys__Token *token = NULL;
    TRY(given_scoped(&theirs->scene.given, &theirs->scene.tenants[0], scope, &token));
    *out_token = token->token;
    return ERR_OK;
}

/* Everybody but the victim's own people. */
static err_t theirs_open(struct theirs *theirs)
{
    const struct scene *scene = &theirs->scene;
    int count = 0;
    TRY(scene_open(&theirs->scene));
    TRY(things_make(theirs));
    for (int i = 0; i < BEARERS; i++)
        if (i != OTHER_OWNER)
            theirs->who[count++] = scene->bearers[i];
    theirs->who[count++] = "";
    theirs->who[count++] = "cse_AAAA";
    TRY(narrow_token(theirs, "log:read", &theirs->who[count++]));
    TRY(narrow_token(theirs, "devices:read", &theirs->who[count++]));
    return given_locked(&theirs->scene.given, scene->tenants[0].cookie, &theirs->who[count++]);
}

/* A question finds the keyring as it was before another one was answered. */
static err_t trial_again(struct theirs *theirs)
{
    if (theirs->trial.keyring && !theirs->changed)
        return ERR_OK;
    given_drop(&theirs->trial);
    theirs->changed = false;
    TRY(given_copied(&theirs->scene.given, "trial"));
    TRY(given_keyring_in(&theirs->scene.given, "trial", &theirs->trial));
    keyring_url_set(theirs->trial.keyring, GIVEN_URL);
    return ERR_OK;
}

static bool holds(str_t body, str_t what) { return memmem(body.at, body.len, what.at, what.len) != NULL; }

/* From the data keys on, which are the last of them, or from the first. */
static bool holds_secret(const struct theirs *theirs, int from, str_t body)
{
    for (int i = from; i < theirs->secret_count; i++)
        if (holds(body, theirs->secrets[i]))
            return true;
    return false;
}

/* The ids of a member, a token, a deployment key and a request are for the client's own; and for whoever asked for it. */
static bool holds_id(const struct theirs *theirs, str_t body)
{
    for (int i = 0; i < IDS - 1; i++)
        if (holds(body, ident_bytes(&theirs->ids[i])))
            return true;
    return false;
}

struct answer {
    bool secret, key, id, given;
    int64_t told; /* entries of openings that came of it, in the victim's log */
};

static int64_t openings(struct theirs *theirs)
{
    static const enum act acts[] = {ACT_RECORDS_OPENED, ACT_LAUNCHES_OPENED, ACT_SUPPORT_OPENED,
                                    ACT_HELD_OPENED, ACT_EXPORT_OPENED};
    int64_t count = 0;
    for (size_t i = 0; i < sizeof acts / sizeof *acts; i++)
        count += given_entries(&theirs->trial, theirs->scene.tenants[VICTIM].id, act_name(acts[i]));
    return count;
}

/* Whoever holds a bearer has its password too, and nobody else's. */
static const char *password_of(const struct given_ask *ask)
{
    return given_has(ask->takes, "bearer") ? GIVEN_PASSWORD : "another pass phrase than theirs";
}

struct attempt {
    const struct given_ask *ask;
    const char *bearer;
    ident_t id;
};

static struct answer answer_to(struct theirs *theirs, const struct attempt *attempt)
{
    OWN(buf) body = BUF(MAX_ASK);
    const struct given_fill fill = {.bearer = attempt->bearer,
                                    .password = password_of(attempt->ask),
                                    .kit = theirs->scene.tenants[0].kit,
                                    .client = theirs->scene.tenants[VICTIM].name,
                                    .tenant = theirs->scene.tenants[VICTIM].id,
                                    .device = theirs->ids[0],
                                    .id = attempt->id,
                                    .request = theirs->ids[4],
                                    .record = &theirs->scene.records[VICTIM * DEVICES]};
    int64_t before = openings(theirs);
    bool given = given_filled(&theirs->trial, attempt->ask, &fill, &body) == ERR_OK;
    str_t said = given ? buf_str(&body) : STR("");
    theirs->answered += given;
    theirs->changed |= given && attempt->ask->writes;
    return (struct answer){holds_secret(theirs, 0, said),
                           holds_secret(theirs, theirs->secret_count - DEVICES, said), holds_id(theirs, said),
                           given, openings(theirs) - before};
}

/* A password is stretched for each: of those two ids are enough. */
static int ids_of(const struct given_ask *ask)
{
    bool any = given_has(ask->takes, "id") || given_has(ask->takes, "target") ||
               given_has(ask->takes, "member") || given_has(ask->takes, "members") ||
               given_has(ask->takes, "staff") || given_has(ask->takes, "ids");
    return !any ? 1 : given_has(ask->takes, "password") ? 2 : IDS;
}

/* What the provider's people are told of any client by its id: which devices there are, its contract, its erasure. */
static bool may_name(const struct theirs *theirs, const struct attempt *attempt)
{
    return attempt->bearer == theirs->scene.bearers[STAFF] || !given_has(attempt->ask->takes, "bearer");
}

static bool gives_nothing(struct theirs *theirs, const struct attempt *attempt)
{
    const struct answer answer = answer_to(theirs, attempt);
    bool nothing = !answer.secret && (!answer.id || may_name(theirs, attempt)) && !answer.told;
    if (!nothing)
        printf("%s by '%.8s': secret %d, id %d, told %lld\n", attempt->ask->name, attempt->bearer,
               answer.secret, answer.id, (long long)answer.told);
    return nothing;
}

static bool nobody_is_given(struct theirs *theirs, const struct given_ask *ask)
{
    bool nothing = true;
    for (int who = 0; who < WHO; who++)
        for (int id = 0; id < ids_of(ask); id++)
            nothing &= gives_nothing(theirs, &(struct attempt){ask, theirs->who[who], theirs->ids[id]});
    return nothing;
}

TEST(no_question_of_the_table_gives_anybody_what_is_another_clients)
{
    OWN(theirs) theirs = {0};
    CHECK_OK(theirs_open(&theirs));
    for (size_t i = 0; i < given_ask_count; i++) {
        CHECK_OK(trial_again(&theirs));
        CHECK(!given_asks[i].web || nobody_is_given(&theirs, &given_asks[i]));
    }
    CHECK(theirs.answered > 500);
    printf("        %lld answers\n", (long long)theirs.answered);
}

/* The same attempts by who may. */
struct tally {
    int64_t secrets, ids, told, untold;
};

static void who_may_asks(struct theirs *theirs, const struct given_ask *ask, struct tally *tally)
{
    const char *const may[] = {theirs->scene.tenants[VICTIM].cookie, theirs->tom.cookie};
    for (int i = 0; i < ids_of(ask) * 2; i++) {
        const struct answer answer =
            answer_to(theirs, &(struct attempt){ask, may[i % 2], theirs->ids[i / 2]});
        tally->secrets += answer.secret;
        tally->ids += answer.id;
        tally->told += answer.told > 0;
        tally->untold += answer.key && answer.told != 1;
    }
}

TEST(the_same_questions_by_who_may_are_answered_and_each_key_is_told_of)
{
    OWN(theirs) theirs = {0};
    struct tally tally = {0};
    CHECK_OK(theirs_open(&theirs));
    for (size_t i = 0; i < given_ask_count; i++) {
        CHECK_OK(trial_again(&theirs));
        if (given_asks[i].web)
            who_may_asks(&theirs, &given_asks[i], &tally);
    }
    printf("        %lld answers, %lld with secrets, %lld with ids, %lld told\n", (long long)theirs.answered,
           (long long)tally.secrets, (long long)tally.ids, (long long)tally.told);
    CHECK(!tally.untold && theirs.answered > 90 && tally.secrets >= 4 && tally.ids > 12 && tally.told >= 2);
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
      no_question_of_the_table_gives_anybody_what_is_another_clients,
      the_same_questions_by_who_may_are_answered_and_each_key_is_told_of,
      a_session_opens_so_many_records_within_an_hour_and_no_more)
