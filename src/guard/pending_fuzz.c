/* SPDX-License-Identifier: Apache-2.0
 *
 * The list of elevations as anything, under the right key: what is read is whole, and nothing that is over or used is found.
 */
#include "guard/pending.h"

#include "sys/env_virtual.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len);

static void require(bool truth)
{
    if (!truth)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    static struct pending pending;
    OWN(world) world = {0};
    struct pending_one *made = NULL;
    world_open(&world, 1);
    pending = (struct pending){.env = &world.env};
    if (pending_list_read(&pending, str_bytes(at, len)) != ERR_OK)
        return 0;
    require(pending.count <= PENDING_MOST);
    for (size_t i = 0; i < pending.count; i++) {
        const struct pending_one wanted = pending.list[i], *found = pending_find(&pending, &wanted);
        require(!found || (found->state != PENDING_USED && !pending_is_over(&pending, found)));
    }
    struct pending_one another = {.until = MOMENT_MAX};
    require(pending_add(&pending, &another, &made) != ERR_OK || (made && pending.count <= PENDING_MOST));
    return 0;
}
