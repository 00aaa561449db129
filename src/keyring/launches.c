/* SPDX-License-Identifier: Apache-2.0
 *
 * The keys of launches and of videos: a pair of its own for each beside each subject's, so that a grant can name the one
 * without the others. Its id follows from the subject's; it is made when the first launch of the subject arrives, or when its
 * endpoint asks what to seal a recording to, and destroyed with its device as every other entry of it.
 */
#include "keyring/locks.h"
#include "keyring/twins.h"

struct kin {
    const char *kind, *of;
};
static const struct kin launches_kin = {"launches", "launches of "}, videos_kin = {"videos", "videos of "};

static ident_t kin_of(const struct kin *kin, ident_t subject)
{
    uint8_t hash[DIGEST_SIZE];
    ident_t id;
    const str_t parts[] = {str(kin->of), ident_bytes(&subject)};
    digest_of(parts, 2, hash);
    memcpy(id.bytes, hash, sizeof id.bytes);
    return id;
}

ident_t launches_of(ident_t subject) { return kin_of(&launches_kin, subject); }
ident_t videos_of(ident_t subject) { return kin_of(&videos_kin, subject); }

/* In the place of the subject's id: the public key, nothing where it is dead. MISSING: it was never made. The id can be worked
 * out by whoever knows the subject's, and an endpoint names its accounts itself: an entry of that id which does not stand for
 * the same of this device is refused, so that nothing is sealed to whoever was there first. */
static err_t public_find(struct ask *ask, const struct entry_ask *entry, const struct kin *kin,
                         ProtobufCBinaryData *out_public)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows,
                "select public, tenant = $2 and device = $3 and kind = $4 from entries where id = $1",
                ID(entry->id), ID(entry->tenant), ID(*entry->device), T(str(kin->kind))));
    bool there = row_next(&rows);
    TRY(rows_end(&rows));
    *out_public = there ? ask_bytes(ask, row_text(&rows, 0)) : (ProtobufCBinaryData){0};
    TRY(arena_end(ask->arena));
    if (!there)
        return fail(ERR_MISSING, "no key for its %s", kin->kind);
    return row_number(&rows, 1) ? ERR_OK : fail(ERR_DENIED, "the key for its %s is not its own", kin->kind);
}

static err_t public_make(struct ask *ask, const struct entry_ask *entry, ProtobufCBinaryData *out_public)
{
    struct key public;
    TRY(entry_make(ask, entry, &public));
    *out_public = ask_bytes(ask, key_bytes(&public));
    return arena_end(ask->arena);
}

/* One subject: it has to be this device's and alive; what it lacks is made, where `entry` says of what kind. */
static err_t public_answer(struct ask *ask, struct entry_ask *entry, const struct kin *kin,
                           ProtobufCBinaryData *io_id)
{
    ident_t subject;
    TRY(ident_from(bin(*io_id), &subject));
    TRY(subject_public(ask, entry->tenant, *entry->device, io_id));
    if (!io_id->len)
        return ERR_OK;
    entry->id = kin_of(kin, subject);
    err_t found = public_find(ask, entry, kin, io_id);
    return found == ERR_MISSING && entry->kind ? public_make(ask, entry, io_id) : found;
}

err_t videos_public(struct ask *ask, struct entry_ask *entry, ProtobufCBinaryData *io_id)
{
    entry->kind = videos_kin.kind;
    return public_answer(ask, entry, &videos_kin, io_id);
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
        err_t found = public_answer(ask, &entry, &launches_kin, &out->publics[i]);
        out->lacks |= found == ERR_MISSING;
        TRY(found == ERR_MISSING ? ERR_OK : found);
        out->n_publics++;
    }
    out->realm = ask_bytes(ask, ident_bytes(&realm));
    return arena_end(ask->arena);
}

err_t answer_launches_publics(struct ask *ask) { return publics_answer(ask, NULL); }
err_t answer_launches_make(struct ask *ask) { return publics_answer(ask, launches_kin.kind); }

static err_t launches_find(struct ask *ask, const struct who *who, struct lock *lock)
{
    OWN(rows) rows = {0};
    OWN(buf) sealed = BUF(KEY_SIZE + BOX_EXTRA);
    const ident_t id = launches_of(lock->subject);
    TRY(db_read(ask->db, &rows,
                "select public, device, id from entries where tenant = $2 and dead is null"
                " and id = " ENTRY_OF("$2", "$1"),
                ID(id), ID(who->tenant)));
    if (!row_next(&rows))
        return rows_end(&rows);
    TRY(key_from(row_text(&rows, 0), &lock->public));
    lock->is_device = ident_eq(row_ident(&rows, 1), lock->subject);
    TRY(cell_get(ask->keyring, row_ident(&rows, 2), CELL_ENTRY, &sealed));
    lock->sealed = arena_copy(ask->arena, buf_str(&sealed));
    return arena_end(ask->arena);
}

err_t answer_launches_open(struct ask *ask)
{
    return locks_answer(ask, &(struct opening_of){ACT_LAUNCHES_OPENED, launches_find});
}
