/* SPDX-License-Identifier: Apache-2.0
 *
 * A body as it was before its sender compressed it: gzip (RFC 1952) and deflate, which is zlib's format (RFC 1950; RFC
 * 9110, 8.4.1.2).
 *
 *     TRY(inflate_body(request->content_encoding, request->body, MAX_FOREIGN, &body));
 *
 * "" and identity leave it as it is. What would be past `most` is TOO_LARGE, and never made: a small body that says much
 * costs no more than `most`. INVALID: another encoding, a stream that is damaged or cut off, bytes behind it.
 */
#pragma once
#include "base/bytes.h"

CHECKED err_t inflate_body(str_t encoding, str_t body, size_t most, buf_t *out_body);
