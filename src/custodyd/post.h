/* SPDX-License-Identifier: Apache-2.0
 *
 * The post: what goes out of the service, on a thread of the jobs process that nothing else waits for.
 *
 *     struct errand errand = {.run = notices_send, .jobs = &jobs};
 *     TRY(errand_begin(&errand));
 *     …
 *     errand_end(&errand);                     once jobs->stop is readable, within SEND_SECONDS
 *
 * notices_send()  takes notices that are due out of the keyring's outbox and gives each to the relay, one mail an
 *                 address; says there what became of it. A crash between the relay's answer and that word sends the mail
 *                 again, under the same Message-ID.
 * webhooks_post()  posts notices that are due to clients' webhooks, a few receivers beside each other, signed by the keys
 *                 process at that moment (keyring/webhooks.h), and says what became of them: any status from 200 to 299
 *                 is an acceptance, 410 the end of that webhook, a redirect goes nowhere.
 * witnesses_visit()  asks each client's witness that is due to cosign its log's checkpoint (C2SP tlog-witness), and keeps
 *                 the cosigned checkpoint beside the log. What a witness says is believed only where its signature fits;
 *                 what is wrong with it is told in /v1/log/about, and holds nothing up.
 * sso_errands()    asks clients' sign-in providers: what they are, their keys, and what the code of somebody who signs in
 *                 stands for. The keys process judges all of it. One that is slow or down holds up its own client alone.
 * licences_turn()  has done what is due in the life of each client (keyring/contracts.h), each in an act of its own.
 */
#pragma once
#include "keyring/ask.h"
#include "notify/send.h"
#include "store/store.h"
#include "sys/env.h"
#include <pthread.h>

enum { SSO_SECONDS = 8, WORKERS = 4 };

/* Whom the workers work for (custodyd/works.h). */
struct works_running {
    pthread_mutex_t lock;
    pthread_mutex_t own; /* one snapshot of the service's own state is taken at a time */
    struct work_running {
        ident_t tenant;
        bool running;
        atomic_bool ending; /* its tenant is being erased */
    } at[WORKERS];
};

/* What the threads of the jobs process share. */
struct jobs {
    struct env *env;
    struct channel *channel;
    pthread_mutex_t lock; /* of the channel: one question at a time */
    int stop;
    const struct sending *sending;
    const struct reach *relay;  /* NULL: none, and no notice goes out */
    const char *from, *console; /* the mails' sender; the address of the console in them */
    const char *logs;           /* the folder of the logs */
    const char *store_folder, *snapshots;
    str_t settings;                 /* what the service was started with, a line each */
    struct store *store;            /* once jobs_serve() has opened it */
    int64_t storage_minute;         /* the last in which turns of retention were looked for; 0: none yet */
    const struct sending *visiting; /* to witnesses */
    struct reach_rules witnesses;
    const struct sending *posting; /* to webhooks */
    struct reach_rules webhooks;
    const struct sending *asking; /* sign-in providers */
    struct reach_rules providers;
    struct works_running works;
    int wake; /* readable where the keys process has something to do at once; 0: it never says so */
};

/* keys_ask(), for one thread after the other. */
CHECKED err_t jobs_ask_keys(struct jobs *jobs, const struct question *question, arena_t *arena,
                            void *out_answer);

/* The thread's note goes to stderr, at most once a minute. `told` is when it did, by the boot clock. */
void jobs_tell(struct jobs *jobs, moment_t *told);

struct errand {
    struct jobs *jobs;
    err_t (*run)(struct jobs *jobs, arena_t *arena); /* what is due now */
    int every_ms;                                    /* 0: each second */
    bool wakes;                                      /* and at once when the keys process says so */
    pthread_t thread;
    bool begun;
};
CHECKED err_t errand_begin(struct errand *errand);
void errand_end(struct errand *errand);

/* What came of sending one: taken over, which is told by `taken`, or not, with the note. */
struct notice_end {
    const Keys__Notice *notice;
    enum ask_number taken;
    err_t result;
    bool gone; /* a webhook, for good */
};
CHECKED err_t notice_tell(struct jobs *jobs, const struct notice_end *end, arena_t *arena);

CHECKED err_t sso_errands(struct jobs *jobs, arena_t *arena); /* sso.c; several threads at once */
CHECKED err_t webhooks_post(struct jobs *jobs, arena_t *arena);
CHECKED err_t notices_send(struct jobs *jobs, arena_t *arena);
CHECKED err_t storage_turns(struct jobs *jobs, arena_t *arena); /* storage.c */
CHECKED err_t witnesses_visit(struct jobs *jobs, arena_t *arena);

/* erasures_go_on()  what is due of the erasures of clients: erase/erase.h. */
CHECKED err_t erasures_go_on(struct jobs *jobs, arena_t *arena);
CHECKED err_t licences_turn(struct jobs *jobs, arena_t *arena);
