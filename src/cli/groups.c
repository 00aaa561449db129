/* SPDX-License-Identifier: Apache-2.0
 *
 * Groups of members, which a process of approval can name: those of the client's directory, and those made by hand.
 */
#include "base/limits.h"
#include "cli/body.h"
#include "cli/commands.h"
#include "cli/list.h"

#define GROUPS "/v1/groups"
enum { PATH_LENGTH_MAX = 256 };

static void put_name(const json_t *group, const char *key, buf_t *out)
{
    if (json_is_string(json_object_get(group, key)))
        put_text(group, key, out);
    else
        buf_put(out, STR("(sealed)"));
}

static void put_keeper(const json_t *group, const char *key, buf_t *out)
{
    buf_put(out, json_is_true(json_object_get(group, key)) ? STR("you, by hand") : STR("your directory"));
}

static void put_members(const json_t *group, const char *key, buf_t *out)
{
    const json_t *members = json_object_get(group, key);
    for (size_t i = 0; i < json_array_size(members); i++) {
        buf_put(out, i ? STR(", ") : STR(""));
        buf_put(out, str(json_string_value(json_array_get(members, i))));
    }
}

static const struct column columns[] = {
    {"Name", "name", put_name}, {"Kept by", "by_hand", put_keeper},       {"Made", "made", put_moment},
    {"Id", "id", put_text},     {"Who is in it", "members", put_members}, {0},
};

err_t command_group_list(struct cli *cli)
{
    return saved_list(cli, &(struct list){GROUPS, columns, "no groups"});
}

/* The name, and who is in it: the words from there on. */
static err_t group_send(struct cli *cli, const char *method, const char *path, const char *const *words)
{
    const char *const *end = cli->words + cli->count;
    OWN(buf) body = BUF(MAX_BODY);
    body_put(&body, "name", str(words[0]));
    body_put_texts(&body, "members", words + 1, (size_t)(end - words - 1));
    TRY(body_end(&body));
    return show_run(cli, &(struct call){method, path, buf_str(&body)}, columns);
}

err_t command_group_create(struct cli *cli) { return group_send(cli, "POST", GROUPS, cli->arguments); }

err_t command_group_set(struct cli *cli)
{
    OWN(buf) path = BUF(PATH_LENGTH_MAX);
    TRY(record_path(cli, GROUPS, "grp", &path));
    return group_send(cli, "PUT", path.at, cli->arguments + 1);
}

err_t command_group_remove(struct cli *cli) { return revoke_run(cli, GROUPS, "grp"); }
