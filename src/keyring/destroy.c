/* SPDX-License-Identifier: Apache-2.0
 *
 * Destructions, and the ledger that speaks of them first. A line in the ledger is done whatever happens: in the commit it
 * was written for, in the next one where that failed, or when the keyring is opened.
 */
#include "base/limits.h"
#include "keyring/commit.h"
#include "keyring/twins.h"

const struct ledger *keyring_ledger(struct keyring *keyring) { return keyring->ledger; }

/* Exports that hold a key of it open nothing any more. */
static err_t exported_end(struct keyring *keyring, ident_t subject)
{
    OWN(buf) exports = BUF(MAX_MEMORY);
    TRY(db_idents(keyring->db, &exports, "select export from exported where subject = $1", ID(subject)));
    for_each_ident(id, &exports)
    {
        TRY(cell_destroy(keyring, id, 0));
        TRY(db_do(keyring->db, "delete from exported where export = $1", ID(id)));
    }
    return ERR_OK;
}

/* The ids of members and devices are the service's own, and what stands under one goes. An account's was named by its
 * endpoint: only its key goes, whatever else there is of that id. */
static err_t cells_end(struct keyring *keyring, ident_t id)
{
    int64_t accounts = 0;
    TRY(db_number(keyring->db, &accounts, "select count(*) from entries where id = $1 and device is not null",
                  ID(id)));
    return cell_destroy(keyring, id, accounts ? CELL_ENTRY : 0);
}

/* The row stays as a tombstone: the subject's id never comes back to life. What grants and exports hold of it goes with it,
 * and of a user all that lets it in. */
static err_t subject_end(struct keyring *keyring, const struct ledger_line *line)
{
    OWN(buf) granted = BUF(MAX_ASK);
    TRY(exported_end(keyring, line->id));
    TRY(db_idents(keyring->db, &granted, "select id from granted where subject = $1", ID(line->id)));
    for_each_ident(copy, &granted) TRY(cell_destroy(keyring, copy, 0));
    TRY(db_do(keyring->db, "delete from granted where subject = $1", ID(line->id)));
    TRY(cells_end(keyring, line->id));
    return db_do(
        keyring->db,
        "update entries set public = null, epoch = epoch + 1, dead = $2 where id = $1 and dead is null",
        ID(line->id), N(line->at));
}

static err_t device_end(struct keyring *keyring, const struct ledger_line *line)
{
    TRY(subject_end(keyring, line));
    return db_do(keyring->db, "update devices set state = 'removed' where id = $1", ID(line->id));
}

/* What let anybody in, or the keys out: sessions, the authority, then members and links. $1 is the tenant. */
static const char *const shut[] = {
    "delete from opens where bearer in (select id from sessions where tenant = $1 union select root from sessions"
    " where tenant = $1)",
    "delete from cells where id in (select id from sessions where tenant = $1)",
    "delete from sessions where tenant = $1",
    "delete from cells where id = $1 and cell in (6, 7)",
    "update holds set recovery = (select recovery from tenants where id = $1) where tenant = $1 and released = 0"
    " and recovery is null",
    "delete from authorities where id = $1",
    "update tenants set state = 'erased', public = null, recovery = null, claim = null where id = $1",
    "update members set find = null, kind = 'gone', role = 'gone' where tenant = $1",
    "delete from invitations where tenant = $1",
    "delete from deployments where tenant = $1",
    "update exports set ended = until, why = 'everything is erased' where tenant = $1 and ended = 0",
};

err_t tenant_shut(struct keyring *keyring, ident_t tenant)
{
    for (size_t i = 0; i < sizeof shut / sizeof *shut; i++)
        TRY(db_run_args(keyring->db, shut[i], &ID(tenant), 1));
    keyring->destroyed = true;
    return ERR_OK;
}

/* What signs the tenant's log outlives its keys, until the log is signed to its end. */
static err_t log_signer_keep(struct keyring *keyring, ident_t tenant)
{
    static const ident_t service;
    OWN(buf) signer = BUF(MAX_ASK);
    err_t found = cell_get(keyring, tenant, CELL_LOG, &signer);
    if (found != ERR_OK)
        return found == ERR_MISSING ? ERR_OK : found;
    TRY(cell_destroy(keyring, tenant, CELL_LOG));
    return cell_put(keyring, service, tenant, CELL_LOG, buf_str(&signer));
}

/* Of a keyring that was put back from a copy which had not come so far. */
static err_t erasure_known(struct keyring *keyring, const struct ledger_line *line)
{
    ident_t id = ident_new(keyring->env);
    TRY(db_do(
        keyring->db,
        "update erasures set state = 'destroyed', destroyed = $2, marked = case marked when 0 then $2 else"
        " marked end where tenant = $1 and state in ('cooling', 'marked')",
        ID(line->tenant), N(line->at)));
    return db_do(
        keyring->db,
        "insert into erasures (id, tenant, name, asked, state, requested, cooling, marked, destroyed)"
        " select $2, id, name, 'ledger', 'destroyed', $3, $3, $3, $3 from tenants where id = $1"
        " and not exists (select 1 from erasures where tenant = $1 and state <> 'withdrawn')",
        ID(line->tenant), ID(id), N(line->at));
}

/* What grants and exports of other clients hold of its subjects, which came to them with a copy. */
static err_t twins_end(struct keyring *keyring, const struct ledger_line *line)
{
    OWN(buf) ids = BUF(MAX_MEMORY);
    TRY(db_idents(keyring->db, &ids,
                  "select subject from (select subject from granted union select subject from exported)"
                  " where subject in (select twins.id from twins join copies on copies.id = twins.copy"
                  " where copies.whence = $1)",
                  ID(line->tenant)));
    for_each_ident(id, &ids)
        TRY(subject_end(keyring, &(struct ledger_line){LEDGER_SUBJECT, line->tenant, id, line->at}));
    return twins_over(keyring, line);
}

/* Its shards' keys go, and with them whatever was wrapped, at a cost that does not depend on how much it was. The cells
 * are swept afterwards. */
static err_t tenant_end(struct keyring *keyring, const struct ledger_line *line)
{
    TRY(log_signer_keep(keyring, line->tenant));
    TRY(tenant_shut(keyring, line->tenant));
    TRY(twins_end(keyring, line));
    TRY(db_do(
        keyring->db,
        "insert into dead_shards (id, tenant, rolled) select id, tenant, 0 from shards where tenant = $1",
        ID(line->tenant)));
    TRY(db_do(keyring->db, "delete from shards where tenant = $1", ID(line->tenant)));
    return erasure_known(keyring, line);
}

/* The tenant's key before a rotation. In a keyring that was put back from a copy in which things are still sealed to it, it
 * goes once they are not. */
static err_t key_end(struct keyring *keyring, const struct ledger_line *line)
{
    int64_t left = 0;
    TRY(db_number(keyring->db, &left, "select count(*) from resealing where tenant = $1", ID(line->tenant)));
    return left ? ERR_OK : cell_destroy(keyring, line->id, CELL_BEFORE);
}

/* Where all else of the client is erased, what the hold has left goes as well. An order has begun that before; a ledger alone,
 * after a crash or beside an older copy, has not. */
static err_t rest_begin(struct keyring *keyring, const struct ledger_line *line)
{
    ident_t id = ident_new(keyring->env);
    return db_do(keyring->db,
                 "insert into erasures (id, tenant, name, asked, state, requested, cooling, follows)"
                 " select $2, tenant, name, 'release', 'cooling', $3, $3, id from erasures where tenant = $1"
                 " and state = 'certified' and not exists (select 1 from erasures where tenant = $1"
                 " and state in ('cooling', 'marked', 'destroyed')) order by requested desc limit 1",
                 ID(line->tenant), ID(id), N(line->at));
}

/* A legal hold, with every copy that it keeps. */
static err_t hold_gone(struct keyring *keyring, const struct ledger_line *line)
{
    OWN(buf) ids = BUF(MAX_MEMORY);
    TRY(db_idents(keyring->db, &ids, "select id from held where hold = $1", ID(line->id)));
    for_each_ident(id, &ids) TRY(cell_destroy(keyring, id, CELL_HELD));
    TRY(cell_destroy(keyring, line->id, CELL_HOLD));
    TRY(db_do(keyring->db, "delete from held where hold = $1", ID(line->id)));
    TRY(db_do(keyring->db, "update holds set released = $2 where id = $1 and released = 0", ID(line->id),
              N(line->at)));
    return rest_begin(keyring, line);
}

static err_t line_do(struct keyring *keyring, const struct ledger_line *line)
{
    static err_t (*const ends[LEDGER_KINDS])(struct keyring * keyring, const struct ledger_line *line) = {
        [LEDGER_SUBJECT] = subject_end,
        [LEDGER_DEVICE] = device_end,
        [LEDGER_TENANT] = tenant_end,
        [LEDGER_KEY] = key_end,
        [LEDGER_HOLD] = hold_gone};
    return ends[line->kind](keyring, line);
}

static err_t lines_room(struct lines *lines)
{
    if (lines->count < lines->room)
        return ERR_OK;
    size_t room = lines->room ? lines->room * 2 : 64;
    struct ledger_line *at = realloc(lines->at, room * sizeof *at);
    if (!at)
        return fail(ERR_BUSY, "no memory for destructions");
    lines->at = at;
    lines->room = room;
    return ERR_OK;
}

err_t keyring_destroy(struct keyring *keyring, const struct ledger_line *line)
{
    TRY(lines_room(&keyring->lines));
    TRY(line_do(keyring, line));
    keyring->lines.at[keyring->lines.count++] = *line;
    return ERR_OK;
}

/* Lines of the ledger that no commit has seen yet. */
static err_t lines_catch_up(struct keyring *keyring)
{
    for (size_t i = keyring->done; i < ledger_count(keyring->ledger); i++)
        TRY(line_do(keyring, ledger_at(keyring->ledger, i)));
    return ERR_OK;
}

err_t destructions_settle(struct keyring *keyring)
{
    if (!keyring->lines.count && ledger_count(keyring->ledger) == keyring->done)
        return ERR_OK;
    TRY(lines_catch_up(keyring));
    TRY(ledger_add_all(keyring->ledger, keyring->lines.at, keyring->lines.count));
    /* A crash here leaves lines that the next start does. */
    size_t count = ledger_count(keyring->ledger);
    return db_do(keyring->db,
                 "insert into destructions (one, lines, hash) values (1, $1, $2)"
                 " on conflict (one) do update set lines = excluded.lines, hash = excluded.hash",
                 N((int64_t)count), B(ledger_hash(keyring->ledger, count)));
}

void destructions_committed(struct keyring *keyring)
{
    if (keyring->destroyed || keyring->lines.count)
        opened_forget(keyring->opened);
    keyring->lines.count = 0;
    keyring->done = ledger_count(keyring->ledger);
    atomic_store(&keyring->destructions, keyring->done);
}

/* The ledger has to begin with the lines that this keyring has done. */
static err_t ledger_belongs(struct keyring *keyring)
{
    OWN(rows) rows = {0};
    TRY(db_read(keyring->db, &rows, "select lines, hash from destructions"));
    if (!row_next(&rows))
        return rows_end(&rows);
    size_t done = (size_t)row_number(&rows, 0);
    if (done > ledger_count(keyring->ledger))
        return fail(ERR_BROKEN,
                    "the erasure ledger has %zu lines, the keyring has done %zu: put the file back",
                    ledger_count(keyring->ledger), done);
    if (!str_eq(row_text(&rows, 1), ledger_hash(keyring->ledger, done)))
        return fail(ERR_BROKEN, "the erasure ledger is not the one of this keyring");
    keyring->done = done;
    return ERR_OK;
}

static err_t tombstone_take(struct keyring *keyring, const rows_t *rows)
{
    TRY(lines_room(&keyring->lines));
    keyring->lines.at[keyring->lines.count++] =
        (struct ledger_line){str_eq(row_text(rows, 2), STR("device")) ? LEDGER_DEVICE : LEDGER_SUBJECT,
                             row_ident(rows, 1), row_ident(rows, 0), row_number(rows, 3)};
    return ERR_OK;
}

/* What was destroyed before there was a ledger stands in it too, from the first start with one. */
static err_t tombstones_add(struct keyring *keyring)
{
    OWN(rows) rows = {0};
    TRY(db_read(keyring->db, &rows,
                "select id, tenant, kind, dead from entries where dead is not null order by dead, id"));
    while (row_next(&rows))
        TRY(tombstone_take(keyring, &rows));
    return rows_end(&rows);
}

/* The commit does the rest. */
static err_t catch_up_act(struct keyring *keyring, void *unused)
{
    (void)unused;
    return ledger_count(keyring->ledger) ? ERR_OK : tombstones_add(keyring);
}

err_t destructions_open(struct keyring *keyring, const char *folder)
{
    TRY(ledger_open(keyring->env, folder, &keyring->ledger));
    TRY(ledger_belongs(keyring));
    bool done = ledger_count(keyring->ledger) && ledger_count(keyring->ledger) == keyring->done;
    return done ? ERR_OK : keyring_write(keyring, catch_up_act, NULL);
}
