/* SPDX-License-Identifier: Apache-2.0
 *
 * Receipts of what was extracted, checked from outside, with the archive beside them.
 */
#include "tlog/receipt.h"
#include "verify/mirror_given.h"

#include "sys/env_virtual.h"

struct given {
    struct world world;
    struct note_signer signer;
    struct receipt receipt;
    char key[256];
    struct run run;
};
typedef struct given given_own;
static void given_drop(struct given *given)
{
    run_drop(&given->run);
    world_drop(&given->world);
}

static err_t given_receipt(struct given *given)
{
    OWN(buf) note = BUF(RECEIPT_MAX);
    OWN(buf) key = BUF(sizeof given->key);
    world_open(&given->world, 7);
    TRY(crypt_start());
    TRY(note_signer_new(&given->world.env, NOTE_ED25519, STR("custody/example"), &given->signer));
    note_key_put(&key, &given->signer.key);
    snprintf(given->key, sizeof given->key, "%.*s", STR_ARG(buf_str(&key)));
    given->receipt = (struct receipt){.handed_by = {"usr"},
                                      .client = STR("example"),
                                      .kind = STR("handover"),
                                      .recipient = STR("age1example"),
                                      .size = 7,
                                      .files = 3,
                                      .records = 5};
    digest(STR("archive"), given->receipt.archive);
    TRY(given_file("archive", STR("archive")));
    TRY(receipt_sign(&given->signer, &given->receipt, &note));
    return given_file("receipt", buf_str(&note));
}

static bool ends(const struct given *given, enum verdict verdict)
{
    return given->run.status == verdict_info(verdict)->exit &&
           str_starts(str(given->run.out), str(verdict_info(verdict)->said)) && !*given->run.err;
}
#define CHECKED_WITH(given, ...) \
    RUN(&(given)->run, "receipt", given_path("receipt"), "--key", (given)->key, ##__VA_ARGS__)

TEST(a_receipt_is_good_and_says_what_was_handed_over)
{
    OWN(given) given = {.key = ""};
    CHECK_OK(given_receipt(&given));
    CHECKED_WITH(&given);
    CHECK(ends(&given, GOOD) && strstr(given.run.out, "records    5 in 3 files"));
    CHECKED_WITH(&given, "--archive", given_path("archive"));
    CHECK(ends(&given, GOOD));
    CHECKED_WITH(&given, "--json");
    CHECK(given.run.status == 0 && strstr(given.run.out, "\"client\":\"example\""));
}

TEST(another_archive_than_the_one_that_was_handed_over_is_told)
{
    OWN(given) given = {.key = ""};
    CHECK_OK(given_receipt(&given));
    CHECK_OK(given_file("archive", STR("Archive")));
    CHECKED_WITH(&given, "--archive", given_path("archive"));
    CHECK(ends(&given, OTHER_ARCHIVE));
}

TEST(what_a_terminal_would_obey_is_shown_as_marks)
{
    OWN(given) given = {.key = ""};
    OWN(buf) note = BUF(RECEIPT_MAX);
    CHECK_OK(given_receipt(&given));
    given.receipt.client = STR("ex\xc2\x9b"
                               "2Ja\x7f\xe2\x80\xaemple\xc3\xa9");
    given.receipt.kind = STR("hand\xc2\x9d"
                             "over");
    CHECK_OK(receipt_sign(&given.signer, &given.receipt, &note));
    CHECK_OK(given_file("receipt", buf_str(&note)));
    CHECKED_WITH(&given);
    CHECK(ends(&given, GOOD) && strstr(given.run.out, "ex?2Ja??mple\xc3\xa9\n") &&
          strstr(given.run.out, "hand?over\n"));
}

TEST(what_another_key_signed_and_what_is_no_receipt_is_none)
{
    OWN(given) given = {.key = ""};
    OWN(buf) note = BUF(RECEIPT_MAX);
    CHECK_OK(given_receipt(&given));
    CHECK_OK(note_put(&given.signer, STR("custody approval\n"), &note));
    CHECK_OK(given_file("receipt", buf_str(&note)));
    CHECKED_WITH(&given);
    CHECK(ends(&given, NO_RECEIPT));
    CHECK_OK(given_file("receipt", STR("not a note")));
    CHECKED_WITH(&given);
    CHECK(ends(&given, NO_RECEIPT));
}

TESTS(a_receipt_is_good_and_says_what_was_handed_over,
      another_archive_than_the_one_that_was_handed_over_is_told, what_a_terminal_would_obey_is_shown_as_marks,
      what_another_key_signed_and_what_is_no_receipt_is_none)
