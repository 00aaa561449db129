/* SPDX-License-Identifier: Apache-2.0 */
#include "custodyd/marking.h"

#include "base/limits.h"
#include "log/folder.h"
#include "tlog/checkpoint.h"
#include "tlog/edge.h"

enum {
    SEEN_AT_ONCE = 1024,
    LOOK_MEMORY = 64 * 1024,
    TELL_MEMORY = 4 * 1024 * 1024,
    PEAKS = TREE_HEIGHTS * DIGEST_SIZE
};

/* Of either process; the other's way is NULL. */
struct asker {
    struct channel *web;
    struct jobs *jobs;
    arena_t *arena;
};

static err_t marks_ask(const struct asker *asker, const Keys__Marks *in, Keys__MarksState **out_state)
{
    const struct question web = {ASK_marks_seen, in}, jobs = {ASK_marks_told, in};
    return asker->web ? keys_ask(asker->web, &web, asker->arena, out_state)
                      : jobs_ask_keys(asker->jobs, &jobs, asker->arena, out_state);
}

/* A store's counter, as a file that was opened has it. */
static err_t opened_ask(const struct asker *asker, Keys__Mark *mark, Keys__MarksState **out_state)
{
    Keys__Marks in = KEYS__MARKS__INIT;
    mark->opened = true;
    in.items = &mark;
    in.n_items = 1;
    return marks_ask(asker, &in, out_state);
}

/* The first time the mark is named, the second time it is no. */
static err_t look(const struct asker *asker, Keys__Mark *mark, int64_t *io_mark)
{
    Keys__MarksState *state = NULL;
    mark->against = *io_mark;
    TRY(opened_ask(asker, mark, &state));
    *io_mark = state->n_behind ? state->behind[0]->seq : 0;
    if (!state->n_behind || !mark->against)
        return ERR_OK;
    ident_t tenant;
    TRY(ident_from(str_bytes(mark->tenant.data, mark->tenant.len), &tenant));
    return fail(ERR_BUSY,
                "the store of %s is behind its high-water mark, at %lld of %lld: put its file back, restore a"
                " snapshot, or have two of staff accept it as it is: docs/restores.md",
                ident_text("ten", tenant).text, (long long)mark->seq, (long long)*io_mark);
}

static Keys__Mark mark_of(const ident_t *tenant, int64_t seq)
{
    Keys__Mark mark = KEYS__MARK__INIT;
    mark.tenant = (ProtobufCBinaryData){sizeof *tenant, (uint8_t *)(uintptr_t)tenant->bytes};
    mark.seq = seq;
    return mark;
}

static err_t web_look(void *with, ident_t tenant, int64_t seq, int64_t *io_mark)
{
    OWN(arena) arena = ARENA(LOOK_MEMORY);
    Keys__Mark mark = mark_of(&tenant, seq);
    return look(&(struct asker){.web = with, .arena = &arena}, &mark, io_mark);
}

static err_t jobs_look(void *with, ident_t tenant, int64_t seq, int64_t *io_mark)
{
    OWN(arena) arena = ARENA(LOOK_MEMORY);
    Keys__Mark mark = mark_of(&tenant, seq);
    return look(&(struct asker){.jobs = with, .arena = &arena}, &mark, io_mark);
}

void marking_web(struct channel *channel, struct store *store) { store_watch(store, web_look, channel); }
void marking_jobs(struct jobs *jobs, struct store *store) { store_watch(store, jobs_look, jobs); }

/* What was committed since */

static err_t seen_message(struct store *store, arena_t *arena, Keys__Marks *out)
{
    struct store_seen *seen = arena_array(arena, struct store_seen, SEEN_AT_ONCE);
    out->items = arena_array(arena, Keys__Mark *, SEEN_AT_ONCE);
    TRY(arena_end(arena));
    store_seen(store, seen, SEEN_AT_ONCE, &out->n_items);
    for (size_t i = 0; i < out->n_items; i++) {
        Keys__Mark *mark = out->items[i] = arena_new(arena, Keys__Mark);
        TRY(arena_end(arena));
        *mark = mark_of(&seen[i].tenant, seen[i].seq);
    }
    return ERR_OK;
}

err_t marks_tell(struct desk *desk)
{
    OWN(arena) arena = ARENA(TELL_MEMORY);
    Keys__Marks in = KEYS__MARKS__INIT;
    Keys__MarksState *state = NULL;
    TRY(seen_message(desk->store, &arena, &in));
    return in.n_items ? marks_ask(&(struct asker){.web = desk->channel, .arena = &arena}, &in, &state)
                      : ERR_OK;
}

/* Through a handle of its own, which looks at nothing. A crash between the two leaves it raised: it is told of again. */
static err_t raise_one(struct jobs *jobs, const Keys__Mark *mark)
{
    OWN(store) store = NULL;
    OWN(arena) arena = ARENA(LOOK_MEMORY);
    Keys__Mark raised = *mark;
    Keys__MarksState *state = NULL;
    ident_t tenant;
    TRY(ident_from(str_bytes(mark->tenant.data, mark->tenant.len), &tenant));
    TRY(store_open(jobs->env, jobs->store_folder, &store));
    TRY(store_raise(store, tenant, mark->seq));
    return opened_ask(&(struct asker){.jobs = jobs, .arena = &arena}, &raised, &state);
}

/* Logs of a keyring that was accepted */

/* The tree that the files lead to, at the size of their checkpoint. */
static err_t files_peaks(const struct log_folder *folder, const Keys__Log *log, str_t note, buf_t *out_peaks)
{
    struct note_key key;
    struct checkpoint checkpoint;
    OWN(edge) edge = NULL;
    struct tile_source source = log_folder_source(folder);
    TRY(note_key_read(str(log->key), &key));
    TRY(checkpoint_open(note, &key, &checkpoint));
    TRY(edge_open(&source, checkpoint.size, &edge));
    const struct tree *tree = edge_tree(edge);
    for (unsigned height = 0; height < TREE_HEIGHTS; height++)
        if (tree->size >> height & 1)
            buf_put(out_peaks, hash_bytes(&tree->peaks[height]));
    return buf_end(out_peaks);
}

static err_t log_follow(struct jobs *jobs, const Keys__Log *log, arena_t *arena)
{
    struct log_folder folder;
    const char *name = strchr(log->origin, '/');
    OWN(buf) note = BUF(MAX_NOTE);
    OWN(buf) peaks = BUF(PEAKS);
    Keys__LogFollow in = KEYS__LOG_FOLLOW__INIT;
    Keys__None *none = NULL;
    TRY(log_folder_at(jobs->env, jobs->logs, name ? name + 1 : "", &folder));
    err_t there = log_folder_checkpoint(&folder, &note);
    if (there == ERR_MISSING)
        return ERR_OK;
    TRY(there);
    TRY(files_peaks(&folder, log, buf_str(&note), &peaks));
    in.id = log->id;
    in.checkpoint = note.at;
    in.peaks = (ProtobufCBinaryData){peaks.len, (uint8_t *)(uintptr_t)peaks.at};
    return jobs_ask_keys(jobs, &(struct question){ASK_log_follow, &in}, arena, &none);
}

/* All of them, from the start where anything fails: what was followed is there already. */
static err_t logs_follow(struct jobs *jobs, arena_t *arena)
{
    const Keys__LogFollow all = KEYS__LOG_FOLLOW__INIT;
    Keys__None *none = NULL;
    Keys__LogRange range = KEYS__LOG_RANGE__INIT;
    for (;;) {
        Keys__Logs *logs = NULL;
        TRY(jobs_ask_keys(jobs, &(struct question){ASK_log_list, &range}, arena, &logs));
        if (!logs->n_items)
            break;
        for (size_t i = 0; i < logs->n_items; i++)
            TRY(log_follow(jobs, logs->items[i], arena));
        range.id = logs->items[logs->n_items - 1]->id;
    }
    return jobs_ask_keys(jobs, &(struct question){ASK_log_follow, &all}, arena, &none);
}

err_t marks_errand(struct jobs *jobs, arena_t *arena)
{
    Keys__Marks in = KEYS__MARKS__INIT;
    Keys__MarksState *state = NULL;
    TRY(seen_message(jobs->store, arena, &in));
    TRY(marks_ask(&(struct asker){.jobs = jobs, .arena = arena}, &in, &state));
    if (state->follow)
        return logs_follow(jobs, arena);
    for (size_t i = 0; i < state->n_raise; i++)
        TRY(raise_one(jobs, state->raise[i]));
    return ERR_OK;
}
