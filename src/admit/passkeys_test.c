/* SPDX-License-Identifier: Apache-2.0
 *
 * A passkey signs in, opens the key where its authenticator can, and stands for the password where somebody is asked again.
 * What is replayed, forged or mixed up is refused.
 */
#include "admit/passkeys_given.h"
#include "admit/people_given.h"
#include "test/test.h"

struct scene {
    struct given given;
    struct given_tenant tenant;
    struct given_authenticator authenticator;
};
typedef struct scene scene_own;

static void scene_drop(struct scene *scene)
{
    given_authenticator_drop(&scene->authenticator);
    given_drop(&scene->given);
}

/* Ana, an owner, has a passkey: with the extension that opens the key, or without. */
static err_t scene_open(struct scene *scene, bool prf)
{
    TRY(given_a_keyring(&scene->given));
    TRY(given_open_tenant(&scene->given, "example", &scene->tenant));
    TRY(given_authenticator(&scene->authenticator, -7));
    scene->authenticator.prf = prf;
    return given_passkey(&scene->given, scene->tenant.cookie, &scene->authenticator);
}

static err_t login_with(struct scene *scene, const char *tenant, Keys__Assertion *assertion,
                        Keys__Who **out_who)
{
    Keys__PasskeyLogin in = KEYS__PASSKEY_LOGIN__INIT;
    in.tenant = (char *)(uintptr_t)tenant;
    in.passkey = assertion;
    return given_asked(&scene->given, ASK_passkey_login, &in, out_who);
}

static err_t signed_for(struct scene *scene, const char *tenant, Keys__Assertion *out_assertion)
{
    Keys__PasskeyOptions *options = NULL;
    TRY(given_asked_passkey(&scene->given, &(struct given_asking){.tenant = tenant}, &options));
    return given_assertion(&scene->authenticator, options, out_assertion);
}

static err_t login(struct scene *scene, Keys__Who **out_who)
{
    Keys__Assertion assertion;
    TRY(signed_for(scene, "example", &assertion));
    return login_with(scene, "example", &assertion, out_who);
}

static err_t again_with(struct scene *scene, enum ask_number number, const char *cookie,
                        const struct given_asking *asking, void *out_answer)
{
    Keys__Again in = KEYS__AGAIN__INIT;
    Keys__Assertion assertion;
    Keys__PasskeyOptions *options = NULL;
    TRY(given_asked_passkey(&scene->given, asking, &options));
    TRY(given_assertion(&scene->authenticator, options, &assertion));
    in.bearer = (char *)(uintptr_t)cookie;
    in.passkey = &assertion;
    if (!ident_is_zero(asking->id))
        in.id = given_bin(ident_bytes(&asking->id));
    return given_asked(&scene->given, number, &in, out_answer);
}

static err_t unlock_by_password(struct scene *scene, const char *cookie)
{
    Keys__Again in = KEYS__AGAIN__INIT;
    in.bearer = (char *)(uintptr_t)cookie;
    in.username = (char *)(uintptr_t) "ana";
    in.password = given_bin(STR(GIVEN_PASSWORD));
    return given_asked(&scene->given, ASK_session_unlock, &in, NULL);
}

static const Keys__Passkeys *listed(struct scene *scene)
{
    static const Keys__Passkeys none = KEYS__PASSKEYS__INIT;
    const Keys__Passkeys *list = NULL;
    return given_borne(&scene->given, ASK_passkey_list, scene->tenant.cookie, &list) == ERR_OK ? list : &none;
}

static err_t only_one(struct scene *scene, ident_t *out_id)
{
    const Keys__Passkeys *list = listed(scene);
    return list->n_items == 1 ? ident_from(bin(list->items[0]->id), out_id) : fail(ERR_BROKEN, "not one");
}

TEST(a_passkey_with_the_prf_extension_brings_the_key_without_a_password)
{
    static const int algorithms[] = {-7, -8, -257};
    OWN(scene) scene = {0};
    CHECK_OK(scene_open(&scene, true));
    for (size_t i = 0; i < 3; i++) {
        Keys__Who *who = NULL;
        given_authenticator_drop(&scene.authenticator);
        CHECK_OK(given_authenticator(&scene.authenticator, algorithms[i]));
        CHECK_OK(given_passkey(&scene.given, scene.tenant.cookie, &scene.authenticator));
        CHECK_OK(login(&scene, &who));
        CHECK(who->keyed && !who->locked && !strcmp(who->username, "ana"));
        CHECK_OK(given_borne(&scene.given, ASK_token_list, who->cookie, NULL));
    }
    CHECK(given_entries(&scene.given, scene.tenant.id, "passkey.added") == 4);
}

TEST(one_without_it_gives_a_locked_session_that_the_password_unlocks)
{
    OWN(scene) scene = {0};
    Keys__Who *who = NULL;
    CHECK_OK(scene_open(&scene, false));
    CHECK_OK(login(&scene, &who));
    CHECK(!who->keyed && who->locked && !*who->username);
    CHECK(given_refused(given_borne(&scene.given, ASK_token_list, who->cookie, NULL), ERR_LOCKED, "unlock"));
    CHECK_OK(unlock_by_password(&scene, who->cookie));
    CHECK_OK(given_borne(&scene.given, ASK_token_list, who->cookie, NULL));
}

TEST(a_passkey_unlocks_a_session_that_came_in_otherwise)
{
    OWN(scene) scene = {0};
    const char *locked = NULL;
    CHECK_OK(scene_open(&scene, true));
    CHECK_OK(given_locked(&scene.given, scene.tenant.cookie, &locked));
    const struct given_asking asking = {.cookie = locked, .act = "session.unlock"};
    CHECK_OK(again_with(&scene, ASK_session_unlock, locked, &asking, NULL));
    CHECK_OK(given_borne(&scene.given, ASK_token_list, locked, NULL));
}

TEST(one_that_opens_nothing_unlocks_nothing)
{
    OWN(scene) scene = {0};
    const char *locked = NULL;
    CHECK_OK(scene_open(&scene, false));
    CHECK_OK(given_locked(&scene.given, scene.tenant.cookie, &locked));
    const struct given_asking asking = {.cookie = locked, .act = "session.unlock"};
    CHECK(given_refused(again_with(&scene, ASK_session_unlock, locked, &asking, NULL), ERR_LOCKED, "type"));
}

TEST(an_answer_is_taken_once)
{
    OWN(scene) scene = {0};
    Keys__Assertion assertion;
    CHECK_OK(scene_open(&scene, true));
    CHECK_OK(signed_for(&scene, "example", &assertion));
    CHECK_OK(login_with(&scene, "example", &assertion, NULL));
    CHECK_FAILS(ERR_SIGNED_OUT, login_with(&scene, "example", &assertion, NULL));
    CHECK(given_entries(&scene.given, scene.tenant.id, "sign-in.failed") == 1);
}

TEST(an_answer_of_one_that_never_counts_is_taken_once_too)
{
    OWN(scene) scene = {0};
    Keys__Assertion assertion;
    CHECK_OK(scene_open(&scene, true));
    scene.authenticator.count = UINT32_MAX; /* one more is 0 */
    CHECK_OK(signed_for(&scene, "example", &assertion));
    CHECK_OK(login_with(&scene, "example", &assertion, NULL));
    CHECK(given_refused(login_with(&scene, "example", &assertion, NULL), ERR_SIGNED_OUT, "used already"));
}

TEST(a_challenge_ends_after_five_minutes)
{
    OWN(scene) scene = {0};
    Keys__Assertion assertion;
    CHECK_OK(scene_open(&scene, true));
    CHECK_OK(signed_for(&scene, "example", &assertion));
    CHECK_OK(given_passed(&scene.given, MINUTES(5)));
    CHECK(given_refused(login_with(&scene, "example", &assertion, NULL), ERR_SIGNED_OUT, "too long ago"));
}

TEST(a_counter_that_went_back_is_refused_and_told_of_as_a_copy)
{
    OWN(scene) scene = {0};
    CHECK_OK(scene_open(&scene, true));
    CHECK_OK(login(&scene, NULL));
    scene.authenticator.count = 0;
    CHECK(given_refused(login(&scene, NULL), ERR_SIGNED_OUT, "gone back"));
    CHECK(given_entries(&scene.given, scene.tenant.id, "passkey.refused") == 1);
    CHECK_OK(login(&scene, NULL));
}

struct forgery {
    const char *note;
    void (*forge)(struct given_authenticator *authenticator, Keys__Assertion *said);
};

static void forge_signature(struct given_authenticator *a, Keys__Assertion *said)
{
    a->signature[a->signature_len - 1] ^= 1;
    (void)said;
}
static void forge_data(struct given_authenticator *a, Keys__Assertion *said)
{
    a->data[a->data_len - 1] ^= 1;
    (void)said;
}
static void forge_text(struct given_authenticator *a, Keys__Assertion *said)
{
    strchr(a->json, 'f')[0] = 'F';
    (void)said;
}
static void forge_no_signature(struct given_authenticator *a, Keys__Assertion *said)
{
    (void)a;
    said->signature.len = 0;
}
static void forge_cut(struct given_authenticator *a, Keys__Assertion *said)
{
    (void)a;
    said->authenticator_data.len -= 1;
}
static void forge_credential(struct given_authenticator *a, Keys__Assertion *said)
{
    a->id[0] ^= 1;
    (void)said;
}
static void forge_user(struct given_authenticator *a, Keys__Assertion *said)
{
    a->user[0] ^= 1;
    (void)said;
}
static void forge_prf(struct given_authenticator *a, Keys__Assertion *said)
{
    a->given[0] ^= 1;
    (void)said;
}

TEST(what_is_forged_is_refused)
{
    static const struct forgery forgeries[] = {
        {"has not signed", forge_signature}, {"has not signed", forge_data},
        {"cannot be read", forge_text},      {"has not signed", forge_no_signature},
        {"has not signed", forge_cut},       {"not known", forge_credential},
        {"another member", forge_user},      {"does not open", forge_prf},
    };
    OWN(scene) scene = {0};
    CHECK_OK(scene_open(&scene, true));
    for (size_t i = 0; i < sizeof forgeries / sizeof *forgeries; i++) {
        struct given_authenticator honest = scene.authenticator;
        Keys__Assertion said;
        CHECK_OK(signed_for(&scene, "example", &said));
        forgeries[i].forge(&scene.authenticator, &said);
        CHECK(given_refused(login_with(&scene, "example", &said, NULL), ERR_SIGNED_OUT, forgeries[i].note));
        honest.count = scene.authenticator.count;
        scene.authenticator = honest;
    }
    CHECK_OK(login(&scene, NULL));
}

TEST(what_was_signed_elsewhere_is_refused)
{
    OWN(scene) scene = {0};
    CHECK_OK(scene_open(&scene, true));
    scene.authenticator.origin = "https://custody.example.net:8443";
    CHECK(given_refused(login(&scene, NULL), ERR_SIGNED_OUT, "another site"));
    scene.authenticator.origin = "https://custody.example";
    CHECK(given_refused(login(&scene, NULL), ERR_SIGNED_OUT, "another site"));
    scene.authenticator.origin = GIVEN_URL;
    scene.authenticator.framed = true;
    CHECK(given_refused(login(&scene, NULL), ERR_SIGNED_OUT, "another site"));
    scene.authenticator.framed = false;
    scene.authenticator.rp = "example";
    CHECK(given_refused(login(&scene, NULL), ERR_SIGNED_OUT, "has not signed"));
    scene.authenticator.rp = "custody.example";
    CHECK_OK(login(&scene, NULL));
}

TEST(an_authenticator_that_has_not_verified_its_person_is_refused)
{
    OWN(scene) scene = {0};
    CHECK_OK(scene_open(&scene, true));
    scene.authenticator.flags = 0x01;
    CHECK(given_refused(login(&scene, NULL), ERR_SIGNED_OUT, "verified"));
    scene.authenticator.flags = 0x04;
    CHECK(given_refused(login(&scene, NULL), ERR_SIGNED_OUT, "verified"));
    scene.authenticator.flags = 0x01;
    scene.authenticator.id[5] ^= 1;
    CHECK(given_refused(given_passkey(&scene.given, scene.tenant.cookie, &scene.authenticator), ERR_DENIED,
                        "verified"));
}

TEST(another_clients_passkey_is_not_known_and_its_challenge_not_taken)
{
    OWN(scene) scene = {0};
    struct given_tenant other;
    Keys__Assertion said;
    CHECK_OK(scene_open(&scene, true));
    CHECK_OK(given_open_tenant(&scene.given, "other", &other));
    CHECK_OK(signed_for(&scene, "other", &said));
    CHECK(given_refused(login_with(&scene, "other", &said, NULL), ERR_SIGNED_OUT, "not known"));
    CHECK_OK(signed_for(&scene, "other", &said));
    CHECK(given_refused(login_with(&scene, "example", &said, NULL), ERR_SIGNED_OUT, "something else"));
    CHECK_OK(signed_for(&scene, "nobody", &said));
    CHECK(given_refused(login_with(&scene, "nobody", &said, NULL), ERR_SIGNED_OUT, "not known"));
}

TEST(another_members_passkey_is_not_ones_own)
{
    OWN(scene) scene = {0};
    struct given_person bea = {.name = "bea"};
    CHECK_OK(scene_open(&scene, true));
    CHECK_OK(given_member(&scene.given, &scene.tenant, "approver", &bea));
    const struct given_asking asking = {.cookie = bea.cookie, .act = "authenticator.remove"};
    CHECK(given_refused(again_with(&scene, ASK_codes_end, bea.cookie, &asking, NULL), ERR_DENIED,
                        "another member"));
}

TEST(it_stands_for_the_password_in_the_one_act_and_session_that_it_signed_for)
{
    OWN(scene) scene = {0};
    const char *cookie = scene.tenant.cookie, *other = NULL;
    CHECK_OK(scene_open(&scene, true));
    cookie = scene.tenant.cookie;
    CHECK_OK(given_signed_in(&scene.given, &(Keys__Login[]){given_login("example", "ana", GIVEN_PASSWORD)}[0],
                             &other));
    const struct given_asking asking = {.cookie = cookie, .act = "authenticator.add"};
    const struct given_asking elsewhere = {.cookie = cookie, .act = "authenticator.remove"};
    const struct given_asking theirs = {.cookie = other, .act = "authenticator.add"};
    CHECK(given_refused(again_with(&scene, ASK_codes_begin, cookie, &elsewhere, NULL), ERR_DENIED,
                        "something else"));
    CHECK(given_refused(again_with(&scene, ASK_codes_begin, cookie, &theirs, NULL), ERR_DENIED,
                        "something else"));
    CHECK_OK(again_with(&scene, ASK_codes_begin, cookie, &asking, NULL));
}

/* Gives the signing key to a member, by what was signed for that. */
static err_t gives(struct scene *scene, const struct given_asking *asking, const char *cookie, ident_t member)
{
    Keys__SignerGive in = KEYS__SIGNER_GIVE__INIT;
    Keys__Assertion assertion;
    Keys__PasskeyOptions *options = NULL;
    TRY(given_asked_passkey(&scene->given, asking, &options));
    TRY(given_assertion(&scene->authenticator, options, &assertion));
    in.bearer = (char *)(uintptr_t)cookie;
    in.id = given_bin(ident_bytes(&member));
    in.passkey = &assertion;
    return given_asked(&scene->given, ASK_signer_give, &in, NULL);
}

TEST(it_gives_the_signing_key_to_the_one_member_that_it_signed_for)
{
    OWN(scene) scene = {0};
    struct given_person bea, cem;
    CHECK_OK(scene_open(&scene, true));
    CHECK_OK(given_member(&scene.given, &scene.tenant, "administrator", &bea));
    CHECK_OK(given_member(&scene.given, &scene.tenant, "administrator", &cem));
    const char *cookie = scene.tenant.cookie;
    const struct given_asking to_bea = {.cookie = cookie, .act = "signer.give", .id = bea.id};
    const struct given_asking to_nobody = {.cookie = cookie, .act = "signer.give"};
    const struct given_asking by_bea = {.cookie = bea.cookie, .act = "signer.give", .id = cem.id};
    CHECK(given_refused(gives(&scene, &to_bea, cookie, cem.id), ERR_DENIED, "something else"));
    CHECK(given_refused(gives(&scene, &to_nobody, cookie, cem.id), ERR_DENIED, "something else"));
    CHECK(given_refused(gives(&scene, &by_bea, bea.cookie, cem.id), ERR_DENIED, "another member"));
    CHECK_OK(gives(&scene, &to_bea, cookie, bea.id));
    CHECK(given_entries(&scene.given, scene.tenant.id, "signer.given") == 1);
}

static err_t erases(struct scene *scene, const char *cookie, Keys__Assertion *assertion)
{
    Keys__ErasureAsk in = KEYS__ERASURE_ASK__INIT;
    in.bearer = (char *)(uintptr_t)cookie;
    in.typed = (char *)(uintptr_t) "example";
    in.passkey = assertion;
    return given_asked(&scene->given, ASK_erasure_ask, &in, NULL);
}

TEST(it_asks_for_the_erasure_of_everything_and_neither_a_session_nor_an_old_answer_does)
{
    OWN(scene) scene = {0};
    Keys__Assertion assertion;
    Keys__PasskeyOptions *options = NULL;
    CHECK_OK(scene_open(&scene, true));
    const char *cookie = scene.tenant.cookie;
    CHECK(given_refused(erases(&scene, cookie, NULL), ERR_INVALID, "neither a password"));
    CHECK_OK(signed_for(&scene, "example", &assertion)); /* for a sign-in */
    CHECK(given_refused(erases(&scene, cookie, &assertion), ERR_DENIED, "something else"));
    const struct given_asking asking = {.cookie = cookie, .act = "erasure.ask"};
    CHECK_OK(given_asked_passkey(&scene.given, &asking, &options));
    CHECK_OK(given_assertion(&scene.authenticator, options, &assertion));
    CHECK_OK(erases(&scene, cookie, &assertion));
    CHECK(given_refused(erases(&scene, cookie, &assertion), ERR_DENIED, "used already"));
    CHECK(given_entries(&scene.given, scene.tenant.id, "erasure.asked") == 1);
}

TEST(it_adds_another_that_opens_the_key_as_well)
{
    OWN(scene) scene = {0};
    OWN(given_authenticator) second = {0};
    Keys__PasskeyOptions *options = NULL;
    Keys__PasskeyAdd add = KEYS__PASSKEY_ADD__INIT;
    Keys__Who *who = NULL;
    CHECK_OK(scene_open(&scene, true));
    CHECK_OK(given_authenticator(&second, -8));
    add.bearer = (char *)(uintptr_t)scene.tenant.cookie;
    const struct given_asking asking = {.cookie = add.bearer, .act = "passkey.add"};
    CHECK_OK(again_with(&scene, ASK_passkey_begin, add.bearer, &asking, &options));
    CHECK(options->n_credentials == 1);
    CHECK_OK(given_made(&second, options, &add));
    CHECK_OK(given_asked(&scene.given, ASK_passkey_add, &add, NULL));
    CHECK_FAILS(ERR_DENIED, given_asked(&scene.given, ASK_passkey_add, &add, NULL));
    struct given_authenticator first = scene.authenticator;
    scene.authenticator = second;
    CHECK_OK(login(&scene, &who));
    CHECK(who->keyed);
    scene.authenticator = first;
}

TEST(what_is_made_without_the_password_is_not_taken)
{
    OWN(scene) scene = {0};
    OWN(given_authenticator) second = {0};
    Keys__PasskeyOptions *options = NULL;
    Keys__PasskeyAdd add = KEYS__PASSKEY_ADD__INIT;
    CHECK_OK(scene_open(&scene, true));
    CHECK_OK(given_authenticator(&second, -7));
    add.bearer = (char *)(uintptr_t)scene.tenant.cookie;
    const struct given_asking asking = {.cookie = add.bearer, .act = "passkey.add"};
    CHECK_OK(given_asked_passkey(&scene.given, &asking, &options));
    CHECK_OK(given_made(&second, options, &add));
    CHECK(
        given_refused(given_asked(&scene.given, ASK_passkey_add, &add, NULL), ERR_DENIED, "something else"));
}

TEST(a_removed_one_signs_in_no_more_and_leaves_nothing)
{
    OWN(scene) scene = {0};
    ident_t id;
    int64_t cells = 0;
    CHECK_OK(scene_open(&scene, true));
    CHECK_OK(only_one(&scene, &id));
    const struct given_asking asking = {.cookie = scene.tenant.cookie, .act = "passkey.remove", .id = id};
    CHECK_OK(again_with(&scene, ASK_passkey_remove, scene.tenant.cookie, &asking, NULL));
    CHECK(listed(&scene)->n_items == 0);
    CHECK(given_refused(login(&scene, NULL), ERR_SIGNED_OUT, "not known"));
    CHECK_OK(db_number(keyring_db(scene.given.keyring), &cells, "select count(*) from cells where id = $1",
                       ID(id)));
    CHECK(cells == 0);
    CHECK(given_entries(&scene.given, scene.tenant.id, "passkey.removed") == 1);
}

TEST(it_ends_with_its_member)
{
    OWN(scene) scene = {0};
    struct given_person vera;
    int64_t left = 0;
    CHECK_OK(scene_open(&scene, true));
    CHECK_OK(given_member(&scene.given, &scene.tenant, "viewer", &vera));
    given_authenticator_drop(&scene.authenticator);
    CHECK_OK(given_authenticator(&scene.authenticator, -8));
    scene.authenticator.owner = vera.name;
    CHECK_OK(given_passkey(&scene.given, vera.cookie, &scene.authenticator));
    CHECK_OK(login(&scene, NULL));
    CHECK_OK(given_named(&scene.given, ASK_member_remove, scene.tenant.cookie, vera.id, NULL));
    CHECK(given_refused(login(&scene, NULL), ERR_SIGNED_OUT, "not known"));
    CHECK_OK(db_number(keyring_db(scene.given.keyring), &left,
                       "select count(*) from passkeys where member = $1", ID(vera.id)));
    CHECK(left == 0);
}

TEST(a_new_password_leaves_it_and_the_recovery_kit_does_not)
{
    OWN(scene) scene = {0};
    Keys__Again change = KEYS__AGAIN__INIT;
    Keys__Recover recover = KEYS__RECOVER__INIT;
    Keys__Who *who = NULL;
    CHECK_OK(scene_open(&scene, true));
    change.bearer = (char *)(uintptr_t)scene.tenant.cookie;
    change.username = (char *)(uintptr_t) "ana";
    change.password = given_bin(STR(GIVEN_PASSWORD));
    change.new_password = given_bin(STR("another horse battery staple!"));
    CHECK_OK(given_asked(&scene.given, ASK_password_change, &change, NULL));
    CHECK_OK(login(&scene, &who));
    CHECK(who->keyed);
    recover.tenant = (char *)(uintptr_t) "example";
    recover.kit = (char *)(uintptr_t)scene.tenant.kit;
    recover.username = change.username;
    recover.password = change.new_password;
    CHECK_OK(given_asked(&scene.given, ASK_recover, &recover, NULL));
    CHECK(given_refused(login(&scene, NULL), ERR_SIGNED_OUT, "not known"));
}

TEST(a_list_shows_dates_alone_and_the_folder_holds_no_credential)
{
    OWN(scene) scene = {0};
    CHECK_OK(scene_open(&scene, true));
    CHECK_OK(login(&scene, NULL));
    const Keys__Passkeys *list = listed(&scene);
    CHECK(list->n_items == 1 && list->items[0]->made && list->items[0]->used && list->items[0]->opens);
    CHECK(!given_bytes_in_folder(test_folder(),
                                 str_bytes(scene.authenticator.id, sizeof scene.authenticator.id)));
}

TEST(a_client_that_does_not_exist_is_answered_like_one_that_does)
{
    OWN(scene) scene = {0};
    Keys__PasskeyOptions *some = NULL, *none = NULL, *again = NULL;
    CHECK_OK(scene_open(&scene, true));
    CHECK_OK(given_asked_passkey(&scene.given, &(struct given_asking){.tenant = "example"}, &some));
    CHECK_OK(given_asked_passkey(&scene.given, &(struct given_asking){.tenant = "nobody"}, &none));
    CHECK_OK(given_asked_passkey(&scene.given, &(struct given_asking){.tenant = "nobody"}, &again));
    CHECK(some->challenge.len == none->challenge.len && some->salt.len == none->salt.len);
    CHECK(str_eq(bin(none->salt), bin(again->salt)) && !some->n_credentials && !none->n_credentials);
}

TESTS(a_passkey_with_the_prf_extension_brings_the_key_without_a_password,
      one_without_it_gives_a_locked_session_that_the_password_unlocks,
      a_passkey_unlocks_a_session_that_came_in_otherwise, one_that_opens_nothing_unlocks_nothing,
      an_answer_is_taken_once, an_answer_of_one_that_never_counts_is_taken_once_too,
      a_challenge_ends_after_five_minutes, a_counter_that_went_back_is_refused_and_told_of_as_a_copy,
      what_is_forged_is_refused, what_was_signed_elsewhere_is_refused,
      an_authenticator_that_has_not_verified_its_person_is_refused,
      another_clients_passkey_is_not_known_and_its_challenge_not_taken,
      another_members_passkey_is_not_ones_own,
      it_stands_for_the_password_in_the_one_act_and_session_that_it_signed_for,
      it_gives_the_signing_key_to_the_one_member_that_it_signed_for,
      it_asks_for_the_erasure_of_everything_and_neither_a_session_nor_an_old_answer_does,
      it_adds_another_that_opens_the_key_as_well, what_is_made_without_the_password_is_not_taken,
      a_removed_one_signs_in_no_more_and_leaves_nothing, it_ends_with_its_member,
      a_new_password_leaves_it_and_the_recovery_kit_does_not,
      a_list_shows_dates_alone_and_the_folder_holds_no_credential,
      a_client_that_does_not_exist_is_answered_like_one_that_does)
