/* SPDX-License-Identifier: Apache-2.0
 *
 * What is held stays, whole; everything else goes, and asked again nothing is found.
 */
#include "store/keep.h"

#include "concept/account.h"
#include "concept/device.h"
#include "concept/program.h"
#include "store/_private.h"
#include "store/record.h"
#include "sys/env_virtual.h"
#include "test/test.h"

static const struct tenant tenant = {
    .id = {{1}}, .realm = {{2}}, .name = {"example", 7}, .state = {"open", 4}, .made = 1};

struct given {
    struct world world;
    struct store *store;
};
typedef struct given given_own;
static void given_drop(struct given *given)
{
    store_drop(&given->store);
    world_drop(&given->world);
}

static ident_t numbered(int number) { return (ident_t){{(uint8_t)number}}; }
enum { DEVICES = 4, PERSON = 100, FILE_ID = 150 };

static err_t device_put(struct tx *tx, int number)
{
    const struct device plain = {.id = numbered(number), .enrolled = 1};
    const struct record device = {
        .id = plain.id, .subject = plain.id, .changed = 1, .sealed = STR("a device"), .plain = &plain};
    const struct record account = {.id = numbered(PERSON + number),
                                   .parent = plain.id,
                                   .subject = numbered(PERSON + number),
                                   .changed = 1,
                                   .sealed = STR("an account")};
    const struct record program = {.id = numbered(50 + number),
                                   .parent = plain.id,
                                   .subject = plain.id,
                                   .changed = 1,
                                   .sealed = STR("a program")};
    TRY(record_put(tx, &device_concept, &device));
    TRY(record_put(tx, &account_concept, &account));
    return record_put(tx, &program_concept, &program);
}

static err_t launch_put(struct tx *tx, int number, int day)
{
    const struct launch_chain chain = {.number = number * 10 + day,
                                       .day = day,
                                       .device = numbered(number),
                                       .subject = numbered(PERSON + number),
                                       .box = STR("a box")};
    struct launch_row row = {
        .hour = day * HOURS_A_DAY + 3, .counts = {1, 2, 3, 4}, .sealed = STR("sealed bytes")};
    TRY(launch_chain_put(tx, &chain));
    TRY(launch_row_put(tx, &chain, &row));
    return launch_segment_put(tx, &chain, &row);
}

static err_t rows_act(struct tx *tx, void *unused)
{
    int64_t cut = 0;
    (void)unused;
    TRY(changes_cut(tx, &cut));
    for (int number = 1; number <= DEVICES; number++) {
        TRY(device_put(tx, number));
        for (int day = 1; day < 4; day++)
            TRY(launch_put(tx, number, day));
        TRY(blob_put(tx, &(struct blob_about){.id = numbered(FILE_ID + number),
                                              .device = numbered(number),
                                              .subject = numbered(PERSON + number),
                                              .kind = STR("video"),
                                              .size = 1000,
                                              .made = DAYS(2)}));
    }
    return ERR_OK;
}

static err_t given_rows(struct given *given)
{
    world_open(&given->world, 5);
    TRY(store_open(&given->world.env, test_folder(), &given->store));
    TRY(store_tenant_put(given->store, &tenant));
    TRY(store_write(given->store, tenant.id, rows_act, NULL));
    return store_tenant_end(given->store, tenant.id);
}

/* Rows, and whether the accounts are right. */
struct seen {
    int64_t rows[64];
    bool differs, noted;
};
static err_t count_row(void *with, str_t key, str_t row)
{
    (void)key, (void)row;
    ++*(int64_t *)with;
    return ERR_OK;
}
static err_t see_act(struct tx *tx, void *with)
{
    struct seen *seen = with;
    struct weights accounts, counted;
    for_each_place(place)
        TRY(place_rows(tx, place, &(struct place_span){0}, count_row, &seen->rows[place->number]));
    TRY(weights_read(tx, &accounts));
    TRY(weights_count(tx, &counted));
    seen->differs = memcmp(&accounts, &counted, sizeof counted) != 0;
    OWN(rows) rows = {0};
    TRY(tx_read(tx, &rows, "select 1 from cuts where tenant = $1"));
    seen->noted = row_next(&rows);
    return rows_end(&rows);
}
static struct seen seen_of(struct given *given)
{
    struct seen seen = {.rows = {0}};
    if (store_read(given->store, tenant.id, see_act, &seen) != ERR_OK)
        seen.differs = true;
    return seen;
}

TEST(of_a_device_that_is_held_everything_stays_and_of_others_nothing)
{
    OWN(given) given = {0};
    ident_t one = numbered(2);
    const idents_t ids = {&one, 1}, none = {0};
    const struct keep keep = {.ids = &ids, .devices = &none};
    struct kept_weight weight = {0};
    int64_t removed = 0;
    CHECK_OK(given_rows(&given));
    CHECK_OK(store_keep(given.store, &tenant, &keep, &removed));
    CHECK(removed > 0);
    struct seen seen = seen_of(&given);
    CHECK(seen.rows[3] == 1 && seen.rows[5] == 1 && seen.rows[7] == 1 && seen.rows[37] == 1);
    CHECK(seen.rows[34] == 3 && seen.rows[35] == 3 && seen.rows[36] == 3);
    CHECK(!seen.differs && !seen.noted);
    CHECK_OK(store_keep(given.store, &tenant, &keep, &removed));
    CHECK(removed == 0);
    CHECK_OK(store_keep_weigh(given.store, tenant.id, &ids, &weight));
    CHECK(weight.items == 7 && weight.bytes > 1000);
}

TEST(of_a_person_that_is_held_its_own_stays_and_of_the_device_the_row_alone)
{
    OWN(given) given = {0};
    ident_t person = numbered(PERSON + 3), device = numbered(3);
    const idents_t ids = {&person, 1}, devices = {&device, 1};
    const struct keep keep = {.ids = &ids, .devices = &devices};
    int64_t removed = 0;
    CHECK_OK(given_rows(&given));
    CHECK_OK(store_keep(given.store, &tenant, &keep, &removed));
    struct seen seen = seen_of(&given);
    CHECK(seen.rows[3] == 1 && seen.rows[5] == 1 && seen.rows[7] == 0 && seen.rows[34] == 3 && !seen.differs);
}

TESTS(of_a_device_that_is_held_everything_stays_and_of_others_nothing,
      of_a_person_that_is_held_its_own_stays_and_of_the_device_the_row_alone)
