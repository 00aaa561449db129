/* SPDX-License-Identifier: Apache-2.0
 *
 * The witnesses that clients run for their logs: which, when each is asked, and how far it has cosigned. The jobs process
 * asks them; what it says of one stands here, and nothing that is signed depends on it.
 *
 * Each is asked once a minute, so that its moments tell silence from an end; one that fails ever less often, down to once
 * in a quarter of an hour.
 */
#include "keyring/journal.h"
#include "notify/reach.h"
#include "tlog/note.h"

enum { AT_ONCE = 64, TROUBLE_MAX = 200, EVERY_MS = 60 * 1000, DOUBLINGS = 4, LATEST_MS = 15 * 60 * 1000 };

#define WITNESS_COLUMNS \
    "witnesses.log, witnesses.url, witnesses.key, witnesses.size, witnesses.seen, witnesses.trouble, logs.key," \
    " logs.origin"

static Keys__Witness *witness_from(struct ask *ask, const rows_t *rows)
{
    Keys__Witness *witness = arena_new(ask->arena, Keys__Witness);
    if (!witness)
        return NULL;
    keys__witness__init(witness);
    witness->log = ask_bytes(ask, row_text(rows, 0));
    witness->url = ask_text(ask, row_text(rows, 1));
    witness->key = ask_text(ask, row_text(rows, 2));
    witness->size = row_number(rows, 3);
    witness->seen = row_number(rows, 4);
    witness->trouble = ask_text(ask, row_text(rows, 5));
    witness->log_key = ask_text(ask, row_text(rows, 6));
    witness->origin = ask_text(ask, row_text(rows, 7));
    return witness;
}

err_t witness_of(struct ask *ask, ident_t log, Keys__Witness **out_witness)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows,
                "select " WITNESS_COLUMNS
                " from witnesses join logs on logs.id = witnesses.log where witnesses.log = $1",
                ID(log)));
    *out_witness = row_next(&rows) ? witness_from(ask, &rows) : NULL;
    TRY(rows_end(&rows));
    return arena_end(ask->arena);
}

/* A key of another kind than a witness's would verify nothing that a witness says. */
static err_t witness_check(const Keys__WitnessSet *in, const char *own_key)
{
    struct reach reach;
    struct note_key key;
    TRY(reach_read(str(in->url), &reach));
    if (note_key_read(str(in->key), &key) != ERR_OK || key.kind != NOTE_COSIGNATURE)
        return fail(ERR_INVALID, "the key is not that of a witness: custody-verify witness prints it");
    return strcmp(in->key, own_key) ? ERR_OK : fail(ERR_INVALID, "the log's own clock is no witness");
}

static err_t witness_keep(struct ask *ask, ident_t tenant)
{
    const Keys__WitnessSet *in = ask->in;
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows, "select clock from logs where id = $1", ID(tenant)));
    TRY(row_one(&rows));
    TRY(witness_check(in, ask_text(ask, row_text(&rows, 0))));
    return db_do(
        ask->db,
        "insert into witnesses (log, url, key, size, seen, failures, due, trouble)"
        " values ($1, $2, $3, 0, 0, 0, 0, '')"
        " on conflict (log) do update set url = excluded.url, key = excluded.key, failures = 0, due = 0,"
        " trouble = '', size = case when key = excluded.key then size else 0 end,"
        " seen = case when key = excluded.key then seen else 0 end",
        ID(tenant), T(str(in->url)), T(str(in->key)));
}

err_t answer_witness_set(struct ask *ask)
{
    const Keys__WitnessSet *in = ask->in;
    OWN(who) who = {0};
    TRY(who_asks(ask, in->bearer, RIGHT_OWN, &who));
    struct entry entry = {ACT_WITNESS_CHANGED, .by = who_mention(&who), .session = who.session,
                          .count = *in->url != 0};
    TRY(journal_ensure(ask, who.tenant));
    if (*in->url)
        TRY(witness_keep(ask, who.tenant));
    else
        TRY(db_do(ask->db, "delete from witnesses where log = $1", ID(who.tenant)));
    return journal(ask, who.tenant, &entry);
}

err_t answer_witness_due(struct ask *ask)
{
    Keys__Witnesses *out = ask->out;
    OWN(rows) rows = {0};
    out->items = arena_array(ask->arena, Keys__Witness *, AT_ONCE);
    TRY(arena_end(ask->arena));
    TRY(db_read(ask->db, &rows,
                "select " WITNESS_COLUMNS " from witnesses join logs on logs.id = witnesses.log"
                " where witnesses.due <= $1 and logs.size > 0 order by witnesses.due, witnesses.log limit $2",
                N(ask->env->now(ask->env)), N(AT_ONCE)));
    while (out->n_items < AT_ONCE && row_next(&rows))
        out->items[out->n_items++] = witness_from(ask, &rows);
    TRY(rows_end(&rows));
    return arena_end(ask->arena);
}

/* Of a witness that was changed meanwhile nothing is known. */
err_t answer_witness_told(struct ask *ask)
{
    const Keys__Witness *in = ask->in;
    ident_t log;
    moment_t now = ask->env->now(ask->env), later;
    int64_t failures = 0;
    TRY(ident_from(bin(in->log), &log));
    if (*in->trouble && (!is_name(in->trouble) || strlen(in->trouble) > TROUBLE_MAX))
        return fail(ERR_INVALID, "a witness that did not cosign has a reason");
    TRY(db_number(ask->db, &failures, "select coalesce(max(failures), 0) from witnesses where log = $1",
                  ID(log)));
    later = (moment_t)EVERY_MS << (*in->trouble && failures < DOUBLINGS ? failures
                                   : *in->trouble                       ? DOUBLINGS
                                                                        : 0);
    return db_do(ask->db,
                 "update witnesses set size = $4, seen = max(seen, $5), trouble = $6, due = $7,"
                 " failures = case when $6 = '' then 0 else failures + 1 end"
                 " where log = $1 and url = $2 and key = $3",
                 ID(log), T(str(in->url)), T(str(in->key)), N(in->size), N(in->seen), T(str(in->trouble)),
                 N(now + (later < LATEST_MS ? later : LATEST_MS)));
}
