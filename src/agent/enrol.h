/* SPDX-License-Identifier: Apache-2.0
 *
 * Enrolment: from a deployment key to a machine with a certificate of its own.
 *
 *     TRY(enrol(&(struct enrol_ask){env, folder, "https://custody.example", STR("cdk_…")}, &enrolled));
 *
 * The key names the tenant and pins the service's authority: the server is trusted only if its chain ends there. The
 * request tells the computer's name, by which the client's rule approves the device or lets it wait. The folder then
 * holds
 *
 *     key.pem           the machine's private key (P-256), made here and never sent
 *     authority.pem     the service's authority, for every later connection
 *     certificate.pem   what the service issued to this machine
 *     signer            the public half of the client's signing key, where there is one: written once (agent/policy.h)
 *     state.json        agent/state.h; written last: a machine is enrolled once it exists
 *
 * Done again, the same private key asks, so that the service knows the same device and nothing is forgotten; a crash
 * on the way leaves a key that the next try uses. As another device, the state begins anew and the
 * spool of the old one is removed.
 *
 * Fails: INVALID (the deployment key), what service_send() says, BROKEN where the answer is not for this machine, SIGNED_OUT
 * where it is a certificate that can no longer be renewed.
 */
#pragma once
#include "sys/env.h"

struct enrol_ask {
    struct env *env;
    const char *folder, *url;
    str_t key;
};

struct enrolment {
    ident_t device;
    bool waits;        /* for somebody of the client to approve it */
    bool other_signer; /* the service names another signing key than the one that is pinned here */
};

CHECKED err_t enrol(const struct enrol_ask *ask, struct enrolment *out_enrolment);

struct deployment_key {
    ident_t tenant;
    uint8_t authority[32]; /* SHA-256 of its public key */
};

/* "cdk_" and base64url of tenant, secret and authority; the secret stays in the text. */
CHECKED err_t deployment_key_read(str_t text, struct deployment_key *out_key);
