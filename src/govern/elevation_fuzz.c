/* SPDX-License-Identifier: Apache-2.0
 *
 * Approvals, codes and what is read out, as anything: nothing that was not signed opens; what is heard is spelt the same.
 */
#include "govern/elevation.h"
#include "govern/spoken.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static const struct key seed = {{1}};
    struct note_signer signer = {.seed = seed};
    struct elevation elevation = {0}, typed = {0}, heard = {0};
    uint8_t prefix[PREFIX_SIZE];
    struct key public;
    str_t text = str_bytes((const char *)bytes, len);
    OWN(buf) note = BUF(MAX_NOTE);
    OWN(buf) code = BUF(SPOKEN_TEXT_MAX);
    if (crypt_start() != ERR_OK)
        abort();
    sign_public(&seed, &public);
    if (note_key_make(NOTE_ED25519, STR("custody/ten/policy"), &public, &signer.key) != ERR_OK ||
        elevation_open(text, &signer.key, &elevation) == ERR_OK ||
        elevation_decode(text, &signer.key, &typed) == ERR_OK)
        abort();
    buf_put(&note, text);
    buf_put_byte(&note, '\n');
    note_sign(&signer, text, 0, &note);
    if (buf_end(&note) == ERR_OK && elevation_open(buf_str(&note), &signer.key, &elevation) == ERR_OK &&
        elevation_code(buf_str(&note), &code) == ERR_OK) {
        typed = elevation;
        if (elevation_decode(buf_str(&code), &signer.key, &typed) != ERR_OK)
            abort();
    }
    if (elevation_hear(text, &heard, prefix) == ERR_OK && heard.policy > UINT32_MAX)
        abort();
    return 0;
}
