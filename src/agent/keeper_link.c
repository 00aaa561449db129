/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/keeper_link.h"

#include "agent/service.h"
#include "base/limits.h"

#include <curl/curl.h>

enum { ANSWER_SECONDS = 60, CONNECT_SECONDS = 10, HEADER_MAX = 1024, TOKEN_MAX = 512 };

typedef struct curl_slist *headers_own;
static void headers_drop(struct curl_slist **headers) { curl_slist_free_all(*headers); }

void keeper_link_drop(struct keeper_link *link)
{
    curl_easy_cleanup(link->curl);
    buf_drop(&link->token);
    buf_drop(&link->session);
    buf_drop(&link->trusted);
}

err_t keeper_link_open(struct keeper_link *link, struct env *env, const char *token_file)
{
    OWN(buf) token = BUF(TOKEN_MAX);
    link->token = link->session = (buf_t)BUF(TOKEN_MAX);
    link->trusted = (buf_t)BUF(MAX_BODY);
    if (!str_starts(str(link->url), STR("https://")))
        return fail(ERR_INVALID, "%.100s is no address of a service: it begins with https://", link->url);
    TRY(env->read_file(env, token_file, &token));
    buf_put(&link->token, str_trim(buf_str(&token)));
    TRY(buf_end(&link->token));
    if (link->authority)
        TRY(env->read_file(env, link->authority, &link->trusted));
    link->curl = curl_easy_init();
    return link->curl ? ERR_OK : fail(ERR_BUSY, "no memory for a connection");
}

/* One request under way */
struct exchange {
    struct keeper_link *link;
    const struct keeper_request *request;
    buf_t *answer;
    char error[CURL_ERROR_SIZE];
};

static size_t answer_take(char *at, size_t size, size_t count, void *with)
{
    struct exchange *exchange = with;
    const struct keeper_request *request = exchange->request;
    str_t bytes = str_bytes(at, size * count);
    long status = 0;
    curl_easy_getinfo(exchange->link->curl, CURLINFO_RESPONSE_CODE, &status);
    if (request && request->piece && (status == 200 || status == 206)) {
        if (request->out_status)
            *request->out_status = status;
        return request->piece(request->with, bytes) ? bytes.len : 0;
    }
    buf_put(exchange->answer, bytes);
    return buf_end(exchange->answer) == ERR_OK ? bytes.len : 0;
}

static err_t header_add(struct curl_slist **headers, const char *name, str_t value)
{
    OWN(buf) line = BUF(HEADER_MAX);
    buf_putf(&line, "%s: %.*s", name, STR_ARG(value));
    TRY(buf_end(&line));
    struct curl_slist *longer = curl_slist_append(*headers, line.at);
    if (!longer)
        return fail(ERR_BUSY, "no memory for a request");
    *headers = longer;
    return ERR_OK;
}

static err_t headers_make(struct keeper_link *link, const struct keeper_request *request,
                          struct curl_slist **headers)
{
    OWN(buf) text = BUF(HEADER_MAX);
    buf_putf(&text, "Bearer %s", request->in_session ? link->session.at : link->token.at);
    TRY(buf_end(&text));
    TRY(header_add(headers, "Authorization", buf_str(&text)));
    TRY(header_add(headers, "Accept", str(request->accept ? request->accept : "application/json")));
    TRY(header_add(headers, "Expect", STR("")));
    if (request->body.len)
        TRY(header_add(headers, "Content-Type", STR("application/json")));
    if (!request->from)
        return ERR_OK;
    buf_clear(&text);
    buf_putf(&text, "bytes=%llu-", (unsigned long long)request->from);
    TRY(header_add(headers, "Range", buf_str(&text)));
    return header_add(headers, "If-Range", str(request->of));
}

static void trust_set(struct keeper_link *link)
{
    struct curl_blob authority = {link->trusted.at, link->trusted.len, CURL_BLOB_COPY};
    curl_easy_setopt(link->curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(link->curl, CURLOPT_PROTOCOLS_STR, "https");
    if (!authority.len)
        return;
    curl_easy_setopt(link->curl, CURLOPT_CAPATH, NULL); /* or the machine's authorities would count too */
    curl_easy_setopt(link->curl, CURLOPT_CAINFO_BLOB, &authority);
}

static void limits_set(struct keeper_link *link, bool pieces)
{
    CURL *curl = link->curl;
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, pieces ? 0L : (long)ANSWER_SECONDS);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, pieces ? 1L : 0L);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, pieces ? (long)ANSWER_SECONDS : 0L);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "custody-keeper/" CUSTODY_VERSION);
}

static void method_set(CURL *curl, const struct keeper_request *request)
{
    bool posts = !strcmp(request->method, "POST");
    if (posts) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body.len ? request->body.at : "");
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)request->body.len);
    } else if (strcmp(request->method, "GET") != 0) {
        curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request->method);
    }
}

static err_t perform(struct exchange *exchange, const char *url)
{
    CURL *curl = exchange->link->curl;
    long status = 0;
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, answer_take);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, exchange);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, exchange->error);
    CURLcode done = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    if (done != CURLE_OK)
        return fail(ERR_UNREACHABLE, "no answer from %.80s (%.100s)", url,
                    exchange->error[0] ? exchange->error : curl_easy_strerror(done));
    return status >= 200 && status < 300 ? ERR_OK : service_refusal(status, buf_str(exchange->answer));
}

err_t keeper_ask(struct keeper_link *link, const struct keeper_request *request, buf_t *out_answer)
{
    OWN(headers) headers = NULL;
    OWN(buf) url = BUF(4096);
    struct exchange exchange = {link, request, out_answer, ""};
    buf_clear(out_answer);
    curl_easy_reset(link->curl);
    TRY(headers_make(link, request, &headers));
    buf_putf(&url, "%s%s", link->url, request->path);
    TRY(buf_end(&url));
    curl_easy_setopt(link->curl, CURLOPT_HTTPHEADER, headers);
    method_set(link->curl, request);
    trust_set(link);
    limits_set(link, request->piece != NULL);
    return perform(&exchange, url.at);
}

err_t keeper_fetch(struct keeper_link *link, const struct keeper_document *document, buf_t *out_body)
{
    struct exchange exchange = {link, NULL, out_body, ""};
    buf_clear(out_body);
    curl_easy_reset(link->curl);
    trust_set(link);
    limits_set(link, false);
    curl_easy_setopt(link->curl, CURLOPT_PROTOCOLS_STR, document->near ? "http,https" : "https");
    return perform(&exchange, document->url);
}
