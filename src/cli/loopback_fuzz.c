/* SPDX-License-Identifier: Apache-2.0
 *
 * Whoever connects to the command line's door says what they like: a code is of a few letters, lies within the request, and is
 * followed by the protocol's name.
 */
#include "cli/loopback.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    str_t request = str_bytes(bytes, len), code = {0};
    if (loopback_read(request, &code) != ERR_OK) {
        if (code.at)
            abort();
        return 0;
    }
    if (code.at < request.at || code.at + code.len + 8 > request.at + request.len || code.len < 4)
        abort();
    for (size_t i = 0; i < code.len; i++)
        if (memchr(" \r\n\"<>&%", code.at[i], 8))
            abort();
    return 0;
}
