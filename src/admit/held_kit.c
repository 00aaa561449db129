/* SPDX-License-Identifier: Apache-2.0
 *
 * What legal holds keep, opened with the printed recovery kit and nothing else of the client's.
 */
#include "crypt/kit.h"
#include "keyring/holds.h"
#include "keyring/journal.h"
#include "keyring/locks.h"

/* A kit being used: whose it is, and what is asked for. */
struct kitting {
    struct ask *ask;
    ident_t tenant, realm;
    struct key pair[2];
    struct lock *locks;
    size_t count;
    bool known; /* the client is */
};
typedef struct kitting kitting_own;
static void kitting_drop(struct kitting *kitting) { explicit_bzero(kitting->pair, sizeof kitting->pair); }

static err_t client_find(struct kitting *kitting, str_t name, struct key *out_recovery)
{
    OWN(rows) rows = {0};
    TRY(db_read(
        kitting->ask->db, &rows,
        "select id, coalesce(inherits, realm), coalesce(recovery, (select recovery from holds where tenant = tenants.id and"
        " released = 0 limit 1)) as opens from tenants where name = $1 and opens is not null",
        T(name)));
    kitting->known = row_next(&rows);
    if (!kitting->known)
        return rows_end(&rows);
    kitting->tenant = row_ident(&rows, 0);
    kitting->realm = row_ident(&rows, 1);
    return key_from(row_text(&rows, 2), out_recovery);
}

static err_t kit_fits(struct keyring *keyring, void *with)
{
    struct kitting *kitting = with;
    const Keys__HeldKit *in = kitting->ask->in;
    uint8_t kit[KIT_BYTES];
    struct key recovery = {{0}};
    (void)keyring;
    TRY(client_find(kitting, str(in->tenant), &recovery));
    TRY(kit_read(str(in->kit), kit));
    kit_pair(kit, &kitting->pair[0], &kitting->pair[1]);
    explicit_bzero(kit, sizeof kit);
    return kitting->known && str_eq(key_bytes(&kitting->pair[0]), key_bytes(&recovery))
               ? ERR_OK
               : fail(ERR_SIGNED_OUT, "organisation or kit is wrong");
}

static err_t refused_act(struct keyring *keyring, void *with)
{
    const struct kitting *kitting = with;
    (void)keyring;
    return refusal_count(kitting->ask, kitting->known ? kitting->tenant : (ident_t){{0}});
}

static err_t fits(struct kitting *kitting)
{
    err_t result = keyring_read(kitting->ask->keyring, kit_fits, kitting);
    if (result != ERR_SIGNED_OUT)
        return result;
    TRY(keyring_write(kitting->ask->keyring, refused_act, kitting));
    return fail(result, "organisation or kit is wrong");
}

static err_t lock_find(struct kitting *kitting, size_t at)
{
    const Keys__HeldKit *in = kitting->ask->in;
    const struct hold_opener opener = {kitting->tenant, NULL, &kitting->pair[0], &kitting->pair[1]};
    struct lock *lock = &kitting->locks[at];
    *lock = (struct lock){0};
    TRY(ident_from(bin(in->subjects[at]), &lock->subject));
    if (at && ident_eq(lock->subject, lock[-1].subject)) {
        *lock = lock[-1];
        return ERR_OK;
    }
    return held_lock(kitting->ask, &opener, in->launches, lock);
}

/* Counted for the client itself: a kit has no session. */
static err_t kitting_act(struct keyring *keyring, void *with)
{
    struct kitting *kitting = with;
    struct entry entry = {ACT_HELD_OPENED, .by = {.prefix = "kit"}};
    const struct who who = {.member = kitting->tenant};
    (void)keyring;
    for (size_t i = 0; i < kitting->count; i++)
        TRY(lock_find(kitting, i));
    TRY(locks_mention(kitting->ask, kitting->locks, kitting->count, &entry));
    return locks_told(kitting->ask, &who, kitting->tenant, &entry);
}

err_t answer_held_kit(struct ask *ask)
{
    const Keys__HeldKit *in = ask->in;
    Keys__Opened *out = ask->out;
    OWN(kitting) kitting = {.ask = ask, .count = in->n_boxes};
    if (in->n_subjects != in->n_boxes || in->n_boxes > MAX_ASK_IDS)
        return fail(ERR_INVALID, "as many subjects as boxes, at most %d", MAX_ASK_IDS);
    TRY(fits(&kitting));
    kitting.locks = arena_array(ask->arena, struct lock, kitting.count);
    TRY(arena_end(ask->arena));
    TRY(keyring_write(ask->keyring, kitting_act, &kitting)); /* told before anything is opened */
    out->tenant = ask_bytes(ask, ident_bytes(&kitting.tenant));
    out->realm = ask_bytes(ask, ident_bytes(&kitting.realm));
    TRY(arena_end(ask->arena));
    return locks_open(
        ask, &(struct opener){&kitting.pair[0], &kitting.pair[1], NULL, kitting.locks, kitting.count},
        in->boxes);
}
