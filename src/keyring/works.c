/* SPDX-License-Identifier: Apache-2.0 */
#include "keyring/works.h"

#include "keyring/journal.h"

enum { SHOWN = 200, NOTE_MAX = 2000 };

#define WORK_COLUMNS \
    "id, tenant, kind, target, words, by, prefix, made, state, begun, ended, done, total, note"

err_t work_make(struct ask *ask, const struct work *work, ident_t *out_id)
{
    moment_t now = ask->env->now(ask->env);
    *out_id = ident_new(ask->env);
    TRY(db_do(ask->db, "delete from works where tenant = $1 and ended > 0 and ended < $2", ID(work->tenant),
              N(now - DAYS(30))));
    return db_do(ask->db,
                 "insert into works (id, tenant, kind, target, words, by, prefix, made, state, begun, ended,"
                 " done, total, note) values ($1, $2, $3, $4, $5, $6, $7, $8, 'waiting', 0, 0, 0, 0, '')",
                 ID(*out_id), ID(work->tenant), T(str(work->kind)), ID(work->target),
                 T(work->words ? str(work->words) : STR("")), ID(work->by.id),
                 T(work->by.prefix ? str(work->by.prefix) : STR("")), N(now));
}

err_t works_have_room(struct ask *ask, ident_t tenant)
{
    int64_t waiting = 0;
    TRY(db_number(ask->db, &waiting, "select count(*) from works where tenant = $1 and state = 'waiting'",
                  ID(tenant)));
    return waiting < WORKS_WAIT
               ? ERR_OK
               : fail(ERR_BUSY, "%d works wait already: ask again once some have ended", WORKS_WAIT);
}

err_t work_waits(struct ask *ask, ident_t tenant, const char *kind, bool *out_so)
{
    OWN(rows) rows = {0};
    TRY(db_read(
        ask->db, &rows,
        "select 1 from works where state in ('waiting', 'running') and tenant = $1 and kind = $2 limit 1",
        ID(tenant), T(str(kind))));
    *out_so = row_next(&rows);
    return rows_end(&rows);
}

err_t works_withdraw(struct ask *ask, ident_t tenant)
{
    return db_do(ask->db,
                 "update works set state = 'failed', ended = $2, note = 'withdrawn before it began'"
                 " where tenant = $1 and state = 'waiting'",
                 ID(tenant), N(ask->env->now(ask->env)));
}

err_t works_ended(struct ask *ask, ident_t tenant)
{
    int64_t running = 0;
    TRY(db_number(ask->db, &running, "select count(*) from works where tenant = $1 and state = 'running'",
                  ID(tenant)));
    return running ? fail(ERR_BUSY, "a work of %s still runs", ident_text("ten", tenant).text) : ERR_OK;
}

static Keys__Work *work_from(struct ask *ask, const rows_t *rows)
{
    Keys__Work *work = arena_new(ask->arena, Keys__Work);
    if (!work)
        return NULL;
    keys__work__init(work);
    work->id = ask_bytes(ask, row_text(rows, 0));
    work->tenant = ask_bytes(ask, row_text(rows, 1));
    work->kind = ask_text(ask, row_text(rows, 2));
    work->target = ask_bytes(ask, row_text(rows, 3));
    work->words = ask_text(ask, row_text(rows, 4));
    work->by = ask_bytes(ask, row_text(rows, 5));
    work->by_prefix = ask_text(ask, row_text(rows, 6));
    work->made = row_number(rows, 7);
    work->state = ask_text(ask, row_text(rows, 8));
    work->begun = row_number(rows, 9);
    work->ended = row_number(rows, 10);
    work->done = row_number(rows, 11);
    work->total = row_number(rows, 12);
    work->note = ask_text(ask, row_text(rows, 13));
    return work;
}

static err_t works_from(struct ask *ask, rows_t *rows, size_t room)
{
    Keys__Works *out = ask->out;
    out->items = arena_array(ask->arena, Keys__Work *, room);
    TRY(arena_end(ask->arena));
    while (out->n_items < room && row_next(rows))
        out->items[out->n_items++] = work_from(ask, rows);
    TRY(rows_end(rows));
    return arena_end(ask->arena);
}

/* A client sees its own, newest first; staff those of all clients and of the service: nothing in them is a client's. */
err_t answer_work_list(struct ask *ask)
{
    const Keys__Bearer *in = ask->in;
    OWN(who) who = {0};
    OWN(rows) rows = {0};
    TRY(who_asks(ask, in->bearer, RIGHT_SELF, &who));
    if (!who.is_staff)
        TRY(who_asks(ask, in->bearer, RIGHT_AUDIT, &who));
    if (who.is_staff)
        TRY(db_read(ask->db, &rows, "select " WORK_COLUMNS " from works order by made desc, id limit $1",
                    N(SHOWN)));
    else
        TRY(db_read(ask->db, &rows,
                    "select " WORK_COLUMNS " from works where tenant = $1 order by made desc, id limit $2",
                    ID(who.tenant), N(SHOWN)));
    return works_from(ask, &rows, SHOWN);
}

static const ident_t service;

/* What the jobs process that ended had begun is begun again. */
static err_t works_again(struct ask *ask)
{
    return db_do(ask->db, "update works set state = 'waiting', done = 0 where state = 'running'");
}

/* The service's own first: every client's proof asks how old its snapshot is. */
err_t answer_work_due(struct ask *ask)
{
    const Keys__WorkDue *in = ask->in;
    const Keys__Works *out = ask->out;
    OWN(rows) rows = {0};
    if (in->begins)
        return works_again(ask);
    TRY(db_read(ask->db, &rows,
                "select " WORK_COLUMNS " from works where state = 'waiting' and tenant not in"
                " (select tenant from works where state = 'running') and tenant not in"
                " (select id from tenants where state = 'erased') order by tenant <> $1, made, id limit 1",
                ID(service)));
    TRY(works_from(ask, &rows, 1));
    if (!out->n_items)
        return ERR_OK;
    return db_do(ask->db, "update works set state = 'running', begun = $2 where id = $1",
                 B(bin(out->items[0]->id)), N(ask->env->now(ask->env)));
}

err_t answer_work_told(struct ask *ask)
{
    const Keys__Work *in = ask->in;
    ident_t id;
    str_t state = str(in->state);
    bool ended = str_eq(state, STR("done")) || str_eq(state, STR("failed"));
    TRY(ident_from(bin(in->id), &id));
    if ((!ended && !str_eq(state, STR("running"))) || strlen(in->note) > NOTE_MAX)
        return fail(ERR_INVALID, "a work is running, done or failed");
    return db_do(ask->db,
                 "update works set state = $2, done = $3, total = $4, note = $5, ended = $6"
                 " where id = $1 and state = 'running'",
                 ID(id), T(state), N(in->done), N(in->total), T(str(in->note)),
                 N(ended ? ask->env->now(ask->env) : 0));
}
