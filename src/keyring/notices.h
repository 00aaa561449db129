/* SPDX-License-Identifier: Apache-2.0
 *
 * The outbox of notices (notify/notice.h): made inside the act that they are about, so that neither is there without the
 * other, and taken out by the jobs process, which sends them by mail.
 *
 *     TRY(notice_add(ask, tenant, &(struct notice){NOTICE_SUPPORT_REQUESTED, .link = {"req", request}}));
 *
 * One row an address, and one mail: whether it arrived is known of each. The id of a row is random and stands in the
 * mail as its Message-ID: a mail that is sent again after a crash between the relay's answer and ours can be told from
 * another. A tenant without an address gets one row that says that there was nobody to tell.
 *
 * A mail that does not go is tried again after 5 s, 10 s, 20 s and so on, at most an hour apart, for a day; then it
 * has failed. What became of notices is seen for 30 days.
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
