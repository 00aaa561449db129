/* SPDX-License-Identifier: Apache-2.0
 *
 * Signing in with a passkey: the client is named, and the passkey finds the member. Where it opens the member's key the
 * session has the client's; else it is locked. One of the provider's people names no client, has to be current, and comes in by
 * a passkey that opens their own key: there is no session of theirs without.
 */
#include "admit/members.h"
#include "admit/passkeys.h"
#include "admit/staff.h"
#include "keyring/contracts.h"
#include "keyring/journal.h"

struct coming {
    struct ask *ask;
    struct who who;
    struct passkey_use use;
    bool lapsed; /* the passkey is right, and its owner not current */
};
typedef struct coming coming_own;
static void coming_drop(struct coming *coming) { explicit_bzero(coming, sizeof *coming); }

static err_t tenant_find(struct coming *in)
{
    const Keys__PasskeyLogin *asked = in->ask->in;
    OWN(rows) rows = {0};
    in->who.is_staff = asked->staff;
    if (asked->staff)
        return ERR_OK;
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

static err_t staff_comes(struct coming *in)
{
    if (!in->use.opened)
        return fail(ERR_DENIED, "this passkey does not open your key: sign in by the password");
    err_t current = staff_current(in->ask, in->who.member);
    in->lapsed = current == ERR_DENIED;
    return current;
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
    if (in->who.is_staff)
        TRY(staff_comes(in));
    return in->use.opened ? member_enter(in->ask, &in->who, in->use.pair) : ERR_OK;
}

static err_t login_act(struct keyring *keyring, void *with)
{
    struct coming *in = with;
    const Keys__PasskeyLogin *asked = in->ask->in;
    (void)keyring;
    TRY(tenant_find(in));
    in->lapsed = false;
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
    if (done != ERR_DENIED || in.lapsed)
        return done;
    snprintf(note, sizeof note, "%s", err_note());
    TRY(keyring_write(ask->keyring, refused_act, &in));
    return fail(ERR_SIGNED_OUT, "%s", note);
}
