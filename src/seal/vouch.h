/* SPDX-License-Identifier: Apache-2.0
 *
 * The public keys of a device's subjects, as the keys process hands them to the device: with the word of the service's
 * authority, whose private half no other process has, and whose public half the device pinned when it enrolled. So what
 * carries them in between can keep them away, but put no key of its own in their place.
 *
 *     TRY(vouch_put(authority_private_pem, &vouched, &note));             in the keys process
 *     TRY(vouch_get(authority_cert_pem, note, arena, &vouched));          at the endpoint, which compares tenant and device
 *
 * Layout: length of the signature (1 byte) · signature (ECDSA over SHA-256, DER) · what is signed: `custody subjects` and a
 * line end · tenant, device, realm (16 each) · for each subject its id (16) and its public key (32). A subject that is dead
 * is left out. vouch_get: DENIED where the signature is not of that authority, INVALID where the note has another form;
 * the keys live in the arena. A subject's key never becomes another one, so an old note says nothing wrong.
 */
#pragma once
#include "base/arena.h"
#include "base/id.h"
#include "crypt/seal.h"

struct vouched_key {
    ident_t subject;
    struct key public;
};
struct vouched {
    ident_t tenant, device, realm;
    struct vouched_key *keys;
    size_t count;
};
CHECKED err_t vouch_put(str_t authority_private_pem, const struct vouched *vouched, buf_t *out_note);
CHECKED err_t vouch_get(str_t authority_cert_pem, str_t note, arena_t *arena, struct vouched *out_vouched);

/* What is signed, by itself: INVALID where it has another form. */
CHECKED err_t vouch_read(str_t text, arena_t *arena, struct vouched *out_vouched);
