/* SPDX-License-Identifier: Apache-2.0 */
#include "store/evict.h"

#include "store/_private.h"

static int by_bytes(const void *a, const void *b) { return memcmp(a, b, sizeof(ident_t)); }

bool is_held(const idents_t *held, ident_t id)
{
    return held->count && bsearch(&id, held->at, held->count, sizeof id, by_bytes);
}

/* The column after `at` names the subject. */
static bool row_is_held(const idents_t *held, const rows_t *rows, int at)
{
    return is_held(held, row_ident(rows, at)) || is_held(held, row_ident(rows, at + 1));
}

static int64_t day_of(moment_t at) { return at >= 0 ? at / DAYS(1) : 0; }

err_t launches_oldest(struct tx *tx, const idents_t *held, int64_t *out_day)
{
    OWN(rows) rows = {0};
    *out_day = NO_DAY;
    TRY(tx_read(tx, &rows, "select device, subject, day from launch_chains where tenant = $1 order by day"));
    while (*out_day == NO_DAY && row_next(&rows))
        if (!row_is_held(held, &rows, 0))
            *out_day = row_number(&rows, 2);
    return rows_end(&rows);
}

/* Chains of the day that may go, as many as are asked for. */
struct chosen {
    struct launch_chain chains[EVICT_MOST];
    size_t count;
    bool more;
};

static err_t chains_choose(struct tx *tx, const struct evict_ask *ask, struct chosen *chosen)
{
    OWN(rows) rows = {0};
    TRY(tx_read(tx, &rows, "select device, subject, number from launch_chains where tenant = $1 and day = $2",
                N(ask->day)));
    while (!chosen->more && row_next(&rows)) {
        if (row_is_held(ask->held, &rows, 0))
            continue;
        chosen->more = chosen->count == EVICT_MOST;
        if (!chosen->more)
            chosen->chains[chosen->count++] = (struct launch_chain){.number = row_number(&rows, 2),
                                                                    .day = ask->day,
                                                                    .device = row_ident(&rows, 0),
                                                                    .subject = row_ident(&rows, 1)};
    }
    return rows_end(&rows);
}

static err_t rows_add(rows_t *rows, int64_t *io_count, int64_t *io_bytes)
{
    TRY(row_one(rows));
    *io_count += row_number(rows, 0);
    *io_bytes += row_number(rows, 1);
    return ERR_OK;
}

err_t chain_measure(struct tx *tx, int64_t day, int64_t number, int64_t *io_count, int64_t *io_bytes)
{
    for (int64_t hour = day * HOURS_A_DAY; hour < (day + 1) * HOURS_A_DAY; hour++) {
        OWN(rows) rows = {0};
        TRY(tx_read(
            tx, &rows,
            "select coalesce(sum(allowed + denied + elevated + observed), 0), coalesce(sum(length(sealed)), 0)"
            " from launches where tenant = $1 and hour = $2 and number = $3",
            N(hour), N(number)));
        TRY(rows_add(&rows, io_count, io_bytes));
    }
    OWN(rows) segments = {0};
    TRY(tx_read(
        tx, &segments,
        "select coalesce(sum(allowed + denied + elevated + observed), 0), coalesce(sum(length(sealed)), 0)"
        " from launch_segments where tenant = $1 and number = $2",
        N(number)));
    return rows_add(&segments, io_count, io_bytes);
}

/* What is freed is what the accounts say. */
static err_t launches_weigh(struct tx *tx, int64_t *out_bytes)
{
    struct weights weights;
    TRY(weights_read(tx, &weights));
    *out_bytes = weights.bytes[WEIGHS_LAUNCHES];
    return ERR_OK;
}

err_t launches_evict(struct tx *tx, const struct evict_ask *ask, struct evicted *out_gone)
{
    struct chosen chosen = {.count = 0};
    struct evicted gone = {0};
    int64_t before = 0, after = 0, unused = 0;
    TRY(launches_weigh(tx, &before));
    TRY(chains_choose(tx, ask, &chosen));
    for (size_t i = 0; i < chosen.count; i++) {
        TRY(chain_measure(tx, ask->day, chosen.chains[i].number, &gone.count, &unused));
        TRY(launch_chain_remove(tx, &chosen.chains[i]));
    }
    TRY(launches_weigh(tx, &after));
    gone.bytes = before - after;
    gone.more = chosen.more;
    *out_gone = gone;
    return ERR_OK;
}

static err_t videos_read(struct tx *tx, int64_t from, int64_t until, rows_t *out_rows)
{
    return tx_read(tx, out_rows,
                   "select subject, device, id, size, made from blobs where tenant = $1 and kind = 'video'"
                   " and made >= $2 and made < $3 order by made, id",
                   N(from * DAYS(1)), N(until == INT64_MAX ? MOMENT_MAX : until * DAYS(1)));
}

/* One that is held by its own id stays too. */
static bool video_is_held(const idents_t *held, const rows_t *rows)
{
    return row_is_held(held, rows, 0) || is_held(held, row_ident(rows, 2));
}

err_t videos_oldest(struct tx *tx, const idents_t *held, int64_t *out_day)
{
    OWN(rows) rows = {0};
    *out_day = NO_DAY;
    TRY(videos_read(tx, 0, INT64_MAX, &rows));
    while (*out_day == NO_DAY && row_next(&rows))
        if (!video_is_held(held, &rows))
            *out_day = day_of(row_number(&rows, 4));
    return rows_end(&rows);
}

/* Chosen first, and then removed: a statement does not change what it reads. */
static err_t videos_choose(struct tx *tx, const struct evict_ask *ask, ident_t *out_ids,
                           struct evicted *io_gone)
{
    OWN(rows) rows = {0};
    TRY(videos_read(tx, ask->day, ask->day + 1, &rows));
    while (!io_gone->more && row_next(&rows)) {
        if (video_is_held(ask->held, &rows))
            continue;
        io_gone->more = io_gone->count == EVICT_MOST || io_gone->bytes >= ask->bytes;
        if (io_gone->more)
            break;
        out_ids[io_gone->count++] = row_ident(&rows, 2);
        io_gone->bytes += row_number(&rows, 3);
    }
    return rows_end(&rows);
}

err_t videos_evict(struct tx *tx, const struct evict_ask *ask, ident_t out_ids[EVICT_MOST],
                   struct evicted *out_gone)
{
    struct evicted gone = {0};
    TRY(videos_choose(tx, ask, out_ids, &gone));
    for (int64_t i = 0; i < gone.count; i++)
        TRY(blob_row_remove(tx, out_ids[i]));
    *out_gone = gone;
    return ERR_OK;
}

static void older_add(struct older *older, int64_t day)
{
    if (older->first == NO_DAY)
        older->first = day;
    older->last = day;
}

/* Chains, their rows, and rows that are not folded yet, whoever they are about. */
static err_t launches_before(struct tx *tx, int64_t before, struct older *out_older)
{
    OWN(rows) chains = {0};
    OWN(rows) folded = {0};
    OWN(rows) segments = {0};
    int64_t chain_count = 0;
    TRY(tx_read(tx, &chains,
                "select count(*), coalesce(sum(length(box) + length(digests)), 0), coalesce(max(day), -1)"
                " from launch_chains where tenant = $1 and day < $2",
                N(before)));
    TRY(rows_add(&chains, &chain_count, &out_older->bytes));
    out_older->last = row_number(&chains, 2);
    TRY(tx_read(
        tx, &folded,
        "select coalesce(sum(allowed + denied + elevated + observed), 0), coalesce(sum(length(sealed)), 0)"
        " from launches where tenant = $1 and hour < $2",
        N(before * HOURS_A_DAY)));
    TRY(rows_add(&folded, &out_older->count, &out_older->bytes));
    TRY(tx_read(
        tx, &segments,
        "select coalesce(sum(allowed + denied + elevated + observed), 0), coalesce(sum(length(sealed)), 0)"
        " from launch_segments where tenant = $1 and hour < $2",
        N(before * HOURS_A_DAY)));
    return rows_add(&segments, &out_older->count, &out_older->bytes);
}

static err_t held_before(struct tx *tx, const idents_t *held, int64_t before, struct older *out_held)
{
    OWN(rows) rows = {0};
    if (!held->count)
        return ERR_OK;
    TRY(tx_read(tx, &rows,
                "select device, subject, day, number, length(box) + length(digests) from launch_chains"
                " where tenant = $1 and day < $2",
                N(before)));
    while (row_next(&rows)) {
        if (!row_is_held(held, &rows, 0))
            continue;
        out_held->bytes += row_number(&rows, 4);
        TRY(chain_measure(tx, row_number(&rows, 2), row_number(&rows, 3), &out_held->count,
                          &out_held->bytes));
    }
    return rows_end(&rows);
}

err_t launches_older(struct tx *tx, const idents_t *held, int64_t before, struct older *out_older)
{
    struct older older = {0}, stays = {0};
    TRY(launches_before(tx, before, &older));
    TRY(held_before(tx, held, before, &stays));
    TRY(launches_oldest(tx, held, &older.first));
    older.count -= stays.count;
    older.bytes -= stays.bytes;
    if (older.first == NO_DAY || older.first >= before)
        older.first = older.last = NO_DAY;
    *out_older = older;
    return ERR_OK;
}

err_t videos_older(struct tx *tx, const idents_t *held, int64_t before, struct older *out_older)
{
    OWN(rows) rows = {0};
    struct older older = {.first = NO_DAY, .last = NO_DAY};
    TRY(videos_read(tx, 0, before, &rows));
    while (row_next(&rows)) {
        if (video_is_held(held, &rows))
            continue;
        older_add(&older, day_of(row_number(&rows, 4)));
        older.count++;
        older.bytes += row_number(&rows, 3);
    }
    *out_older = older;
    return rows_end(&rows);
}
