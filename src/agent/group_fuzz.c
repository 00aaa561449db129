/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/groups.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    OWN(arena) arena = ARENA(16 * 1024 * 1024);
    struct local known[] = {{.told = {{{1}}, STR("a"), false}, .gid = 1, .person = true},
                            {.told = {{{2}}, STR("b"), false}, .gid = 2}};
    struct locals locals = {known, 2};
    struct list groups = LIST(&arena, struct group);
    group_text_read(str_bytes(at, len), &locals, &groups);
    const struct group *all = groups.at;
    for (size_t i = 0; i < groups.count; i++)
        if (all[i].account.count > 2 || str_eq(all[i].name, STR("a")))
            abort(); /* a member twice, or a person's name told */
    return 0;
}
