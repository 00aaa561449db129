/* SPDX-License-Identifier: Apache-2.0
 *
 * Rows of any place, read and put by its columns.
 */
#include "store/_private.h"

enum { AT_ONCE = 1024, NEAR = 8 };

static const char zeros[MAX_KEY];

err_t place_key_read(const struct place *place, str_t key, arg_t out_args[KEY_ARGS])
{
    return key_args(place, key, out_args) == place->keys ? ERR_OK
                                                         : fail(ERR_INVALID, "no key of %s", place->name);
}

/* The first key that there can be: all bytes zero. */
static str_t key_first(const struct place *place)
{
    size_t len = 0;
    for (size_t i = 0; i < place->keys; i++)
        len += place->columns[i].kind == COLUMN_NUMBER ? KEY_NUMBER : KEY_ID_SIZE;
    return str_bytes(zeros, len);
}

static struct value value_of(const rows_t *rows, int at, column_kind_t kind)
{
    struct value value = {.is_null = row_is_null(rows, at)};
    if (kind == COLUMN_NUMBER)
        value.number = row_number(rows, at);
    else
        value.bytes = row_text(rows, at);
    return value;
}

static err_t key_from_row(const struct place *place, const rows_t *rows, place_key_t *out_key)
{
    out_key->len = 0;
    for (size_t i = 0; i < place->keys; i++)
        if (place->columns[i].kind == COLUMN_NUMBER)
            key_number(out_key, row_number(rows, (int)i));
        else if (row_text(rows, (int)i).len == KEY_ID_SIZE)
            key_ident(out_key, row_ident(rows, (int)i));
        else
            return fail(ERR_BROKEN, "a row of %s has no id", place->name);
    return ERR_OK;
}

static err_t row_from(const struct place *place, const rows_t *rows, buf_t *out_row)
{
    for (size_t i = 0; i < place->count; i++) {
        struct value value = value_of(rows, (int)i, place->columns[i].kind);
        row_put_value(out_row, place->columns[i].kind, &value);
    }
    return buf_end(out_row);
}

err_t place_rows(struct tx *tx, const struct place *place, const struct place_span *span, place_take_t take,
                 void *with)
{
    OWN(rows) rows = {0};
    OWN(buf) row = BUF(MAX_ROW);
    arg_t args[KEY_ARGS];
    TRY(place_key_read(place, span->from.len ? span->from : key_first(place), args));
    TRY(tx_read_args(tx, &rows, place_sql(place, PLACE_SPAN), args, place->keys));
    while (row_next(&rows)) {
        place_key_t key;
        buf_clear(&row);
        TRY(key_from_row(place, &rows, &key));
        if (span->until.len && key_compare(key_str(&key), span->until) >= 0)
            return ERR_OK;
        TRY(row_from(place, &rows, &row));
        TRY(take(with, key_str(&key), buf_str(&row)));
    }
    return rows_end(&rows);
}

err_t place_row(struct tx *tx, const struct place *place, str_t key, buf_t *out_row, bool *out_there)
{
    OWN(rows) rows = {0};
    arg_t args[KEY_ARGS];
    TRY(place_key_read(place, key, args));
    TRY(tx_read_args(tx, &rows, place_sql(place, PLACE_ONE), args, place->keys));
    bool there = row_next(&rows);
    TRY(rows_end(&rows));
    if (there)
        TRY(row_from(place, &rows, out_row));
    *out_there = there;
    return ERR_OK;
}

/* Where a walk stands, and from which key on: the statement looks at its bytes as long as it runs. */
struct walked {
    rows_t rows;
    place_key_t from, key;
    bool there;
};

void place_walk_drop(struct place_walk *walk)
{
    if (walk->own)
        rows_drop(&walk->own->rows);
    free(walk->own);
    walk->own = NULL;
}

static err_t walk_step(const struct place_walk *walk)
{
    struct walked *own = walk->own;
    own->there = row_next(&own->rows);
    TRY(rows_end(&own->rows));
    return own->there ? key_from_row(walk->place, &own->rows, &own->key) : ERR_OK;
}

static err_t walk_begin(struct place_walk *walk, str_t key)
{
    arg_t args[KEY_ARGS];
    place_walk_drop(walk);
    walk->own = calloc(1, sizeof *walk->own);
    if (!walk->own)
        return fail(ERR_BUSY, "no memory for a walk");
    walk->own->from.len = key.len < MAX_KEY ? key.len : MAX_KEY;
    memcpy(walk->own->from.at, key.at, walk->own->from.len);
    TRY(place_key_read(walk->place, key_str(&walk->own->from), args));
    TRY(tx_read_args(walk->tx, &walk->own->rows, place_sql(walk->place, PLACE_SPAN), args,
                     walk->place->keys));
    return walk_step(walk);
}

static bool is_before(const struct walked *own, str_t key)
{
    return own->there && key_compare(key_str(&own->key), key) < 0;
}

static err_t walk_to(struct place_walk *walk, str_t key)
{
    for (int i = 0; i < NEAR && walk->own && is_before(walk->own, key); i++)
        TRY(walk_step(walk));
    return walk->own && !is_before(walk->own, key) ? ERR_OK : walk_begin(walk, key);
}

err_t place_walk_row(struct place_walk *walk, str_t key, buf_t *out_row, bool *out_there)
{
    if (!walk->place->clustered)
        return place_row(walk->tx, walk->place, key, out_row, out_there);
    TRY(walk_to(walk, key));
    *out_there = walk->own->there && str_eq(key_str(&walk->own->key), key);
    return *out_there ? row_from(walk->place, &walk->own->rows, out_row) : ERR_OK;
}

arg_t place_arg(column_kind_t kind, const struct value *value)
{
    if (value->is_null)
        return NONE;
    return kind == COLUMN_NUMBER ? N(value->number) : kind == COLUMN_TEXT ? T(value->bytes) : B(value->bytes);
}

/* A row that is known by its seq comes back under it; the counter goes on behind it. */
static void seq_pass(struct tx *tx, const struct place *place, const struct value *values)
{
    for (size_t i = 0; i < place->keys; i++)
        if (!strcmp(place->columns[i].name, "seq") && values[i].number >= tx->seq)
            tx->seq = values[i].number + 1;
}

err_t place_row_write(struct tx *tx, const struct place *place, const struct value *values)
{
    arg_t args[PLACE_COLUMNS + 1];
    size_t count = place->count;
    for (size_t i = 0; i < count; i++)
        args[i] = place_arg(place->columns[i].kind, &values[i]);
    seq_pass(tx, place, values);
    if (place_counts(place))
        args[count++] = N(tx->seq++);
    return tx_run_args(tx, place_sql(place, PLACE_PUT), args, count);
}

err_t place_put(struct tx *tx, const struct place *place, str_t row)
{
    struct value values[PLACE_COLUMNS];
    place_key_t key;
    TRY(row_read(place->columns, place->count, row, values));
    TRY(row_key(place, row, &key));
    TRY(place_leaves(tx, place, key_str(&key)));
    TRY(place_row_write(tx, place, values));
    weights_come(tx, place, row_weight(place, values));
    return ERR_OK;
}

err_t place_remove(struct tx *tx, const struct place *place, str_t key)
{
    arg_t args[KEY_ARGS];
    TRY(place_key_read(place, key, args));
    TRY(place_leaves(tx, place, key));
    return tx_run_args(tx, place_sql(place, PLACE_REMOVE), args, place->keys);
}

/* Some keys behind `from`, which an act may change while it goes through them. */
struct some_keys {
    place_key_t at[AT_ONCE];
    size_t count;
};

static err_t keys_from(struct tx *tx, const struct place *place, str_t from, struct some_keys *out)
{
    OWN(rows) rows = {0};
    arg_t args[KEY_ARGS];
    out->count = 0;
    TRY(place_key_read(place, from, args));
    TRY(tx_read_args(tx, &rows, place_sql(place, PLACE_KEYS), args, place->keys));
    while (out->count < AT_ONCE && row_next(&rows))
        TRY(key_from_row(place, &rows, &out->at[out->count++]));
    return rows_end(&rows);
}

/* Every row noted as changed. The last key of one turn is the first of the next, so that none is missed. */
static err_t all_change(struct tx *tx, const struct place *place)
{
    OWN(buf) room = BUF(sizeof(struct some_keys));
    struct some_keys *keys = (struct some_keys *)(void *)buf_room(&room, sizeof *keys);
    place_key_t from = {.len = key_first(place).len};
    if (!keys)
        return fail(ERR_BUSY, "no memory for keys");
    do {
        TRY(keys_from(tx, place, key_str(&from), keys));
        for (size_t i = 0; i < keys->count; i++)
            TRY(place_changed(tx, place, key_str(&keys->at[i])));
        if (keys->count)
            from = keys->at[keys->count - 1];
    } while (keys->count == AT_ONCE);
    return ERR_OK;
}

err_t place_all_leave(struct tx *tx, const struct place *place)
{
    int64_t cut = 0;
    tx->version_known = false;
    TRY(changes_now(tx, &cut));
    if (cut)
        TRY(all_change(tx, place));
    return weights_all(tx, place, -1);
}

err_t place_remove_all(struct tx *tx, const struct place *place)
{
    TRY(place_all_leave(tx, place));
    return tx_run_args(tx, place_sql(place, PLACE_REMOVE_ALL), NULL, 0);
}
