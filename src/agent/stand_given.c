/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/stand_given.h"

#include "agent/object.h"
#include "crypt/cert.h"
#include "crypt/tls.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

void authority_drop(struct authority *authority)
{
    buf_drop(&authority->private_pem);
    buf_drop(&authority->cert_pem);
}

err_t given_authority(struct authority *authority)
{
    struct env *env = env_real();
    authority->private_pem = authority->cert_pem = (buf_t)BUF(ROOM);
    TRY(cert_key_make(&authority->private_pem));
    return cert_authority_make(env, buf_str(&authority->private_pem), "Custody of a test",
                               env->now(env) + DAYS(400), &authority->cert_pem);
}

static err_t given_issue(const struct authority *authority, const struct cert_ask *ask, buf_t *out_pem)
{
    struct cert_authority by = {buf_str(&authority->private_pem), buf_str(&authority->cert_pem)};
    return cert_issue(env_real(), &by, ask, out_pem);
}

static err_t certificate_make(struct stand *stand, str_t request_der, buf_t *out_pem)
{
    OWN(buf) uri = BUF(ROOM);
    moment_t from = env_real()->now(env_real()) + stand->ahead;
    buf_clear(&stand->public_der);
    TRY(cert_request_read(request_der, &stand->public_der));
    if (stand->swaps_key) {
        buf_clear(&stand->public_der);
        TRY(cert_key_public(buf_str(&stand->services.private_pem), &stand->public_der));
    }
    cert_uri(stand->tenant, stand->device, &uri);
    struct cert_ask ask = {.public_der = buf_str(&stand->public_der),
                           .common_name = "endpoint",
                           .uri = uri.at,
                           .from = from,
                           .until = from + (stand->life ? stand->life : DAYS(7))};
    return given_issue(&stand->tenants, &ask, out_pem);
}

static err_t enrol_answer(struct stand *stand, str_t body, buf_t *out_json)
{
    OWN(json) object = NULL;
    OWN(buf) request = BUF(ROOM);
    OWN(buf) cert = BUF(ROOM);
    TRY(object_read(body, &object));
    TRY(base64_read(object_text(object, "request"), &request));
    buf_clear(&stand->name);
    buf_put(&stand->name, object_text(object, "name"));
    TRY(certificate_make(stand, buf_str(&request), &cert));
    buf_putf(out_json, "{\"tenant\":\"%s\",", ident_text("ten", stand->told).text);
    buf_putf(out_json,
             "\"device\":\"%s\",\"state\":\"%s\",\"certificate\":", ident_text("dev", stand->device).text,
             stand->holds ? "pending" : "approved");
    buf_put_json(out_json, buf_str(&cert));
    buf_putf(out_json, "}");
    return buf_end(out_json);
}

/* Where a request's head ends, and how long its body is; false until it is there as a whole. */
static bool split(str_t request, str_t *out_body)
{
    const char *end = memmem(request.at, request.len, "\r\n\r\n", 4);
    const char *length = strcasestr(request.at, "Content-Length: ");
    if (!end)
        return false;
    size_t wanted = length && length < end ? strtoul(length + 16, NULL, 10) : 0;
    *out_body = str_bytes(end + 4, (size_t)(request.at + request.len - end - 4));
    return out_body->len >= wanted;
}

static int right_answer(struct stand *stand, str_t request, str_t body, buf_t *out_body)
{
    if (str_starts(request, STR("POST /agent/v1/enrol ")))
        return enrol_answer(stand, body, out_body) == ERR_OK ? 201 : 500;
    if (str_starts(request, STR("POST /agent/v1/renew ")))
        return certificate_make(stand, body, out_body) == ERR_OK ? 201 : 500;
    return 204;
}

static void stand_answer(struct stand *stand, SSL *connection, str_t request, str_t body)
{
    OWN(buf) told = BUF(ROOM);
    OWN(buf) answer = BUF(ROOM);
    int status = stand->status;
    stand->asked++;
    if (status)
        buf_putf(&told, "{\"detail\":\"%s\"}", stand->detail ? stand->detail : "as\\ntold");
    else
        status = right_answer(stand, request, body, &told);
    buf_putf(&answer, "HTTP/1.1 %d x\r\nContent-Length: %zu\r\n%sConnection: close\r\n\r\n", status, told.len,
             stand->header ? stand->header : "");
    buf_put(&answer, buf_str(&told));
    SSL_write(connection, answer.at, (int)answer.len);
}

static void stand_serve(struct stand *stand, SSL *connection)
{
    OWN(buf) request = BUF(ROOM);
    char part[4096];
    str_t body;
    int got;
    while (SSL_is_init_finished(connection) && (got = SSL_read(connection, part, sizeof part)) > 0) {
        buf_put(&request, str_bytes(part, (size_t)got));
        if (!split(buf_str(&request), &body))
            continue;
        stand_answer(stand, connection, buf_str(&request), body);
        SSL_shutdown(connection);
        return;
    }
}

static void *stand_run(void *context)
{
    struct stand *stand = context;
    for (int fd; (fd = accept(stand->listening, NULL, NULL)) >= 0; close(fd)) {
        SSL *connection = SSL_new(stand->tls);
        SSL_set_fd(connection, fd);
        SSL_accept(connection);
        stand_serve(stand, connection);
        SSL_free(connection);
    }
    return NULL;
}

void stand_drop(struct stand *stand)
{
    if (stand->runs) {
        shutdown(stand->listening, SHUT_RDWR);
        pthread_join(stand->thread, NULL);
        close(stand->listening);
    }
    tls_drop(&stand->tls);
    authority_drop(&stand->services);
    authority_drop(&stand->tenants);
    buf_drop(&stand->public_der);
    buf_drop(&stand->name);
}

static err_t stand_listen(struct stand *stand)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    stand->listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(stand->listening, (void *)&at, len) || listen(stand->listening, 4) ||
        getsockname(stand->listening, (void *)&at, &len))
        return fail(ERR_BROKEN, "no port");
    stand->port = ntohs(at.sin_port);
    stand->runs = pthread_create(&stand->thread, NULL, stand_run, stand) == 0;
    return stand->runs ? ERR_OK : fail(ERR_BROKEN, "no thread");
}

err_t given_server_identity(struct stand *stand, const struct stand_ask *ask, buf_t *key, buf_t *chain)
{
    OWN(buf) public = BUF(ROOM);
    moment_t now = env_real()->now(env_real());
    const char *hosts[] = {ask->host ? ask->host : "127.0.0.1", NULL};
    TRY(cert_key_make(key));
    TRY(cert_key_public(buf_str(key), &public));
    struct cert_ask cert = {.public_der = buf_str(&public),
                            .common_name = "server",
                            .hosts = hosts,
                            .from = now - DAYS(2),
                            .until = now + (ask->past ? -DAYS(1) : DAYS(1))};
    TRY(given_issue(&stand->services, &cert, chain));
    if (!ask->hides_root)
        buf_put(chain, buf_str(&stand->services.cert_pem));
    return buf_end(chain);
}

err_t given_stand(struct stand *stand, const struct stand_ask *ask)
{
    OWN(buf) key = BUF(ROOM);
    OWN(buf) chain = BUF(ROOM);
    struct env *env = env_real();
    stand->public_der = stand->name = (buf_t)BUF(ROOM);
    stand->tenant = stand->told = ident_new(env);
    stand->device = ident_new(env);
    TRY(given_authority(&stand->services));
    TRY(given_authority(&stand->tenants));
    TRY(given_server_identity(stand, ask, &key, &chain));
    struct tls_ask tls = {buf_str(&chain), buf_str(&key), .client_certificates = ask->mutual};
    if (ask->mutual)
        tls.client_authorities = buf_str(&stand->tenants.cert_pem);
    TRY(tls_server(&tls, &stand->tls));
    return stand_listen(stand);
}

static err_t given_key(const struct stand *stand, buf_t *out_key)
{
    OWN(buf) bytes = BUF(80);
    uint8_t pin[32], secret[32] = {7};
    TRY(cert_fingerprint(buf_str(&stand->services.cert_pem), pin));
    buf_put(&bytes, ident_bytes(&stand->tenant));
    buf_put(&bytes, str_bytes(secret, sizeof secret));
    buf_put(&bytes, str_bytes(pin, sizeof pin));
    buf_putf(out_key, "cdk_");
    buf_put_base64(out_key, buf_str(&bytes));
    return buf_end(out_key);
}

const char *address_of(const struct stand *stand)
{
    static char url[64];
    snprintf(url, sizeof url, "https://127.0.0.1:%u/", stand->port);
    return url;
}

err_t given_enrolment(const struct stand *stand, struct enrolment *out_enrolment)
{
    OWN(buf) key = BUF(256);
    TRY(given_key(stand, &key));
    return enrol(&(struct enrol_ask){env_real(), test_folder(), address_of(stand), buf_str(&key)},
                 out_enrolment);
}
