/* SPDX-License-Identifier: Apache-2.0
 *
 * Problem bodies (RFC 9457): {"type":"custody:denied","title":"…","status":403,"detail":"…","error":"…"}. `type` is the
 * code's name in lower case, `title` its meaning, `detail` what happened: ids and positions, never personal data. `error` is
 * the same once more, for osquery: of an answer it reads the body alone, and takes one without that member for a yes.
 */
#pragma once
#include "base/bytes.h"

/* The code's name, in lower case. */
void problem_put_name(err_t code, buf_t *out);
void problem_put(err_t code, int status, const char *detail, buf_t *out_body);
