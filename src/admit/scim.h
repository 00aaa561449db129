/* SPDX-License-Identifier: Apache-2.0
 *
 * A client's directory (SCIM 2.0, docs/identity.md): joiners, movers and leavers, told by a token with the scope `scim`.
 * Promise collect.user.
 *
 *     directory: scim_put_user     a member without a way in, who comes in by single sign-on or an invitation
 *     directory: scim_put_group    who is in a group, and so, by the client's own table, has which role
 *     owner: scim_setup_set        that table
 *
 * Of a person the full name, the username and one email address are kept, sealed like any member's; username and externalId
 * besides as keyed hashes, by which they are found again (admit/sso.h). Of a group a keyed hash and a sealed label, and
 * the ids of who is in it. Nothing else that a directory says comes here.
 *
 * A directory decides nothing that two people have to say yes to: a role that is trusted it asks for, or asks to be taken; a
 * leaver with one is disabled at once, and the removal asked for. The only owner who could come in stays.
 */
#pragma once
#include "keyring/answer.h"

/* The token of a directory: LOCKED where it has not got the key. */
CHECKED err_t scim_asks(struct ask *ask, const char *bearer, struct who *out_who);

/* When it was heard, to the minute, and how much of what it said is not kept. */
CHECKED err_t scim_heard(struct ask *ask, ident_t tenant, int64_t ignored);

/* Within an act: the role that a member's groups give, or the one of who is in none, where the directory made the member or
 * has had a say in the role before. At once, or asked for where either role is trusted. */
CHECKED err_t scim_role_follow(struct ask *ask, const struct who *who, ident_t member);
CHECKED err_t scim_role_otherwise(struct ask *ask, ident_t tenant, str_t *out_role);
/* Who is in a group, or in a group within it, whatever circles they make. */
CHECKED err_t scim_group_people(struct ask *ask, ident_t group, buf_t *out_ids);
CHECKED err_t scim_group_hash(struct ask *ask, ident_t tenant, str_t name, struct key *out_hash);

/* Groups, for scim_find. */
CHECKED err_t scim_groups_find(struct ask *ask, const struct who *who, const Keys__ScimFind *in);
