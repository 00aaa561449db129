/* SPDX-License-Identifier: Apache-2.0
 *
 * Bytes of a stranger as a recording, as what stands behind a head whose key is known, and as a file that was cut, continued
 * or altered on its way: no fragment comes out that was not put, and none in another place.
 */
#include "seal/recording_given.h"
#include "sys/env_virtual.h"

enum { ROOM = 1024 * 1024, TRIED = 64 * 1024, FRAGMENT = 100, PLAIN = 9 };

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len);

static const struct recording_about about = {{{1}}, {{2}}, {{3}}, {{4}}, .made = 5, .form = RECORDING_MP4};
static const struct seal_key key = {.data_key = {{6}}};

static err_t tried(str_t file, buf_t *out_plain, bool *out_whole)
{
    struct recording_read read = {.plain = BUF(ROOM)};
    err_t result = recording_read_with(file, &key.data_key, &read);
    buf_put(out_plain, buf_str(&read.plain));
    *out_whole = result == ERR_OK && read.whole;
    buf_drop(&read.plain);
    return result;
}

static void as_a_file(str_t input)
{
    OWN(buf) plain = BUF(ROOM);
    bool whole;
    err_t result = tried(input, &plain, &whole);
    if (whole || plain.len || (result != ERR_OK && result != ERR_INVALID && result != ERR_LOCKED))
        abort();
}

static void written(struct env *env, str_t input, buf_t *out)
{
    OWN(recording_writer) writer = {0};
    recording_begin(&(struct recording_ask){env, &key, &about}, &writer, out);
    for (bool last = false; !last;) {
        str_t some = str_bytes(input.at, input.len < FRAGMENT ? input.len : FRAGMENT);
        input = str_bytes(input.at + some.len, input.len - some.len);
        last = !input.len;
        if (recording_put(&writer, some, last, out) != ERR_OK)
            abort();
    }
}

/* What was put comes back; behind another's head, with bytes that were altered as the input says, only a beginning of it. */
static void as_fragments(struct env *env, str_t input)
{
    OWN(buf) file = BUF(ROOM);
    OWN(buf) plain = BUF(ROOM);
    OWN(buf) rest = BUF(ROOM);
    bool whole;
    written(env, input, &file);
    if (tried(buf_str(&file), &plain, &whole) != ERR_OK || !whole || !str_eq(buf_str(&plain), input))
        abort();
    if (input.len < 4)
        return;
    size_t from = ((size_t)(uint8_t)input.at[0] << 8 | (uint8_t)input.at[1]) % file.len;
    size_t gap = (file.len - from) / 2;
    if (input.at[2] & 1) /* cut */
        file.len = from;
    else if (input.at[3])
        file.at[from] ^= input.at[3];
    else { /* a stretch is left out */
        memmove(file.at + from, file.at + from + gap, file.len - from - gap);
        file.len -= gap;
    }
    (void)tried(buf_str(&file), &rest, &whole);
    if (!str_starts(input, buf_str(&rest)) || (whole && rest.len != input.len))
        abort();
}

/* What a writer that holds the key could have put: any head of a fragment, and anything behind it, with good seals. */
static void sealed_put(struct env *env, str_t plain, str_t body, buf_t *file)
{
    uint8_t ad[8 + DIGEST_SIZE + PLAIN + 1] = "custody ";
    digest(buf_str(file), ad + 8);
    memcpy(ad + 8 + DIGEST_SIZE, plain.at, PLAIN);
    buf_put(file, plain);
    aead_seal(env, &key.data_key, str_bytes(ad, sizeof ad), STR(""), file);
    ad[sizeof ad - 1] = 1;
    aead_seal(env, &key.data_key, str_bytes(ad, sizeof ad), body, file);
}

static void as_what_is_inside(struct env *env, str_t input)
{
    OWN(buf) file = BUF(ROOM);
    OWN(buf) plain = BUF(ROOM);
    OWN(recording_writer) writer = {0};
    bool whole;
    if (input.len < PLAIN)
        return;
    str_t body = str_bytes(input.at + PLAIN, input.len - PLAIN);
    recording_begin(&(struct recording_ask){env, &key, &about}, &writer, &file);
    sealed_put(env, str_bytes(input.at, PLAIN), body, &file);
    err_t result = tried(buf_str(&file), &plain, &whole);
    if ((result != ERR_OK && result != ERR_LOCKED) || !str_starts(body, buf_str(&plain)))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    OWN(world) world = {0};
    str_t input = str_bytes(at, len);
    if (len > TRIED || crypt_start() != ERR_OK)
        return 0;
    world_open(&world, len);
    as_a_file(input);
    as_what_is_inside(&world.env, input);
    as_fragments(&world.env, input);
    return 0;
}
