/* SPDX-License-Identifier: Apache-2.0
 *
 * custody-verify: checks a log from outside, and is a witness. Its commands stand in verify/commands.c.
 */
#include "verify/verify.h"

int main(int argc, char **argv)
{
    struct verify verify = {.env = env_real(), .in = STDIN_FILENO, .out = stdout, .err = stderr};
    return verify_run(&verify, argc ? argv + 1 : argv);
}
