/* SPDX-License-Identifier: Apache-2.0
 *
 * custodyd: the monitor. It makes the folders, starts the keys, the web and the jobs process as users of their own, the
 * first joined to the others by socket pairs, starts all again when one dies, and stops them when asked to. It parses
 * nothing from the network.
 */
#include "admit/passwords.h"
#include "api/openapi.h"
#include "crypt/seal.h"
#include "custodyd/home.h"
#include "custodyd/jobs.h"
#include "custodyd/rebuild.h"
#include "custodyd/web.h"
#include "keyring/serve.h"
#include "sys/cage.h"
#include "sys/manager.h"
#include "sys/memory.h"
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum {
    MOST_CHANNELS = 64,
    RESTART_WAIT_US = 200000,
    STOP_SECONDS = 10,
    MOST_FILES = 16384,
    OPENAPI_MOST = 1 << 20
};

enum {
    CHILD_KEYS,
    CHILD_JOBS,
    CHILD_WEB,
    CHILDREN
}; /* in the order that they start; they stop in the other */

struct house {
    struct settings settings;
    size_t
        channels; /* one a worker of the web process, two of what it does beside, then the jobs process's */
    int keys_ends[MOST_CHANNELS + 3], other_ends[MOST_CHANNELS + 3];
    int stop[2], ready[2];  /* pipes: children stop when the writing end is gone */
    int wake;               /* an eventfd: keys has something for jobs to do at once */
    const struct key *root; /* while the keys process is forked */
    pid_t children[CHILDREN];
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

/* `shares` is the group of another process whose files this one works on too; 0: none. */
static err_t become(uid_t user, gid_t shares)
{
    struct rlimit no_core = {0, 0}, files;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_PDEATHSIG, SIGTERM) != 0)
        return fail(ERR_BROKEN, "cannot give up privileges: %s", strerror(errno));
    if (geteuid() == 0 && (setgroups(shares != 0, &shares) != 0 || setresgid(user, user, user) != 0 ||
                           setresuid(user, user, user) != 0))
        return fail(ERR_BROKEN, "cannot become user %u: %s", user, strerror(errno));
    setrlimit(RLIMIT_CORE, &no_core);
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) { /* a tenant in use has up to five, a connection one */
        files.rlim_cur = files.rlim_max < MOST_FILES ? files.rlim_max : MOST_FILES;
        setrlimit(RLIMIT_NOFILE, &files);
    }
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

static err_t keys_run(struct house *house)
{
    char folder[1024];
    close_all(house->other_ends, house->channels);
    close(house->ready[1]);
    TRY(become(house->settings.keys_uid, 0));
    snprintf(folder, sizeof folder, "%s/keyring", house->settings.home);
    const struct cage_ask ask = cage_for_keys(folder, house->settings.copy_at);
    TRY(shut_in("keys", &ask));
    if (!password_lists())
        fprintf(stderr,
                "custodyd: keys: Debian's word lists are not there: new passwords are not held against them"
                " (apt-get install cracklib-runtime)\n");
    return keys_serve(&(struct serve_ask){env_real(), folder, house->root, house->keys_ends, house->channels,
                                          house->stop[0], house->settings.gib, house->settings.cooling,
                                          house->settings.console_url, house->wake, house->settings.copy_at});
}

/* What the jobs process sends with, by where it goes. */
struct senders {
    struct sending mail, visiting, posting, asking;
};
typedef struct senders senders_own;
static void senders_drop(struct senders *senders)
{
    sending_drop(&senders->mail);
    sending_drop(&senders->visiting);
    sending_drop(&senders->posting);
    sending_drop(&senders->asking);
}

/* What sending needs of files is read while root still may; names are asked for as the cage lets them be. A relay is
 * where the operator says; witnesses, webhooks and sign-in providers are where a client does. */
static err_t jobs_sending(struct house *house, struct senders *senders)
{
    const struct settings *settings = &house->settings;
    if (setenv("RES_OPTIONS", "use-vc timeout:3 attempts:2", 1) != 0)
        return fail(ERR_BUSY, "no memory for the jobs process");
    TRY(send_start(env_real(), settings->smtp_authority, &senders->mail));
    if (*settings->smtp_user)
        TRY(send_as(env_real(), settings->smtp_user, settings->smtp_password, &senders->mail));
    TRY(send_start(env_real(), settings->witness_authority, &senders->visiting));
    TRY(send_start(env_real(), settings->webhook_authority, &senders->posting));
    TRY(send_start(env_real(), settings->sso_authority, &senders->asking));
    senders->mail.stop = senders->visiting.stop = senders->posting.stop = senders->asking.stop =
        house->stop[0];
    senders->asking.seconds = SSO_SECONDS;
    senders->asking.how = settings->providers.near ? REACH_NEAR : REACH_FAR;
    senders->visiting.how = settings->witnesses.near ? REACH_NEAR : REACH_FAR;
    senders->posting.how = settings->webhooks.near ? REACH_NEAR : REACH_FAR;
    return ERR_OK;
}

static err_t jobs_shut_in(const struct settings *settings, const char *logs, const char *store)
{
    const char *const folders[CAGE_WRITES] = {logs, store, settings->snapshots_at};
    uint16_t ports[1 + 3 * REACH_PORTS] = {settings->relay.port};
    memcpy(ports + 1, settings->witnesses.ports, sizeof settings->witnesses.ports);
    memcpy(ports + 1 + REACH_PORTS, settings->webhooks.ports, sizeof settings->webhooks.ports);
    memcpy(ports + 1 + 2 * REACH_PORTS, settings->providers.ports, sizeof settings->providers.ports);
    const struct cage_ask ask = cage_for_jobs(folders, ports, sizeof ports / sizeof *ports);
    return shut_in("jobs", &ask);
}

static err_t jobs_run(struct house *house)
{
    char logs[1024], store[1024];
    const struct settings *settings = &house->settings;
    size_t own = house->channels - 1;
    OWN(senders) senders = {0};
    close_all(house->keys_ends, house->channels);
    close_all(house->other_ends, own);
    close(house->ready[1]);
    umask(002); /* the web process reads the logs, in which nothing is secret, and shares the store's files */
    TRY(jobs_sending(house, &senders));
    TRY(become(settings->jobs_uid, settings->web_uid));
    snprintf(logs, sizeof logs, "%s/log", settings->home);
    snprintf(store, sizeof store, "%s/store", settings->home);
    TRY(jobs_shut_in(settings, logs, store));
    struct channel channel = {house->other_ends[own]};
    OWN(buf) told = BUF(64 * 1024);
    settings_put(settings, &told);
    TRY(buf_end(&told));
    struct jobs jobs = {.env = env_real(),
                        .channel = &channel,
                        .lock = PTHREAD_MUTEX_INITIALIZER,
                        .stop = house->stop[0],
                        .logs = logs,
                        .store_folder = store,
                        .snapshots = settings->snapshots_at,
                        .settings = buf_str(&told),
                        .sending = &senders.mail,
                        .relay = settings->relay.port ? &settings->relay : NULL,
                        .from = settings->mail_from,
                        .console = settings->console_url,
                        .visiting = &senders.visiting,
                        .witnesses = settings->witnesses,
                        .posting = &senders.posting,
                        .webhooks = settings->webhooks,
                        .asking = &senders.asking,
                        .providers = settings->providers,
                        .wake = house->wake};
    return jobs_serve(&jobs);
}

static err_t web_run(struct house *house)
{
    char store[1024], run_folder[1024], log[1024];
    struct channel channels[MOST_CHANNELS + 2];
    size_t own = house->channels - 1;
    close_all(house->keys_ends, house->channels);
    close(house->other_ends[own]);
    close(house->wake);
    umask(007); /* the store's files are the jobs process's too, from the moment they are there */
    TRY(become(house->settings.web_uid, 0));
    snprintf(store, sizeof store, "%s/store", house->settings.home);
    snprintf(run_folder, sizeof run_folder, "%s/run", house->settings.home);
    snprintf(log, sizeof log, "%s/log", house->settings.home);
    struct cage_ask ask = cage_for_web(store, run_folder, house->settings.port_number);
    ask.reads = log;
    TRY(shut_in("web", &ask));
    for (size_t i = 0; i < own; i++)
        channels[i] = (struct channel){house->other_ends[i]};
    return web_serve(&(struct web_ask){&house->settings, channels, house->stop[0], house->ready[1]});
}

static const struct {
    const char *name, *title;
    err_t (*run)(struct house *house);
} children[CHILDREN] = {
    [CHILD_KEYS] = {"keys", "custody-keys", keys_run},
    [CHILD_JOBS] = {"jobs", "custody-jobs", jobs_run},
    [CHILD_WEB] = {"web", "custody-web", web_run},
};

static err_t child_fork(struct house *house, int child)
{
    house->children[child] = fork();
    if (house->children[child] == 0) {
        prctl(PR_SET_NAME, children[child].title);
        memory_keep();
        signals_default();
        close(house->stop[1]);
        close(house->ready[0]);
        exit(child_end(children[child].name, children[child].run(house)));
    }
    return house->children[child] > 0 ? ERR_OK
                                      : fail(ERR_BUSY, "cannot start the %s process", children[child].name);
}

/* The root key is wiped in the monitor before any other process is forked, so that it never was in their memory. */
static err_t keys_fork(struct house *house)
{
    OWN(key) root;
    TRY(root_key(&house->settings, &root));
    house->root = &root;
    err_t forked = child_fork(house, CHILD_KEYS);
    house->root = NULL;
    return forked;
}

static err_t pair_up(struct house *house)
{
    house->channels = house->settings.worker_count + 3;
    for (size_t i = 0; i < house->channels; i++) {
        int ends[2];
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
            return fail(ERR_BUSY, "no socket pair: %s", strerror(errno));
        house->keys_ends[i] = ends[0];
        house->other_ends[i] = ends[1];
    }
    house->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (house->wake < 0 || pipe2(house->stop, O_CLOEXEC) != 0 || pipe2(house->ready, O_CLOEXEC) != 0)
        return fail(ERR_BUSY, "no pipe: %s", strerror(errno));
    return ERR_OK;
}

static err_t children_start(struct house *house)
{
    TRY(pair_up(house));
    TRY(keys_fork(house));
    TRY(child_fork(house, CHILD_JOBS));
    TRY(child_fork(house, CHILD_WEB));
    close_all(house->keys_ends, house->channels);
    close_all(house->other_ends, house->channels);
    close(house->stop[0]);
    close(house->ready[1]);
    close(house->wake);
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
    for (int child = CHILDREN - 1; child >= 0; child--)
        child_wait(children[child].name, &house->children[child]);
}

static bool is_ready(const struct house *house)
{
    char byte;
    if (read(house->ready[0], &byte, 1) != 1)
        return false;
    printf("ready on port %u, endpoints on port %u\n", house->settings.port_number,
           house->settings.port_number + 1);
    fflush(stdout);
    manager_tell("READY=1\nSTATUS=serving");
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
        for (int child = 0; child < CHILDREN; child++)
            if (has_ended(children[child].name, house->children[child])) {
                fprintf(stderr, "custodyd: the %s process has ended\n", children[child].name);
                house->children[child] = 0;
                return false;
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
    TRY(rebuild_ended(&house->settings));
    TRY(home_make(&house->settings));
    TRY(watch(house));
    for (bool started = false;; started = true) {
        TRY(children_start(house));
        bool ready = is_ready(house);
        bool asked = ready && wait_for_end(house);
        manager_tell(asked ? "STOPPING=1" : "STATUS=starting again");
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

static err_t print_openapi(void)
{
    OWN(buf) text = BUF(OPENAPI_MOST);
    openapi_put(&text);
    TRY(buf_end(&text));
    return fwrite(text.at, 1, text.len, stdout) == text.len && fflush(stdout) == 0
               ? ERR_OK
               : fail(ERR_BROKEN, "cannot print: %s", strerror(errno));
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
    const bool prints = argc > 1 && !strcmp(argv[1], "--openapi");
    const bool rebuilds = argc > 1 && !strcmp(argv[1], "rebuild");
    err_t result =
        prints ? print_openapi() : settings_read(argc - 1 - rebuilds, argv + 1 + rebuilds, &house.settings);
    if (result == ERR_OK && !prints)
        result = rebuilds ? rebuild(&house.settings) : run(&house);
    if (result != ERR_OK)
        fprintf(stderr, "custodyd: %s\n", err_note());
    return err_info(result)->exit;
}
