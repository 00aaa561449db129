/* SPDX-License-Identifier: Apache-2.0
 *
 * bench-exec COUNT PROGRAM…: what it takes to launch each program, COUNT times in turn: fork, exec and wait. Prints the
 * median of each in microseconds, on one line. With COUNT 0 each program is launched once, and the median over all is
 * printed: for files that were never launched before.
 */
#include "bench/timing.h"

#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST = 20000 };

static int64_t launch(char *program)
{
    int status = 0;
    int64_t from = now_ns();
    pid_t pid = fork();
    if (pid == 0) {
        execv(program, (char *[]){program, NULL});
        _exit(127);
    }
    waitpid(pid, &status, 0);
    int64_t took = now_ns() - from;
    if (status) {
        fprintf(stderr, "%s ends with %d\n", program, status);
        exit(1);
    }
    return took;
}

int main(int argc, char **argv)
{
    static int64_t times[MOST];
    size_t count = argc > 2 ? strtoul(argv[1], NULL, 10) : MOST;
    if (argc < 3 || count >= MOST || argc - 2 > MOST) {
        fprintf(stderr, "bench-exec COUNT PROGRAM…\n");
        return 2;
    }
    for (int i = 2; !count && i < argc; i++)
        times[i - 2] = launch(argv[i]);
    if (!count)
        printf("%.2f", (double)percentile(times, (size_t)argc - 2, 50) / 1e3);
    for (int i = 2; count && i < argc; i++) {
        for (size_t j = 0; j < count; j++)
            times[j] = launch(argv[i]);
        printf("%.2f ", (double)percentile(times, count, 50) / 1e3);
    }
    printf("\n");
    return 0;
}
