/* SPDX-License-Identifier: Apache-2.0 */
#include "api/range.h"

#include "test/test.h"

static bool is(const char *header, enum range_part part, uint64_t from, uint64_t last)
{
    struct range range = range_read(str(header), 100);
    return range.part == part && (part == RANGE_NONE_SUCH || (range.from == from && range.last == last));
}

TEST(a_download_goes_on_where_it_was_cut)
{
    CHECK(is("bytes=0-", RANGE_PART, 0, 99) && is("bytes=40-", RANGE_PART, 40, 99));
    CHECK(is("bytes=40-49", RANGE_PART, 40, 49) && is("bytes=90-1000", RANGE_PART, 90, 99));
    CHECK(is("bytes=-10", RANGE_PART, 90, 99) && is("bytes=-1000", RANGE_PART, 0, 99));
}

TEST(past_the_end_there_is_nothing)
{
    CHECK(is("bytes=100-", RANGE_NONE_SUCH, 0, 0) && is("bytes=-0", RANGE_NONE_SUCH, 0, 0));
}

TEST(what_is_no_single_range_of_bytes_gives_all)
{
    static const char *const headers[] = {"",           "bytes",
                                          "bytes=",     "bytes=-",
                                          "bytes=5",    "bytes=9-5",
                                          "lines=0-5",  "bytes=0-1,5-9",
                                          "bytes= 0-5", "bytes=a-b",
                                          "bytes=00-5", "bytes=0-05",
                                          "bytes=--5",  "bytes=1-99999999999999999999"};
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        CHECK(is(headers[i], RANGE_ALL, 0, 99));
}

TESTS(a_download_goes_on_where_it_was_cut, past_the_end_there_is_nothing,
      what_is_no_single_range_of_bytes_gives_all)
