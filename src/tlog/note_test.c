/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/env_virtual.h"
#include "test/test.h"
#include "tlog/checkpoint.h"

/* The example of the specification, which others verify too. */
static const char *const example_key =
    "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
static const char *const example_note =
    "This is an example message.\n\n"
    "\xe2\x80\x94 example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";

struct given {
    struct world world;
    struct note_signer log, witness, stranger;
    buf_t note;
    struct checkpoint checkpoint;
};
typedef struct given given_own;
static void given_drop(struct given *given)
{
    world_drop(&given->world);
    buf_drop(&given->note);
}

/* A checkpoint of a log, signed by it and by a witness. */
static err_t given_note(struct given *given)
{
    hash_t leaf = tree_leaf(STR("the only entry"));
    struct note note;
    world_open(&given->world, 5);
    given->note = (buf_t)BUF(MAX_NOTE);
    TRY(crypt_start());
    TRY(note_signer_new(&given->world.env, NOTE_ED25519, STR("log.example/one"), &given->log));
    TRY(note_signer_new(&given->world.env, NOTE_COSIGNATURE, STR("witness.example/w"), &given->witness));
    TRY(note_signer_new(&given->world.env, NOTE_ED25519, STR("log.example/one"), &given->stranger));
    given->checkpoint = (struct checkpoint){STR("log.example/one"), 1, leaf};
    checkpoint_sign(&given->log, &given->checkpoint, &given->note);
    TRY(note_split(buf_str(&given->note), &note));
    OWN(buf) text = BUF(MAX_NOTE);
    buf_put(&text, note.text);
    note_sign(&given->witness, buf_str(&text), 1795500000, &given->note);
    return buf_end(&given->note);
}

static err_t opened(const struct given *given, str_t bytes)
{
    struct checkpoint found;
    return checkpoint_open(bytes, &given->log.key, &found);
}

TEST(the_example_of_the_specification_verifies)
{
    struct note note;
    struct note_key key;
    uint64_t seconds = 9;
    OWN(buf) text = BUF(512);
    CHECK_OK(crypt_start());
    CHECK_OK(note_key_read(str(example_key), &key));
    CHECK_OK(note_split(str(example_note), &note));
    CHECK_OK(note_check(&note, &key, &seconds));
    CHECK(seconds == 0 && str_eq(note.text, STR("This is an example message.\n")));
    note_key_put(&text, &key);
    CHECK(str_eq(buf_str(&text), str(example_key)));
}

TEST(a_checkpoint_opens_to_what_was_signed_for_log_and_witness)
{
    OWN(given) given = {0};
    struct checkpoint found;
    struct note note;
    uint64_t seconds = 0;
    CHECK_OK(given_note(&given));
    CHECK_OK(checkpoint_open(buf_str(&given.note), &given.log.key, &found));
    CHECK(found.size == 1 && str_eq(found.origin, STR("log.example/one")));
    CHECK(hash_eq(found.root, given.checkpoint.root));
    CHECK_OK(note_split(buf_str(&given.note), &note));
    CHECK_OK(note_check(&note, &given.witness.key, &seconds));
    CHECK(seconds == 1795500000);
    CHECK_FAILS(ERR_DENIED, note_check(&note, &given.stranger.key, &seconds));
    CHECK_FAILS(ERR_DENIED, checkpoint_open(buf_str(&given.note), &given.witness.key, &found));
}

/* But in the lines of others, which are not looked at: those of the witness, for who knows the log alone. */
TEST(no_altered_byte_of_a_checkpoint_goes_unseen)
{
    OWN(given) given = {0};
    struct note note;
    uint64_t seconds = 0;
    CHECK_OK(given_note(&given));
    for (size_t i = 0; i < given.note.len; i++)
        for (unsigned flip = 1; flip < 256; flip++) {
            given.note.at[i] ^= (char)flip;
            bool both = opened(&given, buf_str(&given.note)) == ERR_OK &&
                        note_split(buf_str(&given.note), &note) == ERR_OK &&
                        note_check(&note, &given.witness.key, &seconds) == ERR_OK;
            CHECK(!both);
            given.note.at[i] ^= (char)flip;
        }
    for (size_t len = 0; len < given.note.len; len++)
        CHECK(note_split(str_bytes(given.note.at, len), &note) != ERR_OK ||
              note_check(&note, &given.witness.key, &seconds) != ERR_OK);
    CHECK_OK(opened(&given, buf_str(&given.note)));
}

TEST(a_known_key_that_signed_something_else_spoils_the_note)
{
    OWN(given) given = {0};
    struct checkpoint found;
    CHECK_OK(given_note(&given));
    size_t before = given.note.len;
    note_sign(&given.log, STR("another text\n"), 0, &given.note);
    CHECK_FAILS(ERR_LOCKED, opened(&given, buf_str(&given.note)));
    given.note.len = before;
    note_sign(&given.stranger, STR("another text\n"), 0, &given.note);
    CHECK_OK(opened(&given, buf_str(&given.note)));
    CHECK_FAILS(ERR_LOCKED, checkpoint_open(buf_str(&given.note), &given.stranger.key, &found));
    given.note.len = before;
    struct note note;
    CHECK_OK(note_split(buf_str(&given.note), &note));
    OWN(buf) text = BUF(MAX_NOTE);
    buf_put(&text, note.text);
    note_sign(&given.log, buf_str(&text), 0, &given.note);
    CHECK_OK(opened(&given, buf_str(&given.note)));
}

TEST(what_is_no_note_is_refused)
{
    static const char *const wrong[] = {
        "",
        "text\n",
        "text\n\n",
        "\xe2\x80\x94 name AAAAAAA=\n",
        "text\n\n\xe2\x80\x94 name AAAAAAA=",
        "text\n\n\xe2\x80\x94 name AAAAAA==\n",
        "text\n\n\xe2\x80\x94 name AAAAAAB=\n",
        "text\n\n\xe2\x80\x94 name  AAAAAAA=\n",
        "text\n\n\xe2\x80\x94  AAAAAAA=\n",
        "text\n\n\xe2\x80\x94 na+me AAAAAAA=\n",
        "text\n\n\xe2\x80\x94 na\xc2\xa0me AAAAAAA=\n",
        "text\n\n\xe2\x80\x94 na\xe2\x80\x83me AAAAAAA=\n",
        "text\n\n-- name AAAAAAA=\n",
        "text\n\n\xe2\x80\x94name AAAAAAA=\n",
        "text\n\n\xe2\x80\x94 name AAAAAAA= \n",
        "text\n\n\xe2\x80\x94 name AAAAAAA\n",
        "te\xffxt\n\n\xe2\x80\x94 name AAAAAAA=\n",
        "te\rxt\n\n\xe2\x80\x94 name AAAAAAA=\n",
        "te\txt\n\n\xe2\x80\x94 name AAAAAAA=\n",
        "text\n\n\xe2\x80\x94 name AAAAAAA=\nmore\n",
    };
    struct note note;
    CHECK_OK(note_split(STR("text\n\nmore\n\n\xe2\x80\x94 name AAAAAAA=\n"), &note));
    CHECK(str_eq(note.text, STR("text\n\nmore\n")));
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CHECK_FAILS(ERR_INVALID, note_split(str(wrong[i]), &note));
}

TEST(sixteen_signatures_are_taken_and_past_the_maximum_none)
{
    OWN(buf) bytes = BUF(2 * MAX_NOTE);
    struct note note;
    buf_put(&bytes, STR("text\n\n"));
    for (int i = 1; i <= MAX_SIGNATURES + 1; i++) {
        buf_put(&bytes, STR("\xe2\x80\x94 name AAAAAAA=\n"));
        CHECK_FAILS(i <= MAX_SIGNATURES ? ERR_OK : ERR_TOO_LARGE, note_split(buf_str(&bytes), &note));
    }
    buf_clear(&bytes);
    while (bytes.len <= MAX_NOTE)
        buf_put(&bytes, STR("a line of a very long note\n"));
    CHECK_FAILS(ERR_TOO_LARGE, note_split(buf_str(&bytes), &note));
}

TEST(what_is_no_checkpoint_is_refused)
{
    static const char *const wrong[] = {
        "",
        "log\n",
        "log\n1\n",
        "log\n1\nbjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=",
        "\n1\nbjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=\n",
        "log\n01\nbjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=\n",
        "log\n+1\nbjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=\n",
        "log\n-1\nbjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=\n",
        "log\n 1\nbjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=\n",
        "log\n9223372036854775808\nbjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=\n",
        "log\n1\nbjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0\n",
        "log\n1\nbjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB1=\n",
        "log\n1\nbjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoA==\n",
        "log\n1\nbjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=\n\n",
        "log\n1\nbjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=\n\nextra\n",
    };
    struct checkpoint found;
    CHECK_OK(checkpoint_read(STR("log\n0\nbjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=\nextra\n"), &found));
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CHECK_FAILS(ERR_INVALID, checkpoint_read(str(wrong[i]), &found));
}

TEST(a_key_has_one_text_and_any_other_is_refused)
{
    static const char *const wrong[] = {
        "",
        "example.com/foo",
        "example.com/foo+530d903a",
        "example.com/foo+530D903A+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/fop+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k=",
        "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2",
        "example.com/foo+530d903a+AukyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k\n",
        " example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
    };
    struct note_key key;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CHECK_FAILS(ERR_INVALID, note_key_read(str(wrong[i]), &key));
}

TEST(a_key_that_signs_is_the_same_after_it_was_written_and_read)
{
    OWN(given) given = {0};
    CHECK_OK(given_note(&given));
    const struct note_signer *signers[] = {&given.log, &given.witness};
    for (size_t i = 0; i < 2; i++) {
        OWN(buf) text = BUF(512);
        OWN(buf) again = BUF(512);
        struct note_signer read;
        struct note_key key;
        note_signer_put(&text, signers[i]);
        CHECK_OK(note_signer_read(buf_str(&text), &read));
        note_signer_put(&again, &read);
        CHECK(str_eq(buf_str(&text), buf_str(&again)) && note_key_eq(&read.key, &signers[i]->key));
        CHECK_FAILS(ERR_INVALID, note_key_read(buf_str(&text), &key));
        text.at[text.len - 3] ^= 1;
        CHECK_FAILS(ERR_INVALID, note_signer_read(buf_str(&text), &read));
    }
}

TEST(names_of_keys_are_short_and_without_spaces)
{
    struct key public = {{1}};
    struct note_key key;
    char long_name[MAX_NAME + 1];
    memset(long_name, 'a', sizeof long_name);
    CHECK_OK(note_key_make(NOTE_ED25519, str_bytes(long_name, MAX_NAME), &public, &key));
    CHECK_FAILS(ERR_INVALID, note_key_make(NOTE_ED25519, str_bytes(long_name, MAX_NAME + 1), &public, &key));
    CHECK_FAILS(ERR_INVALID, note_key_make(NOTE_ED25519, STR("a b"), &public, &key));
    CHECK_FAILS(ERR_INVALID, note_key_make(NOTE_ED25519, STR("a\nb"), &public, &key));
    CHECK_FAILS(ERR_INVALID, note_key_make(NOTE_ED25519, STR("a\xe3\x80\x80"), &public, &key));
    CHECK_FAILS(ERR_INVALID, note_key_make(NOTE_ED25519, STR("a\xff"), &public, &key));
    CHECK_OK(note_key_make(NOTE_ED25519, STR("\xc3\xa4.example/\xe2\x82\xac"), &public, &key));
}

TESTS(the_example_of_the_specification_verifies, a_checkpoint_opens_to_what_was_signed_for_log_and_witness,
      no_altered_byte_of_a_checkpoint_goes_unseen, a_known_key_that_signed_something_else_spoils_the_note,
      what_is_no_note_is_refused, sixteen_signatures_are_taken_and_past_the_maximum_none,
      what_is_no_checkpoint_is_refused, a_key_has_one_text_and_any_other_is_refused,
      a_key_that_signs_is_the_same_after_it_was_written_and_read, names_of_keys_are_short_and_without_spaces)
