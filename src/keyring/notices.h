/* SPDX-License-Identifier: Apache-2.0
 *
 * The outbox of notices (notify/notice.h): made inside the act that they are about, so that neither is there without the
 * other, and taken out by the jobs process, which sends them by mail, and posts them to webhooks (keyring/webhooks.h).
 *
 *     TRY(notice_add(ask, tenant, &(struct notice){NOTICE_SUPPORT_REQUESTED, .link = {"req", request}}));
 *
 * One row an address, and one mail or post: whether it arrived is known of each. The id of a row is random and goes with
 * it, as Message-ID or webhook-id: what is sent again after a crash between the other side's answer and ours can be told
 * from another. A tenant that nobody of is told gets one row that says so.
 *
 * waiting    tried again after 5 s, 10 s, 20 s and so on, at most an hour apart
 * sent       a mail relay took it over; more is not known of a mail
 * delivered  a webhook of the client's accepted it
 * failed     after a day of that, or thirty for the notices of erase.tell: told of in the log, shown, and sent again when
 *            an owner says so
 *
 * What became of notices is seen for 30 days, of those of erase.tell for good.
 */
#pragma once
#include "keyring/answer.h"
#include "log/entry.h"
#include "notify/notice.h"

struct notice {
    enum notice_kind kind;
    int64_t count;       /* of what the kind says; 0: not said */
    struct mention link; /* what it is about; no prefix: nothing that has an id */
};

CHECKED err_t notice_add(struct ask *ask, ident_t tenant, const struct notice *notice);

/* To one address, or to nobody: "". */
CHECKED err_t notice_put(struct ask *ask, ident_t tenant, const struct notice *notice, str_t address);
CHECKED err_t tests_allowed(struct ask *ask,
                            ident_t tenant); /* BUSY where there were too many within an hour */
