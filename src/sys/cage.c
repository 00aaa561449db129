/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/cage.h"

#include "base/own.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* A build with sanitizers needs more: threads of its own, and at the end a process that looks for leaks. */
#ifdef __has_feature
#define CLANG_HAS(feature) __has_feature(feature)
#else
#define CLANG_HAS(feature) 0
#endif
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__ || CLANG_HAS(address_sanitizer) || \
    CLANG_HAS(thread_sanitizer)
enum { SANITIZED_BUILD = true };
#else
enum { SANITIZED_BUILD = false };
#endif

enum {
    KEYS = 1 << CAGE_KEYS,
    WEB = 1 << CAGE_WEB,
    JOBS = 1 << CAGE_JOBS,
    EVERY = KEYS | WEB | JOBS,
    SANITIZED = 8,
    OUT = 16, /* whoever has ports to connect to */
};

/* The bits of a socket's type that say what it is; the others are SOCK_CLOEXEC and SOCK_NONBLOCK. */
enum { KIND = 0xf, CONDITIONS = 3 };

struct call {
    const char *name;
    int number;
    unsigned roles;
    int refusal; /* 0: let through; else refused with this errno, for a library that then takes another way */
    struct scmp_arg_cmp only[CONDITIONS];
};

/* clang-format off */
#define IS(at, value)         {(at), SCMP_CMP_EQ, (value), 0}
#define HAS(at, mask, value)  {(at), SCMP_CMP_MASKED_EQ, (mask), (value)}
#define LET(name, roles, ...) {#name, SCMP_SYS(name), (roles), 0, {__VA_ARGS__}},
#define NOT(name, roles, why, ...) {#name, SCMP_SYS(name), (roles), (why), {__VA_ARGS__}},

/* The whole of what a process in a cage may ask of the kernel. Where a call has conditions, all of them hold. */
static const struct call calls[] = {
    /* memory: of allocators, locked secrets, SQLite's shared index. None of it is ever made executable. */
    LET(brk, EVERY)
    LET(mmap, EVERY, HAS(2, PROT_EXEC, 0))
    LET(mprotect, EVERY, HAS(2, PROT_EXEC, 0))
    LET(mremap, EVERY)
    LET(munmap, EVERY)
    LET(madvise, EVERY)
    LET(mlock, EVERY)
    LET(munlock, EVERY)

    /* threads: no process. clone3 keeps its flags where a filter cannot look, so libc is sent to clone. */
    LET(clone, EVERY, HAS(0, CLONE_THREAD, CLONE_THREAD))
    NOT(clone3, EVERY, ENOSYS)
    LET(futex, EVERY)
    LET(rseq, EVERY)
    LET(set_robust_list, EVERY)
    LET(membarrier, EVERY)
    LET(sched_yield, EVERY)
    LET(sched_getaffinity, EVERY)
    LET(gettid, EVERY)
    LET(exit, EVERY)
    LET(exit_group, EVERY)

    /* signals: handled, never sent */
    LET(rt_sigaction, EVERY)
    LET(rt_sigprocmask, EVERY)
    LET(rt_sigreturn, EVERY)
    LET(restart_syscall, EVERY)

    /* who, when, how many, and chance */
    LET(getpid, EVERY)
    LET(getuid, EVERY)
    LET(geteuid, EVERY)
    LET(getgid, EVERY)
    LET(getegid, EVERY)
    LET(sysinfo, EVERY)
    LET(getrandom, EVERY)
    LET(clock_gettime, EVERY)
    LET(clock_getres, EVERY)
    LET(gettimeofday, EVERY)
    LET(time, EVERY)
    LET(clock_nanosleep, EVERY)
    LET(nanosleep, EVERY)
    LET(prctl, EVERY, IS(0, PR_GET_SECCOMP))

    /* what is open already */
    LET(read, EVERY)
    LET(readv, EVERY)
    LET(pread64, EVERY)
    LET(write, EVERY)
    LET(writev, EVERY)
    LET(pwrite64, EVERY)
    LET(lseek, EVERY)
    LET(close, EVERY)
    LET(fcntl, EVERY)
    LET(fstat, EVERY)
    LET(fsync, EVERY)
    LET(fdatasync, EVERY)
    LET(ftruncate, EVERY)
    LET(fchmod, EVERY)
    NOT(fchown, EVERY, EPERM) /* SQLite, when root; it then leaves the owner as it is */
    LET(poll, EVERY)
    LET(ppoll, EVERY)

    /* files, where Landlock lets them be opened */
    LET(open, EVERY)
    LET(openat, EVERY)
    LET(stat, EVERY)
    LET(lstat, EVERY)
    LET(newfstatat, EVERY)
    LET(statx, EVERY)
    LET(access, EVERY)
    LET(faccessat, EVERY)
    NOT(faccessat2, EVERY, ENOSYS)
    LET(readlink, EVERY)
    LET(readlinkat, EVERY)
    LET(getcwd, EVERY)
    LET(unlink, EVERY)
    LET(unlinkat, EVERY)
    LET(rename, EVERY)
    LET(renameat, EVERY)
    LET(renameat2, EVERY)
    LET(mkdir, WEB | JOBS)
    LET(mkdirat, WEB | JOBS)
    LET(syncfs, JOBS)
    LET(sync_file_range, JOBS) /* a restore has the disk at work while it writes */
    LET(rmdir, JOBS)
    LET(link, JOBS)
    LET(linkat, JOBS)
    LET(getdents64, WEB | JOBS)
    LET(copy_file_range, JOBS)
    LET(fallocate, JOBS)
    LET(statfs, WEB | JOBS) /* how much of the disk is left */
    LET(fadvise64, JOBS)
    LET(chmod, WEB | JOBS)
    LET(fchmodat, WEB | JOBS)

    /* sockets: those there are; new ones only to listen and to accept. Nothing names whom it sends to. */
    LET(recvfrom, EVERY)
    LET(sendto, EVERY, IS(4, 0))
    LET(shutdown, EVERY)
    LET(socket, WEB, IS(0, AF_INET), HAS(1, KIND, SOCK_STREAM), IS(2, 0))
    LET(socket, WEB, IS(0, AF_INET6), HAS(1, KIND, SOCK_STREAM), IS(2, 0))
    LET(socket, WEB, IS(0, AF_UNIX))
    LET(setsockopt, WEB | OUT, IS(1, SOL_SOCKET))
    LET(setsockopt, WEB | OUT, IS(1, IPPROTO_TCP))
    LET(getsockopt, WEB | OUT)
    LET(bind, WEB)
    LET(listen, WEB)
    LET(accept4, WEB)
    LET(accept, WEB)
    LET(getsockname, WEB | OUT)
    LET(getpeername, WEB | OUT)
    LET(ioctl, WEB, IS(1, FIONREAD))
    LET(ioctl, WEB, IS(1, SIOCGIFNAME)) /* libc, of a link-local peer's address */
    LET(ioctl, WEB, IS(1, SIOCGIFINDEX)) /* libc, where such an address is listened at */

    /* whoever reaches out: over TCP alone, so that Landlock's ports hold for all of it; names are asked for over TCP
     * too. libc and libcurl try other sockets first, and do without. */
    LET(socket, OUT, IS(0, AF_INET), HAS(1, KIND, SOCK_STREAM), IS(2, 0))
    LET(socket, OUT, IS(0, AF_INET6), HAS(1, KIND, SOCK_STREAM), IS(2, 0))
    LET(socket, OUT, IS(0, AF_INET), HAS(1, KIND, SOCK_STREAM), IS(2, IPPROTO_TCP))
    LET(socket, OUT, IS(0, AF_INET6), HAS(1, KIND, SOCK_STREAM), IS(2, IPPROTO_TCP))
    NOT(socket, OUT, EACCES, HAS(1, KIND, SOCK_DGRAM))
    NOT(socket, OUT, EACCES, IS(0, AF_UNIX))
    NOT(socket, OUT, EACCES, IS(0, AF_NETLINK))
    NOT(socketpair, OUT, EACCES)
    LET(connect, OUT)
    LET(uname, OUT) /* libc, for the domain of names that have none */

    /* the event loop */
    LET(epoll_create1, WEB)
    LET(epoll_ctl, WEB)
    LET(epoll_wait, WEB)
    LET(epoll_pwait, WEB)
    LET(eventfd2, WEB)
    LET(pipe2, WEB)

    /* a build with sanitizers: the search for leaks is a process that traces this one */
    LET(clone, SANITIZED)
    LET(wait4, SANITIZED)
    LET(ptrace, SANITIZED)
    LET(prctl, SANITIZED)
    LET(getppid, SANITIZED)
    LET(getdents, SANITIZED)
    LET(getdents64, SANITIZED)
    LET(sigaltstack, SANITIZED)
    LET(ioctl, SANITIZED, IS(1, TCGETS)) /* before a report: whether to colour it */
    LET(prlimit64, SANITIZED)
    LET(tgkill, SANITIZED)
    LET(pipe, SANITIZED)
    NOT(fork, SANITIZED, EPERM) /* a program that finds names for addresses: reports do without */
};

/* Read beneath, where they are there, by those roles. SQLite's dice; word lists that new passwords are held against; what an
 * administrator says about TLS, and about names: whose file is replaced by another while the service runs, that is seen at its next start. */
static const struct {
    const char *path;
    unsigned roles;
} reads[] = {
    {"/dev/urandom", EVERY},  {"/etc/ssl/openssl.cnf", EVERY}, {"/proc/self", SANITIZED}, {"/etc/resolv.conf", OUT},
    {"/etc/hosts", OUT},      {"/etc/nsswitch.conf", OUT},     {"/etc/host.conf", OUT},   {"/etc/gai.conf", OUT},
    {"/var/cache/cracklib", KEYS},
};
/* clang-format on */

/* What the kernel has and Debian 12's headers do not: rights since Landlock 3, 4, 5 and 6. */
enum {
    FS_TRUNCATE = 1 << 14,
    FS_IOCTL_DEV = 1 << 15,
    NET_BIND = 1 << 0,
    NET_CONNECT = 1 << 1,
    SCOPE_SOCKETS = 1 << 0,
    SCOPE_SIGNALS = 1 << 1,
    RULE_PORT = 2,
    PORTS_SINCE = 4,
    DOMAIN_PORT = 53,
};

struct rules {
    uint64_t files, ports, scopes;
};

struct port_rule {
    uint64_t rights, port;
};

enum {
    READ_FILE = LANDLOCK_ACCESS_FS_READ_FILE,
    READ = READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR,
    WRITE = READ | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_DIR |
            LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_REMOVE_FILE | FS_TRUNCATE,
    MOVE = LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REFER,
};

static err_t cannot(const char *what) { return fail(ERR_BROKEN, "cannot %s: %s", what, strerror(errno)); }

/* What this kernel has to build with. Asked before the walls are up: behind them nobody may ask. */
struct kernel {
    int landlock; /* its version; 0: none */
    bool seccomp;
};

static struct kernel kernel_ask(void)
{
    uint32_t ends = SECCOMP_RET_KILL_PROCESS;
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    return (struct kernel){version > 0 ? (int)version : 0,
                           syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &ends) == 0};
}

/* What is under rule: everything this kernel knows, allowed or not. Without a rule for it, it is refused. */
static struct rules rules_of(int version)
{
    struct rules rules = {.files = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1};
    if (version >= 2)
        rules.files |= LANDLOCK_ACCESS_FS_REFER;
    if (version >= 3)
        rules.files |= FS_TRUNCATE;
    if (version >= PORTS_SINCE)
        rules.ports = NET_BIND | NET_CONNECT;
    if (version >= 5)
        rules.files |= FS_IOCTL_DEV;
    if (version >= 6)
        rules.scopes = SCOPE_SOCKETS | SCOPE_SIGNALS;
    return rules;
}

static err_t path_add(int rules_fd, const char *path, uint64_t rights)
{
    struct stat about;
    OWN(fd) fd = open(path, O_PATH | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &about) != 0)
        return cannot(path);
    struct landlock_path_beneath_attr rule = {S_ISDIR(about.st_mode) ? rights : rights & READ_FILE, fd};
    return syscall(SYS_landlock_add_rule, rules_fd, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0 ? ERR_OK
                                                                                               : cannot(path);
}

static bool connects(const struct cage_ask *ask) { return ask->connects[0]; }

static unsigned roles_of(const struct cage_ask *ask)
{
    return 1U << ask->role | (connects(ask) ? OUT : 0) | (SANITIZED_BUILD ? SANITIZED : 0);
}

static err_t paths_add(int rules_fd, const struct cage_ask *ask, const struct rules *rules)
{
    const uint64_t writes = ask->role == CAGE_JOBS ? WRITE | MOVE : WRITE;
    for (size_t i = 0; i < CAGE_WRITES; i++)
        if (ask->writes[i])
            TRY(path_add(rules_fd, ask->writes[i], writes & rules->files));
    if (ask->reads)
        TRY(path_add(rules_fd, ask->reads, READ));
    for (size_t i = 0; i < sizeof reads / sizeof *reads; i++)
        if (reads[i].roles & roles_of(ask) && access(reads[i].path, R_OK) == 0)
            TRY(path_add(rules_fd, reads[i].path, READ));
    return ERR_OK;
}

static err_t port_add(int rules_fd, uint64_t right, uint16_t port)
{
    struct port_rule rule = {right, port};
    return !port || syscall(SYS_landlock_add_rule, rules_fd, RULE_PORT, &rule, 0) == 0
               ? ERR_OK
               : cannot("allow a port");
}

static err_t ports_add(int rules_fd, const struct cage_ask *ask)
{
    for (size_t i = 0; i < sizeof ask->binds / sizeof *ask->binds; i++)
        TRY(port_add(rules_fd, NET_BIND, ask->binds[i]));
    for (size_t i = 0; i < CAGE_CONNECTS; i++)
        TRY(port_add(rules_fd, NET_CONNECT, ask->connects[i]));
    return ERR_OK;
}

static err_t files_shut(const struct cage_ask *ask, int version)
{
    const struct rules rules = rules_of(version);
    OWN(fd) fd = (int)syscall(SYS_landlock_create_ruleset, &rules, sizeof rules, 0);
    if (fd < 0)
        return cannot("set up Landlock");
    TRY(paths_add(fd, ask, &rules));
    if (rules.ports)
        TRY(ports_add(fd, ask));
    return syscall(SYS_landlock_restrict_self, fd, 0) == 0 ? ERR_OK : cannot("put up Landlock");
}

static err_t call_add(scmp_filter_ctx filter, const struct call *call)
{
    unsigned count = 0;
    while (count < CONDITIONS && call->only[count].op)
        count++;
    uint32_t action = call->refusal ? SCMP_ACT_ERRNO((uint32_t)call->refusal) : SCMP_ACT_ALLOW;
    int failed = seccomp_rule_add_array(filter, action, call->number, count, call->only);
    return failed ? fail(ERR_BROKEN, "no rule for %s: %s", call->name, strerror(-failed)) : ERR_OK;
}

typedef scmp_filter_ctx filter_own;
static void filter_drop(scmp_filter_ctx *filter)
{
    if (*filter)
        seccomp_release(*filter);
}

static err_t calls_shut(unsigned roles, uint32_t otherwise)
{
    OWN(filter) filter = seccomp_init(otherwise);
    if (!filter || seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) != 0 ||
        seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1) != 0 ||
        seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2) != 0)
        return fail(ERR_BROKEN, "cannot set up seccomp");
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        if (calls[i].roles & roles)
            TRY(call_add(filter, &calls[i]));
    int failed = seccomp_load(filter);
    return failed ? fail(ERR_BROKEN, "cannot put up seccomp: %s", strerror(-failed)) : ERR_OK;
}

static err_t shut(const struct cage_ask *ask, struct kernel kernel, uint32_t otherwise)
{
    if (kernel.landlock)
        TRY(files_shut(ask, kernel.landlock));
    return kernel.seccomp ? calls_shut(roles_of(ask), otherwise) : ERR_OK;
}

static bool opens(const char *path)
{
    OWN(fd) fd = open(path, O_RDONLY | O_CLOEXEC);
    return fd >= 0;
}

/* Any port that is free: one that was not asked for. */
static bool binds(void)
{
    const struct sockaddr_in any = {.sin_family = AF_INET};
    OWN(fd) fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return fd >= 0 && bind(fd, (const struct sockaddr *)&any, sizeof any) == 0;
}

static bool asks_to_connect(const struct cage_ask *ask, uint16_t port)
{
    for (size_t i = 0; i < CAGE_CONNECTS; i++)
        if (ask->connects[i] == port)
            return true;
    return false;
}

/* The first port that was not asked for, on this machine: whether anybody answers there makes no difference. */
static bool reaches(const struct cage_ask *ask)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    uint16_t port = 1;
    while (asks_to_connect(ask, port))
        port++;
    at.sin_port = htons(port);
    OWN(fd) fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return fd >= 0 && (connect(fd, (const struct sockaddr *)&at, sizeof at) == 0 || errno != EACCES);
}

/* The folder above its own and "/" are open to every user: only Landlock stands before them. */
static err_t walls_hold(const struct cage_ask *ask, struct kernel kernel)
{
    char above[4096];
    snprintf(above, sizeof above, "%s/..", ask->writes[0] ? ask->writes[0] : "");
    if (kernel.landlock && (opens("/") || opens("/etc/passwd") || opens(above)))
        return fail(ERR_BROKEN, "the cage does not hold: what is outside can be opened");
    if (kernel.landlock >= PORTS_SINCE && ask->role == CAGE_WEB && binds())
        return fail(ERR_BROKEN, "the cage does not hold: another port can be bound");
    if (kernel.landlock >= PORTS_SINCE && connects(ask) && reaches(ask))
        return fail(ERR_BROKEN, "the cage does not hold: another port can be connected to");
    if (kernel.seccomp && prctl(PR_GET_SECCOMP) != SECCOMP_MODE_FILTER)
        return fail(ERR_BROKEN, "the cage does not hold: system calls are not filtered");
    return ERR_OK;
}

/* A call that must end the process. SCMP_ACT_TRAP ends it as surely, and leaves no line in the machine's audit log at
 * each start of the service, as the real action does. */
static void overstep(const struct cage_ask *ask, struct kernel kernel)
{
    const struct sockaddr_in nowhere = {.sin_family = AF_INET};
    if (shut(ask, kernel, SCMP_ACT_TRAP) != ERR_OK)
        return;
    if (ask->role != CAGE_WEB)
        (void)listen(-1, 1);
    else
        (void)connect(-1, (const struct sockaddr *)&nowhere, sizeof nowhere);
}

/* In a child, because whoever finds out does not live to tell. */
static bool overstepping_ends(const struct cage_ask *ask, struct kernel kernel)
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        overstep(ask, kernel);
        _exit(0);
    }
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    return child > 0 && WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS;
}

/* Other gaps of older kernels need no word: what Landlock says on connecting, signals and abstract sockets later than
 * its first version, the filter of system calls says too. */
static cage_gaps_t gaps_of(const struct cage_ask *ask, struct kernel kernel)
{
    cage_gaps_t gaps;
    const char *files = !kernel.landlock ? "no Landlock: files outside are not held back; " : "";
    const char *ports = kernel.landlock >= PORTS_SINCE ? ""
                        : ask->role == CAGE_WEB        ? "no ports in Landlock: others can be bound; "
                        : connects(ask)                ? "no ports in Landlock: others can be connected to; "
                                                       : "";
    const char *filter = !kernel.seccomp ? "no seccomp: no system call is held back; " : "";
    int len = snprintf(gaps.text, sizeof gaps.text, "%s%s%s", files, ports, filter);
    gaps.text[len < 2 ? 0 : len - 2] = '\0';
    return gaps;
}

err_t cage(const struct cage_ask *ask, cage_gaps_t *out_gaps)
{
    const struct kernel kernel = kernel_ask();
    if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
        return fail(ERR_BROKEN, "a cage around a process that can still gain privileges");
    bool held = !kernel.seccomp || overstepping_ends(ask, kernel);
    TRY(shut(ask, kernel, SCMP_ACT_KILL_PROCESS));
    TRY(walls_hold(ask, kernel));
    if (!held)
        return fail(ERR_BROKEN, "the cage does not hold: a forbidden system call did not end a process");
    *out_gaps = gaps_of(ask, kernel);
    return ERR_OK;
}

struct cage_ask cage_for_keys(const char *folder, const char *copy)
{
    return (struct cage_ask){.role = CAGE_KEYS, .writes = {folder, copy}};
}

/* Names are asked for where there is somewhere to go. */
struct cage_ask cage_for_jobs(const char *const folders[CAGE_WRITES], const uint16_t *ports, size_t count)
{
    struct cage_ask ask = {.role = CAGE_JOBS};
    size_t used = 0;
    memcpy(ask.writes, folders, sizeof ask.writes);
    for (size_t i = 0; i < count && used < CAGE_CONNECTS - 1; i++)
        if (ports[i])
            ask.connects[used++] = ports[i];
    if (used)
        ask.connects[used] = DOMAIN_PORT;
    return ask;
}

struct cage_ask cage_for_web(const char *store_folder, const char *run_folder, uint16_t port)
{
    return (struct cage_ask){
        .role = CAGE_WEB, .writes = {store_folder, run_folder}, .binds = {port, (uint16_t)(port + 1)}};
}
