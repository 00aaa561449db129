/* SPDX-License-Identifier: Apache-2.0
 *
 * A copy of one client in another (keyring/twins.h), as the owners of both bring it about.
 *
 *     copy_offer     an owner of the client that is to have it: a code, valid for COPY_CODE_MS and once. The client holds no
 *                    device, and never did: what is sealed in it would be bound to another realm
 *     copy_ask       an owner of the original brings the code with a snapshot; the jobs process counts its records and says whom
 *                    they are sealed to. As often as it likes, while the code is valid: a dry run
 *     copy_give      by the password typed again, or a passkey, and the other client's name: the list is what is sealed
 *     copy_go_on     again and again, in a session of any owner of the original: the next of the list; then the jobs process fills
 *                    the store. By an owner of either client: what failed is begun again, or all of it given up
 *
 * Until it is done nothing enrols in the copy, its store holds nothing of it, and its keys open nothing. A crash leaves a
 * shorter list, or a work that is begun again.
 *
 * Cost: 2,004 subjects took 1.1 s on a machine that was busy with ten other things.
 */
#pragma once
#include "keyring/twins.h"

enum { COPY_CODE_MS = 60 * 60 * 1000, COPY_BATCH = 512, COPY_ROUNDS = 8, COPY_WORDS = 80 };

struct copy {
    ident_t id, tenant, whence, snapshot;
    str_t state;
    moment_t until;
    int64_t total;
    bool taken; /* somebody has brought the code */
};
CHECKED err_t copy_read(struct ask *ask, ident_t id, struct copy *out_copy);
bool copy_is(const struct copy *copy, const char *state);

/* CONFLICT where the client holds anything that a copy would stand beside. */
CHECKED err_t copy_has_room(struct ask *ask, ident_t tenant);

/* The code may still be used. */
CHECKED err_t copy_is_open(struct ask *ask, const struct copy *copy);

/* What a work of it says: the other client, and the snapshot. */
CHECKED err_t copy_words(ident_t other, ident_t snapshot, buf_t *out_words);

CHECKED err_t copy_message(struct ask *ask, ident_t id, Keys__Copy *out);
