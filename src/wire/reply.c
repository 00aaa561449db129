/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/_private.h"
#include "wire/problem.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>

enum { MAX_PROBLEM = 2048, STATUS_LEAST = 200, STATUS_MOST = 599 };

/*   status  phrase; the library knows none of these, or knows an older name */
static const struct {
    int status;
    const char *phrase;
} phrases[] = {
    {400, "Bad Request"},           {411, "Length Required"},       {413, "Content Too Large"},
    {417, "Expectation Failed"},    {422, "Unprocessable Content"}, {423, "Locked"},
    {428, "Precondition Required"}, {429, "Too Many Requests"},     {431, "Request Header Fields Too Large"},
    {501, "Not Implemented"},
};

const char *reply_phrase(int status)
{
    for (size_t i = 0; i < sizeof phrases / sizeof *phrases; i++)
        if (phrases[i].status == status)
            return phrases[i].phrase;
    return NULL;
}

/* What every reply carries, unless it has said something else by itself. */
static const struct {
    const char *name, *value;
    bool tls;
} always[] = {
    {"X-Content-Type-Options", "nosniff", false},
    {"Cache-Control", "no-store", false},
    {"Strict-Transport-Security", "max-age=31536000", true},
};
enum { ALWAYS = sizeof always / sizeof *always };

static void headers_always(struct evkeyvalq *headers, const struct door *door)
{
    for (size_t i = 0; i < ALWAYS; i++)
        if ((door->tls || !always[i].tls) && !evhttp_find_header(headers, always[i].name))
            evhttp_add_header(headers, always[i].name, always[i].value);
}

/* The library refuses a value that would begin another line. */
static bool headers_add(struct evkeyvalq *headers, const buf_t *text)
{
    str_t rest = buf_str(text);
    while (rest.len) {
        str_t value = str_until(&rest, '\n'), name = str_until(&value, ':');
        OWN(buf) line = BUF(MAX_REPLY_HEADERS + 2);
        value = str_trim(value);
        buf_put(&line, name);
        buf_put_byte(&line, '\0');
        buf_put(&line, value);
        if (!name.len || buf_end(&line) != ERR_OK ||
            evhttp_add_header(headers, line.at, line.at + name.len + 1) != 0)
            return false;
    }
    return true;
}

/* The reply's own lines and those of every reply; false where they do not fit. */
bool reply_head(struct evhttp_request *http, const struct door *door, const struct reply *reply)
{
    struct evkeyvalq *headers = evhttp_request_get_output_headers(http);
    if (buf_end(&reply->headers) != ERR_OK || !headers_add(headers, &reply->headers))
        return false;
    if (reply->content_type)
        evhttp_add_header(headers, "Content-Type", reply->content_type);
    headers_always(headers, door);
    return true;
}

static void send_with(struct evhttp_request *http, int status, str_t body)
{
    struct bufferevent *bev = evhttp_connection_get_bufferevent(evhttp_request_get_connection(http));
    struct evbuffer *out = evhttp_request_get_output_buffer(http);
    bool bare =
        status == 204 || status == 304; /* ends with its head: a body would be taken for the next reply */
    if (!bare && evbuffer_add(out, body.at, body.len) != 0)
        status = 500; /* no memory for the body: an empty one */
    evhttp_send_reply(http, status, reply_phrase(status), NULL);
    /* Nothing more is read until this is written: neither an end, which would cut the reply off, nor a flood. */
    bufferevent_disable(bev, EV_READ);
}

static void problem_send(struct evhttp_request *http, const struct door *door, const struct refusal *refusal)
{
    struct evkeyvalq *headers = evhttp_request_get_output_headers(http);
    OWN(buf) body = BUF(MAX_PROBLEM);
    problem_put(refusal->code, refusal->status, refusal->detail, &body);
    evhttp_add_header(headers, "Content-Type", "application/problem+json");
    if (refusal->code == ERR_BUSY)
        evhttp_add_header(headers, "Retry-After", "1");
    headers_always(headers, door);
    send_with(http, refusal->status, buf_str(&body));
}

void reply_refuse(struct evhttp_request *http, const struct door *door, const struct refusal *refusal)
{
    evhttp_clear_headers(evhttp_request_get_output_headers(http));
    if (refusal->code != ERR_BUSY)
        evhttp_add_header(evhttp_request_get_output_headers(http), "Connection", "close");
    problem_send(http, door, refusal);
}

void reply_send(struct evhttp_request *http, const struct door *door, const struct reply *reply, bool close)
{
    static const struct refusal unfit = {500, ERR_BROKEN, "an answer that does not fit into a reply"};
    struct evkeyvalq *headers = evhttp_request_get_output_headers(http);
    bool fits = reply->status >= STATUS_LEAST && reply->status <= STATUS_MOST &&
                buf_end(&reply->body) == ERR_OK && buf_end(&reply->headers) == ERR_OK &&
                headers_add(headers, &reply->headers);
    if (!fits)
        evhttp_clear_headers(headers);
    if (close)
        evhttp_add_header(headers, "Connection", "close");
    if (!fits) {
        problem_send(http, door, &unfit);
        return;
    }
    if (reply->content_type)
        evhttp_add_header(headers, "Content-Type", reply->content_type);
    headers_always(headers, door);
    send_with(http, reply->status, buf_str(&reply->body));
}

/* For a head that the library never sees: the whole reply, as it goes over the wire. */
void reply_write(const struct door *door, const struct refusal *refusal, struct evbuffer *out)
{
    char date[64] = "";
    OWN(buf) body = BUF(MAX_PROBLEM);
    problem_put(refusal->code, refusal->status, refusal->detail, &body);
    evutil_date_rfc1123(date, sizeof date, NULL);
    evbuffer_add_printf(out, "HTTP/1.1 %d %s\r\nDate: %s\r\n", refusal->status, reply_phrase(refusal->status),
                        date);
    evbuffer_add_printf(out, "Content-Type: application/problem+json\r\nContent-Length: %zu\r\n", body.len);
    for (size_t i = 0; i < ALWAYS; i++)
        if (door->tls || !always[i].tls)
            evbuffer_add_printf(out, "%s: %s\r\n", always[i].name, always[i].value);
    evbuffer_add_printf(out, "Connection: close\r\n\r\n");
    evbuffer_add(out, body.at, body.len);
}
