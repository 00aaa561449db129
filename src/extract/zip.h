/* SPDX-License-Identifier: Apache-2.0
 *
 * A zip archive, written as a stream: each file whole from memory, deflated, its size and checksum before it; or in pieces,
 * its size and checksum behind it. Every program that reads zip at all reads it from front to back too.
 *
 *     OWN(zip) zip = {.sink = sink};
 *     TRY(zip_add(&zip, &(struct zip_file){"devices.jsonl", now, bytes}));
 *     TRY(zip_begin(&zip, &(struct zip_pieces){"video.mp4", now, most}));
 *     TRY(zip_put(&zip, bytes)); …
 *     TRY(zip_close(&zip));
 *     TRY(zip_end(&zip));                              the directory: before it there is no archive
 *
 * What comes in pieces is compressed already, and put as deflate's stored blocks: they cost 5 bytes in 64 KiB and no time, and
 * say themselves where they end, which a file that is stored without them does not to who reads it before the directory.
 *
 * Names are UTF-8 with / between folders. What goes past 4 GiB or 65,535 files is told as ZIP64 tells it, and so is a file that
 * may become that large. Memory: the directory, some 80 bytes a file, and one file deflated. Source: PKWARE APPNOTE 6.3.10,
 * RFC 1951.
 */
#pragma once
#include "base/moment.h"
#include "crypt/age.h"

enum { ZIP_FILE_MAX = 64 * 1024 * 1024, ZIP_DIRECTORY_MAX = 64 * 1024 * 1024, ZIP_NAME_MAX = 255 };

struct zip_file {
    const char *name;
    moment_t made;
    str_t bytes; /* at most ZIP_FILE_MAX */
};

struct zip_pieces {
    const char *name;
    moment_t made;
    uint64_t most; /* bytes that it may become: TOO_LARGE past them */
};

struct zip_open;
struct zip {
    struct age_sink sink;
    uint64_t at, files;
    buf_t directory;
    struct zip_open *open;
};
typedef struct zip zip_own;
void zip_drop(struct zip *zip);
CHECKED err_t zip_add(struct zip *zip, const struct zip_file *file);
CHECKED err_t zip_begin(struct zip *zip, const struct zip_pieces *file);
CHECKED err_t zip_put(struct zip *zip, str_t bytes);
CHECKED err_t zip_close(struct zip *zip);
CHECKED err_t zip_end(struct zip *zip);
