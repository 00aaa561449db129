/* SPDX-License-Identifier: Apache-2.0
 *
 * An enrolled machine's way to the agents' door: its certificate, and the authority saved when it enrolled.
 *
 *     OWN(link) link = {.env = env, .folder = folder, .url = "https://custody.example:8444"};
 *     TRY(link_renew(&link));                      a new certificate where one is due; nothing is asked otherwise
 *     … .send = link_send, .context = &link …
 *     outcome = link_outcome(&link, done);         for agent/pace.h
 *
 * Nothing is read and no connection made before the first request; link_drop() ends the connection and wipes the key.
 *
 * SIGNED_OUT where the certificate is past its end: by more than RENEWAL_DAYS the machine has to be enrolled again, by
 * less only link_renew() may ask. The new certificate takes the old one's place as one step, once it was checked that
 * it is for this machine's key and in date; a crash before that leaves the old one, and it is asked for again.
 *
 * A refusal (403) because the device waits for approval, or is revoked, is DENIED with a note that says what to do; the
 * service tells the two apart in its detail only.
 */
#pragma once
#include "agent/pace.h"
#include "agent/service.h"
#include "sys/env.h"

struct link {
    struct env *env;
    const char *folder, *url;
    struct service *service;
    buf_t authority_pem, certificate_pem, private_pem;
    struct service_answer last;
    enum word refused; /* WAITS or REVOKED, where the last answer says so */
};
typedef struct link link_own;
void link_drop(struct link *link);

CHECKED err_t link_send(void *link, const struct service_request *request, buf_t *out_answer);
CHECKED err_t link_renew(struct link *link);
bool link_is_past(struct link *link); /* the certificate: nothing but a renewal is of use */
struct outcome link_outcome(const struct link *link, err_t done);
