/* SPDX-License-Identifier: Apache-2.0
 *
 * Certificates, by OpenSSL 3. Keys are ECDSA P-256; private keys are PKCS#8 in PEM, certificates X.509 v3.
 *
 *     cert_key_make(&private_pem);
 *     cert_request_make(private_pem, &request_der);                  PKCS#10, empty subject: the CA decides the name
 *     cert_request_read(request_der, &public_der);                   checks the proof of possession
 *     cert_authority_make(private_pem, "name", validity, &ca_pem);
 *     cert_issue(&authority, &(struct cert_ask){…}, &cert_pem);
 *
 * An endpoint is named by one URI in the subject alternative name, cert_uri(): tenant and device, nothing else.
 * Malformed input is INVALID; the note says which part.
 */
#pragma once
#include "sys/env.h"
#include <openssl/types.h>

struct cert_authority {
    str_t private_pem, cert_pem;
};

struct cert_ask {
    str_t public_der; /* SubjectPublicKeyInfo */
    const char *common_name;
    const char *const *hosts; /* DNS names and IP addresses, NULL-ended; NULL for a client certificate */
    const char *uri;          /* NULL for a server certificate */
    moment_t from, until;
};

CHECKED err_t cert_key_make(buf_t *out_private_pem);
CHECKED err_t cert_key_public(str_t private_pem, buf_t *out_public_der);
CHECKED err_t cert_request_make(str_t private_pem, buf_t *out_request_der);
CHECKED err_t cert_request_read(str_t request_der, buf_t *out_public_der);
CHECKED err_t cert_authority_make(struct env *env, str_t private_pem, const char *name, moment_t until,
                                  buf_t *out_cert_pem);
CHECKED err_t cert_issue(struct env *env, const struct cert_authority *authority, const struct cert_ask *ask,
                         buf_t *out_cert_pem);

/* ECDSA over SHA-256 of a text, in DER; whoever signs more than one kind of text begins each with words of its own. DENIED
 * where the signature is not of the certificate's key. */
enum { CERT_SIGNATURE = 80 };
CHECKED err_t cert_sign(str_t private_pem, str_t text, buf_t *out_signature);
CHECKED err_t cert_verify(str_t cert_pem, str_t text, str_t signature);

/* SHA-256 over the certificate's SubjectPublicKeyInfo: what an endpoint pins. */
CHECKED err_t cert_fingerprint(str_t cert_pem, uint8_t out_digest[32]);
CHECKED err_t cert_until(str_t cert_pem, moment_t *out_until);
CHECKED err_t cert_ends(const X509 *cert, moment_t *out_until);

/* "custody:tenant:<hex>:device:<hex>" and back. */
void cert_uri(ident_t tenant, ident_t device, buf_t *out_uri);
CHECKED err_t cert_uri_read(str_t uri, ident_t *out_tenant, ident_t *out_device);
