/* SPDX-License-Identifier: Apache-2.0
 *
 * Bytes of a stranger as a packed list of launches, as a frame of either kind, and as the digests of a day.
 */
#include "collect/launch_digest.h"
#include "collect/launch_list.h"
#include "concept/codec.h"

enum { TRIED = 64 * 1024, ROOM = 64 * 1024 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len);

static size_t read_all(struct launch_list list)
{
    size_t count = 0;
    for (struct launch launch; launch_next(&list, &launch); count++)
        if (launch.path.len && launch_name(launch.path).len > launch.path.len)
            abort();
    return list.broken ? SIZE_MAX : count;
}

/* What the codec takes, this reads: as many of them. */
static void as_a_list(str_t input)
{
    size_t count = 0;
    size_t seen = read_all((struct launch_list){input});
    if (codec_check(&launch_concept, input, &count) == ERR_OK && seen != count)
        abort();
}

static void as_a_frame(str_t input)
{
    OWN(arena) arena = ARENA(ROOM);
    struct launch_list list;
    if (launch_frame_open(input, &(struct launch_row_is){.hour = 1}, &arena, &list) == ERR_OK)
        read_all(list);
}

static void as_digests(str_t input)
{
    str_t rest = input;
    for (struct digest_part part; digest_part_next(&rest, &part);)
        launch_digest_may(part.sealed, &(struct launch_words){STR("name"), STR("hash"), STR("package")});
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    str_t input = str_bytes(at, len);
    if (len > TRIED)
        return 0;
    as_a_list(input);
    as_a_frame(input);
    as_digests(input);
    return 0;
}
