/* SPDX-License-Identifier: Apache-2.0
 *
 * Scopes: what a token is narrowed to. A token has either a role, and all that the role may, or scopes: then it may ask
 * what stands in the rows of these scopes, and nothing else. One table says it for both sides: the keys process looks at
 * right and question each time it is asked, and the web process at the route before that, for a clear answer.
 *
 *     scopes_t scopes;
 *     TRY(scopes_read(STR("devices:read log:read"), &scopes));         INVALID where it names one that there is not
 *     if (scopes_ask(scopes, RIGHT_AUDIT, ASK_log_about)) …
 *     if (scopes_route(scopes, "GET", "/v1/log")) …
 *
 * A scope's number is its bit, as it stands in the keyring: it never becomes another one's. Whatever its scopes are, a
 * token may ask who it is. `opens`: the tenant's key is sealed to the token's own; that of a keeper is sealed to the pair
 * that was born in the client's network instead, so that the token alone opens nothing.
 */
#pragma once
#include "keyring/ask.h"
#include "keyring/rights.h"

typedef uint64_t scopes_t; /* 0: none, and the role counts */

enum { SCOPES_TEXT_MAX = 256, SCOPE_ROWS = 16 };

struct scope {
    int number;
    const char *name, *purpose;
    bool opens;
    right_t rights[SCOPE_ROWS];
    uint8_t asks[SCOPE_ROWS];
    const char
        *routes[SCOPE_ROWS]; /* method and path, as the route table has it; * at its end: whatever follows */
};

const struct scope *scope_at(size_t index);  /* NULL past the last */
const struct scope *scope_named(str_t name); /* NULL where there is none */
static inline scopes_t scope_bit(const struct scope *scope) { return (scopes_t)1 << scope->number; }
bool scopes_have(scopes_t scopes, const char *name);

CHECKED err_t scopes_read(str_t names, scopes_t *out_scopes); /* with spaces between them */
void scopes_put(scopes_t scopes, buf_t *out);

bool scopes_may(scopes_t scopes, right_t right);
bool scopes_ask(scopes_t scopes, right_t right, uint8_t ask);
bool scopes_route(scopes_t scopes, const char *method, const char *path);
bool scopes_open(scopes_t scopes);
