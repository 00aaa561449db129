/* SPDX-License-Identifier: Apache-2.0
 *
 * Requests for approval of elevations: an endpoint tells of one, somebody who signs for the client says yes or no, and the
 * endpoint asks what became of it. Promise access.client-only: a yes is a signature with the client's own key, which its
 * signer's password releases for that one; nothing else raises anybody's rights.
 *
 *     open ──▶ approved ──▶ used            ended: the endpoint gave it up
 *          ──▶ refused | void | ended       emergency: it ran without an answer, where the policy allows that
 *
 * What is to run, and why, is sealed to its subject (the account, or the device for those that are none of its people) before
 * it is written down, and opened in a session. What is signed is the digest of what was opened, made here: nobody can have
 * another command signed than the one that was kept. The approval stands in clear until it was used, or is over.
 *
 * Unanswered for VOID_HOURS it is void. Of one device at most OPEN_MOST wait, and at most TOLD_MOST, of TOLD_BYTES in all, are
 * told within an hour, whatever became of them: each is kept, and people are told of it. What was decided is seen for KEPT_DAYS.
 */
#pragma once
#include "admit/signing.h"

enum { OPEN_MOST = 64, TOLD_MOST = 128, TOLD_BYTES = 4 * 1024 * 1024, KEPT_DAYS = 30, ONCE_MINUTES = 15 };
enum { ELEVATION_PACKED = 256 * 1024 }; /* bytes of what one says */

/* Of a page: there is no room for one more in the answer. */
enum { ELEVATIONS_BYTES = 1024 * 1024 };
bool elevations_are_full(const Keys__Elevations *page);

/* What the clock ends, within an act. */
CHECKED err_t elevations_due(struct ask *ask);
