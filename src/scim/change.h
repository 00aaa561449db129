/* SPDX-License-Identifier: Apache-2.0
 *
 * What a client's directory says of a person or a group: by POST and PUT a whole resource (RFC 7643), by PATCH some
 * operations on one (RFC 7644 section 3.5.2). Promise collect.user: of a person the full name, the username, one email address and
 * whether they are let in come out of here, and what they are known by elsewhere (externalId), which is kept as a keyed hash.
 * Every other attribute is ignored and counted; its value is never looked at.
 *
 *     OWN(scim_body) body = NULL;
 *     TRY(scim_body_read(request->body, &body));
 *     TRY(scim_user_patch(body, arena, &change));
 *
 * Okta and Entra differ from the RFC and from each other: operations in any case, "True" for true, a path as the name of a
 * member where no path is said, members to be removed in `value`. All of these are taken.
 *
 * INVALID where it is no such message; the note begins with the scimType of RFC 7644 section 3.12, and a colon.
 */
#pragma once
#include "base/id.h"
#include "scim/filter.h"

enum { MAX_SCIM = 1024 * 1024, SCIM_OPS_MOST = 1000, SCIM_MEMBERS_MOST = 20000 };

typedef json_t *scim_body_own;
void scim_body_drop(json_t **body);
CHECKED err_t scim_body_read(str_t json, json_t **out_body); /* TOO_LARGE past MAX_SCIM */

/* {NULL, 0}: not said. */
struct scim_change {
    str_t user_name, external_id, email;
    str_t formatted, display, given, family; /* of which a full name is made */
    int active;                              /* -1: not said */
    size_t ignored;
};
CHECKED err_t scim_user_read(const json_t *body, arena_t *arena, struct scim_change *out_change);
CHECKED err_t scim_user_patch(const json_t *body, arena_t *arena, struct scim_change *out_change);

/* The full name after the change: as it is written, or of its parts, of which one that is not said stays what it was: the last
 * word is the family name. {NULL, 0} where nothing was said of it. */
str_t scim_full_name(const struct scim_change *change, str_t before, arena_t *arena);

/* The members of a group, one step after the other. */
struct scim_step {
    enum { SCIM_ADD, SCIM_REMOVE, SCIM_CLEAR } kind;
    bool is_group;
    ident_t id;
};
struct scim_group_change {
    str_t name;
    struct scim_step *steps;
    size_t count, room, ignored;
};
CHECKED err_t scim_group_read(const json_t *body, arena_t *arena, struct scim_group_change *out_change);
CHECKED err_t scim_group_patch(const json_t *body, arena_t *arena, struct scim_group_change *out_change);
