/* SPDX-License-Identifier: Apache-2.0 */
#include "keyring/commit.h"

static err_t fold_when_destroyed(struct keyring *keyring)
{
    if (keyring->destroyed)
        TRY(db_fold(keyring->db));
    keyring->destroyed = false;
    return ERR_OK;
}

static void settle(struct pending *pending, err_t result)
{
    pending->result = result;
    if (result != ERR_OK)
        snprintf(pending->note, sizeof pending->note, "%s", err_note());
}

static err_t count_begin(struct keyring *keyring, ident_t log)
{
    struct count *count = &keyring->count;
    if (count->counting && ident_eq(count->log, log))
        return ERR_OK;
    TRY(keyring_counted(keyring));
    TRY(db_number(keyring->db, &count->entries, "select entries from logs where id = $1", ID(log)));
    count->log = log;
    count->counting = true;
    return ERR_OK;
}

err_t keyring_count(struct keyring *keyring, ident_t log, int64_t *out_seq)
{
    TRY(count_begin(keyring, log));
    *out_seq = keyring->count.entries++;
    return ERR_OK;
}

err_t keyring_counted(struct keyring *keyring)
{
    const struct count *count = &keyring->count;
    if (!count->counting)
        return ERR_OK;
    keyring->count.counting = false;
    TRY(db_do(keyring->db, "update logs set entries = $2 where id = $1", ID(count->log), N(count->entries)));
    return db_do(keyring->db, "update logs set behind = 1 where id = $1 and behind = 0", ID(count->log));
}

/* An act that fails takes back its own writes only; what fails here takes back those of all. */
static err_t act_behind_savepoint(struct keyring *keyring, struct pending *pending)
{
    struct count count = keyring->count;
    size_t lines = keyring->lines.count;
    TRY(db_do(keyring->db, "savepoint act"));
    settle(pending, pending->act(keyring, pending->with));
    if (pending->result != ERR_OK) {
        keyring->count = count;
        keyring->lines.count = lines;
    }
    if (pending->result != ERR_OK && db_do(keyring->db, "rollback to act") != ERR_OK)
        return fail(ERR_BUSY, "%s", pending->note); /* a full disk has taken back the acts of all */
    return db_do(keyring->db, "release act");
}

/* Without savepoints, which make SQLite keep a copy of every page an act touches: one act that fails fails all. */
static err_t act_plain(struct keyring *keyring, struct pending *pending)
{
    settle(pending, pending->act(keyring, pending->with));
    return pending->result;
}

static err_t commit_end(struct keyring *keyring)
{
    TRY(keyring_counted(keyring));
    TRY(destructions_settle(keyring));
    TRY(db_do(keyring->db, "commit"));
    destructions_committed(keyring);
    atomic_fetch_add(&keyring->commits, 1);
    return ERR_OK;
}

/* What stands in memory for a commit that did not come about. */
static void commit_forget(struct keyring *keyring)
{
    keyring->count.counting = false;
    keyring->lines.count = 0;
}

typedef err_t (*run_t)(struct keyring *keyring, struct pending *pending);

static err_t acts_commit(struct keyring *keyring, struct pending *batch, run_t run)
{
    TRY(db_do(keyring->db, "begin immediate"));
    for (struct pending *p = batch; p; p = p->next)
        TRY(run(keyring, p));
    return commit_end(keyring);
}

static err_t batch_try(struct keyring *keyring, struct pending *batch, run_t run)
{
    char note[sizeof batch->note];
    err_t result = acts_commit(keyring, batch, run);
    if (result == ERR_OK)
        return ERR_OK;
    snprintf(note, sizeof note, "%s", err_note());
    commit_forget(keyring);
    /* Where nothing is open any more this says so: nobody is misled by it. */
    (void)!db_script(keyring->db, "rollback");
    return fail(result, "%s", note);
}

void commit_make(struct keyring *keyring, struct pending *batch)
{
    err_t result = batch_try(keyring, batch, act_plain);
    if (result != ERR_OK && batch->next)
        result = batch_try(keyring, batch, act_behind_savepoint);
    if (result == ERR_OK)
        result = fold_when_destroyed(keyring);
    for (struct pending *p = result == ERR_OK ? NULL : batch; p; p = p->next)
        settle(p, result);
}

/* Who is first of the queue commits next: its thread, or the committer where nobody waits for it. */
static void leader_wake(struct keyring *keyring, struct pending *leader)
{
    if (leader->settled) {
        keyring->committer.due = true;
        pthread_cond_signal(&keyring->committer.wanted);
        return;
    }
    leader->leads = true;
    sem_post(&leader->woken);
}

static void batch_tell(struct pending *batch, const struct pending *mine)
{
    for (struct pending *p = batch, *next; p; p = next) {
        next = p->next; /* whoever is woken takes its place in the batch along */
        if (p->settled) {
            p->settled(p->with, p->result, p->note);
            free(p);
        } else if (p != mine)
            sem_post(&p->woken);
    }
}

/* Commits for all who stand in the queue, then wakes who is to commit next, and tells those who are done. Begins with the
 * queue's lock held, ends without it. */
static void commit_turn(struct keyring *keyring, const struct pending *mine)
{
    struct pending *batch = keyring->first;
    keyring->first = NULL;
    keyring->last = &keyring->first;
    pthread_mutex_unlock(&keyring->queue_lock);
    pthread_mutex_lock(&keyring->lock);
    commit_make(keyring, batch);
    pthread_mutex_unlock(&keyring->lock);
    pthread_mutex_lock(&keyring->queue_lock);
    keyring->committing = keyring->first != NULL;
    if (keyring->committing)
        leader_wake(keyring, keyring->first);
    pthread_mutex_unlock(&keyring->queue_lock);
    batch_tell(batch, mine);
}

/* Into the queue, whose lock is held. Gives whether nobody commits yet. */
static bool queue_add(struct keyring *keyring, struct pending *pending)
{
    bool idle = !keyring->committing;
    *keyring->last = pending;
    keyring->last = &pending->next;
    keyring->committing = true;
    return idle;
}

static void pending_wait(struct pending *pending)
{
    while (sem_wait(&pending->woken) != 0) /* a signal */
        ;
}

/* Each waits for itself, so that being woken is all it takes: many that wait together would queue up for one lock again. */
err_t keyring_write(struct keyring *keyring, keyring_act_t act, void *with)
{
    struct pending mine = {.act = act, .with = with};
    sem_init(&mine.woken, 0, 0);
    pthread_mutex_lock(&keyring->queue_lock);
    mine.leads = queue_add(keyring, &mine);
    if (!mine.leads) {
        pthread_mutex_unlock(&keyring->queue_lock);
        pending_wait(&mine);
        if (mine.leads)
            pthread_mutex_lock(&keyring->queue_lock);
    }
    if (mine.leads)
        commit_turn(keyring, &mine);
    sem_destroy(&mine.woken);
    return mine.result == ERR_OK ? ERR_OK : fail(mine.result, "%s", mine.note);
}

static void *committer_run(void *with)
{
    struct keyring *keyring = with;
    struct committer *committer = &keyring->committer;
    pthread_mutex_lock(&keyring->queue_lock);
    for (;;) {
        while (!committer->due && !committer->stopping)
            pthread_cond_wait(&committer->wanted, &keyring->queue_lock);
        if (!committer->due)
            break;
        committer->due = false;
        commit_turn(keyring, NULL);
        pthread_mutex_lock(&keyring->queue_lock);
    }
    pthread_mutex_unlock(&keyring->queue_lock);
    return NULL;
}

/* With the first act that nobody waits for: a keyring that has none has no thread. The queue's lock is held. */
static err_t committer_start(struct keyring *keyring)
{
    struct committer *committer = &keyring->committer;
    if (!committer->started)
        committer->started = !pthread_create(&committer->thread, NULL, committer_run, keyring);
    return committer->started ? ERR_OK : fail(ERR_BUSY, "no thread for the keyring");
}

void committer_stop(struct keyring *keyring)
{
    pthread_mutex_lock(&keyring->queue_lock);
    keyring->committer.stopping = true;
    pthread_cond_signal(&keyring->committer.wanted);
    pthread_mutex_unlock(&keyring->queue_lock);
    if (keyring->committer.started)
        pthread_join(keyring->committer.thread, NULL);
}

err_t keyring_write_later(struct keyring *keyring, const struct keyring_later *later)
{
    struct pending *pending = calloc(1, sizeof *pending);
    if (!pending)
        return fail(ERR_BUSY, "no memory for an act");
    *pending = (struct pending){.act = later->act, .with = later->with, .settled = later->settled};
    pthread_mutex_lock(&keyring->queue_lock);
    err_t started = committer_start(keyring);
    if (started == ERR_OK && queue_add(keyring, pending))
        leader_wake(keyring, pending);
    pthread_mutex_unlock(&keyring->queue_lock);
    if (started != ERR_OK)
        free(pending);
    return started;
}

static err_t act_locked(struct keyring *keyring, keyring_act_t act, void *with)
{
    TRY(db_do(keyring->db, "begin"));
    err_t result = act(keyring, with);
    if (result == ERR_OK)
        result = commit_end(keyring);
    if (result == ERR_OK)
        return fold_when_destroyed(keyring);
    char note[256];
    snprintf(note, sizeof note, "%s", err_note());
    commit_forget(keyring);
    if (db_script(keyring->db, "rollback") != ERR_OK)
        return result; /* the failed commit has rolled back already */
    return fail(result, "%s", note);
}

/* A session that moves to a new epoch, and a token's last use, are written here too, or not at all. */
err_t keyring_read(struct keyring *keyring, keyring_act_t act, void *with)
{
    pthread_mutex_lock(&keyring->lock);
    err_t result = act_locked(keyring, act, with);
    pthread_mutex_unlock(&keyring->lock);
    return result;
}

static err_t look_locked(struct keyring *keyring, keyring_look_t look, void *with)
{
    TRY(db_do(keyring->reader, "begin"));
    err_t result = look(keyring->reader, with);
    err_t ended = db_script(keyring->reader, "commit");
    return result == ERR_OK ? ended : result;
}

err_t keyring_look(struct keyring *keyring, keyring_look_t look, void *with)
{
    pthread_mutex_lock(&keyring->reader_lock);
    err_t result = look_locked(keyring, look, with);
    pthread_mutex_unlock(&keyring->reader_lock);
    return result;
}
