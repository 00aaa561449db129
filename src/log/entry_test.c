/* SPDX-License-Identifier: Apache-2.0 */
#include "log/entry.h"

#include "crypt/seal.h"
#include "sys/env.h"
#include "test/test.h"

static const ident_t some = {"an id of sixteen"}, other = {"another of them "};

static bool is_put(const struct entry *entry, uint64_t seq, const char *line)
{
    OWN(buf) out = BUF(ENTRY_MAX);
    entry_put(entry, seq, &out);
    bool same = buf_end(&out) == ERR_OK && str_eq(buf_str(&out), str(line));
    if (!same)
        printf("%.*s\n", STR_ARG(buf_str(&out)));
    return same;
}

TEST(an_entry_is_one_line_and_says_no_more_than_it_knows)
{
    const struct mention device = {"dev", some};
    struct entry entry = {ACT_TENANT_MADE, .at = 1795545000000};
    CHECK(is_put(&entry, 0,
                 "{\"seq\":0,\"at\":\"2026-11-24T18:30:00Z\",\"act\":\"tenant.made\",\"by\":\"operator\"}"));
    entry = (struct entry){ACT_SIGN_IN_FAILED, .at = 1795545000000, .by = UNKNOWN, .count = 2};
    CHECK(is_put(&entry, 1,
                 "{\"seq\":1,\"at\":\"2026-11-24T18:30:00Z\",\"act\":\"sign-in.failed\",\"by\":\"unknown\","
                 "\"count\":2}"));
    entry = (struct entry){ACT_DEVICE_REVOKED, 1795545000000, {"usr", other}, some, &device, 1, 3};
    CHECK(is_put(&entry, 17,
                 "{\"seq\":17,\"at\":\"2026-11-24T18:30:00Z\",\"act\":\"device.revoked\","
                 "\"by\":\"usr_mfxg65dimvzca33geb2gqzlnea\",\"session\":\"ses_mfxca2leebxwmidtnf4hizlfny\","
                 "\"on\":[\"dev_mfxca2leebxwmidtnf4hizlfny\"],\"count\":3}"));
}

TEST(of_many_subjects_a_count_and_a_digest_stand_whatever_their_order)
{
    struct mention on[ENTRY_IDS + 1], turned[ENTRY_IDS + 1];
    OWN(buf) line = BUF(ENTRY_MAX);
    OWN(buf) again = BUF(ENTRY_MAX);
    for (size_t i = 0; i <= ENTRY_IDS; i++)
        turned[ENTRY_IDS - i] = on[i] = (struct mention){"dev", ident_new(env_real())};
    struct entry entry = {ACT_RECORDS_OPENED, 1, {"usr", other}, some, on, ENTRY_IDS + 1, 0};
    entry_put(&entry, 1, &line);
    entry.on = turned;
    entry_put(&entry, 1, &again);
    CHECK(str_eq(buf_str(&line), buf_str(&again)));
    CHECK(strstr(again.at, "\"count\":33,\"digest\":\"") && !strstr(again.at, "dev_"));
    entry.on_count = ENTRY_IDS;
    buf_clear(&again);
    entry_put(&entry, 1, &again);
    CHECK_OK(buf_end(&again));
    CHECK(strstr(again.at, "dev_") && !strstr(again.at, "digest"));
}

TEST(every_act_has_a_name_and_a_meaning_of_its_own)
{
    for (int act = ACT_NONE + 1; act < ACT_COUNT; act++) {
        enum act found = ACT_NONE;
        CHECK(*act_meaning((enum act)act));
        CHECK_OK(act_find(str(act_name((enum act)act)), &found));
        CHECK((int)found == act);
    }
    enum act none = ACT_NONE;
    CHECK_FAILS(ERR_INVALID, act_find(STR("device.sold"), &none));
}

TESTS(an_entry_is_one_line_and_says_no_more_than_it_knows,
      of_many_subjects_a_count_and_a_digest_stand_whatever_their_order,
      every_act_has_a_name_and_a_meaning_of_its_own)
