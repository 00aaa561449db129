/* SPDX-License-Identifier: Apache-2.0
 *
 * The tenant's signing key, which signs what endpoints obey: made with the tenant, sealed to each member who signs and to
 * the recovery key, and opened for one act by the password that its member types again, or by a passkey that opens the
 * member's key and has signed for just this act. No session opens it: the seed is sealed to the member's own key, and that is
 * wrapped by those alone.
 *
 *     struct signing signing = {.ask = ask, .act = "policy.publish", .bearer = in->bearer, .password = bin(in->password),
 *                               .passkey = in->passkey, .right = RIGHT_SIGN, .run = sign_act};
 *     TRY(signing_run(&signing));            DENIED: password or passkey is wrong; LOCKED: the key is not sealed to this member
 *
 * `run` runs within the transaction, with `who` asking and `signer` open, and may be run again; all is wiped before
 * signing_run() returns. The password is stretched outside of any act, as at a sign-in, with the same bounds; what is wrong
 * counts as a refused sign-in. For requests that hold the keyring ALONE.
 */
#pragma once
#include "admit/proof.h"
#include "tlog/note.h"

struct signing {
    struct ask *ask;
    const char *bearer;
    const char *act; /* what a passkey signs for: one of those that again_is() knows */
    str_t target;    /* the id of what it is done to, where that is in the act; else empty */
    str_t password;
    const Keys__Assertion *passkey; /* in its place */
    right_t right;
    bool keyless; /* the signing key is not opened */
    err_t (*run)(struct signing *signing);
    struct who who;
    struct note_signer signer;
    struct proof proof; /* and the member's own key pair, open */
};
CHECKED err_t signing_run(struct signing *signing);

/* A tenant's signing key as the keyring knows it; MISSING where there is none yet. The text lives in the arena. */
struct signer_row {
    str_t key;
    bool kept; /* here; else its private half is off the service */
    moment_t made;
    int64_t number; /* of the last policy */
};
CHECKED err_t signer_row(struct ask *ask, ident_t tenant, struct signer_row *out_row);

/* The rest within an act. A new key, sealed to this member and to the recovery key, in the place of an earlier one; one
 * whose private half is off the service. */
CHECKED err_t signer_born(struct ask *ask, const struct who *who);
CHECKED err_t signer_pinned(struct ask *ask, const struct who *who, const struct note_key *key);

/* The seed, sealed to a recovery key that is to come as well, where this key is kept here: LOCKED where it is not sealed to
 * who asks. And that recovery key has come: its copy is the one that counts. */
CHECKED err_t signer_next(struct signing *signing, ident_t recovery, const struct key *public);
CHECKED err_t signer_next_take(struct ask *ask, ident_t tenant, ident_t recovery);

/* One more member; CONFLICT where it has the key already. */
CHECKED err_t signer_seal(struct ask *ask, ident_t tenant, ident_t member, const struct key *seed);

/* For this member again, behind a new way in, out of the recovery key's copy; nothing where there is none, or the role may
 * not sign. */
CHECKED err_t signer_recovered(struct ask *ask, const struct who *who, const struct key kit_pair[2]);
