/* SPDX-License-Identifier: Apache-2.0 */
#include "api/bodies.h"

#define THIS claim_body
static const field_t claim_fields[] = {CLAIM_BODY(CONCEPT_FIELD)};
#undef THIS
const concept_t claim_body_concept = {
    .name = "claim",
    .purpose = "The first owner of a tenant.",
    .shape = SHAPE_MESSAGE,
    .size = sizeof(struct claim_body),
    CONCEPT_FIELDS(claim_fields),
};

#define THIS kit_body
static const field_t kit_fields[] = {KIT_BODY(CONCEPT_FIELD)};
#undef THIS
const concept_t kit_body_concept = {
    .name = "kit",
    .purpose = "A recovery kit typed back.",
    .shape = SHAPE_MESSAGE,
    .size = sizeof(struct kit_body),
    CONCEPT_FIELDS(kit_fields),
};

#define THIS sign_in_body
static const field_t sign_in_fields[] = {SIGN_IN_BODY(CONCEPT_FIELD)};
#undef THIS
const concept_t sign_in_body_concept = {
    .name = "sign_in",
    .purpose = "A sign-in.",
    .shape = SHAPE_MESSAGE,
    .optional = 1,
    .size = sizeof(struct sign_in_body),
    CONCEPT_FIELDS(sign_in_fields),
};

#define THIS recover_body
static const field_t recover_fields[] = {RECOVER_BODY(CONCEPT_FIELD)};
#undef THIS
const concept_t recover_body_concept = {
    .name = "recover",
    .purpose = "A sign-in by recovery kit.",
    .shape = SHAPE_MESSAGE,
    .size = sizeof(struct recover_body),
    CONCEPT_FIELDS(recover_fields),
};

#define THIS token_body
static const field_t token_fields[] = {TOKEN_BODY(CONCEPT_FIELD)};
#undef THIS
const concept_t token_body_concept = {
    .name = "token",
    .purpose = "A token to make, with a role, or with scopes in its place.",
    .shape = SHAPE_MESSAGE,
    .optional = 3 + PROOF_FIELDS,
    .size = sizeof(struct token_body),
    CONCEPT_FIELDS(token_fields),
};

#define THIS deployment_body
static const field_t deployment_fields[] = {DEPLOYMENT_BODY(CONCEPT_FIELD)};
#undef THIS
const concept_t deployment_body_concept = {
    .name = "deployment",
    .purpose = "A deployment key to make.",
    .shape = SHAPE_MESSAGE,
    .optional = 2,
    .size = sizeof(struct deployment_body),
    CONCEPT_FIELDS(deployment_fields),
};

#define THIS enrol_body
static const field_t enrol_fields[] = {ENROL_BODY(CONCEPT_FIELD)};
#undef THIS
const concept_t enrol_body_concept = {
    .name = "enrol",
    .purpose = "An endpoint that enrols.",
    .shape = SHAPE_MESSAGE,
    .size = sizeof(struct enrol_body),
    CONCEPT_FIELDS(enrol_fields),
};

#define THIS tenant_body
static const field_t tenant_fields[] = {TENANT_BODY(CONCEPT_FIELD)};
#undef THIS
const concept_t tenant_body_concept = {
    .name = "tenant",
    .purpose = "A tenant to make.",
    .shape = SHAPE_MESSAGE,
    .size = sizeof(struct tenant_body),
    CONCEPT_FIELDS(tenant_fields),
};

#define THIS settings_body
static const field_t settings_fields[] = {SETTINGS_BODY(CONCEPT_FIELD)};
#undef THIS
const concept_t settings_body_concept = {
    .name = "settings",
    .purpose = "What may be collected.",
    .shape = SHAPE_MESSAGE,
    .size = sizeof(struct settings_body),
    CONCEPT_FIELDS(settings_fields),
};

#define THIS join_body
static const field_t join_fields[] = {JOIN_BODY(CONCEPT_FIELD)};
#undef THIS
const concept_t join_body_concept = {
    .name = "join",
    .purpose = "Somebody who was invited.",
    .shape = SHAPE_MESSAGE,
    .optional = 2,
    .size = sizeof(struct join_body),
    CONCEPT_FIELDS(join_fields),
};

#define THIS invitation_body
static const field_t invitation_fields[] = {INVITATION_BODY(CONCEPT_FIELD)};
#undef THIS
const concept_t invitation_body_concept = {
    .name = "invitation",
    .purpose = "An invitation to make.",
    .shape = SHAPE_MESSAGE,
    .optional = PROOF_FIELDS,
    .size = sizeof(struct invitation_body),
    CONCEPT_FIELDS(invitation_fields),
};

#define THIS process_body
static const field_t process_fields[] = {PROCESS_BODY(CONCEPT_FIELD)};
#undef THIS
const concept_t process_body_concept = {
    .name = "process",
    .purpose = "Who has to say yes to requests.",
    .shape = SHAPE_MESSAGE,
    .prefix = "usr", /* of the ids in its lists of members */
    .optional = 7,
    .size = sizeof(struct process_body),
    CONCEPT_FIELDS(process_fields),
};

#define THIS group_body
static const field_t group_fields[] = {GROUP_BODY(CONCEPT_FIELD)};
#undef THIS
const concept_t group_body_concept = {
    .name = "member_group",
    .purpose = "A group of members, made by hand.",
    .shape = SHAPE_MESSAGE,
    .prefix = "usr",
    .size = sizeof(struct group_body),
    CONCEPT_FIELDS(group_fields),
};

#define THIS staff_sign_in_body
static const field_t staff_sign_in_fields[] = {STAFF_SIGN_IN_BODY(CONCEPT_FIELD)};
#undef THIS
const concept_t staff_sign_in_body_concept = {
    .name = "staff_sign_in",
    .purpose = "A sign-in of one of the provider's people.",
    .shape = SHAPE_MESSAGE,
    .optional = 1,
    .size = sizeof(struct staff_sign_in_body),
    CONCEPT_FIELDS(staff_sign_in_fields),
};

#define THIS sign_body
static const field_t sign_fields[] = {SIGN_BODY(CONCEPT_FIELD)};
#undef THIS
const concept_t sign_body_concept = {
    .name = "sign",
    .purpose = "A signature under the agreement in force.",
    .shape = SHAPE_MESSAGE,
    .size = sizeof(struct sign_body),
    CONCEPT_FIELDS(sign_fields),
};

#define THIS training_body
static const field_t training_fields[] = {TRAINING_BODY(CONCEPT_FIELD)};
#undef THIS
const concept_t training_body_concept = {
    .name = "training",
    .purpose = "A training of one of the provider's people.",
    .shape = SHAPE_MESSAGE,
    .size = sizeof(struct training_body),
    CONCEPT_FIELDS(training_fields),
};

#define THIS support_body
/* clang-format off */
static const field_t support_fields[] = {
    SUPPORT_BODY_BEFORE(CONCEPT_FIELD)
    {2, KIND_TEXT, "case", CLASS_PLAIN, END_KEEP, SAYS_WHAT_FOR, offsetof(struct THIS, case_id)},
    SUPPORT_BODY_AFTER(CONCEPT_FIELD)
};
/* clang-format on */
#undef THIS
const concept_t support_body_concept = {
    .name = "support",
    .purpose = "Support access to ask for.",
    .shape = SHAPE_MESSAGE,
    .prefix = "dev", /* of the ids in its lists */
    .size = sizeof(struct support_body),
    CONCEPT_FIELDS(support_fields),
};

#define THIS agreement_body
static const field_t agreement_fields[] = {AGREEMENT_BODY(CONCEPT_FIELD)};
#undef THIS
const concept_t agreement_body_concept = {
    .name = "agreement",
    .purpose = "A confidentiality agreement to put in force.",
    .shape = SHAPE_MESSAGE,
    .size = sizeof(struct agreement_body),
    CONCEPT_FIELDS(agreement_fields),
};

#define THIS certificate_body
static const field_t certificate_fields[] = {CERTIFICATE_BODY(CONCEPT_FIELD)};
#undef THIS
const concept_t certificate_body_concept = {
    .name = "certificate",
    .purpose = "The certificate of the provider's procedures.",
    .shape = SHAPE_MESSAGE,
    .size = sizeof(struct certificate_body),
    CONCEPT_FIELDS(certificate_fields),
};

#define THIS order_body
static const field_t order_fields[] = {ORDER_BODY(CONCEPT_FIELD)};
#undef THIS
const concept_t order_body_concept = {
    .name = "order",
    .purpose = "A destructive act to order.",
    .shape = SHAPE_MESSAGE,
    .optional = 2,
    .size = sizeof(struct order_body),
    CONCEPT_FIELDS(order_fields),
};

#define THIS held_kit_body
static const field_t held_kit_fields[] = {HELD_KIT_BODY(CONCEPT_FIELD)};
#undef THIS
const concept_t held_kit_body_concept = {
    .name = "held_kit",
    .purpose = "What opens what holds keep, without a session.",
    .shape = SHAPE_MESSAGE,
    .size = sizeof(struct held_kit_body),
    CONCEPT_FIELDS(held_kit_fields),
};

#define THIS marks_body
static const field_t marks_fields[] = {MARKS_BODY(CONCEPT_FIELD)};
#undef THIS
const concept_t marks_body_concept = {
    .name = "marks",
    .purpose = "A keyring to accept as it is.",
    .shape = SHAPE_MESSAGE,
    .size = sizeof(struct marks_body),
    CONCEPT_FIELDS(marks_fields),
};

#define THIS erasure_body
static const field_t erasure_fields[] = {ERASURE_BODY(CONCEPT_FIELD)};
#undef THIS
const concept_t erasure_body_concept = {
    .name = "erasure",
    .purpose =
        "A request for the erasure of everything: the organisation's name, and the password or a passkey.",
    .shape = SHAPE_MESSAGE,
    .optional = PROOF_FIELDS,
    .size = sizeof(struct erasure_body),
    CONCEPT_FIELDS(erasure_fields),
};

#define THIS notices_body
static const field_t notices_fields[] = {NOTICES_BODY(CONCEPT_FIELD)};
#undef THIS
const concept_t notices_body_concept = {
    .name = "notices",
    .purpose = "Where notices are mailed to.",
    .shape = SHAPE_MESSAGE,
    .optional = 1,
    .size = sizeof(struct notices_body),
    CONCEPT_FIELDS(notices_fields),
};

#define THIS member_body
static const field_t member_fields[] = {MEMBER_BODY(CONCEPT_FIELD)};
#undef THIS
const concept_t member_body_concept = {
    .name = "member",
    .purpose = "What is to be kept of a member.",
    .shape = SHAPE_MESSAGE,
    .optional = 4,
    .size = sizeof(struct member_body),
    CONCEPT_FIELDS(member_fields),
};

#define THIS role_body
static const field_t role_fields[] = {ROLE_BODY(CONCEPT_FIELD)};
#undef THIS
const concept_t role_body_concept = {
    .name = "role",
    .purpose = "The role that a member is to have.",
    .shape = SHAPE_MESSAGE,
    .size = sizeof(struct role_body),
    CONCEPT_FIELDS(role_fields),
};

#define THIS webhook_body
static const field_t webhook_fields[] = {WEBHOOK_BODY(CONCEPT_FIELD)};
#undef THIS
const concept_t webhook_body_concept = {
    .name = "webhook",
    .purpose = "An address that notices are posted to.",
    .shape = SHAPE_MESSAGE,
    .size = sizeof(struct webhook_body),
    CONCEPT_FIELDS(webhook_fields),
};

#define THIS witness_body
static const field_t witness_fields[] = {WITNESS_BODY(CONCEPT_FIELD)};
#undef THIS
const concept_t witness_body_concept = {
    .name = "witness",
    .purpose = "A witness of the log: where it answers, and the key it signs with.",
    .shape = SHAPE_MESSAGE,
    .size = sizeof(struct witness_body),
    CONCEPT_FIELDS(witness_fields),
};

#define THIS password_body
static const field_t password_fields[] = {PASSWORD_BODY(CONCEPT_FIELD)};
#undef THIS
const concept_t password_body_concept = {
    .name = "password",
    .purpose = "The password, typed again, or a passkey that has signed for this.",
    .shape = SHAPE_MESSAGE,
    .optional = PROOF_FIELDS,
    .size = sizeof(struct password_body),
    CONCEPT_FIELDS(password_fields),
};

#define THIS code_confirm_body
static const field_t code_confirm_fields[] = {CODE_CONFIRM_BODY(CONCEPT_FIELD)};
#undef THIS
const concept_t code_confirm_body_concept = {
    .name = "code_confirm",
    .purpose = "A code of the authenticator that is being added.",
    .shape = SHAPE_MESSAGE,
    .size = sizeof(struct code_confirm_body),
    CONCEPT_FIELDS(code_confirm_fields),
};

#define THIS signer_body
static const field_t signer_fields[] = {SIGNER_BODY(CONCEPT_FIELD)};
#undef THIS
const concept_t signer_body_concept = {
    .name = "signer",
    .purpose = "A signing key to make, or one that is kept off the service.",
    .shape = SHAPE_MESSAGE,
    .optional = 1 + PROOF_FIELDS,
    .size = sizeof(struct signer_body),
    CONCEPT_FIELDS(signer_fields),
};

#define THIS code_body
static const field_t code_fields[] = {CODE_BODY(CONCEPT_FIELD)};
#undef THIS
const concept_t code_body_concept = {
    .name = "elevation_code",
    .purpose = "A code to make for an elevation at an endpoint that is away.",
    .shape = SHAPE_MESSAGE,
    .optional = 2 + PROOF_FIELDS,
    .size = sizeof(struct code_body),
    CONCEPT_FIELDS(code_fields),
};

#define THIS approve_body
static const field_t approve_fields[] = {APPROVE_BODY(CONCEPT_FIELD)};
#undef THIS
const concept_t approve_body_concept = {
    .name = "elevation_approve",
    .purpose = "A yes to an elevation.",
    .shape = SHAPE_MESSAGE,
    .optional = 1 + PROOF_FIELDS,
    .size = sizeof(struct approve_body),
    CONCEPT_FIELDS(approve_fields),
};

#define THIS contract_body
static const field_t contract_fields[] = {CONTRACT_BODY(CONCEPT_FIELD)};
#undef THIS
const concept_t contract_body_concept = {
    .name = "contract",
    .purpose = "A contract's terms.",
    .shape = SHAPE_MESSAGE,
    .optional = sizeof contract_fields / sizeof *contract_fields,
    .size = sizeof(struct contract_body),
    CONCEPT_FIELDS(contract_fields),
};

#define THIS hold_body
static const field_t hold_fields[] = {HOLD_BODY_BEFORE(CONCEPT_FIELD){2, KIND_TEXT, "case", CLASS_PLAIN,
                                                                      END_KEEP, SAYS_WHAT_FOR,
                                                                      offsetof(struct THIS, case_id)},
                                      HOLD_BODY_AFTER(CONCEPT_FIELD)};
#undef THIS
const concept_t hold_body_concept = {
    .name = "hold",
    .purpose = "A legal hold to place.",
    .shape = SHAPE_MESSAGE,
    .size = sizeof(struct hold_body),
    CONCEPT_FIELDS(hold_fields),
};

#define THIS restore_body
static const field_t restore_fields[] = {RESTORE_BODY(CONCEPT_FIELD)};
#undef THIS
const concept_t restore_body_concept = {
    .name = "restore",
    .purpose = "What to bring back to a snapshot; with the organisation's name typed it is done.",
    .shape = SHAPE_MESSAGE,
    .optional = 2,
    .size = sizeof(struct restore_body),
    CONCEPT_FIELDS(restore_fields),
};

#define THIS grant_restore_body
static const field_t grant_restore_fields[] = {GRANT_RESTORE_BODY(CONCEPT_FIELD)};
#undef THIS
const concept_t grant_restore_body_concept = {
    .name = "grant_restore",
    .purpose = "The snapshot that one of a grant's devices is brought back to.",
    .shape = SHAPE_MESSAGE,
    .optional = 2, /* no snapshot is one that there is not */
    .size = sizeof(struct grant_restore_body),
    CONCEPT_FIELDS(grant_restore_fields),
};

#define THIS retention_body
static const field_t retention_fields[] = {RETENTION_BODY(CONCEPT_FIELD)};
#undef THIS
const concept_t retention_body_concept = {
    .name = "retention",
    .purpose = "For how many days what is kept has to stay, and how long it may.",
    .shape = SHAPE_MESSAGE,
    .optional = 1,
    .size = sizeof(struct retention_body),
    CONCEPT_FIELDS(retention_fields),
};

#define THIS person_search_body
static const field_t person_search_fields[] = {PERSON_SEARCH_BODY(CONCEPT_FIELD)};
#undef THIS
const concept_t person_search_body_concept = {
    .name = "person_search",
    .purpose = "A name, or a part of one, to find a person by.",
    .shape = SHAPE_MESSAGE,
    .size = sizeof(struct person_search_body),
    CONCEPT_FIELDS(person_search_fields),
};

#define THIS person_look_body
static const field_t person_look_fields[] = {PERSON_LOOK_BODY(CONCEPT_FIELD)};
#undef THIS
const concept_t person_look_body_concept = {
    .name = "person_look",
    .prefix = "acc",
    .purpose = "A person, as accounts and a member, whose traces are to be listed.",
    .shape = SHAPE_MESSAGE,
    .optional = 2,
    .size = sizeof(struct person_look_body),
    CONCEPT_FIELDS(person_look_fields),
};

#define THIS person_forget_body
static const field_t person_forget_fields[] = {PERSON_FORGET_BODY(CONCEPT_FIELD)};
#undef THIS
const concept_t person_forget_body_concept = {
    .name = "person_forget",
    .prefix = "acc",
    .purpose = "A person to forget, the name typed, and the password or a passkey.",
    .shape = SHAPE_MESSAGE,
    .optional = 1 + PROOF_FIELDS,
    .size = sizeof(struct person_forget_body),
    CONCEPT_FIELDS(person_forget_fields),
};

#define THIS label_body
static const field_t label_fields[] = {LABEL_BODY(CONCEPT_FIELD)};
#undef THIS
const concept_t label_body_concept = {
    .name = "label",
    .purpose = "Another name for a token or a deployment key.",
    .shape = SHAPE_MESSAGE,
    .size = sizeof(struct label_body),
    CONCEPT_FIELDS(label_fields),
};
