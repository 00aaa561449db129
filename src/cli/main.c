/* SPDX-License-Identifier: Apache-2.0
 *
 * custody: the command line, for people and scripts. Its commands stand in cli/commands.c.
 */
#include "cli/cli.h"

int main(int argc, char **argv)
{
    struct cli cli = {.env = env_real(), .in = STDIN_FILENO, .out = stdout, .err = stderr};
    return cli_run(&cli, argc ? argv + 1 : argv);
}
