/* SPDX-License-Identifier: Apache-2.0 */
#include "custodyd/works.h"

#include "base/limits.h"
#include "custodyd/copies.h"
#include "custodyd/drills.h"
#include "custodyd/restores.h"
#include "custodyd/snapshots.h"
#include <poll.h>

enum { TURN_MS = 500, TELL_MS = 1000, WORK_MEMORY = 256 * 1024 * 1024, NOTE_MAX = 2000 };

static const struct {
    const char *kind;
    work_run_t run;
} kinds[] = {
    {"snapshot", work_snapshot}, {"verify", work_verify},       {"freeze", work_freeze},
    {"restore", work_restore},   {"restore.look", work_look},   {"drill", work_drill},
    {"copy", work_copy},         {"copy.look", work_copy_look}, {NULL, NULL}, /* the end */
};

static work_run_t run_find(const char *kind)
{
    for (size_t i = 0; kinds[i].kind; i++)
        if (!strcmp(kinds[i].kind, kind))
            return kinds[i].run;
    return NULL;
}

static bool is_stopping(const struct jobs *jobs)
{
    struct pollfd watched = {.fd = jobs->stop, .events = POLLIN};
    return poll(&watched, 1, 0) > 0;
}

bool work_stopped(const struct working *working)
{
    return atomic_load(&working->running->ending) || is_stopping(working->jobs);
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

/* What was stopped with the process is not told of: the next start begins it again. */
static void work_carry_out(const struct worker *worker, arena_t *arena, const Keys__Work *work)
{
    struct jobs *jobs = worker->jobs;
    struct working working = {
        .jobs = jobs, .running = worker->running, .arena = arena, .work = work, .note = BUF(NOTE_MAX)};
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
    if (result != ERR_OK) {
        buf_clear(&working.note);
        buf_put(&working.note, str(err_note()));
    }
    if ((result == ERR_OK || !is_stopping(jobs)) &&
        work_tell(&working, result == ERR_OK ? "done" : "failed") != ERR_OK)
        jobs_tell(jobs, &told);
    buf_drop(&working.note);
}

bool works_end_of(struct jobs *jobs, ident_t tenant)
{
    bool quiet = true;
    pthread_mutex_lock(&jobs->works.lock);
    for (size_t i = 0; i < WORKERS; i++) {
        struct work_running *running = &jobs->works.at[i];
        if (!running->running || !ident_eq(running->tenant, tenant))
            continue;
        atomic_store(&running->ending, true);
        quiet = false;
    }
    pthread_mutex_unlock(&jobs->works.lock);
    return quiet;
}

static err_t due_ask(const struct worker *worker, arena_t *arena, Keys__Works **out_works)
{
    const Keys__WorkDue in = KEYS__WORK_DUE__INIT;
    TRY(jobs_ask_keys(worker->jobs, &(struct question){ASK_work_due, &in}, arena, out_works));
    if (!(*out_works)->n_items)
        return ERR_OK;
    const ProtobufCBinaryData tenant = (*out_works)->items[0]->tenant;
    TRY(ident_from(str_bytes(tenant.data, tenant.len), &worker->running->tenant));
    worker->running->running = true;
    atomic_store(&worker->running->ending, false);
    return ERR_OK;
}

/* Asked for and written down as one: nobody finds nothing running while one is on its way here. */
static err_t work_take(const struct worker *worker, arena_t *arena, bool *out_any)
{
    struct works_running *all = &worker->jobs->works;
    Keys__Works *works = NULL;
    *out_any = false;
    pthread_mutex_lock(&all->lock);
    err_t asked = due_ask(worker, arena, &works);
    pthread_mutex_unlock(&all->lock);
    TRY(asked);
    *out_any = works->n_items;
    if (!*out_any)
        return ERR_OK;
    work_carry_out(worker, arena, works->items[0]);
    pthread_mutex_lock(&all->lock);
    worker->running->running = false;
    pthread_mutex_unlock(&all->lock);
    return ERR_OK;
}

static void *worker_run(void *with)
{
    const struct worker *worker = with;
    struct jobs *jobs = worker->jobs;
    struct pollfd watched = {.fd = jobs->stop, .events = POLLIN};
    moment_t told = 0;
    bool any = false;
    while (poll(&watched, 1, any ? 0 : TURN_MS) <= 0) {
        OWN(arena) arena = ARENA(WORK_MEMORY);
        if (work_take(worker, &arena, &any) != ERR_OK)
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
    struct jobs *jobs = workers->jobs;
    TRY(works_wait(jobs));
    drills_clear(jobs);
    pthread_mutex_init(&jobs->works.lock, NULL);
    pthread_mutex_init(&jobs->works.own, NULL);
    for (; workers->count < WORKERS; workers->count++) {
        struct worker *worker = &workers->at[workers->count];
        *worker = (struct worker){.jobs = jobs, .running = &jobs->works.at[workers->count]};
        if (pthread_create(&worker->thread, NULL, worker_run, worker) != 0)
            break;
    }
    return workers->count ? ERR_OK : fail(ERR_BUSY, "no thread for what takes long");
}

void workers_end(struct workers *workers)
{
    for (size_t i = 0; i < workers->count; i++)
        pthread_join(workers->at[i].thread, NULL);
    workers->count = 0;
}
