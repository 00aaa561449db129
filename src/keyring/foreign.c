/* SPDX-License-Identifier: Apache-2.0
 *
 * Agents that are not ours. They hold no certificate: osquery is given a node key (cfn_…, of which the digest stands here),
 * Santa comes with the deployment key each time. They speak of people by name: a name is known here by a hash that is
 * keyed for its tenant and covers its device, and goes with the device. A forgotten person's stays, so that what is still
 * sent about them finds their dead id and is discarded: such an agent cannot be told to withhold a name.
 */
#include "keyring/contracts.h"
#include "keyring/journal.h"

/* The secret of a deployment key is what keys it: whoever has not got that cannot try machines. */
static void machine_proof(const struct ticket *ticket, const char *machine, uint8_t out_proof[DIGEST_SIZE])
{
    struct key proof;
    key_derive(&ticket->secret, "custody foreign machine", str(machine), &proof);
    memcpy(out_proof, proof.bytes, DIGEST_SIZE);
}

static err_t node_key_make(struct ask *ask, ident_t device)
{
    Keys__Enrolled *out = ask->out;
    OWN(ticket) ticket = {.id = device};
    uint8_t proof[DIGEST_SIZE];
    key_random(ask->env, &ticket.secret);
    digest(key_bytes(&ticket.secret), proof);
    out->node_key = (char *)(uintptr_t)ticket_text(ask, "cfn", &ticket, false);
    TRY(arena_end(ask->arena));
    return db_do(ask->db, "update foreign_nodes set digest = $2 where device = $1", ID(device),
                 B(str_bytes(proof, sizeof proof)));
}

static err_t node_renewed(struct ask *ask, const struct enrolment *enrolment)
{
    const struct mention device = {"dev", enrolment->device};
    return journal(ask, enrolment->tenant,
                   &(struct entry){ACT_DEVICE_RENEWED, .by = device, .on = &device, .on_count = 1});
}

err_t answer_foreign_enrol(struct ask *ask)
{
    const Keys__Enrol *in = ask->in;
    OWN(ticket) ticket = {0};
    struct enrolment enrolment = {.name = in->name};
    TRY(ticket_read("cdk", in->key, &ticket));
    if (!is_name(in->machine))
        return fail(ERR_INVALID, "an agent knows its machine by at most %d bytes", MAX_NAME);
    machine_proof(&ticket, in->machine, enrolment.proof);
    TRY(device_enrol(ask, &ticket, &enrolment));
    TRY(db_do(ask->db, "insert into foreign_nodes (device, heard) values ($1, -1) on conflict do nothing",
              ID(enrolment.device)));
    if (!in->node)
        return ERR_OK;
    TRY(node_key_make(ask, enrolment.device));
    return enrolment.again ? node_renewed(ask, &enrolment) : ERR_OK;
}

#define FOUND_COLUMNS "devices.tenant, devices.id, devices.state, foreign_nodes.heard, foreign_nodes.digest"
#define FOUND_FROM    " from devices join foreign_nodes on foreign_nodes.device = devices.id"

static err_t unknown(void) { return fail(ERR_MISSING, "no device is known by this key"); }

static err_t node_find(struct ask *ask, const struct ticket *ticket, rows_t *out_rows)
{
    uint8_t proof[DIGEST_SIZE];
    digest(key_bytes(&ticket->secret), proof);
    TRY(db_read(ask->db, out_rows,
                "select " FOUND_COLUMNS FOUND_FROM " where devices.id = $1 and devices.state <> 'removed'",
                ID(ticket->id)));
    if (row_next(out_rows) && bytes_equal(row_text(out_rows, 4), str_bytes(proof, sizeof proof)))
        return ERR_OK;
    TRY(rows_end(out_rows));
    return unknown();
}

static err_t machine_find(struct ask *ask, const struct ticket *ticket, rows_t *out_rows)
{
    const Keys__ForeignAsk *in = ask->in;
    uint8_t proof[DIGEST_SIZE];
    machine_proof(ticket, in->machine, proof);
    TRY(db_read(ask->db, out_rows,
                "select " FOUND_COLUMNS FOUND_FROM
                " where devices.digest = $1 and devices.tenant = $2 and devices.state <> 'removed'",
                B(str_bytes(proof, sizeof proof)), ID(ticket->id)));
    if (row_next(out_rows))
        return ERR_OK;
    TRY(rows_end(out_rows));
    return unknown();
}

err_t answer_foreign_find(struct ask *ask)
{
    const Keys__ForeignAsk *in = ask->in;
    Keys__ForeignDevice *out = ask->out;
    OWN(ticket) ticket = {0};
    OWN(rows) rows = {0};
    if (ticket_read("cfn", in->key, &ticket) == ERR_OK)
        TRY(node_find(ask, &ticket, &rows));
    else if (ticket_read("cdk", in->key, &ticket) == ERR_OK)
        TRY(machine_find(ask, &ticket, &rows));
    else
        return unknown();
    out->tenant = ask_bytes(ask, row_text(&rows, 0));
    out->device = ask_bytes(ask, row_text(&rows, 1));
    out->state = ask_text(ask, row_text(&rows, 2));
    out->heard = row_number(&rows, 3);
    return arena_end(ask->arena);
}

err_t answer_foreign_heard(struct ask *ask)
{
    const Keys__ForeignHeard *in = ask->in;
    TRY(device_live(ask, bin(in->tenant), bin(in->device)));
    return db_do(ask->db, "update foreign_nodes set heard = $2 where device = $1", B(bin(in->device)),
                 N(in->version));
}

err_t foreign_forget(struct ask *ask, ident_t device)
{
    TRY(db_do(ask->db, "delete from foreign_nodes where device = $1", ID(device)));
    return db_do(ask->db, "delete from foreign_accounts where device = $1", ID(device));
}

/* Made with the first name that a tenant's foreign agents speak of. */
static err_t names_key(struct ask *ask, ident_t tenant, struct key *out_key)
{
    OWN(buf) plain = BUF(KEY_SIZE);
    err_t got = cell_get(ask->keyring, tenant, CELL_NAMES, &plain);
    if (got != ERR_MISSING)
        return got == ERR_OK ? key_from(buf_str(&plain), out_key) : got;
    key_random(ask->env, out_key);
    return cell_put(ask->keyring, tenant, tenant, CELL_NAMES, key_bytes(out_key));
}

/* What the parts of one answer about names share. */
struct naming {
    struct ask *ask;
    struct entry_ask entry;
    struct key key;
    int64_t made;
};
typedef struct naming naming_own;
static void naming_drop(struct naming *naming) { key_drop(&naming->key); }

static void name_hash(const struct naming *naming, const char *name, struct key *out_hash)
{
    OWN(buf) named = BUF(MAX_NAME + 16);
    buf_put(&named, ident_bytes(naming->entry.device));
    buf_put(&named, str(name));
    key_derive(&naming->key, "custody foreign name", buf_str(&named), out_hash);
}

static err_t account_find(struct naming *naming, const struct key *hash, bool *out_there)
{
    OWN(rows) rows = {0};
    TRY(db_read(naming->ask->db, &rows,
                "select account from foreign_accounts where device = $1 and hash = $2",
                ID(*naming->entry.device), B(key_bytes(hash))));
    *out_there = row_next(&rows);
    if (*out_there)
        naming->entry.id = row_ident(&rows, 0);
    return rows_end(&rows);
}

static err_t account_ensure(struct naming *naming, const Keys__ForeignName *name, ProtobufCBinaryData *out_id)
{
    struct key hash;
    bool there = false;
    if (!is_name(name->name))
        return fail(ERR_INVALID, "an account has a name of at most %d bytes", MAX_NAME);
    name_hash(naming, name->name, &hash);
    TRY(account_find(naming, &hash, &there));
    if (!there) {
        naming->entry.id = ident_new(naming->ask->env);
        TRY(db_do(naming->ask->db, "insert into foreign_accounts (device, hash, account) values ($1, $2, $3)",
                  ID(*naming->entry.device), B(key_bytes(&hash)), ID(naming->entry.id)));
    }
    if (name->person)
        TRY(subject_ensure(naming->ask, &naming->entry, &naming->made));
    *out_id = ask_bytes(naming->ask, ident_bytes(&naming->entry.id));
    return arena_end(naming->ask->arena);
}

static bool is_among(const Keys__ForeignIds *ids, str_t id)
{
    for (size_t i = 0; i < ids->n_ids; i++)
        if (str_eq(bin(ids->ids[i]), id))
            return true;
    return false;
}

/* Persons with a live key who were not named this time. */
static err_t gone_find(struct ask *ask, ident_t device)
{
    Keys__ForeignIds *out = ask->out;
    OWN(rows) rows = {0};
    out->gone = arena_array(ask->arena, ProtobufCBinaryData, MAX_ASK_IDS);
    TRY(arena_end(ask->arena));
    TRY(db_read(
        ask->db, &rows,
        "select entries.id from foreign_accounts join entries on entries.id = foreign_accounts.account"
        " where foreign_accounts.device = $1 and entries.dead is null limit $2",
        ID(device), N(MAX_ASK_IDS)));
    while (row_next(&rows))
        if (!is_among(out, row_text(&rows, 0)))
            out->gone[out->n_gone++] = ask_bytes(ask, row_text(&rows, 0));
    TRY(rows_end(&rows));
    return arena_end(ask->arena);
}

static err_t naming_begin(struct naming *naming, ident_t *device)
{
    const Keys__ForeignNames *in = naming->ask->in;
    ident_t realm;
    TRY(ident_from(bin(in->tenant), &naming->entry.tenant));
    TRY(ident_from(bin(in->device), device));
    naming->entry.device = device;
    TRY(device_live(naming->ask, bin(in->tenant), bin(in->device)));
    TRY(licence_collects(naming->ask, naming->entry.tenant));
    TRY(tenant_keys(naming->ask, naming->entry.tenant, &naming->entry.tenant_public, &realm));
    return names_key(naming->ask, naming->entry.tenant, &naming->key);
}

err_t answer_foreign_accounts(struct ask *ask)
{
    const Keys__ForeignNames *in = ask->in;
    Keys__ForeignIds *out = ask->out;
    OWN(naming) naming = {.ask = ask, .entry = {.kind = "person"}};
    ident_t device;
    if (in->n_names > MAX_ASK_IDS)
        return fail(ERR_TOO_LARGE, "more than %d accounts at once", MAX_ASK_IDS);
    TRY(naming_begin(&naming, &device));
    out->ids = arena_array(ask->arena, ProtobufCBinaryData, in->n_names);
    TRY(arena_end(ask->arena));
    for (size_t i = 0; i < in->n_names; i++, out->n_ids++)
        TRY(account_ensure(&naming, in->names[i], &out->ids[i]));
    if (in->whole)
        TRY(gone_find(ask, device));
    ask->idle = !naming.made;
    if (naming.made)
        TRY(subjects_fit(ask, &naming.entry));
    const struct mention on = {"dev", device};
    const struct entry told = {ACT_ACCOUNTS_KNOWN, .by = on, .on = &on, .on_count = 1, .count = naming.made};
    return naming.made ? journal(ask, naming.entry.tenant, &told) : ERR_OK;
}
