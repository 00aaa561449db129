/* SPDX-License-Identifier: Apache-2.0
 *
 * What the client lets be collected of its endpoints (concept/collection.h), as the service tells it at
 * GET /agent/v1/settings and the state remembers it. Promise collect.device.
 *
 *     TRY(switches_read(answer, &switches));               INVALID unless every switch is there, true or false; what
 *                                                          came later (launches) is on where it is missing
 *     if (switches_allow(&switches, COLLECT_PROGRAMS)) …
 *
 * The version counts the changes that the client made; zero where the service does not tell one. Other members are
 * passed over, so that a later service may tell more. Zeroed switches are not known, and allow everything.
 */
#pragma once
#include "agent/object.h"
#include "concept/collection.h"

struct switches {
    bool known;
    struct collection collection;
};

CHECKED err_t switches_read(str_t json, struct switches *out_switches);
CHECKED err_t switches_from(const json_t *object, struct switches *out_switches);
void switches_put(const struct switches *switches, buf_t *out_json);

bool switches_allow(const struct switches *switches, purpose_t purpose);
bool switches_same(const struct switches *a, const struct switches *b);
