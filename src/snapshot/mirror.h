/* SPDX-License-Identifier: Apache-2.0
 *
 * The evidence logs beside the snapshots: their files copied as they come, and never taken back. No restore reads them; they
 * are there for the day on which the machine with the logs is lost.
 *
 *     TRY(mirror_take(env, logs, to, &copied));
 *
 * A full tile does not change and is copied once; a partial one while it is there. A log's checkpoint is copied after its
 * tiles, so that what stands in the mirror leads to it. A log whose checkpoint is of fewer entries than the mirror's was
 * taken back: BROKEN, it is named, and its mirror stays; the other logs are copied all the same.
 */
#pragma once
#include "sys/env.h"

CHECKED err_t mirror_take(struct env *env, const char *logs, const char *to, size_t *out_copied);
