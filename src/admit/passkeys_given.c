/* SPDX-License-Identifier: Apache-2.0 */
/* OpenSSL's headers come first: a parameter of theirs is named by a word that is banned. */
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "admit/passkeys_given.h"

enum { PRESENT_AND_VERIFIED = 0x05, ATTESTED = 0x40 };

void given_authenticator_drop(struct given_authenticator *authenticator)
{
    EVP_PKEY_free(authenticator->key);
}

err_t given_authenticator(struct given_authenticator *out, int algorithm)
{
    static uint8_t number;
    *out = (struct given_authenticator){.algorithm = algorithm,
                                        .flags = PRESENT_AND_VERIFIED,
                                        .prf = true,
                                        .owner = "ana",
                                        .origin = GIVEN_URL,
                                        .rp = "custody.example"};
    memset(out->id, ++number, sizeof out->id);
    memset(out->secret, 0x80 + number, sizeof out->secret);
    out->key = algorithm == -7   ? EVP_EC_gen("P-256")
               : algorithm == -8 ? EVP_PKEY_Q_keygen(NULL, NULL, "ED25519")
                                 : EVP_RSA_gen(2048);
    return out->key ? ERR_OK : fail(ERR_BROKEN, "no key");
}

static void put(struct given_authenticator *a, const void *bytes, size_t len)
{
    memcpy(a->data + a->data_len, bytes, len);
    a->data_len += len;
}

/* A number of the public key, in so many bytes. */
static void put_number(struct given_authenticator *a, const char *name, int len)
{
    uint8_t bytes[256];
    BIGNUM *number = NULL;
    if (EVP_PKEY_get_bn_param(a->key, name, &number) == 1 && BN_bn2binpad(number, bytes, len) == len)
        put(a, bytes, (size_t)len);
    BN_free(number);
}

/* COSE: a map of kind, algorithm, curve and the public key's parts. */
static void put_public(struct given_authenticator *a)
{
    uint8_t raw[32];
    size_t len = sizeof raw;
    if (a->algorithm == -7) {
        put(a, "\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20", 10);
        put_number(a, OSSL_PKEY_PARAM_EC_PUB_X, 32);
        put(a, "\x22\x58\x20", 3);
        put_number(a, OSSL_PKEY_PARAM_EC_PUB_Y, 32);
    } else if (a->algorithm == -8) {
        put(a, "\xa4\x01\x01\x03\x27\x20\x06\x21\x58\x20", 10);
        if (EVP_PKEY_get_raw_public_key(a->key, raw, &len) == 1)
            put(a, raw, len);
    } else {
        put(a, "\xa4\x01\x03\x03\x39\x01\x00\x20\x59\x01\x00", 11);
        put_number(a, OSSL_PKEY_PARAM_RSA_N, 256);
        put(a, "\x21\x43\x01\x00\x01", 5);
    }
}

static void put_data(struct given_authenticator *a, uint8_t flags)
{
    uint8_t hash[DIGEST_SIZE];
    const uint8_t head[5] = {flags, (uint8_t)(a->count >> 24), (uint8_t)(a->count >> 16),
                             (uint8_t)(a->count >> 8), (uint8_t)a->count};
    a->data_len = 0;
    digest(str(a->rp), hash);
    put(a, hash, sizeof hash);
    put(a, head, sizeof head);
}

static err_t client_say(struct given_authenticator *a, const char *type, ProtobufCBinaryData challenge)
{
    OWN(buf) text = BUF(256);
    buf_put_base64(&text, bin(challenge));
    TRY(buf_end(&text));
    snprintf(a->json, sizeof a->json,
             "{\"type\":\"%s\",\"challenge\":\"%s\",\"origin\":\"%s\",\"crossOrigin\":%s}", type, text.at,
             a->origin, a->framed ? "true" : "false");
    return ERR_OK;
}

/* The same bytes for the same salt, and for no other. */
static ProtobufCBinaryData prf_say(struct given_authenticator *a, const Keys__PasskeyOptions *options)
{
    const str_t salt = bin(options->salt);
    if (!a->prf)
        return (ProtobufCBinaryData){0, NULL};
    digest_keyed(str_bytes(a->secret, sizeof a->secret), &salt, 1, a->given);
    return (ProtobufCBinaryData){sizeof a->given, a->given};
}

err_t given_made(struct given_authenticator *a, const Keys__PasskeyOptions *options,
                 Keys__PasskeyAdd *out_add)
{
    static const uint8_t before_id[18] = {[17] = sizeof a->id};
    put_data(a, a->flags | ATTESTED);
    put(a, before_id, sizeof before_id);
    put(a, a->id, sizeof a->id);
    put_public(a);
    TRY(client_say(a, "webauthn.create", options->challenge));
    memcpy(a->user, options->user.data, sizeof a->user);
    out_add->client_data = given_bin(str(a->json));
    out_add->authenticator_data = given_bin(str_bytes(a->data, a->data_len));
    out_add->prf = prf_say(a, options);
    out_add->kept = options->kept;
    return ERR_OK;
}

static err_t data_sign(struct given_authenticator *a)
{
    uint8_t whole[sizeof a->data + DIGEST_SIZE];
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    memcpy(whole, a->data, a->data_len);
    digest(str(a->json), whole + a->data_len);
    a->signature_len = sizeof a->signature;
    bool good =
        context &&
        EVP_DigestSignInit(context, NULL, a->algorithm == -8 ? NULL : EVP_sha256(), NULL, a->key) == 1 &&
        EVP_DigestSign(context, a->signature, &a->signature_len, whole, a->data_len + DIGEST_SIZE) == 1;
    EVP_MD_CTX_free(context);
    return good ? ERR_OK : fail(ERR_BROKEN, "nothing was signed");
}

err_t given_assertion(struct given_authenticator *a, const Keys__PasskeyOptions *options,
                      Keys__Assertion *out_assertion)
{
    Keys__Assertion said = KEYS__ASSERTION__INIT;
    a->count++;
    put_data(a, a->flags);
    TRY(client_say(a, "webauthn.get", options->challenge));
    TRY(data_sign(a));
    said.credential = given_bin(str_bytes(a->id, sizeof a->id));
    said.client_data = given_bin(str(a->json));
    said.authenticator_data = given_bin(str_bytes(a->data, a->data_len));
    said.signature = given_bin(str_bytes(a->signature, a->signature_len));
    said.user = given_bin(str_bytes(a->user, sizeof a->user));
    said.prf = prf_say(a, options);
    *out_assertion = said;
    return ERR_OK;
}

err_t given_asked_passkey(struct given *given, const struct given_asking *asking,
                          Keys__PasskeyOptions **out_options)
{
    static const ident_t none;
    Keys__PasskeyAsk in = KEYS__PASSKEY_ASK__INIT;
    in.bearer = (char *)(uintptr_t)(asking->cookie ? asking->cookie : "");
    in.tenant = (char *)(uintptr_t)(asking->tenant ? asking->tenant : "");
    in.act = (char *)(uintptr_t)(asking->act ? asking->act : "");
    in.staff = asking->staff;
    if (!ident_eq(asking->id, none))
        in.id = given_bin(ident_bytes(&asking->id));
    return given_asked(given, ASK_passkey_ask, &in, out_options);
}

err_t given_passkey(struct given *given, const char *cookie, struct given_authenticator *authenticator)
{
    Keys__Again again = KEYS__AGAIN__INIT;
    Keys__PasskeyAdd add = KEYS__PASSKEY_ADD__INIT;
    Keys__PasskeyOptions *options = NULL;
    again.bearer = add.bearer = (char *)(uintptr_t)cookie;
    again.username = (char *)(uintptr_t)authenticator->owner;
    again.password = given_bin(STR(GIVEN_PASSWORD));
    TRY(given_asked(given, ASK_passkey_begin, &again, &options));
    TRY(given_made(authenticator, options, &add));
    return given_asked(given, ASK_passkey_add, &add, NULL);
}
