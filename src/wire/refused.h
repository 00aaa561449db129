/* SPDX-License-Identifier: Apache-2.0
 *
 * What a refusal leaves in the service's own output: one line, with ids.
 *
 *     if (refusals_take(&refusals, &refused, now, &lines))             write them
 *     if (refusals_rest(&refusals, now, &lines))                       now and then: what was left out meanwhile
 *
 *     refused: status=403 code=denied door=agents route="POST /agent/v1/report" tenant=ten_… device=dev_…
 *     refused: status=400 code=invalid door=console at=framing why="two Content-Lengths"
 *     refused: door=agents at=tls why="unable to get local issuer certificate"
 *     refused: and 512 more of strangers
 *
 * Nothing that a request said is in it, neither its path nor what stood in its query, headers and body, and no address: a
 * route is named by its row's pattern, `why` is a constant of this program or of the TLS library.
 *
 * Of those whose client is known and of strangers each REFUSALS_MOST lines are written, then one a second; the others are
 * counted, so that a flood fills no disk, and strangers drown nobody. What is ordinary is not written: a page that asks
 * whether anybody is signed in, and a file that is not there.
 */
#pragma once
#include "base/id.h"
#include "base/moment.h"
#include <pthread.h>

enum { REFUSALS_MOST = 60 };

/* Who asked for what, as far as it is known when the answer is given: all that is zero is not. */
struct asked {
    err_t code;        /* also of what was refused with a status of 200, as some agents want it */
    const char *route; /* its pattern */
    ident_t tenant, device, by;
    const char *by_prefix; /* what `by` is: usr, tok or stf */
    bool ordinary;
};

struct refused {
    const char *door;
    int status;         /* 0: nothing was answered */
    const char *method; /* NULL where no request was read */
    const char *at;     /* where it was refused, of what never came to a route */
    const char *why;
    struct asked asked;
};

/* All zeros is one that has refused nobody. */
struct refusals {
    pthread_mutex_t lock;
    struct refusals_of {
        int64_t used; /* thousandths of a line */
        moment_t at;
        uint64_t left_out;
    } of[2]; /* strangers, and those whose client is known */
};

void refused_line(const struct refused *refused, buf_t *out_line);
bool refusals_take(struct refusals *refusals, const struct refused *refused, moment_t now, buf_t *out_lines);
bool refusals_rest(struct refusals *refusals, moment_t now, buf_t *out_lines);
