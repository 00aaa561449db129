/* SPDX-License-Identifier: Apache-2.0 */
#include "test/test.h"

#include <ftw.h>
#include <sys/stat.h>

static bool failed, skipped;
static char folder[256];

void test_failed(const char *file, int line, const char *said, const char *note)
{
    failed = true;
    printf("%s:%d: not so: %s %s\n", file, line, said, note);
}

void test_skipped(const char *why)
{
    skipped = true;
    printf("skipped: %s\n", why);
}

static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *where)
{
    (void)about, (void)kind, (void)where;
    return remove(path);
}

void test_folder_remove(void)
{
    if (folder[0])
        nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    folder[0] = '\0';
}

const char *test_folder(void)
{
    const char *temporary = getenv("TMPDIR");
    if (!folder[0]) {
        snprintf(folder, sizeof folder, "%s/custody-test-XXXXXX", temporary ? temporary : P_tmpdir);
        if (!mkdtemp(folder))
            abort();
    }
    return folder;
}

static bool wanted(const char *name, int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strstr(name, argv[i]))
            return true;
    return argc < 2;
}

int test_main(const struct test *tests, size_t count, int argc, char **argv)
{
    int passed = 0, broken = 0, left_out = 0;
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (size_t i = 0; i < count; i++) {
        if (!wanted(tests[i].name, argc, argv))
            continue;
        failed = skipped = false;
        tests[i].run();
        test_folder_remove();
        printf("%s %s\n", failed ? "FAILED " : skipped ? "skipped" : "ok     ", tests[i].name);
        broken += failed;
        left_out += !failed && skipped;
        passed += !failed && !skipped;
    }
    printf("%d passed, %d failed", passed, broken);
    if (left_out)
        printf(", %d skipped", left_out);
    printf("\n");
    return broken != 0;
}
