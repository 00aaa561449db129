/* SPDX-License-Identifier: Apache-2.0
 *
 * The privileged part of an endpoint: judges what is launched, and writes it down. Promise collect.device.
 *
 *     return guard_run(&ask);                      until SIGTERM or SIGINT
 *
 * Two processes. The one that was started watches: it holds what the kernel tells of processes, and the journal, so that both
 * outlive the other, which does all the work. If the worker ends, it is started again; the kernel lets the launches go that
 * waited for it, and what began meanwhile is judged as it is heard of. If the worker gives no sign of life for STOPPED_MS
 * (somebody sent it SIGSTOP, or it hangs), it is continued, killed and started again: until then launches wait. One that has just
 * begun, and holds up no launch yet, may take OPENING_MS: signatures of packages are checked first. The worker
 * in turn continues a watcher that was stopped. Whoever may stop both, as root may, stops all launches or the guard: that
 * cannot be prevented, and is told once it is over. Neither ever runs a program.
 *
 * What happened is told by say(), a line each, and counted in guard.json of the agent's folder:
 *
 *     {"began":"2026-11-28T06:00:00Z","boot":86400000,"ended":false,"worker":4711,"restarts":0,"stops":0,"late":0,"stopped":0,
 *      "lost":0}
 *
 * boot      when that was written, by the boot clock in milliseconds: each minute, so that who reads it knows whether the guard
 *           lives (agent/policy.h)          ended     it was told to end
 * restarts  of the worker      stops   signs of life that did not come, of either process
 * late      launches that could not be judged in time      stopped   programs that were ended after they had begun
 * lost      launches that there was no room to write down, or to hear of
 *
 * known() says who is who, and whether launches are recorded at all; asked at the start and every minute. put() takes a
 * batch (guard/journal.h). `only`, NULL-ended: see guard/marks.h. DENIED without CAP_SYS_ADMIN.
 */
#pragma once
#include "guard/journal.h"
#include "guard/names.h"
#include "guard/own.h"

enum { STOPPED_MS = 3000, OPENING_MS = 60 * 1000 };

struct guard_known {
    struct known_account *accounts;
    size_t count;
    uid_t people_from, people_to;
    bool off; /* the client does not collect launches */
};

struct guard_ask {
    struct env *env;
    const char *journal; /* a path, on a file system in memory */
    const struct own *own;
    const struct key *key;
    uint64_t first; /* number of the first batch, where there is no journal */
    ident_t device; /* that launches are written down of */
    const char *const *only;
    err_t (*known)(void *with, arena_t *arena, struct guard_known *out_known);
    struct journal_out out;
    void *with;
    void (*say)(const char *line);
};

CHECKED err_t guard_run(const struct guard_ask *ask);
