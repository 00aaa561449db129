/* SPDX-License-Identifier: Apache-2.0
 *
 * Single sign-on by OpenID Connect: who a client's people are by what their sign-in provider says. Promise collect.user.
 *
 *     owner: sso_set                  the provider: issuer, client, which ways release the key
 *     sso_begin ──browser──▶ provider ──browser──▶ sso_finish ──jobs exchanges the code, keys checks the token──▶ session
 *
 * A link says that a member is who the provider means. It is kept as a hash that is keyed for the client, of the provider's
 * subject or of what a provisioned member is known by (the claim that the client's settings name), and never in clear: it is
 * SECRET as a password is, and ends with the member. A subject's hash covers the issuer, so that another provider's is nobody;
 * a provisioned one does not: it is there before the provider is.
 *
 *     TRY(sso_link_put(ask, &(struct sso_link){tenant, member, SSO_PROVISIONED, str("adam@example.com")}));
 *     TRY(sso_link_find(ask, &(struct sso_link){tenant, .by = SSO_PROVISIONED, .value = claim}, &member));
 */
#pragma once
#include "keyring/answer.h"

/* By its username and externalId a directory finds a member again; by the second, or where it sent none by the first, who is
 * provisioned is known to a sign-in provider. */
enum sso_by { SSO_SUBJECT, SSO_PROVISIONED, SSO_USERNAME, SSO_EXTERNAL };

struct sso_link {
    ident_t tenant, member;
    enum sso_by by;
    str_t value; /* as the claim has it; of a provisioned one upper and lower case of ASCII are the same */
};

/* Whom the tenant knows by it: MISSING where nobody is. */
CHECKED err_t sso_link_find(struct ask *ask, const struct sso_link *link, ident_t *out_member);

/* A member has at most one of each kind: the newest. CONFLICT where it is another member's. */
CHECKED err_t sso_link_put(struct ask *ask, const struct sso_link *link);
CHECKED err_t sso_link_end(struct ask *ask, ident_t member, enum sso_by by);
CHECKED err_t sso_links_end(struct ask *ask, ident_t member);

/* Whether this session may be given the key by `by` (passkey, passphrase, keeper): of one by single sign-on the client's settings
 * say so, and DENIED where they do not; every other may. */
CHECKED err_t sso_may_open(struct ask *ask, const struct who *who, const char *by);

/* What a session by single sign-on can be released with, by whoever checks the ID token: its nonce is
 * base64url(SHA-256(public || salt)). `token` is sealed to the client's keeper, or empty; it is there for minutes. */
struct sso_release {
    ident_t tenant, member;
    struct key public, private;
    uint8_t salt[SALT_SIZE];
    str_t token; /* of the arena */
};
void sso_release_drop(struct sso_release *release);
typedef struct sso_release sso_release_own;
CHECKED err_t sso_release_find(struct ask *ask, ident_t session,
                               struct sso_release *out_release); /* MISSING */
CHECKED err_t sso_release_end(struct ask *ask, ident_t session);
