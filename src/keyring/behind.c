/* SPDX-License-Identifier: Apache-2.0 */
#include "keyring/behind.h"

#include "keyring/commit.h"
#include "keyring/journal.h"

enum { MARKS_AT_ONCE = 4096 };

static const ident_t service;

/* The keyring */

/* What is kept of a client beside the file: how often it came through a restore, and whether its store is behind. */
struct kept {
    int64_t epoch, mark, seen;
    moment_t since, accepted;
};

static err_t kept_read(struct db *db, ident_t tenant, struct kept *out_kept)
{
    OWN(rows) rows = {0};
    *out_kept = (struct kept){0};
    TRY(db_read(db, &rows, "select epoch, mark, seen, since, accepted from marks where tenant = $1",
                ID(tenant)));
    if (row_next(&rows))
        *out_kept = (struct kept){row_number(&rows, 0), row_number(&rows, 1), row_number(&rows, 2),
                                  row_number(&rows, 3), row_number(&rows, 4)};
    return rows_end(&rows);
}

static err_t kept_put(struct db *db, ident_t tenant, const struct kept *kept)
{
    return db_do(
        db,
        "insert into marks (tenant, epoch, mark, seen, since, accepted) values ($1, $2, $3, $4, $5, $6)"
        " on conflict (tenant) do update set epoch = $2, mark = $3, seen = $4, since = $5, accepted = $6",
        ID(tenant), N(kept->epoch), N(kept->mark), N(kept->seen), N(kept->since), N(kept->accepted));
}

#define WAY_OUT \
    "put the newer keyring back, or accept this one at the machine with 'custody marks accept': docs/restores.md"

static err_t behind_by(struct keyring *keyring, const struct mark *mark)
{
    int64_t entries = 0;
    struct kept kept;
    struct behind *behind = &keyring->behind;
    err_t found =
        db_number(keyring->db, &entries, "select entries from logs where id = $1", ID(mark->tenant));
    if (found != ERR_OK && found != ERR_MISSING)
        return found;
    TRY(kept_read(keyring->db, mark->tenant, &kept));
    if (entries >= mark->log && kept.epoch >= mark->epoch)
        return ERR_OK;
    behind->keyring = true;
    snprintf(
        behind->why, sizeof behind->why,
        "the keyring is behind its high-water marks: the log of %s has %lld entries and has had %lld; " WAY_OUT,
        ident_is_zero(mark->tenant) ? "the service" : ident_text("ten", mark->tenant).text,
        (long long)entries, (long long)mark->log);
    return ERR_OK;
}

static err_t behind_all(struct keyring *keyring)
{
    const struct marks *marks = keyring->behind.marks;
    for (size_t i = 0; i < marks_count(marks) && !keyring->behind.keyring; i++)
        TRY(behind_by(keyring, marks_at(marks, i)));
    return ERR_OK;
}

/* That there were marks stands in the keyring, so that taking the file away is noticed. */
static err_t marks_missed(struct keyring *keyring)
{
    int64_t marked = 0;
    struct behind *behind = &keyring->behind;
    TRY(db_number(keyring->db, &marked, "select count(*) from marked"));
    behind->marked = marked;
    if (!marked || marks_found(behind->marks))
        return ERR_OK;
    behind->keyring = true;
    snprintf(
        behind->why, sizeof behind->why,
        "the keyring's high-water marks are gone: put the file keyring/marks back, or accept the keyring as it"
        " is at the machine with 'custody marks accept': docs/restores.md");
    return ERR_OK;
}

/* While none is behind, none is looked for. */
static err_t stores_count(struct keyring *keyring)
{
    int64_t stores = 0;
    TRY(db_number(keyring->db, &stores, "select count(*) from marks where since > 0"));
    keyring->behind.stores = stores > 0;
    return ERR_OK;
}

err_t behind_open(struct keyring *keyring, const char *folder)
{
    pthread_mutex_init(&keyring->behind.lock, NULL);
    keyring->behind.open = true;
    TRY(marks_open(keyring->env, folder, &keyring->behind.marks));
    TRY(marks_missed(keyring));
    TRY(behind_all(keyring));
    TRY(stores_count(keyring));
    if (keyring->behind.keyring)
        fprintf(stderr, "keys: %s\n", keyring->behind.why);
    return ERR_OK;
}

void behind_drop(struct keyring *keyring)
{
    marks_drop(&keyring->behind.marks);
    if (keyring->behind.open)
        pthread_mutex_destroy(&keyring->behind.lock);
}

err_t keyring_abreast(struct keyring *keyring)
{
    struct behind *behind = &keyring->behind;
    return atomic_load(&behind->keyring) ? fail(ERR_BUSY, "%s", behind->why) : ERR_OK;
}

/* The marks, by the clock */

static err_t mark_take(struct marks *marks, const rows_t *rows)
{
    struct mark mark = {row_ident(rows, 0), 0, row_number(rows, 1), row_number(rows, 2)};
    const struct mark *before = marks_of(marks, mark.tenant);
    mark.seq = before ? before->seq : 0;
    return marks_put(marks, &mark);
}

/* What is committed now; a client without a log is no client any more. */
static err_t marks_read(struct db *db, void *with)
{
    struct marks *marks = with;
    OWN(rows) rows = {0};
    TRY(db_read(db, &rows,
                "select logs.id, logs.entries, coalesce(marks.epoch, 0) from logs"
                " left join marks on marks.tenant = logs.id order by logs.id"));
    for (size_t at = 0; row_next(&rows); at++) {
        TRY(mark_take(marks, &rows));
        while (at < marks_count(marks) && !ident_eq(marks_at(marks, at)->tenant, row_ident(&rows, 0)))
            marks_remove(marks, marks_at(marks, at)->tenant);
    }
    TRY(rows_end(&rows));
    int64_t logs = 0;
    TRY(db_number(db, &logs, "select count(*) from logs"));
    while (marks_count(marks) > (size_t)logs)
        marks_remove(marks, marks_at(marks, marks_count(marks) - 1)->tenant);
    return ERR_OK;
}

static err_t marked_act(struct keyring *keyring, void *unused)
{
    (void)unused;
    return db_do(keyring->db, "insert into marked (one, since) values (1, $1) on conflict do nothing",
                 N(keyring->env->now(keyring->env)));
}

/* A crash between the file and that the keyring knows of it leaves marks that are right. */
err_t marks_turn(struct keyring *keyring)
{
    struct behind *behind = &keyring->behind;
    uint_least64_t commits = atomic_load(&keyring->commits);
    pthread_mutex_lock(&behind->lock);
    bool due = !behind->keyring && (behind->grown || commits != behind->commits);
    err_t result = due ? keyring_look(keyring, marks_read, behind->marks) : ERR_OK;
    if (due && result == ERR_OK)
        result = marks_write(behind->marks);
    if (due && result == ERR_OK) {
        behind->grown = false;
        behind->commits = commits;
    }
    pthread_mutex_unlock(&behind->lock);
    if (!due || result != ERR_OK || behind->marked)
        return result;
    TRY(keyring_write(keyring, marked_act, NULL));
    behind->marked = true;
    return ERR_OK;
}

/* Stores */

err_t behind_since(struct ask *ask, ident_t tenant, moment_t *out_since)
{
    struct kept kept;
    TRY(kept_read(ask->db, tenant, &kept));
    *out_since = kept.since;
    return ERR_OK;
}

err_t store_abreast(struct ask *ask, ident_t tenant)
{
    moment_t since = 0;
    if (!ask->keyring->behind.stores)
        return ERR_OK;
    TRY(behind_since(ask, tenant, &since));
    return !since
               ? ERR_OK
               : fail(ERR_BUSY,
                      "the store of %s is behind its high-water mark since %s: put its file back, restore a "
                      "snapshot, or have two of staff accept it as it is: docs/restores.md",
                      ident_text("ten", tenant).text, moment_text(since).text);
}

/* One store that somebody has seen. `against`: the mark that it was behind of a moment ago, and still is. */
struct seen {
    struct ask *ask;
    ident_t tenant;
    int64_t seq, against, mark;
};

static err_t latch_act(struct keyring *keyring, void *with)
{
    const struct seen *seen = with;
    struct kept kept;
    const struct mention on = {"ten", seen->tenant};
    const struct entry entry = {ACT_STORE_BEHIND, .by = BY_SERVICE, .on = &on, .on_count = 1,
                                .count = seen->mark - seen->seq};
    TRY(kept_read(keyring->db, seen->tenant, &kept));
    if (kept.since)
        return ERR_OK;
    kept.mark = seen->mark;
    kept.seen = seen->seq;
    kept.since = keyring->env->now(keyring->env);
    kept.accepted = 0;
    TRY(kept_put(keyring->db, seen->tenant, &kept));
    keyring->behind.stores = true;
    fprintf(stderr, "keys: the store of %s is behind its high-water mark: %lld, and has been at %lld\n",
            ident_text("ten", seen->tenant).text, (long long)seen->seq, (long long)seen->mark);
    TRY(journal(seen->ask, seen->tenant, &entry));
    return journal(seen->ask, service, &entry);
}

/* By its file, or by whoever accepted it: where that was a restore or an order, it is one more that it has come through. */
static err_t unlatch_act(struct keyring *keyring, void *with)
{
    const struct seen *seen = with;
    struct kept kept;
    const struct mention on = {"ten", seen->tenant};
    const struct entry entry = {ACT_STORE_ABREAST, .by = BY_SERVICE, .on = &on, .on_count = 1};
    TRY(kept_read(keyring->db, seen->tenant, &kept));
    if (!kept.since)
        return ERR_OK;
    TRY(kept_put(keyring->db, seen->tenant, &(struct kept){.epoch = kept.epoch + (kept.accepted > 0)}));
    TRY(journal(seen->ask, seen->tenant, &entry));
    TRY(journal(seen->ask, service, &entry));
    return stores_count(keyring);
}

/* What the mark was; it grows where the store has. */
static err_t seen_mark(struct keyring *keyring, struct seen *seen)
{
    struct behind *behind = &keyring->behind;
    pthread_mutex_lock(&behind->lock);
    const struct mark *before = marks_of(behind->marks, seen->tenant);
    struct mark mark = before ? *before : (struct mark){.tenant = seen->tenant};
    seen->mark = mark.seq;
    err_t result = ERR_OK;
    if (seen->seq > mark.seq) {
        mark.seq = seen->seq;
        result = marks_put(behind->marks, &mark);
        behind->grown = true;
    }
    pthread_mutex_unlock(&behind->lock);
    return result;
}

/* A store whose file was opened. Marks may have grown while its counter was on its way here: whoever has it looks again, and
 * what is behind a mark that there was before that is behind. */
static err_t opened_judge(struct seen *seen, bool *out_behind)
{
    struct keyring *keyring = seen->ask->keyring;
    bool certain = seen->against > 0 && seen->against <= seen->mark && seen->seq < seen->against;
    *out_behind = seen->seq < seen->mark && (certain || !seen->against);
    if (*out_behind)
        return certain ? keyring_write(keyring, latch_act, seen) : ERR_OK;
    return keyring->behind.stores ? keyring_write(keyring, unlatch_act, seen) : ERR_OK;
}

static err_t seen_take(struct ask *ask, const Keys__Mark *in, Keys__MarksState *out)
{
    struct seen seen = {.ask = ask, .seq = in->seq, .against = in->against};
    bool behind = false;
    TRY(ident_from(bin(in->tenant), &seen.tenant));
    TRY(seen_mark(ask->keyring, &seen));
    if (in->opened)
        TRY(opened_judge(&seen, &behind));
    if (!behind)
        return ERR_OK;
    Keys__Mark *mark = out->behind[out->n_behind++] = arena_new(ask->arena, Keys__Mark);
    TRY(arena_end(ask->arena));
    keys__mark__init(mark);
    mark->tenant = ask_bytes(ask, ident_bytes(&seen.tenant));
    mark->seq = seen.mark;
    return arena_end(ask->arena);
}

static err_t seen_all(struct ask *ask)
{
    const Keys__Marks *in = ask->in;
    Keys__MarksState *out = ask->out;
    if (in->n_items > MARKS_AT_ONCE)
        return fail(ERR_TOO_LARGE, "more than %d marks at once", MARKS_AT_ONCE);
    out->behind = arena_array(ask->arena, Keys__Mark *, in->n_items);
    TRY(arena_end(ask->arena));
    for (size_t i = 0; i < in->n_items; i++)
        TRY(seen_take(ask, in->items[i], out));
    return arena_end(ask->arena);
}

err_t answer_marks_seen(struct ask *ask) { return seen_all(ask); }

/* What the jobs process is to do: stores that were accepted, and how far to raise them. */
static err_t raise_put(struct db *db, void *with)
{
    struct ask *ask = with;
    Keys__MarksState *out = ask->out;
    OWN(rows) rows = {0};
    out->raise = arena_array(ask->arena, Keys__Mark *, MARKS_AT_ONCE);
    TRY(arena_end(ask->arena));
    TRY(db_read(db, &rows, "select tenant, mark from marks where accepted > 0 limit 4096"));
    while (out->n_raise < MARKS_AT_ONCE && row_next(&rows)) {
        Keys__Mark *mark = out->raise[out->n_raise++] = arena_new(ask->arena, Keys__Mark);
        TRY(arena_end(ask->arena));
        keys__mark__init(mark);
        mark->tenant = ask_bytes(ask, row_text(&rows, 0));
        mark->seq = row_number(&rows, 1) + MARK_GAP;
    }
    TRY(rows_end(&rows));
    return arena_end(ask->arena);
}

err_t answer_marks_told(struct ask *ask)
{
    Keys__MarksState *out = ask->out;
    if (keyring_abreast(ask->keyring) != ERR_OK) {
        out->follow = ask->keyring->behind.accepted;
        return ERR_OK;
    }
    TRY(seen_all(ask));
    return keyring_look(ask->keyring, raise_put, ask);
}

static err_t accept(struct ask *ask, ident_t tenant)
{
    struct kept kept;
    TRY(kept_read(ask->db, tenant, &kept));
    if (!kept.since)
        return fail(ERR_MISSING, "the store of %s is not behind its high-water mark",
                    ident_text("ten", tenant).text);
    kept.accepted = ask->env->now(ask->env);
    return kept_put(ask->db, tenant, &kept);
}

/* One that was not behind has come through one more all the same. */
err_t marks_restored(struct ask *ask, ident_t tenant)
{
    struct kept kept;
    TRY(kept_read(ask->db, tenant, &kept));
    if (kept.since)
        return accept(ask, tenant);
    kept.epoch++;
    return kept_put(ask->db, tenant, &kept);
}

err_t marks_look(struct ask *ask, ident_t target, Keys__Order *out)
{
    OWN(rows) rows = {0};
    OWN(buf) does = BUF(512);
    struct kept kept;
    TRY(kept_read(ask->db, target, &kept));
    if (!kept.since)
        return fail(ERR_MISSING, "the store of %s is not behind its high-water mark",
                    ident_text("ten", target).text);
    TRY(db_read(ask->db, &rows, "select name from tenants where id = $1", ID(target)));
    TRY(row_one(&rows));
    buf_putf(
        &does,
        "its store is taken as it stands, at %lld of %lld: what was written after that is gone, and it is open"
        " again",
        (long long)kept.seen, (long long)kept.mark);
    TRY(buf_end(&does));
    out->name = ask_text(ask, row_text(&rows, 0));
    out->does = ask_text(ask, buf_str(&does));
    return arena_end(ask->arena);
}

err_t marks_carry_out(struct ask *ask, const struct who *who, ident_t target)
{
    const struct mention on = {"ten", target};
    const struct entry entry = {ACT_MARKS_ACCEPTED, .by = who_mention(who), .session = who->session,
                                .on = &on, .on_count = 1};
    TRY(accept(ask, target));
    TRY(journal(ask, target, &entry));
    return journal(ask, service, &entry);
}
