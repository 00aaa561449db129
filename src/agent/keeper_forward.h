/* SPDX-License-Identifier: Apache-2.0
 *
 * Entries of the evidence log as messages of syslog (RFC 5424), to where a client watches its machines.
 *
 *     OWN(keeper_sinks) sinks = {0};
 *     TRY(keeper_sinks_open(&settings, &sinks));
 *     TRY(keeper_forward(&sinks, entry));          `entry` is one line of JSON, as it stands in the log
 *
 *     <108>1 2026-11-28T10:00:00Z host custody-keeper - sign-in.failed - {"seq":17,…}
 *
 * Facility 13, log audit; severity warning for what somebody should look at, notice for the rest. MSGID is the act, and the
 * message the entry, which holds ids and no name of a person. Over TCP each message has its length before it (RFC 6587,
 * octet counting); a UDP message is cut at 8,192 bytes, and one that cannot be sent is UNREACHABLE: then all of them are
 * told again.
 */
#pragma once
#include "agent/keeper_settings.h"

struct keeper_sinks {
    const struct keeper_settings *settings;
    int fds[KEEPER_SINKS];
    char host[KEEPER_TEXT];
};
typedef struct keeper_sinks keeper_sinks_own;
void keeper_sinks_drop(struct keeper_sinks *sinks);
CHECKED err_t keeper_sinks_open(const struct keeper_settings *settings, struct keeper_sinks *out_sinks);
CHECKED err_t keeper_forward(struct keeper_sinks *sinks, str_t entry);

/* What was written to files is on the disk. */
CHECKED err_t keeper_sinks_sync(struct keeper_sinks *sinks);

/* The message alone, without its end. INVALID where the entry is none. */
CHECKED err_t keeper_message(str_t entry, const char *host, buf_t *out_message);
