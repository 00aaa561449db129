/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/parse.h"

static const char **option_in(struct options *options, const struct option *option)
{
    return (const char **)(void *)((char *)options + option->at);
}

/* A value that looks like an option is one whose value was forgotten; --name=--value says that it is meant. */
static err_t value_find(const struct option *option, char ***rest, const char **out_value)
{
    const char *value = **rest;
    if (!value || str_starts(str(value), STR("--")))
        return fail(ERR_INVALID, "%s needs a value: %s", option->name, option->help);
    ++*rest;
    *out_value = value;
    return ERR_OK;
}

static err_t option_read(struct cli *cli, const char *text, char ***rest)
{
    str_t joined = str(text), name = str_until(&joined, '=');
    const struct option *option = option_find(str_eq(name, STR("-h")) ? STR("--help") : name);
    const char *value = name.len < strlen(text) ? joined.at : NULL;
    if (!option)
        return fail(ERR_INVALID, "there is no option %.*s", name.len < 40 ? (int)name.len : 40, name.at);
    if (!option->value && value)
        return fail(ERR_INVALID, "%s takes no value", option->name);
    if (option->value && !value)
        TRY(value_find(option, rest, &value));
    const char **at = option_in(&cli->options, option);
    if (*at && option->value)
        return fail(ERR_INVALID, "%s is given twice", option->name);
    *at = option->value ? value : option->name;
    return ERR_OK;
}

static err_t word_add(struct cli *cli, const char *word)
{
    if (cli->count == WORDS_MAX)
        return fail(ERR_INVALID, "more words than any command takes");
    cli->words[cli->count++] = word;
    return ERR_OK;
}

static err_t words_read(struct cli *cli, char **rest)
{
    bool only_words = false;
    while (*rest) {
        const char *text = *rest++;
        if (!only_words && !strcmp(text, "--"))
            only_words = true;
        else if (!only_words && text[0] == '-' && text[1])
            TRY(option_read(cli, text, &rest));
        else
            TRY(word_add(cli, text));
    }
    return ERR_OK;
}

static err_t no_command(struct cli *cli)
{
    if (!cli->count)
        return cli_advise(cli, fail(ERR_INVALID, "no command is given"), "custody --help");
    if (!noun_is_known(cli->words[0]))
        return cli_advise(cli, fail(ERR_INVALID, "there is no such command"), "custody --help");
    const char *what = cli->count > 1 ? "has no such verb" : "needs a verb";
    return cli_advise(cli, fail(ERR_INVALID, "%s %s", cli->words[0], what), "custody %s --help",
                      cli->words[0]);
}

/* The words of the row once, from the word `*used` on. What comes again, where it says "…": its last word in capitals, and what
 * follows that. */
static err_t round_check(struct cli *cli, struct wanted_list row, size_t *used, struct wanted_list *out_again)
{
    struct wanted_list before = row, last = row;
    struct wanted wanted;
    *out_again = (struct wanted_list){STR("")};
    for (; wanted_next(&row, &wanted); before = row) {
        if (str_eq(wanted.name, STR("…")))
            *out_again = last;
        else if (wanted.name.at[0] >= 'A' && wanted.name.at[0] <= 'Z')
            last = before;
        if (str_eq(wanted.name, STR("…")) || (*used >= cli->count && !wanted.must))
            continue;
        if (*used >= cli->count)
            return fail(ERR_INVALID, "%.*s is missing", STR_ARG(wanted.name));
        TRY(value_check(wanted.name, wanted.name, str(cli->words[(*used)++])));
    }
    return ERR_OK;
}

static err_t words_check(struct cli *cli)
{
    size_t used = *cli->command->verb ? 2 : 1;
    struct wanted_list row = {str(cli->command->arguments)};
    cli->arguments = cli->words + used;
    do
        TRY(round_check(cli, row, &used, &row));
    while (row.rest.len && used < cli->count);
    return used < cli->count ? fail(ERR_INVALID, "a word too many") : ERR_OK;
}

static err_t option_check(struct cli *cli, const struct option *option)
{
    const char *given = *option_in(&cli->options, option);
    if (!given)
        return ERR_OK;
    if (!command_takes(cli->command, option))
        return fail(ERR_INVALID, "this command does not take %s", option->name);
    return option->value ? value_check(str(option->name), str(option->value), str(given)) : ERR_OK;
}

static err_t options_check(struct cli *cli)
{
    struct wanted_list list = {str(cli->command->options)};
    struct wanted wanted;
    for_each_option(o) TRY(option_check(cli, o));
    while (wanted_next(&list, &wanted)) {
        const struct option *option = option_find(wanted.name);
        if (option && wanted.must && !*option_in(&cli->options, option) && !variable_of(option->name))
            return fail(ERR_INVALID, "%s is missing: %s", option->name, option->help);
    }
    return ERR_OK;
}

static err_t command_check(struct cli *cli)
{
    TRY(words_check(cli));
    return options_check(cli);
}

err_t parse(struct cli *cli, char **arguments)
{
    err_t read = words_read(cli, arguments);
    cli->command = command_find(cli->words, cli->count);
    if (read == ERR_OK && (cli->options.help || cli->options.version))
        return ERR_OK;
    if (read == ERR_OK && !cli->command)
        return no_command(cli);
    if (read == ERR_OK)
        read = command_check(cli);
    return read == ERR_OK || cli->command ? read : cli_advise(cli, read, "custody --help");
}
