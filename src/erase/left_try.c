/* SPDX-License-Identifier: Apache-2.0
 *
 * For tests: whoever has a keyring, the root key and the cookie of an owner tries what is left on everything that is sealed. Every
 * cell is opened as the keys process opens it, and what is sealed to the client with the client's key; each 32 bytes that come
 * of it are tried on each sealed row of the live store and of every snapshot, and on an archive.
 *
 *     left_try KEYRING ROOT-KEY STORE SNAPSHOTS TENANT COOKIE [ARCHIVE]
 *
 * prints how many keys there are, a line for each sealed form (where it stands, whose it is, opens or closed), and whether the
 * archive opens. The keyring is opened as it would be by a service: give it a copy.
 */
#include "crypt/age.h"
#include "keyring/answer.h"
#include "seal/recording.h"
#include "snapshot/read.h"
#include "store/blobs.h"

enum { KEYS_MOST = 8192, MEMORY = 256 * 1024 * 1024, FILE_MOST = 64 * 1024 * 1024 };

struct trying {
    struct keyring *keyring;
    struct store *store;
    ident_t tenant;
    const char *cookie;
    struct key *keys;
    size_t count;
    arena_t *arena;
    const char *where;
    const struct place *place;
};

/* Keys */

static void key_add(struct trying *trying, str_t plain)
{
    if (plain.len == KEY_SIZE && trying->count < KEYS_MOST)
        memcpy(trying->keys[trying->count++].bytes, plain.at, KEY_SIZE);
}

static void cell_try(struct trying *trying, const struct who *who, ident_t id, enum cell cell)
{
    OWN(buf) plain = BUF(MAX_ASK);
    OWN(buf) within = BUF(MAX_ASK);
    if (cell_get(trying->keyring, id, cell, &plain) != ERR_OK)
        return;
    key_add(trying, buf_str(&plain));
    if (who && box_open(&who->tenant_public, &who->tenant_private, buf_str(&plain), &within) == ERR_OK)
        key_add(trying, buf_str(&within));
}

static err_t cells_act(struct keyring *keyring, void *with)
{
    struct trying *trying = with;
    struct ask ask = {
        .keyring = keyring, .env = keyring_env(keyring), .db = keyring_db(keyring), .arena = trying->arena};
    OWN(who) who = {0};
    OWN(rows) rows = {0};
    bool inside = who_asks(&ask, trying->cookie, RIGHT_PRIVACY, &who) == ERR_OK;
    printf("the client's key: %s\n", inside ? "there" : err_note());
    TRY(db_read(keyring_db(keyring), &rows, "select id, cell from cells"));
    while (row_next(&rows))
        cell_try(trying, inside ? &who : NULL, row_ident(&rows, 0), (enum cell)row_number(&rows, 1));
    return rows_end(&rows);
}

/* Sealed forms */

static bool box_opens(const struct trying *trying, str_t box)
{
    for (size_t i = 0; i < trying->count; i++) {
        OWN(buf) plain = BUF(MAX_ASK);
        struct key public;
        if (pair_public(&trying->keys[i], &public) == ERR_OK &&
            box_open(&public, &trying->keys[i], box, &plain) == ERR_OK)
            return true;
    }
    return false;
}

static void told(const struct trying *trying, const char *what, str_t subject, str_t box)
{
    printf("%s %s ", trying->where, what);
    for (size_t i = 0; i < subject.len; i++)
        printf("%02x", (uint8_t)subject.at[i]);
    printf(" %s\n", box_opens(trying, box) ? "opens" : "closed");
}

static err_t form_try(struct trying *trying, str_t row, size_t column)
{
    const struct place *place = trying->place;
    struct value form, subject;
    str_t box = {0};
    TRY(row_value(place, row, column, &form));
    TRY(row_value(place, row, (size_t)place->subject, &subject));
    if (!form.bytes.len) /* a row that says that there is nothing */
        return ERR_OK;
    if (!strcmp(place->columns[column].name, "box"))
        box = form.bytes;
    else if (seal_box(form.bytes, &box) != ERR_OK)
        return fail(ERR_BROKEN, "%s %s: %zu bytes of no form", trying->where, place->name, form.bytes.len);
    told(trying, place->name, subject.bytes, box);
    return ERR_OK;
}

static err_t file_read(void *from, char *at, size_t len, size_t *out_len)
{
    const buf_t *file = from; /* from its beginning: its head is all that is asked for */
    *out_len = file->len < len ? file->len : len;
    memcpy(at, file->at, *out_len);
    return ERR_OK;
}

/* The files that are sealed, by the name of one that a blob's row has, or whoever keeps a copy of it. */
static err_t file_try(struct trying *trying, const struct blob_about *about, const char *path)
{
    OWN(buf) file = BUF(FILE_MOST);
    struct recording_head head;
    err_t there = env_real()->read_file(env_real(), path, &file);
    if (there != ERR_OK)
        return there == ERR_MISSING ? ERR_OK : there; /* it is being removed */
    TRY(recording_look(&(struct recording_source){file_read, &file}, &head));
    told(trying, "file", ident_bytes(&about->subject), str_bytes(head.box, SEAL_BOX));
    return ERR_OK;
}

static err_t files_try(struct trying *trying, struct tx *tx)
{
    struct blobs all;
    TRY(blobs_list(tx, trying->arena, &all));
    for (size_t i = 0; i < all.count; i++) {
        OWN(buf) path = BUF(4096);
        TRY(blob_path(trying->store, trying->tenant, all.at[i].id, &path));
        TRY(file_try(trying, &all.at[i], path.at));
    }
    return ERR_OK;
}

static err_t row_try(void *with, str_t key, str_t row)
{
    struct trying *trying = with;
    (void)key;
    for (size_t i = 0; i < trying->place->count; i++) {
        const char *name = trying->place->columns[i].name;
        if (trying->place->subject >= 0 && (!strcmp(name, "sealed") || !strcmp(name, "box")))
            TRY(form_try(trying, row, i));
    }
    return ERR_OK;
}

static err_t live_act(struct tx *tx, void *with)
{
    struct trying *trying = with;
    for_each_place(place)
    {
        trying->place = place;
        TRY(place_rows(tx, place, &(struct place_span){.from = STR("")}, row_try, trying));
    }
    return files_try(trying, tx);
}

/* Snapshots, by the keys that lie around them */

struct around {
    ident_t tenant;
    buf_t *outer, *signer;
};

static err_t around_act(struct keyring *keyring, void *with)
{
    const struct around *around = with;
    OWN(rows) rows = {0};
    if (around->outer)
        return cell_get(keyring, around->tenant, CELL_SNAPSHOT, around->outer);
    TRY(db_read(keyring_db(keyring), &rows, "select signer from snapshot_keys where tenant = $1",
                ID(around->tenant)));
    TRY(row_one(&rows));
    buf_put(around->signer, row_text(&rows, 0));
    return buf_end(around->signer);
}

static err_t outer_key(void *with, ident_t tenant, struct key *out_key)
{
    const struct trying *trying = with;
    OWN(buf) outer = BUF(KEY_SIZE);
    TRY(keyring_read(trying->keyring, around_act, &(struct around){tenant, &outer, NULL}));
    return key_from(buf_str(&outer), out_key);
}

static err_t signer_key(void *with, ident_t tenant, buf_t *out_key)
{
    const struct trying *trying = with;
    return keyring_read(trying->keyring, around_act, &(struct around){tenant, NULL, out_key});
}

static err_t snapshot_try(struct trying *trying, struct snapshots *snapshots, ident_t tenant, ident_t id)
{
    OWN(snapshot_reader) reader = NULL;
    TRY(snapshot_open(snapshots, tenant, id, &reader));
    trying->where = arena_copy(trying->arena, str(ident_text("snp", id).text)).at;
    TRY(arena_end(trying->arena));
    for_each_place(place)
    {
        OWN(place_reader) rows = NULL;
        trying->place = place;
        TRY(place_read(reader, place, &rows));
        while (place_next(rows))
            TRY(row_try(trying, rows->key, rows->row));
        TRY(place_end(rows));
    }
    return ERR_OK;
}

static err_t snapshots_try(struct trying *trying, const char *folder, ident_t tenant)
{
    struct snapshots snapshots = {.env = env_real(),
                                  .folder = folder,
                                  .keys = {.outer = outer_key, .signer = signer_key, .with = trying}};
    struct snapshot_list list;
    TRY(snapshots_list(&snapshots, tenant, trying->arena, &list));
    for (size_t i = 0; i < list.count; i++)
        TRY(snapshot_try(trying, &snapshots, tenant, list.at[i].id));
    return ERR_OK;
}

static err_t archive_opens(const struct trying *trying, str_t file, size_t number)
{
    OWN(age_reader) reader = NULL;
    OWN(buf) plain = BUF(FILE_MOST);
    const struct age_read_ask by = {
        .identities = &trying->keys[number], .count = 1, .sink = age_into(&plain)};
    TRY(age_read_begin(&by, &reader));
    TRY(age_read(reader, file));
    return age_read_end(reader);
}

static err_t archive_try(const struct trying *trying, const char *path)
{
    OWN(buf) file = BUF(FILE_MOST);
    bool opens = false;
    TRY(env_real()->read_file(env_real(), path, &file));
    for (size_t i = 0; i < trying->count && !opens; i++)
        opens = archive_opens(trying, buf_str(&file), i) == ERR_OK;
    printf("archive %s\n", opens ? "opens" : "closed");
    return ERR_OK;
}

static err_t everything_try(struct trying *trying, char **words)
{
    TRY(keyring_read(trying->keyring, cells_act, trying));
    printf("keys %zu\n", trying->count);
    trying->where = "live";
    TRY(store_read(trying->store, trying->tenant, live_act, trying));
    TRY(snapshots_try(trying, words[4], trying->tenant));
    return words[7] ? archive_try(trying, words[7]) : ERR_OK;
}

static err_t try(char **words)
{
    OWN(arena) arena = ARENA(MEMORY);
    OWN(keyring) keyring = NULL;
    OWN(store) store = NULL;
    OWN(key) root;
    OWN(buf) file = BUF(KEY_SIZE);
    TRY(crypt_start());
    TRY(env_real()->read_file(env_real(), words[2], &file));
    TRY(key_from(buf_str(&file), &root));
    TRY(keyring_open(env_real(), words[1], &root, &keyring));
    TRY(store_open(env_real(), words[3], &store));
    struct trying trying = {.keyring = keyring, .store = store, .cookie = words[6], .arena = &arena};
    TRY(ident_read("ten", str(words[5]), &trying.tenant));
    trying.keys = arena_array(&arena, struct key, KEYS_MOST);
    TRY(arena_end(&arena));
    return everything_try(&trying, words);
}

int main(int argc, char **argv)
{
    if (argc < 7) {
        fprintf(stderr, "left_try KEYRING ROOT-KEY STORE SNAPSHOTS TENANT COOKIE [ARCHIVE]\n");
        return 2;
    }
    err_t result = try(argv);
    if (result != ERR_OK)
        fprintf(stderr, "left_try: %s\n", err_note());
    return err_info(result)->exit;
}
