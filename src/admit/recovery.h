/* SPDX-License-Identifier: Apache-2.0
 *
 * The recovery key: the way in when no member has one. It stands for a kit (crypt/kit.h), which is printed for one person, or
 * split among guardians, of whom some are enough (crypt/part.h).
 *
 *     begin      an owner, the password typed again: a new kit is born, split, and forgotten; each part is sealed to its
 *                guardian's own key. Without guardians the kit itself is shown, once, to that owner
 *     show       each guardian, once, the password typed again: from then on the part is nowhere but on paper
 *     confirm    typed back, held against a salted hash. The last one puts the new recovery key in the place of the one
 *                before, in one act: until then that one opens, from then on it does not
 *     rehearse   typed again at any time: says whether it is the part, and opens nothing
 *
 * Whoever begins holds the signing key, where it is kept here, so that the new recovery key gives it back too; who types the
 * last part back is in a session with the tenant's key. Parts are joined on the client's machine alone (custody recover), and
 * the kit that comes out signs in like any other (POST /v1/recover): that rotates the tenant's key (admit/rekey.h), and the
 * recovery key counts as used until there is another one.
 *
 * A guardian counts as active who has a key of the tenant's and has signed in within GUARDIAN_DAYS. Ways in are owners who
 * can open with what is theirs alone, and the recovery key while it is confirmed, unused, and as many guardians are active as
 * it takes. Who signed in last is known to the day.
 */
#pragma once
#include "keyring/answer.h"

enum { GUARDIAN_DAYS = 90 };
