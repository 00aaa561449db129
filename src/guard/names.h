/* SPDX-License-Identifier: Apache-2.0
 *
 * Who is who on this machine, read beforehand from its own files: a decision waits for no name service.
 *
 *     OWN(names) names = NULL;
 *     TRY(names_read(root, accounts, count, &names));        root "" for this machine
 *     const struct rule_names bound = names_for_rules(names, device);
 *
 * accounts  the ids that this machine's part of the agent gave to accounts, as the state file has them: an id counts for
 *           the uid it was given to while that uid still has that name
 * home      of a uid: the folder that passwd names; empty where it has none
 * uids      one for every account there is, root, and two that nobody has: a person's and the system's. What rules decide
 *           for all of these they decide for everybody.
 *
 * behind    a uid: the account that it is lent to for user namespaces (etc/subuid), where no account has it. Who becomes such a
 *           uid is still who he was
 *
 * Immutable once read. Names past MAX_NAME are left out. Groups are those of etc/group, and the account's own.
 */
#pragma once
#include "govern/rules.h"

struct known_account {
    ident_t id;
    str_t name;
    uid_t uid;
    bool person;
};

struct names;
typedef struct names *names_own;
void names_drop(struct names **names);

CHECKED err_t names_read(const char *root, const struct known_account *accounts, size_t count,
                         struct names **out_names);
void names_people(struct names *names, uid_t from, uid_t to); /* before it is used */

struct rule_names names_for_rules(const struct names *names, ident_t device);
str_t names_home(const struct names *names, uid_t uid);
bool names_account(const struct names *names, uid_t uid, ident_t *out_id);
uid_t names_behind(const struct names *names, uid_t uid);
bool names_is_person(const struct names *names, uid_t uid);
bool names_any_person(const struct names *names, const struct rules *rules); /* whether a rule names one */
bool names_has_group(const struct names *names, str_t group); /* somebody of this machine is in it */
size_t names_uids(const struct names *names, const uid_t **out_uids);

/* Where the files that were read have changed since. */
bool names_are_old(const struct names *names);
