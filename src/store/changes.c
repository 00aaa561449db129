/* SPDX-License-Identifier: Apache-2.0
 *
 * What changed since a cut, and what the rows weigh.
 */
#include "store/_private.h"

#include "concept/collection.h"

const char change_schema[] =
    /* `cut` is the last one there was when the row changed */
    "create table if not exists cuts (tenant bytea not null, cut bigint not null, seen bigint not null,"
    " primary key (tenant, cut)) without rowid;"
    "create table if not exists changes (tenant bytea not null, place bigint not null, key bytea not null,"
    " cut bigint not null, primary key (tenant, place, key)) without rowid;"
    "create table if not exists weights (tenant bytea not null, weight bigint not null, rows bigint not null,"
    " bytes bigint not null, primary key (tenant, weight)) without rowid;";

err_t changes_now(struct tx *tx, int64_t *out_cut)
{
    if (!tx->cut_known) {
        OWN(rows) rows = {0};
        TRY(tx_read(tx, &rows, "select cut, seen from cuts where tenant = $1 order by cut desc limit 1"));
        bool any = row_next(&rows);
        tx->cut = any ? row_number(&rows, 0) : 0;
        tx->seen = any ? row_number(&rows, 1) : 0;
        TRY(rows_end(&rows));
        tx->cut_known = true;
    }
    *out_cut = tx->cut;
    return ERR_OK;
}

/* Added after the last snapshot had read: no snapshot holds it, and whether it is there is found by its key. */
static bool is_of_no_snapshot(const struct tx *tx, const struct place *place, str_t key)
{
    arg_t args[KEY_ARGS];
    return place->appended && tx->seen && key_args(place, key, args) && args[0].number >= tx->seen;
}

err_t place_changed(struct tx *tx, const struct place *place, str_t key)
{
    int64_t cut = 0;
    tx->version_known &= place->number != collection_concept.number;
    TRY(changes_now(tx, &cut));
    if (!cut || is_of_no_snapshot(tx, place, key))
        return ERR_OK;
    return tx_do(
        tx,
        "insert into changes (tenant, place, key, cut) values ($1, $2, $3, $4)"
        " on conflict (tenant, place, key) do update set cut = excluded.cut where cut < excluded.cut",
        N(place->number), B(key), N(cut));
}

err_t changes_cut(struct tx *tx, int64_t *out_cut)
{
    int64_t cut = tx->seq++;
    TRY(tx_do(tx, "insert into cuts (tenant, cut, seen) values ($1, $2, 0)", N(cut)));
    tx->cut = cut;
    tx->seen = 0;
    tx->cut_known = true;
    *out_cut = cut;
    return ERR_OK;
}

err_t changes_counter(struct tx *tx, int64_t *out_seq)
{
    OWN(rows) rows = {0};
    TRY(tx_read(tx, &rows, "select seq from counters where tenant = $1"));
    TRY(row_one(&rows));
    *out_seq = row_number(&rows, 0);
    return ERR_OK;
}

/* In a file that was copied back underneath the counter may not have come as far as that cut. */
err_t changes_back(struct tx *tx, int64_t cut)
{
    tx->cut_known = false;
    tx->seq = tx->seq > cut ? tx->seq : cut + 1;
    TRY(tx_do(tx, "delete from cuts where tenant = $1"));
    TRY(tx_do(tx, "insert into cuts (tenant, cut, seen) values ($1, $2, 0)", N(cut)));
    return tx_do(tx, "update changes set cut = $2 where tenant = $1 and cut < $2", N(cut));
}

err_t changes_known(struct tx *tx, int64_t cut, bool *out_known)
{
    OWN(rows) rows = {0};
    TRY(tx_read(tx, &rows, "select 1 from cuts where tenant = $1 and cut = $2", N(cut)));
    *out_known = row_next(&rows);
    return rows_end(&rows);
}

err_t changes_forget(struct tx *tx, int64_t cut, int64_t seen)
{
    tx->cut_known = false;
    TRY(tx_do(tx, "update cuts set seen = $3 where tenant = $1 and cut = $2", N(cut), N(seen)));
    TRY(tx_do(tx, "delete from changes where tenant = $1 and cut < $2", N(cut)));
    return tx_do(tx, "delete from cuts where tenant = $1 and cut < $2", N(cut));
}

static err_t cut_there(struct tx *tx, int64_t cut)
{
    bool there = false;
    TRY(changes_known(tx, cut, &there));
    return there ? ERR_OK : fail(ERR_MISSING, "cut %lld is not there any more", (long long)cut);
}

/* One of two lists of keys, each in order. */
struct side {
    rows_t rows;
    place_key_t key;
    bool there;
};
typedef struct side side_own;
static void side_drop(struct side *side) { rows_drop(&side->rows); }

static void noted_next(struct side *noted)
{
    noted->there = row_next(&noted->rows);
    str_t key = noted->there ? row_text(&noted->rows, 0) : STR("");
    noted->key.len = key.len < MAX_KEY ? key.len : MAX_KEY;
    memcpy(noted->key.at, key.at, noted->key.len);
}

static void added_next(struct side *added)
{
    added->there = added->rows.statement && row_next(&added->rows);
    added->key.len = 0;
    if (added->there)
        key_number(&added->key, row_number(&added->rows, 0));
}

/* Which comes first: below 0 the noted one, above it the added one, 0 where they are one key. */
static int order(const struct side *noted, const struct side *added)
{
    if (!noted->there || !added->there)
        return added->there - noted->there;
    return key_compare(key_str(&noted->key), key_str(&added->key));
}

static err_t sides_merge(struct side *noted, struct side *added, change_take_t take, void *with)
{
    while (noted->there || added->there) {
        int first = order(noted, added);
        TRY(take(with, key_str(first <= 0 ? &noted->key : &added->key)));
        if (first <= 0)
            noted_next(noted);
        if (first >= 0)
            added_next(added);
    }
    TRY(rows_end(&noted->rows));
    return rows_end(&added->rows);
}

err_t changes_read(struct tx *tx, const struct place *place, int64_t since, change_take_t take, void *with)
{
    OWN(side) noted = {.there = false};
    OWN(side) added = {.there = false};
    TRY(cut_there(tx, since));
    TRY(tx_read(tx, &noted.rows,
                "select key from changes where tenant = $1 and place = $2 and cut >= $3 order by key",
                N(place->number), N(since)));
    if (place->appended)
        TRY(tx_read_args(tx, &added.rows, place_sql(place, PLACE_KEYS), (const arg_t[]){N(since)}, 1));
    noted_next(&noted);
    added_next(&added);
    return sides_merge(&noted, &added, take, with);
}
