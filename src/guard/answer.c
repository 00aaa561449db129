/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/answer.h"

#include "guard/heard.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/fanotify.h>
#include <sys/resource.h>

enum { KEPT = 16 * 1024, STACK = 512 * 1024, URGENT = -20, NUMBERS = 1024 };

#ifndef FAN_MARK_EVICTABLE
#define FAN_MARK_EVICTABLE 0x200 /* Linux 5.19; the C library of Debian 12 does not know it yet */
#endif

/* One question that a thread works on: `state` is its number among the desk's, times four, and how far it is. Whoever moves
 * it from ASKED to TAKEN answers it. The thread alone closes `fd`, and not before it was answered: the kernel knows a question
 * by that number. */
enum { IDLE, ASKED, TAKEN, ANSWERED, STEPS };
struct desk {
    struct answering *of;
    _Atomic uint64_t state;
    _Atomic int64_t until;
    int fd, waits; /* waits: an epoll of its own, for the next question */
    pid_t tid;
    struct seen seen;
    struct judgement *judgement;
};

struct answering {
    struct answer_ask ask;
    int group;
    uint8_t key[SHORT_KEY];
    _Atomic uint64_t kept[KEPT], asked, late;
    atomic_size_t count;
    atomic_bool gives_way; /* one of them has answered, and lets others go first */
    struct desk desks[THREADS_MAX];
};

int answering_group(const struct answering *answering) { return answering->group; }

/* Verdicts that are kept */

struct kept_key {
    uint64_t generation, device, number;
    int64_t changed, size;
};

static uint64_t kept_value(const struct answering *answering, const struct kept_key *key)
{
    uint64_t value = digest_short(answering->key, str_bytes(key, sizeof *key));
    return value ? value : 1;
}

static bool is_kept(struct answering *answering, const struct seen *seen)
{
    struct order *order = order_take(answering->ask.orders);
    const struct kept_key key = {order->generation, seen->device, seen->number, seen->changed, seen->size};
    order_leave(order);
    uint64_t value = kept_value(answering, &key);
    return atomic_load_explicit(&answering->kept[value % KEPT], memory_order_relaxed) == value;
}

/* Nobody but root can change the file or put another in its place; and running it gives nobody's rights but the caller's. */
static bool is_roots(const struct file *file)
{
    return file->owner == 0 && !(file->mode & (S_IWGRP | S_IWOTH | S_ISUID | S_ISGID)) &&
           file->known & FACT_TRUST && file->trusted;
}

static void mark(const struct answering *answering, unsigned action, int fd)
{
    const unsigned flags = action | FAN_MARK_IGNORED_MASK;
    if (fanotify_mark(answering->group, flags | FAN_MARK_EVICTABLE, FAN_OPEN_EXEC_PERM, fd, NULL) != 0 &&
        fanotify_mark(answering->group, flags, FAN_OPEN_EXEC_PERM, fd, NULL) != 0)
        return; /* without a mark the kernel asks again */
}

static bool is_in_force(const struct answering *answering, const struct order *order)
{
    struct order *now = order_take(answering->ask.orders);
    bool same = now->generation == order->generation;
    order_leave(now);
    return same;
}

static bool is_as_judged(int fd, const struct file *file)
{
    struct seen now;
    return facts_see(fd, &now) && now.changed == file->changed && now.size == file->size;
}

/* For the file as it was judged: what became of it since has another key. A mark that comes after those of an order before were
 * taken away, or after the file was changed, is taken back; one that was there before a change the kernel takes away. */
static void keep(struct answering *answering, const struct order *order, int fd, struct file *file)
{
    const struct kept_key key = {order->generation, file->device, file->number, file->changed, file->size};
    if (!file->steady)
        return;
    facts_learn(answering->ask.facts, fd, FACT_TRUST, file);
    uint64_t value = kept_value(answering, &key);
    atomic_store_explicit(&answering->kept[value % KEPT], value, memory_order_relaxed);
    if (!is_roots(file))
        return;
    mark(answering, FAN_MARK_ADD, fd);
    if (!is_in_force(answering, order) || !is_as_judged(fd, file))
        mark(answering, FAN_MARK_REMOVE, fd);
}

void answering_forget(struct answering *answering)
{
    for (size_t i = 0; i < KEPT; i++)
        atomic_store(&answering->kept[i], 0);
    fanotify_mark(answering->group, FAN_MARK_FLUSH, 0, AT_FDCWD,
                  NULL); /* those of inodes: file systems stay marked */
}

/* Answering */

static void answer(const struct answering *answering, int fd, enum decision decision)
{
    struct fanotify_response response = {fd, decision == DECISION_DENY ? FAN_DENY : FAN_ALLOW};
    /* Refused only where who asked has been killed meanwhile. */
    if (write(answering->group, &response, sizeof response) != sizeof response)
        return;
}

static bool desk_answer(struct desk *desk, uint64_t asked, enum decision decision)
{
    int fd = desk->fd; /* of the question `asked`, if that is still the one */
    if (asked % STEPS != ASKED ||
        !atomic_compare_exchange_strong(&desk->state, &asked, asked - ASKED + TAKEN))
        return false;
    answer(desk->of, fd, decision);
    atomic_store(&desk->state, asked - ASKED + ANSWERED);
    return true;
}

static void desk_ask(struct desk *desk, const struct fanotify_event_metadata *question, int64_t until)
{
    desk->fd = question->fd;
    desk->tid = question->pid;
    atomic_store(&desk->until, until);
    atomic_store(&desk->state, atomic_load(&desk->state) + ASKED);
}

static void desk_end(struct desk *desk)
{
    while (atomic_load(&desk->state) % STEPS != ANSWERED)
        sched_yield();
    atomic_store(&desk->state, atomic_load(&desk->state) - ANSWERED + STEPS);
    close(desk->fd);
}

static void record(const struct answering *answering, const struct order *order, const struct judgement *done)
{
    const struct recorder recorder = {answering->ask.env, answering->ask.journal, order,
                                      atomic_load(answering->ask.off)};
    record_launch(&recorder, &(struct told){.at = heard_now(),
                                            .uid = done->process.uid,
                                            .login = process_login(done->process.pid),
                                            .decision = done->decision,
                                            .rule = done->rule,
                                            .record = done->record,
                                            .file = &done->file,
                                            .script = done->script,
                                            .parent = done->parent,
                                            .args = str_bytes(done->args, done->args_len)});
}

/* The program of a script is asked about, or heard of, next: the launch is written down there. */
static void expect(const struct answering *answering, const struct judgement *done, uint64_t number)
{
    struct expectation expectation = {.pid = done->process.pid,
                                      .number = done->is_script ? 0 : number,
                                      .since = heard_now(),
                                      .written = !done->is_script};
    snprintf(expectation.script, sizeof expectation.script, "%.*s", EXPECTED_SCRIPT - 1, done->script);
    expected_put(answering->ask.expected, &expectation);
}

/* This thread is more urgent than who was answered, who would wait for the rest of its work where both have one processor. One
 * gives way at a time: others may have work there that takes long, and the next questions find the other threads waiting. */
static void desk_let_go(struct desk *desk, enum decision decision)
{
    desk_answer(desk, atomic_load(&desk->state), decision);
    if (atomic_exchange(&desk->of->gives_way, true))
        return;
    sched_yield();
    atomic_store(&desk->of->gives_way, false);
}

/* A refusal is written down before it is answered: nothing else will tell of it. That another launch began is heard again
 * (guard/trail.h), and an expectation, which ends with this process, keeps it from being written down twice: what is expected is
 * written down without giving way first. A plain program where all is settled is not expected, and goes on at once. */
static void question_judge(struct answering *answering, struct desk *desk, pid_t tid)
{
    struct order *order = order_take(answering->ask.orders);
    struct judgement *done = desk->judgement;
    const struct judge_ask ask = {order, answering->ask.facts, &desk->seen, tid, false};
    enum decision failed = order->closed ? DECISION_DENY : DECISION_ALLOW;
    bool plain = order->settled && facts_is_plain(ask.facts, ask.seen);
    if (plain)
        desk_let_go(desk, DECISION_ALLOW);
    err_t judged = judge(&ask, done);
    bool refused = judged == ERR_OK && done->decision == DECISION_DENY;
    bool launches = judged == ERR_OK && !plain && !done->beneath && !done->everybody;
    if (launches && !refused) {
        expect(answering, done, desk->seen.number);
        desk_answer(desk, atomic_load(&desk->state), done->decision);
    } else if (!refused && !plain) {
        desk_let_go(desk, judged == ERR_OK ? done->decision : failed);
    }
    if (judged == ERR_OK)
        judge_rest(&ask, done);
    if (launches && (refused || !done->is_script))
        record(answering, order, done);
    if (refused)
        desk_answer(desk, atomic_load(&desk->state), DECISION_DENY);
    if (judged == ERR_OK && done->everybody)
        keep(answering, order, desk->fd, &done->file);
    order_leave(order);
}

static int64_t now_ms(void) { return heard_now() / 1000000; }

/* False where there is no question, since another one has taken it, or it is answered. */
static bool question_next(struct answering *answering, struct desk *desk,
                          struct fanotify_event_metadata *question)
{
    struct epoll_event any;
    if (epoll_wait(desk->waits, &any, 1, -1) != 1 ||
        read(answering->group, question, sizeof *question) != sizeof *question || question->fd < 0)
        return false;
    atomic_fetch_add_explicit(&answering->asked, 1, memory_order_relaxed);
    if (!facts_see(question->fd, &desk->seen) || !is_kept(answering, &desk->seen)) {
        desk_ask(desk, question, now_ms() + answering->ask.judge_ms);
        return true;
    }
    answer(answering, question->fd, DECISION_ALLOW);
    close(question->fd);
    return false;
}

static void *desk_work(void *at)
{
    struct desk *desk = at;
    struct answering *answering = desk->of;
    struct fanotify_event_metadata question;
    /* Somebody waits for each answer. */
    setpriority(PRIO_PROCESS, (id_t)gettid(), URGENT);
    for (;;) {
        while (!question_next(answering, desk, &question))
            ;
        question_judge(answering, desk, question.pid);
        desk_end(desk);
    }
    return NULL;
}

static bool desk_waits(struct desk *desk)
{
    struct epoll_event next = {.events = EPOLLIN | EPOLLEXCLUSIVE};
    desk->waits = epoll_create1(EPOLL_CLOEXEC);
    return desk->waits >= 0 && epoll_ctl(desk->waits, EPOLL_CTL_ADD, desk->of->group, &next) == 0;
}

static void desk_close(struct desk *desk)
{
    close(desk->waits);
    free(desk->judgement);
}

static bool desk_open(struct answering *answering)
{
    pthread_t thread;
    pthread_attr_t attr;
    size_t i = atomic_load(&answering->count);
    struct judgement *judgement = i < THREADS_MAX ? malloc(sizeof *judgement) : NULL;
    if (!judgement)
        return false;
    struct desk *desk = &answering->desks[i];
    *desk = (struct desk){.of = answering, .judgement = judgement};
    if (!desk_waits(desk)) {
        desk_close(desk);
        return false;
    }
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK);
    bool begun = pthread_create(&thread, &attr, desk_work, desk) == 0;
    pthread_attr_destroy(&attr);
    if (begun)
        atomic_store(&answering->count, i + 1);
    else
        desk_close(desk);
    return begun;
}

err_t answering_open(const struct answer_ask *ask, struct answering **out_answering)
{
    const unsigned flags = FAN_CLASS_CONTENT | FAN_CLOEXEC | FAN_NONBLOCK | FAN_UNLIMITED_QUEUE |
                           FAN_UNLIMITED_MARKS | FAN_REPORT_TID;
    struct answering *answering = calloc(1, sizeof *answering);
    if (!answering)
        return fail(ERR_BUSY, "no memory to answer with");
    answering->ask = *ask;
    if (!answering->ask.judge_ms)
        answering->ask.judge_ms = JUDGE_MS;
    answering->group = fanotify_init(flags, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOATIME);
    if (answering->group < 0) {
        free(answering);
        return fail(ERR_DENIED, "the kernel lets nobody judge launches here: %s", strerror(errno));
    }
    ask->env->random(ask->env, answering->key, sizeof answering->key);
    for (size_t i = 0; i < THREADS; i++)
        if (!desk_open(answering))
            return fail(ERR_BUSY, "no thread to answer with");
    *out_answering = answering;
    return ERR_OK;
}

/* The watch */

/* Whoever launches can see to it that he is not judged in time. */
static void late_expect(const struct answering *answering, pid_t tid)
{
    struct process process;
    if (process_read(tid, &process) == ERR_OK)
        expected_put(answering->ask.expected,
                     &(struct expectation){.pid = process.pid, .since = heard_now(), .late = true});
}

static void desk_watch(struct answering *answering, struct desk *desk, bool closed)
{
    uint64_t asked = atomic_load(&desk->state);
    pid_t tid = desk->tid; /* of the question `asked`, if that is still the one */
    if (asked % STEPS != ASKED || now_ms() < atomic_load(&desk->until))
        return;
    if (!closed)
        late_expect(answering, tid);
    if (desk_answer(desk, asked, closed ? DECISION_DENY : DECISION_ALLOW))
        atomic_fetch_add(&answering->late, 1);
}

struct answered answering_watch(struct answering *answering)
{
    struct order *order = order_take(answering->ask.orders);
    size_t count = atomic_load(&answering->count), idle = 0;
    for (size_t i = 0; i < count; i++) {
        desk_watch(answering, &answering->desks[i], order->closed);
        idle += atomic_load(&answering->desks[i].state) % STEPS == IDLE;
    }
    order_leave(order);
    bool more = !idle && desk_open(answering);
    return (struct answered){atomic_load(&answering->asked), atomic_load(&answering->late), !idle && !more};
}

bool answering_waits(const struct answering *answering)
{
    for (size_t i = 0; i < atomic_load(&answering->count); i++)
        if (atomic_load(&answering->desks[i].state) % STEPS != IDLE)
            return true;
    return false;
}

/* Those that nobody has read, and those that somebody has, whose numbers nobody else knows. */
static void all_let_go(int group)
{
    struct fanotify_event_metadata question;
    struct fanotify_response response = {0, FAN_ALLOW};
    while (read(group, &question, sizeof question) == sizeof question) {
        response.fd = question.fd;
        if (question.fd >= 0 && write(group, &response, sizeof response) == sizeof response)
            close(question.fd);
    }
    for (response.fd = 0; response.fd < NUMBERS; response.fd++)
        if (write(group, &response, sizeof response) <= 0)
            continue; /* none of this number */
}

void answering_release(int group)
{
    fanotify_mark(group, FAN_MARK_FLUSH | FAN_MARK_FILESYSTEM, 0, AT_FDCWD, NULL);
    fanotify_mark(group, FAN_MARK_FLUSH, 0, AT_FDCWD, NULL);
    fcntl(group, F_SETFL, O_NONBLOCK); /* for all who have it */
    for (int i = 0; i < RELEASE_MS / 10; i++) {
        all_let_go(group);
        usleep(10 * 1000);
    }
}
