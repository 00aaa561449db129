/* SPDX-License-Identifier: Apache-2.0
 *
 * The outbox of notices: who may say where they go, what is due when, and what is told of them.
 */
#include "keyring/notices.h"

#include "keyring/given.h"
#include "test/test.h"

static err_t set(struct given *given, const char *bearer, const char *addresses,
                 const Keys__Notices **out_notices)
{
    Keys__NoticesSet in = KEYS__NOTICES_SET__INIT;
    in.bearer = (char *)(uintptr_t)bearer;
    in.addresses = (char *)(uintptr_t)addresses;
    return given_asked(given, ASK_notices_set, &in, out_notices);
}

static err_t asked(struct given *given, enum ask_number number, const char *bearer,
                   const Keys__Notices **out_notices)
{
    Keys__Bearer in = KEYS__BEARER__INIT;
    in.bearer = (char *)(uintptr_t)bearer;
    return given_asked(given, number, &in, out_notices);
}

static const Keys__Notices *due(struct given *given)
{
    const Keys__None in = KEYS__NONE__INIT;
    static const Keys__Notices none = KEYS__NOTICES__INIT;
    const Keys__Notices *notices = NULL;
    return given_asked(given, ASK_notice_due, &in, &notices) == ERR_OK ? notices : &none;
}

static err_t outcome(struct given *given, const Keys__Notice *notice, const char *trouble)
{
    Keys__NoticeOutcome in = KEYS__NOTICE_OUTCOME__INIT;
    in.id = notice->id;
    in.trouble = (char *)(uintptr_t)(trouble ? trouble : "");
    return given_asked(given, trouble ? ASK_notice_put_off : ASK_notice_sent, &in, NULL);
}

/* The one notice there is, beside whoever is signed in. */
struct seen {
    char state[16], trouble[64], kind[32], link[64];
    int64_t due, count;
};

static err_t seen_look(struct db *db, void *with)
{
    struct seen *seen = with;
    OWN(rows) rows = {0};
    TRY(db_read(db, &rows, "select state, trouble, kind, link, due, count from notices"));
    TRY(row_one(&rows));
    snprintf(seen->state, sizeof seen->state, "%.*s", STR_ARG(row_text(&rows, 0)));
    snprintf(seen->trouble, sizeof seen->trouble, "%.*s", STR_ARG(row_text(&rows, 1)));
    snprintf(seen->kind, sizeof seen->kind, "%.*s", STR_ARG(row_text(&rows, 2)));
    snprintf(seen->link, sizeof seen->link, "%.*s", STR_ARG(row_text(&rows, 3)));
    seen->due = row_number(&rows, 4);
    seen->count = row_number(&rows, 5);
    return ERR_OK;
}

static struct seen the_notice(struct given *given)
{
    struct seen seen = {"", "", "", "", 0, 0};
    return keyring_look(given->keyring, seen_look, &seen) == ERR_OK ? seen : (struct seen){.state = "none"};
}

struct journal_end {
    ident_t log;
    const char *acts; /* of the last entries, as they stand there */
    bool found;
};

static err_t journal_look(struct db *db, void *with)
{
    struct journal_end *end = with;
    OWN(rows) rows = {0};
    TRY(db_read(db, &rows, "select entry from journal where log = $1 order by seq desc limit 1",
                ID(end->log)));
    TRY(row_one(&rows));
    str_t entry = row_text(&rows, 0);
    end->found = memmem(entry.at, entry.len, end->acts, strlen(end->acts));
    return ERR_OK;
}

static bool last_act_is(struct given *given, const struct given_tenant *tenant, const char *act)
{
    struct journal_end end = {.log = tenant->id, .acts = act};
    return keyring_look(given->keyring, journal_look, &end) == ERR_OK && end.found;
}

TEST(addresses_are_kept_each_once_and_shown_to_whoever_may_audit)
{
    OWN(given) given = {0};
    struct given_tenant tenant;
    const Keys__Notices *shown = NULL;
    const Keys__Token *auditor = NULL, *viewer = NULL;
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_open_tenant(&given, "example", &tenant));
    CHECK_OK(given_token(&given, &tenant, "auditor", &auditor));
    CHECK_OK(given_token(&given, &tenant, "viewer", &viewer));
    CHECK_OK(set(&given, tenant.cookie, "ops@example.com  it@mail ops@example.com ", &shown));
    CHECK(shown->n_addresses == 2 && !strcmp(shown->addresses[0], "it@mail"));
    CHECK(last_act_is(&given, &tenant, "\"act\":\"notices.changed\"") &&
          last_act_is(&given, &tenant, "\"count\":2"));
    CHECK_OK(asked(&given, ASK_notices_get, auditor->token, &shown));
    CHECK(shown->n_addresses == 2 && shown->n_items == 0);
    CHECK_FAILS(ERR_DENIED, asked(&given, ASK_notices_get, viewer->token, &shown));
    CHECK_FAILS(ERR_DENIED, set(&given, auditor->token, "me@example.com", &shown));
    CHECK_FAILS(ERR_DENIED, asked(&given, ASK_notices_test, auditor->token, &shown));
    CHECK_OK(set(&given, tenant.cookie, "", &shown));
    CHECK(shown->n_addresses == 0);
}

TEST(what_is_no_address_is_refused_and_changes_nothing)
{
    OWN(given) given = {0};
    struct given_tenant tenant;
    const Keys__Notices *shown = NULL;
    static const char *const wrong[] = {"a@x\r\nBcc: b@x",
                                        "a@x\nb@x",
                                        "a@x,b@x",
                                        "<a@x>",
                                        "a",
                                        "@x",
                                        "a@",
                                        "a@@x",
                                        ".a@x",
                                        "a.@x",
                                        "a..b@x",
                                        "a@x..y",
                                        "a@-x",
                                        "a@x-",
                                        "a@x.",
                                        "\"a b\"@x",
                                        "a\t@x",
                                        "a@x\x7f",
                                        "\xc3\xa4@x",
                                        "a@\xc3\xa4",
                                        "a@[127.0.0.1]",
                                        "a;b@x"};
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_open_tenant(&given, "example", &tenant));
    CHECK_OK(set(&given, tenant.cookie, "ops@example.com", &shown));
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CHECK_FAILS(ERR_INVALID, set(&given, tenant.cookie, wrong[i], &shown));
    CHECK_FAILS(ERR_TOO_LARGE, set(&given, tenant.cookie, "a@x b@x c@x d@x e@x f@x g@x h@x i@x", &shown));
    CHECK_OK(asked(&given, ASK_notices_get, tenant.cookie, &shown));
    CHECK(shown->n_addresses == 1 && !strcmp(shown->addresses[0], "ops@example.com"));
}

TEST(a_notice_is_one_mail_an_address_and_is_sent_once)
{
    OWN(given) given = {0};
    struct given_tenant tenant;
    const Keys__Notices *shown = NULL, *waiting;
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_open_tenant(&given, "example", &tenant));
    CHECK_FAILS(ERR_CONFLICT, asked(&given, ASK_notices_test, tenant.cookie, &shown));
    CHECK_OK(set(&given, tenant.cookie, "a@x b@x", &shown));
    CHECK_OK(asked(&given, ASK_notices_test, tenant.cookie, &shown));
    CHECK(shown->n_items == 2 && !strcmp(shown->items[0]->state, "waiting"));
    waiting = due(&given);
    CHECK(waiting->n_items == 2 && strcmp(waiting->items[0]->address, waiting->items[1]->address) != 0);
    CHECK_OK(outcome(&given, waiting->items[0], NULL));
    CHECK(last_act_is(&given, &tenant, "\"act\":\"notice.sent\",\"by\":\"operator\",\"on\":[\"ntc_"));
    CHECK(due(&given)->n_items == 1);
    CHECK_OK(outcome(&given, waiting->items[0], NULL));
    CHECK_FAILS(ERR_MISSING, outcome(&given, waiting->items[0], "nobody answers"));
    CHECK(due(&given)->n_items == 1);
}

TEST(what_does_not_go_is_tried_again_ever_later_for_a_day_and_then_has_failed)
{
    OWN(given) given = {0};
    struct given_tenant tenant;
    const Keys__Notices *shown = NULL;
    moment_t last = 0;
    int tries = 0;
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_open_tenant(&given, "example", &tenant));
    CHECK_OK(set(&given, tenant.cookie, "a@x", &shown));
    CHECK_OK(asked(&given, ASK_notices_test, tenant.cookie, &shown));
    moment_t begun = given.env->now(given.env);
    for (; due(&given)->n_items == 1 && tries < 100; tries++) {
        CHECK_OK(outcome(&given, due(&given)->items[0], "nobody answers"));
        struct seen seen = the_notice(&given);
        if (!strcmp(seen.state, "failed"))
            break;
        moment_t wait = seen.due - given.env->now(given.env);
        CHECK(due(&given)->n_items == 0 && wait >= last && wait <= HOURS(1));
        last = wait;
        given.world.clock += wait;
    }
    struct seen seen = the_notice(&given);
    CHECK(!strcmp(seen.state, "failed") && !strcmp(seen.trouble, "nobody answers") && seen.due == 0);
    moment_t took = given.env->now(given.env) - begun;
    CHECK(took >= HOURS(24) && took <= HOURS(25) && tries > 20 && tries < 40);
    given.world.clock += DAYS(1);
    CHECK(due(&given)->n_items == 0);
}

TEST(tests_are_few)
{
    OWN(given) given = {0};
    struct given_tenant tenant;
    const Keys__Notices *shown = NULL;
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_open_tenant(&given, "example", &tenant));
    CHECK_OK(set(&given, tenant.cookie, "a@x b@x", &shown));
    for (int i = 0; i < 10; i++, given.world.clock += 10)
        CHECK_OK(asked(&given, ASK_notices_test, tenant.cookie, &shown));
    CHECK_FAILS(ERR_BUSY, asked(&given, ASK_notices_test, tenant.cookie, &shown));
    given.world.clock += HOURS(1);
    CHECK_OK(asked(&given, ASK_notices_test, tenant.cookie, &shown));
}

TEST(a_notice_that_nobody_can_be_told_of_says_so_and_another_client_sees_nothing_of_it)
{
    OWN(given) given = {0};
    struct given_tenant tenant, other;
    const Keys__Notices *shown = NULL;
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(given_open_tenant(&given, "example", &tenant));
    CHECK_OK(given_open_tenant(&given, "other", &other));
    CHECK_OK(set(&given, other.cookie, "other@x", &shown));
    CHECK_OK(
        given_notice(&given, tenant.id, &(struct notice){NOTICE_SUPPORT_REQUESTED, 3, {"req", tenant.id}}));
    struct seen seen = the_notice(&given);
    CHECK(!strcmp(seen.state, "nobody") && !strcmp(seen.kind, "support.requested") && seen.count == 3);
    CHECK(!strncmp(seen.link, "req_", 4) && due(&given)->n_items == 0);
    CHECK_OK(asked(&given, ASK_notices_get, other.cookie, &shown));
    CHECK(shown->n_items == 0);
}

TESTS(addresses_are_kept_each_once_and_shown_to_whoever_may_audit,
      what_is_no_address_is_refused_and_changes_nothing, a_notice_is_one_mail_an_address_and_is_sent_once,
      what_does_not_go_is_tried_again_ever_later_for_a_day_and_then_has_failed, tests_are_few,
      a_notice_that_nobody_can_be_told_of_says_so_and_another_client_sees_nothing_of_it)
