/* SPDX-License-Identifier: Apache-2.0
 *
 * Support access, as the provider's people ask for it: case, reason from a fixed list with words of its own, devices,
 * acts (APPROVAL_ACT_TABLE in tlog/approval.h), minutes. What it releases are grants (admit/grants.h). Promise access.support.
 *
 * The words are sealed to the client as they come in: the provider cannot read them again, and a client's person sees
 * them in a session.
 */
#pragma once

/* clang-format off */
/*    name            what it means to the client who is asked */
#define REASON_TABLE(R) \
    R("incident",     "something is broken, or was broken into") \
    R("question",     "the client asked, and the answer needs a look") \
    R("restore",      "something has to be brought back") \
    R("change",       "a setting is to be changed for the client") \
    R("audit",        "the client or the law wants something checked")
/* clang-format on */
