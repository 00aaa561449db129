/* SPDX-License-Identifier: Apache-2.0
 *
 * A word to one endpoint, which accounts it is to withhold: those of people who were forgotten. It is signed with a key that
 * only a session of the client's holds, so that the service by itself cannot silence an endpoint. Promise person.forget.
 *
 *     custody withhold
 *     tenant ten_…
 *     device dev_…
 *     number 3                        grows with each of them; an endpoint takes no lower one
 *     made 2026-11-24T18:30:00Z
 *     accounts 2
 *     account acc_…                   all of them, each time: who is not named is reported again
 *     account acc_…
 *
 * and the signature, as a signed note has it (C2SP signed-note), by the key custody/ten_…/withholding. That key comes out of
 * the tenant's first private key: with the tenant it is made, it stays when the tenant's key is rotated, since endpoints have
 * pinned it, and with the tenant it ends. There are ids in it and nothing else.
 *
 *     withhold_seed(&tenant_private, &seed);                      in a session that has the tenant's key
 *     TRY(withhold_signer(tenant, &seed, &signer));
 *     TRY(withhold_sign(&signer, &withhold, &note));
 *     TRY(withhold_open(note, &key, &withhold));                  LOCKED: forged or altered; INVALID: no such text
 *
 * Pure. At most WITHHOLD_MOST accounts (TOO_LARGE).
 */
#pragma once
#include "base/id.h"
#include "base/moment.h"
#include "tlog/note.h"

enum { WITHHOLD_MOST = 512, WITHHOLD_MAX = 32 * 1024 };

struct withhold {
    ident_t tenant, device;
    uint64_t number;
    moment_t made;
    ident_t accounts[WITHHOLD_MOST];
    size_t count;
};

void withhold_seed(const struct key *tenant_private, struct key *out_seed);
CHECKED err_t withhold_signer(ident_t tenant, const struct key *seed, struct note_signer *out_signer);
CHECKED err_t withhold_sign(const struct note_signer *signer, const struct withhold *withhold,
                            buf_t *out_note);
CHECKED err_t withhold_open(str_t bytes, const struct note_key *key, struct withhold *out_withhold);

/* A key as text, which has to be the withholding key of this tenant: INVALID where it is not. */
CHECKED err_t withhold_key_read(str_t text, ident_t tenant, struct note_key *out_key);

bool withhold_names(const struct withhold *withhold, ident_t account);
