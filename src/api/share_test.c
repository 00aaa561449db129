/* SPDX-License-Identifier: Apache-2.0
 *
 * Who may have how many of what there are few of.
 */
#include "api/share.h"
#include "test/test.h"

enum { MOST = 4 };

static const ident_t one = {{1}}, other = {{2}}, third = {{3}};

TEST(a_tenant_that_takes_all_it_can_leaves_one_for_whoever_has_none)
{
    static struct share share;
    for (int i = 0; i < MOST - 1; i++)
        CHECK(share_take(&share, one, MOST));
    CHECK(!share_take(&share, one, MOST));
    CHECK(share_take(&share, other, MOST) && !share_take(&share, third, MOST));
    share_give(&share, one);
    CHECK(!share_take(&share, one, MOST) && share_take(&share, third, MOST));
}

TEST(where_there_is_one_alone_whoever_comes_first_has_it)
{
    static struct share share;
    CHECK(share_take(&share, one, 1) && !share_take(&share, other, 1));
    share_give(&share, one);
    CHECK(share_take(&share, other, 1));
}

TESTS(a_tenant_that_takes_all_it_can_leaves_one_for_whoever_has_none,
      where_there_is_one_alone_whoever_comes_first_has_it)
