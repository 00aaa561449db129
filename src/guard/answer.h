/* SPDX-License-Identifier: Apache-2.0
 *
 * The kernel's questions, answered: may this file be opened to be run?
 *
 *     TRY(answering_open(&ask, &answering));                  threads begin to answer; marks are the caller's to make
 *     answering_watch(answering);                             every WATCH_MS, from a thread that does nothing else
 *
 * Several threads wait for questions, and the kernel wakes one of them for each (EPOLLEXCLUSIVE): never one that is at work.
 * Where the file's verdict is kept, it answers at once; else it judges (guard/judge.h). So a question is answered without
 * being handed from thread to thread, and one that takes long holds nobody up. They go before all others; once one has
 * answered, it gives way to whom it has answered before it does the rest, unless a launch is still to be written down.
 *
 * A verdict is kept for a file that is allowed for everybody (guard/judge.h): for one that root alone can change, by an
 * ignore mark on its inode, and the kernel asks no more until it is changed; for others in a table, by inode and the moment
 * of its last change, since memory that was mapped can change a file without the kernel dropping its mark. Of a file that could
 * change without that moment nothing is kept (guard/facts.h).
 *
 * answering_watch() answers what was not judged within JUDGE_MS, as the policy says for failures, and starts another thread
 * for each that is stuck, up to THREADS_MAX; past that it says so, and the process should end, after answering_release(): then
 * the next guard begins. What was let go so is looked at as it runs (guard/trail.h). No thread waits for network, log, name
 * service or package manager, and none runs a program: what the guard does can never wait for the guard.
 *
 * Where the order is settled (guard/order.h) a plain program goes on before it is looked at: only its mount and its first page are
 * read, since a script has to be expected before its interpreter begins.
 *
 * Cost, as bench-exec has it on two busy cores: a launch whose file carries a mark takes 1.00 to 1.02 of one that nobody
 * watches; the first of a file 1.04 to 1.12; one of a dynamic program under a policy that may refuse, whose loader is asked
 * about each time, 1.08 to 1.18, half of it since its call has to be read. Of a question alone, by calls of execve() that
 * fail behind it, on the processor of who asks (medians of 9 runs of 250, beside others at work): 8 µs where all is settled,
 * 13 under rules that refuse, 15 for a loader; 5 for a responder that allows everything unread, the least there can be; 24
 * for fapolicyd with one rule, which is asked twice. Where the kernel wakes the thread on another processor each of these
 * takes as much more as that wakes slowly: 40 µs on a virtual machine within another. bench-yes is that least in the bench's run.
 */
#pragma once
#include "guard/expected.h"
#include "guard/judge.h"
#include "guard/record.h"

enum { JUDGE_MS = 2000, WATCH_MS = 50, THREADS = 3, THREADS_MAX = 64, RELEASE_MS = 100 };

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

/* Whether something is still asked, by a thread that may never come back. */
bool answering_waits(const struct answering *answering);

/* Lets all go on that wait for an answer, and has nothing asked any more. For a group that will not close: a thread that waits
 * for a file system which never answers (FUSE) outlives its process, SIGKILL included, and all that the process had open with it. In
 * any process; takes RELEASE_MS. */
void answering_release(int group);

struct answered {
    uint64_t asked, late; /* questions; those that failures decided */
    bool stuck;           /* THREADS_MAX threads wait for something that does not come */
};
struct answered answering_watch(struct answering *answering);
