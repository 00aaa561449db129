/* SPDX-License-Identifier: Apache-2.0 */
#include "store/outbox.h"

#include "store/_private.h"

static err_t number_next(struct tx *tx, int64_t *out_number)
{
    OWN(rows) rows = {0};
    TRY(tx_do(tx, "insert into outbox_numbers (tenant, number) values ($1, 0) on conflict do nothing"));
    TRY(tx_do(tx, "update outbox_numbers set number = number + 1 where tenant = $1"));
    TRY(tx_read(tx, &rows, "select number from outbox_numbers where tenant = $1"));
    TRY(row_one(&rows));
    *out_number = row_number(&rows, 0);
    return ERR_OK;
}

err_t outbox_put(struct tx *tx, str_t entry)
{
    int64_t number = 0;
    TRY(number_next(tx, &number));
    return tx_do(tx, "insert into outbox (tenant, number, entry) values ($1, $2, $3)", N(number), B(entry));
}

err_t outbox_first(struct tx *tx, arena_t *arena, int64_t *out_number, str_t *out_entry)
{
    OWN(rows) rows = {0};
    *out_number = 0;
    TRY(tx_read(tx, &rows, "select number, entry from outbox where tenant = $1 order by number limit 1"));
    if (!row_next(&rows))
        return rows_end(&rows);
    *out_number = row_number(&rows, 0);
    *out_entry = arena_copy(arena, row_text(&rows, 1));
    return arena_end(arena);
}

err_t outbox_remove(struct tx *tx, int64_t number)
{
    return tx_do(tx, "delete from outbox where tenant = $1 and number = $2", N(number));
}
