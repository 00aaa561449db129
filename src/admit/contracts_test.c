/* SPDX-License-Identifier: Apache-2.0
 *
 * Contracts: what an expiry stops and what it leaves open, who may change what, and what each minute does.
 */
#include "keyring/contracts.h"

#include "admit/people_given.h"
#include "keyring/journal.h"
#include "test/test.h"

struct stage {
    struct given given;
    struct given_tenant tenant;
    struct given_person sam;
    ident_t device;
};
typedef struct stage stage_own;
static void stage_drop(struct stage *stage) { given_drop(&stage->given); }

static err_t given_stage(struct stage *stage)
{
    TRY(given_a_keyring(&stage->given));
    TRY(given_open_tenant(&stage->given, "example", &stage->tenant));
    TRY(given_device(&stage->given, &stage->tenant, &stage->device));
    return given_staff(&stage->given, "sam", &stage->sam);
}

/* The day that the world's clock shows, and so many after it. */
static struct date day_in(const struct stage *stage, int64_t days)
{
    return days_add(date_of(stage->given.world.clock, 0), days);
}

static Keys__Contract given_terms(struct stage *stage, struct date licence_end)
{
    Keys__Contract terms = KEYS__CONTRACT__INIT;
    terms.licence_end =
        (char *)(uintptr_t)arena_copy(&stage->given.arena, str(date_text(licence_end).text)).at;
    terms.grace_days = 14;
    terms.keep_months = 3;
    terms.keep_snapshots = 5;
    terms.capacity = 100;
    return terms;
}

static err_t set_by(struct stage *stage, const struct given_person *staff, Keys__Contract *terms,
                    const char *typed)
{
    Keys__ContractSet in = KEYS__CONTRACT_SET__INIT;
    in.bearer = (char *)(uintptr_t)staff->cookie;
    in.tenant = given_bin(ident_bytes(&stage->tenant.id));
    in.contract = terms;
    in.typed = (char *)(uintptr_t)typed;
    return given_asked(&stage->given, *typed ? ASK_contract_order : ASK_contract_set, &in, NULL);
}

static err_t given_licence(struct stage *stage, struct date licence_end)
{
    Keys__Contract terms = given_terms(stage, licence_end);
    TRY(given_staff_in(&stage->given, &stage->sam));
    return set_by(stage, &stage->sam, &terms, "");
}

/* A minute in which jobs asks what is due, and has it done. */
static err_t turned(struct stage *stage)
{
    const Keys__None none = KEYS__NONE__INIT;
    Keys__LicenceDue *due = NULL;
    TRY(given_asked(&stage->given, ASK_licence_due, &none, &due));
    for (size_t i = 0; i < due->n_tenants; i++) {
        Keys__OfTenant in = KEYS__OF_TENANT__INIT;
        in.tenant = due->tenants[i];
        TRY(given_asked(&stage->given, ASK_life_turn, &in, NULL));
    }
    return ERR_OK;
}

static err_t reports(struct stage *stage)
{
    Keys__Subjects in = KEYS__SUBJECTS__INIT;
    ProtobufCBinaryData ids[] = {given_bin(ident_bytes(&stage->device))};
    in.tenant = given_bin(ident_bytes(&stage->tenant.id));
    in.device = ids[0];
    in.ids = ids;
    in.n_ids = 1;
    return given_asked(&stage->given, ASK_subjects_publics, &in, NULL);
}

static err_t asks_for_policy(struct stage *stage)
{
    Keys__Subjects in = KEYS__SUBJECTS__INIT;
    in.tenant = given_bin(ident_bytes(&stage->tenant.id));
    in.device = given_bin(ident_bytes(&stage->device));
    return given_asked(&stage->given, ASK_subjects_publics, &in, NULL);
}

static err_t signs_in(struct stage *stage)
{
    const Keys__Login login = given_login("example", "ana", GIVEN_PASSWORD);
    return given_signed_in(&stage->given, &login, &stage->tenant.cookie);
}

static moment_t fact_of(struct stage *stage, const char *name)
{
    Keys__OfTenant in = KEYS__OF_TENANT__INIT;
    Keys__Licence *licence = NULL;
    in.bearer = (char *)(uintptr_t)stage->tenant.cookie;
    if (given_asked(&stage->given, ASK_contract_get, &in, &licence) != ERR_OK)
        return -1;
    for (size_t i = 0; i < licence->n_facts; i++)
        if (!strcmp(licence->facts[i]->name, name))
            return licence->facts[i]->at;
    return 0;
}

static int64_t rows_of(struct stage *stage, const char *table_of)
{
    int64_t count = -1;
    struct db *db = keyring_db(stage->given.keyring);
    err_t read = !strcmp(table_of, "notices")
                     ? db_number(db, &count, "select count(*) from notices where kind like 'licence.%'")
                     : db_number(db, &count, "select count(*) from works where kind = 'freeze'");
    return read == ERR_OK ? count : -1;
}

TEST(a_client_without_a_contract_is_active_for_good)
{
    OWN(stage) stage = {0};
    CHECK_OK(given_stage(&stage));
    CHECK_OK(given_passed(&stage.given, DAYS(4000)));
    CHECK_OK(turned(&stage));
    CHECK_OK(reports(&stage));
    CHECK_OK(signs_in(&stage));
}

TEST(in_grace_nothing_is_collected_and_everything_else_goes_on)
{
    OWN(stage) stage = {0};
    CHECK_OK(given_stage(&stage));
    CHECK_OK(given_licence(&stage, day_in(&stage, 2)));
    CHECK_OK(reports(&stage));
    CHECK_OK(given_passed(&stage.given, DAYS(3)));
    CHECK(given_refused(reports(&stage), ERR_BUSY, "nothing is taken in until it is renewed; wait"));
    CHECK_OK(asks_for_policy(&stage));
    CHECK_OK(signs_in(&stage));
    CHECK_OK(given_borne(&stage.given, ASK_device_states, stage.tenant.cookie, NULL));
    CHECK_OK(turned(&stage));
    CHECK_OK(turned(&stage));
    CHECK(rows_of(&stage, "notices") == 1 && rows_of(&stage, "works") == 1);
    CHECK(fact_of(&stage, "told_grace") > 0 && !fact_of(&stage, "frozen") && !fact_of(&stage, "deactivated"));
}

TEST(deactivated_only_an_owner_is_let_in_to_see_what_stands_and_a_renewal_brings_all_back)
{
    OWN(stage) stage = {0};
    struct given_person bea;
    CHECK_OK(given_stage(&stage));
    CHECK_OK(given_member(&stage.given, &stage.tenant, "administrator", &bea));
    CHECK_OK(given_licence(&stage, day_in(&stage, 0)));
    CHECK_OK(given_passed(&stage.given, DAYS(14)));
    CHECK_OK(signs_in(&stage));
    CHECK_OK(given_passed(&stage.given, HOURS(24)));
    CHECK_OK(turned(&stage));
    CHECK_OK(turned(&stage));
    CHECK_FAILS(ERR_SIGNED_OUT, given_borne(&stage.given, ASK_whoami, stage.tenant.cookie, NULL));
    const Keys__Login login = given_login("example", bea.name, GIVEN_PASSWORD);
    CHECK(given_refused(given_signed_in(&stage.given, &login, &bea.cookie), ERR_DENIED,
                        "the licence ended on"));
    CHECK_OK(signs_in(&stage));
    CHECK(fact_of(&stage, "deactivated") > 0 && fact_of(&stage, "told_deactivated") > 0);
    CHECK(rows_of(&stage, "notices") == 1); /* the grace was over before anybody looked: only that is told */
    CHECK_FAILS(ERR_DENIED, given_borne(&stage.given, ASK_device_states, stage.tenant.cookie, NULL));
    CHECK(given_refused(reports(&stage), ERR_DENIED, "licence"));
    CHECK(given_refused(asks_for_policy(&stage), ERR_DENIED, "licence"));
    CHECK_OK(given_licence(&stage, day_in(&stage, 365)));
    CHECK_OK(reports(&stage));
    CHECK_OK(given_borne(&stage.given, ASK_device_states, stage.tenant.cookie, NULL));
    CHECK_OK(given_signed_in(&stage.given, &login, &bea.cookie));
}

TEST(what_makes_anything_fall_due_earlier_takes_a_second_person_of_staff)
{
    OWN(stage) stage = {0};
    struct given_person tom;
    Keys__Order *order = NULL;
    Keys__Orders *orders = NULL;
    CHECK_OK(given_stage(&stage));
    CHECK_OK(given_staff(&stage.given, "tom", &tom));
    Keys__Contract later = given_terms(&stage, day_in(&stage, 300)),
                   sooner = given_terms(&stage, day_in(&stage, 0));
    CHECK_OK(set_by(&stage, &stage.sam, &later, ""));
    CHECK(
        given_refused(set_by(&stage, &stage.sam, &sooner, ""), ERR_DENIED, "have somebody else confirm it"));
    CHECK_FAILS(ERR_CONFLICT, set_by(&stage, &stage.sam, &later, "example"));
    CHECK_FAILS(ERR_INVALID, set_by(&stage, &stage.sam, &sooner, "exampel"));
    CHECK_OK(set_by(&stage, &stage.sam, &sooner, "example"));
    CHECK_OK(given_borne(&stage.given, ASK_order_list, tom.cookie, &orders));
    CHECK(orders->n_items == 1 && strstr(orders->items[0]->does, "deletion begins"));
    Keys__OrderNamed in = KEYS__ORDER_NAMED__INIT;
    in.id = orders->items[0]->id;
    in.bearer = (char *)(uintptr_t)stage.sam.cookie;
    CHECK(given_refused(given_asked(&stage.given, ASK_order_confirm, &in, NULL), ERR_DENIED,
                        "a second person"));
    CHECK_OK(given_passed(&stage.given, HOURS(1)));
    CHECK_OK(reports(&stage));
    in.bearer = (char *)(uintptr_t)tom.cookie;
    CHECK_OK(given_asked(&stage.given, ASK_order_confirm, &in, &order));
    CHECK_OK(given_passed(&stage.given, DAYS(1)));
    CHECK_FAILS(ERR_BUSY, reports(&stage));
}

/* Neither as a first contract, which one person sets, nor as an order of two, nor by an order that was left lying. */
TEST(no_contract_has_a_client_erased_before_it_could_answer)
{
    OWN(stage) stage = {0};
    struct given_person tom;
    Keys__Orders *orders = NULL;
    Keys__OrderNamed in = KEYS__ORDER_NAMED__INIT;
    CHECK_OK(given_stage(&stage));
    CHECK_OK(given_staff(&stage.given, "tom", &tom));
    Keys__Contract past = given_terms(&stage, day_in(&stage, -120)),
                   later = given_terms(&stage, day_in(&stage, 300)),
                   least =
                       given_terms(&stage, (struct date){2025, 9, 14}); /* a grace from now to the minute */
    CHECK(given_refused(set_by(&stage, &stage.sam, &past, ""), ERR_INVALID, "order its erasure"));
    CHECK_OK(turned(&stage));
    CHECK(!fact_of(&stage, "marked"));
    CHECK_OK(set_by(&stage, &stage.sam, &later, ""));
    CHECK(given_refused(set_by(&stage, &stage.sam, &past, "example"), ERR_INVALID, "order its erasure"));
    CHECK_OK(set_by(&stage, &stage.sam, &least, "example"));
    CHECK_OK(given_borne(&stage.given, ASK_order_list, tom.cookie, &orders));
    in.id = orders->items[0]->id;
    CHECK_OK(given_passed(&stage.given, HOURS(1)));
    in.bearer = (char *)(uintptr_t)tom.cookie;
    CHECK(given_refused(given_asked(&stage.given, ASK_order_confirm, &in, NULL), ERR_INVALID,
                        "order its erasure"));
}

TEST(a_contract_that_was_changed_meanwhile_ends_the_order_about_it)
{
    OWN(stage) stage = {0};
    struct given_person tom;
    Keys__Orders *orders = NULL;
    CHECK_OK(given_stage(&stage));
    CHECK_OK(given_staff(&stage.given, "tom", &tom));
    Keys__Contract later = given_terms(&stage, day_in(&stage, 300)),
                   sooner = given_terms(&stage, day_in(&stage, 0));
    Keys__Contract latest = given_terms(&stage, day_in(&stage, 500));
    CHECK_OK(set_by(&stage, &stage.sam, &later, ""));
    CHECK_OK(set_by(&stage, &stage.sam, &sooner, "example"));
    CHECK_OK(set_by(&stage, &tom, &latest, ""));
    CHECK_OK(given_borne(&stage.given, ASK_order_list, tom.cookie, &orders));
    CHECK(!strcmp(orders->items[0]->state, "withdrawn"));
}

TEST(a_member_sees_the_contract_of_its_own_client_and_nobody_sets_one_but_staff)
{
    OWN(stage) stage = {0};
    Keys__OfTenant in = KEYS__OF_TENANT__INIT;
    Keys__Licence *licence = NULL;
    struct given_tenant other;
    CHECK_OK(given_stage(&stage));
    CHECK_OK(given_open_tenant(&stage.given, "other", &other));
    CHECK_OK(given_licence(&stage, day_in(&stage, 30)));
    in.bearer = (char *)(uintptr_t)other.cookie;
    in.tenant = given_bin(ident_bytes(&stage.tenant.id));
    CHECK_OK(given_asked(&stage.given, ASK_contract_get, &in, &licence));
    CHECK(!strcmp(licence->tenant_name, "other") && !licence->changed);
    in.bearer = (char *)(uintptr_t)stage.sam.cookie;
    CHECK_OK(given_asked(&stage.given, ASK_contract_get, &in, &licence));
    CHECK(!strcmp(licence->tenant_name, "example") && licence->contract->capacity == 100);
    const struct given_person ana = {.cookie = stage.tenant.cookie};
    Keys__Contract terms = given_terms(&stage, day_in(&stage, 900));
    CHECK_FAILS(ERR_DENIED, set_by(&stage, &ana, &terms, ""));
    terms.grace_days = 3;
    CHECK_FAILS(ERR_INVALID, set_by(&stage, &stage.sam, &terms, ""));
    terms.licence_end = (char *)(uintptr_t) "2026-02-30";
    CHECK_FAILS(ERR_INVALID, set_by(&stage, &stage.sam, &terms, ""));
}

TEST(the_snapshots_that_lived_at_expiry_are_kept_for_three_months_or_until_a_renewal)
{
    OWN(stage) stage = {0};
    Keys__Frozen told = KEYS__FROZEN__INIT, *kept = NULL;
    Keys__OfTenant in = KEYS__OF_TENANT__INIT;
    const ident_t snapshot = {{7}};
    ProtobufCBinaryData ids[] = {given_bin(ident_bytes(&snapshot))};
    CHECK_OK(given_stage(&stage));
    CHECK_OK(given_licence(&stage, day_in(&stage, 0)));
    CHECK_OK(given_passed(&stage.given, DAYS(2)));
    told.tenant = in.tenant = given_bin(ident_bytes(&stage.tenant.id));
    told.snapshots = ids;
    told.n_snapshots = 1;
    CHECK_OK(given_asked(&stage.given, ASK_frozen_told, &told, NULL));
    told.n_snapshots = 0;
    CHECK_OK(given_asked(&stage.given, ASK_frozen_told, &told, NULL)); /* told again: the first set stays */
    CHECK_OK(given_asked(&stage.given, ASK_frozen_get, &in, &kept));
    CHECK(kept->n_snapshots == 1 && str_eq(bin(kept->snapshots[0]), ident_bytes(&snapshot)));
    CHECK_OK(given_licence(&stage, day_in(&stage, 100)));
    CHECK_OK(given_asked(&stage.given, ASK_frozen_get, &in, &kept));
    CHECK(kept->n_snapshots == 0);
}

TESTS(a_client_without_a_contract_is_active_for_good,
      in_grace_nothing_is_collected_and_everything_else_goes_on,
      deactivated_only_an_owner_is_let_in_to_see_what_stands_and_a_renewal_brings_all_back,
      what_makes_anything_fall_due_earlier_takes_a_second_person_of_staff,
      no_contract_has_a_client_erased_before_it_could_answer,
      a_contract_that_was_changed_meanwhile_ends_the_order_about_it,
      a_member_sees_the_contract_of_its_own_client_and_nobody_sets_one_but_staff,
      the_snapshots_that_lived_at_expiry_are_kept_for_three_months_or_until_a_renewal)
