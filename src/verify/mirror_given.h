/* SPDX-License-Identifier: Apache-2.0
 *
 * For tests: a log on a disk, and runs of the program over it.
 *
 *     OWN(run) run = {0};
 *     given_mirror(&log, "mirror");                      its files, in a folder of the test's own
 *     RUN(&run, "log", given_path("mirror"), "--key", key.at);
 *     CHECK(run.status == 0 && strstr(run.out, "good"));
 */
#pragma once
#include "test/test.h"
#include "tlog/log_given.h"
#include "verify/verify.h"

#include <ftw.h>
#include <sys/stat.h>

enum { GIVEN_PATHS = 16 };

/* Within the test's folder; each call has a text of its own, for so many calls. */
static inline const char *given_path(const char *name)
{
    static char paths[GIVEN_PATHS][512];
    static size_t at;
    char *path = paths[at++ % GIVEN_PATHS];
    snprintf(path, sizeof *paths, "%s/%s", test_folder(), name);
    return path;
}

static inline err_t given_file(const char *name, str_t bytes)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", test_folder(), name);
    for (char *at = path + strlen(test_folder()) + 1; (at = strchr(at, '/')); *at++ = '/') {
        *at = '\0';
        mkdir(path, 0700);
    }
    OWN(file) file = fopen(path, "wb");
    return file && fwrite(bytes.at, 1, bytes.len, file) == bytes.len
               ? ERR_OK
               : fail(ERR_BROKEN, "cannot write %s", path);
}

static inline err_t given_mirror(struct given_log *log, const char *folder)
{
    OWN(buf) note = BUF(MAX_NOTE);
    char name[256];
    TRY(given_checkpoint(log, &note));
    snprintf(name, sizeof name, "%s/checkpoint", folder);
    TRY(given_file(name, buf_str(&note)));
    for (size_t i = 0; i < log->shelf->count; i++) {
        snprintf(name, sizeof name, "%s/%s", folder, log->shelf->files[i].path.text);
        TRY(given_file(name, buf_str(&log->shelf->files[i].bytes)));
    }
    return ERR_OK;
}

struct run {
    int status;
    char *out, *err;
};
typedef struct run run_own;

static inline void run_drop(struct run *run)
{
    free(run->out);
    free(run->err);
    *run = (struct run){0};
}

static inline void run_with(struct run *run, int in, const char *const *arguments)
{
    size_t out_len = 0, err_len = 0;
    run_drop(run);
    struct verify verify = {.env = env_real(), .in = in};
    verify.out = open_memstream(&run->out, &out_len);
    verify.err = open_memstream(&run->err, &err_len);
    run->status = verify_run(&verify, (char **)(uintptr_t)arguments);
    fclose(verify.out);
    fclose(verify.err);
}
#define RUN(run, ...) run_with((run), -1, (const char *const[]){__VA_ARGS__, NULL})
