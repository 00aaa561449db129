/* SPDX-License-Identifier: Apache-2.0
 *
 * Who gets in, what each may do, and what nobody gets: through the messages that the other processes send.
 */
#include "crypt/kit.h"
#include "keyring/given.h"
#include "test/test.h"

static char *text(const char *of) { return (char *)(uintptr_t)of; }

static err_t asked_as(struct given *given, enum ask_number number, const char *bearer, void *out_answer)
{
    Keys__Bearer in = KEYS__BEARER__INIT;
    in.bearer = text(bearer);
    return given_asked(given, number, &in, out_answer);
}

static err_t whoami(struct given *given, const char *bearer)
{
    return asked_as(given, ASK_whoami, bearer, NULL);
}

static err_t named(struct given *given, enum ask_number number, const char *bearer, str_t id)
{
    Keys__Named in = KEYS__NAMED__INIT;
    in.bearer = text(bearer);
    in.id = given_bin(id);
    return given_asked(given, number, &in, NULL);
}

static err_t kit_typed(struct given *given, const char *bearer, const char *kit)
{
    Keys__KitBack in = KEYS__KIT_BACK__INIT;
    in.bearer = text(bearer);
    in.kit = text(kit);
    return given_asked(given, ASK_kit_back, &in, NULL);
}

static bool state_is(struct given *given, const char *bearer, const char *state)
{
    Keys__Who *who = NULL;
    return asked_as(given, ASK_whoami, bearer, &who) == ERR_OK && !strcmp(who->tenant->state, state);
}

static const char some_kit[] = "0000-0000-0000-0000-0000-0000-0000-0000";

TEST(an_organisation_is_claimed_and_opens_when_its_kit_is_typed_back)
{
    OWN(given) given = {0};
    OWN(buf) other_kit = BUF(64);
    struct given_tenant tenant;
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_tenant(&given, "example", &tenant));
    CHECK_OK(given_claimed(&given, &tenant));
    CHECK(state_is(&given, tenant.cookie, "kit"));
    CHECK(given_refused(kit_typed(&given, tenant.cookie, some_kit), ERR_INVALID, "36 letters and digits"));
    kit_put((const uint8_t[KIT_BYTES]){1, 2, 3}, &other_kit);
    CHECK(given_refused(kit_typed(&given, tenant.cookie, other_kit.at), ERR_INVALID,
                        "not the kit of this organisation"));
    CHECK(state_is(&given, tenant.cookie, "kit"));
    CHECK_OK(kit_typed(&given, tenant.cookie, tenant.kit));
    CHECK(state_is(&given, tenant.cookie, "open"));
    CHECK(given_refused(given_claimed(&given, &tenant), ERR_DENIED, "was used"));
}

TEST(a_claim_that_was_given_wrong_data_can_be_tried_again)
{
    OWN(given) given = {0};
    struct given_tenant tenant;
    Keys__Claim in = KEYS__CLAIM__INIT;
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_tenant(&given, "example", &tenant));
    in.claim = text(tenant.claim);
    in.username = text("ana");
    in.full_name = text("Ana Example");
    in.email = text("no address");
    in.password = given_bin(STR("short"));
    CHECK(given_refused(given_asked(&given, ASK_claim, &in, NULL), ERR_INVALID, "at least 12"));
    in.password = given_bin(STR(GIVEN_PASSWORD));
    CHECK(given_refused(given_asked(&given, ASK_claim, &in, NULL), ERR_INVALID, "email"));
    CHECK_OK(given_claimed(&given, &tenant));
}

TEST(an_expired_or_invented_claim_is_refused)
{
    OWN(given) given = {0};
    struct given_tenant tenant, other;
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_tenant(&given, "example", &tenant));
    CHECK_OK(given_tenant(&given, "other", &other));
    char mixed[128];
    snprintf(mixed, sizeof mixed, "%.20s%s", tenant.claim, other.claim + 20);
    struct given_tenant invented = {.claim = mixed};
    CHECK(given_claimed(&given, &invented) == ERR_DENIED);
    invented.claim = "ccl_AAAA";
    CHECK_FAILS(ERR_INVALID, given_claimed(&given, &invented));
    CHECK_OK(given_passed(&given, DAYS(7)));
    CHECK(given_refused(given_claimed(&given, &tenant), ERR_DENIED, "expired"));
}

TEST(names_of_organisations_are_lower_case_and_taken_once)
{
    static const char *const bad[] = {"",
                                      "-a",
                                      "a-",
                                      ".a",
                                      "a.",
                                      "A",
                                      "a b",
                                      "a_b",
                                      "\xc3\xa4",
                                      "a/b",
                                      "0123456789012345678901234567890123456789012345678901234567890123"};
    static const char *const good[] = {"a", "0", "a-b.example", "a--b",
                                       "012345678901234567890123456789012345678901234567890123456789012"};
    OWN(given) given = {0};
    struct given_tenant tenant;
    Keys__Tenants *all = NULL;
    CHECK_OK(given_a_keyring(&given));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK_FAILS(ERR_INVALID, given_tenant(&given, bad[i], &tenant));
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        CHECK_OK(given_tenant(&given, good[i], &tenant));
    CHECK(given_refused(given_tenant(&given, "a", &tenant), ERR_CONFLICT, "a tenant a exists"));
    CHECK_OK(given_asked(&given, ASK_tenant_list, &(Keys__None)KEYS__NONE__INIT, &all));
    CHECK(all->n_items == 5 && !strcmp(all->items[0]->name, "0") &&
          !strcmp(all->items[0]->state, "unclaimed"));
}

TEST(nobody_learns_from_a_refused_sign_in_what_was_wrong)
{
    OWN(given) given = {0};
    struct given_tenant tenant, unclaimed;
    const char *cookie = NULL;
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_open_tenant(&given, "example", &tenant));
    CHECK_OK(given_tenant(&given, "unclaimed", &unclaimed));
    const Keys__Login wrong[] = {
        given_login("example", "ana", "another password here"),
        given_login("example", "bob", GIVEN_PASSWORD),
        given_login("nobody", "ana", GIVEN_PASSWORD),
        given_login("unclaimed", "ana", GIVEN_PASSWORD),
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CHECK(given_refused(given_signed_in(&given, &wrong[i], &cookie), ERR_SIGNED_OUT,
                            "organisation, username or password is wrong"));
    const Keys__Login right = given_login("example", "ANA", GIVEN_PASSWORD);
    CHECK_OK(given_signed_in(&given, &right, &cookie));
    CHECK(strcmp(cookie, tenant.cookie) && whoami(&given, cookie) == ERR_OK &&
          whoami(&given, tenant.cookie) == ERR_OK);
}

TEST(a_session_says_who_is_in_it_and_nothing_of_it_stands_in_clear)
{
    OWN(given) given = {0};
    struct given_tenant tenant;
    Keys__Who *who = NULL;
    Keys__Bearer brief = KEYS__BEARER__INIT;
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_open_tenant(&given, "example", &tenant));
    CHECK_OK(asked_as(&given, ASK_whoami, tenant.cookie, &who));
    CHECK(!strcmp(who->full_name, "Ana Example") && !strcmp(who->email, "ana@example.org") && who->is_user);
    CHECK(!strcmp(who->username, "ana") && !strcmp(who->role, "owner") &&
          who->until - who->since == HOURS(12));
    brief.bearer = text(tenant.cookie);
    brief.brief = true;
    CHECK_OK(given_asked(&given, ASK_whoami, &brief, &who));
    CHECK(!*who->full_name && !*who->username && !*who->email && !*who->cookie && !*who->kit);
    CHECK(!given_bytes_in_folder(test_folder(), STR("Ana")) &&
          !given_bytes_in_folder(test_folder(), STR("example.org")));
    CHECK(!given_bytes_in_folder(test_folder(), str(tenant.cookie + 4)));
}

static err_t session_id(const char *cookie, ident_t *out_session)
{
    OWN(ticket) ticket = {0};
    TRY(ticket_read("cse", cookie, &ticket));
    *out_session = ticket.id;
    return ERR_OK;
}

TEST(signing_out_ends_the_session_and_its_key)
{
    OWN(given) given = {0};
    OWN(buf) wrap = BUF(1024);
    struct given_tenant tenant;
    ident_t session;
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_open_tenant(&given, "example", &tenant));
    CHECK_OK(session_id(tenant.cookie, &session));
    CHECK_OK(given_cell_bytes(test_folder(), session, CELL_SESSION, &wrap));
    CHECK(given_bytes_in_folder(test_folder(), buf_str(&wrap)));
    CHECK_OK(asked_as(&given, ASK_logout, tenant.cookie, NULL));
    CHECK(!given_bytes_in_folder(test_folder(), buf_str(&wrap)));
    CHECK(given_refused(whoami(&given, tenant.cookie), ERR_SIGNED_OUT, "nobody is signed in"));
    CHECK_FAILS(ERR_SIGNED_OUT, asked_as(&given, ASK_logout, tenant.cookie, NULL));
}

TEST(a_session_that_is_not_used_ends_with_its_hour)
{
    OWN(given) given = {0};
    struct given_tenant tenant;
    ident_t session;
    OWN(buf) wrap = BUF(1024);
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_open_tenant(&given, "example", &tenant));
    CHECK_OK(session_id(tenant.cookie, &session));
    CHECK_OK(given_cell_bytes(test_folder(), session, CELL_SESSION, &wrap));
    CHECK_OK(given_passed(&given, HOURS(1)));
    CHECK(given_bytes_in_folder(test_folder(), buf_str(&wrap)));
    CHECK_OK(given_passed(&given, HOURS(1)));
    CHECK(!given_bytes_in_folder(test_folder(), buf_str(&wrap)));
    CHECK_FAILS(ERR_SIGNED_OUT, whoami(&given, tenant.cookie));
}

TEST(a_session_that_was_not_used_while_the_service_was_down_ends)
{
    OWN(given) given = {0};
    struct given_tenant tenant;
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_open_tenant(&given, "example", &tenant));
    CHECK_OK(given_passed(&given, HOURS(5)));
    CHECK_FAILS(ERR_SIGNED_OUT, whoami(&given, tenant.cookie));
}

TEST(a_session_in_use_moves_along_for_twelve_hours)
{
    OWN(given) given = {0};
    struct given_tenant tenant;
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_open_tenant(&given, "example", &tenant));
    for (int half_hours = 1; half_hours < 24; half_hours++) {
        CHECK_OK(given_passed(&given, MINUTES(30)));
        CHECK_OK(whoami(&given, tenant.cookie));
    }
    CHECK_OK(given_passed(&given, MINUTES(30) - 1));
    CHECK_OK(whoami(&given, tenant.cookie));
    CHECK_OK(given_passed(&given, 1));
    CHECK_FAILS(ERR_SIGNED_OUT, whoami(&given, tenant.cookie));
}

/* Else it would go on for as long as the clock was ahead, and last uses stand in the future. */
TEST(a_session_of_a_clock_that_was_ahead_ends_when_it_is_put_right_and_last_uses_are_told_again)
{
    OWN(given) given = {0};
    struct given_tenant tenant;
    const Keys__Token *token = NULL;
    const Keys__Tokens *all = NULL;
    const Keys__Login login = given_login("example", "ana", GIVEN_PASSWORD);
    const char *ahead = NULL, *here = NULL;
    int64_t used = 0;
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_open_tenant(&given, "example", &tenant));
    CHECK_OK(given_token(&given, &tenant, "viewer", &token));
    given.world.clock += HOURS(20);
    CHECK_OK(given_signed_in(&given, &login, &ahead));
    CHECK_OK(whoami(&given, token->token));
    given.world.clock -= SECONDS(30);
    CHECK_OK(whoami(&given, ahead));
    given.world.clock -= HOURS(20);
    CHECK_FAILS(ERR_SIGNED_OUT, whoami(&given, ahead));
    CHECK_OK(given_signed_in(&given, &login, &here));
    CHECK_OK(whoami(&given, token->token));
    CHECK_OK(asked_as(&given, ASK_token_list, here, &all));
    CHECK(all->items[0]->used == given.world.clock);
    CHECK_OK(db_number(keyring_db(given.keyring), &used, "select max(used) from members"));
    CHECK(used == given.world.clock);
}

TEST(a_copy_of_the_keyring_opens_no_session_of_an_hour_that_is_over)
{
    OWN(given) given = {0};
    struct given_tenant tenant;
    ident_t session;
    OWN(buf) before = BUF(1024);
    OWN(buf) after = BUF(1024);
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_open_tenant(&given, "example", &tenant));
    CHECK_OK(session_id(tenant.cookie, &session));
    CHECK_OK(given_cell_bytes(test_folder(), session, CELL_SESSION, &before));
    CHECK_OK(given_passed(&given, HOURS(1)));
    CHECK_OK(whoami(&given, tenant.cookie));
    CHECK_OK(given_cell_bytes(test_folder(), session, CELL_SESSION, &after));
    CHECK(!str_eq(buf_str(&before), buf_str(&after)));
    CHECK(!given_bytes_in_folder(test_folder(), buf_str(&before)));
}

TEST(what_is_no_bearer_is_nobody)
{
    OWN(given) given = {0};
    struct given_tenant tenant;
    const Keys__Token *token = NULL;
    char wrong[256];
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_open_tenant(&given, "example", &tenant));
    CHECK_OK(given_token(&given, &tenant, "viewer", &token));
    static const char *const garbage[] = {"",  "cse_", "ctk_",     "cse_AAAA", "ctk_AAAA",
                                          "x", "cse",  "ctk_!!!!", "\x80\xff"};
    for (size_t i = 0; i < sizeof garbage / sizeof *garbage; i++)
        CHECK_FAILS(ERR_SIGNED_OUT, whoami(&given, garbage[i]));
    const char *const real[] = {tenant.cookie, token->token};
    for (size_t i = 0; i < 2; i++)
        for (size_t at = 4; at < strlen(real[i]); at += 9) {
            snprintf(wrong, sizeof wrong, "%s", real[i]);
            wrong[at] = wrong[at] == 'A' ? 'B' : 'A';
            CHECK_FAILS(ERR_SIGNED_OUT, whoami(&given, wrong));
        }
    snprintf(wrong, sizeof wrong, "ctk_%s", tenant.cookie + 4);
    CHECK_FAILS(ERR_SIGNED_OUT, whoami(&given, wrong));
    snprintf(wrong, sizeof wrong, "cse_%s", token->token + 4);
    CHECK_FAILS(ERR_SIGNED_OUT, whoami(&given, wrong));
    snprintf(wrong, sizeof wrong, "%sA", tenant.cookie);
    CHECK_FAILS(ERR_SIGNED_OUT, whoami(&given, wrong));
    CHECK_OK(whoami(&given, tenant.cookie));
    CHECK_OK(whoami(&given, token->token));
}

TEST(a_viewers_token_reads_and_does_nothing_else)
{
    OWN(given) given = {0};
    struct given_tenant tenant;
    const Keys__Token *token = NULL;
    Keys__Who *who = NULL;
    ident_t device;
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_open_tenant(&given, "example", &tenant));
    CHECK_OK(given_device(&given, &tenant, &device));
    CHECK_OK(given_token(&given, &tenant, "viewer", &token));
    struct given_tenant as_viewer = {.cookie = token->token};
    const Keys__Token *another = NULL;
    const Keys__Deployment *deployment = NULL;
    CHECK_OK(asked_as(&given, ASK_whoami, token->token, &who));
    CHECK(!who->is_user && !strcmp(who->role, "viewer") && !*who->full_name);
    CHECK(given_refused(named(&given, ASK_device_destroy, token->token, ident_bytes(&device)), ERR_DENIED,
                        "no right"));
    CHECK_FAILS(ERR_DENIED, given_token(&given, &as_viewer, "viewer", &another));
    CHECK_FAILS(ERR_DENIED, asked_as(&given, ASK_token_list, token->token, NULL));
    CHECK_FAILS(ERR_DENIED, named(&given, ASK_token_end, token->token, bin(token->id)));
    CHECK_FAILS(ERR_DENIED, given_deployment(&given, &as_viewer, 1, &deployment));
    CHECK_FAILS(ERR_DENIED, asked_as(&given, ASK_deployment_list, token->token, NULL));
    Keys__DeploymentEnd end = KEYS__DEPLOYMENT_END__INIT;
    end.bearer = text(token->token);
    CHECK_FAILS(ERR_DENIED, given_asked(&given, ASK_deployment_end, &end, NULL));
    CHECK_FAILS(ERR_DENIED, named(&given, ASK_device_revoke, token->token, ident_bytes(&device)));
    CHECK_FAILS(ERR_DENIED, kit_typed(&given, token->token, tenant.kit));
    CHECK_FAILS(ERR_INVALID, asked_as(&given, ASK_logout, token->token, NULL));
}

TEST(an_auditors_token_has_no_key_in_the_keyring)
{
    OWN(given) given = {0};
    struct given_tenant tenant;
    const Keys__Token *auditor = NULL, *viewer = NULL;
    OWN(buf) bytes = BUF(4096);
    ident_t ids[2];
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_open_tenant(&given, "example", &tenant));
    CHECK_OK(given_token(&given, &tenant, "auditor", &auditor));
    CHECK_OK(given_token(&given, &tenant, "viewer", &viewer));
    CHECK_OK(ident_from(bin(auditor->id), &ids[0]));
    CHECK_OK(ident_from(bin(viewer->id), &ids[1]));
    CHECK_OK(given_cell_bytes(test_folder(), ids[1], CELL_TENANT_KEY, &bytes));
    CHECK_FAILS(ERR_MISSING, given_cell_bytes(test_folder(), ids[0], CELL_TENANT_KEY, &bytes));
    CHECK_OK(whoami(&given, auditor->token));
    CHECK_OK(asked_as(&given, ASK_log_about, auditor->token, NULL));
    CHECK_FAILS(ERR_DENIED, asked_as(&given, ASK_records_open, auditor->token, NULL));
    CHECK_FAILS(ERR_DENIED, asked_as(&given, ASK_log_about, viewer->token, NULL));
}

TEST(a_token_is_an_administrators_or_a_viewers_and_is_listed)
{
    OWN(given) given = {0};
    struct given_tenant tenant, other;
    const Keys__Token *one = NULL, *two = NULL;
    Keys__Tokens *all = NULL;
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_open_tenant(&given, "example", &tenant));
    CHECK_OK(given_open_tenant(&given, "other", &other));
    CHECK_FAILS(ERR_INVALID, given_token(&given, &tenant, "owner", &one));
    CHECK_FAILS(ERR_INVALID, given_token(&given, &tenant, "", &one));
    CHECK_OK(given_token(&given, &tenant, "administrator", &one));
    CHECK_OK(given_token(&given, &other, "viewer", &two));
    CHECK_OK(whoami(&given, one->token));
    CHECK_OK(asked_as(&given, ASK_token_list, tenant.cookie, &all));
    CHECK(all->n_items == 1 && str_eq(bin(all->items[0]->id), bin(one->id)) && !*all->items[0]->token);
    CHECK(all->items[0]->used == given.world.clock && !strcmp(all->items[0]->name, "a token"));
    CHECK_FAILS(ERR_MISSING, named(&given, ASK_token_end, tenant.cookie, bin(two->id)));
    CHECK_OK(whoami(&given, two->token));
}

TEST(a_token_that_ended_or_expired_is_nobody)
{
    OWN(given) given = {0};
    struct given_tenant tenant;
    const Keys__Token *ended = NULL, *expired = NULL;
    Keys__TokenMake past = KEYS__TOKEN_MAKE__INIT;
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_open_tenant(&given, "example", &tenant));
    past.bearer = text(tenant.cookie);
    past.role = text("viewer");
    past.until = given.world.clock;
    past.password = given_bin(STR(GIVEN_PASSWORD));
    CHECK(given_refused(given_asked(&given, ASK_token_make, &past, NULL), ERR_INVALID, "future"));
    CHECK_OK(given_token(&given, &tenant, "viewer", &ended));
    CHECK_OK(given_token(&given, &tenant, "viewer", &expired));
    CHECK_OK(named(&given, ASK_token_end, tenant.cookie, bin(ended->id)));
    CHECK(given_refused(whoami(&given, ended->token), ERR_SIGNED_OUT, "token is not valid"));
    CHECK_FAILS(ERR_MISSING, named(&given, ASK_token_end, tenant.cookie, bin(ended->id)));
    given.world.clock = expired->until - 1;
    CHECK_OK(whoami(&given, expired->token));
    given.world.clock++;
    CHECK_FAILS(ERR_SIGNED_OUT, whoami(&given, expired->token));
}

static err_t recovered(struct given *given, const char *tenant, const char *kit, const char *username)
{
    Keys__Recover in = KEYS__RECOVER__INIT;
    in.tenant = text(tenant);
    in.kit = text(kit);
    in.username = text(username);
    in.password = given_bin(STR("a new password"));
    return given_asked(given, ASK_recover, &in, NULL);
}

TEST(a_kit_and_a_username_bring_a_person_back_in)
{
    OWN(given) given = {0};
    struct given_tenant tenant;
    const Keys__Token *token = NULL;
    const char *cookie = NULL;
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_open_tenant(&given, "example", &tenant));
    CHECK_OK(given_token(&given, &tenant, "viewer", &token));
    CHECK_OK(recovered(&given, "example", tenant.kit, "Ana"));
    CHECK_FAILS(ERR_SIGNED_OUT, whoami(&given, tenant.cookie)); /* sessions from before have ended */
    CHECK_OK(whoami(&given, token->token));
    const Keys__Login old = given_login("example", "ana", GIVEN_PASSWORD);
    const Keys__Login new = given_login("example", "ana", "a new password");
    CHECK_FAILS(ERR_SIGNED_OUT, given_signed_in(&given, &old, &cookie));
    CHECK_OK(given_signed_in(&given, &new, &cookie));
    CHECK_OK(whoami(&given, cookie));
    CHECK_OK(recovered(&given, "example", tenant.kit, "ana")); /* the same kit, another day */
}

TEST(a_wrong_kit_brings_nobody_in)
{
    OWN(given) given = {0};
    OWN(buf) wrong = BUF(64);
    struct given_tenant tenant, other;
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_open_tenant(&given, "example", &tenant));
    CHECK_OK(given_open_tenant(&given, "other", &other));
    kit_put((const uint8_t[KIT_BYTES]){1}, &wrong);
    static const char note[] = "organisation, kit or username is wrong";
    CHECK(given_refused(recovered(&given, "example", wrong.at, "ana"), ERR_SIGNED_OUT, note));
    CHECK(given_refused(recovered(&given, "example", other.kit, "ana"), ERR_SIGNED_OUT, note));
    CHECK(given_refused(recovered(&given, "example", tenant.kit, "bob"), ERR_SIGNED_OUT, note));
    CHECK(given_refused(recovered(&given, "nobody", tenant.kit, "ana"), ERR_SIGNED_OUT, note));
    CHECK(given_refused(recovered(&given, "example", some_kit, "ana"), ERR_INVALID, "36 letters and digits"));
    CHECK_OK(whoami(&given, tenant.cookie)); /* nothing of this ended a session */
}

/* Each question of the table that takes a bearer and nothing else it could stumble over. */
TEST(a_token_with_scopes_is_refused_every_question_that_none_of_them_has)
{
#define A(number, name, takes, gives, mode, asker, act) {number, #takes},
    static const struct {
        int number;
        const char *takes;
    } asks[] = {ASK_TABLE(A)};
#undef A
    OWN(given) given = {0};
    struct given_tenant tenant;
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_open_tenant(&given, "example", &tenant));
    const struct scope *scope;
    for (size_t s = 0; (scope = scope_at(s)); s++) {
        const Keys__Token *token = NULL;
        CHECK_OK(given_scoped(&given, &tenant, scope->name, &token));
        CHECK(token->scopes == scope_bit(scope) && !strcmp(token->role, ROLE_PROGRAM));
        CHECK_OK(whoami(&given, token->token));
        for (size_t i = 0; i < sizeof asks / sizeof *asks; i++) {
            bool listed =
                memchr(scope->asks, asks[i].number, sizeof scope->asks) || asks[i].number == ASK_whoami;
            if (strcmp(asks[i].takes, "bearer") != 0 || listed)
                continue;
            CHECK_FAILS(ERR_DENIED, asked_as(&given, (enum ask_number)asks[i].number, token->token, NULL));
        }
    }
}

TEST(a_scope_opens_what_its_row_says_a_directorys_token_no_record_and_a_keepers_nothing)
{
    OWN(given) given = {0};
    struct given_tenant tenant;
    const Keys__Token *reads = NULL, *scim = NULL, *keeper = NULL, *both = NULL, *none = NULL;
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_open_tenant(&given, "example", &tenant));
    CHECK_OK(given_scoped(&given, &tenant, "devices:read log:read", &reads));
    CHECK_OK(given_scoped(&given, &tenant, "scim", &scim));
    CHECK_OK(given_scoped(&given, &tenant, "keeper", &keeper));
    CHECK_OK(given_scoped(&given, &tenant, "keeper devices:read export", &both));
    CHECK_OK(asked_as(&given, ASK_log_about, reads->token, NULL));
    CHECK_OK(asked_as(&given, ASK_device_states, reads->token, NULL));
    const Keys__Token *const narrow[] = {scim, keeper};
    for (size_t i = 0; i < 2; i++) {
        Keys__Who *who = NULL;
        CHECK_OK(asked_as(&given, ASK_whoami, narrow[i]->token, &who));
        CHECK(who->keyed == (narrow[i] == scim) && !who->waits && !who->is_user); /* it opens names alone */
        CHECK_FAILS(ERR_DENIED, asked_as(&given, ASK_records_open, narrow[i]->token, NULL));
        CHECK_FAILS(ERR_DENIED, asked_as(&given, ASK_device_states, narrow[i]->token, NULL));
    }
    CHECK(given_refused(asked_as(&given, ASK_records_open, both->token, NULL), ERR_LOCKED, "key"));
    CHECK(given_refused(given_scoped(&given, &tenant, "devices:write", &none), ERR_INVALID,
                        "no scope of that name"));
    CHECK_FAILS(ERR_INVALID, given_scoped(&given, &tenant, "", &none));
    struct given_tenant elsewhere = tenant;
    elsewhere.name = "another";
    CHECK(given_refused(given_scoped(&given, &elsewhere, "export", &none), ERR_INVALID,
                        "type the client's name"));
}

TEST(each_role_has_the_rights_of_its_row)
{
    static const struct {
        const char *role;
        bool may[RIGHT_COUNT];
    } rows[] = {
        {"owner", {true, true, true, true, true, true, true, true, true, true, true, true, true, false}},
        {"administrator",
         {true, true, true, true, true, false, false, false, false, true, true, true, true, false}},
        {"approver",
         {true, true, false, true, false, false, false, false, true, false, false, false, true, false}},
        {"staff",
         {true, true, false, false, false, false, false, false, false, false, false, false, false, true}},
        {"auditor", {true, true, false, true}},
        {"viewer", {true, true, true}},
        {ROLE_PROGRAM, {true, true}},
        {"", {false}},
        {"Owner", {false}},
        {"nobody", {false}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (int right = 0; right < RIGHT_COUNT; right++)
            CHECK(role_may(role_find(str(rows[i].role)), (right_t)right) == rows[i].may[right]);
}

TESTS(an_organisation_is_claimed_and_opens_when_its_kit_is_typed_back,
      a_claim_that_was_given_wrong_data_can_be_tried_again, an_expired_or_invented_claim_is_refused,
      names_of_organisations_are_lower_case_and_taken_once,
      nobody_learns_from_a_refused_sign_in_what_was_wrong,
      a_session_says_who_is_in_it_and_nothing_of_it_stands_in_clear, signing_out_ends_the_session_and_its_key,
      a_session_that_is_not_used_ends_with_its_hour,
      a_session_that_was_not_used_while_the_service_was_down_ends,
      a_session_in_use_moves_along_for_twelve_hours,
      a_session_of_a_clock_that_was_ahead_ends_when_it_is_put_right_and_last_uses_are_told_again,
      a_copy_of_the_keyring_opens_no_session_of_an_hour_that_is_over, what_is_no_bearer_is_nobody,
      a_viewers_token_reads_and_does_nothing_else, an_auditors_token_has_no_key_in_the_keyring,
      a_token_is_an_administrators_or_a_viewers_and_is_listed, a_token_that_ended_or_expired_is_nobody,
      a_kit_and_a_username_bring_a_person_back_in, a_wrong_kit_brings_nobody_in,
      a_token_with_scopes_is_refused_every_question_that_none_of_them_has,
      a_scope_opens_what_its_row_says_a_directorys_token_no_record_and_a_keepers_nothing,
      each_role_has_the_rights_of_its_row)
