/* SPDX-License-Identifier: Apache-2.0
 *
 * The sessions of a client's people: by their times and how somebody came in, never from where. Whoever is in one sees their
 * own, and ends them; who invites and removes members does so for everybody.
 */
#include "base/limits.h"
#include "keyring/journal.h"

static Keys__Session *session_from(struct ask *ask, const struct who *who, const rows_t *rows)
{
    Keys__Session *session = arena_new(ask->arena, Keys__Session);
    if (!session)
        return NULL;
    keys__session__init(session);
    session->id = ask_bytes(ask, row_text(rows, 0));
    session->member = ask_bytes(ask, row_text(rows, 1));
    session->since = row_number(rows, 2);
    session->until = row_number(rows, 3);
    session->way = ask_text(ask, row_text(rows, 4));
    session->keyed = row_number(rows, 5);
    session->keyed_by = ask_text(ask, row_text(rows, 6));
    session->yours = str_eq(row_text(rows, 0), ident_bytes(&who->session));
    return session;
}

/* Where the page begins: after the session that the one before ended with, which may have ended meanwhile itself. */
struct page {
    size_t limit;
    moment_t since;
    ident_t after;
};

static err_t page_take(const Keys__SessionsAsk *in, struct page *out)
{
    if (in->limit < 0 || in->limit > MAX_PAGE)
        return fail(ERR_INVALID, "1 to %d at once", MAX_PAGE);
    *out = (struct page){in->limit ? (size_t)in->limit : MAX_PAGE, INT64_MAX};
    if (!in->after.len)
        return ERR_OK;
    out->since = in->since;
    return ident_from(bin(in->after), &out->after);
}

err_t answer_session_list(struct ask *ask)
{
    const Keys__SessionsAsk *in = ask->in;
    Keys__Sessions *out = ask->out;
    OWN(who) who = {0};
    OWN(rows) rows = {0};
    struct page page = {0};
    TRY(who_asks(ask, in->bearer, RIGHT_SELF, &who));
    TRY(page_take(in, &page));
    bool all = role_may(role_find(who.role), RIGHT_PEOPLE);
    out->items = arena_array(ask->arena, Keys__Session *, page.limit);
    TRY(arena_end(ask->arena));
    TRY(db_read(
        ask->db, &rows,
        "select id, member, since, until, way, keyed, keyed_by from sessions where tenant = $1 and until > $2 and way <> 'keeper'"
        " and (member = $3 or $4 = 1) and (since < $5 or (since = $5 and id > $6)) order by since desc, id limit $7",
        ID(who.tenant), N(ask->env->now(ask->env)), ID(who.member), N(all), N(page.since), ID(page.after),
        N((int64_t)page.limit)));
    while (out->n_items < page.limit && row_next(&rows))
        out->items[out->n_items++] = session_from(ask, &who, &rows);
    TRY(rows_end(&rows));
    return arena_end(ask->arena);
}

/* MISSING also for one that is somebody else's, where it is not for the member to see. */
static err_t session_member(struct ask *ask, const struct who *who, ident_t session, ident_t *out_member)
{
    OWN(rows) rows = {0};
    bool all = role_may(role_find(who->role), RIGHT_PEOPLE);
    TRY(db_read(ask->db, &rows,
                "select member from sessions where id = $1 and tenant = $2 and (member = $3 or $4 = 1)",
                ID(session), ID(who->tenant), ID(who->member), N(all)));
    bool found = row_next(&rows);
    TRY(rows_end(&rows));
    if (!found)
        return fail(ERR_MISSING, "no such session");
    *out_member = row_ident(&rows, 0);
    return ERR_OK;
}

err_t answer_session_end(struct ask *ask)
{
    const Keys__Named *in = ask->in;
    OWN(who) who = {0};
    ident_t session, member;
    TRY(who_asks(ask, in->bearer, RIGHT_SELF, &who));
    TRY(ident_from(bin(in->id), &session));
    TRY(session_member(ask, &who, session, &member));
    TRY(cell_destroy(ask->keyring, session, 0));
    TRY(db_do(ask->db, "delete from sessions where id = $1", ID(session)));
    return journal_one(ask, &who, ACT_SESSION_ENDED, (struct mention){who.is_staff ? "stf" : "usr", member});
}
