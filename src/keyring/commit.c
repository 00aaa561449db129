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
    return db_do(keyring->db, "update logs set entries = $2 where id = $1", ID(count->log),
                 N(count->entries));
}

/* An act that fails takes back its own writes only; what fails here takes back those of all. */
static err_t act_behind_savepoint(struct keyring *keyring, struct pending *pending)
{
    struct count count = keyring->count;
    TRY(db_do(keyring->db, "savepoint act"));
    settle(pending, pending->act(keyring, pending->with));
    if (pending->result != ERR_OK)
        keyring->count = count;
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

typedef err_t (*run_t)(struct keyring *keyring, struct pending *pending);

static err_t acts_commit(struct keyring *keyring, struct pending *batch, run_t run)
{
    TRY(db_do(keyring->db, "begin immediate"));
    for (struct pending *p = batch; p; p = p->next)
        TRY(run(keyring, p));
    TRY(keyring_counted(keyring));
    return db_do(keyring->db, "commit");
}

static err_t batch_try(struct keyring *keyring, struct pending *batch, run_t run)
{
    char note[sizeof batch->note];
    err_t result = acts_commit(keyring, batch, run);
    if (result == ERR_OK)
        return ERR_OK;
    snprintf(note, sizeof note, "%s", err_note());
    keyring->count.counting = false;
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

/* Commits for all who wait, then wakes who is to commit next, and those who are done. */
static void commit_turn(struct keyring *keyring, struct pending *mine)
{
    struct pending *batch = keyring->first;
    keyring->first = NULL;
    keyring->last = &keyring->first;
    pthread_mutex_unlock(&keyring->queue_lock);
    pthread_mutex_lock(&keyring->lock);
    commit_make(keyring, batch);
    pthread_mutex_unlock(&keyring->lock);
    pthread_mutex_lock(&keyring->queue_lock);
    struct pending *leader = keyring->first;
    keyring->committing = leader != NULL;
    pthread_mutex_unlock(&keyring->queue_lock);
    if (leader) {
        leader->leads = true;
        sem_post(&leader->woken);
    }
    for (struct pending *p = batch, *next; p; p = next) {
        next = p->next; /* whoever is woken takes its place in the batch along */
        if (p != mine)
            sem_post(&p->woken);
    }
}

static void pending_wait(struct pending *pending)
{
    while (sem_wait(&pending->woken) != 0) /* a signal */
        ;
}

/* Whoever finds nobody committing commits for all who wait. Each waits for itself, so that being woken is all it takes:
 * many that wait together would queue up for one lock again. */
err_t keyring_write(struct keyring *keyring, keyring_act_t act, void *with)
{
    struct pending mine = {.act = act, .with = with};
    sem_init(&mine.woken, 0, 0);
    pthread_mutex_lock(&keyring->queue_lock);
    *keyring->last = &mine;
    keyring->last = &mine.next;
    mine.leads = !keyring->committing;
    keyring->committing = true;
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

static err_t act_locked(struct keyring *keyring, keyring_act_t act, void *with)
{
    TRY(db_do(keyring->db, "begin"));
    err_t result = act(keyring, with);
    if (result == ERR_OK)
        result = keyring_counted(keyring);
    if (result == ERR_OK)
        result = db_do(keyring->db, "commit");
    if (result == ERR_OK)
        return fold_when_destroyed(keyring);
    char note[256];
    snprintf(note, sizeof note, "%s", err_note());
    keyring->count.counting = false;
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
