/* SPDX-License-Identifier: Apache-2.0 */
#include "test/test.h"
#include "tlog/log_given.h"

static err_t shown(const struct given_log *log, str_t file_bytes, str_t entry)
{
    struct proof_file file;
    struct checkpoint checkpoint;
    TRY(proof_file_read(file_bytes, &file));
    TRY(checkpoint_open(file.checkpoint, &log->signer.key, &checkpoint));
    return proof_file_check(&file, &checkpoint, entry);
}

TEST(a_proof_file_shows_its_entry_and_no_other)
{
    OWN(given_log) log = {0};
    CHECK_OK(given_log(&log, 1));
    CHECK_OK(given_growth(&log, 600));
    for (uint64_t index = 0; index < 600; index += 37) {
        OWN(buf) file = BUF(MAX_PROOF_FILE);
        OWN(buf) again = BUF(MAX_PROOF_FILE);
        OWN(buf) entry = BUF(64);
        struct proof_file read;
        CHECK_OK(given_proof(&log, index, &file));
        given_entry(&log, index, &entry);
        CHECK_OK(shown(&log, buf_str(&file), buf_str(&entry)));
        CHECK_FAILS(ERR_LOCKED, shown(&log, buf_str(&file), STR("entry x")));
        CHECK_OK(proof_file_read(buf_str(&file), &read));
        proof_file_put(&again, &read);
        CHECK(str_eq(buf_str(&file), buf_str(&again)));
    }
}

TEST(no_altered_byte_of_a_proof_file_goes_unseen_and_none_that_is_cut_short)
{
    OWN(given_log) log = {0};
    OWN(buf) file = BUF(MAX_PROOF_FILE);
    CHECK_OK(given_log(&log, 1));
    CHECK_OK(given_growth(&log, 7));
    CHECK_OK(given_proof(&log, 4, &file));
    for (size_t i = 0; i < file.len; i++)
        for (unsigned flip = 1; flip < 256; flip++) {
            file.at[i] ^= (char)flip;
            CHECK(shown(&log, buf_str(&file), STR("entry 4")) != ERR_OK);
            file.at[i] ^= (char)flip;
        }
    for (size_t len = 0; len < file.len; len++)
        CHECK(shown(&log, str_bytes(file.at, len), STR("entry 4")) != ERR_OK);
    CHECK_OK(shown(&log, buf_str(&file), STR("entry 4")));
    buf_put_byte(&file, '\n');
    CHECK(shown(&log, buf_str(&file), STR("entry 4")) != ERR_OK);
}

TEST(a_proof_file_may_carry_data_of_its_own)
{
    OWN(given_log) log = {0};
    OWN(buf) file = BUF(MAX_PROOF_FILE);
    OWN(buf) with = BUF(MAX_PROOF_FILE);
    struct proof_file read;
    CHECK_OK(given_log(&log, 1));
    CHECK_OK(given_growth(&log, 3));
    CHECK_OK(given_proof(&log, 1, &file));
    CHECK_OK(proof_file_read(buf_str(&file), &read));
    CHECK(!read.extra.len);
    read.extra = STR("ZW50cnkgMQ==");
    proof_file_put(&with, &read);
    CHECK_OK(proof_file_read(buf_str(&with), &read));
    CHECK(str_eq(read.extra, STR("ZW50cnkgMQ==")) && read.index == 1);
    CHECK_OK(shown(&log, buf_str(&with), STR("entry 1")));
}

TEST(what_is_no_proof_file_is_refused)
{
    static const char *const wrong[] = {
        "",
        "c2sp.org/tlog-proof@v1",
        "c2sp.org/tlog-proof@v2\nindex 0\n\nx",
        "c2sp.org/tlog-proof@v1\n\nx",
        "c2sp.org/tlog-proof@v1\nindex 00\n\nx",
        "c2sp.org/tlog-proof@v1\nindex\n\nx",
        "c2sp.org/tlog-proof@v1\nindex 9223372036854775808\n\nx",
        "c2sp.org/tlog-proof@v1\nindex 0\n\n",
        "c2sp.org/tlog-proof@v1\nindex 0\nAA==\n\nx",
        "c2sp.org/tlog-proof@v1\nextra \nindex 0\n\nx",
        "c2sp.org/tlog-proof@v1\nextra A\nindex 0\n\nx",
        "c2sp.org/tlog-proof@v1\nextra AB==\nindex 0\n\nx",
        "c2sp.org/tlog-proof@v1\nextra AA==\nextra AA==\nindex 0\n\nx",
        "c2sp.org/tlog-proof@v1\nindex 0\nextra AA==\n\nx",
        "c2sp.org/tlog-proof@v1\r\nindex 0\r\n\r\nx",
    };
    struct proof_file read;
    CHECK_OK(proof_file_read(STR("c2sp.org/tlog-proof@v1\nindex 0\n\nx"), &read));
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CHECK_FAILS(ERR_INVALID, proof_file_read(str(wrong[i]), &read));
    OWN(buf) huge = BUF(2 * MAX_PROOF_FILE);
    while (huge.len <= MAX_PROOF_FILE)
        buf_put(&huge, STR("a line of a very long file\n"));
    CHECK_FAILS(ERR_TOO_LARGE, proof_file_read(buf_str(&huge), &read));
}

/* What a witness says to a body, with the signature checked. */
static int judged(const struct given_log *log, str_t body, const struct witness_seen *seen)
{
    struct witness_ask ask;
    struct checkpoint checkpoint;
    if (witness_ask_read(body, &ask) != ERR_OK)
        return 400;
    if (checkpoint_open(ask.checkpoint, &log->signer.key, &checkpoint) != ERR_OK)
        return 403;
    return (int)witness_judge(&ask, &checkpoint, seen);
}

TEST(a_witness_cosigns_what_continues_and_nothing_else)
{
    OWN(given_log) log = {0};
    OWN(buf) first = BUF(MAX_NOTE);
    OWN(buf) next = BUF(MAX_NOTE);
    OWN(buf) same = BUF(MAX_NOTE);
    struct witness_seen none = {0}, seen;
    CHECK_OK(given_log(&log, 1));
    CHECK_OK(given_growth(&log, 5));
    CHECK_OK(given_ask(&log, 0, &first));
    seen = (struct witness_seen){5, log.root};
    CHECK(judged(&log, buf_str(&first), &none) == WITNESS_COSIGNS);
    CHECK(judged(&log, buf_str(&first), &seen) == WITNESS_ELSEWHERE);
    CHECK_OK(given_ask(&log, 5, &same));
    CHECK(judged(&log, buf_str(&same), &seen) == WITNESS_COSIGNS);
    CHECK_OK(given_growth(&log, 9));
    CHECK_OK(given_ask(&log, 5, &next));
    CHECK(judged(&log, buf_str(&next), &seen) == WITNESS_COSIGNS);
    CHECK(judged(&log, buf_str(&next), &none) == WITNESS_ELSEWHERE);
    seen.root.bytes[0] ^= 1;
    CHECK(judged(&log, buf_str(&next), &seen) == WITNESS_UNPROVEN);
    CHECK(judged(&log, buf_str(&same), &seen) == WITNESS_ELSEWHERE);
}

TEST(a_witness_sees_the_fork_of_a_log_whose_key_signs_both)
{
    OWN(given_log) log = {0};
    OWN(given_log) fork = {0};
    OWN(buf) body = BUF(MAX_NOTE);
    CHECK_OK(given_log(&log, 1));
    CHECK_OK(given_log(&fork, 1));
    CHECK_OK(given_growth(&log, 6));
    fork.entry = "other %llu";
    CHECK_OK(given_growth(&fork, 9));
    CHECK_OK(given_ask(&fork, 6, &body));
    CHECK(judged(&log, buf_str(&body), &(struct witness_seen){6, log.root}) == WITNESS_UNPROVEN);
}

TEST(an_old_size_past_the_checkpoint_and_a_proof_from_nothing_are_refused)
{
    OWN(given_log) log = {0};
    OWN(buf) note = BUF(MAX_NOTE);
    OWN(buf) body = BUF(MAX_NOTE);
    struct witness_seen none = {0};
    CHECK_OK(given_log(&log, 1));
    CHECK_OK(given_growth(&log, 3));
    CHECK_OK(given_checkpoint(&log, &note));
    struct witness_ask ask = {.old_size = 4, .checkpoint = buf_str(&note)};
    witness_ask_put(&body, &ask);
    CHECK(judged(&log, buf_str(&body), &none) == WITNESS_IMPOSSIBLE);
    ask.old_size = 0;
    ask.proof.count = 1;
    buf_clear(&body);
    witness_ask_put(&body, &ask);
    CHECK(judged(&log, buf_str(&body), &none) == WITNESS_UNPROVEN);
}

TEST(a_witness_begins_with_an_empty_log_too_where_its_root_is_the_empty_one)
{
    OWN(given_log) log = {0};
    OWN(buf) body = BUF(MAX_NOTE);
    OWN(buf) wrong = BUF(MAX_NOTE);
    struct witness_seen none = {0};
    CHECK_OK(given_log(&log, 1));
    CHECK_OK(given_growth(&log, 0));
    CHECK_OK(given_ask(&log, 0, &body));
    CHECK(judged(&log, buf_str(&body), &none) == WITNESS_COSIGNS);
    log.root.bytes[0] ^= 1;
    CHECK_OK(given_ask(&log, 0, &wrong));
    CHECK(judged(&log, buf_str(&wrong), &none) == WITNESS_UNPROVEN);
}

TEST(what_no_witness_understands_is_refused)
{
    static const char *const wrong[] = {
        "",           "old 0",          "old 0\n",        "old 0\n\n",
        "old\n\nx",   "old 00\n\nx",    "old -1\n\nx",    "old 0 \n\nx",
        "Old 0\n\nx", "old 0\nAA\n\nx", "old 0\r\n\r\nx", "old 9223372036854775808\n\nx"};
    struct witness_ask ask;
    uint64_t size = 0;
    CHECK_OK(witness_ask_read(STR("old 0\n\nx"), &ask));
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CHECK_FAILS(ERR_INVALID, witness_ask_read(str(wrong[i]), &ask));
    CHECK_OK(witness_size_read(STR("12\n"), &size));
    CHECK(size == 12);
    CHECK_FAILS(ERR_INVALID, witness_size_read(STR("12"), &size));
    CHECK_FAILS(ERR_INVALID, witness_size_read(STR("12\n\n"), &size));
    CHECK_FAILS(ERR_INVALID, witness_size_read(STR("012\n"), &size));
    CHECK_FAILS(ERR_INVALID, witness_size_read(STR(""), &size));
}

TESTS(a_proof_file_shows_its_entry_and_no_other,
      no_altered_byte_of_a_proof_file_goes_unseen_and_none_that_is_cut_short,
      a_proof_file_may_carry_data_of_its_own, what_is_no_proof_file_is_refused,
      a_witness_cosigns_what_continues_and_nothing_else,
      a_witness_sees_the_fork_of_a_log_whose_key_signs_both,
      an_old_size_past_the_checkpoint_and_a_proof_from_nothing_are_refused,
      a_witness_begins_with_an_empty_log_too_where_its_root_is_the_empty_one,
      what_no_witness_understands_is_refused)
