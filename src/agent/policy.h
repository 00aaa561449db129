/* SPDX-License-Identifier: Apache-2.0
 *
 * The client's policy, from the service to the guard, and word of it back: docs/formats/endpoint.md. What comes is not
 * looked into here; the guard obeys only what the client's signing key has signed.
 *
 *     TRY(policy_settings_path(&reporter, &path));             asks for the settings, and tells what is in force
 *     TRY(policy_follow(&reporter, tenant, settings));         the answer: fetches a policy that is not there yet
 *
 * Of an idle minute nothing comes but a query of some 40 bytes and a digest of 43: the settings name the newest policy by
 * its SHA-256, which is held against the file that arrived last. Without policy/state.json no guard has run here, and nothing is
 * told. Where one has, and guard.json (guard/guard.h) says that it was told to end, or is older than GUARD_SILENT_MS, nothing is
 * enforced: that is told, as the trouble `guard`.
 *
 * The signing key is pinned once, by signer_pin(): where the machine enrolled before there was one, the first that the service
 * tells is taken, and said. One that is pinned stays, whatever the service tells later.
 */
#pragma once
#include "agent/report.h"

enum { GUARD_SILENT_MS = 150 * 1000 };

CHECKED err_t policy_settings_path(const struct reporter *reporter, buf_t *out_path);
CHECKED err_t policy_follow(const struct reporter *reporter, ident_t tenant, str_t settings);

/* `*out_other`: another key of this tenant is pinned already, and stays. INVALID for what is no key of this tenant. */
struct signer_ask {
    struct env *env;
    const char *folder;
    ident_t tenant;
    str_t key;
};
CHECKED err_t signer_pin(const struct signer_ask *ask, bool *out_other);
CHECKED err_t signer_known(const struct signer_ask *ask, bool *out_known);

/* Of another client's the guard would take nothing: it goes with the identity. */
CHECKED err_t policy_forget(struct env *env, const char *folder);
