/* SPDX-License-Identifier: Apache-2.0
 *
 * A machine whose clock stands in the past: loaded before a program (LD_PRELOAD), so many seconds of CUSTODY_PAST are taken
 * off the date that it reads. What runs by the time since the machine started stays as it is.
 */
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static time_t past(void)
{
    const char *seconds = getenv("CUSTODY_PAST");
    return seconds ? strtol(seconds, NULL, 10) : 0;
}

int clock_gettime(clockid_t clock, struct timespec *out_now)
{
    int read = (int)syscall(SYS_clock_gettime, clock, out_now);
    if (read == 0 && clock == CLOCK_REALTIME)
        out_now->tv_sec -= past();
    return read;
}

time_t time(time_t *out_now)
{
    struct timespec now = {0};
    clock_gettime(CLOCK_REALTIME, &now);
    if (out_now)
        *out_now = now.tv_sec;
    return now.tv_sec;
}

int gettimeofday(struct timeval *restrict out_now, void *restrict zone)
{
    struct timespec now = {0};
    (void)zone;
    int read = clock_gettime(CLOCK_REALTIME, &now);
    *out_now = (struct timeval){now.tv_sec, now.tv_nsec / 1000};
    return read;
}
