/* SPDX-License-Identifier: Apache-2.0
 *
 * One cycle of an endpoint: collect, and send what has changed. Promise collect.device.
 *
 *     struct reporter reporter = {.env = env, .folder = "/var/lib/custody-agent", .root = "", .post = …};
 *     TRY(report_cycle(&reporter, &sent));                the number of items that the service acknowledged
 *
 * A report is numbered within the state's epoch and written to the file `pending` before it is sent, so that it is
 * sent again with the same number and the same bytes until an answer arrives. A crash or a lost answer leaves:
 *
 *     before `pending` is written          nothing; the next cycle finds the same changes again
 *     before the answer                    `pending`; the next cycle sends it first, and the service stores it once
 *     before the state is written          the same: sent again, answered again
 *     before `pending` is removed          a number that the state knows already; the next cycle removes it
 *
 * A report that the service refuses for what it is (INVALID, TOO_LARGE) was not stored: it is removed, and the next
 * cycle makes another one of that number. Persons' account ids are announced before a report first names them.
 * An item that fits in no report is left out, and the cycle ends with TOO_LARGE after everything else was sent.
 *
 * post() sends one body and returns once the service has answered: ERR_OK only for an acknowledgement.
 */
#pragma once
#include "sys/env.h"

struct reporter {
    struct env *env;
    const char *folder, *root;
    err_t (*post)(void *context, const char *path, str_t body);
    void *context;
};

CHECKED err_t report_cycle(const struct reporter *reporter, size_t *out_items);
