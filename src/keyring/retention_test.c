/* SPDX-License-Identifier: Apache-2.0
 *
 * How long what is kept stays: who may say it, what more may go needs, and what is told of the room.
 */
#include "keyring/retention.h"

#include "keyring/given.h"
#include "test/test.h"

struct saying {
    const char *bearer, *kind, *name;
    int64_t least, most;
};

static err_t said(struct given *given, const struct saying *saying)
{
    Keys__RetentionSet in = KEYS__RETENTION_SET__INIT;
    Keys__RetentionAges ages = KEYS__RETENTION_AGES__INIT;
    Keys__RetentionAges *all[] = {&ages};
    ages.kind = (char *)(uintptr_t)saying->kind;
    ages.least = saying->least;
    ages.most = saying->most;
    in.bearer = (char *)(uintptr_t)saying->bearer;
    in.name = (char *)(uintptr_t)(saying->name ? saying->name : "");
    in.ages = all;
    in.n_ages = 1;
    return given_asked(given, ASK_retention_set, &in, NULL);
}

static const Keys__RetentionDue *listed(struct given *given)
{
    static const Keys__RetentionDue none = KEYS__RETENTION_DUE__INIT;
    const Keys__None in = KEYS__NONE__INIT;
    const Keys__Retentions *all = NULL;
    bool one = given_asked(given, ASK_retention_list, &in, &all) == ERR_OK && all->n_items == 1;
    return one ? all->items[0] : &none;
}

static const Keys__Retention *retention(struct given *given)
{
    static const Keys__Retention none = KEYS__RETENTION__INIT;
    Keys__RetentionAsk in = KEYS__RETENTION_ASK__INIT;
    const Keys__Retention *one = NULL;
    in.tenant = listed(given)->tenant;
    return given_asked(given, ASK_retention_of, &in, &one) == ERR_OK ? one : &none;
}

struct counted {
    const char *kind;
    int64_t notices, entries;
};

static err_t count_look(struct db *db, void *with)
{
    struct counted *counted = with;
    TRY(db_number(db, &counted->notices, "select count(distinct made) from notices where kind = $1",
                  T(str(counted->kind))));
    return db_number(db, &counted->entries,
                     "select count(*) from journal where instr(cast(entry as text), 'storage.warned') > 0");
}

static struct counted counted(struct given *given, const char *kind)
{
    struct counted counted = {.kind = kind};
    return keyring_look(given->keyring, count_look, &counted) == ERR_OK ? counted
                                                                        : (struct counted){"", -1, -1};
}

static err_t told(struct given *given, const struct given_tenant *tenant, int64_t level, int64_t went)
{
    Keys__RetentionTold in = KEYS__RETENTION_TOLD__INIT;
    given->world.clock += HOURS(1);
    in.tenant = given_bin(ident_bytes(&tenant->id));
    in.level = level;
    in.day = given->world.clock / DAYS(1) - 1;
    in.went = went;
    in.change = retention(given)->change;
    return given_asked(given, ASK_retention_told, &in, NULL);
}

TEST(an_owner_says_how_long_and_a_viewer_may_not)
{
    OWN(given) given = {0};
    struct given_tenant tenant;
    const Keys__Token *viewer = NULL;
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_open_tenant(&given, "example", &tenant));
    CHECK_OK(given_token(&given, &tenant, "viewer", &viewer));
    CHECK(retention(&given)->n_ages == 2 && retention(&given)->ages[0]->least == 0);
    CHECK_OK(said(&given, &(struct saying){tenant.cookie, "launches", NULL, 90, 0}));
    CHECK(retention(&given)->ages[1]->least == 90 && retention(&given)->ages[0]->least == 0);
    CHECK(listed(&given)->due);
    CHECK_OK(told(&given, &tenant, 0, 0));
    CHECK(!listed(&given)->due);
    CHECK_FAILS(ERR_DENIED, said(&given, &(struct saying){viewer->token, "launches", NULL, 91, 0}));
    CHECK_FAILS(ERR_INVALID, said(&given, &(struct saying){tenant.cookie, "devices", NULL, 1, 0}));
    CHECK_FAILS(ERR_INVALID, said(&given, &(struct saying){tenant.cookie, "launches", "example", 90, 89}));
    CHECK_FAILS(ERR_INVALID, said(&given, &(struct saying){tenant.cookie, "videos", NULL, -1, 0}));
    CHECK_FAILS(ERR_INVALID,
                said(&given, &(struct saying){tenant.cookie, "videos", NULL, RETENTION_LONGEST + 1, 0}));
}

TEST(more_may_go_only_once_the_name_is_typed)
{
    OWN(given) given = {0};
    struct given_tenant tenant;
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_open_tenant(&given, "example", &tenant));
    CHECK_FAILS(ERR_CONFLICT, said(&given, &(struct saying){tenant.cookie, "videos", NULL, 0, 30}));
    CHECK_FAILS(ERR_CONFLICT, said(&given, &(struct saying){tenant.cookie, "videos", "Example", 0, 30}));
    CHECK(retention(&given)->ages[0]->most == 0);
    CHECK_OK(said(&given, &(struct saying){tenant.cookie, "videos", "example", 0, 30}));
    CHECK(retention(&given)->ages[0]->most == 30);
    CHECK_OK(said(&given, &(struct saying){tenant.cookie, "videos", NULL, 20, 40}));
    CHECK_OK(said(&given, &(struct saying){tenant.cookie, "videos", NULL, 20, 0}));
    CHECK_FAILS(ERR_CONFLICT, said(&given, &(struct saying){tenant.cookie, "videos", NULL, 19, 0}));
}

TEST(a_mark_is_told_once_a_crossing_by_notice_and_in_the_log)
{
    OWN(given) given = {0};
    struct given_tenant tenant;
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_open_tenant(&given, "example", &tenant));
    static const int64_t levels[] = {0, 1, 1, 2, 2, 1, 2, 0, 1, 3, 3};
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
        CHECK_OK(told(&given, &tenant, levels[i], 0));
    CHECK(counted(&given, "storage.80").notices == 2);
    CHECK(counted(&given, "storage.90").notices == 2);
    CHECK(counted(&given, "storage.full").notices == 1);
    CHECK(counted(&given, "storage.full").entries == 5);
    CHECK(retention(&given)->level == 3);
    CHECK_FAILS(ERR_INVALID, told(&given, &tenant, 4, 0));
}

TEST(what_went_on_a_day_is_summed_up_in_one_notice)
{
    OWN(given) given = {0};
    struct given_tenant tenant;
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_open_tenant(&given, "example", &tenant));
    given.world.clock = given.world.clock / DAYS(1) * DAYS(1);
    for (int hour = 0; hour < 20; hour++)
        CHECK_OK(told(&given, &tenant, 0, 7));
    CHECK(counted(&given, "storage.evicted").notices == 1);
    given.world.clock += DAYS(1);
    CHECK_OK(told(&given, &tenant, 0, 0));
    given.world.clock += DAYS(1);
    CHECK_OK(told(&given, &tenant, 0, 1));
    CHECK(counted(&given, "storage.evicted").notices == 2);
}

TESTS(an_owner_says_how_long_and_a_viewer_may_not, more_may_go_only_once_the_name_is_typed,
      a_mark_is_told_once_a_crossing_by_notice_and_in_the_log, what_went_on_a_day_is_summed_up_in_one_notice)
