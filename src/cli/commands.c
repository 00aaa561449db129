/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/commands.h"

/* clang-format off */
const struct command commands[] = {
/*   noun          verb        arguments      options */
    {"login",      "",         "",            "--url [--token] [--tenant --username] [--authority] [--insecure]",
        "the password, where --username is given",
        "sign in, with a token or as a person, and remember it", command_login},
    {"logout",     "",         "",            "",
        "", "sign out, and forget what login remembered", command_logout},
    {"whoami",     "",         "",            "",
        "", "say who is signed in, where and until when", command_whoami},
    {"claim",      "",         "",            "--url --claim --username --full-name --email [--authority] [--insecure]",
        "the password of the first owner",
        "set a client up: its first owner, its key, and its recovery kit, which is printed once", command_claim},
    {"kit",        "confirm",  "",            "",
        "the recovery kit, typed back from the paper", "finish the set-up that claim began", command_kit_confirm},
    {"recover",    "",         "",            "--url --tenant --username [--authority] [--insecure]",
        "the recovery kit, then the new password", "set a password anew with the recovery kit", command_recover},
    {"device",     "list",     "",            "[--limit] [--cursor] [--all]",
        "", "list the devices", command_device_list},
    {"device",     "show",     "ID",          "[--programs]",
        "", "show what a device has reported", command_device_show},
    {"device",     "remove",   "ID",          "[--confirm]",
        "", "destroy a device's keys and those of its accounts, for good", command_device_remove},
    {"token",      "list",     "",            "",
        "", "list the tokens", command_token_list},
    {"token",      "create",   "",            "--name --role --days",
        "", "make a token, which is printed once", command_token_create},
    {"token",      "revoke",   "ID",          "",
        "", "end a token", command_token_revoke},
    {"deployment", "list",     "",            "",
        "", "list the deployment keys", command_deployment_list},
    {"deployment", "create",   "",            "--name --uses --days",
        "", "make a key to enrol devices with, which is printed once", command_deployment_create},
    {"deployment", "revoke",   "ID",          "",
        "", "end a deployment key; what it enrolled stays", command_deployment_revoke},
    {"tenant",     "list",     "",            "--socket",
        "", "list the clients, as the service's operator", command_tenant_list},
    {"tenant",     "create",   "NAME",        "--socket",
        "", "make a client, and the claim for its first owner, as the service's operator", command_tenant_create},
    {"describe",   "sql",      "",            "",
        "", "print the tables of the store", command_describe_sql},
    {"describe",   "proto",    "",            "",
        "", "print the agent's messages", command_describe_proto},
    {"describe",   "types",    "",            "",
        "", "print the console's types", command_describe_types},
    {"describe",   "data-map", "",            "",
        "", "print every field, its class, its end and its purpose", command_describe_data_map},
    {"api",        "",         "METHOD PATH", "",
        "the body, unless METHOD is GET", "send one request as whoever is signed in", command_api},
    {"version",    "",         "",            "",
        "", "print the version", command_version},
    {0},
};
/* clang-format on */

const struct option option_table[] = {
#define O(member, name, value, help) {name, value, help, offsetof(struct options, member)},
    CLI_OPTIONS(O)
#undef O
        {0},
};

const struct command *command_find(const char *const *words, size_t count)
{
    for_each_command(c)
    {
        if (count < 1 || strcmp(c->noun, words[0]) != 0)
            continue;
        if (!*c->verb || (count > 1 && !strcmp(c->verb, words[1])))
            return c;
    }
    return NULL;
}

bool noun_is_known(const char *noun)
{
    for_each_command(c) if (!strcmp(c->noun, noun)) return true;
    return false;
}

const struct option *option_find(str_t name)
{
    for_each_option(o) if (str_eq(str(o->name), name)) return o;
    return NULL;
}

bool wanted_next(struct wanted_list *list, struct wanted *out)
{
    str_t word = str_until(&list->rest, ' ');
    if (!word.len)
        return false;
    if (word.at[0] == '[')
        list->depth++, word.at++, word.len--;
    out->must = list->depth == 0;
    if (word.len && word.at[word.len - 1] == ']')
        list->depth--, word.len--;
    out->name = word;
    return true;
}

bool command_takes(const struct command *command, const struct option *option)
{
    struct wanted_list list = {str(command->options)};
    struct wanted wanted;
    while (wanted_next(&list, &wanted))
        if (str_eq(wanted.name, str(option->name)))
            return true;
    return !strcmp(option->name, "--json") || !strcmp(option->name, "--help");
}
