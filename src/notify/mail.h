/* SPDX-License-Identifier: Apache-2.0
 *
 * A notice as a mail: plain text in ASCII, with what RFC 5322 and RFC 3834 ask of one that a program sends by itself.
 *
 *     mail_put(&(struct mail){NOTICE_TEST, id, .to = address, .from = "custody@example.com", .console = url}, &text);
 *
 * What comes in is put into headers as it is: the addresses are to be is_address(), the console's address and the link
 * without spaces and control characters. INVALID where they are not, so that nobody's mistake elsewhere becomes a header.
 * The mail's Message-ID is made of `id`. Nothing in it names anybody but the address it goes to.
 */
#pragma once
#include "base/id.h"
#include "base/moment.h"
#include "notify/notice.h"

struct mail {
    enum notice_kind kind;
    ident_t id;
    int64_t count; /* 0: not said */
    str_t link;    /* "req_…", or empty */
    str_t to, from;
    const char *console; /* "https://custody.example.com" */
    moment_t now;
};
CHECKED err_t mail_put(const struct mail *mail, buf_t *out_text);
