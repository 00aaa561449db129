/* SPDX-License-Identifier: Apache-2.0
 *
 * The command table: dispatch, help, completions and man pages come from it, and nothing else knows the commands.
 *
 * noun, verb  what is typed; a verb may be "".
 * arguments   the words that follow, each wanted, such as "METHOD PATH".
 * options     those a command takes besides --json and --help: "--url [--limit] [--tenant --username]". Without
 *             brackets one must be given.
 * reads       what it takes from standard input, in lines; "" where nothing.
 */
#pragma once
#include "cli/cli.h"

struct command {
    const char *noun, *verb, *arguments, *options, *reads, *help;
    err_t (*run)(struct cli *cli);
};

/* In the order of the help; ended by one without a noun. */
extern const struct command commands[];
#define for_each_command(c) for (const struct command *c = commands; c->noun; c++)

struct option {
    const char *name, *value, *help;
    size_t at; /* offset in struct options */
};
extern const struct option option_table[];
#define for_each_option(o) for (const struct option *o = option_table; o->name; o++)

/* The command that the words begin with; NULL where there is none. */
const struct command *command_find(const char *const *words, size_t count);
bool noun_is_known(const char *noun);
const struct option *option_find(str_t name);

/* Word by word through a row's `options` or `arguments`: false at the end. A bracket is no part of the name. */
struct wanted {
    str_t name;
    bool must;
};
struct wanted_list {
    str_t rest;
    int depth;
};
bool wanted_next(struct wanted_list *list, struct wanted *out);
bool command_takes(const struct command *command, const struct option *option);

/* clang-format off */
#define COMMANDS(C) \
    C(login) C(logout) C(whoami) C(claim) C(kit_confirm) C(recover) \
    C(device_list) C(device_show) C(device_remove) C(token_list) C(token_create) C(token_revoke) \
    C(deployment_list) C(deployment_create) C(deployment_revoke) C(tenant_list) C(tenant_create) \
    C(describe_sql) C(describe_proto) C(describe_types) C(describe_data_map) C(api) C(version)
/* clang-format on */
#define C(name) CHECKED err_t command_##name(struct cli *cli);
COMMANDS(C)
#undef C
