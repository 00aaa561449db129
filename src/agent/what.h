/* SPDX-License-Identifier: Apache-2.0
 *
 * What is collected about this machine and its people, for a person who sits at it. Promise collect.device.
 *
 *     TRY(what_put(&items, WHAT_TABLE, &text));
 *
 * The rows come from the very items that are sent, by walking the fields of their concepts, under the words of the
 * policy's closed list: what is not in the table is not sent. A list without an entry for one of the policy's items
 * says so. WHAT_JSON: {"items":[{"item":"computer name","about":"device","value":"…"}]}, with the value null where
 * nothing was found.
 */
#pragma once
#include "agent/list.h"

enum what_form { WHAT_TABLE, WHAT_JSON };

CHECKED err_t what_put(const struct list *items, enum what_form form, buf_t *out_text);
