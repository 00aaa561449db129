/* SPDX-License-Identifier: Apache-2.0
 *
 * Text of a stranger through concept_read_json. What is taken must, printed and read again, print the same.
 */
#include "concept/json.h"

#include "base/limits.h"

enum { ROOM = 16 * 1024 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len);

static bool has_secret(const concept_t *c)
{
    for_each_field(f, c)
        if (f->class == CLASS_SECRET)
            return true;
    return false;
}

static void read_and_back(const concept_t *c, str_t json)
{
    OWN(arena) arena = ARENA(ROOM);
    OWN(buf) printed = BUF(MAX_REPLY);
    OWN(buf) again = BUF(MAX_REPLY);
    void *record = arena_take(&arena, c->size), *back = arena_take(&arena, c->size);
    if (concept_read_json(c, json, &arena, record) != ERR_OK)
        return;
    concept_put_json(c, record, &printed);
    if (buf_end(&printed) != ERR_OK)
        abort();
    if (has_secret(c) || printed.len > MAX_BODY) /* not printed whole, or past what is read */
        return;
    if (concept_read_json(c, buf_str(&printed), &arena, back) != ERR_OK)
        abort();
    concept_put_json(c, back, &again);
    if (!str_eq(buf_str(&printed), buf_str(&again)))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    for (const concept_t *const *c = concepts; *c; c++)
        read_and_back(*c, str_bytes(at, len));
    return 0;
}
