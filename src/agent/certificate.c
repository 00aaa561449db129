/* SPDX-License-Identifier: Apache-2.0 */
/* OpenSSL's headers come first: a parameter of theirs is named by a word that base/banned.h forbids. */
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "agent/certificate.h"

#include "crypt/cert.h"
#include "crypt/seal.h"

enum { PUBLIC_MAX = 4096, PEM_MAX = 64 * 1024 };

typedef BIO *bio_own;
static void bio_drop(BIO **bio) { BIO_free(*bio); }

typedef X509 *x509_own;
static void x509_drop(X509 **certificate) { X509_free(*certificate); }

static bool moment_of(const ASN1_TIME *time, moment_t *out_moment)
{
    struct tm at;
    if (ASN1_TIME_to_tm(time, &at) != 1)
        return false;
    *out_moment = SECONDS(timegm(&at));
    return true;
}

err_t certificate_validity(str_t pem, struct validity *out_validity)
{
    OWN(bio) bio = pem.len && pem.len <= PEM_MAX ? BIO_new_mem_buf(pem.at, (int)pem.len) : NULL;
    OWN(x509) certificate = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
    struct validity validity;
    ERR_clear_error();
    if (!certificate || !moment_of(X509_get0_notBefore(certificate), &validity.from) ||
        !moment_of(X509_get0_notAfter(certificate), &validity.until) || validity.until < validity.from)
        return fail(ERR_INVALID, "not a certificate in PEM");
    *out_validity = validity;
    return ERR_OK;
}

enum renewal certificate_renewal(const struct validity *validity, moment_t now, uint32_t drawn)
{
    moment_t tenth = (validity->until - validity->from) / 20; /* of half the life */
    moment_t due = validity->from + 9 * tenth + 2 * tenth * (moment_t)drawn / UINT32_MAX;
    if (now > validity->until)
        return now > validity->until + DAYS(RENEWAL_DAYS) ? RENEWAL_TOO_LATE : RENEWAL_FIRST;
    return now < due ? RENEWAL_NOT_YET : RENEWAL_DUE;
}

uint32_t certificate_draw(str_t pem)
{
    uint8_t hash[DIGEST_SIZE];
    uint32_t drawn;
    digest(pem, hash);
    memcpy(&drawn, hash, sizeof drawn);
    return drawn;
}

bool certificate_is_for(str_t certificate_pem, str_t private_pem)
{
    OWN(buf) public = BUF(PUBLIC_MAX);
    uint8_t theirs[DIGEST_SIZE], ours[DIGEST_SIZE];
    if (cert_key_public(private_pem, &public) != ERR_OK ||
        cert_fingerprint(certificate_pem, theirs) != ERR_OK)
        return false;
    digest(buf_str(&public), ours);
    return !memcmp(theirs, ours, sizeof ours);
}
