/* SPDX-License-Identifier: Apache-2.0 */
#include "extract/zip.h"

#include "life/calendar.h"
#include <zlib.h>

enum {
    NEEDS = 20, /* version 2.0 of the format, and 4.5 for ZIP64 */
    NEEDS_64 = 45,
    BEHIND = 1 << 3, /* sizes and checksum stand behind the file */
    UTF8 = 1 << 11,
    DEFLATED = 8,
    MADE_BY = 3 << 8, /* Unix: the mode stands in the upper half of the attributes */
    MODE = 0100644,
    ZIP64 = 1,
    SHORT_MOST = 0xffff,
    PIECE = 64 * 1024,
};
static const uint32_t LONG_MOST = 0xffffffff;
static const uint32_t LOCAL = 0x04034b50, DESCRIPTOR = 0x08074b50, CENTRAL = 0x02014b50, END = 0x06054b50,
                      END_64 = 0x06064b50, LOCATOR_64 = 0x07064b50;

/* What stands before the file, or behind it, and in the directory. */
struct about {
    char name[ZIP_NAME_MAX + 1];
    uint32_t made, crc;
    uint64_t squeezed, size, at;
    bool behind, large; /* in pieces; and it may be one for ZIP64 */
};

struct zip_open {
    struct about about;
    uint64_t most;
    z_stream stream;
    bool deflating;
};

static void open_drop(struct zip_open **place)
{
    struct zip_open *open = give(*place);
    if (open && open->deflating)
        deflateEnd(&open->stream);
    free(open);
}

void zip_drop(struct zip *zip)
{
    buf_drop(&zip->directory);
    open_drop(&zip->open);
}

static void put(buf_t *out, uint64_t number, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        buf_put_byte(out, (uint8_t)(number >> (8 * i)));
}

static err_t say(struct zip *zip, str_t bytes)
{
    zip->at += bytes.len;
    return zip->sink.put(zip->sink.to, bytes);
}

static uint32_t moment_of(moment_t at)
{
    struct date date = date_of(at, 0);
    int64_t seconds = (at - date_begin(date, 0)) / SECONDS(1);
    uint32_t day = (uint32_t)(date.year - 1980) << 9 | (uint32_t)date.month << 5 | (uint32_t)date.day;
    return day << 16 | (uint32_t)(seconds / 3600) << 11 | (uint32_t)(seconds / 60 % 60) << 5 |
           (uint32_t)(seconds % 60 / 2);
}

static err_t squeeze(str_t bytes, buf_t *out)
{
    z_stream stream = {0};
    if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return fail(ERR_BUSY, "no memory to compress with");
    size_t most = deflateBound(&stream, (uLong)bytes.len), before = out->len;
    char *at = buf_room(out, most);
    stream.next_in = (Bytef *)(uintptr_t)bytes.at;
    stream.avail_in = (uInt)bytes.len;
    stream.next_out = (Bytef *)at;
    stream.avail_out = (uInt)most;
    int done = at ? deflate(&stream, Z_FINISH) : Z_MEM_ERROR;
    out->len = before + (at ? stream.total_out : 0);
    deflateEnd(&stream);
    return done == Z_STREAM_END ? ERR_OK : fail(ERR_BUSY, "no memory to compress into");
}

static bool is_long(uint64_t number) { return number >= LONG_MOST; }

static void put_long(buf_t *out, uint64_t number) { put(out, is_long(number) ? LONG_MOST : number, 4); }

/* Before the file as much of it as is known there. */
static void put_about(buf_t *out, const struct about *about, unsigned extra)
{
    put(out, extra || about->large ? NEEDS_64 : NEEDS, 2);
    put(out, UTF8 | (about->behind ? BEHIND : 0), 2);
    put(out, DEFLATED, 2);
    put(out, about->made, 4);
    put(out, about->crc, 4);
    put_long(out, about->squeezed);
    put_long(out, about->size);
    put(out, strlen(about->name), 2);
    put(out, extra, 2);
}

static void directory_put(const struct about *about, buf_t *out)
{
    const uint64_t numbers[] = {about->size, about->squeezed, about->at};
    unsigned far = 0;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        far += is_long(numbers[i]);
    put(out, CENTRAL, 4);
    put(out, MADE_BY | NEEDS_64, 2);
    put_about(out, about, far ? 4 + 8 * far : 0);
    put(out, 0, 2); /* no comment */
    put(out, 0, 2); /* first disk */
    put(out, 0, 2);
    put(out, (uint64_t)MODE << 16, 4);
    put_long(out, about->at);
    buf_put(out, str(about->name));
    if (far) {
        put(out, ZIP64, 2);
        put(out, 8 * far, 2);
    }
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (is_long(numbers[i]))
            put(out, numbers[i], 8);
}

static err_t local_say(struct zip *zip, const struct about *about)
{
    OWN(buf) head = BUF(1024);
    struct about before = *about;
    if (about->large) /* both sizes are told as ZIP64 tells them */
        before.size = before.squeezed = LONG_MOST;
    put(&head, LOCAL, 4);
    put_about(&head, &before, about->large ? 20 : 0);
    buf_put(&head, str(about->name));
    if (about->large) {
        put(&head, ZIP64, 2);
        put(&head, 16, 2);
        put(&head, 0, 8);
        put(&head, 0, 8);
    }
    TRY(buf_end(&head));
    return say(zip, buf_str(&head));
}

static err_t file_end(struct zip *zip, const struct about *about)
{
    zip->directory.limit = ZIP_DIRECTORY_MAX;
    directory_put(about, &zip->directory);
    zip->files++;
    return buf_end(&zip->directory);
}

static err_t about_begin(const struct zip *zip, const char *name, moment_t made, struct about *out)
{
    *out = (struct about){.made = moment_of(made), .at = zip->at};
    snprintf(out->name, sizeof out->name, "%s", name);
    return strlen(name) <= ZIP_NAME_MAX
               ? ERR_OK
               : fail(ERR_TOO_LARGE, "a name of an archive has more than %d bytes", ZIP_NAME_MAX);
}

err_t zip_add(struct zip *zip, const struct zip_file *file)
{
    OWN(buf) squeezed = BUF((size_t)ZIP_FILE_MAX + ZIP_FILE_MAX / 64);
    struct about about;
    TRY(about_begin(zip, file->name, file->made, &about));
    if (file->bytes.len > ZIP_FILE_MAX)
        return fail(ERR_TOO_LARGE, "a file of an archive is larger than %d bytes", ZIP_FILE_MAX);
    TRY(squeeze(file->bytes, &squeezed));
    about.crc = (uint32_t)crc32(0, (const Bytef *)file->bytes.at, (uInt)file->bytes.len);
    about.squeezed = squeezed.len;
    about.size = file->bytes.len;
    TRY(local_say(zip, &about));
    TRY(say(zip, buf_str(&squeezed)));
    return file_end(zip, &about);
}

/* In pieces */

err_t zip_begin(struct zip *zip, const struct zip_pieces *file)
{
    struct zip_open *open = calloc(1, sizeof *open);
    zip->open = open;
    if (!open)
        return fail(ERR_BUSY, "no memory for a file of an archive");
    TRY(about_begin(zip, file->name, file->made, &open->about));
    open->most = file->most;
    open->about.behind = true;
    open->about.large = is_long(deflateBound(NULL, file->most) + PIECE);
    open->deflating =
        deflateInit2(&open->stream, Z_NO_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) == Z_OK;
    return open->deflating ? local_say(zip, &open->about) : fail(ERR_BUSY, "no memory to compress with");
}

static err_t piece_say(struct zip *zip, str_t bytes, int flush)
{
    struct zip_open *open = zip->open;
    z_stream *stream = &open->stream;
    Bytef out[PIECE];
    stream->next_in = (Bytef *)(uintptr_t)bytes.at;
    stream->avail_in = (uInt)bytes.len;
    do {
        stream->next_out = out;
        stream->avail_out = sizeof out;
        if (deflate(stream, flush) == Z_STREAM_ERROR)
            return fail(ERR_BROKEN, "a file of an archive cannot be put");
        TRY(say(zip, str_bytes(out, sizeof out - stream->avail_out)));
        open->about.squeezed += sizeof out - stream->avail_out;
    } while (!stream->avail_out);
    return ERR_OK;
}

err_t zip_put(struct zip *zip, str_t bytes)
{
    struct about *about = &zip->open->about;
    if (bytes.len > ZIP_FILE_MAX || bytes.len > zip->open->most - about->size)
        return fail(ERR_TOO_LARGE, "a file of an archive is larger than was said of it");
    about->crc = (uint32_t)crc32(about->crc, (const Bytef *)bytes.at, (uInt)bytes.len);
    about->size += bytes.len;
    return bytes.len ? piece_say(zip, bytes, Z_NO_FLUSH) : ERR_OK;
}

err_t zip_close(struct zip *zip)
{
    OWN(buf) behind = BUF(64);
    const struct about *about = &zip->open->about;
    unsigned bytes = about->large ? 8 : 4;
    TRY(piece_say(zip, STR(""), Z_FINISH));
    put(&behind, DESCRIPTOR, 4);
    put(&behind, about->crc, 4);
    put(&behind, about->squeezed, bytes);
    put(&behind, about->size, bytes);
    TRY(buf_end(&behind));
    TRY(say(zip, buf_str(&behind)));
    err_t ended = file_end(zip, about);
    open_drop(&zip->open);
    return ended;
}

static void end_64_put(const struct zip *zip, buf_t *out)
{
    put(out, END_64, 4);
    put(out, 44, 8); /* what is left of this */
    put(out, MADE_BY | NEEDS_64, 2);
    put(out, NEEDS_64, 2);
    put(out, 0, 4);
    put(out, 0, 4);
    put(out, zip->files, 8);
    put(out, zip->files, 8);
    put(out, zip->directory.len, 8);
    put(out, zip->at, 8);
    put(out, LOCATOR_64, 4);
    put(out, 0, 4);
    put(out, zip->at + zip->directory.len, 8);
    put(out, 1, 4);
}

err_t zip_end(struct zip *zip)
{
    OWN(buf) end = BUF(256);
    bool many = zip->files >= SHORT_MOST, far = zip->at >= LONG_MOST;
    if (many || far)
        end_64_put(zip, &end);
    put(&end, END, 4);
    put(&end, 0, 2);
    put(&end, 0, 2);
    put(&end, many ? SHORT_MOST : zip->files, 2);
    put(&end, many ? SHORT_MOST : zip->files, 2);
    put(&end, zip->directory.len, 4);
    put(&end, far ? LONG_MOST : zip->at, 4);
    put(&end, 0, 2);
    TRY(buf_end(&end));
    TRY(say(zip, buf_str(&zip->directory)));
    return say(zip, buf_str(&end));
}
