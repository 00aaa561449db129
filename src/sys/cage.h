/* SPDX-License-Identifier: Apache-2.0
 *
 * The cage: a process shuts itself in. From then on the kernel gives it what its work needs and nothing else, so that
 * whoever takes the process over finds no other file, no other port, no other program.
 *
 *     const struct cage_ask ask = cage_for_keys(folder, copy);
 *     cage_gaps_t gaps;
 *     TRY(cage(&ask, &gaps));
 *     if (*gaps.text)
 *         say(gaps.text);
 *
 * Two walls. Landlock: no file but beneath the folders asked for and what the libraries read (cage.c names it), no TCP
 * port bound or connected to but those asked for, no signal to a process outside. Seccomp: one table of system
 * calls, each with the roles that need it; any other call ends the process. No role starts a program or a process,
 * or maps memory to run code from; CAGE_KEYS has no sockets but those it was born with, and CAGE_WEB connects nowhere.
 *
 * CAGE_JOBS also removes folders, and links files from one of its folders into another. Where nothing is to be reached it has
 * no sockets either. With ports to connect to it opens TCP sockets, connects to those ports of any machine, and asks name
 * servers on port 53, over TCP as well (RES_OPTIONS=use-vc, which is the caller's to set): every other socket is refused,
 * so that no byte leaves but to a port asked for.
 *
 * Called once, by a process that has set no_new_privs and become its final user, before it starts a thread. What it
 * has open stays open. Threads started later are inside too. Folders asked for must be there; the paths are borrowed
 * for the call. There is no way out.
 *
 * Fails with BROKEN where a wall cannot be set up, and where it does not hold: a child tries what the role must not,
 * then this process does. Where the kernel has no Landlock, no ports in it or no seccomp, the rest is put up and
 * `out_gaps` says in one line what is not held back; it is empty where everything is. Cost: 6 ms, once.
 * Source: Linux, Documentation/userspace-api/landlock.rst and seccomp_filter.rst.
 */
#pragma once
#include "base/err.h"
#include <stdint.h>

enum cage_role { CAGE_KEYS, CAGE_WEB, CAGE_JOBS };
enum { CAGE_CONNECTS = 16, CAGE_WRITES = 3 };

struct cage_ask {
    enum cage_role role;
    const char *reads;                /* a folder, or NULL */
    const char *writes[CAGE_WRITES];  /* folders: everything beneath may be read, written, made and removed */
    uint16_t binds[2];                /* TCP ports */
    uint16_t connects[CAGE_CONNECTS]; /* TCP ports, the used ones first */
};

typedef struct {
    char text[160];
} cage_gaps_t;

/* What the processes of the service ask for, said once, for them and for the tests. */
struct cage_ask cage_for_keys(const char *folder, const char *copy);
struct cage_ask cage_for_jobs(const char *const folders[CAGE_WRITES], const uint16_t *ports,
                              size_t count); /* to connect to; 0 is none */
struct cage_ask cage_for_web(const char *store_folder, const char *run_folder,
                             uint16_t port); /* and the next */

CHECKED err_t cage(const struct cage_ask *ask, cage_gaps_t *out_gaps);
