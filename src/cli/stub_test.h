/* SPDX-License-Identifier: Apache-2.0
 *
 * For the tests of this folder: a service at a Unix socket that gives its answers one after the other, and keeps what
 * it was asked.
 *
 *     OWN(stub) stub = {.answers = {ANSWER("204 No Content", "", "")}};
 *     given_stub(&stub);
 */
#pragma once
#include "cli/run_test.h"

#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>

struct stub {
    char path[96], asked[4][4096];
    const char *answers[4];
    int listener;
    pthread_t thread;
};
typedef struct stub stub_own;

static inline void request_read(int fd, char *asked, size_t room)
{
    size_t len = 0, need = room;
    while (len < need && len + 1 < room) {
        ssize_t got = read(fd, asked + len, room - 1 - len);
        if (got <= 0)
            return;
        asked[len += (size_t)got] = '\0';
        const char *end = strstr(asked, "\r\n\r\n"), *length = strcasestr(asked, "content-length: ");
        if (end)
            need = (size_t)(end + 4 - asked) + (length && length < end ? strtoul(length + 16, NULL, 10) : 0);
    }
}

static inline void *stub_run(void *context)
{
    struct stub *stub = context;
    for (size_t i = 0; i < 4 && stub->answers[i]; i++) {
        OWN(fd) fd = accept(stub->listener, NULL, NULL);
        if (fd < 0)
            break;
        request_read(fd, stub->asked[i], sizeof stub->asked[i]);
        (void)!write(fd, stub->answers[i], strlen(stub->answers[i]));
    }
    return NULL;
}

static inline void stub_drop(struct stub *stub)
{
    shutdown(stub->listener, SHUT_RDWR);
    pthread_join(stub->thread, NULL);
    close(stub->listener);
}

static inline void given_stub(struct stub *stub)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(stub->path, sizeof stub->path, "%s/stub.sock", test_folder());
    snprintf(address.sun_path, sizeof address.sun_path, "%s", stub->path);
    stub->listener = socket(AF_UNIX, SOCK_STREAM, 0);
    if (bind(stub->listener, (void *)&address, sizeof address) != 0 || listen(stub->listener, 4) != 0 ||
        pthread_create(&stub->thread, NULL, stub_run, stub) != 0)
        abort();
}

#define ANSWER(status, more, body) \
    "HTTP/1.1 " status "\r\nContent-Type: application/json\r\nConnection: close\r\n" more "\r\n" body
#define PAGE(items, next) ANSWER("200 OK", "", "{\"items\":[" items "],\"next\":" next "}")
