/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/signers.h"

#include "base/own.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len);

/* Two bytes say how long the certificate is, the rest is the signature: one over other bytes, so that none may hold here. */
int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    OWN(signers) signers = NULL;
    size_t certificate = len < 2 ? 0 : (size_t)at[0] << 8 | at[1];
    if (len < 2 || certificate > len - 2 || signers_open(&signers) != ERR_OK)
        return 0;
    signers_add(signers, str_bytes(at + 2, certificate));
    const str_t parts[] = {STR("nobody has "), STR(""), STR("signed this")};
    if (signers_check(signers, parts, 3, str_bytes(at + 2 + certificate, len - 2 - certificate)) ==
        SIGNATURE_GOOD)
        abort();
    return 0;
}
