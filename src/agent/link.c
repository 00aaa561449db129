/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/link.h"

#include "agent/certificate.h"
#include "agent/place.h"
#include "base/limits.h"
#include "crypt/cert.h"

enum { PEM_MAX = 64 * 1024 };

static void link_close(struct link *link)
{
    service_drop(&link->service);
    link->service = NULL;
}

void link_drop(struct link *link)
{
    link_close(link);
    buf_drop(&link->authority_pem);
    buf_drop(&link->certificate_pem);
    buf_drop(&link->private_pem);
}

/* The identity */

static err_t pem_read(const struct link *link, const char *name, buf_t *out_pem)
{
    buf_drop(out_pem);
    *out_pem = (buf_t)BUF(PEM_MAX);
    err_t read = link->env->read_file(link->env, place(link->folder, name).text, out_pem);
    if (read == ERR_MISSING)
        return fail(ERR_MISSING, "this machine is not enrolled: run custody-agent enrol first");
    return read;
}

static err_t identity_read(struct link *link)
{
    if (link->private_pem.len)
        return ERR_OK;
    TRY(pem_read(link, "authority.pem", &link->authority_pem));
    TRY(pem_read(link, "certificate.pem", &link->certificate_pem));
    return pem_read(link, "key.pem", &link->private_pem);
}

static err_t renewal_of(struct link *link, enum renewal *out_renewal)
{
    struct validity validity;
    str_t pem = buf_str(&link->certificate_pem);
    TRY(certificate_validity(pem, &validity));
    *out_renewal = certificate_renewal(&validity, link->env->now(link->env), certificate_draw(pem));
    if (*out_renewal == RENEWAL_TOO_LATE)
        return fail(ERR_SIGNED_OUT, "this machine's certificate ended on %s: enrol it again",
                    moment_text(validity.until).text);
    return ERR_OK;
}

/* Requests */

static err_t link_open(struct link *link)
{
    if (link->service)
        return ERR_OK;
    return service_open(&(struct service_ask){.url = link->url,
                                              .authority_pem = buf_str(&link->authority_pem),
                                              .certificate_pem = buf_str(&link->certificate_pem),
                                              .private_pem = buf_str(&link->private_pem)},
                        &link->service);
}

static err_t refusal_tell(struct link *link)
{
    if (strstr(err_note(), "approval")) {
        link->refused = WORD_WAITS;
        return fail(ERR_DENIED,
                    "this machine waits for approval by an administrator of the client; nothing is "
                    "lost meanwhile");
    }
    if (strstr(err_note(), "licence")) {
        link->refused = WORD_WAITS;
        return fail(ERR_DENIED,
                    "the client's licence has ended, and the service takes nothing in until it is "
                    "renewed; what waits to be sent stays here");
    }
    if (strstr(err_note(), "revoked")) {
        link->refused = WORD_REVOKED;
        return fail(ERR_DENIED, "this machine was revoked, or is no longer enrolled: an administrator of the "
                                "client may approve it again");
    }
    return ERR_DENIED;
}

static err_t link_ask(struct link *link, const struct service_request *request, buf_t *out_answer)
{
    link->last = (struct service_answer){0};
    link->refused = WORD_ANSWERED;
    TRY(link_open(link));
    err_t done = service_send(link->service, request, out_answer);
    link->last = service_last(link->service);
    return done == ERR_DENIED && link->last.status == 403 ? refusal_tell(link) : done;
}

err_t link_send(void *context, const struct service_request *request, buf_t *out_answer)
{
    struct link *link = context;
    enum renewal renewal;
    TRY(identity_read(link));
    TRY(renewal_of(link, &renewal));
    if (renewal == RENEWAL_FIRST)
        return fail(ERR_SIGNED_OUT, "this machine's certificate has ended and was not renewed yet");
    return link_ask(link, request, out_answer);
}

bool link_is_past(struct link *link)
{
    enum renewal renewal;
    return identity_read(link) != ERR_OK || renewal_of(link, &renewal) != ERR_OK || renewal == RENEWAL_FIRST;
}

struct outcome link_outcome(const struct link *link, err_t done)
{
    enum word failed = link->refused == WORD_ANSWERED ? WORD_FAILED : link->refused;
    return (struct outcome){done == ERR_OK ? WORD_ANSWERED : failed, link->last.retry_after};
}

/* Renewal */

static err_t certificate_ask(struct link *link, buf_t *out_pem)
{
    OWN(buf) request = BUF(PEM_MAX);
    struct validity validity;
    TRY(cert_request_make(buf_str(&link->private_pem), &request));
    TRY(link_ask(link, &(struct service_request){"/agent/v1/renew", "application/pkcs10", buf_str(&request)},
                 out_pem));
    if (!certificate_is_for(buf_str(out_pem), buf_str(&link->private_pem)) ||
        certificate_validity(buf_str(out_pem), &validity) != ERR_OK)
        return fail(ERR_BROKEN,
                    "the service sent a certificate that is not this machine's: ask its operator");
    if (validity.until <= link->env->now(link->env))
        return fail(ERR_BROKEN,
                    "the new certificate is past its end already, on %s: is this machine's clock right?",
                    moment_text(validity.until).text);
    return ERR_OK;
}

err_t link_renew(struct link *link)
{
    OWN(buf) fresh = BUF(PEM_MAX);
    enum renewal renewal;
    TRY(identity_read(link));
    TRY(renewal_of(link, &renewal));
    if (renewal == RENEWAL_NOT_YET)
        return ERR_OK;
    TRY(certificate_ask(link, &fresh));
    TRY(link->env->write_file(link->env, place(link->folder, "certificate.pem").text, buf_str(&fresh), 0600));
    link_close(link);
    buf_drop(&link->certificate_pem);
    link->certificate_pem = give(fresh);
    return ERR_OK;
}
