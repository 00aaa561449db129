/* SPDX-License-Identifier: Apache-2.0 */
#include "custodyd/rebuild.h"

#include "base/limits.h"
#include "custodyd/home.h"
#include "keyring/keyring.h"
#include "keyring/twins.h"
#include "snapshot/mirror.h"
#include "snapshot/read.h"
#include "snapshot/restore.h"
#include "snapshot/tables.h"
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>

enum { PATH_LEN = 4096, AT_ONCE = 256 * 1024, SIGNER_MAX = 512, MEMORY = 256 * 1024 * 1024 };

static const ident_t service;

/* What is being rebuilt, and how far it has come. */
struct rebuilding {
    const struct settings *settings;
    struct env *env;
    arena_t *arena;
    struct keyring *keyring;
    struct store *store;
    struct snapshots snapshots;
    size_t clients, without, failed;
};

static err_t within(const struct settings *settings, const char *name, char path[PATH_LEN])
{
    return snprintf(path, PATH_LEN, "%s/%s", settings->home, name) < PATH_LEN
               ? ERR_OK
               : fail(ERR_INVALID, "the path of the home is too long");
}

err_t rebuild_ended(const struct settings *settings)
{
    char path[PATH_LEN];
    TRY(within(settings, "rebuilding", path));
    return access(path, F_OK) != 0
               ? ERR_OK
               : fail(ERR_CONFLICT, "%s: a rebuild has not ended: run custodyd rebuild again", path);
}

/* Files */

static err_t bytes_copy(int from, int to, const char *path)
{
    OWN(buf) part = BUF(AT_ONCE);
    char *at = buf_room(&part, AT_ONCE);
    TRY(buf_end(&part));
    for (ssize_t got = 1; got > 0;) {
        got = read(from, at, AT_ONCE);
        if (got < 0 || write(to, at, (size_t)got) != got)
            return fail(errno == ENOSPC ? ERR_BUSY : ERR_BROKEN, "cannot copy %s: %s", path, strerror(errno));
    }
    return fsync(to) == 0 ? ERR_OK : fail(ERR_BROKEN, "cannot sync %s: %s", path, strerror(errno));
}

static err_t file_copy(const char *from, const char *to)
{
    OWN(fd) in = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (in < 0)
        return fail(ERR_MISSING, "cannot read %s: %s", from, strerror(errno));
    OWN(fd) out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (out < 0)
        return fail(ERR_BROKEN, "cannot write %s: %s", to, strerror(errno));
    return bytes_copy(in, out, to);
}

static err_t keyring_copy(const struct settings *settings)
{
    static const char *const files[] = {"ledger", "kek", "keyring.db"};
    char from[PATH_LEN + 32], to[PATH_LEN + 32];
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        snprintf(from, sizeof from, "%s/%s", settings->copy_at, files[i]);
        snprintf(to, sizeof to, "%s/keyring/%s", settings->home, files[i]);
        TRY(file_copy(from, to));
    }
    return ERR_OK;
}

static err_t root_read(const struct settings *settings, struct key *out_root)
{
    char path[PATH_LEN];
    OWN(buf) file = BUF(KEY_SIZE);
    TRY(within(settings, "root.key", path));
    if (env_real()->read_file(env_real(), path, &file) != ERR_OK)
        return fail(ERR_MISSING, "%s: the root key is needed, which is in no copy", path);
    return key_from(buf_str(&file), out_root);
}

/* Keys, out of the keyring that is being brought back. It writes nothing before it was accepted: nor is anything asked of it. */

struct opening {
    ident_t tenant;
    buf_t *outer, *signer;
};

static err_t opening_act(struct keyring *keyring, void *with)
{
    const struct opening *opening = with;
    OWN(rows) rows = {0};
    if (opening->outer)
        return cell_get(keyring, opening->tenant, CELL_SNAPSHOT, opening->outer);
    TRY(db_read(keyring_db(keyring), &rows, "select signer from snapshot_keys where tenant = $1",
                ID(opening->tenant)));
    TRY(row_one(&rows));
    buf_put(opening->signer, row_text(&rows, 0));
    return buf_end(opening->signer);
}

static err_t outer_key(void *with, ident_t tenant, struct key *out_key)
{
    const struct rebuilding *rebuilding = with;
    OWN(buf) outer = BUF(KEY_SIZE);
    TRY(keyring_read(rebuilding->keyring, opening_act, &(struct opening){tenant, &outer, NULL}));
    return key_from(buf_str(&outer), out_key);
}

static err_t signer_key(void *with, ident_t tenant, buf_t *out_key)
{
    const struct rebuilding *rebuilding = with;
    return keyring_read(rebuilding->keyring, opening_act, &(struct opening){tenant, NULL, out_key});
}

static err_t nothing_signed(void *with, ident_t tenant, str_t text, buf_t *out_note)
{
    (void)with, (void)tenant, (void)text, (void)out_note;
    return fail(ERR_BROKEN, "nothing is signed while a machine is brought back");
}

static err_t subjects_known(void *with, ident_t tenant, const idents_t *ids, idents_t *out_strange)
{
    (void)with, (void)tenant, (void)ids;
    out_strange->count = 0;
    return ERR_OK;
}

/* What the service's own snapshot says of its clients */

static err_t newest_find(struct rebuilding *rebuilding, ident_t tenant, ident_t *out_id)
{
    struct snapshot_list list;
    TRY(snapshots_list(&rebuilding->snapshots, tenant, rebuilding->arena, &list));
    if (!list.count)
        return fail(ERR_MISSING, "no snapshot");
    *out_id = list.at[0].id;
    return ERR_OK;
}

static err_t control_put(struct rebuilding *rebuilding, str_t row)
{
    struct tenant tenant = {0};
    TRY(control_row(row, &tenant));
    return store_tenant_put(rebuilding->store, &tenant);
}

static err_t control_read(struct rebuilding *rebuilding, struct snapshot_reader *reader)
{
    OWN(place_reader) rows = NULL;
    TRY(place_read(reader, &control_table, &rows));
    while (place_next(rows))
        TRY(control_put(rebuilding, rows->row));
    return place_end(rows);
}

static err_t settings_tell(struct snapshot_reader *reader)
{
    OWN(place_reader) rows = NULL;
    struct value text;
    TRY(place_read(reader, &settings_table, &rows));
    if (place_next(rows)) {
        TRY(row_value(&settings_table, rows->row, 1, &text));
        printf("it was started with:\n%.*s", STR_ARG(text.bytes));
    }
    return place_end(rows);
}

static err_t state_rebuild(struct rebuilding *rebuilding)
{
    OWN(snapshot_reader) reader = NULL;
    ident_t id;
    err_t found = newest_find(rebuilding, service, &id);
    if (found != ERR_OK)
        return fail(found, "the service's own state: %s", err_note());
    TRY(snapshot_open(&rebuilding->snapshots, service, id, &reader));
    TRY(settings_tell(reader));
    return control_read(rebuilding, reader);
}

/* The keyring knows of the clients since, and of those that were erased since. */
static err_t clients_act(struct keyring *keyring, void *with)
{
    struct rebuilding *rebuilding = with;
    OWN(rows) rows = {0};
    TRY(db_read(keyring_db(keyring), &rows, "select id, realm, name, state, made from tenants"));
    while (row_next(&rows)) {
        const struct tenant tenant = {.id = row_ident(&rows, 0),
                                      .realm = row_ident(&rows, 1),
                                      .name = row_text(&rows, 2),
                                      .state = row_text(&rows, 3),
                                      .made = row_number(&rows, 4)};
        TRY(str_eq(tenant.state, STR("erased")) ? store_tenant_end(rebuilding->store, tenant.id)
                                                : store_tenant_put(rebuilding->store, &tenant));
    }
    return rows_end(&rows);
}

/* The clients */

static int compare_ids(const void *a, const void *b) { return memcmp(a, b, sizeof(ident_t)); }

/* Put in its place by a rebuild that has not ended: whole, and perhaps not compared yet. */
static err_t client_is_there(const struct settings *settings, ident_t tenant, bool *out_there)
{
    char name[128], path[PATH_LEN];
    snprintf(name, sizeof name, "store/tenants/%s.db", ident_text("ten", tenant).text);
    TRY(within(settings, name, path));
    *out_there = access(path, F_OK) == 0;
    return ERR_OK;
}

/* What the erasure ledger names of one client. */
struct forgetting {
    ident_t tenant;
    idents_t *ids;
};

static err_t forgotten_act(struct keyring *keyring, void *with)
{
    const struct forgetting *of = with;
    const struct ledger *ledger = keyring_ledger(keyring);
    for (size_t i = 0; i < ledger_count(ledger); i++)
        if (ident_eq(ledger_at(ledger, i)->tenant, of->tenant))
            TRY(subject_of(keyring_db(keyring), ledger_at(ledger, i)->id, &of->ids->at[of->ids->count++]));
    return ERR_OK;
}

static err_t forgotten_read(struct rebuilding *rebuilding, ident_t tenant, idents_t *out_ids)
{
    size_t most = ledger_count(keyring_ledger(rebuilding->keyring));
    *out_ids = (idents_t){arena_array(rebuilding->arena, ident_t, most), 0};
    TRY(arena_end(rebuilding->arena));
    TRY(keyring_read(rebuilding->keyring, forgotten_act, &(struct forgetting){tenant, out_ids}));
    if (out_ids->count)
        qsort(out_ids->at, out_ids->count, sizeof(ident_t), compare_ids);
    return ERR_OK;
}

static err_t client_rebuild(struct rebuilding *rebuilding, ident_t tenant, bool there)
{
    const ident_text_t id = ident_text("ten", tenant);
    struct restore_ask ask = {.tenant = tenant};
    struct restored done;
    TRY(newest_find(rebuilding, tenant, &ask.snapshot));
    TRY(forgotten_read(rebuilding, tenant, &ask.forgotten));
    if (there) {
        TRY(restore_compare(&rebuilding->snapshots, &ask, rebuilding->store));
        printf("%s: there already, and as its snapshot has it\n", id.text);
        return ERR_OK;
    }
    TRY(restore_rebuild(&rebuilding->snapshots, &ask, rebuilding->store, rebuilding->arena, &done));
    printf("%s: %lld records, %lld recordings, in %lld ms\n", id.text, (long long)done.rows_put,
           (long long)done.blobs_back, (long long)done.ms);
    return ERR_OK;
}

static void client_try(struct rebuilding *rebuilding, ident_t tenant)
{
    bool there = false;
    err_t built = client_is_there(rebuilding->settings, tenant, &there);
    if (built == ERR_OK)
        built = client_rebuild(rebuilding, tenant, there);
    if (built != ERR_OK)
        printf("%s: %s\n", ident_text("ten", tenant).text, err_note());
    rebuilding->clients += built == ERR_OK;
    rebuilding->without += built == ERR_MISSING;
    rebuilding->failed += built != ERR_OK && built != ERR_MISSING;
}

static err_t clients_rebuild(struct rebuilding *rebuilding)
{
    struct tenant *tenants = NULL;
    size_t count = 0;
    TRY(store_tenants(rebuilding->store, rebuilding->arena, &tenants, &count));
    for (size_t i = 0; i < count; i++) {
        OWN(arena) arena = ARENA(MEMORY);
        struct rebuilding one = *rebuilding;
        one.arena = &arena;
        one.snapshots.keys.with = &one;
        client_try(&one, tenants[i].id);
        rebuilding->clients = one.clients;
        rebuilding->without = one.without;
        rebuilding->failed = one.failed;
    }
    return ERR_OK;
}

static err_t logs_rebuild(struct rebuilding *rebuilding)
{
    char from[PATH_LEN + 8], to[PATH_LEN];
    size_t copied = 0;
    snprintf(from, sizeof from, "%s/log", rebuilding->settings->snapshots_at);
    TRY(within(rebuilding->settings, "log", to));
    TRY(mirror_take(rebuilding->env, from, to, &copied));
    printf("the evidence logs: %zu files\n", copied);
    return ERR_OK;
}

/* Each file is given to the process that it is of. */

static uid_t owner;
static mode_t file_mode, folder_mode;

static int part_give(const char *path, const struct stat *about, int kind, struct FTW *walk)
{
    (void)about, (void)walk;
    if (geteuid() == 0 && lchown(path, owner, owner) != 0)
        return -1;
    return kind == FTW_SL ? 0 : chmod(path, kind == FTW_F ? file_mode : folder_mode);
}

static err_t tree_give(const struct settings *settings, const char *name, uid_t to, mode_t files)
{
    char path[PATH_LEN];
    struct stat about;
    TRY(within(settings, name, path));
    if (stat(path, &about) != 0)
        return fail(ERR_BROKEN, "cannot look at %s: %s", path, strerror(errno));
    owner = to;
    file_mode = files;
    folder_mode = about.st_mode & 07777;
    return nftw(path, part_give, 16, FTW_PHYS) == 0
               ? ERR_OK
               : fail(ERR_BROKEN, "cannot give %s away: %s", path, strerror(errno));
}

static err_t all_give(const struct settings *settings)
{
    TRY(tree_give(settings, "keyring", settings->keys_uid, 0600));
    TRY(tree_give(settings, "store", settings->web_uid, 0660));
    return tree_give(settings, "log", settings->jobs_uid, 0644);
}

static err_t all_rebuild(struct rebuilding *rebuilding)
{
    TRY(state_rebuild(rebuilding));
    TRY(keyring_read(rebuilding->keyring, clients_act, rebuilding));
    TRY(clients_rebuild(rebuilding));
    return logs_rebuild(rebuilding);
}

static err_t opened_rebuild(struct settings *settings, const struct key *root)
{
    OWN(arena) arena = ARENA(MEMORY);
    OWN(keyring) keyring = NULL;
    OWN(store) store = NULL;
    char folder[PATH_LEN], at[PATH_LEN];
    TRY(within(settings, "keyring", folder));
    TRY(within(settings, "store", at));
    TRY(keyring_open(env_real(), folder, root, &keyring));
    TRY(store_open(env_real(), at, &store));
    struct rebuilding rebuilding = {
        .settings = settings, .env = env_real(), .arena = &arena, .keyring = keyring, .store = store};
    rebuilding.snapshots =
        (struct snapshots){.env = env_real(),
                           .store = store,
                           .folder = settings->snapshots_at,
                           .keys = {outer_key, nothing_signed, signer_key, subjects_known, &rebuilding}};
    TRY(all_rebuild(&rebuilding));
    printf("%zu clients are back, %zu without a snapshot, %zu could not be brought back\n",
           rebuilding.clients, rebuilding.without, rebuilding.failed);
    return rebuilding.failed ? fail(ERR_BROKEN, "not every client could be brought back") : ERR_OK;
}

static err_t home_is_new(const struct settings *settings, const char *marker)
{
    char path[PATH_LEN];
    TRY(within(settings, "keyring/keyring.db", path));
    if (access(path, F_OK) == 0 && access(marker, F_OK) != 0)
        return fail(ERR_CONFLICT, "%s is there: a machine is brought back into an empty folder", path);
    return env_real()->write_file(env_real(), marker, STR("custodyd rebuild\n"), 0600);
}

err_t rebuild(struct settings *settings)
{
    char marker[PATH_LEN];
    OWN(key) root;
    umask(077);
    TRY(crypt_start());
    if (!*settings->snapshots || !*settings->keyring_copy)
        return fail(ERR_INVALID, "--snapshots and --keyring-copy are needed: what is left of the machine");
    TRY(root_read(settings, &root));
    TRY(home_make(settings));
    TRY(within(settings, "rebuilding", marker));
    TRY(home_is_new(settings, marker));
    TRY(keyring_copy(settings));
    TRY(opened_rebuild(settings, &root));
    TRY(all_give(settings));
    TRY(env_real()->remove_file(env_real(), marker));
    printf("start the service, and accept its keyring: custody marks accept (docs/restores.md)\n");
    return ERR_OK;
}
