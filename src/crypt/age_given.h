/* SPDX-License-Identifier: Apache-2.0
 *
 * For the tests and fuzzers of age: a pair of keys in a virtual world, and whole files at once.
 *
 *     OWN(given) given = {0};
 *     CHECK_OK(given_a_pair(&given));
 *     CHECK_OK(file_written(&given, false, plain, &file));
 *     struct age_read_ask ask = given_ask(&given, &opened);
 *     CHECK_OK(file_read(&ask, file, 1, &fault));             fed in pieces of one byte
 */
#pragma once
#include "crypt/age_private.h"
#include "sys/env_virtual.h"

struct given {
    struct world world;
    struct env *env;
    struct key identity, recipient;
};
typedef struct given given_own;
static inline void given_drop(struct given *given) { world_drop(&given->world); }

static inline err_t given_a_pair(struct given *given)
{
    TRY(crypt_start());
    world_open(&given->world, 1);
    given->env = &given->world.env;
    key_random(given->env, &given->identity);
    age_recipient_of(&given->identity, &given->recipient);
    return ERR_OK;
}

/* Bytes that do not repeat soon. */
static inline err_t given_bytes(size_t len, buf_t *out)
{
    for (size_t i = 0; i < len; i++)
        buf_put_byte(out, (uint8_t)(i * 7 + (i >> 8) * 31 + (i >> 16)));
    return buf_end(out);
}

static inline struct age_read_ask given_ask(const struct given *given, buf_t *out)
{
    return (struct age_read_ask){.identities = &given->identity, .count = 1, .sink = age_into(out)};
}

static inline err_t file_written(const struct given *given, bool armored, str_t plain, buf_t *out)
{
    OWN(age_writer) writer = NULL;
    struct age_write_ask ask = {&given->recipient, 1, armored, age_into(out)};
    TRY(age_write_begin(given->env, &ask, &writer));
    TRY(age_write(writer, plain));
    return age_write_end(writer);
}

static inline err_t pieces_read(struct age_reader *reader, str_t file, size_t piece)
{
    for (size_t at = 0; at < file.len; at += piece)
        TRY(age_read(reader, str_bytes(file.at + at, file.len - at < piece ? file.len - at : piece)));
    return age_read_end(reader);
}

static inline err_t file_read(const struct age_read_ask *ask, str_t file, size_t piece,
                              enum age_fault *out_fault)
{
    OWN(age_reader) reader = NULL;
    TRY(age_read_begin(ask, &reader));
    err_t code = pieces_read(reader, file, piece);
    *out_fault = age_read_fault(reader);
    return code;
}
