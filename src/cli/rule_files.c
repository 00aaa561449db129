/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/rule_files.h"

#include "base/limits.h"

#include <dirent.h>

enum { PATH_LENGTH_MAX = 4096 };

typedef DIR *folder_own;
static void folder_drop(folder_own *folder)
{
    if (*folder)
        closedir(*folder);
}

void rule_files_drop(struct rule_files *files)
{
    buf_drop(&files->list);
    arena_drop(&files->arena);
}

static err_t file_load(struct cli *cli, const char *path, struct rule_files *files)
{
    OWN(buf) text = BUF(MAX_RULES);
    const char *slash = strrchr(path, '/');
    TRY(cli->env->read_file(cli->env, path, &text));
    if (files->count == 2 * MAX_RULE_FILES)
        return fail(ERR_TOO_LARGE, "more than %d rule files", MAX_RULE_FILES);
    struct rule_file file = {arena_copy(&files->arena, str(slash ? slash + 1 : path)),
                             arena_copy(&files->arena, buf_str(&text))};
    buf_put(&files->list, str_bytes(&file, sizeof file));
    files->count++;
    TRY(arena_end(&files->arena));
    return buf_end(&files->list);
}

static bool is_rule_file(const char *name)
{
    const char *end = strrchr(name, '.');
    return end && !strcmp(end, ".rules");
}

static err_t folder_load(struct cli *cli, const char *path, DIR *folder, struct rule_files *files)
{
    size_t before = files->count;
    for (const struct dirent *entry; (entry = readdir(folder));) {
        OWN(buf) whole = BUF(PATH_LENGTH_MAX);
        if (!is_rule_file(entry->d_name))
            continue;
        buf_put(&whole, str(path));
        buf_put_byte(&whole, '/');
        buf_put(&whole, str(entry->d_name));
        TRY(buf_end(&whole));
        TRY(file_load(cli, whole.at, files));
    }
    return files->count > before ? ERR_OK : fail(ERR_MISSING, "no file of %s ends in .rules", path);
}

err_t rule_files_load(struct cli *cli, struct rule_files *files)
{
    for (const char *const *word = cli->arguments; word < cli->words + cli->count; word++) {
        OWN(folder) folder = opendir(*word);
        TRY(folder ? folder_load(cli, *word, folder, files) : file_load(cli, *word, files));
    }
    return ERR_OK;
}
