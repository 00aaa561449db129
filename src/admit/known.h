/* SPDX-License-Identifier: Apache-2.0
 *
 * A browser that has signed a person in before shows a mark of it: keyring/stretch.h lets it pass whoever floods the sign-in,
 * also from the same address, and with that person's name.
 *
 *     ask->lane = known_lane(…);                    before the password is stretched
 *     out->known = known_mark(…);                   once it was right: for the browser to keep
 *
 * A mark is keyed to the client and the username, says neither, opens nothing, and is kept nowhere but there. Whoever has
 * stolen one has a lane like everybody else.
 */
#pragma once
#include "keyring/answer.h"

struct known {
    ident_t tenant; /* zero: the provider's people */
    const char *username;
};

/* That of the mark, if it is one of theirs; else that of where they come from. */
CHECKED err_t known_lane(struct ask *ask, const struct known *who, const char *mark, uint64_t source);
CHECKED err_t known_mark(struct ask *ask, const struct known *who, char **out_mark);
