/* SPDX-License-Identifier: Apache-2.0
 *
 * What a refusal leaves behind in the service's own output.
 */
#include "test/test.h"
#include "wire/refused.h"

static const struct refused stranger = {
    .door = "console", .status = 400, .at = "framing", .why = "two Content-Lengths", .asked = {ERR_INVALID}};

static struct refused known(void)
{
    struct refused refused = {.door = "agents", .status = 403, .method = "POST"};
    refused.asked = (struct asked){.code = ERR_SIGNED_OUT, .route = "/agent/v1/report"};
    refused.asked.tenant = (ident_t){{1}};
    refused.asked.device = (ident_t){{2}};
    return refused;
}

static size_t lines(const buf_t *text)
{
    size_t count = 0;
    for (size_t i = 0; i < text->len; i++)
        count += text->at[i] == '\n';
    return count;
}

TEST(a_refusal_is_one_line_of_names_and_ids)
{
    OWN(buf) line = BUF(4096);
    struct refused device = known();
    refused_line(&device, &line);
    CHECK(str_eq(buf_str(&line), STR("refused: status=403 code=signed_out door=agents"
                                     " route=\"POST /agent/v1/report\" tenant=ten_aeaaaaaaaaaaaaaaaaaaaaaaaa"
                                     " device=dev_aiaaaaaaaaaaaaaaaaaaaaaaaa\n")));
    buf_clear(&line);
    refused_line(&stranger, &line);
    CHECK(str_eq(buf_str(&line), STR("refused: status=400 code=invalid door=console at=framing"
                                     " why=\"two Content-Lengths\"\n")));
}

TEST(a_flood_is_counted_and_drowns_nobody_who_is_known)
{
    struct refusals refusals = {0};
    struct refused device = known();
    OWN(buf) flood = BUF(1 << 20);
    OWN(buf) other = BUF(4096);
    for (int i = 0; i < REFUSALS_MOST + 500; i++)
        CHECK(refusals_take(&refusals, &stranger, 1000, &flood) == (i < REFUSALS_MOST));
    CHECK(lines(&flood) == REFUSALS_MOST);
    CHECK(refusals_take(&refusals, &device, 1000, &other) && lines(&other) == 1);
    buf_clear(&flood);
    CHECK(!refusals_rest(&refusals, 1500, &flood) && refusals_rest(&refusals, 2000, &flood));
    CHECK(str_eq(buf_str(&flood), STR("refused: and 500 more of strangers\n")));
    CHECK(!refusals_rest(&refusals, 9000, &flood));
}

TEST(an_hour_of_flood_writes_two_lines_a_second_at_most)
{
    struct refusals refusals = {0};
    OWN(buf) flood = BUF(1 << 24);
    for (moment_t at = 0; at < HOURS(1); at += 10)
        (void)refusals_take(&refusals, &stranger, at, &flood);
    CHECK(lines(&flood) <= REFUSALS_MOST + 2 * 3600 && lines(&flood) >= 3600);
}

TEST(what_is_ordinary_is_not_written)
{
    struct refusals refusals = {0};
    struct refused nobody = stranger;
    OWN(buf) line = BUF(4096);
    nobody.asked.ordinary = true;
    CHECK(!refusals_take(&refusals, &nobody, 1000, &line) && !refusals_rest(&refusals, 9000, &line));
    CHECK(line.len == 0);
}

TESTS(a_refusal_is_one_line_of_names_and_ids, a_flood_is_counted_and_drowns_nobody_who_is_known,
      an_hour_of_flood_writes_two_lines_a_second_at_most, what_is_ordinary_is_not_written)
