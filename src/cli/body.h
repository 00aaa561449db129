/* SPDX-License-Identifier: Apache-2.0
 *
 * The JSON body of a request, member by member, in a buffer that is wiped.
 *
 *     OWN(buf) body = BUF(MAX_BODY);
 *     body_put(&body, "name", str(cli->options.name));
 *     TRY(body_put_number(&body, "days", cli->options.days));
 *     TRY(body_end(&body));
 */
#pragma once
#include "base/bytes.h"

void body_put(buf_t *body, const char *key, str_t text);

/* INVALID where it is no whole number. */
CHECKED err_t body_put_number(buf_t *body, const char *key, const char *number);

void body_put_texts(buf_t *body, const char *key, const char *const *texts, size_t count);
void body_put_yes(buf_t *body, const char *key, bool yes);

/* INVALID where a text is not UTF-8. */
CHECKED err_t body_end(buf_t *body);
