/* SPDX-License-Identifier: Apache-2.0
 *
 * How long an endpoint waits before it asks the service again. Pure: what was answered and a drawn number go in.
 *
 *     struct pace pace = {0};
 *     env->random(env, &drawn, sizeof drawn);
 *     sleep for pace_next(&pace, &(struct outcome){WORD_FAILED, .retry_after = SECONDS(2)}, drawn);
 *
 *     ANSWERED   a minute, give or take a fifth, so that machines that were started together do not come together
 *     WAITS      the same: somebody of the client has to approve the device first
 *     REVOKED    an hour, give or take a fifth
 *     FAILED     1 s, doubling with each failure up to 5 min, times a factor from 0.5 to 1.5
 *
 * Any other word than FAILED starts the doubling anew. A Retry-After of the service is kept: the pause is that time
 * and up to half as much again where it is the longer one; one past an hour counts as an hour.
 */
#pragma once
#include "base/moment.h"

enum word { WORD_ANSWERED, WORD_WAITS, WORD_REVOKED, WORD_FAILED };

struct outcome {
    enum word word;
    moment_t retry_after; /* milliseconds; 0: nothing was said */
};

struct pace {
    unsigned failures; /* in a row */
};

moment_t pace_next(struct pace *pace, const struct outcome *outcome, uint32_t drawn);
