/* SPDX-License-Identifier: Apache-2.0
 *
 * For the tests of this folder: a run of the command line, with what it printed.
 *
 *     OWN(run) run = {0};
 *     RUN(&run, "device", "list", "--json");
 *     CHECK(run.status == 0 && strstr(run.out, "items"));
 */
#pragma once
#include "cli/cli.h"
#include "cli/text.h"
#include "sys/env_virtual.h"
#include "test/test.h"

/* A run of the command line in a world of its own; what it printed stays until the next one. */
struct run {
    struct world world;
    struct cli cli;
    char *out, *err;
    size_t out_len, err_len;
    int status;
};
typedef struct run run_own;

static inline void files_drop(struct run *run)
{
    if (run->cli.out)
        fclose(run->cli.out), fclose(run->cli.err);
    if (run->cli.in > 0)
        close(run->cli.in);
    free(run->out), free(run->err);
    run->cli = (struct cli){0};
    run->out = run->err = NULL;
}

static inline void run_drop(struct run *run)
{
    files_drop(run);
    world_drop(&run->world);
}

static inline int input_of(const char *text)
{
    int ends[2];
    if (pipe(ends) != 0 || write(ends[1], text, strlen(text)) != (ssize_t)strlen(text))
        abort();
    close(ends[1]);
    return ends[0];
}

static inline void given_cli(struct run *run, const char *input)
{
    if (!run->world.env.now)
        world_open(&run->world, 1);
    files_drop(run);
    run->cli = (struct cli){.env = &run->world.env, .in = input_of(input)};
    run->cli.out = open_memstream(&run->out, &run->out_len);
    run->cli.err = open_memstream(&run->err, &run->err_len);
    text_start();
}

static inline void printed(struct run *run) { fflush(run->cli.out), fflush(run->cli.err); }

static inline void run_words(struct run *run, const char *input, char **words)
{
    given_cli(run, input);
    run->status = cli_run(&run->cli, words);
    printed(run);
}
#define RUN(run, ...) run_words((run), "", (char *[]){__VA_ARGS__, NULL})

static inline void given_no_sign_in(void)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/custody/login.json", test_folder());
    setenv("CUSTODY_CONFIG", path, 1);
    unsetenv("CUSTODY_TOKEN");
    unsetenv("CUSTODY_URL");
    unsetenv("CUSTODY_AUTHORITY");
}

static inline bool refused(struct run *run, const char *said)
{
    return run->status == 2 && !run->out_len && !strncmp(run->err, "custody: ", 9) && strstr(run->err, said);
}
