/* SPDX-License-Identifier: Apache-2.0
 *
 * Passkeys of members (admit/webauthn.h): added in a browser after the password was typed again, told apart by their dates
 * alone, removed the same way.
 *
 *     passkey_begin    the password typed again, or a passkey shown again; gives what the browser asks the authenticator for
 *     passkey_first    the same for who has no way in of their own yet, if it opens the key that is made with it
 *     passkey_add      what the authenticator has made
 *     passkey_use()    a passkey has signed: whose it is, and what it opens
 *
 * Where the authenticator has the PRF extension, it gives 32 secret bytes for the client's salt that nobody else has, and
 * the member's private key is wrapped under them (CELL_PASSKEY_KEY): signing in with such a passkey brings the key, with no
 * password. Any other is proof of the member and opens nothing: it gives a locked session, which the password unlocks. The
 * provider's people have only such that open.
 *
 * A credential's id and public key stand in a cell, as a password's verifier would; it is found by its id, keyed with the
 * client's salt, so that one client's is not found at another. All of it ends with the member, and with the recovery kit.
 */
#pragma once
#include "admit/challenge.h"
#include "admit/webauthn.h"

enum { PASSKEYS_MOST = 20, PRF_SIZE = KEY_SIZE };

/* Within an act that writes. `who` has tenant and salt's owner; the rest of it may be empty. DENIED where anything does not
 * fit. A counter that went back is DENIED and `cloned`: passkey_cloned() tells of it, in an act of its own. */
struct passkey_use {
    const Keys__Assertion *said;
    struct challenge challenge; /* what it has to have been asked for */
    ident_t passkey, member;    /* out, and the rest too */
    struct key pair[2];         /* of the member */
    bool opened, cloned;        /* the private half too */
};
CHECKED err_t passkey_use(struct ask *ask, const struct who *who, struct passkey_use *use);
CHECKED err_t passkey_cloned(struct ask *ask, const struct who *who, const struct passkey_use *use);

CHECKED err_t passkeys_forget(struct ask *ask, ident_t member);

/* What the browser is given to ask an authenticator with; `own` lists the member's passkeys. */
CHECKED err_t passkey_options(struct ask *ask, const struct who *who, const struct challenge *what,
                              Keys__PasskeyOptions *out);
