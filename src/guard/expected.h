/* SPDX-License-Identifier: Apache-2.0
 *
 * Launches that were decided and will be heard of once more, when the program begins: between the two they stand here, so
 * that a launch is written down once.
 *
 *     expected_put(expected, &(struct expectation){pid, number, .written = true});
 *     if (expected_take(expected, &(struct began){pid, number, at}, &expectation)) …
 *
 * number   of the file (inode) that the program will be; 0: any, the interpreter of a script. Its device is left out: the
 *            kernel tells another one of layered file systems here than there.
 * written  the record was made where it was decided
 * script   what an interpreter was given, for a record that is still to be made
 *
 * An attempt that failed after it was decided leaves its expectation for EXPECTED_SECONDS, or until the same process tries
 * again. Any thread may call these; they hold their lock for a few instructions.
 */
#pragma once
#include "base/bytes.h"

#include <sys/types.h>

enum { EXPECTED_SECONDS = 10, EXPECTED_SCRIPT = 1024 };

struct expectation {
    pid_t pid;
    uint64_t number;
    int64_t since;
    bool written, late; /* late: it was let go without having been judged */
    char script[EXPECTED_SCRIPT];
};

struct expected;
typedef struct expected *expected_own;
void expected_drop(struct expected **expected);

CHECKED err_t expected_open(struct expected **out_expected);
void expected_put(struct expected *expected, const struct expectation *expectation);

struct began {
    pid_t pid;
    uint64_t number;
    int64_t at;
};
bool expected_take(struct expected *expected, const struct began *began, struct expectation *out_expectation);
