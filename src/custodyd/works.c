/* SPDX-License-Identifier: Apache-2.0 */
#include "custodyd/works.h"

#include "base/limits.h"
#include "custodyd/restores.h"
#include "custodyd/snapshots.h"
#include <poll.h>

enum { TURN_MS = 500, TELL_MS = 1000, WORK_MEMORY = 256 * 1024 * 1024, NOTE_MAX = 2000 };

static const struct {
    const char *kind;
    work_run_t run;
} kinds[] = {
    {"snapshot", work_snapshot},
    {"verify", work_verify},
    {"freeze", work_freeze},
    {"restore", work_restore},
    {"restore.look", work_look},
    {"drill", work_drill},
    {NULL, NULL}, /* the end */
};

static work_run_t run_find(const char *kind)
{
    for (size_t i = 0; kinds[i].kind; i++)
        if (!strcmp(kinds[i].kind, kind))
            return kinds[i].run;
    return NULL;
}

bool work_stopped(const struct working *working)
{
    struct pollfd watched = {.fd = working->jobs->stop, .events = POLLIN};
    return poll(&watched, 1, 0) > 0;
}

static err_t work_tell(struct working *working, const char *state)
{
    OWN(arena) arena = ARENA(MAX_ASK);
    Keys__Work in = KEYS__WORK__INIT;
    Keys__None *none = NULL;
    in.id = working->work->id;
    in.state = (char *)(uintptr_t)state;
    in.done = working->done;
    in.total = working->total;
    in.note = working->note.at ? working->note.at : in.note;
    return jobs_ask_keys(working->jobs, &(struct question){ASK_work_told, &in}, &arena, &none);
}

void work_progress(void *with, int64_t done, int64_t total)
{
    struct working *working = with;
    moment_t now = working->jobs->env->boot(working->jobs->env);
    working->done = done;
    working->total = total;
    if (working->told && now - working->told < TELL_MS)
        return;
    working->told = now;
    (void)!work_tell(working, "running"); /* who looks sees it a second later */
}

/* What was stopped is not told of: the next start begins it again. */
static void work_carry_out(struct jobs *jobs, arena_t *arena, const Keys__Work *work)
{
    struct working working = {.jobs = jobs, .arena = arena, .work = work, .note = BUF(NOTE_MAX)};
    work_run_t run = run_find(work->kind);
    moment_t told = 0;
    err_t result = run ? ident_from(str_bytes(work->id.data, work->id.len), &working.id)
                       : fail(ERR_INVALID, "this release does not know how to do a %s", work->kind);
    if (result == ERR_OK)
        result = ident_from(str_bytes(work->tenant.data, work->tenant.len), &working.tenant);
    if (result == ERR_OK)
        result = ident_from(str_bytes(work->target.data, work->target.len), &working.target);
    if (run && result == ERR_OK)
        result = run(&working);
    if (result != ERR_OK && !work_stopped(&working)) {
        buf_clear(&working.note);
        buf_put(&working.note, str(err_note()));
    }
    if ((result == ERR_OK || !work_stopped(&working)) &&
        work_tell(&working, result == ERR_OK ? "done" : "failed") != ERR_OK)
        jobs_tell(jobs, &told);
    buf_drop(&working.note);
}

static err_t work_take(struct jobs *jobs, arena_t *arena, bool *out_any)
{
    const Keys__WorkDue in = KEYS__WORK_DUE__INIT;
    Keys__Works *works = NULL;
    *out_any = false;
    TRY(jobs_ask_keys(jobs, &(struct question){ASK_work_due, &in}, arena, &works));
    *out_any = works->n_items;
    if (*out_any)
        work_carry_out(jobs, arena, works->items[0]);
    return ERR_OK;
}

static void *worker_run(void *with)
{
    struct jobs *jobs = with;
    struct pollfd watched = {.fd = jobs->stop, .events = POLLIN};
    moment_t told = 0;
    bool any = false;
    while (poll(&watched, 1, any ? 0 : TURN_MS) <= 0) {
        OWN(arena) arena = ARENA(WORK_MEMORY);
        if (work_take(jobs, &arena, &any) != ERR_OK)
            jobs_tell(jobs, &told);
    }
    return NULL;
}

/* Before a worker is there: nothing that the last process had begun is still being done. */
static err_t works_again(struct jobs *jobs)
{
    OWN(arena) arena = ARENA(MAX_ASK);
    Keys__WorkDue in = KEYS__WORK_DUE__INIT;
    Keys__Works *none = NULL;
    in.begins = true;
    return jobs_ask_keys(jobs, &(struct question){ASK_work_due, &in}, &arena, &none);
}

/* A keyring that is behind its high-water marks answers once it has come through. */
static err_t works_wait(struct jobs *jobs)
{
    struct pollfd watched = {.fd = jobs->stop, .events = POLLIN};
    moment_t told = 0;
    err_t again = works_again(jobs);
    while (again == ERR_BUSY && poll(&watched, 1, TURN_MS) <= 0) {
        jobs_tell(jobs, &told);
        again = works_again(jobs);
    }
    return again;
}

err_t workers_begin(struct workers *workers)
{
    TRY(works_wait(workers->jobs));
    while (workers->count < WORKERS &&
           pthread_create(&workers->threads[workers->count], NULL, worker_run, workers->jobs) == 0)
        workers->count++;
    return workers->count ? ERR_OK : fail(ERR_BUSY, "no thread for what takes long");
}

void workers_end(struct workers *workers)
{
    for (size_t i = 0; i < workers->count; i++)
        pthread_join(workers->threads[i], NULL);
    workers->count = 0;
}
