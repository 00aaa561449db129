/* SPDX-License-Identifier: Apache-2.0 */
#include "store/launches.h"

#include "store/_private.h"

enum {
    SEALED_LEAST = 42, /* CHAIN_EXTRA of seal/chain.h, and a byte */
    MAX_DIGESTS = 1024 * 1024,
    ROW_WEIGHT = 8 * 8 /* its numbers */
};

const char launch_schema[] =
    "create table if not exists launch_chains (tenant bytea not null, day bigint not null, device bytea not null,"
    " number bigint not null, subject bytea not null, box bytea not null, digests bytea not null, seq bigint not null,"
    " primary key (tenant, day, device, number)) without rowid;"
    "create index if not exists launch_chains_of_device on launch_chains (tenant, device, day);"
    "create table if not exists launch_segments (tenant bytea not null, seq bigint not null, number bigint not null,"
    " hour bigint not null, step bigint not null, allowed bigint not null, denied bigint not null,"
    " elevated bigint not null, observed bigint not null, sealed bytea not null, primary key (tenant, seq)) without rowid;"
    "create index if not exists launch_segments_of_chain on launch_segments (tenant, number, step, hour);"
    "create table if not exists launches (tenant bytea not null, hour bigint not null, number bigint not null,"
    " seq bigint not null, step bigint not null, allowed bigint not null, denied bigint not null,"
    " elevated bigint not null, observed bigint not null, sealed bytea not null,"
    " primary key (tenant, hour, number, seq)) without rowid;";

static place_key_t chain_key(const struct launch_chain *chain)
{
    place_key_t key = {.len = 0};
    key_number(&key, chain->day);
    key_ident(&key, chain->device);
    key_number(&key, chain->number);
    return key;
}

static place_key_t row_place_key(int64_t hour, int64_t number, int64_t seq)
{
    place_key_t key = {.len = 0};
    key_number(&key, hour);
    key_number(&key, number);
    key_number(&key, seq);
    return key;
}

static err_t segment_remove(struct tx *tx, int64_t seq)
{
    place_key_t key = {.len = 0};
    key_number(&key, seq);
    return place_remove(tx, &launch_segments_place, key_str(&key));
}

err_t launch_chain_put(struct tx *tx, const struct launch_chain *chain)
{
    const place_key_t key = chain_key(chain);
    TRY(place_leaves(tx, &launch_chains_place, key_str(&key)));
    TRY(tx_do(tx,
              "insert into launch_chains (tenant, day, device, number, subject, box, digests, seq)"
              " values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing",
              N(chain->day), ID(chain->device), N(chain->number), ID(chain->subject), B(chain->box),
              B(STR("")), N(tx->seq++)));
    return place_comes(tx, &launch_chains_place, key_str(&key));
}

/* A row has to stand under a key that somebody can open: that of a chain which is still there. */
static err_t chain_there(struct tx *tx, const struct launch_chain *chain)
{
    OWN(rows) rows = {0};
    TRY(tx_read(tx, &rows,
                "select 1 from launch_chains where tenant = $1 and day = $2 and device = $3 and number = $4",
                N(chain->day), ID(chain->device), N(chain->number)));
    bool there = row_next(&rows);
    TRY(rows_end(&rows));
    return there ? ERR_OK
                 : fail(ERR_BUSY, "a key of %s has just ended: send it again",
                        ident_text("dev", chain->device).text);
}

err_t launch_segment_put(struct tx *tx, const struct launch_chain *chain, const struct launch_row *row)
{
    const int64_t *n = row->counts;
    TRY(chain_there(tx, chain));
    weights_come(tx, &launch_segments_place, ROW_WEIGHT + (int64_t)row->sealed.len);
    return tx_do(
        tx,
        "insert into launch_segments (tenant, seq, number, hour, step, allowed, denied, elevated, observed,"
        " sealed) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        N(tx->seq++), N(chain->number), N(row->hour), N(row->step), N(n[0]), N(n[1]), N(n[2]), N(n[3]),
        B(row->sealed));
}

err_t launch_row_put(struct tx *tx, const struct launch_chain *chain, const struct launch_row *row)
{
    const int64_t *n = row->counts;
    TRY(chain_there(tx, chain));
    const place_key_t key = row_place_key(row->hour, chain->number, tx->seq);
    TRY(place_changed(tx, &launches_place, key_str(&key)));
    weights_come(tx, &launches_place, ROW_WEIGHT + (int64_t)row->sealed.len);
    return tx_do(
        tx,
        "insert into launches (tenant, hour, number, seq, step, allowed, denied, elevated, observed, sealed)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        N(row->hour), N(chain->number), N(tx->seq++), N(row->step), N(n[0]), N(n[1]), N(n[2]), N(n[3]),
        B(row->sealed));
}

/* What rows of either kind are read with: number, hour, step, counts, sealed. */
static struct launch_row row_from(const rows_t *rows, arena_t *arena)
{
    struct launch_row row = {.number = row_number(rows, 0),
                             .hour = row_number(rows, 1),
                             .step = row_number(rows, 2),
                             .sealed = arena_copy(arena, row_text(rows, 7))};
    for (int i = 0; i < LAUNCH_DECISIONS; i++)
        row.counts[i] = row_number(rows, 3 + i);
    return row;
}

/* A growing array in an arena. */
struct growing {
    arena_t *arena;
    void *at;
    size_t size, count, room;
};

static void *grow(struct growing *growing)
{
    if (growing->count == growing->room) {
        size_t room = growing->room ? growing->room * 2 : 64;
        char *more = arena_take_array(growing->arena, growing->size, room);
        if (!more)
            return NULL;
        if (growing->count)
            memcpy(more, growing->at, growing->count * growing->size);
        growing->at = more;
        growing->room = room;
    }
    return (char *)growing->at + growing->size * growing->count++;
}

static err_t rows_gather(rows_t *rows, struct growing *growing)
{
    while (row_next(rows)) {
        struct launch_row *row = grow(growing);
        if (!row)
            break;
        *row = row_from(rows, growing->arena);
    }
    TRY(rows_end(rows));
    return arena_end(growing->arena);
}

/* The first column. Where segments of a chain stand is asked for by itself: all of that is in the index, or else the whole
 * table would be read. */
static err_t numbers_gather(rows_t *rows, arena_t *arena, struct growing *seqs)
{
    *seqs = (struct growing){.arena = arena, .size = sizeof(int64_t)};
    while (row_next(rows)) {
        int64_t *seq = grow(seqs);
        if (!seq)
            break;
        *seq = row_number(rows, 0);
    }
    TRY(rows_end(rows));
    return arena_end(arena);
}

static err_t segments_at(struct tx *tx, const struct growing *seqs, struct growing *growing)
{
    for (size_t i = 0; i < seqs->count; i++) {
        OWN(rows) rows = {0};
        TRY(tx_read(
            tx, &rows,
            "select number, hour, step, allowed, denied, elevated, observed, sealed from launch_segments"
            " where tenant = $1 and seq = $2",
            N(((const int64_t *)seqs->at)[i])));
        TRY(rows_gather(&rows, growing));
    }
    return ERR_OK;
}

err_t launch_segments_take(struct tx *tx, const struct launch_chain *chain, int64_t step, arena_t *arena,
                           struct launch_rows *out_rows)
{
    OWN(rows) rows = {0};
    struct growing growing = {.arena = arena, .size = sizeof(struct launch_row)}, seqs;
    TRY(tx_read(tx, &rows, "select seq from launch_segments where tenant = $1 and number = $2 and step = $3",
                N(chain->number), N(step)));
    TRY(numbers_gather(&rows, arena, &seqs));
    TRY(segments_at(tx, &seqs, &growing));
    for (size_t i = 0; i < seqs.count; i++)
        TRY(segment_remove(tx, ((int64_t *)seqs.at)[i]));
    *out_rows = (struct launch_rows){growing.at, growing.count};
    return ERR_OK;
}

err_t launch_digest_add(struct tx *tx, const struct launch_chain *chain, str_t digest)
{
    OWN(rows) rows = {0};
    OWN(buf) digests = BUF(MAX_DIGESTS);
    TRY(tx_read(
        tx, &rows,
        "select digests from launch_chains where tenant = $1 and day = $2 and device = $3 and number = $4",
        N(chain->day), ID(chain->device), N(chain->number)));
    TRY(row_one(&rows));
    buf_put(&digests, row_text(&rows, 0));
    buf_put(&digests, digest);
    TRY(buf_end(&digests));
    const place_key_t key = chain_key(chain);
    TRY(place_changed(tx, &launch_chains_place, key_str(&key)));
    weights_grow(tx, &launch_chains_place, (int64_t)digest.len);
    return tx_do(
        tx,
        "update launch_chains set digests = $5, seq = $6 where tenant = $1 and day = $2 and device = $3"
        " and number = $4",
        N(chain->day), ID(chain->device), N(chain->number), B(buf_str(&digests)), N(tx->seq++));
}

static err_t chains_read(struct tx *tx, const struct launch_span *span, rows_t *out_rows)
{
    return span->device
               ? tx_read(
                     tx, out_rows,
                     "select number, day, device, subject, box, digests from launch_chains where tenant = $1"
                     " and device = $2 and day >= $3 and day <= $4 order by day",
                     ID(*span->device), N(span->from), N(span->until))
               : tx_read(
                     tx, out_rows,
                     "select number, day, device, subject, box, digests from launch_chains where tenant = $1"
                     " and day >= $2 and day <= $3 order by day",
                     N(span->from), N(span->until));
}

err_t launch_chains(struct tx *tx, const struct launch_span *span, arena_t *arena,
                    struct launch_chains *out_chains)
{
    OWN(rows) rows = {0};
    struct growing growing = {.arena = arena, .size = sizeof(struct launch_chain)};
    TRY(chains_read(tx, span, &rows));
    while (row_next(&rows)) {
        struct launch_chain *chain = grow(&growing);
        if (!chain)
            break;
        *chain = (struct launch_chain){row_number(&rows, 0),
                                       row_number(&rows, 1),
                                       row_ident(&rows, 2),
                                       row_ident(&rows, 3),
                                       arena_copy(arena, row_text(&rows, 4)),
                                       arena_copy(arena, row_text(&rows, 5))};
    }
    TRY(rows_end(&rows));
    *out_chains = (struct launch_chains){growing.at, growing.count};
    return arena_end(arena);
}

err_t launch_last_day(struct tx *tx, const struct launch_span *span, bool *out_any, int64_t *out_day)
{
    OWN(rows) rows = {0};
    if (span->device)
        TRY(tx_read(
            tx, &rows,
            "select day from launch_chains where tenant = $1 and device = $2 and day >= $3 and day <= $4"
            " order by day desc limit 1",
            ID(*span->device), N(span->from), N(span->until)));
    else
        TRY(tx_read(tx, &rows,
                    "select day from launch_chains where tenant = $1 and day >= $2 and day <= $3"
                    " order by day desc limit 1",
                    N(span->from), N(span->until)));
    *out_any = row_next(&rows);
    *out_day = *out_any ? row_number(&rows, 0) : 0;
    return rows_end(&rows);
}

static err_t rows_read(struct tx *tx, int64_t hour, const int64_t *number, rows_t *out_rows)
{
    return number ? tx_read(
                        tx, out_rows,
                        "select number, hour, step, allowed, denied, elevated, observed, sealed from launches"
                        " where tenant = $1 and hour = $2 and number = $3",
                        N(hour), N(*number))
                  : tx_read(
                        tx, out_rows,
                        "select number, hour, step, allowed, denied, elevated, observed, sealed from launches"
                        " where tenant = $1 and hour = $2",
                        N(hour));
}

err_t launch_rows(struct tx *tx, int64_t hour, const int64_t *number, arena_t *arena,
                  struct launch_rows *out_rows)
{
    OWN(rows) rows = {0};
    struct growing growing = {.arena = arena, .size = sizeof(struct launch_row)};
    TRY(rows_read(tx, hour, number, &rows));
    TRY(rows_gather(&rows, &growing));
    *out_rows = (struct launch_rows){growing.at, growing.count};
    return ERR_OK;
}

err_t launch_segment_hours(struct tx *tx, arena_t *arena, struct launch_hours *out_hours)
{
    OWN(rows) rows = {0};
    struct growing hours;
    TRY(tx_read(tx, &rows, "select distinct hour from launch_segments where tenant = $1"));
    TRY(numbers_gather(&rows, arena, &hours));
    *out_hours = (struct launch_hours){hours.at, hours.count};
    return ERR_OK;
}

static err_t segments_of(struct tx *tx, int64_t hour, int64_t number, struct growing *growing)
{
    OWN(rows) rows = {0};
    struct growing seqs;
    TRY(tx_read(tx, &rows, "select seq from launch_segments where tenant = $1 and number = $2 and hour = $3",
                N(number), N(hour)));
    TRY(numbers_gather(&rows, growing->arena, &seqs));
    return segments_at(tx, &seqs, growing);
}

err_t launch_segments(struct tx *tx, int64_t hour, const int64_t *number, arena_t *arena,
                      struct launch_rows *out_rows)
{
    OWN(rows) rows = {0};
    struct growing growing = {.arena = arena, .size = sizeof(struct launch_row)};
    if (number) {
        TRY(segments_of(tx, hour, *number, &growing));
    } else {
        TRY(tx_read(
            tx, &rows,
            "select number, hour, step, allowed, denied, elevated, observed, sealed from launch_segments"
            " where tenant = $1 and hour = $2",
            N(hour)));
        TRY(rows_gather(&rows, &growing));
    }
    *out_rows = (struct launch_rows){growing.at, growing.count};
    return ERR_OK;
}

err_t launch_segments_since(struct tx *tx, int64_t seq, size_t most, arena_t *arena,
                            struct launch_rows *out_rows)
{
    OWN(rows) rows = {0};
    struct growing growing = {.arena = arena, .size = sizeof(struct launch_row)};
    TRY(tx_read(
        tx, &rows,
        "select number, hour, step, allowed, denied, elevated, observed, sealed, seq from launch_segments"
        " where tenant = $1 and seq > $2 order by seq limit $3",
        N(seq), N(most)));
    while (row_next(&rows)) {
        struct launch_row *row = grow(&growing);
        if (!row)
            break;
        *row = row_from(&rows, arena);
        row->seq = row_number(&rows, 8);
    }
    TRY(rows_end(&rows));
    *out_rows = (struct launch_rows){growing.at, growing.count};
    return arena_end(arena);
}

err_t launch_segments_last(struct tx *tx, int64_t *out_seq)
{
    OWN(rows) rows = {0};
    TRY(tx_read(tx, &rows, "select coalesce(max(seq), 0) from launch_segments where tenant = $1"));
    TRY(row_one(&rows));
    *out_seq = row_number(&rows, 0);
    return rows_end(&rows);
}

static err_t segments_remove(struct tx *tx, int64_t number)
{
    OWN(rows) rows = {0};
    OWN(arena) arena = ARENA(64 * 1024 * 1024);
    struct growing seqs;
    TRY(tx_read(tx, &rows, "select seq from launch_segments where tenant = $1 and number = $2", N(number)));
    TRY(numbers_gather(&rows, &arena, &seqs));
    for (size_t i = 0; i < seqs.count; i++)
        TRY(segment_remove(tx, ((int64_t *)seqs.at)[i]));
    return ERR_OK;
}

/* Rows stand by hour, so those of a chain are found hour by hour of its day. */
static err_t rows_remove(struct tx *tx, int64_t hour, int64_t number)
{
    OWN(rows) rows = {0};
    OWN(arena) arena = ARENA(1024 * 1024);
    struct growing seqs;
    TRY(tx_read(tx, &rows, "select seq from launches where tenant = $1 and hour = $2 and number = $3",
                N(hour), N(number)));
    TRY(numbers_gather(&rows, &arena, &seqs));
    for (size_t i = 0; i < seqs.count; i++) {
        const place_key_t key = row_place_key(hour, number, ((int64_t *)seqs.at)[i]);
        TRY(place_remove(tx, &launches_place, key_str(&key)));
    }
    return ERR_OK;
}

err_t launch_chain_remove(struct tx *tx, const struct launch_chain *chain)
{
    const place_key_t key = chain_key(chain);
    for (int64_t hour = 0; hour < HOURS_A_DAY; hour++)
        TRY(rows_remove(tx, chain->day * HOURS_A_DAY + hour, chain->number));
    TRY(segments_remove(tx, chain->number));
    return place_remove(tx, &launch_chains_place, key_str(&key));
}

err_t launch_remove_of(struct tx *tx, ident_t device)
{
    OWN(arena) arena = ARENA(256 * 1024 * 1024);
    struct launch_chains chains = {0};
    TRY(launch_chains(tx, &(struct launch_span){.device = &device, .until = INT64_MAX}, &arena, &chains));
    for (size_t i = 0; i < chains.count; i++)
        TRY(launch_chain_remove(tx, &chains.at[i]));
    return ERR_OK;
}

/* The chains of a device that are sealed to this subject, which are few, in the place of all of them. */
static err_t chains_of_subject(struct tx *tx, const struct launch_chain *of, arena_t *arena,
                               struct launch_chains *out_chains)
{
    struct launch_chains all = {0};
    size_t count = 0;
    TRY(launch_chains(tx, &(struct launch_span){.device = &of->device, .until = INT64_MAX}, arena, &all));
    for (size_t i = 0; i < all.count; i++)
        if (ident_eq(all.at[i].subject, of->subject))
            all.at[count++] = all.at[i];
    *out_chains = (struct launch_chains){all.at, count};
    return ERR_OK;
}

err_t launch_remove_subject(struct tx *tx, const struct launch_chain *of)
{
    OWN(arena) arena = ARENA(256 * 1024 * 1024);
    struct launch_chains chains = {0};
    TRY(chains_of_subject(tx, of, &arena, &chains));
    for (size_t i = 0; i < chains.count; i++)
        TRY(launch_chain_remove(tx, &chains.at[i]));
    return ERR_OK;
}

static err_t weight_add(rows_t *rows, struct launch_weight *weight)
{
    TRY(row_one(rows));
    weight->launches += row_number(rows, 0);
    weight->rows += row_number(rows, 1);
    weight->bytes += row_number(rows, 2);
    return rows_end(rows);
}

static err_t chain_weigh(struct tx *tx, const struct launch_chain *chain, struct launch_weight *weight)
{
    OWN(rows) segments = {0};
    for (int64_t hour = 0; hour < HOURS_A_DAY; hour++) {
        OWN(rows) rows = {0};
        TRY(tx_read(
            tx, &rows,
            "select coalesce(sum(allowed + denied + elevated + observed), 0), count(*),"
            " coalesce(sum(length(sealed)), 0) from launches where tenant = $1 and hour = $2 and number = $3",
            N(chain->day * HOURS_A_DAY + hour), N(chain->number)));
        TRY(weight_add(&rows, weight));
    }
    TRY(tx_read(tx, &segments,
                "select coalesce(sum(allowed + denied + elevated + observed), 0), count(*),"
                " coalesce(sum(length(sealed)), 0) from launch_segments where tenant = $1 and number = $2",
                N(chain->number)));
    return weight_add(&segments, weight);
}

err_t launch_weigh_subject(struct tx *tx, const struct launch_chain *of, struct launch_weight *out_weight)
{
    OWN(arena) arena = ARENA(256 * 1024 * 1024);
    struct launch_chains chains = {0};
    struct launch_weight weight = {0};
    TRY(chains_of_subject(tx, of, &arena, &chains));
    for (size_t i = 0; i < chains.count; i++) {
        weight.days += !i || chains.at[i].day != chains.at[i - 1].day;
        TRY(chain_weigh(tx, &chains.at[i], &weight));
    }
    weight.first = chains.count ? chains.at[0].day : 0;
    weight.last = chains.count ? chains.at[chains.count - 1].day : 0;
    *out_weight = weight;
    return ERR_OK;
}

err_t launch_remove_all(struct tx *tx)
{
    TRY(place_remove_all(tx, &launches_place));
    TRY(place_remove_all(tx, &launch_segments_place));
    return place_remove_all(tx, &launch_chains_place);
}

static err_t count_add(const rows_t *rows, struct launch_count *count)
{
    TRY(rows_end(rows));
    count->launches += row_number(rows, 0);
    count->sealed += row_number(rows, 1);
    count->strange += row_number(rows, 2);
    return ERR_OK;
}

err_t launch_count(struct tx *tx, struct launch_count *out_count)
{
    OWN(rows) folded = {0};
    OWN(rows) segments = {0};
    struct launch_count count = {0};
    TRY(tx_read(
        tx, &folded,
        "select coalesce(sum(allowed + denied + elevated + observed), 0), count(*), coalesce(sum(case when"
        " length(sealed) < $2 or substr(sealed, 1, 1) <> $3 then 1 else 0 end), 0) from launches"
        " where tenant = $1",
        N(SEALED_LEAST), B(STR("\2"))));
    TRY(row_one(&folded));
    TRY(count_add(&folded, &count));
    TRY(tx_read(
        tx, &segments,
        "select coalesce(sum(allowed + denied + elevated + observed), 0), count(*), coalesce(sum(case when"
        " length(sealed) < $2 or substr(sealed, 1, 1) <> $3 then 1 else 0 end), 0) from launch_segments"
        " where tenant = $1",
        N(SEALED_LEAST), B(STR("\2"))));
    TRY(row_one(&segments));
    TRY(count_add(&segments, &count));
    *out_count = count;
    return ERR_OK;
}
