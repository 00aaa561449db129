/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/names.h"
#include "sys/env.h"
#include "test/test.h"

#include <sys/stat.h>

static err_t file_put(const char *name, str_t text)
{
    char path[600];
    snprintf(path, sizeof path, "%s/etc", test_folder());
    mkdir(path, 0700);
    snprintf(path, sizeof path, "%s/etc/%s", test_folder(), name);
    return env_real()->write_file(env_real(), path, text, 0600);
}

TEST(who_becomes_a_uid_that_was_lent_to_an_account_is_still_that_account)
{
    OWN(names) names = NULL;
    CHECK_OK(file_put("passwd", STR("root:x:0:0::/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\n"
                                    "ben:x:1001:1001::/home/ben:/bin/sh\nnode:x:165540:9::/:/bin/sh\n")));
    CHECK_OK(file_put("group", STR("ann:x:1000:\n")));
    CHECK_OK(file_put("subuid",
                      STR("ann:100000:65536\n1001:165536:65536\nnobody-here:300000:9\nben:4000000000\n\n")));
    CHECK_OK(names_read(test_folder(), NULL, 0, &names));
    CHECK(names_behind(names, 100000) == 1000 && names_behind(names, 165535) == 1000);
    CHECK(names_behind(names, 165536) == 1001 && names_behind(names, 231072) == 231072);
    CHECK(names_behind(names, 0) == 0 && names_behind(names, 1000) == 1000 &&
          names_behind(names, 54321) == 54321);
    CHECK(names_behind(names, 165540) == 165540); /* an account of its own */
    CHECK(names_behind(names, 300000) == 300000);
}

TEST(where_nothing_is_lent_a_uid_is_itself)
{
    OWN(names) names = NULL;
    char path[600];
    CHECK_OK(file_put("passwd", STR("root:x:0:0::/root:/bin/sh\n")));
    CHECK_OK(file_put("group", STR("root:x:0:\n")));
    snprintf(path, sizeof path, "%s/etc/subuid", test_folder());
    unlink(path);
    CHECK_OK(names_read(test_folder(), NULL, 0, &names));
    CHECK(names_behind(names, 100000) == 100000 && !names_are_old(names));
    CHECK_OK(file_put("subuid", STR("root:100000:65536\n")));
    CHECK(names_are_old(names));
}

TESTS(who_becomes_a_uid_that_was_lent_to_an_account_is_still_that_account,
      where_nothing_is_lent_a_uid_is_itself)
