/* SPDX-License-Identifier: Apache-2.0
 *
 * A client's file from before a table got a column: it gets it when it is opened, with what was so then.
 */
#include "concept/collection.h"
#include "concept/following.h"
#include "store/_private.h"
#include "store/record.h"
#include "test/test.h"

static const struct tenant tenant = {
    .id = {{1}}, .realm = {{2}}, .name = {"example", 7}, .state = {"open", 4}, .made = 1};
static const ident_t device = {{3}};

static err_t put_act(struct tx *tx, void *with)
{
    const struct following said = {
        .id = device, .number = 4, .enforcing = true, .trouble = STR("none"), .lost = 7};
    const struct collection collection = {.id = tx->tenant, .version = 1};
    (void)with;
    TRY(record_put(tx, &following_concept,
                   &(struct record){.id = device, .subject = device, .plain = &said}));
    return record_put(tx, &collection_concept,
                      &(struct record){.id = tx->tenant, .subject = tx->tenant, .plain = &collection});
}

struct found {
    arena_t arena;
    struct following said;
    struct collection collection;
};
typedef struct found found_own;
static void found_drop(struct found *found) { arena_drop(&found->arena); }

static err_t find_act(struct tx *tx, void *with)
{
    struct found *found = with;
    struct record_page page;
    TRY(record_list(tx, &following_concept, &(struct record_ask){.limit = 1}, &found->arena, &page));
    if (page.count)
        found->said = *(const struct following *)page.records[0].plain;
    TRY(record_list(tx, &collection_concept, &(struct record_ask){.limit = 1}, &found->arena, &page));
    if (page.count)
        found->collection = *(const struct collection *)page.records[0].plain;
    return ERR_OK;
}

/* As the file was laid before it had them. */
static err_t columns_take(void)
{
    char path[512];
    OWN(db) db = NULL;
    snprintf(path, sizeof path, "%s/tenants/%s.db", test_folder(), ident_text("ten", tenant.id).text);
    TRY(db_open(path, &db));
    return db_script(db,
                     "alter table followings drop column restarts; alter table followings drop column stops;"
                     "alter table followings drop column late; alter table followings drop column stopped;"
                     "alter table followings drop column lost; alter table collections drop column launches;"
                     "pragma user_version = 1");
}

TEST(a_file_from_before_a_column_gets_it_with_what_was_so_then)
{
    OWN(found) found = {.arena = ARENA(1 << 20)};
    OWN(store) store = NULL;
    CHECK_OK(store_open(env_real(), test_folder(), &store));
    CHECK_OK(store_tenant_put(store, &tenant));
    CHECK_OK(store_write(store, tenant.id, put_act, NULL));
    CHECK_OK(store_read(store, tenant.id, find_act, &found));
    CHECK(found.said.lost == 7 && !found.collection.launches);
    store_drop(&store);
    store = NULL;
    CHECK_OK(columns_take());
    CHECK_OK(store_open(env_real(), test_folder(), &store));
    CHECK_OK(store_read(store, tenant.id, find_act, &found));
    CHECK(found.said.number == 4 && found.said.enforcing && !found.said.lost && found.collection.launches);
    CHECK_OK(store_write(store, tenant.id, put_act, NULL));
    CHECK_OK(store_read(store, tenant.id, find_act, &found));
    CHECK(found.said.lost == 7 && !found.collection.launches);
}

TESTS(a_file_from_before_a_column_gets_it_with_what_was_so_then)
