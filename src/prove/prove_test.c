/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of promises beside the policy it is for. What the checks find is tried over the real service
 * (test/prove_test.py).
 */
#include "prove/checks.h"

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

TEST(every_promise_names_controls_that_are_in_the_table_and_every_control_a_promise)
{
    const char *const annexes[PROMISES] = {
#define P(id, check, annex, title) annex,
        PROMISE_TABLE(P)
#undef P
    };
    const char *const controls[] = {
#define A(number, asks) number,
        ANNEX_A(A)
#undef A
    };
    enum { CONTROLS = sizeof controls / sizeof *controls };
    size_t named[CONTROLS] = {0};
    for (size_t i = 0; i < PROMISES; i++) {
        str_t rest = str(annexes[i]);
        CHECK(rest.len);
        for (str_t each = str_until(&rest, ' '); each.len; each = str_until(&rest, ' ')) {
            size_t at = 0;
            while (at < CONTROLS && !str_eq(each, str(controls[at])))
                at++;
            CHECK(at < CONTROLS);
            named[at]++;
        }
    }
    for (size_t i = 0; i < CONTROLS; i++)
        CHECK(named[i]);
}

TEST(a_finding_is_named_by_the_words_that_scripts_rely_on)
{
    CHECK(!strcmp(finding_name(FINDING_KEPT), "kept") && !strcmp(finding_name(FINDING_BROKEN), "broken"));
    CHECK(!strcmp(finding_name(FINDING_NOT_YET_DUE), "not yet due"));
    CHECK(!strcmp(finding_name(FINDING_NO_EVIDENCE), "no evidence"));
}

/* Another text in clear would be readable without the client, and counted nowhere. */
static bool is_accounted_for(const concept_t *c, const field_t *f)
{
    bool is_text = f->kind == KIND_TEXT || f->kind == KIND_BYTES || f->class == CLASS_SERVICE;
    bool is_state = f->purpose == STATE_OF_THE_RECORD || f->purpose == RIGHTS_OF_THE_MEMBER ||
                    f->purpose == NAMES_THE_PARENT;
    bool is_counted = c->home == HOME_TENANT || c->home == HOME_CONTROL || f->purpose == NOTICE_ADDRESS;
    return !is_text || is_state || (exception_purpose(f->purpose) && is_counted);
}

TEST(no_text_stands_in_clear_but_words_of_state_and_the_exceptions_that_are_counted)
{
    size_t excepted = 0;
    for (const concept_t *const *c = concepts; *c; c++)
        for_each_field(f, *c) {
            if ((*c)->shape == SHAPE_MESSAGE || field_is_sealed(*c, f))
                continue;
            CHECK(is_accounted_for(*c, f));
            excepted += exception_purpose(f->purpose) != NULL;
        }
    CHECK(excepted == 4 && exception_purpose(CONTRACT_FACT) && !exception_purpose(COLLECT_USERNAMES));
}

TESTS(every_promise_of_the_policy_has_a_row_and_every_row_a_promise,
      every_promise_names_controls_that_are_in_the_table_and_every_control_a_promise,
      a_finding_is_named_by_the_words_that_scripts_rely_on,
      no_text_stands_in_clear_but_words_of_state_and_the_exceptions_that_are_counted)
