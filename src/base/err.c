/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"

#include <stdarg.h>

static _Thread_local char note[256];

const struct err_info *err_info(err_t code)
{
    static const struct err_info table[] = {
#define E(name, http, exit, retry, meaning) [ERR_##name] = {#name, http, exit, retry, meaning},
        ERR_TABLE(E)
#undef E
    };
    return &table[code < ERR_COUNT ? code : ERR_BROKEN];
}

err_t fail(err_t code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(note, sizeof note, format, args);
    va_end(args);
    return code;
}

const char *err_note(void) { return note; }
