/* SPDX-License-Identifier: Apache-2.0
 *
 * The body of a policy on its way here, which is no concept: its rule files, or a note that is signed already.
 *
 *     {"files":[{"name":"20-packages.rules","text":"…"}],"days":90,"password":"…"}
 *     {"files":[{"name":"20-packages.rules","text":"…"}],"days":90,"credential":"…","signature":"…", …}     ASSERTION's fields
 *     {"note":"…"}
 *
 * Strict as concept_read_json() is: no other members, none twice. What was read lives in the arena.
 */
#pragma once
#include "api/bodies_passkeys.h"
#include "api/route.h"
#include "govern/policy.h"

struct publish_body {
    struct policy policy; /* its files alone */
    int64_t days;
    str_t note, password;
    ASSERTION(CONCEPT_MEMBER) /* in its place */
};

/* The files of a body of one's own. */
struct json_t;
CHECKED err_t publish_files_read(const struct json_t *json, arena_t *arena, struct policy *out_policy);

/* For the route table; call->body is the struct. */
CHECKED err_t publish_read(struct call *call);
