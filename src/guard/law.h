/* SPDX-License-Identifier: Apache-2.0
 *
 * The policy in force: taken over from what arrived, if it is the client's, and read when the guard begins.
 *
 *     struct law law = {.env = env, .folder = folder, .tenant = tenant};
 *     TRY(law_begin(&law, &rules));                what is in policy/current, or rules that observe
 *     if (law_has_moved(&law)) law_take(&law, names, &rules);       NULL: all stays as it is; law.trouble says why
 *     TRY(law_tell(&law));                         policy/state.json
 *
 * docs/formats/policy.md says what is refused. On top of that a policy is refused (POLICY_NAMES) whose rules name one of
 * this machine's people (rules_name_person). One that is damaged or not signed by the key that was pinned when the
 * machine was enrolled is no policy, also where it stands as the current one: then all is observed, and the trouble told.
 *
 * The files of the folder belong to whoever owns the folder, and are written with that user's rights alone: a link that
 * was put there leads to nothing that this user could not write.
 */
#pragma once
#include "govern/policy.h"
#include "guard/folder.h"
#include "guard/names.h"

struct law {
    struct env *env;
    const char *folder;
    ident_t tenant;
    uint64_t number; /* 0: none */
    moment_t until, taken;
    enum policy_trouble trouble;
    int64_t arrived_at; /* of the file that was looked at last */
};

CHECKED err_t law_begin(struct law *law, struct rules **out_rules);
bool law_has_moved(const struct law *law);
void law_take(struct law *law, const struct names *names, struct rules **out_rules);
CHECKED err_t law_key(const struct law *law,
                      struct note_key *out_key); /* the signing key, once it is pinned */
CHECKED err_t law_tell(const struct law *law);
