/* SPDX-License-Identifier: Apache-2.0
 *
 * Text of a stranger as a guardian's part. What is taken is printed as the part that reads the same.
 */
#include "crypt/part.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    OWN(part) part = {.number = 0};
    OWN(part) back = {.number = 0};
    OWN(buf) printed = BUF(PART_TEXT);
    if (part_read(str_bytes(at, len), &part) != ERR_OK)
        return 0;
    part_put(&part, &printed);
    if (buf_end(&printed) != ERR_OK || part_read(buf_str(&printed), &back) != ERR_OK ||
        part_fits(NULL, 0, &back) != ERR_OK || back.number != part.number ||
        back.set.number != part.set.number || memcmp(back.share, part.share, SHARE_BYTES))
        abort();
    return 0;
}
