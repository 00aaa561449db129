/* SPDX-License-Identifier: Apache-2.0 */
#include "snapshot/read.h"

#include "snapshot/_files.h"
#include <fcntl.h>

struct snapshot_reader {
    struct snapshots *snapshots;
    buf_t folder;
    arena_t arena;
    struct manifest manifest;
    struct snapshot about;
    struct note_key signer;
    struct key outer;
};

err_t snapshot_open(struct snapshots *snapshots, ident_t tenant, ident_t id,
                    struct snapshot_reader **out_reader)
{
    OWN(snapshot_reader) reader = calloc(1, sizeof *reader);
    if (!reader)
        return fail(ERR_BUSY, "no memory for a snapshot");
    reader->snapshots = snapshots;
    reader->folder = (buf_t)BUF(FOLDER_PATH);
    reader->arena = (arena_t)ARENA(MANIFEST_MEMORY);
    TRY(folder_of(snapshots, tenant, &reader->folder));
    TRY(signer_of(snapshots, tenant, &reader->signer));
    const struct manifest_ask ask = {snapshots, reader->folder.at, &reader->signer, tenant};
    TRY(manifest_load(&ask, id, &reader->arena, &reader->manifest));
    snapshot_from(&reader->manifest, &reader->arena, &reader->about);
    TRY(snapshots->keys.outer(snapshots->keys.with, tenant, &reader->outer));
    *out_reader = give(reader);
    return ERR_OK;
}

void snapshot_reader_drop(struct snapshot_reader **reader)
{
    if (!*reader)
        return;
    buf_drop(&(*reader)->folder);
    arena_drop(&(*reader)->arena);
    key_drop(&(*reader)->outer);
    free(*reader);
    *reader = NULL;
}

const struct snapshot *snapshot_about(const struct snapshot_reader *reader) { return &reader->about; }
const struct manifest *snapshot_manifest(const struct snapshot_reader *reader) { return &reader->manifest; }

/* Segments of one table, newest first, merged by their keys. */
struct merge {
    struct segment_reader **at;
    size_t count, room;
    size_t newest; /* which has the key that the merge stands at */
    bool begun;
};

struct place_reading {
    struct merge rows;
    struct merge
        keys; /* where it has any: only the keys that stand in these, which one of two snapshots has alone */
    size_t others;      /* how many of them are the other's: those stand first */
    struct merge under; /* of the other, what both have */
};

static err_t merge_add(struct merge *merge, const struct snapshot_reader *reader,
                       const struct segment *segment)
{
    if (merge->count == merge->room) {
        size_t room = merge->room ? merge->room * 2 : 8;
        struct segment_reader **more = realloc(merge->at, room * sizeof(struct segment_reader *));
        if (!more)
            return fail(ERR_BUSY, "no memory for segments");
        merge->at = more;
        merge->room = room;
    }
    TRY(segment_open(reader->folder.at, segment, &reader->outer, &merge->at[merge->count]));
    merge->count++;
    return ERR_OK;
}

static void merge_drop(struct merge *merge)
{
    for (size_t i = 0; i < merge->count; i++)
        segment_reader_drop(&merge->at[i]);
    free(merge->at);
    *merge = (struct merge){0};
}

/* A reader that has ended has no key any more. */
static void reader_step(struct segment_reader *reader)
{
    if (!segment_next(reader))
        reader->key = (str_t){0};
}

static void reader_seek(struct segment_reader *reader, str_t key)
{
    if (!segment_seek(reader, key))
        reader->key = (str_t){0};
}

static err_t merge_state(const struct merge *merge)
{
    for (size_t i = 0; i < merge->count; i++)
        TRY(segment_close(merge->at[i]));
    return ERR_OK;
}

/* The smallest key, and the newest segment that has it; those that stand at it too go on with it. */
static bool merge_stand(struct merge *merge)
{
    size_t first = merge->count;
    for (size_t i = 0; i < merge->count; i++)
        if (merge->at[i]->key.at &&
            (first == merge->count || key_compare(merge->at[i]->key, merge->at[first]->key) < 0))
            first = i;
    merge->newest = first;
    return first < merge->count;
}

static void merge_leave(struct merge *merge)
{
    const struct segment_reader *left = merge->at[merge->newest];
    for (size_t i = 0; i < merge->count; i++)
        if (i != merge->newest && merge->at[i]->key.at && !key_compare(merge->at[i]->key, left->key))
            reader_step(merge->at[i]);
    reader_step(merge->at[merge->newest]);
}

static bool merge_next(struct merge *merge)
{
    if (merge->begun && merge->newest < merge->count)
        merge_leave(merge);
    for (size_t i = 0; !merge->begun && i < merge->count; i++)
        reader_step(merge->at[i]);
    merge->begun = true;
    return merge_stand(merge);
}

/* Whether it has a row of this key. */
static bool merge_find(struct merge *merge, str_t key)
{
    for (size_t i = 0; i < merge->count; i++)
        if (!merge->begun || merge->at[i]->key.at)
            reader_seek(merge->at[i], key);
    merge->begun = true;
    return merge_stand(merge) && !key_compare(merge->at[merge->newest]->key, key) &&
           merge->at[merge->newest]->row.at;
}

static err_t rows_add(struct merge *merge, const struct snapshot_reader *reader, int table)
{
    for (size_t i = 0; i < reader->manifest.segment_count; i++)
        if (reader->manifest.segments[i].table == table)
            TRY(merge_add(merge, reader, &reader->manifest.segments[i]));
    return ERR_OK;
}

err_t place_read(struct snapshot_reader *reader, const struct place *place, struct place_reader **out_rows)
{
    OWN(place_reader) rows = calloc(1, sizeof *rows);
    if (rows)
        rows->own = calloc(1, sizeof *rows->own);
    if (!rows || !rows->own)
        return fail(ERR_BUSY, "no memory for rows");
    TRY(rows_add(&rows->own->rows, reader, place->number));
    *out_rows = give(rows);
    return ERR_OK;
}

static bool has_segment(const struct manifest *manifest, ident_t id)
{
    for (size_t i = 0; i < manifest->segment_count; i++)
        if (ident_eq(manifest->segments[i].id, id))
            return true;
    return false;
}

/* Of one manifest's segments of a table, those that another has too, or those that it has not. */
struct some {
    const struct manifest *of, *beside;
    int table;
    bool in_both;
};

static err_t some_add(struct merge *merge, const struct snapshot_reader *reader, const struct some *some)
{
    for (size_t i = 0; i < some->of->segment_count; i++) {
        const struct segment *segment = &some->of->segments[i];
        if (segment->table == some->table && has_segment(some->beside, segment->id) == some->in_both)
            TRY(merge_add(merge, reader, segment));
    }
    return ERR_OK;
}

/* What both have is older than what one has alone: a snapshot carries on all of the one before, or begins anew. */
static err_t changed_add(struct place_reading *own, const struct snapshot_reader *reader,
                         const struct manifest *other, int table)
{
    const struct manifest *mine = &reader->manifest;
    TRY(some_add(&own->keys, reader, &(struct some){other, mine, table, false}));
    own->others = own->keys.count;
    TRY(some_add(&own->keys, reader, &(struct some){mine, other, table, false}));
    if (own->keys.count > own->others)
        TRY(some_add(&own->under, reader, &(struct some){other, mine, table, true}));
    if (!own->keys.count)
        merge_drop(&own->rows); /* nothing changed: there is nothing to give */
    return ERR_OK;
}

err_t place_read_changed(struct snapshot_reader *reader, const struct place *place, ident_t other,
                         struct place_reader **out_rows)
{
    OWN(place_reader) rows = NULL;
    OWN(arena) arena = ARENA(MANIFEST_MEMORY);
    struct manifest manifest;
    const struct manifest_ask ask = {reader->snapshots, reader->folder.at, &reader->signer,
                                     reader->manifest.tenant};
    TRY(manifest_load(&ask, other, &arena, &manifest));
    TRY(place_read(reader, place, &rows));
    if (!rows)
        return fail(ERR_BROKEN, "a table without a reader");
    TRY(changed_add(rows->own, reader, &manifest, place->number));
    *out_rows = give(rows);
    return ERR_OK;
}

static bool row_show(struct place_reader *rows, str_t key, bool there)
{
    const struct merge *merge = &rows->own->rows;
    rows->key = key;
    rows->row = there ? merge->at[merge->newest]->row : (str_t){0};
    return true;
}

static str_t found(struct merge *merge, str_t key)
{
    return merge_find(merge, key) ? merge->at[merge->newest]->row : (str_t){0};
}

static bool changed_show(struct place_reader *rows)
{
    struct place_reading *own = rows->own;
    const struct segment_reader *newest = own->keys.at[own->keys.newest];
    bool of_other = own->keys.newest < own->others;
    rows->key = newest->key;
    rows->row = of_other ? found(&own->rows, newest->key) : newest->row;
    rows->other = of_other ? newest->row : found(&own->under, newest->key);
    return true;
}

bool place_next(struct place_reader *rows)
{
    struct place_reading *own = rows->own;
    if (own->keys.count)
        return merge_next(&own->keys) && changed_show(rows);
    while (merge_next(&own->rows))
        if (own->rows.at[own->rows.newest]->row.at)
            return row_show(rows, own->rows.at[own->rows.newest]->key, true);
    return false;
}

bool place_find(struct place_reader *rows, str_t key)
{
    bool there = merge_find(&rows->own->rows, key);
    return row_show(rows, key, there) && there;
}

err_t place_end(struct place_reader *rows)
{
    TRY(merge_state(&rows->own->rows));
    TRY(merge_state(&rows->own->under));
    return merge_state(&rows->own->keys);
}

void place_reader_drop(struct place_reader **rows)
{
    if (*rows && (*rows)->own) {
        merge_drop(&(*rows)->own->rows);
        merge_drop(&(*rows)->own->keys);
        merge_drop(&(*rows)->own->under);
        free((*rows)->own);
    }
    free(*rows);
    *rows = NULL;
}

static int by_id(const void *a, const void *b)
{
    return memcmp(a, &((const struct manifest_blob *)b)->id, sizeof(ident_t));
}

const struct manifest_blob *snapshot_blob_named(const struct snapshot_reader *reader, ident_t id)
{
    const struct manifest *manifest = &reader->manifest;
    return manifest->blob_count
               ? bsearch(&id, manifest->blobs, manifest->blob_count, sizeof *manifest->blobs, by_id)
               : NULL;
}

err_t snapshot_blob_path(const struct snapshot_reader *reader, ident_t id, buf_t *out_path)
{
    return copy_path(reader->folder.at, id, out_path);
}

err_t snapshot_blob(struct snapshot_reader *reader, ident_t id, buf_t *out_path)
{
    const struct manifest_blob *blob = snapshot_blob_named(reader, id);
    const ident_text_t name = ident_text("blob", id);
    uint8_t digest[DIGEST_SIZE];
    int64_t size = 0;
    if (!blob)
        return fail(ERR_MISSING, "the snapshot has no %s", name.text);
    TRY(copy_path(reader->folder.at, id, out_path));
    OWN(fd) fd = open(out_path->at, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return fail(ERR_BROKEN, "%s: it is missing", name.text);
    TRY(hash_file(fd, digest, &size));
    if (size != blob->size || memcmp(digest, blob->digest, DIGEST_SIZE) != 0)
        return fail(ERR_BROKEN, "%s: its digest is wrong", name.text);
    return ERR_OK;
}
