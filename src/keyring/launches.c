/* SPDX-License-Identifier: Apache-2.0
 *
 * The keys of launches: a pair of its own beside each subject's, so that a grant can name the one without the other. Its
 * id follows from the subject's; it is made when the first launch of the subject arrives, and destroyed with its device
 * as every other entry of it.
 */
#include "keyring/locks.h"

ident_t launches_of(ident_t subject)
{
    uint8_t hash[DIGEST_SIZE];
    ident_t id;
    const str_t parts[] = {STR("launches of "), ident_bytes(&subject)};
    digest_of(parts, 2, hash);
    memcpy(id.bytes, hash, sizeof id.bytes);
    return id;
}

/* In the place of the subject's id: the public key, nothing where it is dead. `*out_there`: it was made, dead or not. */
static err_t public_find(struct ask *ask, ident_t subject, ProtobufCBinaryData *out_public, bool *out_there)
{
    OWN(rows) rows = {0};
    const ident_t id = launches_of(subject);
    TRY(db_read(ask->db, &rows, "select public from entries where id = $1", ID(id)));
    *out_there = row_next(&rows);
    TRY(rows_end(&rows));
    *out_public = *out_there ? ask_bytes(ask, row_text(&rows, 0)) : (ProtobufCBinaryData){0};
    return arena_end(ask->arena);
}

static err_t public_make(struct ask *ask, const struct entry_ask *entry, ProtobufCBinaryData *out_public)
{
    struct key public;
    TRY(entry_make(ask, entry, &public));
    *out_public = ask_bytes(ask, key_bytes(&public));
    return arena_end(ask->arena);
}

/* One subject: it has to be this device's and alive; what it lacks is made, where `entry` says for whom. */
static err_t public_answer(struct ask *ask, ident_t device, struct entry_ask *entry,
                           ProtobufCBinaryData *io_id)
{
    Keys__Publics *out = ask->out;
    bool there = false;
    ident_t subject;
    TRY(ident_from(bin(*io_id), &subject));
    TRY(subject_public(ask, entry->tenant, device, io_id));
    if (!io_id->len)
        return ERR_OK;
    TRY(public_find(ask, subject, io_id, &there));
    if (there)
        return ERR_OK;
    out->lacks |= !entry->kind;
    entry->id = launches_of(subject);
    return entry->kind ? public_make(ask, entry, io_id) : ERR_OK;
}

static err_t publics_answer(struct ask *ask, const char *make)
{
    const Keys__Subjects *in = ask->in;
    Keys__Publics *out = ask->out;
    struct entry_ask entry = {.kind = make};
    ident_t device, realm;
    TRY(subjects_asked(ask, &entry, &device, &realm));
    out->publics = arena_array(ask->arena, ProtobufCBinaryData, in->n_ids);
    TRY(arena_end(ask->arena));
    for (size_t i = 0; i < in->n_ids; i++) {
        out->publics[i] = in->ids[i];
        TRY(public_answer(ask, device, &entry, &out->publics[i]));
        out->n_publics++;
    }
    out->realm = ask_bytes(ask, ident_bytes(&realm));
    return arena_end(ask->arena);
}

err_t answer_launches_publics(struct ask *ask) { return publics_answer(ask, NULL); }
err_t answer_launches_make(struct ask *ask) { return publics_answer(ask, "launches"); }

static err_t launches_find(struct ask *ask, const struct who *who, struct lock *lock)
{
    OWN(rows) rows = {0};
    OWN(buf) sealed = BUF(KEY_SIZE + BOX_EXTRA);
    const ident_t id = launches_of(lock->subject);
    TRY(db_read(ask->db, &rows,
                "select public, device from entries where id = $1 and tenant = $2 and dead is null", ID(id),
                ID(who->tenant)));
    if (!row_next(&rows))
        return rows_end(&rows);
    TRY(key_from(row_text(&rows, 0), &lock->public));
    lock->is_device = ident_eq(row_ident(&rows, 1), lock->subject);
    TRY(cell_get(ask->keyring, id, CELL_ENTRY, &sealed));
    lock->sealed = arena_copy(ask->arena, buf_str(&sealed));
    return arena_end(ask->arena);
}

err_t answer_launches_open(struct ask *ask)
{
    return locks_answer(ask, &(struct opening_of){ACT_LAUNCHES_OPENED, launches_find});
}
