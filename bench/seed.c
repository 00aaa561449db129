/* SPDX-License-Identifier: Apache-2.0
 *
 * bench-seed PORT KEY FOLDER COUNT KEPT: enrols COUNT endpoints with the deployment key over the real door, each with a
 * key, a certificate and a name of its own. The identities of the first KEPT stay in FOLDER. Eight at a time; prints
 * the seconds it took.
 */
#include "bench/client.h"

#include "crypt/cert.h"
#include "crypt/seal.h"
#include "sys/env.h"

#include <jansson.h>
#include <pthread.h>
#include <stdatomic.h>

enum { AT_ONCE = 8, MOST = 100000 };

struct seed {
    uint16_t port;
    const char *key, *folder;
    size_t count, kept;
    atomic_size_t next;
    atomic_bool failed;
};

typedef json_t *json_own;
static void json_drop(json_t **json) { json_decref(*json); }

static err_t enrolment_put(const struct seed *seed, size_t number, str_t private_pem, buf_t *out_json)
{
    OWN(buf) request = BUF(PEM_ROOM);
    TRY(cert_request_make(private_pem, &request));
    buf_putf(out_json, "{\"key\":\"%s\",\"name\":\"pc-%05zu\",\"request\":\"", seed->key, number);
    buf_put_base64(out_json, buf_str(&request));
    buf_put(out_json, STR("\"}"));
    return buf_end(out_json);
}

static err_t enrolment_read(str_t answer, ident_t *out_device, buf_t *out_cert)
{
    OWN(json) json = json_loadb(answer.at, answer.len, 0, NULL);
    TRY(ident_read("dev", str(json_string_value(json_object_get(json, "device"))), out_device));
    buf_put(out_cert, str(json_string_value(json_object_get(json, "certificate"))));
    return buf_end(out_cert);
}

static err_t one(struct seed *seed, struct client *console, size_t number)
{
    OWN(buf) private_pem = BUF(PEM_ROOM);
    OWN(buf) cert = BUF(PEM_ROOM);
    OWN(buf) json = BUF(PEM_ROOM);
    OWN(buf) answer = BUF(ANSWER_ROOM);
    struct identity identity;
    TRY(cert_key_make(&private_pem));
    TRY(enrolment_put(seed, number, buf_str(&private_pem), &json));
    TRY(client_post(console, &(struct post){"/agent/v1/enrol", TYPE_JSON, buf_str(&json)}, &answer));
    TRY(enrolment_read(buf_str(&answer), &identity.device, &cert));
    identity.key_pem = buf_str(&private_pem);
    identity.cert_pem = buf_str(&cert);
    return number < seed->kept ? identity_write(seed->folder, number, &identity) : ERR_OK;
}

static err_t some(struct seed *seed)
{
    OWN(tls) context = NULL;
    OWN(client) console = {0};
    TRY(client_context(STR(""), &context));
    TRY(client_open(context, seed->port, &console));
    for (size_t number; !seed->failed && (number = atomic_fetch_add(&seed->next, 1)) < seed->count;)
        TRY(one(seed, &console, number));
    return ERR_OK;
}

static void *seed_run(void *with)
{
    struct seed *seed = with;
    if (some(seed) != ERR_OK) {
        fprintf(stderr, "bench-seed: %s\n", err_note());
        seed->failed = true;
    }
    return NULL;
}

static void run(struct seed *seed)
{
    pthread_t threads[AT_ONCE];
    moment_t from = env_real()->boot(env_real());
    size_t started = 0;
    while (started < AT_ONCE && pthread_create(&threads[started], NULL, seed_run, seed) == 0)
        started++;
    for (size_t i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    printf("%.2f\n", (double)(env_real()->boot(env_real()) - from) / 1000);
}

int main(int argc, char **argv)
{
    uint64_t port = 0, count = 0, kept = 0;
    bool fits = argc == 6 && str_number(str(argv[1]), UINT16_MAX - 1, &port) == ERR_OK &&
                str_number(str(argv[4]), MOST, &count) == ERR_OK &&
                str_number(str(argv[5]), MOST, &kept) == ERR_OK && crypt_start() == ERR_OK;
    if (!fits) {
        fprintf(stderr, "bench-seed PORT KEY FOLDER COUNT KEPT\n");
        return 2;
    }
    struct seed seed = {
        .port = (uint16_t)port, .key = argv[2], .folder = argv[3], .count = count, .kept = kept};
    run(&seed);
    return seed.failed;
}
