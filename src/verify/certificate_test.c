/* SPDX-License-Identifier: Apache-2.0
 *
 * Certificates of erasure, checked from outside.
 */
#include "verify/mirror_given.h"

#include "tlog/certificate_given.h"

/* One certificate in a file, a log that holds its entry alone, and the keys of both. */
struct given {
    struct given_certificate certified;
    struct given_log log;
    char key[256], log_key[256];
    struct run run;
};
typedef struct given given_own;
static void given_drop(struct given *given)
{
    run_drop(&given->run);
    given_certificate_drop(&given->certified);
    given_log_drop(&given->log);
}

static void key_text(const struct note_key *key, char out[256])
{
    OWN(buf) text = BUF(255);
    note_key_put(&text, key);
    snprintf(out, 256, "%.*s", STR_ARG(buf_str(&text)));
}

/* The entry that a service would have written, with its proof, in a log of one entry. */
static err_t given_entry_of(struct given *given, str_t note)
{
    OWN(buf) entry = BUF(1024);
    OWN(buf) file = BUF(MAX_PROOF_FILE);
    OWN(buf) checkpoint = BUF(MAX_NOTE);
    uint8_t hash[DIGEST_SIZE];
    struct tree tree = {0};
    digest(note, hash);
    buf_putf(&entry, "{\"seq\":0,\"act\":\"erasure.certified\",\"on\":[\"%s\"],\"digest\":\"",
             ident_text("era", given->certified.certificate.erasure).text);
    buf_put_base64(&entry, str_bytes(hash, sizeof hash));
    buf_put(&entry, STR("\"}"));
    TRY(buf_end(&entry));
    hash_t leaf = tree_leaf(buf_str(&entry));
    tree_add(&tree, &leaf, NULL);
    given->log.size = 1;
    given->log.root = tree_root(&tree);
    TRY(given_checkpoint(&given->log, &checkpoint));
    OWN(buf) extra = BUF(2048);
    buf_put_base64_padded(&extra, buf_str(&entry));
    TRY(buf_end(&extra));
    proof_file_put(&file, &(struct proof_file){.extra = buf_str(&extra), .checkpoint = buf_str(&checkpoint)});
    TRY(buf_end(&file));
    return given_file("proof", buf_str(&file));
}

static err_t given_signed(struct given *given)
{
    OWN(buf) note = BUF(CERTIFICATE_MAX);
    TRY(certificate_sign(&given->certified.signer, &given->certified.certificate, &note));
    TRY(given_entry_of(given, buf_str(&note)));
    return given_file("certificate", buf_str(&note));
}

static err_t given_all(struct given *given)
{
    TRY(given_certificate(&given->certified));
    TRY(given_log(&given->log, 3));
    key_text(&given->certified.signer.key, given->key);
    key_text(&given->log.signer.key, given->log_key);
    return given_signed(given);
}

static bool ends(const struct given *given, enum verdict verdict)
{
    return given->run.status == verdict_info(verdict)->exit &&
           str_starts(str(given->run.out), str(verdict_info(verdict)->said)) && !*given->run.err;
}
#define CHECKED_WITH(given, ...) \
    RUN(&(given)->run, "certificate", given_path("certificate"), "--key", (given)->key, ##__VA_ARGS__)
#define IN_LOG(given) "--proof", given_path("proof"), "--log-key", (given)->log_key

TEST(a_certificate_is_good_by_itself_and_with_its_proof)
{
    OWN(given) given = {0};
    CHECK_OK(given_all(&given));
    CHECKED_WITH(&given);
    CHECK(ends(&given, GOOD) && strstr(given.run.out, "asked      owner") &&
          strstr(given.run.out, "last-notice"));
    CHECKED_WITH(&given, IN_LOG(&given));
    CHECK(ends(&given, GOOD) && strstr(given.run.out, "index  0"));
    CHECKED_WITH(&given, IN_LOG(&given), "--json");
    CHECK(given.run.status == 0 && strstr(given.run.out, "\"exceptions\":1"));
    CHECKED_WITH(&given, "--proof", given_path("proof"));
    CHECK(given.run.status == err_info(ERR_INVALID)->exit && strstr(given.run.err, "--log-key"));
}

TEST(no_changed_byte_of_a_certificate_passes)
{
    OWN(given) given = {0};
    OWN(buf) note = BUF(CERTIFICATE_MAX);
    CHECK_OK(given_all(&given));
    CHECK_OK(env_real()->read_file(env_real(), given_path("certificate"), &note));
    for (size_t at = 0; at < note.len; at++) {
        note.at[at] ^= 1;
        CHECK_OK(given_file("certificate", buf_str(&note)));
        CHECKED_WITH(&given);
        CHECK(ends(&given, TAMPERED) || ends(&given, NO_CERTIFICATE) || ends(&given, WRONG_KEY));
        note.at[at] ^= 1;
    }
}

TEST(a_proof_of_another_entry_and_a_late_erasure_are_told)
{
    OWN(given) given = {0};
    CHECK_OK(given_all(&given));
    CHECK_OK(given_entry_of(&given, STR("another certificate")));
    CHECKED_WITH(&given, IN_LOG(&given));
    CHECK(ends(&given, OTHER_ENTRY));
    given.certified.certificate.requested -= DAYS(2);
    CHECK_OK(given_signed(&given));
    CHECKED_WITH(&given, IN_LOG(&given));
    CHECK(ends(&given, LATE) && strstr(given.run.out, "24 hours"));
    CHECKED_WITH(&given, "--proof", given_path("proof"), "--log-key", given.key);
    CHECK(ends(&given, WRONG_KEY));
}

TESTS(a_certificate_is_good_by_itself_and_with_its_proof, no_changed_byte_of_a_certificate_passes,
      a_proof_of_another_entry_and_a_late_erasure_are_told)
