/* SPDX-License-Identifier: Apache-2.0 */
#include "keyring/restores.h"

#include "keyring/behind.h"
#include "keyring/journal.h"
#include "keyring/twins.h"

enum { WORDS_MAX = 128, ERASED_PAGE = 50000, TROUBLE_MAX = 500, DRILLS_SHOWN = 100 };

static err_t words_make(const struct restore_wish *wish, buf_t *out)
{
    ident_t under = wish->told->under;
    if (wish->device)
        buf_put(out, str(ident_text("dev", *wish->device).text));
    if (!ident_is_zero(under))
        buf_putf(out, "%s%s", wish->device ? " " : "", ident_text("req", under).text);
    return buf_end(out);
}

/* The request whose grant it was asked for under; zero: under none. */
static ident_t words_request(str_t words)
{
    ident_t request = {{0}};
    while (words.len)
        if (ident_read("req", str_until(&words, ' '), &request) == ERR_OK)
            return request;
    return (ident_t){{0}};
}

static err_t snapshot_is_there(struct ask *ask, const struct restore_wish *wish)
{
    int64_t there = 0;
    TRY(db_number(ask->db, &there,
                  "select count(*) from snapshots where id = $1 and tenant = $2 and state <> 'gone'",
                  ID(wish->snapshot), ID(wish->tenant)));
    return there ? ERR_OK : fail(ERR_MISSING, "no %s", ident_text("snp", wish->snapshot).text);
}

err_t restore_wish(struct ask *ask, const struct restore_wish *wish)
{
    Keys__RestoreAsked *out = ask->out;
    OWN(buf) words = BUF(WORDS_MAX);
    ident_t id;
    struct entry told = *wish->told;
    const struct mention on[] = {{"snp", wish->snapshot},
                                 {"dev", wish->device ? *wish->device : wish->snapshot}};
    TRY(snapshot_is_there(ask, wish));
    TRY(works_have_room(ask, wish->tenant));
    TRY(words_make(wish, &words));
    const struct work work = {.kind = wish->look ? WORK_LOOK : WORK_RESTORE,
                              .tenant = wish->tenant,
                              .target = wish->snapshot,
                              .words = words.len ? words.at : "",
                              .by = told.by};
    TRY(work_make(ask, &work, &id));
    out->work = ask_bytes(ask, ident_bytes(&id));
    TRY(arena_end(ask->arena));
    ask->idle = wish->look;
    told.act = ACT_RESTORE_BEGUN;
    told.on = on;
    told.on_count = wish->device ? 2 : 1;
    return wish->look ? ERR_OK : journal(ask, wish->tenant, &told);
}

static err_t name_is_typed(struct ask *ask, ident_t tenant, const char *typed)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows, "select name from tenants where id = $1", ID(tenant)));
    TRY(row_one(&rows));
    return str_eq(row_text(&rows, 0), str(typed))
               ? ERR_OK
               : fail(ERR_INVALID,
                      "type the name of your organisation as it is, to confirm that its data goes back");
}

/* What is not there any more has no keys: nothing of it could be read. */
static err_t device_is_there(struct ask *ask, ident_t tenant, ident_t device)
{
    int64_t there = 0;
    TRY(db_number(ask->db, &there,
                  "select (select count(*) from devices where id = $1 and tenant = $2 and state <> 'removed')"
                  " + " COPIED_DEVICE("$2", "$1"),
                  ID(device), ID(tenant)));
    return there ? ERR_OK
                 : fail(ERR_MISSING, "no %s: what was removed cannot be restored, its keys are gone",
                        ident_text("dev", device).text);
}

err_t answer_restore_ask(struct ask *ask)
{
    const Keys__RestoreAsk *in = ask->in;
    OWN(who) who = {0};
    ident_t device, snapshot;
    TRY(who_asks(ask, in->bearer, RIGHT_KEEP, &who));
    TRY(ident_from(bin(in->snapshot), &snapshot));
    if (in->device.len) {
        TRY(ident_from(bin(in->device), &device));
        TRY(device_is_there(ask, who.tenant, device));
    }
    if (!in->look)
        TRY(name_is_typed(ask, who.tenant, in->name));
    const struct entry told = {.by = who_mention(&who), .session = who.session};
    return restore_wish(
        ask, &(struct restore_wish){who.tenant, snapshot, in->device.len ? &device : NULL, in->look, &told});
}

/* A restore that the jobs process has carried out: the work says who asked for it, and whether there was one. */
err_t answer_restore_told(struct ask *ask)
{
    const Keys__RestoreTold *in = ask->in;
    OWN(rows) rows = {0};
    ident_t id;
    TRY(ident_from(bin(in->work), &id));
    TRY(db_read(ask->db, &rows,
                "select tenant, target, by, prefix, words from works where id = $1 and kind = 'restore'"
                " and state = 'running'",
                ID(id)));
    TRY(row_one(&rows));
    const struct mention on = {"snp", row_ident(&rows, 1)};
    struct entry entry = {ACT_RESTORE_DONE, .on = &on, .on_count = 1, .count = in->rows};
    entry.by = (struct mention){ask_text(ask, row_text(&rows, 3)), row_ident(&rows, 2)};
    entry.under = words_request(row_text(&rows, 4));
    TRY(arena_end(ask->arena));
    if (!row_text(&rows, 4).len) /* of everything */
        TRY(marks_restored(ask, row_ident(&rows, 0)));
    return journal(ask, row_ident(&rows, 0), &entry);
}

/* Subjects and devices of a tenant's that the erasure ledger names, a page at a time. */
err_t answer_erased_list(struct ask *ask)
{
    const Keys__ErasedAsk *in = ask->in;
    Keys__Erased *out = ask->out;
    const struct ledger *ledger = keyring_ledger(ask->keyring);
    ident_t tenant, subject;
    TRY(ident_from(bin(in->tenant), &tenant));
    out->ids = arena_array(ask->arena, ProtobufCBinaryData, ERASED_PAGE);
    TRY(arena_end(ask->arena));
    size_t at = (size_t)in->from;
    for (; at < ledger_count(ledger) && out->n_ids < ERASED_PAGE; at++)
        if (ident_eq(ledger_at(ledger, at)->tenant, tenant)) {
            TRY(subject_of(ask->db, ledger_at(ledger, at)->id, &subject));
            out->ids[out->n_ids++] = ask_bytes(ask, ident_bytes(&subject));
        }
    out->next = at < ledger_count(ledger) ? (int64_t)at : 0;
    return arena_end(ask->arena);
}

/* Drills */

static err_t drill_due(struct ask *ask, ident_t tenant)
{
    bool waits = false;
    ident_t id;
    TRY(work_waits(ask, tenant, WORK_DRILL, &waits));
    return waits ? ERR_OK : work_make(ask, &(struct work){.kind = WORK_DRILL, .tenant = tenant}, &id);
}

err_t drills_due(struct keyring *keyring, void *unused)
{
    struct ask ask = {.keyring = keyring, .env = keyring_env(keyring), .db = keyring_db(keyring)};
    OWN(buf) ids = BUF(MAX_ASK);
    moment_t now = ask.env->now(ask.env);
    (void)unused;
    TRY(db_idents(
        ask.db, &ids,
        "select id from tenants where public is not null and made < $1 and not exists"
        " (select 1 from drills where drills.tenant = tenants.id and drills.at > $2) order by id limit $3",
        N(now - DAYS(1)), N(now - DAYS(DRILL_DAYS)), N(DRILLS_AT_ONCE)));
    for_each_ident(tenant, &ids) TRY(drill_due(&ask, tenant));
    return ERR_OK;
}

err_t answer_drill_ask(struct ask *ask)
{
    const Keys__Bearer *in = ask->in;
    Keys__RestoreAsked *out = ask->out;
    OWN(who) who = {0};
    bool waits = false;
    ident_t id;
    TRY(who_asks(ask, in->bearer, RIGHT_KEEP, &who));
    TRY(work_waits(ask, who.tenant, WORK_DRILL, &waits));
    if (waits)
        return fail(ERR_CONFLICT, "a drill is under way");
    TRY(work_make(ask, &(struct work){.kind = WORK_DRILL, .tenant = who.tenant, .by = who_mention(&who)},
                  &id));
    out->work = ask_bytes(ask, ident_bytes(&id));
    return arena_end(ask->arena);
}

err_t answer_drill_told(struct ask *ask)
{
    const Keys__Drill *in = ask->in;
    ident_t tenant, snapshot;
    moment_t now = ask->env->now(ask->env);
    TRY(ident_from(bin(in->tenant), &tenant));
    TRY(ident_from(bin(in->snapshot), &snapshot));
    if (strlen(in->trouble) > TROUBLE_MAX)
        return fail(ERR_INVALID, "what is said of a drill is at most %d bytes", TROUBLE_MAX);
    TRY(db_do(ask->db,
              "insert into drills (tenant, at, snapshot, rows, bytes, ms, trouble)"
              " select id, $2, $3, $4, $5, $6, $7 from tenants where id = $1 and state <> 'erased'"
              " on conflict do nothing",
              ID(tenant), N(now), ID(snapshot), N(in->rows), N(in->bytes), N(in->ms), T(str(in->trouble))));
    const struct mention on = {"snp", snapshot};
    return journal(ask, tenant, &(struct entry){ACT_DRILL_DONE, .on = &on, .on_count = 1, .count = in->rows});
}

static Keys__Drill *drill_from(struct ask *ask, const rows_t *rows)
{
    Keys__Drill *drill = arena_new(ask->arena, Keys__Drill);
    if (!drill)
        return NULL;
    keys__drill__init(drill);
    drill->at = row_number(rows, 0);
    drill->snapshot = ask_bytes(ask, row_text(rows, 1));
    drill->rows = row_number(rows, 2);
    drill->bytes = row_number(rows, 3);
    drill->ms = row_number(rows, 4);
    drill->trouble = ask_text(ask, row_text(rows, 5));
    return drill;
}

err_t answer_drill_list(struct ask *ask)
{
    const Keys__Bearer *in = ask->in;
    Keys__Drills *out = ask->out;
    OWN(who) who = {0};
    OWN(rows) rows = {0};
    TRY(who_asks(ask, in->bearer, RIGHT_AUDIT, &who));
    TRY(behind_since(ask, who.tenant, &out->behind));
    out->items = arena_array(ask->arena, Keys__Drill *, DRILLS_SHOWN);
    TRY(arena_end(ask->arena));
    TRY(db_read(ask->db, &rows,
                "select at, snapshot, rows, bytes, ms, trouble from drills where tenant = $1"
                " order by at desc limit $2",
                ID(who.tenant), N(DRILLS_SHOWN)));
    while (row_next(&rows))
        out->items[out->n_items++] = drill_from(ask, &rows);
    TRY(rows_end(&rows));
    return arena_end(ask->arena);
}
