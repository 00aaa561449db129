/* SPDX-License-Identifier: Apache-2.0
 *
 * Bytes of a stranger as a compressed body: what comes out is never past the limit.
 */
#include "foreign/inflate.h"

enum { MOST = 64 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    static const char *const encodings[] = {"", "gzip", "deflate"};
    for (size_t i = 0; i < 3; i++) {
        OWN(buf) out = BUF(MOST);
        err_t read = inflate_body(str(encodings[i]), str_bytes(at, len), MOST, &out);
        if (out.len > MOST || (read == ERR_OK && !i && out.len != len))
            abort();
    }
    return 0;
}
