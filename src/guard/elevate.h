/* SPDX-License-Identifier: Apache-2.0
 *
 * What the guard answers to sudo: the rules decide, and what they ask for, a reason or an approval, has to be there.
 *
 *     TRY(elevate_open(&host, &elevate));
 *     elevate_answer(elevate, &ask, peer, &reply);     reply.answer; reply.runnable is open where it may run
 *
 * Never fails: what goes wrong is a refusal, with a sentence that may be shown to whoever typed the command. Before it says
 * run, the use of an approval is on the disk, and the launch was given to the recorder; so is each refusal. One thread at a
 * time.
 */
#pragma once
#include "govern/rules.h"
#include "guard/pending.h"
#include "guard/runnable.h"
#include "sudo/talk.h"

/* The policy in force. */
struct elevate_law {
    const struct rules *rules; /* NULL: there is none */
    uint64_t number;
    moment_t until;
};

/* What is to be recorded: of a launch that was elevated, or refused. `record` is the verdict's. */
struct elevate_event {
    moment_t at;
    uid_t uid, as;
    ident_t account;
    uint64_t policy;
    size_t rule;
    unsigned record;
    bool elevated, emergency;
    str_t path, args, reason; /* args joined by spaces, secrets hidden */
    const char *why; /* of a refusal: forged, expired, …; never shown to the service in words of people */
};

/* The guard, as this part of it needs it. Texts are borrowed. */
struct elevate_host {
    void *with;
    struct env *env;
    const char *folder, *own; /* the agent's, and the guard's */
    ident_t tenant, device;
    struct note_key signer;                               /* pinned when the machine was enrolled */
    void (*law)(void *with, struct elevate_law *out_law); /* stays as it is until law_end() */
    void (*law_end)(void *with);
    err_t (*account)(void *with, uid_t uid, ident_t *out_account);
    /* Package, home, and the parent of sudo; sets the bit of what it knows. NULL: they are unknown. */
    void (*learn)(void *with, pid_t sudo, struct attempt *attempt, enum fact fact);
    void (*record)(void *with, const struct elevate_event *event); /* NULL: nobody records */
};

struct elevate_reply {
    struct talk_answer answer; /* texts: views of `texts` and of `runnable` */
    struct runnable runnable;
    buf_t texts;
};
typedef struct elevate_reply elevate_reply_own;
void elevate_reply_drop(struct elevate_reply *reply);

struct elevate;
typedef struct elevate *elevate_own;
CHECKED err_t elevate_open(const struct elevate_host *host, struct elevate **out_elevate);
void elevate_drop(struct elevate **elevate);
void elevate_answer(struct elevate *elevate, const struct talk_ask *ask, pid_t peer,
                    struct elevate_reply *out_reply);
