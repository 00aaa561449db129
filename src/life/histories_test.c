/* SPDX-License-Identifier: Apache-2.0
 *
 * Random histories: a client whose contract changes as it will, a service that looks when it can, does what is due in any
 * order, stops between any two steps, forgets what it had not written down, and whose clock steps. What is promised is held
 * against true time.
 */
#include "life/life.h"

#include "test/test.h"

enum { HISTORIES = 1500, STEPS = 400 };

struct history {
    uint64_t seed;
    moment_t true_time, skew; /* what its clock shows is the sum */
    struct contract contract;
    struct life_facts facts;
    bool prompt;    /* looks every half hour, and its clock is right: the deadlines are held too */
    moment_t cause; /* since when, in true time, the data has to go; 0: not */
    moment_t destroyed, removed; /* what became of the data itself, whatever is written down */
    int destructions, notices[DUE_COUNT];
    moment_t told_of[DUE_COUNT]; /* the expiry of the last notice */
    const char *wrong;
};

static uint64_t draw(struct history *history, uint64_t below)
{
    history->seed ^= history->seed << 13;
    history->seed ^= history->seed >> 7;
    history->seed ^= history->seed << 17;
    return history->seed % below;
}

static bool chance(struct history *history, uint64_t in) { return draw(history, in) == 0; }

static void holds(struct history *history, bool truth, const char *what)
{
    if (!truth && !history->wrong)
        history->wrong = what;
}

static moment_t shown(const struct history *history) { return history->true_time + history->skew; }

static struct date day_ahead(struct history *history, int64_t days)
{
    return days_add(date_of(history->true_time, 0), (int64_t)draw(history, (uint64_t)days) - days / 8);
}

/* What the calendar says in true time, whatever is written down: deletion's cause, by date or by request. */
static void cause_see(struct history *history, moment_t at)
{
    struct life_facts none = {.requested = history->facts.requested};
    struct standing standing = life_at(&history->contract, &none, at);
    history->cause = standing.mark_by ? standing.mark_by - HOURS(24) : 0;
}

/* Contracts */

static void contract_change(struct history *history)
{
    struct contract *contract = &history->contract;
    struct date *const dates[] = {&contract->licence_end, &contract->contract_end, &contract->not_renewed};
    if (history->facts.keys_destroyed)
        return; /* refused by whoever keeps contracts: life_at says that it is not renewable */
    *dates[draw(history, 3)] = chance(history, 3) ? (struct date){0} : day_ahead(history, 400);
    contract->offset_minutes = (int)draw(history, 5) * 180 - 360;
    contract->grace_days = 14 + (int)draw(history, 3) * 7;
    contract->keep_months = 1 + (int)draw(history, 3);
    holds(history, contract_check(contract) == ERR_OK, "a stricter contract is one");
}

/* The keys are destroyed, and it is written down in the same commit; all other acts are done before that is written. */
static void keys_destroy(struct history *history, moment_t now)
{
    cause_see(history, history->true_time + HOURS(1));
    holds(history, history->cause, "nothing is destroyed before its time, by more than a clock may be wrong");
    history->destructions++;
    history->destroyed = history->true_time;
    life_done(&history->facts, DUE_DESTROY_KEYS, now);
}

static void half_done(struct history *history, enum due due, moment_t now)
{
    if (due == DUE_REMOVE_BYTES)
        history->facts.rows_removed = now;
}

static void notice_see(struct history *history, enum due due, const struct standing *standing, bool written)
{
    bool is_notice = due == DUE_TELL_GRACE || due == DUE_FREEZE;
    if (!is_notice || !written)
        return;
    holds(history, history->told_of[due] != standing->expires, "what is written down is not due again");
    history->told_of[due] = standing->expires;
}

static void act_do(struct history *history, enum due due, const struct standing *standing)
{
    moment_t now = shown(history);
    bool crashes = chance(history, 4);
    if (due == DUE_DESTROY_KEYS) {
        if (!crashes)
            keys_destroy(history, now);
        return;
    }
    holds(history, due != DUE_REMOVE_BYTES || history->destroyed, "keys go first, bytes second");
    holds(history, due != DUE_CERTIFY || history->removed, "nothing is certified that is not done");
    if (due == DUE_REMOVE_BYTES)
        history->removed = history->true_time;
    if (crashes)
        half_done(history, due, now);
    else
        life_done(&history->facts, due, now);
    notice_see(history, due, standing, !crashes);
}

/* A look: what is due is done, from anywhere in the list; a crash ends it. */
static void look(struct history *history)
{
    enum due from = (enum due)draw(history, DUE_COUNT);
    for (size_t i = 0; i < DUE_COUNT; i++) {
        enum due due = (enum due)((from + i) % DUE_COUNT);
        struct standing standing = life_at(&history->contract, &history->facts, shown(history));
        struct standing again = life_at(&history->contract, &history->facts, shown(history));
        holds(history, !memcmp(&standing, &again, sizeof standing), "asked again it says the same");
        holds(history, !standing.collects || standing.life == LIFE_ACTIVE, "only a running licence collects");
        if (standing.due[due])
            act_do(history, due, &standing);
        if (chance(history, 12))
            return;
    }
}

static void time_goes(struct history *history)
{
    static const moment_t most[] = {MINUTES(2), HOURS(2), DAYS(2), DAYS(40)};
    if (history->prompt) {
        history->true_time += 1 + (moment_t)draw(history, (uint64_t)MINUTES(30));
        return;
    }
    history->true_time += 1 + (moment_t)draw(history, (uint64_t)most[draw(history, 4)]);
    if (chance(history, 20)) /* a step that is too small to be seen */
        history->skew = (moment_t)draw(history, (uint64_t)HOURS(2)) - HOURS(1);
    if (chance(history,
               30)) { /* a jump, which is seen: until two people have looked nothing irreversible is done */
        history->skew += (moment_t)draw(history, (uint64_t)DAYS(3000)) - DAYS(1000);
        history->facts.clock_held = true;
    } else if (history->facts.clock_held && chance(history, 3)) {
        history->skew = 0;
        history->facts.clock_held = false;
    }
}

static void deadlines_see(struct history *history, moment_t since_prompt)
{
    moment_t now = history->true_time, marked = history->facts.marked, cause = history->cause;
    if (!cause || cause < since_prompt)
        return;
    bool is_marked = marked >= cause || history->destroyed;
    holds(history, is_marked || now <= cause + HOURS(24), "marked within 24 hours");
    holds(history, history->removed || !history->destroyed || now <= history->destroyed + HOURS(24),
          "bytes gone within 24 hours");
}

/* The machine's own zone, another one for each history: with daylight saving in either half of the year, and by half an hour. */
static void zone_draw(struct history *history)
{
    static const char *const zones[] = {"UTC",
                                        "America/Sao_Paulo",
                                        "America/New_York",
                                        "Europe/Lisbon",
                                        "Asia/Kathmandu",
                                        "Pacific/Chatham",
                                        "Australia/Lord_Howe",
                                        "Africa/Casablanca"};
    setenv("TZ", zones[draw(history, sizeof zones / sizeof *zones)], 1);
    tzset();
}

static const char *history_run(uint64_t seed, bool prompt)
{
    struct history history = {seed * 0x9e3779b97f4a7c15u + 1, DAYS(20000), 0, contract_usual, {0}, prompt};
    zone_draw(&history);
    moment_t since = 0;
    history.true_time += (moment_t)draw(&history, (uint64_t)DAYS(1500));
    history.contract.licence_end = day_ahead(&history, prompt ? 2 : 200);
    if (prompt && chance(&history, 2)) /* long over, so that the end is near */
        history.contract.licence_end = months_add(date_of(history.true_time, 0), -3);
    since = history.true_time;
    for (int i = 0; i < STEPS && !history.wrong; i++) {
        time_goes(&history);
        if (!prompt && chance(&history, 40))
            contract_change(&history);
        if (chance(&history, 300) && !history.facts.requested)
            history.facts.requested = history.true_time + HOURS((moment_t)draw(&history, 12));
        look(&history);
        cause_see(&history, history.true_time);
        if (prompt)
            deadlines_see(&history, since);
        holds(&history, history.destructions <= 1, "keys are destroyed once");
        holds(&history, !history.destroyed == !history.facts.keys_destroyed, "what is destroyed stays so");
    }
    return history.wrong;
}

static bool histories_hold(bool prompt)
{
    for (uint64_t seed = 1; seed <= HISTORIES; seed++) {
        const char *wrong = history_run(seed, prompt);
        if (wrong)
            printf("history %llu: not held: %s\n", (unsigned long long)seed, wrong);
        if (wrong)
            return false;
    }
    unsetenv("TZ");
    tzset();
    return true;
}

TEST(no_history_destroys_twice_too_early_or_in_another_order_whatever_crashes_and_whatever_the_clock_does)
{
    CHECK(histories_hold(false));
}

TEST(a_service_that_looks_every_half_hour_is_never_late_whatever_crashes)
{
    CHECK(histories_hold(true));
}

static void all_done(struct life_facts *facts, const struct standing *standing, moment_t now)
{
    for (enum due due = 0; due < DUE_COUNT; due++)
        if (standing->due[due])
            life_done(facts, due, now);
}

/* With everything done as it falls due, life goes one way, and is never further than the calendar. */
TEST(life_only_goes_forward_while_a_contract_stays)
{
    for (int licence = 0; licence < 800; licence++) {
        struct contract contract = contract_usual;
        struct life_facts facts = {0};
        enum life before = LIFE_ACTIVE;
        contract.licence_end = days_add((struct date){2027, 6, 1}, licence);
        for (int day = -2; day < 130; day++) {
            moment_t now = date_begin(days_add(contract.licence_end, day), 0) + HOURS(day * 7 % 24);
            struct standing standing = life_at(&contract, &facts, now);
            CHECK(standing.life >= before);
            before = standing.life;
            all_done(&facts, &standing, now);
        }
        CHECK(before == LIFE_ERASED && facts.told_erased);
    }
}

/* The calendar that is shown is what the machine then does. */
TEST(what_the_calendar_foretells_is_what_falls_due)
{
    for (int licence = 0; licence < 800; licence++) {
        struct contract contract = contract_usual;
        struct life_event events[LIFE_EVENTS];
        contract.licence_end = days_add((struct date){2027, 6, 1}, licence);
        const struct life_span span = {0, date_begin(contract.licence_end, 0), MOMENT_MAX};
        size_t count = life_events(&contract, &(struct life_facts){0}, &span, events);
        struct standing standing = life_at(&contract, &(struct life_facts){0}, 0);
        bool found = false;
        for (size_t i = 0; i < count; i++)
            found |= events[i].at == standing.deletion_begins && !strcmp(events[i].promise, "erase.hours");
        CHECK(found && count == 14);
    }
}

TESTS(no_history_destroys_twice_too_early_or_in_another_order_whatever_crashes_and_whatever_the_clock_does,
      a_service_that_looks_every_half_hour_is_never_late_whatever_crashes,
      life_only_goes_forward_while_a_contract_stays, what_the_calendar_foretells_is_what_falls_due)
