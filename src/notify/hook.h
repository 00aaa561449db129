/* SPDX-License-Identifier: Apache-2.0
 *
 * A notice as a webhook's body: JSON in the shape of Standard Webhooks, of the same facts as its mail (notify/mail.h).
 *
 *     hook_put(&(struct hook){NOTICE_TEST, id, .console = url, .made = notice->made}, &body);
 *
 *     {"type":"support.requested","timestamp":"2026-11-24T20:39:12Z",
 *      "data":{"id":"ntc_…","severity":"action","subject":"…","count":1,"link":"https://…/requests/req_…"}}
 *
 * Nothing in it names anybody. INVALID where the link or the console's address has spaces or control characters.
 */
#pragma once
#include "base/id.h"
#include "base/moment.h"
#include "notify/notice.h"

struct hook {
    enum notice_kind kind;
    ident_t id;
    int64_t count; /* 0: not said */
    str_t link;    /* "req_…", or empty */
    const char *console;
    moment_t made;
};
CHECKED err_t hook_put(const struct hook *hook, buf_t *out_body);
