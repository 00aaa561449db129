/* SPDX-License-Identifier: Apache-2.0 */
#include "keyring/commit.h"

#include "base/limits.h"
#include "keyring/behind.h"
#include "keyring/schema.h"

struct env *keyring_env(struct keyring *keyring) { return keyring->env; }
struct db *keyring_db(struct keyring *keyring) { return keyring->db; }
int64_t keyring_gib(const struct keyring *keyring) { return keyring->gib; }
void keyring_wake_set(struct keyring *keyring, int fd) { keyring->wake = fd; }

/* One that cannot be written to has been, and not yet been read. */
void keyring_wake(struct keyring *keyring)
{
    const uint64_t one = 1;
    ssize_t written = keyring->wake >= 0 ? write(keyring->wake, &one, sizeof one) : 0;
    (void)written;
}

void keyring_gib_set(struct keyring *keyring, int64_t bytes) { keyring->gib = bytes; }
const char *keyring_url(const struct keyring *keyring) { return keyring->url; }
void keyring_url_set(struct keyring *keyring, const char *url)
{
    snprintf(keyring->url, sizeof keyring->url, "%s", url);
}
moment_t keyring_cooling(struct keyring *keyring) { return keyring->cooling; }
void keyring_cooling_set(struct keyring *keyring, moment_t cooling) { keyring->cooling = cooling; }

err_t kek_slot_seal(struct keyring *keyring, const struct key *kek, buf_t *out_slot)
{
    aead_seal(keyring->env, keyring->root.key, STR("custody kek"), key_bytes(kek), out_slot);
    return buf_end(out_slot);
}

static err_t slot_write(struct keyring *keyring, int slot, const struct key *kek)
{
    OWN(buf) sealed = BUF(KEK_SLOT);
    TRY(kek_slot_seal(keyring, kek, &sealed));
    return keyring->env->overwrite(keyring->env, keyring->kek_path, slot * KEK_SLOT, buf_str(&sealed));
}

static err_t slot_wipe(struct keyring *keyring, int slot)
{
    char noise[KEK_SLOT];
    keyring->env->random(keyring->env, noise, sizeof noise);
    return keyring->env->overwrite(keyring->env, keyring->kek_path, slot * KEK_SLOT,
                                   str_bytes(noise, sizeof noise));
}

static err_t kek_adopt(struct keyring *keyring, const struct key *kek, int slot)
{
    secret_t fresh = {0};
    TRY(secret_make(kek, &fresh));
    secret_drop(&keyring->kek);
    keyring->kek = fresh;
    keyring->slot = slot;
    return ERR_OK;
}

/* The first KEK and a slot of noise, in one write: after a crash either is there whole or neither. */
static err_t kek_make(struct keyring *keyring)
{
    char noise[KEK_SLOT];
    OWN(key) kek;
    OWN(buf) file = BUF(KEK_FILE);
    keyring->env->random(keyring->env, noise, sizeof noise);
    key_random(keyring->env, &kek);
    TRY(kek_slot_seal(keyring, &kek, &file));
    buf_put(&file, str_bytes(noise, sizeof noise));
    TRY(buf_end(&file));
    return keyring->env->write_file(keyring->env, keyring->kek_path, buf_str(&file), 0600);
}

err_t kek_slot_open(struct keyring *keyring, const buf_t *file, int slot, struct key *out_kek)
{
    OWN(buf) plain = BUF(KEY_SIZE);
    const str_t sealed = str_bytes(file->at + slot * KEK_SLOT, KEK_SLOT);
    if (aead_open(keyring->root.key, STR("custody kek"), sealed, &plain) != ERR_OK)
        return fail(ERR_LOCKED, "the root key does not open the keyring's key");
    return key_from(buf_str(&plain), out_kek);
}

static err_t kek_read(struct keyring *keyring, int slot)
{
    OWN(buf) file = BUF(KEK_FILE);
    OWN(key) kek;
    TRY(keyring->env->read_file(keyring->env, keyring->kek_path, &file));
    if (file.len != KEK_FILE)
        return fail(ERR_BROKEN, "the file %s is damaged", keyring->kek_path);
    TRY(kek_slot_open(keyring, &file, slot, &kek));
    TRY(kek_adopt(keyring, &kek, slot));
    return slot_wipe(keyring, !slot);
}

/* A KEK that is there is never made anew: an empty database beside it may be a mistake that can be put right. */
static err_t kek_first(struct keyring *keyring)
{
    OWN(buf) file = BUF(KEK_FILE);
    err_t there = keyring->env->read_file(keyring->env, keyring->kek_path, &file);
    if (there == ERR_MISSING)
        TRY(kek_make(keyring));
    else
        TRY(there);
    TRY(kek_read(keyring, 0));
    return db_do(keyring->db, "insert into state (one, slot) values (1, 0)");
}

static err_t kek_open(struct keyring *keyring)
{
    OWN(rows) rows = {0};
    TRY(db_read(keyring->db, &rows, "select slot from state"));
    bool found = row_next(&rows);
    TRY(rows_end(&rows));
    return found ? kek_read(keyring, (int)row_number(&rows, 0)) : kek_first(keyring);
}

static err_t shard_seal(struct keyring *keyring, const struct key *kek, ident_t id, const struct key *key)
{
    OWN(buf) sealed = BUF(KEK_SLOT);
    aead_seal(keyring->env, kek, ident_bytes(&id), key_bytes(key), &sealed);
    TRY(buf_end(&sealed));
    return db_do(keyring->db, "update shards set key = $2 where id = $1", ID(id), B(buf_str(&sealed)));
}

static err_t shard_key(struct keyring *keyring, ident_t id, struct key *out_key)
{
    OWN(rows) rows = {0};
    OWN(buf) plain = BUF(KEY_SIZE);
    TRY(db_read(keyring->db, &rows, "select key from shards where id = $1", ID(id)));
    TRY(row_one(&rows));
    TRY(aead_open(keyring->kek.key, ident_bytes(&id), row_text(&rows, 0), &plain));
    return key_from(buf_str(&plain), out_key);
}

static err_t shard_make(struct keyring *keyring, ident_t tenant, ident_t *out_id)
{
    OWN(key) key;
    ident_t id = ident_new(keyring->env);
    key_random(keyring->env, &key);
    TRY(db_do(keyring->db, "insert into shards (id, tenant, key, cells, marked) values ($1, $2, $3, 0, 0)",
              ID(id), ID(tenant), B(STR("to be sealed"))));
    TRY(shard_seal(keyring, keyring->kek.key, id, &key));
    *out_id = id;
    return ERR_OK;
}

static err_t shard_with_room(struct keyring *keyring, ident_t tenant, ident_t *out_id)
{
    OWN(rows) rows = {0};
    TRY(db_read(keyring->db, &rows, "select id from shards where tenant = $1 and cells < $2 limit 1",
                ID(tenant), N(MAX_SHARD)));
    if (row_next(&rows)) {
        *out_id = row_ident(&rows, 0);
        return ERR_OK;
    }
    TRY(rows_end(&rows));
    return shard_make(keyring, tenant, out_id);
}

static str_t cell_place(ident_t id, int64_t cell, uint8_t at[17])
{
    memcpy(at, id.bytes, 16);
    at[16] = (uint8_t)cell;
    return str_bytes(at, 17);
}

err_t cell_put(struct keyring *keyring, ident_t tenant, ident_t id, enum cell cell, str_t plain)
{
    ident_t shard;
    uint8_t place[17];
    OWN(key) key;
    OWN(buf) sealed = BUF(plain.len + AEAD_EXTRA);
    TRY(shard_with_room(keyring, tenant, &shard));
    TRY(shard_key(keyring, shard, &key));
    aead_seal(keyring->env, &key, cell_place(id, cell, place), plain, &sealed);
    TRY(buf_end(&sealed));
    TRY(db_do(keyring->db, "insert into cells (id, cell, shard, sealed) values ($1, $2, $3, $4)", ID(id),
              N(cell), ID(shard), B(buf_str(&sealed))));
    return db_do(keyring->db, "update shards set cells = cells + 1 where id = $1", ID(shard));
}

err_t cell_get(struct keyring *keyring, ident_t id, enum cell cell, buf_t *out_plain)
{
    OWN(rows) rows = {0};
    OWN(key) key;
    uint8_t place[17];
    TRY(db_read(keyring->db, &rows, "select shard, sealed from cells where id = $1 and cell = $2", ID(id),
                N(cell)));
    TRY(row_one(&rows));
    TRY(shard_key(keyring, row_ident(&rows, 0), &key));
    return aead_open(&key, cell_place(id, cell, place), row_text(&rows, 1), out_plain);
}

err_t cell_destroy(struct keyring *keyring, ident_t id, enum cell cell)
{
    TRY(db_do(
        keyring->db,
        "update shards set marked = 1, cells = cells - (select count(*) from cells where cells.id = $1 and"
        " cells.shard = shards.id and ($2 = 0 or cell = $2))"
        " where id in (select shard from cells where id = $1 and ($2 = 0 or cell = $2))",
        ID(id), N(cell)));
    TRY(db_do(keyring->db, "delete from cells where id = $1 and ($2 = 0 or cell = $2)", ID(id), N(cell)));
    keyring->destroyed = true;
    return ERR_OK;
}

/* In the same shard, which the next roll gives another key: the old one would still open what stood here. */
err_t cell_change(struct keyring *keyring, ident_t id, enum cell cell, str_t plain)
{
    OWN(rows) rows = {0};
    OWN(key) key;
    uint8_t place[17];
    OWN(buf) sealed = BUF(plain.len + AEAD_EXTRA);
    TRY(db_read(keyring->db, &rows, "select shard from cells where id = $1 and cell = $2", ID(id), N(cell)));
    TRY(row_one(&rows));
    ident_t shard = row_ident(&rows, 0);
    TRY(shard_key(keyring, shard, &key));
    aead_seal(keyring->env, &key, cell_place(id, cell, place), plain, &sealed);
    TRY(buf_end(&sealed));
    TRY(db_do(keyring->db, "update cells set sealed = $3 where id = $1 and cell = $2", ID(id), N(cell),
              B(buf_str(&sealed))));
    keyring->destroyed = true;
    return db_do(keyring->db, "update shards set marked = 1 where id = $1 and marked = 0", ID(shard));
}

static err_t cell_rewrap(struct keyring *keyring, const rows_t *rows, const struct key keys[2])
{
    OWN(buf) plain = BUF(MAX_ASK);
    OWN(buf) sealed = BUF(MAX_ASK);
    uint8_t at[17];
    ident_t id = row_ident(rows, 0);
    str_t place = cell_place(id, row_number(rows, 1), at);
    TRY(aead_open(&keys[0], place, row_text(rows, 2), &plain));
    aead_seal(keyring->env, &keys[1], place, buf_str(&plain), &sealed);
    TRY(buf_end(&sealed));
    return db_do(keyring->db, "update cells set sealed = $3 where id = $1 and cell = $2", ID(id),
                 N(row_number(rows, 1)), B(buf_str(&sealed)));
}

/* A shard in which something was destroyed gets a new key: the old one would still open what a stale copy holds. */
static err_t shard_rekey(struct keyring *keyring, ident_t shard, const struct key *kek)
{
    OWN(rows) rows = {0};
    struct key keys[2];
    TRY(shard_key(keyring, shard, &keys[0]));
    key_random(keyring->env, &keys[1]);
    TRY(db_read(keyring->db, &rows, "select id, cell, sealed from cells where shard = $1", ID(shard)));
    err_t result = ERR_OK;
    while (result == ERR_OK && row_next(&rows))
        result = cell_rewrap(keyring, &rows, keys);
    if (result == ERR_OK)
        result = rows_end(&rows);
    if (result == ERR_OK)
        result = shard_seal(keyring, kek, shard, &keys[1]);
    key_drop(&keys[0]);
    key_drop(&keys[1]);
    return result;
}

static err_t shard_rewrap(struct keyring *keyring, ident_t shard, const struct key *kek)
{
    OWN(key) key;
    TRY(shard_key(keyring, shard, &key));
    return shard_seal(keyring, kek, shard, &key);
}

/* Ids first, updates after: SQLite may show a scan the rows that it changes itself. */
static err_t shards_roll(struct keyring *keyring, const struct key *kek)
{
    OWN(buf) ids = BUF(64 * 1024 * 1024);
    {
        OWN(rows) rows = {0};
        TRY(db_read(keyring->db, &rows, "select id, marked from shards"));
        while (row_next(&rows)) {
            buf_put(&ids, row_text(&rows, 0));
            buf_put_byte(&ids, (uint8_t)row_number(&rows, 1));
        }
        TRY(rows_end(&rows));
        TRY(buf_end(&ids));
    }
    for (size_t at = 0; at + 17 <= ids.len; at += 17) {
        ident_t id;
        memcpy(id.bytes, ids.at + at, 16);
        TRY(ids.at[at + 16] ? shard_rekey(keyring, id, kek) : shard_rewrap(keyring, id, kek));
    }
    return db_do(keyring->db, "update shards set marked = 0 where marked = 1");
}

static err_t roll_act(struct keyring *keyring, void *with)
{
    const struct key *kek = with;
    TRY(shards_roll(keyring, kek));
    keyring->destroyed = true; /* old shard keys leave the log with this commit */
    TRY(db_do(keyring->db, "update dead_shards set rolled = 1 where rolled = 0"));
    return db_do(keyring->db, "update state set slot = $1", N(!keyring->slot));
}

/* Until the new KEK is adopted nobody may see what it wraps. */
static err_t roll_locked(struct keyring *keyring, const struct key *kek)
{
    struct pending roll = {.act = roll_act, .with = (void *)(uintptr_t)kek};
    int fresh = !keyring->slot;
    TRY(slot_write(keyring, fresh, kek));
    /* A crash here leaves a slot that no shard is sealed under; the next start wipes it. */
    commit_make(keyring, &roll);
    if (roll.result != ERR_OK)
        return fail(roll.result, "%s", roll.note);
    /* A crash here leaves the old KEK on the disk; the next start wipes it. */
    TRY(kek_adopt(keyring, kek, fresh));
    keyring->rolled = keyring->env->boot(keyring->env);
    atomic_fetch_add(&keyring->rolls, 1);
    return slot_wipe(keyring, !fresh);
}

err_t keyring_roll(struct keyring *keyring)
{
    OWN(key) kek;
    key_random(keyring->env, &kek);
    pthread_mutex_lock(&keyring->lock);
    err_t result = roll_locked(keyring, &kek);
    pthread_mutex_unlock(&keyring->lock);
    return result;
}

static err_t marked_count(struct keyring *keyring, void *with)
{
    return db_number(keyring->db, (int64_t *)with, "select count(*) from shards where marked = 1");
}

err_t keyring_roll_when_due(struct keyring *keyring)
{
    int64_t marked = 0;
    if (keyring->env->boot(keyring->env) - keyring->rolled < ROLL_MS)
        return ERR_OK;
    TRY(keyring_read(keyring, marked_count, &marked));
    return marked ? keyring_roll(keyring) : ERR_OK;
}

err_t keyring_open(struct env *env, const char *folder, const struct key *root, struct keyring **out_keyring)
{
    char path[PATH_LEN];
    OWN(keyring) keyring = calloc(1, sizeof *keyring);
    if (!keyring)
        return fail(ERR_BUSY, "no memory for the keyring");
    keyring->gib = 1024 * 1024 * 1024;
    keyring->wake = -1;
    pthread_mutex_init(&keyring->lock, NULL);
    pthread_mutex_init(&keyring->reader_lock, NULL);
    pthread_mutex_init(&keyring->copies.lock, NULL);
    pthread_mutex_init(&keyring->queue_lock, NULL);
    keyring->last = &keyring->first;
    pthread_cond_init(&keyring->committer.wanted, NULL);
    slots_open(&keyring->slots);
    keyring->env = env;
    keyring->cooling = HOURS(4);
    keyring->rolled =
        env->boot(env) - ROLL_MS; /* what was destroyed before a restart is rolled away soon after it */
    if ((size_t)snprintf(path, sizeof path, "%s/keyring.db", folder) >= sizeof path)
        return fail(ERR_INVALID, "the folder's path is too long");
    snprintf(keyring->folder, sizeof keyring->folder, "%s", folder);
    snprintf(keyring->kek_path, sizeof keyring->kek_path, "%s/kek", folder);
    TRY(secret_make(root, &keyring->root));
    TRY(db_open(path, &keyring->db));
    TRY(schema_lay(keyring->db));
    TRY(db_open(path, &keyring->reader));
    TRY(db_script(keyring->reader, "pragma query_only = on"));
    TRY(kek_open(keyring));
    TRY(destructions_open(keyring, folder));
    TRY(behind_open(keyring, folder));
    TRY(opened_make(&keyring->opened));
    *out_keyring = give(keyring);
    return ERR_OK;
}

void keyring_drop(struct keyring **keyring)
{
    if (!*keyring)
        return;
    committer_stop(*keyring);
    ledger_drop(&(*keyring)->ledger);
    behind_drop(*keyring);
    opened_drop(&(*keyring)->opened);
    free((*keyring)->lines.at);
    db_drop(&(*keyring)->reader);
    db_drop(&(*keyring)->db);
    secret_drop(&(*keyring)->root);
    secret_drop(&(*keyring)->kek);
    pthread_mutex_destroy(&(*keyring)->lock);
    pthread_mutex_destroy(&(*keyring)->reader_lock);
    pthread_mutex_destroy(&(*keyring)->copies.lock);
    pthread_mutex_destroy(&(*keyring)->queue_lock);
    pthread_cond_destroy(&(*keyring)->committer.wanted);
    slots_drop(&(*keyring)->slots);
    free(*keyring);
    *keyring = NULL;
}
