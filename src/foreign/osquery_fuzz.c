/* SPDX-License-Identifier: Apache-2.0
 *
 * A stranger's body through each reader of osquery's: no list is longer than what was sent, and every name in one may stand
 * in a record.
 */
#include "foreign/osquery.h"

enum { ROOM = 64 * 1024 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len);

static void accounts_check(const struct found_account *accounts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!found_is_name(accounts[i].name))
            abort();
}

static void found_check(const struct found *found, size_t len)
{
    const struct found_list *groups = &found->lists[FOUND_GROUPS];
    for (size_t i = 0; i < FOUND_COUNT; i++)
        if (found->lists[i].count > len)
            abort();
    accounts_check(found->lists[FOUND_ACCOUNTS].records, found->lists[FOUND_ACCOUNTS].count);
    for (size_t i = 0; i < groups->count; i++) {
        const struct found_group *group = (const struct found_group *)groups->records + i;
        accounts_check(group->members, group->count);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    OWN(arena) arena = ARENA(ROOM);
    str_t body = str_bytes(at, len), key;
    struct found found;
    struct osquery_enrol enrol;
    if (osquery_log_read(body, &arena, &found) == ERR_OK)
        found_check(&found, len);
    if (osquery_written_read(body, &arena, &found) == ERR_OK)
        found_check(&found, len);
    if (osquery_enrol_read(body, &arena, &enrol) == ERR_OK && !found_is_name(enrol.machine))
        abort();
    if (osquery_key_read(body, &arena, &key) == ERR_OK && key.len > len)
        abort();
    return 0;
}
