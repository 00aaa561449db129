/* SPDX-License-Identifier: Apache-2.0 */
#include "admit/elevations.h"
#include "admit/exports.h"
#include "admit/forget.h"
#include "admit/grants.h"
#include "admit/members.h"
#include "admit/people.h"
#include "admit/process.h"
#include "admit/staff.h"
#include "keyring/clock.h"
#include "keyring/holds.h"
#include "keyring/journal.h"
#include "keyring/notices.h"
#include "keyring/rekey.h"

#define REQUEST_COLUMNS \
    "id, tenant, kind, state, by, made, until, level, process, case_id, acts, minutes, member, reason, words"

static struct request request_from(struct ask *ask, const rows_t *rows)
{
    return (struct request){
        .id = row_ident(rows, 0),
        .tenant = row_ident(rows, 1),
        .kind = arena_copy(ask->arena, row_text(rows, 2)),
        .state = arena_copy(ask->arena, row_text(rows, 3)),
        .by = row_ident(rows, 4),
        .made = row_number(rows, 5),
        .until = row_number(rows, 6),
        .level = row_number(rows, 7),
        .process = row_ident(rows, 8),
        .case_id = arena_copy(ask->arena, row_text(rows, 9)),
        .acts = arena_copy(ask->arena, row_text(rows, 10)),
        .minutes = row_number(rows, 11),
        .member = row_ident(rows, 12),
    };
}

err_t request_read(struct ask *ask, ident_t id, struct request *out_request)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows, "select " REQUEST_COLUMNS " from requests where id = $1", ID(id)));
    bool found = row_next(&rows);
    TRY(rows_end(&rows));
    if (!found)
        return fail(ERR_MISSING, "no %s", ident_text("req", id).text);
    *out_request = request_from(ask, &rows);
    return arena_end(ask->arena);
}

err_t request_turn(struct ask *ask, const struct request *request, const char *state)
{
    return db_do(ask->db, "update requests set state = $2 where id = $1", ID(request->id), T(str(state)));
}

err_t request_devices(struct ask *ask, ident_t request, buf_t *out_ids)
{
    return db_idents(ask->db, out_ids, "select device from request_devices where request = $1", ID(request));
}

err_t clock_holds(struct ask *ask, ident_t tenant)
{
    int64_t signed_at = 0;
    TRY(db_number(ask->db, &signed_at, "select coalesce(max(signed), 0) from logs where id = $1",
                  ID(tenant)));
    return ask->env->now(ask->env) + MINUTES(1) >= signed_at
               ? ERR_OK
               : fail(ERR_DENIED,
                      "the service's clock went back: nothing is granted before it is right again");
}

err_t clock_believed(struct ask *ask, ident_t tenant)
{
    TRY(clock_holds(ask, tenant));
    return clock_confirmed(ask);
}

static bool is_seen_by(const struct request *request, const struct who *who)
{
    return who->is_staff ? ident_eq(request->by, who->member) : ident_eq(request->tenant, who->tenant);
}

static err_t request_of(struct ask *ask, const struct who *who, ProtobufCBinaryData named,
                        struct request *out_request)
{
    struct request request;
    ident_t id;
    TRY(ident_from(bin(named), &id));
    TRY(request_read(ask, id, &request));
    if (!is_seen_by(&request, who))
        return fail(ERR_MISSING, "no %s", ident_text("req", id).text);
    *out_request = request;
    return ERR_OK;
}

static err_t answered_before(struct ask *ask, ident_t request, ident_t member, bool *out_before)
{
    int64_t count = 0;
    TRY(db_number(ask->db, &count, "select count(*) from answers where request = $1 and member = $2",
                  ID(request), ID(member)));
    *out_before = count > 0;
    return ERR_OK;
}

/* Why this member may not answer now; OK where it may. */
static err_t may_answer(struct ask *ask, const struct who *who, const struct request *request)
{
    bool named = false, before = false;
    if (!request_is(request, "open"))
        return fail(ERR_CONFLICT, "the request is %.*s: nobody can answer it", STR_ARG(request->state));
    if (request->until <= ask->env->now(ask->env))
        return fail(ERR_DENIED, "nobody answered in time: it has to be asked for anew");
    if (ident_eq(request->by, who->member))
        return fail(ERR_DENIED, "you asked for it: somebody else has to answer");
    if (ident_eq(request->member, who->member))
        return fail(ERR_DENIED, "it is about you: somebody else has to answer");
    TRY(process_names(ask, request->process, request->level, who->member, &named));
    if (!named)
        return fail(ERR_DENIED, "your process names others for level %lld", (long long)request->level);
    TRY(answered_before(ask, request->id, who->member, &before));
    return before ? fail(ERR_CONFLICT, "you have answered this request") : ERR_OK;
}

static err_t removal_do(struct ask *ask, const struct who *who, const struct request *request)
{
    return member_remove(ask, who, request->member);
}

/* The role stands where a support request has its acts. */
static err_t role_do(struct ask *ask, const struct who *who, const struct request *request)
{
    return role_change(ask, who, request->member, request->acts);
}

static err_t release_do(struct ask *ask, const struct who *who, const struct request *request)
{
    return hold_release(ask, who, request->member);
}

/* `clocked`: what it gives lasts for a time, or what it destroys is gone for good. */
struct fulfilment {
    const char *kind;
    err_t (*fulfil)(struct ask *ask, const struct who *who, const struct request *request);
    bool clocked;
};
static const struct fulfilment fulfilments[] = {{"support", grant_make, true},
                                                {"removal", removal_do, false},
                                                {"role", role_do, false},
                                                {"release", release_do, true}};

static const struct fulfilment *fulfilment_of(const struct request *request)
{
    for (size_t i = 0; i < sizeof fulfilments / sizeof *fulfilments; i++)
        if (str_eq(request->kind, str(fulfilments[i].kind)))
            return &fulfilments[i];
    return NULL;
}

/* What was asked for is done, or its grant made, in the act of the last yes. */
static err_t request_fulfil(struct ask *ask, const struct who *who, const struct request *request)
{
    const struct fulfilment *found = fulfilment_of(request);
    TRY(request_turn(ask, request, "approved"));
    return found ? found->fulfil(ask, who, request)
                 : fail(ERR_BROKEN, "a request of a kind that there is not");
}

/* Who takes leave of a member does not wait for the provider to look at its clock. */
static err_t clock_allows(struct ask *ask, const struct request *request)
{
    const struct fulfilment *found = fulfilment_of(request);
    return found && found->clocked ? clock_believed(ask, request->tenant) : clock_holds(ask, request->tenant);
}

/* A yes counts while whoever said it still may: not of who left or was locked out since, nor of who has another role. */
static err_t level_passed(struct ask *ask, const struct request *request, bool *out_passed)
{
    OWN(rows) rows = {0};
    int64_t yes = 0, need = 0;
    TRY(db_read(ask->db, &rows,
                "select role from answers join members on members.id = answers.member"
                " where request = $1 and level = $2 and yes = 1 and disabled = 0",
                ID(request->id), N(request->level)));
    while (row_next(&rows))
        yes += role_may(role_find(row_text(&rows, 0)), RIGHT_APPROVE);
    TRY(rows_end(&rows));
    TRY(process_level(ask, request->process, request->level, &need));
    *out_passed = yes >= need;
    return ERR_OK;
}

static err_t level_next(struct ask *ask, const struct who *who, const struct request *request)
{
    int64_t next = 0;
    bool passed = false;
    TRY(level_passed(ask, request, &passed));
    if (!passed)
        return ERR_OK;
    TRY(process_level(ask, request->process, request->level + 1, &next));
    if (!next)
        return request_fulfil(ask, who, request);
    return db_do(ask->db, "update requests set level = level + 1 where id = $1", ID(request->id));
}

static err_t request_told(struct ask *ask, const struct who *who, const struct request *request, enum act act)
{
    const struct mention on = {"req", request->id};
    const struct entry entry = {
        act,       .by = who_mention(who), .session = who->session,
        .on = &on, .on_count = 1,          .count = act == ACT_REQUEST_APPROVED ? request->level : 0};
    return journal(ask, request->tenant, &entry);
}

/* A yes or a no of who asks; what it leads to comes after it. */
static err_t answer_put(struct ask *ask, bool yes, struct who *out_who, struct request *out_request)
{
    const Keys__Named *in = ask->in;
    TRY(who_asks(ask, in->bearer, RIGHT_APPROVE, out_who));
    TRY(request_of(ask, out_who, in->id, out_request));
    TRY(may_answer(ask, out_who, out_request));
    if (yes)
        TRY(clock_allows(ask, out_request));
    TRY(db_do(ask->db, "insert into answers (request, member, level, yes, at) values ($1, $2, $3, $4, $5)",
              ID(out_request->id), ID(out_who->member), N(out_request->level), N(yes),
              N(ask->env->now(ask->env))));
    return request_told(ask, out_who, out_request, yes ? ACT_REQUEST_APPROVED : ACT_REQUEST_REFUSED);
}

static err_t answer_with(struct ask *ask, const struct who *who, ident_t id)
{
    Keys__Request *request = NULL;
    TRY(request_message(ask, who, id, &request));
    *(Keys__Request *)ask->out = *request;
    return ERR_OK;
}

struct yes {
    struct ask *ask;
    struct who who;
    struct request request;
};
typedef struct yes yes_own;
static void yes_drop(struct yes *yes) { who_drop(&yes->who); }

static err_t yes_act(struct keyring *keyring, void *with)
{
    struct yes *yes = with;
    (void)keyring;
    TRY(answer_put(yes->ask, true, &yes->who, &yes->request));
    TRY(level_next(yes->ask, &yes->who, &yes->request));
    return answer_with(yes->ask, &yes->who, yes->request.id);
}

static err_t yes_refused(struct keyring *keyring, void *with)
{
    struct yes *yes = with;
    const struct mention on = {"req", yes->request.id};
    (void)keyring;
    return refusal_told(yes->ask, yes->request.tenant, yes->request.id,
                        &(struct entry){ACT_APPROVAL_REFUSED, .by = who_mention(&yes->who),
                                        .session = yes->who.session, .on = &on, .on_count = 1});
}

err_t answer_request_approve(struct ask *ask)
{
    OWN(yes) yes = {.ask = ask};
    err_t result = keyring_write(ask->keyring, yes_act, &yes);
    bool refused = (result == ERR_DENIED || result == ERR_CONFLICT) && !ident_is_zero(yes.request.id);
    return refused ? refusal_write(ask, result, yes_refused, &yes) : result;
}

err_t answer_request_refuse(struct ask *ask)
{
    OWN(who) who = {0};
    struct request request = {0};
    TRY(answer_put(ask, false, &who, &request));
    TRY(request_turn(ask, &request, "refused"));
    return answer_with(ask, &who, request.id);
}

/* One click: any of the client's people who may answer requests ends a grant; whoever asked withdraws, or gives back. */
err_t answer_request_end(struct ask *ask)
{
    const Keys__Named *in = ask->in;
    OWN(who) who = {0};
    struct request request = {0};
    TRY(viewer_asks(ask, in->bearer, &who));
    TRY(request_of(ask, &who, in->id, &request));
    bool own = ident_eq(request.by, who.member);
    bool granted = str_eq(request.kind, STR("support")) && request_is(&request, "approved");
    if (!own && !role_may(role_find(who.role), RIGHT_APPROVE))
        return fail(ERR_DENIED, "the role %.*s has no right to this", STR_ARG(who.role));
    if (!granted && !request_is(&request, "open"))
        return fail(ERR_CONFLICT, "the request is %.*s already", STR_ARG(request.state));
    if (!granted && !own)
        return fail(ERR_DENIED, "only whoever asked can withdraw it: refuse it");
    TRY(request_turn(ask, &request, granted ? "ended" : "withdrawn"));
    if (granted)
        TRY(grant_end(ask, request.id));
    return request_told(ask, &who, &request, ACT_REQUEST_ENDED);
}

/* Of a second person, by whatever process: one yes of somebody else. */
static err_t request_put(struct ask *ask, const struct who *who, const char *kind, struct request *io_request)
{
    moment_t now = ask->env->now(ask->env);
    static const ident_t by_default;
    io_request->id = ident_new(ask->env);
    io_request->tenant = who->tenant;
    return db_do(ask->db,
                 "insert into requests (id, tenant, kind, state, by, made, until, level, process, member)"
                 " values ($1, $2, $8, 'open', $3, $4, $5, 1, $6, $7)",
                 ID(io_request->id), ID(who->tenant), ID(who->member), N(now), N(now + HOURS(VOID_HOURS)),
                 ID(by_default), ID(io_request->member), T(str(kind)));
}

err_t removal_make(struct ask *ask, const struct who *who, ident_t member, bool second, ident_t *out_id)
{
    struct request request = {.member = member};
    TRY(request_put(ask, who, "removal", &request));
    *out_id = request.id;
    TRY(request_told(ask, who, &request, ACT_REMOVAL_ASKED));
    TRY(notice_add(ask, who->tenant, &(struct notice){NOTICE_MEMBER_REMOVAL, .link = {"req", request.id}}));
    if (!second) {
        TRY(request_turn(ask, &request, "approved"));
        TRY(member_remove(ask, who, member));
    }
    return ERR_OK;
}

err_t removal_ask(struct ask *ask, const struct who *who, ident_t member, bool second)
{
    ident_t id;
    TRY(removal_make(ask, who, member, second, &id));
    return answer_with(ask, who, id);
}

err_t role_make(struct ask *ask, const struct who *who, const struct role_asked *asked, ident_t *out_id)
{
    struct request request = {.member = asked->member};
    TRY(request_put(ask, who, "role", &request));
    *out_id = request.id;
    TRY(db_do(ask->db, "update requests set acts = $2 where id = $1", ID(request.id), T(asked->role)));
    TRY(request_told(ask, who, &request, ACT_ROLE_ASKED));
    TRY(notice_add(ask, who->tenant, &(struct notice){NOTICE_MEMBER_ROLE, .link = {"req", request.id}}));
    if (!asked->second) {
        TRY(request_turn(ask, &request, "approved"));
        TRY(role_change(ask, who, asked->member, asked->role));
    }
    return ERR_OK;
}

err_t role_ask(struct ask *ask, const struct who *who, const struct role_asked *asked)
{
    ident_t id;
    TRY(role_make(ask, who, asked, &id));
    return answer_with(ask, who, id);
}

err_t release_waits(struct ask *ask, ident_t hold, ProtobufCBinaryData *out_request)
{
    OWN(rows) rows = {0};
    TRY(db_read(
        ask->db, &rows,
        "select id from requests where member = $1 and kind = 'release' and state = 'open' and until > $2",
        ID(hold), N(ask->env->now(ask->env))));
    *out_request = row_next(&rows) ? ask_bytes(ask, row_text(&rows, 0)) : (ProtobufCBinaryData){0};
    TRY(rows_end(&rows));
    return arena_end(ask->arena);
}

err_t release_ask(struct ask *ask, const struct who *who, ident_t hold)
{
    struct request request = {.member = hold};
    ProtobufCBinaryData waits;
    TRY(release_waits(ask, hold, &waits));
    if (waits.len)
        return fail(ERR_CONFLICT, "its release waits for a yes already");
    TRY(request_put(ask, who, "release", &request));
    TRY(request_told(ask, who, &request, ACT_HOLD_RELEASE_ASKED));
    TRY(notice_add(ask, who->tenant, &(struct notice){NOTICE_HOLD_RELEASE, .link = {"req", request.id}}));
    return answer_with(ask, who, request.id);
}

/* Messages */

static err_t answers_read(struct ask *ask, Keys__Request *out)
{
    OWN(rows) rows = {0};
    int64_t room = 0;
    TRY(db_number(ask->db, &room, "select count(*) from answers where request = $1", B(bin(out->id))));
    out->answers = arena_array(ask->arena, Keys__Answered *, (size_t)room);
    TRY(db_read(ask->db, &rows, "select member, level, yes, at from answers where request = $1 order by at",
                B(bin(out->id))));
    while (out->n_answers < (size_t)room && row_next(&rows)) {
        Keys__Answered *answer = out->answers[out->n_answers++] = arena_new(ask->arena, Keys__Answered);
        TRY(arena_end(ask->arena));
        keys__answered__init(answer);
        answer->member = ask_bytes(ask, row_text(&rows, 0));
        answer->level = row_number(&rows, 1);
        answer->yes = row_number(&rows, 2) != 0;
        answer->at = row_number(&rows, 3);
    }
    TRY(rows_end(&rows));
    return arena_end(ask->arena);
}

static err_t devices_read(struct ask *ask, ident_t request, Keys__Request *out)
{
    OWN(buf) ids = BUF(MAX_ASK);
    TRY(request_devices(ask, request, &ids));
    return ask_idents(ask, &ids, &out->devices, &out->n_devices);
}

static err_t words_open(struct ask *ask, const struct who *who, str_t sealed, Keys__Request *out)
{
    OWN(buf) words = BUF(MAX_NAME);
    if (!sealed.len || who->is_staff || !who->keyed)
        return ERR_OK;
    TRY(tenant_open(ask, who, sealed, &words));
    out->words = ask_text(ask, buf_str(&words));
    return ERR_OK;
}

/* Who is named: the client is told which of the provider's people asks, and those which client it is. */
static err_t names_read(struct ask *ask, const struct request *request, Keys__Request *out)
{
    struct user user = {0};
    Keys__Tenant *tenant = NULL;
    TRY(tenant_message(ask, request->tenant, &tenant));
    out->tenant_name = tenant->name;
    out->realm = tenant->realm;
    if (!str_eq(request->kind, STR("support")))
        return ERR_OK;
    TRY(staff_read(ask, request->by, &user));
    out->by_name = ask_text(ask, user.full_name);
    return grant_message(ask, request->id, &out->grant);
}

static err_t asked_by_program(struct ask *ask, const struct request *request, Keys__Request *out)
{
    int64_t programs = 0;
    TRY(db_number(ask->db, &programs, "select count(*) from members where id = $1 and kind = 'token'",
                  ID(request->by)));
    out->program = programs > 0;
    return ERR_OK;
}

static err_t message_fill(struct ask *ask, const struct who *who, const struct request *request,
                          Keys__Request *out)
{
    out->id = ask_bytes(ask, ident_bytes(&request->id));
    out->tenant = ask_bytes(ask, ident_bytes(&request->tenant));
    out->by = ask_bytes(ask, ident_bytes(&request->by));
    out->member = ask_bytes(ask, ident_bytes(&request->member));
    out->kind = ask_text(ask, request->kind);
    out->state = ask_text(ask, request->state);
    out->case_id = ask_text(ask, request->case_id);
    bool is_role = str_eq(request->kind, STR("role"));
    out->acts = ask_text(ask, is_role ? STR("") : request->acts);
    out->role = ask_text(ask, is_role ? request->acts : STR(""));
    out->made = request->made;
    out->until = request->until;
    out->level = request->level;
    out->minutes = request->minutes;
    out->yours = !who->is_staff && who->keyed && role_may(role_find(who->role), RIGHT_APPROVE) &&
                 may_answer(ask, who, request) == ERR_OK;
    TRY(process_read(ask, request->process, &out->process));
    TRY(asked_by_program(ask, request, out));
    TRY(names_read(ask, request, out));
    TRY(answers_read(ask, out));
    return devices_read(ask, request->id, out);
}

err_t request_message(struct ask *ask, const struct who *who, ident_t id, Keys__Request **out_request)
{
    OWN(rows) rows = {0};
    Keys__Request *out = *out_request = arena_new(ask->arena, Keys__Request);
    TRY(arena_end(ask->arena));
    keys__request__init(out);
    TRY(db_read(ask->db, &rows, "select " REQUEST_COLUMNS " from requests where id = $1", ID(id)));
    TRY(row_one(&rows));
    const struct request request = request_from(ask, &rows);
    TRY(arena_end(ask->arena));
    out->reason = ask_text(ask, row_text(&rows, 13));
    TRY(words_open(ask, who, row_text(&rows, 14), out));
    return message_fill(ask, who, &request, out);
}

err_t answer_request_show(struct ask *ask)
{
    const Keys__Named *in = ask->in;
    OWN(who) who = {0};
    struct request request = {0};
    TRY(viewer_asks(ask, in->bearer, &who));
    TRY(request_of(ask, &who, in->id, &request));
    TRY(answer_with(ask, &who, request.id));
    return request_is(&request, "open")
               ? process_count(ask, request.tenant, request.process, ((Keys__Request *)ask->out)->process)
               : ERR_OK;
}

/* Newest first; of one moment, the larger id first, so that a page's end loses none. */
static err_t page_read(struct ask *ask, const struct who *who, buf_t *out_ids)
{
    const Keys__RequestsAsk *in = ask->in;
    const arg_t kind = T(str(in->kind)), state = T(str(in->state)), after = B(bin(in->after));
    if (who->is_staff)
        return db_idents(
            ask->db, out_ids,
            "select id from requests where by = $1 and ($2 = '' or kind = $2) and ($3 = '' or state = $3)"
            " and ($6 = 0 or (made, id) < (select made, id from requests where id = $4))"
            " order by made desc, id desc limit $5",
            ID(who->member), kind, state, after, N(in->limit), N(in->after.len));
    return db_idents(
        ask->db, out_ids,
        "select id from requests where tenant = $1 and ($2 = '' or kind = $2) and ($3 = '' or state = $3)"
        " and ($6 = 0 or (made, id) < (select made, id from requests where id = $4))"
        " order by made desc, id desc limit $5",
        ID(who->tenant), kind, state, after, N(in->limit), N(in->after.len));
}

err_t answer_request_list(struct ask *ask)
{
    const Keys__RequestsAsk *in = ask->in;
    Keys__Requests *out = ask->out;
    OWN(who) who = {0};
    OWN(buf) ids = BUF(MAX_PAGE * 16);
    TRY(viewer_asks(ask, in->bearer, &who));
    if (in->limit < 1 || in->limit > MAX_PAGE)
        return fail(ERR_INVALID, "1 to %d at once", MAX_PAGE);
    TRY(page_read(ask, &who, &ids));
    out->items = arena_array(ask->arena, Keys__Request *, ids.len / 16);
    TRY(arena_end(ask->arena));
    for_each_ident(id, &ids) TRY(request_message(ask, &who, id, &out->items[out->n_items++]));
    return ERR_OK;
}

/* What the clock ends */

static err_t due_end(struct ask *ask, ident_t id)
{
    struct request request = {0};
    bool over = false, open = false;
    TRY(request_read(ask, id, &request));
    const struct mention on = {"req", id};
    open = request_is(&request, "open");
    if (!open)
        TRY(grant_is_over(ask, id, &over));
    if (open ? request.until > ask->env->now(ask->env) : !over)
        return ERR_OK;
    TRY(request_turn(ask, &request, open ? "void" : "ended"));
    if (!open)
        TRY(grant_end(ask, id));
    if (str_eq(request.kind, STR("support")))
        TRY(notice_add(ask, request.tenant,
                       &(struct notice){open ? NOTICE_SUPPORT_VOID : NOTICE_SUPPORT_ENDED, .link = on}));
    return journal(ask, request.tenant,
                   &(struct entry){open ? ACT_REQUEST_VOID : ACT_SUPPORT_ENDED, .on = &on, .on_count = 1});
}

err_t requests_of_staff_end(struct ask *ask, ident_t staff)
{
    OWN(buf) ids = BUF(MAX_ASK);
    TRY(db_idents(ask->db, &ids, "select id from requests where by = $1 and state in ('open', 'approved')",
                  ID(staff)));
    for_each_ident(id, &ids)
    {
        struct request request = {0};
        const struct mention on = {"req", id};
        TRY(request_read(ask, id, &request));
        TRY(request_turn(ask, &request, request_is(&request, "open") ? "withdrawn" : "ended"));
        TRY(grant_end(ask, id));
        TRY(journal(ask, request.tenant, &(struct entry){ACT_REQUEST_ENDED, .on = &on, .on_count = 1}));
    }
    return ERR_OK;
}

err_t requests_due(struct keyring *keyring, void *unused)
{
    OWN(arena) arena = ARENA(MAX_MEMORY);
    OWN(buf) ids = BUF(MAX_MEMORY);
    struct ask ask = {
        .keyring = keyring, .env = keyring_env(keyring), .db = keyring_db(keyring), .arena = &arena};
    (void)unused;
    TRY(db_idents(ask.db, &ids,
                  "select id from requests where state in ('open', 'approved')"
                  " and (state = 'open' or kind = 'support')"));
    for_each_ident(id, &ids) TRY(due_end(&ask, id));
    TRY(elevations_due(&ask));
    TRY(subject_accesses_due(&ask));
    return forgotten_due(&ask);
}
