/* SPDX-License-Identifier: Apache-2.0
 *
 * A frozen tenant: one handle writes, all others are told to wait, whichever process they are in.
 */
#include "concept/program.h"
#include "store/record.h"
#include "test/test.h"
#include <sys/stat.h>

static const struct tenant tenant = {
    .id = {{1}}, .realm = {{2}}, .name = {"example", 7}, .state = {"open", 4}, .made = 1};
static const struct tenant other = {
    .id = {{3}}, .realm = {{4}}, .name = {"another", 7}, .state = {"open", 4}, .made = 1};

static err_t put_act(struct tx *tx, void *with) { return record_put(tx, &program_concept, with); }

static err_t put(struct store *store, ident_t of, uint8_t number)
{
    struct record record = {.id = {{9, number}}, .parent = {{5}}, .subject = {{5}}, .sealed = STR("sealed")};
    return store_write(store, of, put_act, &record);
}

static err_t given_a_store(struct store **out_store)
{
    TRY(store_open(env_real(), test_folder(), out_store));
    TRY(store_tenant_put(*out_store, &tenant));
    return store_tenant_put(*out_store, &other);
}

static bool told_to_wait(err_t result) { return result == ERR_BUSY && strstr(err_note(), "being restored"); }

TEST(while_a_tenant_is_frozen_one_handle_alone_writes_to_it)
{
    OWN(store) ours = NULL;
    OWN(store) theirs = NULL;
    bool frozen = false;
    CHECK_OK(given_a_store(&ours));
    CHECK_OK(given_a_store(&theirs));
    CHECK_OK(put(theirs, tenant.id, 1)); /* its file is open already when it is frozen */
    CHECK_OK(store_freeze(ours, tenant.id));
    CHECK(told_to_wait(put(theirs, tenant.id, 2)));
    CHECK_OK(put(ours, tenant.id, 3));
    CHECK_OK(put(theirs, other.id, 2));
    CHECK_OK(store_frozen(theirs, tenant.id, &frozen));
    CHECK(frozen && told_to_wait(store_thaw(theirs, tenant.id)));
    CHECK_OK(store_thaw(ours, tenant.id));
    CHECK_OK(put(theirs, tenant.id, 2));
    CHECK_OK(put(ours, tenant.id, 4));
    CHECK_OK(store_thaw(theirs, tenant.id)); /* nothing to do */
}

static int64_t file_size(void)
{
    char path[512];
    struct stat about;
    snprintf(path, sizeof path, "%s/tenants/%s.db", test_folder(), ident_text("ten", tenant.id).text);
    return stat(path, &about) == 0 ? about.st_size : -1;
}

static err_t much_put(struct store *store)
{
    static char sealed[1 << 20];
    for (uint8_t number = 0; number < 20; number++) {
        struct record record = {.id = {{9, number}},
                                .parent = {{5}},
                                .subject = {{5}},
                                .sealed = str_bytes(sealed, sizeof sealed)};
        TRY(store_write(store, tenant.id, put_act, &record));
    }
    return ERR_OK;
}

TEST(what_was_written_while_it_was_frozen_is_in_its_file_once_it_is_thawed)
{
    OWN(store) ours = NULL;
    CHECK_OK(given_a_store(&ours));
    CHECK_OK(store_freeze(ours, tenant.id));
    CHECK_OK(much_put(ours));
    CHECK(file_size() < 1 << 20);
    CHECK_OK(store_thaw(ours, tenant.id));
    CHECK(file_size() > 20 << 20);
}

TEST(what_a_crash_left_frozen_stays_so_until_it_is_frozen_again_and_thawed)
{
    OWN(store) first = NULL;
    OWN(store) second = NULL;
    CHECK_OK(given_a_store(&first));
    CHECK_OK(store_freeze(first, tenant.id));
    store_drop(&first);
    CHECK_OK(given_a_store(&second));
    CHECK(told_to_wait(put(second, tenant.id, 5)));
    CHECK_OK(store_freeze(second, tenant.id));
    CHECK_OK(put(second, tenant.id, 5));
    CHECK_OK(store_thaw(second, tenant.id));
    CHECK_OK(given_a_store(&first));
    CHECK_OK(put(first, tenant.id, 6));
}

TESTS(while_a_tenant_is_frozen_one_handle_alone_writes_to_it,
      what_was_written_while_it_was_frozen_is_in_its_file_once_it_is_thawed,
      what_a_crash_left_frozen_stays_so_until_it_is_frozen_again_and_thawed)
