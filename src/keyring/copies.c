/* SPDX-License-Identifier: Apache-2.0 */
#include "keyring/copies.h"

#include "keyring/behind.h"
#include "keyring/commit.h"
#include "keyring/twins.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

enum { FILE_PATH = PATH_LEN + 32, TRIES = 3 };

static void path_of(const struct keyring *keyring, const char *name, char path[FILE_PATH])
{
    snprintf(path, FILE_PATH, "%s/%s", keyring->copies.folder, name);
}

err_t copies_into(struct keyring *keyring, const char *folder)
{
    if ((size_t)snprintf(keyring->copies.folder, PATH_LEN, "%s", folder) >= PATH_LEN)
        return fail(ERR_INVALID, "the path of the keyring's copy is too long");
    return ERR_OK;
}

/* The KEK's file */

/* Which slot opens to which key; noise opens to none. */
static bool slot_is(struct keyring *keyring, const buf_t *file, int slot, const struct key *kek)
{
    OWN(key) found;
    return kek_slot_open(keyring, file, slot, &found) == ERR_OK && str_eq(key_bytes(&found), key_bytes(kek));
}

static err_t slots_read(struct keyring *keyring, buf_t *out_file)
{
    char path[FILE_PATH];
    path_of(keyring, "kek", path);
    err_t read = keyring->env->read_file(keyring->env, path, out_file);
    return read == ERR_MISSING || (read == ERR_OK && out_file->len == KEK_FILE) ? read
           : read == ERR_OK ? fail(ERR_MISSING, "the file %s is damaged", path)
                            : read;
}

/* Two slots of noise, where there is no such file yet. */
static err_t slots_ensure(struct keyring *keyring, buf_t *file)
{
    char path[FILE_PATH], noise[KEK_FILE];
    err_t read = slots_read(keyring, file);
    if (read != ERR_MISSING)
        return read;
    path_of(keyring, "kek", path);
    keyring->env->random(keyring->env, noise, sizeof noise);
    TRY(keyring->env->write_file(keyring->env, path, str_bytes(noise, sizeof noise), 0600));
    buf_clear(file);
    buf_put(file, str_bytes(noise, sizeof noise));
    return buf_end(file);
}

static err_t slot_put(struct keyring *keyring, int slot, const struct key *kek)
{
    char path[FILE_PATH];
    OWN(buf) file = BUF(KEK_FILE);
    OWN(buf) sealed = BUF(KEK_SLOT);
    TRY(slots_ensure(keyring, &file));
    if (slot_is(keyring, &file, slot, kek))
        return ERR_OK;
    path_of(keyring, "kek", path);
    TRY(kek_slot_seal(keyring, kek, &sealed));
    return keyring->env->overwrite(keyring->env, path, slot * KEK_SLOT, buf_str(&sealed));
}

/* What wraps nothing of the keyring any more opens nothing of its copy either. */
static err_t slots_wipe(struct keyring *keyring, const struct key *kek)
{
    char path[FILE_PATH], noise[KEK_SLOT];
    OWN(buf) file = BUF(KEK_FILE);
    TRY(slots_ensure(keyring, &file));
    path_of(keyring, "kek", path);
    for (int slot = 0; slot < 2; slot++) {
        if (slot_is(keyring, &file, slot, kek))
            continue;
        keyring->env->random(keyring->env, noise, sizeof noise);
        TRY(keyring->env->overwrite(keyring->env, path, slot * KEK_SLOT, str_bytes(noise, sizeof noise)));
    }
    return ERR_OK;
}

/* The database and the ledger */

static err_t synced(const char *path, int flags)
{
    OWN(fd) fd = open(path, flags | O_CLOEXEC | O_NOFOLLOW);
    return fd >= 0 && fsync(fd) == 0 ? ERR_OK : fail(ERR_BROKEN, "cannot sync %s: %s", path, strerror(errno));
}

/* As it is committed now. Into a file that is there, empty and nobody else's to read. */
static err_t part_write(struct keyring *keyring, const char *part)
{
    char from[FILE_PATH];
    OWN(db) db = NULL;
    snprintf(from, sizeof from, "%s/keyring.db", keyring->folder);
    TRY(keyring->env->remove_file(keyring->env, part));
    TRY(keyring->env->write_file(keyring->env, part, STR(""), 0600));
    TRY(db_open(from, &db));
    TRY(db_do(db, "vacuum into $1", T(str(part))));
    return synced(part, O_RDONLY);
}

static err_t ledger_copy(struct keyring *keyring)
{
    char from[FILE_PATH], to[FILE_PATH];
    OWN(buf) lines = BUF(MAX_LEDGER);
    snprintf(from, sizeof from, "%s/ledger", keyring->folder);
    path_of(keyring, "ledger", to);
    TRY(keyring->env->read_file(keyring->env, from, &lines));
    return keyring->env->write_file(keyring->env, to, buf_str(&lines), 0600);
}

static err_t part_place(const struct keyring *keyring, const char *part)
{
    char path[FILE_PATH];
    path_of(keyring, "keyring.db", path);
    if (rename(part, path) != 0)
        return fail(ERR_BROKEN, "cannot put %s in its place: %s", path, strerror(errno));
    return synced(keyring->copies.folder, O_RDONLY | O_DIRECTORY);
}

/* One copy */

/* What it will have, as it was before it was read: more may be in it. */
static struct copied now_of(struct keyring *keyring)
{
    return (struct copied){.made = keyring->env->now(keyring->env),
                           .boot = keyring->env->boot(keyring->env),
                           .commits = atomic_load(&keyring->commits),
                           .swept = atomic_load(&keyring->swept),
                           .rolls = atomic_load(&keyring->rolls),
                           .manifests = atomic_load(&keyring->manifests),
                           .destructions = atomic_load(&keyring->destructions)};
}

/* The KEK that the part was read under, and its slot; false where it was rolled since. */
static bool kek_take(struct keyring *keyring, const struct copied *copied, struct key *out_kek, int *out_slot)
{
    pthread_mutex_lock(&keyring->lock);
    bool same = atomic_load(&keyring->rolls) == copied->rolls;
    *out_kek = *keyring->kek.key;
    *out_slot = keyring->slot;
    pthread_mutex_unlock(&keyring->lock);
    return same;
}

/* The ledger before the database, which says how many of its lines it has done; the new KEK beside the old one until then. */
static err_t copy_place(struct keyring *keyring, const char *part, const struct key *kek, int slot)
{
    TRY(ledger_copy(keyring));
    TRY(slot_put(keyring, slot, kek));
    /* A crash here leaves the copy before, and both KEKs. */
    TRY(part_place(keyring, part));
    return slots_wipe(keyring, kek);
}

static err_t copy_try(struct keyring *keyring, struct copied *out_copied)
{
    char part[FILE_PATH];
    OWN(key) kek;
    int slot = 0;
    path_of(keyring, "keyring.db.part", part);
    for (int tries = 0; tries < TRIES; tries++) {
        *out_copied = now_of(keyring);
        TRY(part_write(keyring, part));
        if (kek_take(keyring, out_copied, &kek, &slot))
            return copy_place(keyring, part, &kek, slot);
    }
    return fail(ERR_BUSY, "the keyring was rolled while it was copied");
}

/* What was destroyed stays so, whatever the other disk has room for. */
static err_t copy_make(struct keyring *keyring)
{
    struct copies *copies = &keyring->copies;
    struct copied copied;
    char note[256];
    OWN(key) kek;
    int slot = 0;
    err_t made = copy_try(keyring, &copied);
    if (made == ERR_OK) {
        copied.took = keyring->env->boot(keyring->env) - copied.boot;
        copies->last = copied;
        atomic_store(&copies->past, copied.commits + 1);
        return ERR_OK;
    }
    snprintf(note, sizeof note, "%s", err_note());
    (void)kek_take(keyring, &copied, &kek, &slot);
    TRY(slots_wipe(keyring, &kek));
    return fail(made, "the keyring's copy: %s", note);
}

static bool is_swept(struct keyring *keyring)
{
    return atomic_load(&keyring->copies.past) > atomic_load(&keyring->swept);
}

void copies_lag(struct keyring *keyring) { atomic_fetch_add(&keyring->manifests, 1); }

static bool is_due(struct keyring *keyring)
{
    const struct copied *last = &keyring->copies.last;
    moment_t since = keyring->env->boot(keyring->env) - last->boot;
    moment_t rest = last->took * 20 > COPY_REST ? last->took * 20 : COPY_REST;
    return !is_swept(keyring) || atomic_load(&keyring->rolls) != last->rolls || since >= COPY_EVERY ||
           (atomic_load(&keyring->manifests) != last->manifests && since >= rest);
}

static err_t turn_locked(struct keyring *keyring)
{
    if (is_due(keyring))
        return copy_make(keyring);
    uint64_t destructions = atomic_load(&keyring->destructions);
    if (destructions == keyring->copies.last.destructions)
        return ERR_OK;
    TRY(ledger_copy(keyring));
    keyring->copies.last.destructions = destructions;
    return ERR_OK;
}

/* A keyring that is behind its marks is itself a copy: it takes the place of none. */
static bool copies_are_kept(struct keyring *keyring)
{
    return *keyring->copies.folder && keyring_abreast(keyring) == ERR_OK;
}

err_t copies_turn(struct keyring *keyring)
{
    if (!copies_are_kept(keyring))
        return ERR_OK;
    pthread_mutex_lock(&keyring->copies.lock);
    err_t result = turn_locked(keyring);
    pthread_mutex_unlock(&keyring->copies.lock);
    return result;
}

err_t copies_fresh(struct keyring *keyring)
{
    if (!copies_are_kept(keyring))
        return fail(ERR_CONFLICT, "the keyring has no copy");
    pthread_mutex_lock(&keyring->copies.lock);
    const struct copied *last = &keyring->copies.last;
    bool fresh = !is_due(keyring) && atomic_load(&keyring->manifests) == last->manifests;
    err_t result = fresh ? ERR_OK : copy_make(keyring);
    pthread_mutex_unlock(&keyring->copies.lock);
    return result;
}

err_t copies_abreast(struct keyring *keyring)
{
    /* Asked within an act, which holds the keyring, for which whoever makes a copy waits. */
    bool swept = !*keyring->copies.folder || is_swept(keyring);
    return swept ? ERR_OK : fail(ERR_BUSY, "the keyring's copy is being rewritten");
}

/* Reading one */

static err_t copy_slot(struct db *db, int *out_slot)
{
    int64_t slot = 0;
    TRY(db_number(db, &slot, "select slot from state"));
    *out_slot = slot != 0;
    return ERR_OK;
}

static err_t copy_kek(struct keyring *keyring, struct keyring *view)
{
    OWN(buf) file = BUF(KEK_FILE);
    OWN(key) kek;
    TRY(copy_slot(view->db, &view->slot));
    TRY(slots_read(keyring, &file));
    TRY(kek_slot_open(keyring, &file, view->slot, &kek));
    return secret_make(&kek, &view->kek);
}

err_t copy_open(struct keyring *keyring, struct copy *out_copy)
{
    char path[FILE_PATH];
    struct stat about;
    path_of(keyring, "keyring.db", path);
    out_copy->keyring = calloc(1, sizeof *out_copy->keyring);
    if (!out_copy->keyring)
        return fail(ERR_BUSY, "no memory for the keyring's copy");
    if (stat(path, &about) != 0)
        return fail(ERR_MISSING, "the keyring has no copy: %s: %s", path, strerror(errno));
    out_copy->made = (moment_t)about.st_mtim.tv_sec * 1000;
    out_copy->keyring->env = keyring->env;
    TRY(db_open_still(path, &out_copy->keyring->db));
    return copy_kek(keyring, out_copy->keyring);
}

void copy_drop(struct copy *copy)
{
    if (!copy->keyring)
        return;
    db_drop(&copy->keyring->db);
    secret_drop(&copy->keyring->kek);
    free(copy->keyring);
    copy->keyring = NULL;
}

/* What a drill asks of it */

struct using
{
    ident_t tenant;
    moment_t now;
};

static err_t use_count(struct keyring *keyring, void *with)
{
    const struct using *using = with;
    return db_do(keyring->db, "update snapshot_keys set uses = uses + 1, used = $2 where tenant = $1",
                 ID(using->tenant), N(using->now));
}

/* The keys of a tenant's snapshots, or of the service's, out of the copy alone. */
err_t answer_copy_key(struct ask *ask)
{
    const Keys__OfTenantSnapshots *in = ask->in;
    Keys__SnapshotKeys *out = ask->out;
    struct using using = {.now = ask->env->now(ask->env)};
    OWN(copy) copy = {0};
    OWN(rows) rows = {0};
    OWN(buf) outer = BUF(KEY_SIZE);
    TRY(ident_from(bin(in->tenant), &using.tenant));
    TRY(copies_fresh(ask->keyring));
    TRY(copy_open(ask->keyring, &copy));
    TRY(db_read(copy.keyring->db, &rows, "select signer from snapshot_keys where tenant = $1",
                ID(using.tenant)));
    TRY(row_one(&rows));
    out->signer = ask_text(ask, row_text(&rows, 0));
    TRY(cell_get(copy.keyring, using.tenant, CELL_SNAPSHOT, &outer));
    out->outer = ask_bytes(ask, buf_str(&outer));
    out->copied = copy.made;
    TRY(keyring_write(ask->keyring, use_count, &using));
    return arena_end(ask->arena);
}

/* A tombstone, or a private half that the copy's own key opens. */
static err_t subject_opens(struct keyring *copy, ident_t tenant, ident_t id, bool *out_so)
{
    OWN(rows) rows = {0};
    OWN(buf) private = BUF(MAX_ASK);
    *out_so = ident_eq(id, tenant);
    if (*out_so)
        return ERR_OK;
    TRY(db_read(copy->db, &rows,
                "select dead is not null, id from entries where tenant = $2 and id = " ENTRY_OF("$2", "$1"),
                ID(id), ID(tenant)));
    bool there = row_next(&rows), dead = there && row_number(&rows, 0);
    TRY(rows_end(&rows));
    *out_so = dead || (there && cell_get(copy, row_ident(&rows, 1), CELL_ENTRY, &private) == ERR_OK);
    return ERR_OK;
}

err_t answer_copy_subjects(struct ask *ask)
{
    const Keys__SnapshotSubjects *in = ask->in;
    Keys__SnapshotSubjects *out = ask->out;
    OWN(copy) copy = {0};
    ident_t tenant, id;
    TRY(ident_from(bin(in->tenant), &tenant));
    out->ids = arena_array(ask->arena, ProtobufCBinaryData, in->n_ids);
    TRY(arena_end(ask->arena));
    TRY(copy_open(ask->keyring, &copy));
    for (size_t i = 0; i < in->n_ids; i++) {
        bool opens = false;
        TRY(ident_from(bin(in->ids[i]), &id));
        TRY(subject_opens(copy.keyring, tenant, id, &opens));
        if (!opens)
            out->ids[out->n_ids++] = in->ids[i];
    }
    return ERR_OK;
}
