/* SPDX-License-Identifier: Apache-2.0 */
#include "keyring/rekey.h"

static err_t before_find(struct ask *ask, ident_t tenant, ident_t *out_turn, struct key *out_public)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows, "select id, before from rotations where tenant = $1 and done = 0",
                ID(tenant)));
    TRY(row_one(&rows));
    *out_turn = row_ident(&rows, 0);
    return key_from(row_text(&rows, 1), out_public);
}

err_t tenant_before(struct ask *ask, const struct who *who, struct key out_pair[2], bool *out_any)
{
    OWN(buf) sealed = BUF(KEY_SIZE + BOX_EXTRA);
    OWN(buf) plain = BUF(KEY_SIZE);
    ident_t turn;
    err_t found = before_find(ask, who->tenant, &turn, &out_pair[0]);
    *out_any = found == ERR_OK;
    if (found == ERR_MISSING)
        return ERR_OK;
    TRY(found);
    TRY(cell_get(ask->keyring, turn, CELL_BEFORE, &sealed));
    TRY(box_open(&who->tenant_public, &who->tenant_private, buf_str(&sealed), &plain));
    return key_from(buf_str(&plain), &out_pair[1]);
}

err_t tenant_open(struct ask *ask, const struct who *who, str_t sealed, buf_t *out_plain)
{
    struct key before[2];
    bool any = false;
    err_t opened = box_open(&who->tenant_public, &who->tenant_private, sealed, out_plain);
    if (opened != ERR_LOCKED)
        return opened;
    TRY(tenant_before(ask, who, before, &any));
    if (any)
        opened = box_open(&before[0], &before[1], sealed, out_plain);
    key_drop(&before[1]);
    return opened == ERR_OK ? ERR_OK : fail(opened, "the tenant's key does not open it");
}
