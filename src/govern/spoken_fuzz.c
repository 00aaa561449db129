/* SPDX-License-Identifier: Apache-2.0
 *
 * What somebody typed as anything: what is taken has one spelling, which reads as the same bytes.
 */
#include "govern/spoken.h"

#include "crypt/seal.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len);

static void require(bool truth)
{
    if (!truth)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    OWN(buf) bytes = BUF(SPOKEN_MAX + SPOKEN_CHECK);
    OWN(buf) text = BUF(SPOKEN_TEXT_MAX);
    OWN(buf) again = BUF(SPOKEN_MAX + SPOKEN_CHECK);
    require(crypt_start() == ERR_OK);
    if (spoken_read(str_bytes(at, len), &bytes) == ERR_OK) {
        require(bytes.len <= SPOKEN_MAX);
        spoken_put(buf_str(&bytes), &text);
        require(buf_end(&text) == ERR_OK && spoken_read(buf_str(&text), &again) == ERR_OK);
        require(str_eq(buf_str(&bytes), buf_str(&again)));
    }
    buf_clear(&text);
    buf_clear(&again);
    str_t some = str_bytes(at, len < SPOKEN_MAX ? len : SPOKEN_MAX);
    spoken_put(some, &text);
    require(buf_end(&text) == ERR_OK && spoken_read(buf_str(&text), &again) == ERR_OK);
    require(str_eq(some, buf_str(&again)));
    return 0;
}
