/* SPDX-License-Identifier: Apache-2.0
 *
 * A signed policy: the rule files that a client's endpoints follow, in a signed note by the key custody/ten_…/policy.
 * The form stands in docs/formats/policy.md.
 *
 *     TRY(policy_put(&policy, &text));                       what is signed; INVALID names the file and the line
 *     TRY(policy_sign(&signer, buf_str(&text), &note));
 *     TRY(policy_open(note, &key, &policy));                 LOCKED: not by this key, or altered; INVALID: no policy
 *     trouble = policy_judge(&offer, &policy);               what an endpoint looks at before it obeys
 *
 * Files stand in the order of their names, NN-name.rules, each ends with a line end, and none holds a control
 * character but line ends: a note has none. Pure. The files of a policy that was read are views of what it was read from.
 */
#pragma once
#include "base/id.h"
#include "base/limits.h"
#include "base/moment.h"
#include "govern/rules.h"
#include "tlog/note.h"

enum { POLICY_FILES_MAX = MAX_RULE_FILES };
#define POLICY_NUMBER_MAX ((uint64_t)1 << 53) /* what JSON keeps exactly */

struct policy {
    ident_t tenant;
    uint64_t number; /* from 1 */
    moment_t made, until;
    struct rule_file files[POLICY_FILES_MAX];
    size_t count;
};

CHECKED err_t policy_put(const struct policy *policy, buf_t *out_text);
CHECKED err_t policy_read(str_t text, struct policy *out_policy);

/* The files alone, "file 412 20-packages.rules" and so on: as a policy has them, and before it is one. */
CHECKED err_t policy_files_put(const struct policy *policy, buf_t *out_text);
CHECKED err_t policy_files_read(str_t text, struct policy *policy);
void policy_sort(struct policy *policy); /* its files, by their names */

/* The name of the key that signs a tenant's policies, a key of that name, and whether it has it. */
CHECKED err_t policy_key(ident_t tenant, const struct key *public, struct note_key *out_key);
CHECKED err_t policy_signer(ident_t tenant, const struct key *seed, struct note_signer *out_signer);
CHECKED err_t policy_key_read(str_t text, ident_t tenant, struct note_key *out_key);
CHECKED err_t policy_key_tenant(const struct note_key *key, ident_t *out_tenant);

CHECKED err_t policy_sign(const struct note_signer *signer, str_t text, buf_t *out_note);
CHECKED err_t policy_split(str_t note, struct note *out_note); /* of which nothing is known yet */
CHECKED err_t policy_open(str_t note, const struct note_key *key, struct policy *out_policy);

/* What may be in the way at an endpoint, as a word: the service is told it, and nothing more. */
/* clang-format off */
#define POLICY_TROUBLES(P) \
    P(NONE,     "none",     "nothing is in the way") \
    P(UNPINNED, "unpinned", "the endpoint does not know the signing key yet") \
    P(DAMAGED,  "damaged",  "what arrived is no policy, or its files do not add up") \
    P(UNSIGNED, "unsigned", "what arrived is not signed by the key that the endpoint knows") \
    P(TENANT,   "tenant",   "what arrived is for another client") \
    P(OLDER,    "older",    "what arrived has not a greater number than what is in force") \
    P(EXPIRED,  "expired",  "what arrived is past its end") \
    P(RULES,    "rules",    "the endpoint refuses the rules of what arrived") \
    P(NAMES,    "names",    "a rule of what arrived holds the name of one of the endpoint's people") \
    P(OVER,     "over",     "what is in force is past its end: nothing is elevated any more") \
    P(DISK,     "disk",     "the endpoint cannot write the policy down") \
    P(PARTLY,   "partly",   "an agent of another kind follows it, and cannot hold all of its rules") \
    P(SIGNER,   "signer",   "the agent's folder names another signing key than the one that the guard obeys") \
    P(GUARD,    "guard",    "the endpoint's guard gives no sign of life: nothing is judged there")
/* clang-format on */
enum policy_trouble {
#define P(constant, word, meaning) POLICY_##constant,
    POLICY_TROUBLES(P)
#undef P
        POLICY_TROUBLE_COUNT
};
const char *policy_trouble_word(enum policy_trouble trouble);
CHECKED err_t policy_trouble_read(str_t word, enum policy_trouble *out_trouble);

/* What arrived at an endpoint, and what it knows; `current` is the note in force, or empty. */
struct policy_offer {
    str_t note, current;
    const struct note_key *key;
    ident_t tenant;
    moment_t now;
};

/* POLICY_NONE: it may be obeyed, and is what is in force already where its text is the same. The note of the error says
 * more. Its rules are not read. */
enum policy_trouble policy_judge(const struct policy_offer *offer, struct policy *out_policy);
