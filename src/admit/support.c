/* SPDX-License-Identifier: Apache-2.0 */
#include "admit/support.h"

#include "admit/grants.h"
#include "admit/process.h"
#include "admit/staff.h"
#include "concept/concept.h"
#include "keyring/journal.h"
#include "keyring/notices.h"
#include "keyring/twins.h"
#include "tlog/approval.h"

enum { DEVICES_MOST = 256 };

static const char *const reasons[] = {
#define R(name, meaning) name,
    REASON_TABLE(R)
#undef R
        NULL,
};

static const char *const acts[] = {
#define A(name, meaning) name,
    APPROVAL_ACT_TABLE(A)
#undef A
        NULL,
};

static bool is_one_of(const char *const *names, str_t name)
{
    for (; *names; names++)
        if (str_eq(str(*names), name))
            return true;
    return false;
}

/* Of the provider's own system: it says nothing about a person, so it is letters, digits and - . _ / # alone. */
static bool is_case(const char *text)
{
    size_t len = strlen(text);
    for (size_t i = 0; i < len; i++)
        if (!((text[i] >= '0' && text[i] <= '9') || ((text[i] | 32) >= 'a' && (text[i] | 32) <= 'z') ||
              strchr("-._/#", text[i])))
            return false;
    return len >= 1 && len <= CASE_MAX;
}

static bool are_acts(const char *text)
{
    str_t rest = str(text);
    if (!rest.len || rest.len > ACTS_MAX)
        return false;
    while (rest.len)
        if (!is_one_of(acts, str_until(&rest, ' ')))
            return false;
    return true;
}

static err_t asked_well(const Keys__SupportAsk *in)
{
    if (!is_case(in->case_id))
        return fail(ERR_INVALID, "a case is 1 to %d letters, digits and - . _ / #", CASE_MAX);
    if (!is_one_of(reasons, str(in->reason)))
        return fail(ERR_INVALID, "a reason is incident, question, restore, change or audit");
    if (!is_name(in->words))
        return fail(ERR_INVALID, "say in at most %d bytes what it is about: the client reads it", MAX_NAME);
    if (!are_acts(in->acts))
        return fail(ERR_INVALID,
                    "acts are open, open.device, open.launches, device.approve, device.revoke and"
                    " restore, with one space between");
    if (!in->n_devices || in->n_devices > DEVICES_MOST)
        return fail(ERR_INVALID, "a request is about 1 to %d devices", DEVICES_MOST);
    return ERR_OK;
}

static err_t tenant_public(struct ask *ask, ident_t tenant, struct key *out_public)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows, "select public from tenants where id = $1 and public is not null",
                ID(tenant)));
    bool found = row_next(&rows);
    TRY(rows_end(&rows));
    return found ? key_from(row_text(&rows, 0), out_public)
                 : fail(ERR_MISSING, "no client %s that was claimed", ident_text("ten", tenant).text);
}

static err_t same_is_over(struct ask *ask, ident_t id, bool *out_over)
{
    int64_t granted = 0;
    TRY(db_number(ask->db, &granted, "select count(*) from grants where request = $1", ID(id)));
    return granted ? grant_is_over(ask, id, out_over) : ERR_OK;
}

/* A request for the same member, case, acts and devices is it already: one that waits for an answer for as many minutes, or
 * a grant of as many, or that lasts as long from now on. One whose time is over is none, though it has yet to be found. */
static err_t same_found(struct ask *ask, const struct request *request, const uint8_t scope[DIGEST_SIZE],
                        ident_t *out_same)
{
    OWN(buf) ids = BUF(MAX_ASK);
    *out_same = (ident_t){{0}};
    TRY(db_idents(
        ask->db, &ids,
        "select requests.id from requests left join grants on grants.request = requests.id"
        " where requests.by = $1 and tenant = $2 and case_id = $3 and acts = $4 and case state"
        " when 'open' then minutes = $5 and requests.until > $6"
        " when 'approved' then minutes = $5 or ($5 > 0 and (grants.until - $6) / $7 >= $5) else 0 end",
        ID(request->by), ID(request->tenant), T(request->case_id), T(request->acts), N(request->minutes),
        N(request->made), N(MINUTES(1))));
    for_each_ident(id, &ids)
    {
        OWN(buf) devices = BUF(MAX_ASK);
        uint8_t other[DIGEST_SIZE];
        bool over = false;
        TRY(request_devices(ask, id, &devices));
        approval_scope((ident_t *)(void *)devices.at, devices.len / sizeof(ident_t), other);
        if (memcmp(other, scope, DIGEST_SIZE) != 0)
            continue;
        TRY(same_is_over(ask, id, &over));
        if (!over)
            *out_same = id;
    }
    return ERR_OK;
}

/* Sorted and each once. */
static err_t devices_take(struct ask *ask, const Keys__SupportAsk *in, idents_t *out_devices)
{
    uint8_t unused[DIGEST_SIZE];
    ident_t *ids = arena_array(ask->arena, ident_t, in->n_devices);
    size_t count = 0;
    TRY(arena_end(ask->arena));
    for (size_t i = 0; i < in->n_devices; i++)
        TRY(ident_from(bin(in->devices[i]), &ids[i]));
    approval_scope(ids, in->n_devices, unused);
    for (size_t i = 0; i < in->n_devices; i++)
        if (!count || !ident_eq(ids[count - 1], ids[i]))
            ids[count++] = ids[i];
    *out_devices = (idents_t){ids, count};
    return ERR_OK;
}

static err_t device_put(struct ask *ask, const struct request *request, ident_t device)
{
    int64_t there = 0;
    TRY(db_number(ask->db, &there,
                  "select (select count(*) from devices where id = $1 and tenant = $2 and state <> 'removed')"
                  " + " COPIED_DEVICE("$2", "$1"),
                  ID(device), ID(request->tenant)));
    if (!there)
        return fail(ERR_MISSING, "no %s of this client", ident_text("dev", device).text);
    return db_do(ask->db, "insert into request_devices (request, device) values ($1, $2)", ID(request->id),
                 ID(device));
}

/* The words are sealed before they are written down. */
static err_t support_put(struct ask *ask, const struct request *request, const idents_t *devices)
{
    const Keys__SupportAsk *in = ask->in;
    OWN(buf) words = BUF(MAX_NAME + BOX_EXTRA);
    struct key public;
    TRY(tenant_public(ask, request->tenant, &public));
    box_seal(&public, str(in->words), &words);
    TRY(buf_end(&words));
    TRY(db_do(
        ask->db,
        "insert into requests (id, tenant, kind, state, by, made, until, level, process, case_id, reason, words,"
        " acts, minutes) values ($1, $2, 'support', 'open', $3, $4, $5, 1, $6, $7, $8, $9, $10, $11)",
        ID(request->id), ID(request->tenant), ID(request->by), N(request->made), N(request->until),
        ID(request->process), T(request->case_id), T(str(in->reason)), B(buf_str(&words)), T(request->acts),
        N(request->minutes)));
    for (size_t i = 0; i < devices->count; i++)
        TRY(device_put(ask, request, devices->at[i]));
    return ERR_OK;
}

static err_t support_told(struct ask *ask, const struct who *who, const struct request *request,
                          size_t devices)
{
    const struct mention on = {"req", request->id};
    const struct entry entry = {ACT_SUPPORT_ASKED, .by = who_mention(who), .session = who->session,
                                .on = &on,         .on_count = 1,          .count = (int64_t)devices};
    TRY(journal(ask, request->tenant, &entry));
    return notice_add(ask, request->tenant, &(struct notice){NOTICE_SUPPORT_REQUESTED, .link = on});
}

static err_t minutes_check(struct ask *ask, const struct request *request)
{
    int64_t longest = 0;
    TRY(process_longest(ask, request->process, &longest));
    return request->minutes >= 1 && request->minutes <= longest
               ? ERR_OK
               : fail(ERR_INVALID, "this client grants access for 1 to %lld minutes", (long long)longest);
}

err_t answer_support_ask(struct ask *ask)
{
    const Keys__SupportAsk *in = ask->in;
    OWN(who) who = {0};
    idents_t devices;
    uint8_t scope[DIGEST_SIZE];
    Keys__Request *message = NULL;
    ident_t same;
    moment_t now = ask->env->now(ask->env);
    struct request request = {.id = ident_new(ask->env),
                              .case_id = str(in->case_id),
                              .acts = str(in->acts),
                              .minutes = in->minutes,
                              .made = now,
                              .until = now + HOURS(VOID_HOURS)};
    TRY(staff_asks(ask, in->bearer, &who));
    TRY(asked_well(in));
    TRY(ident_from(bin(in->tenant), &request.tenant));
    request.by = who.member;
    TRY(process_current(ask, request.tenant, &request.process));
    TRY(devices_take(ask, in, &devices));
    approval_scope(devices.at, devices.count, scope);
    TRY(same_found(ask, &request, scope, &same));
    ask->idle = !ident_is_zero(same);
    if (!ask->idle) {
        TRY(minutes_check(ask, &request));
        TRY(support_put(ask, &request, &devices));
        TRY(support_told(ask, &who, &request, devices.count));
    }
    TRY(request_message(ask, &who, ask->idle ? same : request.id, &message));
    message->again = ask->idle;
    *(Keys__Request *)ask->out = *message;
    return ERR_OK;
}

/* For choosing a scope: ids and states stand in clear, and say nothing about a person. */
err_t answer_support_states(struct ask *ask)
{
    const Keys__Named *in = ask->in;
    OWN(who) who = {0};
    ident_t tenant;
    TRY(staff_asks(ask, in->bearer, &who));
    TRY(ident_from(bin(in->id), &tenant));
    return device_states(ask, tenant, ask->out);
}
