/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/law.h"

#include "base/limits.h"
#include "guard/order.h"

#include <errno.h>
#include <sys/stat.h>

enum { PATH = 1024, NOTE_MAX = MAX_POLICY, KEY_TEXT = 1024 };

typedef struct {
    char text[PATH];
} law_path_t;

static law_path_t path_of(const char *folder, const char *name)
{
    law_path_t path;
    snprintf(path.text, sizeof path.text, "%s/%s", folder, name);
    return path;
}

/* Reading what is there */

static err_t note_read(const struct law *law, const char *name, buf_t *out_note)
{
    return law->env->read_file(law->env, path_of(law->folder, name).text, out_note);
}

err_t law_key(const struct law *law, struct note_key *out_key)
{
    OWN(buf) text = BUF(KEY_TEXT);
    TRY(note_read(law, "signer", &text));
    return policy_key_read(str_trim(buf_str(&text)), law->tenant, out_key);
}

static int64_t arrived_at(const struct law *law)
{
    struct stat about;
    if (stat(path_of(law->folder, "policy/arrived").text, &about) != 0)
        return 0;
    return about.st_ctim.tv_sec * INT64_C(1000000000) + about.st_ctim.tv_nsec;
}

bool law_has_moved(const struct law *law) { return arrived_at(law) != law->arrived_at; }

static err_t rules_of(const struct policy *policy, struct rules **out_rules)
{
    OWN(buf) trouble = BUF(MAX_TROUBLE);
    return rules_read(policy->files, policy->count, out_rules, &trouble);
}

/* What was judged when it was taken over is not judged by its end again: what it forbids stays forbidden. */
static err_t current_read(struct law *law, struct rules **out_rules)
{
    OWN(buf) note = BUF(NOTE_MAX);
    struct note_key key;
    struct policy policy;
    err_t read = note_read(law, "policy/current", &note);
    if (read == ERR_MISSING)
        return rules_that_observe(out_rules);
    TRY(read);
    TRY(law_key(law, &key));
    TRY(policy_open(buf_str(&note), &key, &policy));
    if (!ident_eq(policy.tenant, law->tenant))
        return fail(ERR_INVALID, "the policy in force is another client's");
    TRY(rules_of(&policy, out_rules));
    law->number = policy.number;
    law->until = policy.until;
    law->taken = law->env->now(law->env);
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
    if (note_read(law, "policy/arrived", note) != ERR_OK)
        return POLICY_DAMAGED;
    if (law_key(law, &key) != ERR_OK)
        return POLICY_UNPINNED;
    if (note_read(law, "policy/current", &current) != ERR_OK)
        buf_clear(&current);
    const struct policy_offer offer = {buf_str(note), buf_str(&current), &key, law->tenant,
                                       law->env->now(law->env)};
    enum policy_trouble trouble = policy_judge(&offer, out_policy);
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

void law_take(struct law *law, const struct names *names, struct rules **out_rules)
{
    OWN(buf) note = BUF(NOTE_MAX);
    OWN(rules) rules = NULL;
    struct policy policy;
    *out_rules = NULL;
    law->arrived_at = arrived_at(law);
    if (!law->arrived_at)
        return;
    law->trouble = arrived_read(law, names, &policy, &rules, &note);
    if (!rules)
        return;
    if (folder_write(law->env, law->folder, "policy/current", buf_str(&note)) != ERR_OK) {
        law->trouble = POLICY_DISK;
        return;
    }
    law->number = policy.number;
    law->until = policy.until;
    law->taken = law->env->now(law->env);
    *out_rules = give(rules);
}

err_t law_tell(const struct law *law)
{
    OWN(buf) json = BUF(1024);
    bool over = law->number && law->until <= law->env->now(law->env);
    enum policy_trouble trouble = law->trouble == POLICY_NONE && over ? POLICY_OVER : law->trouble;
    buf_putf(&json, "{\"number\":%llu,\"at\":\"%s\",\"enforcing\":%s,\"trouble\":\"%s\"}\n",
             (unsigned long long)law->number, moment_text(law->taken).text, law->number ? "true" : "false",
             policy_trouble_word(trouble));
    TRY(buf_end(&json));
    return folder_write(law->env, law->folder, "policy/state.json", buf_str(&json));
}
