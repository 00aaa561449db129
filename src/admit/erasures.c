/* SPDX-License-Identifier: Apache-2.0
 *
 * Asking for the erasure of a client: an owner, who types the client's name and the password again, and whose request is
 * signed with the client's own key. What staff enter is an order: admit/procedures.c.
 */
#include "admit/erasures.h"
#include "admit/grants.h"
#include "admit/signing.h"
#include "keyring/erasure.h"
#include "keyring/holds.h"
#include "keyring/journal.h"

enum { REQUEST_MAX = 1024 };

/* What the owner says yes to, by the key that signs the client's approvals. */
static err_t request_sign(struct ask *ask, const struct who *who, ident_t id, buf_t *out_note)
{
    OWN(note_signer) signer = {.seed = {{0}}};
    OWN(buf) text = BUF(REQUEST_MAX);
    buf_putf(&text, "custody erasure request\ntenant %s\n", ident_text("ten", who->tenant).text);
    buf_putf(&text, "erasure %s\n", ident_text("era", id).text);
    buf_putf(&text, "by %s\n", ident_text("usr", who->member).text);
    buf_putf(&text, "at %s\n", moment_text(ask->env->now(ask->env)).text);
    TRY(buf_end(&text));
    TRY(approvals_signer(ask, who, &signer));
    return note_put(&signer, buf_str(&text), out_note);
}

static err_t ask_act(struct signing *signing)
{
    struct ask *ask = signing->ask;
    const struct who *who = &signing->who;
    struct erasure erasure;
    uint8_t hash[DIGEST_SIZE];
    OWN(buf) note = BUF(REQUEST_MAX * 2);
    ident_t id = ident_new(ask->env);
    TRY(tenant_typed(ask, who->tenant, ((const Keys__ErasureAsk *)ask->in)->typed));
    TRY(request_sign(ask, who, id, &note));
    digest(buf_str(&note), hash);
    const struct erasure_begin begin = {.tenant = who->tenant,
                                        .id = id,
                                        .asked = "owner",
                                        .by = who_mention(who),
                                        .session = who->session,
                                        .document = str_bytes(hash, sizeof hash),
                                        .request = buf_str(&note),
                                        .cooling = keyring_cooling(ask->keyring)};
    TRY(erasure_begin(ask, &begin, &erasure));
    return erasure_put(ask, &erasure, ask->out);
}

err_t answer_erasure_ask(struct ask *ask)
{
    const Keys__ErasureAsk *in = ask->in;
    struct signing signing = {.ask = ask,
                              .bearer = in->bearer,
                              .act = "erasure.ask",
                              .password = bin(in->password),
                              .passkey = in->passkey,
                              .right = RIGHT_OWN,
                              .keyless = true,
                              .run = ask_act};
    return signing_run(&signing);
}

/* The order of staff. The client is told, and can take it back like any other. */

err_t erasure_look(struct ask *ask, ident_t target, Keys__Order *out)
{
    OWN(rows) rows = {0};
    struct erasure erasure;
    TRY(db_read(ask->db, &rows, "select name, public from tenants where id = $1", ID(target)));
    bool found = row_next(&rows);
    TRY(rows_end(&rows));
    if (!found)
        return fail(ERR_MISSING, "no %s", ident_text("ten", target).text);
    if (!row_text(&rows, 1).len)
        return fail(ERR_DENIED, "nobody has claimed it, or it is erased: there is nothing of a client in it");
    err_t under_way = erasure_of(ask, target, &erasure);
    if (under_way != ERR_MISSING)
        return under_way == ERR_OK ? fail(ERR_CONFLICT, "%s is under way", ident_text("era", erasure.id).text)
                                   : under_way;
    out->name = ask_text(ask, row_text(&rows, 0));
    out->does =
        ask_text(ask, STR("everything of the client is erased for good, its keys first, once the"
                          " cooling-off is over; its owners are told, and can take it back until then"));
    return arena_end(ask->arena);
}

/* The order is the one that is confirmed now. */
static err_t ordered_begin(struct ask *ask, const struct who *who, struct erasure_begin *io_begin)
{
    const Keys__OrderNamed *in = ask->in;
    OWN(rows) rows = {0};
    struct erasure erasure;
    TRY(db_read(ask->db, &rows,
                "select by, document from orders join order_documents on order_documents.id = orders.id"
                " where orders.id = $1",
                B(bin(in->id))));
    TRY(row_one(&rows));
    io_begin->by = (struct mention){"stf", row_ident(&rows, 0)};
    io_begin->session = who->session;
    io_begin->second = who->member;
    io_begin->document = arena_copy(ask->arena, row_text(&rows, 1));
    return erasure_begin(ask, io_begin, &erasure);
}

err_t erasure_carry_out(struct ask *ask, const struct who *who, ident_t target)
{
    struct erasure_begin begin = {
        .tenant = target, .asked = "written", .cooling = keyring_cooling(ask->keyring)};
    return ordered_begin(ask, who, &begin);
}

err_t erasure_document(struct ask *ask, const Keys__Order *order)
{
    const Keys__OrderMake *in = ask->in;
    if (in->document.len != DIGEST_SIZE)
        return fail(ERR_INVALID, "an erasure needs the SHA-256 of what the client has written");
    return db_do(ask->db, "insert into order_documents (id, document) values ($1, $2)", B(bin(order->id)),
                 B(bin(in->document)));
}

/* The release of a hold whose client is erased, all but what it keeps. */

struct kept_hold {
    ident_t tenant, erasure;
    str_t name;
};

static err_t kept_find(struct ask *ask, ident_t hold, struct kept_hold *out)
{
    OWN(rows) rows = {0};
    TRY(db_read(
        ask->db, &rows,
        "select tenants.id, tenants.name, erasures.id, erasures.state from holds"
        " join tenants on tenants.id = holds.tenant join erasures on erasures.tenant = tenants.id"
        " where holds.id = $1 and released = 0 and tenants.state = 'erased'"
        " and erasures.state <> 'withdrawn' order by erasures.requested desc, erasures.rowid desc limit 1",
        ID(hold)));
    if (!row_next(&rows)) {
        TRY(rows_end(&rows));
        return fail(ERR_MISSING, "no %s keeps anything of a client that is erased",
                    ident_text("hld", hold).text);
    }
    if (!str_eq(row_text(&rows, 3), STR("certified")))
        return fail(ERR_CONFLICT, "%s is under way", ident_text("era", row_ident(&rows, 2)).text);
    *out = (struct kept_hold){row_ident(&rows, 0), row_ident(&rows, 2),
                              arena_copy(ask->arena, row_text(&rows, 1))};
    return arena_end(ask->arena);
}

err_t kept_look(struct ask *ask, ident_t target, Keys__Order *out)
{
    struct kept_hold kept = {0};
    TRY(kept_find(ask, target, &kept));
    out->name = ask_text(ask, kept.name);
    out->does =
        ask_text(ask, STR("the legal hold is released: what it has kept of the erased client, and nobody"
                          " but who has the recovery kit could open, is destroyed for good, at once"));
    return arena_end(ask->arena);
}

/* A crash leaves the hold as it stands; or, where the ledger has its line, an erasure that goes on. */
err_t kept_carry_out(struct ask *ask, const struct who *who, ident_t target)
{
    struct kept_hold kept = {0};
    const struct mention on = {"hld", target};
    const struct entry entry = {ACT_HOLD_RELEASED, .by = who_mention(who), .session = who->session, .on = &on,
                                .on_count = 1};
    TRY(kept_find(ask, target, &kept));
    struct erasure_begin begin = {.tenant = kept.tenant, .asked = "release", .after = kept.erasure};
    TRY(ordered_begin(ask, who, &begin));
    TRY(journal(ask, kept.tenant, &entry));
    return hold_end(ask, kept.tenant, target);
}
