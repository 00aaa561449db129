/* SPDX-License-Identifier: Apache-2.0
 *
 * A segment written.
 */
#include "snapshot/_segment.h"

#include <errno.h>
#include <fcntl.h>

err_t segment_path(const char *folder, ident_t id, buf_t *out_path)
{
    buf_putf(out_path, "%s/%s", folder, ident_text("seg", id).text);
    return buf_end(out_path);
}

frame_ad_t frame_ad(ident_t segment, uint64_t number, bool is_last)
{
    frame_ad_t ad;
    memcpy(ad.at, segment.bytes, sizeof segment);
    for (size_t i = 0; i < 8; i++)
        ad.at[sizeof segment + i] = (char)(number >> (8 * i));
    ad.at[sizeof segment + 8] = is_last;
    return ad;
}

struct segment_writer {
    struct env *env;
    struct segment about;
    struct key key;
    char path[SEGMENT_PATH];
    int fd;
    struct hash *hash;
    buf_t frame; /* room for the nonce, then rows */
    buf_t index;
    uint64_t frames;
    int64_t last_frame; /* where it begins in the file */
    place_key_t first;
};

static err_t disk_error(const char *what, const char *path)
{
    err_t code = errno == ENOENT ? ERR_MISSING : errno == ENOSPC || errno == EDQUOT ? ERR_BUSY : ERR_BROKEN;
    return fail(code, "cannot %s %s: %s", what, path, strerror(errno));
}

static err_t put(struct segment_writer *writer, str_t bytes)
{
    TRY(hash_add(writer->hash, bytes));
    writer->about.bytes += (int64_t)bytes.len;
    for (size_t done = 0; done < bytes.len;) {
        ssize_t written = write(writer->fd, bytes.at + done, bytes.len - done);
        if (written > 0)
            done += (size_t)written;
        else if (written == 0 || errno != EINTR)
            return disk_error("write", writer->path);
    }
    return ERR_OK;
}

static err_t put_sized(struct segment_writer *writer, str_t sealed)
{
    OWN(buf) size = BUF(16);
    buf_put_varint(&size, sealed.len);
    TRY(buf_end(&size));
    TRY(put(writer, buf_str(&size)));
    return put(writer, sealed);
}

void segment_head_put(const struct segment *about, const struct place *place, const struct key *key,
                      buf_t *out)
{
    buf_put_varint(out, SEGMENT_VERSION);
    buf_put(out, key_bytes(key));
    buf_put(out, ident_bytes(&about->realm));
    buf_put(out, ident_bytes(&about->tenant));
    buf_put_varint(out, (uint64_t)about->from);
    buf_put_varint(out, (uint64_t)about->cut);
    buf_put_varint(out, (uint64_t)about->table);
    buf_put_varint(out, place->count);
    for (size_t i = 0; i < place->count; i++) {
        buf_put_varint(out, place->columns[i].kind);
        buf_put_varint(out, strlen(place->columns[i].name));
        buf_put(out, str(place->columns[i].name));
    }
}

static err_t head_write(struct segment_writer *writer, const struct place *place, const struct key *outer)
{
    OWN(buf) plain = BUF(MAX_HEAD);
    OWN(buf) sealed = BUF(MAX_HEAD + AEAD_EXTRA);
    segment_head_put(&writer->about, place, &writer->key, &plain);
    TRY(buf_end(&plain));
    aead_seal(writer->env, outer, ident_bytes(&writer->about.id), buf_str(&plain), &sealed);
    TRY(buf_end(&sealed));
    TRY(put(writer, STR(SEGMENT_MAGIC)));
    return put_sized(writer, buf_str(&sealed));
}

static void frame_begin(struct segment_writer *writer)
{
    buf_clear(&writer->frame);
    (void)!buf_room(&writer->frame, AEAD_NONCE); /* where it fails the next put does, and is told */
}

err_t segment_begin(struct env *env, const char *folder, const struct segment *about, const struct key *outer,
                    struct segment_writer **out_writer)
{
    const struct place *place = table_numbered(about->table);
    OWN(buf) path = BUF(SEGMENT_PATH - 1);
    OWN(segment_writer) writer = calloc(1, sizeof *writer);
    if (!writer || !place)
        return fail(writer ? ERR_INVALID : ERR_BUSY, "no segment of table %d", about->table);
    writer->env = env;
    writer->about = *about;
    writer->about.rows = writer->about.bytes = 0;
    writer->about.id = ident_new(env);
    writer->frame = (buf_t)BUF(MAX_FRAME_BYTES + AEAD_EXTRA);
    writer->index = (buf_t)BUF(MAX_INDEX);
    key_random(env, &writer->key);
    TRY(hash_begin(&writer->hash));
    TRY(segment_path(folder, writer->about.id, &path));
    snprintf(writer->path, sizeof writer->path, "%s", path.at);
    writer->fd = open(writer->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (writer->fd < 0)
        return disk_error("create", path.at);
    TRY(head_write(writer, place, outer));
    frame_begin(writer);
    *out_writer = give(writer);
    return ERR_OK;
}

static void index_frame(struct segment_writer *writer)
{
    buf_put_varint(&writer->index, (uint64_t)(writer->about.bytes - writer->last_frame));
    buf_put_varint(&writer->index, writer->first.len);
    buf_put(&writer->index, key_str(&writer->first));
    writer->last_frame = writer->about.bytes;
}

static err_t frame_end(struct segment_writer *writer)
{
    size_t len = writer->frame.len - AEAD_NONCE;
    const frame_ad_t ad = frame_ad(writer->about.id, writer->frames, false);
    if (!len)
        return ERR_OK;
    if (!buf_room(&writer->frame, AEAD_EXTRA - AEAD_NONCE))
        return buf_end(&writer->frame);
    aead_seal_at(writer->env, &writer->key, ad_str(&ad), writer->frame.at, len);
    index_frame(writer);
    TRY(put_sized(writer, buf_str(&writer->frame)));
    writer->frames++;
    frame_begin(writer);
    return buf_end(&writer->frame);
}

/* Before a row: whether it still fits the frame, and where it is its first, which key that begins with. */
static err_t frame_ready(struct segment_writer *writer, str_t key, size_t len)
{
    if (key.len > MAX_KEY)
        return fail(ERR_INVALID, "a key of %zu bytes", key.len);
    if (writer->frame.len > AEAD_NONCE && writer->frame.len - AEAD_NONCE + len > SEGMENT_FRAME)
        TRY(frame_end(writer));
    if (writer->frame.len == AEAD_NONCE) {
        writer->first.len = key.len;
        memcpy(writer->first.at, key.at, key.len);
    }
    writer->about.rows++;
    return ERR_OK;
}

err_t segment_row(struct segment_writer *writer, str_t key, str_t row)
{
    TRY(frame_ready(writer, key, row.len));
    buf_put_varint(&writer->frame, row.len);
    buf_put(&writer->frame, row);
    return buf_end(&writer->frame);
}

err_t segment_gone(struct segment_writer *writer, str_t key)
{
    TRY(frame_ready(writer, key, key.len));
    buf_put_varint(&writer->frame, 0);
    buf_put_varint(&writer->frame, key.len);
    buf_put(&writer->frame, key);
    return buf_end(&writer->frame);
}

/* How many rows, frames and bytes there are, and where each frame begins with which key. */
static err_t end_write(struct segment_writer *writer)
{
    OWN(buf) plain = BUF(MAX_INDEX);
    OWN(buf) sealed = BUF(MAX_INDEX + AEAD_EXTRA);
    const frame_ad_t ad = frame_ad(writer->about.id, 0, true);
    buf_put_varint(&plain, (uint64_t)writer->about.rows);
    buf_put_varint(&plain, writer->frames);
    buf_put_varint(&plain, (uint64_t)writer->about.bytes);
    buf_put(&plain, buf_str(&writer->index));
    TRY(buf_end(&writer->index));
    TRY(buf_end(&plain));
    aead_seal(writer->env, &writer->key, ad_str(&ad), buf_str(&plain), &sealed);
    TRY(buf_end(&sealed));
    TRY(put(writer, STR("\0")));
    return put_sized(writer, buf_str(&sealed));
}

err_t segment_end(struct segment_writer *writer, struct segment *out_about)
{
    char tail[SEGMENT_TAIL];
    TRY(frame_end(writer));
    for (size_t i = 0; i < sizeof tail; i++)
        tail[i] = (char)((uint64_t)writer->about.bytes >> (8 * i));
    TRY(end_write(writer));
    TRY(put(writer, str_bytes(tail, sizeof tail)));
    TRY(hash_end(writer->hash, writer->about.digest));
    /* An fsync that failed once may report success the next time although the bytes are lost: never tried again. */
    if (fsync(writer->fd) != 0)
        return disk_error("sync", writer->path);
    *writer->path = '\0';
    *out_about = writer->about;
    return ERR_OK;
}

void segment_writer_drop(struct segment_writer **writer)
{
    if (!*writer)
        return;
    if ((*writer)->fd > 0)
        close((*writer)->fd);
    if ((*writer)->fd > 0 && *(*writer)->path)
        unlink((*writer)->path);
    hash_drop(&(*writer)->hash);
    buf_drop(&(*writer)->frame);
    buf_drop(&(*writer)->index);
    key_drop(&(*writer)->key);
    free(*writer);
    *writer = NULL;
}
