/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/snap.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    str_t version = snap_version(str_bytes(at, len));
    if (version.len > len || (version.len && memchr(version.at, '\n', version.len)))
        abort();
    return 0;
}
