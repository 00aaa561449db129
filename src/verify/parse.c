/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/verify.h"

enum { SHOWN_MAX = 60 };

static const char **option_in(struct options *options, const struct option *option)
{
    return (const char **)(void *)((char *)options + option->at);
}

static bool is_switch_of_all(const struct option *option)
{
    return !strcmp(option->name, "--json") || !strcmp(option->name, "--help") ||
           !strcmp(option->name, "--version");
}

/* As the row names it: with or without brackets, or not at all. */
static bool row_names(const char *row, const char *name, bool *out_must)
{
    for (str_t rest = str(row); rest.len;) {
        str_t word = str_until(&rest, ' ');
        *out_must = word.len && word.at[0] != '[';
        if (!*out_must)
            word = str_bytes(word.at + 1, word.len - 2);
        if (str_eq(word, str(name)))
            return true;
    }
    return *out_must = false;
}

static err_t option_add(struct verify *verify, const struct option *option, const char *value)
{
    const char **at = option_in(&verify->options, option);
    size_t count = 0;
    while (count < option->count && at[count])
        count++;
    if (count == option->count && option->value)
        return fail(ERR_INVALID, "%s is given more than %zu times", option->name, option->count);
    at[option->value ? count : 0] = option->value ? value : option->name;
    return ERR_OK;
}

static err_t option_read(struct verify *verify, char ***rest)
{
    const char *text = *(*rest)++;
    str_t joined = str(text), name = str_until(&joined, '=');
    bool has_value = name.len < strlen(text);
    for_each_option(o)
    {
        if (!str_eq(name, str(o->name)))
            continue;
        const char *value = has_value ? joined.at : o->value ? **rest : NULL;
        if (has_value && !o->value)
            return fail(ERR_INVALID, "%s takes no value", o->name);
        if (o->value && (!value || !*value || (!has_value && str_starts(str(value), STR("--")))))
            return fail(ERR_INVALID, "%s needs a value: %s", o->name, o->help);
        *rest += o->value && !has_value ? 1 : 0;
        return option_add(verify, o, value);
    }
    return fail(ERR_INVALID, "there is no option %.*s", SHOWN_MAX, text);
}

static err_t command_find(struct verify *verify, const char *name)
{
    for_each_command(c) if (!strcmp(c->name, name)) verify->command = c;
    return verify->command ? ERR_OK : fail(ERR_INVALID, "there is no command %.*s", SHOWN_MAX, name);
}

static err_t words_read(struct verify *verify, char **rest)
{
    bool only_words = false;
    while (*rest) {
        if (!only_words && !strcmp(*rest, "--")) {
            only_words = true;
            rest++;
        } else if (!only_words && str_starts(str(*rest), STR("--"))) {
            TRY(option_read(verify, &rest));
        } else if (!verify->command) {
            TRY(command_find(verify, *rest++));
        } else if (verify->count == WORDS_MAX) {
            return fail(ERR_INVALID, "a word too many");
        } else {
            verify->words[verify->count++] = *rest++;
        }
    }
    return ERR_OK;
}

static err_t words_check(const struct verify *verify)
{
    str_t rest = str(verify->command->arguments);
    size_t count = 0;
    for (; rest.len; count++) {
        str_t name = str_until(&rest, ' ');
        if (count >= verify->count)
            return fail(ERR_INVALID, "%.*s is missing", STR_ARG(name));
    }
    return verify->count > count ? fail(ERR_INVALID, "a word too many") : ERR_OK;
}

static err_t options_check(struct verify *verify)
{
    for_each_option(o)
    {
        bool must = false, named = row_names(verify->command->options, o->name, &must);
        bool given = *option_in(&verify->options, o);
        if (given && !named && !is_switch_of_all(o))
            return fail(ERR_INVALID, "%s does not take %s", verify->command->name, o->name);
        if (!given && must)
            return fail(ERR_INVALID, "%s needs %s: %s", verify->command->name, o->name, o->help);
    }
    return ERR_OK;
}

static err_t keys_read(const char *const texts[KEYS_MAX], struct keys *out_keys)
{
    for (; out_keys->count < KEYS_MAX && texts[out_keys->count]; out_keys->count++)
        TRY(note_key_read(str(texts[out_keys->count]), &out_keys->at[out_keys->count]));
    return ERR_OK;
}

err_t parse(struct verify *verify, char **arguments)
{
    TRY(words_read(verify, arguments));
    if (*verify->options.help || *verify->options.version)
        return ERR_OK;
    if (!verify->command)
        return fail(ERR_INVALID, "no command is given");
    TRY(words_check(verify));
    TRY(options_check(verify));
    TRY(keys_read(verify->options.key, &verify->keys));
    if (verify->command->is_check && verify->keys.count > 1)
        return fail(ERR_INVALID, "%s takes one --key", verify->command->name);
    if (*verify->options.log_key)
        TRY(note_key_read(str(*verify->options.log_key), &verify->log_keys.at[verify->log_keys.count++]));
    return keys_read(verify->options.witness, &verify->witnesses);
}
