/* SPDX-License-Identifier: Apache-2.0
 *
 * Exports as the web process makes them, and keeps them until they end. Promise extract.handover.
 *
 *     TRY(extract_seal(&desk, bearer, id, told, with));                in a session: the keys in scope
 *     TRY(extract_make(&desk, &(struct extract_ask){folder, logs, ticket, told, with}, &export));
 *     TRY(extract_open(folder, id, &fd));                              what is given out: it is sealed to the client
 *     TRY(extract_sweep(&desk, folder));                               each second: archives of exports that have ended
 *
 * An archive is FOLDER/exp_….zip.age. It is whole once the keys process says so, which it does after the archive is
 * durable; a crash before leaves a file that the next extract_make() with the same ticket writes anew, or that goes with
 * the export. Its key is gone by then: what is given out, and again from any byte on, is that one file.
 *
 * told() hears of progress; what it returns but ERR_OK ends it.
 */
#pragma once
#include "collect/desk.h"

enum extract_phase { EXTRACT_SEALING, EXTRACT_GATHERING };
struct extract_progress {
    enum extract_phase phase;
    uint64_t done, total; /* keys; records, of which nobody knows how many there are: total is 0 */
};
typedef err_t (*extract_told_t)(void *with, const struct extract_progress *progress);

struct extract_ask {
    const char *folder, *logs, *ticket;
    extract_told_t told;
    void *with;
};

CHECKED err_t extract_folder(const char *folder); /* made where it is missing */

struct extract_seal {
    const char *bearer;
    ident_t export;
    extract_told_t told;
    void *with;
};
CHECKED err_t extract_seal(struct desk *desk, const struct extract_seal *ask);
CHECKED err_t extract_make(struct desk *desk, const struct extract_ask *ask);
CHECKED err_t extract_open(const char *folder, ident_t export, int *out_fd); /* MISSING */
CHECKED err_t extract_sweep(struct desk *desk, const char *folder);
