/* SPDX-License-Identifier: Apache-2.0 */
#include "custodyd/jobs.h"

#include "base/limits.h"
#include "custodyd/forgetting.h"
#include "custodyd/marking.h"
#include "custodyd/snapshots.h"
#include "custodyd/works.h"
#include "log/keep.h"
#include <poll.h>

enum {
    TURN_MS = 200,
    LICENCES_MS = 10 * 1000,
    SSO_MS = 5000,
    SSO_AT_ONCE = 4,
    TURN_MEMORY = 64 * 1024 * 1024
};

/* One log that is due. */
struct due {
    struct jobs *jobs;
    const Keys__Log *log;
};

static err_t due_take(void *with, uint64_t from, arena_t *arena, struct log_batch *out_batch)
{
    const struct due *due = with;
    Keys__LogRange in = KEYS__LOG_RANGE__INIT;
    Keys__LogEntries *out = NULL;
    in.id = due->log->id;
    in.size = (int64_t)from;
    TRY(jobs_ask_keys(due->jobs, &(struct question){ASK_log_take, &in}, arena, &out));
    str_t *entries = arena_array(arena, str_t, out->n_entries);
    TRY(arena_end(arena));
    for (size_t i = 0; i < out->n_entries; i++)
        entries[i] = str_bytes(out->entries[i].data, out->entries[i].len);
    *out_batch = (struct log_batch){entries, out->n_entries};
    return ERR_OK;
}

static err_t due_sign(void *with, uint64_t size, buf_t *out_note)
{
    const struct due *due = with;
    OWN(arena) arena = ARENA(MAX_ASK * 2);
    Keys__LogRange in = KEYS__LOG_RANGE__INIT;
    Keys__Log *out = NULL;
    in.id = due->log->id;
    in.size = (int64_t)size;
    TRY(jobs_ask_keys(due->jobs, &(struct question){ASK_log_sign, &in}, &arena, &out));
    buf_put(out_note, str(out->checkpoint));
    return buf_end(out_note);
}

/* Its folder is named as its origin is, behind the slash. */
static err_t due_keep(struct jobs *jobs, const Keys__Log *log, bool *out_left)
{
    struct log_folder folder;
    struct due due = {jobs, log};
    const char *name = strchr(log->origin, '/');
    struct log_keeping keeping = {.folder = &folder,
                                  .checkpoint = str(log->checkpoint),
                                  .take = due_take,
                                  .sign = due_sign,
                                  .with = &due};
    if (!name)
        return fail(ERR_BROKEN, "a log without a name");
    TRY(log_folder_at(jobs->env, jobs->logs, name + 1, &folder));
    TRY(note_key_read(str(log->key), &keeping.key));
    return log_keep(&keeping, out_left);
}

/* Gives whether a log has more already. */
static bool turn(struct jobs *jobs, moment_t *told)
{
    bool more = false;
    OWN(arena) arena = ARENA(TURN_MEMORY);
    const Keys__None in = KEYS__NONE__INIT;
    Keys__Logs *due = NULL;
    if (jobs_ask_keys(jobs, &(struct question){ASK_log_due, &in}, &arena, &due) != ERR_OK) {
        jobs_tell(jobs, told);
        return false;
    }
    for (size_t i = 0; i < due->n_items; i++) {
        bool left = false;
        if (due_keep(jobs, due->items[i], &left) != ERR_OK)
            jobs_tell(jobs, told);
        more |= left;
    }
    return more;
}

err_t jobs_serve(struct jobs *jobs)
{
    struct pollfd watched = {.fd = jobs->stop, .events = POLLIN};
    struct errand notices = {.jobs = jobs, .run = notices_send};
    struct errand witnesses = {.jobs = jobs, .run = witnesses_visit};
    struct errand webhooks = {.jobs = jobs, .run = webhooks_post};
    struct errand erasures = {.jobs = jobs, .run = erasures_go_on};
    struct errand licences = {.jobs = jobs, .run = licences_turn, .every_ms = LICENCES_MS};
    struct errand storage = {.jobs = jobs, .run = storage_turns};
    struct errand marks = {.jobs = jobs, .run = marks_errand};
    struct errand forgetting = {.jobs = jobs, .run = forgotten_clear, .every_ms = FORGOTTEN_MS};
    struct errand mirror = {.jobs = jobs, .run = logs_mirror, .every_ms = MIRROR_MS};
    struct errand asking[SSO_AT_ONCE];
    struct workers workers = {.jobs = jobs};
    OWN(store) store = NULL;
    moment_t told = 0;
    TRY(store_open(jobs->env, jobs->store_folder, &store));
    jobs->store = store;
    marking_jobs(jobs, store);
    TRY(errand_begin(&marks));
    TRY(workers_begin(&workers));
    TRY(errand_begin(&erasures));
    TRY(errand_begin(&licences));
    TRY(errand_begin(&storage));
    TRY(errand_begin(&forgetting));
    TRY(errand_begin(&mirror));
    if (jobs->relay)
        TRY(errand_begin(&notices));
    if (jobs->witnesses.ports[0])
        TRY(errand_begin(&witnesses));
    if (jobs->webhooks.ports[0])
        TRY(errand_begin(&webhooks));
    for (size_t i = 0; i < SSO_AT_ONCE; i++) {
        asking[i] = (struct errand){.jobs = jobs, .run = sso_errands, .every_ms = SSO_MS, .wakes = true};
        if (jobs->providers.ports[0])
            TRY(errand_begin(&asking[i]));
    }
    bool more;
    do
        more = turn(jobs, &told);
    while (poll(&watched, 1, more ? 0 : TURN_MS) <= 0);
    turn(jobs, &told); /* what the web process did last */
    errand_end(&marks);
    errand_end(&erasures);
    errand_end(&licences);
    errand_end(&storage);
    errand_end(&notices);
    errand_end(&witnesses);
    errand_end(&webhooks);
    for (size_t i = 0; i < SSO_AT_ONCE; i++)
        errand_end(&asking[i]);
    errand_end(&forgetting);
    errand_end(&mirror);
    workers_end(&workers);
    return ERR_OK;
}
