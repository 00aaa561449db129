/* SPDX-License-Identifier: Apache-2.0
 *
 * Rotations of a tenant's key: a new pair, and all that hangs on the old one turned over to it (keyring/rekey.h has the
 * list). Asked for by an owner who types the organisation's name and the password, or done because the recovery key was used.
 *
 *     rekey_begin()    one act: the new pair; members, tokens and the recovery key get its private half; other sessions end;
 *                      the old private half stays, sealed to the new key; all that is still sealed to it is put on a list
 *     key_reseal       again and again, in an owner's session: the next of the list, a batch an act
 *     the last batch   destroys the old private half (a line in the erasure ledger first); the next roll of the keyring makes
 *                      copies from before dead
 *
 * In between everything works: what is made is sealed to the new key, what is opened is tried with the new one and then with
 * the old one. A crash leaves a list that is shorter, and any owner's session goes on with it. Where the recovery key is used
 * while a rotation is under way, another one follows it at once.
 *
 * Cost: about 150 µs for each key on the list.
 */
#pragma once
#include "keyring/answer.h"

enum { RESEAL_BATCH = 512, RESEAL_ROUNDS = 8 };

struct rekey {
    const char *why;    /* asked, recovery */
    const char *bearer; /* of the session that goes on; NULL: none does */
};

/* `who` has the tenant's key, and then the new one. CONFLICT where one is under way, for any why but recovery. */
CHECKED err_t rekey_begin(struct ask *ask, struct who *who, const struct rekey *rekey);

CHECKED err_t tenant_key_message(struct ask *ask, ident_t tenant, Keys__TenantKey *out);
