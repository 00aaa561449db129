/* SPDX-License-Identifier: Apache-2.0
 *
 * Clients' witnesses: who may name one, when each is asked, and what is believed of what came of it.
 */
#include "keyring/given.h"
#include "test/test.h"
#include "tlog/note.h"

static err_t set(struct given *given, const char *bearer, const char *url, const char *key)
{
    Keys__WitnessSet in = KEYS__WITNESS_SET__INIT;
    in.bearer = (char *)(uintptr_t)bearer;
    in.url = (char *)(uintptr_t)url;
    in.key = (char *)(uintptr_t)key;
    return given_asked(given, ASK_witness_set, &in, NULL);
}

static const Keys__Witnesses *due(struct given *given)
{
    const Keys__None in = KEYS__NONE__INIT;
    static const Keys__Witnesses none = KEYS__WITNESSES__INIT;
    const Keys__Witnesses *witnesses = NULL;
    return given_asked(given, ASK_witness_due, &in, &witnesses) == ERR_OK ? witnesses : &none;
}

static err_t told(struct given *given, const Keys__Witness *witness, int64_t size, const char *trouble)
{
    Keys__Witness in = *witness;
    in.size = size;
    in.seen = *trouble ? 0 : given->world.clock;
    in.trouble = (char *)(uintptr_t)trouble;
    return given_asked(given, ASK_witness_told, &in, NULL);
}

static const Keys__Log *about(struct given *given, const char *bearer)
{
    Keys__Bearer in = KEYS__BEARER__INIT;
    static const Keys__Log none = KEYS__LOG__INIT;
    const Keys__Log *log = NULL;
    in.bearer = (char *)(uintptr_t)bearer;
    return given_asked(given, ASK_log_about, &in, &log) == ERR_OK ? log : &none;
}

static err_t witness_key(struct given *given, enum note_kind kind, buf_t *out_key)
{
    OWN(note_signer) signer = {.seed = {{0}}};
    TRY(note_signer_new(given->env, kind, STR("client.example/witness"), &signer));
    note_key_put(out_key, &signer.key);
    return buf_end(out_key);
}

static err_t signed_once(struct given *given, const struct given_tenant *tenant)
{
    Keys__LogRange in = KEYS__LOG_RANGE__INIT;
    in.id = given_bin(ident_bytes(&tenant->id));
    in.size = 1;
    return given_asked(given, ASK_log_sign, &in, NULL);
}

TEST(an_owner_names_the_witness_and_nobody_else_does)
{
    OWN(given) given = {0};
    OWN(buf) key = BUF(512);
    OWN(buf) other = BUF(512);
    struct given_tenant tenant;
    const Keys__Token *token = NULL;
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_open_tenant(&given, "example", &tenant));
    CHECK_OK(given_token(&given, &tenant, "administrator", &token));
    CHECK_OK(witness_key(&given, NOTE_COSIGNATURE, &key));
    CHECK_OK(witness_key(&given, NOTE_ED25519, &other));
    CHECK_FAILS(ERR_DENIED, set(&given, token->token, "https://w.example", key.at));
    CHECK_FAILS(ERR_INVALID, set(&given, tenant.cookie, "https://w.example", other.at));
    CHECK_FAILS(ERR_INVALID, set(&given, tenant.cookie, "https://a@w.example", key.at));
    CHECK_FAILS(ERR_INVALID,
                set(&given, tenant.cookie, "https://w.example", about(&given, tenant.cookie)->clock));
    CHECK(!about(&given, tenant.cookie)->witness);
    CHECK_OK(set(&given, tenant.cookie, "https://w.example", key.at));
    CHECK(about(&given, tenant.cookie)->witness &&
          !strcmp(about(&given, tenant.cookie)->witness->key, key.at));
    CHECK_OK(set(&given, tenant.cookie, "", ""));
    CHECK(!about(&given, tenant.cookie)->witness && !due(&given)->n_items);
}

TEST(a_witness_is_asked_each_minute_and_one_that_fails_ever_less_often)
{
    OWN(given) given = {0};
    OWN(buf) key = BUF(512);
    struct given_tenant tenant;
    static const int minutes[] = {1, 2, 4, 8, 15, 15};
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_open_tenant(&given, "example", &tenant));
    CHECK_OK(witness_key(&given, NOTE_COSIGNATURE, &key));
    CHECK_OK(set(&given, tenant.cookie, "https://w.example", key.at));
    CHECK(!due(&given)->n_items); /* nothing is signed yet */
    CHECK_OK(signed_once(&given, &tenant));
    for (size_t i = 0; i < sizeof minutes / sizeof *minutes; i++) {
        CHECK(due(&given)->n_items == 1);
        CHECK_OK(told(&given, due(&given)->items[0], 0, "nobody answers"));
        given.world.clock += MINUTES(minutes[i]) - 1;
        CHECK(!due(&given)->n_items);
        given.world.clock += 1;
    }
    CHECK(!strcmp(about(&given, tenant.cookie)->witness->trouble, "nobody answers"));
    CHECK_OK(told(&given, due(&given)->items[0], 1, ""));
    CHECK(about(&given, tenant.cookie)->witness->size == 1 &&
          !*about(&given, tenant.cookie)->witness->trouble);
    given.world.clock += MINUTES(1);
    CHECK(due(&given)->n_items == 1 && due(&given)->items[0]->size == 1);
}

TEST(what_comes_of_a_witness_that_was_changed_meanwhile_is_nothing)
{
    OWN(given) given = {0};
    OWN(buf) key = BUF(512);
    OWN(buf) other = BUF(512);
    struct given_tenant tenant;
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_open_tenant(&given, "example", &tenant));
    CHECK_OK(witness_key(&given, NOTE_COSIGNATURE, &key));
    CHECK_OK(witness_key(&given, NOTE_COSIGNATURE, &other));
    CHECK_OK(signed_once(&given, &tenant));
    CHECK_OK(set(&given, tenant.cookie, "https://w.example", key.at));
    CHECK(due(&given)->n_items == 1);
    const Keys__Witness *asked = due(&given)->items[0];
    CHECK_OK(set(&given, tenant.cookie, "https://w.example", other.at));
    CHECK_OK(told(&given, asked, 1, ""));
    CHECK(about(&given, tenant.cookie)->witness->size == 0 && !about(&given, tenant.cookie)->witness->seen);
    CHECK(due(&given)->n_items == 1 && !strcmp(due(&given)->items[0]->key, other.at));
}

TESTS(an_owner_names_the_witness_and_nobody_else_does,
      a_witness_is_asked_each_minute_and_one_that_fails_ever_less_often,
      what_comes_of_a_witness_that_was_changed_meanwhile_is_nothing)
