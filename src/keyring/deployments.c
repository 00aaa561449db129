/* SPDX-License-Identifier: Apache-2.0 */
#include "keyring/journal.h"
#include "keyring/labels.h"

enum { MOST_USES = 1000000 };

static err_t deployment_from(struct ask *ask, const struct who *who, const rows_t *rows,
                             Keys__Deployment **out_deployment)
{
    Keys__Deployment *deployment = *out_deployment = arena_new(ask->arena, Keys__Deployment);
    TRY(arena_end(ask->arena));
    keys__deployment__init(deployment);
    deployment->id = ask_bytes(ask, row_text(rows, 0));
    deployment->made = row_number(rows, 1);
    deployment->until = row_number(rows, 2);
    deployment->uses = row_number(rows, 3);
    deployment->used = row_number(rows, 4);
    deployment->pattern = ask_text(ask, row_text(rows, 5));
    deployment->hold = row_number(rows, 6) != 0;
    return label_get(ask, who, row_ident(rows, 0), &deployment->name);
}

static err_t deployment_put(struct ask *ask, ident_t id, const struct who *who, const struct ticket *ticket)
{
    const Keys__DeploymentMake *in = ask->in;
    uint8_t proof[DIGEST_SIZE];
    digest(key_bytes(&ticket->secret), proof);
    TRY(label_put(ask, who, id, str(in->name)));
    return db_do(ask->db,
                 "insert into deployments (id, tenant, name, digest, made, until, uses, used, pattern, hold)"
                 " values ($1, $2, '', $3, $4, $5, $6, 0, $7, $8)",
                 ID(id), ID(who->tenant), B(str_bytes(proof, sizeof proof)), N(ask->env->now(ask->env)),
                 N(in->until), N(in->uses), T(str(in->pattern)), N(in->hold));
}

err_t answer_deployment_make(struct ask *ask)
{
    const Keys__DeploymentMake *in = ask->in;
    Keys__Deployment *out = ask->out;
    OWN(who) who = {0};
    OWN(ticket) ticket = {0};
    ident_t id = ident_new(ask->env);
    TRY(who_asks(ask, in->bearer, RIGHT_DEVICES, &who));
    if (!is_name(in->name) || (*in->pattern && !is_name(in->pattern)))
        return fail(ERR_INVALID, "a deployment key has a name, and a pattern no longer than %d bytes",
                    MAX_NAME);
    if (in->uses < 1 || in->uses > MOST_USES || in->until <= ask->env->now(ask->env))
        return fail(ERR_INVALID, "a deployment key has 1 to %d uses and ends in the future", MOST_USES);
    ticket.id = who.tenant;
    key_random(ask->env, &ticket.secret);
    TRY(authority_fingerprint(ask, ticket.extra));
    TRY(deployment_put(ask, id, &who, &ticket));
    TRY(withholder_ensure(ask, &who));
    TRY(journal_one(ask, &who, ACT_DEPLOYMENT_MADE, (struct mention){"dpl", id}));
    out->id = ask_bytes(ask, ident_bytes(&id));
    out->name = in->name;
    out->made = ask->env->now(ask->env);
    out->until = in->until;
    out->uses = in->uses;
    out->pattern = in->pattern;
    out->hold = in->hold;
    out->key = (char *)(uintptr_t)ticket_text(ask, "cdk", &ticket, true);
    return arena_end(ask->arena);
}

err_t answer_deployment_list(struct ask *ask)
{
    const Keys__Bearer *in = ask->in;
    Keys__Deployments *out = ask->out;
    OWN(who) who = {0};
    OWN(rows) rows = {0};
    int64_t room = 0;
    TRY(who_asks(ask, in->bearer, RIGHT_DEVICES, &who));
    TRY(db_number(ask->db, &room, "select count(*) from deployments where tenant = $1", ID(who.tenant)));
    out->items = arena_array(ask->arena, Keys__Deployment *, (size_t)room);
    TRY(arena_end(ask->arena));
    TRY(db_read(
        ask->db, &rows,
        "select id, made, until, uses, used, pattern, hold from deployments where tenant = $1 order by made desc, id",
        ID(who.tenant)));
    while (out->n_items < (size_t)room && row_next(&rows))
        TRY(deployment_from(ask, &who, &rows, &out->items[out->n_items++]));
    TRY(rows_end(&rows));
    return arena_end(ask->arena);
}

err_t answer_deployment_end(struct ask *ask)
{
    const Keys__DeploymentEnd *in = ask->in;
    OWN(who) who = {0};
    struct mention deployment = {.prefix = "dpl"};
    struct entry entry = {ACT_DEPLOYMENT_ENDED, .on = &deployment, .on_count = 1};
    TRY(who_asks(ask, in->bearer, RIGHT_DEVICES, &who));
    TRY(ident_from(bin(in->id), &deployment.id));
    TRY(db_do(ask->db, "delete from deployments where id = $1 and tenant = $2", ID(deployment.id),
              ID(who.tenant)));
    if (!db_changed(ask->db))
        return fail(ERR_MISSING, "no such deployment key");
    TRY(cell_destroy(ask->keyring, deployment.id, 0));
    if (in->revoke) {
        TRY(db_do(ask->db,
                  "update devices set state = 'revoked' where deployment = $1 and tenant = $2 and state in"
                  " ('approved', 'pending')",
                  ID(deployment.id), ID(who.tenant)));
        entry.count = db_changed(ask->db);
    }
    entry.by = who_mention(&who);
    entry.session = who.session;
    return journal(ask, who.tenant, &entry);
}
