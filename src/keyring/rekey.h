/* SPDX-License-Identifier: Apache-2.0
 *
 * The tenant's key, and the one before it. A rotation (admit/rekey.c) gives the tenant a new pair; until all that was sealed
 * to the old one is sealed to the new one, both open, the new one first:
 *
 *     TRY(tenant_open(ask, &who, sealed, &plain));       whatever the tenant's public key sealed
 *
 * All that hangs on a tenant's pair, and what a rotation does about it. A new use of the pair belongs here, and into the
 * tables of admit/rekey.c; rekey_test looks for whatever the old private key still opens.
 *
 *     sealed to its public half
 *       CELL_ENTRY            each subject's private key, a twin's too      sealed again, in batches
 *       CELL_LABEL            names of tokens, deployment keys, groups and  sealed again, in batches
 *                             rules of a directory
 *       CELL_HOLD             a hold's private key, the first of two boxes  sealed again, in batches
 *       holds.words           why a hold was placed                         sealed again, in batches
 *       requests.words        what support asked for                        sealed again, in batches
 *     its private half, sealed to somebody
 *       CELL_TENANT_KEY       each member and token that has it             the new one at once; public halves are known
 *       CELL_RECOVERY         the recovery key                              the new one at once: the same kit opens it
 *       CELL_SESSION          each session                                  the one that rotates goes on, the others end
 *       CELL_BEFORE           this key, once it is the old one              destroyed with the last batch
 *     made of its private half
 *       approval_keys         signs approvals                               a new one; a grant keeps the key it was signed by
 *       withholders           signs what endpoints withhold                 the same: endpoints have pinned it, and it opens
 *                                                                           nothing. Its seed becomes CELL_WITHHOLDER, sealed
 *                                                                           to the tenant
 *     not touched: what is sealed to a subject (records, elevations), to a member (CELL_SIGNER, CELL_CODES), to a grant, an
 *     export or a hold (CELL_GRANTED, exported.sealed, CELL_HELD), or to the recovery key (CELL_SIGNER_RECOVERY)
 */
#pragma once
#include "keyring/answer.h"

/* Opens with the tenant's key, or the one before it. LOCKED where neither does. Within an act. */
CHECKED err_t tenant_open(struct ask *ask, const struct who *who, str_t sealed, buf_t *out_plain);

/* The pair before, while anything may be sealed to it still; `*out_any` is false where there is none. */
CHECKED err_t tenant_before(struct ask *ask, const struct who *who, struct key out_pair[2], bool *out_any);

/* This session goes on with the key that `who` has now, and all others of the tenant end. NULL: all of them end. */
CHECKED err_t sessions_rekey(struct ask *ask, const struct who *who, const char *bearer);
