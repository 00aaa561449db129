/* SPDX-License-Identifier: Apache-2.0
 *
 * A receipt that opens was signed: every other text is refused, and none is read past its end. Its lines are signed here,
 * so that the reader behind the signature is reached too.
 */
#include "tlog/receipt.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static bool is_inside(str_t part, const buf_t *note)
{
    return part.at >= note->at && part.at + part.len <= note->at + note->len;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct note_signer signer = {.seed = {{1}}};
    struct key public;
    struct receipt receipt = {0};
    str_t text = str_bytes((const char *)bytes, len);
    OWN(buf) note = BUF(MAX_NOTE);
    if (crypt_start() != ERR_OK)
        abort();
    sign_public(&signer.seed, &public);
    if (note_key_make(NOTE_ED25519, STR("custody/example"), &public, &signer.key) != ERR_OK ||
        receipt_open(text, &signer.key, &receipt) == ERR_OK)
        abort();
    buf_put(&note, text);
    buf_put_byte(&note, '\n');
    note_sign(&signer, text, 0, &note);
    if (buf_end(&note) == ERR_OK && receipt_open(buf_str(&note), &signer.key, &receipt) == ERR_OK &&
        !(is_inside(receipt.client, &note) && is_inside(receipt.kind, &note) &&
          is_inside(receipt.recipient, &note)))
        abort();
    return 0;
}
