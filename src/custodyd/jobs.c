/* SPDX-License-Identifier: Apache-2.0 */
#include "custodyd/jobs.h"

#include "base/limits.h"
#include "log/keep.h"
#include <poll.h>

enum { TURN_MS = 200, TELL_MS = 60 * 1000, TURN_MEMORY = 64 * 1024 * 1024 };

struct jobs {
    const struct jobs_ask *ask;
    moment_t told; /* of what failed, by the boot clock */
};

/* One log that is due. */
struct due {
    struct channel *channel;
    const Keys__Log *log;
};

static err_t due_take(void *with, uint64_t from, arena_t *arena, struct log_batch *out_batch)
{
    const struct due *due = with;
    Keys__LogRange in = KEYS__LOG_RANGE__INIT;
    Keys__LogEntries *out = NULL;
    in.id = due->log->id;
    in.size = (int64_t)from;
    TRY(keys_ask(due->channel, &(struct question){ASK_log_take, &in}, arena, &out));
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
    TRY(keys_ask(due->channel, &(struct question){ASK_log_sign, &in}, &arena, &out));
    buf_put(out_note, str(out->checkpoint));
    return buf_end(out_note);
}

/* Its folder is named as its origin is, behind the slash. */
static err_t due_keep(const struct jobs_ask *ask, const Keys__Log *log)
{
    struct log_folder folder;
    struct due due = {ask->channel, log};
    const char *name = strchr(log->origin, '/');
    struct log_keeping keeping = {.folder = &folder,
                                  .checkpoint = str(log->checkpoint),
                                  .take = due_take,
                                  .sign = due_sign,
                                  .with = &due};
    if (!name)
        return fail(ERR_BROKEN, "a log without a name");
    TRY(log_folder_at(ask->env, ask->folder, name + 1, &folder));
    TRY(note_key_read(str(log->key), &keeping.key));
    return log_keep(&keeping);
}

static void tell(struct jobs *jobs)
{
    moment_t now = jobs->ask->env->boot(jobs->ask->env);
    if (jobs->told && now - jobs->told < TELL_MS)
        return;
    jobs->told = now;
    fprintf(stderr, "jobs: %s\n", err_note());
}

static void turn(struct jobs *jobs)
{
    OWN(arena) arena = ARENA(TURN_MEMORY);
    const Keys__None in = KEYS__NONE__INIT;
    Keys__Logs *due = NULL;
    if (keys_ask(jobs->ask->channel, &(struct question){ASK_log_due, &in}, &arena, &due) != ERR_OK) {
        tell(jobs);
        return;
    }
    for (size_t i = 0; i < due->n_items; i++)
        if (due_keep(jobs->ask, due->items[i]) != ERR_OK)
            tell(jobs);
}

err_t jobs_serve(const struct jobs_ask *ask)
{
    struct jobs jobs = {.ask = ask};
    struct pollfd watched = {.fd = ask->stop, .events = POLLIN};
    do
        turn(&jobs);
    while (poll(&watched, 1, TURN_MS) <= 0);
    turn(&jobs); /* what the web process did last */
    return ERR_OK;
}
