/* SPDX-License-Identifier: Apache-2.0
 *
 * What a stranger's browser says of a passkey: client data, what an authenticator says of a new one, and what one has signed.
 * Of a new one all is read back as it was put.
 */
#include "admit/webauthn.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len);

static const struct party party = {.origin = "https://custody.example:8443", .rp = "custody.example"};

static void put_and_back(const struct passkey *passkey)
{
    OWN(buf) packed = BUF(PASSKEY_ID + PASSKEY_PUBLIC + 4);
    struct passkey back;
    passkey_put(passkey, &packed);
    if (buf_end(&packed) != ERR_OK || passkey_get(buf_str(&packed), &back) != ERR_OK ||
        back.id_len != passkey->id_len || back.public_len != passkey->public_len ||
        back.algorithm != passkey->algorithm || memcmp(back.id, passkey->id, back.id_len) ||
        memcmp(back.public, passkey->public, back.public_len))
        abort();
}

/* Client data, a zero byte, a signature, a zero byte, authenticator data. */
static void signed_read(str_t text, const struct passkey *passkey)
{
    struct said said = {.client_data = str_until(&text, '\0')};
    uint32_t count = 0;
    said.signature = str_until(&text, '\0');
    said.authenticator_data = text;
    if (passkey_check(passkey, &party, &said, &count) == ERR_OK)
        abort(); /* who has no private key signs nothing */
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    static struct passkey known = {.algorithm = -8, .public_len = 32};
    const str_t text = str_bytes(at, len);
    struct passkey passkey;
    for (int makes = 0; makes < 2; makes++) {
        OWN(buf) challenge = BUF(CHALLENGE_MOST);
        if (client_data_read(text, &(struct client){&party, makes}, &challenge) == ERR_OK && !challenge.len)
            abort();
    }
    if (passkey_read(text, &party, &passkey) == ERR_OK)
        put_and_back(&passkey);
    if (passkey_get(text, &passkey) == ERR_OK)
        put_and_back(&passkey);
    memset(known.public, 7, known.public_len);
    signed_read(text, &known);
    return 0;
}
