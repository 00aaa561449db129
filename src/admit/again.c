/* SPDX-License-Identifier: Apache-2.0 */
#include "admit/again.h"

#include "admit/authenticator.h"
#include "admit/passwords.h"
#include "keyring/journal.h"

typedef struct again again_own;

static void again_drop(struct again *again) { explicit_bzero(again, sizeof *again); }

bool again_is(const char *act)
{
    static const char *const acts[] = {
        "authenticator.add", "authenticator.remove", "passkey.add", "passkey.remove",
        "password.change",   "session.unlock",       "sso.link",    "sso.unlink"};
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

static err_t password_fits(struct again *again)
{
    err_t fits = user_pair(again->ask, &again->who, &again->way, again->pair);
    again->wrong = fits == ERR_DENIED;
    again->opened = fits == ERR_OK;
    return fits;
}

static err_t passkey_fits(struct again *again)
{
    const Keys__Again *in = again->ask->in;
    again->use = (struct passkey_use){
        .said = in->passkey,
        .challenge = {again->what->act, again->who.tenant, again->who.session, again->target}};
    err_t fits = passkey_use(again->ask, &again->who, &again->use);
    if (fits == ERR_OK && !ident_eq(again->use.member, again->who.member))
        fits = fail(ERR_DENIED, "the passkey is another member's");
    again->wrong = fits == ERR_DENIED;
    again->opened = again->use.opened;
    memcpy(again->pair, again->use.pair, sizeof again->pair);
    return fits;
}

static err_t again_act(struct keyring *keyring, void *with)
{
    struct again *again = with;
    const Keys__Again *in = again->ask->in;
    TRY(member_find(keyring, with)); /* again: much may have ended while the password was stretched */
    TRY(in->passkey ? passkey_fits(again) : password_fits(again));
    return again->what->run(again);
}

static err_t refused_act(struct keyring *keyring, void *with)
{
    struct again *again = with;
    (void)keyring;
    if (again->way.wrong_code)
        TRY(authenticator_wrong(again->ask, again->who.member));
    if (again->use.cloned)
        TRY(passkey_cloned(again->ask, &again->who, &again->use));
    return refusal_count(again->ask, again->who.tenant);
}

static err_t ways_make(struct again *again)
{
    const Keys__Again *in = again->ask->in;
    const str_t salt = str_bytes(again->salt, sizeof again->salt);
    if (!in->passkey)
        TRY(way_in_from(again->ask, salt, in->username, bin(in->password), &again->way));
    return in->new_password.len
               ? way_in_from(again->ask, salt, in->username, bin(in->new_password), &again->fresh)
               : ERR_OK;
}

/* A wrong code is no end of the session that asks: DENIED here. */
static err_t refused(struct again *again, err_t done)
{
    char note[256];
    if (!again->wrong && !again->way.wrong_code)
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

err_t again_opened(const struct again *again)
{
    return again->opened ? ERR_OK
                         : fail(ERR_LOCKED, "this passkey does not open your key: type the password instead");
}
