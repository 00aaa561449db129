/* SPDX-License-Identifier: Apache-2.0
 *
 * A segment read, or only authenticated.
 */
#include "snapshot/_segment.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

enum { MAX_SIZE_BYTES = 10, ROW_FRAME_NUMBER = 0 };

/* Where a frame begins in the file, and with which key; as the end of the file says. */
struct frame_at {
    int64_t at;
    place_key_t first;
};

struct segment_reading {
    struct segment about;
    struct segment_head head;
    const struct place *place;
    bool as_now; /* its columns are those of now */
    int fd;
    int64_t at, size;
    uint64_t frames, rows;
    buf_t frame, row; /* the row put into the columns of now, where they are others */
    str_t rest;       /* of the rows in the frame */
    place_key_t key;
    struct frame_at *index;
    size_t index_count;
    bool ended, skipped;
    err_t state;
};

static err_t broken(const struct segment_reading *own, const char *what)
{
    return fail(ERR_BROKEN, "%s: %s", ident_text("seg", own->about.id).text, what);
}

err_t segment_fail(const char *what, ident_t id)
{
    return fail(ERR_BROKEN, "%s: %s", ident_text("seg", id).text, what);
}

/* Views of what is left to read. */
static err_t take(str_t *rest, size_t len, str_t *out)
{
    if (rest->len < len)
        return fail(ERR_INVALID, "cut short");
    *out = str_bytes(rest->at, len);
    *rest = str_bytes(rest->at + len, rest->len - len);
    return ERR_OK;
}

static err_t take_sized(str_t *rest, uint64_t most, str_t *out)
{
    uint64_t len = 0;
    TRY(str_varint(rest, &len));
    if (len > most)
        return fail(ERR_INVALID, "past what there can be");
    return take(rest, (size_t)len, out);
}

static err_t take_ident(str_t *rest, ident_t *out)
{
    str_t bytes = {NULL, 0};
    TRY(take(rest, sizeof *out, &bytes));
    return ident_from(bytes, out);
}

static err_t take_number(str_t *rest, int64_t most, int64_t *out)
{
    uint64_t number = 0;
    TRY(str_varint(rest, &number));
    if (number > (uint64_t)most)
        return fail(ERR_INVALID, "past what there can be");
    *out = (int64_t)number;
    return ERR_OK;
}

static err_t column_read(str_t *rest, struct segment_head *head, size_t i)
{
    int64_t kind = 0;
    str_t name = {NULL, 0};
    TRY(take_number(rest, COLUMN_TEXT, &kind));
    TRY(take_sized(rest, sizeof head->names[i] - 1, &name));
    snprintf(head->names[i], sizeof head->names[i], "%.*s", STR_ARG(name));
    head->columns[i] = (struct column){head->names[i], (column_kind_t)kind};
    return ERR_OK;
}

err_t segment_head_read(str_t plain, struct segment_head *out_head)
{
    str_t key = {NULL, 0};
    int64_t version = 0, table = 0, count = 0;
    struct segment *about = &out_head->about;
    TRY(take_number(&plain, INT64_MAX, &version));
    if (version != SEGMENT_VERSION)
        return fail(ERR_INVALID, "version %lld of the format is not known here", (long long)version);
    TRY(take(&plain, KEY_SIZE, &key));
    TRY(key_from(key, &out_head->key));
    TRY(take_ident(&plain, &about->realm));
    TRY(take_ident(&plain, &about->tenant));
    TRY(take_number(&plain, INT64_MAX, &about->from));
    TRY(take_number(&plain, INT64_MAX, &about->cut));
    TRY(take_number(&plain, INT32_MAX, &table));
    TRY(take_number(&plain, PLACE_COLUMNS, &count));
    about->table = (int)table;
    out_head->count = (size_t)count;
    for (size_t i = 0; i < out_head->count; i++)
        TRY(column_read(&plain, out_head, i));
    return plain.len ? fail(ERR_INVALID, "more than a head") : ERR_OK;
}

/* The key of a row whose columns may be of another release: the first ones have never changed. */
static err_t key_of_row(const struct segment_head *head, str_t row, place_key_t *out_key)
{
    const struct place *now = table_numbered(head->about.table);
    if (!now || now->keys > head->count)
        return fail(ERR_INVALID, "a table without its key");
    const struct place then = {
        .name = now->name, .columns = head->columns, .count = head->count, .keys = now->keys};
    return row_key(&then, row, out_key);
}

err_t frame_next(str_t *rest, const struct segment_head *head, str_t *out_key, str_t *out_row)
{
    (void)head;
    TRY(take_sized(rest, MAX_ROW, out_row));
    *out_key = (str_t){0};
    if (out_row->len)
        return ERR_OK;
    *out_row = (str_t){0};
    return take_sized(rest, MAX_KEY, out_key);
}

static err_t read_at(const struct segment_reading *own, char *at, size_t len, int64_t offset)
{
    for (size_t done = 0; done < len;) {
        ssize_t got = pread(own->fd, at + done, len - done, (off_t)(offset + (int64_t)done));
        if (got > 0)
            done += (size_t)got;
        else if (got == 0 || errno != EINTR)
            return got ? fail(ERR_BROKEN, "%s cannot be read: %s", ident_text("seg", own->about.id).text,
                              strerror(errno))
                       : broken(own, "it is cut short");
    }
    return ERR_OK;
}

/* The size of the part that begins where the reader stands. */
static err_t size_read(struct segment_reading *own, uint64_t most, uint64_t *out_size)
{
    char bytes[MAX_SIZE_BYTES];
    int64_t left = own->size - own->at;
    size_t len = left < MAX_SIZE_BYTES ? (size_t)left : MAX_SIZE_BYTES;
    TRY(read_at(own, bytes, len, own->at));
    str_t rest = str_bytes(bytes, len);
    if (str_varint(&rest, out_size) != ERR_OK || *out_size > most)
        return broken(own, "the length of a part is wrong");
    own->at += (int64_t)(len - rest.len);
    return ERR_OK;
}

static err_t part_read(struct segment_reading *own, uint64_t len)
{
    buf_clear(&own->frame);
    char *at = (int64_t)len <= own->size - own->at ? buf_room(&own->frame, len) : NULL;
    if (!at)
        return broken(own, "it is cut short");
    TRY(read_at(own, at, len, own->at));
    own->at += (int64_t)len;
    return ERR_OK;
}

static bool is_same(const struct segment *said, const struct segment *found)
{
    return ident_eq(said->tenant, found->tenant) && ident_eq(said->realm, found->realm) &&
           said->table == found->table && said->from == found->from && said->cut == found->cut;
}

static err_t head_open(struct segment_reading *own, const struct key *outer)
{
    OWN(buf) plain = BUF(MAX_HEAD);
    uint64_t len = 0;
    TRY(part_read(own, strlen(SEGMENT_MAGIC)));
    if (!str_eq(buf_str(&own->frame), STR(SEGMENT_MAGIC)))
        return broken(own, "it is no segment");
    TRY(size_read(own, MAX_HEAD + AEAD_EXTRA, &len));
    TRY(part_read(own, len));
    if (aead_open(outer, ident_bytes(&own->about.id), buf_str(&own->frame), &plain) != ERR_OK)
        return broken(own, "its head does not hold");
    if (segment_head_read(buf_str(&plain), &own->head) != ERR_OK)
        return broken(own, "its head cannot be read");
    return is_same(&own->about, &own->head.about) ? ERR_OK : broken(own, "it is not the one that is named");
}

static bool columns_as_now(const struct segment_reading *own)
{
    const struct place *now = own->place;
    bool same = now && now->count == own->head.count;
    for (size_t i = 0; same && i < now->count; i++)
        same = now->columns[i].kind == own->head.columns[i].kind &&
               !strcmp(now->columns[i].name, own->head.columns[i].name);
    return same;
}

static err_t file_open(struct segment_reading *own, const char *folder)
{
    struct stat about;
    OWN(buf) path = BUF(SEGMENT_PATH - 1);
    TRY(segment_path(folder, own->about.id, &path));
    own->fd = open(path.at, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (own->fd < 0 || fstat(own->fd, &about) != 0)
        return broken(own, errno == ENOENT ? "it is missing" : "it cannot be opened");
    own->size = about.st_size;
    return own->size == own->about.bytes ? ERR_OK : broken(own, "it is not as long as it was");
}

err_t segment_open(const char *folder, const struct segment *about, const struct key *outer,
                   struct segment_reader **out_reader)
{
    OWN(segment_reader) reader = calloc(1, sizeof *reader);
    if (reader)
        reader->own = calloc(1, sizeof *reader->own);
    if (!reader || !reader->own)
        return fail(ERR_BUSY, "no memory for a segment");
    struct segment_reading *own = reader->own;
    own->about = *about;
    own->frame = (buf_t)BUF(MAX_FRAME_BYTES + AEAD_EXTRA);
    own->row = (buf_t)BUF(MAX_ROW);
    TRY(file_open(own, folder));
    TRY(head_open(own, outer));
    own->place = table_numbered(about->table);
    own->as_now = columns_as_now(own);
    *out_reader = give(reader);
    return ERR_OK;
}

/* The end, where the reader stands behind its 0: counts, and what comes after it in the file. */
static err_t end_open(struct segment_reading *own, int64_t out_counts[3], str_t *out_index)
{
    uint64_t len = 0;
    const frame_ad_t ad = frame_ad(own->about.id, 0, true);
    TRY(size_read(own, MAX_INDEX, &len));
    own->frame.limit = own->frame.limit < len ? (size_t)len : own->frame.limit;
    TRY(part_read(own, len));
    if (aead_open_at(&own->head.key, ad_str(&ad), own->frame.at, own->frame.len) != ERR_OK)
        return broken(own, "its end does not hold");
    str_t rest = str_bytes(own->frame.at + AEAD_NONCE, own->frame.len - AEAD_EXTRA);
    for (size_t i = 0; i < 3; i++)
        if (take_number(&rest, INT64_MAX, &out_counts[i]) != ERR_OK)
            return broken(own, "its end cannot be read");
    *out_index = rest;
    return ERR_OK;
}

static err_t tail_check(struct segment_reading *own, int64_t end)
{
    char tail[SEGMENT_TAIL];
    uint64_t said = 0;
    if (own->size - own->at != SEGMENT_TAIL)
        return broken(own, "it does not end where it ends");
    TRY(read_at(own, tail, sizeof tail, own->at));
    for (size_t i = 0; i < sizeof tail; i++)
        said |= (uint64_t)(uint8_t)tail[i] << (8 * i);
    return said == (uint64_t)end ? ERR_OK : broken(own, "it does not say where it ends");
}

static err_t end_check(struct segment_reading *own, int64_t end)
{
    int64_t counts[3] = {0};
    str_t index = {NULL, 0};
    TRY(end_open(own, counts, &index));
    if (counts[1] != (int64_t)own->frames || counts[2] != end || counts[0] != own->about.rows)
        return broken(own, "frames or rows are missing");
    own->ended = true;
    return tail_check(own, end);
}

/* The next frame's bytes; or the end, looked at. */
static err_t frame_read(struct segment_reading *own)
{
    uint64_t len = 0;
    int64_t begins = own->at;
    TRY(size_read(own, MAX_FRAME_BYTES + AEAD_EXTRA, &len));
    return len ? part_read(own, len) : end_check(own, begins);
}

static err_t frame_open(struct segment_reading *own)
{
    TRY(frame_read(own));
    if (own->ended)
        return ERR_OK;
    const frame_ad_t ad = frame_ad(own->about.id, own->frames, false);
    if (aead_open_at(&own->head.key, ad_str(&ad), own->frame.at, own->frame.len) != ERR_OK)
        return broken(own, "a frame does not hold");
    own->rest = str_bytes(own->frame.at + AEAD_NONCE, own->frame.len - AEAD_EXTRA);
    own->frames++;
    return ERR_OK;
}

static int column_then(const struct segment_head *head, const char *name)
{
    for (size_t i = 0; i < head->count; i++)
        if (!strcmp(head->columns[i].name, name))
            return (int)i;
    return -1;
}

/* A row of other columns, as the table has them now. */
static err_t row_now(struct segment_reading *own, str_t row, str_t *out_row)
{
    struct value values[PLACE_COLUMNS];
    TRY(row_read(own->head.columns, own->head.count, row, values));
    buf_clear(&own->row);
    for (size_t i = 0; i < own->place->count; i++) {
        const struct column *column = &own->place->columns[i];
        int then = column_then(&own->head, column->name);
        bool fits = then >= 0 && own->head.columns[then].kind == column->kind;
        const struct value none = {.is_null = column->kind != COLUMN_NUMBER, .number = column->before};
        row_put_value(&own->row, column->kind, fits ? &values[then] : &none);
    }
    TRY(buf_end(&own->row));
    *out_row = buf_str(&own->row);
    return ERR_OK;
}

static err_t row_take(struct segment_reader *reader)
{
    struct segment_reading *own = reader->own;
    str_t key, row;
    if (frame_next(&own->rest, &own->head, &key, &row) != ERR_OK)
        return broken(own, "a frame cannot be read");
    if (!row.at) {
        reader->key = key;
        reader->row = row;
        return ERR_OK;
    }
    if (key_of_row(&own->head, row, &own->key) != ERR_OK)
        return broken(own, "a row cannot be read");
    reader->key = key_str(&own->key);
    reader->row = row;
    return own->as_now ? ERR_OK : row_now(own, row, &reader->row);
}

static err_t next(struct segment_reader *reader)
{
    struct segment_reading *own = reader->own;
    while (!own->rest.len && !own->ended)
        TRY(frame_open(own));
    if (own->ended)
        return ERR_OK;
    own->rows++;
    return row_take(reader);
}

bool segment_next(struct segment_reader *reader)
{
    struct segment_reading *own = reader->own;
    if (own->state != ERR_OK || own->ended)
        return false;
    own->state = own->place ? next(reader) : broken(own, "its table is not known");
    return own->state == ERR_OK && !own->ended;
}

/* The index of the end, read once. */
static err_t index_take(struct segment_reading *own, str_t rest, size_t count)
{
    int64_t at = 0, step = 0;
    own->index = calloc(count + 1, sizeof *own->index);
    if (!own->index)
        return fail(ERR_BUSY, "no memory for an index");
    for (size_t i = 0; i < count; i++) {
        str_t key = {NULL, 0};
        if (take_number(&rest, own->size, &step) != ERR_OK || take_sized(&rest, MAX_KEY, &key) != ERR_OK)
            return broken(own, "its index cannot be read");
        at += step;
        own->index[i].at = at;
        own->index[i].first.len = key.len;
        memcpy(own->index[i].first.at, key.at, key.len);
    }
    own->index_count = count;
    return ERR_OK;
}

static err_t tail_read(const struct segment_reading *own, int64_t *out_end)
{
    char tail[SEGMENT_TAIL];
    uint64_t end = 0;
    if (own->size < SEGMENT_TAIL)
        return broken(own, "it is cut short");
    TRY(read_at(own, tail, sizeof tail, own->size - SEGMENT_TAIL));
    for (size_t i = 0; i < sizeof tail; i++)
        end |= (uint64_t)(uint8_t)tail[i] << (8 * i);
    if (end >= (uint64_t)own->size)
        return broken(own, "it does not say where it ends");
    *out_end = (int64_t)end;
    return ERR_OK;
}

/* What the reader has before it stays as it is. */
static err_t index_read(struct segment_reading *own)
{
    int64_t counts[3], end = 0, stands = own->at;
    OWN(buf) frame = give(own->frame);
    str_t index;
    own->frame = (buf_t)BUF(MAX_INDEX);
    TRY(tail_read(own, &end));
    own->at = end + 1;
    TRY(end_open(own, counts, &index));
    TRY(index_take(own, index, (size_t)counts[1]));
    buf_drop(&own->frame);
    own->frame = give(frame);
    own->at = stands;
    return ERR_OK;
}

/* The last frame that does not begin behind the key. */
static size_t frame_of(const struct segment_reading *own, str_t key)
{
    size_t from = 0, until = own->index_count;
    while (until - from > 1) {
        size_t middle = from + (until - from) / 2;
        if (key_compare(key_str(&own->index[middle].first), key) <= 0)
            from = middle;
        else
            until = middle;
    }
    return from;
}

static err_t frame_skip(struct segment_reading *own, str_t key)
{
    if (!own->index)
        TRY(index_read(own));
    size_t frame = own->index_count ? frame_of(own, key) : 0;
    if (frame < own->frames || !own->index_count)
        return ERR_OK;
    own->skipped = true;
    own->frames = frame;
    own->at = own->index[frame].at;
    own->rest = (str_t){0};
    return ERR_OK;
}

bool segment_seek(struct segment_reader *reader, str_t key)
{
    struct segment_reading *own = reader->own;
    if (own->state != ERR_OK || own->ended)
        return false;
    if (reader->key.at && key_compare(reader->key, key) >= 0)
        return true;
    own->state = frame_skip(own, key);
    while (segment_next(reader))
        if (key_compare(reader->key, key) >= 0)
            return true;
    return false;
}

err_t segment_close(const struct segment_reader *reader)
{
    const struct segment_reading *own = reader->own;
    TRY(own->state);
    if (!own->ended || own->skipped || own->rows == (uint64_t)own->about.rows)
        return ERR_OK;
    return broken(own, "rows are missing");
}

void segment_reader_drop(struct segment_reader **reader)
{
    struct segment_reading *own = *reader ? (*reader)->own : NULL;
    if (own) {
        if (own->fd > 0)
            close(own->fd);
        buf_drop(&own->frame);
        buf_drop(&own->row);
        free(own->index);
        key_drop(&own->head.key);
        free(own);
    }
    free(*reader);
    *reader = NULL;
}

static err_t frames_check(struct segment_reading *own)
{
    while (!own->ended) {
        TRY(frame_read(own));
        const frame_ad_t ad = frame_ad(own->about.id, own->frames, false);
        if (!own->ended && aead_check(&own->head.key, ad_str(&ad), buf_str(&own->frame)) != ERR_OK)
            return broken(own, "a frame does not hold");
        own->frames += !own->ended;
    }
    return ERR_OK;
}

err_t segment_check(const char *folder, const struct segment *about, const struct key *outer)
{
    OWN(segment_reader) reader = NULL;
    TRY(segment_open(folder, about, outer, &reader));
    return reader ? frames_check(reader->own) : fail(ERR_BROKEN, "a segment without a reader");
}
