/* SPDX-License-Identifier: Apache-2.0
 *
 * What is answered where it could not be judged in time. On a file system of this test's own: the questions of others are
 * nobody's to answer here. */
#include "guard/answer.h"
#include "guard/marks.h"
#include "test/test.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum { JUDGE_SOON_MS = 50 };

struct stage {
    struct orders orders;
    struct facts *facts;
    struct journal *journal;
    struct expected *expected;
    struct answering *answering;
    atomic_bool off;
};

static const ident_t device = {{9}};
static char disk[512];

/* A rule that takes its time, as a file system that does not answer would. */
static atomic_bool slowly;
static bool in_group(void *with, uid_t uid, str_t group)
{
    (void)with, (void)uid, (void)group;
    if (atomic_load(&slowly))
        usleep(JUDGE_SOON_MS * 6 * 1000);
    return false;
}

static err_t order_set(struct stage *stage, const char *text)
{
    OWN(buf) trouble = BUF(4096);
    const struct rule_file file = {STR("10-test.rules"), str(text)};
    struct rules *rules = NULL;
    struct names *names = NULL;
    struct order *order = NULL;
    TRY(rules_read(&file, 1, &rules, &trouble));
    TRY(names_read("", NULL, 0, &names));
    TRY(order_make(rules, names, device, &order));
    order->bound.in_group = in_group;
    order_replace(&stage->orders, order);
    return ERR_OK;
}

static err_t stage_open(struct stage *stage, const char *rules)
{
    static char path[600];
    static const struct key key = {{1}};
    const char *only[] = {disk, NULL};
    snprintf(path, sizeof path, "%s/journal", test_folder());
    pthread_mutex_init(&stage->orders.lock, NULL);
    TRY(order_set(stage, rules));
    TRY(facts_open("/none", &stage->facts));
    TRY(expected_open(&stage->expected));
    TRY(journal_open(&(struct journal_ask){env_real(), path, &key, 1}, &stage->journal));
    TRY(answering_open(&(struct answer_ask){.env = env_real(),
                                            .orders = &stage->orders,
                                            .facts = stage->facts,
                                            .journal = stage->journal,
                                            .expected = stage->expected,
                                            .off = &stage->off,
                                            .judge_ms = JUDGE_SOON_MS},
                       &stage->answering));
    struct marks marks = {.group = answering_group(stage->answering), .only = only};
    marks_refresh(&marks);
    return ERR_OK;
}

/* 0 where it ran; what execve() said; while it waits, the watch is kept. */
static int launched(struct stage *stage, const char *path)
{
    pid_t pid = fork();
    if (pid == 0) {
        execl(path, path, (char *)NULL);
        _exit(errno);
    }
    for (int status = 0, waited = 0;; waited++) {
        if (waitpid(pid, &status, WNOHANG) == pid)
            return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
        answering_watch(stage->answering);
        usleep(1000);
    }
}

static bool disk_mount(void)
{
    snprintf(disk, sizeof disk, "%s/disk", test_folder());
    return mkdir(disk, 0755) == 0 && mount("tmpfs", disk, "tmpfs", 0, "size=64m") == 0;
}

#define RULE "deny group=any-other : path=/**\ndefault observe\n"

TEST(what_cannot_be_judged_in_time_fails_as_the_policy_says)
{
    static struct stage stage;
    char program[600];
    if (geteuid() != 0 || !disk_mount())
        SKIP("only root may judge launches, and nothing can be mounted");
    snprintf(program, sizeof program, "%s/program", disk);
    OWN(buf) bytes = BUF(1 << 20);
    int open = -1, closed = -1, judged = -1;
    atomic_store(&slowly, true);
    if (env_real()->read_file(env_real(), "/bin/true", &bytes) == ERR_OK &&
        env_real()->write_file(env_real(), program, buf_str(&bytes), 0755) == ERR_OK &&
        stage_open(&stage, RULE) == ERR_OK)
        open = launched(&stage, program);
    if (open == 0 && order_set(&stage, "on failure closed\n" RULE) == ERR_OK)
        closed = launched(&stage, program);
    atomic_store(&slowly, false);
    for (int tries = 0; judged != 0 && tries < 20; tries++)
        judged = launched(&stage, program);
    umount2(disk, MNT_DETACH);
    CHECK(open == 0 && closed == EPERM && judged == 0);
    CHECK(answering_watch(stage.answering).late >= 2);
}

TESTS(what_cannot_be_judged_in_time_fails_as_the_policy_says)
