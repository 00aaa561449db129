/* SPDX-License-Identifier: Apache-2.0 */
/* OpenSSL's headers come first: a parameter of theirs is named by a word that base/banned.h forbids. */
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "crypt/tls.h"

#include "crypt/cert.h"

#include <limits.h>

typedef X509 *x509_own;
typedef EVP_PKEY *pkey_own;
typedef BIO *bio_own;
typedef GENERAL_NAMES *names_own;

static void x509_drop(X509 **cert) { X509_free(*cert); }
static void pkey_drop(EVP_PKEY **key) { EVP_PKEY_free(*key); }
static void bio_drop(BIO **bio) { BIO_free_all(*bio); }
static void names_drop(GENERAL_NAMES **names) { GENERAL_NAMES_free(*names); }

void tls_drop(SSL_CTX **context)
{
    SSL_CTX_free(*context);
    *context = NULL;
}

static err_t refuse(err_t code, const char *what)
{
    ERR_clear_error();
    return fail(code, "%s", what);
}

static err_t text_open(str_t pem, BIO **out_bio)
{
    if (pem.len > INT_MAX)
        return fail(ERR_INVALID, "PEM text of %zu bytes", pem.len);
    BIO *bio = BIO_new_mem_buf(pem.len ? pem.at : "", (int)pem.len);
    if (!bio)
        return refuse(ERR_BUSY, "no memory for TLS");
    *out_bio = bio;
    return ERR_OK;
}

/* An encrypted key would make OpenSSL ask for its password on the terminal. */
static int no_password(char *at, int room, int writing, void *context)
{
    (void)at, (void)room, (void)writing, (void)context;
    return -1;
}

typedef int (*take_t)(SSL_CTX *context, X509 *cert);

static int trust_one(SSL_CTX *context, X509 *cert)
{
    return X509_STORE_add_cert(SSL_CTX_get_cert_store(context), cert);
}

static int own_one(SSL_CTX *context, X509 *cert)
{
    return SSL_CTX_get0_certificate(context) ? (int)SSL_CTX_add1_chain_cert(context, cert)
                                             : SSL_CTX_use_certificate(context, cert);
}

/* Hands each certificate of the text to `take`; text without one is fine here, text that breaks off is not. */
static err_t certs_take(SSL_CTX *context, str_t pem, take_t take, size_t *out_count)
{
    OWN(bio) bio = NULL;
    size_t count = 0;
    TRY(text_open(pem, &bio));
    ERR_clear_error();
    for (;; count++) {
        OWN(x509) cert = PEM_read_bio_X509(bio, NULL, no_password, NULL);
        if (!cert)
            break;
        if (take(context, cert) != 1)
            return refuse(ERR_INVALID, "a certificate that TLS does not take");
    }
    unsigned long why = ERR_peek_last_error();
    if (ERR_GET_LIB(why) != ERR_LIB_PEM || ERR_GET_REASON(why) != PEM_R_NO_START_LINE)
        return refuse(ERR_INVALID, "not certificates in PEM");
    ERR_clear_error();
    *out_count = count;
    return ERR_OK;
}

static err_t identity_set(SSL_CTX *context, const struct tls_ask *ask)
{
    OWN(bio) bio = NULL;
    size_t count = 0;
    TRY(certs_take(context, ask->cert_pem, own_one, &count));
    if (!count)
        return fail(ERR_INVALID, "a TLS server without a certificate");
    TRY(text_open(ask->private_pem, &bio));
    OWN(pkey) key = PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL);
    if (!key || SSL_CTX_use_PrivateKey(context, key) != 1 || SSL_CTX_check_private_key(context) != 1)
        return refuse(ERR_INVALID, "a private key that is not the certificate's");
    return ERR_OK;
}

/* A certificate that was good until not long ago passes, and stays marked as expired: what it may still ask for is
 * decided above. */
static int expired_passes(int is_good, X509_STORE_CTX *checking)
{
    int days = 0, seconds = 0;
    X509 *cert = X509_STORE_CTX_get_current_cert(checking);
    if (is_good || X509_STORE_CTX_get_error(checking) != X509_V_ERR_CERT_HAS_EXPIRED ||
        X509_STORE_CTX_get_error_depth(checking) != 0)
        return is_good;
    return ASN1_TIME_diff(&days, &seconds, X509_get0_notAfter(cert), NULL) == 1 && days < TLS_GRACE_DAYS;
}

static err_t clients_set(SSL_CTX *context, const struct tls_ask *ask)
{
    size_t count;
    if (!ask->client_certificates)
        return ask->client_authorities.len
                   ? fail(ERR_INVALID, "client authorities where no client shows a certificate")
                   : ERR_OK;
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, expired_passes);
    return certs_take(context, ask->client_authorities, trust_one, &count);
}

static bool policy_set(SSL_CTX *context)
{
    static const unsigned char use[] = "custody";
    SSL_CTX_set_options(context,
                        SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF); /* tickets only: nothing kept per client */
    return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
           SSL_CTX_set_num_tickets(context, 1) == 1 &&
           SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1 &&
           SSL_CTX_set_session_id_context(context, use, sizeof use - 1) == 1;
}

err_t tls_server(const struct tls_ask *ask, SSL_CTX **out_context)
{
    OWN(tls) context = SSL_CTX_new(TLS_server_method());
    if (!context || !policy_set(context))
        return refuse(ERR_BROKEN, "OpenSSL does not start a TLS context");
    TRY(identity_set(context, ask));
    TRY(clients_set(context, ask));
    *out_context = give(context);
    return ERR_OK;
}

err_t tls_trust(SSL_CTX *context, str_t authority_pem)
{
    size_t count = 0;
    TRY(certs_take(context, authority_pem, trust_one, &count));
    return count ? ERR_OK : fail(ERR_INVALID, "no certificate to trust");
}

static err_t uri_take(GENERAL_NAMES *names, buf_t *out_uri)
{
    const ASN1_STRING *found = NULL;
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        int kind = 0;
        const ASN1_STRING *value = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names, i), &kind);
        if (kind == GEN_URI && found)
            return fail(ERR_MISSING, "a client certificate with two URI names");
        if (kind == GEN_URI)
            found = value;
    }
    if (!found || ASN1_STRING_length(found) <= 0)
        return fail(ERR_MISSING, "a client certificate without a URI name");
    buf_put(out_uri, str_bytes(ASN1_STRING_get0_data(found), (size_t)ASN1_STRING_length(found)));
    return buf_end(out_uri);
}

err_t tls_peer_uri(const SSL *connection, buf_t *out_uri, moment_t *out_until)
{
    X509 *cert = SSL_get0_peer_certificate(connection);
    long result = SSL_get_verify_result(connection);
    if (!cert || (result != X509_V_OK && result != X509_V_ERR_CERT_HAS_EXPIRED))
        return fail(ERR_MISSING, "no verified client certificate");
    OWN(names) names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
    TRY(uri_take(names, out_uri));
    return cert_ends(cert, out_until);
}
