/* SPDX-License-Identifier: Apache-2.0
 *
 * The kernel's questions, answered: may this file be opened to be run?
 *
 *     TRY(answering_open(&ask, &answering));                  threads begin to answer; marks are the caller's to make
 *     answering_watch(answering);                             every WATCH_MS, from a thread that does nothing else
 *
 * One of several threads waits for the next question. Where the file's verdict is kept, it answers with two system calls
 * and waits on; else it lets another one wait, and judges (guard/judge.h). So a question is answered without being handed
 * from thread to thread, and one that takes long holds nobody up.
 *
 * A verdict is kept for a file that is allowed for everybody (guard/judge.h): for one that root alone can change, by an
 * ignore mark on its inode, and the kernel asks no more until it is changed; for others in a table, by inode and the moment
 * of its last change, since memory that was mapped can change a file without the kernel dropping its mark.
 *
 * answering_watch() answers what was not judged within JUDGE_MS, as the policy says for failures, and starts another thread
 * for each that is stuck, up to THREADS_MAX; past that it says so, and the process should end: then the kernel lets all that
 * wait go on, and the next guard begins. No thread waits for network, log, name service or package manager, and none runs a
 * program: what the guard does can never wait for the guard.
 *
 * Cost, as bench-exec has it on two busy cores: a launch whose file carries a mark takes 1.00 to 1.02 of one that nobody
 * watches; the first of a file 1.04 to 1.12; one of a dynamic program under a policy that may refuse, whose loader is asked
 * about each time, 1.08 to 1.13.
 */
#pragma once
#include "guard/expected.h"
#include "guard/judge.h"
#include "guard/record.h"

enum { JUDGE_MS = 2000, WATCH_MS = 50, THREADS = 3, THREADS_MAX = 64 };

struct answering;
typedef struct answering *answering_own;

struct answer_ask {
    struct env *env;
    struct orders *orders;
    struct facts *facts;
    struct journal *journal;
    struct expected *expected;
    const atomic_bool *off; /* launches are not recorded */
    int judge_ms;           /* 0: JUDGE_MS */
};

/* DENIED without CAP_SYS_ADMIN, or where the kernel has no fanotify. Lives until the process ends. */
CHECKED err_t answering_open(const struct answer_ask *ask, struct answering **out_answering);
int answering_group(const struct answering *answering); /* the descriptor to put marks on */

/* Forgets every verdict that is kept: the order, or who is who, or a package has changed. */
void answering_forget(struct answering *answering);

struct answered {
    uint64_t asked, late; /* questions; those that failures decided */
    bool stuck;           /* THREADS_MAX threads wait for something that does not come */
};
struct answered answering_watch(struct answering *answering);
