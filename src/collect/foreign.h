/* SPDX-License-Identifier: Apache-2.0
 *
 * Taking in what foreign agents tell (foreign/found.h): by the way that our own agent's reports go, with its checks and
 * seals. Names become account ids first, which the keys process knows by keyed hashes.
 *
 *     TRY(foreign_find(&desk, &(struct foreign_ask){key, machine, peer_address}, &agent));   MISSING: nobody known
 *     TRY(foreign_wants(&desk, &agent, &wants));                     what may be asked of its machine
 *     TRY(foreign_report(&desk, &agent, &found));
 *     TRY(foreign_heard(&desk, &agent));                             that was all of its inventory
 *
 * A list replaces the one before it whole. Accounts are told with ids of their own; a person who was told before and is
 * not among all accounts any more is gone. Launches are kept where the client's policy has them recorded, and
 * with the details that it names. DENIED where the device waits for approval or was revoked. Told twice it is
 * stored twice, to the same end.
 */
#pragma once
#include "collect/policies.h"
#include "foreign/osquery.h"

struct foreign_ask {
    str_t key, machine; /* a node key; or a deployment key and a machine */
    str_t peer_address;
};
struct foreign_agent {
    ident_t tenant, device;
    str_t state; /* approved, pending, revoked */
    int64_t
        heard; /* the version of the switches that its last whole inventory was told under; -1: none was */
    str_t peer_address;
};
CHECKED err_t foreign_find(struct desk *desk, const struct foreign_ask *ask, struct foreign_agent *out_agent);

/* Nothing is wanted of a machine that is not approved, and no launches where no policy says which. out_fresh: its inventory
 * was never told, or under other switches. */
CHECKED err_t foreign_wants(struct desk *desk, const struct foreign_agent *agent,
                            struct osquery_wants *out_wants, bool *out_fresh);

CHECKED err_t foreign_report(struct desk *desk, const struct foreign_agent *agent, const struct found *found);
CHECKED err_t foreign_heard(struct desk *desk, const struct foreign_agent *agent);

/* The agent was heard of; `said` is NULL where it said nothing of a policy. */
CHECKED err_t foreign_seen(struct desk *desk, const struct foreign_agent *agent, struct following *said);
