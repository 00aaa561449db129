/* SPDX-License-Identifier: Apache-2.0
 *
 * For tests: becomes a user, shuts itself in as a process of the service does, tries one thing, says what came of it.
 *
 *     cage_try keys|web|jobs[:PORT]|free HOME PORT USER read|write|list|connect|bind|run WHAT
 *
 * HOME and PORT are the service's; `free` is no cage; behind jobs stands the port that it is to reach. Prints one word: done, refused, absent, failed, or killed where
 * the kernel ended the process for it.
 */
#include "base/bytes.h"
#include "sys/cage.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

static bool opened(const char *path, int flags)
{
    OWN(fd) fd = open(path, flags | O_CLOEXEC, 0600);
    return fd >= 0;
}

static bool try_read(const char *path) { return opened(path, O_RDONLY); }
static bool try_write(const char *path) { return opened(path, O_WRONLY | O_CREAT); }
static bool try_list(const char *path) { return opened(path, O_RDONLY | O_DIRECTORY); }

static bool with_port(const char *text, int (*act)(int, const struct sockaddr *, socklen_t))
{
    uint64_t port = 0;
    OWN(fd) fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || str_number(str(text), UINT16_MAX, &port) != ERR_OK)
        return false;
    struct sockaddr_in at = {AF_INET, htons((uint16_t)port), {htonl(INADDR_LOOPBACK)}, {0}};
    return act(fd, (const struct sockaddr *)&at, sizeof at) == 0;
}

static bool try_connect(const char *port) { return with_port(port, connect); }
static bool try_bind(const char *port) { return with_port(port, bind); }

static bool try_run(const char *program)
{
    execl(program, program, (char *)NULL);
    return false;
}

static const struct {
    const char *name;
    bool (*act)(const char *what);
} acts[] = {{"read", try_read},       {"write", try_write}, {"list", try_list},
            {"connect", try_connect}, {"bind", try_bind},   {"run", try_run}};

static const char *outcome(const char *name, const char *what)
{
    for (size_t i = 0; i < sizeof acts / sizeof *acts; i++)
        if (!strcmp(acts[i].name, name))
            return acts[i].act(what)                     ? "done"
                   : errno == EACCES || errno == EPERM   ? "refused"
                   : errno == ENOENT || errno == ENOTDIR ? "absent"
                                                         : "failed";
    return "unknown";
}

static err_t become(const char *text)
{
    uint64_t user = 0;
    TRY(str_number(str(text), UINT32_MAX - 1, &user));
    uid_t uid = (uid_t)user;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return fail(ERR_BROKEN, "no_new_privs: %s", strerror(errno));
    if (geteuid() == 0 &&
        (setgroups(0, NULL) != 0 || setresgid(uid, uid, uid) != 0 || setresuid(uid, uid, uid) != 0))
        return fail(ERR_BROKEN, "user %s: %s", text, strerror(errno));
    return ERR_OK;
}

struct place {
    char folder[1024], run[1024];
    uint16_t port;
};

/* What the process of that name asks for. */
static err_t ask_of(str_t role, const struct place *place, struct cage_ask *out_ask)
{
    uint64_t reached = 0;
    str_t name = str_until(&role, ':');
    if (role.len)
        TRY(str_number(role, UINT16_MAX, &reached));
    const uint16_t ports[] = {(uint16_t)reached};
    const char *const jobs[CAGE_WRITES] = {place->folder};
    *out_ask = str_eq(name, STR("web"))    ? cage_for_web(place->folder, place->run, place->port)
               : str_eq(name, STR("jobs")) ? cage_for_jobs(jobs, ports, 1)
                                           : cage_for_keys(place->folder, NULL);
    return ERR_OK;
}

static err_t shut_in(const char *role, const char *home, const char *port_text)
{
    struct place place;
    uint64_t port = 0;
    cage_gaps_t gaps;
    struct cage_ask ask;
    const char *own = !strcmp(role, "web") ? "store" : role[0] == 'j' ? "log" : "keyring";
    if (!strcmp(role, "free"))
        return ERR_OK;
    TRY(str_number(str(port_text), 65534, &port));
    snprintf(place.folder, sizeof place.folder, "%s/%s", home, own);
    snprintf(place.run, sizeof place.run, "%s/run", home);
    place.port = (uint16_t)port;
    TRY(ask_of(str(role), &place, &ask));
    return cage(&ask, &gaps);
}

static err_t tried(char **argv)
{
    TRY(become(argv[4]));
    TRY(shut_in(argv[1], argv[2], argv[3]));
    const char *said = outcome(argv[5], argv[6]);
    return write(STDOUT_FILENO, said, strlen(said)) < 0 ? fail(ERR_BROKEN, "nobody reads this") : ERR_OK;
}

int main(int argc, char **argv)
{
    int status = 0;
    if (argc != 7)
        return 2;
    pid_t child = fork();
    if (child == 0) {
        err_t result = tried(argv);
        if (result != ERR_OK)
            fprintf(stderr, "cage_try: %s\n", err_note());
        _exit(result != ERR_OK);
    }
    if (child < 0 || waitpid(child, &status, 0) != child)
        return 1;
    bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS;
    if (killed)
        printf("killed");
    return killed || (WIFEXITED(status) && WEXITSTATUS(status) == 0) ? 0 : 1;
}
