/* SPDX-License-Identifier: Apache-2.0
 *
 * What stands in a request's query and in its cookies, by name.
 *
 *     str_t raw = query_value(request->query, "cursor");              as it was sent; {NULL, 0} where it is not there
 *     TRY(query_text(raw, &text));                                    decoded: INVALID where it is no percent-encoded UTF-8
 *     str_t cookie = cookie_value(request->cookie, "__Host-custody"); "" where there is none
 *
 * Of a name that is there twice the first one counts. A + in a query is a space.
 */
#pragma once
#include "base/bytes.h"

str_t query_value(str_t query, const char *name);
CHECKED err_t query_text(str_t raw, buf_t *out_text);
str_t cookie_value(str_t cookies, const char *name);
