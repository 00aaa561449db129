/* SPDX-License-Identifier: Apache-2.0
 *
 * Blobs of a tenant: large, sealed before they come here, written once and never changed. A blob is a file
 * FOLDER/blobs/TENANT/ID and a row that names it; the file is durable before the row, so that no row is without one.
 *
 *     TRY(blob_begin(store, tenant, &id, &blob));            FILE.part
 *     TRY(blob_add(blob, bytes));                            as often as wanted
 *     TRY(blob_end(blob, &about));                           synced, its digest known, in its place
 *     TRY(store_write(store, tenant, put_row, &about));      with blob_put() in it
 *
 *     TRY(blob_open(store, tenant, id, &fd));                read as any file: what is in it is sealed
 *
 * A crash leaves a file without a row: blobs_sweep() takes those away that are older than 24 h. Removing takes the row
 * first, then the file: the sweep finishes what a crash leaves of that.
 *
 * id       of whoever wrote what is in it, a recorder for one; blob_begin() makes one where it is zero. blob_end() is a
 *          CONFLICT where there is a file of it already, which stays as it is
 * digest   SHA-256 of the file
 * subject  whose key it is sealed to, as of any record
 */
#pragma once
#include "store/store.h"

struct blob_about {
    ident_t id, subject, device;
    str_t kind; /* "video" */
    int64_t size;
    moment_t made;
    uint8_t digest[32];
};

struct blob;
typedef struct blob *blob_own;
CHECKED err_t blob_begin(struct store *store, ident_t tenant, ident_t *io_id, struct blob **out_blob);
CHECKED err_t blob_add(struct blob *blob, str_t bytes);
CHECKED err_t blob_end(struct blob *blob, struct blob_about *io_about); /* size and digest */
void blob_drop(struct blob **blob); /* one that has not ended leaves nothing */

CHECKED err_t blob_put(struct tx *tx, const struct blob_about *about);
CHECKED err_t blob_row_remove(struct tx *tx, ident_t id);

struct blobs {
    struct blob_about *at;
    size_t count;
};
CHECKED err_t blobs_list(struct tx *tx, arena_t *arena, struct blobs *out_blobs); /* oldest first */

CHECKED err_t blob_open(struct store *store, ident_t tenant, ident_t id, int *out_fd); /* MISSING */
CHECKED err_t blobs_ready(const struct store *store, ident_t tenant); /* the folder of them */
CHECKED err_t blob_path(struct store *store, ident_t tenant, ident_t id, buf_t *out_path);
CHECKED err_t blob_file_remove(struct store *store, ident_t tenant, ident_t id);
CHECKED err_t blobs_sweep(struct store *store, ident_t tenant, moment_t now, size_t *out_removed);
CHECKED err_t blobs_remove_all(struct store *store, ident_t tenant);
