/* SPDX-License-Identifier: Apache-2.0
 *
 * Enrolment and the later connections, against TLS servers of this test's own on 127.0.0.1.
 */
/* OpenSSL's headers come first: a parameter of theirs is named by a word that base/banned.h forbids. */
#include <openssl/ssl.h>

#include "agent/enrol.h"
#include "agent/given.h"
#include "agent/link.h"
#include "agent/object.h"
#include "agent/service.h"
#include "agent/state.h"
#include "base/limits.h"
#include "crypt/cert.h"
#include "crypt/tls.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>

enum { ROOM = 64 * 1024 };

/* An authority and what it issued. */
struct authority {
    buf_t private_pem, cert_pem;
};
typedef struct authority authority_own;

static void authority_drop(struct authority *authority)
{
    buf_drop(&authority->private_pem);
    buf_drop(&authority->cert_pem);
}

static err_t given_authority(struct authority *authority)
{
    struct env *env = env_real();
    authority->private_pem = authority->cert_pem = (buf_t)BUF(ROOM);
    TRY(cert_key_make(&authority->private_pem));
    return cert_authority_make(env, buf_str(&authority->private_pem), "Custody of a test",
                               env->now(env) + DAYS(30), &authority->cert_pem);
}

static err_t given_issue(const struct authority *authority, const struct cert_ask *ask, buf_t *out_pem)
{
    struct cert_authority by = {buf_str(&authority->private_pem), buf_str(&authority->cert_pem)};
    return cert_issue(env_real(), &by, ask, out_pem);
}

/* A server that answers one request a connection, on a thread of its own. */
struct stand {
    struct authority services, tenants; /* who signs the server, who signs endpoints */
    ident_t tenant, device;
    SSL_CTX *tls;
    int listening;
    uint16_t port;
    pthread_t thread;
    bool runs;
    int status;       /* of the next answers; 0: as it should be */
    size_t asked;     /* requests that were read */
    buf_t public_der; /* of the last request for a certificate */
    ident_t told;     /* the tenant in the answer */
    bool swaps_key;   /* the certificate is for another key */
};
typedef struct stand stand_own;

static err_t certificate_answer(struct stand *stand, str_t body, buf_t *out_json)
{
    OWN(json) object = NULL;
    OWN(buf) request = BUF(ROOM);
    OWN(buf) uri = BUF(ROOM);
    OWN(buf) cert = BUF(ROOM);
    moment_t now = env_real()->now(env_real());
    TRY(object_read(body, &object));
    TRY(base64_read(object_text(object, "request"), &request));
    buf_clear(&stand->public_der);
    TRY(cert_request_read(buf_str(&request), &stand->public_der));
    if (stand->swaps_key) {
        buf_clear(&stand->public_der);
        TRY(cert_key_public(buf_str(&stand->services.private_pem), &stand->public_der));
    }
    cert_uri(stand->tenant, stand->device, &uri);
    struct cert_ask ask = {.public_der = buf_str(&stand->public_der),
                           .common_name = "endpoint",
                           .uri = uri.at,
                           .from = now - MINUTES(5),
                           .until = now + DAYS(7)};
    TRY(given_issue(&stand->tenants, &ask, &cert));
    buf_putf(out_json, "{\"tenant\":\"%s\",", ident_text("ten", stand->told).text);
    buf_putf(out_json, "\"device\":\"%s\",\"certificate\":", ident_text("dev", stand->device).text);
    buf_put_json(out_json, buf_str(&cert));
    buf_putf(out_json, "}");
    return buf_end(out_json);
}

static void stand_answer(struct stand *stand, SSL *connection, str_t request)
{
    OWN(buf) json = BUF(ROOM);
    OWN(buf) answer = BUF(ROOM);
    const char *body = memmem(request.at, request.len, "\r\n\r\n", 4);
    int status = stand->status ? stand->status : 204;
    stand->asked++;
    if (stand->status)
        buf_putf(&json, "{\"detail\":\"as\\ntold\"}");
    else if (body && str_starts(request, STR("POST /agent/v1/enrol")))
        status = certificate_answer(stand, str(body + 4), &json) == ERR_OK ? 201 : 500;
    buf_putf(&answer, "HTTP/1.1 %d x\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n", status, json.len);
    buf_put(&answer, buf_str(&json));
    SSL_write(connection, answer.at, (int)answer.len);
}

/* Whether a request is there as a whole. */
static bool is_whole(str_t request)
{
    const char *body = memmem(request.at, request.len, "\r\n\r\n", 4);
    const char *length = strcasestr(request.at, "Content-Length: ");
    return body && length && (size_t)(request.at + request.len - body - 4) >= strtoul(length + 16, NULL, 10);
}

static void stand_serve(struct stand *stand, SSL *connection)
{
    OWN(buf) request = BUF(ROOM);
    char part[4096];
    int got;
    while (SSL_is_init_finished(connection) && (got = SSL_read(connection, part, sizeof part)) > 0) {
        buf_put(&request, str_bytes(part, (size_t)got));
        if (!is_whole(buf_str(&request)))
            continue;
        stand_answer(stand, connection, buf_str(&request));
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

static void stand_drop(struct stand *stand)
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

struct stand_ask {
    const char *host; /* that the server's certificate names; NULL: 127.0.0.1 */
    bool hides_root;  /* sends its own certificate only */
    bool past;        /* its date is over */
    bool mutual;      /* wants the endpoint's certificate */
};

static err_t given_server_identity(struct stand *stand, const struct stand_ask *ask, buf_t *key, buf_t *chain)
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

static err_t given_stand(struct stand *stand, const struct stand_ask *ask)
{
    OWN(buf) key = BUF(ROOM);
    OWN(buf) chain = BUF(ROOM);
    struct env *env = env_real();
    stand->public_der = (buf_t)BUF(ROOM);
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

static const char *address_of(const struct stand *stand)
{
    static char url[64];
    snprintf(url, sizeof url, "https://127.0.0.1:%u/", stand->port);
    return url;
}

static err_t given_enrolment(const struct stand *stand, ident_t *out_device)
{
    OWN(buf) key = BUF(256);
    TRY(given_key(stand, &key));
    return enrol(&(struct enrol_ask){env_real(), test_folder(), address_of(stand), buf_str(&key)},
                 out_device);
}

static bool is_there(const char *name) { return access(place(test_folder(), name).text, F_OK) == 0; }

/* The deployment key */

TEST(a_deployment_key_is_read_in_its_one_form_only)
{
    struct deployment_key key;
    OWN(buf) text = BUF(256);
    char bytes[81] = "0123456789abcdef--------------------------------AUTHORITYAUTHORITYAUTHORITYAUTH!";
    buf_putf(&text, "cdk_");
    buf_put_base64(&text, str_bytes(bytes, 80));
    CHECK_OK(deployment_key_read(buf_str(&text), &key));
    CHECK(!memcmp(key.tenant.bytes, bytes, 16) && !memcmp(key.authority, bytes + 48, 32));
    CHECK_FAILS(ERR_INVALID, deployment_key_read(str_bytes(text.at, text.len - 1), &key));
    CHECK_FAILS(ERR_INVALID, deployment_key_read(str_bytes(text.at + 4, text.len - 4), &key));
    CHECK_FAILS(ERR_INVALID, deployment_key_read(STR(""), &key));
    CHECK_FAILS(ERR_INVALID, deployment_key_read(STR("cdk_"), &key));
    text.at[0] = 'C';
    CHECK_FAILS(ERR_INVALID, deployment_key_read(buf_str(&text), &key));
}

/* Trust */

TEST(an_endpoint_enrols_at_the_server_that_its_key_pins)
{
    OWN(stand) stand = {0};
    OWN(state) state = {0};
    ident_t device;
    CHECK_OK(given_stand(&stand, &(struct stand_ask){0}));
    CHECK_OK(given_enrolment(&stand, &device));
    CHECK(ident_eq(device, stand.device));
    CHECK(is_there("key.pem") && is_there("certificate.pem") && is_there("authority.pem"));
    CHECK_OK(state_load(env_real(), test_folder(), &state));
    CHECK(ident_eq(state.tenant, stand.tenant) && ident_eq(state.device, stand.device) &&
          state.sequence == 0);
}

static err_t enrolment_at(const struct stand_ask *ask, size_t *out_asked)
{
    OWN(stand) stand = {0};
    ident_t device;
    TRY(given_stand(&stand, ask));
    err_t done = given_enrolment(&stand, &device);
    *out_asked = stand.asked;
    return done;
}

TEST(a_server_with_another_host_name_or_date_or_without_its_root_is_told_nothing)
{
    size_t asked = 1;
    CHECK_FAILS(ERR_DENIED, enrolment_at(&(struct stand_ask){.host = "127.0.0.2"}, &asked));
    CHECK(asked == 0);
    CHECK_FAILS(ERR_DENIED, enrolment_at(&(struct stand_ask){.past = true}, &asked));
    CHECK(asked == 0);
    CHECK_FAILS(ERR_DENIED, enrolment_at(&(struct stand_ask){.hides_root = true}, &asked));
    CHECK(asked == 0 && !is_there("state.json"));
}

TEST(a_server_of_another_authority_is_told_nothing)
{
    OWN(stand) stand = {0};
    OWN(authority) pinned = {0};
    ident_t device;
    CHECK_OK(given_stand(&stand, &(struct stand_ask){0}));
    CHECK_OK(given_authority(&pinned));
    authority_drop(&stand.services);
    stand.services = give(pinned);
    CHECK_FAILS(ERR_DENIED, given_enrolment(&stand, &device));
    CHECK(stand.asked == 0);
}

/* The pinned root is public: who sends it along with a certificate that it did not sign is no further. */
TEST(a_chain_that_only_carries_the_pinned_root_is_refused)
{
    OWN(stand) stand = {0};
    OWN(authority) pinned = {0};
    OWN(buf) key = BUF(ROOM);
    OWN(buf) chain = BUF(ROOM);
    ident_t device;
    CHECK_OK(given_stand(&stand, &(struct stand_ask){0}));
    CHECK_OK(given_authority(&pinned));
    CHECK_OK(given_server_identity(&stand, &(struct stand_ask){.hides_root = true}, &key, &chain));
    buf_put(&chain, buf_str(&pinned.cert_pem));
    SSL_CTX *forged = NULL;
    CHECK_OK(tls_server(&(struct tls_ask){buf_str(&chain), buf_str(&key)}, &forged));
    tls_drop(&stand.tls);
    stand.tls = forged;
    authority_drop(&stand.services);
    stand.services = give(pinned);
    CHECK_FAILS(ERR_DENIED, given_enrolment(&stand, &device));
    CHECK(stand.asked == 0);
}

TEST(nobody_there_is_unreachable_and_plain_http_is_no_address)
{
    struct service *service = NULL;
    OWN(stand) stand = {0};
    ident_t device;
    CHECK_OK(given_stand(&stand, &(struct stand_ask){0}));
    stand.port = 1;
    CHECK_FAILS(ERR_UNREACHABLE, given_enrolment(&stand, &device));
    CHECK_FAILS(ERR_INVALID, service_open(&(struct service_ask){.url = "http://127.0.0.1"}, &service));
}

/* Idempotence */

TEST(enrolling_again_asks_with_the_same_key_and_forgets_nothing)
{
    OWN(stand) stand = {0};
    OWN(buf) first = BUF(ROOM);
    OWN(state) state = {0};
    ident_t device;
    CHECK_OK(given_stand(&stand, &(struct stand_ask){0}));
    CHECK_OK(given_enrolment(&stand, &device));
    buf_put(&first, buf_str(&stand.public_der));
    CHECK_OK(state_load(env_real(), test_folder(), &state));
    state.sequence = 41;
    state.changed = true;
    CHECK_OK(state_save(env_real(), test_folder(), &state));
    CHECK_OK(given_enrolment(&stand, &device));
    CHECK(str_eq(buf_str(&first), buf_str(&stand.public_der)));
    state_drop(&state);
    CHECK_OK(state_load(env_real(), test_folder(), &state));
    CHECK(state.sequence == 41);
}

TEST(as_another_device_nothing_is_taken_over)
{
    OWN(stand) stand = {0};
    OWN(state) before = {0};
    OWN(state) after = {0};
    ident_t device;
    CHECK_OK(given_stand(&stand, &(struct stand_ask){0}));
    CHECK_OK(given_enrolment(&stand, &device));
    CHECK_OK(state_load(env_real(), test_folder(), &before));
    stand.device = ident_new(env_real());
    CHECK_OK(given_enrolment(&stand, &device));
    CHECK_OK(state_load(env_real(), test_folder(), &after));
    CHECK(ident_eq(after.device, stand.device) && !ident_eq(before.epoch, after.epoch));
}

TEST(a_refusal_is_told_in_the_services_words_and_leaves_the_key_for_the_next_try)
{
    OWN(stand) stand = {0};
    ident_t device;
    CHECK_OK(given_stand(&stand, &(struct stand_ask){0}));
    stand.status = 403;
    CHECK_FAILS(ERR_DENIED, given_enrolment(&stand, &device));
    CHECK(strstr(err_note(), "as told") && is_there("key.pem") && !is_there("state.json"));
    stand.status = 418;
    CHECK_FAILS(ERR_INVALID, given_enrolment(&stand, &device));
    stand.status = 599;
    CHECK_FAILS(ERR_UNREACHABLE, given_enrolment(&stand, &device));
}

TEST(an_answer_for_another_tenant_or_another_key_is_not_kept)
{
    OWN(stand) stand = {0};
    ident_t device;
    CHECK_OK(given_stand(&stand, &(struct stand_ask){0}));
    stand.swaps_key = true;
    CHECK_FAILS(ERR_BROKEN, given_enrolment(&stand, &device));
    stand.swaps_key = false;
    stand.told = ident_new(env_real());
    CHECK_FAILS(ERR_BROKEN, given_enrolment(&stand, &device));
    CHECK(!is_there("state.json") && !is_there("certificate.pem"));
}

/* The agents' door */

TEST(an_enrolled_machine_shows_its_certificate_and_knows_the_server)
{
    OWN(stand) stand = {0};
    ident_t device;
    CHECK_OK(given_stand(&stand, &(struct stand_ask){0}));
    CHECK_OK(given_enrolment(&stand, &device));
    OWN(buf) key = BUF(ROOM);
    OWN(buf) chain = BUF(ROOM);
    CHECK_OK(given_server_identity(&stand, &(struct stand_ask){.hides_root = true}, &key, &chain));
    SSL_CTX *mutual = NULL;
    CHECK_OK(tls_server(
        &(struct tls_ask){buf_str(&chain), buf_str(&key), true, buf_str(&stand.tenants.cert_pem)}, &mutual));
    tls_drop(&stand.tls);
    stand.tls = mutual;
    OWN(link) link = {.env = env_real(), .folder = test_folder(), .url = address_of(&stand)};
    CHECK_OK(link_post(&link, "/agent/v1/report", STR("bytes")));
    CHECK(stand.asked == 2);
}

TEST(a_certificate_of_another_client_ends_in_the_handshake)
{
    OWN(stand) door = {0};
    OWN(stand) other = {0};
    ident_t device;
    CHECK_OK(given_stand(&other, &(struct stand_ask){0}));
    CHECK_OK(given_enrolment(&other, &device));
    CHECK_OK(given_stand(&door, &(struct stand_ask){.mutual = true}));
    CHECK_OK(given_file(test_folder(), "authority.pem", buf_str(&door.services.cert_pem)));
    OWN(link) link = {.env = env_real(), .folder = test_folder(), .url = address_of(&door)};
    err_t done = link_post(&link, "/agent/v1/report", STR("bytes"));
    CHECK((done == ERR_DENIED || done == ERR_UNREACHABLE) && strstr(err_note(), "still enrolled"));
    CHECK(door.asked == 0);
}

static moment_t now_in_a_month(struct env *env) { return (void)env, env_real()->now(env_real()) + DAYS(30); }

TEST(a_machine_whose_certificate_is_past_its_date_is_told_to_enrol_again)
{
    OWN(stand) stand = {0};
    ident_t device;
    CHECK_OK(given_stand(&stand, &(struct stand_ask){0}));
    CHECK_OK(given_enrolment(&stand, &device));
    struct env in_a_month = *env_real();
    in_a_month.now = now_in_a_month;
    OWN(link) link = {.env = &in_a_month, .folder = test_folder(), .url = address_of(&stand)};
    CHECK_FAILS(ERR_SIGNED_OUT, link_post(&link, "/agent/v1/report", STR("bytes")));
    CHECK(strstr(err_note(), "enrol") && stand.asked == 1);
}

TESTS(a_deployment_key_is_read_in_its_one_form_only, an_endpoint_enrols_at_the_server_that_its_key_pins,
      a_server_with_another_host_name_or_date_or_without_its_root_is_told_nothing,
      a_server_of_another_authority_is_told_nothing, a_chain_that_only_carries_the_pinned_root_is_refused,
      nobody_there_is_unreachable_and_plain_http_is_no_address,
      enrolling_again_asks_with_the_same_key_and_forgets_nothing, as_another_device_nothing_is_taken_over,
      a_refusal_is_told_in_the_services_words_and_leaves_the_key_for_the_next_try,
      an_answer_for_another_tenant_or_another_key_is_not_kept,
      an_enrolled_machine_shows_its_certificate_and_knows_the_server,
      a_certificate_of_another_client_ends_in_the_handshake,
      a_machine_whose_certificate_is_past_its_date_is_told_to_enrol_again)
