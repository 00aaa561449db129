/* SPDX-License-Identifier: Apache-2.0 */
#include "keyring/notices.h"

#include "keyring/journal.h"

enum { SHOWN = 100, AT_ONCE = 16, TESTS_AN_HOUR = 10, TROUBLE_MAX = 200, LINK_MAX = 64, DOUBLINGS = 9 };

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

static err_t notice_put(struct ask *ask, ident_t tenant, const struct notice *notice, str_t address)
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

err_t notice_add(struct ask *ask, ident_t tenant, const struct notice *notice)
{
    struct addresses addresses;
    TRY(addresses_of(ask, tenant, &addresses));
    TRY(db_do(ask->db, "delete from notices where tenant = $1 and made < $2 and state <> 'waiting'",
              ID(tenant), N(ask->env->now(ask->env) - DAYS(30))));
    if (!addresses.count)
        return notice_put(ask, tenant, notice, STR(""));
    for (size_t i = 0; i < addresses.count; i++)
        TRY(notice_put(ask, tenant, notice, addresses.at[i]));
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

/* The addresses, and the latest notices, newest first. */
static err_t notices_show(struct ask *ask, ident_t tenant)
{
    Keys__Notices *out = ask->out;
    struct addresses addresses;
    OWN(rows) rows = {0};
    TRY(addresses_of(ask, tenant, &addresses));
    out->addresses = arena_array(ask->arena, char *, MAX_ADDRESSES);
    TRY(arena_end(ask->arena));
    for (size_t i = 0; i < addresses.count; i++)
        out->addresses[out->n_addresses++] = (char *)(uintptr_t)addresses.at[i].at;
    TRY(db_read(ask->db, &rows,
                "select " NOTICE_COLUMNS
                " from notices where tenant = $1 order by made desc, address, id limit $2",
                ID(tenant), N(SHOWN)));
    return notices_from(ask, &rows, SHOWN, out);
}

err_t answer_notices_get(struct ask *ask)
{
    const Keys__Bearer *in = ask->in;
    OWN(who) who = {0};
    TRY(who_asks(ask, in->bearer, RIGHT_AUDIT, &who));
    return notices_show(ask, who.tenant);
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
    return notices_show(ask, who.tenant);
}

/* Tests are few, so that nobody is flooded through us. */
err_t answer_notices_test(struct ask *ask)
{
    const Keys__Bearer *in = ask->in;
    OWN(who) who = {0};
    struct addresses addresses;
    int64_t tests = 0;
    TRY(who_asks(ask, in->bearer, RIGHT_OWN, &who));
    TRY(addresses_of(ask, who.tenant, &addresses));
    if (!addresses.count)
        return fail(ERR_CONFLICT, "notices have no address yet: set one first");
    TRY(db_number(
        ask->db, &tests,
        "select count(distinct made) from notices where tenant = $1 and kind = 'test' and made > $2",
        ID(who.tenant), N(ask->env->now(ask->env) - HOURS(1))));
    if (tests >= TESTS_AN_HOUR)
        return fail(ERR_BUSY, "%d tests were made within an hour: try again later", TESTS_AN_HOUR);
    TRY(notice_add(ask, who.tenant, &(struct notice){NOTICE_TEST}));
    return notices_show(ask, who.tenant);
}

/* What the jobs process does */

err_t answer_notice_due(struct ask *ask)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows,
                "select " NOTICE_COLUMNS
                " from notices where state = 'waiting' and due <= $1 order by due, id limit $2",
                N(ask->env->now(ask->env)), N(AT_ONCE)));
    return notices_from(ask, &rows, AT_ONCE, ask->out);
}

/* One that waits: MISSING where it does not, or is not there any more. */
static err_t notice_waiting(struct ask *ask, ident_t id, ident_t *out_tenant, Keys__Notice *out)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows, "select tenant, made, tries from notices where id = $1 and state = 'waiting'",
                ID(id)));
    TRY(row_one(&rows));
    *out_tenant = row_ident(&rows, 0);
    out->made = row_number(&rows, 1);
    out->tries = row_number(&rows, 2);
    return ERR_OK;
}

/* The relay took it over. Said again, it is said already. */
err_t answer_notice_sent(struct ask *ask)
{
    const Keys__NoticeOutcome *in = ask->in;
    ident_t id, tenant;
    Keys__Notice notice = KEYS__NOTICE__INIT;
    TRY(ident_from(bin(in->id), &id));
    err_t waits = notice_waiting(ask, id, &tenant, &notice);
    ask->idle = waits == ERR_MISSING;
    if (waits != ERR_OK)
        return ask->idle ? ERR_OK : waits;
    TRY(db_do(
        ask->db,
        "update notices set state = 'sent', sent = $2, tries = tries + 1, due = 0, trouble = '' where id = $1",
        ID(id), N(ask->env->now(ask->env))));
    const struct mention on = {"ntc", id};
    return journal(ask, tenant, &(struct entry){ACT_NOTICE_SENT, .on = &on, .on_count = 1});
}

/* It did not go: `trouble` says why, in words of our own. After a day it has failed. */
err_t answer_notice_put_off(struct ask *ask)
{
    const Keys__NoticeOutcome *in = ask->in;
    ident_t id, tenant;
    Keys__Notice notice = KEYS__NOTICE__INIT;
    moment_t now = ask->env->now(ask->env), wait;
    TRY(ident_from(bin(in->id), &id));
    if (!is_name(in->trouble) || strlen(in->trouble) > TROUBLE_MAX)
        return fail(ERR_INVALID, "a notice is put off for a reason");
    TRY(notice_waiting(ask, id, &tenant, &notice));
    wait = notice.tries < DOUBLINGS + 1 ? SECONDS(5) << notice.tries : HOURS(1);
    wait = wait < HOURS(1) ? wait : HOURS(1);
    bool failed = now - notice.made >= HOURS(24);
    return db_do(
        ask->db, "update notices set state = $2, tries = tries + 1, due = $3, trouble = $4 where id = $1",
        ID(id), T(failed ? STR("failed") : STR("waiting")), N(failed ? 0 : now + wait), T(str(in->trouble)));
}
