/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/_private.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

enum { BACKLOG = 512 };

static err_t cannot(const char *what, const char *where)
{
    return fail(errno == EADDRINUSE ? ERR_BUSY : ERR_BROKEN, "cannot %s %s: %s", what, where,
                strerror(errno));
}

static bool turn_on(int fd, int level, int option)
{
    int one = 1;
    return setsockopt(fd, level, option, &one, sizeof one) == 0;
}

/* Accepted sockets inherit TCP_NODELAY; without it head and body of a reply wait for each other's acknowledgement. */
static err_t tcp_open(const struct addrinfo *at, const char *name, bool shared, int *out_fd)
{
    OWN(fd) fd = socket(at->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || !turn_on(fd, SOL_SOCKET, SO_REUSEADDR) || !turn_on(fd, IPPROTO_TCP, TCP_NODELAY) ||
        (shared && !turn_on(fd, SOL_SOCKET, SO_REUSEPORT)))
        return cannot("open a socket for", name);
    if (bind(fd, at->ai_addr, at->ai_addrlen) != 0 || listen(fd, BACKLOG) != 0)
        return cannot("listen at", name);
    *out_fd = give(fd);
    return ERR_OK;
}

err_t listen_tcp(const struct door *door, uint16_t port, bool shared, int *out_fd)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM}, *found = NULL;
    char service[8];
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE;
    snprintf(service, sizeof service, "%u", port);
    if (getaddrinfo(door->address, service, &hints, &found) != 0)
        return fail(ERR_INVALID, "%s is not a numeric address", door->address);
    err_t opened = tcp_open(found, door->address, shared, out_fd);
    freeaddrinfo(found);
    return opened;
}

err_t listen_port(int fd, uint16_t *out_port)
{
    struct sockaddr_storage at;
    char service[8];
    uint64_t port = 0;
    socklen_t len = sizeof at;
    if (getsockname(fd, (struct sockaddr *)&at, &len) != 0 ||
        getnameinfo((struct sockaddr *)&at, len, NULL, 0, service, sizeof service, NI_NUMERICSERV) != 0)
        return fail(ERR_BROKEN, "a socket without a port");
    TRY(str_number(str(service), UINT16_MAX, &port));
    *out_port = (uint16_t)port;
    return ERR_OK;
}

/* A socket left by an earlier run is replaced; anything else at its path is somebody's file. */
static err_t make_way(const char *path)
{
    struct stat about;
    if (lstat(path, &about) != 0)
        return errno == ENOENT ? ERR_OK : cannot("look at", path);
    if (!S_ISSOCK(about.st_mode))
        return fail(ERR_CONFLICT, "%s is there and is not a socket", path);
    return unlink(path) == 0 ? ERR_OK : cannot("replace", path);
}

/* The mode is set on the socket before it has a name: at no moment can somebody else connect. */
err_t listen_unix(const char *path, int *out_fd)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof at.sun_path)
        return fail(ERR_INVALID, "the path of a socket is past %zu bytes", sizeof at.sun_path - 1);
    memcpy(at.sun_path, path, strlen(path));
    TRY(make_way(path));
    OWN(fd) fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || fchmod(fd, 0600) != 0)
        return cannot("open a socket for", path);
    if (bind(fd, (struct sockaddr *)&at, sizeof at) != 0 || chmod(path, 0600) != 0 ||
        listen(fd, BACKLOG) != 0)
        return cannot("listen at", path);
    *out_fd = give(fd);
    return ERR_OK;
}
