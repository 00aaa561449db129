/* SPDX-License-Identifier: Apache-2.0 */
#include "snapshot/merge.h"

#include "crypt/hash.h"
#include "snapshot/_ahead.h"
#include "store/blobs.h"
#include <fcntl.h>

enum { STOP_EVERY = 1024 };

/* A row that stands, or that a snapshot has; `at` NULL: there is none. */
struct pair {
    str_t key, wanted, live;
};

/* The column by which one of two rows of a monotone place is the later one. */
static const struct {
    const char *place, *column;
} laters[] = {
    {"collections", "version"}, {"policies", "number"}, {"spools", "high"}, {"withholdings", "number"}};

static size_t column_named(const struct place *place, const char *name)
{
    size_t at = 0;
    while (at < place->count && strcmp(place->columns[at].name, name) != 0)
        at++;
    return at;
}

static err_t is_later(const struct place *place, const struct pair *pair, bool *out_later)
{
    struct value wanted, live;
    size_t column = place->count;
    for (size_t i = 0; i < sizeof laters / sizeof *laters; i++)
        if (!strcmp(laters[i].place, place->name))
            column = column_named(place, laters[i].column);
    if (column == place->count)
        return fail(ERR_BROKEN, "it is not said what makes a row of %s the later one", place->name);
    TRY(row_value(place, pair->wanted, column, &wanted));
    TRY(row_value(place, pair->live, column, &live));
    *out_later = wanted.number > live.number;
    return ERR_OK;
}

static int compare_ids(const void *a, const void *b) { return memcmp(a, b, sizeof(ident_t)); }
static int compare_numbers(const void *a, const void *b)
{
    int64_t one = *(const int64_t *)a, other = *(const int64_t *)b;
    return one < other ? -1 : one > other;
}

static err_t number_add(struct numbers *numbers, int64_t number)
{
    if (numbers->count == numbers->room) {
        size_t room = numbers->room ? numbers->room * 2 : 256;
        int64_t *at = realloc(numbers->at, room * sizeof *at);
        if (!at)
            return fail(ERR_BUSY, "no memory for a restore");
        numbers->at = at;
        numbers->room = room;
    }
    numbers->at[numbers->count++] = number;
    return ERR_OK;
}

static void numbers_sort(struct numbers *numbers)
{
    if (numbers->count)
        qsort(numbers->at, numbers->count, sizeof *numbers->at, compare_numbers);
}

static bool numbers_have(const struct numbers *numbers, int64_t number)
{
    return numbers->count && bsearch(&number, numbers->at, numbers->count, sizeof number, compare_numbers);
}

/* Whether the id in a column is of those who were forgotten. */
static err_t is_forgotten(const struct merge *merge, const struct place *place, str_t row, int column,
                          bool *io_so)
{
    struct value value;
    const idents_t *gone = &merge->gone;
    if (column < 0 || !gone->count || *io_so)
        return ERR_OK;
    TRY(row_value(place, row, (size_t)column, &value));
    *io_so = value.bytes.len == sizeof(ident_t) &&
             bsearch(value.bytes.at, gone->at, gone->count, sizeof(ident_t), compare_ids) != NULL;
    return ERR_OK;
}

/* Rows of launches name neither subject nor device, but the number of their chain. */
static err_t under_chain(const struct numbers *chains, const struct place *place, str_t row, bool *out_so)
{
    struct value value;
    TRY(row_value(place, row, column_named(place, "number"), &value));
    *out_so = numbers_have(chains, value.number);
    return ERR_OK;
}

static bool is_of_launches(const struct place *place)
{
    return place->weight == WEIGHS_LAUNCHES && place->device < 0;
}

static err_t is_left_out(const struct merge *merge, const struct place *place, str_t row, bool *out_so)
{
    bool so = false;
    if (is_of_launches(place))
        return under_chain(&merge->dead, place, row, out_so);
    TRY(is_forgotten(merge, place, row, place->subject, &so));
    TRY(is_forgotten(merge, place, row, place->device, &so));
    *out_so = so;
    return ERR_OK;
}

/* Where one device is restored: a row that is about it. */
static err_t is_concerned(const struct merge *merge, const struct place *place, str_t row, bool *out_so)
{
    struct value value;
    *out_so = !merge->ask->device;
    if (*out_so)
        return ERR_OK;
    if (is_of_launches(place))
        return under_chain(&merge->device, place, row, out_so);
    if (place->device < 0)
        return ERR_OK;
    TRY(row_value(place, row, (size_t)place->device, &value));
    *out_so = str_eq(value.bytes, ident_bytes(merge->ask->device));
    return ERR_OK;
}

/* A row whose file neither store nor snapshot has is left out: it went while the snapshot was taken. */
static err_t blob_back(struct merge *merge, const struct place *blobs, const struct pair *pair,
                       bool *out_none)
{
    OWN(buf) from = BUF(4096);
    OWN(buf) to = BUF(4096);
    struct value size;
    ident_t id;
    TRY(ident_from(pair->key, &id));
    TRY(row_value(blobs, pair->wanted, column_named(blobs, "size"), &size));
    merge->done.bytes += size.number;
    TRY(blob_path(merge->store, merge_into(merge), id, &to));
    if (access(to.at, F_OK) == 0)
        return ERR_OK;
    const struct manifest_blob *blob = snapshot_blob_named(merge->reader, id);
    *out_none = !blob;
    if (*out_none)
        return ERR_OK;
    /* What is copied anyway is looked at as it is copied. */
    TRY(merge->writes && !merge->may_link ? snapshot_blob_path(merge->reader, id, &from)
                                          : snapshot_blob(merge->reader, id, &from));
    merge->done.blobs_back++;
    const struct bring file = {from.at, to.at, ident_text("blob", id), blob->digest, merge->may_link};
    return merge->writes ? bring(&merge->bringing, &file) : ERR_OK;
}

/* Whom a row that comes into another tenant is sealed to. */
static err_t subject_named(const struct merge *merge, const struct place *place, str_t row)
{
    const struct restore_copy *copy = merge->ask->copy;
    struct value value;
    ident_t subject;
    if (!copy || !copy->named || place->subject < 0)
        return ERR_OK;
    TRY(row_value(place, row, (size_t)place->subject, &value));
    if (value.is_null || ident_from(value.bytes, &subject) != ERR_OK || ident_is_zero(subject))
        return ERR_OK;
    return copy->named(copy->with, &subject);
}

/* What stands is left as it is, and is not what the snapshot has. */
static err_t row_stays(struct merge *merge, const struct place *place, const struct pair *pair)
{
    return merge->back ? place_changed(merge->tx, place, pair->key) : ERR_OK;
}

static err_t row_back(struct merge *merge, const struct place *place, const struct pair *pair)
{
    bool out = false;
    TRY(is_left_out(merge, place, pair->wanted, &out));
    if (!out &&
        place == place_numbered(PLACE_BLOBS)) /* a crash leaves a file without a row, which is swept */
        TRY(blob_back(merge, place, pair, &out));
    merge->done.rows_left_out += out;
    if (out)
        return row_stays(merge, place, pair);
    TRY(subject_named(merge, place, pair->wanted));
    merge->done.rows_put++;
    merge->done.bytes += (int64_t)pair->wanted.len;
    return merge->writes
               ? bulk_row(merge->bulk, &(struct bulk_row){pair->key, pair->live, pair->wanted, merge->back})
               : ERR_OK;
}

static err_t row_away(struct merge *merge, const struct place *place, const struct pair *pair)
{
    if (place->restore != RESTORE_CONTENT || merge->ask->copy)
        return row_stays(merge, place, pair);
    merge->done.rows_removed++;
    return merge->writes
               ? bulk_row(merge->bulk,
                          &(struct bulk_row){.key = pair->key, .live = pair->live, .back = merge->back})
               : ERR_OK;
}

static err_t row_settle(struct merge *merge, const struct place *place, const struct pair *pair)
{
    bool concerned = false, later = true;
    const struct restore_progress *progress = &merge->ask->progress;
    if (++merge->seen % STOP_EVERY == 0) {
        TRY(snapshots_stopped(merge->snapshots));
        if (progress->told)
            progress->told(progress->with, merge->seen, snapshot_about(merge->reader)->rows);
    }
    TRY(is_concerned(merge, place, pair->wanted.at ? pair->wanted : pair->live, &concerned));
    if (!concerned)
        return ERR_OK;
    if (!pair->wanted.at)
        return row_away(merge, place, pair);
    if (pair->live.at && str_eq(pair->wanted, pair->live))
        return merge->done.rows_same++, ERR_OK;
    if (pair->live.at && place->restore == RESTORE_MONOTONE)
        TRY(is_later(place, pair, &later));
    return later ? row_back(merge, place, pair) : row_stays(merge, place, pair);
}

/* Only what the snapshots between the two have touched; what stands is what the other one has. */
static err_t changed_settle(struct merge *merge, const struct place *place)
{
    struct ahead_row row;
    while (ahead_next(merge->ahead, &row))
        if (row.row.at || row.other.at)
            TRY(row_settle(merge, place, &(struct pair){row.key, row.row, row.other}));
    return ahead_end(merge->ahead);
}

/* A part of a table's rows, one after the other: lengths and bytes of key and row. */
struct part {
    buf_t rows;
    char last[MAX_KEY];
    size_t last_len;
    bool full;
};

static void length_put(buf_t *out, size_t len)
{
    const uint32_t number = (uint32_t)len;
    buf_put(out, str_bytes(&number, sizeof number));
}

static str_t piece_take(str_t *rest)
{
    uint32_t len = 0;
    memcpy(&len, rest->at, sizeof len);
    str_t piece = str_bytes(rest->at + sizeof len, len);
    *rest = str_bytes(piece.at + len, rest->len - sizeof len - len);
    return piece;
}

/* The first row of a part is the last one of the part before, which was seen. */
static err_t part_take(void *with, str_t key, str_t row)
{
    struct part *part = with;
    if (str_eq(key, str_bytes(part->last, part->last_len)))
        return ERR_OK;
    if (part->rows.len >= MERGE_PART) {
        part->full = true;
        return fail(ERR_TOO_LARGE, "a part is full");
    }
    length_put(&part->rows, key.len);
    buf_put(&part->rows, key);
    length_put(&part->rows, row.len);
    buf_put(&part->rows, row);
    return buf_end(&part->rows);
}

static err_t part_read(struct merge *merge, const struct place *place, struct part *part)
{
    const struct place_span span = {.from = str_bytes(part->last, part->last_len)};
    buf_clear(&part->rows);
    part->full = false;
    err_t read = place_rows(merge->tx, place, &span, part_take, part);
    return part->full ? ERR_OK : read;
}

/* The next of a snapshot's rows, and whether there is one. */
struct wanted {
    struct ahead_row row;
    bool has;
};

/* Those of the snapshot that come before this key: nothing stands for them. */
static err_t wanted_before(struct merge *merge, const struct place *place, struct wanted *wanted,
                           const str_t *key)
{
    while (wanted->has && (!key || key_compare(wanted->row.key, *key) < 0)) {
        TRY(row_settle(merge, place, &(struct pair){.key = wanted->row.key, .wanted = wanted->row.row}));
        wanted->has = ahead_next(merge->ahead, &wanted->row);
    }
    return ERR_OK;
}

static err_t part_settle(struct merge *merge, const struct place *place, struct part *part,
                         struct wanted *wanted)
{
    str_t rest = buf_str(&part->rows);
    while (rest.len) {
        struct pair pair = {.key = piece_take(&rest)};
        pair.live = piece_take(&rest);
        TRY(wanted_before(merge, place, wanted, &pair.key));
        bool same = wanted->has && str_eq(wanted->row.key, pair.key);
        if (same)
            pair.wanted = wanted->row.row;
        TRY(row_settle(merge, place, &pair));
        if (same)
            wanted->has = ahead_next(merge->ahead, &wanted->row);
        memcpy(part->last, pair.key.at, pair.key.len);
        part->last_len = pair.key.len;
    }
    return ERR_OK;
}

/* Every row of both, side by side. What is written is behind what is read next, so that a row put is not seen again. */
static err_t all_settle(struct merge *merge, const struct place *place)
{
    struct wanted wanted = {.has = false};
    struct part part = {.rows = BUF(MERGE_PART + MAX_ROW + MAX_KEY + 8)};
    err_t result = ERR_OK;
    wanted.has = ahead_next(merge->ahead, &wanted.row);
    do {
        result = part_read(merge, place, &part);
        if (result == ERR_OK)
            result = part_settle(merge, place, &part, &wanted);
    } while (result == ERR_OK && part.full);
    buf_drop(&part.rows);
    TRY(result);
    TRY(wanted_before(merge, place, &wanted, NULL));
    return ahead_end(merge->ahead);
}

static bool place_is_settled(const struct merge *merge, const struct place *place)
{
    if (merge->ask->copy)
        return place->restore == RESTORE_CONTENT && place->number != PLACE_FOLLOWINGS;
    return place->restore != RESTORE_NEVER;
}

/* Recordings first: their files are copied while the other rows are written. */
static err_t places_order(struct merge *merge)
{
    const struct place *blobs = place_numbered(PLACE_BLOBS);
    size_t count = 0;
    merge->places[count++] = blobs;
    for_each_place(place)
    {
        if (count == MOST_PLACES)
            return fail(ERR_BROKEN, "more tables than a restore has room for");
        if (place != blobs && place_is_settled(merge, place))
            merge->places[count++] = place;
    }
    merge->places[count] = NULL;
    return ERR_OK;
}

static err_t place_settle(struct merge *merge, const struct place *place)
{
    OWN(bulk) bulk = NULL;
    TRY(bulk_begin(merge->tx, place, &bulk));
    merge->bulk = bulk;
    TRY(merge->since ? changed_settle(merge, place) : all_settle(merge, place));
    return bulk_end(bulk);
}

/* A chain of the snapshot or of what stands: its number, where its subject is dead or its device is the one. */
static err_t chain_note(struct merge *merge, const struct place *chains, str_t row)
{
    struct value number;
    bool dead = false, concerned = false;
    TRY(is_left_out(merge, chains, row, &dead));
    TRY(is_concerned(merge, chains, row, &concerned));
    TRY(row_value(chains, row, column_named(chains, "number"), &number));
    if (dead)
        TRY(number_add(&merge->dead, number.number));
    return merge->ask->device && concerned ? number_add(&merge->device, number.number) : ERR_OK;
}

struct noting {
    struct merge *merge;
    const struct place *chains;
};

static err_t chain_take(void *with, str_t key, str_t row)
{
    const struct noting *noting = with;
    (void)key;
    return chain_note(noting->merge, noting->chains, row);
}

/* Only where somebody was forgotten, or one device is asked for: else no row has to be told by its chain. */
static err_t chains_note(struct merge *merge)
{
    const struct place *chains = place_numbered(PLACE_CHAINS);
    OWN(place_reader) rows = NULL;
    if (!merge->gone.count && !merge->ask->device)
        return ERR_OK;
    TRY(place_read(merge->reader, chains, &rows));
    while (place_next(rows))
        TRY(chain_note(merge, chains, rows->row));
    TRY(place_end(rows));
    TRY(place_rows(merge->tx, chains, &(struct place_span){.from = STR("")}, chain_take,
                   &(struct noting){merge, chains}));
    numbers_sort(&merge->dead);
    numbers_sort(&merge->device);
    return ERR_OK;
}

static err_t file_digest(const char *path, uint8_t out_digest[DIGEST_SIZE])
{
    int64_t size = 0;
    OWN(fd) fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    return fd > 0 ? hash_file(fd, out_digest, &size) : fail(ERR_MISSING, "no file %s", path);
}

/* A blob as the rebuilt store has it. */
static err_t blob_compare(void *with, str_t key, str_t row)
{
    const struct merge *merge = with;
    const struct place *blobs = place_numbered(PLACE_BLOBS);
    OWN(buf) path = BUF(4096);
    struct value expected;
    uint8_t digest[DIGEST_SIZE];
    ident_t id;
    TRY(ident_from(key, &id));
    TRY(row_value(blobs, row, column_named(blobs, "digest"), &expected));
    TRY(blob_path(merge->store, merge_into(merge), id, &path));
    TRY(file_digest(path.at, digest));
    return str_eq(expected.bytes, str_bytes(digest, sizeof digest))
               ? ERR_OK
               : fail(ERR_BROKEN, "%s is not what its row says", ident_text("blob", id).text);
}

err_t merge_blobs_compare(struct tx *tx, struct merge *merge)
{
    return place_rows(tx, place_numbered(PLACE_BLOBS), &(struct place_span){.from = STR("")}, blob_compare,
                      merge);
}

err_t merge_all(struct tx *tx, struct merge *merge)
{
    const struct restore_copy *copy = merge->ask->copy;
    merge_end(merge);
    merge->tx = tx;
    merge->seen = 0;
    if (copy && copy->named)
        TRY(copy->named(copy->with, NULL));
    merge->done = (struct restored){.safety = merge->done.safety};
    merge->may_link = merge->store == merge->snapshots->store;
    TRY(chains_note(merge));
    TRY(places_order(merge));
    TRY(ahead_begin(&(struct ahead_of){merge->reader, merge->since, merge->places}, &merge->ahead));
    for (size_t i = 0; merge->places[i]; i++)
        TRY(place_settle(merge, merge->places[i]));
    TRY(bring_end(merge->bringing));
    return copy && copy->whole ? copy->whole(copy->with) : ERR_OK;
}

void merge_end(struct merge *merge)
{
    free(merge->dead.at);
    free(merge->device.at);
    merge->dead = merge->device = (struct numbers){NULL, 0, 0};
    bringing_drop(&merge->bringing);
    ahead_drop(&merge->ahead);
}
