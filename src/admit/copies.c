/* SPDX-License-Identifier: Apache-2.0
 *
 * What is known of copies: codes made and brought, what the jobs process counts and fills, and a list for either side.
 */
#include "admit/copies.h"

#include "keyring/contracts.h"
#include "keyring/journal.h"
#include "keyring/locks.h"
#include "keyring/works.h"

enum { SHOWN = 100 };

bool copy_is(const struct copy *copy, const char *state) { return str_eq(copy->state, str(state)); }

err_t copy_read(struct ask *ask, ident_t id, struct copy *out)
{
    OWN(rows) rows = {0};
    *out = (struct copy){.id = id};
    TRY(db_read(ask->db, &rows,
                "select tenant, whence, snapshot, state, until, total from copies where id = $1", ID(id)));
    if (!row_next(&rows)) {
        TRY(rows_end(&rows));
        return fail(ERR_MISSING, "no %s", ident_text("cpy", id).text);
    }
    out->tenant = row_ident(&rows, 0);
    out->taken = row_text(&rows, 1).len > 0;
    if (out->taken) {
        out->whence = row_ident(&rows, 1);
        out->snapshot = row_ident(&rows, 2);
    }
    out->state = arena_copy(ask->arena, row_text(&rows, 3));
    out->until = row_number(&rows, 4);
    out->total = row_number(&rows, 5);
    return arena_end(ask->arena);
}

err_t copy_is_open(struct ask *ask, const struct copy *copy)
{
    bool before = copy_is(copy, "offered") || copy_is(copy, "counting") || copy_is(copy, "counted");
    return before && copy->until > ask->env->now(ask->env)
               ? ERR_OK
               : fail(ERR_DENIED, "the code was used, or its hour is over: ask for a new one");
}

err_t copy_has_room(struct ask *ask, ident_t tenant)
{
    int64_t held = 0;
    TRY(db_number(ask->db, &held,
                  "select (select count(*) from devices where tenant = $1) + (select count(*) from entries"
                  " where tenant = $1 and (device is not null or kind <> 'person'))",
                  ID(tenant)));
    return held ? fail(ERR_CONFLICT,
                       "the organisation has, or had, devices of its own: a copy goes into an empty one")
                : copy_settled(ask, tenant);
}

/* Messages */

/* Of what the jobs process did last, where that failed. */
static err_t trouble_read(struct ask *ask, ident_t id, Keys__Copy *out)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows,
                "select state, note from works where target = $1 order by made desc, rowid desc limit 1",
                ID(id)));
    bool failed = row_next(&rows) && str_eq(row_text(&rows, 0), STR("failed"));
    out->trouble = ask_text(ask, failed ? row_text(&rows, 1) : STR(""));
    return rows_end(&rows);
}

static void message_from(struct ask *ask, const rows_t *rows, Keys__Copy *out)
{
    out->id = ask_bytes(ask, row_text(rows, 0));
    out->tenant = ask_bytes(ask, row_text(rows, 1));
    out->name = ask_text(ask, row_text(rows, 2));
    out->whence = ask_bytes(ask, row_text(rows, 3));
    out->snapshot = ask_bytes(ask, row_text(rows, 4));
    out->state = ask_text(ask, row_text(rows, 5));
    out->by = ask_bytes(ask, row_text(rows, 6));
    out->given_by = ask_bytes(ask, row_text(rows, 7));
    out->made = row_number(rows, 8);
    out->until = row_number(rows, 9);
    out->begun = row_number(rows, 10);
    out->ended = row_number(rows, 11);
    out->records = row_number(rows, 12);
    out->total = row_number(rows, 13);
    out->left = row_number(rows, 14);
}

err_t copy_message(struct ask *ask, ident_t id, Keys__Copy *out)
{
    OWN(rows) rows = {0};
    TRY(db_read(
        ask->db, &rows,
        "select copies.id, tenant, tenants.name, whence, snapshot, copies.state, by, given_by, copies.made,"
        " until, begun, ended, records, total, (select count(*) from lending where copy = copies.id)"
        " from copies join tenants on tenants.id = copies.tenant where copies.id = $1",
        ID(id)));
    TRY(row_one(&rows));
    message_from(ask, &rows, out);
    TRY(trouble_read(ask, id, out));
    return arena_end(ask->arena);
}

err_t answer_copy_list(struct ask *ask)
{
    const Keys__Bearer *in = ask->in;
    Keys__Copies *out = ask->out;
    OWN(who) who = {0};
    OWN(buf) ids = BUF(SHOWN * sizeof(ident_t));
    TRY(who_asks(ask, in->bearer, RIGHT_OWN, &who));
    TRY(db_idents(
        ask->db, &ids,
        "select id from copies where tenant = $1 or whence = $1 order by made desc, rowid desc limit $2",
        ID(who.tenant), N(SHOWN)));
    out->items = arena_array(ask->arena, Keys__Copy *, ids.len / sizeof(ident_t));
    TRY(arena_end(ask->arena));
    for_each_ident(id, &ids)
    {
        Keys__Copy *item = out->items[out->n_items++] = arena_new(ask->arena, Keys__Copy);
        TRY(arena_end(ask->arena));
        keys__copy__init(item);
        TRY(copy_message(ask, id, item));
    }
    return ERR_OK;
}

/* Codes */

static err_t codes_end(struct ask *ask, ident_t tenant)
{
    TRY(db_do(ask->db,
              "delete from lending where copy in (select id from copies where tenant = $1"
              " and state in ('offered', 'counting', 'counted'))",
              ID(tenant)));
    return db_do(ask->db,
                 "update copies set state = 'ended', ended = $2 where tenant = $1"
                 " and state in ('offered', 'counting', 'counted')",
                 ID(tenant), N(ask->env->now(ask->env)));
}

err_t copies_due(struct ask *ask)
{
    const moment_t now = ask->env->now(ask->env);
    TRY(db_do(ask->db,
              "delete from lending where copy in (select id from copies"
              " where state in ('offered', 'counting', 'counted') and until <= $1)",
              N(now)));
    return db_do(
        ask->db,
        "update copies set state = 'ended', ended = $1 where state in ('offered', 'counting', 'counted')"
        " and until <= $1",
        N(now));
}

static err_t offer_put(struct ask *ask, const struct who *who, const struct ticket *code)
{
    uint8_t proof[DIGEST_SIZE];
    const moment_t now = ask->env->now(ask->env);
    digest(key_bytes(&code->secret), proof);
    return db_do(
        ask->db,
        "insert into copies (id, tenant, whence, snapshot, state, code, until, by, given_by, made, begun, ended,"
        " records, total) values ($1, $2, x'', x'', 'offered', $3, $4, $5, x'', $6, 0, 0, 0, 0)",
        ID(code->id), ID(who->tenant), B(str_bytes(proof, sizeof proof)), N(now + COPY_CODE_MS),
        ID(who->member), N(now));
}

/* An earlier one that is not under way yet is none any more. */
err_t answer_copy_offer(struct ask *ask)
{
    const Keys__Bearer *in = ask->in;
    Keys__CopyCode *out = ask->out;
    OWN(who) who = {0};
    OWN(ticket) code = {.id = ident_new(ask->env)};
    TRY(who_asks(ask, in->bearer, RIGHT_OWN, &who));
    TRY(licence_collects(ask, who.tenant));
    TRY(copy_has_room(ask, who.tenant));
    TRY(codes_end(ask, who.tenant));
    key_random(ask->env, &code.secret);
    TRY(offer_put(ask, &who, &code));
    out->copy = arena_new(ask->arena, Keys__Copy);
    TRY(arena_end(ask->arena));
    keys__copy__init(out->copy);
    TRY(copy_message(ask, code.id, out->copy));
    out->code = (char *)(uintptr_t)ticket_text(ask, "ccp", &code, false);
    TRY(arena_end(ask->arena));
    return journal_one(ask, &who, ACT_COPY_OFFERED, (struct mention){"cpy", code.id});
}

static err_t code_find(struct ask *ask, const struct who *who, struct copy *out)
{
    const Keys__CopyAsk *in = ask->in;
    OWN(ticket) code = {0};
    uint8_t proof[DIGEST_SIZE];
    int64_t fits = 0;
    TRY(ticket_read("ccp", in->code, &code));
    digest(key_bytes(&code.secret), proof);
    TRY(db_number(ask->db, &fits,
                  "select count(*) from copies where id = $1 and code = $2 and (whence = x'' or whence = $3)",
                  ID(code.id), B(str_bytes(proof, sizeof proof)), ID(who->tenant)));
    if (!fits)
        return fail(ERR_DENIED, "the code is not known, or another organisation has brought it");
    TRY(copy_read(ask, code.id, out));
    return copy_is_open(ask, out);
}

/* A copy of a copy would outlive what it is of. */
static err_t original_is(struct ask *ask, const struct who *who, const struct copy *copy)
{
    int64_t inherits = 0;
    if (ident_eq(copy->tenant, who->tenant))
        return fail(ERR_INVALID,
                    "the code is of this organisation: a snapshot of its own is restored in place");
    TRY(db_number(ask->db, &inherits, "select count(*) from tenants where id = $1 and inherits is not null",
                  ID(who->tenant)));
    return inherits ? fail(ERR_CONFLICT,
                           "this organisation's data is a copy itself: it is copied from its original")
                    : copy_has_room(ask, copy->tenant);
}

static err_t snapshot_is_there(struct ask *ask, const struct who *who, ident_t snapshot)
{
    int64_t there = 0;
    TRY(db_number(ask->db, &there,
                  "select count(*) from snapshots where id = $1 and tenant = $2 and state <> 'gone'",
                  ID(snapshot), ID(who->tenant)));
    return there ? ERR_OK : fail(ERR_MISSING, "no %s", ident_text("snp", snapshot).text);
}

err_t copy_words(ident_t other, ident_t snapshot, buf_t *out_words)
{
    buf_putf(out_words, "%s %s", ident_text("ten", other).text, ident_text("snp", snapshot).text);
    return buf_end(out_words);
}

static err_t counting_begin(struct ask *ask, const struct who *who, const struct copy *copy)
{
    OWN(buf) words = BUF(COPY_WORDS);
    TRY(copy_words(copy->tenant, copy->snapshot, &words));
    const struct work work = {.kind = WORK_COPY_LOOK,
                              .tenant = who->tenant,
                              .target = copy->id,
                              .words = words.at,
                              .by = who_mention(who)};
    ident_t id;
    bool waits = false;
    TRY(work_waits(ask, who->tenant, WORK_COPY_LOOK, &waits));
    if (waits)
        return fail(ERR_BUSY, "a snapshot is being counted: try again when its work has ended");
    TRY(db_do(ask->db, "delete from lending where copy = $1", ID(copy->id)));
    TRY(db_do(
        ask->db,
        "update copies set whence = $2, snapshot = $3, state = 'counting', records = 0, total = 0 where id = $1",
        ID(copy->id), ID(who->tenant), ID(copy->snapshot)));
    return work_make(ask, &work, &id);
}

err_t answer_copy_ask(struct ask *ask)
{
    const Keys__CopyAsk *in = ask->in;
    OWN(who) who = {0};
    struct copy copy;
    ident_t snapshot;
    TRY(who_asks(ask, in->bearer, RIGHT_OWN, &who));
    TRY(ident_from(bin(in->snapshot), &snapshot));
    TRY(snapshot_is_there(ask, &who, snapshot));
    TRY(code_find(ask, &who, &copy));
    TRY(original_is(ask, &who, &copy));
    copy.snapshot = snapshot;
    TRY(counting_begin(ask, &who, &copy));
    return copy_message(ask, copy.id, ask->out);
}

/* What the jobs process has come to */

/* Alive, and of the original: whatever else is named has no key to be copied. */
static err_t subject_lend(struct ask *ask, const struct copy *copy, ident_t subject)
{
    const ident_t launches = launches_of(subject), videos = videos_of(subject);
    return db_do(
        ask->db,
        "insert into lending (copy, subject) select $1, id from entries"
        " where id in ($2, $3, $5) and tenant = $4 and dead is null on conflict (copy, subject) do nothing",
        ID(copy->id), ID(subject), ID(launches), ID(copy->whence), ID(videos));
}

static err_t counted(struct ask *ask, const struct copy *copy)
{
    const Keys__CopyTold *in = ask->in;
    ident_t subject;
    ask->idle = true;
    if (!copy_is(copy, "counting"))
        return fail(ERR_CONFLICT, "the copy is %.*s", STR_ARG(copy->state));
    for (size_t i = 0; i < in->n_subjects; i++) {
        TRY(ident_from(bin(in->subjects[i]), &subject));
        TRY(subject_lend(ask, copy, subject));
    }
    if (!in->whole)
        return ERR_OK;
    return db_do(ask->db,
                 "update copies set state = 'counted', records = $2,"
                 " total = (select count(*) from lending where copy = $1) where id = $1",
                 ID(copy->id), N(in->records));
}

/* What was forgotten while the store was filled has its rows looked for once more. */
static err_t filled(struct ask *ask, const struct copy *copy)
{
    const Keys__CopyTold *in = ask->in;
    const struct mention on = {"cpy", copy->id};
    const struct entry entry = {ACT_COPY_DONE, .by = BY_SERVICE, .on = &on, .on_count = 1,
                                .count = in->records};
    if (!copy_is(copy, "filling"))
        return fail(ERR_CONFLICT, "the copy is %.*s", STR_ARG(copy->state));
    TRY(db_do(ask->db, "update copies set state = 'done', ended = $2, records = $3 where id = $1",
              ID(copy->id), N(ask->env->now(ask->env)), N(in->records)));
    TRY(db_do(ask->db, "update forgotten set removed = 0 where tenant = $1", ID(copy->tenant)));
    TRY(journal(ask, copy->whence, &entry));
    return journal(ask, copy->tenant, &entry);
}

/* By the work that it carries out, and by no other word of its own. */
err_t answer_copy_told(struct ask *ask)
{
    const Keys__CopyTold *in = ask->in;
    OWN(rows) rows = {0};
    struct copy copy;
    TRY(db_read(ask->db, &rows,
                "select target, kind from works where id = $1 and state = 'running'"
                " and kind in ('" WORK_COPY "', '" WORK_COPY_LOOK "')",
                B(bin(in->work))));
    TRY(row_one(&rows));
    TRY(copy_read(ask, row_ident(&rows, 0), &copy));
    return str_eq(row_text(&rows, 1), STR(WORK_COPY)) ? filled(ask, &copy) : counted(ask, &copy);
}
