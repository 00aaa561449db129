/* SPDX-License-Identifier: Apache-2.0
 *
 * Text of a stranger as a recovery kit. What is taken is printed as the kit that reads the same.
 */
#include "crypt/kit.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len);

static void print_and_back(const uint8_t kit[KIT_BYTES])
{
    OWN(buf) printed = BUF(64);
    uint8_t back[KIT_BYTES];
    kit_put(kit, &printed);
    if (buf_end(&printed) != ERR_OK || kit_read(buf_str(&printed), back) != ERR_OK ||
        memcmp(back, kit, KIT_BYTES))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    uint8_t kit[KIT_BYTES] = {0};
    if (kit_read(str_bytes(at, len), kit) == ERR_OK)
        print_and_back(kit);
    if (len >= KIT_BYTES)
        print_and_back(at);
    return 0;
}
