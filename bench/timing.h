/* SPDX-License-Identifier: Apache-2.0
 *
 * Time as the programs here measure it, and what they say of many times.
 *
 *     int64_t from = now_ns();
 *     …
 *     times[i] = now_ns() - from;
 *     int64_t p99 = percentile(times, count, 99);         sorts them; 100 is the largest
 */
#pragma once
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

static inline int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static inline int times_order(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

static inline int64_t percentile(int64_t *times, size_t count, size_t of_hundred)
{
    if (!count)
        return 0;
    qsort(times, count, sizeof *times, times_order);
    return times[of_hundred == 100 ? count - 1 : count * of_hundred / 100];
}
