/* SPDX-License-Identifier: Apache-2.0 */
#include "admit/again.h"

#include "admit/authenticator.h"
#include "admit/passwords.h"
#include "keyring/journal.h"

typedef struct again again_own;

static void again_drop(struct again *again) { explicit_bzero(again, sizeof *again); }

bool again_is(const char *act)
{
    static const char *const acts[] = {"authenticator.add", "authenticator.remove",
                                       "break-glass.set",   "copy.give",
                                       "elevation.approve", "elevation.code",
                                       "erasure.ask",       "keeper.approve",
                                       "key.rotate",        "member.invite",
                                       "part.show",         "passkey.add",
                                       "passkey.remove",    "password.change",
                                       "person.forget",     "policy.publish",
                                       "recovery.begin",    "scim.map",
                                       "session.unlock",    "signer.give",
                                       "signer.make",       "sso.link",
                                       "sso.remove",        "sso.set",
                                       "sso.unlink",        "token.make"};
    for (size_t i = 0; i < sizeof acts / sizeof *acts; i++)
        if (!strcmp(acts[i], act))
            return true;
    return false;
}

static err_t member_find(struct keyring *keyring, void *with)
{
    struct again *again = with;
    const Keys__Again *in = again->ask->in;
    (void)keyring;
    TRY(who_asks(again->ask, in->bearer, RIGHT_SELF, &again->who));
    if (!again->who.is_user)
        return fail(ERR_INVALID, "a program has no password: make another token");
    again->ask->lane = lane_of(again->who.session);
    if (in->id.len)
        TRY(ident_from(bin(in->id), &again->target));
    if (again->what->find)
        TRY(again->what->find(again));
    return salt_of(again->ask, &again->who, again->salt);
}

static err_t again_act(struct keyring *keyring, void *with)
{
    struct again *again = with;
    const Keys__Again *in = again->ask->in;
    TRY(member_find(keyring, with)); /* again: much may have ended while the password was stretched */
    again->proof.use.said = in->passkey;
    again->proof.use.challenge =
        (struct challenge){again->what->act, again->who.tenant, again->who.session, again->target};
    TRY(proof_take(again->ask, &again->who, &again->proof));
    return again->what->run(again);
}

static err_t refused_act(struct keyring *keyring, void *with)
{
    struct again *again = with;
    (void)keyring;
    if (again->proof.way.wrong_code)
        TRY(authenticator_wrong(again->ask, again->who.member));
    return proof_refused(again->ask, &again->who, &again->proof);
}

static err_t ways_make(struct again *again)
{
    const Keys__Again *in = again->ask->in;
    const str_t salt = str_bytes(again->salt, sizeof again->salt);
    if (!in->passkey)
        TRY(way_in_from(again->ask, salt, in->username, bin(in->password), &again->proof.way));
    return in->new_password.len
               ? way_in_from(again->ask, salt, in->username, bin(in->new_password), &again->fresh)
               : ERR_OK;
}

/* A wrong code is no end of the session that asks: DENIED here. */
static err_t refused(struct again *again, err_t done)
{
    char note[256];
    if (!again->proof.wrong && !again->proof.way.wrong_code)
        return done;
    snprintf(note, sizeof note, "%s", err_note());
    TRY(keyring_write(again->ask->keyring, refused_act, again));
    return fail(ERR_DENIED, "%s", note);
}

err_t again_run(struct ask *ask, const struct again_what *what)
{
    OWN(again) again = {.ask = ask, .what = what};
    TRY(keyring_read(ask->keyring, member_find, &again));
    TRY(ways_make(&again));
    return refused(&again, keyring_write(ask->keyring, again_act, &again));
}
