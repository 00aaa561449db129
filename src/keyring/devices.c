/* SPDX-License-Identifier: Apache-2.0 */
#include "crypt/cert.h"
#include "keyring/_private.h"

enum { DEVICE_DAYS = 7, MOST_USES = 1000000 };

static Keys__Deployment *deployment_from(struct ask *ask, const rows_t *rows)
{
    Keys__Deployment *deployment = arena_new(ask->arena, Keys__Deployment);
    if (!deployment)
        return NULL;
    keys__deployment__init(deployment);
    deployment->id = ask_bytes(ask, row_text(rows, 0));
    deployment->name = ask_text(ask, row_text(rows, 1));
    deployment->made = row_number(rows, 2);
    deployment->until = row_number(rows, 3);
    deployment->uses = row_number(rows, 4);
    deployment->used = row_number(rows, 5);
    return deployment;
}

static err_t deployment_put(struct ask *ask, ident_t id, const struct who *who, const struct ticket *ticket)
{
    const Keys__DeploymentMake *in = ask->in;
    uint8_t proof[DIGEST_SIZE];
    digest(key_bytes(&ticket->secret), proof);
    return db_do(ask->db,
                 "insert into deployments (id, tenant, name, digest, made, until, uses, used)"
                 " values ($1, $2, $3, $4, $5, $6, $7, 0)",
                 ID(id), ID(who->tenant), T(str(in->name)), B(str_bytes(proof, sizeof proof)),
                 N(ask->env->now(ask->env)), N(in->until), N(in->uses));
}

err_t answer_deployment_make(struct ask *ask)
{
    const Keys__DeploymentMake *in = ask->in;
    Keys__Deployment *out = ask->out;
    OWN(who) who = {0};
    OWN(ticket) ticket = {0};
    ident_t id = ident_new(ask->env);
    TRY(who_asks(ask, in->bearer, RIGHT_DEVICES, &who));
    if (in->uses < 1 || in->uses > MOST_USES || in->until <= ask->env->now(ask->env))
        return fail(ERR_INVALID, "a deployment key has 1 to %d uses and ends in the future", MOST_USES);
    ticket.id = who.tenant;
    key_random(ask->env, &ticket.secret);
    TRY(authority_fingerprint(ask, ticket.extra));
    TRY(deployment_put(ask, id, &who, &ticket));
    out->id = ask_bytes(ask, ident_bytes(&id));
    out->name = in->name;
    out->made = ask->env->now(ask->env);
    out->until = in->until;
    out->uses = in->uses;
    out->key = (char *)(uintptr_t)ticket_text(ask, "cdk", &ticket, true);
    return arena_end(ask->arena);
}

static err_t deployment_count(struct ask *ask, ident_t tenant, size_t *out_count)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows, "select count(*) from deployments where tenant = $1", ID(tenant)));
    TRY(row_one(&rows));
    *out_count = (size_t)row_number(&rows, 0);
    return ERR_OK;
}

err_t answer_deployment_list(struct ask *ask)
{
    const Keys__Bearer *in = ask->in;
    Keys__Deployments *out = ask->out;
    OWN(who) who = {0};
    OWN(rows) rows = {0};
    size_t room = 0;
    TRY(who_asks(ask, in->bearer, RIGHT_DEVICES, &who));
    TRY(deployment_count(ask, who.tenant, &room));
    out->items = arena_array(ask->arena, Keys__Deployment *, room);
    TRY(arena_end(ask->arena));
    TRY(db_read(
        ask->db, &rows,
        "select id, name, made, until, uses, used from deployments where tenant = $1 order by made desc, id",
        ID(who.tenant)));
    while (out->n_items < room && row_next(&rows))
        out->items[out->n_items++] = deployment_from(ask, &rows);
    TRY(rows_end(&rows));
    return arena_end(ask->arena);
}

err_t answer_deployment_end(struct ask *ask)
{
    const Keys__Named *in = ask->in;
    OWN(who) who = {0};
    TRY(who_asks(ask, in->bearer, RIGHT_DEVICES, &who));
    TRY(db_do(ask->db, "delete from deployments where id = $1 and tenant = $2", B(bin(in->id)),
              ID(who.tenant)));
    return db_changed(ask->db) ? ERR_OK : fail(ERR_MISSING, "no such deployment key");
}

/* The same key enrolled before: the same device, so that a lost answer does not make two. */
static err_t device_again(struct ask *ask, ident_t tenant, str_t proof, bool *out_again)
{
    Keys__Enrolled *out = ask->out;
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows,
                "select id, tenant, certificate, made, revoked from devices where digest = $1", B(proof)));
    *out_again = row_next(&rows);
    TRY(rows_end(&rows));
    if (!*out_again)
        return ERR_OK;
    if (!ident_eq(row_ident(&rows, 1), tenant) || row_number(&rows, 4))
        return fail(ERR_DENIED, "this endpoint's key was enrolled before and is refused now");
    out->device = ask_bytes(ask, row_text(&rows, 0));
    out->certificate = ask_bytes(ask, row_text(&rows, 2));
    out->made = row_number(&rows, 3);
    return arena_end(ask->arena);
}

static err_t deployment_use(struct ask *ask, const struct ticket *ticket, ident_t *out_id)
{
    OWN(rows) rows = {0};
    uint8_t proof[DIGEST_SIZE];
    digest(key_bytes(&ticket->secret), proof);
    TRY(db_read(ask->db, &rows,
                "select id, until, uses, used from deployments where tenant = $1 and digest = $2",
                ID(ticket->id), B(str_bytes(proof, sizeof proof))));
    bool found = row_next(&rows);
    TRY(rows_end(&rows));
    if (!found)
        return fail(ERR_DENIED, "the deployment key is not known: ask for a new one");
    if (row_number(&rows, 1) <= ask->env->now(ask->env))
        return fail(ERR_DENIED, "the deployment key has expired: ask for a new one");
    if (row_number(&rows, 3) >= row_number(&rows, 2))
        return fail(ERR_DENIED, "the deployment key is used up: ask for a new one");
    *out_id = row_ident(&rows, 0);
    return db_do(ask->db, "update deployments set used = used + 1 where id = $1", ID(*out_id));
}

static err_t device_certificate(struct ask *ask, ident_t tenant, ident_t device, buf_t *out_pem)
{
    const Keys__Enrol *in = ask->in;
    OWN(buf) uri = BUF(256);
    moment_t now = ask->env->now(ask->env);
    cert_uri(tenant, device, &uri);
    TRY(buf_end(&uri));
    const struct cert_ask cert = {
        .public_der = bin(in->public_der),
        .common_name = "endpoint",
        .uri = uri.at,
        .from = now - HOURS(1),
        .until = now + DAYS(DEVICE_DAYS),
    };
    return authority_issue(ask, tenant, &cert, out_pem);
}

struct enrolment {
    ident_t tenant, device, deployment;
    str_t proof;
};

static err_t device_make(struct ask *ask, const struct enrolment *enrolment)
{
    Keys__Enrolled *out = ask->out;
    OWN(buf) pem = BUF(16 * 1024);
    OWN(rows) rows = {0};
    struct key public;
    struct entry_ask entry = {.id = enrolment->device, .tenant = enrolment->tenant, .kind = "device"};
    TRY(db_read(ask->db, &rows, "select public from tenants where id = $1 and public is not null",
                ID(enrolment->tenant)));
    TRY(row_one(&rows));
    TRY(key_from(row_text(&rows, 0), &entry.tenant_public));
    TRY(entry_make(ask, &entry, &public));
    TRY(device_certificate(ask, enrolment->tenant, enrolment->device, &pem));
    out->device = ask_bytes(ask, ident_bytes(&enrolment->device));
    out->certificate = ask_bytes(ask, buf_str(&pem));
    out->made = ask->env->now(ask->env);
    TRY(arena_end(ask->arena));
    return db_do(ask->db,
                 "insert into devices (id, tenant, deployment, digest, certificate, made)"
                 " values ($1, $2, $3, $4, $5, $6)",
                 ID(enrolment->device), ID(enrolment->tenant), ID(enrolment->deployment), B(enrolment->proof),
                 T(buf_str(&pem)), N(out->made));
}

err_t answer_enrol(struct ask *ask)
{
    const Keys__Enrol *in = ask->in;
    Keys__Enrolled *out = ask->out;
    OWN(ticket) ticket = {0};
    uint8_t proof[DIGEST_SIZE];
    bool again = false;
    struct enrolment enrolment = {.device = ident_new(ask->env), .proof = str_bytes(proof, sizeof proof)};
    TRY(ticket_read("cdk", in->key, &ticket));
    digest(bin(in->public_der), proof);
    enrolment.tenant = ticket.id;
    out->tenant = ask_bytes(ask, ident_bytes(&ticket.id));
    TRY(device_again(ask, ticket.id, enrolment.proof, &again));
    if (again)
        return ERR_OK;
    TRY(deployment_use(ask, &ticket, &enrolment.deployment));
    return device_make(ask, &enrolment);
}
