/* SPDX-License-Identifier: Apache-2.0
 *
 * A text of what is to be withheld that opens was signed: every other one is refused, and none is read past its end. Its lines
 * are signed here, so that the reader behind the signature is reached too.
 */
#include "tlog/withhold.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static const struct key seed = {{1}};
    static const ident_t tenant;
    struct note_signer signer;
    struct withhold withhold = {.count = 0};
    struct note_key key;
    str_t text = str_bytes((const char *)bytes, len);
    OWN(buf) note = BUF(WITHHOLD_MAX);
    if (crypt_start() != ERR_OK || withhold_signer(tenant, &seed, &signer) != ERR_OK)
        abort();
    if (withhold_open(text, &signer.key, &withhold) == ERR_OK ||
        withhold_key_read(text, tenant, &key) == ERR_OK)
        abort();
    buf_put(&note, text);
    buf_put_byte(&note, '\n');
    note_sign(&signer, text, 0, &note);
    if (buf_end(&note) == ERR_OK && withhold_open(buf_str(&note), &signer.key, &withhold) == ERR_OK &&
        withhold.count > WITHHOLD_MOST)
        abort();
    return 0;
}
