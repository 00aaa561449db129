/* SPDX-License-Identifier: Apache-2.0 */
/* OpenSSL's headers come first: a parameter of theirs is named by a word that base/banned.h forbids. */
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include "oidc/json.h"
#include "oidc/key.h"

enum { RSA_LEAST = 2048, RSA_MOST = 8192, EXPONENT_BYTES = 8, POINT = 32, KEYS_AT_MOST = 100 };

static const struct algorithm algorithms[] = {
    {"RS256", "RSA", NULL, KEY_RSA, false},
    {"PS256", "RSA", NULL, KEY_RSA, true},
    {"ES256", "EC", "P-256", KEY_EC, false},
    {"EdDSA", "OKP", "Ed25519", KEY_ED25519, false},
};
enum { ALGORITHMS = sizeof algorithms / sizeof *algorithms };

const struct algorithm *algorithm_find(str_t name)
{
    for (size_t i = 0; i < ALGORITHMS; i++)
        if (str_eq(name, str(algorithms[i].name)))
            return &algorithms[i];
    return NULL;
}

void public_key_drop(EVP_PKEY **key) { EVP_PKEY_free(*key); }

typedef OSSL_PARAM_BLD *building_own;
static void building_drop(OSSL_PARAM_BLD **building) { OSSL_PARAM_BLD_free(*building); }
typedef OSSL_PARAM *params_own;
static void params_drop(OSSL_PARAM **params) { OSSL_PARAM_free(*params); }
typedef EVP_PKEY_CTX *key_context_own;
static void key_context_drop(EVP_PKEY_CTX **context) { EVP_PKEY_CTX_free(*context); }
typedef EVP_MD_CTX *digest_context_own;
static void digest_context_drop(EVP_MD_CTX **context) { EVP_MD_CTX_free(*context); }
typedef BIGNUM *number_own;
static void number_drop(BIGNUM **number) { BN_free(*number); }
typedef ECDSA_SIG *pair_own;
static void pair_drop(ECDSA_SIG **pair) { ECDSA_SIG_free(*pair); }

static err_t no_key(void) { return fail(ERR_DENIED, "a key of the sign-in provider is not of its kind"); }

static err_t number_read(const json_t *jwk, const char *name, size_t most, BIGNUM **out_number)
{
    OWN(buf) bytes = BUF(most);
    if (base64_read(said_text(jwk, name), &bytes) != ERR_OK || !bytes.len)
        return no_key();
    *out_number = BN_bin2bn((const uint8_t *)bytes.at, (int)bytes.len, NULL);
    return *out_number ? ERR_OK : fail(ERR_BUSY, "no memory for a key");
}

static err_t key_from_params(const char *type, OSSL_PARAM *params, EVP_PKEY **out_key)
{
    OWN(key_context) context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    if (!context || !params || EVP_PKEY_fromdata_init(context) != 1 ||
        EVP_PKEY_fromdata(context, out_key, EVP_PKEY_PUBLIC_KEY, params) != 1)
        return no_key();
    return ERR_OK;
}

static err_t rsa_read(const json_t *jwk, EVP_PKEY **out_key)
{
    OWN(number) modulus = NULL;
    OWN(number) exponent = NULL;
    OWN(building) building = OSSL_PARAM_BLD_new();
    OWN(params) params = NULL;
    TRY(number_read(jwk, "n", RSA_MOST / 8, &modulus));
    TRY(number_read(jwk, "e", EXPONENT_BYTES, &exponent));
    if (BN_num_bits(modulus) < RSA_LEAST || !BN_is_odd(modulus) || !BN_is_odd(exponent) ||
        BN_is_one(exponent))
        return no_key();
    if (building && OSSL_PARAM_BLD_push_BN(building, OSSL_PKEY_PARAM_RSA_N, modulus) == 1 &&
        OSSL_PARAM_BLD_push_BN(building, OSSL_PKEY_PARAM_RSA_E, exponent) == 1)
        params = OSSL_PARAM_BLD_to_param(building);
    return key_from_params("RSA", params, out_key);
}

/* That it is a point of the curve OpenSSL looks at. */
static err_t point_read(const json_t *jwk, EVP_PKEY **out_key)
{
    static char group[] = "P-256";
    OWN(buf) point = BUF(1 + 2 * POINT);
    buf_put_byte(&point, 4);
    if (base64_read(said_text(jwk, "x"), &point) != ERR_OK || point.len != 1 + POINT ||
        base64_read(said_text(jwk, "y"), &point) != ERR_OK || point.len != 1 + 2 * POINT)
        return no_key();
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point.at, point.len),
        OSSL_PARAM_construct_end(),
    };
    return key_from_params("EC", params, out_key);
}

static err_t ed25519_read(const json_t *jwk, EVP_PKEY **out_key)
{
    OWN(buf) public = BUF(POINT);
    if (base64_read(said_text(jwk, "x"), &public) != ERR_OK || public.len != POINT)
        return no_key();
    *out_key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, (const uint8_t *)public.at, public.len);
    return *out_key ? ERR_OK : no_key();
}

static err_t key_read(const json_t *jwk, const struct algorithm *algorithm, EVP_PKEY **out_key)
{
    switch (algorithm->kind) {
    case KEY_RSA:
        return rsa_read(jwk, out_key);
    case KEY_EC:
        return point_read(jwk, out_key);
    default:
        return ed25519_read(jwk, out_key);
    }
}

/* What a key does not say of itself it does not limit. */
static bool fits(const json_t *jwk, const struct algorithm *algorithm)
{
    const json_t *operations = json_object_get(jwk, "key_ops");
    return said_is(jwk, "kty", algorithm->type) &&
           (!algorithm->curve || said_is(jwk, "crv", algorithm->curve)) &&
           (!json_object_get(jwk, "alg") || said_is(jwk, "alg", algorithm->name)) &&
           (!json_object_get(jwk, "use") || said_is(jwk, "use", "sig")) &&
           (!operations || said_lists(operations, STR("verify")));
}

err_t key_find(const json_t *keys, str_t kid, const struct algorithm *algorithm, EVP_PKEY **out_key)
{
    const json_t *jwk, *found = NULL;
    size_t i, named = 0, fitting = 0;
    json_array_foreach(keys, i, jwk)
    {
        if (kid.len && !str_eq(said_text(jwk, "kid"), kid))
            continue;
        named++;
        if (!fits(jwk, algorithm))
            continue;
        found = jwk;
        fitting++;
    }
    if (kid.len && !named)
        return fail(ERR_MISSING, "the token is signed by a key that the sign-in provider has not told of");
    if (fitting != 1)
        return fail(ERR_DENIED, "%zu keys of the sign-in provider would be the token's", fitting);
    return key_read(found, algorithm, out_key);
}

size_t keys_usable(const json_t *keys)
{
    const json_t *jwk;
    size_t i, usable = 0;
    json_array_foreach(keys, i, jwk)
    {
        bool is_usable = false;
        for (size_t j = 0; i < KEYS_AT_MOST && j < ALGORITHMS && !is_usable; j++) {
            OWN(public_key) key = NULL;
            is_usable = fits(jwk, &algorithms[j]) && key_read(jwk, &algorithms[j], &key) == ERR_OK;
        }
        usable += is_usable;
    }
    return usable;
}

/* JWS has the two numbers one behind the other, OpenSSL wants them in DER. */
static err_t signature_put(str_t plain, buf_t *out_der)
{
    OWN(pair) pair = ECDSA_SIG_new();
    OWN(number) r = NULL;
    OWN(number) s = NULL;
    uint8_t *der = NULL;
    if (plain.len != 2 * POINT)
        return fail(ERR_DENIED, "the token's signature does not fit");
    r = BN_bin2bn((const uint8_t *)plain.at, POINT, NULL);
    s = BN_bin2bn((const uint8_t *)plain.at + POINT, POINT, NULL);
    if (!pair || !r || !s || ECDSA_SIG_set0(pair, r, s) != 1)
        return fail(ERR_BUSY, "no memory for a signature");
    r = s = NULL;
    int len = i2d_ECDSA_SIG(pair, &der);
    buf_put(out_der, str_bytes(der, len > 0 ? (size_t)len : 0));
    OPENSSL_free(der);
    return buf_end(out_der);
}

static bool padding_set(EVP_PKEY_CTX *context, const struct algorithm *algorithm)
{
    return !algorithm->pss || (EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
                               EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1);
}

err_t key_verify(EVP_PKEY *key, const struct algorithm *algorithm, str_t text, str_t signature)
{
    OWN(digest_context) context = EVP_MD_CTX_new();
    OWN(buf) der = BUF(256);
    EVP_PKEY_CTX *inner = NULL;
    const EVP_MD *digest = algorithm->kind == KEY_ED25519 ? NULL : EVP_sha256();
    if (algorithm->kind == KEY_EC)
        TRY(signature_put(signature, &der));
    str_t checked = algorithm->kind == KEY_EC ? buf_str(&der) : signature;
    if (!context || EVP_DigestVerifyInit(context, &inner, digest, NULL, key) != 1 ||
        !padding_set(inner, algorithm))
        return fail(ERR_BUSY, "no memory to check a signature");
    return EVP_DigestVerify(context, (const uint8_t *)checked.at, checked.len, (const uint8_t *)text.at,
                            text.len) == 1
               ? ERR_OK
               : fail(ERR_DENIED, "the token's signature does not fit");
}
