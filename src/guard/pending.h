/* SPDX-License-Identifier: Apache-2.0
 *
 * Requests for approval of elevations at this machine: those that are open, approved, and used; one sealed file, `used` of the
 * guard's own folder, replaced as one step.
 *
 *     OWN(pending) pending = {0};
 *     TRY(pending_open(env, folder, own, &pending));           BROKEN where it was altered
 *     one = pending_find(&pending, &wanted);                   the same account, command and policy; NULL
 *     TRY(pending_add(&pending, &wanted, &one));               BUSY: too many are open
 *     one->state = PENDING_USED;  TRY(pending_save(&pending)); durable when it returns: before the command runs
 *     TRY(pending_tell(&pending, &asked));                     elevations/elv_….ask, for the service
 *     TRY(pending_answer(&pending, one->request, &note));      elevations/elv_….answer; MISSING: none yet
 *
 * What may be used once is used once, whenever the guard is killed: a use is on the disk before the command runs. The file
 * keeps the latest time it was written at: a clock that is behind it is not believed (DENIED), so that no approval becomes
 * valid again. Not shared by threads.
 */
#pragma once
#include "concept/elevation.h"
#include "govern/elevation.h"

enum { PENDING_MOST = 64, PENDING_OF_ACCOUNT = 8, PENDING_HOURS = 12 };

enum pending_state { PENDING_OPEN, PENDING_APPROVED, PENDING_USED };

struct pending_one {
    ident_t request, account;
    uint64_t policy;
    uint8_t command[DIGEST_SIZE], program[DIGEST_SIZE]; /* what was judged: of a trusted file zero */
    moment_t made, until;                               /* of an approval its end */
    moment_t arrived, boot;                             /* the approval, by either clock; 0: none */
    enum pending_state state;
};

struct pending {
    struct env *env;
    const char *folder, *own; /* the agent's, and the guard's */
    struct key key;
    moment_t seen;
    struct pending_one list[PENDING_MOST];
    size_t count;
};
typedef struct pending pending_own;
void pending_drop(struct pending *pending);

CHECKED err_t pending_open(struct env *env, const char *folder, const char *own, struct pending *out_pending);
/* What the file holds once it is opened: `seen` and the list, as they lie in memory. BROKEN where it is not whole. */
CHECKED err_t pending_list_read(struct pending *pending, str_t bytes);
CHECKED err_t pending_save(struct pending *pending);
CHECKED err_t pending_clock(const struct pending *pending);

/* Those that are over by the clock are left out, and go with the next save. */
struct pending_one *pending_find(struct pending *pending, const struct pending_one *wanted);
CHECKED err_t pending_add(struct pending *pending, const struct pending_one *one,
                          struct pending_one **out_one);
bool pending_is_over(const struct pending *pending, const struct pending_one *one);

CHECKED err_t pending_tell(const struct pending *pending, const struct elevation_asked *asked);
CHECKED err_t pending_answer(const struct pending *pending, ident_t request, buf_t *out_text);
CHECKED err_t pending_end(const struct pending *pending, ident_t request); /* its answer is no more */

/* For whoever talks to the service: what is to be told, opened; the key is the machine's own. */
CHECKED err_t pending_key(struct env *env, const char *folder, struct key *out_key);
CHECKED err_t pending_ask_read(struct env *env, const struct key *key, const char *path, buf_t *out_packed);
