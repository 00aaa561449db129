/* SPDX-License-Identifier: Apache-2.0
 *
 * An approval that opens was signed: every other text is refused, and none is read past its end. Its lines are signed
 * here, so that the reader behind the signature is reached too.
 */
#include "tlog/approval.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static const struct key seed = {{1}};
    static const ident_t tenant;
    struct note_signer signer;
    struct approval approval = {0};
    str_t text = str_bytes((const char *)bytes, len);
    OWN(buf) note = BUF(MAX_NOTE);
    if (crypt_start() != ERR_OK || approval_signer(tenant, &seed, &signer) != ERR_OK)
        abort();
    if (approval_open(text, &signer.key, &approval) == ERR_OK)
        abort();
    buf_put(&note, text);
    buf_put_byte(&note, '\n');
    note_sign(&signer, text, 0, &note);
    if (buf_end(&note) == ERR_OK && approval_open(buf_str(&note), &signer.key, &approval) == ERR_OK &&
        (approval.case_id.at < note.at || approval.acts.at + approval.acts.len > note.at + note.len))
        abort();
    return 0;
}
