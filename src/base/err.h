/* SPDX-License-Identifier: Apache-2.0
 *
 * Errors: one small closed table, with everything the rest of the program derives from a code: the HTTP status of
 * the problem body, the exit status of the command line, whether trying again can help.
 *
 *     TRY(store_open(path, &store));
 *     return fail(ERR_LOCKED, "session %s ended", id);
 *
 * A function that can fail returns err_t and writes its results through out-parameters named out_*, which it leaves
 * untouched unless it returns ERR_OK. The code tells the caller what to do; the note tells a person what happened.
 * The note is per thread, and holds ids and positions, never personal data or secrets: it may be logged and shown.
 */
#pragma once
#include "base/banned.h"
#include <stdbool.h>

/* clang-format off */
/*   name         http exit retry  meaning */
#define ERR_TABLE(E) \
    E(OK,          200,  0, false, "done") \
    E(INVALID,     400,  2, false, "the input is not of the declared shape") \
    E(SIGNED_OUT,  401,  3, false, "nobody is signed in, or the sign-in is wrong") \
    E(DENIED,      403,  3, false, "who is signed in has no right to this") \
    E(LOCKED,      423,  4, false, "no key released: a person of the client must sign in or approve") \
    E(MISSING,     404,  6, false, "no such record") \
    E(CONFLICT,    409,  5, true,  "the record changed meanwhile, or exists already") \
    E(STALE,       412,  5, false, "the record has changed since it was read: read it again") \
    E(TOO_LARGE,   413,  2, false, "past a declared limit") \
    E(BUSY,        503,  7, true,  "a resource is in use: try again later") \
    E(UNREACHABLE, 502,  8, true,  "the other side does not answer") \
    E(BROKEN,      500, 70, false, "something this program relies on does not hold")

typedef enum {
#define E(name, http, exit, retry, meaning) ERR_##name,
    ERR_TABLE(E)
#undef E
    ERR_COUNT
} err_t;
/* clang-format on */

struct err_info {
    const char *name;
    int http, exit;
    bool retry;
    const char *meaning;
};

#define CHECKED __attribute__((warn_unused_result))

const struct err_info *err_info(err_t code);

/* Sets this thread's note and returns the code, so that a refusal reads as one sentence. */
err_t fail(err_t code, const char *format, ...) __attribute__((format(printf, 2, 3)));
const char *err_note(void);

/* The one macro that returns. OWN() variables of the scope end on the way. */
#define TRY(call) \
    do { \
        err_t tried_ = (call); \
        if (tried_ != ERR_OK) \
            return tried_; \
    } while (0)
