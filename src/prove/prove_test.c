/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of promises beside the policy it is for. What the checks find is tried over the real service
 * (test/prove_test.py).
 */
#include "prove/prove.h"

#include "sys/env.h"
#include "test/test.h"

TEST(every_promise_of_the_policy_has_a_row_and_every_row_a_promise)
{
    const char *source = getenv("CUSTODY_SOURCE");
    OWN(buf) policy = BUF(1 << 20);
    char path[4096];
    size_t rows = 0;
    if (!source)
        SKIP("CUSTODY_SOURCE is not set");
    snprintf(path, sizeof path, "%s/../shared/POLICY.md", source);
    if (env_real()->read_file(env_real(), path, &policy) != ERR_OK)
        SKIP("the policy is not beside the project");
    for (const char *at = strstr(policy.at, "\n| **"); at; at = strstr(at + 1, "\n| **"))
        rows++;
    CHECK(rows == PROMISES);
    for (size_t i = 0; i < PROMISES; i++) {
        char row[64];
        snprintf(row, sizeof row, "\n| **%s** |", promises[i].id);
        CHECK(strstr(policy.at, row) && *promises[i].title);
    }
}

TEST(a_finding_is_named_by_the_words_that_scripts_rely_on)
{
    CHECK(!strcmp(finding_name(FINDING_KEPT), "kept") && !strcmp(finding_name(FINDING_BROKEN), "broken"));
    CHECK(!strcmp(finding_name(FINDING_NOT_YET_DUE), "not yet due"));
    CHECK(!strcmp(finding_name(FINDING_NO_EVIDENCE), "no evidence"));
}

TESTS(every_promise_of_the_policy_has_a_row_and_every_row_a_promise,
      a_finding_is_named_by_the_words_that_scripts_rely_on)
