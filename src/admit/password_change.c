/* SPDX-License-Identifier: Apache-2.0
 *
 * A person changes the password, by the old one. The key pair stays, and with it all that is sealed to it; every other session
 * of that person ends.
 */
#include "admit/again.h"
#include "admit/passwords.h"
#include "keyring/journal.h"

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

static err_t change_act(struct again *again)
{
    TRY(proof_opened(&again->proof));
    err_t wrapped = user_rewrap(again->ask, &again->who, &again->proof.pair[1], &again->fresh);
    if (wrapped == ERR_CONFLICT)
        return fail(ERR_CONFLICT, "this password is taken: choose another");
    TRY(wrapped);
    TRY(others_end(again->ask, &again->who));
    return journal_one(again->ask, &again->who, ACT_PASSWORD_CHANGED, (struct mention){0});
}

err_t answer_password_change(struct ask *ask)
{
    const Keys__Again *in = ask->in;
    TRY(password_acceptable(&(struct new_password){bin(in->new_password), in->username}));
    return again_run(ask, &(struct again_what){"password.change", change_act});
}
