/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/recorded.h"

#include "agent/place.h"
#include "base/limits.h"
#include "govern/policy.h"

#include <sys/stat.h>

static void line_add(struct list *lines, str_t text)
{
    str_t *line = list_add(lines);
    if (line)
        *line = arena_copy(lines->arena, text);
}

/* Continued lines as one, since a row is one. */
static void rule_add(struct list *lines, const struct rules *rules, size_t rule)
{
    struct rule_text text;
    OWN(buf) line = BUF(MAX_RULES);
    rules_text(rules, rule, &text);
    while (text.text.len) {
        str_t part = str_trim(str_until(&text.text, '\n'));
        bool more = part.len && part.at[part.len - 1] == '\\';
        buf_putf(&line, "%s%.*s", line.len ? " " : "", (int)(part.len - more), part.at);
    }
    line_add(lines, buf_end(&line) == ERR_OK ? str_trim(buf_str(&line)) : STR("(a rule that is too long)"));
}

static err_t policy_tell(struct env *env, const char *folder, struct list *lines)
{
    OWN(buf) bytes = BUF(MAX_POLICY);
    OWN(buf) trouble = BUF(MAX_TROUBLE);
    OWN(rules) rules = NULL;
    struct note note;
    struct policy policy;
    TRY(env->read_file(env, place(folder, "policy/current").text, &bytes));
    TRY(policy_split(buf_str(&bytes), &note));
    TRY(policy_read(note.text, &policy));
    TRY(rules_read(policy.files, policy.count, &rules, &trouble));
    for (size_t i = 0; i < rules_count(rules); i++)
        rule_add(lines, rules, i);
    rule_add(lines, rules, RULE_DEFAULT);
    return ERR_OK;
}

void recorded_tell(struct env *env, const char *folder, struct list *out_lines)
{
    struct stat about;
    if (!folder) {
        line_add(out_lines, STR("(by the client's policy, which the agent's folder has: see --state)"));
        return;
    }
    err_t told = policy_tell(env, folder, out_lines);
    if (told == ERR_OK)
        return;
    bool guarded = stat(place(folder, "guard.json").text, &about) == 0;
    line_add(out_lines, told != ERR_MISSING ? STR("(the client's policy cannot be read)")
                        : guarded ? STR("every launch: its path, parent and package (there is no policy yet)")
                                  : STR("(none: no guard has run here)"));
}
