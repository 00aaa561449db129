/* SPDX-License-Identifier: Apache-2.0
 *
 * Keepers: whom the key is sealed to, and what it takes to open with it.
 */
#include "admit/people_given.h"
#include "crypt/age.h"
#include "crypt/fingerprint.h"
#include "keyring/journal.h"
#include "test/test.h"

static char *text(const char *zero_ended) { return (char *)(uintptr_t)zero_ended; }

/* A keeper as it is in the client's network: a token, and a pair that never leaves it. */
struct given_keeper {
    const char *token;
    ident_t id;
    struct key public, private;
    char fingerprint[FINGERPRINT_MAX];
};

static err_t keeper_scoped(struct given *given, const struct given_tenant *tenant, const char *scopes,
                           struct given_keeper *out)
{
    const Keys__Token *made = NULL;
    TRY(given_scoped(given, tenant, scopes, &made));
    out->token = made->token;
    return ident_from(bin(made->id), &out->id);
}

static err_t enrolled(struct given *given, const struct given_keeper *keeper, const struct key *public)
{
    Keys__KeeperEnrol in = KEYS__KEEPER_ENROL__INIT;
    in.bearer = text(keeper->token);
    in.public_ = given_bin(key_bytes(public));
    return given_asked(given, ASK_keeper_enrol, &in, NULL);
}

static err_t given_keeper(struct given *given, const struct given_tenant *tenant, const char *scope,
                          struct given_keeper *out)
{
    struct key seed;
    TRY(keeper_scoped(given, tenant, scope, out));
    key_random(given->env, &seed);
    pair_from(&seed, &out->public, &out->private);
    fingerprint_put(&out->public, out->fingerprint);
    return enrolled(given, out, &out->public);
}

struct may {
    const char *gives;
    bool releases;
};
static err_t approved_with(struct given *given, const char *cookie, const struct given_keeper *keeper,
                           const struct may *may)
{
    Keys__KeeperApprove in = KEYS__KEEPER_APPROVE__INIT;
    in.bearer = text(cookie);
    in.id = given_bin(ident_bytes(&keeper->id));
    in.fingerprint = text(keeper->fingerprint);
    in.gives = text(may->gives);
    in.releases = may->releases;
    in.password = given_bin(STR(GIVEN_PASSWORD));
    return given_asked(given, ASK_keeper_approve, &in, NULL);
}

static err_t approved(struct given *given, const char *cookie, const struct given_keeper *keeper,
                      const char *gives)
{
    return approved_with(given, cookie, keeper, &(struct may){gives, false});
}

static err_t polled(struct given *given, const char *token, bool key, Keys__Keeper **out)
{
    Keys__KeeperPoll in = KEYS__KEEPER_POLL__INIT;
    in.bearer = text(token);
    in.key = key;
    return given_asked(given, ASK_keeper_poll, &in, out);
}

/* With this private half: the tenant's key, sealed to the pair for one use. */
static err_t unlocked(struct given *given, const struct given_keeper *keeper, const struct key *private,
                      const char **out_session)
{
    Keys__KeeperUnlock in = KEYS__KEEPER_UNLOCK__INIT;
    Keys__Keeper *state = NULL;
    Keys__Who *who = NULL;
    OWN(buf) plain = BUF(KEY_SIZE);
    OWN(buf) sealed = BUF(KEY_SIZE + BOX_EXTRA);
    struct key once, public;
    TRY(polled(given, keeper->token, true, &state));
    age_recipient_of(private, &public);
    TRY(key_from(bin(state->once), &once));
    TRY(box_open(&public, private, bin(state->sealed), &plain));
    box_seal(&once, buf_str(&plain), &sealed);
    TRY(buf_end(&sealed));
    in.bearer = text(keeper->token);
    in.sealed = given_bin(buf_str(&sealed));
    TRY(given_asked(given, ASK_keeper_unlock, &in, &who));
    *out_session = who->cookie;
    return ERR_OK;
}

TEST(a_keeper_opens_once_an_owner_has_compared_its_fingerprint)
{
    OWN(given) given = {0};
    struct given_tenant tenant;
    struct given_keeper keeper;
    struct given_record record;
    ident_t device;
    Keys__Keeper *state = NULL;
    const char *session = NULL;
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_open_tenant(&given, "example", &tenant));
    CHECK_OK(given_device(&given, &tenant, &device));
    CHECK_OK(given_record(&given, &tenant, device, &record));
    CHECK_OK(given_keeper(&given, &tenant, "keeper devices:read", &keeper));
    CHECK_OK(polled(&given, keeper.token, true, &state));
    CHECK(!state->approved && !state->sealed.len && !state->once.len);
    struct given_keeper other = keeper;
    other.fingerprint[0] = other.fingerprint[0] == '0' ? '1' : '0';
    CHECK(given_refused(approved(&given, tenant.cookie, &other, ""), ERR_INVALID,
                        "not this keeper's fingerprint"));
    CHECK_OK(approved(&given, tenant.cookie, &keeper, ""));
    CHECK_FAILS(ERR_LOCKED, given_open(&given, keeper.token, (ident_t){{0}}, &record));
    CHECK_OK(unlocked(&given, &keeper, &keeper.private, &session));
    CHECK_OK(given_open(&given, session, (ident_t){{0}}, &record));
    CHECK(given_entries(&given, tenant.id, "keeper.enrolled") == 1 &&
          given_entries(&given, tenant.id, "keeper.approved") == 1 &&
          given_entries(&given, tenant.id, "keeper.opened") == 1);
    CHECK_OK(given_borne(&given, ASK_logout, session, NULL));
    CHECK_FAILS(ERR_SIGNED_OUT, given_open(&given, session, (ident_t){{0}}, &record));
}

TEST(neither_a_stolen_token_nor_a_stolen_private_half_opens_anything)
{
    OWN(given) given = {0};
    struct given_tenant tenant;
    struct given_keeper keeper, thief;
    struct key seed, public;
    const char *session = NULL;
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_open_tenant(&given, "example", &tenant));
    CHECK_OK(given_keeper(&given, &tenant, "keeper devices:read", &keeper));
    CHECK_OK(approved(&given, tenant.cookie, &keeper, ""));
    /* The token: what it is given it cannot open, and it cannot name another pair. */
    key_random(given.env, &seed);
    pair_from(&seed, &public, &thief.private);
    CHECK_FAILS(ERR_LOCKED, unlocked(&given, &keeper, &thief.private, &session));
    CHECK_FAILS(ERR_CONFLICT, enrolled(&given, &keeper, &public));
    CHECK_FAILS(ERR_LOCKED, given_borne(&given, ASK_device_states, keeper.token, NULL));
    /* The private half: with another token there is nothing that it opens. */
    CHECK_OK(keeper_scoped(&given, &tenant, "keeper devices:read", &thief));
    CHECK_OK(enrolled(&given, &thief, &keeper.public));
    Keys__Keeper *state = NULL;
    CHECK_OK(polled(&given, thief.token, true, &state));
    CHECK(!state->sealed.len && !state->once.len && !session);
}

TEST(what_a_keeper_answers_to_is_taken_once_and_only_the_clients_own_key)
{
    OWN(given) given = {0};
    OWN(buf) sealed = BUF(KEY_SIZE + BOX_EXTRA);
    struct given_tenant tenant;
    struct given_keeper keeper;
    struct key once;
    Keys__Keeper *state = NULL;
    Keys__KeeperUnlock in = KEYS__KEEPER_UNLOCK__INIT;
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_open_tenant(&given, "example", &tenant));
    CHECK_OK(given_keeper(&given, &tenant, "keeper", &keeper));
    CHECK_OK(approved(&given, tenant.cookie, &keeper, ""));
    CHECK_OK(polled(&given, keeper.token, true, &state)); /* whose answer does not arrive */
    CHECK_OK(polled(&given, keeper.token, true, &state));
    CHECK_OK(key_from(bin(state->once), &once));
    in.bearer = text(keeper.token);
    box_seal(&once, key_bytes(&keeper.private), &sealed);
    in.sealed = given_bin(buf_str(&sealed));
    CHECK(given_refused(given_asked(&given, ASK_keeper_unlock, &in, NULL), ERR_LOCKED,
                        "not the key of this client"));
    buf_clear(&sealed);
    OWN(buf) plain = BUF(KEY_SIZE);
    CHECK_OK(box_open(&keeper.public, &keeper.private, bin(state->sealed), &plain));
    box_seal(&once, buf_str(&plain), &sealed);
    in.sealed = given_bin(buf_str(&sealed));
    CHECK_OK(given_asked(&given, ASK_keeper_unlock, &in, NULL));
    CHECK_FAILS(ERR_LOCKED, given_asked(&given, ASK_keeper_unlock, &in, NULL));
    CHECK_OK(polled(&given, keeper.token, true, &state));
    given.world.clock += MINUTES(3);
    CHECK_FAILS(ERR_LOCKED, given_asked(&given, ASK_keeper_unlock, &in, NULL));
}

TEST(a_keeper_gives_the_key_to_those_who_wait_in_the_roles_it_may_give_it_to)
{
    OWN(given) given = {0};
    struct given_tenant tenant;
    struct given_keeper keeper;
    struct given_person vic = {.name = "vic"}, adi = {.name = "adi"};
    const char *link = NULL, *session = NULL;
    Keys__Keeper *state = NULL;
    Keys__Who *who = NULL;
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_open_tenant(&given, "example", &tenant));
    CHECK_OK(given_keeper(&given, &tenant, "keeper", &keeper));
    CHECK_FAILS(ERR_INVALID, approved(&given, tenant.cookie, &keeper, "owner"));
    CHECK_FAILS(ERR_INVALID, approved(&given, tenant.cookie, &keeper, "auditor"));
    CHECK_OK(approved(&given, tenant.cookie, &keeper, "viewer"));
    CHECK_OK(given_invited(&given, &tenant, "viewer", &link));
    CHECK_OK(given_joined(&given, link, "vic", &vic));
    CHECK_OK(given_invited(&given, &tenant, "administrator", &link));
    CHECK_OK(given_joined(&given, link, "adi", &adi));
    CHECK_OK(polled(&given, keeper.token, false, &state));
    CHECK(state->waiting == 1);
    CHECK_FAILS(ERR_LOCKED, given_borne(&given, ASK_keeper_give, keeper.token, NULL));
    CHECK_OK(unlocked(&given, &keeper, &keeper.private, &session));
    CHECK_OK(given_borne(&given, ASK_keeper_give, session, &state));
    CHECK(state->given == 1 && given_entries(&given, tenant.id, "key.given") == 1);
    const Keys__Login login = given_login("example", "vic", GIVEN_PASSWORD);
    CHECK_OK(given_signed_in(&given, &login, &vic.cookie));
    CHECK_OK(given_borne(&given, ASK_whoami, vic.cookie, &who));
    CHECK(who->keyed && !who->waits);
    CHECK_OK(given_borne(&given, ASK_whoami, adi.cookie, &who));
    CHECK(!who->keyed && who->waits);
}

static err_t provisioned(struct given *given, const struct given_keeper *directory, const char *name)
{
    Keys__ScimUserPut in = KEYS__SCIM_USER_PUT__INIT;
    in.bearer = text(directory->token);
    in.user_name = text(name);
    in.full_name = text("Pro Vision");
    in.email = text("pro@example.org");
    return given_asked(given, ASK_scim_put_user, &in, NULL);
}

/* The key of one who is locked out was destroyed, and is not given again before they are let in. */
TEST(a_keeper_gives_the_key_neither_to_who_is_locked_out_nor_to_who_cannot_come_in_yet)
{
    OWN(given) given = {0};
    struct given_tenant tenant;
    struct given_keeper keeper, directory;
    struct given_person out = {0}, vic = {.name = "vic"};
    const char *link = NULL, *session = NULL;
    Keys__Keeper *state = NULL;
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_open_tenant(&given, "example", &tenant));
    CHECK_OK(given_keeper(&given, &tenant, "keeper", &keeper));
    CHECK_OK(approved(&given, tenant.cookie, &keeper, "viewer"));
    CHECK_OK(keeper_scoped(&given, &tenant, "scim", &directory));
    CHECK_OK(provisioned(&given, &directory, "pro"));
    CHECK_OK(given_member(&given, &tenant, "viewer", &out));
    CHECK_OK(given_named(&given, ASK_member_disable, tenant.cookie, out.id, NULL));
    CHECK_OK(given_invited(&given, &tenant, "viewer", &link));
    CHECK_OK(given_joined(&given, link, "vic", &vic));
    CHECK_OK(unlocked(&given, &keeper, &keeper.private, &session));
    CHECK_OK(given_borne(&given, ASK_keeper_give, session, &state));
    CHECK(state->given == 1);
    OWN(buf) sealed = BUF(4096);
    CHECK_OK(given_cell_bytes(test_folder(), vic.id, CELL_TENANT_KEY, &sealed));
    CHECK_FAILS(ERR_MISSING, given_cell_bytes(test_folder(), out.id, CELL_TENANT_KEY, &sealed));
}

TEST(a_revoked_keeper_gets_nothing_and_what_was_sealed_to_it_is_gone)
{
    OWN(given) given = {0};
    OWN(buf) left = BUF(MAX_ASK);
    struct given_tenant tenant;
    struct given_keeper keeper;
    const char *session = NULL;
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_open_tenant(&given, "example", &tenant));
    CHECK_OK(given_keeper(&given, &tenant, "keeper devices:read", &keeper));
    CHECK_OK(approved(&given, tenant.cookie, &keeper, ""));
    CHECK_OK(unlocked(&given, &keeper, &keeper.private, &session));
    CHECK_OK(given_borne(&given, ASK_device_states, session, NULL));
    CHECK_OK(given_named(&given, ASK_token_end, tenant.cookie, keeper.id, NULL));
    CHECK_FAILS(ERR_SIGNED_OUT, given_borne(&given, ASK_device_states, session, NULL));
    CHECK_FAILS(ERR_SIGNED_OUT, polled(&given, keeper.token, true, &(Keys__Keeper *){NULL}));
    CHECK(given_entries(&given, tenant.id, "keeper.revoked") == 1);
    Keys__Keepers *keepers = NULL;
    CHECK_OK(given_borne(&given, ASK_keeper_list, tenant.cookie, &keepers));
    CHECK(!keepers->n_items);
}

struct given_signed_in {
    ident_t tenant, member, session;
    moment_t until;
};

static err_t waits_act(struct keyring *keyring, void *with)
{
    const struct given_signed_in *in = with;
    return db_do(keyring_db(keyring),
                 "insert into sso_sessions (session, tenant, member, public, salt, token, until)"
                 " values ($1, $2, $3, x'01', x'02', x'03', $4)",
                 ID(in->session), ID(in->tenant), ID(in->member), N(in->until));
}

TEST(whoever_a_keeper_does_not_release_the_key_to_keeps_nobody_else_waiting)
{
    OWN(given) given = {0};
    struct given_tenant tenant;
    struct given_keeper keeper;
    Keys__Keeper *state = NULL;
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_open_tenant(&given, "example", &tenant));
    CHECK_OK(given_keeper(&given, &tenant, "keeper", &keeper));
    CHECK_OK(approved_with(&given, tenant.cookie, &keeper, &(struct may){"", true}));
    struct given_signed_in one = {tenant.id, ident_new(given.env), .until = given.world.clock};
    for (int i = 0; i < 40; i++) {
        one.until += SECONDS(1);
        one.session = ident_new(given.env);
        CHECK_OK(keyring_write(given.keyring, waits_act, &one));
    }
    struct given_signed_in other = one;
    other.member = ident_new(given.env);
    other.session = ident_new(given.env);
    other.until += SECONDS(1);
    CHECK_OK(keyring_write(given.keyring, waits_act, &other));
    CHECK_OK(polled(&given, keeper.token, false, &state));
    CHECK(state->n_pending == 2);
    CHECK(str_eq(bin(state->pending[0]->session), ident_bytes(&one.session)));
    CHECK(str_eq(bin(state->pending[1]->session), ident_bytes(&other.session)));
}

TEST(a_fingerprint_is_compared_whatever_its_case_and_spaces)
{
    struct key public = {{1, 2, 3}};
    char words[FINGERPRINT_MAX], typed[FINGERPRINT_MAX * 2] = " ", *at = typed + 1;
    fingerprint_put(&public, words);
    CHECK(strlen(words) == 39 && fingerprint_is(&public, words));
    for (const char *from = words; *from; from++)
        if (*from != ' ')
            *at++ = *from >= 'a' ? (char)(*from - 32) : *from;
    *at = '\0';
    CHECK(fingerprint_is(&public, typed));
    at[-1] = '\0';
    CHECK(!fingerprint_is(&public, typed) && !fingerprint_is(&public, ""));
    words[38] = words[38] == '0' ? '1' : '0';
    CHECK(!fingerprint_is(&public, words));
}

TESTS(a_keeper_opens_once_an_owner_has_compared_its_fingerprint,
      neither_a_stolen_token_nor_a_stolen_private_half_opens_anything,
      what_a_keeper_answers_to_is_taken_once_and_only_the_clients_own_key,
      a_keeper_gives_the_key_to_those_who_wait_in_the_roles_it_may_give_it_to,
      a_keeper_gives_the_key_neither_to_who_is_locked_out_nor_to_who_cannot_come_in_yet,
      a_revoked_keeper_gets_nothing_and_what_was_sealed_to_it_is_gone,
      whoever_a_keeper_does_not_release_the_key_to_keeps_nobody_else_waiting,
      a_fingerprint_is_compared_whatever_its_case_and_spaces)
