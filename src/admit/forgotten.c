/* SPDX-License-Identifier: Apache-2.0
 *
 * What is known of people who were forgotten: ids, and how far it has come; and what their endpoints are told.
 */
#include "admit/forget.h"
#include "keyring/holds.h"
#include "keyring/journal.h"
#include "keyring/labels.h"
#include "keyring/locks.h"
#include "keyring/rekey.h"
#include "keyring/twins.h"
#include "tlog/withhold.h"

/* What is due at once: as many of each, with all their accounts and whole notes, fit into one answer. */
enum { DUE_MOST = 32, SUBJECT_MOST = 64 };
_Static_assert(DUE_MOST *(WITHHOLD_MAX + (FORGET_MOST + 1) * SUBJECT_MOST) < MAX_ASK, "of one answer");

/* Messages */

#define NAMED SUBJECT_OF("forgotten_subjects.subject")

static err_t subjects_message(struct ask *ask, ident_t id, Keys__Forgotten *out)
{
    OWN(rows) rows = {0};
    int64_t room = 0;
    TRY(db_number(ask->db, &room, "select count(*) from forgotten_subjects where forgotten = $1", ID(id)));
    out->subjects = arena_array(ask->arena, Keys__ForgottenSubject *, (size_t)room + 1);
    TRY(arena_end(ask->arena));
    TRY(db_read(ask->db, &rows,
                "select device, withheld, lifted, " NAMED " from forgotten_subjects where forgotten = $1"
                " order by 4",
                ID(id)));
    while (out->n_subjects < (size_t)room && row_next(&rows)) {
        Keys__ForgottenSubject *subject = out->subjects[out->n_subjects++] =
            arena_new(ask->arena, Keys__ForgottenSubject);
        TRY(arena_end(ask->arena));
        keys__forgotten_subject__init(subject);
        subject->id = ask_bytes(ask, row_text(&rows, 3));
        subject->device = ask_bytes(ask, row_text(&rows, 0));
        subject->withheld = row_number(&rows, 1) != 0;
        subject->lifted = row_number(&rows, 2);
    }
    TRY(rows_end(&rows));
    return arena_end(ask->arena);
}

/* What the keyring still holds under their ids: nothing, and whoever proves it looks. */
static err_t keys_count(struct ask *ask, Keys__Forgotten *out)
{
    for (size_t i = 0; i < out->n_subjects; i++) {
        ident_t id, tenant;
        bool held = false;
        TRY(ident_from(bin(out->subjects[i]->id), &id));
        TRY(ident_from(bin(out->tenant), &tenant));
        TRY(hold_covers(ask, tenant, id, &held));
        out->subjects[i]->held = held;
        const ident_t launches = launches_of(id), videos = videos_of(id);
        TRY(db_number(ask->db, &out->subjects[i]->keys,
                      "select count(*) from cells where id in (" ENTRY_OF("$3", "$1") ", " ENTRY_OF(
                          "$3", "$2") ", " ENTRY_OF("$3", "$4") ")",
                      ID(id), ID(launches), ID(tenant), ID(videos)));
    }
    return ERR_OK;
}

err_t forgotten_message(struct ask *ask, ident_t id, Keys__Forgotten *out)
{
    OWN(rows) rows = {0};
    TRY(db_read(
        ask->db, &rows,
        "select tenant, by, at, mentions, entry, dropped, removed, rolled from forgotten where id = $1",
        ID(id)));
    TRY(row_one(&rows));
    out->id = ask_bytes(ask, ident_bytes(&id));
    out->tenant = ask_bytes(ask, row_text(&rows, 0));
    out->by = ask_bytes(ask, row_text(&rows, 1));
    out->at = row_number(&rows, 2);
    out->mentions = row_number(&rows, 3);
    out->entry = row_number(&rows, 4);
    out->dropped = row_number(&rows, 5);
    out->removed = row_number(&rows, 6);
    out->rolled = row_number(&rows, 7);
    TRY(subjects_message(ask, id, out));
    return keys_count(ask, out);
}

static err_t messages_fill(struct ask *ask, const buf_t *ids, Keys__Forgotten ***out_items, size_t *out_count)
{
    *out_items = arena_array(ask->arena, Keys__Forgotten *, ids->len / 16 + 1);
    TRY(arena_end(ask->arena));
    for_each_ident(id, ids)
    {
        Keys__Forgotten *item = (*out_items)[*out_count] = arena_new(ask->arena, Keys__Forgotten);
        TRY(arena_end(ask->arena));
        keys__forgotten__init(item);
        TRY(forgotten_message(ask, id, item));
        ++*out_count;
    }
    return ERR_OK;
}

err_t answer_forgotten_list(struct ask *ask)
{
    const Keys__Bearer *in = ask->in;
    Keys__Forgottens *out = ask->out;
    OWN(who) who = {0};
    OWN(buf) ids = BUF(FORGOTTEN_LIST * 16);
    TRY(who_asks(ask, in->bearer, RIGHT_AUDIT, &who));
    TRY(db_idents(ask->db, &ids, "select id from forgotten where tenant = $1 order by at desc, id limit $2",
                  ID(who.tenant), N(FORGOTTEN_LIST)));
    return messages_fill(ask, &ids, &out->items, &out->n_items);
}

/* What is still to be done */

static Keys__Withheld *withheld_from(struct ask *ask, const rows_t *rows)
{
    Keys__Withheld *withheld = arena_new(ask->arena, Keys__Withheld);
    if (!withheld)
        return NULL;
    keys__withheld__init(withheld);
    withheld->tenant = ask_bytes(ask, row_text(rows, 0));
    withheld->device = ask_bytes(ask, row_text(rows, 1));
    withheld->number = row_number(rows, 2);
    withheld->made = row_number(rows, 3);
    withheld->note = ask_text(ask, row_text(rows, 4));
    return withheld;
}

/* What a legal hold keeps, or a store that is shut, stays due: each client has its share of an answer, and each of what is due
 * comes into one sooner or later. */
#define SHARED(rows) \
    "(select *, row_number() over (partition by tenant order by random()) as turn from " rows \
    ") order by turn, random()"

err_t answer_forget_due(struct ask *ask)
{
    Keys__ForgetDue *out = ask->out;
    OWN(rows) rows = {0};
    OWN(buf) ids = BUF(DUE_MOST * 16);
    TRY(db_idents(ask->db, &ids, "select id from " SHARED("forgotten where removed = 0") " limit $1",
                  N(DUE_MOST)));
    TRY(messages_fill(ask, &ids, &out->items, &out->n_items));
    out->withheld = arena_array(ask->arena, Keys__Withheld *, DUE_MOST);
    TRY(arena_end(ask->arena));
    TRY(db_read(
        ask->db, &rows,
        "select tenant, device, number, made, note from " SHARED("withheld where kept = 0") " limit $1",
        N(DUE_MOST)));
    while (out->n_withheld < DUE_MOST && row_next(&rows))
        out->withheld[out->n_withheld++] = withheld_from(ask, &rows);
    TRY(rows_end(&rows));
    return arena_end(ask->arena);
}

/* Rows may still arrive that were sealed before: they count as removed once no writer can hold a key of theirs, and no hold
 * keeps any of them. */
static err_t removed_put(struct ask *ask, str_t named)
{
    Keys__Forgotten one = KEYS__FORGOTTEN__INIT;
    moment_t now = ask->env->now(ask->env);
    ident_t id;
    TRY(ident_from(named, &id));
    TRY(forgotten_message(ask, id, &one));
    for (size_t i = 0; i < one.n_subjects; i++)
        if (one.subjects[i]->held)
            return ERR_OK;
    return db_do(ask->db, "update forgotten set removed = $2 where id = $1 and removed = 0 and at <= $3",
                 ID(id), N(now), N(now - WRITERS_MS));
}

err_t answer_forget_done(struct ask *ask)
{
    const Keys__ForgetDone *in = ask->in;
    for (size_t i = 0; i < in->n_ids; i++)
        TRY(removed_put(ask, bin(in->ids[i])));
    for (size_t i = 0; i < in->n_kept; i++)
        TRY(db_do(ask->db, "update withheld set kept = 1 where device = $1 and number = $2",
                  B(bin(in->kept[i]->device)), N(in->kept[i]->number)));
    return ERR_OK;
}

/* A process that has just begun holds no data key at all. */
err_t answer_forget_dropped(struct ask *ask)
{
    const Keys__ForgetDone *in = ask->in;
    moment_t now = ask->env->now(ask->env);
    if (!in->n_ids)
        return db_do(ask->db, "update forgotten set dropped = $1 where dropped = 0", N(now));
    for (size_t i = 0; i < in->n_ids; i++)
        TRY(db_do(ask->db, "update forgotten set dropped = $2 where id = $1 and dropped = 0",
                  B(bin(in->ids[i])), N(now)));
    return ERR_OK;
}

/* A writer that has not said so has its leases run out. */
err_t forgotten_due(struct ask *ask)
{
    moment_t now = ask->env->now(ask->env);
    TRY(forgettings_finish(ask));
    TRY(db_do(ask->db, "update forgotten set dropped = $1 where dropped = 0 and at <= $2", N(now),
              N(now - WRITERS_MS)));
    return db_do(ask->db,
                 "update forgotten set rolled = $1 where rolled = 0 and not exists"
                 " (select 1 from shards where marked = 1 and (shards.tenant = forgotten.tenant"
                 " or shards.tenant in (select id from copies where copies.tenant = forgotten.tenant)))",
                 N(now));
}

/* Endpoints */

err_t withholder_seed(struct ask *ask, const struct who *who, struct key *out_seed)
{
    OWN(buf) sealed = BUF(KEY_SIZE + BOX_EXTRA);
    OWN(buf) seed = BUF(KEY_SIZE);
    err_t found = cell_get(ask->keyring, who->tenant, CELL_WITHHOLDER, &sealed);
    if (found == ERR_MISSING) {
        withhold_seed(&who->tenant_private, out_seed);
        return ERR_OK;
    }
    TRY(found);
    TRY(tenant_open(ask, who, buf_str(&sealed), &seed));
    return key_from(buf_str(&seed), out_seed);
}

static err_t withholder_open(struct ask *ask, const struct who *who, struct note_signer *out_signer)
{
    OWN(key) seed = {{0}};
    TRY(withholder_seed(ask, who, &seed));
    return withhold_signer(who->tenant, &seed, out_signer);
}

err_t withholder_ensure(struct ask *ask, const struct who *who)
{
    OWN(note_signer) signer = {0};
    OWN(buf) key = BUF(512);
    if (!who->keyed || who->is_staff)
        return ERR_OK;
    TRY(withholder_open(ask, who, &signer));
    note_key_put(&key, &signer.key);
    TRY(buf_end(&key));
    return db_do(ask->db, "insert into withholders (tenant, key) values ($1, $2) on conflict do nothing",
                 ID(who->tenant), T(buf_str(&key)));
}

static err_t withhold_fill(struct ask *ask, ident_t device, struct withhold *out)
{
    OWN(buf) accounts = BUF((WITHHOLD_MOST + 1) * 16);
    TRY(db_number(ask->db, (int64_t *)&out->number,
                  "select coalesce(max(number), 0) + 1 from withheld where device = $1", ID(device)));
    TRY(db_idents(ask->db, &accounts,
                  "select subject from forgotten_subjects where device = $1 and lifted = 0 and withheld = 1"
                  " order by subject limit $2",
                  ID(device), N(WITHHOLD_MOST + 1)));
    if (accounts.len > WITHHOLD_MOST * 16)
        return fail(ERR_TOO_LARGE, "%s withholds %d accounts already: remove the device instead",
                    ident_text("dev", device).text, WITHHOLD_MOST);
    for_each_ident(account, &accounts) out->accounts[out->count++] = account;
    return ERR_OK;
}

static err_t withheld_put(struct ask *ask, const struct withhold *withhold, str_t note)
{
    return db_do(
        ask->db,
        "insert into withheld (device, tenant, number, made, note, kept) values ($1, $2, $3, $4, $5, 0)"
        " on conflict (device) do update set number = excluded.number, made = excluded.made,"
        " note = excluded.note, kept = 0",
        ID(withhold->device), ID(withhold->tenant), N((int64_t)withhold->number), N(withhold->made), T(note));
}

err_t device_withhold(struct ask *ask, const struct who *who, ident_t device, Keys__Withheld **out_note)
{
    OWN(note_signer) signer = {0};
    OWN(buf) note = BUF(WITHHOLD_MAX);
    OWN(rows) rows = {0};
    struct withhold *withhold = arena_new(ask->arena, struct withhold);
    TRY(arena_end(ask->arena));
    withhold->tenant = who->tenant;
    withhold->device = device;
    withhold->made = ask->env->now(ask->env) / SECONDS(1) * SECONDS(1);
    TRY(withholder_ensure(ask, who));
    TRY(withhold_fill(ask, device, withhold));
    TRY(withholder_open(ask, who, &signer));
    TRY(withhold_sign(&signer, withhold, &note));
    TRY(withheld_put(ask, withhold, buf_str(&note)));
    TRY(db_read(ask->db, &rows, "select tenant, device, number, made, note from withheld where device = $1",
                ID(device)));
    TRY(row_one(&rows));
    *out_note = withheld_from(ask, &rows);
    return arena_end(ask->arena);
}

/* As a device of the tenant asks: the key alone, which is public. */
err_t answer_withholder(struct ask *ask)
{
    const Keys__Subjects *in = ask->in;
    Keys__Signer *out = ask->out;
    OWN(rows) rows = {0};
    TRY(device_live(ask, bin(in->tenant), bin(in->device)));
    TRY(db_read(ask->db, &rows, "select key from withholders where tenant = $1", B(bin(in->tenant))));
    out->key = ask_text(ask, row_next(&rows) ? row_text(&rows, 0) : STR(""));
    TRY(rows_end(&rows));
    return arena_end(ask->arena);
}

/* Labels: what people called a token or a deployment key may name somebody. */

static err_t label_of(struct ask *ask, const struct who *who, ident_t id, struct mention *out)
{
    int64_t tokens = 0, deployments = 0;
    TRY(db_number(ask->db, &tokens,
                  "select count(*) from members where id = $1 and tenant = $2 and kind = 'token'", ID(id),
                  ID(who->tenant)));
    TRY(db_number(ask->db, &deployments, "select count(*) from deployments where id = $1 and tenant = $2",
                  ID(id), ID(who->tenant)));
    *out = (struct mention){tokens ? "tok" : "dpl", id};
    return tokens || deployments ? ERR_OK : fail(ERR_MISSING, "no token or deployment key of this id");
}

err_t answer_label_set(struct ask *ask)
{
    const Keys__LabelSet *in = ask->in;
    OWN(who) who = {0};
    struct mention on;
    ident_t id;
    TRY(who_asks(ask, in->bearer, RIGHT_PRIVACY, &who));
    TRY(ident_from(bin(in->id), &id));
    TRY(label_of(ask, &who, id, &on));
    if (!is_name(in->name))
        return fail(ERR_INVALID, "a name has 1 to %d bytes", MAX_NAME);
    TRY(cell_destroy(ask->keyring, id, CELL_LABEL));
    TRY(label_put(ask, &who, id, str(in->name)));
    return journal_one(ask, &who, ACT_LABEL_CHANGED, on);
}
