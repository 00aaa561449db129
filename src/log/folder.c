/* SPDX-License-Identifier: Apache-2.0 */
#include "log/folder.h"

typedef struct {
    char text[1280];
} log_path_t;

static log_path_t path_in(const struct log_folder *folder, const char *name)
{
    log_path_t path;
    snprintf(path.text, sizeof path.text, "%s/%s", folder->path, name);
    return path;
}

err_t log_folder_at(struct env *env, const char *logs, const char *name, struct log_folder *out_folder)
{
    *out_folder = (struct log_folder){.env = env};
    int len = snprintf(out_folder->path, sizeof out_folder->path, "%s/%s", logs, name);
    return (size_t)len < sizeof out_folder->path ? ERR_OK
                                                 : fail(ERR_INVALID, "the path of a log is too long");
}

static err_t tile_read(void *from, const struct tile *tile, buf_t *out_bytes)
{
    const struct log_folder *folder = from;
    return folder->env->read_file(folder->env, path_in(folder, tile_path(tile).text).text, out_bytes);
}

static err_t tile_put(void *to, const struct tile *tile, str_t bytes)
{
    const struct log_folder *folder = to;
    return folder->env->put_file(folder->env, path_in(folder, tile_path(tile).text).text, bytes, 0644);
}

struct tile_source log_folder_source(const struct log_folder *folder)
{
    return (struct tile_source){tile_read, (void *)(uintptr_t)folder};
}

struct tile_sink log_folder_sink(const struct log_folder *folder)
{
    return (struct tile_sink){tile_put, (void *)(uintptr_t)folder};
}

err_t log_folder_drop(const struct log_folder *folder, const struct tile *tile)
{
    return folder->env->drop_file(folder->env, path_in(folder, tile_path(tile).text).text);
}

err_t log_folder_sync(const struct log_folder *folder)
{
    return folder->env->sync_beneath(folder->env, folder->path);
}

err_t log_folder_checkpoint(const struct log_folder *folder, buf_t *out_note)
{
    return folder->env->read_file(folder->env, path_in(folder, "checkpoint").text, out_note);
}

/* The first one of a log makes its folder. */
err_t log_folder_checkpoint_put(const struct log_folder *folder, str_t note)
{
    TRY(folder->env->put_file(folder->env, path_in(folder, "checkpoint").text, note, 0644));
    return log_folder_sync(folder);
}

err_t log_folder_cosigned_put(const struct log_folder *folder, str_t note)
{
    TRY(folder->env->put_file(folder->env, path_in(folder, "cosigned").text, note, 0644));
    return log_folder_sync(folder);
}

err_t log_folder_file(const struct log_folder *folder, str_t path, buf_t *out_bytes)
{
    struct tile tile;
    if (str_eq(path, STR("checkpoint")))
        return log_folder_checkpoint(folder, out_bytes);
    if (str_eq(path, STR("cosigned")))
        return folder->env->read_file(folder->env, path_in(folder, "cosigned").text, out_bytes);
    TRY(tile_from(path, &tile));
    const struct tile_source source = log_folder_source(folder);
    err_t read = tile_read(source.from, &tile, out_bytes);
    return read == ERR_MISSING && tile.width < TILE_FULL ? tile_fetch(&source, &tile, out_bytes) : read;
}
