/* SPDX-License-Identifier: Apache-2.0
 *
 * Bytes of a stranger as a sealed record, as what stands inside a seal whose key is known, and as a frame to seal.
 */
#include "seal/seal.h"
#include "sys/env_virtual.h"

enum { ROOM = 4 * 1024 * 1024, TRIED = 64 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len);

static const struct seal_place place = {.realm = {{1}}, .id = {{2}}, .concept = 3};
static const char ad[45] =
    "custody \1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\3\2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1";
static const struct key data_key = {{4}};

/* Nobody can make a record of this: whatever it is, it stays locked. */
static void as_a_record(str_t input)
{
    OWN(buf) frame = BUF(ROOM);
    str_t box = {NULL, 0};
    if (seal_box(input, &box) == ERR_OK && (box.at != input.at + 1 || box.len != SEAL_BOX))
        abort();
    if (seal_get(&data_key, &place, input, &frame) != ERR_LOCKED || frame.len)
        abort();
}

/* What a writer that holds the key could have put: it comes back without its padding, or is refused. */
static void as_what_is_inside(struct env *env, str_t input)
{
    OWN(buf) sealed = BUF(ROOM);
    OWN(buf) frame = BUF(ROOM);
    char box[SEAL_BOX] = {0};
    buf_put_byte(&sealed, 1);
    buf_put(&sealed, str_bytes(box, sizeof box));
    aead_seal(env, &data_key, str_bytes(ad, sizeof ad), input, &sealed);
    err_t got = seal_get(&data_key, &place, buf_str(&sealed), &frame);
    if (got != ERR_OK && got != ERR_BROKEN)
        abort();
    if (got == ERR_OK && (frame.len >= input.len || memcmp(frame.at, input.at, frame.len)))
        abort();
}

static void as_a_frame(struct env *env, str_t input)
{
    OWN(buf) sealed = BUF(ROOM);
    OWN(buf) frame = BUF(ROOM);
    OWN(buf) plain = BUF(KEY_SIZE);
    struct key public, private, opened;
    str_t box = {NULL, 0};
    pair_from(&data_key, &public, &private);
    seal_put(env, &public, &place, input, &sealed);
    if (buf_end(&sealed) != ERR_OK || sealed.len != SEAL_EXTRA + padme(input.len + 1))
        abort();
    if (seal_box(buf_str(&sealed), &box) != ERR_OK || box_open(&public, &private, box, &plain) != ERR_OK ||
        key_from(buf_str(&plain), &opened) != ERR_OK ||
        seal_get(&opened, &place, buf_str(&sealed), &frame) != ERR_OK || !str_eq(buf_str(&frame), input))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    OWN(world) world = {0};
    str_t input = str_bytes(at, len);
    if (len > TRIED || crypt_start() != ERR_OK)
        return 0;
    world_open(&world, len);
    as_a_record(input);
    as_what_is_inside(&world.env, input);
    as_a_frame(&world.env, input);
    return 0;
}
