/* SPDX-License-Identifier: Apache-2.0
 *
 * Which request heads are let through: the framing rules of server.h, as pure functions over the bytes that came.
 *
 *     size_t head;                                             0: not all of it has come
 *     const struct refusal *refusal = strict_judge(bytes, door->max_body, &head);
 *
 * Two parsers that read one message differently let one client's bytes become another's request (RFC 9112, 11.2).
 * The library behind this reads many heads that the standard forbids or leaves open, and so do proxies in front: a
 * head is passed on only where every reader agrees about where the message ends. So there is no chunked body (411, as
 * RFC 9112 6.3 permits), no body with GET and DELETE, no folded line, no bare line feed and no control character.
 * Cost: one pass over the head.
 */
#pragma once
#include "base/bytes.h"

struct refusal {
    int status; /* HTTP's; for some of them err_t has no code of its own */
    err_t code;
    const char *detail;
};

/*
 * NULL where nothing is wrong so far: then *out_head is the length of the head up to and with its empty line, or 0
 * where that has not come yet. The refusal is constant and never freed.
 */
const struct refusal *strict_judge(str_t bytes, size_t max_body, size_t *out_head);
