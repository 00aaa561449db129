/* SPDX-License-Identifier: Apache-2.0 */
/* OpenSSL's headers come first: a parameter of theirs is named by a word that base/banned.h forbids. */
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include "agent/service.h"

#include "agent/object.h"
#include "base/limits.h"
#include "crypt/seal.h"

#include <curl/curl.h>

enum { ANSWER_SECONDS = 30, DETAIL_MAX = 200 };

struct service {
    CURL *curl;
    const char *url;
    const uint8_t *pin;
    X509 *authority; /* given, or found by its pin */
    struct service_answer last;
    char error[CURL_ERROR_SIZE];
};

typedef BIO *bio_own;
static void bio_drop(BIO **bio) { BIO_free(*bio); }

typedef struct curl_slist *headers_own;
static void headers_drop(struct curl_slist **headers) { curl_slist_free_all(*headers); }

typedef STACK_OF(X509) * chain_own;
static void chain_drop(STACK_OF(X509) * *chain) { sk_X509_free(*chain); }

/* Trust */

static bool has_key(X509 *certificate, const uint8_t *pin)
{
    unsigned char *key = NULL;
    uint8_t found[DIGEST_SIZE] = {0};
    int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &key);
    if (len > 0)
        digest(str_bytes(key, (size_t)len), found);
    OPENSSL_free(key);
    return len > 0 && !memcmp(found, pin, sizeof found);
}

static X509 *authority_find(const STACK_OF(X509) * sent, const uint8_t *pin)
{
    for (int i = 0; i < sk_X509_num(sent); i++) {
        X509 *one = sk_X509_value(sent, i);
        if (X509_self_signed(one, 1) == 1 && has_key(one, pin))
            return one;
    }
    return NULL;
}

/* In place of OpenSSL's own check: the same one, with a single authority to end in. */
static int chain_check(X509_STORE_CTX *chain, void *context)
{
    struct service *service = context;
    X509 *authority = service->authority;
    if (!authority && service->pin)
        authority = authority_find(X509_STORE_CTX_get0_untrusted(chain), service->pin);
    OWN(chain) trusted = sk_X509_new_null();
    if (!authority || !trusted || !sk_X509_push(trusted, authority)) {
        X509_STORE_CTX_set_error(chain, X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN);
        return 0;
    }
    X509_STORE_CTX_set0_trusted_stack(chain, trusted);
    int holds = X509_verify_cert(chain);
    if (holds == 1 && !service->authority && X509_up_ref(authority))
        service->authority = authority;
    return holds == 1;
}

static CURLcode tls_prepare(CURL *curl, void *context, void *service)
{
    (void)curl;
    SSL_CTX_set_cert_verify_callback(context, chain_check, service);
    return CURLE_OK;
}

static err_t authority_read(str_t pem, X509 **out_authority)
{
    OWN(bio) bio = BIO_new_mem_buf(pem.at, (int)pem.len);
    X509 *authority = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
    if (!authority)
        return fail(ERR_BROKEN,
                    "the saved certificate of the authority is damaged: enrol this machine again");
    *out_authority = authority;
    return ERR_OK;
}

err_t service_authority(const struct service *service, buf_t *out_pem)
{
    OWN(bio) bio = BIO_new(BIO_s_mem());
    char *at = NULL;
    if (!service->authority || !bio || PEM_write_bio_X509(bio, service->authority) != 1)
        return fail(ERR_BROKEN, "no server has answered yet");
    long len = BIO_get_mem_data(bio, &at);
    buf_put(out_pem, str_bytes(at, (size_t)len));
    return buf_end(out_pem);
}

/* The connection */

static size_t answer_take(char *at, size_t size, size_t count, void *answer)
{
    buf_put(answer, str_bytes(at, size * count));
    return buf_end(answer) == ERR_OK ? count : 0;
}

static void identity_set(CURL *curl, const struct service_ask *ask)
{
    struct curl_blob certificate = {(void *)(uintptr_t)ask->certificate_pem.at, ask->certificate_pem.len, 0};
    struct curl_blob private = {(void *)(uintptr_t)ask->private_pem.at, ask->private_pem.len, 0};
    if (!ask->certificate_pem.len)
        return;
    curl_easy_setopt(curl, CURLOPT_SSLCERT_BLOB, &certificate);
    curl_easy_setopt(curl, CURLOPT_SSLKEY_BLOB, &private);
}

static void connection_set(struct service *service)
{
    CURL *curl = service->curl;
    curl_easy_setopt(curl, CURLOPT_CAINFO, NULL); /* both, or the machine's authorities would be read */
    curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
    curl_easy_setopt(curl, CURLOPT_SSL_CTX_FUNCTION, tls_prepare);
    curl_easy_setopt(curl, CURLOPT_SSL_CTX_DATA, service);
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https");
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "custody-agent/" CUSTODY_VERSION);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)ANSWER_SECONDS);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, service->error);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, answer_take);
}

err_t service_open(const struct service_ask *ask, struct service **out_service)
{
    OWN(service) service = calloc(1, sizeof *service);
    if (!str_starts(str(ask->url), STR("https://")))
        return fail(ERR_INVALID, "%.100s is no address of a service: it begins with https://", ask->url);
    if (!service || !(service->curl = curl_easy_init()))
        return fail(ERR_BUSY, "no memory for a connection");
    service->url = ask->url;
    service->pin = ask->pin;
    if (ask->authority_pem.len)
        TRY(authority_read(ask->authority_pem, &service->authority));
    connection_set(service);
    identity_set(service->curl, ask);
    *out_service = give(service);
    return ERR_OK;
}

void service_drop(struct service **service)
{
    if (!*service)
        return;
    curl_easy_cleanup((*service)->curl);
    X509_free((*service)->authority);
    free(*service);
}

/* Requests */

static err_t code_of(long status)
{
    for (int code = ERR_OK + 1; code < ERR_COUNT; code++)
        if (err_info((err_t)code)->http == status)
            return (err_t)code;
    return status == 429 ? ERR_BUSY : status >= 400 && status < 500 ? ERR_INVALID : ERR_UNREACHABLE;
}

/* What another machine says goes to a terminal: as one line, and as text only. */
static void put_line(buf_t *out, str_t text)
{
    for (size_t i = 0; i < text.len && i < DETAIL_MAX; i++)
        buf_put_byte(out, (unsigned char)text.at[i] < ' ' || text.at[i] == 0x7f ? ' ' : (uint8_t)text.at[i]);
}

err_t service_refusal(long status, str_t body)
{
    OWN(json) problem = NULL;
    OWN(buf) line = BUF(2 * DETAIL_MAX);
    err_t code = code_of(status);
    str_t detail = object_read(body, &problem) == ERR_OK ? object_text(problem, "detail") : STR("");
    put_line(&line, detail.len ? detail : str(err_info(code)->meaning));
    return fail(code, "the service answers %ld: %.*s", status, STR_ARG(buf_str(&line)));
}

static err_t no_answer(const struct service *service, CURLcode code)
{
    const char *why = service->error[0] ? service->error : curl_easy_strerror(code);
    if (code == CURLE_PEER_FAILED_VERIFICATION)
        return fail(ERR_DENIED,
                    "the server at %.80s is not the one this machine trusts (%.90s): check the address",
                    service->url, why);
    /* A refused certificate ends in an alert, or in a reset where that overtakes the alert. */
    if (code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR || code == CURLE_GOT_NOTHING ||
        strstr(why, "alert"))
        return fail(strstr(why, "alert") ? ERR_DENIED : ERR_UNREACHABLE,
                    "the server at %.80s ends the connection (%.80s): is this machine still enrolled?",
                    service->url, why);
    return fail(ERR_UNREACHABLE, "no answer from %.80s (%.100s): check the address and the network",
                service->url, why);
}

static err_t url_of(const struct service *service, const char *path, buf_t *out_url)
{
    str_t base = str(service->url);
    while (base.len && base.at[base.len - 1] == '/')
        base.len--;
    buf_putf(out_url, "%.*s%s", STR_ARG(base), path);
    return buf_end(out_url);
}

static err_t request_set(CURL *curl, const struct service_request *request, struct curl_slist *headers)
{
    OWN(buf) type = BUF(256);
    if (!request->content_type) {
        curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L);
        return ERR_OK;
    }
    buf_putf(&type, "Content-Type: %s", request->content_type);
    TRY(buf_end(&type));
    if (!curl_slist_append(headers, type.at))
        return fail(ERR_BUSY, "no memory for a request");
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body.len ? request->body.at : "");
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.len);
    return ERR_OK;
}

static struct service_answer answer_of(CURL *curl)
{
    struct service_answer answer = {0};
    curl_off_t seconds = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer.status);
    curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &seconds);
    answer.retry_after = SECONDS(seconds > 0 && seconds < INT32_MAX ? seconds : 0);
    return answer;
}

struct service_answer service_last(const struct service *service) { return service->last; }

err_t service_send(struct service *service, const struct service_request *request, buf_t *out_answer)
{
    OWN(headers) headers = curl_slist_append(NULL, "Expect:");
    OWN(buf) url = BUF(4096);
    CURL *curl = service->curl;
    service->last = (struct service_answer){0};
    TRY(url_of(service, request->path, &url));
    if (!headers)
        return fail(ERR_BUSY, "no memory for a request");
    TRY(request_set(curl, request, headers));
    curl_easy_setopt(curl, CURLOPT_URL, url.at);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, out_answer);
    service->error[0] = '\0';
    CURLcode code = curl_easy_perform(curl);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, NULL);
    if (code != CURLE_OK)
        return no_answer(service, code);
    service->last = answer_of(curl);
    long status = service->last.status;
    return status >= 200 && status < 300 ? ERR_OK : service_refusal(status, buf_str(out_answer));
}
