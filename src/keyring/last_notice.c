/* SPDX-License-Identifier: Apache-2.0 */
#include "keyring/erasure.h"

#include "keyring/clock.h"
#include "keyring/notices.h"

enum { ADDRESS_ROOM = 256, AT_ONCE = 64 };

static const ident_t service;

/* It waits for the certificate, which it tells of. */
static err_t notice_keep(struct ask *ask, const struct erasure *erasure, str_t address)
{
    ident_t id = ident_new(ask->env);
    moment_t now = ask->env->now(ask->env);
    TRY(db_do(
        ask->db,
        "insert into notices (id, tenant, kind, count, link, address, state, made, tries, due, sent, trouble)"
        " values ($1, $2, $3, 0, $4, '', 'held', $5, 0, 0, 0, '')",
        ID(id), ID(service), T(str(notice_info(NOTICE_ERASURE_COMPLETED)->name)),
        T(str(ident_text("era", erasure->id).text)), N(now)));
    return cell_put(ask->keyring, service, id, CELL_LAST_NOTICE, address);
}

err_t last_notices_keep(struct ask *ask, const struct erasure *erasure)
{
    OWN(rows) rows = {0};
    str_t addresses[MAX_ADDRESSES];
    size_t count = 0;
    TRY(db_read(ask->db, &rows, "select address from notice_addresses where tenant = $1",
                ID(erasure->tenant)));
    while (count < MAX_ADDRESSES && row_next(&rows))
        addresses[count++] = arena_copy(ask->arena, row_text(&rows, 0));
    TRY(rows_end(&rows));
    TRY(arena_end(ask->arena));
    for (size_t i = 0; i < count; i++)
        TRY(notice_keep(ask, erasure, addresses[i]));
    return ERR_OK;
}

err_t last_notice_address(struct ask *ask, ident_t notice, char **out_address)
{
    OWN(buf) address = BUF(ADDRESS_ROOM);
    err_t found = cell_get(ask->keyring, notice, CELL_LAST_NOTICE, &address);
    if (found != ERR_OK && found != ERR_MISSING)
        return found;
    *out_address = ask_text(ask, found == ERR_OK ? buf_str(&address) : STR(""));
    return arena_end(ask->arena);
}

err_t last_notice_end(struct ask *ask, ident_t notice)
{
    int64_t there = 0;
    TRY(db_number(ask->db, &there, "select count(*) from cells where id = $1 and cell = $2", ID(notice),
                  N(CELL_LAST_NOTICE)));
    return there ? cell_destroy(ask->keyring, notice, CELL_LAST_NOTICE) : ERR_OK;
}

/* Whether it was delivered or not: but by a clock that is not believed none was tried for thirty days. */
err_t last_notices_expire(struct ask *ask)
{
    OWN(buf) ids = BUF(AT_ONCE * sizeof(ident_t));
    bool held = false;
    TRY(clock_is_held(ask, &held));
    if (held)
        return ERR_OK;
    TRY(db_idents(ask->db, &ids,
                  "select notices.id from notices join cells on cells.id = notices.id and cells.cell = $2"
                  " where notices.tenant = $1 and notices.made <= $3 limit 64",
                  ID(service), N(CELL_LAST_NOTICE), N(ask->env->now(ask->env) - DAYS(LAST_NOTICE_DAYS))));
    for_each_ident(id, &ids)
    {
        TRY(last_notice_end(ask, id));
        TRY(db_do(ask->db, "update notices set state = 'failed', due = 0 where id = $1 and state <> 'sent'",
                  ID(id)));
    }
    return ERR_OK;
}
