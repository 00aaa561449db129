/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/link.h"

#include "agent/place.h"
#include "base/limits.h"
#include "crypt/cert.h"

enum { PEM_MAX = 64 * 1024 };

void link_drop(struct link *link)
{
    service_drop(&link->service);
    link->service = NULL;
    buf_drop(&link->authority_pem);
    buf_drop(&link->certificate_pem);
    buf_drop(&link->private_pem);
}

static err_t pem_read(const struct link *link, const char *name, buf_t *out_pem)
{
    *out_pem = (buf_t)BUF(PEM_MAX);
    err_t read = link->env->read_file(link->env, place(link->folder, name).text, out_pem);
    if (read == ERR_MISSING)
        return fail(ERR_MISSING, "this machine is not enrolled: run custody-agent enrol first");
    return read;
}

static err_t date_check(const struct link *link)
{
    moment_t until;
    TRY(cert_until(buf_str(&link->certificate_pem), &until));
    if (until < link->env->now(link->env))
        return fail(ERR_SIGNED_OUT, "this machine's certificate ended on %s: enrol it again",
                    moment_text(until).text);
    return ERR_OK;
}

static err_t link_open(struct link *link)
{
    TRY(pem_read(link, "authority.pem", &link->authority_pem));
    TRY(pem_read(link, "certificate.pem", &link->certificate_pem));
    TRY(pem_read(link, "key.pem", &link->private_pem));
    TRY(date_check(link));
    return service_open(&(struct service_ask){.url = link->url,
                                              .authority_pem = buf_str(&link->authority_pem),
                                              .certificate_pem = buf_str(&link->certificate_pem),
                                              .private_pem = buf_str(&link->private_pem)},
                        &link->service);
}

err_t link_post(void *context, const char *path, str_t body)
{
    struct link *link = context;
    OWN(buf) answer = BUF(MAX_BODY);
    if (!link->service)
        TRY(link_open(link));
    return service_post(link->service, &(struct service_post){path, "application/x-protobuf", body}, &answer);
}
