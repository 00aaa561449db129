/* SPDX-License-Identifier: Apache-2.0
 *
 * A member's authenticator (crypt/totp.h): whoever has one signs in with its code beside the password.
 *
 *     begin    the password typed again; a secret is made, shown once, and not asked for yet
 *     confirm  a code of it; from then on every sign-in asks for one
 *     end      the password typed again
 *
 * The secret is sealed to the member's own key, which the password alone opens: no copy of the keyring gives it out. It ends
 * with the member, and with the recovery kit, which brings in who has lost everything else. A code is taken once. After
 * MOST_WRONG wrong codes, which only somebody who knows the password can give, none is taken for a quarter of an hour.
 */
#pragma once
#include "admit/members.h"
#include "crypt/totp.h"

enum { MOST_WRONG = 5, WRONG_MS = 15 * 60 * 1000, PENDING_MS = 15 * 60 * 1000 };

/* The code that came with a sign-in, held against the member's authenticator, if there is one: LOCKED where none came,
 * SIGNED_OUT where it is wrong, BUSY after too many. `pair` is the member's. */
CHECKED err_t authenticator_check(struct ask *ask, ident_t member, const struct key pair[2],
                                  struct way_in *way);

/* A wrong code counts, in an act of its own: that of the sign-in is taken back. */
CHECKED err_t authenticator_wrong(struct ask *ask, ident_t member);
CHECKED err_t authenticator_forget(struct ask *ask, ident_t member);
