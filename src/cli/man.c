/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/man.h"

#include "cli/help.h"
#include "cli/roff.h"

enum { USAGE_MAX = 2048 };
#define PAGE_DATE "2026-11-24" /* of the last change to what the page says */

/* What is typed as it stands is bold, what stands for something else is slanted; brackets are neither. */
static void usage_word_put(buf_t *out, str_t word)
{
    bool opens = str_starts(word, STR("["));
    bool closes = word.len > 1 && word.at[word.len - 1] == ']';
    str_t core = {word.at + opens, word.len - opens - closes};
    bool stands_for = core.len && core.at[0] >= 'A' && core.at[0] <= 'Z';
    buf_put(out, opens ? STR("[") : STR(""));
    buf_put(out, stands_for ? STR("\\fI") : STR("\\fB"));
    roff_put(out, core);
    buf_put(out, closes ? STR("\\fR]") : STR("\\fR"));
}

static void usage_fill(buf_t *out, str_t usage)
{
    struct roff_line line = {out};
    while (usage.len) {
        OWN(buf) word = BUF(256);
        usage_word_put(&word, str_until(&usage, ' '));
        roff_word(&line, buf_str(&word));
    }
    buf_put_byte(out, '\n');
}

/* The parts of the page */

/* The options stand below the tag: a tag is one line. */
static void command_put(const struct command *command, buf_t *out)
{
    OWN(buf) words = BUF(USAGE_MAX);
    OWN(buf) options = BUF(USAGE_MAX);
    usage_words_put(command, &words);
    usage_options_put(command, &options);
    buf_put(out, STR(".TP\n"));
    usage_fill(out, buf_str(&words));
    if (options.len) {
        usage_fill(out, str_trim(buf_str(&options)));
        buf_put(out, STR(".br\n"));
    }
    roff_sentence(out, "", command->help);
    if (*command->reads)
        roff_sentence(out, "Reads from standard input: ", command->reads);
}

static void option_put(const struct option *option, buf_t *out)
{
    OWN(buf) tag = BUF(USAGE_MAX);
    buf_putf(&tag, "%s%s%s", option->name, option->value ? " " : "", option->value ? option->value : "");
    buf_put(out, STR(".TP\n"));
    usage_fill(out, buf_str(&tag));
    roff_sentence(out, "", option->help);
}

static void variable_put(const struct variable *variable, buf_t *out)
{
    OWN(buf) help = BUF(USAGE_MAX);
    buf_putf(&help, "%s%s%s%s", variable->help, variable->option ? " (" : "",
             variable->option ? variable->option : "", variable->option ? " comes before it)" : "");
    buf_putf(out, ".TP\n.B %s\n", variable->name);
    roff_sentence(out, "", help.at);
}

/* Codes that share a status share a line. */
static void exit_put(int status, buf_t *out)
{
    OWN(buf) meanings = BUF(USAGE_MAX);
    for (err_t code = ERR_OK; code < ERR_COUNT; code++) {
        if (err_info(code)->exit != status)
            continue;
        buf_put(&meanings, meanings.len ? STR("; or ") : STR(""));
        buf_put(&meanings, str(err_info(code)->meaning));
    }
    if (!meanings.len)
        return;
    buf_putf(out, ".TP\n.B %d\n", status);
    roff_sentence(out, "", meanings.at);
}

static void head_put(buf_t *out)
{
    buf_put(out, STR(".\\\" SPDX-License-Identifier: Apache-2.0\n"
                     ".\\\" Printed by: custody describe man\n"
                     ".TH CUSTODY 1 " PAGE_DATE " \"custody " CUSTODY_VERSION "\" \"User Commands\"\n"
                     ".SH NAME\n"
                     "custody \\- the command line of Custody, for people and scripts\n"
                     ".SH SYNOPSIS\n"
                     ".B custody\n"
                     ".I noun\n"
                     ".RI [ verb ]\n"
                     ".RI [ argument ...]\n"
                     ".RI [ option ...]\n"
                     ".SH DESCRIPTION\n"));
    roff_fill(
        out,
        STR("Custody keeps an inventory of a client's computers and accounts, sealed so that only the client "
            "can read it. This program asks the service what the console asks it, as the person or the "
            "token that is signed in."));
    roff_paragraph(
        out, "Data goes to standard output and nothing else does; prompts, notices and errors go to standard "
             "error. With --json both are JSON: an answer as the service gave it, an error as one problem "
             "object (RFC 9457). Options stand anywhere, as --name VALUE or --name=VALUE; after -- all are "
             "words.");
    roff_paragraph(
        out, "Passwords and kits are read from standard input, a line each; at a terminal there is a prompt. "
             "What cannot be taken back is asked about, or agreed to by --yes or --confirm.");
}

static void tables_put(buf_t *out)
{
    buf_put(out, STR(".SH COMMANDS\n"));
    for_each_command(c) command_put(c, out);
    buf_put(out, STR(".SH OPTIONS\n"));
    roff_fill(
        out,
        STR("Every command takes --json and --help. Every command that asks the service as whoever is signed "
            "in takes --url, --token, --authority and --insecure too: what they say comes before the "
            "environment, and that before what login remembered. A saved sign-in is sent to the address it "
            "was made for and to no other."));
    for_each_option(o) option_put(o, out);
    buf_put(out, STR(".SH ENVIRONMENT\n"));
    for_each_variable(v) variable_put(v, out);
}

static void tail_put(buf_t *out)
{
    buf_put(out, STR(".SH FILES\n.TP\n.I \\(ti/.config/custody/login.json\n"));
    roff_fill(out, STR("The sign-in. Whoever reads it is signed in: one that others can read is refused."));
    buf_put(out, STR(".SH EXIT STATUS\n"));
    for (int status = 0; status < 256; status++)
        exit_put(status, out);
}

static void examples_put(buf_t *out)
{
    static const struct {
        const char *what, *line;
    } examples[] = {
        {"Sign in, and see who that is",
         "custody login --url https://custody.example --tenant acme --username ada\ncustody whoami"},
        {"The same by a browser, in whichever way one signs in there",
         "custody login --url https://custody.example --browser"},
        {"Which devices wait for approval, those that waited longest first",
         "custody device list --state pending --sort enrolled"},
        {"All devices, for a spreadsheet", "custody device list --csv >devices.csv"},
        {"In a script, without a saved sign-in",
         "export CUSTODY_URL=https://custody.example CUSTODY_TOKEN\ncustody device list --all --json"},
        {"Collect neither programs nor who is logged in", "custody settings set programs off logged_in off"},
        {"A key that approves the machines of the laboratory and lets the others wait",
         "custody deployment create --name lab --uses 50 --days 7 \\\n    --pattern 'lab-*'"},
        {"What to send to whoever helps", "custody diagnose --output report.txt"},
    };
    buf_put(out, STR(".SH EXAMPLES\n"));
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
        buf_put(out, i ? STR(".PP\n") : STR(""));
        roff_fill(out, str(examples[i].what));
        roff_example(out, examples[i].line);
    }
    buf_put(out, STR(".SH SEE ALSO\n.BR custodyd (8),\n.BR custody\\-agent (8),\n.BR custody\\-rules (5)\n"));
}

void man_put(buf_t *out)
{
    head_put(out);
    tables_put(out);
    tail_put(out);
    examples_put(out);
}
