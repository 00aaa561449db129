/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/elevate_door.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

enum { WAITING = 16, PATIENCE = 1 }; /* a sudo that was stopped keeps the others waiting for so long */

struct elevate_door {
    struct elevate *elevate;
    struct sockaddr_un address;
    int listener, end;
    pthread_t thread;
    bool runs;
};

/* What a peer calls a path has to be what this process calls it. */
static bool is_here(pid_t peer)
{
    char path[64];
    struct stat own, theirs, own_root, their_root;
    snprintf(path, sizeof path, "/proc/%d/ns/mnt", peer);
    if (stat("/proc/self/ns/mnt", &own) != 0 || stat(path, &theirs) != 0)
        return false;
    snprintf(path, sizeof path, "/proc/%d/root", peer);
    return own.st_ino == theirs.st_ino && stat("/proc/self/root", &own_root) == 0 &&
           stat(path, &their_root) == 0 && own_root.st_ino == their_root.st_ino &&
           own_root.st_dev == their_root.st_dev;
}

static void refuse(const char *why, struct elevate_reply *out_reply)
{
    *out_reply = (struct elevate_reply){.answer = {.say = talk_word(SAY_REFUSED), .message = str(why)}};
}

/* By the descriptor runs what is not trusted: its copy. */
static err_t reply_send(int fd, const struct elevate_reply *reply)
{
    OWN(buf) bytes = BUF(TALK_MAX);
    bool run = str_eq(reply->answer.say, talk_word(SAY_RUN));
    TRY(talk_answer_put(&reply->answer, &bytes));
    return talk_send(fd, buf_str(&bytes),
                     run && !reply->runnable.trusted ? reply->runnable.descriptor : NO_DESCRIPTOR);
}

static err_t visitor_answer(struct elevate_door *door, int fd)
{
    OWN(buf) bytes = BUF(TALK_MAX);
    OWN(elevate_reply) reply = {0};
    struct talk_ask ask = {0};
    struct ucred peer = {0};
    socklen_t len = sizeof peer;
    int passed = NO_DESCRIPTOR;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0 || peer.uid != 0)
        return fail(ERR_DENIED, "who asks is not root");
    TRY(talk_receive(fd, &bytes, &passed));
    if (passed != NO_DESCRIPTOR)
        close(passed);
    if (talk_ask_read(buf_str(&bytes), &ask) != ERR_OK)
        refuse(err_note(), &reply);
    else if (!is_here(peer.pid))
        refuse("sudo runs in another view of the file system: nothing is elevated there", &reply);
    else
        elevate_answer(door->elevate, &ask, peer.pid, &reply);
    return reply_send(fd, &reply);
}

/* A visitor that goes wrong is its own trouble; the guard writes nothing down about it. */
static void *door_serve(void *with)
{
    struct elevate_door *door = with;
    struct pollfd waits[] = {{door->listener, POLLIN, 0}, {door->end, POLLIN, 0}};
    while (poll(waits, 2, -1) >= 0 || errno == EINTR) {
        if (waits[1].revents)
            return NULL;
        OWN(fd) fd = accept4(door->listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd > 0) {
            talk_patience(fd, PATIENCE);
            (void)!visitor_answer(door, fd);
        }
    }
    return NULL;
}

static err_t listener_open(struct elevate_door *door)
{
    door->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    door->end = eventfd(0, EFD_CLOEXEC);
    (void)unlink(door->address.sun_path); /* of a guard that was killed */
    if (door->listener <= 0 || door->end <= 0 ||
        fchmod(door->listener, 0600) != 0 || /* of what bind() makes */
        bind(door->listener, (const struct sockaddr *)&door->address, sizeof door->address) != 0 ||
        listen(door->listener, WAITING) != 0)
        return fail(ERR_BROKEN, "the guard's socket cannot be made: %s", strerror(errno));
    return ERR_OK;
}

static err_t door_begin(struct elevate_door *door, const struct elevate_host *host)
{
    door->address.sun_family = AF_UNIX;
    int len = snprintf(door->address.sun_path, sizeof door->address.sun_path, "%s/guard.sock", host->folder);
    if (len < 0 || (size_t)len >= sizeof door->address.sun_path)
        return fail(ERR_INVALID, "the folder's name is too long for a socket in it");
    TRY(elevate_open(host, &door->elevate));
    TRY(listener_open(door));
    door->runs = pthread_create(&door->thread, NULL, door_serve, door) == 0;
    return door->runs ? ERR_OK : fail(ERR_BROKEN, "the guard's thread for sudo cannot be made");
}

err_t elevate_door_open(const struct elevate_host *host, struct elevate_door **out_door)
{
    OWN(elevate_door) door = calloc(1, sizeof *door);
    if (!door)
        return fail(ERR_TOO_LARGE, "no memory");
    TRY(door_begin(door, host));
    *out_door = give(door);
    return ERR_OK;
}

void elevate_door_drop(struct elevate_door **door)
{
    struct elevate_door *closed = *door;
    if (!closed)
        return;
    if (closed->runs) {
        (void)eventfd_write(closed->end, 1);
        pthread_join(closed->thread, NULL);
        (void)unlink(closed->address.sun_path);
    }
    fd_drop(&closed->listener);
    fd_drop(&closed->end);
    elevate_drop(&closed->elevate);
    free(closed);
}
