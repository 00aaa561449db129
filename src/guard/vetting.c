/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/vetting.h"

#include "base/own.h"

#include <errno.h>
#include <grp.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

enum { WAIT_S = 20, NOBODY = 65534, READY = 'r', MISSING = 'm' };

struct vetting {
    pid_t process;
    int fd;
    bool over; /* it does not answer any more */
};

/* What is asked: to add the bytes, where there is no signature to check. */
struct question {
    uint32_t signature, bytes;
};

/* The process */

static bool all_read(int fd, void *room, size_t len)
{
    for (size_t got = 0; got < len;) {
        ssize_t part = read(fd, (char *)room + got, len - got);
        if (part == 0 || (part < 0 && errno != EINTR))
            return false;
        got += part > 0 ? (size_t)part : 0;
    }
    return true;
}

static bool rights_drop(void)
{
    const struct rlimit none = {0, 0};
    if (geteuid() == 0 && (setgroups(0, NULL) != 0 || setresgid(NOBODY, NOBODY, NOBODY) != 0 ||
                           setresuid(NOBODY, NOBODY, NOBODY) != 0))
        return false;
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 &&
           setrlimit(RLIMIT_CORE, &none) == 0;
}

typedef scmp_filter_ctx filter_own;
static void filter_drop(scmp_filter_ctx *filter)
{
    if (*filter)
        seccomp_release(*filter);
}

static bool calls_drop(void)
{
    static const int calls[] = {SCMP_SYS(read),           SCMP_SYS(write),        SCMP_SYS(brk),
                                SCMP_SYS(munmap),         SCMP_SYS(mremap),       SCMP_SYS(madvise),
                                SCMP_SYS(futex),          SCMP_SYS(getrandom),    SCMP_SYS(clock_gettime),
                                SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(exit_group),
                                SCMP_SYS(sched_yield)};
    OWN(filter) filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    bool made = filter && seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
                                           SCMP_A2(SCMP_CMP_MASKED_EQ, 4 /* PROT_EXEC */, 0)) == 0;
    for (size_t i = 0; made && i < sizeof calls / sizeof *calls; i++)
        made = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0) == 0;
    return made && seccomp_load(filter) == 0;
}

static bool answer(struct signers *signers, int fd)
{
    struct question question;
    if (!all_read(fd, &question, sizeof question) || question.signature > VETTING_BYTES ||
        question.bytes > VETTING_BYTES)
        return false;
    size_t len = (size_t)question.signature + question.bytes;
    char *at = malloc(len + 1);
    bool answered = at && all_read(fd, at, len);
    const str_t over = str_bytes(at + question.signature, question.bytes);
    if (answered && !question.signature)
        signers_add(signers, over);
    if (answered && question.signature) {
        char found = (char)signers_check(signers, &over, 1, str_bytes(at, question.signature));
        answered = write(fd, &found, 1) == 1;
    }
    free(at);
    return answered;
}

/* First it lets go of all that was open: a launch that waits for the guard goes on once nobody holds what the guard is asked by. */
__attribute__((noreturn)) static void vet(int fd)
{
    struct signers *signers = NULL;
    if (dup2(fd, STDIN_FILENO) != STDIN_FILENO || close_range(1, ~0U, 0) != 0)
        _exit(1);
    char ready = signers_open(&signers) == ERR_OK ? READY : MISSING;
    if (!rights_drop() || !calls_drop() || write(STDIN_FILENO, &ready, 1) != 1)
        _exit(1);
    while (ready == READY && answer(signers, STDIN_FILENO))
        ;
    _exit(0);
}

/* Whoever asks */

void vetting_drop(struct vetting **vetting)
{
    if (!*vetting)
        return;
    pid_t process = (*vetting)->process;
    fd_drop(&(*vetting)->fd);
    if (process > 0)
        kill(process, SIGKILL);
    while (process > 0 && waitpid(process, NULL, 0) < 0 && errno == EINTR)
        ;
    free(*vetting);
    *vetting = NULL;
}

static bool waits_end(int fd)
{
    const struct timeval most = {.tv_sec = WAIT_S};
    return setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof most) == 0 &&
           setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &most, sizeof most) == 0;
}

err_t vetting_open(struct vetting **out_vetting)
{
    OWN(vetting) vetting = calloc(1, sizeof *vetting);
    int pair[2];
    char ready = 0;
    if (!vetting || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        return fail(ERR_BUSY, "no way to ask who checks signatures");
    vetting->fd = pair[0];
    vetting->process = fork();
    if (!vetting->process)
        vet(pair[1]);
    close(pair[1]);
    if (vetting->process < 0 || !waits_end(vetting->fd) || !all_read(vetting->fd, &ready, 1))
        return fail(ERR_BUSY, "the process that checks signatures does not begin");
    if (ready != READY)
        return fail(ERR_MISSING, "librnp is not installed");
    *out_vetting = give(vetting);
    return ERR_OK;
}

static bool all_send(int fd, str_t bytes)
{
    while (bytes.len) {
        ssize_t part = send(fd, bytes.at, bytes.len, MSG_NOSIGNAL);
        if (part < 0 && errno != EINTR)
            return false;
        if (part > 0)
            bytes = str_bytes(bytes.at + part, bytes.len - (size_t)part);
    }
    return true;
}

/* False where it is too much, or nobody takes it. */
static bool put(struct vetting *vetting, str_t signature, const str_t parts[VETTING_PARTS])
{
    size_t len = 0;
    for (size_t i = 0; i < VETTING_PARTS; i++)
        len += parts[i].len;
    const struct question question = {(uint32_t)signature.len, (uint32_t)len};
    if (vetting->over || signature.len > VETTING_BYTES || len > VETTING_BYTES)
        return false;
    vetting->over =
        !all_send(vetting->fd, str_bytes(&question, sizeof question)) || !all_send(vetting->fd, signature);
    for (size_t i = 0; i < VETTING_PARTS && !vetting->over; i++)
        vetting->over = !all_send(vetting->fd, parts[i]);
    return !vetting->over;
}

void vetting_add(struct vetting *vetting, str_t certificate)
{
    const str_t parts[VETTING_PARTS] = {certificate};
    if (certificate.len)
        (void)put(vetting, (str_t){0}, parts);
}

bool vetting_is_over(const struct vetting *vetting) { return vetting->over; }

enum signature vetting_check(struct vetting *vetting, const str_t parts[VETTING_PARTS], str_t signature)
{
    char found = SIGNATURE_STRANGE;
    if (!signature.len)
        return SIGNATURE_NONE;
    if (put(vetting, signature, parts) && !all_read(vetting->fd, &found, 1))
        vetting->over = true;
    return (enum signature)found;
}
