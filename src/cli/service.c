/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/service.h"

#include "base/limits.h"
#include "cli/answer.h"

#include <curl/curl.h>
#include <errno.h>

enum { ANSWER_SECONDS = 60, CONNECT_SECONDS = 10, COOKIE_MAX = 512, URL_MAX = 8192, HEADER_MAX = 1024 };

#define COOKIE_NAME       "__Host-custody="
#define STAFF_COOKIE_NAME "__Host-custody-staff="

typedef CURL *curl_own;
static void curl_drop(curl_own *curl) { curl_easy_cleanup(*curl); }

typedef struct curl_slist *headers_own;
static void headers_drop(headers_own *headers) { curl_slist_free_all(*headers); }

void reply_drop(struct reply *reply)
{
    buf_drop(&reply->body);
    buf_drop(&reply->cookie);
    buf_drop(&reply->total);
    buf_drop(&reply->next);
    buf_drop(&reply->date);
    buf_drop(&reply->chain);
}

/* The answer */

static size_t body_take(char *at, size_t size, size_t count, void *body)
{
    buf_put(body, str_bytes(at, size * count));
    return buf_end(body) == ERR_OK ? size * count : 0;
}

/* An answer that comes bit by bit, unless it is a problem. */
struct pieces {
    CURL *curl;
    const struct call *call;
    struct reply *reply;
};

static size_t piece_take(char *at, size_t size, size_t count, void *with)
{
    struct pieces *pieces = with;
    long status = 0;
    curl_easy_getinfo(pieces->curl, CURLINFO_RESPONSE_CODE, &status);
    if (status != 200 && status != 206)
        return body_take(at, size, count, &pieces->reply->body);
    return pieces->call->piece(pieces->call->with, str_bytes(at, size * count)) ? size * count : 0;
}

static void pieces_set(CURL *curl, struct pieces *pieces)
{
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, piece_take);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, pieces);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, 0L);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, (long)ANSWER_SECONDS);
}

static void header_keep(str_t value, buf_t *kept)
{
    buf_clear(kept);
    buf_put(kept, value);
}

static void cookie_keep(str_t value, buf_t *kept)
{
    str_t pair = str_until(&value, ';');
    if (!str_starts(pair, STR(COOKIE_NAME "cse_")) && !str_starts(pair, STR(STAFF_COOKIE_NAME "cse_")))
        return;
    (void)str_until(&pair, '=');
    header_keep(pair, kept);
}

static size_t header_take(char *at, size_t size, size_t count, void *context)
{
    struct reply *reply = context;
    const struct {
        str_t name;
        buf_t *kept;
        void (*keep)(str_t value, buf_t *kept);
    } headers[] = {{STR("set-cookie:"), &reply->cookie, cookie_keep},
                   {STR("total-count:"), &reply->total, header_keep},
                   {STR("next-cursor:"), &reply->next, header_keep},
                   {STR("date:"), &reply->date, header_keep}};
    str_t line = {at, size * count};
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        str_t name = headers[i].name;
        if (line.len > name.len && !strncasecmp(line.at, name.at, name.len))
            headers[i].keep(str_trim((str_t){line.at + name.len, line.len - name.len}), headers[i].kept);
    }
    return size * count;
}

/* The request */

static err_t header_add(struct curl_slist **headers, const char *line)
{
    struct curl_slist *longer = curl_slist_append(*headers, line);
    if (!longer)
        return fail(ERR_BUSY, "no memory for the request");
    *headers = longer;
    return ERR_OK;
}

static err_t bearer_add(const struct sign_in *sign_in, struct curl_slist **headers)
{
    OWN(buf) line = BUF(HEADER_MAX);
    if (!sign_in->bearer.len)
        return ERR_OK;
    buf_put(&line, !sign_in_is_session(sign_in) ? STR("Authorization: Bearer ")
                   : sign_in->is_staff          ? STR("Cookie: " STAFF_COOKIE_NAME)
                                                : STR("Cookie: " COOKIE_NAME));
    buf_put(&line, buf_str(&sign_in->bearer));
    TRY(buf_end(&line));
    return header_add(headers, line.at);
}

static err_t range_add(const struct call *call, struct curl_slist **headers)
{
    char line[64];
    snprintf(line, sizeof line, "Range: bytes=%llu-", (unsigned long long)call->from);
    return header_add(headers, line);
}

static err_t if_match_add(const struct call *call, struct curl_slist **headers)
{
    OWN(buf) line = BUF(HEADER_MAX);
    buf_putf(&line, "If-Match: %s", call->if_match);
    TRY(buf_end(&line));
    return header_add(headers, line.at);
}

static err_t headers_make(const struct sign_in *sign_in, const struct call *call, struct curl_slist **headers)
{
    OWN(buf) accept = BUF(HEADER_MAX);
    buf_putf(&accept, "Accept: %s", call->accept ? call->accept : "application/json");
    TRY(buf_end(&accept));
    TRY(header_add(headers, accept.at));
    TRY(header_add(headers, "Expect:"));
    if (call->from)
        TRY(range_add(call, headers));
    if (call->if_match)
        TRY(if_match_add(call, headers));
    TRY(header_add(headers, call->body.len ? "Content-Type: application/json" : "Content-Type:"));
    return bearer_add(sign_in, headers);
}

static void method_set(CURL *curl, const struct call *call)
{
    bool has_body = call->body.len || !strcmp(call->method, "POST");
    if (has_body) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, call->body.len ? call->body.at : "");
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)call->body.len);
    }
    if (strcmp(call->method, has_body ? "POST" : "GET") != 0)
        curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, call->method);
}

static void trust_set(CURL *curl, const struct sign_in *sign_in)
{
    struct curl_blob authority = {sign_in->authority.at, sign_in->authority.len, CURL_BLOB_COPY};
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, sign_in->insecure ? 0L : 1L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, sign_in->insecure ? 0L : 2L);
    if (!authority.len)
        return;
    curl_easy_setopt(curl, CURLOPT_CAPATH, NULL); /* or the machine's authorities would count too */
    curl_easy_setopt(curl, CURLOPT_CAINFO_BLOB, &authority);
}

static void place_set(CURL *curl, const struct sign_in *sign_in)
{
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, sign_in->socket ? "http" : "https");
    if (!sign_in->socket)
        return;
    curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, sign_in->socket);
    curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
}

static void limits_set(CURL *curl)
{
    curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)ANSWER_SECONDS);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "custody/" CUSTODY_VERSION);
}

static void reply_set(CURL *curl, struct reply *reply)
{
    reply->body = (buf_t)BUF(MAX_REPLY);
    reply->cookie = (buf_t)BUF(COOKIE_MAX);
    reply->total = reply->next = reply->date = (buf_t)BUF(HEADER_MAX);
    reply->chain = (buf_t)BUF(MAX_BODY);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, body_take);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &reply->body);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, header_take);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, reply);
}

/* What went wrong before there was an answer */

static err_t socket_wrong(struct cli *cli, CURL *curl, const struct sign_in *sign_in)
{
    long number = 0;
    curl_easy_getinfo(curl, CURLINFO_OS_ERRNO, &number);
    if (number == EACCES || number == EPERM)
        return cli_advise(cli, fail(ERR_DENIED, "the operator's socket is closed to this user"),
                          "run this as root, or as the user that the service runs as");
    return cli_advise(cli, fail(ERR_UNREACHABLE, "nobody answers at the socket %.150s", sign_in->socket),
                      "see that the service runs, and that this is the socket in its folder");
}

static err_t trust_wrong(struct cli *cli, const struct sign_in *sign_in, const char *error)
{
    fail(ERR_BROKEN, "who answers at %.80s does not prove to be the service: %.120s", sign_in->url.at, error);
    if (sign_in->authority.len)
        return cli_advise(cli, ERR_BROKEN,
                          "see that --authority is this service's authority, and --url its name");
    return cli_advise(cli, ERR_BROKEN,
                      "trust the service's authority with --authority FILE, or, for a demonstration only, "
                      "give --insecure");
}

static err_t call_wrong(struct cli *cli, CURL *curl, const struct sign_in *sign_in, CURLcode wrong)
{
    char *error = NULL;
    curl_easy_getinfo(curl, CURLINFO_PRIVATE, &error);
    const char *said = error && *error ? error : curl_easy_strerror(wrong);
    switch (wrong) {
    case CURLE_WRITE_ERROR:
        return fail(ERR_TOO_LARGE, "the answer is past %d bytes", MAX_REPLY);
    case CURLE_OUT_OF_MEMORY:
        return fail(ERR_BUSY, "no memory for the request");
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
        return trust_wrong(cli, sign_in, said);
    default:
        return sign_in->socket
                   ? socket_wrong(cli, curl, sign_in)
                   : fail(ERR_UNREACHABLE, "%.80s does not answer: %.150s", sign_in->url.at, said);
    }
}

/* Nothing unless CURLOPT_CERTINFO is set. */
static void chain_keep(CURL *curl, buf_t *chain)
{
    struct curl_certinfo *shown = NULL;
    curl_easy_getinfo(curl, CURLINFO_CERTINFO, &shown);
    for (int i = 0; shown && i < shown->num_of_certs; i++)
        for (const struct curl_slist *line = shown->certinfo[i]; line; line = line->next)
            if (str_starts(str(line->data), STR("Cert:")))
                buf_put(chain, str(line->data + sizeof "Cert:" - 1));
}

static err_t call_run(struct cli *cli, CURL *curl, const struct sign_in *sign_in, struct reply *reply)
{
    char error[CURL_ERROR_SIZE] = "";
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, error);
    curl_easy_setopt(curl, CURLOPT_PRIVATE, error);
    CURLcode done = curl_easy_perform(curl);
    if (done != CURLE_OK)
        return call_wrong(cli, curl, sign_in, done);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &reply->status);
    chain_keep(curl, &reply->chain);
    return reply->status >= 200 && reply->status < 300 ? ERR_OK
                                                       : answer_problem(reply->status, buf_str(&reply->body));
}

err_t service_call(struct cli *cli, const struct sign_in *sign_in, const struct call *call,
                   struct reply *out_reply)
{
    OWN(curl) curl = curl_easy_init();
    OWN(headers) headers = NULL;
    OWN(buf) url = BUF(URL_MAX);
    OWN(reply) reply = {0};
    if (!curl)
        return fail(ERR_BUSY, "no memory for the request");
    TRY(headers_make(sign_in, call, &headers));
    buf_put(&url, sign_in->socket ? STR("http://localhost") : buf_str(&sign_in->url));
    buf_put(&url, str(call->path));
    TRY(buf_end(&url));
    curl_easy_setopt(curl, CURLOPT_URL, url.at);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    method_set(curl, call);
    trust_set(curl, sign_in);
    place_set(curl, sign_in);
    curl_easy_setopt(curl, CURLOPT_CERTINFO, call->with_chain ? 1L : 0L);
    limits_set(curl);
    reply_set(curl, &reply);
    struct pieces pieces = {curl, call, &reply};
    if (call->piece)
        pieces_set(curl, &pieces);
    TRY(call_run(cli, curl, sign_in, &reply));
    *out_reply = give(reply);
    return ERR_OK;
}

err_t service_ask(struct cli *cli, const struct call *call, struct reply *out_reply)
{
    OWN(sign_in) sign_in = {0};
    TRY(sign_in_load(cli, &sign_in));
    return service_call(cli, &sign_in, call, out_reply);
}
