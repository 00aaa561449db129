/* SPDX-License-Identifier: Apache-2.0
 *
 * Every program that begins, heard of (guard/heard.h): written down where its decision did not do that already, and looked
 * at again where the kernel asked about less than there is to know.
 *
 *     TRY(trail_open(&ask, &trail));             reads /proc once, for what runs already
 *     trail_follow(trail);                       now and then: what has been heard since
 *
 * Who launched what is followed from process to process: a launch is told with the right account and parent though the
 * process has long ended. The account somebody logged in with is read from /proc where it can be, and inherited.
 *
 * Judged once more, and ended with SIGKILL where it is refused, is what begins
 *     - from where nothing can be marked: memory (memfd), a file system mounted in another namespace, which is marked then
 *     - as an interpreter or a loader, where launches can be refused: by its arguments as they are now, and not as they
 *       could have been changed while the decision was made
 *     - of a file whose bytes a rule asks for, where they may have changed since they were looked at
 *     - without having been judged in time, where the policy lets that go on
 *     - while no guard was there to ask
 *     - unheard, since whoever launches it has seen to it that the rings were full: then /proc is looked through
 * It has run until then, some milliseconds: such a launch is written down as refused, with the reason STOPPED_LATE. A
 * program that has ended before it was looked at is judged by its file alone; where that is refused, it is written down as
 * observed, which is what happened, with the reason ENDED_BEFORE. What either has forked and still runs it is ended too.
 *
 * `only` as in guard/marks.h: then only what lies on those file systems, or is launched by what does, is looked at.
 * One thread. What the kernel had no room for is counted as lost.
 */
#pragma once
#include "guard/expected.h"
#include "guard/heard.h"
#include "guard/judge.h"
#include "guard/marks.h"
#include "guard/record.h"

#define STOPPED_LATE "stopped after it had begun"
#define ENDED_BEFORE "ended before it could be stopped"

struct trail;

struct trail_ask {
    struct env *env;
    struct ears *ears;
    struct orders *orders;
    struct facts *facts;
    struct journal *journal;
    struct expected *expected;
    struct marks *marks;
    const atomic_bool *off;
};

CHECKED err_t trail_open(const struct trail_ask *ask, struct trail **out_trail);

struct followed {
    uint64_t began, stopped, lost; /* programs; of them those that were ended; what was not heard */
};
struct followed trail_follow(struct trail *trail);
