/* SPDX-License-Identifier: Apache-2.0
 *
 * Answers that come bit by bit, as text/event-stream has them: each event is taken as it comes.
 *
 *     struct progress progress = {cli};
 *     TRY(stream_run(cli, &sign_in, &(struct stream){"/v1/launches", .event = taken, .with = &listing}));
 *     progress_show(&progress, "%lld looked through", looked);      on a terminal's last line, until progress_clear()
 *
 * An event `problem` is the error it tells of, and an event that is no JSON object BROKEN; either ends the stream, as does what
 * event() returns and is not ERR_OK.
 */
#pragma once
#include "cli/answer.h"
#include "cli/service.h"

struct stream {
    const char *path;
    str_t body; /* empty: GET; else POST */
    err_t (*event)(void *with, str_t name, const json_t *value, str_t as_given);
    void *with;
};
CHECKED err_t stream_run(struct cli *cli, const struct sign_in *sign_in, const struct stream *stream);

struct progress {
    struct cli *cli;
    bool shown;
};
void progress_show(struct progress *progress, const char *format, ...) __attribute__((format(printf, 2, 3)));
void progress_clear(struct progress *progress);
