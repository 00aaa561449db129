/* SPDX-License-Identifier: Apache-2.0
 *
 * Launches as they are decided and heard of, until they are handed over as a batch. They outlive the process that wrote
 * them: what was written down stays so, even if the guard is killed at the next instruction.
 *
 *     OWN(journal) journal = NULL;
 *     TRY(journal_open(&(struct journal_ask){env, path, &key, 1}, &journal));     BUSY while another guard has it
 *     journal_add(journal, subject, &launch);                 any thread; never waits for a disk
 *     TRY(journal_hand_over(journal, &out));      now and then, and once at the start
 *
 * A mapped file of two halves: one is written while the other is handed over. It belongs on a file system in memory
 * (/run), where a page never has to wait for a disk; each entry is sealed, so that no other place learns anything of it.
 *
 * journal_hand_over() merges launches that are equal but for their moment, within a minute, orders them by subject, and
 * gives them to put() in batches of at most 4,000, numbered; ERR_OK from there means that one is durable, and after the last
 * the half is emptied. After a crash in between the same numbers are put again, with the same launches. BUSY and TOO_LARGE say that there is no room for it: then
 * put() is asked once more, with what of the batch was refused or ran with other rights alone (`grave`), for which it may have
 * some left; the others are dropped, and counted as lost. So are those for which a half had no room, of which an eighth is
 * for grave ones. With any other error it stays.
 *
 * A minute is one of the clock that a launch is dated by; where that jumps, launches are not merged across the jump.
 */
#pragma once
#include "concept/launch.h"
#include "crypt/seal.h"

struct journal;
typedef struct journal *journal_own;
void journal_drop(struct journal **journal);

struct journal_ask {
    struct env *env;
    const char *path;
    const struct key *key;
    uint64_t first; /* the number of the first batch, where the file is new */
};
CHECKED err_t journal_open(const struct journal_ask *ask, struct journal **out_journal);
void journal_add(struct journal *journal, ident_t subject, const struct launch *launch);
void journal_count_lost(struct journal *journal, uint64_t count);

/* `list` is the packed list of the subject's launches, as a zstd frame. */
struct journal_part {
    ident_t subject;
    str_t list;
};
struct journal_batch {
    uint64_t number;
    const struct journal_part *parts;
    size_t count;
    bool grave; /* of refusals and elevations alone: there was no room for the others */
};
struct journal_out {
    err_t (*put)(void *with, const struct journal_batch *batch);
    void *with;
};
CHECKED err_t journal_hand_over(struct journal *journal, const struct journal_out *out);

bool journal_is_filling(const struct journal *journal); /* three quarters of the half that is written */
uint64_t journal_lost(const struct journal *journal);
