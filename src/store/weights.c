/* SPDX-License-Identifier: Apache-2.0 */
#include "store/_private.h"

/* All rows of a place: how many there are, and their bytes. */
static err_t weigh(struct tx *tx, const struct place *place, int64_t out_both[2])
{
    OWN(rows) rows = {0};
    TRY(tx_read_args(tx, &rows, place_sql(place, PLACE_WEIGHS_ALL), NULL, 0));
    TRY(row_one(&rows));
    out_both[0] = row_number(&rows, 0);
    out_both[1] = row_number(&rows, 1);
    return ERR_OK;
}

/* One of them, where it is there: what it weighs, and where it stands. */
struct stand {
    bool there;
    int64_t bytes, at;
};

static err_t key_stand(struct tx *tx, const struct place *place, str_t key, struct stand *out_stand)
{
    OWN(rows) rows = {0};
    arg_t args[KEY_ARGS];
    if (key_args(place, key, args) != place->keys)
        return fail(ERR_INVALID, "no key of %s", place->name);
    TRY(tx_read_args(tx, &rows, place_sql(place, PLACE_WEIGHS), args, place->keys));
    *out_stand = (struct stand){.there = row_next(&rows)};
    if (out_stand->there)
        *out_stand = (struct stand){true, row_number(&rows, 0), row_number(&rows, 1)};
    return rows_end(&rows);
}

err_t place_leaves_at(struct tx *tx, const struct place *place, str_t key, int64_t *out_at)
{
    struct stand stand = {0};
    TRY(place_changed(tx, place, key));
    TRY(key_stand(tx, place, key, &stand));
    tx->weights.rows[place->weight] -= stand.there;
    tx->weights.bytes[place->weight] -= stand.bytes;
    *out_at = stand.at;
    return ERR_OK;
}

err_t place_leaves(struct tx *tx, const struct place *place, str_t key)
{
    int64_t at;
    return place_leaves_at(tx, place, key, &at);
}

err_t place_comes(struct tx *tx, const struct place *place, str_t key)
{
    struct stand stand = {0};
    TRY(key_stand(tx, place, key, &stand));
    tx->weights.rows[place->weight] += stand.there;
    tx->weights.bytes[place->weight] += stand.bytes;
    return ERR_OK;
}

void weights_come(struct tx *tx, const struct place *place, int64_t bytes)
{
    tx->weights.rows[place->weight]++;
    tx->weights.bytes[place->weight] += bytes;
}

void weights_grow(struct tx *tx, const struct place *place, int64_t bytes)
{
    tx->weights.bytes[place->weight] += bytes;
}

static err_t place_weigh(struct tx *tx, const struct place *place, int64_t sign, struct weights *io_weights)
{
    int64_t both[2];
    TRY(weigh(tx, place, both));
    io_weights->rows[place->weight] += sign * both[0];
    io_weights->bytes[place->weight] += sign * both[1];
    return ERR_OK;
}

err_t weights_all(struct tx *tx, const struct place *place, int64_t sign)
{
    return place_weigh(tx, place, sign, &tx->weights);
}

err_t weights_count(struct tx *tx, struct weights *out_weights)
{
    struct weights weights = {0};
    for_each_place(place) TRY(place_weigh(tx, place, 1, &weights));
    *out_weights = weights;
    return ERR_OK;
}

err_t weights_read(struct tx *tx, struct weights *out_weights)
{
    struct weights weights = tx->weights;
    OWN(rows) rows = {0};
    TRY(tx_read(tx, &rows, "select weight, rows, bytes from weights where tenant = $1"));
    while (row_next(&rows)) {
        size_t weight = (size_t)row_number(&rows, 0);
        if (weight >= WEIGHT_COUNT)
            return fail(ERR_BROKEN, "rows that weigh for nothing that is known");
        weights.rows[weight] += row_number(&rows, 1);
        weights.bytes[weight] += row_number(&rows, 2);
    }
    TRY(rows_end(&rows));
    *out_weights = weights;
    return ERR_OK;
}

static err_t weight_add(struct tx *tx, int weight)
{
    return tx_do(
        tx,
        "insert into weights (tenant, weight, rows, bytes) values ($1, $2, $3, $4) on conflict (tenant, weight)"
        " do update set rows = rows + excluded.rows, bytes = bytes + excluded.bytes",
        N(weight), N(tx->weights.rows[weight]), N(tx->weights.bytes[weight]));
}

err_t weights_flush(struct tx *tx)
{
    for (int weight = 0; weight < WEIGHT_COUNT; weight++)
        if (tx->weights.rows[weight] || tx->weights.bytes[weight])
            TRY(weight_add(tx, weight));
    tx->weights = (struct weights){0};
    return ERR_OK;
}

err_t weights_anew(struct tx *tx)
{
    TRY(tx_do(tx, "delete from weights where tenant = $1"));
    TRY(weights_count(tx, &tx->weights));
    return weights_flush(tx);
}
