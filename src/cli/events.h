/* SPDX-License-Identifier: Apache-2.0
 *
 * An answer that comes as events (text/event-stream), each handed over as it comes.
 *
 *     struct events events = {.cli = cli, .event = took, .with = with};
 *     TRY(events_run(&events, &sign_in, &(struct call){"GET", path}));
 *
 * event() gets an event's name, its data as JSON and as it was sent; what it returns but ERR_OK ends the answer. A
 * `problem` ends it too, and is its error. At a terminal there may be progress on the last line:
 *
 *     events_progress(&events, "%llu of %llu", …);            nothing with --json, and where err is no terminal
 *     events_clear(&events);                                  before anything else is printed
 */
#pragma once
#include "cli/answer.h"
#include "cli/service.h"

struct events {
    struct cli *cli;
    err_t (*event)(struct events *events, str_t name, const json_t *value, str_t data);
    void *with;
    buf_t line, name;
    bool shows_progress;
    err_t state;
    char note[256]; /* of that state */
};
CHECKED err_t events_run(struct events *events, const struct sign_in *sign_in, const struct call *call);
void events_progress(struct events *events, const char *format, ...) __attribute__((format(printf, 2, 3)));
void events_clear(struct events *events);
