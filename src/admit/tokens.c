/* SPDX-License-Identifier: Apache-2.0 */
#include "admit/exports.h"
#include "admit/keepers.h"
#include "admit/people.h"
#include "admit/signing.h"
#include "keyring/journal.h"
#include "keyring/labels.h"

/* What is made: a role and no scopes, or scopes and the role that may nothing. */
struct made {
    struct ticket ticket;
    scopes_t scopes;
    const char *role;
};
typedef struct made made_own;
static void made_drop(struct made *made) { ticket_drop(&made->ticket); }

static bool made_opens(const struct made *made)
{
    return made->scopes ? scopes_open(made->scopes) : role_needs_key(role_find(str(made->role)));
}

/* A token is a member of its own: its key pair comes from the secret, which stands in the token and nowhere else. */
static err_t token_put(struct ask *ask, const struct who *who, const struct made *made)
{
    const Keys__TokenMake *in = ask->in;
    const struct ticket *ticket = &made->ticket;
    OWN(key) private;
    OWN(buf) sealed = BUF(KEY_SIZE + BOX_EXTRA);
    struct key public;
    pair_from(&ticket->secret, &public, &private);
    if (made_opens(made)) {
        box_seal(&public, key_bytes(&who->tenant_private), &sealed);
        TRY(buf_end(&sealed));
        TRY(cell_put(ask->keyring, who->tenant, ticket->id, CELL_TENANT_KEY, buf_str(&sealed)));
    }
    TRY(label_put(ask, who, ticket->id, str(in->name)));
    return db_do(ask->db,
                 "insert into members (id, tenant, kind, role, public, made, until, used, scopes, by)"
                 " values ($1, $2, 'token', $3, $4, $5, $6, 0, $7, $8)",
                 ID(ticket->id), ID(who->tenant), T(str(made->role)), B(key_bytes(&public)),
                 N(ask->env->now(ask->env)), N(in->until), N((int64_t)made->scopes), ID(who->member));
}

static err_t role_choose(const char *name, struct made *made)
{
    const struct role *role = role_find(str(name));
    bool trusted = role_may(role, RIGHT_TOKENS) || role_may(role, RIGHT_APPROVE);
    made->role = name;
    return role_is_members(role) && !trusted
               ? ERR_OK
               : fail(ERR_INVALID, "a token is an administrator, an auditor or a viewer, or has scopes");
}

/* What a program hands over is the client's responsibility as well: who makes its token accepts that, by name. */
static err_t token_narrow(struct ask *ask, const struct who *who, struct made *made)
{
    const Keys__TokenMake *in = ask->in;
    TRY(scopes_read(str(in->scope), &made->scopes));
    if (!made->scopes)
        return role_choose(in->role, made);
    if (*in->role)
        return fail(ERR_INVALID, "a token has a role, or scopes");
    made->role = ROLE_PROGRAM;
    return scopes_have(made->scopes, "export") ? name_typed(ask, who, in->typed) : ERR_OK;
}

static err_t make_act(struct signing *signing)
{
    struct ask *ask = signing->ask;
    const struct who *who = &signing->who;
    const Keys__TokenMake *in = ask->in;
    Keys__Token *out = ask->out;
    OWN(made) made = {0};
    TRY(token_narrow(ask, who, &made));
    if (!is_name(in->name) || in->until <= ask->env->now(ask->env))
        return fail(ERR_INVALID, "a token has a name and ends in the future");
    made.ticket.id = ident_new(ask->env);
    key_random(ask->env, &made.ticket.secret);
    TRY(token_put(ask, who, &made));
    TRY(journal_one(ask, who, ACT_TOKEN_MADE, (struct mention){"tok", made.ticket.id}));
    out->id = ask_bytes(ask, ident_bytes(&made.ticket.id));
    out->by = ask_bytes(ask, ident_bytes(&who->member));
    out->name = in->name;
    out->role = (char *)(uintptr_t)made.role;
    out->scopes = made.scopes;
    out->made = ask->env->now(ask->env);
    out->until = in->until;
    out->token = (char *)(uintptr_t)ticket_text(ask, "ctk", &made.ticket, false);
    return arena_end(ask->arena);
}

err_t answer_token_make(struct ask *ask)
{
    const Keys__TokenMake *in = ask->in;
    struct signing signing = {.ask = ask,
                              .bearer = in->bearer,
                              .act = "token.make",
                              .password = bin(in->password),
                              .passkey = in->passkey,
                              .right = RIGHT_TOKENS,
                              .keyless = true,
                              .run = make_act};
    return signing_run(&signing);
}

static err_t token_from(struct ask *ask, const struct who *who, const rows_t *rows, Keys__Token **out_token)
{
    Keys__Token *token = *out_token = arena_new(ask->arena, Keys__Token);
    TRY(arena_end(ask->arena));
    keys__token__init(token);
    token->id = ask_bytes(ask, row_text(rows, 0));
    token->role = ask_text(ask, row_text(rows, 1));
    token->made = row_number(rows, 2);
    token->until = row_number(rows, 3);
    token->used = row_number(rows, 4);
    token->scopes = (uint64_t)row_number(rows, 5);
    token->by = ask_bytes(ask, row_text(rows, 6));
    return label_get(ask, who, row_ident(rows, 0), &token->name);
}

err_t answer_token_list(struct ask *ask)
{
    const Keys__Bearer *in = ask->in;
    Keys__Tokens *out = ask->out;
    OWN(who) who = {0};
    OWN(rows) rows = {0};
    int64_t room = 0;
    TRY(who_asks(ask, in->bearer, RIGHT_TOKENS, &who));
    TRY(db_number(ask->db, &room, "select count(*) from members where tenant = $1 and kind = 'token'",
                  ID(who.tenant)));
    out->items = arena_array(ask->arena, Keys__Token *, (size_t)room);
    TRY(arena_end(ask->arena));
    TRY(db_read(
        ask->db, &rows,
        "select id, role, made, until, used, scopes, by from members where tenant = $1 and kind = 'token'"
        " order by made desc, id",
        ID(who.tenant)));
    while (out->n_items < (size_t)room && row_next(&rows))
        TRY(token_from(ask, &who, &rows, &out->items[out->n_items++]));
    TRY(rows_end(&rows));
    return arena_end(ask->arena);
}

static err_t token_end(struct ask *ask, const struct who *who, ident_t id)
{
    TRY(db_do(ask->db, "delete from members where id = $1 and tenant = $2 and kind = 'token'", ID(id),
              ID(who->tenant)));
    if (!db_changed(ask->db))
        return fail(ERR_MISSING, "no %s", ident_text("tok", id).text);
    TRY(keeper_revoke(ask, who, id));
    TRY(cell_destroy(ask->keyring, id, 0));
    return journal_one(ask, who, ACT_TOKEN_ENDED, (struct mention){"tok", id});
}

err_t answer_token_end(struct ask *ask)
{
    const Keys__Named *in = ask->in;
    OWN(who) who = {0};
    ident_t id;
    TRY(who_asks(ask, in->bearer, RIGHT_TOKENS, &who));
    TRY(ident_from(bin(in->id), &id));
    return token_end(ask, &who, id);
}

err_t tokens_end(struct ask *ask, const struct who *who, ident_t maker)
{
    OWN(buf) ids = BUF(MAX_ASK);
    TRY(db_idents(ask->db, &ids, "select id from members where tenant = $1 and kind = 'token' and by = $2",
                  ID(who->tenant), ID(maker)));
    for_each_ident(id, &ids) TRY(token_end(ask, who, id));
    return ERR_OK;
}
