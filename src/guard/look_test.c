/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/look.h"
#include "guard/mounts.h"
#include "guard/process.h"
#include "sys/env.h"
#include "test/test.h"

#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

static err_t file_look(const char *path, struct look *out_look)
{
    OWN(buf) bytes = BUF(LOADER_BYTES * 4);
    TRY(env_real()->read_file(env_real(), path, &bytes));
    look_at(str(path), buf_str(&bytes), out_look);
    return ERR_OK;
}

TEST(a_loader_is_known_by_what_it_says_of_itself_and_not_by_its_name)
{
    struct look look;
    glob_t found;
    if (glob("/lib*/ld-linux*.so.*", 0, NULL, &found) != 0)
        SKIP("no loader of the GNU C library");
    OWN(buf) bytes = BUF(LOADER_BYTES);
    CHECK_OK(env_real()->read_file(env_real(), found.gl_pathv[0], &bytes));
    globfree(&found);
    look_at(STR("/tmp/innocent"), buf_str(&bytes), &look);
    CHECK(look.kind == KIND_LOADER && look.whole);
    look_at(STR("/tmp/innocent"), (str_t){bytes.at, LOOK_BYTES}, &look);
    CHECK(look.kind == KIND_PROGRAM && look.whole);
    CHECK_OK(file_look("/bin/true", &look));
    CHECK(look.kind == KIND_PROGRAM && !look.whole);
    CHECK_OK(file_look("/proc/self/exe", &look));
    CHECK(look.kind == KIND_PROGRAM);
}

TEST(a_script_says_who_runs_it)
{
    struct look look;
    look_at(STR("/x"), STR("#! /usr/bin/env python3\nprint()\n"), &look);
    CHECK(look.kind == KIND_SCRIPT && !strcmp(look.interpreter, "/usr/bin/env"));
    look_at(STR("/x"), STR("#!"), &look);
    CHECK(look.kind == KIND_SCRIPT && !*look.interpreter);
    look_at(STR("/x"),
            STR("\x7f"
                "ELF"),
            &look);
    CHECK(look.kind == KIND_PROGRAM);
    look_at(STR("/x"), STR("text"), &look);
    CHECK(look.kind == KIND_OTHER_FILE);
}

/* The arguments, as on a line; the place of the script. */
static size_t place_in(const char *interpreter, const char *line)
{
    str_t args[16], rest = str(line);
    size_t count = 0;
    while (rest.len && count < 16)
        args[count++] = str_until(&rest, ' ');
    return script_target(str(interpreter), args, count);
}

TEST(the_script_is_found_among_the_arguments)
{
    CHECK(place_in("/bin/sh", "sh /x") == 1 && place_in("/bin/bash", "bash -e -o pipefail -- /x y") == 5);
    CHECK(place_in("/bin/sh", "sh -c /x") == 0 && place_in("/bin/sh", "sh -ec /x") == 0);
    CHECK(place_in("/bin/sh", "sh") == 0 && place_in("/bin/sh", "sh -") == 0 &&
          place_in("/bin/sh", "sh -s x") == 2);
    CHECK(place_in("/bin/bash", "bash --rcfile /r /x") == 3 && place_in("/bin/sh", "sh +o x /x") == 3);
    CHECK(place_in("/usr/bin/python3.11", "python3 -I -W ignore /x") == 4);
    CHECK(place_in("/usr/bin/python3", "python3 -m http.server") == 0);
    CHECK(place_in("/usr/bin/perl5.36.0", "perl -w -I lib /x") == 4 &&
          place_in("/usr/bin/perl", "perl -we x") == 0);
    CHECK(place_in("/usr/bin/php", "php -f /x") == 2 && place_in("/usr/bin/gawk", "gawk -F : -f /x y") == 4);
    CHECK(place_in("/usr/bin/gawk", "gawk {print} /x") == 0 && place_in("/usr/bin/vim", "vim /x") == 0);
    CHECK(!interpreter_is_known(STR("/usr/bin/shred")) && !interpreter_is_known(STR("/usr/bin/node-gyp")));
}

TEST(what_a_loader_is_to_run_is_found_among_its_arguments)
{
    const str_t valued[] = {STR("ld.so"), STR("--library-path"), STR("/lib"), STR("--inhibit-cache"),
                            STR("/x")};
    const str_t lists[] = {STR("ld.so"), STR("--list"), STR("/x")};
    CHECK(loader_target(valued, 5) == 4 && loader_target(lists, 3) == 0 && loader_target(valued, 1) == 0);
}

TEST(the_files_of_proc_are_read)
{
    struct process process;
    struct call_at at;
    struct mount mount;
    char text[128];
    CHECK_OK(process_read(getpid(), &process));
    CHECK(process.pid == getpid() && process.parent == getppid() && process.uid == getuid());
    CHECK_FAILS(ERR_INVALID, status_text_read(STR("Tgid:\t12\nPPid:\tx\n"), &process));
    snprintf(text, sizeof text, "%d 0x1f 0xffffffffffffffff 0x2 0x0 0x0 0x0 0x1 0x2", SYS_execve);
    CHECK_OK(syscall_text_read(str(text), &at));
    CHECK(at.folder == AT_FDCWD && at.path == 0x1f && at.args == UINT64_MAX);
    snprintf(text, sizeof text, "%d 0xffffff9c 0x10 0x20 0x0 0x0 0x0 0x1 0x2", SYS_execveat);
    CHECK_OK(syscall_text_read(str(text), &at));
    CHECK(at.folder == AT_FDCWD && at.path == 0x10 && at.args == 0x20);
    CHECK_FAILS(ERR_INVALID, syscall_text_read(STR("running"), &at));
    CHECK(mount_line_read(STR("36 35 98:7 / /mnt\\040one rw master:1 - ext4 /dev/root rw"), &mount));
    CHECK(mount.disk.tells);
    CHECK(!strcmp(mount.path, "/mnt one") && mount.device == makedev(98, 7));
    CHECK(mount.id == 36 && !strcmp(mount.root, "/") && mount.programs && !mount.disk.waits);
    CHECK(mount_line_read(STR("36 35 0:7 /a /proc rw - proc proc rw"), &mount) && !mount.programs);
    CHECK(mount_line_read(STR("36 35 0:7 / /m rw - fuse.sshfs x rw"), &mount) && mount.disk.waits);
    CHECK(!mount_line_read(STR("36 35 98:7 / /mnt rw"), &mount));
}

TEST(a_call_is_not_taken_for_unknown_because_its_thread_still_runs)
{
    enum { RUNS_MS = 200 };
    struct env *env = env_real();
    struct call *call = calloc(1, sizeof *call);
    moment_t begun = env->boot(env);
    pid_t pid = fork();
    if (pid == 0) {
        while (env->boot(env) - begun < RUNS_MS)
            ;
        for (;;)
            pause();
    }
    err_t pending = call ? call_pending(pid, call) : ERR_OK;
    moment_t took = env->boot(env) - begun;
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    free(call);
    CHECK(pending == ERR_INVALID && took >= RUNS_MS);
}

TESTS(a_call_is_not_taken_for_unknown_because_its_thread_still_runs,
      a_loader_is_known_by_what_it_says_of_itself_and_not_by_its_name, a_script_says_who_runs_it,
      the_script_is_found_among_the_arguments, what_a_loader_is_to_run_is_found_among_its_arguments,
      the_files_of_proc_are_read)
