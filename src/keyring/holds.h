/* SPDX-License-Identifier: Apache-2.0
 *
 * Legal holds: what a client has to keep for a case, whatever else would destroy it. Placed in a session of an owner on a
 * person (its account), a device with its people, or all of the client, with the case and a reason that only the client
 * can read; released by two people.
 *
 *     TRY(hold_covers(ask, tenant, subject, &held));       before a subject is forgotten, or its rows are removed
 *     if (held)
 *         … name it as an exception; its rows and blobs stay; entry_destroy() is right all the same
 *
 * A hold has a key pair of its own. Its private half is sealed twice, to the client's key and to its recovery key, so
 * that the client alone can open it, with the printed kit even after all else of it was destroyed. The private keys of
 * what is held are sealed to it a second time, beside their entries: destroying an entry leaves that copy, and releasing
 * the hold destroys it. What is held of the whole client, or of a device, covers what is made later too.
 */
#pragma once
#include "keyring/answer.h"

/* clang-format off */
#define HOLD_KINDS(K) K("tenant", "ten") K("device", "dev") K("person", "acc")
/* clang-format on */

/* Whether a hold that stands covers a subject: an account, a device, or the keys of its launches or videos. */
CHECKED err_t hold_covers(struct ask *ask, ident_t tenant, ident_t subject, bool *out_held);

/* Whether one covers a device, or any person of it: CONFLICT, so that nobody removes what has to be kept. */
CHECKED err_t hold_spares(struct ask *ask, ident_t tenant, ident_t device);

/* How many stand on anything of the client. */
CHECKED err_t holds_count(struct ask *ask, ident_t tenant, int64_t *out_count);

/* Whether all of the client is held, or else which subjects. */
CHECKED err_t held_message(struct ask *ask, ident_t tenant, Keys__Held *out);

/* A subject that is made under a hold: its private key is sealed to each hold that covers it. */
CHECKED err_t holds_follow(struct ask *ask, const struct entry_ask *entry, const struct key *public,
                           const struct key *private);

/* Placing one: its key, then its subjects a batch at a time, an act for each; a crash between leaves a hold that asked
 * again goes on. */
struct hold {
    ident_t id, tenant, target; /* the target of a hold on the whole client is the client */
    const char *kind;
    struct key public;
};
CHECKED err_t hold_key_make(struct ask *ask, const struct who *who, struct hold *io_hold);
CHECKED err_t hold_go_on(struct ask *ask, const struct who *who, const struct hold *hold, bool *out_more);

/* Another recovery key opens those that stand, in the place of the one before. */
CHECKED err_t holds_recovery(struct ask *ask, const struct who *who, const struct key *recovery);

/* Who opens what is held: a member, or whoever has the recovery kit, by its pair. */
struct hold_opener {
    ident_t tenant;
    const struct who *who; /* NULL: by the kit */
    const struct key *public,
        *private; /* what `held_lock` seals to; the private one of a kit alone is looked at */
};

/* The key of a subject, or of its launches, as a hold keeps it, alive or destroyed, into the lock of lock->subject: sealed
 * to the opener's pair. The lock stays as it is where no hold keeps one. */
struct lock;
CHECKED err_t held_lock(struct ask *ask, const struct hold_opener *opener, bool launches, struct lock *lock);

/* DENIED where one was begun and does not cover all yet that it names, or where more stand than a certificate has lines for:
 * nothing that they name may be destroyed before. */
CHECKED err_t holds_settled(struct ask *ask, ident_t tenant);

/* The last yes of two: its keys are destroyed, behind a line of the erasure ledger, and what was kept for it alone is gone. */
CHECKED err_t hold_end(struct ask *ask, ident_t tenant, ident_t hold);
CHECKED err_t hold_release(struct ask *ask, const struct who *who, ident_t hold);
