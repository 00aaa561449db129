/* SPDX-License-Identifier: Apache-2.0
 *
 * Who launches, and with which arguments: what /proc tells of a thread that waits in execve(), or of a process that runs.
 *
 *     TRY(process_read(tid, &process));                  MISSING where it has ended
 *     TRY(call_pending(tid, &call));                     the call it waits in: its path, out of its memory
 *     call_arguments(&call);                             and its arguments, once somebody asks for them
 *     TRY(call_made(pid, &call));                        of a process that runs: what it was started with
 *     int fd = call_open(tid, &call, call.path);         O_PATH, as the caller would find it; -1 where there is none
 *
 * A thread that does not wait yet is waited for, longer than its question may take (guard/answer.h): what it asks is not judged
 * before it is known.
 *
 * A thread beside the one that waits can change the memory after it was read: guard/trail.h looks again once the program
 * runs. Memory may be backed by a file that never answers, so that reading it waits forever: only threads that may be
 * given up call this (guard/answer.h).
 *
 * The uid is the real one. A call has at most CALL_ARGS arguments and CALL_BYTES bytes; what is past that is left out, and
 * `cut` says so. Source: proc(5), process_vm_readv(2).
 */
#pragma once
#include "base/bytes.h"
#include "base/err.h"

#include <sys/types.h>

struct process {
    pid_t tid, pid, parent;
    uid_t uid;
};

enum { CALL_ARGS = 512, CALL_BYTES = 32 * 1024, CALL_PATH = 4096 };

struct call {
    pid_t tid;
    int folder; /* the descriptor that `path` is relative to, in the caller's table; AT_FDCWD */
    bool cut;
    uint64_t unread; /* where the arguments stand; 0: they were read */
    char path[CALL_PATH];
    str_t args[CALL_ARGS]; /* args[0] is the name the program is given for itself */
    size_t count, used;
    char bytes[CALL_BYTES];
};

CHECKED err_t process_read(pid_t tid, struct process *out_process);
CHECKED err_t call_pending(pid_t tid, struct call *out_call);
void call_arguments(struct call *call);
CHECKED err_t call_made(pid_t pid, struct call *out_call);
int call_open(const struct call *call, const char *path);

/* The program that a process runs, as a path; empty where that cannot be told. */
void process_program(pid_t pid, char *path, size_t size);

/* The account that somebody logged in with, however rights have changed since; (uid_t)-1 where nobody did. */
uid_t process_login(pid_t pid);

/* What the files of /proc say, read; for those above and their tests. */
CHECKED err_t status_text_read(str_t text, struct process *out_process);
struct call_at {
    int folder;
    uint64_t path, args;
};
CHECKED err_t syscall_text_read(str_t text, struct call_at *out_at);
void cmdline_text_read(struct call *call); /* `used` bytes stand in `bytes` */
