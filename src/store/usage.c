/* SPDX-License-Identifier: Apache-2.0 */
#include "store/usage.h"

#include "store/_private.h"

const char usage_schema[] =
    "create table if not exists usage (tenant bytea not null, kind text not null, day bigint not null,"
    " rows bigint not null, bytes bigint not null, went bigint not null, went_age bigint not null,"
    " went_capacity bigint not null, primary key (tenant, kind, day)) without rowid;";

err_t usage_sample(struct tx *tx, const struct usage *usage)
{
    return tx_do(
        tx,
        "insert into usage (tenant, kind, day, rows, bytes, went, went_age, went_capacity)"
        " values ($1, $2, $3, $4, $5, 0, 0, 0)"
        " on conflict (tenant, kind, day) do update set rows = excluded.rows, bytes = excluded.bytes",
        T(usage->kind), N(usage->day), N(usage->rows), N(usage->bytes));
}

err_t usage_went(struct tx *tx, const struct usage *usage)
{
    return tx_do(tx,
                 "insert into usage (tenant, kind, day, rows, bytes, went, went_age, went_capacity)"
                 " values ($1, $2, $3, 0, 0, $4, $5, $6) on conflict (tenant, kind, day) do update set"
                 " went = went + excluded.went, went_age = went_age + excluded.went_age,"
                 " went_capacity = went_capacity + excluded.went_capacity",
                 T(usage->kind), N(usage->day), N(usage->went), N(usage->went_age), N(usage->went_capacity));
}

static err_t room_for(struct tx *tx, int64_t from, size_t *out_room)
{
    OWN(rows) rows = {0};
    TRY(tx_read(tx, &rows, "select count(*) from usage where tenant = $1 and day >= $2", N(from)));
    TRY(row_one(&rows));
    *out_room = (size_t)row_number(&rows, 0);
    return ERR_OK;
}

err_t usage_list(struct tx *tx, int64_t from, arena_t *arena, struct usages *out_list)
{
    OWN(rows) rows = {0};
    struct usages list = {0};
    size_t room = 0;
    TRY(room_for(tx, from, &room));
    list.at = arena_array(arena, struct usage, room);
    TRY(arena_end(arena));
    TRY(tx_read(tx, &rows,
                "select kind, day, rows, bytes, went, went_age, went_capacity from usage where tenant = $1"
                " and day >= $2 order by kind, day",
                N(from)));
    while (list.count < room && row_next(&rows))
        list.at[list.count++] = (struct usage){.kind = arena_copy(arena, row_text(&rows, 0)),
                                               .day = row_number(&rows, 1),
                                               .rows = row_number(&rows, 2),
                                               .bytes = row_number(&rows, 3),
                                               .went = row_number(&rows, 4),
                                               .went_age = row_number(&rows, 5),
                                               .went_capacity = row_number(&rows, 6)};
    TRY(rows_end(&rows));
    *out_list = list;
    return arena_end(arena);
}

err_t usage_forget(struct tx *tx, int64_t before)
{
    return tx_do(tx, "delete from usage where tenant = $1 and day < $2", N(before));
}
