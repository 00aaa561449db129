/* SPDX-License-Identifier: Apache-2.0
 *
 * Whatever an entry says of its number, it holds for one place at most, and what is said of a gap has digits alone.
 */
#include "verify/numbers.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static const uint64_t places[] = {0, 17, 255, 256, UINT64_MAX};
    const str_t entry = str_bytes(bytes, len);
    struct verify verify = {.verdict = GOOD};
    size_t held = 0;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        held += number_holds(entry, places[i]);
    if (is_numbered(entry) ? held > 1 : held != sizeof places / sizeof *places)
        abort();
    if (find_gap(&verify, entry, 17) != ERR_LOCKED || verify.verdict != GAP)
        abort();
    for (const char *at = verify.detail; *at; at++)
        if (*at < ' ' || *at > '~')
            abort();
    return 0;
}
