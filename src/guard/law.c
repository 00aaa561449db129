/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/law.h"

#include "base/limits.h"
#include "guard/folder.h"
#include "guard/order.h"

#include <sys/stat.h>

enum { PATH = 1024, NOTE_MAX = MAX_POLICY, KEY_TEXT = 1024, NUMBER_TEXT = 32 };

/* Reading what is there */

static err_t own_read(const struct law *law, const char *name, buf_t *out_bytes)
{
    return folder_read(law->own->env, law->own->folder, name, out_bytes);
}

static err_t own_write(const struct law *law, const char *name, str_t bytes)
{
    return folder_write(law->own->env, law->own->folder, name, bytes);
}

static moment_t now(const struct law *law) { return law->own->env->now(law->own->env); }

err_t law_key(const struct law *law, struct note_key *out_key)
{
    OWN(buf) text = BUF(KEY_TEXT);
    TRY(own_read(law, "signer", &text));
    return policy_key_read(str_trim(buf_str(&text)), law->own->tenant, out_key);
}

/* Of a file of the agent's folder; 0: there is none. */
static int64_t changed_at(const struct law *law, const char *name)
{
    char path[PATH];
    struct stat about;
    snprintf(path, sizeof path, "%s/%s", law->own->agent, name);
    if (stat(path, &about) != 0)
        return 0;
    return about.st_ctim.tv_sec * INT64_C(1000000000) + about.st_ctim.tv_nsec;
}

bool law_has_moved(const struct law *law)
{
    return changed_at(law, "policy/arrived") != law->arrived_at || changed_at(law, "signer") != law->named_at;
}

static err_t rules_of(const struct policy *policy, struct rules **out_rules)
{
    OWN(buf) trouble = BUF(MAX_TROUBLE);
    return rules_read(policy->files, policy->count, out_rules, &trouble);
}

/* One that cannot be read takes nothing from the policy, which has a number too. */
static void highest_read(struct law *law)
{
    OWN(buf) text = BUF(NUMBER_TEXT);
    uint64_t number;
    if (own_read(law, "number", &text) == ERR_OK &&
        str_number(str_trim(buf_str(&text)), POLICY_NUMBER_MAX, &number) == ERR_OK)
        law->highest = number;
}

/* What was judged when it was taken over is not judged by its end again: what it forbids stays forbidden. */
static err_t current_read(struct law *law, struct rules **out_rules)
{
    OWN(buf) note = BUF(NOTE_MAX);
    struct note_key key;
    struct policy policy;
    highest_read(law);
    err_t read = own_read(law, "current", &note);
    if (read == ERR_MISSING)
        return rules_that_observe(out_rules);
    TRY(read);
    TRY(law_key(law, &key));
    TRY(policy_open(buf_str(&note), &key, &policy));
    if (!ident_eq(policy.tenant, law->own->tenant))
        return fail(ERR_INVALID, "the policy in force is another client's");
    TRY(rules_of(&policy, out_rules));
    law->number = policy.number;
    law->until = policy.until;
    law->taken = now(law);
    return ERR_OK;
}

err_t law_begin(struct law *law, struct rules **out_rules)
{
    if (current_read(law, out_rules) == ERR_OK)
        return ERR_OK;
    law->trouble = POLICY_DAMAGED;
    return rules_that_observe(out_rules);
}

/* Taking over */

static enum policy_trouble arrived_read(struct law *law, const struct names *names, struct policy *out_policy,
                                        struct rules **out_rules, buf_t *note)
{
    OWN(buf) current = BUF(NOTE_MAX);
    struct note_key key;
    if (folder_read(law->own->env, law->own->agent, "policy/arrived", note) != ERR_OK)
        return POLICY_DAMAGED;
    if (law_key(law, &key) != ERR_OK)
        return POLICY_UNPINNED;
    if (own_read(law, "current", &current) != ERR_OK)
        buf_clear(&current);
    const struct policy_offer offer = {buf_str(note), buf_str(&current), &key, law->own->tenant, now(law)};
    enum policy_trouble trouble = policy_judge(&offer, out_policy);
    if (trouble == POLICY_NONE && out_policy->number < law->highest)
        return POLICY_OLDER;
    if (trouble != POLICY_NONE || out_policy->number == law->number)
        return trouble;
    OWN(rules) rules = NULL;
    if (rules_of(out_policy, &rules) != ERR_OK)
        return POLICY_RULES;
    if (names_any_person(names, rules))
        return POLICY_NAMES;
    *out_rules = give(rules);
    return POLICY_NONE;
}

/* A crash between the two leaves a number that is one behind: the policy itself has it too. */
static err_t keep(struct law *law, uint64_t number, str_t note)
{
    OWN(buf) text = BUF(NUMBER_TEXT);
    TRY(own_write(law, "current", note));
    buf_putf(&text, "%llu\n", (unsigned long long)number);
    TRY(buf_end(&text));
    TRY(own_write(law, "number", buf_str(&text)));
    law->highest = number;
    return ERR_OK;
}

static void arrived_take(struct law *law, const struct names *names, struct rules **out_rules)
{
    OWN(buf) note = BUF(NOTE_MAX);
    OWN(rules) rules = NULL;
    struct policy policy;
    law->trouble = arrived_read(law, names, &policy, &rules, &note);
    if (!rules)
        return;
    if (keep(law, policy.number, buf_str(&note)) != ERR_OK) {
        law->trouble = POLICY_DISK;
        return;
    }
    law->number = policy.number;
    law->until = policy.until;
    law->taken = now(law);
    *out_rules = give(rules);
}

/* Where the folder names another key, that is why what arrives is not signed by this one. */
void law_take(struct law *law, const struct names *names, struct rules **out_rules)
{
    bool other = false;
    *out_rules = NULL;
    law->named_at = changed_at(law, "signer");
    law->arrived_at = changed_at(law, "policy/arrived");
    err_t adopted = own_adopt(law->own, &other);
    if (law->trouble == POLICY_SIGNER)
        law->trouble = POLICY_NONE;
    if (law->arrived_at)
        arrived_take(law, names, out_rules);
    if (adopted != ERR_OK)
        law->trouble = POLICY_DISK;
    if (other && (law->trouble == POLICY_NONE || law->trouble == POLICY_UNSIGNED))
        law->trouble = POLICY_SIGNER;
}

/* For whoever may read the agent's folder, and for nothing else. */
static err_t current_show(const struct law *law)
{
    OWN(buf) note = BUF(NOTE_MAX);
    err_t read = own_read(law, "current", &note);
    if (read == ERR_MISSING)
        return ERR_OK;
    TRY(read);
    return folder_write(law->own->env, law->own->agent, "policy/current", buf_str(&note));
}

static bool is_over(const struct law *law) { return law->number && law->until <= now(law); }

bool law_is_told(const struct law *law) { return law->told_over == is_over(law); }

err_t law_tell(struct law *law)
{
    OWN(buf) json = BUF(1024);
    bool over = is_over(law);
    enum policy_trouble trouble = law->trouble == POLICY_NONE && over ? POLICY_OVER : law->trouble;
    buf_putf(&json, "{\"number\":%llu,\"at\":\"%s\",\"enforcing\":%s,\"trouble\":\"%s\"}\n",
             (unsigned long long)law->number, moment_text(law->taken).text, law->number ? "true" : "false",
             policy_trouble_word(trouble));
    TRY(buf_end(&json));
    TRY(folder_write(law->own->env, law->own->agent, "policy/state.json", buf_str(&json)));
    TRY(current_show(law));
    law->told_over = over;
    return ERR_OK;
}
