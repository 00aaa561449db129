/* SPDX-License-Identifier: Apache-2.0
 *
 * A keyring that is behind its marks comes through: it is accepted at the machine, its logs are followed to where their
 * files end, and it goes on from there. What this keyring's own key has signed in those files is all that is believed.
 */
#include "keyring/behind.h"
#include "keyring/commit.h"
#include "keyring/journal.h"
#include "keyring/serve.h"
#include "tlog/checkpoint.h"

enum { LISTED = 500, LOGS_AT_ONCE = 256 };
#define MARKS_TYPED "the keyring is older"

err_t answer_marks_accept(struct ask *ask)
{
    const Keys__MarksAccept *in = ask->in;
    struct behind *behind = &ask->keyring->behind;
    ask->idle = true;
    if (!behind->keyring)
        return fail(ERR_CONFLICT,
                    "the keyring is not behind its high-water marks: a client's store is accepted by"
                    " an order marks.accept");
    if (strcmp(in->typed, MARKS_TYPED) != 0)
        return fail(ERR_INVALID, "type %s, to go on with a keyring that is older than what was done",
                    MARKS_TYPED);
    behind->accepted = true;
    fprintf(stderr, "keys: the keyring was accepted as it is, at the machine\n");
    return ERR_OK;
}

static err_t listed_put(struct ask *ask, const rows_t *rows, Keys__StoreBehind *out)
{
    keys__store_behind__init(out);
    out->tenant = ask_bytes(ask, row_text(rows, 0));
    out->name = ask_text(ask, row_text(rows, 1));
    out->mark = row_number(rows, 2);
    out->seen = row_number(rows, 3);
    out->since = row_number(rows, 4);
    out->accepted = row_number(rows, 5);
    return arena_end(ask->arena);
}

err_t answer_marks_list(struct ask *ask)
{
    Keys__MarksListed *out = ask->out;
    struct behind *behind = &ask->keyring->behind;
    OWN(rows) rows = {0};
    out->items = arena_array(ask->arena, Keys__StoreBehind *, LISTED);
    out->keyring = ask_text(ask, behind->keyring ? str(behind->why) : STR(""));
    out->accepted = behind->accepted;
    TRY(arena_end(ask->arena));
    pthread_mutex_lock(&behind->lock);
    out->marks = (int64_t)marks_count(behind->marks);
    pthread_mutex_unlock(&behind->lock);
    TRY(db_read(
        ask->db, &rows,
        "select marks.tenant, tenants.name, mark, seen, since, accepted from marks"
        " join tenants on tenants.id = marks.tenant where since > 0 order by since, marks.tenant limit $1",
        N(LISTED)));
    while (out->n_items < LISTED && row_next(&rows)) {
        Keys__StoreBehind *item = out->items[out->n_items++] = arena_new(ask->arena, Keys__StoreBehind);
        TRY(arena_end(ask->arena));
        TRY(listed_put(ask, &rows, item));
    }
    return rows_end(&rows);
}

/* Every log, a page at a time by their ids. */
err_t answer_log_list(struct ask *ask)
{
    const Keys__LogRange *in = ask->in;
    Keys__Logs *out = ask->out;
    OWN(rows) rows = {0};
    out->items = arena_array(ask->arena, Keys__Log *, LOGS_AT_ONCE);
    TRY(arena_end(ask->arena));
    TRY(db_read(ask->db, &rows,
                "select " LOG_COLUMNS " from logs where ($1 = 0 or id > $2) order by id limit $3",
                N(in->id.len > 0), B(bin(in->id)), N(LOGS_AT_ONCE)));
    while (out->n_items < LOGS_AT_ONCE && row_next(&rows)) {
        Keys__Log *log = out->items[out->n_items++] = arena_new(ask->arena, Keys__Log);
        TRY(arena_end(ask->arena));
        keys__log__init(log);
        TRY(log_from(ask, &rows, log));
    }
    return rows_end(&rows);
}

/* A log as its files have it: signed by its own key, and the tree is the one that was signed. */
static err_t files_open(const Keys__LogFollow *in, str_t key, struct tree *out_tree)
{
    struct note_key note_key;
    struct checkpoint checkpoint;
    TRY(note_key_read(key, &note_key));
    TRY(checkpoint_open(str(in->checkpoint), &note_key, &checkpoint));
    *out_tree = (struct tree){.size = checkpoint.size};
    peaks_read(bin(in->peaks), out_tree);
    return hash_eq(tree_root(out_tree), checkpoint.root)
               ? ERR_OK
               : fail(ERR_DENIED, "the files of a log do not lead to its checkpoint");
}

static err_t follow_act(struct keyring *keyring, void *with)
{
    struct ask *ask = with;
    const Keys__LogFollow *in = ask->in;
    OWN(rows) rows = {0};
    struct tree tree;
    ident_t log;
    TRY(ident_from(bin(in->id), &log));
    TRY(db_read(keyring->db, &rows, "select key, size from logs where id = $1", ID(log)));
    TRY(row_one(&rows));
    TRY(files_open(in, row_text(&rows, 0), &tree));
    if (tree.size <= (uint64_t)row_number(&rows, 1))
        return ERR_OK;
    rows_drop(&rows);
    TRY(db_do(keyring->db,
              "update logs set size = $2, entries = max(entries, $2), behind = (entries > $2), peaks = $3,"
              " checkpoint = $4 where id = $1",
              ID(log), N(tree.size), B(bin(in->peaks)), T(str(in->checkpoint))));
    return db_do(keyring->db, "delete from journal where log = $1 and seq < $2", ID(log), N(tree.size));
}

/* Each client is told in its own log, and has come through one more. */
static err_t through_act(struct keyring *keyring, void *with)
{
    struct ask *ask = with;
    OWN(buf) logs = BUF(MAX_MEMORY);
    const struct entry entry = {ACT_MARKS_ACCEPTED, .by = {.prefix = NULL}};
    TRY(db_idents(keyring->db, &logs, "select id from logs"));
    for_each_ident(log, &logs) TRY(journal(ask, log, &entry));
    TRY(db_do(keyring->db, "insert into marks (tenant, epoch, mark, seen, since, accepted)"
                           " select id, 0, 0, 0, 0, 0 from logs where 1 on conflict do nothing"));
    /* The stores have told of more than this keyring knows: where they go on is believed. */
    TRY(db_do(keyring->db, "update logs set told = -1"));
    return db_do(keyring->db, "update marks set epoch = epoch + 1");
}

/* A crash before the marks are written anew leaves a keyring that is behind by as much as before: it is accepted again. */
static err_t through(struct ask *ask)
{
    struct behind *behind = &ask->keyring->behind;
    TRY(keyring_write(ask->keyring, through_act, ask));
    behind->keyring = behind->accepted = false;
    TRY(marks_turn(ask->keyring));
    return keyring_prepare(ask->keyring);
}

err_t answer_log_follow(struct ask *ask)
{
    const Keys__LogFollow *in = ask->in;
    const struct behind *behind = &ask->keyring->behind;
    if (!behind->keyring || !behind->accepted)
        return fail(ERR_DENIED, "no log is followed unless the keyring was accepted");
    return in->id.len ? keyring_write(ask->keyring, follow_act, ask) : through(ask);
}
