/* SPDX-License-Identifier: Apache-2.0 */
#include "extract/zip.h"

#include "life/calendar.h"
#include <zlib.h>

enum {
    NEEDS = 20, /* version 2.0 of the format, and 4.5 for ZIP64 */
    NEEDS_64 = 45,
    UTF8 = 1 << 11,
    DEFLATED = 8,
    MADE_BY = 3 << 8, /* Unix: the mode stands in the upper half of the attributes */
    MODE = 0100644,
    ZIP64 = 1,
    SHORT_MOST = 0xffff,
};
static const uint32_t LONG_MOST = 0xffffffff;
static const uint32_t LOCAL = 0x04034b50, CENTRAL = 0x02014b50, END = 0x06054b50, END_64 = 0x06064b50,
                      LOCATOR_64 = 0x07064b50;

void zip_drop(struct zip *zip) { buf_drop(&zip->directory); }

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

/* What stands before the file and in the directory alike. */
struct about {
    uint32_t made, crc, squeezed, size;
    str_t name;
};

static void put_about(buf_t *out, const struct about *about, unsigned extra)
{
    put(out, extra ? NEEDS_64 : NEEDS, 2);
    put(out, UTF8, 2);
    put(out, DEFLATED, 2);
    put(out, about->made, 4);
    put(out, about->crc, 4);
    put(out, about->squeezed, 4);
    put(out, about->size, 4);
    put(out, about->name.len, 2);
    put(out, extra, 2);
}

static void directory_put(struct zip *zip, const struct about *about)
{
    bool far = zip->at >= LONG_MOST;
    buf_t *out = &zip->directory;
    put(out, CENTRAL, 4);
    put(out, MADE_BY | NEEDS_64, 2);
    put_about(out, about, far ? 12 : 0);
    put(out, 0, 2); /* no comment */
    put(out, 0, 2); /* first disk */
    put(out, 0, 2);
    put(out, (uint64_t)MODE << 16, 4);
    put(out, far ? LONG_MOST : zip->at, 4);
    buf_put(out, about->name);
    if (far) {
        put(out, ZIP64, 2);
        put(out, 8, 2);
        put(out, zip->at, 8);
    }
}

err_t zip_add(struct zip *zip, const struct zip_file *file)
{
    OWN(buf) head = BUF(1024);
    OWN(buf) squeezed = BUF((size_t)ZIP_FILE_MAX + ZIP_FILE_MAX / 64);
    if (file->bytes.len > ZIP_FILE_MAX || strlen(file->name) > ZIP_NAME_MAX)
        return fail(ERR_TOO_LARGE, "a file of an archive is larger than %d bytes", ZIP_FILE_MAX);
    TRY(squeeze(file->bytes, &squeezed));
    const struct about about = {
        .made = moment_of(file->made),
        .crc = (uint32_t)crc32(0, (const Bytef *)file->bytes.at, (uInt)file->bytes.len),
        .squeezed = (uint32_t)squeezed.len,
        .size = (uint32_t)file->bytes.len,
        .name = str(file->name),
    };
    zip->directory.limit = ZIP_DIRECTORY_MAX;
    directory_put(zip, &about);
    zip->files++;
    put(&head, LOCAL, 4);
    put_about(&head, &about, 0);
    buf_put(&head, about.name);
    TRY(buf_end(&head));
    TRY(buf_end(&zip->directory));
    TRY(say(zip, buf_str(&head)));
    return say(zip, buf_str(&squeezed));
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
