/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/loopback.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { REQUEST_MOST = 32 * 1024, SAY_SECONDS = 2, CODE_MOST = 256 };

#define DIGITS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

static void end(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

void loopback_drop(struct loopback *loopback)
{
    end(&loopback->door);
    end(&loopback->brought);
    for (size_t i = 0; i < LOOPBACK_BROWSERS; i++)
        end(&loopback->browsers[i]);
}

err_t loopback_open(struct loopback *loopback)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    loopback->door = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (loopback->door >= 0 && bind(loopback->door, (struct sockaddr *)&at, sizeof at) == 0 &&
        listen(loopback->door, LOOPBACK_BROWSERS) == 0 &&
        getsockname(loopback->door, (struct sockaddr *)&at, &len) == 0) {
        loopback->port = ntohs(at.sin_port);
        return ERR_OK;
    }
    end(&loopback->door);
    return fail(ERR_UNREACHABLE, "no port of this machine is to be had: %s", strerror(errno));
}

err_t loopback_read(str_t request, str_t *out_code)
{
    static const str_t before = STR("GET /?code="), after = STR(" HTTP/1.");
    if (!str_starts(request, before))
        return fail(ERR_MISSING, "no code was brought");
    str_t rest = str_bytes(request.at + before.len, request.len - before.len);
    size_t len = 0;
    while (len < rest.len && len < CODE_MOST && rest.at[len] && strchr(DIGITS, rest.at[len]))
        len++;
    const str_t code = str_bytes(rest.at, len);
    if (!str_starts(code, STR("cli_")) || !str_starts(str_bytes(rest.at + len, rest.len - len), after))
        return fail(ERR_MISSING, "no code was brought");
    *out_code = code;
    return ERR_OK;
}

/* The whole head, so that the answer is not lost with what was left unread. */
static err_t request_take(int fd, buf_t *out_request)
{
    const struct timeval patience = {SAY_SECONDS, 0};
    char part[4096];
    ssize_t got = 1;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    while (!memmem(buf_str(out_request).at, out_request->len, "\r\n\r\n", 4) && got > 0) {
        got = recv(fd, part, sizeof part, 0);
        if (got > 0)
            buf_put(out_request, str_bytes(part, (size_t)got));
        TRY(buf_end(out_request));
    }
    return got > 0 ? ERR_OK : fail(ERR_MISSING, "no whole request");
}

static void say(int fd, const char *status, const char *header, const char *text)
{
    char answer[2048];
    int len = snprintf(answer, sizeof answer,
                       "HTTP/1.1 %s\r\n%sContent-Type: text/plain; charset=utf-8\r\nContent-Length: %zu\r\n"
                       "Cache-Control: no-store\r\nReferrer-Policy: no-referrer\r\n"
                       "Content-Security-Policy: default-src 'none'\r\nConnection: close\r\n\r\n%s",
                       status, header, strlen(text), text);
    if (len > 0 && (size_t)len < sizeof answer)
        (void)!send(fd, answer, (size_t)len, MSG_NOSIGNAL);
}

void loopback_answer(struct loopback *loopback, const char *location)
{
    char header[1024] = "";
    if (loopback->brought < 0)
        return;
    if (location)
        snprintf(header, sizeof header, "Location: %s\r\n", location);
    if (location)
        say(loopback->brought, "303 See Other", header, "Signed in.\n");
    else
        say(loopback->brought, "400 Bad Request", "", "This code is no good: see what the command says.\n");
    end(&loopback->brought);
}

/* It has said something: a code, or what is none of this door's business. */
static err_t browser_hear(struct loopback *loopback, int *browser, buf_t *out_code)
{
    OWN(buf) request = BUF(REQUEST_MOST);
    str_t code = {0};
    int fd = *browser;
    *browser = -1;
    bool brings = request_take(fd, &request) == ERR_OK && loopback_read(buf_str(&request), &code) == ERR_OK;
    if (!brings)
        say(fd, "404 Not Found", "", "Nothing is here.\n");
    end(brings ? &loopback->brought : &fd);
    if (brings)
        loopback->brought = fd;
    buf_put(out_code, code);
    return buf_end(out_code);
}

/* They stand in the order in which they came, with those that are gone between them. */
static void browser_admit(struct loopback *loopback)
{
    int *all = loopback->browsers;
    int fd = accept4(loopback->door, NULL, NULL, SOCK_CLOEXEC);
    size_t room = 0;
    if (fd < 0)
        return;
    while (room < LOOPBACK_BROWSERS - 1 && all[room] >= 0)
        room++;
    if (all[room] >= 0) {
        end(&all[0]); /* the longest silent one makes room */
        room = 0;
    }
    memmove(&all[room], &all[room + 1], (LOOPBACK_BROWSERS - 1 - room) * sizeof *all);
    all[LOOPBACK_BROWSERS - 1] = fd;
}

int64_t loopback_second(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

/* Without a door, or another to read from, poll() passes over the -1. */
static err_t next_heard(struct loopback *loopback, const struct loopback_ask *ask, buf_t *out_code,
                        bool *out_other)
{
    enum { DOOR = LOOPBACK_BROWSERS, OTHER, ALL };
    struct pollfd polled[ALL];
    for (size_t i = 0; i < LOOPBACK_BROWSERS; i++)
        polled[i] = (struct pollfd){.fd = loopback->browsers[i], .events = POLLIN};
    polled[DOOR] = (struct pollfd){.fd = loopback->door, .events = POLLIN};
    polled[OTHER] = (struct pollfd){.fd = ask->other, .events = POLLIN};
    if (poll(polled, ALL, 1000) < 0 && errno != EINTR)
        return fail(ERR_BROKEN, "cannot wait for the browser: %s", strerror(errno));
    for (size_t i = 0; i < LOOPBACK_BROWSERS && !out_code->len; i++)
        if (polled[i].revents)
            TRY(browser_hear(loopback, &loopback->browsers[i], out_code));
    if (polled[DOOR].revents & POLLIN)
        browser_admit(loopback);
    *out_other = !out_code->len && polled[OTHER].revents;
    return ERR_OK;
}

err_t loopback_wait(struct loopback *loopback, const struct loopback_ask *ask, buf_t *out_code)
{
    bool other = false;
    while (!other && !out_code->len) {
        TRY(next_heard(loopback, ask, out_code, &other));
        if (loopback_second() >= ask->until)
            return fail(ERR_UNREACHABLE, "nobody said yes in a browser in time");
    }
    return ERR_OK;
}
