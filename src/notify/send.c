/* SPDX-License-Identifier: Apache-2.0 */
#include "notify/send.h"

#include "sys/env.h"
#include <curl/curl.h>
#include <poll.h>

#define MACHINES_AUTHORITIES "/etc/ssl/certs/ca-certificates.crt"

typedef CURL *curl_own;
static void curl_drop(curl_own *curl) { curl_easy_cleanup(*curl); }

typedef struct curl_slist *lines_own;
static void lines_drop(lines_own *lines) { curl_slist_free_all(*lines); }

void sending_drop(struct sending *sending)
{
    buf_drop(&sending->authorities);
    buf_drop(&sending->password);
}

void answer_drop(struct answer *answer) { buf_drop(&answer->body); }

/* A machine without authorities sends to whoever needs none. */
err_t send_start(struct env *env, const char *authorities, struct sending *out_sending)
{
    OWN(sending) sending = {.authorities = BUF(AUTHORITIES_MAX)};
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return fail(ERR_BUSY, "no memory to send with");
    err_t read = env->read_file(env, *authorities ? authorities : MACHINES_AUTHORITIES, &sending.authorities);
    if (read != ERR_OK && (read != ERR_MISSING || *authorities))
        return read;
    *out_sending = give(sending);
    return ERR_OK;
}

err_t send_as(struct env *env, const char *user, const char *file, struct sending *sending)
{
    OWN(buf) bytes = BUF(PASSWORD_MAX + 2);
    OWN(buf) password = BUF(PASSWORD_MAX + 1);
    TRY(env->read_file(env, file, &bytes));
    str_t rest = buf_str(&bytes), line = str_until(&rest, '\n');
    if (!line.len || line.len > PASSWORD_MAX)
        return fail(ERR_INVALID, "%s has no password of at most %d bytes on its first line", file,
                    PASSWORD_MAX);
    buf_put(&password, line);
    buf_put_byte(&password, 0);
    TRY(buf_end(&password));
    sending->password = give(password);
    sending->user = user;
    return ERR_OK;
}

static int gives_up(void *with, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    const struct sending *sending = with;
    struct pollfd stop = {.fd = sending->stop, .events = POLLIN};
    (void)a, (void)b, (void)c, (void)d;
    return poll(&stop, 1, 0) > 0;
}

static err_t line_add(struct curl_slist **lines, const char *line)
{
    struct curl_slist *longer = curl_slist_append(*lines, line);
    if (!longer)
        return fail(ERR_BUSY, "no memory to send with");
    *lines = longer;
    return ERR_OK;
}

/* "host:port:addresses": what the host's name stands for, and no name server is asked. */
static err_t address_pin(const struct sending *sending, const struct reach *to, struct curl_slist **lines)
{
    reach_addresses_t addresses;
    char line[HOST_MAX + sizeof addresses.text + 16];
    TRY(reach_find(to, sending->how, &addresses));
    snprintf(line, sizeof line, "%s:%u:%s", to->host, to->port, addresses.text);
    return line_add(lines, line);
}

static void limits_set(CURL *curl, const struct sending *sending)
{
    struct curl_blob authorities = {sending->authorities.at, sending->authorities.len, CURL_BLOB_NOCOPY};
    const long seconds = sending->seconds ? sending->seconds : SEND_SECONDS;
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, seconds);
    curl_easy_setopt(curl, CURLOPT_SERVER_RESPONSE_TIMEOUT, seconds);
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
    curl_easy_setopt(curl, CURLOPT_CAINFO, NULL);
    if (authorities.len)
        curl_easy_setopt(curl, CURLOPT_CAINFO_BLOB, &authorities);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, gives_up);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, sending);
}

static err_t went_wrong(CURL *curl, CURLcode wrong)
{
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    switch (wrong) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CACERT_BADFILE:
        return fail(ERR_BROKEN,
                    "TLS does not hold: no certificate of an authority that is trusted, or of another name");
    case CURLE_USE_SSL_FAILED:
        return fail(ERR_BROKEN, "the relay has no TLS, and without it nobody signs in");
    case CURLE_WRITE_ERROR:
        return fail(ERR_TOO_LARGE, "the answer is larger than what is taken");
    case CURLE_OUT_OF_MEMORY:
        return fail(ERR_BUSY, "no memory to send with");
    case CURLE_ABORTED_BY_CALLBACK:
        return fail(ERR_BUSY, "the service is stopping");
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:
        return fail(ERR_BROKEN, "what answers there speaks another language");
    case CURLE_OPERATION_TIMEDOUT:
        return fail(ERR_UNREACHABLE, "no answer in time");
    default:
        return status >= 400 ? fail(ERR_DENIED, "refused with %ld", status)
                             : fail(ERR_UNREACHABLE, "nobody answers");
    }
}

/* Mail */

struct reading {
    str_t rest;
};

static size_t letter_read(char *at, size_t size, size_t count, void *with)
{
    struct reading *reading = with;
    size_t len = size * count < reading->rest.len ? size * count : reading->rest.len;
    memcpy(at, reading->rest.at, len);
    reading->rest = str_bytes(reading->rest.at + len, reading->rest.len - len);
    return len;
}

/* The path is what we call ourselves: the host of our address, not this machine's name. */
static void relay_set(CURL *curl, const struct reach *relay, str_t from)
{
    char url[HOST_MAX * 2 + 32];
    str_t host = from;
    str_until(&host, '@');
    bool is_six = strchr(relay->host, ':');
    snprintf(url, sizeof url, "%s://%s%s%s:%u/%.*s", relay->scheme, is_six ? "[" : "", relay->host,
             is_six ? "]" : "", relay->port, STR_ARG(host));
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(curl, CURLOPT_USE_SSL, (long)CURLUSESSL_TRY);
}

static void user_set(CURL *curl, const struct sending *sending)
{
    if (!sending->user)
        return;
    curl_easy_setopt(curl, CURLOPT_USE_SSL, (long)CURLUSESSL_ALL);
    curl_easy_setopt(curl, CURLOPT_USERNAME, sending->user);
    curl_easy_setopt(curl, CURLOPT_PASSWORD, sending->password.at);
}

err_t send_mail(const struct sending *sending, const struct reach *relay, const struct letter *letter)
{
    OWN(curl) curl = curl_easy_init();
    OWN(lines) pinned = NULL;
    OWN(lines) to = NULL;
    char from[320], recipient[320];
    struct reading reading = {letter->text};
    if (!curl)
        return fail(ERR_BUSY, "no memory to send with");
    TRY(address_pin(sending, relay, &pinned));
    snprintf(from, sizeof from, "<%.*s>", STR_ARG(letter->from));
    snprintf(recipient, sizeof recipient, "<%.*s>", STR_ARG(letter->to));
    TRY(line_add(&to, recipient));
    limits_set(curl, sending);
    relay_set(curl, relay, letter->from);
    user_set(curl, sending);
    curl_easy_setopt(curl, CURLOPT_RESOLVE, pinned);
    curl_easy_setopt(curl, CURLOPT_MAIL_FROM, from);
    curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, to);
    curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(curl, CURLOPT_READFUNCTION, letter_read);
    curl_easy_setopt(curl, CURLOPT_READDATA, &reading);
    CURLcode done = curl_easy_perform(curl);
    return done == CURLE_OK ? ERR_OK : went_wrong(curl, done);
}

/* Posts */

static size_t body_take(char *at, size_t size, size_t count, void *body)
{
    buf_put(body, str_bytes(at, size * count));
    return buf_end(body) == ERR_OK ? size * count : 0;
}

static void post_set(CURL *curl, const struct reach *to, const struct post *post)
{
    char url[HOST_MAX + PATH_MAX_LEN + 32];
    bool is_six = strchr(to->host, ':');
    snprintf(url, sizeof url, "%s://%s%s%s:%u%s", to->scheme, is_six ? "[" : "", to->host, is_six ? "]" : "",
             to->port, to->path);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, to->scheme);
    curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "custody/" CUSTODY_VERSION);
    if (!post->fetches) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)post->body.len);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, post->body.at);
    }
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, body_take);
}

static err_t headers_make(const struct post *post, struct curl_slist **headers)
{
    for (const char *const *header = post->headers; *header; header++)
        TRY(line_add(headers, *header));
    return line_add(headers, "Expect:");
}

err_t send_post(const struct sending *sending, const struct reach *to, const struct post *post,
                struct answer *out_answer)
{
    OWN(curl) curl = curl_easy_init();
    OWN(lines) pinned = NULL;
    OWN(lines) headers = NULL;
    OWN(answer) answer = {.body = BUF(post->most ? post->most : ANSWER_MAX)};
    long status = 0;
    if (!curl)
        return fail(ERR_BUSY, "no memory to send with");
    TRY(address_pin(sending, to, &pinned));
    TRY(headers_make(post, &headers));
    limits_set(curl, sending);
    post_set(curl, to, post);
    curl_easy_setopt(curl, CURLOPT_RESOLVE, pinned);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer.body);
    CURLcode done = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    if (done != CURLE_OK && !(post->unread && done == CURLE_WRITE_ERROR && status))
        return went_wrong(curl, done);
    answer.status = (int)status;
    *out_answer = give(answer);
    return ERR_OK;
}
