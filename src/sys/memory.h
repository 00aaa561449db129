/* SPDX-License-Identifier: Apache-2.0
 *
 * What a process that answers questions keeps of the memory it frees, and room for much at once.
 *
 *     memory_keep();      once, before there are threads
 *
 * Each question has buffers of its own, of some KB to some MB, freed with its answer. By itself the C library gives them
 * back to the system each time and asks for them again, and the kernel clears each page anew: dearer than much of what is
 * done with them. At most MEMORY_KEPT then stays free in each of MEMORY_ARENAS. What stood in a freed buffer may stand
 * there until it is used again, as that of small ones does anyway: keys are overwritten before they are freed.
 */
#pragma once
#include <stddef.h>

enum { MEMORY_ARENAS = 8, MEMORY_KEPT = 4 * 1024 * 1024 };

void memory_keep(void);

/* Room for much that comes bit by bit, which would be copied again and again if it grew: what is not touched is not there,
 * and what is comes in large pages where the system has them. NULL: no memory. */
void *memory_room(size_t size);
void memory_room_drop(void *room, size_t size);
