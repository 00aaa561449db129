/* SPDX-License-Identifier: Apache-2.0 */
#include "store/bulk.h"

#include "store/_private.h"
#include "sys/memory.h"

enum { PUSH_EVERY = 1024, BYTES_ROOM = BULK_HELD + MAX_ROW + MAX_KEY };

/* A row that waits: where it stands in the file, and where its key and what is wanted lie in `bytes`. */
struct held {
    int64_t at;
    size_t from, key_len, row_len;
    bool rewritten; /* no index has to be told */
};

struct bulk {
    struct tx *tx;
    const struct place *place;
    char *bytes;
    size_t used;
    struct held *held;
    size_t count, room;
    size_t written;
};

err_t bulk_begin(struct tx *tx, const struct place *place, struct bulk **out_bulk)
{
    OWN(bulk) bulk = calloc(1, sizeof *bulk);
    if (!bulk)
        return fail(ERR_BUSY, "no memory for rows");
    bulk->tx = tx;
    bulk->place = place;
    bulk->bytes = memory_room(BYTES_ROOM);
    if (!bulk->bytes)
        return fail(ERR_BUSY, "no memory for rows");
    *out_bulk = give(bulk);
    return ERR_OK;
}

void bulk_drop(struct bulk **bulk)
{
    if (!*bulk)
        return;
    memory_room_drop((*bulk)->bytes, BYTES_ROOM);
    free((*bulk)->held);
    free(*bulk);
    *bulk = NULL;
}

/* In the order of the file; those that stand by their keys come in the order of those. */
static int compare_held(const void *a, const void *b)
{
    const struct held *one = a, *other = b;
    if (one->at != other->at)
        return one->at < other->at ? -1 : 1;
    return one->from < other->from ? -1 : one->from > other->from;
}

static bool indexes_agree(const struct place *place, const struct value *live, const struct value *wanted)
{
    for (size_t i = 0; i < place->count; i++)
        if (place->indexed & 1U << i &&
            (live[i].is_null != wanted[i].is_null || live[i].number != wanted[i].number ||
             !str_eq(live[i].bytes, wanted[i].bytes)))
            return false;
    return true;
}

static err_t row_rewrite(struct bulk *bulk, const struct value *values, int64_t at)
{
    const struct place *place = bulk->place;
    arg_t args[PLACE_COLUMNS + 2];
    size_t count = 0;
    for (size_t i = place->keys; i < place->count; i++)
        if (!(place->indexed & 1U << i))
            args[count++] = place_arg(place->columns[i].kind, &values[i]);
    if (place_counts(place))
        args[count++] = N(bulk->tx->seq++);
    args[count++] = N(at);
    TRY(tx_run_args(bulk->tx, place_sql(place, PLACE_REWRITE), args, count));
    return db_changed(bulk->tx->db) == 1 ? ERR_OK : fail(ERR_BROKEN, "a row of %s has moved", place->name);
}

static err_t held_write(struct bulk *bulk, const struct held *held)
{
    struct value values[PLACE_COLUMNS];
    arg_t key[KEY_ARGS];
    const struct place *place = bulk->place;
    str_t row = str_bytes(bulk->bytes + held->from + held->key_len, held->row_len);
    if (!held->row_len) {
        TRY(place_key_read(place, str_bytes(bulk->bytes + held->from, held->key_len), key));
        return tx_run_args(bulk->tx, place_sql(place, PLACE_REMOVE), key, place->keys);
    }
    TRY(row_read(place->columns, place->count, row, values));
    return held->rewritten ? row_rewrite(bulk, values, held->at) : place_row_write(bulk->tx, place, values);
}

/* So the disk is busy while rows are written, and not after them. */
static void written(struct bulk *bulk)
{
    if (++bulk->written % PUSH_EVERY == 0)
        db_push(bulk->tx->db);
}

static err_t held_flush(struct bulk *bulk)
{
    if (bulk->count)
        qsort(bulk->held, bulk->count, sizeof *bulk->held, compare_held);
    for (size_t i = 0; i < bulk->count; i++) {
        TRY(held_write(bulk, &bulk->held[i]));
        written(bulk);
    }
    bulk->count = 0;
    bulk->used = 0;
    return ERR_OK;
}

err_t bulk_end(struct bulk *bulk) { return held_flush(bulk); }

static err_t held_room(struct bulk *bulk)
{
    if (bulk->count < bulk->room)
        return ERR_OK;
    size_t room = bulk->room ? bulk->room * 2 : 256;
    struct held *more = realloc(bulk->held, room * sizeof *more);
    if (!more)
        return fail(ERR_BUSY, "no memory for rows");
    bulk->held = more;
    bulk->room = room;
    return ERR_OK;
}

static err_t stands_at(struct bulk *bulk, str_t key, int64_t *out_at)
{
    OWN(rows) rows = {0};
    arg_t args[KEY_ARGS];
    const struct place *place = bulk->place;
    *out_at = 0;
    if (place->clustered)
        return ERR_OK;
    TRY(place_key_read(place, key, args));
    TRY(tx_read_args(bulk->tx, &rows, place_sql(place, PLACE_AT), args, place->keys));
    if (!row_next(&rows))
        return rows_end(&rows) != ERR_OK ? rows_end(&rows)
                                         : fail(ERR_BROKEN, "a row of %s is not there", place->name);
    *out_at = row_number(&rows, 0);
    return ERR_OK;
}

static err_t held_put(struct bulk *bulk, str_t bytes)
{
    if (bytes.len > BYTES_ROOM - bulk->used)
        return fail(ERR_TOO_LARGE, "a row of %zu bytes", bytes.len);
    if (bytes.len)
        memcpy(bulk->bytes + bulk->used, bytes.at, bytes.len);
    bulk->used += bytes.len;
    return ERR_OK;
}

static err_t held_add(struct bulk *bulk, const struct bulk_row *row, bool rewritten)
{
    struct held held = {
        .from = bulk->used, .key_len = row->key.len, .row_len = row->wanted.len, .rewritten = rewritten};
    TRY(stands_at(bulk, row->key, &held.at));
    TRY(held_room(bulk));
    TRY(held_put(bulk, row->key));
    TRY(held_put(bulk, row->wanted));
    bulk->held[bulk->count++] = held;
    return bulk->used >= BULK_HELD ? held_flush(bulk) : ERR_OK;
}

static err_t weigh(struct bulk *bulk, str_t row, struct value values[PLACE_COLUMNS], int sign)
{
    const struct place *place = bulk->place;
    if (!row.at)
        return ERR_OK;
    TRY(row_read(place->columns, place->count, row, values));
    bulk->tx->weights.rows[place->weight] += sign;
    bulk->tx->weights.bytes[place->weight] += sign * row_weight(place, values);
    return ERR_OK;
}

err_t bulk_row(struct bulk *bulk, const struct bulk_row *row)
{
    struct value live[PLACE_COLUMNS], wanted[PLACE_COLUMNS];
    const struct place *place = bulk->place;
    if (!row->back)
        TRY(place_changed(bulk->tx, place, row->key));
    TRY(weigh(bulk, row->live, live, -1));
    TRY(weigh(bulk, row->wanted, wanted, 1));
    if (!row->live.at) {
        written(bulk);
        return place_row_write(bulk->tx, place, wanted);
    }
    bool rewritten = row->wanted.at && !place->clustered && indexes_agree(place, live, wanted);
    return held_add(bulk, row, rewritten);
}
