/* SPDX-License-Identifier: Apache-2.0
 *
 * A stranger's body as a user, a group, and a PATCH of each: what comes out is within its limits.
 */
#include "base/limits.h"
#include "scim/change.h"

enum { ROOM = 64 * 1024 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len);

static void change_check(const struct scim_change *change, arena_t *arena)
{
    if (change->user_name.len > MAX_NAME || change->email.len > MAX_NAME || change->active > 1)
        abort();
    if (scim_full_name(change, STR("First Last"), arena).len > 2 * MAX_NAME + 1)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    OWN(arena) arena = ARENA(ROOM);
    OWN(scim_body) body = NULL;
    struct scim_change change;
    struct scim_group_change group;
    if (scim_body_read(str_bytes(at, len), &body) != ERR_OK)
        return 0;
    if (scim_user_read(body, &arena, &change) == ERR_OK)
        change_check(&change, &arena);
    if (scim_user_patch(body, &arena, &change) == ERR_OK)
        change_check(&change, &arena);
    if (scim_group_read(body, &arena, &group) == ERR_OK &&
        (!group.name.len || group.count > SCIM_MEMBERS_MOST))
        abort();
    if (scim_group_patch(body, &arena, &group) == ERR_OK && group.count > SCIM_MEMBERS_MOST)
        abort();
    return 0;
}
