/* SPDX-License-Identifier: Apache-2.0
 *
 * Santa's sync protocol, version 1, in JSON (northpolesec/protos, sync/v1.proto): what the four stages say, and what is
 * answered. Pure.
 *
 *     TRY(santa_preflight_read(body, arena, &preflight, &found));     the computer's name and whom it belongs to
 *     santa_put_preflight(&orders, &reply->body);
 *     TRY(santa_events_read(body, arena, &found));                    launches
 *     TRY(santa_cursor_read(body, arena, &from));
 *     santa_put_rules(&expressed, from, &reply->body);
 *
 * Santa uploads a launch that it refused, or would in lockdown; one that it allows it remembers, and tells once if at all.
 * What it says of users logged in is as of some launch, and of certificates, serial numbers and models is on no closed
 * list: none of that is read.
 *
 * A clean sync replaces Santa's rules, but one without any rule leaves them as they are (SNTSyncRuleDownload): then it is
 * given one that no file fits.
 */
#pragma once
#include "foreign/found.h"
#include "govern/express.h"

struct santa_preflight {
    bool clean;    /* it asks for all rules anew */
    int64_t rules; /* it has so many by digest */
};
CHECKED err_t santa_preflight_read(str_t body, arena_t *arena, struct santa_preflight *out_preflight,
                                   struct found *out_found);

/* Events that are no launches are left out. */
CHECKED err_t santa_events_read(str_t body, arena_t *arena, struct found *out_found);

/* Where the page begins: 0 without a cursor. INVALID for one that was not given. */
CHECKED err_t santa_cursor_read(str_t body, arena_t *arena, size_t *out_from);

/* How many rules arrived there, and how many it has taken up. */
struct santa_postflight {
    int64_t received, processed;
};
CHECKED err_t santa_postflight_read(str_t body, struct santa_postflight *out_postflight);

/* A page of the rules of a set as far as Santa can hold it. */
enum { SANTA_PAGE = 500 };

/* NULL: there is no policy, and Santa keeps the mode and the expressions it has. */
void santa_put_preflight(const struct expressed *rules, bool clean, buf_t *out_json);
void santa_put_rules(const struct expressed *rules, size_t from, buf_t *out_json);
size_t santa_rule_count(const struct expressed *rules); /* that are put, all pages together */
