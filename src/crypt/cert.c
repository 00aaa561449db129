/* SPDX-License-Identifier: Apache-2.0 */
/* OpenSSL's headers come first: a parameter of theirs is named by a word that base/banned.h forbids. */
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "crypt/cert.h"
#include "crypt/seal.h"

#include <limits.h>

typedef EVP_PKEY *pkey_own;
typedef X509 *x509_own;
typedef X509_REQ *request_own;
typedef BIO *bio_own;
typedef BIGNUM *number_own;
typedef ASN1_TIME *time_own;
typedef ASN1_INTEGER *serial_own;
typedef X509_EXTENSION *extension_own;
typedef GENERAL_NAMES *names_own;
typedef GENERAL_NAME *name_own;
typedef EVP_MD_CTX *digest_context_own;

static void pkey_drop(EVP_PKEY **key) { EVP_PKEY_free(*key); }
static void x509_drop(X509 **cert) { X509_free(*cert); }
static void request_drop(X509_REQ **request) { X509_REQ_free(*request); }
static void bio_drop(BIO **bio) { BIO_free_all(*bio); }
static void number_drop(BIGNUM **number) { BN_free(*number); }
static void time_drop(ASN1_TIME **at) { ASN1_TIME_free(*at); }
static void serial_drop(ASN1_INTEGER **serial) { ASN1_INTEGER_free(*serial); }
static void extension_drop(X509_EXTENSION **extension) { X509_EXTENSION_free(*extension); }
static void names_drop(GENERAL_NAMES **names) { GENERAL_NAMES_free(*names); }
static void name_drop(GENERAL_NAME **name) { GENERAL_NAME_free(*name); }
static void digest_context_drop(EVP_MD_CTX **context) { EVP_MD_CTX_free(*context); }

enum { X509_V3 = 2, SERIAL = 20 };

/* OpenSSL queues its errors by thread; left there, they would be taken for those of the next TLS call. */
static err_t refuse(err_t code, const char *what)
{
    ERR_clear_error();
    return fail(code, "%s", what);
}

static err_t no_memory(void) { return refuse(ERR_BUSY, "no memory for a certificate"); }

static err_t text_open(str_t pem, BIO **out_bio)
{
    if (!pem.len || pem.len > INT_MAX)
        return fail(ERR_INVALID, "PEM text of %zu bytes", pem.len);
    BIO *bio = BIO_new_mem_buf(pem.at, (int)pem.len);
    if (!bio)
        return no_memory();
    *out_bio = bio;
    return ERR_OK;
}

static err_t text_take(BIO *bio, buf_t *out_text)
{
    char *at = NULL;
    long len = BIO_get_mem_data(bio, &at);
    buf_put(out_text, str_bytes(at, len > 0 ? (size_t)len : 0));
    return buf_end(out_text);
}

/* An encrypted key would make OpenSSL ask for its password on the terminal. */
static int no_password(char *at, int room, int writing, void *context)
{
    (void)at, (void)room, (void)writing, (void)context;
    return -1;
}

static err_t key_check(EVP_PKEY *key)
{
    char group[32];
    size_t len = 0;
    if (EVP_PKEY_get_base_id(key) == EVP_PKEY_EC &&
        EVP_PKEY_get_group_name(key, group, sizeof group, &len) == 1 && !strcmp(group, SN_X9_62_prime256v1))
        return ERR_OK;
    return refuse(ERR_INVALID, "a key that is not ECDSA P-256");
}

static err_t key_read(str_t private_pem, EVP_PKEY **out_key)
{
    OWN(bio) bio = NULL;
    TRY(text_open(private_pem, &bio));
    OWN(pkey) key = PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL);
    if (!key)
        return refuse(ERR_INVALID, "not a private key in PEM");
    TRY(key_check(key));
    *out_key = give(key);
    return ERR_OK;
}

static err_t cert_read(str_t pem, X509 **out_cert)
{
    OWN(bio) bio = NULL;
    TRY(text_open(pem, &bio));
    X509 *cert = PEM_read_bio_X509(bio, NULL, no_password, NULL);
    if (!cert)
        return refuse(ERR_INVALID, "not a certificate in PEM");
    *out_cert = cert;
    return ERR_OK;
}

static err_t public_read(str_t der, EVP_PKEY **out_key)
{
    const unsigned char *at = (const unsigned char *)der.at, *end = der.len ? at + der.len : at;
    OWN(pkey) key = der.len && der.len <= LONG_MAX ? d2i_PUBKEY(NULL, &at, (long)der.len) : NULL;
    if (!key || at != end)
        return refuse(ERR_INVALID, "not a public key (SubjectPublicKeyInfo)");
    TRY(key_check(key));
    *out_key = give(key);
    return ERR_OK;
}

/* What OpenSSL encoded into memory of its own, which ends here. */
static err_t der_put(unsigned char *der, int len, buf_t *out_der)
{
    if (len <= 0)
        return no_memory();
    buf_put(out_der, str_bytes(der, (size_t)len));
    OPENSSL_free(der);
    return buf_end(out_der);
}

static err_t public_put(EVP_PKEY *key, buf_t *out_der)
{
    unsigned char *der = NULL;
    int len = i2d_PUBKEY(key, &der);
    return der_put(der, len, out_der);
}

err_t cert_key_make(buf_t *out_private_pem)
{
    OWN(pkey) key = EVP_EC_gen("P-256");
    OWN(bio) bio = BIO_new(BIO_s_secmem()); /* wiped when freed */
    if (!key || !bio || PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) != 1)
        return no_memory();
    return text_take(bio, out_private_pem);
}

err_t cert_key_public(str_t private_pem, buf_t *out_public_der)
{
    OWN(pkey) key = NULL;
    TRY(key_read(private_pem, &key));
    return public_put(key, out_public_der);
}

err_t cert_request_make(str_t private_pem, buf_t *out_request_der)
{
    OWN(pkey) key = NULL;
    TRY(key_read(private_pem, &key));
    OWN(request) request = X509_REQ_new();
    if (!request || X509_REQ_set_version(request, 0) != 1 || X509_REQ_set_pubkey(request, key) != 1 ||
        X509_REQ_sign(request, key, EVP_sha256()) <= 0)
        return no_memory();
    unsigned char *der = NULL;
    int len = i2d_X509_REQ(request, &der);
    return der_put(der, len, out_request_der);
}

err_t cert_request_read(str_t request_der, buf_t *out_public_der)
{
    const unsigned char *at = (const unsigned char *)request_der.at, *end = at + request_der.len;
    OWN(request)
    request = request_der.len && request_der.len <= LONG_MAX ? d2i_X509_REQ(NULL, &at, (long)request_der.len)
                                                             : NULL;
    if (!request || at != end)
        return refuse(ERR_INVALID, "not a certificate request (PKCS#10)");
    EVP_PKEY *key = X509_REQ_get0_pubkey(request);
    if (!key)
        return refuse(ERR_INVALID, "a certificate request without a usable key");
    TRY(key_check(key));
    if (X509_REQ_verify(request, key) != 1)
        return refuse(ERR_INVALID, "a certificate request that its own key did not sign");
    return public_put(key, out_public_der);
}

/* Positive and of full length, so that it always takes 20 bytes (RFC 5280 4.1.2.2 allows no more). */
static err_t serial_set(struct env *env, X509 *cert)
{
    unsigned char bytes[SERIAL];
    env->random(env, bytes, sizeof bytes);
    bytes[0] = (unsigned char)((bytes[0] & 0x7f) | 0x40);
    OWN(number) number = BN_bin2bn(bytes, sizeof bytes, NULL);
    OWN(serial) serial = number ? BN_to_ASN1_INTEGER(number, NULL) : NULL;
    return serial && X509_set_serialNumber(cert, serial) == 1 ? ERR_OK : no_memory();
}

static err_t validity_set(X509 *cert, moment_t from, moment_t until)
{
    if (from >= until)
        return fail(ERR_INVALID, "a certificate that ends before it begins");
    OWN(time) first = ASN1_TIME_set(NULL, (time_t)(from / 1000));
    OWN(time) last = ASN1_TIME_set(NULL, (time_t)(until / 1000));
    if (!first || !last || X509_set1_notBefore(cert, first) != 1 || X509_set1_notAfter(cert, last) != 1)
        return refuse(ERR_INVALID, "moments that a certificate cannot hold");
    return ERR_OK;
}

static err_t subject_set(X509 *cert, const char *common_name)
{
    X509_NAME *name = X509_get_subject_name(cert);
    if (X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)common_name, -1, -1,
                                   0) != 1)
        return refuse(ERR_INVALID, "a common name that a certificate cannot hold");
    return ERR_OK;
}

/* `value` in OpenSSL's configuration language: literals only, never anything that was sent. */
static err_t extension_add(X509 *cert, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, cert, NULL, NULL, 0);
    OWN(extension) extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    if (!extension || X509_add_ext(cert, extension, -1) != 1)
        return refuse(ERR_BROKEN, "OpenSSL does not take an extension");
    return ERR_OK;
}

struct extension {
    int nid;
    const char *value;
};

static err_t extensions_add(X509 *cert, X509 *issuer, const struct extension *list)
{
    for (; list->value; list++)
        TRY(extension_add(cert, issuer, list->nid, list->value));
    return ERR_OK;
}

static err_t name_add(GENERAL_NAMES *names, int kind, const char *text)
{
    OWN(name) name = GENERAL_NAME_new();
    ASN1_STRING *value = ASN1_IA5STRING_new();
    if (!name || !value || ASN1_STRING_set(value, text, -1) != 1) {
        ASN1_STRING_free(value);
        return no_memory();
    }
    GENERAL_NAME_set0_value(name, kind, value);
    if (sk_GENERAL_NAME_push(names, name) <= 0)
        return no_memory();
    (void)give(name);
    return ERR_OK;
}

static err_t host_add(GENERAL_NAMES *names, const char *host)
{
    ASN1_OCTET_STRING *address = a2i_IPADDRESS(host);
    ERR_clear_error();
    if (!address)
        return name_add(names, GEN_DNS, host);
    OWN(name) name = GENERAL_NAME_new();
    if (!name) {
        ASN1_OCTET_STRING_free(address);
        return no_memory();
    }
    GENERAL_NAME_set0_value(name, GEN_IPADD, address);
    if (sk_GENERAL_NAME_push(names, name) <= 0)
        return no_memory();
    (void)give(name);
    return ERR_OK;
}

static err_t names_set(X509 *cert, const struct cert_ask *ask)
{
    OWN(names) names = GENERAL_NAMES_new();
    if (!names)
        return no_memory();
    for (const char *const *host = ask->hosts; host && *host; host++)
        TRY(host_add(names, *host));
    if (ask->uri)
        TRY(name_add(names, GEN_URI, ask->uri));
    if (!sk_GENERAL_NAME_num(names))
        return fail(ERR_INVALID, "a certificate without a name");
    return X509_add1_ext_i2d(cert, NID_subject_alt_name, names, 0, 0) == 1 ? ERR_OK : no_memory();
}

static err_t cert_finish(X509 *cert, EVP_PKEY *key, buf_t *out_pem)
{
    OWN(bio) bio = BIO_new(BIO_s_mem());
    if (!bio || X509_sign(cert, key, EVP_sha256()) <= 0 || PEM_write_bio_X509(bio, cert) != 1)
        return no_memory();
    return text_take(bio, out_pem);
}

err_t cert_authority_make(struct env *env, str_t private_pem, const char *name, moment_t until,
                          buf_t *out_cert_pem)
{
    static const struct extension extensions[] = {
        {NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
        {NID_key_usage, "critical,keyCertSign"},
        {NID_subject_key_identifier, "hash"},
        {NID_authority_key_identifier, "keyid:always"},
        {0},
    };
    OWN(pkey) key = NULL;
    TRY(key_read(private_pem, &key));
    OWN(x509) cert = X509_new();
    if (!cert || X509_set_version(cert, X509_V3) != 1 || X509_set_pubkey(cert, key) != 1)
        return no_memory();
    TRY(serial_set(env, cert));
    TRY(validity_set(cert, env->now(env), until));
    TRY(subject_set(cert, name));
    if (X509_set_issuer_name(cert, X509_get_subject_name(cert)) != 1)
        return no_memory();
    TRY(extensions_add(cert, cert, extensions));
    return cert_finish(cert, key, out_cert_pem);
}

err_t cert_ends(const X509 *cert, moment_t *out_until)
{
    struct tm at;
    if (ASN1_TIME_to_tm(X509_get0_notAfter(cert), &at) != 1)
        return refuse(ERR_INVALID, "a certificate without a readable end");
    *out_until = SECONDS(timegm(&at));
    return ERR_OK;
}

/* A certificate that outlives its authority, or that another key signs, would fail at the first handshake. */
static err_t authority_read(const struct cert_authority *authority, moment_t until, EVP_PKEY **out_key,
                            X509 **out_cert)
{
    OWN(pkey) key = NULL;
    OWN(x509) cert = NULL;
    moment_t ends = 0;
    TRY(key_read(authority->private_pem, &key));
    TRY(cert_read(authority->cert_pem, &cert));
    if (X509_check_private_key(cert, key) != 1 || X509_check_ca(cert) != 1)
        return refuse(ERR_INVALID, "an authority whose key and certificate do not belong together");
    TRY(cert_ends(cert, &ends));
    if (until > ends)
        return fail(ERR_INVALID, "a certificate that outlives its authority");
    *out_key = give(key);
    *out_cert = give(cert);
    return ERR_OK;
}

err_t cert_issue(struct env *env, const struct cert_authority *authority, const struct cert_ask *ask,
                 buf_t *out_cert_pem)
{
    const struct extension extensions[] = {
        {NID_basic_constraints, "critical,CA:FALSE"},
        {NID_key_usage, "critical,digitalSignature"},
        {NID_ext_key_usage, ask->hosts ? "serverAuth" : "clientAuth"},
        {NID_subject_key_identifier, "hash"},
        {NID_authority_key_identifier, "keyid:always"},
        {0},
    };
    OWN(pkey) signer = NULL, key = NULL;
    OWN(x509) issuer = NULL, cert = X509_new();
    if (!ask->hosts == !ask->uri)
        return fail(ERR_INVALID, "a certificate is for hosts or for one client");
    TRY(authority_read(authority, ask->until, &signer, &issuer));
    TRY(public_read(ask->public_der, &key));
    if (!cert || X509_set_version(cert, X509_V3) != 1 || X509_set_pubkey(cert, key) != 1 ||
        X509_set_issuer_name(cert, X509_get_subject_name(issuer)) != 1)
        return no_memory();
    TRY(serial_set(env, cert));
    TRY(validity_set(cert, ask->from, ask->until));
    TRY(subject_set(cert, ask->common_name));
    TRY(extensions_add(cert, issuer, extensions));
    TRY(names_set(cert, ask));
    return cert_finish(cert, signer, out_cert_pem);
}

err_t cert_sign(str_t private_pem, str_t text, buf_t *out_signature)
{
    OWN(pkey) key = NULL;
    OWN(digest_context) context = EVP_MD_CTX_new();
    unsigned char at[CERT_SIGNATURE];
    size_t len = sizeof at;
    TRY(key_read(private_pem, &key));
    if (!context || EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key) != 1 ||
        EVP_DigestSign(context, at, &len, (const unsigned char *)text.at, text.len) != 1)
        return no_memory();
    buf_put(out_signature, str_bytes(at, len));
    return buf_end(out_signature);
}

err_t cert_verify(str_t cert_pem, str_t text, str_t signature)
{
    OWN(x509) cert = NULL;
    OWN(digest_context) context = EVP_MD_CTX_new();
    TRY(cert_read(cert_pem, &cert));
    EVP_PKEY *key = X509_get0_pubkey(cert);
    if (!key || !context || EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key) != 1)
        return no_memory();
    if (!signature.len || EVP_DigestVerify(context, (const unsigned char *)signature.at, signature.len,
                                           (const unsigned char *)text.at, text.len) != 1)
        return refuse(ERR_DENIED, "a signature that is not of this certificate's key");
    return ERR_OK;
}

err_t cert_fingerprint(str_t cert_pem, uint8_t out_digest[32])
{
    OWN(x509) cert = NULL;
    OWN(buf) public_der = BUF(4096);
    TRY(cert_read(cert_pem, &cert));
    unsigned char *der = NULL;
    int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der);
    TRY(der_put(der, len, &public_der));
    digest(buf_str(&public_der), out_digest);
    return ERR_OK;
}

err_t cert_until(str_t cert_pem, moment_t *out_until)
{
    OWN(x509) cert = NULL;
    TRY(cert_read(cert_pem, &cert));
    return cert_ends(cert, out_until);
}

void cert_uri(ident_t tenant, ident_t device, buf_t *out_uri)
{
    buf_put(out_uri, STR("custody:tenant:"));
    buf_put_hex(out_uri, ident_bytes(&tenant));
    buf_put(out_uri, STR(":device:"));
    buf_put_hex(out_uri, ident_bytes(&device));
}

static err_t hex_read(str_t text, ident_t *out_id)
{
    static const char digits[] = "0123456789abcdef";
    ident_t id = {{0}};
    if (text.len != 2 * sizeof id.bytes)
        return fail(ERR_INVALID, "not 32 hexadecimal digits");
    for (size_t i = 0; i < text.len; i++) {
        const char *digit = text.at[i] ? strchr(digits, text.at[i]) : NULL;
        if (!digit)
            return fail(ERR_INVALID, "not 32 hexadecimal digits");
        id.bytes[i / 2] = (uint8_t)(id.bytes[i / 2] << 4 | (digit - digits));
    }
    *out_id = id;
    return ERR_OK;
}

err_t cert_uri_read(str_t uri, ident_t *out_tenant, ident_t *out_device)
{
    str_t rest = uri;
    ident_t tenant, device;
    if (!str_eq(str_until(&rest, ':'), STR("custody")) || !str_eq(str_until(&rest, ':'), STR("tenant")))
        return fail(ERR_INVALID, "not the name of an endpoint");
    TRY(hex_read(str_until(&rest, ':'), &tenant));
    if (!str_eq(str_until(&rest, ':'), STR("device")))
        return fail(ERR_INVALID, "not the name of an endpoint");
    TRY(hex_read(rest, &device));
    *out_tenant = tenant;
    *out_device = device;
    return ERR_OK;
}
