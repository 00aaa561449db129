/* SPDX-License-Identifier: Apache-2.0
 *
 * Recordings: opened for their subject alone, cut without losing what came before, and altered nowhere without being named.
 * docs/formats/vectors/recording holds one with a key that is for tests only; CUSTODY_MAKE_VECTORS=FOLDER has it made there.
 */
#include "seal/recording_given.h"

#include "sys/env_virtual.h"
#include "test/test.h"

enum { ROOM = 32 * 1024 * 1024, PATH_ROOM = 2048, FRAGMENTS = 4 };

struct given {
    struct world world;
    struct key public, private;
    struct seal_key key;
    struct recording_about about;
    buf_t file;
    size_t ends[FRAGMENTS + 1]; /* of the head and of each fragment */
};
typedef struct given given_own;
static void given_drop(struct given *given)
{
    buf_drop(&given->file);
    world_drop(&given->world);
}

static void given_somebody(struct given *given, uint64_t seed)
{
    const struct key of_tests = {{7}};
    world_open(&given->world, seed);
    pair_from(&of_tests, &given->public, &given->private);
    given->file.limit = ROOM;
    given->about = (struct recording_about){{{1}}, {{2, (uint8_t)seed}},  {{3}},
                                            {{4}}, .made = 1796083200000, .form = RECORDING_MP4};
}

/* Fragments that say which they are; the last one is empty. */
static str_t fragment_of(size_t number, char at[64])
{
    int len = snprintf(at, 64, "fragment %zu of a recording%.*s", number, (int)(number * 7),
                       "....................");
    return str_bytes(at, number == FRAGMENTS ? 0 : (size_t)len);
}

static err_t given_written(struct given *given)
{
    OWN(recording_writer) writer = {0};
    recording_begin(&(struct recording_ask){&given->world.env, &given->key, &given->about}, &writer,
                    &given->file);
    for (size_t i = 1; i <= FRAGMENTS; i++) {
        char at[64];
        given->ends[i - 1] = given->file.len;
        TRY(recording_put(&writer, fragment_of(i, at), i == FRAGMENTS, &given->file));
    }
    given->ends[FRAGMENTS] = given->file.len;
    return buf_end(&given->file);
}

static err_t given_a_recording(struct given *given, uint64_t seed)
{
    TRY(crypt_start());
    given_somebody(given, seed);
    TRY(seal_key_make(&given->world.env, &given->public, &given->key));
    return given_written(given);
}

/* As a reader does it: the keys process opens the box. */
static err_t box_opened(const struct given *given, str_t file, struct key *out_key)
{
    OWN(buf) plain = BUF(KEY_SIZE);
    struct recording_bytes bytes = {file};
    struct recording_head head;
    TRY(recording_look(&(struct recording_source){recording_bytes_read, &bytes}, &head));
    TRY(box_open(&given->public, &given->private, str_bytes(head.box, SEAL_BOX), &plain));
    return key_from(buf_str(&plain), out_key);
}

/* So many fragments of it, and what its head says. */
struct wanted {
    const struct key *key;
    size_t fragments;
    bool whole;
};
static bool is_as(const struct given *given, str_t file, const struct wanted *wanted)
{
    struct recording_read read = {.plain = BUF(ROOM)};
    OWN(buf) plain = BUF(ROOM);
    char at[64];
    for (size_t i = 1; i <= wanted->fragments; i++)
        buf_put(&plain, fragment_of(i, at));
    bool fits = recording_read_with(file, wanted->key, &read) == ERR_OK && read.whole == wanted->whole &&
                read.fragments == wanted->fragments && str_eq(buf_str(&read.plain), buf_str(&plain)) &&
                !memcmp(&read.head.about, &given->about, sizeof given->about.realm * 4) &&
                read.head.about.made == given->about.made && read.head.about.form == given->about.form;
    buf_drop(&read.plain);
    return fits;
}

/* Which fragment is named, and how. */
static bool is_named(str_t file, const struct key *key, size_t number, const char *how)
{
    struct recording_read read = {.plain = BUF(ROOM)};
    char note[256];
    snprintf(note, sizeof note, "fragment %zu of a recording %s", number, how);
    bool fits = recording_read_with(file, key, &read) == ERR_LOCKED && !strcmp(err_note(), note) &&
                read.fragments == number - 1 && !read.whole;
    buf_drop(&read.plain);
    return fits;
}

static void piece_put(const struct given *given, size_t number, buf_t *out)
{
    size_t from = number ? given->ends[number - 1] : 0;
    buf_put(out, str_bytes(given->file.at + from, given->ends[number] - from));
}

/* The head, and then the fragments of these numbers; a zero ends them. */
static str_t put_together(const struct given *given, const size_t *numbers, buf_t *out)
{
    buf_clear(out);
    piece_put(given, 0, out);
    for (; *numbers; numbers++)
        piece_put(given, *numbers, out);
    return buf_str(out);
}

TEST(a_recording_opens_for_its_subject_and_for_nobody_else)
{
    OWN(given) given = {0};
    struct key key, other = {{9}};
    CHECK_OK(given_a_recording(&given, 1));
    CHECK_OK(box_opened(&given, buf_str(&given.file), &key));
    CHECK(is_as(&given, buf_str(&given.file), &(struct wanted){&key, FRAGMENTS, true}));
    CHECK(is_named(buf_str(&given.file), &other, 1, "was altered"));
    for (size_t i = 0; i + 8 < given.file.len; i++)
        CHECK(memcmp(given.file.at + i, "fragment", 8));
}

TEST(a_recording_that_was_cut_opens_up_to_its_last_whole_fragment)
{
    OWN(given) given = {0};
    CHECK_OK(given_a_recording(&given, 1));
    for (size_t len = 0, whole = 0; len < given.file.len; len++) {
        struct recording_read read = {.plain = BUF(ROOM)};
        whole += len == given.ends[whole + 1];
        if (len < RECORDING_HEAD)
            CHECK_FAILS(ERR_INVALID,
                        recording_read_with(str_bytes(given.file.at, len), &given.key.data_key, &read));
        else
            CHECK(is_as(&given, str_bytes(given.file.at, len),
                        &(struct wanted){&given.key.data_key, whole, false}));
        buf_drop(&read.plain);
    }
}

TEST(no_bit_of_a_recording_is_flipped_without_its_fragment_being_named)
{
    OWN(given) given = {0};
    CHECK_OK(given_a_recording(&given, 1));
    for (size_t at = 0, number = 1; at < given.file.len; at++) {
        number += at == given.ends[number];
        for (int bit = 0; bit < 8; bit++) {
            struct recording_read read = {.plain = BUF(ROOM)};
            given.file.at[at] ^= (char)(1 << bit);
            if (at < 20)
                CHECK(recording_read_with(buf_str(&given.file), &given.key.data_key, &read) != ERR_OK &&
                      !read.fragments);
            else
                CHECK(is_named(buf_str(&given.file), &given.key.data_key, number, "was altered"));
            given.file.at[at] ^= (char)(1 << bit);
            buf_drop(&read.plain);
        }
    }
}

TEST(fragments_that_were_swapped_dropped_or_repeated_are_named)
{
    static const char elsewhere[] = "is not there: another stands in its place";
    static const struct {
        size_t numbers[6], named;
        const char *how;
    } cases[] = {
        {{1, 3, 2, 4}, 2, elsewhere}, {{2, 1, 3, 4}, 1, elsewhere},
        {{1, 2, 4}, 3, elsewhere},    {{1, 1, 2, 3, 4}, 2, elsewhere},
        {{4}, 1, elsewhere},          {{1, 2, 3, 4, 4}, 5, "stands behind the last one"},
    };
    OWN(given) given = {0};
    OWN(buf) file = BUF(ROOM);
    CHECK_OK(given_a_recording(&given, 1));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        CHECK(is_named(put_together(&given, cases[i].numbers, &file), &given.key.data_key, cases[i].named,
                       cases[i].how));
}

TEST(a_fragment_of_another_recording_or_under_another_head_does_not_open)
{
    OWN(given) given = {0};
    OWN(given) other = {0};
    OWN(buf) file = BUF(ROOM);
    CHECK_OK(given_a_recording(&given, 1));
    CHECK_OK(given_a_recording(&other, 2));
    (void)put_together(&given, (size_t[]){1, 0}, &file);
    piece_put(&other, 2, &file);
    CHECK(is_named(buf_str(&file), &given.key.data_key, 2, "was altered"));
    buf_clear(&file);
    other.key = given.key; /* even under the same key */
    other.file.len = 0;
    CHECK_OK(given_written(&other));
    piece_put(&other, 0, &file);
    piece_put(&given, 1, &file);
    CHECK(is_named(buf_str(&file), &given.key.data_key, 1, "was altered"));
}

TEST(a_fragment_has_a_largest_length_and_the_last_one_ends_it)
{
    OWN(given) given = {0};
    OWN(buf) large = BUF(ROOM);
    OWN(buf) out = BUF(RECORDING_SEALED_MAX);
    OWN(recording_writer) writer = {0};
    struct recording_read read = {.plain = BUF(ROOM)};
    CHECK(padme(RECORDING_FRAGMENT_MAX + 1) == RECORDING_PADDED_MAX);
    CHECK_OK(given_a_recording(&given, 1));
    CHECK(buf_room(&large, RECORDING_FRAGMENT_MAX + 1));
    memset(large.at, 'v', large.len);
    recording_begin(&(struct recording_ask){&given.world.env, &given.key, &given.about}, &writer, &out);
    CHECK_FAILS(ERR_TOO_LARGE, recording_put(&writer, buf_str(&large), false, &out));
    CHECK_OK(recording_put(&writer, str_bytes(large.at, RECORDING_FRAGMENT_MAX), true, &out));
    CHECK(out.len == RECORDING_SEALED_MAX);
    CHECK_FAILS(ERR_CONFLICT, recording_put(&writer, STR("more"), false, &out));
    CHECK_OK(recording_read_with(buf_str(&out), &given.key.data_key, &read));
    CHECK(read.whole && read.plain.len == RECORDING_FRAGMENT_MAX &&
          !memcmp(read.plain.at, large.at, read.plain.len));
    buf_drop(&read.plain);
}

TEST(recordings_of_later_forms_are_locked_and_other_files_are_none)
{
    OWN(given) given = {0};
    struct recording_read read = {.plain = BUF(ROOM)};
    CHECK_OK(given_a_recording(&given, 1));
    given.file.at[18]++;
    CHECK_FAILS(ERR_LOCKED, recording_read_with(buf_str(&given.file), &given.key.data_key, &read));
    given.file.at[18]--;
    given.file.at[19]++;
    CHECK_FAILS(ERR_LOCKED, recording_read_with(buf_str(&given.file), &given.key.data_key, &read));
    given.file.at[0]++;
    CHECK_FAILS(ERR_INVALID, recording_read_with(buf_str(&given.file), &given.key.data_key, &read));
}

/* The vector */

static const char *folder_of_vectors(char at[PATH_ROOM])
{
    const char *source = getenv("CUSTODY_SOURCE"), *to = getenv("CUSTODY_MAKE_VECTORS");
    if (!to && !source)
        return NULL;
    snprintf(at, PATH_ROOM, "%s%s", to ? to : source, to ? "" : "/docs/formats/vectors/recording");
    return at;
}

static err_t vector_file(const char *name, str_t *to_put, buf_t *out_read)
{
    char folder[PATH_ROOM], path[PATH_ROOM + 64];
    snprintf(path, sizeof path, "%s/%s", folder_of_vectors(folder), name);
    return to_put ? env_real()->write_file(env_real(), path, *to_put, 0644)
                  : env_real()->read_file(env_real(), path, out_read);
}

static err_t vector_make(struct given *given)
{
    OWN(buf) key = BUF(PATH_ROOM);
    str_t file;
    TRY(given_a_recording(given, 1));
    buf_put_hex(&key, key_bytes(&given->private));
    buf_put(&key, STR("\n"));
    TRY(buf_end(&key));
    file = buf_str(&given->file);
    TRY(vector_file("recording", &file, NULL));
    file = buf_str(&key);
    return vector_file("private-key-of-a-test", &file, NULL);
}

/* With the box of the file, whose randomness nobody kept; the other nonces are drawn from the world's seed. */
static err_t vector_again(struct given *given, str_t file)
{
    struct recording_bytes bytes = {file};
    struct recording_head head;
    struct key drawn;
    given_somebody(given, 1);
    TRY(recording_look(&(struct recording_source){recording_bytes_read, &bytes}, &head));
    key_random(&given->world.env, &drawn);
    TRY(box_opened(given, file, &given->key.data_key));
    memcpy(given->key.box, head.box, SEAL_BOX);
    return str_eq(key_bytes(&drawn), key_bytes(&given->key.data_key))
               ? given_written(given)
               : fail(ERR_BROKEN, "the vector was made of another seed");
}

TEST(the_recording_that_is_written_down_is_rebuilt_byte_by_byte)
{
    OWN(given) given = {0};
    OWN(buf) file = BUF(ROOM);
    OWN(buf) text = BUF(ROOM);
    char folder[PATH_ROOM];
    struct key private;
    if (!folder_of_vectors(folder))
        SKIP("CUSTODY_SOURCE is not set");
    CHECK_OK(crypt_start());
    if (getenv("CUSTODY_MAKE_VECTORS")) {
        OWN(given) made = {0};
        CHECK_OK(vector_make(&made));
    }
    CHECK_OK(vector_file("recording", NULL, &file));
    CHECK_OK(vector_file("private-key-of-a-test", NULL, &text));
    CHECK_OK(base16_read(str_trim(buf_str(&text)), KEY_SIZE, private.bytes));
    CHECK_OK(vector_again(&given, buf_str(&file)));
    CHECK(!memcmp(&private, &given.private, KEY_SIZE));
    CHECK(str_eq(buf_str(&given.file), buf_str(&file)));
    CHECK(is_as(&given, buf_str(&file), &(struct wanted){&given.key.data_key, FRAGMENTS, true}));
}

TESTS(a_recording_opens_for_its_subject_and_for_nobody_else,
      a_recording_that_was_cut_opens_up_to_its_last_whole_fragment,
      no_bit_of_a_recording_is_flipped_without_its_fragment_being_named,
      fragments_that_were_swapped_dropped_or_repeated_are_named,
      a_fragment_of_another_recording_or_under_another_head_does_not_open,
      a_fragment_has_a_largest_length_and_the_last_one_ends_it,
      recordings_of_later_forms_are_locked_and_other_files_are_none,
      the_recording_that_is_written_down_is_rebuilt_byte_by_byte)
