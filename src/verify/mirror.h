/* SPDX-License-Identifier: Apache-2.0
 *
 * A mirrored log: a folder that holds its files under the paths it publishes them at.
 *
 *     struct mirror mirror = {env, "mirror/log.example"};
 *     struct tile_source source = mirror_source(&mirror);
 */
#pragma once
#include "sys/env.h"
#include "tlog/tile.h"

struct mirror {
    struct env *env;
    const char *folder;
};

struct tile_source mirror_source(struct mirror *mirror);

/* A file of the folder, whole. */
CHECKED err_t mirror_read(const struct mirror *mirror, const char *path, buf_t *out_bytes);
