/* SPDX-License-Identifier: Apache-2.0 */
#include "crypt/cert.h"
#include "keyring/contracts.h"
#include "keyring/holds.h"
#include "keyring/journal.h"
#include "keyring/twins.h"
#include <fnmatch.h>

enum { DEVICE_DAYS = 7 };

static err_t device_keys(struct ask *ask, ident_t device)
{
    Keys__Enrolled *out = ask->out;
    OWN(rows) rows = {0};
    TRY(db_read(
        ask->db, &rows,
        "select entries.public, coalesce(tenants.inherits, tenants.realm) from entries join tenants on tenants.id = entries.tenant"
        " where entries.id = $1",
        ID(device)));
    TRY(row_one(&rows));
    out->public_ = ask_bytes(ask, row_text(&rows, 0));
    out->realm = ask_bytes(ask, row_text(&rows, 1));
    return arena_end(ask->arena);
}

static err_t device_certificate(struct ask *ask, const ident_t of[2], str_t public_der, buf_t *out_pem)
{
    OWN(buf) uri = BUF(256);
    moment_t now = ask->env->now(ask->env);
    cert_uri(of[0], of[1], &uri);
    TRY(buf_end(&uri));
    const struct cert_ask cert = {
        .public_der = public_der,
        .common_name = "endpoint",
        .uri = uri.at,
        .from = now - HOURS(1),
        .until = now + DAYS(DEVICE_DAYS),
    };
    return authority_issue(ask, of[0], &cert, out_pem);
}

/* The certificate that was issued, or a new one where little or nothing is left of it. */
static err_t certificate_again(struct ask *ask, const struct enrolment *enrolment, str_t issued)
{
    const ident_t of[2] = {enrolment->tenant, enrolment->device};
    Keys__Enrolled *out = ask->out;
    OWN(buf) pem = BUF(16 * 1024);
    moment_t until = 0;
    TRY(cert_until(issued, &until));
    if (until - ask->env->now(ask->env) > DAYS(DEVICE_DAYS) / 2) {
        out->certificate = ask_bytes(ask, issued);
        return arena_end(ask->arena);
    }
    TRY(device_certificate(ask, of, enrolment->public_der, &pem));
    out->certificate = ask_bytes(ask, buf_str(&pem));
    TRY(arena_end(ask->arena));
    return db_do(ask->db, "update devices set certificate = $2 where id = $1", ID(of[1]), T(buf_str(&pem)));
}

static str_t proof_of(const struct enrolment *enrolment)
{
    return str_bytes(enrolment->proof, sizeof enrolment->proof);
}

static err_t refused_before(const struct enrolment *enrolment)
{
    return fail(ERR_DENIED,
                enrolment->public_der.len
                    ? "this endpoint's key was refused before: remove its folder to enrol as a new device"
                    : "this machine was refused before: another deployment key makes it a new device");
}

/* The same proof enrolled before: the same device, so that a lost answer does not make two. */
static err_t device_again(struct ask *ask, struct enrolment *enrolment)
{
    Keys__Enrolled *out = ask->out;
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows, "select id, tenant, certificate, made, state from devices where digest = $1",
                B(proof_of(enrolment))));
    enrolment->again = row_next(&rows);
    TRY(rows_end(&rows));
    if (!enrolment->again)
        return ERR_OK;
    str_t state = row_text(&rows, 4);
    if (!ident_eq(row_ident(&rows, 1), enrolment->tenant) ||
        !(str_eq(state, STR("approved")) || str_eq(state, STR("pending"))))
        return refused_before(enrolment);
    enrolment->device = row_ident(&rows, 0);
    out->device = ask_bytes(ask, row_text(&rows, 0));
    out->made = row_number(&rows, 3);
    out->state = ask_text(ask, state);
    if (enrolment->public_der.len)
        TRY(certificate_again(ask, enrolment, row_text(&rows, 2)));
    return device_keys(ask, enrolment->device);
}

static err_t deployment_check(struct ask *ask, const rows_t *rows)
{
    if (row_number(rows, 1) <= ask->env->now(ask->env))
        return fail(ERR_DENIED, "the deployment key has expired: ask for a new one");
    if (row_number(rows, 3) >= row_number(rows, 2))
        return fail(ERR_DENIED, "the deployment key is used up: ask for a new one");
    return ERR_OK;
}

/* By the key's rule a device is approved at once, or waits for a person. */
static bool is_approved(struct ask *ask, const char *name, const rows_t *rows)
{
    const char *pattern = arena_copy(ask->arena, row_text(rows, 4)).at;
    return !row_number(rows, 5) && (!*pattern || fnmatch(pattern, name, FNM_CASEFOLD) == 0);
}

static err_t deployment_use(struct ask *ask, const struct ticket *ticket, struct enrolment *enrolment)
{
    OWN(rows) rows = {0};
    uint8_t proof[DIGEST_SIZE];
    digest(key_bytes(&ticket->secret), proof);
    TRY(db_read(
        ask->db, &rows,
        "select id, until, uses, used, pattern, hold from deployments where tenant = $1 and digest = $2",
        ID(ticket->id), B(str_bytes(proof, sizeof proof))));
    bool found = row_next(&rows);
    TRY(rows_end(&rows));
    if (!found)
        return fail(ERR_DENIED, "the deployment key is not known: ask for a new one");
    TRY(deployment_check(ask, &rows));
    enrolment->deployment = row_ident(&rows, 0);
    enrolment->state = is_approved(ask, enrolment->name, &rows) ? "approved" : "pending";
    TRY(arena_end(ask->arena));
    return db_do(ask->db, "update deployments set used = used + 1 where id = $1", ID(enrolment->deployment));
}

static err_t device_entry(struct ask *ask, const struct enrolment *enrolment)
{
    OWN(rows) rows = {0};
    struct key public;
    struct entry_ask entry = {.id = enrolment->device, .tenant = enrolment->tenant, .kind = "device"};
    TRY(db_read(ask->db, &rows, "select public from tenants where id = $1 and public is not null",
                ID(enrolment->tenant)));
    TRY(row_one(&rows));
    TRY(key_from(row_text(&rows, 0), &entry.tenant_public));
    TRY(entry_make(ask, &entry, &public));
    return device_keys(ask, enrolment->device);
}

static err_t device_make(struct ask *ask, const struct enrolment *enrolment)
{
    Keys__Enrolled *out = ask->out;
    OWN(buf) pem = BUF(16 * 1024);
    const ident_t of[2] = {enrolment->tenant, enrolment->device};
    TRY(device_entry(ask, enrolment));
    if (enrolment->public_der.len)
        TRY(device_certificate(ask, of, enrolment->public_der, &pem));
    out->device = ask_bytes(ask, ident_bytes(&enrolment->device));
    out->certificate = ask_bytes(ask, buf_str(&pem));
    out->state = ask_text(ask, str(enrolment->state));
    out->made = ask->env->now(ask->env);
    TRY(arena_end(ask->arena));
    return db_do(ask->db,
                 "insert into devices (id, tenant, deployment, digest, certificate, made, state)"
                 " values ($1, $2, $3, $4, $5, $6, $7)",
                 ID(enrolment->device), ID(enrolment->tenant), ID(enrolment->deployment),
                 B(proof_of(enrolment)), T(buf_str(&pem)), N(out->made), T(str(enrolment->state)));
}

err_t device_enrol(struct ask *ask, const struct ticket *ticket, struct enrolment *enrolment)
{
    Keys__Enrolled *out = ask->out;
    enrolment->tenant = ticket->id;
    enrolment->device = ident_new(ask->env);
    out->tenant = ask_bytes(ask, ident_bytes(&ticket->id));
    TRY(signer_text(ask, ticket->id, &out->signer));
    if (!is_name(enrolment->name))
        return fail(ERR_INVALID, "an endpoint has a name of at most %d bytes", MAX_NAME);
    TRY(device_again(ask, enrolment));
    ask->idle = enrolment->again;
    if (enrolment->again)
        return ERR_OK;
    TRY(licence_collects(ask, enrolment->tenant));
    TRY(copy_settled(ask, enrolment->tenant));
    TRY(deployment_use(ask, ticket, enrolment));
    TRY(device_make(ask, enrolment));
    const struct mention by = {"dpl", enrolment->deployment}, device = {"dev", enrolment->device};
    return journal(ask, enrolment->tenant,
                   &(struct entry){ACT_DEVICE_ENROLLED, .by = by, .on = &device, .on_count = 1});
}

err_t answer_enrol(struct ask *ask)
{
    const Keys__Enrol *in = ask->in;
    OWN(ticket) ticket = {0};
    struct enrolment enrolment = {.name = in->name, .public_der = bin(in->public_der)};
    TRY(ticket_read("cdk", in->key, &ticket));
    digest(enrolment.public_der, enrolment.proof);
    return enrolment.public_der.len ? device_enrol(ask, &ticket, &enrolment)
                                    : fail(ERR_INVALID, "an endpoint comes with a key of its own");
}

/* The key stays the device's; another device cannot be renewed into it. */
err_t answer_renew(struct ask *ask)
{
    const Keys__Renew *in = ask->in;
    Keys__Certificate *out = ask->out;
    OWN(rows) rows = {0};
    OWN(buf) pem = BUF(16 * 1024);
    ident_t of[2];
    uint8_t proof[DIGEST_SIZE];
    TRY(ident_from(bin(in->tenant), &of[0]));
    TRY(ident_from(bin(in->device), &of[1]));
    digest(bin(in->public_der), proof);
    TRY(db_read(
        ask->db, &rows,
        "select digest from devices where id = $1 and tenant = $2 and state in ('approved', 'pending')",
        ID(of[1]), ID(of[0])));
    bool known = row_next(&rows);
    TRY(rows_end(&rows));
    if (!known)
        return fail(ERR_DENIED, "the device is not enrolled, or was revoked");
    if (!str_eq(row_text(&rows, 0), str_bytes(proof, sizeof proof)))
        return fail(ERR_DENIED, "the request is for another key than the device's");
    TRY(licence_answers(ask, of[0]));
    TRY(device_certificate(ask, of, bin(in->public_der), &pem));
    out->pem = ask_bytes(ask, buf_str(&pem));
    TRY(arena_end(ask->arena));
    TRY(db_do(ask->db, "update devices set certificate = $2 where id = $1", ID(of[1]), T(buf_str(&pem))));
    const struct mention device = {"dev", of[1]};
    return journal(ask, of[0],
                   &(struct entry){ACT_DEVICE_RENEWED, .by = device, .on = &device, .on_count = 1});
}

static Keys__Device *device_from(struct ask *ask, const rows_t *rows)
{
    Keys__Device *device = arena_new(ask->arena, Keys__Device);
    if (!device)
        return NULL;
    keys__device__init(device);
    device->id = ask_bytes(ask, row_text(rows, 0));
    device->state = ask_text(ask, row_text(rows, 1));
    return device;
}

err_t device_states(struct ask *ask, ident_t tenant, Keys__Devices *out)
{
    OWN(rows) rows = {0};
    int64_t room = 0;
    TRY(db_number(ask->db, &room,
                  "select count(*) from devices where tenant = $1 and state in ('pending', 'revoked')",
                  ID(tenant)));
    out->items = arena_array(ask->arena, Keys__Device *, (size_t)room);
    TRY(arena_end(ask->arena));
    TRY(db_read(ask->db, &rows,
                "select id, state from devices where tenant = $1 and state in ('pending', 'revoked')",
                ID(tenant)));
    while (out->n_items < (size_t)room && row_next(&rows))
        out->items[out->n_items++] = device_from(ask, &rows);
    TRY(rows_end(&rows));
    return arena_end(ask->arena);
}

err_t answer_device_states(struct ask *ask)
{
    const Keys__Bearer *in = ask->in;
    OWN(who) who = {0};
    TRY(who_asks(ask, in->bearer, RIGHT_READ, &who));
    return device_states(ask, who.tenant, ask->out);
}

/* Asked again it is done already, and no error. A revoked device may be approved again: its keys are still there. A
 * removed one has none. */
err_t device_turn(struct ask *ask, ident_t tenant, ident_t device, const struct entry *entry)
{
    const struct mention on = {"dev", device};
    struct entry told = *entry;
    TRY(db_do(ask->db, "update devices set state = $3 where id = $1 and tenant = $2 and state <> 'removed'",
              ID(device), ID(tenant),
              T(entry->act == ACT_DEVICE_APPROVED ? STR("approved") : STR("revoked"))));
    if (!db_changed(ask->db))
        return fail(ERR_MISSING, "no %s", ident_text("dev", device).text);
    told.on = &on;
    told.on_count = 1;
    return journal(ask, tenant, &told);
}

static err_t member_turns(struct ask *ask, enum act act)
{
    const Keys__Named *in = ask->in;
    OWN(who) who = {0};
    ident_t id;
    TRY(who_asks(ask, in->bearer, RIGHT_DEVICES, &who));
    TRY(ident_from(bin(in->id), &id));
    return device_turn(ask, who.tenant, id,
                       &(struct entry){act, .by = who_mention(&who), .session = who.session});
}

err_t answer_device_approve(struct ask *ask) { return member_turns(ask, ACT_DEVICE_APPROVED); }
err_t answer_device_revoke(struct ask *ask) { return member_turns(ask, ACT_DEVICE_REVOKED); }

/* In a copy a device is its entries alone: what was enrolled is the original's. */
static err_t device_removed(struct ask *ask, ident_t tenant, ident_t device)
{
    int64_t copied = 0;
    TRY(db_do(ask->db,
              "update devices set state = 'removed' where id = $1 and tenant = $2 and state <> 'removed'",
              ID(device), ID(tenant)));
    if (db_changed(ask->db))
        return foreign_forget(ask, device);
    TRY(db_number(ask->db, &copied, "select " COPIED_DEVICE("$2", "$1"), ID(device), ID(tenant)));
    return copied ? ERR_OK : fail(ERR_MISSING, "no %s", ident_text("dev", device).text);
}

err_t answer_device_destroy(struct ask *ask)
{
    const Keys__Named *in = ask->in;
    OWN(who) who = {0};
    OWN(buf) ids = BUF(1 << 20);
    ident_t device;
    TRY(who_asks(ask, in->bearer, RIGHT_DEVICES, &who));
    TRY(ident_from(bin(in->id), &device));
    TRY(hold_spares(ask, who.tenant, device));
    TRY(device_removed(ask, who.tenant, device));
    TRY(db_idents(ask->db, &ids,
                  "select id from entries where tenant = $2 and (device = $1 or id = $1) and dead is null",
                  ID(device), ID(who.tenant)));
    for_each_ident(id, &ids) TRY(entry_destroy(ask, id));
    TRY(db_do(ask->db, "delete from elevations where device = $1 and tenant = $2", ID(device),
              ID(who.tenant)));
    return journal_one(ask, &who, ACT_DEVICE_DESTROYED, (struct mention){"dev", device});
}
