/* SPDX-License-Identifier: Apache-2.0
 *
 * `custody-agent guard`: the privileged part (guard/guard.h), with what the agent's folder knows.
 *
 *     return guarding(&(struct guarding_ask){env, folder, journal, only});
 *
 * Who is who comes from state.json, which the part that reports writes, and whether launches are collected at all.
 * MISSING where this machine is not enrolled. `journal` NULL: /run/custody-dev_….journal.
 */
#pragma once
#include "base/err.h"
#include "sys/env.h"

struct guarding_ask {
    struct env *env;
    const char *folder, *journal, *only; /* `only`: folders with colons between them, or NULL */
};

CHECKED err_t guarding(const struct guarding_ask *ask);
