/* SPDX-License-Identifier: Apache-2.0
 *
 * Any question of the request table, for tests that ask for everything: its message is filled by the names that its fields
 * have, as somebody would who knows the ids of what it is about, and holds one bearer.
 *
 *     for (size_t i = 0; i < given_ask_count; i++) {
 *         err_t result = given_filled(&given, &given_asks[i], &fill, &body);
 *
 * What a field of a name that is not known here gets is of its kind, and means nothing.
 */
#pragma once
#include "admit/people_given.h"

struct given_ask {
    uint8_t number;
    const char *name;
    const ProtobufCMessageDescriptor *takes;
    bool web, writes; /* who asks, and whether something may be another afterwards */
};
extern const struct given_ask given_asks[];
extern const size_t given_ask_count;

struct given_fill {
    const char *bearer, *password, *kit, *client; /* the last: the name of whose things are asked for */
    ident_t tenant, device, id, request;
    const struct given_record *record;
};

/* The answer as it is packed; the error is that of the answer. */
CHECKED err_t given_filled(struct given *given, const struct given_ask *ask, const struct given_fill *fill,
                           buf_t *out_body);

/* Whether a message of this ask has a field of that name, anywhere in it. */
bool given_has(const ProtobufCMessageDescriptor *type, const char *field);
