/* SPDX-License-Identifier: Apache-2.0
 *
 * The webhooks of a client: addresses that its notices are posted to beside the mails, in the form of Standard Webhooks
 * (standardwebhooks.com). Each has a secret of 32 bytes, `whsec_` and base64, which is shown once, when it is made.
 *
 * The secret is a cell here, and what is posted is signed here, for the jobs process, which never has it: whoever takes
 * over the process that talks to the world can sign for notices that wait, and for nothing else. Nor could a signature go
 * out with the notice when that falls due: it holds the moment, which the receiver compares with its clock, and a notice
 * may wait behind a receiver that hangs. So jobs asks at the moment it posts.
 *
 *     webhook-signature: v1,BASE64    HMAC-SHA-256 over "ntc_….SECONDS.BODY"; for a day after a rotation two of them
 *
 * A receiver that answers 410 has its webhook switched off, which a notice of its own tells the others of. One that fails
 * is not asked again for each notice that waits for it: all that are due are put off with the one that was tried.
 */
#pragma once
#include "keyring/answer.h"

enum { MAX_WEBHOOKS = 4 };

CHECKED err_t webhook_delivered(struct ask *ask, ident_t tenant, str_t url);
CHECKED err_t webhook_failed(struct ask *ask, ident_t tenant, str_t url, str_t trouble);
CHECKED err_t webhook_gone(struct ask *ask, ident_t tenant, str_t url);

/* What the clock makes due: earlier secrets end. */
CHECKED err_t webhooks_turn(struct ask *ask);
