/* SPDX-License-Identifier: Apache-2.0
 *
 * What a browser says of a passkey, read and verified (W3C Web Authentication level 3, sections 6.1, 7.1 and 7.2).
 * libfido2 reads authenticator data and public keys and checks the signatures; it is given no device, and all of this is
 * pure.
 *
 *     TRY(party_from("https://custody.example", &party));              for whom passkeys are: origin and rpId
 *     TRY(client_data_read(json, &client, &challenge));                what the browser was asked for, and where
 *     TRY(passkey_read(data, &party, &passkey));                       a new one: its id, public key and counter
 *     TRY(passkey_check(&passkey, &party, &said, &count));             one that has signed
 *
 * The person has to have been verified by the authenticator, each time. Attestation is neither asked for nor looked at: a
 * client's people bring what they like. Keys are of ES256, EdDSA or RS256. Whatever does not fit is DENIED.
 */
#pragma once
#include "base/bytes.h"

enum { PASSKEY_ID = 1023, PASSKEY_PUBLIC = 300, CHALLENGE_MOST = 128 };

struct party {
    char origin[512], rp[256];
};
CHECKED err_t party_from(const char *url, struct party *out_party); /* INVALID: an address has no passkeys */

struct client {
    const struct party *party;
    bool makes; /* a new passkey; else one has signed */
};
CHECKED err_t client_data_read(str_t json, const struct client *client, buf_t *out_challenge);

struct passkey {
    int algorithm; /* COSE's number */
    uint32_t count;
    size_t id_len, public_len;
    uint8_t id[PASSKEY_ID], public[PASSKEY_PUBLIC];
};
CHECKED err_t passkey_read(str_t authenticator_data, const struct party *party, struct passkey *out_passkey);

/* As the keyring has it in a cell. The counter stands elsewhere. */
void passkey_put(const struct passkey *passkey, buf_t *out_packed);
CHECKED err_t passkey_get(str_t packed, struct passkey *out_passkey);

struct said {
    str_t client_data, authenticator_data, signature;
};
CHECKED err_t passkey_check(const struct passkey *passkey, const struct party *party, const struct said *said,
                            uint32_t *out_count);
