/* SPDX-License-Identifier: Apache-2.0
 *
 * Bytes of a stranger through codec_grow and codec_unpack, of each concept. What is taken must pack to the same bytes,
 * and codec_check must take the same.
 */
#include "base/limits.h"
#include "concept/codec.h"

enum { ROOM = 64 * 1024 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len);

static void unpack_and_back(const concept_t *c, str_t packed)
{
    OWN(arena) arena = ARENA(ROOM);
    OWN(buf) again = BUF(MAX_ITEM);
    void *records = NULL;
    size_t count = 0, checked = 0;
    bool taken = codec_unpack(c, packed, &arena, &records, &count) == ERR_OK;
    bool passed = codec_check(c, packed, &checked) == ERR_OK;
    if (arena_end(&arena) == ERR_OK && (taken != passed || count != checked))
        abort();
    if (!taken)
        return;
    if (codec_pack(c, records, count, &arena, &again) == ERR_OK ? !str_eq(buf_str(&again), packed)
                                                                : arena_end(&arena) == ERR_OK)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    OWN(arena) arena = ARENA(ROOM);
    str_t input = str_bytes(at, len), grown = {NULL, 0};
    bool is_frame = codec_grow(input, &arena, &grown) == ERR_OK;
    for (const concept_t *const *c = concepts; *c; c++)
        unpack_and_back(*c, is_frame ? grown : input);
    return 0;
}
