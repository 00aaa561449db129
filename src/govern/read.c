/* SPDX-License-Identifier: Apache-2.0
 *
 * From files to a set: statements, each by its row of a table. What is wrong with one is said, and the next one read.
 */
#include "govern/_private.h"

enum { MAX_SECRETS = 256 };

struct reading {
    struct rules *rules;
    arena_t *arena;
    struct lexer lexer;
    struct trouble trouble;
    struct word word; /* the one being read */
    uint32_t file;    /* which */
    struct shelf shelf;
    buf_t rows, secrets; /* arrays: struct rule, struct pattern */
    size_t errors;
    bool has_default, has_failure;
};
typedef struct reading reading_own;
static void reading_drop(struct reading *reading)
{
    shelf_drop(&reading->shelf);
    buf_drop(&reading->rows);
    buf_drop(&reading->secrets);
}

static err_t word_next(struct reading *reading)
{
    err_t code = lex_next(&reading->lexer, &reading->word);
    if (code != ERR_OK)
        reading->word.line = reading->lexer.line - 1;
    return code;
}

static bool at_end(const struct reading *reading) { return reading->word.kind != WORD; }
static bool at_word(const struct reading *reading, str_t text)
{
    return !at_end(reading) && str_eq(reading->word.text, text);
}

/* Rules */

struct side {
    struct condition conditions[MAX_RULE_CONDITIONS];
    size_t count;
    bool who, any, some;
};

static err_t condition_add(struct reading *reading, struct side *side, const struct word_parts *parts)
{
    struct condition condition = {.is_not = parts->is_not, .written = reading->word.text};
    if (condition_find(parts->name, &condition.kind) != ERR_OK)
        return fail(ERR_INVALID, "unknown: %.*s=", said_len(parts->name), parts->name.at);
    if (condition.kind->who != side->who)
        return fail(ERR_INVALID, "%s= stands %s the colon", condition.kind->name,
                    condition.kind->who ? "before" : "behind");
    if (side->count == MAX_RULE_CONDITIONS)
        return fail(ERR_INVALID, "more than %d conditions", MAX_RULE_CONDITIONS);
    TRY(about(parts->name, "=", values_read(&reading->shelf, condition.kind, *parts, &condition.values)));
    /* The cheapest first; equal ones as they are written. */
    size_t at = side->count++;
    for (; at && side->conditions[at - 1].kind > condition.kind; at--)
        side->conditions[at] = side->conditions[at - 1];
    side->conditions[at] = condition;
    side->some = true;
    return ERR_OK;
}

static err_t side_word_read(struct reading *reading, struct side *side, struct options *options)
{
    struct word_parts parts = word_split(reading->word.text);
    if (str_eq(reading->word.text, STR("any"))) {
        side->any = true;
        return ERR_OK;
    }
    if (!parts.has_values)
        return fail(ERR_INVALID, "unknown: %.*s", said_len(reading->word.text), reading->word.text.at);
    err_t code = side->who ? option_read(&parts, reading->arena, options) : ERR_MISSING;
    if (code != ERR_MISSING)
        return about(parts.name, "=", code);
    return condition_add(reading, side, &parts);
}

static err_t side_end(const struct side *side)
{
    if (side->any && side->some)
        return fail(ERR_INVALID, "any stands beside no condition");
    if (!side->any && !side->some)
        return fail(ERR_INVALID, side->who ? "who? any, or conditions before the colon"
                                           : "what? any, or conditions behind the colon");
    return ERR_OK;
}

static err_t side_read(struct reading *reading, struct side *side, struct options *options)
{
    side->any = side->some = false;
    for (;;) {
        TRY(word_next(reading));
        if (at_end(reading) || (side->who && at_word(reading, STR(":"))))
            return side_end(side);
        TRY(side_word_read(reading, side, options));
    }
}

/* WHO : WHAT; `side` goes over both. */
static err_t sides_read(struct reading *reading, struct side *side, struct options *options)
{
    side->who = true;
    TRY(side_read(reading, side, options));
    if (at_end(reading))
        return fail(ERR_INVALID, "a rule is DECISION WHO : WHAT, and here is no colon");
    side->who = false;
    return side_read(reading, side, options);
}

static err_t rule_put(struct reading *reading, struct rule *rule, const struct side *side)
{
    struct condition *conditions = arena_array(reading->arena, struct condition, side->count);
    TRY(arena_end(reading->arena));
    memcpy(conditions, side->conditions, side->count * sizeof *conditions);
    rule->conditions = conditions;
    rule->condition_count = (unsigned)side->count;
    if (COUNT_OF(reading->rows, struct rule) == MAX_RULE_COUNT)
        return fail(ERR_TOO_LARGE, "more than %d rules", MAX_RULE_COUNT);
    PUT(reading->rows, *rule);
    return buf_end(&reading->rows);
}

/* A statement as it was written, up to the end of it where the reader stands. */
static str_t text_from(const struct reading *reading, const char *from)
{
    return str_trim(str_bytes(from, (size_t)(reading->word.text.at - from)));
}

static err_t rule_read(struct reading *reading, enum decision decision)
{
    const char *from = reading->word.text.at;
    struct rule rule = {.decision = decision, .file = reading->file, .line = (uint32_t)reading->word.line};
    struct side side = {.count = 0};
    TRY(sides_read(reading, &side, &rule.options));
    TRY(options_check(decision, &rule.options));
    rule.text = text_from(reading, from);
    return rule_put(reading, &rule, &side);
}

/* The other statements */

static bool is_of(char c, const char *others)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c && strchr(others, c));
}

static bool is_set_name(str_t name)
{
    for (size_t i = 0; i < name.len; i++)
        if (!is_of(name.at[i], "-_"))
            return false;
    return name.len && name.len <= MAX_RULE_NAME && !str_starts(name, STR("home"));
}

static err_t set_values_read(struct reading *reading)
{
    shelf_begin(&reading->shelf);
    for (size_t count = 0;; count++) {
        TRY(word_next(reading));
        if (at_end(reading))
            return count ? ERR_OK : fail(ERR_INVALID, "a set without values");
        TRY(shelf_text(&reading->shelf, reading->word.text));
    }
}

static err_t set_read(struct reading *reading)
{
    TRY(word_next(reading));
    str_t name = reading->word.text;
    if (!is_set_name(name))
        return fail(ERR_INVALID,
                    "set NAME = VALUE ...: a name is of a-z, 0-9, _ and -, and does not begin with home");
    TRY(word_next(reading));
    if (!at_word(reading, STR("=")))
        return fail(ERR_INVALID, "set NAME = VALUE ...: there is no = of its own");
    TRY(set_values_read(reading));
    return shelf_set(&reading->shelf, name);
}

static err_t default_options_read(struct reading *reading, struct options *options)
{
    for (;;) {
        TRY(word_next(reading));
        if (at_end(reading))
            return ERR_OK;
        struct word_parts parts = word_split(reading->word.text);
        err_t code = option_read(&parts, reading->arena, options);
        if (code == ERR_MISSING)
            return fail(ERR_INVALID, "default DECISION [record=...]");
        TRY(about(parts.name, "=", code));
    }
}

static err_t default_read(struct reading *reading)
{
    const char *from = reading->word.text.at;
    struct rule standing = {.file = reading->file, .line = (uint32_t)reading->word.line};
    TRY(word_next(reading));
    if (decision_read(reading->word.text, &standing.decision) != ERR_OK ||
        standing.decision == DECISION_ELEVATE)
        return fail(ERR_INVALID, "the default is allow, deny or observe");
    TRY(default_options_read(reading, &standing.options));
    TRY(options_check(standing.decision, &standing.options));
    if (reading->has_default)
        return fail(ERR_INVALID, "a second default");
    standing.text = text_from(reading, from);
    reading->rules->standing = standing;
    reading->has_default = true;
    return ERR_OK;
}

static err_t failure_read(struct reading *reading)
{
    static const char form[] = "on failure open, or on failure closed";
    TRY(word_next(reading));
    if (!at_word(reading, STR("failure")))
        return fail(ERR_INVALID, form);
    TRY(word_next(reading));
    reading->rules->fail_closed = at_word(reading, STR("closed"));
    if (!reading->rules->fail_closed && !at_word(reading, STR("open")))
        return fail(ERR_INVALID, form);
    TRY(word_next(reading));
    if (!at_end(reading) || reading->has_failure)
        return fail(ERR_INVALID, reading->has_failure ? "a second on failure" : form);
    reading->has_failure = true;
    return ERR_OK;
}

static err_t secret_read(struct reading *reading)
{
    struct pattern pattern;
    str_t text;
    TRY(word_next(reading));
    struct word_parts parts = {.values = reading->word.text, .has_values = !at_end(reading)};
    if (!word_value(&parts, reading->arena, &text) || parts.has_values)
        return fail(ERR_INVALID, "secret PATTERN: one pattern");
    TRY(pattern_read(text, PATTERN_ARGS, reading->arena, &pattern));
    if (pattern.home || COUNT_OF(reading->secrets, struct pattern) == MAX_SECRETS)
        return fail(ERR_INVALID, pattern.home ? "an argument has no %%home" : "too many secrets");
    PUT(reading->secrets, pattern);
    TRY(word_next(reading));
    return at_end(reading) ? buf_end(&reading->secrets) : fail(ERR_INVALID, "secret PATTERN: one pattern");
}

/* clang-format off */
static const struct {
    const char *name, *form, *help;
    err_t (*read)(struct reading *reading);
} statements[] = {
    {"default", "DECISION [record=...]", "what decides where no rule matches: allow, deny or observe; without it observe", default_read},
    {"set", "NAME = VALUE ...", "a name for many values: `%NAME` stands for them from the next line on", set_read},
    {"on", "failure open|closed", "what happens to a launch that cannot be judged in time; without it open: it runs", failure_read},
    {"secret", "PATTERN", "an argument that matches is recorded as `•••`, as passwords and tokens of common tools are without it", secret_read},
};
/* clang-format on */
enum { STATEMENT_COUNT = sizeof statements / sizeof *statements };

bool statement_word(size_t number, struct rule_word *out_word)
{
    if (number >= STATEMENT_COUNT)
        return false;
    *out_word = (struct rule_word){statements[number].name, statements[number].form, statements[number].help};
    return true;
}

static err_t statement_read(struct reading *reading)
{
    enum decision decision;
    for (size_t i = 0; i < STATEMENT_COUNT; i++)
        if (at_word(reading, str(statements[i].name)))
            return statements[i].read(reading);
    if (decision_read(reading->word.text, &decision) == ERR_OK)
        return rule_read(reading, decision);
    return fail(ERR_INVALID, "unknown: %.*s", said_len(reading->word.text), reading->word.text.at);
}

/* Files */

static err_t file_read(struct reading *reading)
{
    const struct rule_file *file = &reading->rules->files[reading->file];
    reading->lexer = (struct lexer){.rest = file->text, .line = 1};
    for (;;) {
        err_t code = word_next(reading);
        if (code == ERR_OK && reading->word.kind == WORD_FILE_END)
            return ERR_OK;
        if (code == ERR_OK)
            code = statement_read(reading);
        if (code == ERR_OK)
            continue;
        trouble_put(&reading->trouble, file->name, reading->word.line, err_note());
        reading->errors++;
        if (code != ERR_INVALID)
            return code;
        lex_skip(&reading->lexer);
    }
}

bool rules_name_fits(str_t name)
{
    static const str_t end = {".rules", 6};
    bool fits = name.len > 3 + end.len && name.len <= MAX_RULE_NAME && name.at[2] == '-' &&
                str_eq(str_bytes(name.at + name.len - end.len, end.len), end);
    for (size_t i = 0; fits && i < name.len; i++)
        fits = i < 2 ? name.at[i] >= '0' && name.at[i] <= '9' : is_of(name.at[i], "-._");
    return fits;
}

static err_t file_check(const struct rule_file *file, const struct rule_file *before)
{
    if (!rules_name_fits(file->name))
        return fail(ERR_INVALID, "a rule file is called NN-name.rules, in small letters");
    if (before && str_eq(before->name, file->name))
        return fail(ERR_INVALID, "two files of this name");
    return str_is_utf8(file->text) ? ERR_OK : fail(ERR_INVALID, "not UTF-8, or with a NUL");
}

static int file_order(const void *a, const void *b)
{
    const struct rule_file *left = a, *right = b;
    size_t shorter = left->name.len < right->name.len ? left->name.len : right->name.len;
    int order = shorter ? memcmp(left->name.at, right->name.at, shorter) : 0;
    return order ? order : (left->name.len > right->name.len) - (left->name.len < right->name.len);
}

static err_t files_copy(struct rules *rules, const struct rule_file *files, size_t count)
{
    size_t bytes = 0;
    if (count > MAX_RULE_FILES)
        return fail(ERR_TOO_LARGE, "more than %d rule files", MAX_RULE_FILES);
    for (size_t i = 0; i < count; i++)
        if (files[i].text.len > MAX_RULES - bytes)
            return fail(ERR_TOO_LARGE, "rule files of more than %d bytes", MAX_RULES);
        else
            bytes += files[i].text.len;
    struct rule_file *copies = arena_array(&rules->arena, struct rule_file, count);
    for (size_t i = 0; copies && i < count; i++)
        copies[i] = (struct rule_file){arena_copy(&rules->arena, files[i].name),
                                       arena_copy(&rules->arena, files[i].text)};
    TRY(arena_end(&rules->arena));
    qsort(copies, count, sizeof *copies, file_order);
    rules->files = copies;
    rules->file_count = count;
    return ERR_OK;
}

static err_t files_read(struct reading *reading, size_t count)
{
    const struct rule_file *files = reading->rules->files;
    for (size_t i = 0; files && i < count; i++) {
        reading->file = (uint32_t)i;
        if (file_check(&files[i], i ? &files[i - 1] : NULL) == ERR_OK) {
            TRY(file_read(reading));
            continue;
        }
        trouble_put(&reading->trouble, files[i].name, 0, err_note());
        reading->errors++;
    }
    return ERR_OK;
}

/* The default may stand behind rules that lack an option. */
static err_t reading_end(struct reading *reading)
{
    struct rules *rules = reading->rules;
    struct rule *rows = ITEMS_OF(reading->rows, struct rule);
    rules->count = COUNT_OF(reading->rows, struct rule);
    for (size_t i = 0; i < rules->count; i++)
        options_fill(rows[i].decision, &rows[i].options, &rules->standing.options);
    options_fill(rules->standing.decision, &rules->standing.options, NULL);
    str_t secrets = arena_copy(reading->arena, buf_str(&reading->secrets));
    rules->secrets = (const struct pattern *)(const void *)secrets.at;
    rules->secret_count = secrets.len / sizeof(struct pattern);
    TRY(arena_end(reading->arena));
    rules->rows = give(reading->rows);
    rules->rules = rows;
    return tables_make(rules);
}

err_t rules_read(const struct rule_file *files, size_t count, struct rules **out_rules, buf_t *out_trouble)
{
    OWN(rules) rules = calloc(1, sizeof *rules);
    if (!rules)
        return fail(ERR_BUSY, "no memory for rules");
    *rules = (struct rules){.arena = ARENA(MAX_RULE_MEMORY), .standing = {.decision = DECISION_OBSERVE}};
    OWN(reading)
    reading = {.rules = rules,
               .arena = &rules->arena,
               .trouble = {.out = out_trouble},
               .shelf = SHELF(&rules->arena),
               .rows = BUF(MAX_RULE_COUNT * sizeof(struct rule)),
               .secrets = BUF(MAX_SECRETS * sizeof(struct pattern))};
    err_t code = files_copy(rules, files, count);
    if (code != ERR_OK)
        trouble_put(&reading.trouble, STR("all"), 0, err_note());
    else
        code = files_read(&reading, count);
    if (code == ERR_OK && reading.errors)
        code = fail(ERR_INVALID, "the rules have errors, %zu in all", reading.errors);
    if (code == ERR_OK)
        code = reading_end(&reading);
    if (code == ERR_OK)
        cover_warn(rules, &reading.trouble);
    trouble_end(&reading.trouble);
    TRY(code);
    *out_rules = give(rules);
    return ERR_OK;
}
