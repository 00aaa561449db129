/* SPDX-License-Identifier: Apache-2.0
 *
 * A sign-in by single sign-on on its way: made by keys, bound to one browser by a cookie, taken once, over after ten minutes.
 *
 *     begun ─▶ came ─▶ asked ─▶ known ─▶ a session, a link, or a new member
 *                │        └────▶ failed
 *                └─ with the code: the jobs process exchanges it, keys checks the token that comes back
 *
 * What is kept of it meanwhile (the PKCE verifier, the one-time private key, the code, what the provider said) is sealed under
 * a key of its own, a cell: with the attempt all of it is gone, in stale copies after the next roll. A jobs process that ends
 * while it asks leaves an attempt that fails by itself: a code is never exchanged twice.
 */
#pragma once
#include "admit/sso.h"

enum { ATTEMPT_MS = 10 * 60 * 1000, ASKED_MS = 30 * 1000, VERIFIER_BYTES = 32, KEPT_MOST = 24 * 1024 };

/* Text of the arena. */
struct kept {
    str_t private, verifier, code, subject, full_name, username, email, token;
};

struct attempt {
    ident_t id, tenant, member, invitation;
    str_t what, state, trouble, sealed; /* enter, link, join */
    struct key public;
    uint8_t salt[SALT_SIZE];
    moment_t made;
    struct kept kept;
};

/* The provider of a tenant: MISSING where there is none. */
struct sso_provider {
    str_t issuer, client, opens, claim, joins, login_at, token_at, keys, trouble;
    bool basic, says_issuer;
    moment_t fetched, asked, unknown;
};
CHECKED err_t sso_provider_read(struct ask *ask, ident_t tenant, struct sso_provider *out_provider);
CHECKED err_t sso_provider_due(struct ask *ask, ident_t tenant); /* it is asked again, at once */

/* By what the browser brought: DENIED where it is not its own, was taken or is over. */
CHECKED err_t attempt_find(struct ask *ask, const char *state, const char *browser,
                           struct attempt *out_attempt);
CHECKED err_t attempt_read(struct ask *ask, ident_t id, struct attempt *out_attempt); /* MISSING */
CHECKED err_t attempt_keep(struct ask *ask, const struct attempt *attempt, const char *state);
CHECKED err_t attempt_fail(struct ask *ask, const struct attempt *attempt, const char *why);
CHECKED err_t attempt_end(struct ask *ask, ident_t id);
