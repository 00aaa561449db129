/* SPDX-License-Identifier: Apache-2.0
 *
 * The files of one log, as they stand on the disk and as a client copies them: FOLDER/checkpoint, FOLDER/cosigned
 * where there is a witness, and FOLDER/tile/…
 *
 *     struct log_folder folder;
 *     TRY(log_folder_at(env, "log", "ten_…", &folder));
 *     struct tile_source source = log_folder_source(&folder);
 *     struct tile_sink sink = log_folder_sink(&folder);        put files are durable after log_folder_sync()
 *
 * Reading a log that has no file yet is MISSING. log_folder_file() reads by the path that a client names: it has to be
 * one that a log has (INVALID), so that it leads nowhere else. A partial tile that is gone is the beginning of the full one.
 */
#pragma once
#include "sys/env.h"
#include "tlog/tile.h"

struct log_folder {
    struct env *env;
    char path[1024];
};

CHECKED err_t log_folder_at(struct env *env, const char *logs, const char *name,
                            struct log_folder *out_folder);
struct tile_source log_folder_source(const struct log_folder *folder);
struct tile_sink log_folder_sink(const struct log_folder *folder);
CHECKED err_t log_folder_drop(const struct log_folder *folder, const struct tile *tile);
CHECKED err_t log_folder_sync(const struct log_folder *folder);

CHECKED err_t log_folder_checkpoint(const struct log_folder *folder, buf_t *out_note);
CHECKED err_t log_folder_checkpoint_put(const struct log_folder *folder, str_t note);

/* FOLDER/cosigned: the checkpoint that the client's witness has cosigned last, with its signature behind the log's. */
CHECKED err_t log_folder_cosigned_put(const struct log_folder *folder, str_t note);
CHECKED err_t log_folder_file(const struct log_folder *folder, str_t path, buf_t *out_bytes);
