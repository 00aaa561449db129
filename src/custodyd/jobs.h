/* SPDX-License-Identifier: Apache-2.0
 *
 * The jobs process: what the clock and the journal make due. It keeps the evidence logs: entries out of the journal of
 * the keys process become files, then a signed checkpoint stands beside them, at most a second later; each minute the
 * moment is signed anew. It holds no key, talks to no network, and writes beneath its one folder.
 *
 * A log that cannot be kept is told of once a minute on stderr, and tried again; the others go on.
 */
#pragma once
#include "keyring/ask.h"
#include "sys/env.h"

struct jobs_ask {
    struct env *env;
    const char *folder; /* of the logs */
    struct channel *channel;
    int stop; /* readable, or at its end: stop */
};

CHECKED err_t jobs_serve(const struct jobs_ask *ask);
