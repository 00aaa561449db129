/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/mirror.h"

enum { PATH_MAX_BYTES = 4096 };

err_t mirror_read(const struct mirror *mirror, const char *path, buf_t *out_bytes)
{
    OWN(buf) whole = BUF(PATH_MAX_BYTES);
    buf_put(&whole, str(mirror->folder));
    buf_put_byte(&whole, '/');
    buf_put(&whole, str(path));
    TRY(buf_end(&whole));
    return mirror->env->read_file(mirror->env, whole.at, out_bytes);
}

static err_t tile_read(void *from, const struct tile *tile, buf_t *out_bytes)
{
    return mirror_read(from, tile_path(tile).text, out_bytes);
}

struct tile_source mirror_source(struct mirror *mirror) { return (struct tile_source){tile_read, mirror}; }
