/* SPDX-License-Identifier: Apache-2.0
 *
 * A locked session gets the key by what opens the member's own: the password, or a passkey with the PRF extension. Beside the
 * password an authenticator is asked for its code, as at a sign-in, but where a passkey has begun the session. The cookie
 * stays.
 */
#include "admit/again.h"
#include "admit/authenticator.h"
#include "admit/sso.h"

static err_t code_check(struct again *again)
{
    const Keys__Again *in = again->ask->in;
    bool by_passkey = in->passkey || str_eq(str(again->who.way), STR("passkey"));
    again->proof.way.code = in->code;
    return by_passkey
               ? ERR_OK
               : authenticator_check(again->ask, again->who.member, again->proof.pair, &again->proof.way);
}

static err_t unlock_act(struct again *again)
{
    const Keys__Again *in = again->ask->in;
    OWN(who) opened = again->who;
    if (again->who.keyed)
        return fail(ERR_CONFLICT, "this session has the key already");
    TRY(sso_may_open(again->ask, &again->who, in->passkey ? "passkey" : "passphrase"));
    TRY(proof_opened(&again->proof));
    TRY(code_check(again));
    TRY(member_enter(again->ask, &opened, again->proof.pair));
    if (!opened.keyed)
        return fail(ERR_LOCKED, "you wait for the key: an owner has to release it to you");
    TRY(session_key(
        again->ask, &again->who,
        &(struct session_opener){in->bearer, in->passkey ? "passkey" : "password", &opened.tenant_private}));
    return who_message(again->ask, &again->who, again->ask->out);
}

err_t answer_session_unlock(struct ask *ask)
{
    return again_run(ask, &(struct again_what){"session.unlock", unlock_act});
}
