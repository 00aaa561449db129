/* SPDX-License-Identifier: Apache-2.0
 *
 * A port of this machine's own, at 127.0.0.1 and nowhere else, that a browser here brings a code to (RFC 8252 section 7.3).
 *
 *     OWN(loopback) door = LOOPBACK;
 *     TRY(loopback_open(&door));
 *     TRY(loopback_wait(&door, &(struct loopback_ask){cli->in, loopback_second() + 600}, &code));
 *     loopback_answer(&door, "https://…");               the browser that brought it goes there
 *
 * Anybody on the machine may connect: what they bring is a code that somebody else judges, or is answered with 404. A
 * connection on which nothing is said holds up nobody, as browsers make them in advance.
 */
#pragma once
#include "base/bytes.h"

enum { LOOPBACK_BROWSERS = 8 };

struct loopback {
    int door; /* -1: none */
    unsigned port;
    int browsers[LOOPBACK_BROWSERS]; /* that have said nothing yet; -1: none */
    int brought;                     /* the one that has brought a code and waits for its answer */
};
/* clang-format off */
#define LOOPBACK {.door = -1, .brought = -1, .browsers = {-1, -1, -1, -1, -1, -1, -1, -1}}
/* clang-format on */
typedef struct loopback loopback_own;
void loopback_drop(struct loopback *loopback);

/* UNREACHABLE where there is no such port to be had. */
CHECKED err_t loopback_open(struct loopback *loopback);

struct loopback_ask {
    int other; /* something to read there ends the waiting as well, with an empty code; -1: nothing does */
    int64_t until; /* by loopback_second() */
};
int64_t loopback_second(void);
/* UNREACHABLE at `until`. */
CHECKED err_t loopback_wait(struct loopback *loopback, const struct loopback_ask *ask, buf_t *out_code);

/* NULL: the code was no good. */
void loopback_answer(struct loopback *loopback, const char *location);

/* The code that a request brings: of `GET /?code=cli_… HTTP/1.1` letters, digits, - and _. MISSING in any other. */
CHECKED err_t loopback_read(str_t request, str_t *out_code);
