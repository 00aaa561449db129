/* SPDX-License-Identifier: Apache-2.0
 *
 * The jobs process for tests, with a keyring of theirs behind its channel.
 *
 *     TRY(jobs_line_open(&line, &given));      line.jobs asks that keyring
 *     jobs_line_close(&line);                  does nothing where it is not open
 */
#pragma once
#include "admit/people_given.h"
#include "custodyd/post.h"

struct jobs_line {
    struct given *given;
    int fd;
    pthread_t thread;
    struct channel channel;
    struct jobs jobs;
    char store[300]; /* the folder of the store, which is not made */
};
CHECKED err_t jobs_line_open(struct jobs_line *line, struct given *given);
void jobs_line_close(struct jobs_line *line);
