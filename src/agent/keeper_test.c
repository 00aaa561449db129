/* SPDX-License-Identifier: Apache-2.0
 *
 * A keeper's settings, its times, what it remembers, and what it says to a log.
 */
#include "agent/keeper.h"
#include "agent/keeper_forward.h"
#include "sys/env_virtual.h"
#include "test/test.h"

#include <netinet/in.h>
#include <sys/socket.h>

static err_t read_text(const char *text, struct keeper_settings *out)
{
    return keeper_settings_read(str(text), out);
}

static bool refused(const char *text, const char *note)
{
    struct keeper_settings settings;
    return read_text(text, &settings) == ERR_INVALID && strstr(err_note(), note);
}

TEST(settings_say_what_and_when_and_a_wrong_line_is_named)
{
    struct keeper_settings settings = {0};
    CHECK_OK(read_text(
        "# remark\n\nexport weekly monday 03:30\nexport-to /srv/a folder\nreport storage every 6h\n"
        "report-to /r\nalerts-to udp://10.0.0.5\nalerts-to tcp://[::1]:601\nalerts-to unix:/dev/log\n"
        "alerts session. kit.\ngive-keys yes\nrelease https://idp.example c1\nrelease-claim groups custody\n",
        &settings));
    CHECK(settings.export.set && settings.export.day == 1 && settings.export.minute == 210 && settings.gives);
    CHECK(!strcmp(settings.export_to, "/srv/a folder") && settings.reports[REPORT_STORAGE].every == HOURS(6));
    CHECK(settings.sink_count == 3 && settings.sinks[0].port == 514 && settings.sinks[1].port == 601);
    CHECK(!strcmp(settings.sinks[1].place, "::1") && !strcmp(settings.sinks[2].place, "/dev/log"));
    CHECK(!strcmp(settings.client, "c1") && !strcmp(settings.claim, "groups") &&
          !strcmp(settings.claim_is, "custody"));
    CHECK(keeper_tells(&settings, STR("session.opened")) && !keeper_tells(&settings, STR("token.made")));
    CHECK(refused("export daily 03:30\n", "export needs export-to"));
    CHECK(refused("\nexport daily 24:00\n", "line 2 of the settings"));
    CHECK(refused("export daily 3:30\n", "HH:MM") && refused("export daily -1:30\n", "HH:MM"));
    CHECK(refused("export every 0h\n", "every") && refused("export every 367d\n", "line 1"));
    CHECK(refused("export weekly mon 03:30\n", "whole name") && refused("export hourly\n", "schedule"));
    CHECK(refused("give-keys yes please\n", "more on it") && refused("colour blue\n", "no such setting"));
    CHECK(refused("alerts-to http://x\n", "alerts go to") && refused("alerts-to udp://x:0\n", "no port"));
    CHECK(refused("release http://idp.example c1\n", "line 1") &&
          refused("release-claim a b\n", "needs release"));
}

TEST(a_time_that_passed_is_caught_up_with_once)
{
    moment_t noon = 0;
    CHECK_OK(moment_read(STR("2026-11-28T12:00:00Z"), &noon)); /* a Saturday */
    const struct schedule daily = {.day = -1, .minute = 210, .set = true};
    const struct schedule weekly = {.day = 1, .minute = 210, .set = true};
    const struct schedule every = {.every = HOURS(6), .set = true};
    CHECK(schedule_is_due(&daily, noon - HOURS(9), noon) && !schedule_is_due(&daily, noon - HOURS(8), noon));
    CHECK(schedule_is_due(&daily, noon - DAYS(30), noon) && !schedule_is_due(&daily, noon, noon + HOURS(15)));
    CHECK(schedule_is_due(&daily, noon, noon + HOURS(16)));
    CHECK(schedule_is_due(&weekly, noon - DAYS(6), noon) && !schedule_is_due(&weekly, noon - DAYS(5), noon));
    CHECK(!schedule_is_due(&weekly, noon, noon + DAYS(1)) && schedule_is_due(&weekly, noon, noon + DAYS(2)));
    CHECK(!schedule_is_due(&every, noon, noon + HOURS(5)) && schedule_is_due(&every, noon, noon + HOURS(6)));
    const struct schedule *all[] = {&daily, &weekly, &every};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) /* a clock that went back: far, or a little */
        CHECK(schedule_is_due(all[i], noon + DAYS(9), noon) &&
              !schedule_is_due(all[i], noon + SECONDS(5), noon));
    CHECK(!schedule_is_due(&(struct schedule){.every = 1}, 0, noon));
}

TEST(what_it_remembers_is_what_it_wrote_and_damage_is_said)
{
    OWN(buf) text = BUF(4096);
    struct keeper_state state = {.began = 1,
                                 .exported = 2,
                                 .reported = {3, 4},
                                 .cursor = 5,
                                 .follows = true,
                                 .exports = 6,
                                 .reports = 7,
                                 .alerts = 8,
                                 .export = "exp_x",
                                 .ticket = "cex_\"y"};
    struct keeper_state back = {0};
    keeper_state_put(&state, &text);
    CHECK_OK(buf_end(&text));
    CHECK_OK(keeper_state_read(buf_str(&text), &back));
    CHECK(!strcmp(back.ticket, state.ticket) && !strcmp(back.export, "exp_x") && back.follows);
    CHECK(back.began == 1 && back.reported[1] == 4 && back.cursor == 5 && back.alerts == 8);
    CHECK_FAILS(ERR_BROKEN, keeper_state_read(STR("{\"cursor\":-1}"), &back));
    CHECK_FAILS(ERR_BROKEN, keeper_state_read(STR("{\"ticket\":7}"), &back));
    CHECK_FAILS(ERR_INVALID, keeper_state_read(STR("{"), &back));
}

#define ENTRY "{\"seq\":17,\"at\":\"2026-11-28T10:00:00Z\",\"act\":\"sign-in.failed\",\"by\":\"unknown\"}"

TEST(an_entry_is_a_message_of_syslog_and_over_tcp_it_has_its_length_before_it)
{
    OWN(buf) message = BUF(4096);
    OWN(fd) door = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    OWN(fd) near = 0;
    OWN(keeper_sinks) sinks = {0};
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    struct keeper_settings settings = {.sinks = {{SINK_TCP, "127.0.0.1", 0}}, .sink_count = 1};
    char got[4096] = "", want[4096];
    CHECK_OK(keeper_message(STR(ENTRY), "host1", &message));
    CHECK(!strcmp(message.at, "<108>1 2026-11-28T10:00:00Z host1 custody-keeper - sign-in.failed - " ENTRY));
    CHECK_FAILS(ERR_INVALID, keeper_message(STR("{\"at\":\"now\",\"act\":\"a b\"}"), "host1", &message));
    CHECK(bind(door, (struct sockaddr *)&address, sizeof address) == 0 && listen(door, 1) == 0);
    CHECK(getsockname(door, (struct sockaddr *)&address, &len) == 0);
    settings.sinks[0].port = ntohs(address.sin_port);
    CHECK_OK(keeper_sinks_open(&settings, &sinks));
    CHECK_OK(keeper_forward(&sinks, STR(ENTRY)));
    near = accept(door, NULL, NULL);
    CHECK(recv(near, got, sizeof got - 1, 0) > 0);
    const char *rest = strchr(got, ' ');
    snprintf(want, sizeof want, "%zu", rest ? strlen(rest + 1) : 0);
    CHECK(rest && !strncmp(got, want, strlen(want)) && !strncmp(rest, " <108>1 ", 8));
}

TESTS(settings_say_what_and_when_and_a_wrong_line_is_named, a_time_that_passed_is_caught_up_with_once,
      what_it_remembers_is_what_it_wrote_and_damage_is_said,
      an_entry_is_a_message_of_syslog_and_over_tcp_it_has_its_length_before_it)
