/* SPDX-License-Identifier: Apache-2.0
 *
 * The spool: reports that the service has not answered yet, sealed, as files of the agent's folder.
 *
 *     OWN(spool) spool = {0};
 *     TRY(spool_open(env, folder, &state, &spool));       MISSING where this machine is not enrolled
 *     TRY(spool_put(&spool, number, report));             TOO_LARGE where SPOOL_MAX bytes would be passed
 *     TRY(spool_get(&spool, number, &report));            LOCKED where it is missing, damaged, or not of this spool
 *     TRY(spool_remove(&spool, number));
 *
 * A file is spool/NNNNNNNN, its number in at least eight digits: XChaCha20-Poly1305 under a key that is derived from
 * the machine's private key file and the epoch; epoch and number are authenticated. A report is at most MAX_REPORT
 * bytes.
 *
 * The state says which files count: those past `answered`, up to `sequence`. Around them a crash may leave others,
 * which spool_clean() removes: past `sequence` there are reports of a batch whose state was never written, none of
 * which was sent; up to `answered` there are reports whose removal did not come about.
 */
#pragma once
#include "agent/state.h"

enum { SPOOL_MAX = 64 * 1024 * 1024 };

struct spool {
    struct env *env;
    const char *folder;
    ident_t epoch;
    struct key key;
    size_t put, limit; /* bytes put since it was opened; how many may be */
};
typedef struct spool spool_own;
void spool_drop(struct spool *spool);

CHECKED err_t spool_open(struct env *env, const char *folder, const struct state *state, struct spool *spool);
CHECKED err_t spool_put(struct spool *spool, uint64_t number, str_t report);
CHECKED err_t spool_get(const struct spool *spool, uint64_t number, buf_t *out_report);
CHECKED err_t spool_remove(const struct spool *spool, uint64_t number);
CHECKED err_t spool_clean(const struct spool *spool, const struct state *state);

/* Whatever is there, by the folder's own list: of an epoch that ends. Never fails; what stays is no report of any
 * later epoch. */
void spool_wipe(const char *folder);
