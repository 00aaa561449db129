/* SPDX-License-Identifier: Apache-2.0
 *
 * A receipt: what was extracted, when, by whom, and that it is the client's responsibility from then on. Promise
 * extract.handover.
 *
 *     custody receipt
 *     client example
 *     tenant ten_…
 *     export exp_…
 *     kind handover                   or person
 *     accepted usr_… 2026-11-28T10:00:00Z      who typed the client's name under the warning, and when
 *     handed usr_… 2026-11-28T10:04:00Z        who took the archive first, and when; tok_…: a program of the client's
 *     recipient age1…                 whom it is sealed to
 *     size 4711                       bytes of the archive
 *     archive <SHA-256 of it; base64url>
 *     manifest <SHA-256 of the manifest in it; base64url>
 *     files 12
 *     records 3456
 *     warning From the moment …       RECEIPT_WARNING, as it was accepted
 *
 * and the signature, as a signed note has it (C2SP signed-note), by the key of the client's evidence log. A checkpoint of
 * that log begins with the log's name, which no receipt does.
 *
 *     TRY(receipt_sign(&signer, &receipt, &note));
 *     TRY(receipt_open(note, &key, &receipt));            LOCKED: forged or altered; INVALID: no receipt
 *
 * Pure. The texts of an opened receipt are views of the note's bytes.
 */
#pragma once
#include "base/id.h"
#include "base/moment.h"
#include "tlog/note.h"

#define RECEIPT_WARNING \
    "From the moment it is extracted, what the archive holds is your organisation's responsibility: Custody no longer " \
    "protects it, cannot call it back, and cannot forget anybody in it."

enum { RECEIPT_MAX = 4096 };

struct receipt_by {
    const char *prefix; /* "usr" or "tok" */
    ident_t id;
};

struct receipt {
    str_t client, kind, recipient;
    ident_t tenant, export, accepted_by;
    struct receipt_by handed_by;
    moment_t accepted, handed;
    uint64_t size, files, records;
    uint8_t archive[DIGEST_SIZE], manifest[DIGEST_SIZE];
};
CHECKED err_t receipt_sign(const struct note_signer *signer, const struct receipt *receipt, buf_t *out_note);
CHECKED err_t receipt_open(str_t note, const struct note_key *key, struct receipt *out_receipt);
