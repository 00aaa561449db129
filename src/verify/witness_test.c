/* SPDX-License-Identifier: Apache-2.0
 *
 * The witness on a disk in memory that fails at each of its acts in turn. The real process is asked in test/witness_test.py.
 */
#include "tlog/log_given.h"
#include "verify/witness.h"

#include "test/test.h"

struct given {
    struct given_log log, fork;
    struct world disk;
    struct keys keys;
    struct witness *witness;
    struct witness_answer answer;
};
typedef struct given given_own;

static void given_drop(struct given *given)
{
    witness_drop(&given->witness);
    witness_answer_drop(&given->answer);
    world_drop(&given->disk);
    given_log_drop(&given->log);
    given_log_drop(&given->fork);
}

static err_t reopen(struct given *given)
{
    witness_drop(&given->witness);
    given->disk.failing = false;
    given->disk.fail_at = 0;
    return witness_open(&given->disk.env, test_folder(), &given->keys, &given->witness);
}

static err_t given_witness(struct given *given)
{
    struct note_signer signer;
    OWN(buf) text = BUF(1024);
    char path[512];
    TRY(given_log(&given->log, 1));
    TRY(given_log(&given->fork, 1));
    given->fork.entry = "other %llu";
    world_open(&given->disk, 2);
    given->answer = (struct witness_answer){.body = BUF(MAX_NOTE)};
    given->keys = (struct keys){.count = 1, .at = {given->log.signer.key}};
    TRY(note_signer_new(&given->disk.env, NOTE_COSIGNATURE, STR("w.example"), &signer));
    note_signer_put(&text, &signer);
    snprintf(path, sizeof path, "%s/key", test_folder());
    TRY(given->disk.env.write_file(&given->disk.env, path, buf_str(&text), 0600));
    return reopen(given);
}

/* The status of the answer when the log has grown to `size`. */
static int asked(struct given *given, struct given_log *log, uint64_t old_size, uint64_t size)
{
    OWN(buf) body = BUF(MAX_NOTE);
    buf_clear(&given->answer.body);
    if (given_growth(log, size) != ERR_OK || given_ask(log, old_size, &body) != ERR_OK)
        return 0;
    witness_answer(given->witness, buf_str(&body), &given->answer);
    return given->answer.status;
}

TEST(a_write_that_fails_cosigns_nothing_and_the_next_try_goes_on)
{
    for (int at = 1; at <= 2; at++) {
        OWN(given) given = {0};
        CHECK_OK(given_witness(&given));
        CHECK(asked(&given, &given.log, 0, 4) == 200);
        given.disk.fail_at = at;
        int status = asked(&given, &given.log, 4, 9);
        CHECK(status == (at == 1 ? 503 : 200));
        CHECK(status == 200 || !memmem(given.answer.body.at, given.answer.body.len, "\xe2\x80\x94", 3));
        CHECK_OK(reopen(&given));
        CHECK(asked(&given, &given.log, status == 200 ? 9 : 4, 12) == 200);
        CHECK(asked(&given, &given.fork, 12, 20) == 422);
    }
}

TEST(a_witness_that_was_stopped_knows_what_it_cosigned)
{
    OWN(given) given = {0};
    CHECK_OK(given_witness(&given));
    CHECK(asked(&given, &given.log, 0, 3) == 200);
    CHECK_OK(reopen(&given));
    CHECK(asked(&given, &given.log, 0, 5) == 409 && str_eq(buf_str(&given.answer.body), STR("3\n")));
    CHECK(asked(&given, &given.fork, 3, 5) == 422);
    CHECK(asked(&given, &given.log, 3, 5) == 200);
}

/* A log may change its key: both are known by one name. What either signs in vain spoils the checkpoint. */
TEST(a_log_may_have_two_keys_of_which_one_is_enough)
{
    OWN(given) given = {0};
    OWN(given_log) stranger = {0};
    CHECK_OK(given_witness(&given));
    CHECK_OK(given_log(&stranger, 7));
    CHECK(asked(&given, &stranger, 0, 2) == 403);
    given.keys.at[given.keys.count++] = stranger.signer.key;
    CHECK_OK(reopen(&given));
    CHECK(asked(&given, &given.log, 0, 2) == 200);
    CHECK(asked(&given, &stranger, 2, 2) == 200);
}

TEST(a_note_with_as_many_signatures_as_there_may_be_has_no_room_for_one_more)
{
    OWN(given) given = {0};
    OWN(buf) body = BUF(2 * MAX_NOTE);
    CHECK_OK(given_witness(&given));
    CHECK_OK(given_growth(&given.log, 2));
    CHECK_OK(given_ask(&given.log, 0, &body));
    for (int i = 1; i < MAX_SIGNATURES; i++)
        buf_put(&body, STR("\xe2\x80\x94 name AAAAAAA=\n"));
    witness_answer(given.witness, buf_str(&body), &given.answer);
    CHECK(given.answer.status == 400);
    CHECK_OK(reopen(&given));
    CHECK(asked(&given, &given.log, 0, 2) == 200);
}

TESTS(a_write_that_fails_cosigns_nothing_and_the_next_try_goes_on,
      a_witness_that_was_stopped_knows_what_it_cosigned, a_log_may_have_two_keys_of_which_one_is_enough,
      a_note_with_as_many_signatures_as_there_may_be_has_no_room_for_one_more)
