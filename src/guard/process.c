/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/process.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <sys/uio.h>

enum {
    PROC_TEXT = 4096,
    PROC_NAME = 128,
    ARGS_AT_ONCE = 64,
    RUNNING_US = 3000 * 1000,
    RUNNING_STEP_US = 200
};

typedef struct {
    char text[PROC_NAME];
} proc_name_t;

static proc_name_t proc_name(pid_t pid, const char *file)
{
    proc_name_t name;
    snprintf(name.text, sizeof name.text, "/proc/%d/%s", (int)pid, file);
    return name;
}

/* At most `size` - 1 bytes and a NUL; what was read. Of these files the kernel gives at once all that there is room for. */
static ssize_t proc_read(int fd, char *bytes, size_t size)
{
    ssize_t got = pread(fd, bytes, size - 1, 0);
    bytes[got > 0 ? got : 0] = '\0';
    return got;
}

static ssize_t proc_slurp(pid_t pid, const char *file, char *bytes, size_t size)
{
    OWN(fd) fd = open(proc_name(pid, file).text, O_RDONLY | O_CLOEXEC);
    return fd < 0 ? -1 : proc_read(fd, bytes, size);
}

static err_t gone(pid_t pid) { return fail(ERR_MISSING, "process %d has ended", (int)pid); }

/* status */

static bool line_number(str_t line, str_t name, uint64_t *out_number)
{
    if (!str_starts(line, name))
        return false;
    line = str_trim((str_t){line.at + name.len, line.len - name.len});
    return str_number(str_until(&line, '\t'), UINT32_MAX, out_number) == ERR_OK;
}

err_t status_text_read(str_t text, struct process *out_process)
{
    uint64_t pid = 0, parent = UINT64_MAX, uid = UINT64_MAX;
    while (text.len) {
        str_t line = str_until(&text, '\n');
        if (!line_number(line, STR("Tgid:"), &pid) && !line_number(line, STR("PPid:"), &parent) &&
            line_number(line, STR("Uid:"), &uid))
            break;
    }
    if (!pid || parent == UINT64_MAX || uid == UINT64_MAX)
        return fail(ERR_INVALID, "a status of another form");
    *out_process = (struct process){.pid = (pid_t)pid, .parent = (pid_t)parent, .uid = (uid_t)uid};
    return ERR_OK;
}

err_t process_read(pid_t tid, struct process *out_process)
{
    char text[PROC_TEXT];
    ssize_t len = proc_slurp(tid, "status", text, sizeof text);
    if (len <= 0)
        return gone(tid);
    TRY(status_text_read(str_bytes(text, (size_t)len), out_process));
    out_process->tid = tid;
    return ERR_OK;
}

void process_program(pid_t pid, char *path, size_t size)
{
    ssize_t len = readlink(proc_name(pid, "exe").text, path, size - 1);
    path[len > 0 ? len : 0] = '\0';
}

uid_t process_login(pid_t pid)
{
    char text[32];
    uint64_t uid;
    ssize_t len = proc_slurp(pid, "loginuid", text, sizeof text);
    if (len <= 0 || str_number(str_trim(str_bytes(text, (size_t)len)), UINT32_MAX, &uid) != ERR_OK)
        return (uid_t)-1;
    return (uid_t)uid;
}

/* The call that a thread waits in */

static bool hex_read(str_t word, uint64_t *out_number)
{
    uint64_t number = 0;
    if (!str_starts(word, STR("0x")) || word.len > 18)
        return false;
    for (size_t i = 2; i < word.len; i++) {
        const char *digit = strchr("0123456789abcdef", word.at[i]);
        if (!digit || !*digit)
            return false;
        number = number << 4 | (uint64_t)(digit - "0123456789abcdef");
    }
    *out_number = number;
    return word.len > 2;
}

err_t syscall_text_read(str_t text, struct call_at *out_at)
{
    uint64_t number, words[3];
    str_t word = str_until(&text, ' ');
    bool read = str_number(word, 4096, &number) == ERR_OK;
    for (size_t i = 0; read && i < 3; i++)
        read = hex_read(str_until(&text, ' '), &words[i]);
    if (read && number == SYS_execve) {
        *out_at = (struct call_at){AT_FDCWD, words[0], words[1]};
        return ERR_OK;
    }
    if (read && number == SYS_execveat) {
        *out_at = (struct call_at){(int)(uint32_t)words[0], words[1], words[2]};
        return ERR_OK;
    }
    return fail(ERR_INVALID, "the thread waits in no exec call of this machine's own kind");
}

static ssize_t memory_read(pid_t tid, uint64_t from, void *to, size_t len)
{
    struct iovec here = {to, len}, there = {(void *)(uintptr_t)from, len};
    return process_vm_readv(tid, &here, 1, &there, 1, 0);
}

/* To the end of a page at a time: the next one may not be there. -1 where it cannot be read or does not fit. */
static ssize_t text_read(pid_t tid, uint64_t from, char *to, size_t room)
{
    for (size_t len = 0; len < room;) {
        size_t step = 4096 - (from + len) % 4096;
        ssize_t got = memory_read(tid, from + len, to + len, step < room - len ? step : room - len);
        if (got <= 0)
            return -1;
        const char *end = memchr(to + len, '\0', (size_t)got);
        if (end)
            return end - to;
        len += (size_t)got;
    }
    return -1;
}

static bool arg_read(uint64_t from, struct call *call)
{
    ssize_t len = call->count == CALL_ARGS
                      ? -1
                      : text_read(call->tid, from, call->bytes + call->used, CALL_BYTES - call->used);
    if (len < 0)
        return false;
    call->args[call->count++] = str_bytes(call->bytes + call->used, (size_t)len);
    call->used += (size_t)len + 1;
    return true;
}

static void args_read(uint64_t from, struct call *call)
{
    uint64_t places[ARGS_AT_ONCE];
    for (;; from += sizeof places) {
        ssize_t got = memory_read(call->tid, from, places, sizeof places);
        for (ssize_t i = 0; i < got / (ssize_t)sizeof *places; i++) {
            if (!places[i])
                return;
            if ((call->cut = !arg_read(places[i], call)))
                return;
        }
        if (got < (ssize_t)sizeof places) {
            call->cut = true;
            return;
        }
    }
}

/* The question comes a moment before the thread waits, on a busy machine a long one. */
static ssize_t syscall_slurp(pid_t tid, char *text, size_t size)
{
    OWN(fd) fd = open(proc_name(tid, "syscall").text, O_RDONLY | O_CLOEXEC);
    ssize_t len = fd < 0 ? -1 : proc_read(fd, text, size);
    for (int us = 0; len > 0 && !strcmp(text, "running\n") && us < RUNNING_US; us += RUNNING_STEP_US) {
        usleep(RUNNING_STEP_US);
        len = proc_read(fd, text, size);
    }
    return len;
}

err_t call_pending(pid_t tid, struct call *out_call)
{
    char text[256];
    struct call_at at = {0};
    ssize_t len = syscall_slurp(tid, text, sizeof text);
    if (len <= 0)
        return gone(tid);
    TRY(syscall_text_read(str_trim(str_bytes(text, (size_t)len)), &at));
    out_call->tid = tid;
    out_call->folder = at.folder;
    out_call->count = out_call->used = 0;
    out_call->cut = false;
    if (text_read(tid, at.path, out_call->path, sizeof out_call->path) < 0)
        return fail(ERR_INVALID, "the path of the call cannot be read");
    out_call->unread = at.args;
    return ERR_OK;
}

void call_arguments(struct call *call)
{
    if (call->unread)
        args_read(call->unread, call);
    call->unread = 0;
}

/* What a process was started with */

void cmdline_text_read(struct call *call)
{
    str_t rest = {call->bytes, call->used};
    for (call->count = 0; rest.len && call->count < CALL_ARGS;)
        call->args[call->count++] = str_until(&rest, '\0');
    call->cut = rest.len || call->used == CALL_BYTES - 1;
}

err_t call_made(pid_t pid, struct call *out_call)
{
    ssize_t len = proc_slurp(pid, "cmdline", out_call->bytes, sizeof out_call->bytes);
    if (len < 0)
        return gone(pid);
    out_call->tid = pid;
    out_call->folder = AT_FDCWD;
    out_call->path[0] = '\0';
    out_call->unread = 0;
    out_call->used = (size_t)len;
    cmdline_text_read(out_call);
    return ERR_OK;
}

/* Opening what a call names */

/* What the caller's own descriptors are called: here they would be ours. */
static const char *own_descriptor(const char *path)
{
    static const char *const prefixes[] = {"/proc/self/", "/proc/thread-self/"};
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        if (!strncmp(path, prefixes[i], strlen(prefixes[i])))
            return path + strlen(prefixes[i]);
    return NULL;
}

static int open_beneath_root(pid_t tid, const char *path)
{
    struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT};
    OWN(fd) root = open(proc_name(tid, "root").text, O_PATH | O_CLOEXEC);
    return root < 0 ? -1 : (int)syscall(SYS_openat2, root, path, &how, sizeof how);
}

static int open_from(pid_t tid, int folder, const char *path)
{
    char from[32];
    snprintf(from, sizeof from, "fd/%d", folder);
    proc_name_t name = proc_name(tid, folder == AT_FDCWD ? "cwd" : from);
    if (!*path)
        return open(name.text, O_PATH | O_CLOEXEC);
    OWN(fd) at = open(name.text, O_PATH | O_CLOEXEC);
    return at < 0 ? -1 : openat(at, path, O_PATH | O_CLOEXEC);
}

int call_open(const struct call *call, const char *path)
{
    const char *own = own_descriptor(path);
    if (own)
        return open(proc_name(call->tid, own).text, O_PATH | O_CLOEXEC);
    if (!strncmp(path, "/dev/fd/", 8))
        return open(proc_name(call->tid, path + 5).text, O_PATH | O_CLOEXEC);
    return *path == '/' ? open_beneath_root(call->tid, path) : open_from(call->tid, call->folder, path);
}
