/* SPDX-License-Identifier: Apache-2.0
 *
 * Snapshots: which there are, one taken now, and all of them verified.
 */
#include "cli/commands.h"
#include "cli/follow.h"
#include "cli/list.h"
#include "cli/text.h"

#define SNAPSHOTS "/v1/snapshots"

/* What became of its last verification, in words. */
static void put_verified(const json_t *record, const char *key, buf_t *out)
{
    json_int_t wrong = json_integer_value(json_object_get(record, "wrong"));
    if (!json_is_string(json_object_get(record, key)))
        buf_put(out, STR("not yet"));
    else if (wrong)
        buf_putf(out, "%lld files do not hold", (long long)wrong);
    else
        put_moment(record, key, out);
}

static void put_device(const json_t *record, const char *key, buf_t *out)
{
    buf_put(out, json_is_true(json_object_get(record, key)) ? STR("the store's own") : STR("another"));
}

err_t command_snapshot_list(struct cli *cli)
{
    static const struct column columns[] = {
        {"Taken", "made", put_moment},
        {"Why", "why", put_text},
        {"State", "state", put_text},
        {"Records", "rows", put_number},
        {"Bytes", "bytes", put_number},
        {"New", "new_bytes", put_number},
        {"Device", "same_device", put_device},
        {"Verified", "verified", put_verified},
        {"Id", "id", put_text},
        {0},
    };
    return saved_list(cli, &(struct list){SNAPSHOTS, columns,
                                          "no snapshot was taken so far: the first is due at 06:00 UTC"});
}

err_t command_snapshot_take(struct cli *cli) { return work_ask(cli, &(struct call){"POST", SNAPSHOTS}); }
err_t command_snapshot_verify(struct cli *cli)
{
    return work_ask(cli, &(struct call){"POST", SNAPSHOTS "/verify"});
}
