/* SPDX-License-Identifier: Apache-2.0 */
#include "store/places_given.h"

#include "concept/collection.h"
#include "concept/device.h"
#include "concept/policy.h"
#include "concept/program.h"
#include "concept/withheld.h"
#include "store/_private.h"
#include "store/blobs.h"
#include "store/launches.h"
#include "store/policies.h"
#include "store/record.h"

static ident_t numbered(uint8_t number) { return (ident_t){{9, number}}; }

/* Everything that writes, done at random to few rows. */
err_t given_program(struct tx *tx, uint8_t number, size_t sealed)
{
    static const char bytes[256];
    const struct record record = {.id = numbered(number),
                                  .parent = numbered(number % 4),
                                  .subject = numbered(number % 4),
                                  .entries = number,
                                  .sealed = sealed ? str_bytes(bytes, sealed) : (str_t){0}};
    return record_put(tx, &program_concept, &record);
}

static err_t device_put(struct tx *tx, uint8_t number, size_t sealed)
{
    static const char bytes[256];
    const struct device device = {.id = numbered(number), .enrolled = 5};
    const struct record record = {.id = numbered(number),
                                  .subject = numbered(number),
                                  .sealed = str_bytes(bytes, sealed),
                                  .plain = &device};
    return record_put(tx, &device_concept, &record);
}

static struct launch_chain chain_of(uint8_t number)
{
    return (struct launch_chain){.number = number,
                                 .day = 20000,
                                 .device = numbered(number % 4),
                                 .subject = numbered(number % 4),
                                 .box = STR("box"),
                                 .digests = STR("")};
}

static err_t launches_put(struct tx *tx, uint8_t number)
{
    const struct launch_chain chain = chain_of(number);
    const struct launch_row row = {
        .hour = 20000 * 24 + number % 24, .step = number % 3, .sealed = STR("sealed row")};
    TRY(launch_chain_put(tx, &chain));
    TRY(launch_segment_put(tx, &chain, &row));
    return launch_digest_add(tx, &chain, STR("digest"));
}

static err_t launches_fold(struct tx *tx, uint8_t number)
{
    OWN(arena) arena = ARENA(1 << 20);
    const struct launch_chain chain = chain_of(number);
    struct launch_rows rows;
    TRY(launch_chain_put(tx, &chain));
    TRY(launch_segments_take(tx, &chain, number % 3, &arena, &rows));
    const struct launch_row row = {.hour = 20000 * 24 + number % 24, .step = 1, .sealed = STR("folded")};
    return rows.count ? launch_row_put(tx, &chain, &row) : ERR_OK;
}

static err_t blob_row(struct tx *tx, uint8_t number)
{
    const struct blob_about about = {.id = numbered(number),
                                     .subject = numbered(1),
                                     .device = numbered(2),
                                     .kind = STR("video"),
                                     .size = number * 1000,
                                     .made = number};
    TRY(blob_row_remove(tx, about.id));
    return number % 3 ? blob_put(tx, &about) : ERR_OK;
}

static err_t spool(struct tx *tx, uint8_t number)
{
    bool again;
    TRY(sequence_take(tx, numbered(number % 4), numbered(1), 1000 + number % 8, &again));
    return number % 16 ? ERR_OK : sequence_forget(tx, numbered(number % 4));
}

static err_t collected(struct tx *tx, uint8_t number)
{
    const struct collection collection = {.id = tx->tenant, .version = number};
    return record_put(tx, &collection_concept,
                      &(struct record){.id = tx->tenant, .subject = tx->tenant, .plain = &collection});
}

static err_t withholding(struct tx *tx, uint8_t number)
{
    const ident_t device = numbered(number % 4);
    const struct withheld withheld = {.id = device, .number = number, .note = STR("note")};
    return record_put(tx, &withheld_concept,
                      &(struct record){.id = device, .subject = device, .plain = &withheld});
}

static err_t policy(struct tx *tx, uint8_t number)
{
    const struct kept_policy kept = {.id = numbered(number),
                                     .number = number,
                                     .by = STR("usr_1"),
                                     .digest = STR("digest"),
                                     .note = STR("note \xc3\xa9")};
    return policies_put(tx, &kept);
}

static err_t removal(struct tx *tx, uint8_t number)
{
    const ident_t device = numbered(number % 4);
    switch (number % 7) {
    case 0:
        return record_remove_of(tx, &program_concept, device);
    case 1:
        return launch_remove_of(tx, device);
    case 2:
        return record_remove(tx, &device_concept, numbered(number));
    case 3:
        return record_remove_owned(tx, &program_concept, numbered(number), device);
    case 4:
        return record_unseal(tx, &device_concept);
    case 5:
        return number % 3 ? ERR_OK : record_remove_all(tx, &program_concept);
    default:
        return number % 3 ? ERR_OK : launch_remove_all(tx);
    }
}

static err_t seen(struct tx *tx, uint8_t number) { return record_seen(tx, numbered(number), number); }
static err_t one_program(struct tx *tx, uint8_t number) { return given_program(tx, number, number); }
static err_t one_device(struct tx *tx, uint8_t number) { return device_put(tx, number, number % 100U + 1); }

err_t given_random_act(struct tx *tx, void *with)
{
    static err_t (*const acts[])(struct tx * tx, uint8_t number) = {
        one_program, one_device, launches_put, launches_put, launches_fold, blob_row,
        spool,       collected,  policy,       withholding,  removal,       seen};
    struct env *env = with;
    uint8_t dice[2];
    env->random(env, dice, sizeof dice);
    return acts[dice[0] % (sizeof acts / sizeof *acts)](tx, dice[1] % 64);
}

void given_state_drop(struct given_state *state)
{
    for (size_t i = 0; i < state->count; i++)
        buf_drop(&state->at[i]);
}

static err_t take_row(void *with, str_t key, str_t row)
{
    buf_t *out = with;
    (void)key;
    buf_put(out, row);
    return buf_end(out);
}

err_t given_state_act(struct tx *tx, void *with)
{
    struct given_state *state = with;
    state->count = 0;
    for_each_place(place)
    {
        buf_t *rows = &state->at[state->count++];
        *rows = (buf_t)BUF(1 << 24);
        TRY(place_rows(tx, place, &(struct place_span){0}, take_row, rows));
    }
    return ERR_OK;
}

bool given_same(const struct given_state *a, const struct given_state *b)
{
    bool same = a->count == b->count;
    for (size_t i = 0; same && i < a->count; i++)
        same = str_eq(buf_str(&a->at[i]), buf_str(&b->at[i]));
    return same;
}
