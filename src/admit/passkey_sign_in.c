/* SPDX-License-Identifier: Apache-2.0
 *
 * Signing in with a passkey: the client is named, and the passkey finds the member. Where it opens the member's key the
 * session has the client's; else it is locked.
 */
#include "admit/members.h"
#include "admit/passkeys.h"
#include "keyring/contracts.h"
#include "keyring/journal.h"

struct coming {
    struct ask *ask;
    struct who who;
    struct passkey_use use;
};
typedef struct coming coming_own;
static void coming_drop(struct coming *coming) { explicit_bzero(coming, sizeof *coming); }

static err_t tenant_find(struct coming *in)
{
    const Keys__PasskeyLogin *asked = in->ask->in;
    OWN(rows) rows = {0};
    TRY(db_read(in->ask->db, &rows,
                "select id, realm, public from tenants where name = $1 and public is not null",
                T(str(asked->tenant))));
    bool found = row_next(&rows);
    TRY(rows_end(&rows));
    if (!found)
        return fail(ERR_DENIED, "the passkey is not known here");
    in->who.tenant = row_ident(&rows, 0);
    in->who.realm = row_ident(&rows, 1);
    return key_from(row_text(&rows, 2), &in->who.tenant_public);
}

static err_t member_come(struct coming *in)
{
    OWN(rows) rows = {0};
    in->who.member = in->use.member;
    in->who.is_user = true;
    in->who.way = "passkey";
    TRY(db_read(in->ask->db, &rows, "select role from members where id = $1", ID(in->who.member)));
    TRY(row_one(&rows));
    in->who.role = arena_copy(in->ask->arena, row_text(&rows, 0));
    TRY(arena_end(in->ask->arena));
    return in->use.opened ? member_enter(in->ask, &in->who, in->use.pair) : ERR_OK;
}

static err_t login_act(struct keyring *keyring, void *with)
{
    struct coming *in = with;
    const Keys__PasskeyLogin *asked = in->ask->in;
    (void)keyring;
    TRY(tenant_find(in));
    in->use =
        (struct passkey_use){.said = asked->passkey, .challenge = {"sign-in", .tenant = in->who.tenant}};
    TRY(passkey_use(in->ask, &in->who, &in->use));
    TRY(member_come(in));
    return session_begin(in->ask, &in->who, ACT_SESSION_OPENED);
}

static err_t refused_act(struct keyring *keyring, void *with)
{
    struct coming *in = with;
    (void)keyring;
    if (in->use.cloned)
        TRY(passkey_cloned(in->ask, &in->who, &in->use));
    return refusal_count(in->ask, in->who.tenant);
}

err_t answer_passkey_login(struct ask *ask)
{
    char note[256];
    OWN(coming) in = {.ask = ask};
    err_t done = keyring_write(ask->keyring, login_act, &in);
    if (done != ERR_DENIED)
        return done;
    snprintf(note, sizeof note, "%s", err_note());
    TRY(keyring_write(ask->keyring, refused_act, &in));
    return fail(ERR_SIGNED_OUT, "%s", note);
}
