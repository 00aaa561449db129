/* SPDX-License-Identifier: Apache-2.0
 *
 * Opening sealed records: what is needed of each subject is found within an act, told of with it, and opened after it, by
 * several threads, since opening is nearly all the time that a list takes.
 *
 *     act: for each box: lock->subject = …, find the rest, by the tenant's key or a grant's
 *          TRY(locks_mention(ask, locks, count, &entry));
 *          TRY(locks_told(ask, &who, tenant, &entry));     bounded, and into the journal
 *     then: TRY(locks_open(ask, &(struct opener){&public, &private, locks, count}, in->boxes));
 *
 * ask->out is a Keys__Opened: keys in the order of the boxes, empty where the subject's is not to be had, and where it opens
 * no such box: those are named as broken, since what is in them an endpoint may have written. Private halves stay here.
 */
#pragma once
#include "keyring/journal.h"

/* A subject: its public key, and its private one as it stands sealed in the keyring. */
struct lock {
    ident_t subject;
    struct key public;
    bool is_device;
    str_t sealed; /* none: the subject is dead, out of scope, or another tenant's */
};

/* The pair that the private keys are sealed to. */
struct opener {
    const struct key *public, *private;
    const struct key *before; /* another pair, for what the first does not open; NULL: none */
    const struct lock *locks;
    size_t count;
    struct opened *opened; /* keyring/opened.h; NULL: each box is opened anew */
    uint64_t turn;         /* of that, before the locks were found */
};
CHECKED err_t locks_open(struct ask *ask, const struct opener *opener, const ProtobufCBinaryData *boxes);

/* The ids of the keys of a subject's launches, and of its videos. */
ident_t launches_of(ident_t subject);
ident_t videos_of(ident_t subject);

/* All of it for a member who asks with a Keys__Open, which of a subject's keys `find` says: it fills the lock of
 * lock->subject, or leaves it as it is where there is none. */
struct opening_of {
    enum act act;
    err_t (*find)(struct ask *ask, const struct who *who, struct lock *lock);
    right_t right; /* RIGHT_READ where none is said */
};
CHECKED err_t locks_answer(struct ask *ask, const struct opening_of *of);

/* Into the journal of the tenant, where anything is to be opened. BUSY once this session, together with those that
 * came of it, or token has opened MAX_OPENS within the hour: whoever has taken over the web process gets no more than that out
 * of a session. */
CHECKED err_t locks_told(struct ask *ask, const struct who *who, ident_t tenant, const struct entry *entry);

/* Counts what one session, token or request does within the hour. */
CHECKED err_t opens_count(struct ask *ask, ident_t bearer, int64_t count, int64_t *out_sum);

/* The subjects about to be opened, each once where it is asked for in a row; entry->count is how many boxes. */
CHECKED err_t locks_mention(struct ask *ask, const struct lock *locks, size_t count, struct entry *entry);
