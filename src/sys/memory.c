/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/memory.h"

#include <malloc.h>

void memory_keep(void)
{
    mallopt(M_ARENA_MAX, MEMORY_ARENAS);
    mallopt(M_TRIM_THRESHOLD, MEMORY_KEPT);
    mallopt(M_MMAP_THRESHOLD, MEMORY_KEPT);
    mallopt(M_TOP_PAD, MEMORY_KEPT / 16);
}
