/* SPDX-License-Identifier: Apache-2.0
 *
 * One table into a segment: what changed since the snapshot before, or all of it.
 */
#include "snapshot/_take.h"

enum { MOST_SEGMENTS_A_TABLE = 32, STOP_EVERY = 1024 };

struct writing {
    struct taking *taking;
    struct tx *tx;
    const struct place *place;
    struct place_walk walk;
    int64_t from;
    struct segment_writer *writer; /* with the first row */
    buf_t row;
    size_t rows;
};

err_t table_begin(struct taking *taking, int table, int64_t from, struct segment_writer **out_writer)
{
    const struct segment about = {
        .tenant = taking->tenant, .realm = taking->realm, .table = table, .from = from, .cut = taking->cut};
    return segment_begin(taking->snapshots->env, taking->folder, &about, &taking->outer, out_writer);
}

err_t table_end(struct taking *taking, struct segment_writer *writer)
{
    if (taking->fresh_count == MOST_FRESH)
        return fail(ERR_TOO_LARGE, "more segments than a snapshot has");
    TRY(segment_end(writer, &taking->fresh[taking->fresh_count]));
    taking->fresh_count++;
    return ERR_OK;
}

static err_t writer_ensure(struct writing *writing)
{
    if (writing->rows++ % STOP_EVERY == 0)
        TRY(snapshots_stopped(writing->taking->snapshots));
    return writing->writer
               ? ERR_OK
               : table_begin(writing->taking, writing->place->number, writing->from, &writing->writer);
}

static err_t row_write(void *with, str_t key, str_t row)
{
    struct writing *writing = with;
    TRY(writer_ensure(writing));
    TRY(subjects_add(writing->taking, writing->place, row));
    return segment_row(writing->writer, key, row);
}

static err_t change_write(void *with, str_t key)
{
    struct writing *writing = with;
    bool there = false;
    buf_clear(&writing->row);
    TRY(place_walk_row(&writing->walk, key, &writing->row, &there));
    if (there)
        return row_write(with, key, buf_str(&writing->row));
    TRY(writer_ensure(writing));
    return segment_gone(writing->writer, key);
}

/* Of a table in the snapshot before: how much is its base, and how much has come over it. */
struct weighed {
    int64_t base, deltas;
    size_t count;
};

static struct weighed weigh(const struct manifest *previous, int table)
{
    struct weighed weighed = {0};
    for (size_t i = 0; i < previous->segment_count; i++) {
        const struct segment *segment = &previous->segments[i];
        if (segment->table != table)
            continue;
        weighed.count++;
        weighed.base += segment->from ? 0 : segment->bytes;
        weighed.deltas += segment->from ? segment->bytes : 0;
    }
    return weighed;
}

static err_t all_write(struct writing *writing, bool had_some)
{
    if (had_some) /* one without rows too, so that it is seen that they went */
        TRY(writer_ensure(writing));
    return place_rows(writing->tx, writing->place, &(struct place_span){0}, row_write, writing);
}

/* A base is written anew when what came over it is more than three tenths of it, or is in more pieces than a restore should
 * have to put together. */
static err_t changes_or_all(struct writing *writing)
{
    const struct manifest *previous = writing->taking->previous;
    if (!previous)
        return all_write(writing, false);
    const struct weighed weighed = weigh(previous, writing->place->number);
    if (weighed.count >= MOST_SEGMENTS_A_TABLE || weighed.deltas * 10 > weighed.base * 3 + SEGMENT_FRAME)
        return all_write(writing, weighed.count > 0);
    writing->from = previous->cut;
    return changes_read(writing->tx, writing->place, previous->cut, change_write, writing);
}

err_t table_take(struct taking *taking, struct tx *tx, const struct place *place)
{
    struct writing writing = {
        .taking = taking, .tx = tx, .place = place, .walk = {tx, place, NULL}, .row = BUF(MAX_ROW)};
    err_t result = changes_or_all(&writing);
    if (result == ERR_OK && writing.writer)
        result = table_end(taking, writing.writer);
    buf_drop(&writing.row);
    place_walk_drop(&writing.walk);
    segment_writer_drop(&writing.writer);
    return result;
}
