/* SPDX-License-Identifier: Apache-2.0 */
#include "foreign/inflate.h"

#include <strings.h>
#include <zlib.h>

enum { WINDOW_ZLIB = 15, WINDOW_GZIP = 15 + 16, PIECE = 16 * 1024 };

typedef z_stream stream_own;
static void stream_drop(z_stream *stream) { inflateEnd(stream); }

static bool is_named(str_t encoding, const char *name)
{
    return encoding.len == strlen(name) && !strncasecmp(encoding.at, name, encoding.len);
}

/* Piece by piece, so that nothing past the limit is ever made. */
static err_t stream_read(z_stream *stream, size_t most, buf_t *out)
{
    int state = Z_OK;
    while (state == Z_OK) {
        unsigned char piece[PIECE];
        stream->next_out = piece;
        stream->avail_out = sizeof piece;
        state = inflate(stream, Z_NO_FLUSH);
        size_t len = sizeof piece - stream->avail_out;
        if (len > most - out->len)
            return fail(ERR_TOO_LARGE, "past %zu bytes, decompressed", most);
        buf_put(out, str_bytes(piece, len));
        explicit_bzero(piece, len);
    }
    if (state != Z_STREAM_END || stream->avail_in)
        return fail(ERR_INVALID, "the body is not of its Content-Encoding");
    return buf_end(out);
}

err_t inflate_body(str_t encoding, str_t body, size_t most, buf_t *out_body)
{
    OWN(stream) stream = {.next_in = (unsigned char *)(uintptr_t)body.at, .avail_in = (unsigned)body.len};
    bool gzip = is_named(encoding, "gzip");
    if (body.len > most)
        return fail(ERR_TOO_LARGE, "past %zu bytes", most);
    if (!encoding.len || is_named(encoding, "identity")) {
        buf_put(out_body, body);
        return buf_end(out_body);
    }
    if (!gzip && !is_named(encoding, "deflate"))
        return fail(ERR_INVALID, "a Content-Encoding other than gzip and deflate");
    if (inflateInit2(&stream, gzip ? WINDOW_GZIP : WINDOW_ZLIB) != Z_OK)
        return fail(ERR_BUSY, "no memory to decompress in");
    return stream_read(&stream, most, out_body);
}
