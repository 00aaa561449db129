/* SPDX-License-Identifier: Apache-2.0
 *
 * What a notice says as a mail and as a webhook's body, and where something may be sent to.
 */
#include "notify/hook.h"
#include "notify/mail.h"
#include "notify/reach.h"
#include "test/test.h"

#include <arpa/inet.h>

static struct mail given_mail(void)
{
    return (struct mail){.kind = NOTICE_SUPPORT_REQUESTED,
                         .id = {{1, 2, 3}},
                         .count = 2,
                         .link = STR("req_aaaa"),
                         .to = STR("ops@example.com"),
                         .from = STR("custody@service.example"),
                         .console = "https://service.example:8443",
                         .now = SECONDS(1795552752)};
}

static bool says(const buf_t *text, const char *line)
{
    return memmem(text->at, text->len, line, strlen(line));
}

TEST(a_mail_says_what_kind_how_many_and_where_to_look)
{
    OWN(buf) text = BUF(4096);
    const struct mail mail = given_mail();
    CHECK_OK(mail_put(&mail, &text));
    CHECK(says(&text, "Date: Tue, 24 Nov 2026 20:39:12 +0000\r\nFrom: Custody <custody@service.example>\r\n"
                      "To: <ops@example.com>\r\nSubject: [Custody] Support asks for access\r\n"
                      "Message-ID: <ntc_aebagaaaaaaaaaaaaaaaaaaaaa@service.example>\r\n"
                      "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"));
    CHECK(says(&text, "\r\n\r\nKind: support.requested\r\nSeverity: action\r\nCount: 2\r\n"
                      "See: https://service.example:8443/requests/req_aaaa\r\n"));
}

TEST(every_mail_is_seven_bit_lines_that_fit_and_one_block_of_headers)
{
    for (int kind = 0; kind < NOTICE_COUNT; kind++) {
        OWN(buf) text = BUF(4096);
        struct mail mail = given_mail();
        size_t line = 0, blocks = 0;
        mail.kind = (enum notice_kind)kind;
        CHECK_OK(mail_put(&mail, &text));
        for (size_t i = 0; i < text.len; i++) {
            bool ends = text.at[i] == '\n';
            CHECK((text.at[i] >= ' ' && text.at[i] <= '~') || text.at[i] == '\r' || ends);
            CHECK(!ends || (i && text.at[i - 1] == '\r'));
            blocks += ends && line == 1;
            line = ends ? 0 : line + 1;
            CHECK(line < 200);
        }
        CHECK(blocks == 3); /* behind the headers, the sentence and the facts */
    }
}

TEST(nothing_that_comes_in_begins_another_header)
{
    OWN(buf) text = BUF(4096);
    struct mail mail = given_mail();
    mail.to = STR("ops@example.com\r\nBcc: other@example.com");
    CHECK_FAILS(ERR_INVALID, mail_put(&mail, &text));
    mail = given_mail();
    mail.from = STR("a@x>\r\nBcc: <b@x");
    CHECK_FAILS(ERR_INVALID, mail_put(&mail, &text));
    mail = given_mail();
    mail.console = "https://x\r\n\r\nclick here";
    CHECK_FAILS(ERR_INVALID, mail_put(&mail, &text));
    mail = given_mail();
    mail.link = STR("req_\n");
    CHECK_FAILS(ERR_INVALID, mail_put(&mail, &text));
}

TEST(a_webhook_gets_the_facts_of_the_mail_and_no_more)
{
    OWN(buf) body = BUF(4096);
    struct hook hook = {.kind = NOTICE_SUPPORT_REQUESTED,
                        .id = {{1, 2, 3}},
                        .count = 2,
                        .link = STR("req_aaaa"),
                        .console = "https://service.example:8443",
                        .made = SECONDS(1795552752)};
    CHECK_OK(hook_put(&hook, &body));
    CHECK(str_eq(
        buf_str(&body),
        STR("{\"type\":\"support.requested\",\"timestamp\":\"2026-11-24T20:39:12Z\",\"data\":{\"id\":"
            "\"ntc_aebagaaaaaaaaaaaaaaaaaaaaa\",\"severity\":\"action\",\"subject\":\"Support asks for access\","
            "\"count\":2,\"link\":\"https://service.example:8443/requests/req_aaaa\"}}")));
    buf_clear(&body);
    hook.link = STR("req_\",\"name\":\"x y");
    CHECK_FAILS(ERR_INVALID, hook_put(&hook, &body));
}

TEST(every_kind_of_notice_is_found_by_its_name)
{
    enum notice_kind found;
    for (int kind = 0; kind < NOTICE_COUNT; kind++) {
        CHECK_OK(notice_find(str(notice_info((enum notice_kind)kind)->name), &found));
        CHECK((int)found == kind);
    }
    CHECK_FAILS(ERR_INVALID, notice_find(STR("support"), &found));
}

TEST(an_address_is_read_in_one_way_only)
{
    struct reach reach;
    static const char *const wrong[] = {"",
                                        "https://",
                                        "https:/x",
                                        "ftp://x",
                                        "https://x:0",
                                        "https://x:65536",
                                        "https://x:",
                                        "https://x:1x",
                                        "https://a@x",
                                        "https://x?y",
                                        "https://x#y",
                                        "https://x/a b",
                                        "https://x/%2e",
                                        "https://x y",
                                        "https://[::1",
                                        "https://[]",
                                        "https://x\n",
                                        "HTTPS://x",
                                        "https://x\\y",
                                        "https://x/\r\nHost: y",
                                        "https://\xc3\xa4",
                                        "https://x:8443?"};
    CHECK_OK(reach_read(STR("https://w.example:8443/witness/a-b_c.d~"), &reach));
    CHECK(!strcmp(reach.scheme, "https") && !strcmp(reach.host, "w.example") && reach.port == 8443);
    CHECK(!strcmp(reach.path, "/witness/a-b_c.d~"));
    CHECK_OK(reach_read(STR("smtp://[2001:db8::1]"), &reach));
    CHECK(!strcmp(reach.host, "2001:db8::1") && reach.port == 25 && !*reach.path);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CHECK_FAILS(ERR_INVALID, reach_read(str(wrong[i]), &reach));
}

static bool is_public(const char *text)
{
    uint8_t bytes[16];
    bool six = strchr(text, ':');
    return inet_pton(six ? AF_INET6 : AF_INET, text, bytes) == 1 &&
           reach_is_public(str_bytes(bytes, six ? 16 : 4));
}

TEST(only_the_public_internet_is_public)
{
    static const char *const near[] = {
        "0.0.0.0",     "10.1.2.3",         "100.64.0.1",     "100.127.255.255", "127.0.0.1",
        "127.255.0.1", "169.254.169.254",  "172.16.0.1",     "172.31.255.255",  "192.0.0.8",
        "192.168.1.1", "198.18.0.1",       "224.0.0.1",      "255.255.255.255", "::",
        "::1",         "::ffff:127.0.0.1", "::ffff:8.8.8.8", "64:ff9b::7f00:1", "fe80::1",
        "fc00::1",     "fd12::1",          "ff02::1",        "2001:db8::1",     "2002:7f00:1::",
        "2001::1"};
    static const char *const far[] = {"8.8.8.8",   "100.128.0.1",     "172.32.0.1",      "1.1.1.1",
                                      "192.1.0.1", "223.255.255.255", "2606:4700::1111", "2a00:1450:4001::1"};
    for (size_t i = 0; i < sizeof near / sizeof *near; i++)
        CHECK(!is_public(near[i]));
    for (size_t i = 0; i < sizeof far / sizeof *far; i++)
        CHECK(is_public(far[i]));
}

TEST(what_a_client_gives_leads_to_no_machine_near_us)
{
    reach_addresses_t found;
    static const char *const near[] = {"https://127.0.0.1",       "https://localhost", "https://[::1]",
                                       "https://169.254.169.254", "https://0",         "https://2130706433",
                                       "https://0x7f.1",          "https://127.1",     "https://10.0.0.1"};
    for (size_t i = 0; i < sizeof near / sizeof *near; i++) {
        struct reach reach;
        CHECK_OK(reach_read(str(near[i]), &reach));
        CHECK_FAILS(ERR_DENIED, reach_find(&reach, REACH_FAR, &found));
        CHECK_OK(reach_find(&reach, REACH_NEAR, &found));
    }
    struct reach reach;
    CHECK_OK(reach_read(STR("https://[2606:4700::1111]"), &reach));
    CHECK_OK(reach_find(&reach, REACH_FAR, &found));
    CHECK(!strcmp(found.text, "[2606:4700::1111]"));
}

TESTS(a_mail_says_what_kind_how_many_and_where_to_look,
      every_mail_is_seven_bit_lines_that_fit_and_one_block_of_headers,
      nothing_that_comes_in_begins_another_header, a_webhook_gets_the_facts_of_the_mail_and_no_more,
      every_kind_of_notice_is_found_by_its_name, an_address_is_read_in_one_way_only,
      only_the_public_internet_is_public, what_a_client_gives_leads_to_no_machine_near_us)
