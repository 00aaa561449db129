/* SPDX-License-Identifier: Apache-2.0
 *
 * Which launches are written down on this machine, and what of them: for a person who sits at it.
 *
 *     recorded_tell(env, folder, &arena, &lines);       a line each
 *
 * A line for each rule of the policy in force, as it is written, since it says whom it is about and what it records; then the
 * default. Without a policy all launches are, with path, parent and package; where no guard has ever run, none. `folder` NULL:
 * that cannot be told. What cannot be read is said to be so; never fails.
 */
#pragma once
#include "agent/list.h"
#include "sys/env.h"

/* Of str_t. */
void recorded_tell(struct env *env, const char *folder, struct list *out_lines);
