/* SPDX-License-Identifier: Apache-2.0
 *
 * What the guard knows and nobody else may change: a folder that is root's alone (0700), apart from the agent's, which belongs
 * to a process that talks to the network.
 *
 *     struct own own = {.env = env, .folder = "/var/lib/custody-guard", .agent = "/var/lib/custody-agent"};
 *     TRY(own_open(&own, tenant, device));             made the first time; own.tenant, own.device: whom it obeys
 *     TRY(own_adopt(&own, &other));                    pins the signing key, once there is one
 *     TRY(own_forget(env, folder));                    obeys whomever the machine is enrolled with next
 *
 *     machine     ten_… dev_…   as the machine was enrolled when this began
 *     signer      the key whose policies and approvals are obeyed, as a note key's text
 *     current     the signed policy in force            number    the highest that was ever taken over, and a line end
 *     used        requests and approvals (guard/pending.h)
 *     launched    the number past the last batch of launches that was handed over, and a line end
 *
 * The key is taken from the agent's folder once, and with it the policy and the list that an earlier version kept there;
 * `signer` is written last, so that a crash begins this anew. From then on nothing of these is read there: a machine or a key
 * that is another one there (`own.other`, `*out_other`) changes nothing here, and an administrator has to say own_forget().
 *
 * Numbers of batches only grow, whatever becomes of the journal (guard/journal.h), which a reboot takes away: the service stores
 * one number once. own_launched() is one past all that were ever used; where nobody wrote them down, it is the
 * moment in milliseconds, which no number reached by counting.
 *
 * The folder above has to be root's too: whoever may rename this one can put an empty one in its place. DENIED where it
 * is not the caller's own, or open to others.
 */
#pragma once
#include "base/id.h"
#include "sys/env.h"

struct own {
    struct env *env;
    const char *folder, *agent;
    ident_t tenant, device;
    bool other;
};

CHECKED err_t own_open(struct own *own, ident_t tenant, ident_t device);
CHECKED err_t own_adopt(const struct own *own, bool *out_other);
CHECKED err_t own_set_launched(const struct own *own, uint64_t past); /* never a smaller one than before */
uint64_t own_launched(const struct own *own);
CHECKED err_t own_forget(struct env *env, const char *folder);
