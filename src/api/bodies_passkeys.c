/* SPDX-License-Identifier: Apache-2.0 */
#include "api/bodies_passkeys.h"

#define THIS again_body
static const field_t again_fields[] = {AGAIN_BODY(CONCEPT_FIELD)};
#undef THIS
const concept_t again_body_concept = {
    .name = "again",
    .purpose = "Username and password typed again, or a passkey that has signed for this.",
    .shape = SHAPE_MESSAGE,
    .optional = 9,
    .size = sizeof(struct again_body),
    CONCEPT_FIELDS(again_fields),
};

#define THIS password_change_body
static const field_t password_change_fields[] = {PASSWORD_CHANGE_BODY(CONCEPT_FIELD)};
#undef THIS
const concept_t password_change_body_concept = {
    .name = "password_change",
    .purpose = "A new password, and the old one, or a passkey that has signed for this.",
    .shape = SHAPE_MESSAGE,
    .optional = 7,
    .size = sizeof(struct password_change_body),
    CONCEPT_FIELDS(password_change_fields),
};

#define THIS challenge_body
static const field_t challenge_fields[] = {CHALLENGE_BODY(CONCEPT_FIELD)};
#undef THIS
const concept_t challenge_body_concept = {
    .name = "challenge",
    .purpose = "The client whom somebody signs in to.",
    .shape = SHAPE_MESSAGE,
    .size = sizeof(struct challenge_body),
    CONCEPT_FIELDS(challenge_fields),
};

#define THIS passkey_login_body
static const field_t passkey_login_fields[] = {PASSKEY_LOGIN_BODY(CONCEPT_FIELD)};
#undef THIS
const concept_t passkey_login_body_concept = {
    .name = "passkey_login",
    .purpose = "A passkey that has signed for a sign-in.",
    .shape = SHAPE_MESSAGE,
    .optional = 2,
    .size = sizeof(struct passkey_login_body),
    CONCEPT_FIELDS(passkey_login_fields),
};

#define THIS staff_passkey_body
static const field_t staff_passkey_fields[] = {STAFF_PASSKEY_BODY(CONCEPT_FIELD)};
#undef THIS
const concept_t staff_passkey_body_concept = {
    .name = "staff_passkey",
    .purpose = "A passkey of one of the provider's people that has signed for a sign-in.",
    .shape = SHAPE_MESSAGE,
    .optional = 2,
    .size = sizeof(struct staff_passkey_body),
    CONCEPT_FIELDS(staff_passkey_fields),
};

#define THIS passkey_act_body
static const field_t passkey_act_fields[] = {PASSKEY_ACT_BODY(CONCEPT_FIELD)};
#undef THIS
const concept_t passkey_act_body_concept = {
    .name = "passkey_act",
    .purpose = "What a passkey is to sign for.",
    .shape = SHAPE_MESSAGE,
    .optional = 2,
    .size = sizeof(struct passkey_act_body),
    CONCEPT_FIELDS(passkey_act_fields),
};

#define THIS passkey_made_body
static const field_t passkey_made_fields[] = {PASSKEY_MADE_BODY(CONCEPT_FIELD)};
#undef THIS
const concept_t passkey_made_body_concept = {
    .name = "passkey_made",
    .purpose = "A passkey that an authenticator has made.",
    .shape = SHAPE_MESSAGE,
    .optional = 2,
    .size = sizeof(struct passkey_made_body),
    CONCEPT_FIELDS(passkey_made_fields),
};
