/* SPDX-License-Identifier: Apache-2.0
 *
 * An archive that leaves the service: docs/formats/archive.md. A zip of open formats, sealed by age to one recipient while it
 * is written: nothing of it stands anywhere in clear.
 *
 *     OWN(archive) archive = NULL;
 *     TRY(archive_begin(env, &(struct archive_ask){path, recipient, about}, &archive));
 *     struct table table = {.name = "devices", .head = STR("id,enrolled,seen,name")};
 *     TRY(archive_table_begin(archive, &table));
 *     …  buf_put(&table.json, …); buf_put(&table.csv, …);          one line each, without its end
 *     TRY(table_row(archive, &table));
 *     TRY(archive_table_end(archive, &table));                              data/devices.jsonl, data/devices.csv
 *     TRY(archive_file(archive, "policies/7.txt", bytes));
 *     TRY(archive_file_begin(archive, "recordings/rec_….mp4", most));       one that does not fit into memory
 *     TRY(archive_file_put(archive, bytes)); …
 *     TRY(archive_file_end(archive));
 *     TRY(archive_end(archive, &made));                             page, manifest, directory; durable
 *
 * A table that is larger than TABLE_PART is several files, devices-0001.jsonl and so on. An archive that is dropped before
 * its end is removed. BUSY where the disk is full, or somebody else writes the same archive. Memory: two parts of a table,
 * and the page; what is to be kept in mind of a file is some 200 bytes.
 */
#pragma once
#include "crypt/age.h"
#include "extract/page.h"
#include "extract/zip.h"

enum { TABLE_PART = 16 * 1024 * 1024, TABLE_MOST = ZIP_FILE_MAX };

struct archive_about {
    const char *client, *kind, *recipient, *what;
    ident_t tenant, export, by;
    moment_t accepted;
};

struct archive_ask {
    const char *path;
    struct archive_about about;
};

struct archive_made {
    uint64_t size, files, records;
    uint8_t digest[DIGEST_SIZE], manifest[DIGEST_SIZE];
};

struct archive;
typedef struct archive *archive_own;
void archive_drop(struct archive **archive);
CHECKED err_t archive_begin(struct env *env, const struct archive_ask *ask, struct archive **out_archive);
CHECKED err_t archive_file(struct archive *archive, const char *name, str_t bytes);
CHECKED err_t archive_file_begin(struct archive *archive, const char *name, uint64_t most);
CHECKED err_t archive_file_put(struct archive *archive, str_t bytes);
CHECKED err_t archive_file_end(struct archive *archive);
/* A sentence of the manifest about what is not in the archive, or why. */
void archive_note(struct archive *archive, const char *note);
CHECKED err_t archive_end(struct archive *archive, struct archive_made *out_made);

struct table {
    const char *name;
    str_t head; /* of the CSV */
    buf_t json, csv;
    uint64_t records, parts, from_json;
};
typedef struct table table_own;
void table_drop(struct table *table);
CHECKED err_t archive_table_begin(struct archive *archive, struct table *table);
CHECKED err_t table_row(struct archive *archive, struct table *table);
CHECKED err_t archive_table_end(struct archive *archive, struct table *table);
