/* SPDX-License-Identifier: Apache-2.0
 *
 * Where tenants' records stand: ids, times, sizes and states in clear, everything else sealed before it comes here.
 * One SQLite file a tenant under FOLDER/tenants/, and FOLDER/control.db for what the contract says of each.
 *
 *     TRY(store_open(env, folder, &store));
 *     TRY(store_write(store, tenant, put_items, &items));     put_items runs inside a transaction that others share
 *     TRY(store_read(store, tenant, list_devices, &list));
 *
 * A tenant is named once, in store_write and store_read; every statement gets it as $1 from there, so that no caller
 * can name another one (a test parses each statement for it).
 *
 * Writing is by group commit: acts that arrive while a commit is under way go into the next one together. When
 * store_write returns ERR_OK the act is durable; on any other return nothing of it is there. Every row carries `seq`
 * from one counter a tenant, so that the order of seq is the order of commits.
 *
 * An act must not call store_write or store_read, and must bear to be run again after its writes were taken back: where
 * one act of a commit fails, all of them are run anew, each behind a savepoint of its own.
 * At most MAX_OPEN_TENANTS files are open at once; past that the one not used for longest is closed.
 */
#pragma once
#include "concept/concept.h"
#include "concept/tenant.h"
#include "sys/env.h"

enum { MAX_OPEN_TENANTS = 1024 };

struct store;
struct tx; /* one tenant, inside one transaction; store/record.h says what can be done with it */
typedef struct store *store_own;
typedef err_t (*act_t)(struct tx *tx, void *with);

CHECKED err_t store_open(struct env *env, const char *folder, struct store **out_store);
void store_drop(struct store **store);

CHECKED err_t store_write(struct store *store, ident_t tenant, act_t act, void *with);
CHECKED err_t store_read(struct store *store, ident_t tenant, act_t act, void *with);

/* BUSY while less than a fiftieth of the disk is free, or 1 GiB where that is less: so much is left for what people and the
 * service itself do, so that endpoints that send without end are in the way of endpoints alone. Reports and launches ask
 * first. The disk is looked at once a second. */
CHECKED err_t store_spare(struct store *store);

/* What is read may be some milliseconds ahead of the disk. Whoever takes it elsewhere to stay, so that a power cut must not
 * take it back here, settles it first: then all that was read before is on the disk. */
CHECKED err_t store_settle(struct store *store, ident_t tenant);

/* While a tenant is frozen this handle alone writes to it: anybody else's acts are BUSY, those of another process too. It
 * stands in the tenant's file, so a crash leaves it frozen: whoever freezes it again takes that over. Its log of writes is
 * folded into the file by store_thaw(), while everybody writes again. */
CHECKED err_t store_freeze(struct store *store, ident_t tenant);
CHECKED err_t store_thaw(struct store *store,
                         ident_t tenant);     /* by whoever froze it; no error where it is not */
CHECKED err_t store_thaw_with(struct tx *tx); /* within an act: with its commit it is thawed */
CHECKED err_t store_frozen(struct store *store, ident_t tenant, bool *out_frozen);

/* The file of a tenant that has none yet, made by one act: CONFLICT where there is one. It is written under another name,
 * without a log of writes and with its indexes last, and stands in its place once it is whole and synced; a crash before that
 * leaves FILE.fill, which the next one begins anew. */
CHECKED err_t store_fill(struct store *store, ident_t tenant, act_t act, void *with);

/* The same without waiting, so that many more acts than there are threads go into one commit: `settled` is called once,
 * on a thread of the store, with what store_write would have returned and its note; `with` lives until then. On any
 * return but ERR_OK neither of them is called. store_drop() waits for all of them. */
struct later {
    act_t act;
    void (*settled)(void *with, err_t result, const char *note);
    void *with;
};
CHECKED err_t store_write_later(struct store *store, ident_t tenant, const struct later *later);

/* Files that are copied back underneath are noticed (keyring/behind.h). `look` is asked of each file when it is opened, before
 * anything is read or written through it, with the next number of its counter and a mark of 0. It says no, or names a
 * mark that the counter is behind of: then, since that may have grown meanwhile, it is asked again with that mark
 * where the counter still is. A handle without it looks at nothing.
 *
 * Each second or so store_seen() gives the counters that were committed through this handle since, and lets go of files
 * that are not any more what stands under their names. */
typedef err_t (*store_look_t)(void *with, ident_t tenant, int64_t seq, int64_t *io_mark);
struct store_seen {
    ident_t tenant;
    int64_t seq;
};
void store_watch(struct store *store, store_look_t look, void *with);
void store_seen(struct store *store, struct store_seen *out_seen, size_t room, size_t *out_count);

/* So that no number of a tenant's counter is below this one any more. */
CHECKED err_t store_raise(struct store *store, ident_t tenant, int64_t seq);

const char *store_folder(const struct store *store);

/* Tenants. Making one is idempotent by its id; a name is taken once: CONFLICT. */
CHECKED err_t store_tenant_put(struct store *store, const struct tenant *tenant);
CHECKED err_t store_tenant_state(struct store *store, ident_t id, str_t state);

/* One that nobody has claimed, with its file, so that the name is free again; no error where there is none. BUSY while
 * its file is in use, DENIED once it is claimed. */
CHECKED err_t store_tenant_remove(struct store *store, ident_t id);

/* For an erasure. store_tenant_end(): from now on no handle of any process opens its file, which is closed here; BUSY while
 * an act uses it. store_tenant_files() weighs what stands of it, store_tenant_erase() removes that. No error where there is
 * nothing. */
struct tenant_files {
    int64_t files, bytes;
};
CHECKED err_t store_tenant_end(struct store *store, ident_t id);
CHECKED err_t store_tenant_files(struct store *store, ident_t id, struct tenant_files *out_files);
CHECKED err_t store_tenant_erase(struct store *store, ident_t id);
CHECKED err_t store_tenant_named(struct store *store, str_t name, arena_t *arena, struct tenant *out_tenant);
CHECKED err_t store_tenant_find(struct store *store, ident_t id, arena_t *arena, struct tenant *out_tenant);
CHECKED err_t store_tenants(struct store *store, arena_t *arena, struct tenant **out_tenants,
                            size_t *out_count);
