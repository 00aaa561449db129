/* SPDX-License-Identifier: Apache-2.0 */
#include "keyring/labels.h"

#include "keyring/rekey.h"

enum { LABEL = MAX_NAME + 1 };

err_t label_put(struct ask *ask, const struct who *who, ident_t id, str_t name)
{
    OWN(buf) plain = BUF(LABEL);
    OWN(buf) sealed = BUF(LABEL + BOX_EXTRA);
    buf_put(&plain, name);
    while (plain.len < LABEL)
        buf_put_byte(&plain, 0);
    TRY(buf_end(&plain));
    box_seal(&who->tenant_public, buf_str(&plain), &sealed);
    TRY(buf_end(&sealed));
    return cell_put(ask->keyring, who->tenant, id, CELL_LABEL, buf_str(&sealed));
}

err_t label_get(struct ask *ask, const struct who *who, ident_t id, char **out_name)
{
    OWN(buf) sealed = BUF(LABEL + BOX_EXTRA);
    OWN(buf) plain = BUF(LABEL);
    if (!who->keyed)
        return ERR_OK;
    TRY(cell_get(ask->keyring, id, CELL_LABEL, &sealed));
    TRY(tenant_open(ask, who, buf_str(&sealed), &plain));
    *out_name = ask_text(ask, str_bytes(plain.at, strnlen(plain.at, plain.len)));
    return arena_end(ask->arena);
}

static err_t label_seal(struct ask *ask, ident_t id)
{
    OWN(rows) rows = {0};
    struct who who = {0};
    TRY(db_read(
        ask->db, &rows,
        "select tenants.id, tenants.public, named.name from tenants join"
        " (select id, tenant, name from members union all select id, tenant, name from deployments) named"
        " on named.tenant = tenants.id where named.id = $1",
        ID(id)));
    TRY(row_one(&rows));
    who.tenant = row_ident(&rows, 0);
    TRY(key_from(row_text(&rows, 1), &who.tenant_public));
    TRY(cell_destroy(ask->keyring, id, CELL_LABEL)); /* folds the log, in which the name stands as well */
    TRY(label_put(ask, &who, id, row_text(&rows, 2)));
    TRY(db_do(ask->db, "update members set name = null where id = $1", ID(id)));
    return db_do(ask->db, "update deployments set name = '' where id = $1", ID(id));
}

err_t labels_seal(struct ask *ask)
{
    OWN(buf) ids = BUF(MAX_MEMORY);
    TRY(db_idents(ask->db, &ids,
                  "select id from members where kind = 'token' and name is not null"
                  " union all select id from deployments where name <> ''"));
    for_each_ident(id, &ids) TRY(label_seal(ask, id));
    return ERR_OK;
}
