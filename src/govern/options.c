/* SPDX-License-Identifier: Apache-2.0 */
#include "govern/_private.h"

enum {
    MOST_MINUTES = 480,
    USUAL_MINUTES = 5,
    FIRST_PERSON = 1000, /* what UID_MIN is everywhere */
    RECORD_USUAL = RECORD_PATH | FACT_PARENT | FACT_PACKAGE,
    RECORD_ALL = RECORD_PATH | FACT_SHA256 | FACT_PACKAGE | FACT_PARENT | FACT_ARGS | FACT_SCRIPT,
};

static err_t record_read(str_t text, struct options *options)
{
    unsigned bits = str_eq(text, STR("all")) ? RECORD_ALL : fact_find(text) & RECORD_ALL;
    if (!bits && !str_eq(text, STR("none")))
        return fail(ERR_INVALID, "none, all, or some of path, sha256, package, parent, script, args");
    options->record |= bits;
    return ERR_OK;
}

static err_t needs_read(str_t text, struct options *options)
{
    bool approval = str_eq(text, STR("approval"));
    if (!approval && !str_eq(text, STR("reason")))
        return fail(ERR_INVALID, "reason, approval, or both");
    options->needs |= approval ? NEED_APPROVAL : NEED_REASON;
    return ERR_OK;
}

static err_t as_read(str_t text, struct options *options)
{
    uint64_t uid = 0;
    if (!str_eq(text, STR("root")) && str_number(text, FIRST_PERSON - 1, &uid) != ERR_OK)
        return fail(ERR_INVALID, "root, or the uid of an account below %d", FIRST_PERSON);
    options->as = (uid_t)uid;
    return ERR_OK;
}

static err_t minutes_read(str_t text, struct options *options)
{
    uint64_t minutes = 0;
    if (!str_eq(text, STR("once")) && (str_number(text, MOST_MINUTES, &minutes) != ERR_OK || !minutes))
        return fail(ERR_INVALID, "1 to %d, or once", MOST_MINUTES);
    options->minutes = (unsigned)minutes;
    return ERR_OK;
}

static err_t emergency_read(str_t text, struct options *options)
{
    options->emergency = str_eq(text, STR("yes"));
    return options->emergency || str_eq(text, STR("no")) ? ERR_OK : fail(ERR_INVALID, "yes or no");
}

/* clang-format off */
enum { RECORD, NEEDS, AS, MINUTES_, EMERGENCY };
static const struct option_kind {
    const char *name, *form, *help;
    bool of_elevate, is_list;
    err_t (*read)(str_t text, struct options *options);
} option_kinds[] = {
    [RECORD] = {"record", "none, all, or some",
        "what is recorded of the launch: some of `path`, `sha256`, `package`, `parent`, `script` and `args`; else what "
        "`default record=` says; without that `path,parent,package`",
        false, true, record_read},
    [NEEDS] = {"needs", "reason, approval",
        "what has to be given before anything is elevated; else nothing",
        true, true, needs_read},
    [AS] = {"as", "root, or a uid below UID_MIN",
        "whom the program runs as; else root",
        true, false, as_read},
    [MINUTES_] = {"minutes", "1 to 480, or once",
        "how long one approval lasts; else once where an approval is needed, and 5 where not",
        true, false, minutes_read},
    [EMERGENCY] = {"emergency", "yes, no",
        "where an approval is needed, whether the program may run without one, for a reason, and is marked; else no",
        true, false, emergency_read},
};

static const struct {
    const char *name, *help;
} decisions[] = {
    [DECISION_ALLOW] = {"allow", "a launch runs; an elevation is refused: nothing raises its rights"},
    [DECISION_DENY] = {"deny", "a launch is refused (EPERM), and so is an elevation"},
    [DECISION_ELEVATE] = {"elevate", "a launch runs as whoever started it; an elevation runs as `as=`, once its needs are met"},
    [DECISION_OBSERVE] = {"observe", "a launch runs, and is recorded whatever the default of `record` is; an elevation is refused"},
};
/* clang-format on */
enum {
    OPTION_COUNT = sizeof option_kinds / sizeof *option_kinds,
    DECISION_COUNT = sizeof decisions / sizeof *decisions
};

err_t decision_read(str_t word, enum decision *out_decision)
{
    for (size_t i = 0; i < DECISION_COUNT; i++)
        if (str_eq(str(decisions[i].name), word)) {
            *out_decision = (enum decision)i;
            return ERR_OK;
        }
    return ERR_MISSING;
}

static err_t option_values_read(const struct option_kind *kind, struct word_parts *parts, arena_t *arena,
                                struct options *options)
{
    str_t value;
    for (size_t i = 0; word_value(parts, arena, &value); i++) {
        if (i && !kind->is_list)
            return fail(ERR_INVALID, "one value");
        TRY(kind->read(value, options));
    }
    return ERR_OK;
}

err_t option_read(struct word_parts *parts, arena_t *arena, struct options *options)
{
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if (!str_eq(str(option_kinds[i].name), parts->name))
            continue;
        if (parts->is_not || options->given & 1U << i)
            return fail(ERR_INVALID, parts->is_not ? "an option has =" : "said twice");
        options->given |= 1U << i;
        return option_values_read(&option_kinds[i], parts, arena, options);
    }
    return ERR_MISSING;
}

static bool is_given(const struct options *options, unsigned kind) { return options->given & 1U << kind; }

err_t options_check(enum decision decision, const struct options *options)
{
    for (unsigned i = 0; i < OPTION_COUNT; i++)
        if (decision != DECISION_ELEVATE && option_kinds[i].of_elevate && is_given(options, i))
            return fail(ERR_INVALID, "%s= is of elevate only", option_kinds[i].name);
    if (options->emergency && !(options->needs & NEED_APPROVAL))
        return fail(ERR_INVALID, "emergency=yes is for what needs=approval");
    return ERR_OK;
}

void options_fill(enum decision decision, struct options *options, const struct options *standing)
{
    unsigned usual = standing && is_given(standing, RECORD) ? standing->record : RECORD_USUAL;
    if (!usual && decision == DECISION_OBSERVE)
        usual = RECORD_USUAL;
    if (!is_given(options, RECORD))
        options->record = usual;
    if (decision == DECISION_ELEVATE && !is_given(options, MINUTES_))
        options->minutes = options->needs & NEED_APPROVAL ? 0 : USUAL_MINUTES;
}

bool option_word(size_t number, struct rule_word *out_word)
{
    if (number >= OPTION_COUNT)
        return false;
    const struct option_kind *kind = &option_kinds[number];
    *out_word = (struct rule_word){kind->name, kind->form, kind->help};
    return true;
}

bool decision_word(size_t number, struct rule_word *out_word)
{
    if (number >= DECISION_COUNT)
        return false;
    *out_word = (struct rule_word){decisions[number].name, "", decisions[number].help};
    return true;
}
