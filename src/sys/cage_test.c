/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/cage.h"
#include "sys/env.h"
#include "test/test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/un.h>
#include <sys/wait.h>

enum { PORT = 7311, FINE = 0, NOT_SO = 1, NO_CAGE = 2, THREADS = 24, ROUNDS = 8 };

#ifdef __SANITIZE_ADDRESS__
static const bool sanitized = true;
#else
static const bool sanitized = false;
#endif

typedef struct {
    char text[256];
} path_t;

static path_t path_in(const char *name)
{
    path_t path;
    snprintf(path.text, sizeof path.text, "%s/%s", test_folder(), name);
    return path;
}

static bool made(const char *path)
{
    OWN(fd) fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    return fd > 0;
}

static bool opens(const char *path, int flags)
{
    OWN(fd) fd = open(path, flags | O_CLOEXEC);
    return fd > 0;
}

/* The folders of a service, with something to find in each. */
static bool given_home(void)
{
    static const char *const folders[] = {"store", "run", "keyring", "other"};
    static const char *const files[] = {"store/a", "run/a", "keyring/a", "other/a"};
    bool there = true;
    for (size_t i = 0; i < 4; i++)
        there = there && mkdir(path_in(folders[i]).text, 0700) == 0 && made(path_in(files[i]).text);
    return there;
}

/* What the jobs process is to reach in the test that runs; it may be nothing. */
static uint16_t jobs_ports[2];

/* Ends as the act says, within the cage of its role. */
static void caged(enum cage_role role, bool (*act)(void))
{
    path_t keyring = path_in("keyring"), store = path_in("store"), run = path_in("run");
    const char *const jobs[CAGE_WRITES] = {store.text};
    const struct cage_ask ask = role == CAGE_KEYS  ? cage_for_keys(keyring.text, NULL)
                                : role == CAGE_WEB ? cage_for_web(store.text, run.text, PORT)
                                                   : cage_for_jobs(jobs, jobs_ports, 2);
    cage_gaps_t gaps;
    const struct rlimit no_core = {0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || cage(&ask, &gaps) != ERR_OK) {
        printf("no cage: %s\n", err_note());
        _exit(NO_CAGE);
    }
    _exit(act() ? FINE : NOT_SO);
}

static int status_of(enum cage_role role, bool (*act)(void))
{
    int status = -1;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0)
        caged(role, act);
    return waitpid(child, &status, 0) == child ? status : -1;
}

static bool holds(enum cage_role role, bool (*act)(void))
{
    int status = status_of(role, act);
    return WIFEXITED(status) && WEXITSTATUS(status) == FINE;
}

static bool ends(enum cage_role role, bool (*act)(void))
{
    int status = status_of(role, act);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS;
}

/* What the kernel of this machine leaves open, said by a process in its cage. */
static bool has_gaps(void)
{
    int status = -1;
    path_t store = path_in("store"), run = path_in("run");
    const struct cage_ask ask = cage_for_web(store.text, run.text, PORT);
    cage_gaps_t gaps = {"x"};
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        _exit(cage(&ask, &gaps) == ERR_OK && !*gaps.text ? FINE : NOT_SO);
    }
    return waitpid(child, &status, 0) != child || status != FINE;
}

#define NEEDS_WHOLE_CAGE() \
    do { \
        CHECK(given_home()); \
        if (has_gaps()) \
            SKIP("the kernel of this machine has not all that a cage is made of"); \
    } while (0)

static bool keys_files(void)
{
    path_t fresh = path_in("keyring/b"), moved = path_in("keyring/c");
    return opens(path_in("keyring/a").text, O_RDWR | O_TRUNC) && made(fresh.text) &&
           rename(fresh.text, moved.text) == 0 && unlink(moved.text) == 0 &&
           opens(path_in("keyring").text, O_RDONLY | O_DIRECTORY);
}

static bool web_files(void)
{
    struct statvfs disk;
    return opens(path_in("store/a").text, O_RDWR) && opens(path_in("run/a").text, O_RDWR) &&
           statvfs(path_in("store/a").text, &disk) == 0 && mkdir(path_in("store/tenants").text, 0700) == 0 &&
           made(path_in("store/tenants/b").text);
}

/* What a restore and a snapshot ask of a disk. */
static bool jobs_files(void)
{
    int from = open(path_in("store/a").text, O_RDONLY | O_CLOEXEC);
    int to = open(path_in("store/c").text, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    return from >= 0 && to >= 0 && (copy_file_range(from, NULL, to, NULL, 1, 0) >= 0 || errno != ENOSYS) &&
           posix_fallocate(to, 0, 4096) == 0 && sync_file_range(to, 0, 0, SYNC_FILE_RANGE_WRITE) == 0 &&
           syncfs(to) == 0 && link(path_in("store/c").text, path_in("store/d").text) == 0 &&
           unlink(path_in("store/d").text) == 0 && unlink(path_in("store/c").text) == 0;
}

TEST(what_is_inside_can_be_read_written_made_and_removed)
{
    NEEDS_WHOLE_CAGE();
    CHECK(holds(CAGE_JOBS, jobs_files));
    CHECK(holds(CAGE_KEYS, keys_files));
    CHECK(holds(CAGE_WEB, web_files));
}

static bool refused(const char *path, int flags) { return !opens(path, flags) && errno == EACCES; }

static bool nothing_outside(const char *folder, const char *file)
{
    return refused(path_in(file).text, O_RDONLY) && refused(path_in(file).text, O_WRONLY) &&
           refused(path_in(folder).text, O_RDONLY | O_DIRECTORY) && refused("/etc/passwd", O_RDONLY) &&
           refused("/", O_RDONLY | O_DIRECTORY) && refused("/proc/self/../1/status", O_RDONLY) &&
           refused(test_folder(), O_RDONLY | O_DIRECTORY) && !made(path_in("new").text);
}

static bool keys_outside(void)
{
    return nothing_outside("store", "store/a") && refused(path_in("keyring/../other/a").text, O_RDONLY) &&
           refused(path_in("run/a").text, O_RDONLY) &&
           rename(path_in("keyring/a").text, path_in("other/b").text) != 0;
}

static bool web_outside(void)
{
    return nothing_outside("keyring", "keyring/a") && refused(path_in("store/../other/a").text, O_RDONLY) &&
           rename(path_in("store/a").text, path_in("other/b").text) != 0;
}

TEST(what_is_outside_is_refused)
{
    NEEDS_WHOLE_CAGE();
    CHECK(holds(CAGE_KEYS, keys_outside));
    CHECK(holds(CAGE_WEB, web_outside));
    CHECK(!opens(path_in("new").text, O_RDONLY) && !opens(path_in("other/b").text, O_RDONLY));
}

static bool linked_out(void) { return refused(path_in("store/way-out").text, O_RDONLY); }

TEST(a_link_inside_leads_nowhere_outside)
{
    NEEDS_WHOLE_CAGE();
    CHECK(symlink(path_in("other/a").text, path_in("store/way-out").text) == 0);
    CHECK(holds(CAGE_WEB, linked_out));
}

static bool binds(uint16_t port)
{
    OWN(fd) fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const struct sockaddr_in at = {AF_INET, htons(port), {htonl(INADDR_LOOPBACK)}, {0}};
    int one = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    return bind(fd, (const struct sockaddr *)&at, sizeof at) == 0 && listen(fd, 1) == 0;
}

static bool own_ports(void) { return binds(PORT) && binds(PORT + 1); }
static bool other_ports(void) { return !binds(PORT + 2) && errno == EACCES && !binds(0) && errno == EACCES; }

TEST(its_own_ports_can_be_bound_and_no_other)
{
    NEEDS_WHOLE_CAGE();
    CHECK(holds(CAGE_WEB, own_ports));
    CHECK(holds(CAGE_WEB, other_ports));
}

static bool connects(void)
{
    OWN(fd) fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const struct sockaddr_in at = {AF_INET, htons(PORT), {htonl(INADDR_LOOPBACK)}, {0}};
    return connect(fd, (const struct sockaddr *)&at, sizeof at) == 0 || true;
}

static bool sends_to_somebody(void)
{
    OWN(fd) fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const struct sockaddr_un at = {AF_UNIX, "/run/systemd/journal/socket"};
    return sendto(fd, "x", 1, 0, (const struct sockaddr *)&at, sizeof at) == 1 || true;
}

TEST(to_reach_out_ends_the_process)
{
    NEEDS_WHOLE_CAGE();
    CHECK(ends(CAGE_WEB, connects));
    CHECK(ends(CAGE_WEB, sends_to_somebody));
}

static bool sends_to_somebody_else(void)
{
    OWN(fd) fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const struct sockaddr_in at = {AF_INET, htons(PORT), {htonl(INADDR_LOOPBACK)}, {0}};
    return sendto(fd, "x", 1, MSG_FASTOPEN, (const struct sockaddr *)&at, sizeof at) == 1 || true;
}

static bool connects_nothing(void)
{
    const struct sockaddr_in at = {.sin_family = AF_INET};
    return connect(-1, (const struct sockaddr *)&at, sizeof at) == 0 || true;
}

static bool opens_tcp(void) { return socket(AF_INET, SOCK_STREAM, 0) >= 0 || true; }
static bool opens_unix(void) { return socket(AF_UNIX, SOCK_STREAM, 0) >= 0 || true; }
static bool opens_udp(void) { return socket(AF_INET, SOCK_DGRAM, 0) >= 0 || true; }
static bool opens_mptcp(void) { return socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP) >= 0 || true; }
static bool opens_netlink(void) { return socket(AF_NETLINK, SOCK_RAW, 0) >= 0 || true; }

TEST(any_socket_ends_the_keys_process_and_all_but_listening_ones_the_web_process)
{
    NEEDS_WHOLE_CAGE();
    CHECK(ends(CAGE_KEYS, opens_tcp) && ends(CAGE_KEYS, opens_unix) && ends(CAGE_KEYS, opens_netlink));
    CHECK(holds(CAGE_WEB, opens_tcp) && holds(CAGE_WEB, opens_unix));
    CHECK(ends(CAGE_WEB, opens_udp) && ends(CAGE_WEB, opens_mptcp) && ends(CAGE_WEB, opens_netlink));
}

static int connected(uint16_t port)
{
    OWN(fd) fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);
    const struct sockaddr_in at = {AF_INET, htons(port), {htonl(INADDR_LOOPBACK)}, {0}};
    return fd < 0 || connect(fd, (const struct sockaddr *)&at, sizeof at) != 0 ? errno : 0;
}

static bool reaches_its_ports_alone(void)
{
    return connected(jobs_ports[0]) == 0 && connected(jobs_ports[1]) == ECONNREFUSED &&
           connected(53) == ECONNREFUSED && connected(PORT) == EACCES && connected(25) == EACCES;
}

static bool no_other_sockets(void)
{
    int pair[2];
    static const int kinds[][2] = {
        {AF_INET, SOCK_DGRAM}, {AF_INET6, SOCK_DGRAM}, {AF_UNIX, SOCK_STREAM}, {AF_NETLINK, SOCK_RAW}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (socket(kinds[i][0], kinds[i][1], 0) >= 0 || errno != EACCES)
            return false;
    return socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0;
}

static bool names_this_machine(void)
{
    const struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    if (getaddrinfo("localhost", "47", &hints, &found) != 0)
        return false;
    bool loops = ((struct sockaddr_in *)(void *)found->ai_addr)->sin_addr.s_addr == htonl(INADDR_LOOPBACK);
    freeaddrinfo(found);
    return loops;
}

/* Whether a name server answers, or there is one at all, is this machine's affair. */
static bool asks_for_a_name(void)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    setenv("RES_OPTIONS", "use-vc timeout:1 attempts:1", 1);
    return getaddrinfo("custody.invalid", "47", &hints, &found) != 0;
}

static bool listens(void) { return binds(0) || true; }

/* Somebody to connect to. */
static uint16_t given_listener(int *out_fd)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof at;
    *out_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool listening = bind(*out_fd, (struct sockaddr *)&at, sizeof at) == 0 && listen(*out_fd, 4) == 0 &&
                     getsockname(*out_fd, (struct sockaddr *)&at, &len) == 0;
    return listening ? ntohs(at.sin_port) : 0;
}

TEST(the_jobs_process_connects_to_the_ports_asked_for_and_to_no_other)
{
    OWN(fd) listener = 0;
    NEEDS_WHOLE_CAGE();
    jobs_ports[0] = given_listener(&listener);
    jobs_ports[1] = PORT + 3;
    CHECK(jobs_ports[0]);
    CHECK(holds(CAGE_JOBS, reaches_its_ports_alone));
    CHECK(holds(CAGE_JOBS, no_other_sockets));
    CHECK(holds(CAGE_JOBS, names_this_machine) && holds(CAGE_JOBS, asks_for_a_name));
    CHECK(ends(CAGE_JOBS, listens) && ends(CAGE_JOBS, sends_to_somebody_else));
}

TEST(with_nothing_to_reach_the_jobs_process_opens_no_socket)
{
    NEEDS_WHOLE_CAGE();
    jobs_ports[0] = jobs_ports[1] = 0;
    CHECK(ends(CAGE_JOBS, opens_tcp) && ends(CAGE_JOBS, opens_unix) && ends(CAGE_JOBS, opens_udp));
    CHECK(ends(CAGE_JOBS, connects_nothing));
}

static bool runs_a_program(void) { return execl("/bin/true", "true", (char *)NULL) != 0; }
static bool forks(void) { return fork() >= 0 || true; }
static bool leaves(void) { return unshare(CLONE_NEWUSER) == 0 || true; }

static bool makes_code(void)
{
    int rights = PROT_READ | PROT_WRITE | PROT_EXEC;
    return mmap(NULL, 4096, rights, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED || true;
}

static bool turns_data_into_code(void)
{
    void *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return mprotect(at, 4096, PROT_READ | PROT_EXEC) == 0 || true;
}

TEST(another_program_another_process_or_new_code_ends_the_process)
{
    NEEDS_WHOLE_CAGE();
    for (enum cage_role role = CAGE_KEYS; role <= CAGE_WEB; role++) {
        CHECK(ends(role, runs_a_program) && ends(role, leaves));
        CHECK(ends(role, makes_code) && ends(role, turns_data_into_code));
        CHECK(sanitized || ends(role, forks));
    }
}

static void *finds_nothing(void *with)
{
    *(bool *)with = refused("/etc/passwd", O_RDONLY) && refused(path_in("other/a").text, O_RDONLY);
    return NULL;
}

static void *runs(void *with)
{
    runs_a_program();
    return with;
}

static bool thread_finds_nothing(void)
{
    pthread_t thread;
    bool nothing = false;
    return pthread_create(&thread, NULL, finds_nothing, &nothing) == 0 && pthread_join(thread, NULL) == 0 &&
           nothing;
}

static bool thread_runs(void)
{
    pthread_t thread;
    return pthread_create(&thread, NULL, runs, NULL) == 0 && pthread_join(thread, NULL) == 0;
}

TEST(threads_started_later_are_inside_too)
{
    NEEDS_WHOLE_CAGE();
    CHECK(holds(CAGE_KEYS, thread_finds_nothing) && holds(CAGE_WEB, thread_finds_nothing));
    CHECK(ends(CAGE_KEYS, thread_runs) && ends(CAGE_WEB, thread_runs));
}

/* Every size of block, so that each way an allocator has is gone; a wait that times out; chance; time. */
static void *works(void *with)
{
    struct env *env = env_real();
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t never = PTHREAD_COND_INITIALIZER;
    char *block = NULL;
    for (size_t len = 16; len < 8 << 20; len *= 3) {
        block = realloc(block, len);
        env->random(env, block, len < 256 ? len : 256);
    }
    free(block);
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec = (until.tv_nsec + 2000000) % 1000000000;
    pthread_mutex_lock(&lock);
    pthread_cond_timedwait(&never, &lock, &until);
    pthread_mutex_unlock(&lock);
    usleep(100);
    return with;
}

static bool threads_work(void)
{
    pthread_t threads[THREADS];
    for (int round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < THREADS; i++)
            if (pthread_create(&threads[i], NULL, works, NULL) != 0)
                return false;
        for (size_t i = 0; i < THREADS; i++)
            pthread_join(threads[i], NULL);
    }
    return true;
}

TEST(many_threads_work_and_end_inside)
{
    NEEDS_WHOLE_CAGE();
    CHECK(holds(CAGE_KEYS, threads_work));
}

static bool does(sqlite3 *db, const char *sql)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

static const char many_rows[] =
    "with recursive n(i) as (select 1 union all select i + 1 from n where i < 20000)"
    " insert into t select i, randomblob(200) from n";

static bool database_lives(sqlite3 *db)
{
    return does(db, "pragma journal_mode = wal; pragma temp_store = memory; create table t (i, b)") &&
           does(db, many_rows) && does(db, "create index t_b on t (b)") &&
           does(db, "delete from t where i % 2; pragma wal_checkpoint(truncate)") && does(db, "vacuum");
}

/* A limit on the size of files stands for the full disk: writing fails midway. */
static bool database_meets_a_full_disk(void)
{
    sqlite3 *db = NULL;
    signal(SIGXFSZ, SIG_IGN);
    bool lived = sqlite3_open(path_in("keyring/k.db").text, &db) == SQLITE_OK && database_lives(db);
    bool fitted = true;
    for (int i = 0; i < 8; i++)
        fitted = fitted && does(db, many_rows);
    bool readable = does(db, "select sum(i) from t");
    return sqlite3_close(db) == SQLITE_OK && lived && !fitted && readable;
}

static bool files_are_written_and_gone(void)
{
    struct env *env = env_real();
    path_t path = path_in("keyring/kek");
    OWN(buf) bytes = BUF(64);
    return env->write_file(env, path.text, STR("0123456789"), 0600) == ERR_OK &&
           env->overwrite(env, path.text, 5, STR("abcde")) == ERR_OK &&
           env->read_file(env, path.text, &bytes) == ERR_OK && str_eq(buf_str(&bytes), STR("01234abcde")) &&
           env->remove_file(env, path.text) == ERR_OK && env->boot(env) > 0;
}

TEST(a_database_lives_inside_and_outlives_a_full_disk)
{
    struct rlimit before, small = {24 << 20, RLIM_INFINITY};
    NEEDS_WHOLE_CAGE();
    CHECK(getrlimit(RLIMIT_FSIZE, &before) == 0 && setrlimit(RLIMIT_FSIZE, &small) == 0);
    bool held = holds(CAGE_KEYS, database_meets_a_full_disk);
    CHECK(setrlimit(RLIMIT_FSIZE, &before) == 0 && held);
    CHECK(holds(CAGE_KEYS, files_are_written_and_gone));
}

/* libc asks the kernel for the interface that a link-local address stands behind, by name or by number. */
static bool names_a_neighbour(void)
{
    char host[NI_MAXHOST];
    struct sockaddr_in6 at = {.sin6_family = AF_INET6, .sin6_scope_id = 1};
    inet_pton(AF_INET6, "fe80::1", &at.sin6_addr);
    return getnameinfo((struct sockaddr *)&at, sizeof at, host, sizeof host, NULL, 0, NI_NUMERICHOST) == 0;
}

static bool reads_addresses(void)
{
    static const char *const texts[] = {"127.0.0.1", "::1", "fe80::1%lo"};
    const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct addrinfo *found = NULL;
        if (getaddrinfo(texts[i], "443", &hints, &found) != 0)
            return false;
        freeaddrinfo(found);
    }
    return true;
}

TEST(addresses_are_read_and_named_inside)
{
    NEEDS_WHOLE_CAGE();
    CHECK(holds(CAGE_WEB, names_a_neighbour));
    CHECK(holds(CAGE_WEB, reads_addresses));
}

/* A kernel that has not the call that sets a wall up, played by a filter in front of this one. */
static bool says_without(int call, const char *said)
{
    int status = -1;
    path_t keyring = path_in("keyring");
    const struct cage_ask ask = cage_for_keys(keyring.text, NULL);
    cage_gaps_t gaps;
    pid_t child = fork();
    if (child == 0) {
        scmp_filter_ctx older = seccomp_init(SCMP_ACT_ALLOW);
        bool played =
            seccomp_rule_add(older, SCMP_ACT_ERRNO(ENOSYS), call, 0) == 0 && seccomp_load(older) == 0;
        seccomp_release(older);
        _exit(played && cage(&ask, &gaps) == ERR_OK && !strcmp(gaps.text, said) ? FINE : NOT_SO);
    }
    return waitpid(child, &status, 0) == child && status == FINE;
}

TEST(what_an_older_kernel_does_not_hold_back_is_said)
{
    NEEDS_WHOLE_CAGE();
    CHECK(says_without(SCMP_SYS(landlock_create_ruleset), "no Landlock: files outside are not held back"));
    CHECK(says_without(SCMP_SYS(seccomp), "no seccomp: no system call is held back"));
}

static err_t result_in_child(const struct cage_ask *ask, bool no_new_privs)
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        cage_gaps_t gaps;
        if (no_new_privs)
            prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        _exit(cage(ask, &gaps));
    }
    return waitpid(child, &status, 0) == child && WIFEXITED(status) ? (err_t)WEXITSTATUS(status) : ERR_OK;
}

TEST(a_cage_that_does_not_hold_is_broken)
{
    NEEDS_WHOLE_CAGE();
    path_t store = path_in("store"), missing = path_in("missing");
    struct cage_ask ask = cage_for_keys(store.text, NULL);
    CHECK_OK(result_in_child(&ask, true));
    CHECK_FAILS(ERR_BROKEN, result_in_child(&ask, false));
    ask.writes[1] = "/";
    CHECK_FAILS(ERR_BROKEN, result_in_child(&ask, true));
    ask.writes[1] = missing.text;
    CHECK_FAILS(ERR_BROKEN, result_in_child(&ask, true));
}

TESTS(what_is_inside_can_be_read_written_made_and_removed, what_is_outside_is_refused,
      a_link_inside_leads_nowhere_outside, its_own_ports_can_be_bound_and_no_other,
      to_reach_out_ends_the_process,
      any_socket_ends_the_keys_process_and_all_but_listening_ones_the_web_process,
      the_jobs_process_connects_to_the_ports_asked_for_and_to_no_other,
      with_nothing_to_reach_the_jobs_process_opens_no_socket,
      another_program_another_process_or_new_code_ends_the_process, threads_started_later_are_inside_too,
      many_threads_work_and_end_inside, a_database_lives_inside_and_outlives_a_full_disk,
      addresses_are_read_and_named_inside, what_an_older_kernel_does_not_hold_back_is_said,
      a_cage_that_does_not_hold_is_broken)
