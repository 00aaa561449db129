/* SPDX-License-Identifier: Apache-2.0
 *
 * A notice on its way to one of the addresses, or webhooks, that the client gave for them. Those are facts of the contract, in clear:
 * they have to be read when nobody of the client is signed in. Lives in the keyring, in no snapshot.
 */
#pragma once
#include "concept/concept.h"

/* clang-format off */
/*    tag kind    name     class  end   purpose */
#define NOTICE(F) \
    F(1,  ID,     id,      PLAIN, KEEP, NAMES_THE_RECORD)    /* the Message-ID, or webhook-id */ \
    F(2,  TEXT,   kind,    PLAIN, KEEP, STATE_OF_THE_RECORD) \
    F(3,  COUNT,  count,   PLAIN, KEEP, STATE_OF_THE_RECORD) \
    F(4,  TEXT,   about,   PLAIN, KEEP, NAMES_THE_PARENT)    /* the id of what happened */ \
    F(5,  TEXT,   address, PLAIN, KEEP, NOTICE_ADDRESS) \
    F(6,  TEXT,   state,   PLAIN, KEEP, STATE_OF_THE_RECORD) /* waiting, sent, delivered, failed, nobody */ \
    F(7,  MOMENT, made,    PLAIN, KEEP, TIME_OF_THE_ACT) \
    F(8,  MOMENT, sent,    PLAIN, KEEP, TIME_OF_THE_ACT) \
    F(9,  MOMENT, next,    PLAIN, KEEP, TIME_OF_THE_ACT) \
    F(10, COUNT,  tries,   PLAIN, KEEP, STATE_OF_THE_RECORD) \
    F(11, TEXT,   trouble, PLAIN, KEEP, STATE_OF_THE_RECORD) /* why it did not go, in words of our own */
/* clang-format on */

struct notice_kept {
    NOTICE(CONCEPT_MEMBER)
};
extern const concept_t notice_concept;
