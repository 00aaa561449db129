/* SPDX-License-Identifier: Apache-2.0
 *
 * custodyd: the monitor. It makes the folders, starts the keys and the web process as users of their own, joined by
 * socket pairs, starts both again when one dies, and stops both when asked to. It parses nothing from the network.
 */
#include "crypt/seal.h"
#include "custodyd/home.h"
#include "custodyd/web.h"
#include "keyring/serve.h"
#include "sys/cage.h"
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum { MOST_CHANNELS = 64, RESTART_WAIT_US = 200000, STOP_SECONDS = 10 };

struct house {
    struct settings settings;
    int keys_ends[MOST_CHANNELS], web_ends[MOST_CHANNELS];
    int stop[2], ready[2]; /* pipes: children stop when the writing end is gone */
    pid_t keys, web;
    int signals;
};

/* Read by the monitor, which alone may: the keys process gets it by inheritance, the web process never. */
static err_t root_key(const struct settings *settings, struct key *out_root)
{
    char path[1024];
    struct env *env = env_real();
    OWN(buf) file = BUF(KEY_SIZE);
    snprintf(path, sizeof path, "%s/root.key", settings->home);
    err_t read = env->read_file(env, path, &file);
    if (read == ERR_OK)
        return key_from(buf_str(&file), out_root);
    if (read != ERR_MISSING)
        return read;
    key_random(env, out_root);
    return env->write_file(env, path, key_bytes(out_root), 0600);
}

static err_t become(uid_t user)
{
    struct rlimit no_core = {0, 0};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_PDEATHSIG, SIGTERM) != 0)
        return fail(ERR_BROKEN, "cannot give up privileges: %s", strerror(errno));
    if (geteuid() == 0 &&
        (setgroups(0, NULL) != 0 || setresgid(user, user, user) != 0 || setresuid(user, user, user) != 0))
        return fail(ERR_BROKEN, "cannot become user %u: %s", user, strerror(errno));
    setrlimit(RLIMIT_CORE, &no_core);
    prctl(PR_SET_DUMPABLE, 0);
    return ERR_OK;
}

static void close_all(const int *fds, size_t count)
{
    for (size_t i = 0; i < count; i++)
        close(fds[i]);
}

static void signals_default(void)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGINT, SIG_IGN); /* Ctrl-C reaches the whole group: the monitor alone decides */
    signal(SIGTERM, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
}

static int child_end(const char *name, err_t result)
{
    if (result != ERR_OK)
        fprintf(stderr, "custodyd: %s: %s\n", name, err_note());
    return err_info(result)->exit;
}

/* Says what an older kernel does not hold back; on a newer one there is nothing to say. */
static err_t shut_in(const char *name, const struct cage_ask *ask)
{
    cage_gaps_t gaps;
    TRY(cage(ask, &gaps));
    if (*gaps.text)
        fprintf(stderr, "custodyd: %s: this kernel has %s\n", name, gaps.text);
    return ERR_OK;
}

static err_t keys_run(struct house *house, const struct key *root)
{
    char folder[1024];
    prctl(PR_SET_NAME, "custody-keys");
    close_all(house->web_ends, house->settings.worker_count);
    close(house->ready[1]);
    TRY(become(house->settings.keys_uid));
    snprintf(folder, sizeof folder, "%s/keyring", house->settings.home);
    const struct cage_ask ask = cage_for_keys(folder);
    TRY(shut_in("keys", &ask));
    return keys_serve(&(struct serve_ask){env_real(), folder, root, house->keys_ends,
                                          house->settings.worker_count, house->stop[0]});
}

static err_t web_run(struct house *house)
{
    char store[1024], run_folder[1024];
    struct channel channels[MOST_CHANNELS];
    prctl(PR_SET_NAME, "custody-web");
    close_all(house->keys_ends, house->settings.worker_count);
    TRY(become(house->settings.web_uid));
    snprintf(store, sizeof store, "%s/store", house->settings.home);
    snprintf(run_folder, sizeof run_folder, "%s/run", house->settings.home);
    const struct cage_ask ask = cage_for_web(store, run_folder, house->settings.port_number);
    TRY(shut_in("web", &ask));
    for (size_t i = 0; i < house->settings.worker_count; i++)
        channels[i] = (struct channel){house->web_ends[i]};
    return web_serve(&(struct web_ask){&house->settings, channels, house->stop[0], house->ready[1]});
}

/* The root key is wiped in the monitor before the web process is forked, so that it never was in its memory. */
static err_t keys_fork(struct house *house)
{
    OWN(key) root;
    TRY(root_key(&house->settings, &root));
    house->keys = fork();
    if (house->keys == 0) {
        signals_default();
        close(house->stop[1]);
        close(house->ready[0]);
        exit(child_end("keys", keys_run(house, &root)));
    }
    return house->keys > 0 ? ERR_OK : fail(ERR_BUSY, "cannot start the keys process");
}

static err_t web_fork(struct house *house)
{
    house->web = fork();
    if (house->web == 0) {
        signals_default();
        close(house->stop[1]);
        close(house->ready[0]);
        exit(child_end("web", web_run(house)));
    }
    return house->web > 0 ? ERR_OK : fail(ERR_BUSY, "cannot start the web process");
}

static err_t pair_up(struct house *house)
{
    for (size_t i = 0; i < house->settings.worker_count; i++) {
        int ends[2];
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
            return fail(ERR_BUSY, "no socket pair: %s", strerror(errno));
        house->keys_ends[i] = ends[0];
        house->web_ends[i] = ends[1];
    }
    if (pipe2(house->stop, O_CLOEXEC) != 0 || pipe2(house->ready, O_CLOEXEC) != 0)
        return fail(ERR_BUSY, "no pipe: %s", strerror(errno));
    return ERR_OK;
}

static err_t children_start(struct house *house)
{
    TRY(pair_up(house));
    TRY(keys_fork(house));
    TRY(web_fork(house));
    close_all(house->keys_ends, house->settings.worker_count);
    close_all(house->web_ends, house->settings.worker_count);
    close(house->stop[0]);
    close(house->ready[1]);
    return ERR_OK;
}

/* Whether the child has ended; says so where its cage ended it. */
static bool has_ended(const char *name, pid_t child)
{
    int status = 0;
    pid_t ended = waitpid(child, &status, WNOHANG);
    if (ended == child && WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
        fprintf(stderr, "custodyd: the %s process did what it may not, and the kernel ended it\n", name);
    return ended != 0;
}

/* Asks by closing the pipe; after STOP_SECONDS it insists. */
static void child_wait(const char *name, pid_t *child)
{
    for (int tenth = 0; *child > 0 && tenth < STOP_SECONDS * 10; tenth++) {
        if (has_ended(name, *child))
            *child = 0;
        else
            usleep(100000);
    }
    if (*child > 0) {
        kill(*child, SIGKILL);
        waitpid(*child, NULL, 0);
    }
    *child = 0;
}

static void children_stop(struct house *house)
{
    close(house->stop[1]);
    close(house->ready[0]);
    child_wait("web", &house->web);
    child_wait("keys", &house->keys);
}

static bool is_ready(const struct house *house)
{
    char byte;
    if (read(house->ready[0], &byte, 1) != 1)
        return false;
    printf("ready on port %u, endpoints on port %u\n", house->settings.port_number,
           house->settings.port_number + 1);
    fflush(stdout);
    return true;
}

/* True when it was a wish to stop, false when a child died. */
static bool wait_for_end(struct house *house)
{
    for (;;) {
        struct signalfd_siginfo info;
        if (read(house->signals, &info, sizeof info) != sizeof info)
            continue;
        if (info.ssi_signo != SIGCHLD)
            return true;
        for (pid_t *child = &house->keys; child; child = child == &house->keys ? &house->web : NULL) {
            const char *name = child == &house->keys ? "keys" : "web";
            if (has_ended(name, *child)) {
                fprintf(stderr, "custodyd: the %s process has ended\n", name);
                *child = 0;
                return false;
            }
        }
    }
}

static err_t watch(struct house *house)
{
    sigset_t watched;
    sigemptyset(&watched);
    sigaddset(&watched, SIGINT);
    sigaddset(&watched, SIGTERM);
    sigaddset(&watched, SIGCHLD);
    sigprocmask(SIG_BLOCK, &watched, NULL);
    house->signals = signalfd(-1, &watched, SFD_CLOEXEC);
    if (house->signals < 0)
        return fail(ERR_BROKEN, "no signals: %s", strerror(errno));
    return ERR_OK;
}

static err_t run(struct house *house)
{
    umask(077);
    TRY(crypt_start());
    TRY(home_make(&house->settings));
    TRY(watch(house));
    for (bool started = false;; started = true) {
        TRY(children_start(house));
        bool ready = is_ready(house);
        bool asked = ready && wait_for_end(house);
        children_stop(house);
        if (asked)
            return ERR_OK;
        if (!ready &&
            !started) /* what fails at the first start is a mistake to mend, not an accident to ride out */
            return fail(ERR_BROKEN, "the service did not start");
        fprintf(stderr, "custodyd: starting again\n");
        usleep(RESTART_WAIT_US);
    }
}

int main(int argc, char **argv)
{
    struct house house = {0};
    if (argc > 1 && !strcmp(argv[1], "--help")) {
        settings_help(stdout);
        return 0;
    }
    if (argc > 1 && !strcmp(argv[1], "--version")) {
        printf("custodyd " CUSTODY_VERSION "\n");
        return 0;
    }
    err_t result = settings_read(argc - 1, argv + 1, &house.settings);
    if (result == ERR_OK)
        result = run(&house);
    if (result != ERR_OK)
        fprintf(stderr, "custodyd: %s\n", err_note());
    return err_info(result)->exit;
}
