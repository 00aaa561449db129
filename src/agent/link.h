/* SPDX-License-Identifier: Apache-2.0
 *
 * An enrolled machine's way to the agents' door: its certificate, and the authority saved when it enrolled.
 *
 *     OWN(link) link = {.env = env, .folder = folder, .url = "https://custody.example:8444"};
 *     … .post = link_post, .context = &link …
 *
 * Nothing is read and no connection made before the first request; link_drop() ends the connection and wipes the key.
 * SIGNED_OUT where the machine's certificate is past its date.
 */
#pragma once
#include "agent/service.h"
#include "sys/env.h"

struct link {
    struct env *env;
    const char *folder, *url;
    struct service *service;
    buf_t authority_pem, certificate_pem, private_pem;
};
typedef struct link link_own;
void link_drop(struct link *link);

CHECKED err_t link_post(void *link, const char *path, str_t body);
