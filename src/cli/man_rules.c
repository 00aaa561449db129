/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/man_rules.h"

#include "base/limits.h"
#include "cli/roff.h"
#include "govern/words.h"

#define PAGE_DATE "2026-11-28" /* of the last change to what the page says */

/* In the order of the page. `mark` stands between a word and what follows it. */
static const struct {
    enum word_part part;
    const char *title, *mark, *about;
} parts[PART_COUNT] = {
    {PART_DECISION, "DECISIONS", "", "A rule begins with what it decides."},
    {PART_OPTION, "OPTIONS", "=", "Between the decision and the colon, each at most once."},
    {PART_WHO, "WHO", "=", "Before the colon: `any`, or conditions on who launches, all of which hold."},
    {PART_WHAT, "WHAT", "=",
     "Behind the colon: `any`, or conditions on what is launched, all of which hold."},
    {PART_STATEMENT, "SETTINGS", " ", "Other lines, wherever they stand."},
};

/* roff */

static void head_put(buf_t *out)
{
    buf_put(out, STR(".\\\" SPDX-License-Identifier: Apache-2.0\n"
                     ".\\\" Printed by: custody describe man custody-rules\n"
                     ".TH CUSTODY\\-RULES 5 " PAGE_DATE " \"custody " CUSTODY_VERSION "\" \"File Formats\"\n"
                     ".SH NAME\n"
                     "custody\\-rules \\- which applications run, and with what rights\n"
                     ".SH SYNOPSIS\n"
                     ".I NN\\-name.rules\n"
                     ".SH DESCRIPTION\n"));
    roff_fill(
        out,
        STR("A policy is a set of numbered text files, read in the order of their names. The rules of all of them "
            "are one list, and the first rule that matches decides. A rule is"));
    roff_example(out, "DECISION [option ...] WHO : WHAT");
    roff_paragraph(
        out,
        "on one line; `\\` at its end continues it, and `#` in front of a word begins a comment. All conditions "
        "hold; one with several values, `name=a,b`, holds if one of them does, and `name!=a,b` if none "
        "does. What cannot be known, or is not there, makes both false. A value with spaces or commas "
        "stands in double quotes, with \\\" and \\\\ inside.");
}

static void word_put(const struct rule_word *word, const char *mark, buf_t *out)
{
    buf_putf(out, ".TP\n\\fB%s%s\\fR", word->name, *word->form ? mark : "");
    buf_put(out, STR("\\fI"));
    roff_put(out, str(word->form));
    buf_put(out, STR("\\fR\n"));
    roff_sentence(out, "", word->help);
}

static void patterns_put(buf_t *out)
{
    static const struct {
        const char *mark, *what;
    } marks[] = {
        {"*", "any part of a name; in arguments, of a word"},
        {"?", "one character of it"},
        {"**", "anything; between two slashes any folders, or none"},
        {"%home", "at the beginning: the home folder of whoever launches"},
        {"%NAME", "alone: a set"},
        {"%%", "a percent sign"},
    };
    buf_put(out, STR(".SH PATTERNS\n"));
    roff_fill(
        out,
        STR("A pattern is of a whole path, or of all arguments. No pattern takes longer than its length multiplied "
            "with that of the text."));
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        buf_putf(out, ".TP\n.B %s\n", marks[i].mark);
        roff_sentence(out, "", marks[i].what);
    }
}

static void refusals_put(buf_t *out)
{
    char limits[256];
    snprintf(limits, sizeof limits,
             "At most %d files, %d rules, %d bytes in all and %d a line, %d sets, %d conditions a rule.",
             MAX_RULE_FILES, MAX_RULE_COUNT, MAX_RULES, MAX_RULE_LINE, MAX_RULE_SETS, MAX_RULE_CONDITIONS);
    buf_put(out, STR(".SH WHAT IS REFUSED\n"));
    roff_fill(
        out,
        STR("Unknown words; a set that is not there; tabs and other control characters; a home directory, such as "
            "/home/NAME or /root, instead of `%home`; a name after `user=` instead of an account's id. "
            "`custody policy check` names file, line and what is wrong, and warns of rules that never decide, "
            "since an earlier one holds wherever they do."));
    roff_paragraph(out, limits);
}

static void examples_put(buf_t *out)
{
    buf_put(out, STR(".SH EXAMPLES\n"));
    roff_fill(out, STR("A file called 20-packages.rules:"));
    roff_example(out, "set      editors = /usr/bin/vim.* /usr/bin/nano\n"
                      "elevate  needs=reason minutes=15  group=sudo : \\\n"
                      "         path=/usr/bin/apt-get args=\"update\"\n"
                      "elevate  needs=approval,reason    group=sudo : path=%editors args=\"/etc/**\"\n"
                      "deny     record=path,sha256       user=people : path=/tmp/** trust=none\n"
                      "deny     user=people : script=%home/Downloads/**\n"
                      "default  observe");
    buf_put(out, STR(".SH SEE ALSO\n.BR custody (1),\n.BR custody\\-agent (8)\n"));
}

void man_rules_put(buf_t *out)
{
    struct rule_word word;
    head_put(out);
    for (size_t i = 0; i < PART_COUNT; i++) {
        buf_putf(out, ".SH %s\n", parts[i].title);
        roff_fill(out, str(parts[i].about));
        for (size_t number = 0; rules_word(parts[i].part, number, &word); number++)
            word_put(&word, parts[i].mark, out);
    }
    patterns_put(out);
    refusals_put(out);
    examples_put(out);
}

/* Markdown */

void describe_rules(buf_t *out)
{
    struct rule_word word;
    buf_put(out, STR("<!-- Printed by: custody describe rules -->\n# The words of the rule language\n"));
    for (size_t i = 0; i < PART_COUNT; i++) {
        buf_putf(out, "\n## %c", parts[i].title[0]);
        for (const char *at = parts[i].title + 1; *at; at++)
            buf_put_byte(out, (uint8_t)(*at >= 'A' && *at <= 'Z' ? *at + 32 : *at));
        buf_putf(out, "\n%s\n\n| word | with | meaning |\n| --- | --- | --- |\n", parts[i].about);
        for (size_t number = 0; rules_word(parts[i].part, number, &word); number++)
            buf_putf(out, "| `%s%s` | %s | %s |\n", word.name, *word.form && *parts[i].mark == '=' ? "=" : "",
                     word.form, word.help);
    }
}
