/* SPDX-License-Identifier: Apache-2.0
 *
 * Group commit: acts that arrive while a commit is under way go into the next one together. Where many wait the next one begins
 * while what the one before wrote is brought to the disk; where few do it waits, since it would write the same pages for less. The
 * acts of each are told once it is there. Others that read the file may see what is not yet: store_settle() waits for it.
 */
#include "store/_files.h"

static err_t seq_read(struct tx *tx)
{
    OWN(rows) rows = {0};
    TRY(tx_do(tx, "insert into counters (tenant, seq) values ($1, 1) on conflict do nothing"));
    TRY(tx_read(tx, &rows, "select seq, frozen from counters where tenant = $1"));
    TRY(row_one(&rows));
    if (row_text(&rows, 1).len && !ident_eq(row_ident(&rows, 1), tx->pass))
        return fail(ERR_BUSY, "%s is being restored: try again", ident_text("ten", tx->tenant).text);
    tx->seq = row_number(&rows, 0);
    return tx->seq >= tx->high
               ? ERR_OK
               : fail(ERR_BUSY,
                      "the store of %s was copied back underneath: its counter is at %lld, and was at %lld",
                      ident_text("ten", tx->tenant).text, (long long)tx->seq, (long long)tx->high);
}

static void settle(struct pending *pending, err_t result)
{
    pending->result = result;
    if (result != ERR_OK)
        snprintf(pending->note, sizeof pending->note, "%s", err_note());
}

/* An act that fails takes back its own writes only; what fails here takes back those of all. */
static err_t act_behind_savepoint(struct tx *tx, struct pending *pending)
{
    const struct tx before = *tx;
    TRY(db_do(tx->db, "savepoint act"));
    settle(pending, pending->act(tx, pending->with));
    if (pending->result == ERR_OK)
        return db_do(tx->db, "release act");
    *tx = before;
    err_t back = db_script(tx->db, "rollback to act; release act");
    if (back == ERR_OK || pending->result != ERR_BUSY)
        return back;
    return fail(ERR_BUSY, "%s", pending->note); /* a full disk has taken back the acts of all */
}

/* Without savepoints, which make SQLite keep a copy of every page an act touches: one act that fails fails all. */
static err_t act_plain(struct tx *tx, struct pending *pending)
{
    settle(pending, pending->act(tx, pending->with));
    return pending->result;
}

typedef err_t (*run_t)(struct tx *tx, struct pending *pending);

static err_t acts_commit(struct tx *tx, struct pending *batch, run_t run)
{
    TRY(db_do(tx->db, "begin immediate"));
    TRY(seq_read(tx));
    for (struct pending *p = batch; p; p = p->next)
        TRY(run(tx, p));
    TRY(weights_flush(tx));
    TRY(tx_do(tx, "update counters set seq = $2 where tenant = $1", N(tx->seq)));
    return db_do(tx->db, "commit");
}

static err_t batch_try(struct file *file, struct pending *batch, run_t run, int64_t *out_seq)
{
    struct tx tx = {
        .db = file->writer, .tenant = file->tenant, .pass = file->pass, .high = atomic_load(&file->high)};
    err_t result = acts_commit(&tx, batch, run);
    *out_seq = tx.seq;
    if (result == ERR_OK)
        return ERR_OK;
    char note[sizeof batch->note];
    snprintf(note, sizeof note, "%s", err_note());
    /* Where the commit itself failed nothing is open any more, and this says so: nobody is misled by it. */
    (void)!db_script(file->writer, "rollback");
    return fail(result, "%s", note);
}

static void batch_settle(struct pending *batch, err_t result)
{
    for (struct pending *p = batch; p; p = p->next)
        settle(p, result);
}

/* Folding writes what is in the log once more, into the file, and syncs that: what a sync that failed left in doubt. */
static err_t file_assure(struct file *file)
{
    pthread_mutex_lock(&file->sync_lock);
    err_t result = file->unsure ? db_fold(file->writer) : ERR_OK;
    if (file->unsure && result == ERR_OK) {
        file->synced = atomic_load(&file->written);
        file->unsure = false;
    }
    pthread_mutex_unlock(&file->sync_lock);
    return result;
}

static err_t batch_run(struct file *file, struct pending *batch, int64_t *out_seq)
{
    TRY(file_assure(file));
    err_t result = batch_try(file, batch, act_plain, out_seq);
    if (result != ERR_OK && batch->next)
        result = batch_try(file, batch, act_behind_savepoint, out_seq);
    return result;
}

static err_t batch_commit(struct file *file, struct pending *batch, int64_t *out_seq)
{
    err_t result = batch_run(file, batch, out_seq);
    if (result != ERR_OK)
        batch_settle(batch, result);
    if (!file->log)
        file->log = db_log(file->writer);
    return result;
}

/* Tells those of a batch that nobody waits for; how many they were. The others end with their own threads. */
static size_t batch_tell(struct pending *batch, struct pending **out_waited)
{
    size_t told = 0;
    for (struct pending *p = batch, *next; p; p = next) {
        next = p->next;
        if (!p->settled) {
            p->next = *out_waited;
            *out_waited = p;
            continue;
        }
        p->settled(p->with, p->result, p->note);
        free(p);
        told++;
    }
    return told;
}

static void committers_want(struct committers *committers, struct file *file)
{
    pthread_mutex_lock(&committers->lock);
    file->next = NULL;
    *committers->last = file;
    committers->last = &file->next;
    pthread_cond_signal(&committers->wanted);
    pthread_mutex_unlock(&committers->lock);
}

/* Whoever is first syncs for all that were written by then. Once that has failed, what the next one says of the same bytes
 * means nothing: nothing is on the disk until it is assured. */
static err_t file_sync(struct file *file, uint64_t number)
{
    err_t result = ERR_OK;
    pthread_mutex_lock(&file->sync_lock);
    if (file->synced < number) {
        uint64_t written = atomic_load(&file->written);
        result =
            file->unsure ? fail(ERR_BUSY, "the disk did not take what was written") : db_log_sync(file->log);
        file->unsure = result != ERR_OK;
        file->synced = result == ERR_OK ? written : file->synced;
    }
    pthread_mutex_unlock(&file->sync_lock);
    return result;
}

static bool is_due(const struct file *file)
{
    return file->first && (!file->syncing || file->waiting >= WORTH_A_COMMIT);
}

/* To the next, with the file's lock held: a committer where there are such threads, otherwise one of those who wait. */
static void hand_on(struct store *store, struct file *file)
{
    file->committing = store->committers.count && is_due(file);
    if (file->committing)
        committers_want(&store->committers, file);
    else
        pthread_cond_broadcast(&file->done);
}

struct written {
    struct pending *batch;
    uint64_t number;
    int64_t seq;
    bool is; /* or failed, and was told so */
};

static void batch_sync(struct store *store, struct file *file, const struct written *written)
{
    err_t result = written->is ? file_sync(file, written->number) : ERR_OK;
    int64_t seq = written->is ? written->seq : 0;
    if (result != ERR_OK)
        batch_settle(written->batch, result);
    pthread_mutex_lock(&file->lock);
    if (result == ERR_OK && seq > atomic_load(&file->high))
        atomic_store(&file->high, seq);
    file->syncing--;
    if (!file->committing)
        hand_on(store, file);
    pthread_mutex_unlock(&file->lock);
}

/* One commit of all that is pending, in the file of which the caller is the one that commits; it is not any more when this
 * returns. The file's lock is held when it begins and when it ends, not meanwhile. Gives how many uses of the file have
 * ended with it. */
static size_t commit_turn(struct store *store, struct file *file)
{
    struct written written = {.batch = file->first};
    struct pending *waited = NULL;
    file->first = NULL;
    file->last = &file->first;
    file->waiting = 0;
    pthread_mutex_unlock(&file->lock);
    written.is = batch_commit(file, written.batch, &written.seq) == ERR_OK;
    written.number = atomic_fetch_add(&file->written, 1) + 1;
    pthread_mutex_lock(&file->lock);
    file->syncing++;
    hand_on(store, file);
    pthread_mutex_unlock(&file->lock);
    batch_sync(store, file, &written);
    size_t told = batch_tell(written.batch, &waited);
    pthread_mutex_lock(&file->lock);
    for (struct pending *p = waited, *next; p; p = next) {
        next = p->next;
        p->done = true;
    }
    if (waited)
        pthread_cond_broadcast(&file->done);
    return told;
}

static struct file *committers_next(struct committers *committers)
{
    pthread_mutex_lock(&committers->lock);
    while (!committers->first && !committers->stopping)
        pthread_cond_wait(&committers->wanted, &committers->lock);
    struct file *file = committers->first;
    if (file) {
        committers->first = file->next;
        if (!committers->first)
            committers->last = &committers->first;
    }
    pthread_mutex_unlock(&committers->lock);
    return file;
}

static void *committer_run(void *with)
{
    struct store *store = with;
    for (struct file *file; (file = committers_next(&store->committers));) {
        size_t told = 0;
        pthread_mutex_lock(&file->lock);
        if (file->first)
            told = commit_turn(store, file);
        else
            hand_on(store, file);
        pthread_mutex_unlock(&file->lock);
        if (told)
            file_release(store, file, told);
    }
    return NULL;
}

/* With the first act that nobody waits for: a store that has none has no threads. */
static err_t committers_start(struct store *store)
{
    struct committers *committers = &store->committers;
    if (atomic_load(&committers->count) == COMMITTERS)
        return ERR_OK;
    pthread_mutex_lock(&store->lock);
    while (committers->count < COMMITTERS &&
           pthread_create(&committers->threads[committers->count], NULL, committer_run, store) == 0)
        committers->count++;
    size_t count = committers->count;
    pthread_mutex_unlock(&store->lock);
    return count ? ERR_OK : fail(ERR_BUSY, "no thread for the store");
}

void committers_stop(struct committers *committers)
{
    pthread_mutex_lock(&committers->lock);
    committers->stopping = true;
    pthread_cond_broadcast(&committers->wanted);
    pthread_mutex_unlock(&committers->lock);
    for (size_t i = 0; i < committers->count; i++)
        pthread_join(committers->threads[i], NULL);
}

static void pending_add(struct file *file, struct pending *pending)
{
    *file->last = pending;
    file->last = &pending->next;
    file->waiting++;
}

/* Whoever finds nobody committing commits for all who wait. What came meanwhile from those who do not is left to the
 * committers. */
static void wait_for_commit(struct store *store, struct file *file, struct pending *mine)
{
    size_t told = 0;
    pthread_mutex_lock(&file->lock);
    pending_add(file, mine);
    while (!mine->done) {
        if (file->committing || !is_due(file)) { /* mine is with another's by now, or will be */
            pthread_cond_wait(&file->done, &file->lock);
            continue;
        }
        file->committing = true;
        told += commit_turn(store, file);
    }
    pthread_mutex_unlock(&file->lock);
    file_release(store, file, told + 1);
}

err_t store_write(struct store *store, ident_t tenant, act_t act, void *with)
{
    struct file *file = NULL;
    struct pending mine = {.act = act, .with = with};
    TRY(file_take(store, tenant, &file));
    wait_for_commit(store, file, &mine);
    return mine.result == ERR_OK ? ERR_OK : fail(mine.result, "%s", mine.note);
}

static err_t nothing_act(struct tx *tx, void *with)
{
    (void)tx, (void)with;
    return ERR_OK;
}

err_t store_settle(struct store *store, ident_t tenant)
{
    return store_write(store, tenant, nothing_act, NULL);
}

err_t store_write_later(struct store *store, ident_t tenant, const struct later *later)
{
    struct file *file = NULL;
    TRY(committers_start(store));
    struct pending *pending = calloc(1, sizeof *pending);
    if (!pending)
        return fail(ERR_BUSY, "no memory for an act");
    *pending = (struct pending){.act = later->act, .with = later->with, .settled = later->settled};
    err_t taken = file_take(store, tenant, &file);
    if (taken != ERR_OK) {
        free(pending);
        return taken;
    }
    pthread_mutex_lock(&file->lock);
    pending_add(file, pending);
    bool begins = !file->committing && is_due(file);
    file->committing |= begins;
    pthread_mutex_unlock(&file->lock);
    if (begins)
        committers_want(&store->committers, file);
    return ERR_OK;
}
