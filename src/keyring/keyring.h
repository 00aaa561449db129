/* SPDX-License-Identifier: Apache-2.0
 *
 * The keyring: everything that wraps, finds or releases a key, in a small store of its own that is in no snapshot, so
 * that a restore returns data, never access. Used by the keys process alone.
 *
 *     TRY(keyring_open(env, folder, root_key, &keyring));
 *     TRY(keyring_write(keyring, act, with));       one transaction; with a destruction in it, the log is folded too
 *
 * Every secret of the keyring stands in one table of cells, each sealed under the key of its shard; shard keys are
 * sealed under the KEK, the KEK under the root key, in the file FOLDER/kek. Destroying a cell deletes it from file
 * and log (secure_delete, then a fold) and marks its shard: the next keyring_roll(), at most an hour later, gives
 * marked shards new keys, wraps all shard keys under a new KEK and overwrites the old one in place. From then on a copy
 * of the keyring made before opens nothing that was destroyed, not even beside today's keyring.
 *
 * Who and what is destroyed for good is in the erasure ledger before the destruction's commit (keyring/ledger.h). The
 * keyring remembers how many lines it has done: those past it, of a crash between the two or of a keyring that was put
 * back from an older copy, are done when it is opened, and before any later commit.
 *
 * A crash at any point of a roll leaves one KEK that opens: the database says which of the file's two slots is in
 * force, and the next start wipes the other.
 */
#pragma once
#include "crypt/seal.h"
#include "keyring/ledger.h"
#include "keyring/stretch.h"
#include "store/db.h"

enum { TICK_MS = 60 * 1000, ROLL_MS = 60 * 60 * 1000, EPOCH_MS = 60 * 60 * 1000 };

/* clang-format off */
enum cell {
    CELL_ENTRY = 1,            /* private key of a subject, sealed to its tenant */
    CELL_MEMBER_KEY = 2,       /* private key of a user, under the stretched password */
    CELL_TENANT_KEY = 3,       /* private key of the tenant, sealed to a member */
    CELL_SESSION = 4,          /* private key of the tenant, for one session */
    CELL_EPOCH = 5,            /* half of what a session's key is made of */
    CELL_RECOVERY = 6,         /* private key of the tenant, sealed to the recovery key */
    CELL_AUTHORITY = 7,        /* private key that signs certificates */
    CELL_RECORD = 8,           /* a user's sealed record */
    CELL_LOG = 9,              /* what signs a log's checkpoints */
    CELL_GRANT = 10,           /* half of a grant's private key */
    CELL_GRANTED = 11,         /* private key of a subject, sealed to a grant */
    CELL_LABEL = 12,           /* name of a token or deployment key, sealed to its tenant */
    CELL_SIGNER = 13,          /* seed of the tenant's signing key, sealed to a member */
    CELL_SIGNER_RECOVERY = 14, /* the same, sealed to the recovery key */
    CELL_SNAPSHOT = 15,        /* the tenant's outer key: it lies around all of its snapshots */
    CELL_SNAPSHOT_SIGNER = 16, /* what signs their manifests */
    CELL_HOLD = 17,            /* private key of a legal hold, sealed to the tenant, and to its recovery key */
    CELL_HELD = 18,            /* private key of a subject, sealed to a hold */
    CELL_EXPORT = 19,          /* half of an export's private key */
    CELL_CERTIFIER = 20,       /* what signs certificates of erasure; the service's */
    CELL_LAST_NOTICE = 21,     /* the address that the last notice of an erased client goes to; the service's */
    CELL_WEBHOOK = 22,         /* secret that signs what is posted to a webhook */
    CELL_WEBHOOK_BEFORE = 23,  /* the one before, for a day */
    CELL_CODES = 28,           /* secret of a member's authenticator, sealed to that member's key */
    CELL_CODES_NEW = 29,       /* of one that is not confirmed yet, for a quarter of an hour */
    CELL_NAMES = 30,           /* what keys the hashes of the names that foreign agents speak of */
    CELL_PASSKEY = 31,         /* id and public key of a passkey */
    CELL_PASSKEY_KEY = 32,     /* private key of a user, under what a passkey's PRF gives */
    CELL_CHALLENGES = 33,      /* what challenges for passkeys are keyed with; the service's */
    CELL_SSO_SECRET = 34,      /* a client's secret at its sign-in provider */
    CELL_SSO_ONCE = 35,        /* of a sign-in there: what seals what is kept of it; of its session: the one-time private key */
    CELL_SSO_LINKS = 36,       /* what keys the hashes of whom the provider means */
    CELL_GROUPS = 40,          /* what keys the hashes of the names of groups in a client's directory */
    CELL_BEFORE = 43,          /* the tenant's private key before a rotation, sealed to the one after it */
    CELL_WITHHOLDER = 44,      /* seed of the key that withholds, after a rotation; sealed to the tenant */
    CELL_PART = 45,            /* a guardian's part of a recovery kit until it is seen, sealed to that member */
    CELL_SIGNER_NEXT = 46,     /* seed of the tenant's signing key, sealed to a recovery key not confirmed yet */
    CELL_KEEPER = 37,         /* private key of the tenant, sealed to a keeper's pair */
    CELL_KEEPER_ONCE = 38,    /* private half of a pair that a keeper answers to, once */
    CELL_CLI_CODE = 61,       /* private key of the tenant, for the session that a code gives the command line */
};
/* clang-format on */

struct keyring;
typedef struct keyring *keyring_own;
typedef err_t (*keyring_act_t)(struct keyring *keyring, void *with);

CHECKED err_t keyring_open(struct env *env, const char *folder, const struct key *root,
                           struct keyring **out_keyring);
void keyring_drop(struct keyring **keyring);

/* Acts that are asked for while a commit is under way go into the next one together. An act must bear to be run again after
 * its writes were taken back: where one act of a commit fails, all of them are run anew, each behind a savepoint. */
CHECKED err_t keyring_write(struct keyring *keyring, keyring_act_t act, void *with);
CHECKED err_t keyring_read(struct keyring *keyring, keyring_act_t act, void *with);

/* The same without waiting, so that many more acts than there are threads go into one commit: `settled` is called once,
 * on a thread of the keyring or of another act, with what keyring_write would have returned and its note; `with` lives
 * until then. Acts are run and settled in the order in which one thread hands them over. On any return but ERR_OK neither
 * of them is called. `settled` may hand over the next act, and must not wait for one. keyring_drop() waits for all of
 * them. */
struct keyring_later {
    keyring_act_t act;
    void (*settled)(void *with, err_t result, const char *note);
    void *with;
};
CHECKED err_t keyring_write_later(struct keyring *keyring, const struct keyring_later *later);

/* Reading what is committed, beside whoever writes: for what opens no cell and has time, as the evidence's way into its
 * log. Short acts only: a fold waits for them. */
typedef err_t (*keyring_look_t)(struct db *db, void *with);
CHECKED err_t keyring_look(struct keyring *keyring, keyring_look_t look, void *with);

CHECKED err_t keyring_roll(struct keyring *keyring);

/* How long a request for the erasure of a client can be taken back: a setting of the service, below 24 h. */
moment_t keyring_cooling(struct keyring *keyring);
void keyring_cooling_set(struct keyring *keyring, moment_t cooling);

/* Rolls where something was destroyed and the last roll is an hour ago. */
CHECKED err_t keyring_roll_when_due(struct keyring *keyring);

/* An eventfd that the jobs process waits on: keyring_wake(), inside an act, has it ask at once for what is due. What it asks
 * then comes after the act's commit. -1: there is none, and it asks by the clock. */
void keyring_wake_set(struct keyring *keyring, int fd);

/* The rest is for acts, inside keyring_write or keyring_read. */
void keyring_wake(struct keyring *keyring);
struct env *keyring_env(struct keyring *keyring);
struct db *keyring_db(struct keyring *keyring);

/* How many bytes a GiB of a contract's capacity is: 2^30, and fewer for trials alone. */
int64_t keyring_gib(const struct keyring *keyring);
void keyring_gib_set(struct keyring *keyring, int64_t bytes);

/* Where browsers find the service, "" where that is not known: whom passkeys are for. */
const char *keyring_url(const struct keyring *keyring);
void keyring_url_set(struct keyring *keyring, const char *url);

/* The number of a log's next entry; MISSING where there is no such log. Numbers are counted in memory while acts of one
 * commit write to the same log, and stand in `logs` with the commit: an act that reads them there calls
 * keyring_counted() before. */
CHECKED err_t keyring_count(struct keyring *keyring, ident_t log, int64_t *out_seq);
CHECKED err_t keyring_counted(struct keyring *keyring);

CHECKED err_t cell_put(struct keyring *keyring, ident_t tenant, ident_t id, enum cell cell, str_t plain);
CHECKED err_t cell_get(struct keyring *keyring, ident_t id, enum cell cell, buf_t *out_plain);
CHECKED err_t cell_change(struct keyring *keyring, ident_t id, enum cell cell,
                          str_t plain); /* what was there is destroyed */
CHECKED err_t cell_destroy(struct keyring *keyring, ident_t id, enum cell cell); /* 0: all cells of that id */

/* A destruction: its line, written and synced before the commit of this act, and what it says, done. */
CHECKED err_t keyring_destroy(struct keyring *keyring, const struct ledger_line *line);
const struct ledger *keyring_ledger(struct keyring *keyring);
