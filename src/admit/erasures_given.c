/* SPDX-License-Identifier: Apache-2.0 */
#include "admit/erasures_given.h"

#include "test/test.h"

err_t given_a_scene(struct scene *scene)
{
    Keys__NoticesSet in = KEYS__NOTICES_SET__INIT;
    TRY(given_a_keyring(&scene->given));
    TRY(given_open_tenant(&scene->given, "example", &scene->tenant));
    TRY(given_open_tenant(&scene->given, "other", &scene->other));
    TRY(given_device(&scene->given, &scene->tenant, &scene->device));
    in.bearer = text(scene->tenant.cookie);
    in.addresses = text(ADDRESS);
    return given_asked(&scene->given, ASK_notices_set, &in, NULL);
}

/* For a scene after another. */
void given_keyring_gone(void)
{
    static const char *const files[] = {"keyring.db", "keyring.db-wal", "keyring.db-shm"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[512];
        snprintf(path, sizeof path, "%s/%s", test_folder(), files[i]);
        unlink(path);
    }
}

err_t given_asked_for(struct scene *scene, const char *typed, const char *password)
{
    Keys__ErasureAsk in = KEYS__ERASURE_ASK__INIT;
    Keys__Erasure *out = NULL;
    in.bearer = text(scene->tenant.cookie);
    in.typed = text(typed);
    in.password = given_bin(str(password));
    TRY(given_asked(&scene->given, ASK_erasure_ask, &in, &out));
    return ident_from(bin(out->id), &scene->erasure);
}

/* So much later, when everybody has to sign in again. */
err_t given_later(struct scene *scene, moment_t time)
{
    const Keys__Login login = given_login("example", "ana", GIVEN_PASSWORD);
    const Keys__Login other = given_login("other", "ana", GIVEN_PASSWORD);
    TRY(given_passed(&scene->given, time));
    TRY(given_signed_in(&scene->given, &other, &scene->other.cookie));
    return given_signed_in(&scene->given, &login, &scene->tenant.cookie);
}

err_t given_marked(struct scene *scene)
{
    Keys__ErasureCounts in = KEYS__ERASURE_COUNTS__INIT;
    Keys__ErasureCount rows = KEYS__ERASURE_COUNT__INIT, *items[] = {&rows};
    rows.what = text("rows devices");
    rows.items = 1;
    in.id = given_bin(ident_bytes(&scene->erasure));
    in.items = items;
    in.n_items = 1;
    return given_asked(&scene->given, ASK_erasure_mark, &in, NULL);
}

err_t given_told(struct scene *scene, enum erased_store store, bool done)
{
    Keys__ErasureTold in = KEYS__ERASURE_TOLD__INIT;
    in.id = given_bin(ident_bytes(&scene->erasure));
    in.store = text(erased_name(store));
    in.items = done ? 0 : 7;
    in.done = done;
    return given_asked(&scene->given, store == ERASED_WRITERS ? ASK_erasure_left : ASK_erasure_told, &in,
                       NULL);
}

err_t given_swept(struct scene *scene)
{
    Keys__ErasureNamed in = KEYS__ERASURE_NAMED__INIT;
    Keys__ErasureSwept *swept = NULL;
    in.id = given_bin(ident_bytes(&scene->erasure));
    do
        TRY(given_asked(&scene->given, ASK_erasure_sweep, &in, &swept));
    while (swept->more);
    return ERR_OK;
}

err_t given_emptied(struct scene *scene)
{
    TRY(given_swept(scene));
    for (enum erased_store store = 0; store < ERASED_COUNT; store++) {
        TRY(given_told(scene, store, false));
        TRY(given_told(scene, store, true));
    }
    return ERR_OK;
}

err_t given_closed(struct scene *scene)
{
    Keys__ErasureNamed in = KEYS__ERASURE_NAMED__INIT;
    in.id = given_bin(ident_bytes(&scene->erasure));
    TRY(given_logs_signed(&scene->given));
    return given_asked(&scene->given, ASK_erasure_close, &in, NULL);
}

const Keys__Erasure *shown(struct scene *scene)
{
    static const Keys__Erasure nothing = KEYS__ERASURE__INIT;
    Keys__ErasureNamed in = KEYS__ERASURE_NAMED__INIT;
    Keys__Erasure *out = NULL;
    in.id = given_bin(ident_bytes(&scene->erasure));
    return given_asked(&scene->given, ASK_erasure_show, &in, &out) == ERR_OK ? out : &nothing;
}
bool stands(struct scene *scene, const char *state) { return !strcmp(shown(scene)->state, state); }

err_t confirmed(struct scene *scene, const struct given_person *by, const Keys__Order *order)
{
    Keys__OrderNamed in = KEYS__ORDER_NAMED__INIT;
    in.bearer = text(by->cookie);
    in.id = order->id;
    return given_asked(&scene->given, ASK_order_confirm, &in, NULL);
}

/* Everything that still says anything of the client: rows that hold its id, its device's or its owner's. */
struct left {
    ident_t id;
    buf_t *where;
};

/* A statement is known by where it stands. */
static const char *select_all(const char *table)
{
    enum { TABLES = 128 };
    static char texts[TABLES][96];
    char text_wanted[96];
    size_t i = 0;
    snprintf(text_wanted, sizeof text_wanted, "select * from %s", table);
    while (i < TABLES - 1 && *texts[i] && strcmp(texts[i], text_wanted) != 0)
        i++;
    memcpy(texts[i], text_wanted, sizeof text_wanted);
    return texts[i];
}

static err_t table_look(struct db *db, const char *table, const struct left *left)
{
    OWN(rows) rows = {0};
    TRY(db_read_args(db, &rows, select_all(table), NULL, 0));
    bool found = false;
    while (row_next(&rows))
        for (int column = 0; column < 20; column++) {
            str_t value = row_text(&rows, column);
            found |= value.len == 16 && str_eq(value, ident_bytes(&left->id));
        }
    buf_putf(left->where, "%s%s", found ? table : "", found ? " " : "");
    return rows_end(&rows);
}

static err_t left_look(struct db *db, void *with)
{
    OWN(rows) rows = {0};
    TRY(db_read(db, &rows, "select name from sqlite_master where type = 'table' order by name"));
    while (row_next(&rows)) {
        char name[64];
        snprintf(name, sizeof name, "%.*s", STR_ARG(row_text(&rows, 0)));
        TRY(table_look(db, name, with));
    }
    return rows_end(&rows);
}

const char *left_of(struct scene *scene, ident_t id)
{
    static char where[512];
    OWN(buf) tables = BUF(sizeof where - 1);
    struct left left = {id, &tables};
    if (keyring_look(scene->given.keyring, left_look, &left) != ERR_OK)
        return err_note();
    snprintf(where, sizeof where, "%.*s", STR_ARG(buf_str(&tables)));
    return where;
}

err_t given_reopened(struct scene *scene)
{
    keyring_drop(&scene->given.keyring);
    scene->given.world.fail_at = 0;
    scene->given.world.failing = false;
    TRY(keyring_open(scene->given.env, test_folder(), &scene->given.root, &scene->given.keyring));
    return keyring_prepare(scene->given.keyring);
}
