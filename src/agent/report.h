/* SPDX-License-Identifier: Apache-2.0
 *
 * One cycle of an endpoint: ask what may be collected, collect, and report what has changed. Promise collect.device.
 *
 *     struct reporter reporter = {.env = env, .folder = "/var/lib/custody-agent", .root = "", .send = …};
 *     TRY(report_cycle(&reporter, &sent));                the number of items that the service acknowledged
 *
 * A cycle sends what is in the spool (agent/spool.h), in order. Only once that is empty it collects, and puts all that
 * differs into the spool as one batch of reports: an item replaces its former self whole, so a newer version of one
 * that is still on its way is no loss, and the machine itself is the record of what it is. So there is never more than
 * one batch, of at most SPOOL_MAX bytes, however long the service is away, and once it has answered, the next
 * batch brings it to the machine's state. While it is away the first batch is made all the same, under the settings
 * that the service told last; before it has told any, nothing is collected.
 *
 * A report leaves the spool once the service has answered that it is stored. A crash, or a lost answer, leaves:
 *
 *     before the batch's state is written   files past the state's sequence, which were never sent: they are removed,
 *                                           and the same changes are found again
 *     before an answer is noted             the report: sent again under its number, and the service stores it once
 *     before an answered one is removed     a file that the state knows as answered: it is removed
 *
 * Three things make a cycle start over: the spool is given up, nothing is taken as known to the service, and all of it
 * is reported anew. They are that a report is missing or damaged; that the client has changed its switches, so that
 * nothing leaves this machine that is switched off by now; and that the service refuses a report for what it is
 * (INVALID, TOO_LARGE) or has seen later numbers than this state knows (CONFLICT: the state is an old copy; a new
 * epoch begins). A crash on the way leaves what the same rules deal with.
 *
 * With the settings the client's policy is asked for (agent/policy.h), and whom to withhold (agent/withhold.h), which starts
 * over as other switches do; what is in the way of either is told after everything else was
 * sent.
 *
 * Items are sealed to their subjects as they are put into the spool (agent/subjects.h): the service does not see what is in
 * them. An item that could not be read, or fits in no report, is left out: the cycle says so after everything else was sent.
 *
 * send() returns once the service has answered: ERR_OK only for an acknowledgement.
 */
#pragma once
#include "agent/service.h"
#include "sys/env.h"

struct reporter {
    struct env *env;
    const char *folder, *root;
    err_t (*send)(void *context, const struct service_request *request, buf_t *out_answer);
    void *context;
    size_t spool_limit;            /* 0: SPOOL_MAX */
    void (*say)(const char *line); /* what is worth a line; NULL: nobody listens */
};

CHECKED err_t report_cycle(const struct reporter *reporter, size_t *out_items);
