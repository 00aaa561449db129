/* SPDX-License-Identifier: Apache-2.0 */
#include "admit/members_kept.h"

#include "keyring/rights.h"
#include "seal/seal.h"

/* What is kept of members, closed: a column that is not here is one too many. None of them says who somebody is, but for `find`,
 * which is a key of username and password together. */
static const struct {
    const char *table, *columns; /* a space around each */
} known[] = {
    {"members",
     " id tenant kind role name public find made until used scopes by disabled edition directory changed "},
    {"sessions", " id tenant member epoch since until way keyed keyed_by root "},
    {"invitations", " id tenant role digest made until by member "},
    {"authenticators", " member step wrong since pending confirmed "},
    {"passkeys", " id tenant member find count made used opens "},
    {"sso_links", " tenant hash member by made "},
};

/* Keys, secrets, and the record: what may lie under a member's own id. */
static bool is_cell_of_members(int64_t cell)
{
    static const enum cell cells[] = {CELL_ENTRY,  CELL_MEMBER_KEY, CELL_TENANT_KEY, CELL_RECORD,
                                      CELL_SIGNER, CELL_CODES,      CELL_CODES_NEW};
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++)
        if ((int64_t)cells[i] == cell)
            return true;
    return false;
}

static err_t columns_count(struct ask *ask, int64_t *io_beyond)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        int64_t more = 0;
        TRY(db_number(ask->db, &more,
                      "select count(*) from pragma_table_info($1) where instr($2, ' ' || name || ' ') = 0",
                      T(str(known[i].table)), T(str(known[i].columns))));
        *io_beyond += more;
    }
    return ERR_OK;
}

static err_t cells_count(struct ask *ask, ident_t tenant, int64_t *io_beyond)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows,
                "select cell, count(*) from cells join members on members.id = cells.id"
                " where members.tenant = $1 and members.kind = 'user' group by cell",
                ID(tenant)));
    while (row_next(&rows))
        *io_beyond += is_cell_of_members(row_number(&rows, 0)) ? 0 : row_number(&rows, 1);
    return rows_end(&rows);
}

/* A name in clear, as no member has one; what proves a password of another size; a role that is none. */
static err_t rows_count(struct ask *ask, ident_t tenant, int64_t *io_beyond)
{
    OWN(rows) rows = {0};
    TRY(db_read(ask->db, &rows,
                "select role, name is not null or length(coalesce(find, x'')) not in (0, $2)"
                " from members where tenant = $1 and kind = 'user'",
                ID(tenant), N(KEY_SIZE)));
    while (row_next(&rows))
        *io_beyond += row_number(&rows, 1) || !role_is_members(role_find(row_text(&rows, 0)));
    return rows_end(&rows);
}

/* Name, username and e-mail are one record, sealed to the member's entry: no other form of it counts. */
static err_t records_count(struct ask *ask, ident_t tenant, int64_t *out_unsealed)
{
    OWN(buf) ids = BUF(MAX_MEMORY);
    TRY(db_idents(ask->db, &ids, "select id from members where tenant = $1 and kind = 'user'", ID(tenant)));
    for_each_ident(id, &ids)
    {
        OWN(buf) record = BUF(MAX_ASK);
        err_t there = cell_get(ask->keyring, id, CELL_RECORD, &record);
        if (there != ERR_OK && there != ERR_MISSING)
            return there;
        *out_unsealed += there == ERR_MISSING || seal_check(buf_str(&record)) != ERR_OK;
    }
    return ERR_OK;
}

err_t members_kept(struct ask *ask, ident_t tenant, struct members_kept *out_kept)
{
    *out_kept = (struct members_kept){0};
    TRY(records_count(ask, tenant, &out_kept->unsealed));
    TRY(columns_count(ask, &out_kept->beyond));
    TRY(cells_count(ask, tenant, &out_kept->beyond));
    return rows_count(ask, tenant, &out_kept->beyond);
}
