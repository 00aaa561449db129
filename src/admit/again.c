/* SPDX-License-Identifier: Apache-2.0 */
#include "admit/again.h"

#include "admit/authenticator.h"
#include "admit/passwords.h"
#include "admit/staff.h"
#include "keyring/journal.h"

typedef struct again again_own;

static void again_drop(struct again *again) { explicit_bzero(again, sizeof *again); }

static err_t salt_find(struct ask *ask, const struct who *who, uint8_t out_salt[SALT_SIZE])
{
    OWN(rows) rows = {0};
    if (who->is_staff)
        return staff_salt(ask, out_salt);
    TRY(db_read(ask->db, &rows, "select salt from tenants where id = $1", ID(who->tenant)));
    TRY(row_one(&rows));
    memcpy(out_salt, row_text(&rows, 0).at, SALT_SIZE);
    return ERR_OK;
}

static err_t member_find(struct keyring *keyring, void *with)
{
    struct again *again = with;
    const Keys__Again *in = again->ask->in;
    (void)keyring;
    TRY(who_asks(again->ask, in->bearer, RIGHT_SELF, &again->who));
    if (!again->who.is_user)
        return fail(ERR_DENIED, "a program has no password: make another token");
    return salt_find(again->ask, &again->who, again->salt);
}

static err_t password_fits(struct again *again)
{
    err_t fits = user_pair(again->ask, &again->who, &again->way, again->pair);
    again->wrong = fits == ERR_DENIED;
    return fits;
}

static err_t again_act(struct keyring *keyring, void *with)
{
    struct again *again = with;
    TRY(member_find(keyring, with)); /* again: much may have ended while the password was stretched */
    TRY(password_fits(again));
    return again->act(again);
}

static err_t refused_act(struct keyring *keyring, void *with)
{
    struct again *again = with;
    (void)keyring;
    if (again->way.wrong_code)
        TRY(authenticator_wrong(again->ask, again->who.member));
    return refusal_count(again->ask, again->who.tenant);
}

static err_t ways_make(struct again *again)
{
    const Keys__Again *in = again->ask->in;
    const str_t salt = str_bytes(again->salt, sizeof again->salt);
    TRY(way_in_from(again->ask, salt, in->username, bin(in->password), &again->way));
    return in->new_password.len
               ? way_in_from(again->ask, salt, in->username, bin(in->new_password), &again->fresh)
               : ERR_OK;
}

err_t again_run(struct ask *ask, err_t (*act)(struct again *again))
{
    OWN(again) again = {.ask = ask, .act = act};
    TRY(keyring_read(ask->keyring, member_find, &again));
    TRY(ways_make(&again));
    err_t done = keyring_write(ask->keyring, again_act, &again);
    if (!again.wrong && !again.way.wrong_code)
        return done;
    TRY(keyring_write(ask->keyring, refused_act, &again));
    return fail(ERR_DENIED, "%s",
                again.wrong ? "the password is wrong"
                            : "the code of the authenticator is wrong, or was used");
}
