/* SPDX-License-Identifier: Apache-2.0 */
#include "govern/_private.h"

/* Values, read. A literal is a pattern without wildcards, whose prefix is its bytes. */

static err_t literal_put(str_t bytes, arena_t *arena, struct pattern *out_value)
{
    *out_value = (struct pattern){.prefix = arena_copy(arena, bytes)};
    return arena_end(arena);
}

static err_t word_read(str_t text, const char *words, arena_t *arena, struct pattern *out_value)
{
    for (str_t rest = str(words); rest.len;)
        if (str_eq(str_until(&rest, ' '), text))
            return literal_put(text, arena, out_value);
    return fail(ERR_INVALID, "not one of: %s", words);
}

static err_t user_read(str_t text, arena_t *arena, struct pattern *out_value)
{
    ident_t id;
    if (ident_read("acc", text, &id) == ERR_OK)
        return literal_put(ident_bytes(&id), arena, out_value);
    if (word_read(text, "people system root", arena, out_value) == ERR_OK)
        return ERR_OK;
    return fail(ERR_INVALID, "people, system, root, or an account's id, acc_…: a user is never named");
}

static err_t group_read(str_t text, arena_t *arena, struct pattern *out_value)
{
    if (!text.len || text.len > MAX_NAME)
        return fail(ERR_INVALID, "a group's name has 1 to %d bytes", MAX_NAME);
    return literal_put(text, arena, out_value);
}

static err_t device_read(str_t text, arena_t *arena, struct pattern *out_value)
{
    ident_t id;
    if (ident_read("dev", text, &id) != ERR_OK)
        return fail(ERR_INVALID, "a device's id begins with dev_");
    return literal_put(ident_bytes(&id), arena, out_value);
}

static bool is_of_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
}

/* The first component names somebody: it is not all wildcards. */
static bool has_name(str_t rest)
{
    for (size_t i = 0; i < rest.len && rest.at[i] != '/' && rest.at[i] != ' '; i++)
        if (rest.at[i] != '*' && rest.at[i] != '?')
            return true;
    return false;
}

/* A folder `of` homes, or one that is a home, stands at the beginning of a path in the text. */
static bool has_home(str_t text, str_t homes, bool is_one)
{
    for (size_t i = 0; i + homes.len <= text.len; i++) {
        str_t rest = str_bytes(text.at + i, text.len - i);
        if ((i && is_of_name(text.at[i - 1])) || !str_starts(rest, homes))
            continue;
        rest = str_bytes(rest.at + homes.len, rest.len - homes.len);
        if (is_one ? !rest.len || !is_of_name(rest.at[0]) : has_name(rest))
            return true;
    }
    return false;
}

static const struct {
    str_t folder;
    bool is_one;
} homes[] = {{{"/home/", 6}, false},
             {{"/Users/", 7}, false},
             {{"/var/home/", 10}, false},
             {{"/export/home/", 13}, false},
             {{"/root", 5}, true}};
enum { HOMES = sizeof homes / sizeof *homes };

bool path_is_in_home(str_t path)
{
    for (size_t i = 0; i < HOMES; i++)
        if (str_starts(path, homes[i].folder))
            return true;
    return false;
}

static err_t home_check(str_t text)
{
    for (size_t i = 0; i < HOMES; i++)
        if (has_home(text, homes[i].folder, homes[i].is_one))
            return fail(ERR_INVALID, "a home directory: write %%home");
    return ERR_OK;
}

static err_t path_read(str_t text, arena_t *arena, struct pattern *out_value)
{
    TRY(home_check(text));
    return pattern_read(text, PATTERN_PATH, arena, out_value);
}

static err_t args_read(str_t text, arena_t *arena, struct pattern *out_value)
{
    TRY(home_check(text));
    return pattern_read(text, PATTERN_ARGS, arena, out_value);
}

static err_t package_read(str_t text, arena_t *arena, struct pattern *out_value)
{
    if (!text.len || text.len > MAX_NAME)
        return fail(ERR_INVALID, "a package's name, any, or none");
    return literal_put(text, arena, out_value);
}

static err_t state_read(str_t text, arena_t *arena, struct pattern *out_value)
{
    return word_read(text, "intact altered signed unknown", arena, out_value);
}

static err_t trust_read(str_t text, arena_t *arena, struct pattern *out_value)
{
    return word_read(text, "system none", arena, out_value);
}

static err_t sha256_read(str_t text, arena_t *arena, struct pattern *out_value)
{
    char bytes[DIGEST_SIZE];
    if (base16_read(text, sizeof bytes, bytes) != ERR_OK)
        return fail(ERR_INVALID, "a SHA-256 is 64 hexadecimal digits");
    return literal_put(str_bytes(bytes, sizeof bytes), arena, out_value);
}

/* Values, looked up */

static enum truth truth_of(bool truth) { return truth ? YES : NO; }
static enum truth not(enum truth a) { return a == UNKNOWN ? UNKNOWN : truth_of(a == NO); }

static enum truth either(enum truth a, enum truth b)
{
    return a == YES || b == YES ? YES : a == UNKNOWN || b == UNKNOWN ? UNKNOWN : NO;
}

static enum truth text_truth(const struct values *values, const struct question *question, str_t text)
{
    enum truth truth = truth_of(values_have(values, text));
    bool home = question->attempt->known & FACT_HOME && question->attempt->home.len;
    for (size_t i = 0; i < values->pattern_count && truth != YES; i++) {
        const struct pattern *pattern = &values->patterns[i];
        if (!pattern->home)
            truth = either(truth, truth_of(pattern_matches(pattern, text)));
        else if (home)
            truth = either(truth, truth_of(pattern_matches_home(pattern, question->attempt->home, text)));
        else
            truth = UNKNOWN;
    }
    return truth;
}

static enum truth user_truth(const struct values *values, const struct question *question)
{
    enum truth truth = question->has_account;
    if (truth == YES)
        truth = truth_of(values_have(values, ident_bytes(&question->account)));
    else if (!values_have_account(values))
        truth = NO;
    if (values_have(values, STR("people")))
        truth = either(truth, question->person);
    if (values_have(values, STR("system")))
        truth = either(truth, not(question->person));
    if (values_have(values, STR("root")))
        truth = either(truth, question->root);
    return truth;
}

static enum truth group_truth(const struct values *values, const struct question *question)
{
    enum truth truth = NO;
    for (size_t i = 0; i < values->literal_count && truth != YES; i++)
        truth = either(truth, question->in_group(question, values->literals[i]));
    return truth;
}

static enum truth device_truth(const struct values *values, const struct question *question)
{
    if (question->has_device != YES)
        return question->has_device;
    return truth_of(values_have(values, ident_bytes(&question->device)));
}

static enum truth path_truth(const struct values *values, const struct question *question)
{
    return text_truth(values, question, question->attempt->path);
}

static enum truth args_truth(const struct values *values, const struct question *question)
{
    return text_truth(values, question, question->attempt->args);
}

/* What there is not, such as the script of a launch without one, no condition holds for. */
static enum truth some_text_truth(const struct values *values, const struct question *question, str_t text)
{
    return text.len ? text_truth(values, question, text) : UNKNOWN;
}

static enum truth script_truth(const struct values *values, const struct question *question)
{
    return some_text_truth(values, question, question->attempt->script);
}

static enum truth interpreter_truth(const struct values *values, const struct question *question)
{
    return some_text_truth(values, question, question->attempt->interpreter);
}

static enum truth parent_truth(const struct values *values, const struct question *question)
{
    const struct attempt *attempt = question->attempt;
    return attempt->ancestor_count ? text_truth(values, question, attempt->ancestors[0]) : UNKNOWN;
}

static enum truth ancestor_truth(const struct values *values, const struct question *question)
{
    const struct attempt *attempt = question->attempt;
    enum truth truth = attempt->ancestor_count && !question->recorded ? NO : UNKNOWN;
    for (size_t i = 0; i < attempt->ancestor_count && truth != YES; i++)
        truth = either(truth, text_truth(values, question, attempt->ancestors[i]));
    return truth;
}

static enum truth package_truth(const struct values *values, const struct question *question)
{
    str_t package = question->attempt->package;
    return truth_of(package.len ? values_have(values, package) || values_have(values, STR("any"))
                                : values_have(values, STR("none")));
}

/* What is signed is intact as well. */
static enum truth state_truth(const struct values *values, const struct question *question)
{
    static const char *const states[] = {[FILE_UNKNOWN] = "unknown",
                                         [FILE_INTACT] = "intact",
                                         [FILE_ALTERED] = "altered",
                                         [FILE_SIGNED] = "signed"};
    enum file_state state = question->attempt->state;
    return question->recorded
               ? UNKNOWN
               : truth_of(values_have(values, str(states[state])) ||
                          (state == FILE_SIGNED && values_have(values, str(states[FILE_INTACT]))));
}

static enum truth trust_truth(const struct values *values, const struct question *question)
{
    return truth_of(values_have(values, question->attempt->trusted ? STR("system") : STR("none")));
}

static enum truth sha256_truth(const struct values *values, const struct question *question)
{
    return truth_of(values_have(values, str_bytes(question->attempt->sha256, DIGEST_SIZE)));
}

/* clang-format off */
/* In the order in which they are looked at: first what most often fails and costs nothing, last what costs most to know. */
const struct condition_kind condition_kinds[CONDITION_KINDS] = {
/*   name           form                              help */
    {"path",        "PATTERN",
        "the file's path, links resolved, as seen from the machine's own root",
        false, true, 0, path_read, path_truth},
    {"user",        "acc_…, people, system, root",
        "the account, by its id; `people` are the accounts between UID_MIN and UID_MAX, `system` all others",
        true, false, 0, user_read, user_truth},
    {"group",       "NAME",
        "a group that the account is in, as the endpoint resolves it: never the name of a person",
        true, false, 0, group_read, group_truth},
    {"device",      "dev_…",
        "the device, by its id",
        true, false, 0, device_read, device_truth},
    {"args",        "PATTERN",
        "the arguments after the program's name, joined by single spaces; where the mechanism gives them",
        false, true, FACT_ARGS, args_read, args_truth},
    {"parent",      "PATTERN",
        "the program that launches",
        false, true, FACT_PARENT, path_read, parent_truth},
    {"ancestor",    "PATTERN",
        "the program that launches, or any above it",
        false, true, FACT_PARENT, path_read, ancestor_truth},
    {"interpreter", "PATTERN",
        "the interpreter of a script",
        false, true, FACT_SCRIPT, path_read, interpreter_truth},
    {"script",      "PATTERN",
        "the file that an interpreter is given",
        false, true, FACT_SCRIPT, path_read, script_truth},
    {"trust",       "system, none",
        "`system`: the file and every folder above it are owned by root and writable by nobody else; `none`: not so",
        false, false, FACT_TRUST, trust_read, trust_truth},
    {"package",     "NAME, any, none",
        "the package that the file is of",
        false, false, FACT_PACKAGE, package_read, package_truth},
    {"state",       "intact, signed, altered, unknown",
        "of the file in its package, by that package's list of digests: `intact`, or `altered`; `signed`: intact, and the package is one of rpm's that is signed by a key which the machine trusts; `unknown`: it is of no package, or that has no list, or a signature that does not hold",
        false, false, FACT_PACKAGE, state_read, state_truth},
    {"sha256",      "DIGEST",
        "the file's SHA-256, 64 hexadecimal digits",
        false, false, FACT_SHA256, sha256_read, sha256_truth},
};
/* clang-format on */

err_t condition_find(str_t name, const struct condition_kind **out_kind)
{
    for (size_t i = 0; i < CONDITION_KINDS; i++)
        if (str_eq(str(condition_kinds[i].name), name)) {
            *out_kind = &condition_kinds[i];
            return ERR_OK;
        }
    return ERR_MISSING;
}

bool question_knows(struct question *question, unsigned fact)
{
    struct attempt *attempt = question->attempt;
    unsigned ask = fact & ~attempt->known & ~question->asked;
    for (unsigned bit = 1; attempt->learn && bit <= ask; bit <<= 1)
        if (ask & bit)
            attempt->learn(attempt, (enum fact)bit);
    question->asked |= fact;
    return (attempt->known & fact) == fact;
}

enum truth condition_truth(const struct condition *condition, struct question *question)
{
    const struct condition_kind *kind = condition->kind;
    if (!question_knows(question, kind->fact))
        return UNKNOWN;
    if (condition->values->needs_home)
        question_knows(question, FACT_HOME);
    enum truth truth = kind->truth(condition->values, question);
    return condition->is_not ? not(truth) : truth;
}

/* For what a condition is unknown. */
static unsigned missing_of(const struct condition *condition, const struct question *question)
{
    if (condition->kind->who)
        return RECORD_WHO;
    if (condition->values->needs_home && !(question->attempt->known & FACT_HOME))
        return FACT_HOME;
    return condition->kind->fact;
}

enum truth rule_truth(const struct rule *rule, struct question *question)
{
    enum truth truth = YES;
    unsigned missing = 0;
    for (unsigned i = 0; i < rule->condition_count; i++) {
        enum truth one = condition_truth(&rule->conditions[i], question);
        if (one == NO)
            return NO;
        if (one == UNKNOWN && !question->recorded)
            return UNKNOWN;
        if (one == UNKNOWN)
            truth = UNKNOWN, missing |= missing_of(&rule->conditions[i], question);
    }
    question->missing |= missing;
    return truth;
}
