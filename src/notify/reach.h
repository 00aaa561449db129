/* SPDX-License-Identifier: Apache-2.0
 *
 * Where something is sent to: an address of the service's operator (a mail relay), or one that a client gave (its
 * witness, its webhooks). Read strictly, looked up by ourselves, and then connected to at exactly what was looked at.
 *
 *     TRY(reach_read(str("smtps://mail.example.com"), &reach));
 *     TRY(reach_find(&reach, REACH_NEAR, &found));          found.text: "203.0.113.7,[2001:db8::7]"
 *
 * `scheme://host[:port][/path]` and no more: no user, query, fragment or escape; a host of letters, digits, dots and
 * dashes, or an IPv6 address in brackets. The scheme is one of smtp, smtps, http, https, each with its usual port.
 *
 * What a client gives is not to become a way into the provider's own network (request forgery): with REACH_FAR a host of
 * which any address is this machine, private, link-local, shared, multicast or otherwise not of the public internet is
 * DENIED. Who connects is given the address that was looked at: asked again, a name server may say another.
 *
 * Names are asked for over TCP (the process has to have RES_OPTIONS=use-vc), because the cage lets nothing else out;
 * UNREACHABLE where a name has no address.
 */
#pragma once
#include "base/bytes.h"

enum { HOST_MAX = 253, PATH_MAX_LEN = 200 };

struct reach {
    char scheme[8], host[HOST_MAX + 1], path[PATH_MAX_LEN + 1]; /* the path begins with / or is "" */
    uint16_t port;
};
CHECKED err_t reach_read(str_t url, struct reach *out_reach);

/* What the service's operator allows a client's address to be: https://, to one of these ports, on the public internet;
 * with `near` also http://, and every other host. No port: nothing is. DENIED where it is not, with what would be, which
 * `setting` of the operator's says. */
enum { REACH_PORTS = 4 };
struct reach_rules {
    uint16_t ports[REACH_PORTS]; /* 0: none */
    bool near;
    const char *setting; /* "--witness-ports" */
};
CHECKED err_t reach_judge(const struct reach *reach, const struct reach_rules *rules);

/* Commas between them, IPv6 ones in brackets. */
typedef struct {
    char text[256];
} reach_addresses_t;
enum reach_how { REACH_NEAR, REACH_FAR };
CHECKED err_t reach_find(const struct reach *reach, enum reach_how how, reach_addresses_t *out_addresses);

/* Whether a packet to it stays away from everything that is not the public internet. `bytes` are 4 or 16. */
bool reach_is_public(str_t bytes);
