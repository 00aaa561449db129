/* SPDX-License-Identifier: Apache-2.0
 *
 * What a client lets be collected of its endpoints: one switch for each item of the closed list about devices, all on
 * where nothing was said. An item that is off stays on the machine; what arrives of it all the same is discarded.
 */
#pragma once
#include "concept/concept.h"

/* clang-format off */
/*    tag kind    name            class  end   purpose */
#define COLLECTION_SWITCHES(F) \
    F(2,  FLAG,   computer_name,  PLAIN, KEEP, LIMITS_ITS_USE) \
    F(3,  FLAG,   mac_address,    PLAIN, KEEP, LIMITS_ITS_USE) \
    F(4,  FLAG,   usernames,      PLAIN, KEEP, LIMITS_ITS_USE) \
    F(5,  FLAG,   logged_in,      PLAIN, KEEP, LIMITS_ITS_USE) \
    F(6,  FLAG,   ip_addresses,   PLAIN, KEEP, LIMITS_ITS_USE) \
    F(7,  FLAG,   connecting_ip,  PLAIN, KEEP, LIMITS_ITS_USE) \
    F(8,  FLAG,   programs,       PLAIN, KEEP, LIMITS_ITS_USE) \
    F(10, FLAG,   launches,       PLAIN, KEEP, LIMITS_ITS_USE)

#define COLLECTION(F) \
    F(1,  ID,     id,             PLAIN, KEEP, NAMES_THE_RECORD) \
    COLLECTION_SWITCHES(F) \
    F(9,  COUNT,  version,        PLAIN, KEEP, STATE_OF_THE_RECORD) /* counts the changes */
/* clang-format on */

struct collection {
    COLLECTION(CONCEPT_MEMBER)
};
extern const concept_t collection_concept;

/* Whether an item may be collected; true for what has no switch. */
bool collection_allows(const struct collection *collection, purpose_t purpose);
