/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/help.h"

#include "cli/text.h"

enum { USAGE_MAX = 1024, TABLE_MAX = 64 * 1024 };

/* An option of a row, with the name of its value: a copy of the row's own brackets. */
static void option_put(const struct option *option, str_t word, buf_t *out)
{
    bool closes = word.len && word.at[word.len - 1] == ']';
    buf_put_byte(out, ' ');
    buf_put(out, (str_t){word.at, word.len - closes});
    if (option && option->value) {
        buf_put_byte(out, ' ');
        buf_put(out, str(option->value));
    }
    if (closes)
        buf_put_byte(out, ']');
}

void usage_words_put(const struct command *command, buf_t *out)
{
    const char *const words[] = {"custody", command->noun, command->verb, command->arguments};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (i && *words[i])
            buf_put_byte(out, ' ');
        buf_put(out, str(words[i]));
    }
}

void usage_options_put(const struct command *command, buf_t *out)
{
    for (str_t rest = str(command->options); rest.len;) {
        str_t word = str_until(&rest, ' ');
        struct wanted_list one = {word};
        struct wanted wanted;
        if (wanted_next(&one, &wanted))
            option_put(option_find(wanted.name), word, out);
    }
}

void usage_put(const struct command *command, buf_t *out)
{
    usage_words_put(command, out);
    usage_options_put(command, out);
}

/* For people */

static size_t name_length(const struct command *c)
{
    return strlen(c->noun) + (*c->verb ? 1 + strlen(c->verb) : 0);
}

/* The commands of a noun, or with NULL all of them. */
static void list_print(struct cli *cli, const char *noun)
{
    size_t widest = 0;
    for_each_command(c) widest = name_length(c) > widest ? name_length(c) : widest;
    for_each_command(c)
    {
        if (noun && strcmp(c->noun, noun) != 0)
            continue;
        fprintf(cli->out, "  %s%s%s%*s  %s\n", c->noun, *c->verb ? " " : "", c->verb,
                (int)(widest - name_length(c)), "", c->help);
    }
}

static void option_print(struct cli *cli, const struct option *o)
{
    OWN(buf) left = BUF(USAGE_MAX);
    buf_put(&left, str(o->name));
    if (o->value)
        buf_putf(&left, " %s", o->value);
    fprintf(cli->out, "  %-19s  %s\n", left.at, o->help);
}

static void everything_print(struct cli *cli)
{
    fputs("custody NOUN VERB [ARGUMENT…] [OPTION…]\n\n", cli->out);
    list_print(cli, NULL);
    fputs("\nEvery command takes\n", cli->out);
    option_print(cli, option_find(STR("--json")));
    option_print(cli, option_find(STR("--help")));
    fputs("\nEvery command that asks the service takes, instead of what login remembered\n", cli->out);
    for_each_option(o) if (option_is_of_sign_in(o)) option_print(cli, o);
    fputs("\nPasswords and kits are read from standard input, a line each; at a terminal there is a prompt.\n"
          "\nEnvironment\n",
          cli->out);
    for_each_variable(v) fprintf(cli->out, "  %-19s  %s\n", v->name, v->help);
    fputs("\nExit status\n", cli->out);
    for (err_t code = ERR_OK; code < ERR_COUNT; code++)
        fprintf(cli->out, "  %2d  %s\n", err_info(code)->exit, err_info(code)->meaning);
}

/* Taken because the command asks the service. */
static bool is_extra(const struct command *command, const struct option *option)
{
    return command->asks && option_is_of_sign_in(option);
}

static void command_print(struct cli *cli, const struct command *command)
{
    OWN(buf) usage = BUF(USAGE_MAX);
    usage_put(command, &usage);
    fprintf(cli->out, "%.*s\n\n", STR_ARG(buf_str(&usage)));
    fprintf(cli->out, "%c%s.\n", command->help[0] - 'a' + 'A', command->help + 1);
    if (*command->reads)
        fprintf(cli->out, "Reads from standard input: %s.\n", command->reads);
    fputc('\n', cli->out);
    for_each_option(o) if (command_takes(command, o) && !is_extra(command, o)) option_print(cli, o);
    if (command->asks)
        fputs("\nInstead of what login remembered\n", cli->out);
    for_each_option(o) if (is_extra(command, o)) option_print(cli, o);
}

/* For programs */

static void member_put(buf_t *out, const char *before, const char *key, const char *value)
{
    buf_putf(out, "%s\"%s\":", before, key);
    if (value)
        buf_put_json(out, str(value));
    else
        buf_put(out, STR("null"));
}

static void command_put(const struct command *c, buf_t *out)
{
    member_put(out, "{", "noun", c->noun);
    member_put(out, ",", "verb", *c->verb ? c->verb : NULL);
    member_put(out, ",", "arguments", c->arguments);
    member_put(out, ",", "options", c->options);
    member_put(out, ",", "reads", c->reads);
    member_put(out, ",", "help", c->help);
    buf_putf(out, ",\"asks\":%s}", c->asks ? "true" : "false");
}

static err_t table_print(struct cli *cli)
{
    OWN(buf) json = BUF(TABLE_MAX);
    buf_put(&json, STR("{\"commands\":["));
    for_each_command(c)
    {
        buf_put(&json, c == commands ? STR("") : STR(","));
        command_put(c, &json);
    }
    buf_put(&json, STR("],\"options\":["));
    for_each_option(o)
    {
        member_put(&json, o == option_table ? "{" : ",{", "name", o->name);
        member_put(&json, ",", "value", o->value);
        member_put(&json, ",", "choices", o->value ? value_choices(str(o->value)) : "");
        member_put(&json, ",", "help", o->help);
        buf_put_byte(&json, '}');
    }
    buf_put(&json, STR("]}"));
    TRY(buf_end(&json));
    cli_print_json(cli, buf_str(&json));
    return ERR_OK;
}

err_t help_print(struct cli *cli)
{
    bool noun_alone = cli->count == 1 && noun_is_known(cli->words[0]);
    if (cli->count && !noun_alone && !cli->command)
        return cli_advise(cli, fail(ERR_INVALID, "there is no such command"), "custody --help");
    if (cli->options.json)
        return table_print(cli);
    if (cli->command)
        command_print(cli, cli->command);
    else if (noun_alone)
        list_print(cli, cli->words[0]);
    else
        everything_print(cli);
    return ERR_OK;
}
