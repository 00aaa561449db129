/* SPDX-License-Identifier: Apache-2.0
 *
 * What requests carry: concepts that are sent and never kept.
 */
#pragma once
#include "api/bodies_passkeys.h"
#include "concept/collection.h"

/*    tag kind  name       class     end    purpose */
/* clang-format off */
#define CLAIM_BODY(F) \
    F(1, TEXT,  claim,     SECRET,   SHRED, PROVES_WHO_ASKS) \
    F(2, TEXT,  username,  PERSONAL, SHRED, COLLECT_USERNAME) \
    F(3, TEXT,  full_name, PERSONAL, SHRED, COLLECT_FULL_NAME) \
    F(4, TEXT,  email,     PERSONAL, SHRED, COLLECT_EMAIL) \
    F(5, TEXT,  password,  SECRET,   SHRED, COLLECT_PASSWORD)

#define KIT_BODY(F) \
    F(1, TEXT,  kit,       SECRET,   SHRED, PROVES_WHO_ASKS)

#define SIGN_IN_BODY(F) \
    F(1, TEXT,  tenant,    PLAIN,    KEEP,  CONTRACT_FACT) \
    F(2, TEXT,  username,  PERSONAL, SHRED, COLLECT_USERNAME) \
    F(3, TEXT,  password,  SECRET,   SHRED, COLLECT_PASSWORD) \
    F(4, TEXT,  code,      SECRET,   SHRED, COLLECT_PASSWORD) /* of an authenticator, for who has one */

#define RECOVER_BODY(F) \
    F(1, TEXT,  tenant,    PLAIN,    KEEP,  CONTRACT_FACT) \
    F(2, TEXT,  kit,       SECRET,   SHRED, PROVES_WHO_ASKS) \
    F(3, TEXT,  username,  PERSONAL, SHRED, COLLECT_USERNAME) \
    F(4, TEXT,  password,  SECRET,   SHRED, COLLECT_PASSWORD)

#define TOKEN_BODY(F) \
    F(1, TEXT,  name,      PLAIN,    KEEP,  LIMITS_ITS_USE) \
    F(2, COUNT, days,      PLAIN,    KEEP,  LIMITS_ITS_USE) \
    F(3, TEXT,  role,      PLAIN,    KEEP,  RIGHTS_OF_THE_MEMBER) /* these three may be left out */ \
    F(4, TEXT,  scope,     PLAIN,    KEEP,  RIGHTS_OF_THE_MEMBER) \
    F(5, TEXT,  typed,     PLAIN,    KEEP,  LIMITS_ITS_USE) \
    F(6, TEXT,  password,  SECRET,   SHRED, COLLECT_PASSWORD) \
    ASSERTION(F)

#define DEPLOYMENT_BODY(F) \
    F(1, TEXT,  name,      PLAIN,    KEEP,  LIMITS_ITS_USE) \
    F(2, COUNT, uses,      PLAIN,    KEEP,  LIMITS_ITS_USE) \
    F(3, COUNT, days,      PLAIN,    KEEP,  LIMITS_ITS_USE) \
    F(4, TEXT,  pattern,   PLAIN,    KEEP,  LIMITS_ITS_USE) /* these two may be left out */ \
    F(5, FLAG,  hold,      PLAIN,    KEEP,  LIMITS_ITS_USE)

#define ENROL_BODY(F) \
    F(1, TEXT,  key,       SECRET,   SHRED, PROVES_WHO_ASKS) \
    F(2, TEXT,  name,      PERSONAL, SHRED, COLLECT_COMPUTER_NAME) \
    F(3, BYTES, request,   PLAIN,    KEEP,  PROVES_WHO_ASKS)

#define JOIN_BODY(F) \
    F(1, TEXT,  invitation, SECRET,  SHRED, PROVES_WHO_ASKS) \
    F(2, TEXT,  username,  PERSONAL, SHRED, COLLECT_USERNAME) \
    F(5, TEXT,  password,  SECRET,   SHRED, COLLECT_PASSWORD) \
    F(3, TEXT,  full_name, PERSONAL, SHRED, COLLECT_FULL_NAME) /* of whoever is not there yet */ \
    F(4, TEXT,  email,     PERSONAL, SHRED, COLLECT_EMAIL)

#define INVITATION_BODY(F) \
    F(1, TEXT,  role,      PLAIN,    KEEP,  RIGHTS_OF_THE_MEMBER) \
    F(2, COUNT, days,      PLAIN,    KEEP,  LIMITS_ITS_USE) \
    F(3, ID,    user,      PLAIN,    KEEP,  NAMES_THE_RECORD) /* who is there already; left out: a new member */ \
    F(4, TEXT,  password,  SECRET,   SHRED, COLLECT_PASSWORD) \
    ASSERTION_SIGNED(F) /* `user` is whom the invitation is for */

#define PROCESS_BODY(F) \
    F(1, COUNT, longest_minutes, PLAIN, KEEP, LIMITS_ITS_USE) \
    F(2, COUNT, first_need,     PLAIN, KEEP, RIGHTS_OF_THE_MEMBER) \
    F(3, IDS,   first_members,  PLAIN, KEEP, RIGHTS_OF_THE_MEMBER) \
    F(4, COUNT, second_need,    PLAIN, KEEP, RIGHTS_OF_THE_MEMBER) /* all from here on may be left out */ \
    F(5, IDS,   second_members, PLAIN, KEEP, RIGHTS_OF_THE_MEMBER) \
    F(6, COUNT, third_need,     PLAIN, KEEP, RIGHTS_OF_THE_MEMBER) \
    F(7, IDS,   third_members,  PLAIN, KEEP, RIGHTS_OF_THE_MEMBER) \
    F(8, IDS,   first_groups,   PLAIN, KEEP, RIGHTS_OF_THE_MEMBER) \
    F(9, IDS,   second_groups,  PLAIN, KEEP, RIGHTS_OF_THE_MEMBER) \
    F(10, IDS,  third_groups,   PLAIN, KEEP, RIGHTS_OF_THE_MEMBER)

#define GROUP_BODY(F) \
    F(1, TEXT,  name,      PLAIN,    KEEP,  LIMITS_ITS_USE) \
    F(2, IDS,   members,   PLAIN,    KEEP,  RIGHTS_OF_THE_MEMBER)

#define STAFF_SIGN_IN_BODY(F) \
    F(1, TEXT,  username,  PERSONAL, SHRED, COLLECT_USERNAME) \
    F(2, TEXT,  password,  SECRET,   SHRED, COLLECT_PASSWORD) \
    F(3, TEXT,  code,      SECRET,   SHRED, COLLECT_PASSWORD) /* of an authenticator, for who has one */

#define SIGN_BODY(F) \
    F(1, TEXT,  username,  PERSONAL, SHRED, COLLECT_USERNAME) \
    F(2, TEXT,  password,  SECRET,   SHRED, COLLECT_PASSWORD) \
    F(3, TEXT,  version,   PLAIN,    KEEP,  BINDS_THE_STAFF)

#define TRAINING_BODY(F) \
    F(1, TEXT,   topic,    PLAIN,    KEEP,  BINDS_THE_STAFF) \
    F(2, MOMENT, at,       PLAIN,    KEEP,  TIME_OF_THE_ACT)

/* Its "case" stands between them: C has that word for itself. */
#define SUPPORT_BODY_BEFORE(F) \
    F(1, TEXT,  client,    PLAIN,    KEEP,  NAMES_THE_PARENT)
#define SUPPORT_BODY_AFTER(F) \
    F(3, TEXT,  reason,    PLAIN,    KEEP,  SAYS_WHAT_FOR) \
    F(4, TEXT,  words,     SECRET,   SHRED, SAYS_WHAT_FOR) \
    F(5, TEXT,  acts,      PLAIN,    KEEP,  LIMITS_ITS_USE) \
    F(6, COUNT, minutes,   PLAIN,    KEEP,  LIMITS_ITS_USE) \
    F(7, IDS,   devices,   PLAIN,    KEEP,  LIMITS_ITS_USE)

#define AGREEMENT_BODY(F) \
    F(1, TEXT,  version,   PLAIN,    KEEP,  BINDS_THE_STAFF) \
    F(2, BYTES, text,      PLAIN,    KEEP,  BINDS_THE_STAFF)

#define CERTIFICATE_BODY(F) \
    F(1, TEXT,   body,     PLAIN,    KEEP,  CONTRACT_FACT) \
    F(2, TEXT,   number,   PLAIN,    KEEP,  CONTRACT_FACT) \
    F(3, TEXT,   scope,    PLAIN,    KEEP,  CONTRACT_FACT) \
    F(4, MOMENT, until,    PLAIN,    KEEP,  CONTRACT_FACT)

#define ORDER_BODY(F) \
    F(1, TEXT,  act,       PLAIN,    KEEP,  LIMITS_ITS_USE) \
    F(2, TEXT,  target,    PLAIN,    KEEP,  NAMES_THE_PARENT) \
    F(3, TEXT,  typed,     PLAIN,    KEEP,  LIMITS_ITS_USE) /* may be left out: a dry run */ \
    F(4, TEXT,  document,  PLAIN,    KEEP,  LIMITS_ITS_USE) /* SHA-256 in hexadecimal, where the act rests on one */

#define SETTINGS_BODY(F) COLLECTION_SWITCHES(F)

#define TENANT_BODY(F) \
    F(1, TEXT,  name,      PLAIN,    KEEP,  CONTRACT_FACT)

#define NOTICES_BODY(F) \
    F(1, TEXT,  addresses, PLAIN,    KEEP,  NOTICE_ADDRESS) /* spaces between them; left out: none */

/* The password typed again, or a passkey that has signed for it in its place: here and below all of that may be left out. */
#define PASSWORD_BODY(F) \
    F(1, TEXT,  password,  SECRET,   SHRED, COLLECT_PASSWORD) \
    ASSERTION(F)

#define CODE_CONFIRM_BODY(F) \
    F(1, TEXT,  code,         SECRET,   SHRED, COLLECT_PASSWORD)

#define SIGNER_BODY(F) \
    F(2, TEXT,  key,       PLAIN,    KEEP,  CONTRACT_FACT) /* may be left out: one is made here */ \
    F(1, TEXT,  password,  SECRET,   SHRED, COLLECT_PASSWORD) \
    ASSERTION(F)

/* The same; or the approval as it was signed off the service. */
#define APPROVE_BODY(F) \
    F(2, BYTES, note,      PLAIN,    KEEP,  CONTRACT_FACT) \
    F(1, TEXT,  password,  SECRET,   SHRED, COLLECT_PASSWORD) \
    ASSERTION(F)

/* What a terminal shows, and the command as it was told in words; `args` each with a NUL behind it. */
#define CODE_BODY(F) \
    F(2, TEXT,  shown,     PLAIN,    KEEP,  NAMES_THE_RECORD) \
    F(3, COUNT, as,        PERSONAL, SHRED, COLLECT_LAUNCHES) \
    F(4, TEXT,  path,      PERSONAL, SHRED, COLLECT_LAUNCHES) \
    F(5, BYTES, args,      PERSONAL, SHRED, COLLECT_LAUNCHES) \
    F(6, COUNT, minutes,   PLAIN,    KEEP,  LIMITS_ITS_USE) \
    F(1, TEXT,  password,  SECRET,   SHRED, COLLECT_PASSWORD) \
    ASSERTION(F)

/* A contract's terms: what is left out is as usual, and a day as 2026-11-30. With `typed` it is an order. */
#define CONTRACT_BODY(F) \
    F(1, TEXT,  licence_end,    PLAIN, KEEP, CONTRACT_FACT) \
    F(2, TEXT,  contract_end,   PLAIN, KEEP, CONTRACT_FACT) \
    F(3, TEXT,  not_renewed,    PLAIN, KEEP, CONTRACT_FACT) \
    F(4, TEXT,  zone,           PLAIN, KEEP, CONTRACT_FACT) \
    F(5, COUNT, grace_days,     PLAIN, KEEP, CONTRACT_FACT) \
    F(6, COUNT, keep_months,    PLAIN, KEEP, CONTRACT_FACT) \
    F(7, COUNT, keep_snapshots, PLAIN, KEEP, CONTRACT_FACT) \
    F(8, COUNT, capacity_gib,   PLAIN, KEEP, CONTRACT_FACT) \
    F(9, TEXT,  typed,          PLAIN, KEEP, LIMITS_ITS_USE)

/* Its "case" stands between them, as in a request for support. */
#define HOLD_BODY_BEFORE(F) \
    F(1, TEXT,  target,    PLAIN,    KEEP,  NAMES_THE_PARENT)
#define HOLD_BODY_AFTER(F) \
    F(3, TEXT,  reason,    SECRET,   SHRED, SAYS_WHAT_FOR)

#define WITNESS_BODY(F) \
    F(1, TEXT,  url,       PLAIN,    KEEP,  CONTRACT_FACT) \
    F(2, TEXT,  key,       PLAIN,    KEEP,  CONTRACT_FACT)

#define ROLE_BODY(F) \
    F(1, TEXT,  role,      PLAIN,    KEEP,  RIGHTS_OF_THE_MEMBER)

/* What is left out stays; the password where one's own username changes. */
#define MEMBER_BODY(F) \
    F(1, TEXT,  full_name, PERSONAL, SHRED, COLLECT_FULL_NAME) \
    F(2, TEXT,  username,  PERSONAL, SHRED, COLLECT_USERNAME) \
    F(3, TEXT,  email,     PERSONAL, SHRED, COLLECT_EMAIL) \
    F(4, TEXT,  password,  SECRET,   SHRED, COLLECT_PASSWORD)

#define WEBHOOK_BODY(F) \
    F(1, TEXT,  url,       PLAIN,    KEEP,  NOTICE_ADDRESS)
/* Without a name it is a dry run; without a device, of everything. */
#define RESTORE_BODY(F) \
    F(1, TEXT,  typed,     PLAIN,    KEEP,  LIMITS_ITS_USE) \
    F(2, TEXT,  device,    PLAIN,    KEEP,  LIMITS_ITS_USE)

#define GRANT_RESTORE_BODY(F) \
    F(1, TEXT,  snapshot,  PLAIN,    KEEP,  NAMES_THE_RECORD) \
    F(2, TEXT,  typed,     PLAIN,    KEEP,  CONTRACT_FACT) /* the client's name; left out: a dry run */

/* In days; 0: nothing is said. The name of the organisation where more may go than before. */
#define RETENTION_BODY(F) \
    F(1, COUNT, videos_least,   PLAIN, KEEP, LIMITS_ITS_USE) \
    F(2, COUNT, videos_most,    PLAIN, KEEP, LIMITS_ITS_USE) \
    F(3, COUNT, launches_least, PLAIN, KEEP, LIMITS_ITS_USE) \
    F(4, COUNT, launches_most,  PLAIN, KEEP, LIMITS_ITS_USE) \
    F(5, TEXT,  name,           PLAIN, KEEP, CONTRACT_FACT) /* may be left out */

/* Forgetting a person. `member` and `also` may be left out. */
#define PERSON_SEARCH_BODY(F) \
    F(1, TEXT,  name,      PERSONAL, SHRED, COLLECT_USERNAMES)

#define PERSON_LOOK_BODY(F) \
    F(1, IDS,   accounts,  PLAIN,    KEEP,  NAMES_THE_RECORD) \
    F(2, TEXT,  member,    PLAIN,    KEEP,  NAMES_THE_RECORD) \
    F(3, TEXT,  also,      PERSONAL, SHRED, COLLECT_USERNAMES)

#define PERSON_FORGET_BODY(F) \
    F(1, IDS,   accounts,  PLAIN,    KEEP,  NAMES_THE_RECORD) \
    F(2, TEXT,  typed,     PERSONAL, SHRED, COLLECT_USERNAMES) \
    F(4, COUNT, mentions,  PLAIN,    KEEP,  STATE_OF_THE_RECORD) \
    F(5, TEXT,  member,    PLAIN,    KEEP,  NAMES_THE_RECORD) /* it and what follows may be left out */ \
    F(3, TEXT,  password,  SECRET,   SHRED, COLLECT_PASSWORD) \
    ASSERTION(F)

#define LABEL_BODY(F) \
    F(1, TEXT,  name,      PLAIN,    KEEP,  LIMITS_ITS_USE)

#define ERASURE_BODY(F) \
    F(1, TEXT,  typed,     PLAIN,    KEEP,  CONTRACT_FACT) \
    F(2, TEXT,  password,  SECRET,   SHRED, COLLECT_PASSWORD) \
    ASSERTION(F)

#define HELD_KIT_BODY(F) \
    F(1, TEXT,  tenant,    PLAIN,    KEEP,  CONTRACT_FACT) \
    F(2, TEXT,  kit,       SECRET,   SHRED, PROVES_WHO_ASKS)

#define MARKS_BODY(F) \
    F(1, TEXT,  typed,     PLAIN,    KEEP,  LIMITS_ITS_USE)

/* clang-format on */

struct claim_body {
    CLAIM_BODY(CONCEPT_MEMBER)
};
struct kit_body {
    KIT_BODY(CONCEPT_MEMBER)
};
struct sign_in_body {
    SIGN_IN_BODY(CONCEPT_MEMBER)
};
struct recover_body {
    RECOVER_BODY(CONCEPT_MEMBER)
};
struct token_body {
    TOKEN_BODY(CONCEPT_MEMBER)
};
struct deployment_body {
    DEPLOYMENT_BODY(CONCEPT_MEMBER)
};
struct enrol_body {
    ENROL_BODY(CONCEPT_MEMBER)
};
struct settings_body {
    SETTINGS_BODY(CONCEPT_MEMBER)
};
struct tenant_body {
    TENANT_BODY(CONCEPT_MEMBER)
};
struct join_body {
    JOIN_BODY(CONCEPT_MEMBER)
};
struct invitation_body {
    INVITATION_BODY(CONCEPT_MEMBER)
};
struct process_body {
    PROCESS_BODY(CONCEPT_MEMBER)
};
struct group_body {
    GROUP_BODY(CONCEPT_MEMBER)
};
struct staff_sign_in_body {
    STAFF_SIGN_IN_BODY(CONCEPT_MEMBER)
};
struct sign_body {
    SIGN_BODY(CONCEPT_MEMBER)
};
struct training_body {
    TRAINING_BODY(CONCEPT_MEMBER)
};
struct support_body {
    SUPPORT_BODY_BEFORE(CONCEPT_MEMBER)
    str_t case_id;
    SUPPORT_BODY_AFTER(CONCEPT_MEMBER)
};
struct agreement_body {
    AGREEMENT_BODY(CONCEPT_MEMBER)
};
struct certificate_body {
    CERTIFICATE_BODY(CONCEPT_MEMBER)
};
struct order_body {
    ORDER_BODY(CONCEPT_MEMBER)
};
struct member_body {
    MEMBER_BODY(CONCEPT_MEMBER)
};
struct role_body {
    ROLE_BODY(CONCEPT_MEMBER)
};
struct webhook_body {
    WEBHOOK_BODY(CONCEPT_MEMBER)
};
struct notices_body {
    NOTICES_BODY(CONCEPT_MEMBER)
};
struct witness_body {
    WITNESS_BODY(CONCEPT_MEMBER)
};
struct approve_body {
    APPROVE_BODY(CONCEPT_MEMBER)
};
struct code_body {
    CODE_BODY(CONCEPT_MEMBER)
};
struct contract_body {
    CONTRACT_BODY(CONCEPT_MEMBER)
};
struct hold_body {
    HOLD_BODY_BEFORE(CONCEPT_MEMBER)
    str_t case_id;
    HOLD_BODY_AFTER(CONCEPT_MEMBER)
};
struct password_body {
    PASSWORD_BODY(CONCEPT_MEMBER)
};
struct code_confirm_body {
    CODE_CONFIRM_BODY(CONCEPT_MEMBER)
};
struct signer_body {
    SIGNER_BODY(CONCEPT_MEMBER)
};
struct restore_body {
    RESTORE_BODY(CONCEPT_MEMBER)
};
struct grant_restore_body {
    GRANT_RESTORE_BODY(CONCEPT_MEMBER)
};
struct retention_body {
    RETENTION_BODY(CONCEPT_MEMBER)
};
struct person_search_body {
    PERSON_SEARCH_BODY(CONCEPT_MEMBER)
};
struct person_look_body {
    PERSON_LOOK_BODY(CONCEPT_MEMBER)
};
struct person_forget_body {
    PERSON_FORGET_BODY(CONCEPT_MEMBER)
};
struct label_body {
    LABEL_BODY(CONCEPT_MEMBER)
};
struct erasure_body {
    ERASURE_BODY(CONCEPT_MEMBER)
};
struct held_kit_body {
    HELD_KIT_BODY(CONCEPT_MEMBER)
};
struct marks_body {
    MARKS_BODY(CONCEPT_MEMBER)
};

extern const concept_t claim_body_concept;
extern const concept_t kit_body_concept;
extern const concept_t sign_in_body_concept;
extern const concept_t recover_body_concept;
extern const concept_t token_body_concept;
extern const concept_t deployment_body_concept;
extern const concept_t enrol_body_concept;
extern const concept_t settings_body_concept;
extern const concept_t tenant_body_concept;
extern const concept_t join_body_concept;
extern const concept_t invitation_body_concept;
extern const concept_t process_body_concept;
extern const concept_t group_body_concept;
extern const concept_t staff_sign_in_body_concept;
extern const concept_t sign_body_concept;
extern const concept_t training_body_concept;
extern const concept_t support_body_concept;
extern const concept_t agreement_body_concept;
extern const concept_t certificate_body_concept;
extern const concept_t order_body_concept;
extern const concept_t notices_body_concept;
extern const concept_t member_body_concept;
extern const concept_t role_body_concept;
extern const concept_t webhook_body_concept;
extern const concept_t witness_body_concept;
extern const concept_t password_body_concept;
extern const concept_t signer_body_concept;
extern const concept_t code_body_concept;
extern const concept_t approve_body_concept;
extern const concept_t contract_body_concept;
extern const concept_t hold_body_concept;
extern const concept_t code_confirm_body_concept;
extern const concept_t restore_body_concept;
extern const concept_t grant_restore_body_concept;
extern const concept_t retention_body_concept;
extern const concept_t person_search_body_concept;
extern const concept_t person_look_body_concept;
extern const concept_t person_forget_body_concept;
extern const concept_t label_body_concept;
extern const concept_t erasure_body_concept;
extern const concept_t marks_body_concept;
extern const concept_t held_kit_body_concept;
