/* SPDX-License-Identifier: Apache-2.0
 *
 * The HTTP API as OpenAPI 3.1, printed from the route table and the concepts of its bodies: `custodyd --openapi`, and
 * `custody describe openapi`. It stands in docs/describe/openapi.json, and a test compares.
 *
 * A path that two doors have is one operation, which says both doors (x-doors) and both ways to be admitted. x-right is
 * the row's right, x-scopes the scopes of a token that reach it. What is answered stands in docs/API.md alone: the table
 * does not say it.
 */
#pragma once
#include "base/bytes.h"

void openapi_put(buf_t *out);
