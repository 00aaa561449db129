/* SPDX-License-Identifier: Apache-2.0
 *
 * All of a client's rows go but those of some subjects and devices: an erasure around what legal holds name.
 *
 *     TRY(store_keep(store, &tenant, &keep, &removed));            once its file was ended (store_tenant_end)
 *     TRY(store_keep_weigh(store, tenant.id, &ids, &kept));        what stays of these
 *
 * store_keep() takes the client into the control database again, under what stands in `tenant`: for the rows that stay its
 * file is opened again. Rows go in bounded acts, so that a crash leaves fewer of them, and it is asked again; where nothing is
 * removed any more, nothing is left. What was noted for snapshots, for the days' figures and for the log goes too, and the log
 * of writes is folded into the file, whose freed pages are zeros.
 *
 * Of a device that is named in `devices` alone the row stays, and nothing sealed in it: its people's rows are found by it.
 */
#pragma once
#include "store/evict.h"

struct keep {
    const idents_t *ids, *devices; /* sorted by their bytes */
    bool all;                      /* every row of a device or a person stays */
};
CHECKED err_t store_keep(struct store *store, const struct tenant *tenant, const struct keep *keep,
                         int64_t *out_removed);

/* Chains, videos and other rows by their bytes, files included. NULL: of all. */
struct kept_weight {
    int64_t items, bytes;
};
CHECKED err_t store_keep_weigh(struct store *store, ident_t tenant, const idents_t *ids,
                               struct kept_weight *out_weight);
