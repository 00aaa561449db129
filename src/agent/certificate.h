/* SPDX-License-Identifier: Apache-2.0
 *
 * The machine's certificate, and when it is to be replaced. Pure.
 *
 *     TRY(certificate_validity(certificate_pem, &validity));        INVALID where it is damaged
 *     switch (certificate_renewal(&validity, now, certificate_draw(certificate_pem))) …
 *
 *     NOT_YET     before half of its life, give or take a tenth of that half; `drawn` says where between the two
 *     DUE         from then on: it is renewed along with everything else
 *     FIRST       past its end by up to RENEWAL_DAYS: the service takes nothing from this machine but a renewal
 *     TOO_LATE    past that: the machine has to be enrolled again
 *
 * certificate_draw() is a number that follows from the certificate, so that one certificate has one moment.
 */
#pragma once
#include "base/moment.h"

enum { RENEWAL_DAYS = 90 };

struct validity {
    moment_t from, until;
};

enum renewal { RENEWAL_NOT_YET, RENEWAL_DUE, RENEWAL_FIRST, RENEWAL_TOO_LATE };

CHECKED err_t certificate_validity(str_t pem, struct validity *out_validity);
enum renewal certificate_renewal(const struct validity *validity, moment_t now, uint32_t drawn);
uint32_t certificate_draw(str_t pem);

/* Whether the certificate is for the public half of the key. */
bool certificate_is_for(str_t certificate_pem, str_t private_pem);
