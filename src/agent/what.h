/* SPDX-License-Identifier: Apache-2.0
 *
 * What is collected about this machine and its people, for a person who sits at it. Promise collect.device.
 *
 *     TRY(what_put(&(struct what_ask){&items, &switches, WHAT_TABLE}, &text));
 *
 * The rows come from the very items that are sent, by walking the fields of their concepts, under the words of the
 * policy's closed list: what is not in the table is not sent. A list without an entry for one of the policy's items
 * says so, as does an account that the client withholds (agent/withhold.h), which is sent in nothing, and so does an item that the client has switched off, by what the service told last. WHAT_JSON:
 * {"items":[{"item":"computer name","about":"device","value":"…"}]}, with the value null where nothing was found, and
 * "off":true beside it where it is switched off.
 */
#pragma once
#include "agent/list.h"
#include "agent/switches.h"

enum what_form { WHAT_TABLE, WHAT_JSON };

struct what_ask {
    const struct list *items; /* as collect() gives them */
    const struct switches *switches;
    enum what_form form;
    const struct list *launches; /* which are recorded: agent/recorded.h; NULL: not told */
    const struct list *withheld; /* names of accounts, of str_t, that the client withholds; NULL: none */
};

CHECKED err_t what_put(const struct what_ask *ask, buf_t *out_text);
