/* SPDX-License-Identifier: Apache-2.0
 *
 * The service as an endpoint sees it: HTTPS requests by libcurl and OpenSSL to one server that it has a reason to
 * trust. The machine's own list of certificate authorities is not consulted.
 *
 *     OWN(service) service = NULL;
 *     TRY(service_open(&(struct service_ask){.url = url, .pin = key.authority}, &service));       when enrolling
 *     TRY(service_open(&(struct service_ask){.url = url, .authority_pem = …, .certificate_pem = …, .private_pem = …},
 *                      &service));                                                               from then on
 *     TRY(service_send(service, &(struct service_request){"/agent/v1/report", "application/x-protobuf", body}, &answer));
 *     TRY(service_send(service, &(struct service_request){"/agent/v1/settings"}, &answer));   without a type: GET
 *
 * With a pin (SHA-256 of a SubjectPublicKeyInfo) the server sends its chain with the authority's self-signed
 * certificate; the chain is accepted if that certificate has the pinned key and the chain verifies against it, and
 * service_authority() gives it once a request was answered. With authority_pem the chain verifies against that one.
 * In both cases the certificate must be in date and name the URL's host.
 *
 * One connection is kept while the service is open; nothing remains after it is dropped. Texts of the ask are
 * borrowed until then. A request takes at most 30 seconds.
 *
 * Fails: UNREACHABLE (no answer), DENIED (another server than the trusted one answers), or the code that belongs to
 * the HTTP status, with the problem's detail as the note. service_last() tells the last answer's status, 0 where there
 * was none, and its Retry-After.
 */
#pragma once
#include "base/moment.h"

struct service_ask {
    const char *url; /* https://host[:port] */
    const uint8_t *pin;
    str_t authority_pem, certificate_pem, private_pem;
};

struct service_request {
    const char *path, *content_type;
    str_t body;
};

struct service_answer {
    long status;
    moment_t retry_after; /* milliseconds; 0: nothing was said */
};

struct service;
typedef struct service *service_own;
CHECKED err_t service_open(const struct service_ask *ask, struct service **out_service);
CHECKED err_t service_send(struct service *service, const struct service_request *request, buf_t *out_answer);
struct service_answer service_last(const struct service *service);
CHECKED err_t service_authority(const struct service *service, buf_t *out_pem);
void service_drop(struct service **service);

/* Of an answer that is no success: the code of its status; the note is the detail of its problem body. */
CHECKED err_t service_refusal(long status, str_t body);
