/* SPDX-License-Identifier: Apache-2.0
 *
 * Whatever a Range header says, what is given lies within the archive, and is something.
 */
#include "api/range.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static const uint64_t sizes[] = {1, 100, (uint64_t)1 << 40};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct range range = range_read(str_bytes(bytes, len), sizes[i]);
        if (range.part != RANGE_NONE_SUCH && (range.from > range.last || range.last >= sizes[i]))
            abort();
        if (range.part == RANGE_ALL && (range.from || range.last != sizes[i] - 1))
            abort();
    }
    return 0;
}
