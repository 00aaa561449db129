/* SPDX-License-Identifier: Apache-2.0
 *
 * State for the tests of cells: a keyring with real files in the test's own folder, cells that are known by a number,
 * and copies of the files.
 *
 *     CHECK_OK(given_opened(&keyring));
 *     CHECK_OK(given_cells_put(keyring, given_tenant_id, 0, 5));
 *     CHECK_OK(given_cells_get(keyring, 0, 5));           each holds what was put there
 *
 * given_database_copied() copies what is there; a file that is missing is left out.
 */
#pragma once
#include "keyring/given.h"

enum { ROOM = 1 << 20 };

extern const ident_t given_tenant_id, given_other;
extern const struct key given_root;

typedef struct {
    char text[256];
} given_path_t;
given_path_t given_path(const char *folder, const char *name);

CHECKED err_t given_opened(struct keyring **out_keyring);

/* What the three acts take; `then` is what an act that has put its cell returns. */
struct given_cell {
    ident_t tenant, id;
    enum cell cell;
    str_t plain;
    buf_t *out;
    err_t then;
};
CHECKED err_t given_put_act(struct keyring *keyring, void *with);
CHECKED err_t given_get_act(struct keyring *keyring, void *with);
CHECKED err_t given_destroy_act(struct keyring *keyring, void *with);

ident_t given_id(int number);
str_t given_plain(int number, char at[2048]);
CHECKED err_t given_cell_put(struct keyring *keyring, ident_t of, int number);
CHECKED err_t given_cells_put(struct keyring *keyring, ident_t of, int first, int past);
CHECKED err_t given_cell_get(struct keyring *keyring, int number);
CHECKED err_t given_cells_get(struct keyring *keyring, int first, int past);
CHECKED err_t given_cell_destroy(struct keyring *keyring, int number);

CHECKED err_t given_file(const char *folder, const char *name, buf_t *out);
CHECKED err_t given_file_copied(const char *from, const char *to, const char *name);
CHECKED err_t given_database_copied(const char *from, const char *to);
void given_database_removed(const char *folder);
