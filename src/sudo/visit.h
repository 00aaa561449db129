/* SPDX-License-Identifier: Apache-2.0
 *
 * A command on its way past the guard: asked, and asked again, until it may run or is refused. What the person at the
 * terminal has to say meanwhile, a reason or a code, is asked for here.
 *
 *     OWN(visit) visit = {.socket = path, .converse = …, .print = …, .interactive = true};
 *     TRY(visit_ask(&visit, &ask));                     DENIED: refused, and said so; UNREACHABLE: nobody guards
 *     visit.answer.path, visit.descriptor               until visit_drop()
 *
 * Ctrl-C ends it; the request stays open, and the same command finds it again.
 */
#pragma once
#include "sudo/talk.h"

#include <signal.h>
#include <sudo_plugin.h>

struct visit {
    const char *socket;
    sudo_conv_t converse;
    sudo_printf_t print;
    bool interactive;

    buf_t bytes, reason, code; /* what the answer, and the question, are views of */
    struct talk_answer answer;
    int descriptor; /* of the program; 0: none */
    int terminal;
    sigset_t signals, held; /* the mask it began with; what is held back but where it waits */
    char request[48];       /* that it waits for */
    unsigned waited, lost;  /* seconds: for an approval, and for the guard */
};
typedef struct visit visit_own;
void visit_drop(struct visit *visit);

CHECKED err_t visit_ask(struct visit *visit, struct talk_ask *ask);
