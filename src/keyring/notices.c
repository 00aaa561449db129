/* SPDX-License-Identifier: Apache-2.0 */
#include "keyring/notices.h"

#include "keyring/clock.h"
#include "keyring/erasure.h"
#include "keyring/journal.h"
#include "keyring/webhooks.h"

enum {
    SHOWN = 100,
    AT_ONCE = 16,
    TESTS_AN_HOUR = 10,
    TROUBLE_MAX = 200,
    LINK_MAX = 64,
    DOUBLINGS = 9,
    TARGETS_MAX = 8192
};

/* An address with this in it is a webhook's: is_address() takes none that has it. */
#define POSTED "'%://%'"

/* Addresses, each in the memory of whoever read them. */
struct addresses {
    str_t at[MAX_ADDRESSES];
    size_t count;
};

static err_t addresses_of(struct ask *ask, ident_t tenant, struct addresses *out)
{
    OWN(rows) rows = {0};
    *out = (struct addresses){0};
    TRY(db_read(ask->db, &rows, "select address from notice_addresses where tenant = $1 order by address",
                ID(tenant)));
    while (out->count < MAX_ADDRESSES && row_next(&rows))
        out->at[out->count++] = arena_copy(ask->arena, row_text(&rows, 0));
    TRY(rows_end(&rows));
    return arena_end(ask->arena);
}

/* Making one */

err_t notice_put(struct ask *ask, ident_t tenant, const struct notice *notice, str_t address)
{
    ident_t id = ident_new(ask->env);
    moment_t now = ask->env->now(ask->env);
    OWN(buf) link = BUF(LINK_MAX);
    if (notice->link.prefix)
        buf_putf(&link, "%s", ident_text(notice->link.prefix, notice->link.id).text);
    TRY(buf_end(&link));
    return db_do(
        ask->db,
        "insert into notices (id, tenant, kind, count, link, address, state, made, tries, due, sent, trouble)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8, 0, $8, 0, '')",
        ID(id), ID(tenant), T(str(notice_info(notice->kind)->name)), N(notice->count), T(buf_str(&link)),
        T(address), T(address.len ? STR("waiting") : STR("nobody")), N(now));
}

/* What is not evidence of erase.tell goes after 30 days of a clock that is believed, and what waits stays. */
static err_t notices_old_remove(struct ask *ask, ident_t tenant)
{
    bool held = false;
    TRY(clock_is_held(ask, &held));
    if (held)
        return ERR_OK;
    for (int kind = 0; kind < NOTICE_COUNT; kind++)
        if (!notice_is_told((enum notice_kind)kind))
            TRY(db_do(
                ask->db,
                "delete from notices where tenant = $1 and kind = $2 and made < $3 and state <> 'waiting'",
                ID(tenant), T(str(notice_info((enum notice_kind)kind)->name)),
                N(ask->env->now(ask->env) - DAYS(30))));
    return ERR_OK;
}

/* Everybody who is told, by mail or by post, in one line. */
static err_t targets_of(struct ask *ask, ident_t tenant, buf_t *out_targets)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows,
                "select address from notice_addresses where tenant = $1"
                " union all select url from webhooks where tenant = $1 and state = 'on' order by 1",
                ID(tenant)));
    while (row_next(&rows)) {
        buf_put(out_targets, out_targets->len ? STR(" ") : STR(""));
        buf_put(out_targets, row_text(&rows, 0));
    }
    TRY(rows_end(&rows));
    return buf_end(out_targets);
}

err_t notice_add(struct ask *ask, ident_t tenant, const struct notice *notice)
{
    OWN(buf) targets = BUF(TARGETS_MAX);
    TRY(targets_of(ask, tenant, &targets));
    TRY(notices_old_remove(ask, tenant));
    str_t rest = buf_str(&targets);
    do
        TRY(notice_put(ask, tenant, notice, str_until(&rest, ' ')));
    while (rest.len);
    return ERR_OK;
}

/* What the client does */

static bool holds(const struct addresses *addresses, str_t address)
{
    for (size_t i = 0; i < addresses->count; i++)
        if (str_eq(addresses->at[i], address))
            return true;
    return false;
}

static err_t addresses_read(str_t text, struct addresses *out)
{
    *out = (struct addresses){0};
    while (text.len) {
        str_t one = str_until(&text, ' ');
        if (!one.len || holds(out, one))
            continue;
        if (!is_address(one))
            return fail(ERR_INVALID, "address %zu is not of the form name@host", out->count + 1);
        if (out->count == MAX_ADDRESSES)
            return fail(ERR_TOO_LARGE, "notices go to at most %d addresses", MAX_ADDRESSES);
        out->at[out->count++] = one;
    }
    return ERR_OK;
}

static Keys__Notice *notice_from(struct ask *ask, const rows_t *rows)
{
    Keys__Notice *notice = arena_new(ask->arena, Keys__Notice);
    if (!notice)
        return NULL;
    keys__notice__init(notice);
    notice->id = ask_bytes(ask, row_text(rows, 0));
    notice->kind = ask_text(ask, row_text(rows, 1));
    notice->count = row_number(rows, 2);
    notice->link = ask_text(ask, row_text(rows, 3));
    notice->address = ask_text(ask, row_text(rows, 4));
    notice->state = ask_text(ask, row_text(rows, 5));
    notice->made = row_number(rows, 6);
    notice->tries = row_number(rows, 7);
    notice->due = row_number(rows, 8);
    notice->sent = row_number(rows, 9);
    notice->trouble = ask_text(ask, row_text(rows, 10));
    return notice;
}

static err_t notices_from(struct ask *ask, rows_t *rows, size_t room, Keys__Notices *out)
{
    out->items = arena_array(ask->arena, Keys__Notice *, room);
    TRY(arena_end(ask->arena));
    while (out->n_items < room && row_next(rows))
        out->items[out->n_items++] = notice_from(ask, rows);
    TRY(rows_end(rows));
    return arena_end(ask->arena);
}

#define NOTICE_COLUMNS "id, kind, count, link, address, state, made, tries, due, sent, trouble"

static err_t addresses_put(struct ask *ask, ident_t tenant, Keys__Notices *out)
{
    struct addresses addresses;
    TRY(addresses_of(ask, tenant, &addresses));
    out->addresses = arena_array(ask->arena, char *, MAX_ADDRESSES);
    TRY(arena_end(ask->arena));
    for (size_t i = 0; i < addresses.count; i++)
        out->addresses[out->n_addresses++] = (char *)(uintptr_t)addresses.at[i].at;
    return db_number(ask->db, &out->failed,
                     "select count(*) from notices where tenant = $1 and state = 'failed'", ID(tenant));
}

/* The addresses, and the latest notices, newest first: all of them, or those of one state. */
static err_t notices_show(struct ask *ask, ident_t tenant, const char *state)
{
    OWN(rows) rows = {0};
    TRY(addresses_put(ask, tenant, ask->out));
    TRY(db_read(ask->db, &rows,
                "select " NOTICE_COLUMNS " from notices where tenant = $1 and ($3 = '' or state = $3)"
                " order by made desc, address, id limit $2",
                ID(tenant), N(SHOWN), T(str(state))));
    return notices_from(ask, &rows, SHOWN, ask->out);
}

/* What the proof of erase.tell needs: few, and kept for good. */
static err_t notices_told(struct ask *ask, ident_t tenant)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows,
                "select " NOTICE_COLUMNS " from notices where tenant = $1 and kind in ($3, $4)"
                " order by made desc, address, id limit $2",
                ID(tenant), N(SHOWN), T(str(notice_info(NOTICE_LICENCE_DEACTIVATED)->name)),
                T(str(notice_info(NOTICE_ERASURE_COMPLETED)->name))));
    return notices_from(ask, &rows, SHOWN, ask->out);
}

err_t answer_notices_get(struct ask *ask)
{
    const Keys__NoticesAsk *in = ask->in;
    OWN(who) who = {0};
    TRY(who_asks(ask, in->bearer, RIGHT_AUDIT, &who));
    return in->told ? notices_told(ask, who.tenant) : notices_show(ask, who.tenant, in->state);
}

err_t answer_notices_set(struct ask *ask)
{
    const Keys__NoticesSet *in = ask->in;
    OWN(who) who = {0};
    struct addresses addresses;
    TRY(who_asks(ask, in->bearer, RIGHT_OWN, &who));
    TRY(addresses_read(str(in->addresses), &addresses));
    TRY(db_do(ask->db, "delete from notice_addresses where tenant = $1", ID(who.tenant)));
    for (size_t i = 0; i < addresses.count; i++)
        TRY(db_do(ask->db, "insert into notice_addresses (tenant, address) values ($1, $2)", ID(who.tenant),
                  T(addresses.at[i])));
    const struct entry entry = {ACT_NOTICES_CHANGED, .by = who_mention(&who), .session = who.session,
                                .count = (int64_t)addresses.count};
    TRY(journal(ask, who.tenant, &entry));
    return notices_show(ask, who.tenant, "");
}

/* Tests are few, so that nobody is flooded through us. */
err_t tests_allowed(struct ask *ask, ident_t tenant)
{
    int64_t tests = 0;
    TRY(db_number(
        ask->db, &tests,
        "select count(distinct made) from notices where tenant = $1 and kind = 'test' and made > $2",
        ID(tenant), N(ask->env->now(ask->env) - HOURS(1))));
    return tests < TESTS_AN_HOUR
               ? ERR_OK
               : fail(ERR_BUSY, "%d tests were made within an hour: try again later", TESTS_AN_HOUR);
}

err_t answer_notices_test(struct ask *ask)
{
    const Keys__Bearer *in = ask->in;
    OWN(who) who = {0};
    OWN(buf) targets = BUF(TARGETS_MAX);
    TRY(who_asks(ask, in->bearer, RIGHT_OWN, &who));
    TRY(targets_of(ask, who.tenant, &targets));
    if (!targets.len)
        return fail(ERR_CONFLICT, "notices have no address yet: set one first");
    TRY(tests_allowed(ask, who.tenant));
    TRY(notice_add(ask, who.tenant, &(struct notice){NOTICE_TEST}));
    return notices_show(ask, who.tenant, "");
}

/* It keeps its id, and is tried as if it were new: where it did arrive before, the other side can tell. */
err_t answer_notice_again(struct ask *ask)
{
    const Keys__Named *in = ask->in;
    OWN(who) who = {0};
    ident_t id;
    TRY(who_asks(ask, in->bearer, RIGHT_OWN, &who));
    TRY(ident_from(bin(in->id), &id));
    TRY(db_do(
        ask->db,
        "update notices set state = 'waiting', tries = 0, due = $3, trouble = ''"
        " where id = $1 and tenant = $2 and state = 'failed' and (address not like " POSTED
        " or exists (select 1 from webhooks where webhooks.tenant = $2 and url = address and webhooks.state = 'on'))",
        ID(id), ID(who.tenant), N(ask->env->now(ask->env))));
    if (!db_changed(ask->db))
        return fail(ERR_MISSING, "no notice of that id has failed, or its webhook is switched off");
    return journal_one(ask, &who, ACT_NOTICE_AGAIN, (struct mention){"ntc", id});
}

/* What the jobs process does */

/* That of an erased client stands in no row. */
static err_t last_addresses(struct ask *ask, const Keys__Notices *out)
{
    for (size_t i = 0; i < out->n_items; i++) {
        ident_t id;
        TRY(ident_from(bin(out->items[i]->id), &id));
        if (!*out->items[i]->address)
            TRY(last_notice_address(ask, id, &out->items[i]->address));
    }
    return ERR_OK;
}

err_t answer_notice_due(struct ask *ask)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows,
                "select " NOTICE_COLUMNS " from notices where state = 'waiting' and due <= $1"
                " and address not like " POSTED " order by due, id limit $2",
                N(ask->env->now(ask->env)), N(AT_ONCE)));
    TRY(notices_from(ask, &rows, AT_ONCE, ask->out));
    return last_addresses(ask, ask->out);
}

/* One a webhook: how that goes says enough for the others. */
err_t answer_webhook_due(struct ask *ask)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows,
                "select " NOTICE_COLUMNS " from (select *, row_number() over"
                " (partition by tenant, address order by due, made, id) as place from notices"
                " where state = 'waiting' and due <= $1 and address like " POSTED ") where place = 1"
                " order by due, id limit $2",
                N(ask->env->now(ask->env)), N(AT_ONCE)));
    return notices_from(ask, &rows, AT_ONCE, ask->out);
}

/* One that waits, as it is told of. */
struct waiting {
    ident_t id, tenant;
    str_t address;
    int64_t tries;
    enum notice_kind kind;
    bool posted;
};

/* MISSING where it does not wait, or is not there any more. */
static err_t notice_waiting(struct ask *ask, ProtobufCBinaryData id, struct waiting *out)
{
    OWN(rows) rows = {0};
    TRY(ident_from(bin(id), &out->id));
    TRY(db_read(ask->db, &rows,
                "select tenant, address, tries, kind, address like " POSTED
                " from notices where id = $1 and state = 'waiting'",
                ID(out->id)));
    TRY(row_one(&rows));
    out->tenant = row_ident(&rows, 0);
    out->address = arena_copy(ask->arena, row_text(&rows, 1));
    out->tries = row_number(&rows, 2);
    out->posted = row_number(&rows, 4) != 0;
    TRY(notice_find(row_text(&rows, 3), &out->kind));
    return arena_end(ask->arena);
}

/* The other side took it over. Said again, it is said already. */
static err_t notice_taken(struct ask *ask, bool posted, const char *state, enum act act)
{
    const Keys__NoticeOutcome *in = ask->in;
    struct waiting one;
    err_t waits = notice_waiting(ask, in->id, &one);
    ask->idle = waits == ERR_MISSING;
    if (waits != ERR_OK)
        return ask->idle ? ERR_OK : waits;
    if (one.posted != posted)
        return fail(ERR_INVALID, "a mail is sent, and what is posted is delivered");
    TRY(db_do(
        ask->db,
        "update notices set state = $3, sent = $2, tries = tries + 1, due = 0, trouble = '' where id = $1",
        ID(one.id), N(ask->env->now(ask->env)), T(str(state))));
    if (posted)
        TRY(webhook_delivered(ask, one.tenant, one.address));
    TRY(last_notice_end(ask, one.id));
    const struct mention on = {"ntc", one.id};
    return journal(ask, one.tenant, &(struct entry){act, .on = &on, .on_count = 1});
}

err_t answer_notice_sent(struct ask *ask) { return notice_taken(ask, false, "sent", ACT_NOTICE_SENT); }

err_t answer_notice_delivered(struct ask *ask)
{
    return notice_taken(ask, true, "delivered", ACT_NOTICE_DELIVERED);
}

/* 5 s, 10 s, 20 s and so on, at most an hour. */
static moment_t wait_after(int64_t tries)
{
    moment_t wait = tries < DOUBLINGS + 1 ? SECONDS(5) << tries : HOURS(1);
    return wait < HOURS(1) ? wait : HOURS(1);
}

/* By its waits, not by the clock: an outbox that stood still for a day, or a clock that jumped, has tried nothing. */
static bool is_tried_out(const struct waiting *one)
{
    moment_t waited = 0, most = DAYS(notice_is_told(one->kind) ? NOTICE_TOLD_DAYS : NOTICE_DAYS);
    for (int64_t tries = 0; tries < one->tries && waited < most; tries++)
        waited += wait_after(tries);
    return waited >= most;
}

static err_t notice_later(struct ask *ask, const struct waiting *one, bool failed)
{
    const Keys__NoticeOutcome *in = ask->in;
    const struct mention on = {"ntc", one->id};
    moment_t due = ask->env->now(ask->env) + wait_after(one->tries);
    TRY(db_do(
        ask->db, "update notices set state = $2, tries = tries + 1, due = $3, trouble = $4 where id = $1",
        ID(one->id), T(failed ? STR("failed") : STR("waiting")), N(failed ? 0 : due), T(str(in->trouble))));
    return failed ? journal(ask, one->tenant, &(struct entry){ACT_NOTICE_FAILED, .on = &on, .on_count = 1})
                  : ERR_OK;
}

/* All that wait for a webhook that is gone, or are due to one that does not answer. */
static err_t posts_later(struct ask *ask, const struct waiting *tried)
{
    const Keys__NoticeOutcome *in = ask->in;
    OWN(buf) ids = BUF(MAX_MEMORY);
    TRY(webhook_failed(ask, tried->tenant, tried->address, str(in->trouble)));
    TRY(db_idents(ask->db, &ids,
                  "select id from notices where tenant = $1 and address = $2 and state = 'waiting'"
                  " and (due <= $3 or $4 <> 0)",
                  ID(tried->tenant), T(tried->address), N(ask->env->now(ask->env)), N(in->gone)));
    for_each_ident(id, &ids)
    {
        struct waiting one;
        TRY(notice_waiting(ask, (ProtobufCBinaryData){sizeof id.bytes, id.bytes}, &one));
        TRY(notice_later(ask, &one, in->gone || is_tried_out(&one)));
    }
    return in->gone ? webhook_gone(ask, tried->tenant, tried->address) : ERR_OK;
}

/* It did not go: `trouble` says why, in words of our own. */
err_t answer_notice_put_off(struct ask *ask)
{
    const Keys__NoticeOutcome *in = ask->in;
    struct waiting one;
    if (!is_name(in->trouble) || strlen(in->trouble) > TROUBLE_MAX)
        return fail(ERR_INVALID, "a notice is put off for a reason");
    TRY(notice_waiting(ask, in->id, &one));
    return one.posted ? posts_later(ask, &one) : notice_later(ask, &one, is_tried_out(&one));
}
