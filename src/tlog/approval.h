/* SPDX-License-Identifier: Apache-2.0
 *
 * An approval: what a client's people said yes to, signed with a key that only a session of theirs holds. Whoever acts on a
 * client's data for the provider is shown it, and looks at it anew each time. Promise access.support.
 *
 *     custody approval
 *     tenant ten_…
 *     request req_…
 *     staff stf_…                     for nobody else
 *     case 4711
 *     acts open
 *     devices 2 <SHA-256 over their ids, 16 bytes each, sorted; base64url>
 *     from 2026-11-24T18:30:00Z
 *     until 2026-11-24T20:30:00Z
 *
 * and the signature, as a signed note has it (C2SP signed-note), by the key custody/ten_…/approvals. That key comes out
 * of the tenant's private key: with the tenant it is made, and with it it ends.
 *
 *     approval_signer(tenant, &tenant_private, &signer);          in a session that has the tenant's key
 *     TRY(approval_sign(&signer, &approval, &note));
 *     TRY(approval_open(note, &signer.key, &approval));           LOCKED: forged or altered; INVALID: no approval
 *     TRY(approval_allows(&approval, &use));                      DENIED, and why
 *
 * Pure. The texts of an opened approval are views of the note's bytes.
 */
#pragma once
#include "base/id.h"
#include "base/moment.h"
#include "tlog/note.h"

enum { APPROVAL_MAX = 2048, CASE_MAX = 64, ACTS_MAX = 128 };

/* clang-format off */
/*    name            what it lets the provider's person do */
#define APPROVAL_ACT_TABLE(A) \
    A("open",           "read what is kept of these devices and their accounts") \
    A("open.device",    "read what is kept of these devices, and nothing of their accounts") \
    A("open.launches",  "read which programs were launched on these devices") \
    A("device.approve", "let one of these devices report that waits, or was revoked") \
    A("device.revoke",  "refuse the certificate of one of these devices") \
    A("restore",        "bring one of these devices' data back to a snapshot")
/* clang-format on */

/* What acts let be opened. */
struct approval_opens {
    bool devices, accounts, launches;
};
struct approval_opens approval_opens(str_t acts);

struct approval {
    ident_t tenant, request, staff;
    str_t case_id, acts;
    uint64_t devices;
    uint8_t digest[DIGEST_SIZE];
    moment_t from, until;
};

/* What is about to be done under it. */
struct approval_use {
    ident_t tenant, request, staff;
    const char *act;
    const uint8_t *digest; /* of the devices in scope, as the store has them now */
    moment_t now;
};

CHECKED err_t approval_signer(ident_t tenant, const struct key *tenant_private,
                              struct note_signer *out_signer);
void approval_scope(ident_t *devices, size_t count, uint8_t out_digest[DIGEST_SIZE]); /* sorts them */
CHECKED err_t approval_sign(const struct note_signer *signer, const struct approval *approval,
                            buf_t *out_note);
CHECKED err_t approval_open(str_t note, const struct note_key *key, struct approval *out_approval);
CHECKED err_t approval_allows(const struct approval *approval, const struct approval_use *use);

/* A word of a text of words with one space between them. */
bool words_hold(str_t words, str_t word);
