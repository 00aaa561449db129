/* SPDX-License-Identifier: Apache-2.0
 *
 * What sudo's plugin and the guard say to each other over guard.sock: one question and one answer a connection
 * (docs/formats/endpoint.md). The plugin asks again until it is told to run or refused.
 *
 *     TRY(talk_ask_put(&ask, &bytes));
 *     TRY(talk_send(fd, buf_str(&bytes), NO_DESCRIPTOR));
 *     TRY(talk_receive(fd, &bytes, &descriptor));
 *     TRY(talk_answer_read(buf_str(&bytes), &answer));
 *
 * Pure but for the two that move frames. A frame that is not exactly of the declared form is INVALID: both ends come with
 * the same package. What was read are views of its bytes. At most TALK_MAX bytes and TALK_ARGS arguments (TOO_LARGE).
 * With an answer may come a descriptor of the program, by SCM_RIGHTS.
 */
#pragma once
#include "base/bytes.h"

#include <sys/types.h>

enum { TALK_MAX = 128 * 1024, TALK_ARGS = 4096, NO_DESCRIPTOR = -1 };

/* Whoever runs sudo, and what is to be run. */
struct talk_ask {
    uint64_t uid, as; /* `as` counts where one was named */
    bool as_named;
    bool only_judged;        /* another plugin grants, and runs it by its path */
    bool emergency;          /* it was typed that it is one */
    str_t tty, cwd, program; /* the program as it was typed */
    str_t reason, code;      /* what was typed so far */
    str_t args;              /* after the program's name, each with a NUL behind it */
};

/*    what is said  word       what the plugin does */
#define TALK_SAYS(S) \
    S(RUN, "run", "runs it: that, and the use of an approval, is written down") \
    S(REFUSED, "refused", "says why, and ends") \
    S(REASON, "reason", "asks for a reason, and asks again with it") \
    S(WAIT, "wait", "shows that an approval is waited for, and asks again in a second, or with a code")
enum talk_say {
#define S(constant, word, meaning) SAY_##constant,
    TALK_SAYS(S)
#undef S
        SAY_COUNT
};

struct talk_answer {
    str_t say;      /* one of the words above */
    bool emergency; /* of SAY_WAIT: it may be run without the approval, for a reason */
    uint64_t as;
    str_t path;           /* what runs, under this name; by the descriptor that comes along, where one does */
    str_t request, spelt; /* elv_…, and what is read out where there is no service */
    str_t message;
};
str_t talk_word(enum talk_say say);

CHECKED err_t talk_ask_put(const struct talk_ask *ask, buf_t *out_bytes);
CHECKED err_t talk_ask_read(str_t bytes, struct talk_ask *out_ask);
CHECKED err_t talk_answer_put(const struct talk_answer *answer, buf_t *out_bytes);
CHECKED err_t talk_answer_read(str_t bytes, struct talk_answer *out_answer);

/* UNREACHABLE where the other side is not there for so long. The descriptor that was received is the caller's. */
void talk_patience(int fd, int seconds);
CHECKED err_t talk_send(int fd, str_t bytes, int descriptor);
CHECKED err_t talk_receive(int fd, buf_t *out_bytes, int *out_descriptor);
