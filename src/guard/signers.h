/* SPDX-License-Identifier: Apache-2.0
 *
 * Whose signatures count: OpenPGP certificates, and what is signed by one of them.
 *
 *     OWN(signers) signers = NULL;
 *     TRY(signers_open(&signers));
 *     signers_add(signers, certificate);                   its packets; what is none adds nobody
 *     found = signers_check(signers, parts, count, signature);
 *
 * Checked by librnp, which Thunderbird relies on too: RSA, DSA, ECDSA and EdDSA; a subkey only where the primary key has bound it
 * and it has bound itself; a key that had ended or was revoked when it signed is no good, one that was revoked as compromised
 * never is; SHA-1 only as long as it could be trusted. All of that is easy to get wrong, and hard to see where it is: so it is a
 * library's, and not ours. (Of the others that Debian has, librpm looks at neither the end of a key nor its revocation, GPGME starts
 * another program, and sequoia is there for Rust alone.) What is ours here: that a signature is one packet and nothing else. librnp
 * takes any message in its place, also one that carries its own text.
 *
 * It is loaded where it is needed, and nowhere else: with what it needs itself it takes 6 MB of a process, 9 when it works. Who has
 * no packages of rpm has no use for it. It holds files open: who has loaded it does not fork to work on (guard/vetting.h).
 *
 * NONE      no signature was given
 * STRANGE   it is no signature that can be read, or by nobody of these
 * BAD       by one of these, and it does not hold: of other bytes, of a key that was no good, by a method that is none any more
 * GOOD      by one of these, over these very bytes
 *
 * Not for several threads at once. Cost of a check: hashing the bytes, and about 0.1 ms.
 */
#pragma once
#include "base/bytes.h"

enum signature { SIGNATURE_NONE, SIGNATURE_STRANGE, SIGNATURE_BAD, SIGNATURE_GOOD };

struct signers;
typedef struct signers *signers_own;
void signers_drop(struct signers **signers);

CHECKED err_t signers_open(struct signers **out_signers); /* MISSING where librnp is not installed */
void signers_add(struct signers *signers, str_t certificate);

/* The bytes in parts, as if they were one. */
enum signature signers_check(struct signers *signers, const str_t *parts, size_t count, str_t signature);
