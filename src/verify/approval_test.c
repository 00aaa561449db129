/* SPDX-License-Identifier: Apache-2.0
 *
 * Approvals of support access, checked from outside.
 */
#include "verify/mirror_given.h"

#include "sys/env_virtual.h"

/* One approval for two devices, in a file, and the key of the client that signed it. */
struct given {
    struct world world;
    struct note_signer signer;
    struct approval approval;
    char devices[2][64], key[256];
    struct run run;
};
typedef struct given given_own;
static void given_drop(struct given *given)
{
    run_drop(&given->run);
    world_drop(&given->world);
}

static err_t given_signed(struct given *given)
{
    OWN(buf) note = BUF(APPROVAL_MAX);
    TRY(approval_sign(&given->signer, &given->approval, &note));
    return given_file("approval", buf_str(&note));
}

static err_t given_approval(struct given *given, uint64_t seed)
{
    struct env *env = &given->world.env;
    struct key tenant_private;
    ident_t devices[2];
    OWN(buf) key = BUF(sizeof given->key);
    world_open(&given->world, seed);
    TRY(crypt_start());
    key_random(env, &tenant_private);
    for (size_t i = 0; i < 2; i++) {
        devices[i] = ident_new(env);
        snprintf(given->devices[i], sizeof given->devices[i], "%s", ident_text("dev", devices[i]).text);
    }
    given->approval = (struct approval){
        ident_new(env), ident_new(env), ident_new(env), STR("A-1/7"), STR("open device.revoke"), 2, {0}, 0,
        60000};
    approval_scope(devices, 2, given->approval.digest);
    TRY(approval_signer(given->approval.tenant, &tenant_private, &given->signer));
    note_key_put(&key, &given->signer.key);
    snprintf(given->key, sizeof given->key, "%.*s", STR_ARG(buf_str(&key)));
    return given_signed(given);
}

static bool ends(const struct given *given, enum verdict verdict)
{
    return given->run.status == verdict_info(verdict)->exit &&
           str_starts(str(given->run.out), str(verdict_info(verdict)->said)) && !*given->run.err;
}
#define CHECKED_WITH(given, ...) \
    RUN(&(given)->run, "approval", given_path("approval"), "--key", (given)->key, ##__VA_ARGS__)

TEST(an_approval_is_good_for_the_devices_it_was_given_for_in_any_order)
{
    OWN(given) given = {0};
    CHECK_OK(given_approval(&given, 7));
    CHECKED_WITH(&given);
    CHECK(ends(&given, GOOD) && strstr(given.run.out, "case     A-1/7") &&
          strstr(given.run.out, "devices  2"));
    CHECK(strstr(given.run.out, "until    1970-01-01T00:01:00Z"));
    CHECKED_WITH(&given, "--device", given.devices[1], "--device", given.devices[0]);
    CHECK(ends(&given, GOOD));
    CHECKED_WITH(&given, "--json");
    CHECK(given.run.status == 0 && strstr(given.run.out, "\"acts\":\"open device.revoke\",\"devices\":2"));
}

TEST(an_approval_for_other_devices_is_told_and_what_it_says_is_shown)
{
    OWN(given) given = {0};
    CHECK_OK(given_approval(&given, 7));
    CHECKED_WITH(&given, "--device", given.devices[0]);
    CHECK(ends(&given, OTHER_SCOPE) && strstr(given.run.out, "for 2 devices, and not for the 1"));
    CHECKED_WITH(&given, "--device", "dev_1");
    CHECK(given.run.status == err_info(ERR_INVALID)->exit);
}

TEST(an_approval_that_another_client_signed_is_none_of_this_one)
{
    OWN(given) given = {0}, other = {0};
    CHECK_OK(given_approval(&other, 8));
    CHECK_OK(given_approval(&given, 7));
    given.approval.tenant = other.approval.request;
    CHECK_OK(given_signed(&given));
    CHECKED_WITH(&given);
    CHECK(ends(&given, WRONG_KEY) && strstr(given.run.out, "whose key this is not"));
    RUN(&given.run, "approval", given_path("approval"), "--key", other.key);
    CHECK(ends(&given, WRONG_KEY));
}

TEST(no_changed_byte_of_an_approval_passes)
{
    OWN(given) given = {0};
    OWN(buf) note = BUF(APPROVAL_MAX);
    CHECK_OK(given_approval(&given, 7));
    CHECK_OK(env_real()->read_file(env_real(), given_path("approval"), &note));
    for (size_t at = 0; at < note.len; at++) {
        note.at[at] ^= 1;
        CHECK_OK(given_file("approval", buf_str(&note)));
        CHECKED_WITH(&given);
        CHECK(ends(&given, TAMPERED) || ends(&given, NO_APPROVAL) || ends(&given, WRONG_KEY));
        note.at[at] ^= 1;
    }
}

TEST(what_is_signed_and_no_approval_is_called_so)
{
    OWN(given) given = {0};
    OWN(buf) note = BUF(APPROVAL_MAX);
    const str_t text = STR("custody approval\ntenant nobody\n");
    CHECK_OK(given_approval(&given, 7));
    buf_put(&note, text);
    buf_put_byte(&note, '\n');
    note_sign(&given.signer, text, 0, &note);
    CHECK_OK(given_file("approval", buf_str(&note)));
    CHECKED_WITH(&given);
    CHECK(ends(&given, NO_APPROVAL));
    RUN(&given.run, "approval", given_path("nothing"), "--key", given.key);
    CHECK(given.run.status == err_info(ERR_MISSING)->exit);
}

TESTS(an_approval_is_good_for_the_devices_it_was_given_for_in_any_order,
      an_approval_for_other_devices_is_told_and_what_it_says_is_shown,
      an_approval_that_another_client_signed_is_none_of_this_one, no_changed_byte_of_an_approval_passes,
      what_is_signed_and_no_approval_is_called_so)
