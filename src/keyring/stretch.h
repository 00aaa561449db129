/* SPDX-License-Identifier: Apache-2.0
 *
 * Argon2id for whoever wants to come in: so many at a time and no more, whatever is asked for, and in an order in which a flood
 * of wrong passwords keeps nobody out.
 *
 *     TRY(keyring_stretch(keyring, &(struct stretch){password, salt, lane}, &key));      outside of any act
 *
 * Who asks stands in a lane: that of the address it comes from, or of a browser that has signed this person in before, which
 * shows a mark of that (admit/marks.h): such lanes are `known`. A lane has one password stretched and one that waits, and
 * whatever else comes in it is BUSY at once; so a flood from one address takes one of the two slots, and those who come from
 * elsewhere find the other. Where somebody known comes, all who are not wait, and one of those makes room where the queue is
 * full: a flood from ten thousand addresses leaves the known ones their way in.
 *
 * Memory: STRETCH_SLOTS times Argon2id's 64 MiB. At most STRETCH_SLOTS + STRETCH_WAITING threads are busy with it: fewer than
 * a service has workers. Nothing of a lane outlives the wait.
 */
#pragma once
#include "crypt/seal.h"
#include <pthread.h>

enum { STRETCH_SLOTS = 2, STRETCH_WAITING = 4 };

struct lane {
    uint64_t id;
    bool known;
};

struct stretch {
    str_t password;
    const uint8_t *salt; /* SALT_SIZE */
    struct lane lane;
};

struct keyring;
CHECKED err_t keyring_stretch(struct keyring *keyring, const struct stretch *what, struct key *out_key);

/* One that waits. */
struct waiter {
    struct waiter *next;
    struct lane lane;
    pthread_cond_t told;
    enum { WAITS, GOES, GIVES_WAY } state;
};

struct slots {
    pthread_mutex_t lock;
    struct lane running[STRETCH_SLOTS];
    int running_count, waiting_count;
    struct waiter *first; /* in the order in which they came */
};
void slots_open(struct slots *slots);
void slots_drop(struct slots *slots);

/* BUSY where there is no place; each that was OK is followed by a leave. */
CHECKED err_t slots_enter(struct slots *slots, struct lane lane);
void slots_leave(struct slots *slots, struct lane lane);
