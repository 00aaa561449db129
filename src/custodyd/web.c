/* SPDX-License-Identifier: Apache-2.0 */
#include "custodyd/web.h"

#include "api/tenants.h"
#include "base/limits.h"
#include "collect/fold.h"
#include "crypt/cert.h"
#include "crypt/tls.h"
#include "custodyd/marking.h"
#include "erase/leave.h"
#include "extract/extract.h"
#include "scim/change.h"
#include <poll.h>

enum { MOST_HOSTS = 16, LOOPS = 2, LEAVE_MEMORY = 4 * 1024 * 1024, REFUSED_MOST = 2048 };

static err_t hosts_split(const char *hosts, arena_t *arena, Keys__ServerCertificate *out_ask)
{
    str_t rest = str(hosts);
    out_ask->hosts = arena_array(arena, char *, MOST_HOSTS);
    TRY(arena_end(arena));
    while (rest.len && out_ask->n_hosts < MOST_HOSTS)
        out_ask->hosts[out_ask->n_hosts++] = (char *)(uintptr_t)arena_copy(arena, str_until(&rest, ',')).at;
    return rest.len ? fail(ERR_INVALID, "more than %d hosts", MOST_HOSTS) : arena_end(arena);
}

/* Two contexts, one certificate: the agents' door wants a certificate of the other side too. */
static err_t contexts_make(const struct web_ask *ask, struct desk *desk, SSL_CTX *out_contexts[2])
{
    Keys__ServerCertificate in = KEYS__SERVER_CERTIFICATE__INIT;
    Keys__Certificate *out = NULL;
    OWN(buf) private_pem = BUF(8192);
    OWN(buf) public_der = BUF(8192);
    TRY(cert_key_make(&private_pem));
    TRY(cert_key_public(buf_str(&private_pem), &public_der));
    in.public_der = (ProtobufCBinaryData){public_der.len, (uint8_t *)public_der.at};
    TRY(hosts_split(ask->settings->hosts, desk->arena, &in));
    TRY(keys_ask(desk->channel, &(struct question){ASK_server_certificate, &in}, desk->arena, &out));
    struct tls_ask tls = {.cert_pem = str_bytes(out->pem.data, out->pem.len),
                          .private_pem = buf_str(&private_pem)};
    TRY(tls_server(&tls, &out_contexts[0]));
    tls.client_certificates = true;
    return tls_server(&tls, &out_contexts[1]);
}

/* Keys and store answer: /v1/ready says no once they have not for some seconds. */
static void pulse(struct desk *desk, struct service *service)
{
    OWN(arena) arena = ARENA(LEAVE_MEMORY);
    const Keys__None in = KEYS__NONE__INIT;
    Keys__Erasures *marked = NULL;
    struct tenant tenant;
    if (keys_ask(desk->channel, &(struct question){ASK_erasure_watch, &in}, &arena, &marked) != ERR_OK)
        return;
    err_t found = store_tenant_named(desk->store, STR(""), &arena, &tenant);
    if (found == ERR_OK || found == ERR_MISSING)
        service->answered = desk->env->boot(desk->env);
}

/* Hours that are over are folded, until there is nothing left to do; `segments` as fold_due() has it. */
static void fold_all(struct desk *desk, struct service *service, uint32_t segments)
{
    size_t folded = FOLD_AT_ONCE;
    for (; folded == FOLD_AT_ONCE; pulse(desk, service))
        if (fold_due(desk, segments, &folded) != ERR_OK) {
            fprintf(stderr, "web: launches are folded later: %s\n", err_note());
            return;
        }
}

/* Of clients that are marked for erasure nothing stays open. */
static void leave_all(struct desk *desk)
{
    OWN(arena) arena = ARENA(LEAVE_MEMORY);
    struct desk own = *desk;
    own.arena = &arena;
    err_t left = leave_run(&own);
    if (left != ERR_OK && left != ERR_BUSY)
        fprintf(stderr, "web: what is erased is left later: %s\n", err_note());
}

/* What is not told now is with the next commit. */
static void marks_told(struct desk *desk)
{
    err_t told = marks_tell(desk);
    if (told != ERR_OK && told != ERR_BUSY)
        fprintf(stderr, "web: the high-water marks are told of later: %s\n", err_note());
}

/* Where the keys process is just being restarted the next turn does it. */
static void archives_sweep(struct desk *desk, const char *exports)
{
    err_t swept = extract_sweep(desk, exports);
    if (swept != ERR_OK && swept != ERR_BUSY)
        fprintf(stderr, "web: archives of exports that have ended are removed later: %s\n", err_note());
}

static void refusals_put(const buf_t *lines)
{
    str_t rest = buf_str(lines);
    while (rest.len) {
        str_t line = str_until(&rest, '\n');
        fprintf(stderr, "web: %.*s\n", STR_ARG(line));
    }
}

static void refused(void *context, const struct refused *what)
{
    struct service *service = context;
    OWN(buf) lines = BUF(REFUSED_MOST);
    if (refusals_take(&service->refusals, what, service->env->boot(service->env), &lines))
        refusals_put(&lines);
}

static void refusals_told(struct service *service)
{
    OWN(buf) lines = BUF(REFUSED_MOST);
    if (refusals_rest(&service->refusals, service->env->boot(service->env), &lines))
        refusals_put(&lines);
}

/* Meanwhile the keys of leases that have ended leave memory, whether anybody asks for them again or not, and archives the
 * disk. */
static void wait_for_stop(int stop, struct desk *desk, struct service *service)
{
    enum { TURN_MS = 1000, SWEEP_TURNS = 5 };
    struct pollfd watched = {.fd = stop, .events = POLLIN};
    for (int turn = 0; poll(&watched, 1, TURN_MS) <= 0; turn++) {
        pulse(desk, service);
        leases_wipe(desk->leases);
        leave_all(desk);
        fold_all(desk, service, FOLD_SEGMENTS);
        marks_told(desk);
        if (turn % SWEEP_TURNS == 0)
            archives_sweep(desk, service->exports);
        refusals_told(service);
    }
}

/* A process that has just begun holds no data key of anybody who was forgotten meanwhile. */
static err_t writers_begin(struct desk *desk)
{
    Keys__ForgetDone in = KEYS__FORGET_DONE__INIT;
    Keys__None *none = NULL;
    return keys_ask(desk->channel, &(struct question){ASK_forget_dropped, &in}, desk->arena, &none);
}

static err_t doors_open(const struct web_ask *ask, struct desk *desk, struct service *service,
                        SSL_CTX *console_tls)
{
    char socket_path[1024];
    const struct settings *settings = ask->settings;
    uint16_t port = settings->port_number, next = (uint16_t)(port + 1);
    OWN(server) server = NULL;
    snprintf(socket_path, sizeof socket_path, "%s/run/operator.sock", settings->home);
    const struct door doors[DOOR_COUNT] = {
        [DOOR_CONSOLE] = {"console", settings->address, port, .tls = console_tls, .max_body = MAX_BODY,
                          .wide = {{"/v1/policies", MAX_PUBLISH},
                                   {"/foreign/v1/", MAX_REPORT},
                                   {"/scim/v2/", MAX_SCIM}}},
        [DOOR_AGENT] = {"agents", settings->address, next, .tls = service->agents_tls,
                        .max_body = MAX_REPORT},
        [DOOR_OPERATOR] = {"operator", .unix_path = socket_path, .max_body = MAX_BODY},
    };
    const struct server_ask server_ask = {
        doors,
        DOOR_COUNT,
        .loops = LOOPS,
        .workers = settings->worker_count,
        .answer = api_answer,
        .answer_at_once = api_answer_at_once,
        .refused = refused,
        .context = service,
    };
    pulse(desk, service);
    TRY(server_start(&server_ask, &server));
    if (write(ask->ready, "r", 1) != 1)
        return fail(ERR_BROKEN, "nobody waits for this service to be ready");
    wait_for_stop(ask->stop, desk, service);
    return ERR_OK;
}

err_t web_serve(const struct web_ask *ask)
{
    char folder[1024], logs[1024], exports[1024 + 16];
    OWN(arena) arena = ARENA(MAX_MEMORY);
    OWN(leases) leases = NULL;
    OWN(chains) chains = NULL;
    OWN(store) store = NULL; /* dropped first: its last acts still tell of leases */
    SSL_CTX *contexts[2] = {0};
    snprintf(folder, sizeof folder, "%s/store", ask->settings->home);
    snprintf(logs, sizeof logs, "%s/log", ask->settings->home);
    snprintf(exports, sizeof exports, "%s/exports", folder);
    TRY(store_open(env_real(), folder, &store));
    TRY(extract_folder(exports));
    TRY(leases_open(env_real(), &leases));
    TRY(chains_open(env_real(), leases_turn(leases), &chains));
    size_t own = ask->settings->worker_count, marks = own + 1;
    marking_web(&ask->channels[marks], store);
    for (size_t i = 0; i <= marks; i++)
        ask->channels[i].turn = leases_turn(leases);
    struct desk desk = {env_real(), store, &ask->channels[own], &arena, leases, chains};
    err_t result = contexts_make(ask, &desk, contexts);
    struct service service = {.env = env_real(),
                              .store = store,
                              .channels = ask->channels,
                              .leases = leases,
                              .chains = chains,
                              .logs = logs,
                              .exports = exports,
                              .most_streams = (ask->settings->worker_count + 1) / 2,
                              .witnesses = ask->settings->witnesses,
                              .webhooks = ask->settings->webhooks,
                              .console = ask->settings->console_url,
                              .providers = ask->settings->providers,
                              .relay = ask->settings->relay.port,
                              .agents_tls = contexts[1]};
    if (result == ERR_OK)
        result = tenants_follow(&desk, contexts[1]);
    if (result == ERR_OK)
        result = writers_begin(&desk);
    if (result == ERR_OK)
        result = doors_open(ask, &desk, &service, contexts[0]);
    fold_all(&desk, &service, 1); /* what the next process could not */
    tls_drop(&contexts[0]);
    tls_drop(&contexts[1]);
    return result;
}
