/* SPDX-License-Identifier: Apache-2.0
 *
 * Certificates of erasure: what is signed reads back the same, nothing else opens, and late is late.
 */
#include "tlog/certificate_given.h"

#include "test/test.h"

TEST(a_certificate_reads_back_as_it_was_signed)
{
    OWN(given_certificate) given = {0};
    OWN(buf) note = BUF(CERTIFICATE_MAX);
    struct certificate read = {0};
    CHECK_OK(given_certificate(&given));
    CHECK_OK(certificate_sign(&given.signer, &given.certificate, &note));
    CHECK_OK(certificate_open(buf_str(&note), &given.signer.key, &read));
    CHECK(ident_eq(read.tenant, given.certificate.tenant) && str_eq(read.asked, STR("owner")));
    CHECK(read.stores[ERASED_ROWS].items == given.certificate.stores[ERASED_ROWS].items);
    CHECK(read.exception_count == 1 && str_eq(read.exceptions[0].what, STR("last-notice")));
    CHECK(read.has_document && !certificate_late(&read));
    given.certificate.has_document = false;
    buf_clear(&note);
    CHECK_OK(certificate_sign(&given.signer, &given.certificate, &note));
    CHECK_OK(certificate_open(buf_str(&note), &given.signer.key, &read));
    CHECK(!read.has_document);
}

TEST(what_legal_holds_keep_and_what_a_certificate_is_after_are_lines_that_others_have_not)
{
    OWN(given_certificate) given = {0};
    OWN(buf) plain = BUF(CERTIFICATE_MAX);
    OWN(buf) note = BUF(CERTIFICATE_MAX);
    struct certificate read = {0};
    CHECK_OK(given_certificate(&given));
    CHECK_OK(certificate_sign(&given.signer, &given.certificate, &plain));
    CHECK(!memmem(plain.at, plain.len, "\nkept ", 6) && !memmem(plain.at, plain.len, "\nafter ", 7));
    for (size_t i = 0; i < CERTIFICATE_KEPT; i++)
        given.certificate.kept[i] =
            (struct certificate_kept){ident_new(&given.world.env), INT64_MAX, INT64_MAX};
    given.certificate.kept_count = CERTIFICATE_KEPT;
    given.certificate.after = ident_new(&given.world.env);
    CHECK_OK(certificate_sign(&given.signer, &given.certificate, &note));
    CHECK_OK(certificate_open(buf_str(&note), &given.signer.key, &read));
    CHECK(read.kept_count == CERTIFICATE_KEPT && read.kept[23].bytes == INT64_MAX);
    CHECK(ident_eq(read.kept[23].hold, given.certificate.kept[23].hold));
    CHECK(ident_eq(read.after, given.certificate.after) && read.exception_count == 1);
}

TEST(no_changed_byte_of_a_certificate_opens)
{
    OWN(given_certificate) given = {0};
    OWN(buf) note = BUF(CERTIFICATE_MAX);
    struct certificate read;
    CHECK_OK(given_certificate(&given));
    CHECK_OK(certificate_sign(&given.signer, &given.certificate, &note));
    for (size_t at = 0; at < note.len; at++) {
        note.at[at] ^= 1;
        CHECK(certificate_open(buf_str(&note), &given.signer.key, &read) != ERR_OK);
        note.at[at] ^= 1;
    }
}

TEST(what_was_done_later_than_promised_is_called_late)
{
    OWN(given_certificate) given = {0};
    CHECK_OK(given_certificate(&given));
    struct certificate late[4] = {given.certificate, given.certificate, given.certificate, given.certificate};
    late[0].requested = late[0].marked - HOURS(24) - 1000;
    late[1].destroyed = late[1].marked + HOURS(1) + 1000;
    late[2].stores[ERASED_SNAPSHOTS].at = late[2].marked + HOURS(24) + 1000;
    late[3].backups = late[3].requested + DAYS(180) + 1000;
    for (size_t i = 0; i < 4; i++)
        CHECK(certificate_late(&late[i]));
    CHECK(!certificate_late(&given.certificate));
}

TEST(an_entry_is_about_one_certificate_alone)
{
    OWN(given_certificate) given = {0};
    OWN(buf) note = BUF(CERTIFICATE_MAX);
    OWN(buf) entry = BUF(1024);
    uint8_t hash[DIGEST_SIZE];
    CHECK_OK(given_certificate(&given));
    CHECK_OK(certificate_sign(&given.signer, &given.certificate, &note));
    digest(buf_str(&note), hash);
    buf_putf(&entry,
             "{\"seq\":7,\"at\":\"2026-11-24T18:30:00Z\",\"act\":\"erasure.certified\",\"by\":\"operator\","
             "\"on\":[\"%s\"],\"digest\":\"",
             ident_text("era", given.certificate.erasure).text);
    buf_put_base64(&entry, str_bytes(hash, sizeof hash));
    buf_put(&entry, STR("\"}"));
    CHECK_OK(buf_end(&entry));
    CHECK(certificate_in_entry(buf_str(&entry), given.certificate.erasure, buf_str(&note)));
    CHECK(!certificate_in_entry(buf_str(&entry), given.certificate.tenant, buf_str(&note)));
    CHECK(!certificate_in_entry(buf_str(&entry), given.certificate.erasure, STR("another")));
}

TESTS(a_certificate_reads_back_as_it_was_signed,
      what_legal_holds_keep_and_what_a_certificate_is_after_are_lines_that_others_have_not,
      no_changed_byte_of_a_certificate_opens, what_was_done_later_than_promised_is_called_late,
      an_entry_is_about_one_certificate_alone)
