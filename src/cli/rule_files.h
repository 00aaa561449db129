/* SPDX-License-Identifier: Apache-2.0
 *
 * Rule files as the command line names them: a folder stands for all files in it that end in .rules, anything else for
 * itself. The name of a rule file is what stands behind the last slash.
 *
 *     OWN(rule_files) files = RULE_FILES;
 *     TRY(rule_files_load(cli, &files));             the words after noun and verb
 *
 * MISSING for what is not there, and for a folder without rule files; TOO_LARGE past what a policy may have.
 */
#pragma once
#include "cli/cli.h"
#include "govern/rules.h"

struct rule_files {
    arena_t arena;
    buf_t list; /* of struct rule_file */
    size_t count;
};
typedef struct rule_files rule_files_own;
void rule_files_drop(struct rule_files *files);

/* clang-format off */
#define RULE_FILES {.arena = ARENA(MAX_RULES * 4), .list = BUF(2 * MAX_RULE_FILES * sizeof(struct rule_file))}
/* clang-format on */

CHECKED err_t rule_files_load(struct cli *cli, struct rule_files *files);
static inline const struct rule_file *rule_files_at(const struct rule_files *files)
{
    return (const struct rule_file *)(const void *)files->list.at;
}
