/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/answer.h"
#include "cli/run_test.h"

/* Whether the JSON lists such an event of that promise on that day. */
static bool lists(const struct run *run, const char *date, const char *promise, const char *what)
{
    OWN(json) page = json_loads(run->out, 0, NULL);
    json_t *items = json_object_get(page, "items");
    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *event = json_array_get(items, i);
        if (str_eq(answer_text(event, "date"), str(date)) &&
            str_eq(answer_text(event, "promise"), str(promise)) &&
            strstr(answer_text(event, "what").at, what))
            return true;
    }
    return false;
}

TEST(a_clients_future_is_listed_from_its_dates_without_a_service)
{
    OWN(run) run = {0};
    given_no_sign_in();
    RUN(&run, "simulate", "--licence-end", "2027-11-30", "--json");
    CHECK(run.status == 0 && !run.err_len && strstr(run.out, ",\"next\":null}\n"));
    CHECK(lists(&run, "2027-11-30", "licence.grace", "the licence ends"));
    CHECK(lists(&run, "2027-12-14", "licence.grace", "the grace ends"));
    CHECK(lists(&run, "2028-02-29", "erase.expiry", "deletion begins"));
    CHECK(lists(&run, "2028-03-01", "erase.hours", "the keys are destroyed"));
    CHECK(lists(&run, "2028-08-27", "erase.backups", "the last day"));
}

TEST(the_same_dates_give_the_same_events_whatever_the_clock_and_the_zone_of_the_host)
{
    OWN(run) run = {0};
    setenv("TZ", "America/New_York", 1);
    RUN(&run, "simulate", "--licence-end", "2027-03-14", "--contract-end", "2027-10-31", "--not-renewed",
        "2027-06-01");
    char *first = strdup(run.out);
    run.world.clock += DAYS(700);
    setenv("TZ", "Australia/Sydney", 1);
    RUN(&run, "simulate", "--licence-end", "2027-03-14", "--contract-end", "2027-10-31", "--not-renewed",
        "2027-06-01");
    bool same = first && !strcmp(first, run.out);
    free(first);
    unsetenv("TZ");
    CHECK(same && strstr(run.out, "2027-03-14  ● licence.grace") && strstr(run.out, "  │ 14 days\n"));
    CHECK(strstr(run.out, "2027-09-01  ● erase.expiry"));
}

TEST(a_request_and_a_number_of_days_are_heeded_and_what_is_no_day_is_refused)
{
    OWN(run) run = {0};
    RUN(&run, "simulate", "--licence-end", "2027-11-30", "--requested", "2027-01-10", "--days", "2",
        "--json");
    CHECK(run.status == 0 && lists(&run, "2027-01-10", "erase.hours", "the keys") &&
          !strstr(run.out, "licence ends"));
    RUN(&run, "simulate", "--licence-end", "2027-11-31");
    CHECK(refused(&run, "not a day"));
    RUN(&run, "simulate", "--licence-end", "2027-11-30", "--days", "-1");
    CHECK(run.status == 2);
    RUN(&run, "simulate");
    CHECK(run.status == 2);
}

TESTS(a_clients_future_is_listed_from_its_dates_without_a_service,
      the_same_dates_give_the_same_events_whatever_the_clock_and_the_zone_of_the_host,
      a_request_and_a_number_of_days_are_heeded_and_what_is_no_day_is_refused)
