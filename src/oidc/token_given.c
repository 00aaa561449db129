/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "oidc/token_given.h"

void issuing_drop(struct issuing *issuing) { EVP_PKEY_free(issuing->key); }

static bool is(const struct issuing *issuing, const char *algorithm)
{
    return !strcmp(issuing->algorithm, algorithm);
}

err_t given_issuing(const char *algorithm, const char *kid, struct issuing *out_issuing)
{
    *out_issuing = (struct issuing){algorithm, kid, NULL};
    if (is(out_issuing, "ES256"))
        out_issuing->key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    else if (is(out_issuing, "EdDSA"))
        out_issuing->key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    else
        out_issuing->key = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048);
    return out_issuing->key ? ERR_OK : fail(ERR_BROKEN, "no key for %s", algorithm);
}

static void put_number(const EVP_PKEY *key, const char *param, const char *name, buf_t *json)
{
    uint8_t bytes[1024];
    BIGNUM *number = NULL;
    if (EVP_PKEY_get_bn_param(key, param, &number) != 1) {
        buf_fail(json, ERR_BROKEN);
        return;
    }
    int len = param[0] == 'q' ? BN_bn2binpad(number, bytes, 32) : BN_bn2bin(number, bytes);
    buf_putf(json, ",\"%s\":\"", name);
    buf_put_base64(json, str_bytes(bytes, (size_t)len));
    buf_put_byte(json, '"');
    BN_free(number);
}

static void put_jwk(const struct issuing *issuing, buf_t *json)
{
    uint8_t raw[32];
    size_t len = sizeof raw;
    buf_putf(json, "{\"kid\":\"%s\",\"use\":\"sig\"", issuing->kid);
    if (is(issuing, "ES256")) {
        buf_put(json, STR(",\"kty\":\"EC\",\"crv\":\"P-256\""));
        put_number(issuing->key, OSSL_PKEY_PARAM_EC_PUB_X, "x", json);
        put_number(issuing->key, OSSL_PKEY_PARAM_EC_PUB_Y, "y", json);
    } else if (is(issuing, "EdDSA")) {
        EVP_PKEY_get_raw_public_key(issuing->key, raw, &len);
        buf_put(json, STR(",\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\""));
        buf_put_base64(json, str_bytes(raw, len));
        buf_put_byte(json, '"');
    } else {
        buf_put(json, STR(",\"kty\":\"RSA\""));
        put_number(issuing->key, OSSL_PKEY_PARAM_RSA_N, "n", json);
        put_number(issuing->key, OSSL_PKEY_PARAM_RSA_E, "e", json);
    }
    buf_put_byte(json, '}');
}

err_t given_jwks(const struct issuing *issuing, size_t count, buf_t *out_json)
{
    buf_put(out_json, STR("{\"keys\":["));
    for (size_t i = 0; i < count; i++) {
        buf_put(out_json, i ? STR(",") : STR(""));
        put_jwk(&issuing[i], out_json);
    }
    buf_put(out_json, STR("]}"));
    return buf_end(out_json);
}

/* Of two numbers in DER, the two one behind the other. */
static size_t flatten(const uint8_t *der, size_t len, uint8_t out[64])
{
    ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &der, (long)len);
    if (!pair)
        return 0;
    BN_bn2binpad(ECDSA_SIG_get0_r(pair), out, 32);
    BN_bn2binpad(ECDSA_SIG_get0_s(pair), out + 32, 32);
    ECDSA_SIG_free(pair);
    return 64;
}

static err_t sign(const struct issuing *issuing, str_t text, uint8_t out[1024], size_t *out_len)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *inner = NULL;
    uint8_t der[1024];
    size_t len = sizeof der;
    bool ok = EVP_DigestSignInit(context, &inner, is(issuing, "EdDSA") ? NULL : EVP_sha256(), NULL,
                                 issuing->key) == 1;
    if (is(issuing, "PS256"))
        ok = ok && EVP_PKEY_CTX_set_rsa_padding(inner, RSA_PKCS1_PSS_PADDING) == 1 &&
             EVP_PKEY_CTX_set_rsa_pss_saltlen(inner, RSA_PSS_SALTLEN_DIGEST) == 1;
    ok = ok && EVP_DigestSign(context, der, &len, (const uint8_t *)text.at, text.len) == 1;
    EVP_MD_CTX_free(context);
    if (!ok)
        return fail(ERR_BROKEN, "nothing signed");
    *out_len = is(issuing, "ES256") ? flatten(der, len, out) : len;
    if (!is(issuing, "ES256"))
        memcpy(out, der, len);
    return ERR_OK;
}

err_t given_signed(const struct issuing *issuing, const char *header, str_t claims, buf_t *out_token)
{
    uint8_t signature[1024];
    size_t len = 0;
    buf_put_base64(out_token, str(header));
    buf_put_byte(out_token, '.');
    buf_put_base64(out_token, claims);
    TRY(buf_end(out_token));
    TRY(sign(issuing, buf_str(out_token), signature, &len));
    buf_put_byte(out_token, '.');
    buf_put_base64(out_token, str_bytes(signature, len));
    return buf_end(out_token);
}
