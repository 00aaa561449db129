/* SPDX-License-Identifier: Apache-2.0
 *
 * Whom the rows of a snapshot are sealed to: ids gathered while rows are written, put down as a table of their own. The
 * set is bounded; when it is full it is put down and begins anew, so that a tenant of any size takes no more memory.
 */
#include "snapshot/_take.h"
#include "snapshot/read.h"

enum { FIRST_SLOTS = 1 << 10, MOST_SUBJECT_SEGMENTS = 32 };

static size_t slot_of(const struct subjects *set, ident_t id)
{
    size_t hash;
    memcpy(&hash, id.bytes, sizeof hash); /* ids are random */
    size_t slot = hash & (set->slots - 1);
    while (!ident_is_zero(set->at[slot]) && !ident_eq(set->at[slot], id))
        slot = (slot + 1) & (set->slots - 1);
    return slot;
}

static err_t grow(struct subjects *set)
{
    struct subjects larger = {.slots = set->slots ? set->slots * 2 : FIRST_SLOTS, .count = set->count};
    larger.at = calloc(larger.slots, sizeof *larger.at);
    if (!larger.at)
        return fail(ERR_BUSY, "no memory for the subjects of a snapshot");
    for (size_t i = 0; i < set->slots; i++)
        if (!ident_is_zero(set->at[i]))
            larger.at[slot_of(&larger, set->at[i])] = set->at[i];
    free(set->at);
    *set = larger;
    return ERR_OK;
}

static int by_bytes(const void *a, const void *b) { return memcmp(a, b, sizeof(ident_t)); }

/* The ids at the front, in their order; the set is of no use as one after that. */
static void sort(struct subjects *set)
{
    size_t count = 0;
    for (size_t i = 0; i < set->slots; i++)
        if (!ident_is_zero(set->at[i]))
            set->at[count++] = set->at[i];
    if (count)
        qsort(set->at, count, sizeof *set->at, by_bytes);
}

static err_t id_write(struct segment_writer *writer, ident_t id)
{
    place_key_t key = {.len = 0};
    OWN(buf) row = BUF(64);
    const struct value value = {.bytes = ident_bytes(&id)};
    key_ident(&key, id);
    row_put_value(&row, COLUMN_BYTES, &value);
    TRY(buf_end(&row));
    return segment_row(writer, key_str(&key), buf_str(&row));
}

static void clear(struct subjects *set)
{
    free(set->at);
    *set = (struct subjects){0};
}

/* Many small segments of the snapshots before are put together with the new ids. */
static err_t all_write(struct taking *taking, struct segment_writer *writer)
{
    OWN(snapshot_reader) reader = NULL;
    OWN(place_reader) rows = NULL;
    size_t at = 0;
    TRY(snapshot_open(taking->snapshots, taking->tenant, taking->previous->id, &reader));
    TRY(place_read(reader, &subjects_table, &rows));
    while (place_next(rows)) {
        ident_t id;
        TRY(ident_from(rows->key, &id));
        for (; at < taking->subjects.count && by_bytes(&taking->subjects.at[at], &id) < 0; at++)
            TRY(id_write(writer, taking->subjects.at[at]));
        at += at < taking->subjects.count && ident_eq(taking->subjects.at[at], id);
        TRY(id_write(writer, id));
    }
    for (; at < taking->subjects.count; at++)
        TRY(id_write(writer, taking->subjects.at[at]));
    return place_end(rows);
}

static size_t segments_before(const struct taking *taking)
{
    size_t count = 0;
    for (size_t i = 0; taking->previous && i < taking->previous->segment_count; i++)
        count += taking->previous->segments[i].table == subjects_table.number;
    return count;
}

static err_t set_write(struct taking *taking, bool together)
{
    OWN(segment_writer) writer = NULL;
    sort(&taking->subjects);
    int64_t from = taking->previous && !together ? taking->previous->cut : 0;
    TRY(table_begin(taking, subjects_table.number, from, &writer));
    if (together)
        TRY(all_write(taking, writer));
    for (size_t i = 0; !together && i < taking->subjects.count; i++)
        TRY(id_write(writer, taking->subjects.at[i]));
    TRY(table_end(taking, writer));
    clear(&taking->subjects);
    return ERR_OK;
}

err_t subjects_add(struct taking *taking, const struct place *place, str_t row)
{
    struct subjects *set = &taking->subjects;
    struct value value;
    ident_t id;
    if (place->subject < 0)
        return ERR_OK;
    TRY(row_value(place, row, (size_t)place->subject, &value));
    if (value.is_null || ident_from(value.bytes, &id) != ERR_OK || ident_is_zero(id))
        return ERR_OK;
    if (set->count * 2 >= set->slots)
        TRY(grow(set));
    size_t slot = slot_of(set, id);
    set->count += ident_is_zero(set->at[slot]);
    set->at[slot] = id;
    return set->count < SUBJECTS_ROOM ? ERR_OK : set_write(taking, false);
}

err_t subjects_take(struct taking *taking)
{
    if (segments_before(taking) >= MOST_SUBJECT_SEGMENTS)
        return set_write(taking, true);
    return taking->subjects.count ? set_write(taking, false) : ERR_OK;
}
