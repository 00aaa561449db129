/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/guard.h"

#include "guard/answer.h"
#include "guard/work.h"

#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

enum { LOOK_MS = 100, AGAIN_MS = 200, END_MS = 2000, LEAVE_MS = 500 };

struct watcher {
    struct work_ask work;
    pid_t worker;
    uint64_t beats;
    int64_t beat_at, begun_at, over_at; /* over_at: when it was killed, or gave up; 0 where it was not */
};

static int64_t now_ms(void) { return heard_now() / 1000000; }

/* The worker ends with its watcher: nobody else would start it again, or see it stopped. What a terminal or a service manager
 * sends to both waits for the watcher's word. */
static void worker_begin(struct watcher *watcher)
{
    pid_t parent = getpid();
    watcher->over_at = 0;
    atomic_store(&watcher->work.signs->over, false);
    atomic_store(&watcher->work.signs->group, 0);
    atomic_store(&watcher->work.signs->opening, true);
    watcher->worker = fork();
    watcher->beat_at = watcher->begun_at = now_ms();
    if (watcher->worker != 0)
        return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(0);
    err_t done = work(&watcher->work);
    snprintf(watcher->work.signs->why, sizeof watcher->work.signs->why, "%s", err_note());
    _exit(err_info(done)->exit);
}

/* What waits for it goes on even where it cannot end. */
static void worker_kill(struct watcher *watcher)
{
    int number = atomic_load(&watcher->work.signs->group);
    OWN(fd) process = (int)syscall(SYS_pidfd_open, watcher->worker, 0);
    OWN(fd) group = process > 0 && number > 0 ? (int)syscall(SYS_pidfd_getfd, process, number, 0) : 0;
    kill(watcher->worker, SIGKILL);
    watcher->over_at = now_ms();
    if (group > 0)
        answering_release(group);
}

/* Whether there is nothing to wait for: it has ended, or some time has passed since it should have. `*out_status` is 0 then. */
static bool worker_is_gone(struct watcher *watcher, int *out_status)
{
    int status;
    *out_status = 0;
    if (!watcher->over_at && atomic_load(&watcher->work.signs->over))
        watcher->over_at = now_ms();
    for (pid_t ended; (ended = waitpid(-1, &status, WNOHANG)) > 0;)
        if (ended == watcher->worker) {
            *out_status = status;
            return true;
        }
    return watcher->over_at && now_ms() - watcher->over_at > LEAVE_MS;
}

/* It hears what is left to hear; one that is stopped, or hangs, is ended without. */
static void worker_end(struct watcher *watcher)
{
    int status;
    int64_t until = now_ms() + END_MS;
    atomic_store(&watcher->work.signs->ending, true);
    while (!worker_is_gone(watcher, &status)) {
        if (now_ms() >= until && !watcher->over_at)
            worker_kill(watcher);
        usleep(1000);
    }
}

static err_t code_of(int status)
{
    for (int code = ERR_OK + 1; WIFEXITED(status) && code < ERR_COUNT; code++)
        if (err_info((err_t)code)->exit == WEXITSTATUS(status))
            return (err_t)code;
    return ERR_BROKEN;
}

/* One that never began to judge would not the next time either. */
static err_t worker_look(struct watcher *watcher)
{
    int status;
    struct signs *signs = watcher->work.signs;
    if (!worker_is_gone(watcher, &status))
        return ERR_OK;
    if (!atomic_load(&signs->ready))
        return fail(code_of(status), "%s", signs->why);
    watcher->work.guard->say("the judging process has ended: begun anew");
    atomic_fetch_add(&signs->restarts, 1);
    if (now_ms() - watcher->begun_at < AGAIN_MS)
        usleep(AGAIN_MS * 1000);
    worker_begin(watcher);
    return ERR_OK;
}

static void beats_look(struct watcher *watcher)
{
    struct signs *signs = watcher->work.signs;
    uint64_t beats = atomic_load(&signs->beats);
    bool opening = atomic_load(&signs->opening) && now_ms() - watcher->begun_at < OPENING_MS;
    if (beats != watcher->beats || !atomic_load(&signs->ready) || opening) {
        watcher->beats = beats;
        watcher->beat_at = now_ms();
    }
    if (now_ms() - watcher->beat_at < STOPPED_MS)
        return;
    watcher->work.guard->say("the judging process gives no sign of life: it is ended and begun anew");
    atomic_fetch_add(&signs->stops, 1);
    worker_kill(watcher);
    watcher->beat_at = now_ms();
}

static err_t watch_over(struct watcher *watcher)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    worker_begin(watcher);
    if (watcher->worker < 0)
        return fail(ERR_BUSY, "no process to judge: %s", strerror(errno));
    for (;;) {
        const struct timespec wait = {.tv_nsec = LOOK_MS * 1000000L};
        if (sigtimedwait(&signals, NULL, &wait) > 0) {
            worker_end(watcher);
            return journal_hand_over(watcher->work.journal, &watcher->work.guard->out);
        }
        beats_look(watcher);
        TRY(worker_look(watcher));
    }
}

err_t guard_run(const struct guard_ask *ask)
{
    OWN(journal) journal = NULL;
    OWN(ears) ears = {0};
    struct signs *signs =
        mmap(NULL, sizeof *signs, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (signs == MAP_FAILED)
        return fail(ERR_BUSY, "no memory to watch with");
    TRY(journal_open(&(struct journal_ask){ask->env, ask->journal, ask->key, ask->first}, &journal));
    TRY(heard_open(&ears));
    struct watcher watcher = {.work = {ask, &ears, journal, signs, ask->env->now(ask->env)}};
    err_t done = watch_over(&watcher);
    if (done == ERR_OK)
        unlink(ask->journal);
    return done;
}
