/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/dpkg.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    OWN(arena) arena = ARENA(16 * 1024 * 1024);
    struct list programs = LIST(&arena, struct program);
    dpkg_status_read(str_bytes(at, len), &programs);
    const struct program *all = programs.at;
    for (size_t i = 0; i < programs.count; i++)
        if (!all[i].name.len || !str_is_utf8(all[i].name) || !str_is_utf8(all[i].version))
            abort();
    return 0;
}
