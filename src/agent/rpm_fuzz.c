/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/rpm.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len);

static bool is_within(str_t part, str_t whole)
{
    return part.at >= whole.at && part.at + part.len < whole.at + whole.len && !part.at[part.len];
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    str_t blob = str_bytes(at, len);
    struct rpm_package package;
    if (rpm_header_read(blob, &package) &&
        !(is_within(package.name, blob) && is_within(package.version, blob) &&
          is_within(package.release, blob)))
        abort();
    return 0;
}
