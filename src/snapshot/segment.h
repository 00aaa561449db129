/* SPDX-License-Identifier: Apache-2.0
 *
 * One segment: rows of one table that changed, in the order of their keys, sealed and never changed. The format is
 * docs/formats/snapshot.md.
 *
 *     TRY(segment_begin(env, folder, &about, &outer, &writer));        about: all but its id and what is counted
 *     TRY(segment_row(writer, key, row));  TRY(segment_gone(writer, key));
 *     TRY(segment_end(writer, &about));                                synced; the folder is not
 *
 *     TRY(segment_open(folder, &about, &outer, &reader));              head checked against what `about` says
 *     while (segment_next(reader)) … reader->key, reader->row          until the next one; row.at NULL: gone
 *     TRY(segment_close(reader));                                      BROKEN: the file is named, and how far it holds
 *
 *     TRY(segment_check(folder, &about, &outer));                      all of it authenticated, nothing decrypted
 *
 * The columns are those of the release that wrote it: a row comes as the table has it now (a column that it had not got
 * is null, one that is not there any more is left out). Of a table that is not known any more only segment_check() is of
 * use. A reader holds one frame; a writer too.
 */
#pragma once
#include "crypt/hash.h"
#include "store/places.h"

enum { SEGMENT_FRAME = 256 * 1024, SEGMENT_PATH = 2048 };

struct segment {
    ident_t id, tenant, realm;
    int table;         /* a place's number */
    int64_t from, cut; /* it holds what changed between them; from 0: everything there was */
    int64_t rows, bytes;
    uint8_t digest[DIGEST_SIZE];
};

struct segment_writer;
typedef struct segment_writer *segment_writer_own;
CHECKED err_t segment_begin(struct env *env, const char *folder, const struct segment *about,
                            const struct key *outer, struct segment_writer **out_writer);
CHECKED err_t segment_row(struct segment_writer *writer, str_t key, str_t row);
CHECKED err_t segment_gone(struct segment_writer *writer, str_t key);
CHECKED err_t segment_end(struct segment_writer *writer, struct segment *out_about);
void segment_writer_drop(struct segment_writer **writer); /* one that has not ended leaves nothing */

struct segment_reader {
    str_t key, row;
    struct segment_reading *own;
};
typedef struct segment_reader *segment_reader_own;
CHECKED err_t segment_open(const char *folder, const struct segment *about, const struct key *outer,
                           struct segment_reader **out_reader);
bool segment_next(struct segment_reader *reader);
/* On to the first key that is not before this one: frames that hold none such are not opened. */
bool segment_seek(struct segment_reader *reader, str_t key);
CHECKED err_t segment_close(const struct segment_reader *reader);
void segment_reader_drop(struct segment_reader **reader);

CHECKED err_t segment_check(const char *folder, const struct segment *about, const struct key *outer);

CHECKED err_t segment_path(const char *folder, ident_t id, buf_t *out_path);

/* The head and a frame as they stand in the seal, for whoever is given bytes: INVALID where they are not of the form. */
struct segment_head {
    struct key key;
    struct segment about;
    struct column columns[PLACE_COLUMNS];
    char names[PLACE_COLUMNS][32];
    size_t count;
};
CHECKED err_t segment_head_read(str_t plain, struct segment_head *out_head);
CHECKED err_t frame_next(str_t *rest, const struct segment_head *head, str_t *out_key, str_t *out_row);
