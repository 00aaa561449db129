/* SPDX-License-Identifier: Apache-2.0
 *
 * The jobs process: what the clock and the journal make due. It keeps the evidence logs: entries out of the journal of
 * the keys process become files, then a signed checkpoint stands beside them, at most a second later; each minute the
 * moment is signed anew. Beside that, on threads of their own, it sends what goes out (custodyd/post.h) and does what takes
 * long (custodyd/works.h). It holds no key, listens to nobody, writes beneath its folders, the store's, which it shares with
 * the web process, and the snapshots', and reaches the ports its cage was given.
 *
 * A log that cannot be kept is told of once a minute on stderr, and tried again; the others go on. Nothing that goes out
 * holds a log up.
 */
#pragma once
#include "custodyd/post.h"

CHECKED err_t jobs_serve(struct jobs *jobs); /* until jobs->stop */
