/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/memory.h"

#include <malloc.h>
#include <sys/mman.h>

void memory_keep(void)
{
    mallopt(M_ARENA_MAX, MEMORY_ARENAS);
    mallopt(M_TRIM_THRESHOLD, MEMORY_KEPT);
    mallopt(M_MMAP_THRESHOLD, MEMORY_KEPT);
    mallopt(M_TOP_PAD, MEMORY_KEPT / 16);
}

void *memory_room(size_t size)
{
    void *room = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (room == MAP_FAILED)
        return NULL;
    (void)!madvise(room, size, MADV_HUGEPAGE); /* without them it is only slower */
    return room;
}

void memory_room_drop(void *room, size_t size)
{
    if (room)
        munmap(room, size);
}
