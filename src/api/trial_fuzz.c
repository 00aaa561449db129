/* SPDX-License-Identifier: Apache-2.0
 *
 * Bytes of a member's program as the bodies that try rules: what is taken has files, in their order, and whole digests.
 */
#include "api/trial.h"

#include "base/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len);

static void require(bool truth)
{
    if (!truth)
        abort();
}

static void try_body(enum trial trial, str_t input)
{
    OWN(arena) arena = ARENA(MAX_MEMORY);
    struct trial_body *body = arena_new(&arena, struct trial_body);
    if (!body || trial_read(trial, input, &arena, body) != ERR_OK)
        return;
    require(body->policy.count >= 1 && body->policy.count <= POLICY_FILES_MAX);
    require(!body->launch.sha256.len || body->launch.sha256.len == DIGEST_SIZE);
    require(trial == TRIAL_EXPLAIN ? !body->from && !body->until : !body->launch.path.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    try_body(TRIAL_EXPLAIN, str_bytes(at, len));
    try_body(TRIAL_REHEARSE, str_bytes(at, len));
    return 0;
}
