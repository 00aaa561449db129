/* SPDX-License-Identifier: Apache-2.0 */
#include "log/folder.h"

#include "test/test.h"
#include <sys/stat.h>

TEST(a_log_is_read_by_the_paths_that_it_has_and_no_others)
{
    static const char *const wrong[] = {"",
                                        "../checkpoint",
                                        "tile/0/../0/000",
                                        "/etc/passwd",
                                        "tile",
                                        "tile/0/000/",
                                        "checkpoint.new",
                                        "tile/00/000",
                                        "tile/0/000.p/256"};
    struct log_folder folder;
    OWN(buf) bytes = BUF(TILE_BYTES);
    CHECK_OK(log_folder_at(env_real(), test_folder(), "one", &folder));
    struct tile_sink sink = log_folder_sink(&folder);
    const struct tile tile = {0, 1234067, 3};
    CHECK_FAILS(ERR_MISSING, log_folder_file(&folder, STR("checkpoint"), &bytes));
    CHECK_OK(sink.put(sink.to, &tile, STR("hashes")));
    CHECK_OK(log_folder_checkpoint_put(&folder, STR("signed")));
    CHECK_OK(log_folder_file(&folder, STR("tile/0/x001/x234/067.p/3"), &bytes));
    CHECK(str_eq(buf_str(&bytes), STR("hashes")));
    buf_clear(&bytes);
    CHECK_OK(log_folder_file(&folder, STR("checkpoint"), &bytes));
    CHECK(str_eq(buf_str(&bytes), STR("signed")));
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CHECK_FAILS(ERR_INVALID, log_folder_file(&folder, str(wrong[i]), &bytes));
    CHECK_FAILS(ERR_MISSING, log_folder_file(&folder, STR("tile/0/001"), &bytes));
}

TEST(what_is_put_again_replaces_what_a_crash_left)
{
    struct log_folder folder;
    OWN(buf) bytes = BUF(TILE_BYTES);
    char left[1200];
    CHECK_OK(log_folder_at(env_real(), test_folder(), "two", &folder));
    CHECK_OK(log_folder_checkpoint_put(&folder, STR("old")));
    snprintf(left, sizeof left, "%s/checkpoint.new", folder.path);
    CHECK_OK(env_real()->put_file(env_real(), left, STR("half of wh"), 0600));
    CHECK_OK(log_folder_checkpoint_put(&folder, STR("new")));
    CHECK_OK(log_folder_checkpoint(&folder, &bytes));
    CHECK(str_eq(buf_str(&bytes), STR("new")));
}

TESTS(a_log_is_read_by_the_paths_that_it_has_and_no_others, what_is_put_again_replaces_what_a_crash_left)
