/* SPDX-License-Identifier: Apache-2.0 */
#include "keyring/contracts.h"
#include "keyring/holds.h"
#include "keyring/locks.h"
#include "keyring/rekey.h"
#include "keyring/twins.h"
#include "seal/seal.h"

err_t entry_make(struct ask *ask, const struct entry_ask *entry, struct key *out_public)
{
    OWN(key) seed;
    OWN(key) private;
    OWN(buf) sealed = BUF(SEAL_BOX);
    struct key public;
    key_random(ask->env, &seed);
    pair_from(&seed, &public, &private);
    box_seal(&entry->tenant_public, key_bytes(&private), &sealed);
    TRY(buf_end(&sealed));
    TRY(db_do(
        ask->db,
        "insert into entries (id, tenant, device, kind, public, made, epoch) values ($1, $2, $3, $4, $5, $6, 1)",
        ID(entry->id), ID(entry->tenant), entry->device ? ID(*entry->device) : NONE, T(str(entry->kind)),
        B(key_bytes(&public)), N(ask->env->now(ask->env))));
    TRY(cell_put(ask->keyring, entry->tenant, entry->id, CELL_ENTRY, buf_str(&sealed)));
    *out_public = public;
    return holds_follow(ask, entry, &public, &private);
}

err_t entry_destroy(struct ask *ask, ident_t id)
{
    OWN(rows) rows = {0};
    struct ledger_line line = {.id = id, .at = ask->env->now(ask->env)};
    TRY(exports_forget(ask, id));
    TRY(db_read(ask->db, &rows, "select tenant, kind from entries where id = $1", ID(id)));
    if (!row_next(&rows)) /* a user whose record was never sealed */
        return cell_destroy(ask->keyring, id, 0);
    line.tenant = row_ident(&rows, 0);
    line.kind = str_eq(row_text(&rows, 1), STR("device")) ? LEDGER_DEVICE : LEDGER_SUBJECT;
    TRY(twins_reach(ask, id));
    return keyring_destroy(ask->keyring, &line);
}

static err_t lock_find(struct ask *ask, const struct who *who, struct lock *lock)
{
    OWN(rows) rows = {0};
    OWN(buf) sealed = BUF(SEAL_BOX);
    TRY(db_read(ask->db, &rows,
                "select public, kind, id from entries where tenant = $2 and dead is null"
                " and kind in ('person', 'device') and id = " ENTRY_OF("$2", "$1"),
                ID(lock->subject), ID(who->tenant)));
    if (!row_next(&rows))
        return rows_end(&rows);
    TRY(key_from(row_text(&rows, 0), &lock->public));
    lock->is_device = str_eq(row_text(&rows, 1), STR("device"));
    TRY(cell_get(ask->keyring, row_ident(&rows, 2), CELL_ENTRY, &sealed));
    lock->sealed = arena_copy(ask->arena, buf_str(&sealed));
    return arena_end(ask->arena);
}

err_t entry_private(struct ask *ask, const struct who *who, ident_t id, struct key out_pair[2])
{
    struct lock lock = {.subject = id};
    OWN(buf) plain = BUF(KEY_SIZE);
    TRY(lock_find(ask, who, &lock));
    if (!lock.sealed.at)
        return fail(ERR_MISSING, "no key for %s", ident_text("sub", id).text);
    TRY(tenant_open(ask, who, lock.sealed, &plain));
    out_pair[0] = lock.public;
    return key_from(buf_str(&plain), &out_pair[1]);
}

err_t entry_pair(struct ask *ask, const struct who *who, ident_t id, struct key out_pair[2])
{
    OWN(rows) rows = {0};
    OWN(buf) sealed = BUF(SEAL_BOX);
    OWN(buf) plain = BUF(KEY_SIZE);
    TRY(db_read(ask->db, &rows, "select public from entries where id = $1 and tenant = $2 and dead is null",
                ID(id), ID(who->tenant)));
    TRY(row_one(&rows));
    TRY(cell_get(ask->keyring, id, CELL_ENTRY, &sealed));
    TRY(tenant_open(ask, who, buf_str(&sealed), &plain));
    TRY(key_from(row_text(&rows, 0), &out_pair[0]));
    return key_from(buf_str(&plain), &out_pair[1]);
}

err_t device_live(struct ask *ask, str_t tenant, str_t device)
{
    OWN(rows) rows = {0};
    ident_t of;
    TRY(ident_from(tenant, &of));
    TRY(db_read(ask->db, &rows, "select state from devices where id = $1 and tenant = $2", B(device),
                B(tenant)));
    bool known = row_next(&rows);
    TRY(rows_end(&rows));
    str_t state = known ? row_text(&rows, 0) : STR("unknown");
    if (str_eq(state, STR("approved")))
        return licence_answers(ask, of);
    return str_eq(state, STR("pending")) ? fail(ERR_DENIED, "the device waits for approval")
                                         : fail(ERR_DENIED, "the device is not enrolled, or was revoked");
}

err_t tenant_keys(struct ask *ask, ident_t tenant, struct key *out_public, ident_t *out_realm)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows,
                "select public, coalesce(inherits, realm) from tenants where id = $1 and public is not null",
                ID(tenant)));
    TRY(row_one(&rows));
    *out_realm = row_ident(&rows, 1);
    return key_from(row_text(&rows, 0), out_public);
}

static err_t subject_owner(struct ask *ask, ident_t id, ident_t device, bool *out_there)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows, "select device from entries where id = $1", ID(id)));
    *out_there = row_next(&rows);
    TRY(rows_end(&rows));
    if (*out_there && !ident_eq(row_ident(&rows, 0), device))
        return fail(ERR_DENIED, "%s belongs to another device", ident_text("acc", id).text);
    return ERR_OK;
}

/* An endpoint names its accounts itself: no account has the id of anything that the keyring keeps keys of. */
static err_t subject_make(struct ask *ask, const struct entry_ask *entry)
{
    int64_t taken = 0;
    struct key public;
    TRY(db_number(ask->db, &taken, "select count(*) from cells where id = $1", ID(entry->id)));
    return taken ? fail(ERR_DENIED, "%s is the id of something else", ident_text("acc", entry->id).text)
                 : entry_make(ask, entry, &public);
}

err_t subject_ensure(struct ask *ask, const struct entry_ask *entry, int64_t *io_made)
{
    bool there = false;
    TRY(subject_owner(ask, entry->id, *entry->device, &there));
    *io_made += !there;
    return there ? ERR_OK : subject_make(ask, entry);
}

err_t subjects_fit(struct ask *ask, const struct entry_ask *entry)
{
    int64_t count = 0;
    TRY(db_number(ask->db, &count,
                  "select count(*) from entries where tenant = $1 and device = $2 and kind = 'person'"
                  " and dead is null",
                  ID(entry->tenant), ID(*entry->device)));
    return count <= MAX_DEVICE_ACCOUNTS
               ? ERR_OK
               : fail(ERR_TOO_LARGE, "more than %d accounts of one device", MAX_DEVICE_ACCOUNTS);
}

err_t subjects_asked(struct ask *ask, struct entry_ask *entry, ident_t *out_device, ident_t *out_realm)
{
    const Keys__Subjects *in = ask->in;
    TRY(ident_from(bin(in->tenant), &entry->tenant));
    TRY(ident_from(bin(in->device), out_device));
    TRY(device_live(ask, bin(in->tenant), bin(in->device)));
    if (in->n_ids) /* nobody is named who only asks whether the device is let in */
        TRY(licence_collects(ask, entry->tenant));
    TRY(tenant_keys(ask, entry->tenant, &entry->tenant_public, out_realm));
    entry->device = out_device;
    return in->n_ids <= MAX_ASK_IDS ? ERR_OK
                                    : fail(ERR_TOO_LARGE, "more than %d subjects at once", MAX_ASK_IDS);
}

err_t answer_subjects_make(struct ask *ask)
{
    const Keys__Subjects *in = ask->in;
    struct entry_ask entry = {.kind = "person"};
    ident_t device, realm;
    TRY(subjects_asked(ask, &entry, &device, &realm));
    const struct mention by = {"dev", device};
    struct entry told = {ACT_ACCOUNTS_KNOWN, .by = by, .on = &by, .on_count = 1};
    for (size_t i = 0; i < in->n_ids; i++) {
        TRY(ident_from(bin(in->ids[i]), &entry.id));
        TRY(subject_ensure(ask, &entry, &told.count));
    }
    ask->idle = !told.count;
    if (ask->idle)
        return ERR_OK;
    TRY(subjects_fit(ask, &entry));
    return journal(ask, entry.tenant, &told);
}

err_t subject_public(struct ask *ask, ident_t tenant, ident_t device, ProtobufCBinaryData *io_id)
{
    OWN(rows) rows = {0};
    ident_t id;
    TRY(ident_from(bin(*io_id), &id));
    TRY(db_read(ask->db, &rows,
                "select public, dead from entries where id = $1 and tenant = $2 and (device = $3 or id = $3)"
                " and kind in ('person', 'device')",
                ID(id), ID(tenant), ID(device)));
    if (!row_next(&rows)) {
        TRY(rows_end(&rows));
        return fail(ERR_DENIED, "%s is not a subject of this device", ident_text("acc", id).text);
    }
    *io_id = ask_bytes(ask, row_text(&rows, 0));
    return arena_end(ask->arena);
}

err_t answer_subjects_publics(struct ask *ask)
{
    const Keys__Subjects *in = ask->in;
    Keys__Publics *out = ask->out;
    struct entry_ask entry = {.kind = NULL};
    ident_t device, realm;
    TRY(subjects_asked(ask, &entry, &device, &realm));
    out->publics = arena_array(ask->arena, ProtobufCBinaryData, in->n_ids);
    TRY(arena_end(ask->arena));
    for (size_t i = 0; i < in->n_ids; i++) {
        out->publics[i] = in->ids[i];
        TRY(subject_public(ask, entry.tenant, device, &out->publics[i]));
        out->n_publics++;
    }
    out->realm = ask_bytes(ask, ident_bytes(&realm));
    return arena_end(ask->arena);
}

err_t signer_text(struct ask *ask, ident_t tenant, char **out_key)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows, "select key from signers where tenant = $1", ID(tenant)));
    *out_key = ask_text(ask, row_next(&rows) ? row_text(&rows, 0) : STR(""));
    TRY(rows_end(&rows));
    return arena_end(ask->arena);
}

/* As a device of the tenant asks: the key alone, which is public. */
err_t answer_signer_public(struct ask *ask)
{
    const Keys__Subjects *in = ask->in;
    Keys__Signer *out = ask->out;
    ident_t tenant;
    TRY(ident_from(bin(in->tenant), &tenant));
    TRY(device_live(ask, bin(in->tenant), bin(in->device)));
    return signer_text(ask, tenant, &out->key);
}

err_t answer_records_open(struct ask *ask)
{
    return locks_answer(ask, &(struct opening_of){ACT_RECORDS_OPENED, lock_find});
}
