/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/env_virtual.h"

static struct world *world_of(struct env *env) { return (struct world *)(void *)env; }

static moment_t virtual_now(struct env *env) { return world_of(env)->clock; }
static moment_t virtual_boot(struct env *env) { return world_of(env)->boot_clock; }

/* splitmix64: well spread, repeatable, and worthless as a secret. */
static void virtual_random(struct env *env, void *at, size_t len)
{
    struct world *world = world_of(env);
    for (size_t i = 0; i < len; i++) {
        uint64_t z = world->seed + ++world->drawn * 0x9e3779b97f4a7c15u;
        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
        z = (z ^ z >> 27) * 0x94d049bb133111ebu;
        ((uint8_t *)at)[i] = (uint8_t)(z ^ z >> 31);
    }
}

static err_t disk_act(struct world *world)
{
    if (world->fail_at && --world->fail_at == 0)
        world->failing = true;
    return world->failing ? fail(ERR_BROKEN, "the disk fails") : ERR_OK;
}

static struct world_file *file_find(struct world *world, const char *path)
{
    for (size_t i = 0; i < WORLD_FILES; i++)
        if (!strcmp(world->files[i].path, path))
            return &world->files[i];
    return NULL;
}

static err_t virtual_read_file(struct env *env, const char *path, buf_t *out_bytes)
{
    struct world *world = world_of(env);
    TRY(disk_act(world));
    const struct world_file *file = file_find(world, path);
    if (!file)
        return fail(ERR_MISSING, "no file %s", path);
    buf_put(out_bytes, buf_str(&file->bytes));
    return buf_end(out_bytes);
}

static err_t virtual_write_file(struct env *env, const char *path, str_t bytes, mode_t mode)
{
    struct world *world = world_of(env);
    (void)mode;
    TRY(disk_act(world));
    struct world_file *file = file_find(world, path);
    if (!file)
        file = file_find(world, "");
    if (!file || strlen(path) >= sizeof file->path)
        return fail(ERR_TOO_LARGE, "the virtual disk holds %d files", WORLD_FILES);
    OWN(buf) fresh = BUF(WORLD_FILE_BYTES);
    buf_put(&fresh, bytes);
    TRY(buf_end(&fresh));
    snprintf(file->path, sizeof file->path, "%s", path);
    buf_drop(&file->bytes);
    file->bytes = give(fresh);
    return ERR_OK;
}

static err_t virtual_sync_beneath(struct env *env, const char *folder)
{
    (void)folder;
    return disk_act(world_of(env));
}

static err_t virtual_overwrite(struct env *env, const char *path, off_t offset, str_t bytes)
{
    struct world *world = world_of(env);
    TRY(disk_act(world));
    struct world_file *file = file_find(world, path);
    if (!file || (size_t)offset + bytes.len > file->bytes.len)
        return fail(ERR_MISSING, "no such place in %s", path);
    memcpy(file->bytes.at + offset, bytes.at, bytes.len);
    return ERR_OK;
}

static err_t virtual_append(struct env *env, const char *path, off_t offset, str_t bytes)
{
    struct world *world = world_of(env);
    TRY(disk_act(world));
    struct world_file *file = file_find(world, path);
    if (!file || (size_t)offset > file->bytes.len)
        return fail(ERR_MISSING, "no such place in %s", path);
    file->bytes.len = (size_t)offset;
    buf_put(&file->bytes, bytes);
    return buf_end(&file->bytes);
}

static err_t virtual_remove_file(struct env *env, const char *path)
{
    struct world *world = world_of(env);
    TRY(disk_act(world));
    struct world_file *file = file_find(world, path);
    if (file) {
        buf_drop(&file->bytes);
        file->path[0] = '\0';
    }
    return ERR_OK;
}

static err_t virtual_dial(struct env *env, const char *host, uint16_t port, int *out_fd)
{
    (void)env, (void)out_fd;
    return fail(ERR_UNREACHABLE, "nobody answers at %s port %u", host, port);
}

void world_open(struct world *world, uint64_t seed)
{
    *world = (struct world){
        .env = {virtual_now, virtual_boot, virtual_random, virtual_read_file, virtual_write_file,
                virtual_write_file, virtual_sync_beneath, virtual_overwrite, virtual_remove_file,
                virtual_remove_file, virtual_append, virtual_dial},
        .env.hurried = true,
        .clock = 1764547200000, /* 2025-12-01T00:00:00Z */
        .seed = seed,
    };
}

void world_drop(struct world *world)
{
    for (size_t i = 0; i < WORLD_FILES; i++)
        buf_drop(&world->files[i].bytes);
}
