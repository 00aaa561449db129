/* SPDX-License-Identifier: Apache-2.0
 *
 * bench-launches dictionary FILE: trains the dictionary of short lists of launches on what bench/made.h makes up, rows of
 * an hour as they are folded. That file is concept/launches.dict, made once.
 */
#include "bench/made.h"
#include "base/limits.h"
#include "concept/codec.h"
#include "sys/env.h"

#include <zdict.h>

enum { SAMPLES = 40000, DICTIONARY = 16 * 1024, HOUR_MOST = 12 };

/* A row of an hour, as it is packed: moments from its beginning on, no account. */
static err_t sample_put(uint64_t number, buf_t *out)
{
    OWN(arena) arena = ARENA(MAX_MEMORY);
    struct maker maker = {.seed = 1, .device = number};
    struct launch launches[HOUR_MOST];
    size_t count = 1 + made_number(&maker, HOUR_MOST);
    moment_t at = 0;
    for (size_t i = 0; i < count; i++) {
        at += (moment_t)made_number(&maker, 2 * HOURS(1) / count);
        made_launch(&maker, at, (ident_t){{0}}, &launches[i]);
        launches[i].path = arena_copy(&arena, launches[i].path);
        launches[i].package = arena_copy(&arena, launches[i].package);
    }
    return codec_pack(&launch_concept, launches, count, &arena, out);
}

static err_t dictionary(const char *path)
{
    OWN(buf) samples = BUF(MAX_MEMORY);
    static size_t sizes[SAMPLES];
    static char trained[DICTIONARY];
    for (size_t i = 0; i < SAMPLES; i++) {
        size_t before = samples.len;
        TRY(sample_put(i, &samples));
        sizes[i] = samples.len - before;
    }
    size_t len = ZDICT_trainFromBuffer(trained, sizeof trained, samples.at, sizes, SAMPLES);
    OWN(file) out = ZDICT_isError(len) ? NULL : fopen(path, "wb");
    if (!out || fwrite(trained, 1, len, out) != len)
        return fail(ERR_BROKEN, "no dictionary was made");
    return ERR_OK;
}

int main(int argc, char **argv)
{
    err_t result = argc == 3 && !strcmp(argv[1], "dictionary")
                       ? dictionary(argv[2])
                       : fail(ERR_INVALID, "bench-launches dictionary FILE");
    if (result != ERR_OK)
        fprintf(stderr, "bench-launches: %s\n", err_note());
    return err_info(result)->exit;
}
