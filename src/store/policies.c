/* SPDX-License-Identifier: Apache-2.0 */
#include "store/policies.h"

#include "store/_private.h"
#include "store/record.h"

static void policy_from(const rows_t *rows, arena_t *arena, struct kept_policy *out)
{
    *out = (struct kept_policy){
        .id = row_ident(rows, 0),
        .number = row_number(rows, 1),
        .made = row_number(rows, 2),
        .until = row_number(rows, 3),
        .by = arena_copy(arena, row_text(rows, 4)),
        .digest = arena_copy(arena, row_text(rows, 5)),
    };
}

err_t policies_put(struct tx *tx, const struct kept_policy *policy)
{
    const struct record record = {
        .id = policy->id, .subject = tx->tenant, .changed = policy->made, .plain = policy};
    return record_put(tx, &policy_concept, &record);
}

err_t policies_last(struct tx *tx, arena_t *arena, struct kept_policy *out_policy)
{
    OWN(rows) rows = {0};
    *out_policy = (struct kept_policy){.number = 0};
    TRY(tx_read(tx, &rows,
                "select id, number, made, until, by, digest from policies where tenant = $1"
                " order by number desc limit 1"));
    if (row_next(&rows))
        policy_from(&rows, arena, out_policy);
    TRY(rows_end(&rows));
    return arena_end(arena);
}

err_t policies_find(struct tx *tx, int64_t number, arena_t *arena, struct kept_policy *out_policy)
{
    OWN(rows) rows = {0};
    TRY(tx_read(
        tx, &rows,
        "select id, number, made, until, by, digest, note from policies where tenant = $1 and number = $2",
        N(number)));
    bool found = row_next(&rows);
    TRY(rows_end(&rows));
    if (!found)
        return fail(ERR_MISSING, "no policy %lld", (long long)number);
    policy_from(&rows, arena, out_policy);
    out_policy->note = arena_copy(arena, row_text(&rows, 6));
    return arena_end(arena);
}

err_t policies_list(struct tx *tx, const struct policies_ask *ask, arena_t *arena,
                    struct policies_page *out_page)
{
    OWN(rows) rows = {0};
    struct policies_page page = {.policies = arena_array(arena, struct kept_policy, ask->limit)};
    TRY(arena_end(arena));
    TRY(tx_read(tx, &rows,
                "select id, number, made, until, by, digest from policies where tenant = $1 and number < $2"
                " order by number desc limit $3",
                N(ask->before ? ask->before : INT64_MAX), N(ask->limit + 1)));
    while (page.count < ask->limit && row_next(&rows))
        policy_from(&rows, arena, &page.policies[page.count++]);
    page.more = page.count == ask->limit && row_next(&rows);
    TRY(rows_end(&rows));
    *out_page = page;
    return arena_end(arena);
}
