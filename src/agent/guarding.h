/* SPDX-License-Identifier: Apache-2.0
 *
 * `custody-agent guard`: the privileged part (guard/guard.h), with what the agent's folder knows.
 *
 *     return guarding(&(struct guarding_ask){env, folder, own, journal, only});
 *
 * Who is who comes from state.json, which the part that reports writes, and whether launches are collected at all.
 * MISSING where this machine is not enrolled. `own` (guard/own.h) NULL: the agent's folder with .guard behind its name.
 * `journal` NULL: /run/custody-dev_….journal. Where the machine was enrolled anew the guard goes on for whom it was, and
 * says so, until guarding_forget().
 */
#pragma once
#include "base/err.h"
#include "sys/env.h"

struct guarding_ask {
    struct env *env;
    const char *folder, *own, *journal, *only; /* `only`: folders with colons between them, or NULL */
};

CHECKED err_t guarding(const struct guarding_ask *ask);
CHECKED err_t guarding_forget(const struct guarding_ask *ask);
