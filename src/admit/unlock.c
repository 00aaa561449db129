/* SPDX-License-Identifier: Apache-2.0
 *
 * A locked session gets the key by what opens the member's own: the password, typed by who came in without it. An
 * authenticator is asked for its code, as at a sign-in. The cookie stays.
 */
#include "admit/again.h"
#include "admit/authenticator.h"

static err_t unlock_act(struct again *again)
{
    const Keys__Again *in = again->ask->in;
    OWN(who) opened = again->who;
    if (again->who.keyed)
        return fail(ERR_CONFLICT, "this session has the key already");
    again->way.code = in->code;
    TRY(authenticator_check(again->ask, again->who.member, again->pair, &again->way));
    TRY(member_enter(again->ask, &opened, again->pair));
    if (!opened.keyed)
        return fail(ERR_LOCKED, "you wait for the key: an owner has to release it to you");
    TRY(session_key(again->ask, &again->who,
                    &(struct session_opener){in->bearer, "password", &opened.tenant_private}));
    return who_message(again->ask, &again->who, again->ask->out);
}

err_t answer_session_unlock(struct ask *ask) { return again_run(ask, unlock_act); }
