/* SPDX-License-Identifier: Apache-2.0
 *
 * A webhook: an address of the client's that notices are posted to, signed. The address is a fact of the contract, in
 * clear, as those of mails are. Its secret is a key of the keyring's, and no field. Lives in the keyring, in no snapshot.
 */
#pragma once
#include "concept/concept.h"

/* clang-format off */
/*    tag kind    name       class  end   purpose */
#define WEBHOOK(F) \
    F(1,  ID,     id,        PLAIN, KEEP, NAMES_THE_RECORD) \
    F(2,  TEXT,   url,       PLAIN, KEEP, NOTICE_ADDRESS) \
    F(3,  TEXT,   state,     PLAIN, KEEP, STATE_OF_THE_RECORD) /* on, gone */ \
    F(4,  MOMENT, made,      PLAIN, KEEP, TIME_OF_THE_ACT) \
    F(5,  MOMENT, both,      PLAIN, KEEP, TIME_OF_THE_ACT)     /* the earlier secret signs as well until then */ \
    F(6,  MOMENT, delivered, PLAIN, KEEP, TIME_OF_THE_ACT)     /* the last time it accepted one */ \
    F(7,  TEXT,   trouble,   PLAIN, KEEP, STATE_OF_THE_RECORD) /* why the last did not go, in words of our own */
/* clang-format on */

struct webhook_kept {
    WEBHOOK(CONCEPT_MEMBER)
};
extern const concept_t webhook_concept;
