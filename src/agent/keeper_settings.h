/* SPDX-License-Identifier: Apache-2.0
 *
 * What a keeper is to do, and when: a file of the client's, one setting a line, # begins a remark.
 *
 *     export daily 03:30                       a handover, sealed to the break-glass key, at that time of day, UTC
 *     export-to /srv/custody/exports
 *     report devices weekly monday 06:00       devices: a table as CSV; storage: what is kept, as JSON
 *     report storage every 6h
 *     report-to /srv/custody/reports
 *     alerts-to udp://10.0.0.5:514             RFC 5424 over UDP or TCP (tcp://), to a socket of this machine (unix:PATH),
 *     alerts-to file:/var/log/custody.log      or as lines of a file; several are told the same
 *     alerts session. support. sign-in.failed  only acts that begin so; without this all that stand in the evidence log
 *     give-keys yes                            to members who wait, in the roles that the approval named
 *     release https://idp.example client-id    the key to sign-ins by this provider, for this client id
 *     release-claim tenant custody             and only where a claim of the token is this text, or a list with it
 *
 * A schedule is `every N` with m, h or d behind it (1 minute to 366 days), `daily HH:MM` or `weekly DAY HH:MM`. Times are UTC.
 *
 *     TRY(keeper_settings_read(text, &settings));       INVALID with the number of the line that is wrong
 *     if (schedule_is_due(&settings.export, last, now)) …
 *
 * schedule_is_due: `last` is when it was done last, or when the keeper was set up: a time that passed while it was off is
 * caught up with, once.
 */
#pragma once
#include "base/moment.h"

enum { KEEPER_SETTINGS_MAX = 64 * 1024, KEEPER_SINKS = 4, KEEPER_TEXT = 256 };

struct schedule {
    moment_t every;  /* 0: not this way */
    int minute, day; /* of the day; of the week, Sunday is 0; -1: each day */
    bool set;
};

enum keeper_report { REPORT_DEVICES, REPORT_STORAGE, REPORT_COUNT };
extern const char *const keeper_report_names[REPORT_COUNT];

enum sink_kind { SINK_NONE, SINK_UDP, SINK_TCP, SINK_UNIX, SINK_FILE };
struct sink {
    enum sink_kind kind;
    char place[KEEPER_TEXT]; /* a host, or a path */
    uint16_t port;
};

struct keeper_settings {
    struct schedule export, reports[REPORT_COUNT];
    char export_to[KEEPER_TEXT], report_to[KEEPER_TEXT];
    struct sink sinks[KEEPER_SINKS];
    size_t sink_count;
    char acts[KEEPER_TEXT]; /* with spaces between them; "": all */
    bool gives;
    char issuer[KEEPER_TEXT], client[KEEPER_TEXT], claim[KEEPER_TEXT], claim_is[KEEPER_TEXT];
};

CHECKED err_t keeper_settings_read(str_t text, struct keeper_settings *out_settings);
bool schedule_is_due(const struct schedule *schedule, moment_t last, moment_t now);
bool keeper_tells(const struct keeper_settings *settings, str_t act);
