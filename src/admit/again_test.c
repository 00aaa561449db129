/* SPDX-License-Identifier: Apache-2.0
 *
 * What no open session is enough for: whoever has a copy of an owner's cookie, and nothing else, lets nobody and nothing in,
 * and turns nothing aside that leaves the service.
 */
#include "admit/passkeys_given.h"
#include "admit/people_given.h"
#include "crypt/age.h"
#include "crypt/fingerprint.h"
#include "test/test.h"

#define TEXT(literal) ((char *)(uintptr_t)(literal))

struct scene {
    struct given given;
    struct given_tenant tenant;
    struct given_authenticator authenticator;
    ident_t keepers[2]; /* that wait */
    struct key public[2];
    char recipient[128];
};
typedef struct scene scene_own;

static void scene_drop(struct scene *scene)
{
    given_authenticator_drop(&scene->authenticator);
    given_drop(&scene->given);
}

/* What is shown beside the cookie. */
struct shown {
    str_t password;
    Keys__Assertion *passkey;
};
#define SHOWN(scene, in, shown) \
    do { \
        (in)->bearer = TEXT((scene)->tenant.cookie); \
        (in)->password = given_bin((shown)->password); \
        (in)->passkey = (shown)->passkey; \
    } while (0)

static err_t token_made(struct scene *scene, const struct shown *shown)
{
    Keys__TokenMake in = KEYS__TOKEN_MAKE__INIT;
    SHOWN(scene, &in, shown);
    in.name = TEXT("a token");
    in.scope = TEXT("export");
    in.typed = TEXT("example");
    in.until = scene->given.world.clock + DAYS(1);
    return given_asked(&scene->given, ASK_token_make, &in, NULL);
}

static err_t invited(struct scene *scene, const struct shown *shown)
{
    Keys__InvitationMake in = KEYS__INVITATION_MAKE__INIT;
    SHOWN(scene, &in, shown);
    in.role = TEXT("owner");
    in.until = scene->given.world.clock + DAYS(1);
    return given_asked(&scene->given, ASK_invitation_make, &in, NULL);
}

static err_t keeper_approved(struct scene *scene, const struct shown *shown)
{
    Keys__KeeperApprove in = KEYS__KEEPER_APPROVE__INIT;
    char words[FINGERPRINT_MAX];
    SHOWN(scene, &in, shown);
    fingerprint_put(&scene->public[0], words);
    in.id = given_bin(ident_bytes(&scene->keepers[0]));
    in.fingerprint = words;
    return given_asked(&scene->given, ASK_keeper_approve, &in, NULL);
}

static err_t break_glass_set(struct scene *scene, const struct shown *shown)
{
    Keys__BreakGlassSet in = KEYS__BREAK_GLASS_SET__INIT;
    SHOWN(scene, &in, shown);
    in.recipient = scene->recipient;
    return given_asked(&scene->given, ASK_break_glass_set, &in, NULL);
}

static err_t provider_named(struct scene *scene, const struct shown *shown)
{
    Keys__SsoSet in = KEYS__SSO_SET__INIT;
    SHOWN(scene, &in, shown);
    in.issuer = TEXT("https://id.example");
    in.client = TEXT("custody");
    in.opens = TEXT("passkey");
    in.claim = TEXT("sub");
    return given_asked(&scene->given, ASK_sso_set, &in, NULL);
}

static err_t provider_removed(struct scene *scene, const struct shown *shown)
{
    Keys__SsoSet in = KEYS__SSO_SET__INIT;
    SHOWN(scene, &in, shown);
    in.removes = true;
    return given_asked(&scene->given, ASK_sso_set, &in, NULL);
}

static err_t groups_mapped(struct scene *scene, const struct shown *shown)
{
    Keys__ScimSetupSet in = KEYS__SCIM_SETUP_SET__INIT;
    Keys__ScimRule rule = KEYS__SCIM_RULE__INIT;
    SHOWN(scene, &in, shown);
    rule.group = TEXT("Everybody");
    rule.role = TEXT("owner");
    in.rules = (Keys__ScimRule *[]){&rule};
    in.n_rules = 1;
    in.otherwise = TEXT("viewer");
    return given_asked(&scene->given, ASK_scim_setup_set, &in, NULL);
}

static const struct {
    const char *act, *told; /* as a passkey signs for it, and as the log tells of it */
    err_t (*run)(struct scene *scene, const struct shown *shown);
    bool has_target;
} acts[] = {
    {"token.make", "token.made", token_made, false},
    {"member.invite", "member.invited", invited, false},
    {"keeper.approve", "keeper.approved", keeper_approved, true},
    {"break-glass.set", "break-glass.set", break_glass_set, false},
    {"sso.set", "sso.changed", provider_named, false},
    {"sso.remove", "sso.removed", provider_removed, false},
    {"scim.map", "provisioning.set", groups_mapped, false},
};
enum { ACTS = sizeof acts / sizeof *acts };

static err_t keeper_waits(struct scene *scene, int which)
{
    Keys__TokenMake make = KEYS__TOKEN_MAKE__INIT;
    Keys__KeeperEnrol enrol = KEYS__KEEPER_ENROL__INIT;
    Keys__Token *made = NULL;
    struct key seed, private;
    key_random(scene->given.env, &seed);
    pair_from(&seed, &scene->public[which], &private);
    SHOWN(scene, &make, (&(struct shown){STR(GIVEN_PASSWORD), NULL}));
    make.name = TEXT("keeper");
    make.scope = TEXT("keeper");
    make.until = scene->given.world.clock + DAYS(1);
    TRY(given_asked(&scene->given, ASK_token_make, &make, &made));
    enrol.bearer = made->token;
    enrol.public_ = given_bin(key_bytes(&scene->public[which]));
    TRY(given_asked(&scene->given, ASK_keeper_enrol, &enrol, NULL));
    return ident_from(bin(made->id), &scene->keepers[which]);
}

/* Ana, an owner, has a passkey that opens her key. Two keepers wait, and there is a provider to be removed. */
static err_t scene_open(struct scene *scene)
{
    OWN(buf) recipient = BUF(sizeof scene->recipient);
    struct key identity, public;
    TRY(given_a_keyring(&scene->given));
    TRY(given_open_tenant(&scene->given, "example", &scene->tenant));
    TRY(given_authenticator(&scene->authenticator, -7));
    scene->authenticator.prf = true;
    TRY(given_passkey(&scene->given, scene->tenant.cookie, &scene->authenticator));
    TRY(keeper_waits(scene, 0));
    TRY(keeper_waits(scene, 1));
    key_random(scene->given.env, &identity);
    age_recipient_of(&identity, &public);
    age_recipient_text(&public, &recipient);
    TRY(buf_end(&recipient));
    snprintf(scene->recipient, sizeof scene->recipient, "%s", recipient.at);
    return ERR_OK;
}

static int64_t told(struct scene *scene, size_t act)
{
    return given_entries(&scene->given, scene->tenant.id, acts[act].told);
}

TEST(an_open_session_alone_lets_nobody_in_and_turns_nothing_aside)
{
    OWN(scene) scene = {0};
    const struct shown nothing = {.password = STR("")}, wrong = {.password = STR("not the password")};
    const struct shown password = {.password = STR(GIVEN_PASSWORD)};
    CHECK_OK(scene_open(&scene));
    for (size_t i = 0; i < ACTS; i++) {
        int64_t before = told(&scene, i);
        CHECK(given_refused(acts[i].run(&scene, &nothing), ERR_INVALID, "neither a password"));
        CHECK(given_refused(acts[i].run(&scene, &wrong), ERR_DENIED, "password is wrong"));
        CHECK(told(&scene, i) == before);
        CHECK_OK(acts[i].run(&scene, &password));
        CHECK(told(&scene, i) == before + 1);
    }
}

static err_t by_passkey(struct scene *scene, const struct given_asking *asking, size_t act)
{
    Keys__Assertion assertion;
    Keys__PasskeyOptions *options = NULL;
    TRY(given_asked_passkey(&scene->given, asking, &options));
    TRY(given_assertion(&scene->authenticator, options, &assertion));
    return acts[act].run(scene, &(struct shown){.password = STR(""), .passkey = &assertion});
}

TEST(a_passkey_does_the_one_of_them_that_it_has_signed_for_to_the_one_keeper)
{
    OWN(scene) scene = {0};
    CHECK_OK(scene_open(&scene));
    for (size_t i = 0; i < ACTS; i++) {
        struct given_asking asking = {.cookie = scene.tenant.cookie, .act = acts[(i + 1) % ACTS].act};
        CHECK(given_refused(by_passkey(&scene, &asking, i), ERR_DENIED, "something else"));
        asking.act = acts[i].act;
        asking.id = acts[i].has_target ? scene.keepers[1] : (ident_t){{0}};
        if (acts[i].has_target)
            CHECK(given_refused(by_passkey(&scene, &asking, i), ERR_DENIED, "something else"));
        asking.id = acts[i].has_target ? scene.keepers[0] : (ident_t){{0}};
        CHECK_OK(by_passkey(&scene, &asking, i));
    }
}

TESTS(an_open_session_alone_lets_nobody_in_and_turns_nothing_aside,
      a_passkey_does_the_one_of_them_that_it_has_signed_for_to_the_one_keeper)
