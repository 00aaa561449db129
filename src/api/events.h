/* SPDX-License-Identifier: Apache-2.0
 *
 * Answers that come bit by bit: server-sent events, as text/event-stream has them.
 *
 *     TRY(events_begin(call, &events));                    BUSY where half of the workers are busy with such already (api/share.h)
 *     while (more && events_put(&events, "launch", &json)) false: the client has left, or the server stops
 *         events_progress(&events, &progress);             the same; told at most five times a second
 *     return events_end(&events, result);
 *
 * What goes wrong once it has begun is an event too, the last one: `problem`, {"status":…,"detail":"…"}.
 */
#pragma once
#include "api/route.h"

struct events {
    struct call *call;
    struct stream *stream;
    moment_t told; /* when progress was told last, by the boot clock */
};
CHECKED err_t events_begin(struct call *call, struct events *out_events);
bool events_put(struct events *events, const char *event, const buf_t *data);
bool events_progress(struct events *events, const buf_t *data);

/* A comment alone: it shows whether anybody reads. */
bool events_heard(struct events *events);

/* After begin(), on every way out; never fails. */
err_t events_end(struct events *events, err_t result);
