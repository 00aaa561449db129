/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/flatpak.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    str_t text = str_bytes(at, len), name = flatpak_name(text), branch = flatpak_branch(text);
    if (name.len && memchr(name.at, '\n', name.len))
        abort();
    if (branch.len && (memchr(branch.at, '/', branch.len) || branch.at[0] == '.' || branch.len + 2 > len))
        abort();
    return 0;
}
