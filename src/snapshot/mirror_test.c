/* SPDX-License-Identifier: Apache-2.0
 *
 * The logs' mirror goes on and never back.
 */
#include "snapshot/mirror.h"

#include "test/test.h"
#include <sys/stat.h>

struct given {
    char logs[512], to[512];
};

static err_t put(const char *folder, const char *path, const char *text)
{
    char at[1024];
    snprintf(at, sizeof at, "%s/%s", folder, path);
    return env_real()->put_file(env_real(), at, str(text), 0600);
}

static bool is_there(const char *folder, const char *path, const char *text)
{
    char at[1024];
    OWN(buf) bytes = BUF(1 << 16);
    snprintf(at, sizeof at, "%s/%s", folder, path);
    return env_real()->read_file(env_real(), at, &bytes) == ERR_OK && str_eq(buf_str(&bytes), str(text));
}

static err_t given_logs(struct given *given)
{
    snprintf(given->logs, sizeof given->logs, "%s/log", test_folder());
    snprintf(given->to, sizeof given->to, "%s/mirror", test_folder());
    TRY(put(given->logs, "ten_a/tile/0/000", "full"));
    TRY(put(given->logs, "ten_a/tile/entries/000.p/5", "part"));
    return put(given->logs, "ten_a/checkpoint", "custody/ten_a\n5\nroot\n");
}

TEST(what_a_log_has_is_copied_once_and_what_comes_is_added)
{
    struct given given;
    size_t copied = 0;
    CHECK_OK(given_logs(&given));
    CHECK_OK(mirror_take(env_real(), given.logs, given.to, &copied));
    CHECK(copied == 2 && is_there(given.to, "ten_a/tile/entries/000.p/5", "part"));
    CHECK_OK(put(given.logs, "ten_a/tile/0/001", "more"));
    CHECK_OK(put(given.logs, "ten_a/checkpoint", "custody/ten_a\n9\nroot\n"));
    CHECK_OK(mirror_take(env_real(), given.logs, given.to, &copied));
    CHECK(copied == 1 && is_there(given.to, "ten_a/checkpoint", "custody/ten_a\n9\nroot\n"));
}

TEST(a_log_that_was_taken_back_is_named_and_its_mirror_stays)
{
    struct given given;
    size_t copied = 0;
    CHECK_OK(given_logs(&given));
    CHECK_OK(put(given.logs, "ten_b/tile/0/000", "full"));
    CHECK_OK(put(given.logs, "ten_b/checkpoint", "custody/ten_b\n1\nroot\n"));
    CHECK_OK(mirror_take(env_real(), given.logs, given.to, &copied));
    CHECK_OK(put(given.logs, "ten_a/checkpoint", "custody/ten_a\n3\nroot\n"));
    CHECK_OK(put(given.logs, "ten_b/checkpoint", "custody/ten_b\n2\nroot\n"));
    CHECK_FAILS(ERR_BROKEN, mirror_take(env_real(), given.logs, given.to, &copied));
    CHECK(strstr(err_note(), "ten_a") && is_there(given.to, "ten_a/checkpoint", "custody/ten_a\n5\nroot\n"));
    CHECK(is_there(given.to, "ten_b/checkpoint", "custody/ten_b\n2\nroot\n"));
}

TESTS(what_a_log_has_is_copied_once_and_what_comes_is_added,
      a_log_that_was_taken_back_is_named_and_its_mirror_stays)
