/* SPDX-License-Identifier: Apache-2.0
 *
 * The command line signs in by a browser: what its session is, and who gets nothing by a code.
 */
#include "admit/people_given.h"
#include "test/test.h"

#define SECRET  "a secret of the command line ----"
#define ANOTHER "a secret of somebody else --------"

struct scene {
    struct given given;
    struct given_tenant tenant;
    struct given_person vera;
    Keys__CliCode *code;
};
typedef struct scene scene_own;

static void scene_drop(struct scene *scene) { given_drop(&scene->given); }

static err_t scene_open(struct scene *scene)
{
    TRY(given_a_keyring(&scene->given));
    TRY(given_open_tenant(&scene->given, "example", &scene->tenant));
    return given_member(&scene->given, &scene->tenant, "viewer", &scene->vera);
}

static err_t approved(struct scene *scene, const char *cookie)
{
    Keys__CliApprove in = KEYS__CLI_APPROVE__INIT;
    uint8_t challenge[DIGEST_SIZE];
    digest(STR(SECRET), challenge);
    in.bearer = (char *)(uintptr_t)cookie;
    in.challenge = given_bin(str_bytes(challenge, sizeof challenge));
    return given_asked(&scene->given, ASK_cli_approve, &in, &scene->code);
}

static err_t taken(struct scene *scene, const char *secret, Keys__Who **out_who)
{
    Keys__CliTake in = KEYS__CLI_TAKE__INIT;
    in.code = scene->code->code;
    in.secret = given_bin(str(secret));
    return given_asked(&scene->given, ASK_cli_take, &in, out_who);
}

static bool turned_away(struct scene *scene)
{
    return given_refused(taken(scene, SECRET, NULL), ERR_SIGNED_OUT, "not known, was used, or is over");
}

static err_t signed_in(struct scene *scene, const char *cookie, Keys__Who **out_who)
{
    TRY(approved(scene, cookie));
    return taken(scene, SECRET, out_who);
}

static bool is_in(struct scene *scene, const char *cookie)
{
    return given_borne(&scene->given, ASK_whoami, cookie, NULL) == ERR_OK;
}

static const Keys__Session *session_of(struct scene *scene, const char *cookie)
{
    static const Keys__Session none = KEYS__SESSION__INIT;
    const Keys__Sessions *sessions = NULL;
    if (given_borne(&scene->given, ASK_session_list, cookie, &sessions) == ERR_OK)
        for (size_t i = 0; i < sessions->n_items; i++)
            if (sessions->items[i]->yours)
                return sessions->items[i];
    return &none;
}

TEST(a_yes_in_a_browser_gives_the_command_line_a_session_of_its_own_with_the_key)
{
    OWN(scene) scene = {0};
    Keys__Who *who = NULL;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(signed_in(&scene, scene.tenant.cookie, &who));
    CHECK(who->keyed && !strcmp(who->username, "ana") && strcmp(who->cookie, scene.tenant.cookie) != 0);
    CHECK_OK(given_borne(&scene.given, ASK_token_list, who->cookie, NULL));
    CHECK(!strcmp(session_of(&scene, who->cookie)->way, "cli") && session_of(&scene, who->cookie)->keyed);
    CHECK(strcmp(session_of(&scene, scene.tenant.cookie)->way, "cli") != 0);
    CHECK(given_entries(&scene.given, scene.tenant.id, "session.approved") == 1);
    CHECK_OK(given_borne(&scene.given, ASK_logout, who->cookie, NULL));
    CHECK(!is_in(&scene, who->cookie) && is_in(&scene, scene.tenant.cookie));
}

TEST(who_holds_no_key_gets_a_session_without_one)
{
    OWN(scene) scene = {0};
    struct given_person auditor;
    Keys__Who *who = NULL;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(given_member(&scene.given, &scene.tenant, "auditor", &auditor));
    CHECK_OK(signed_in(&scene, auditor.cookie, &who));
    CHECK(!who->keyed && !strcmp(who->role, "auditor") && is_in(&scene, who->cookie));
}

TEST(a_code_without_the_secret_opens_nothing_and_is_burnt)
{
    OWN(scene) scene = {0};
    CHECK_OK(scene_open(&scene));
    CHECK_OK(approved(&scene, scene.tenant.cookie));
    CHECK(given_refused(taken(&scene, ANOTHER, NULL), ERR_SIGNED_OUT, "approved for another command"));
    CHECK(turned_away(&scene));
    CHECK(given_entries(&scene.given, scene.tenant.id, "sign-in.failed") == 1);
}

TEST(a_code_is_good_once_and_for_two_minutes)
{
    OWN(scene) scene = {0};
    CHECK_OK(scene_open(&scene));
    CHECK_OK(signed_in(&scene, scene.tenant.cookie, NULL));
    CHECK(turned_away(&scene));
    CHECK_OK(approved(&scene, scene.tenant.cookie));
    scene.given.world.clock += MINUTES(2);
    CHECK(turned_away(&scene));
}

TEST(what_a_code_carries_of_the_key_goes_with_it)
{
    OWN(scene) scene = {0};
    OWN(buf) cell = BUF(256);
    ident_t id;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(approved(&scene, scene.tenant.cookie));
    OWN(ticket) ticket = {0};
    CHECK_OK(ticket_read("cli", scene.code->code, &ticket));
    id = ticket.id;
    CHECK_OK(given_cell_bytes(test_folder(), id, CELL_CLI_CODE, &cell));
    CHECK_OK(given_passed(&scene.given, MINUTES(3)));
    buf_clear(&cell);
    CHECK(given_cell_bytes(test_folder(), id, CELL_CLI_CODE, &cell) != ERR_OK);
}

TEST(the_last_code_of_a_session_counts_and_none_outlives_it)
{
    OWN(scene) scene = {0};
    CHECK_OK(scene_open(&scene));
    CHECK_OK(approved(&scene, scene.vera.cookie));
    Keys__CliCode *first = scene.code;
    CHECK_OK(approved(&scene, scene.vera.cookie));
    Keys__CliCode *second = scene.code;
    scene.code = first;
    CHECK(turned_away(&scene));
    scene.code = second;
    CHECK_OK(given_named(&scene.given, ASK_member_disable, scene.tenant.cookie, scene.vera.id, NULL));
    CHECK(turned_away(&scene));
    CHECK_OK(approved(&scene, scene.tenant.cookie));
    CHECK_OK(given_borne(&scene.given, ASK_logout, scene.tenant.cookie, NULL));
    CHECK(turned_away(&scene));
}

TEST(neither_a_locked_session_nor_staff_nor_a_program_says_yes)
{
    OWN(scene) scene = {0};
    struct given_person sam;
    const Keys__Token *token = NULL;
    const char *locked = NULL;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(given_locked(&scene.given, scene.tenant.cookie, &locked));
    CHECK(given_refused(approved(&scene, locked), ERR_LOCKED, "unlock it first"));
    CHECK_OK(given_staff(&scene.given, "sam", &sam));
    CHECK(given_refused(approved(&scene, sam.cookie), ERR_DENIED, "a person of the client"));
    CHECK_OK(given_token(&scene.given, &scene.tenant, "viewer", &token));
    CHECK(given_refused(approved(&scene, token->token), ERR_DENIED, "a person of the client"));
    CHECK(given_refused(approved(&scene, ""), ERR_SIGNED_OUT, "nobody is signed in"));
}

TEST(nobody_prolongs_a_session_by_it)
{
    OWN(scene) scene = {0};
    Keys__Who *who = NULL;
    CHECK_OK(scene_open(&scene));
    moment_t until = session_of(&scene, scene.tenant.cookie)->until;
    CHECK_OK(given_passed(&scene.given, MINUTES(50)));
    CHECK_OK(signed_in(&scene, scene.tenant.cookie, &who));
    CHECK(who->until == until && session_of(&scene, who->cookie)->until == until);
    CHECK_OK(signed_in(&scene, who->cookie, &who));
    CHECK(who->until == until);
}

static err_t nearly_all(struct keyring *keyring, void *with)
{
    (void)with;
    return db_do(keyring_db(keyring), "update opens set count = $1", N(MAX_OPENS - 1));
}

TEST(nobody_multiplies_what_a_session_may_open)
{
    OWN(scene) scene = {0};
    struct given_record record;
    Keys__Who *who = NULL, *other = NULL;
    const ident_t none = {{0}};
    ident_t device;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(given_device(&scene.given, &scene.tenant, &device));
    CHECK_OK(given_record(&scene.given, &scene.tenant, device, &record));
    CHECK_OK(signed_in(&scene, scene.tenant.cookie, &who));
    CHECK_OK(signed_in(&scene, who->cookie, &other));
    CHECK_OK(given_open(&scene.given, other->cookie, none, &record));
    CHECK_OK(keyring_write(scene.given.keyring, nearly_all, NULL));
    CHECK_OK(given_open(&scene.given, who->cookie, none, &record));
    CHECK_FAILS(ERR_BUSY, given_open(&scene.given, scene.tenant.cookie, none, &record));
    CHECK_FAILS(ERR_BUSY, given_open(&scene.given, other->cookie, none, &record));
}

TEST(what_is_no_challenge_and_no_secret_is_refused)
{
    OWN(scene) scene = {0};
    Keys__CliApprove in = KEYS__CLI_APPROVE__INIT;
    CHECK_OK(scene_open(&scene));
    in.bearer = (char *)(uintptr_t)scene.tenant.cookie;
    in.challenge = given_bin(STR("short"));
    CHECK(given_refused(given_asked(&scene.given, ASK_cli_approve, &in, NULL), ERR_INVALID, "not whole"));
    CHECK_OK(approved(&scene, scene.tenant.cookie));
    CHECK_FAILS(ERR_INVALID, taken(&scene, "short", NULL));
    scene.code->code = (char *)(uintptr_t) "cli_AAAA";
    CHECK(turned_away(&scene));
}

TESTS(a_yes_in_a_browser_gives_the_command_line_a_session_of_its_own_with_the_key,
      who_holds_no_key_gets_a_session_without_one, a_code_without_the_secret_opens_nothing_and_is_burnt,
      a_code_is_good_once_and_for_two_minutes, what_a_code_carries_of_the_key_goes_with_it,
      the_last_code_of_a_session_counts_and_none_outlives_it,
      neither_a_locked_session_nor_staff_nor_a_program_says_yes, nobody_prolongs_a_session_by_it,
      nobody_multiplies_what_a_session_may_open, what_is_no_challenge_and_no_secret_is_refused)
