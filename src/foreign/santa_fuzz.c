/* SPDX-License-Identifier: Apache-2.0
 *
 * A stranger's body through each reader of Santa's: a launch has a time that can be told, and a digest that is whole.
 */
#include "foreign/santa.h"

enum { ROOM = 64 * 1024 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len);

static void launches_check(const struct found_list *list)
{
    const struct found_launch *launches = list->records;
    for (size_t i = 0; i < list->count; i++) {
        const struct launch *launch = &launches[i].launch;
        if (launch->at < 0 || launch->at > SECONDS(INT32_MAX) ||
            (launch->sha256.len && launch->sha256.len != 32))
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    OWN(arena) arena = ARENA(ROOM);
    str_t body = str_bytes(at, len);
    struct found found;
    struct santa_preflight preflight;
    struct santa_postflight postflight;
    size_t from = 0;
    if (santa_preflight_read(body, &arena, &preflight, &found) == ERR_OK &&
        found.lists[FOUND_PEOPLE].count > 1)
        abort();
    if (santa_events_read(body, &arena, &found) == ERR_OK)
        launches_check(&found.lists[FOUND_LAUNCHES]);
    if (santa_cursor_read(body, &arena, &from) == ERR_OK && from > SIZE_MAX / 2)
        abort();
    (void)!santa_postflight_read(body, &postflight);
    return 0;
}
