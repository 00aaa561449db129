/* SPDX-License-Identifier: Apache-2.0
 *
 * What a device seals to: keys of itself and of its accounts, or their keys for videos, which are made where they are new,
 * with the word of the service's authority (seal/vouch.h). A key for videos is named by its own id there, not its subject's.
 */
#include "keyring/journal.h"
#include "seal/vouch.h"

enum { PEM_MAX = 8192, NOTE_MAX = 512 * 1024 };

/* The device's own was made when it enrolled. */
static err_t keys_ensure(struct ask *ask, struct entry_ask *entry, struct entry *told)
{
    const Keys__Subjects *in = ask->in;
    for (size_t i = 0; i < in->n_ids; i++) {
        TRY(ident_from(bin(in->ids[i]), &entry->id));
        if (!ident_eq(entry->id, *entry->device))
            TRY(subject_ensure(ask, entry, &told->count));
    }
    ask->idle = !told->count;
    if (ask->idle)
        return ERR_OK;
    TRY(subjects_fit(ask, entry));
    return journal(ask, entry->tenant, told);
}

static err_t key_find(struct ask *ask, struct entry_ask *entry, ProtobufCBinaryData *io_id)
{
    const Keys__Subjects *in = ask->in;
    if (in->videos)
        return videos_public(ask, entry, io_id);
    TRY(ident_from(bin(*io_id), &entry->id));
    return subject_public(ask, entry->tenant, *entry->device, io_id);
}

/* The living. */
static err_t keys_gather(struct ask *ask, struct entry_ask *entry, struct vouched *vouched)
{
    const Keys__Subjects *in = ask->in;
    vouched->keys = arena_array(ask->arena, struct vouched_key, in->n_ids);
    TRY(arena_end(ask->arena));
    for (size_t i = 0; i < in->n_ids; i++) {
        ProtobufCBinaryData public = in->ids[i];
        struct vouched_key *one = &vouched->keys[vouched->count];
        TRY(key_find(ask, entry, &public));
        one->subject = entry->id;
        if (public.len) {
            TRY(key_from(bin(public), &one->public));
            vouched->count++;
        }
    }
    return ERR_OK;
}

err_t answer_subjects_vouched(struct ask *ask)
{
    const Keys__Subjects *in = ask->in;
    static const ident_t service;
    Keys__Vouched *out = ask->out;
    OWN(buf) private_pem = BUF(PEM_MAX);
    OWN(buf) note = BUF(NOTE_MAX);
    struct vouched vouched = {.count = 0};
    struct entry_ask entry = {.kind = "person"};
    TRY(subjects_asked(ask, &entry, &vouched.device, &vouched.realm));
    const struct mention by = {"dev", vouched.device};
    struct entry told = {ACT_ACCOUNTS_KNOWN, .by = by, .on = &by, .on_count = 1};
    vouched.tenant = entry.tenant;
    ask->idle = in->videos; /* its accounts are known: nothing is told */
    if (!in->videos)
        TRY(keys_ensure(ask, &entry, &told));
    TRY(keys_gather(ask, &entry, &vouched));
    TRY(cell_get(ask->keyring, service, CELL_AUTHORITY, &private_pem));
    TRY(vouch_put(buf_str(&private_pem), &vouched, &note));
    out->note = ask_bytes(ask, buf_str(&note));
    return arena_end(ask->arena);
}
