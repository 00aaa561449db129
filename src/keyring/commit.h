/* SPDX-License-Identifier: Apache-2.0
 *
 * The inside of the keyring, for the two files that share it: keyring.c holds the keys, commit.c runs the acts.
 *
 *     pthread_mutex_lock(&keyring->lock);
 *     commit_make(keyring, &batch);           each act of the list in one transaction, its result in it
 *     pthread_mutex_unlock(&keyring->lock);
 *
 * All that acts see and change is behind `lock`. Whoever waits for a commit stands in the queue, and is woken by a
 * semaphore of its own. Whoever comes first where nobody commits does it for all that stand there; who of the queue is
 * first then, is next. Acts that nobody waits for have the committer in their place, a thread of the keyring.
 */
#pragma once
#include "keyring/keyring.h"
#include "keyring/marks.h"
#include "keyring/opened.h"
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

enum { PATH_LEN = 1024, KEK_SLOT = KEY_SIZE + AEAD_EXTRA, KEK_FILE = 2 * KEK_SLOT };

/* An act on its way into a commit that others may share. */
struct pending {
    struct pending *next;
    keyring_act_t act;
    void *with;
    void (*settled)(void *with, err_t result, const char *note); /* NULL: its thread waits */
    err_t result;
    bool leads; /* woken to commit, not because it is done */
    sem_t woken;
    char note[256];
};

/* Entries of the log that acts of the commit under way have written to last. */
struct count {
    ident_t log;
    int64_t entries;
    bool counting;
};

/* Lines of the ledger that the commit under way has to write first. */
struct lines {
    struct ledger_line *at;
    size_t count, room;
};

/* The high-water marks, and what is behind them (keyring/behind.h). */
struct behind {
    struct marks *marks;
    pthread_mutex_t lock; /* of the marks; nothing is waited for with it but their file */
    bool open;
    atomic_bool keyring, accepted, marked;
    atomic_bool stores;     /* any is behind */
    bool grown;             /* a store, since they were written last */
    uint_least64_t commits; /* of the keyring, as they were then */
    char why[400];
};

/* The keyring's copy (keyring/copies.h): what the last one has, by what has been counted of the keyring before. */
struct copied {
    moment_t made, boot, took; /* 0: none since the start */
    uint64_t commits, swept, rolls, manifests, destructions;
};
struct copies {
    char folder[PATH_LEN]; /* "": there is none */
    pthread_mutex_t
        lock; /* held while one is made, and before the keyring's: never taken by who holds that */
    struct copied last;
    atomic_uint_least64_t past; /* the commits that the last one has, and one; 0: none since the start */
};

struct keyring {
    struct env *env;
    struct db *db;
    char folder[PATH_LEN];
    secret_t root, kek;
    char kek_path[PATH_LEN];
    int slot;
    pthread_mutex_t lock;
    struct db *reader;
    pthread_mutex_t reader_lock;
    pthread_mutex_t queue_lock; /* of those that wait for a commit; never taken with `lock` held */
    struct pending *first, **last;
    bool committing;
    struct committer {
        pthread_t thread;
        pthread_cond_t wanted; /* with queue_lock */
        bool started, due, stopping;
    } committer;
    bool destroyed; /* something, since the log was last folded */
    struct count count;
    struct ledger *ledger;
    struct lines lines;
    size_t done;        /* lines of the ledger that the database has seen committed */
    struct slots slots; /* of keyring_stretch() */
    moment_t rolled, cooling;
    int64_t gib;
    char url[512];
    int wake;
    atomic_uint_least64_t commits, rolls, manifests, destructions;
    atomic_uint_least64_t swept; /* the commit with which rows of an erased client went last */
    struct behind behind;
    struct copies copies;
    struct opened *opened;
};

/* One of the two places that a KEK's file has. */
err_t kek_slot_seal(struct keyring *keyring, const struct key *kek, buf_t *out_slot);
err_t kek_slot_open(struct keyring *keyring, const buf_t *file, int slot, struct key *out_kek);

/* Nobody is in session for the tenant any more, or comes in. */
err_t tenant_shut(struct keyring *keyring, ident_t tenant);

void commit_make(struct keyring *keyring, struct pending *batch);

/* Before a commit: the ledger's lines are durable, and what they say is done. */
err_t destructions_settle(struct keyring *keyring);
err_t destructions_open(struct keyring *keyring, const char *folder);
void destructions_committed(struct keyring *keyring);

void committer_stop(struct keyring *keyring); /* after all that it was given */
