/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/env_virtual.h"
#include "test/test.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

typedef struct {
    char text[256];
} path_t;

static path_t path_in(const char *name)
{
    path_t path;
    snprintf(path.text, sizeof path.text, "%s/%s", test_folder(), name);
    return path;
}

static bool holds(struct env *env, const char *path, str_t wanted)
{
    OWN(buf) bytes = BUF(1 << 20);
    return env->read_file(env, path, &bytes) == ERR_OK && str_eq(buf_str(&bytes), wanted);
}

static mode_t mode_of(const char *path)
{
    struct stat about = {0};
    return lstat(path, &about) == 0 ? about.st_mode & 07777 : 0;
}

static bool is_there(const char *path) { return access(path, F_OK) == 0; }

TEST(the_clocks_of_a_machine_go_forward)
{
    struct env *env = env_real();
    moment_t now = env->now(env), boot = env->boot(env);
    CHECK(now > 1735689600000 && boot > 0 && boot < now);
    usleep(3000);
    CHECK(env->boot(env) >= boot + 2);
    CHECK(env->now(env) - (moment_t)time(NULL) * 1000 < SECONDS(2));
}

TEST(randomness_fills_every_byte_and_never_repeats)
{
    struct env *env = env_real();
    unsigned char seen[300] = {0}, some[300];
    for (int round = 0; round < 20; round++) {
        env->random(env, some, sizeof some);
        for (size_t i = 0; i < sizeof some; i++)
            seen[i] |= some[i];
    }
    for (size_t i = 0; i < sizeof seen; i++)
        CHECK(seen[i]);
    CHECK(!ident_eq(ident_new(env), ident_new(env)) && !ident_is_zero(ident_new(env)));
}

TEST(a_file_holds_what_was_written_last)
{
    struct env *env = env_real();
    path_t path = path_in("file");
    CHECK_OK(env->write_file(env, path.text, STR("first, and longer\0"), 0600));
    CHECK(holds(env, path.text, STR("first, and longer\0")) && mode_of(path.text) == 0600);
    CHECK_OK(env->write_file(env, path.text, STR("second"), 0600));
    CHECK(holds(env, path.text, STR("second")) && !is_there(path_in("file.new").text));
    CHECK_OK(env->write_file(env, path.text, STR(""), 0600));
    CHECK(holds(env, path.text, STR("")));
}

TEST(a_file_that_is_not_there_is_missing)
{
    struct env *env = env_real();
    OWN(buf) bytes = BUF(16);
    CHECK_FAILS(ERR_MISSING, env->read_file(env, path_in("none").text, &bytes));
    CHECK_FAILS(ERR_MISSING, env->overwrite(env, path_in("none").text, 0, STR("x")));
    CHECK_FAILS(ERR_MISSING, env->write_file(env, path_in("none/file").text, STR("x"), 0600));
    CHECK_OK(env->remove_file(env, path_in("none").text));
    CHECK(bytes.len == 0);
}

TEST(a_file_past_the_buffers_limit_is_too_large)
{
    struct env *env = env_real();
    path_t path = path_in("file");
    OWN(buf) bytes = BUF(9), enough = BUF(10);
    CHECK_OK(env->write_file(env, path.text, STR("ten bytes."), 0600));
    CHECK_FAILS(ERR_TOO_LARGE, env->read_file(env, path.text, &bytes));
    CHECK_OK(env->read_file(env, path.text, &enough));
}

TEST(a_write_that_fails_midway_leaves_the_old_bytes)
{
    struct env *env = env_real();
    path_t path = path_in("file");
    static char large[64 * 1024];
    memset(large, 'n', sizeof large);
    CHECK_OK(env->write_file(env, path.text, STR("old bytes"), 0600));
    struct rlimit before, small = {10000, 10000};
    CHECK(getrlimit(RLIMIT_FSIZE, &before) == 0);
    small.rlim_max = before.rlim_max;
    signal(SIGXFSZ, SIG_IGN);
    CHECK(setrlimit(RLIMIT_FSIZE, &small) == 0);
    err_t failed = env->write_file(env, path.text, str_bytes(large, sizeof large), 0600);
    CHECK(setrlimit(RLIMIT_FSIZE, &before) == 0);
    CHECK(failed == ERR_BROKEN);
    CHECK(holds(env, path.text, STR("old bytes")));
    CHECK_OK(env->write_file(env, path.text, str_bytes(large, sizeof large), 0600));
    CHECK(holds(env, path.text, str_bytes(large, sizeof large)));
}

static void write_without_end(const char *path)
{
    static char bytes[200 * 1024];
    struct env *env = env_real();
    for (char c = 'a';; c = c == 'z' ? 'a' : (char)(c + 1)) {
        memset(bytes, c, sizeof bytes);
        if (env->write_file(env, path, str_bytes(bytes, sizeof bytes), 0600) != ERR_OK)
            _exit(1);
    }
}

static bool is_one_letter(str_t bytes)
{
    for (size_t i = 0; i < bytes.len; i++)
        if (bytes.at[i] != bytes.at[0])
            return false;
    return bytes.len == 200 * 1024;
}

TEST(a_file_left_by_a_crash_lends_nothing_to_the_next_one)
{
    struct env *env = env_real();
    path_t path = path_in("file"), fresh = path_in("file.new");
    CHECK_OK(env->write_file(env, fresh.text, STR("left by a crash, and readable"), 0600));
    CHECK(chmod(fresh.text, 0666) == 0);
    CHECK_OK(env->write_file(env, path.text, STR("a key"), 0600));
    CHECK(holds(env, path.text, STR("a key")) && mode_of(path.text) == 0600);
}

TEST(an_endless_file_is_too_large)
{
    OWN(buf) bytes = BUF(100000);
    CHECK_FAILS(ERR_TOO_LARGE, env_real()->read_file(env_real(), "/dev/zero", &bytes));
}

TEST(an_overwrite_makes_no_file_longer)
{
    OWN(world) world = {0};
    world_open(&world, 1);
    struct env *both[] = {env_real(), &world.env};
    path_t path = path_in("file");
    for (size_t i = 0; i < 2; i++) {
        CHECK_OK(both[i]->write_file(both[i], path.text, STR("four"), 0600));
        CHECK_FAILS(ERR_MISSING, both[i]->overwrite(both[i], path.text, 3, STR("xx")));
        CHECK_OK(both[i]->overwrite(both[i], path.text, 2, STR("xx")));
        CHECK(holds(both[i], path.text, STR("foxx")));
    }
}

TEST(a_crash_while_writing_leaves_the_old_bytes_or_the_new_ones)
{
    struct env *env = env_real();
    path_t path = path_in("file");
    for (int round = 0; round < 8; round++) {
        pid_t child = fork();
        if (child == 0)
            write_without_end(path.text);
        for (int wait = 0; wait < 5000 && !is_there(path.text); wait++)
            usleep(1000);
        usleep((useconds_t)(round * 1700));
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        OWN(buf) bytes = BUF(1 << 20);
        CHECK_OK(env->read_file(env, path.text, &bytes));
        CHECK(is_one_letter(buf_str(&bytes)));
    }
}

TEST(a_write_replaces_a_link_and_follows_none)
{
    struct env *env = env_real();
    path_t path = path_in("file"), other = path_in("other"), fresh = path_in("file.new");
    CHECK_OK(env->write_file(env, other.text, STR("untouched"), 0600));
    CHECK(symlink(other.text, path.text) == 0);
    CHECK_OK(env->write_file(env, path.text, STR("mine"), 0600));
    CHECK(holds(env, other.text, STR("untouched")) && holds(env, path.text, STR("mine")));
    CHECK(symlink(other.text, fresh.text) == 0);
    CHECK_OK(env->write_file(env, path.text, STR("more"), 0600));
    CHECK(holds(env, other.text, STR("untouched")) && holds(env, path.text, STR("more")));
    CHECK(symlink(other.text, path_in("link").text) == 0);
    CHECK(env->overwrite(env, path_in("link").text, 0, STR("x")) != ERR_OK);
    CHECK(holds(env, other.text, STR("untouched")));
}

TEST(an_overwrite_changes_its_bytes_in_place)
{
    struct env *env = env_real();
    path_t path = path_in("file");
    struct stat before, after;
    CHECK_OK(env->write_file(env, path.text, STR("aaaaaaaa"), 0640));
    CHECK(stat(path.text, &before) == 0);
    CHECK_OK(env->overwrite(env, path.text, 3, STR("\0\0")));
    CHECK(stat(path.text, &after) == 0);
    CHECK(holds(env, path.text, STR("aaa\0\0aaa")) && before.st_ino == after.st_ino);
}

TEST(a_removed_file_is_gone)
{
    struct env *env = env_real();
    path_t path = path_in("file");
    CHECK_OK(env->write_file(env, path.text, STR("x"), 0600));
    CHECK_OK(env->remove_file(env, path.text));
    CHECK(!is_there(path.text));
    CHECK_OK(env->remove_file(env, path.text));
    CHECK_OK(env->put_file(env, path.text, STR("x"), 0600));
    CHECK_OK(env->drop_file(env, path.text));
    CHECK(!is_there(path.text));
    CHECK_OK(env->drop_file(env, path.text));
    CHECK_FAILS(ERR_BROKEN, env->drop_file(env, path_in("").text));
}

/* A socket bound to a free port of this machine, and which one. */
static int given_a_port(uint16_t *out_port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(fd, (struct sockaddr *)&at, len) != 0 || getsockname(fd, (struct sockaddr *)&at, &len) != 0)
        return -1;
    *out_port = ntohs(at.sin_port);
    return fd;
}

TEST(a_dial_reaches_who_listens_and_nobody_else)
{
    struct env *env = env_real();
    uint16_t port = 0;
    OWN(fd) bound = given_a_port(&port);
    OWN(fd) dialled = 0;
    CHECK(bound > 0);
    CHECK_FAILS(ERR_UNREACHABLE, env->dial(env, "127.0.0.1", port, &dialled));
    CHECK(dialled == 0 && listen(bound, 1) == 0);
    CHECK_OK(env->dial(env, "127.0.0.1", port, &dialled));
    OWN(fd) accepted = accept(bound, NULL, NULL);
    char got = 0;
    CHECK(accepted > 0 && write(dialled, "!", 1) == 1 && read(accepted, &got, 1) == 1 && got == '!');
    CHECK(fcntl(dialled, F_GETFD) & FD_CLOEXEC);
}

TEST(a_virtual_clock_moves_only_when_told)
{
    OWN(world) world = {0};
    world_open(&world, 1);
    struct env *env = &world.env;
    moment_t now = env->now(env), boot = env->boot(env);
    usleep(2000);
    CHECK(env->now(env) == now && env->boot(env) == boot);
    world.clock += DAYS(14);
    CHECK(env->now(env) == now + DAYS(14) && env->boot(env) == boot);
    CHECK(!strcmp(moment_text(now).text, "2025-12-01T00:00:00Z"));
}

TEST(virtual_randomness_repeats_with_its_seed)
{
    OWN(world) one = {0};
    OWN(world) same = {0};
    OWN(world) other = {0};
    world_open(&one, 1), world_open(&same, 1), world_open(&other, 2);
    ident_t first = ident_new(&one.env);
    CHECK(ident_eq(first, ident_new(&same.env)) && !ident_eq(first, ident_new(&other.env)));
    CHECK(!ident_eq(first, ident_new(&one.env)));
}

TEST(a_virtual_disk_behaves_as_a_real_one)
{
    OWN(world) world = {0};
    world_open(&world, 1);
    struct env *env = &world.env;
    OWN(buf) small = BUF(3);
    CHECK_FAILS(ERR_MISSING, env->read_file(env, "/f", &small));
    CHECK_FAILS(ERR_MISSING, env->overwrite(env, "/f", 0, STR("x")));
    CHECK_OK(env->write_file(env, "/f", STR("aaaaaa"), 0600));
    CHECK_OK(env->write_file(env, "/g", STR("other"), 0600));
    CHECK_FAILS(ERR_TOO_LARGE, env->read_file(env, "/f", &small));
    CHECK_OK(env->overwrite(env, "/f", 2, STR("bb")));
    CHECK(holds(env, "/f", STR("aabbaa")) && holds(env, "/g", STR("other")));
    CHECK_OK(env->write_file(env, "/f", STR("c"), 0600));
    CHECK(holds(env, "/f", STR("c")));
    CHECK_OK(env->remove_file(env, "/f"));
    CHECK_OK(env->remove_file(env, "/f"));
    CHECK_FAILS(ERR_MISSING, env->read_file(env, "/f", &small));
    CHECK(holds(env, "/g", STR("other")));
}

TEST(a_virtual_file_too_large_leaves_the_old_bytes)
{
    OWN(world) world = {0};
    OWN(buf) large = BUF(WORLD_FILE_BYTES + 1);
    world_open(&world, 1);
    memset(buf_room(&large, WORLD_FILE_BYTES + 1), 'x', WORLD_FILE_BYTES + 1);
    CHECK_OK(world.env.write_file(&world.env, "/f", STR("old"), 0600));
    CHECK_FAILS(ERR_TOO_LARGE, world.env.write_file(&world.env, "/f", buf_str(&large), 0600));
    CHECK(holds(&world.env, "/f", STR("old")));
}

TEST(a_failing_virtual_disk_fails_from_its_nth_act_on_and_keeps_its_bytes)
{
    for (int nth = 1; nth <= 4; nth++) {
        OWN(world) world = {0};
        world_open(&world, 1);
        struct env *env = &world.env;
        CHECK_OK(env->write_file(env, "/f", STR("0"), 0600));
        world.fail_at = nth;
        int done = 0;
        done += env->write_file(env, "/f", STR("1"), 0600) == ERR_OK;
        done += env->overwrite(env, "/f", 0, STR("2")) == ERR_OK;
        done += env->write_file(env, "/f", STR("3"), 0600) == ERR_OK;
        done += env->remove_file(env, "/f") == ERR_OK;
        CHECK(done == nth - 1);
        CHECK_FAILS(ERR_BROKEN, env->remove_file(env, "/f"));
        world.failing = false;
        CHECK(holds(env, "/f", nth == 1 ? STR("0") : nth == 2 ? STR("1") : nth == 3 ? STR("2") : STR("3")));
    }
}

TEST(a_full_virtual_disk_says_so)
{
    OWN(world) world = {0};
    world_open(&world, 1);
    struct env *env = &world.env;
    for (int i = 0; i < WORLD_FILES; i++) {
        char path[16];
        snprintf(path, sizeof path, "/%d", i);
        CHECK_OK(env->write_file(env, path, STR("x"), 0600));
    }
    CHECK_FAILS(ERR_TOO_LARGE, env->write_file(env, "/one more", STR("x"), 0600));
    CHECK_OK(env->remove_file(env, "/7"));
    CHECK_OK(env->write_file(env, "/one more", STR("x"), 0600));
}

TEST(nobody_answers_in_a_virtual_network)
{
    OWN(world) world = {0};
    world_open(&world, 1);
    int fd = 0;
    CHECK_FAILS(ERR_UNREACHABLE, world.env.dial(&world.env, "127.0.0.1", 1, &fd));
    CHECK(fd == 0);
}

TESTS(a_file_left_by_a_crash_lends_nothing_to_the_next_one, an_endless_file_is_too_large,
      an_overwrite_makes_no_file_longer, a_virtual_file_too_large_leaves_the_old_bytes,
      the_clocks_of_a_machine_go_forward, randomness_fills_every_byte_and_never_repeats,
      a_file_holds_what_was_written_last, a_file_that_is_not_there_is_missing,
      a_file_past_the_buffers_limit_is_too_large, a_write_that_fails_midway_leaves_the_old_bytes,
      a_crash_while_writing_leaves_the_old_bytes_or_the_new_ones, a_write_replaces_a_link_and_follows_none,
      an_overwrite_changes_its_bytes_in_place, a_removed_file_is_gone,
      a_dial_reaches_who_listens_and_nobody_else, a_virtual_clock_moves_only_when_told,
      virtual_randomness_repeats_with_its_seed, a_virtual_disk_behaves_as_a_real_one,
      a_failing_virtual_disk_fails_from_its_nth_act_on_and_keeps_its_bytes, a_full_virtual_disk_says_so,
      nobody_answers_in_a_virtual_network)
