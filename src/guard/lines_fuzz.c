/* SPDX-License-Identifier: Apache-2.0
 *
 * A half of the journal as anything, after a kill or a fault of the memory: as it lies there, and with each of its pieces
 * sealed by the right key. What is read lies within it, and merging loses no launch.
 */
#include "guard/lines.h"

#include "sys/env_virtual.h"

enum { PLAIN_MAX = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len);

static void require(bool truth)
{
    if (!truth)
        abort();
}

static uint64_t launches_in(const struct lines *lines)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < lines->count; i++)
        sum += lines->at[i].entry.count;
    return sum;
}

static size_t try_half(const struct key *key, str_t half)
{
    OWN(lines) lines = {.arena = ARENA(LINES_MAX)};
    struct journal_batch batch = {0};
    if (lines_read(key, half, &lines) != ERR_OK)
        return 0;
    size_t read = lines.count;
    uint64_t launches = launches_in(&lines);
    lines_merge(&lines);
    require(lines.count <= read && launches_in(&lines) == launches);
    if (lines_parts(&lines, &batch) == ERR_OK)
        require(batch.count <= lines.count);
    return read;
}

/* Pieces as long as their first byte says. */
int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    static const struct key key = {{1}};
    OWN(world) world = {0};
    OWN(buf) half = BUF(PLAIN_MAX * 2);
    size_t pieces = 0;
    require(crypt_start() == ERR_OK);
    world_open(&world, 1);
    (void)try_half(&key, str_bytes(at, len));
    for (size_t from = 0; from < len; from += 1 + (size_t)at[from]) {
        OWN(buf) sealed = BUF(PLAIN_MAX);
        size_t size = at[from] < len - from - 1 ? at[from] : len - from - 1;
        aead_seal(&world.env, &key, LINE_BOUND, str_bytes(at + from + 1, size), &sealed);
        uint32_t whole = (uint32_t)sealed.len;
        buf_put(&half, str_bytes(&whole, sizeof whole));
        buf_put(&half, buf_str(&sealed));
        pieces += size >= sizeof(struct line_entry);
    }
    if (buf_end(&half) == ERR_OK)
        require(try_half(&key, buf_str(&half)) == pieces);
    return 0;
}
