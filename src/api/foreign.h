/* SPDX-License-Identifier: Apache-2.0
 *
 * Who a foreign agent is, for rows with RIGHT_FOREIGN: it may do what its own device may, and nothing else.
 *
 *     TRY(foreign_authenticate(call));
 *     if (call->answered) …                   it is told that it is not known, and enrols anew
 *
 * osquery comes with its node key, in the header (Authorization: NodeKey …) or in the body; Santa with a deployment key and
 * its machine in the path. The body is taken out of its compression here, into call->text.
 *
 * osquery reads the body of an answer, not its status: what is no JSON with `node_invalid` or `error` counts as done, and
 * the lines that it had sent are gone. So a problem body has a member `error` (wire/problem.h), and `node_invalid` is told
 * only where the node is really unknown.
 */
#pragma once
#include "api/route.h"

CHECKED err_t foreign_authenticate(struct call *call);
