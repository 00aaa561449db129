/* SPDX-License-Identifier: Apache-2.0
 *
 * What takes long, and how far it is.
 */
#include "cli/commands.h"
#include "cli/list.h"
#include "cli/text.h"

#define WORKS "/v1/works"

/* As 40 %: what a kind counts is its own. */
static void put_progress(const json_t *record, const char *key, buf_t *out)
{
    json_int_t done = json_integer_value(json_object_get(record, "done"));
    json_int_t total = json_integer_value(json_object_get(record, key));
    if (total > 0)
        buf_putf(out, "%lld %%", (long long)(done * 100 / total));
}

err_t command_work_list(struct cli *cli)
{
    static const struct column columns[] = {
        {"Asked for", "made", put_moment},
        {"Kind", "kind", put_text},
        {"State", "state", put_text},
        {"Progress", "total", put_progress},
        {"Ended", "ended", put_moment},
        {"Note", "note", put_text},
        {"Id", "id", put_text},
        {0},
    };
    return saved_list(cli, &(struct list){WORKS, columns, "nothing that takes long was asked for"});
}
