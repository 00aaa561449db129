/* SPDX-License-Identifier: Apache-2.0 */
#include "life/life.h"

#include "test/test.h"
#include <time.h>

static moment_t at(const char *text)
{
    moment_t moment = 0;
    err_t read = moment_read(str(text), &moment);
    return read == ERR_OK ? moment : -1;
}

static struct date day(const char *text)
{
    struct date date = {0};
    err_t read = date_read(str(text), &date);
    return read == ERR_OK ? date : (struct date){0};
}

static struct contract given_contract(const char *licence_end)
{
    struct contract contract = contract_usual;
    contract.licence_end = day(licence_end);
    return contract;
}

static size_t count_due(const struct standing *standing)
{
    size_t count = 0;
    for (enum due due = 0; due < DUE_COUNT; due++)
        count += standing->due[due];
    return count;
}

TEST(licence_grace_is_fourteen_days_from_the_end_of_the_last_day)
{
    const struct contract contract = given_contract("2026-11-30");
    const struct life_facts facts = {0};
    struct standing before = life_at(&contract, &facts, at("2026-11-30T23:59:59Z"));
    struct standing grace = life_at(&contract, &facts, at("2026-12-01T00:00:00Z"));
    struct standing last = life_at(&contract, &facts, at("2026-12-14T23:59:59Z"));
    struct standing over = life_at(&contract, &facts, at("2026-12-15T00:00:00Z"));
    CHECK(before.life == LIFE_ACTIVE && before.collects && before.readable && before.exports &&
          !count_due(&before));
    CHECK(grace.life == LIFE_GRACE && !grace.collects && grace.readable && grace.exports);
    CHECK(grace.due[DUE_FREEZE] && grace.due[DUE_TELL_GRACE] && count_due(&grace) == 2);
    CHECK(last.life == LIFE_GRACE && over.life == LIFE_DEACTIVATED && !over.readable && !over.exports);
    CHECK(over.due[DUE_DEACTIVATE] && over.due[DUE_TELL_DEACTIVATED] && over.renewable &&
          !over.due[DUE_MARK]);
}

TEST(erase_expiry_begins_three_calendar_months_later_where_a_month_is_short_on_its_last_day)
{
    const struct life_facts facts = {0};
    const struct contract short_year = given_contract("2026-11-30"), leap_year = given_contract("2027-11-30");
    CHECK(life_at(&short_year, &facts, 0).deletion_begins == at("2027-03-01T00:00:00Z"));
    CHECK(life_at(&leap_year, &facts, 0).deletion_begins == at("2028-03-01T00:00:00Z"));
    CHECK(!life_at(&short_year, &facts, at("2027-02-28T23:59:59Z")).due[DUE_MARK]);
    struct standing due = life_at(&short_year, &facts, at("2027-03-01T00:00:00Z"));
    CHECK(due.due[DUE_MARK] && !due.due[DUE_DESTROY_KEYS] && !due.due[DUE_FREEZE]);
    CHECK(due.mark_by == at("2027-03-02T00:00:00Z") && due.backups_by == due.deletion_begins + DAYS(180));
}

TEST(the_three_dates_are_kept_apart)
{
    static const struct {
        const char *licence, *contract, *not_renewed, *expires, *deletes;
    } cases[] = {
        {"2026-11-30", "", "", "2026-12-01", "2027-03-01"},
        {"2026-11-30", "2026-12-31", "", "2026-12-01",
         "2027-04-01"}, /* a contract that outlives the licence */
        {"2026-11-30", "2026-10-31", "", "2026-11-01", "2027-02-01"}, /* no licence outlives the contract */
        {"2026-11-30", "", "2026-10-01", "2026-12-01", "2027-03-01"}, /* said ahead: still licensed */
        {"2026-11-30", "", "2026-12-15", "2026-12-01", "2027-03-16"}, /* said in the grace */
        {"2026-11-30", "2026-12-31", "2026-12-15", "2026-12-01", "2027-03-16"}, /* what comes first */
        {"", "2026-12-31", "", "2027-01-01", "2027-04-01"},
        {"", "", "2026-12-31", "2027-01-01", "2027-04-01"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct contract contract = contract_usual;
        contract.licence_end = day(cases[i].licence);
        contract.contract_end = day(cases[i].contract);
        contract.not_renewed = day(cases[i].not_renewed);
        struct standing standing = life_at(&contract, &(struct life_facts){0}, 0);
        CHECK(standing.expires == date_begin(day(cases[i].expires), 0));
        CHECK(standing.deletion_begins == date_begin(day(cases[i].deletes), 0));
        CHECK(standing.deletion_begins >= standing.snapshots_end);
    }
    CHECK(life_at(&contract_usual, &(struct life_facts){0}, at("2999-01-01T00:00:00Z")).life == LIFE_ACTIVE);
}

TEST(a_contract_that_names_a_zone_ends_its_days_there)
{
    struct contract contract = given_contract("2026-11-30");
    contract.offset_minutes = -180;
    CHECK(life_at(&contract, &(struct life_facts){0}, 0).expires == at("2026-12-01T03:00:00Z"));
    setenv("TZ", "America/New_York", 1);
    tzset();
    CHECK(life_at(&contract, &(struct life_facts){0}, 0).deletion_begins == at("2027-03-01T03:00:00Z"));
    unsetenv("TZ");
}

TEST(a_request_is_marked_at_once_and_does_not_wait_for_the_calendar)
{
    const struct contract contract = given_contract("2026-11-30");
    struct life_facts facts = {.requested = at("2026-06-01T12:00:00Z")};
    CHECK(!life_at(&contract, &facts, facts.requested - 1).due[DUE_MARK]);
    struct standing due = life_at(&contract, &facts, facts.requested);
    CHECK(due.due[DUE_MARK] && due.mark_by == facts.requested + HOURS(24));
    facts.marked = facts.requested + HOURS(2);
    struct standing marked = life_at(&contract, &facts, facts.marked);
    CHECK(marked.life == LIFE_MARKED && marked.due[DUE_DESTROY_KEYS] && marked.due[DUE_TELL_DEACTIVATED]);
    CHECK(!marked.readable && marked.keys_by == facts.marked + HOURS(1) &&
          marked.bytes_by == facts.marked + HOURS(24));
    CHECK(marked.backups_by == facts.requested + DAYS(180) && marked.renewable);
}

TEST(an_erasure_goes_keys_first_then_bytes_then_the_certificate_then_the_notice)
{
    static const enum due order[] = {DUE_MARK, DUE_DESTROY_KEYS, DUE_REMOVE_BYTES, DUE_CERTIFY,
                                     DUE_TELL_ERASED};
    const struct contract contract = given_contract("2026-01-31");
    struct life_facts facts = {0};
    moment_t now = at("2026-05-01T00:00:00Z");
    life_done(&facts, DUE_DEACTIVATE, now);
    life_done(&facts, DUE_TELL_DEACTIVATED, now);
    for (size_t i = 0; i < sizeof order / sizeof *order; i++, now += MINUTES(1)) {
        struct standing standing = life_at(&contract, &facts, now);
        CHECK(count_due(&standing) == 1 && standing.due[order[i]]);
        life_done(&facts, order[i], now);
        if (order[i] == DUE_REMOVE_BYTES) {
            facts.blobs_removed = 0;
            CHECK(life_at(&contract, &facts, now).due[DUE_REMOVE_BYTES]);
            facts.blobs_removed = now;
        }
    }
    struct standing end = life_at(&contract, &facts, now);
    CHECK(!count_due(&end) && end.life == LIFE_ERASED && !end.renewable);
}

TEST(a_renewal_brings_back_whoever_still_has_its_keys_and_the_next_expiry_is_told_anew)
{
    struct contract contract = given_contract("2026-01-31");
    struct life_facts facts = {0};
    for (enum due due = 0; due <= DUE_MARK; due++)
        life_done(&facts, due, at("2026-05-01T00:00:00Z"));
    CHECK(life_at(&contract, &facts, at("2026-05-01T00:30:00Z")).due[DUE_DESTROY_KEYS]);
    contract.licence_end = day("2027-01-31");
    struct standing renewed = life_at(&contract, &facts, at("2026-05-01T00:31:00Z"));
    CHECK(renewed.life == LIFE_ACTIVE && renewed.collects && !count_due(&renewed));
    struct standing again = life_at(&contract, &facts, at("2027-02-01T00:00:00Z"));
    CHECK(again.due[DUE_FREEZE] && again.due[DUE_TELL_GRACE]);
    struct standing marked = life_at(&contract, &facts, at("2027-05-01T00:00:00Z"));
    CHECK(marked.due[DUE_MARK] && !marked.due[DUE_DESTROY_KEYS] && marked.due[DUE_DEACTIVATE]);
    facts.keys_destroyed = at("2027-05-01T00:01:00Z");
    contract.licence_end = day("2030-01-31");
    CHECK(life_at(&contract, &facts, at("2027-05-02T00:00:00Z")).life == LIFE_ERASED);
}

TEST(a_clock_that_is_not_confirmed_holds_the_mark_and_the_keys_and_nothing_that_can_be_undone)
{
    const struct contract contract = given_contract("2026-01-31");
    struct life_facts facts = {.clock_held = true};
    struct standing held = life_at(&contract, &facts, at("2026-05-01T00:00:00Z"));
    CHECK(!held.due[DUE_MARK] && held.due[DUE_DEACTIVATE] && held.life == LIFE_DEACTIVATED);
    facts.marked = at("2026-05-01T00:00:00Z");
    CHECK(!life_at(&contract, &facts, at("2026-05-01T00:10:00Z")).due[DUE_DESTROY_KEYS]);
    facts.keys_destroyed = at("2026-05-01T00:20:00Z");
    CHECK(life_at(&contract, &facts, at("2026-05-01T00:21:00Z")).due[DUE_REMOVE_BYTES]);
}

TEST(a_contract_may_only_be_stricter_and_what_hastens_is_known)
{
    struct contract usual = given_contract("2026-11-30"), contract = usual;
    CHECK_OK(contract_check(&contract));
    contract.grace_days = 13;
    CHECK_FAILS(ERR_INVALID, contract_check(&contract));
    contract = usual;
    contract.keep_months = 4;
    CHECK_FAILS(ERR_INVALID, contract_check(&contract));
    contract = usual;
    contract.keep_snapshots = 4;
    CHECK_FAILS(ERR_INVALID, contract_check(&contract));
    contract = usual;
    contract.licence_end = day("2027-11-30");
    CHECK(!contract_hastens(&usual, &contract) && contract_hastens(&contract, &usual));
    contract.contract_end = day("2026-11-01");
    CHECK(contract_hastens(&usual, &contract));
    CHECK(contract_hastens(&contract_usual, &usual) && !contract_hastens(&usual, &usual));
    contract = usual;
    contract.offset_minutes = 60;
    CHECK(contract_hastens(&usual, &contract));
    contract = usual;
    contract.not_renewed = day("2026-10-01");
    CHECK(!contract_hastens(&usual, &contract));
}

static const struct life_event *event_of(const struct life_event *events, size_t count, const char *what)
{
    for (size_t i = 0; i < count; i++)
        if (!strncmp(events[i].what, what, strlen(what)))
            return &events[i];
    return NULL;
}

TEST(a_clients_calendar_lists_what_will_happen_in_order_each_with_its_promise)
{
    static const struct {
        const char *what, *at, *promise;
    } expected[] = {
        {"the licence ends", "2026-12-01T00:00:00Z", "licence.grace"},
        {"the snapshots of that day", "2026-12-01T00:00:00Z", "licence.snapshots"},
        {"the grace ends", "2026-12-15T00:00:00Z", "licence.grace"},
        {"the client is told of the deactivation", "2026-12-15T00:00:00Z", "erase.tell"},
        {"the frozen snapshots", "2027-03-01T00:00:00Z", "licence.snapshots"},
        {"deletion begins by itself", "2027-03-01T00:00:00Z", "erase.expiry"},
        {"the keys are destroyed", "2027-03-01T01:00:00Z", "erase.hours"},
        {"rows, rec", "2027-03-02T00:00:00Z", "erase.hours"},
        {"the client is told that the deletion", "2027-03-02T00:00:00Z", "erase.tell"},
        {"the last day on", "2027-08-28T00:00:00Z", "erase.backups"},
    };
    const struct contract contract = given_contract("2026-11-30");
    const struct life_span span = {0, at("2026-06-01T00:00:00Z"), at("2028-01-01T00:00:00Z")};
    struct life_event events[LIFE_EVENTS];
    size_t count = life_events(&contract, &(struct life_facts){0}, &span, events);
    CHECK(count > sizeof expected / sizeof *expected);
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        const struct life_event *event = event_of(events, count, expected[i].what);
        CHECK(event && event->at == at(expected[i].at) && !strcmp(event->promise, expected[i].promise));
    }
    for (size_t i = 1; i < count; i++)
        CHECK(events[i - 1].at <= events[i].at);
}

TEST(what_was_done_stands_in_the_calendar_once_and_nothing_is_expected_of_an_erased_client)
{
    const struct contract contract = given_contract("2026-11-30");
    struct life_facts facts = {.requested = at("2026-06-01T00:00:00Z")};
    for (enum due due = DUE_DEACTIVATE; due < DUE_COUNT; due++)
        life_done(&facts, due, at("2026-06-01T00:05:00Z"));
    const struct life_span span = {0, at("2026-07-01T00:00:00Z"), MOMENT_MAX};
    struct life_event events[LIFE_EVENTS];
    size_t count = life_events(&contract, &facts, &span, events);
    CHECK(count == 1 + (DUE_COUNT - DUE_DEACTIVATE) + 1 && !event_of(events, count, "the licence ends"));
    CHECK(event_of(events, count, "the last day on")->at == facts.requested + DAYS(180));
}

TESTS(licence_grace_is_fourteen_days_from_the_end_of_the_last_day,
      erase_expiry_begins_three_calendar_months_later_where_a_month_is_short_on_its_last_day,
      the_three_dates_are_kept_apart, a_contract_that_names_a_zone_ends_its_days_there,
      a_request_is_marked_at_once_and_does_not_wait_for_the_calendar,
      an_erasure_goes_keys_first_then_bytes_then_the_certificate_then_the_notice,
      a_renewal_brings_back_whoever_still_has_its_keys_and_the_next_expiry_is_told_anew,
      a_clock_that_is_not_confirmed_holds_the_mark_and_the_keys_and_nothing_that_can_be_undone,
      a_contract_may_only_be_stricter_and_what_hastens_is_known,
      a_clients_calendar_lists_what_will_happen_in_order_each_with_its_promise,
      what_was_done_stands_in_the_calendar_once_and_nothing_is_expected_of_an_erased_client)
