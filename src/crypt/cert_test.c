/* SPDX-License-Identifier: Apache-2.0 */
/* OpenSSL's headers come first: a parameter of theirs is named by a word that base/banned.h forbids. */
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "crypt/cert.h"
#include "crypt/tls.h"
#include "sys/env_virtual.h"
#include "test/test.h"

enum { ROOM = 8192 };
static const char *const hosts[] = {"localhost", "127.0.0.1", "::1", NULL};

/* An authority of ten years at a clock of 2026, and the key of one leaf. */
struct stage {
    struct world world;
    buf_t authority_key, authority_pem, key, public_der, cert;
};
typedef struct stage stage_own;

static void stage_drop(struct stage *stage)
{
    buf_drop(&stage->authority_key);
    buf_drop(&stage->authority_pem);
    buf_drop(&stage->key);
    buf_drop(&stage->public_der);
    buf_drop(&stage->cert);
    world_drop(&stage->world);
}

static err_t given_stage(struct stage *stage)
{
    world_open(&stage->world, 7);
    TRY(moment_read(STR("2026-11-24T06:00:00Z"), &stage->world.clock));
    stage->authority_key = stage->authority_pem = stage->key = stage->public_der = stage->cert =
        (buf_t)BUF(ROOM);
    TRY(cert_key_make(&stage->authority_key));
    TRY(cert_authority_make(&stage->world.env, buf_str(&stage->authority_key), "Custody of a test",
                            stage->world.clock + DAYS(3650), &stage->authority_pem));
    TRY(cert_key_make(&stage->key));
    return cert_key_public(buf_str(&stage->key), &stage->public_der);
}

static struct cert_authority authority_of(const struct stage *stage)
{
    return (struct cert_authority){buf_str(&stage->authority_key), buf_str(&stage->authority_pem)};
}

static struct cert_ask client_ask(const struct stage *stage)
{
    return (struct cert_ask){
        .public_der = buf_str(&stage->public_der),
        .common_name = "endpoint",
        .uri = "custody:tenant:0:device:1",
        .from = stage->world.clock - MINUTES(5),
        .until = stage->world.clock + DAYS(90),
    };
}

static struct cert_ask server_ask(const struct stage *stage)
{
    struct cert_ask ask = client_ask(stage);
    ask.uri = NULL;
    ask.hosts = hosts;
    return ask;
}

static err_t issue(struct stage *stage, const struct cert_ask *ask)
{
    struct cert_authority authority = authority_of(stage);
    buf_clear(&stage->cert);
    return cert_issue(&stage->world.env, &authority, ask, &stage->cert);
}

static X509 *parsed(const buf_t *pem)
{
    BIO *bio = BIO_new_mem_buf(pem->at, (int)pem->len);
    X509 *cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    BIO_free(bio);
    return cert;
}

/* What OpenSSL says of the leaf as a certificate for `purpose`, at the stage's clock. */
static int verdict(const struct stage *stage, int purpose)
{
    X509 *authority = parsed(&stage->authority_pem), *leaf = parsed(&stage->cert);
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *check = X509_STORE_CTX_new();
    X509_STORE_add_cert(store, authority);
    X509_STORE_CTX_init(check, store, leaf, NULL);
    X509_STORE_CTX_set_purpose(check, purpose);
    X509_STORE_CTX_set_time(check, 0, (time_t)(stage->world.clock / 1000));
    X509_STORE_CTX_set_flags(check, X509_V_FLAG_X509_STRICT);
    X509_verify_cert(check);
    int why = X509_STORE_CTX_get_error(check);
    X509_STORE_CTX_free(check);
    X509_STORE_free(store);
    X509_free(authority);
    X509_free(leaf);
    return why;
}

TEST(a_server_certificate_stands_for_its_hosts_and_no_other)
{
    OWN(stage) stage = {0};
    CHECK_OK(given_stage(&stage));
    struct cert_ask ask = server_ask(&stage);
    CHECK_OK(issue(&stage, &ask));
    CHECK(verdict(&stage, X509_PURPOSE_SSL_SERVER) == X509_V_OK);
    CHECK(verdict(&stage, X509_PURPOSE_SSL_CLIENT) == X509_V_ERR_INVALID_PURPOSE);
    X509 *leaf = parsed(&stage.cert);
    bool fits = X509_check_host(leaf, "localhost", 0, 0, NULL) == 1 &&
                X509_check_ip_asc(leaf, "127.0.0.1", 0) == 1 && X509_check_ip_asc(leaf, "::1", 0) == 1;
    bool other =
        X509_check_host(leaf, "example.org", 0, 0, NULL) == 1 || X509_check_ip_asc(leaf, "127.0.0.2", 0) == 1;
    X509_free(leaf);
    CHECK(fits && !other);
}

TEST(a_client_certificate_serves_no_server_and_signs_nothing)
{
    OWN(stage) stage = {0};
    CHECK_OK(given_stage(&stage));
    struct cert_ask ask = client_ask(&stage);
    CHECK_OK(issue(&stage, &ask));
    CHECK(verdict(&stage, X509_PURPOSE_SSL_CLIENT) == X509_V_OK);
    CHECK(verdict(&stage, X509_PURPOSE_SSL_SERVER) == X509_V_ERR_INVALID_PURPOSE);
    OWN(buf) second = BUF(ROOM);
    struct cert_authority pretender = {buf_str(&stage.key), buf_str(&stage.cert)};
    CHECK_FAILS(ERR_INVALID, cert_issue(&stage.world.env, &pretender, &ask, &second));
}

TEST(an_authority_may_sign_leaves_and_no_authority)
{
    OWN(stage) stage = {0};
    CHECK_OK(given_stage(&stage));
    X509 *cert = parsed(&stage.authority_pem);
    bool ca = X509_check_ca(cert) == 1 && X509_get_pathlen(cert) == 0;
    uint32_t usage = X509_get_key_usage(cert), flags = X509_get_extension_flags(cert);
    int length = X509_get0_serialNumber(cert)->length, kind = X509_get0_serialNumber(cert)->type;
    X509_free(cert);
    CHECK(ca && usage == KU_KEY_CERT_SIGN && flags & EXFLAG_BCONS_CRITICAL);
    CHECK(length == 20 && kind == V_ASN1_INTEGER);
}

TEST(a_certificate_never_outlives_its_authority)
{
    OWN(stage) stage = {0};
    CHECK_OK(given_stage(&stage));
    struct cert_ask ask = client_ask(&stage);
    ask.until = stage.world.clock + DAYS(3651);
    CHECK_FAILS(ERR_INVALID, issue(&stage, &ask));
    ask.until = ask.from;
    CHECK_FAILS(ERR_INVALID, issue(&stage, &ask));
}

TEST(a_certificate_ends_when_it_says)
{
    OWN(stage) stage = {0};
    CHECK_OK(given_stage(&stage));
    struct cert_ask ask = client_ask(&stage);
    moment_t until = 0;
    CHECK_OK(issue(&stage, &ask));
    CHECK_OK(cert_until(buf_str(&stage.cert), &until));
    CHECK(until == ask.until);
    stage.world.clock = until + SECONDS(1);
    CHECK(verdict(&stage, X509_PURPOSE_SSL_CLIENT) == X509_V_ERR_CERT_HAS_EXPIRED);
}

TEST(a_certificate_is_for_hosts_or_for_one_client)
{
    OWN(stage) stage = {0};
    static const char *const none[] = {NULL};
    CHECK_OK(given_stage(&stage));
    struct cert_ask ask = client_ask(&stage);
    ask.hosts = hosts;
    CHECK_FAILS(ERR_INVALID, issue(&stage, &ask));
    ask.hosts = NULL;
    ask.uri = NULL;
    CHECK_FAILS(ERR_INVALID, issue(&stage, &ask));
    ask.hosts = none;
    CHECK_FAILS(ERR_INVALID, issue(&stage, &ask));
}

TEST(a_request_proves_that_its_key_is_held)
{
    OWN(stage) stage = {0};
    OWN(buf) request = BUF(ROOM);
    OWN(buf) public_der = BUF(ROOM);
    CHECK_OK(given_stage(&stage));
    CHECK_OK(cert_request_make(buf_str(&stage.key), &request));
    CHECK_OK(cert_request_read(buf_str(&request), &public_der));
    CHECK(str_eq(buf_str(&public_der), buf_str(&stage.public_der)));
    request.at[request.len - 1] ^= 1; /* the signature */
    CHECK_FAILS(ERR_INVALID, cert_request_read(buf_str(&request), &public_der));
}

TEST(a_request_with_bytes_behind_it_or_cut_short_is_refused)
{
    OWN(stage) stage = {0};
    OWN(buf) request = BUF(ROOM);
    OWN(buf) public_der = BUF(ROOM);
    CHECK_OK(given_stage(&stage));
    CHECK_OK(cert_request_make(buf_str(&stage.key), &request));
    for (size_t len = 0; len < request.len; len++)
        CHECK_FAILS(ERR_INVALID, cert_request_read((str_t){request.at, len}, &public_der));
    buf_put_byte(&request, 0);
    CHECK_FAILS(ERR_INVALID, cert_request_read(buf_str(&request), &public_der));
}

static err_t given_key_of(const char *kind, const char *detail, buf_t *out_pem)
{
    EVP_PKEY *key =
        detail ? EVP_PKEY_Q_keygen(NULL, NULL, kind, detail) : EVP_PKEY_Q_keygen(NULL, NULL, kind);
    BIO *bio = BIO_new(BIO_s_mem());
    char *at = NULL;
    PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL);
    long len = BIO_get_mem_data(bio, &at);
    buf_put(out_pem, str_bytes(at, (size_t)len));
    BIO_free(bio);
    EVP_PKEY_free(key);
    return buf_end(out_pem);
}

TEST(no_key_but_p256_is_taken)
{
    static const char *const kinds[][2] = {{"EC", "P-384"}, {"EC", "secp256k1"}, {"ED25519", NULL}};
    for (size_t i = 0; i < 3; i++) {
        OWN(buf) pem = BUF(ROOM);
        OWN(buf) out = BUF(ROOM);
        CHECK_OK(given_key_of(kinds[i][0], kinds[i][1], &pem));
        CHECK_FAILS(ERR_INVALID, cert_request_make(buf_str(&pem), &out));
        CHECK(out.len == 0);
    }
}

TEST(malformed_text_is_invalid_and_leaves_nothing_behind)
{
    OWN(buf) out = BUF(ROOM);
    OWN(world) world = {0};
    uint8_t print[32];
    moment_t until;
    world_open(&world, 1);
    CHECK_FAILS(ERR_INVALID, cert_key_public(STR(""), &out));
    CHECK_FAILS(ERR_INVALID,
                cert_key_public(STR("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"), &out));
    CHECK_FAILS(ERR_INVALID, cert_authority_make(&world.env, STR("no key"), "x", DAYS(1), &out));
    CHECK_FAILS(ERR_INVALID, cert_fingerprint(STR("no certificate"), print));
    CHECK_FAILS(ERR_INVALID, cert_until(STR("no certificate"), &until));
    CHECK(out.len == 0 && ERR_peek_error() == 0);
}

TEST(a_fingerprint_is_of_the_key_not_of_the_certificate)
{
    OWN(stage) stage = {0};
    uint8_t first[32], second[32], authority[32], direct[32];
    CHECK_OK(given_stage(&stage));
    struct cert_ask ask = client_ask(&stage);
    CHECK_OK(issue(&stage, &ask));
    CHECK_OK(cert_fingerprint(buf_str(&stage.cert), first));
    CHECK_OK(issue(&stage, &ask));
    CHECK_OK(cert_fingerprint(buf_str(&stage.cert), second));
    CHECK_OK(cert_fingerprint(buf_str(&stage.authority_pem), authority));
    EVP_Digest(stage.public_der.at, stage.public_der.len, direct, NULL, EVP_sha256(), NULL);
    CHECK(!memcmp(first, second, 32) && !memcmp(first, direct, 32) && memcmp(first, authority, 32));
}

TEST(the_name_of_an_endpoint_is_read_back_and_no_other_text_is)
{
    OWN(buf) uri = BUF(256);
    ident_t tenant = {{1, 2, 0xfe}}, device = {{9, 0xff}}, tenant_read, device_read;
    cert_uri(tenant, device, &uri);
    CHECK_OK(buf_end(&uri));
    CHECK_OK(cert_uri_read(buf_str(&uri), &tenant_read, &device_read));
    CHECK(ident_eq(tenant, tenant_read) && ident_eq(device, device_read));
    for (size_t len = 0; len < uri.len; len++)
        CHECK_FAILS(ERR_INVALID, cert_uri_read((str_t){uri.at, len}, &tenant_read, &device_read));
    buf_put_byte(&uri, 'a');
    CHECK_FAILS(ERR_INVALID, cert_uri_read(buf_str(&uri), &tenant_read, &device_read));
    uri.at[uri.len - 2] = 'F';
    CHECK_FAILS(ERR_INVALID, cert_uri_read((str_t){uri.at, uri.len - 1}, &tenant_read, &device_read));
}

TEST(a_tls_server_starts_only_with_a_key_that_fits_its_certificate)
{
    OWN(stage) stage = {0};
    OWN(tls) context = NULL;
    CHECK_OK(given_stage(&stage));
    struct cert_ask ask = server_ask(&stage);
    CHECK_OK(issue(&stage, &ask));
    struct tls_ask door = {buf_str(&stage.cert), buf_str(&stage.authority_key)};
    CHECK_FAILS(ERR_INVALID, tls_server(&door, &context));
    door.private_pem = buf_str(&stage.key);
    door.client_authorities = buf_str(&stage.authority_pem);
    CHECK_FAILS(ERR_INVALID, tls_server(&door, &context));
    CHECK(!context);
    door.client_certificates = true;
    CHECK_OK(tls_server(&door, &context));
    CHECK_OK(tls_trust(context, buf_str(&stage.authority_pem)));
    CHECK_FAILS(ERR_INVALID, tls_trust(context, STR("")));
    CHECK_FAILS(ERR_INVALID,
                tls_trust(context, (str_t){stage.authority_pem.at, stage.authority_pem.len / 2}));
}

TEST(a_text_is_signed_by_the_key_of_a_certificate_and_by_no_other)
{
    OWN(stage) stage = {0};
    OWN(buf) signature = BUF(CERT_SIGNATURE);
    OWN(buf) other = BUF(CERT_SIGNATURE);
    CHECK_OK(given_stage(&stage));
    CHECK_OK(cert_sign(buf_str(&stage.authority_key), STR("a text"), &signature));
    CHECK_OK(cert_sign(buf_str(&stage.key), STR("a text"), &other));
    CHECK_OK(cert_verify(buf_str(&stage.authority_pem), STR("a text"), buf_str(&signature)));
    CHECK_FAILS(ERR_DENIED, cert_verify(buf_str(&stage.authority_pem), STR("a test"), buf_str(&signature)));
    CHECK_FAILS(ERR_DENIED, cert_verify(buf_str(&stage.authority_pem), STR("a text"), buf_str(&other)));
    CHECK_FAILS(ERR_DENIED, cert_verify(buf_str(&stage.authority_pem), STR("a text"), STR("")));
    CHECK(ERR_peek_error() == 0);
}

TESTS(a_server_certificate_stands_for_its_hosts_and_no_other,
      a_client_certificate_serves_no_server_and_signs_nothing, an_authority_may_sign_leaves_and_no_authority,
      a_certificate_never_outlives_its_authority, a_certificate_ends_when_it_says,
      a_certificate_is_for_hosts_or_for_one_client, a_request_proves_that_its_key_is_held,
      a_request_with_bytes_behind_it_or_cut_short_is_refused, no_key_but_p256_is_taken,
      malformed_text_is_invalid_and_leaves_nothing_behind, a_fingerprint_is_of_the_key_not_of_the_certificate,
      the_name_of_an_endpoint_is_read_back_and_no_other_text_is,
      a_tls_server_starts_only_with_a_key_that_fits_its_certificate,
      a_text_is_signed_by_the_key_of_a_certificate_and_by_no_other)
