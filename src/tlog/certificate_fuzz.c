/* SPDX-License-Identifier: Apache-2.0
 *
 * A certificate that opens was signed: every other text is refused, and none is read past its end. Its lines are signed
 * here, so that the reader behind the signature is reached too; what it reads, it writes again the same.
 */
#include "tlog/certificate.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void signer_open(struct note_signer *signer)
{
    *signer = (struct note_signer){.seed = {{1}}};
    sign_public(&signer->seed, &signer->key.public);
    struct key public = signer->key.public;
    if (note_key_make(NOTE_ED25519, STR("example/certificates"), &public, &signer->key) != ERR_OK)
        abort();
}

static bool within(str_t part, const buf_t *whole)
{
    return part.at >= whole->at && part.at + part.len <= whole->at + whole->len;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct note_signer signer;
    struct certificate certificate = {0};
    str_t text = str_bytes((const char *)bytes, len);
    OWN(buf) note = BUF(MAX_NOTE);
    OWN(buf) again = BUF(MAX_NOTE);
    if (crypt_start() != ERR_OK)
        abort();
    signer_open(&signer);
    if (certificate_open(text, &signer.key, &certificate) == ERR_OK)
        abort();
    if (!len || bytes[len - 1] != '\n' || note_put(&signer, text, &note) != ERR_OK ||
        certificate_open(buf_str(&note), &signer.key, &certificate) != ERR_OK)
        return 0;
    if (!within(certificate.asked, &note) || !within(certificate.tool, &note))
        abort();
    if (certificate_sign(&signer, &certificate, &again) == ERR_OK && !str_eq(buf_str(&again), buf_str(&note)))
        abort();
    return 0;
}
