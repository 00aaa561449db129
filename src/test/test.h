/* SPDX-License-Identifier: Apache-2.0
 *
 * The harness: tests read as promises, one list of them at the end of each file.
 *
 *     TEST(a_forgotten_person_is_unreadable) { …  CHECK(truth); CHECK_OK(call); CHECK_FAILS(ERR_LOCKED, call); }
 *     TESTS(a_forgotten_person_is_unreadable, …)
 *
 * A check that does not hold ends its test and says what was meant; the run goes on with the next one. SKIP(why) ends
 * a test that cannot run here, and is counted. The last line printed is `N passed, N failed[, N skipped]`; the
 * status is 1 where one failed. Arguments on the command line choose tests by a part of their name.
 */
#pragma once
#include "base/bytes.h"

struct test {
    const char *name;
    void (*run)(void);
};

void test_failed(const char *file, int line, const char *said, const char *note);
void test_skipped(const char *why);
int test_main(const struct test *tests, size_t count, int argc, char **argv);

/* A folder of this test's own, removed at the end of the run. */
const char *test_folder(void);
void test_folder_remove(void); /* for a program that is not run by TESTS() */

#define TEST(id) static void id(void)
#define CHECK(truth) \
    do { \
        if (!(truth)) { \
            test_failed(__FILE__, __LINE__, #truth, ""); \
            return; \
        } \
    } while (0)
#define CHECK_OK(call) \
    do { \
        if ((call) != ERR_OK) { \
            test_failed(__FILE__, __LINE__, #call, err_note()); \
            return; \
        } \
    } while (0)
#define CHECK_FAILS(code, call) CHECK((call) == (code))
#define SKIP(why) \
    do { \
        test_skipped(why); \
        return; \
    } while (0)

#define TESTS(...) \
    int main(int argc, char **argv) \
    { \
        static const struct test tests[] = {TEST_ROWS_(__VA_ARGS__)}; \
        return test_main(tests, sizeof tests / sizeof *tests, argc, argv); \
    }

#define TEST_ROW_(id)       {#id, id},
#define TEST_ROWS_(...)     TEST_EXPAND_(TEST_EACH_(__VA_ARGS__))
#define TEST_EXPAND_(...)   TEST_EXPAND1_(TEST_EXPAND1_(TEST_EXPAND1_(__VA_ARGS__)))
#define TEST_EXPAND1_(...)  TEST_EXPAND2_(TEST_EXPAND2_(TEST_EXPAND2_(__VA_ARGS__)))
#define TEST_EXPAND2_(...)  TEST_EXPAND3_(TEST_EXPAND3_(TEST_EXPAND3_(__VA_ARGS__)))
#define TEST_EXPAND3_(...)  __VA_ARGS__
#define TEST_EACH_(id, ...) TEST_ROW_(id) __VA_OPT__(TEST_AGAIN_ TEST_PARENS_(__VA_ARGS__))
#define TEST_AGAIN_()       TEST_EACH_
#define TEST_PARENS_        ()
