/* SPDX-License-Identifier: Apache-2.0 */
#include "collect/launch_digest.h"

enum { BITS_A_WORD = 10, PROBES = 6, BYTES_LEAST = 8, PART_HEAD = 5 };

static uint64_t mixed(uint64_t hash)
{
    hash ^= hash >> 33;
    hash *= UINT64_C(0xff51afd7ed558ccd);
    return hash ^ hash >> 29;
}

/* FNV-1a, mixed. Nothing has to be hidden by it: a digest is sealed. */
static uint64_t hash_of(char kind, str_t word)
{
    uint64_t hash = (UINT64_C(0xcbf29ce484222325) ^ (uint8_t)kind) * UINT64_C(0x100000001b3);
    for (size_t i = 0; i < word.len; i++)
        hash = (hash ^ (uint8_t)word.at[i]) * UINT64_C(0x100000001b3);
    return mixed(hash);
}

static size_t bit_of(uint64_t hash, uint64_t probe, size_t bits)
{
    return (hash + probe * (hash >> 32 | 1)) % bits;
}

static void word_put(char kind, str_t word, uint8_t *at, size_t bits)
{
    uint64_t hash = hash_of(kind, word);
    for (uint64_t i = 0; word.len && i < PROBES; i++) {
        size_t bit = bit_of(hash, i, bits);
        at[bit / 8] |= (uint8_t)(1 << bit % 8);
    }
}

static bool word_may(char kind, str_t word, str_t digest)
{
    uint64_t hash = hash_of(kind, word);
    for (uint64_t i = 0; word.len && i < PROBES; i++) {
        size_t bit = bit_of(hash, i, digest.len * 8);
        if (!((uint8_t)digest.at[bit / 8] >> bit % 8 & 1))
            return false;
    }
    return true;
}

str_t launch_name(str_t path)
{
    size_t from = path.len;
    while (from && path.at[from - 1] != '/')
        from--;
    return str_bytes(path.at + from, path.len - from);
}

/* Equal neighbours are one word: a row's launches stand by their moments, and programs come in runs. */
void launch_digest_put(const struct launch *launches, size_t count, buf_t *out_digest)
{
    size_t words = 0;
    for (size_t i = 0; i < count; i++)
        words += 1 + (launches[i].package.len != 0) + (launches[i].sha256.len != 0);
    size_t len = words * BITS_A_WORD / 8 < BYTES_LEAST ? BYTES_LEAST : words * BITS_A_WORD / 8;
    uint8_t *at = (uint8_t *)buf_room(out_digest, len);
    if (!at)
        return;
    memset(at, 0, len);
    for (size_t i = 0; i < count; i++) {
        word_put('n', launch_name(launches[i].path), at, len * 8);
        word_put('s', launches[i].sha256, at, len * 8);
        word_put('p', launches[i].package, at, len * 8);
    }
}

bool launch_digest_may(str_t digest, const struct launch_words *words)
{
    return !digest.len || (word_may('n', words->name, digest) && word_may('s', words->sha256, digest) &&
                           word_may('p', words->package, digest));
}

void digest_part_put(const struct digest_part *part, buf_t *out_digests)
{
    const uint8_t head[PART_HEAD] = {(uint8_t)part->hour, (uint8_t)(part->step >> 8), (uint8_t)part->step,
                                     (uint8_t)(part->sealed.len >> 8), (uint8_t)part->sealed.len};
    if (part->sealed.len > UINT16_MAX || part->step > UINT16_MAX)
        return; /* such a row is opened as if nothing were known of it */
    buf_put(out_digests, str_bytes(head, sizeof head));
    buf_put(out_digests, part->sealed);
}

bool digest_part_next(str_t *rest, struct digest_part *out_part)
{
    const uint8_t *head = (const uint8_t *)rest->at;
    if (rest->len < PART_HEAD)
        return false;
    size_t len = (size_t)head[3] << 8 | head[4];
    if (len > rest->len - PART_HEAD)
        return false;
    *out_part = (struct digest_part){head[0], head[1] << 8 | head[2], str_bytes(rest->at + PART_HEAD, len)};
    *rest = str_bytes(rest->at + PART_HEAD + len, rest->len - PART_HEAD - len);
    return true;
}
