/* SPDX-License-Identifier: Apache-2.0
 *
 * The bodies of what tries rules before they are signed, which are no concepts: rule files as publish_read() takes them,
 * and beside them one launch as put_launch() writes it, or which of the recorded ones.
 *
 *     {"files":[…],"device":"dev_…","account":"acc_…","system":false,"path":"/usr/bin/curl","sha256":null,…}
 *     {"files":[…],"from":"2026-11-01","until":"2026-11-28T06:00:00Z","device":"dev_…"}
 *
 * Strict as publish_read() is, but null is the same as left out, and what a launch has beside what rules ask for is not
 * looked at. What was read lives in the arena.
 */
#pragma once
#include "api/route.h"
#include "govern/policy.h"

struct trial_body {
    struct policy policy; /* its files alone, in their order */
    ident_t device;       /* zero: not said */
    struct launch launch; /* its decision is not read */
    bool of_device;       /* that launch was a system account's, or nobody's */
    moment_t from, until; /* 0: not said */
};

/* For the route table; call->body is the struct. */
CHECKED err_t explain_read(struct call *call);
CHECKED err_t rehearse_read(struct call *call);

/* The same of a body alone. */
enum trial { TRIAL_EXPLAIN, TRIAL_REHEARSE };
CHECKED err_t trial_read(enum trial trial, str_t json, arena_t *arena, struct trial_body *out_body);
