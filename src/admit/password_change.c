/* SPDX-License-Identifier: Apache-2.0
 *
 * A person changes the password, by the old one. The key pair stays, and with it all that is sealed to it; every other session
 * of that person ends.
 */
#include "admit/members.h"
#include "admit/passwords.h"
#include "admit/staff.h"
#include "keyring/journal.h"

struct change {
    struct ask *ask;
    struct who who;
    struct way_in old, fresh;
    uint8_t salt[SALT_SIZE];
    bool wrong;
};
typedef struct change change_own;

static void change_drop(struct change *change) { explicit_bzero(change, sizeof *change); }

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

static err_t change_find(struct keyring *keyring, void *with)
{
    struct change *change = with;
    const Keys__PasswordChange *in = change->ask->in;
    (void)keyring;
    TRY(who_asks(change->ask, in->bearer, RIGHT_SELF, &change->who));
    if (!change->who.is_user)
        return fail(ERR_DENIED, "a program has no password: make another token");
    return salt_find(change->ask, &change->who, change->salt);
}

static err_t others_end(struct ask *ask, const struct who *who)
{
    OWN(buf) ids = BUF(MAX_ASK);
    TRY(db_idents(ask->db, &ids, "select id from sessions where member = $1 and id <> $2", ID(who->member),
                  ID(who->session)));
    for_each_ident(id, &ids)
    {
        TRY(cell_destroy(ask->keyring, id, 0));
        TRY(db_do(ask->db, "delete from sessions where id = $1", ID(id)));
    }
    return ERR_OK;
}

static err_t change_act(struct keyring *keyring, void *with)
{
    struct change *change = with;
    TRY(change_find(keyring, with)); /* again: much may have ended while the passwords were stretched */
    err_t wrapped = user_rewrap(change->ask, &change->who, &change->old, &change->fresh);
    change->wrong = wrapped == ERR_DENIED;
    if (wrapped == ERR_CONFLICT)
        return fail(ERR_CONFLICT, "this password is taken: choose another");
    TRY(wrapped);
    TRY(others_end(change->ask, &change->who));
    return journal_one(change->ask, &change->who, ACT_PASSWORD_CHANGED, (struct mention){0});
}

static err_t refused_act(struct keyring *keyring, void *with)
{
    struct change *change = with;
    (void)keyring;
    return refusal_count(change->ask, change->who.tenant);
}

/* A wrong password is told of as a refused sign-in is. */
static err_t change_write(struct change *change)
{
    err_t changed = keyring_write(change->ask->keyring, change_act, change);
    if (!change->wrong)
        return changed;
    TRY(keyring_write(change->ask->keyring, refused_act, change));
    return fail(ERR_DENIED, "the password is wrong");
}

err_t answer_password_change(struct ask *ask)
{
    const Keys__PasswordChange *in = ask->in;
    OWN(change) change = {.ask = ask};
    TRY(password_acceptable(&(struct new_password){bin(in->new_password), in->username}));
    TRY(keyring_read(ask->keyring, change_find, &change));
    const str_t salt = str_bytes(change.salt, sizeof change.salt);
    TRY(way_in_from(ask, salt, in->username, bin(in->password), &change.old));
    TRY(way_in_from(ask, salt, in->username, bin(in->new_password), &change.fresh));
    return change_write(&change);
}
