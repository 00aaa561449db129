/* SPDX-License-Identifier: Apache-2.0
 *
 * A snapshot given to another client: the keys of its subjects, sealed to that one.
 */
#include "admit/copies.h"
#include "admit/signing.h"
#include "keyring/commit.h"
#include "keyring/contracts.h"
#include "keyring/holds.h"
#include "keyring/journal.h"
#include "keyring/works.h"

/* Giving */

static err_t copy_of(struct ask *ask, const struct who *who, ProtobufCBinaryData named, struct copy *out)
{
    ident_t id;
    TRY(ident_from(bin(named), &id));
    TRY(copy_read(ask, id, out));
    return ident_eq(out->tenant, who->tenant) || (out->taken && ident_eq(out->whence, who->tenant))
               ? ERR_OK
               : fail(ERR_MISSING, "no %s", ident_text("cpy", id).text);
}

static err_t name_typed(struct ask *ask, ident_t tenant, const char *typed)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows, "select name from tenants where id = $1 and public is not null", ID(tenant)));
    TRY(row_one(&rows));
    return str_eq(row_text(&rows, 0), str(typed))
               ? ERR_OK
               : fail(ERR_INVALID, "the name typed is not that of the organisation that asks for the copy");
}

static err_t begun_tell(struct ask *ask, const struct who *who, const struct copy *copy)
{
    const struct mention to[] = {{"cpy", copy->id}, {"snp", copy->snapshot}, {"ten", copy->tenant}};
    const struct mention from[] = {{"cpy", copy->id}, {"ten", copy->whence}};
    const struct entry given = {ACT_COPY_BEGUN, .by = who_mention(who), .session = who->session,
                                .on = to,       .on_count = 3,          .count = copy->total};
    const struct entry received = {ACT_COPY_BEGUN, .by = BY_SERVICE, .on = from, .on_count = 2,
                                   .count = copy->total};
    TRY(journal(ask, copy->whence, &given));
    return journal(ask, copy->tenant, &received);
}

static err_t sealing_begin(struct ask *ask, const struct who *who, const struct copy *copy)
{
    TRY(db_do(ask->db, "update tenants set inherits = $2 where id = $1", ID(copy->tenant), ID(who->realm)));
    TRY(db_do(ask->db, "update copies set state = 'sealing', given_by = $2, begun = $3 where id = $1",
              ID(copy->id), ID(who->member), N(ask->env->now(ask->env))));
    return begun_tell(ask, who, copy);
}

static err_t give_act(struct signing *signing)
{
    struct ask *ask = signing->ask;
    const Keys__CopyGive *in = ask->in;
    const struct who *who = &signing->who;
    struct copy copy;
    TRY(copy_of(ask, who, in->id, &copy));
    if (!copy.taken || !ident_eq(copy.whence, who->tenant))
        return fail(ERR_DENIED, "an owner of the other organisation gives it");
    TRY(copy_is_open(ask, &copy));
    if (!copy_is(&copy, "counted"))
        return fail(ERR_CONFLICT, "the snapshot is still being counted");
    TRY(name_typed(ask, copy.tenant, in->typed));
    TRY(licence_collects(ask, copy.tenant));
    TRY(copy_has_room(ask, copy.tenant));
    TRY(sealing_begin(ask, who, &copy));
    return copy_message(ask, copy.id, ask->out);
}

err_t answer_copy_give(struct ask *ask)
{
    const Keys__CopyGive *in = ask->in;
    struct signing signing = {.ask = ask,
                              .bearer = in->bearer,
                              .act = "copy.give",
                              .password = bin(in->password),
                              .passkey = in->passkey,
                              .right = RIGHT_OWN,
                              .keyless = true,
                              .run = give_act};
    return signing_run(&signing);
}

/* Sealing */

/* A subject of the original on its way: its device's id, and its kind, as they stand there. */
struct lent {
    ident_t device;
    char kind[16];
    bool alive;
};

static err_t lent_read(struct ask *ask, const struct copy *copy, ident_t subject, struct lent *out)
{
    OWN(rows) rows = {0};
    *out = (struct lent){.alive = false};
    TRY(db_read(
        ask->db, &rows,
        "select coalesce(device, id), kind from entries where id = $1 and tenant = $2 and dead is null",
        ID(subject), ID(copy->whence)));
    out->alive = row_next(&rows);
    TRY(rows_end(&rows));
    if (out->alive) {
        out->device = row_ident(&rows, 0);
        snprintf(out->kind, sizeof out->kind, "%.*s", STR_ARG(row_text(&rows, 1)));
    }
    return ERR_OK;
}

static err_t twin_put(struct ask *ask, const struct copy *copy, ident_t subject, const struct entry_ask *twin)
{
    TRY(db_do(ask->db, "insert into twins (id, tenant, subject, copy) values ($1, $2, $3, $4)", ID(twin->id),
              ID(twin->tenant), ID(subject), ID(copy->id)));
    return db_do(ask->db,
                 "insert into entries (id, tenant, device, kind, public, made, epoch)"
                 " select $1, $2, $3, kind, public, $5, 1 from entries where id = $4",
                 ID(twin->id), ID(twin->tenant), ID(*twin->device), ID(subject), N(ask->env->now(ask->env)));
}

/* The cell stands in a shard of the copy's own. */
static err_t subject_seal(struct ask *ask, const struct who *who, const struct copy *copy, ident_t subject)
{
    struct lent lent;
    struct key pair[2];
    ident_t realm;
    OWN(buf) sealed = BUF(KEY_SIZE + BOX_EXTRA);
    TRY(lent_read(ask, copy, subject, &lent));
    if (!lent.alive) /* destroyed since it was counted */
        return ERR_OK;
    struct entry_ask twin = {
        .id = ident_new(ask->env), .tenant = copy->tenant, .device = &lent.device, .kind = lent.kind};
    TRY(tenant_keys(ask, copy->tenant, &twin.tenant_public, &realm));
    TRY(entry_pair(ask, who, subject, pair));
    box_seal(&twin.tenant_public, key_bytes(&pair[1]), &sealed);
    err_t result = buf_end(&sealed);
    if (result == ERR_OK)
        result = twin_put(ask, copy, subject, &twin);
    if (result == ERR_OK)
        result = cell_put(ask->keyring, copy->id, twin.id, CELL_ENTRY, buf_str(&sealed));
    if (result == ERR_OK)
        result = holds_follow(ask, &twin, &pair[0], &pair[1]);
    key_drop(&pair[1]);
    return result;
}

/* A work of the other client's, asked for by nobody of it. */
static err_t filling_begin(struct ask *ask, const struct copy *copy)
{
    OWN(buf) words = BUF(COPY_WORDS);
    ident_t id;
    TRY(copy_words(copy->whence, copy->snapshot, &words));
    TRY(db_do(ask->db, "update copies set state = 'filling' where id = $1", ID(copy->id)));
    TRY(work_make(
        ask, &(struct work){.kind = WORK_COPY, .tenant = copy->tenant, .target = copy->id, .words = words.at},
        &id));
    keyring_wake(ask->keyring);
    return ERR_OK;
}

static err_t some_seal(struct ask *ask, const struct who *who, const struct copy *copy)
{
    OWN(buf) ids = BUF(COPY_BATCH * sizeof(ident_t));
    TRY(db_idents(ask->db, &ids, "select subject from lending where copy = $1 order by subject limit $2",
                  ID(copy->id), N(COPY_BATCH)));
    for_each_ident(subject, &ids)
    {
        TRY(subject_seal(ask, who, copy, subject));
        TRY(db_do(ask->db, "delete from lending where copy = $1 and subject = $2", ID(copy->id),
                  ID(subject)));
    }
    return ids.len / sizeof(ident_t) == COPY_BATCH ? ERR_OK : filling_begin(ask, copy);
}

/* Giving up */

static err_t held_end(struct ask *ask, ident_t subject)
{
    OWN(buf) held = BUF(MAX_ASK);
    TRY(db_idents(ask->db, &held, "select id from held where subject = $1", ID(subject)));
    for_each_ident(id, &held) TRY(cell_destroy(ask->keyring, id, CELL_HELD));
    return db_do(ask->db, "delete from held where subject = $1", ID(subject));
}

/* Grants, exports and holds of the other client that were made meanwhile. */
static err_t seconds_end(struct ask *ask, const struct copy *copy)
{
    OWN(buf) ids = BUF(MAX_MEMORY);
    TRY(db_idents(ask->db, &ids,
                  "select subject from (select subject from granted union select subject from exported union"
                  " select subject from held) where subject in (select id from twins where copy = $1)",
                  ID(copy->id)));
    for_each_ident(id, &ids)
    {
        const struct ledger_line line = {LEDGER_SUBJECT, copy->tenant, id, ask->env->now(ask->env)};
        TRY(keyring_destroy(ask->keyring, &line));
        TRY(held_end(ask, id));
    }
    return ERR_OK;
}

/* No row of any store names them: nothing of them has to be remembered. $1 is the copy. */
static const char *const given_up[] = {
    "delete from cells where shard in (select id from shards where tenant = $1)",
    "update shards set cells = 0, marked = 1 where tenant = $1",
    "delete from entries where id in (select id from twins where copy = $1)",
    "delete from twins where copy = $1",
    "delete from lending where copy = $1",
    "update tenants set inherits = null where id = (select tenant from copies where id = $1 and state in ('sealing', 'filling'))",
};

static err_t keys_end(struct ask *ask, const struct copy *copy)
{
    TRY(seconds_end(ask, copy));
    for (size_t i = 0; i < sizeof given_up / sizeof *given_up; i++)
        TRY(db_run_args(ask->db, given_up[i], &ID(copy->id), 1));
    ask->keyring->destroyed = true;
    return ERR_OK;
}

static err_t copy_may_end(struct ask *ask, const struct copy *copy)
{
    bool waits = false;
    if (copy_is(copy, "done") || copy_is(copy, "ended"))
        return fail(ERR_CONFLICT, "the copy is %.*s", STR_ARG(copy->state));
    TRY(work_waits(ask, copy->tenant, WORK_COPY, &waits));
    return waits ? fail(ERR_BUSY, "the records are being written: try again") : ERR_OK;
}

static err_t copy_end(struct ask *ask, const struct who *who, const struct copy *copy)
{
    const struct mention on = {"cpy", copy->id};
    struct entry entry = {ACT_COPY_ENDED, .by = who_mention(who), .session = who->session, .on = &on,
                          .on_count = 1};
    TRY(copy_may_end(ask, copy));
    TRY(db_number(ask->db, &entry.count, "select count(*) from twins where copy = $1", ID(copy->id)));
    TRY(keys_end(ask, copy));
    TRY(db_do(ask->db, "update copies set state = 'ended', ended = $2 where id = $1", ID(copy->id),
              N(ask->env->now(ask->env))));
    TRY(journal(ask, who->tenant, &entry));
    if (!copy->taken)
        return ERR_OK;
    entry.by = BY_SERVICE;
    entry.session = (ident_t){{0}};
    return journal(ask, ident_eq(who->tenant, copy->tenant) ? copy->whence : copy->tenant, &entry);
}

/* Going on */

static err_t fill_again(struct ask *ask, const struct copy *copy)
{
    bool waits = false;
    TRY(work_waits(ask, copy->tenant, WORK_COPY, &waits));
    return waits ? ERR_OK : filling_begin(ask, copy);
}

static err_t step(struct ask *ask, const struct who *who, const struct copy *copy)
{
    const Keys__CopyAct *in = ask->in;
    if (in->ends)
        return copy_end(ask, who, copy);
    if (copy_is(copy, "filling"))
        return fill_again(ask, copy);
    if (!copy_is(copy, "sealing") || !ident_eq(who->tenant, copy->whence))
        return ERR_OK;
    return who->keyed ? some_seal(ask, who, copy)
                      : fail(ERR_LOCKED, "you wait for the key: an owner has to release it to you");
}

static err_t go_on_act(struct keyring *keyring, void *with)
{
    struct ask *ask = with;
    const Keys__CopyAct *in = ask->in;
    OWN(who) who = {0};
    struct copy copy;
    (void)keyring;
    TRY(who_asks(ask, in->bearer, RIGHT_OWN, &who));
    TRY(copy_of(ask, &who, in->id, &copy));
    TRY(step(ask, &who, &copy));
    keys__copy__init(ask->out);
    return copy_message(ask, copy.id, ask->out);
}

err_t answer_copy_go_on(struct ask *ask)
{
    const Keys__Copy *out = ask->out;
    for (int round = 0; round < COPY_ROUNDS; round++) {
        TRY(keyring_write(ask->keyring, go_on_act, ask));
        if (strcmp(out->state, "sealing") != 0)
            break;
    }
    return ERR_OK;
}
