/* SPDX-License-Identifier: Apache-2.0
 *
 * custody(1) in roff, with the macros of man(7): commands, options, environment and exit statuses from their tables, and
 * around them what no table says. The committed copy is man/custody.1; a test compares.
 *
 *     custody describe man | man -l -
 */
#pragma once
#include "base/bytes.h"

void man_put(buf_t *out);
