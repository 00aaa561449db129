/* SPDX-License-Identifier: Apache-2.0
 *
 * The members of a tenant: invited by a link that carries no key, waiting for the key until a session that has it seals
 * it to them, removed. Promise access.client-only.
 *
 *     owner: invitation_make ──link──▶ new member: join            a member, without the key
 *     owner: member_key                                            with it, from the next sign-in on
 *     owner: member_remove                                         at once, or a request where the role is trusted
 *     owner: member_role                                           at once, or a request where either role is trusted
 *     owner: member_disable, member_enable                         at once; enabled again, they wait for the key
 *
 * A removal destroys the member's cells: what the keyring held for them opens nothing any more, in stale copies after the
 * next roll.
 */
#pragma once
#include "keyring/answer.h"

/* A link that somebody was given, and has not used: its tenant (zero: the provider's own people) and role. */
struct invited {
    ident_t id, tenant;
    str_t role;
    ident_t member; /* who is there already and has no way in yet; zero: a new one */
};
CHECKED err_t invitation_find(struct ask *ask, const char *link, struct invited *out_invited);
CHECKED err_t invitation_put(struct ask *ask, const struct invited *invited, moment_t until, ident_t by);
CHECKED err_t invitation_used(struct ask *ask, ident_t id);

/* Within an act. CONFLICT where the process of approval could not be met without them. */
CHECKED err_t member_remove(struct ask *ask, const struct who *who, ident_t member);

/* The same, but for their keys, which whoever calls it destroys in the next commit (admit/forget.h). */
CHECKED err_t member_unseat(struct ask *ask, const struct who *who, ident_t member);
CHECKED err_t process_bears(struct ask *ask, ident_t tenant, ident_t member);

/* The tokens that they made, keepers' too: whoever made one may know it. While somebody is disabled theirs are refused
 * (keyring/bearer.c), and are good again once they are enabled. */
CHECKED err_t tokens_end(struct ask *ask, const struct who *who, ident_t maker);

/* Nobody lets them in, by any way: their sessions end, and what the keyring held for them of the tenant's key and the signing
 * key is destroyed unless their role is a trusted one, which takes a second person (a removal); their own key pair, their record
 * and their role stay. CONFLICT for one who is disabled already, or is the only owner. A request's yes of theirs does not
 * count meanwhile. */
CHECKED err_t member_shut(struct ask *ask, const struct who *who, ident_t member);
CHECKED err_t member_open_again(struct ask *ask, const struct who *who, ident_t member);
/* CONFLICT: nobody but them is an owner who could come in. */
CHECKED err_t owner_left(struct ask *ask, ident_t tenant, ident_t member);

/* One member as whoever asks may see it; ask->out is a Keys__Member. */
CHECKED err_t member_message(struct ask *ask, const struct who *who, ident_t member, Keys__Member *out);

/* The same, and where nobody would be left who owns. The key is given or taken as the role needs, the sessions end. */
CHECKED err_t role_change(struct ask *ask, const struct who *who, ident_t member, str_t role);
