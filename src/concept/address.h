/* SPDX-License-Identifier: Apache-2.0
 *
 * The addresses of a device, sealed to it: each entry holds one of the three.
 */
#pragma once
#include "concept/concept.h"

/* clang-format off */
/*    tag kind  name           class     end    purpose */
#define ADDRESS(F) \
    F(1,  TEXT, mac,            PERSONAL, SHRED, COLLECT_MAC_ADDRESS)   /* "02:00:5e:10:00:01" */ \
    F(2,  TEXT, ip,             PERSONAL, SHRED, COLLECT_IP_ADDRESSES)  /* numeric, without zone */ \
    F(3,  TEXT, connected_from, PERSONAL, SHRED, COLLECT_CONNECTING_IP) /* as the service saw it */
/* clang-format on */

struct address {
    ADDRESS(CONCEPT_MEMBER)
};
extern const concept_t address_concept;
