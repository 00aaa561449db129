/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/keeper_forward.h"

#include "agent/object.h"
#include "base/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/un.h>

enum { FACILITY = 13, WARNING = 4, NOTICE = 5, MESSAGE_MOST = 8192, SEND_SECONDS = 10 };

typedef struct addrinfo *addresses_own;
static void addresses_drop(struct addrinfo **addresses)
{
    if (*addresses)
        freeaddrinfo(*addresses);
}

void keeper_sinks_drop(struct keeper_sinks *sinks)
{
    for (size_t i = 0; i < KEEPER_SINKS; i++)
        fd_drop(&sinks->fds[i]);
}

/* Acts that somebody should look at, by how they begin. */
static int severity_of(str_t act)
{
    static const char *const looked_at[] = {"sign-in.", "kit.",    "support.", "removal.",  "erasure.",
                                            "clock.",   "signer.", "notice.f", "webhook.g", "storage.",
                                            "member.",  "keeper.", "token.",   "device.r",  "device.d"};
    for (size_t i = 0; i < sizeof looked_at / sizeof *looked_at; i++)
        if (str_starts(act, str(looked_at[i])))
            return WARNING;
    return NOTICE;
}

/* PRINTUSASCII without spaces, as a header's field has it. */
static bool is_field(str_t text, size_t most)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.at[i] <= ' ' || text.at[i] > '~')
            return false;
    return text.len && text.len <= most;
}

err_t keeper_message(str_t entry, const char *host, buf_t *out_message)
{
    OWN(json) object = NULL;
    TRY(object_read(entry, &object));
    str_t at = object_text(object, "at"), act = object_text(object, "act");
    if (!is_field(at, 32) || !is_field(act, 32))
        return fail(ERR_INVALID, "that is no entry of an evidence log");
    buf_putf(out_message, "<%d>1 %.*s %s custody-keeper - %.*s - ", FACILITY * 8 + severity_of(act),
             STR_ARG(at), is_field(str(host), 255) ? host : "-", STR_ARG(act));
    buf_put(out_message, entry);
    return buf_end(out_message);
}

/* Where they go */

static err_t net_open(const struct sink *sink, int *out_fd)
{
    OWN(addresses) found = NULL;
    char port[8];
    const struct addrinfo wanted = {.ai_socktype = sink->kind == SINK_UDP ? SOCK_DGRAM : SOCK_STREAM};
    const struct timeval most = {SEND_SECONDS, 0};
    snprintf(port, sizeof port, "%u", sink->port);
    if (getaddrinfo(sink->place, port, &wanted, &found) != 0)
        return fail(ERR_UNREACHABLE, "%.100s has no address", sink->place);
    for (const struct addrinfo *one = found; one; one = one->ai_next) {
        OWN(fd) fd = socket(one->ai_family, one->ai_socktype | SOCK_CLOEXEC, one->ai_protocol);
        if (fd < 0)
            continue;
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &most, sizeof most);
        if (connect(fd, one->ai_addr, one->ai_addrlen) != 0)
            continue;
        *out_fd = give(fd);
        return ERR_OK;
    }
    return fail(ERR_UNREACHABLE, "alerts do not reach %.100s: %s", sink->place, strerror(errno));
}

static err_t unix_open(const struct sink *sink, int *out_fd)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    OWN(fd) fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (strlen(sink->place) >= sizeof address.sun_path)
        return fail(ERR_INVALID, "%.100s is too long for a socket", sink->place);
    memcpy(address.sun_path, sink->place, strlen(sink->place));
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) != 0)
        return fail(ERR_UNREACHABLE, "alerts do not reach %.100s: %s", sink->place, strerror(errno));
    *out_fd = give(fd);
    return ERR_OK;
}

static err_t file_open(const struct sink *sink, int *out_fd)
{
    OWN(fd) fd = open(sink->place, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0)
        return fail(ERR_DENIED, "alerts cannot be written to %.100s: %s", sink->place, strerror(errno));
    *out_fd = give(fd);
    return ERR_OK;
}

static err_t sink_open(const struct sink *sink, int *out_fd)
{
    return sink->kind == SINK_FILE   ? file_open(sink, out_fd)
           : sink->kind == SINK_UNIX ? unix_open(sink, out_fd)
                                     : net_open(sink, out_fd);
}

err_t keeper_sinks_open(const struct keeper_settings *settings, struct keeper_sinks *out_sinks)
{
    OWN(keeper_sinks) sinks = {.settings = settings};
    if (gethostname(sinks.host, sizeof sinks.host - 1) != 0)
        sinks.host[0] = '\0';
    for (size_t i = 0; i < settings->sink_count; i++)
        TRY(sink_open(&settings->sinks[i], &sinks.fds[i]));
    *out_sinks = give(sinks);
    return ERR_OK;
}

static err_t bytes_send(int fd, const struct sink *sink, str_t bytes)
{
    while (bytes.len) {
        ssize_t some = sink->kind == SINK_FILE ? write(fd, bytes.at, bytes.len)
                                               : send(fd, bytes.at, bytes.len, MSG_NOSIGNAL);
        if (some < 0 && errno == EINTR)
            continue;
        if (some <= 0)
            return fail(ERR_UNREACHABLE, "alerts do not reach %.100s: %s", sink->place, strerror(errno));
        bytes = str_bytes(bytes.at + some, bytes.len - (size_t)some);
    }
    return ERR_OK;
}

static err_t message_send(int fd, const struct sink *sink, str_t message)
{
    OWN(buf) framed = BUF(2 * MAX_ENTRY);
    if (sink->kind == SINK_TCP)
        buf_putf(&framed, "%zu ", message.len);
    if (sink->kind == SINK_UDP && message.len > MESSAGE_MOST)
        message.len = MESSAGE_MOST;
    buf_put(&framed, message);
    if (sink->kind == SINK_FILE)
        buf_put_byte(&framed, '\n');
    TRY(buf_end(&framed));
    return bytes_send(fd, sink, buf_str(&framed));
}

err_t keeper_forward(struct keeper_sinks *sinks, str_t entry)
{
    OWN(buf) message = BUF(2 * MAX_ENTRY);
    TRY(keeper_message(entry, sinks->host, &message));
    for (size_t i = 0; i < sinks->settings->sink_count; i++)
        TRY(message_send(sinks->fds[i], &sinks->settings->sinks[i], buf_str(&message)));
    return ERR_OK;
}

err_t keeper_sinks_sync(struct keeper_sinks *sinks)
{
    for (size_t i = 0; i < sinks->settings->sink_count; i++)
        if (sinks->settings->sinks[i].kind == SINK_FILE && fsync(sinks->fds[i]) != 0)
            return fail(ERR_BROKEN, "%.100s: %s", sinks->settings->sinks[i].place, strerror(errno));
    return ERR_OK;
}
