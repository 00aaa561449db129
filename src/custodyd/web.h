/* SPDX-License-Identifier: Apache-2.0
 *
 * The web process: sockets, TLS, HTTP, the tenants' store. It holds no key but that of its own certificate, which it
 * makes at each start and never writes down.
 */
#pragma once
#include "custodyd/settings.h"
#include "keyring/ask.h"

struct web_ask {
    const struct settings *settings;
    struct channel *channels; /* one a worker, one for what is done beside, and one for the marks */
    int stop;                 /* readable, or at its end: stop */
    int ready;                /* written to once requests are answered */
};

CHECKED err_t web_serve(const struct web_ask *ask);
