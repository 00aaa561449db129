/* SPDX-License-Identifier: Apache-2.0 */
/* OpenSSL's headers, which these include, come first: a parameter of theirs is named by a word that is banned. */
#include <fido.h>
#include <fido/eddsa.h>
#include <fido/es256.h>
#include <fido/rs256.h>

#include "admit/webauthn.h"

#include "concept/json.h"
#include "crypt/seal.h"
#include "notify/reach.h"
#include <arpa/inet.h>
#include <jansson.h>

typedef json_t *json_own;
static void json_drop(json_own *json) { json_decref(*json); }

enum {
    PRESENT = 0x01,
    VERIFIED = 0x04,
    ATTESTED = 0x40,
    HASH = 32,
    FIXED = HASH + 5,
    MADE = 18,
    CLIENT_DATA = 4096,
    AUTHENTICATOR_DATA = 8192
};

/* The opposite of a name in an rpId: the standard has no passkeys for addresses. */
static bool is_address(const char *host)
{
    uint8_t room[16];
    return strchr(host, ':') || inet_pton(AF_INET, host, room) == 1;
}

static void lower(char *text)
{
    for (; *text; text++)
        *text = (char)(*text >= 'A' && *text <= 'Z' ? *text - 'A' + 'a' : *text);
}

err_t party_from(const char *url, struct party *out_party)
{
    struct reach reach;
    struct party party;
    if (reach_read(str(url), &reach) != ERR_OK || strcmp(reach.scheme, "https") != 0 ||
        is_address(reach.host))
        return fail(ERR_INVALID,
                    "passkeys need the service to have a name that browsers know it by: --console");
    lower(reach.host);
    snprintf(party.rp, sizeof party.rp, "%s", reach.host);
    if (reach.port == 443)
        snprintf(party.origin, sizeof party.origin, "https://%s", reach.host);
    else
        snprintf(party.origin, sizeof party.origin, "https://%s:%u", reach.host, reach.port);
    *out_party = party;
    return ERR_OK;
}

static bool says(const json_t *object, const char *name, const char *what)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text && !strcmp(text, what);
}

/* Within a page of somebody else's none of ours is shown: nobody signs there either. */
static bool is_framed(const json_t *object)
{
    return json_is_true(json_object_get(object, "crossOrigin")) || json_object_get(object, "topOrigin");
}

err_t client_data_read(str_t json, const struct client *client, buf_t *out_challenge)
{
    OWN(json) object = NULL;
    if (json_object_read(json, CLIENT_DATA, &object) != ERR_OK)
        return fail(ERR_DENIED, "what the browser says of the passkey cannot be read");
    if (!says(object, "type", client->makes ? "webauthn.create" : "webauthn.get"))
        return fail(ERR_DENIED, "the passkey was asked for something else");
    if (!says(object, "origin", client->party->origin) || is_framed(object))
        return fail(ERR_DENIED, "the passkey was asked by another site");
    const char *challenge = json_string_value(json_object_get(object, "challenge"));
    if (!challenge || base64_read(str(challenge), out_challenge) != ERR_OK || !out_challenge->len)
        return fail(ERR_DENIED, "the passkey was asked with no challenge");
    return ERR_OK;
}

static const unsigned char *bytes_of(str_t text) { return (const unsigned char *)text.at; }

static bool is_for(const struct party *party, str_t data)
{
    uint8_t hash[DIGEST_SIZE];
    digest(str(party->rp), hash);
    return data.len > HASH && !memcmp(data.at, hash, HASH);
}

/* The head of one item of CBOR (RFC 8949); none of those that say no length. */
static bool head_read(str_t *rest, unsigned *out_kind, uint64_t *out_number)
{
    unsigned first = (uint8_t)rest->at[0], more = first & 31;
    size_t len = more < 24 || more > 27 ? 0 : (size_t)1 << (more - 24);
    if (more > 27 || rest->len < 1 + len)
        return false;
    *out_kind = first >> 5;
    *out_number = more < 24 ? more : 0;
    for (size_t i = 1; i <= len; i++)
        *out_number = *out_number << 8 | (uint8_t)rest->at[i];
    *rest = str_bytes(rest->at + 1 + len, rest->len - 1 - len);
    return true;
}

/* The library takes memory for as much as a head says before it has seen any of it: none may say more than there is. */
static bool items_are_there(str_t rest)
{
    enum { BYTES = 2, TEXT = 3, MAP = 5 };
    while (rest.len) {
        unsigned kind = 0;
        uint64_t number = 0;
        if (!head_read(&rest, &kind, &number))
            return false;
        if (kind >= BYTES && kind <= MAP && number > rest.len)
            return false;
        if (kind == BYTES || kind == TEXT)
            rest = str_bytes(rest.at + number, rest.len - number);
    }
    return true;
}

/* Hash, flags, counter; of a new one the maker's id, the passkey's with its length; then what is CBOR. */
static bool is_sound(str_t data, bool makes)
{
    const unsigned char *at = bytes_of(data);
    size_t head = FIXED;
    if (data.len < FIXED || data.len > AUTHENTICATOR_DATA)
        return false;
    if (makes && (!(at[HASH] & ATTESTED) || data.len < FIXED + MADE))
        return false;
    if (makes)
        head += MADE + (size_t)(at[FIXED + MADE - 2] << 8 | at[FIXED + MADE - 1]);
    return head <= data.len && items_are_there(str_bytes(data.at + head, data.len - head));
}

/* The library takes a key of the one kind that was asked for. */
static bool cred_read(fido_cred_t *cred, int algorithm, str_t data)
{
    return cred && fido_cred_set_type(cred, algorithm) == FIDO_OK &&
           fido_cred_set_authdata_raw(cred, bytes_of(data), data.len) == FIDO_OK;
}

static err_t cred_take(const fido_cred_t *cred, struct passkey *out)
{
    if ((fido_cred_flags(cred) & (PRESENT | VERIFIED)) != (PRESENT | VERIFIED))
        return fail(ERR_DENIED, "the authenticator has not verified who uses it");
    out->count = fido_cred_sigcount(cred);
    out->id_len = fido_cred_id_len(cred);
    out->public_len = fido_cred_pubkey_len(cred);
    if (!out->id_len || out->id_len > PASSKEY_ID || !out->public_len || out->public_len > PASSKEY_PUBLIC)
        return fail(ERR_DENIED, "the passkey is not of a usual size");
    memcpy(out->id, fido_cred_id_ptr(cred), out->id_len);
    memcpy(out->public, fido_cred_pubkey_ptr(cred), out->public_len);
    return ERR_OK;
}

static err_t passkey_read_as(int algorithm, str_t data, struct passkey *out)
{
    fido_cred_t *cred = fido_cred_new();
    *out = (struct passkey){.algorithm = algorithm};
    err_t result = cred_read(cred, algorithm, data) ? cred_take(cred, out) : ERR_MISSING;
    fido_cred_free(&cred);
    return result;
}

err_t passkey_read(str_t authenticator_data, const struct party *party, struct passkey *out_passkey)
{
    static const int algorithms[] = {COSE_ES256, COSE_EDDSA, COSE_RS256};
    if (!is_for(party, authenticator_data))
        return fail(ERR_DENIED, "the passkey was made for another site");
    if (!is_sound(authenticator_data, true))
        return fail(ERR_DENIED, "what the authenticator says cannot be read");
    for (size_t i = 0; i < sizeof algorithms / sizeof *algorithms; i++) {
        err_t read = passkey_read_as(algorithms[i], authenticator_data, out_passkey);
        if (read != ERR_MISSING)
            return read;
    }
    return fail(ERR_DENIED, "the passkey cannot be read, or is not of ES256, EdDSA or RS256");
}

/* The algorithm's number without its sign, 2 bytes; the id's length, 2 bytes; the id; the public key. */
void passkey_put(const struct passkey *passkey, buf_t *out_packed)
{
    const unsigned numbers[] = {(unsigned)-passkey->algorithm, (unsigned)passkey->id_len};
    for (size_t i = 0; i < 2; i++) {
        buf_put_byte(out_packed, (uint8_t)(numbers[i] >> 8));
        buf_put_byte(out_packed, (uint8_t)numbers[i]);
    }
    buf_put(out_packed, str_bytes(passkey->id, passkey->id_len));
    buf_put(out_packed, str_bytes(passkey->public, passkey->public_len));
}

err_t passkey_get(str_t packed, struct passkey *out_passkey)
{
    const uint8_t *at = bytes_of(packed);
    struct passkey passkey = {0};
    if (packed.len < 4)
        return fail(ERR_BROKEN, "a passkey that cannot be read");
    passkey.algorithm = -(at[0] << 8 | at[1]);
    passkey.id_len = (size_t)(at[2] << 8 | at[3]);
    if (passkey.id_len > PASSKEY_ID || packed.len < 4 + passkey.id_len ||
        packed.len - 4 - passkey.id_len > PASSKEY_PUBLIC)
        return fail(ERR_BROKEN, "a passkey that cannot be read");
    passkey.public_len = packed.len - 4 - passkey.id_len;
    memcpy(passkey.id, at + 4, passkey.id_len);
    memcpy(passkey.public, at + 4 + passkey.id_len, passkey.public_len);
    *out_passkey = passkey;
    return ERR_OK;
}

#define VERIFIES(kind, cose) \
    static bool kind##_verifies(const fido_assert_t *assert, const struct passkey *passkey) \
    { \
        kind##_pk_t *key = kind##_pk_new(); \
        bool good = key && kind##_pk_from_ptr(key, passkey->public, passkey->public_len) == FIDO_OK && \
                    fido_assert_verify(assert, 0, cose, key) == FIDO_OK; \
        kind##_pk_free(&key); \
        return good; \
    }
VERIFIES(es256, COSE_ES256)
VERIFIES(eddsa, COSE_EDDSA)
VERIFIES(rs256, COSE_RS256)

static bool verifies(const fido_assert_t *assert, const struct passkey *passkey)
{
    switch (passkey->algorithm) {
    case COSE_ES256:
        return es256_verifies(assert, passkey);
    case COSE_EDDSA:
        return eddsa_verifies(assert, passkey);
    case COSE_RS256:
        return rs256_verifies(assert, passkey);
    default:
        return false;
    }
}

static bool assert_fill(fido_assert_t *assert, const struct party *party, const struct said *said)
{
    uint8_t hash[DIGEST_SIZE];
    digest(said->client_data, hash);
    return fido_assert_set_clientdata_hash(assert, hash, sizeof hash) == FIDO_OK &&
           fido_assert_set_rp(assert, party->rp) == FIDO_OK &&
           fido_assert_set_up(assert, FIDO_OPT_TRUE) == FIDO_OK &&
           fido_assert_set_uv(assert, FIDO_OPT_TRUE) == FIDO_OK &&
           fido_assert_set_count(assert, 1) == FIDO_OK &&
           fido_assert_set_authdata_raw(assert, 0, bytes_of(said->authenticator_data),
                                        said->authenticator_data.len) == FIDO_OK &&
           fido_assert_set_sig(assert, 0, bytes_of(said->signature), said->signature.len) == FIDO_OK;
}

/* The library wants to be told whether the authenticator answers to the PRF within what it signs: some do. */
static bool assert_verifies(fido_assert_t *assert, const struct passkey *passkey)
{
    return (fido_assert_set_extensions(assert, 0) == FIDO_OK && verifies(assert, passkey)) ||
           (fido_assert_set_extensions(assert, FIDO_EXT_HMAC_SECRET) == FIDO_OK && verifies(assert, passkey));
}

err_t passkey_check(const struct passkey *passkey, const struct party *party, const struct said *said,
                    uint32_t *out_count)
{
    fido_assert_t *assert = fido_assert_new();
    bool good = assert &&is_sound(said->authenticator_data, false) && assert_fill(assert, party, said) &&
                assert_verifies(assert, passkey);
    uint32_t count = good ? fido_assert_sigcount(assert, 0) : 0;
    fido_assert_free(&assert);
    if (!good)
        return fail(ERR_DENIED, "the passkey has not signed this, or has not verified who uses it");
    *out_count = count;
    return ERR_OK;
}
