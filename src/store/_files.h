/* SPDX-License-Identifier: Apache-2.0
 *
 * The open files of the store and the acts that wait to be committed in them: store.c opens and closes, commit.c commits.
 */
#pragma once
#include "store/_private.h"
#include <pthread.h>
#include <stdatomic.h>
#include <sys/types.h>

enum { PATH_MAX_LEN = 1024, COMMITTERS = 6, WORTH_A_COMMIT = 128 /* acts, beside a sync */ };

struct pending {
    struct pending *next;
    act_t act;
    void *with;
    void (*settled)(void *with, err_t result, const char *note); /* NULL: somebody waits for `done` */
    err_t result;
    bool done;
    char note[256];
};

struct file {
    ident_t tenant;
    char path[PATH_MAX_LEN + 64];
    struct db *writer, *reader; /* the reader once somebody reads */
    size_t users;
    uint64_t used;
    pthread_mutex_t lock, read_lock;
    pthread_cond_t done;
    struct pending *first, **last;
    size_t waiting; /* from the first to the last */
    bool committing;
    int syncing; /* commits that are being brought to the disk */
    pthread_mutex_t sync_lock;
    atomic_uint_least64_t written; /* commits so far; of them are on the disk: */
    uint64_t synced;
    struct db_log *log;
    bool unsure;               /* a sync has failed: what is in the log may not be on the disk */
    atomic_int_least64_t high; /* the counter as this handle has committed it last, and brought to the disk */
    int64_t told;              /* as it was given to whoever watches */
    ino_t inode;
    ident_t pass;        /* while this handle has frozen it */
    struct file *next;   /* of those that wait for a committer */
    struct file *beside; /* of those in the same bucket */
};

/* Threads that commit what nobody waits for. A file stands in their list while it has such acts; each turn is one
 * commit, so that tenants take turns too. */
struct committers {
    pthread_mutex_t lock;
    pthread_cond_t wanted;
    struct file *first, **last;
    pthread_t threads[COMMITTERS];
    atomic_size_t count;
    bool stopping;
};

struct store {
    struct env *env;
    char folder[PATH_MAX_LEN];
    buf_t schema; /* of a tenant's file */
    int schema_number;
    pthread_mutex_t lock; /* of control and of the table of files */
    struct db *control;
    struct file *files[MAX_OPEN_TENANTS]; /* buckets */
    size_t open, most;
    uint64_t uses;
    store_look_t look; /* NULL: nobody watches */
    void *look_with;
    struct committers committers;
    atomic_int_least64_t looked; /* at the disk, by the clock since the boot */
    atomic_bool scarce;
};

/* The tenant's file, opened where it is not, and kept open until as many uses are given back. */
CHECKED err_t file_take(struct store *store, ident_t tenant, struct file **out_file);
void file_release(struct store *store, struct file *file, size_t users);

/* The tables, where the file has not got them all yet. */
CHECKED err_t file_schema_lay(const struct store *store, struct db *db, ident_t tenant);
CHECKED err_t file_tenant_known(struct store *store, ident_t tenant); /* within control_take(); MISSING */

/* With the store's lock held: whether the file may be used, by whoever watches; and closing one that nobody uses. */
CHECKED err_t file_look(struct store *store, struct file *file);
void file_close(struct store *store, struct file **link);

void committers_stop(struct committers *committers); /* when they have committed what they have */
