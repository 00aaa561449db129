/* SPDX-License-Identifier: Apache-2.0
 *
 * Requests of people for what is kept about them: for whom, since when, by when it has to be answered, and what became of
 * it. The answer itself is an export (admit/exports.h).
 */
#include "admit/exports.h"
#include "keyring/notices.h"
#include "keyring/twins.h"
#include "life/regime.h"

enum { SUBJECTS_MOST = 64 };

#define ACCESS_COLUMNS "id, kind, regime, received, due, made, by, state, closed"

static err_t message_from(struct ask *ask, const rows_t *rows, Keys__SubjectAccess *out)
{
    OWN(buf) ids = BUF(SUBJECTS_MOST * sizeof(ident_t));
    ident_t id = row_ident(rows, 0);
    out->id = ask_bytes(ask, row_text(rows, 0));
    out->kind = ask_text(ask, row_text(rows, 1));
    out->regime = ask_text(ask, row_text(rows, 2));
    out->received = row_number(rows, 3);
    out->due = row_number(rows, 4);
    out->made = row_number(rows, 5);
    out->by = ask_bytes(ask, row_text(rows, 6));
    out->state = ask_text(ask, row_text(rows, 7));
    out->closed = row_number(rows, 8);
    TRY(db_idents(ask->db, &ids,
                  "select subject from subject_access_subjects as named where request = $1 order by coalesce("
                  "(select device is null from entries where entries.id = named.subject), 0), subject",
                  ID(id)));
    out->subjects = arena_array(ask->arena, ProtobufCBinaryData, SUBJECTS_MOST);
    TRY(arena_end(ask->arena));
    for_each_ident(subject, &ids) out->subjects[out->n_subjects++] = ask_bytes(ask, ident_bytes(&subject));
    return arena_end(ask->arena);
}

static err_t access_message(struct ask *ask, ident_t id, Keys__SubjectAccess *out)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows, "select " ACCESS_COLUMNS " from subject_accesses where id = $1", ID(id)));
    TRY(row_one(&rows));
    return message_from(ask, &rows, out);
}

/* Accounts, then the member. */
static bool is_member_at(const Keys__SubjectAccessOpen *in, size_t i)
{
    return strcmp(in->kind, "account") && i == in->n_subjects - 1;
}

/* An account of one of the client's devices, or a member. */
static err_t subject_put(struct ask *ask, const struct who *who, ident_t request, size_t i)
{
    const Keys__SubjectAccessOpen *in = ask->in;
    bool member = is_member_at(in, i);
    int64_t there = 0;
    ident_t subject;
    TRY(ident_from(bin(in->subjects[i]), &subject));
    TRY(db_number(ask->db, &there,
                  "select count(*) from entries where tenant = $2 and kind = 'person'"
                  " and dead is null and (device is not null) = $3 and id = " ENTRY_OF("$2", "$1"),
                  ID(subject), ID(who->tenant), N(!member)));
    if (!there)
        return fail(ERR_MISSING, "no such %s of this client", member ? "member" : "account");
    return db_do(ask->db,
                 "insert into subject_access_subjects (request, subject) values ($1, $2)"
                 " on conflict (request, subject) do nothing",
                 ID(request), ID(subject));
}

static err_t asked_well(struct ask *ask, const Keys__SubjectAccessOpen *in)
{
    if (strcmp(in->kind, "account") && strcmp(in->kind, "member") && strcmp(in->kind, "person"))
        return fail(ERR_INVALID, "a request is about accounts, about a member, or about both");
    if (!in->n_subjects || in->n_subjects > SUBJECTS_MOST)
        return fail(ERR_INVALID, "a request is about 1 to %d accounts of one person, a member counted",
                    SUBJECTS_MOST);
    if (!strcmp(in->kind, "member") && in->n_subjects != 1)
        return fail(ERR_INVALID, "a request is about one member");
    if (!regime_find(str(in->regime)))
        return fail(ERR_INVALID, "a request is under gdpr or lgpd");
    return in->received > 0 && in->received <= ask->env->now(ask->env)
               ? ERR_OK
               : fail(ERR_INVALID, "a request was received by now");
}

err_t answer_subject_access_open(struct ask *ask)
{
    const Keys__SubjectAccessOpen *in = ask->in;
    OWN(who) who = {0};
    ident_t id = ident_new(ask->env);
    TRY(who_asks(ask, in->bearer, RIGHT_PRIVACY, &who));
    TRY(asked_well(ask, in));
    TRY(db_do(
        ask->db,
        "insert into subject_accesses (id, tenant, kind, regime, received, due, made, by, state, closed)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8, 'open', 0)",
        ID(id), ID(who.tenant), T(str(in->kind)), T(str(in->regime)), N(in->received),
        N(regime_due(regime_find(str(in->regime)), in->received)), N(ask->env->now(ask->env)),
        ID(who.member)));
    for (size_t i = 0; i < in->n_subjects; i++)
        TRY(subject_put(ask, &who, id, i));
    TRY(journal_one(ask, &who, ACT_SUBJECT_ACCESS_OPENED, (struct mention){"sar", id}));
    return access_message(ask, id, ask->out);
}

err_t answer_subject_access_list(struct ask *ask)
{
    const Keys__Bearer *in = ask->in;
    Keys__SubjectAccesses *out = ask->out;
    OWN(who) who = {0};
    OWN(rows) rows = {0};
    int64_t room = 0;
    TRY(who_asks(ask, in->bearer, RIGHT_AUDIT, &who));
    TRY(db_number(ask->db, &room, "select count(*) from subject_accesses where tenant = $1", ID(who.tenant)));
    out->items = arena_array(ask->arena, Keys__SubjectAccess *, (size_t)room);
    TRY(arena_end(ask->arena));
    TRY(db_read(ask->db, &rows,
                "select " ACCESS_COLUMNS " from subject_accesses where tenant = $1 order by made desc, id",
                ID(who.tenant)));
    while (out->n_items < (size_t)room && row_next(&rows)) {
        Keys__SubjectAccess *item = out->items[out->n_items++] = arena_new(ask->arena, Keys__SubjectAccess);
        TRY(arena_end(ask->arena));
        keys__subject_access__init(item);
        TRY(message_from(ask, &rows, item));
    }
    return rows_end(&rows);
}

static err_t state_of(struct ask *ask, ident_t tenant, ident_t request, str_t *out_state)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows, "select state from subject_accesses where id = $1 and tenant = $2",
                ID(request), ID(tenant)));
    bool found = row_next(&rows);
    TRY(rows_end(&rows));
    if (!found)
        return fail(ERR_MISSING, "no %s", ident_text("sar", request).text);
    *out_state = arena_copy(ask->arena, row_text(&rows, 0));
    return arena_end(ask->arena);
}

err_t subject_access_subjects(struct ask *ask, ident_t tenant, ident_t request, buf_t *out_ids)
{
    str_t state = {0};
    TRY(state_of(ask, tenant, request, &state));
    if (!str_eq(state, STR("open")))
        return fail(ERR_CONFLICT, "the request is closed");
    return db_idents(ask->db, out_ids, "select subject from subject_access_subjects where request = $1",
                     ID(request));
}

/* In the order of the numbers that the log has for them. */
static const char *const outcomes[] = {"answered", "refused", "withdrawn"};

static int64_t outcome_number(const char *name)
{
    for (size_t i = 0; i < sizeof outcomes / sizeof *outcomes; i++)
        if (!strcmp(outcomes[i], name))
            return (int64_t)i + 1;
    return 0;
}

/* Answered is what was handed over. */
static err_t answered_check(struct ask *ask, ident_t request)
{
    int64_t handed = 0;
    TRY(db_number(ask->db, &handed, "select count(*) from exports where request = $1 and handed > 0",
                  ID(request)));
    return handed ? ERR_OK
                  : fail(ERR_CONFLICT, "no archive of it was handed over: export and download it first");
}

err_t answer_subject_access_close(struct ask *ask)
{
    const Keys__SubjectAccessClose *in = ask->in;
    OWN(who) who = {0};
    int64_t outcome = outcome_number(in->outcome);
    str_t state = {0};
    ident_t id;
    TRY(who_asks(ask, in->bearer, RIGHT_PRIVACY, &who));
    TRY(ident_from(bin(in->id), &id));
    TRY(state_of(ask, who.tenant, id, &state));
    if (!outcome)
        return fail(ERR_INVALID, "a request is closed as answered, refused or withdrawn");
    if (!str_eq(state, STR("open")))
        return fail(ERR_CONFLICT, "the request is closed already");
    if (!strcmp(in->outcome, "answered"))
        TRY(answered_check(ask, id));
    TRY(db_do(ask->db, "update subject_accesses set state = $2, closed = $3 where id = $1", ID(id),
              T(str(in->outcome)), N(ask->env->now(ask->env))));
    const struct mention on = {"sar", id};
    return journal(ask, who.tenant,
                   &(struct entry){ACT_SUBJECT_ACCESS_CLOSED, .by = who_mention(&who), .session = who.session,
                                   .on = &on, .on_count = 1, .count = outcome});
}

/* By the clock */

static const struct {
    int64_t told;
    moment_t before;
    enum notice_kind kind;
} reminders[] = {{1, DAYS(7), NOTICE_ACCESS_SOON}, {2, 0, NOTICE_ACCESS_LATE}};

static err_t reminder_make(struct ask *ask, size_t number, ident_t id)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows, "select tenant from subject_accesses where id = $1", ID(id)));
    TRY(row_one(&rows));
    TRY(notice_add(ask, row_ident(&rows, 0), &(struct notice){reminders[number].kind}));
    return db_do(ask->db, "update subject_accesses set told = $2 where id = $1", ID(id),
                 N(reminders[number].told));
}

/* The later one first: who is late is not told that it falls due. */
err_t subject_accesses_due(struct ask *ask)
{
    for (size_t i = sizeof reminders / sizeof *reminders; i-- > 0;) {
        OWN(buf) ids = BUF(MAX_ASK);
        TRY(db_idents(
            ask->db, &ids,
            "select id from subject_accesses where state = 'open' and told < $1 and due <= $2 limit 1000",
            N(reminders[i].told), N(ask->env->now(ask->env) + reminders[i].before)));
        for_each_ident(id, &ids) TRY(reminder_make(ask, i, id));
    }
    return ERR_OK;
}
