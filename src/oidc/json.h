/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON of sign-in providers: an object, no name twice, held to a depth before it is parsed.
 *
 *     OWN(said) said = NULL;
 *     TRY(said_read(json, SAID_MOST, &said));
 *     str_t issuer = said_text(said, "issuer");        borrowed; {NULL, 0} where it is no text
 */
#pragma once
#include "base/bytes.h"
#include <jansson.h>

typedef json_t *said_own;
void said_drop(json_t **said);

/* INVALID; TOO_LARGE past `most` bytes. */
CHECKED err_t said_read(str_t json, size_t most, json_t **out_object);
str_t said_text(const json_t *object, const char *name);
bool said_is(const json_t *object, const char *name, const char *text);

/* Whether a list of texts holds this one. */
bool said_lists(const json_t *list, str_t text);
