/* SPDX-License-Identifier: Apache-2.0 */
#include "keyring/twins.h"

#include "keyring/commit.h"
#include "keyring/journal.h"

err_t entry_of(struct ask *ask, ident_t tenant, ident_t subject, ident_t *out_entry)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows, "select " ENTRY_OF("$1", "$2"), ID(tenant), ID(subject)));
    TRY(row_one(&rows));
    *out_entry = row_ident(&rows, 0);
    return ERR_OK;
}

err_t subject_of(struct db *db, ident_t entry, ident_t *out_subject)
{
    OWN(rows) rows = {0};
    TRY(db_read(db, &rows, "select " SUBJECT_OF("$1"), ID(entry)));
    TRY(row_one(&rows));
    *out_subject = row_ident(&rows, 0);
    return ERR_OK;
}

err_t realm_read(struct ask *ask, ident_t tenant, ident_t *out_realm)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows, "select coalesce(inherits, realm) from tenants where id = $1", ID(tenant)));
    TRY(row_one(&rows));
    *out_realm = row_ident(&rows, 0);
    return ERR_OK;
}

err_t copy_settled(struct ask *ask, ident_t tenant)
{
    int64_t under_way = 0;
    TRY(db_number(ask->db, &under_way,
                  "select count(*) from copies where tenant = $1 and state in ('sealing', 'filling')",
                  ID(tenant)));
    return under_way ? fail(ERR_BUSY, "a copy of another organisation's data is on its way here: try again")
                     : ERR_OK;
}

/* Reaching */

/* One twin: where it is, what of, and where that comes from. */
struct twin {
    ident_t id, tenant, subject, whence, device;
    bool is_device, is_person;
};

/* Its rows go as those of anybody who was forgotten here; nobody here has asked for it, so it names no member. */
static err_t rows_forget(struct ask *ask, const struct twin *twin)
{
    const ident_t id = ident_new(ask->env);
    TRY(keyring_counted(ask->keyring));
    TRY(db_do(ask->db,
              "insert into forgotten (id, tenant, by, at, mentions, entry, dropped, removed, rolled)"
              " select $1, $2, $3, $4, 0, entries - 1, 0, 0, 0 from logs where id = $2",
              ID(id), ID(twin->tenant), B(STR("")), N(ask->env->now(ask->env))));
    return db_do(ask->db,
                 "insert into forgotten_subjects (subject, forgotten, device, withheld, lifted)"
                 " values ($1, $2, $3, 0, 0) on conflict (subject) do nothing",
                 ID(twin->id), ID(id), ID(twin->device));
}

static err_t reach_tell(struct ask *ask, const struct twin *twin)
{
    const struct mention here[] = {{twin->is_device ? "dev" : "acc", twin->subject}, {"ten", twin->whence}};
    const struct mention there[] = {here[0], {"ten", twin->tenant}};
    struct entry entry = {ACT_COPY_REACHED, .by = BY_SERVICE, .on = here, .on_count = 2};
    TRY(journal(ask, twin->tenant, &entry));
    if (twin->is_person)
        TRY(rows_forget(ask, twin));
    entry.on = there;
    return journal(ask, twin->whence, &entry);
}

static err_t twin_read(struct ask *ask, ident_t id, struct twin *out)
{
    OWN(rows) rows = {0};
    *out = (struct twin){.id = id};
    TRY(db_read(
        ask->db, &rows,
        "select twins.tenant, twins.subject, copies.whence, entries.kind, entries.device from twins"
        " join copies on copies.id = twins.copy join entries on entries.id = twins.id where twins.id = $1",
        ID(id)));
    TRY(row_one(&rows));
    out->tenant = row_ident(&rows, 0);
    out->subject = row_ident(&rows, 1);
    out->whence = row_ident(&rows, 2);
    out->is_device = str_eq(row_text(&rows, 3), STR("device"));
    out->is_person = str_eq(row_text(&rows, 3), STR("person"));
    out->device = row_ident(&rows, 4);
    return ERR_OK;
}

static err_t twin_end(struct ask *ask, ident_t id)
{
    struct twin twin;
    TRY(twin_read(ask, id, &twin));
    TRY(exports_forget(ask, id));
    TRY(keyring_destroy(ask->keyring, &(struct ledger_line){twin.is_device ? LEDGER_DEVICE : LEDGER_SUBJECT,
                                                            twin.tenant, id, ask->env->now(ask->env)}));
    return twin.is_device || twin.is_person ? reach_tell(ask, &twin)
                                            : ERR_OK; /* a person's launches go with it */
}

err_t twins_reach(struct ask *ask, ident_t entry)
{
    OWN(buf) ids = BUF(MAX_ASK);
    TRY(db_idents(ask->db, &ids,
                  "select twins.id from twins join entries on entries.id = twins.id"
                  " join copies on copies.id = twins.copy"
                  " where twins.subject = $1 and entries.dead is null and copies.state <> 'ended'",
                  ID(entry)));
    for_each_ident(id, &ids) TRY(twin_end(ask, id));
    return ERR_OK;
}

err_t twins_count(struct ask *ask, ident_t subject, int64_t *out_twins, int64_t *out_held)
{
    TRY(db_number(ask->db, out_twins,
                  "select count(*) from twins join entries on entries.id = twins.id"
                  " join copies on copies.id = twins.copy"
                  " where twins.subject = $1 and entries.dead is null and copies.state <> 'ended'",
                  ID(subject)));
    return db_number(ask->db, out_held,
                     "select count(distinct twins.id) from twins join held on held.subject = twins.id"
                     " where twins.subject = $1",
                     ID(subject));
}

/* Erasing */

static err_t over_tell(struct ask *ask, ident_t copy)
{
    OWN(rows) rows = {0};
    const struct mention on = {"cpy", copy};
    struct entry entry = {ACT_COPY_ENDED, .by = BY_SERVICE, .on = &on, .on_count = 1};
    TRY(db_read(
        ask->db, &rows,
        "select tenant, whence, (select count(*) from twins where copy = $1) from copies where id = $1",
        ID(copy)));
    TRY(row_one(&rows));
    entry.count = row_number(&rows, 2);
    TRY(journal(ask, row_ident(&rows, 0), &entry));
    return row_text(&rows, 1).len ? journal(ask, row_ident(&rows, 1), &entry) : ERR_OK;
}

err_t twins_over_tell(struct ask *ask, ident_t tenant)
{
    OWN(buf) ids = BUF(MAX_ASK);
    TRY(db_idents(ask->db, &ids,
                  "select id from copies where (tenant = $1 or whence = $1) and length(whence) > 0"
                  " and state <> 'ended'",
                  ID(tenant)));
    for_each_ident(id, &ids) TRY(over_tell(ask, id));
    return ERR_OK;
}

/* $1 is the client, $2 when. */
#define ITS_COPIES "(select id from copies where tenant = $1 or whence = $1)"
static const char *const over[] = {
    "insert into dead_shards (id, tenant, rolled) select id, $1, 0 from shards where $2 > 0"
    " and tenant in " ITS_COPIES,
    "delete from shards where $2 > 0 and tenant in " ITS_COPIES,
    "delete from lending where $2 > 0 and copy in " ITS_COPIES,
    "update entries set public = null, epoch = epoch + 1, dead = $2 where dead is null and id in"
    " (select twins.id from twins join copies on copies.id = twins.copy where copies.whence = $1)",
    "update copies set state = 'ended', ended = $2 where (tenant = $1 or whence = $1) and state <> 'ended'",
};

err_t twins_over(struct keyring *keyring, const struct ledger_line *line)
{
    const arg_t args[] = {ID(line->tenant), N(line->at)};
    for (size_t i = 0; i < sizeof over / sizeof *over; i++)
        TRY(db_run_args(keyring->db, over[i], args, 2));
    return ERR_OK;
}
