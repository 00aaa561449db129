/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/_private.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>

enum {
    AHEAD = 128 * 1024,
    HEARD_MOST = 16 * 1024
}; /* bytes said and not sent; and sent by a client meanwhile */

struct stream {
    pthread_mutex_t lock;
    pthread_cond_t moved; /* there is room again, or nobody reads it any more */
    struct job *job;
    struct evbuffer *said;
    bool told; /* its loop knows that there is something */
    bool gone;
    bool begun, under_way; /* on the loop: the head is sent; what was sent is not written yet */
    bool ending;           /* its worker is done: what is under way is waited for */
};

void stream_drop(struct stream **place)
{
    struct stream *stream = give(*place);
    if (!stream)
        return;
    if (stream->said)
        evbuffer_free(stream->said);
    pthread_mutex_destroy(&stream->lock);
    pthread_cond_destroy(&stream->moved);
    free(stream);
}

/* The loop is to send what it has: told once for all that it has not seen yet. */
static void said(struct job *job)
{
    struct loop *loop = job->loop;
    pthread_mutex_lock(&loop->lock);
    bool first = !loop->said;
    if (!job->listed) {
        job->listed = true;
        job->next_stream = loop->said;
        loop->said = job;
    }
    pthread_mutex_unlock(&loop->lock);
    if (first)
        loop_tell(loop);
}

err_t stream_open(const struct request *request, struct stream **out_stream)
{
    struct job *job = job_of(request);
    struct stream *stream = calloc(1, sizeof *stream);
    if (!stream || !(stream->said = evbuffer_new())) {
        free(stream);
        return fail(ERR_BUSY, "no memory for a stream");
    }
    pthread_mutex_init(&stream->lock, NULL);
    pthread_cond_init(&stream->moved, NULL);
    stream->job = job;
    pthread_mutex_lock(&job->loop->lock);
    job->stream = stream;
    pthread_mutex_unlock(&job->loop->lock);
    *out_stream = stream;
    return ERR_OK;
}

/* Until there is room, nobody reads it any more, or the server stops: which is looked for, since nobody tells of it. */
static bool waits_for_room(struct stream *stream)
{
    struct server *server = stream->job->loop->server;
    while (!stream->gone && !atomic_load(&server->stopping) && evbuffer_get_length(stream->said) > AHEAD) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec++;
        pthread_cond_timedwait(&stream->moved, &stream->lock, &until);
    }
    return !stream->gone && !atomic_load(&server->stopping);
}

bool stream_put(struct stream *stream, str_t bytes)
{
    pthread_mutex_lock(&stream->lock);
    bool on = waits_for_room(stream) && evbuffer_add(stream->said, bytes.at, bytes.len) == 0;
    bool tell = on && !stream->told;
    stream->told |= on;
    pthread_mutex_unlock(&stream->lock);
    if (tell)
        said(stream->job);
    return on;
}

bool stream_stops(const struct stream *stream) { return atomic_load(&stream->job->loop->server->stopping); }

bool stream_gone(struct job *job)
{
    pthread_mutex_lock(&job->loop->lock);
    struct stream *stream = job->stream;
    pthread_mutex_unlock(&job->loop->lock);
    if (!stream)
        return false;
    pthread_mutex_lock(&stream->lock);
    stream->gone = true;
    pthread_cond_signal(&stream->moved);
    pthread_mutex_unlock(&stream->lock);
    return stream->ending;
}

static struct bufferevent *bufferevent_of(struct job *job)
{
    return evhttp_connection_get_bufferevent(evhttp_request_get_connection(job->http));
}

/* A client that says nothing for long has only to listen; one that says more than a request is heard no further. */
static void begin(struct job *job)
{
    struct bufferevent *bev = bufferevent_of(job);
    job->stream->begun = true;
    if (!reply_head(job->http, &job->loop->server->doors[job->request.door], &job->reply))
        evhttp_clear_headers(evhttp_request_get_output_headers(job->http));
    evhttp_send_reply_start(job->http, job->reply.status, reply_phrase(job->reply.status));
    bufferevent_set_timeouts(bev, NULL, &job->loop->server->patience);
    bufferevent_setwatermark(bev, EV_READ, 0, HEARD_MOST);
}

/* What was said so far, moved; empty while something is under way: what a slow client has not read yet stays there, and
 * counts. */
static struct evbuffer *said_move(struct stream *stream)
{
    struct evbuffer *chunk = evbuffer_new();
    pthread_mutex_lock(&stream->lock);
    stream->told = stream->under_way;
    if (chunk && !stream->under_way && evbuffer_add_buffer(chunk, stream->said) == 0)
        pthread_cond_signal(&stream->moved);
    pthread_mutex_unlock(&stream->lock);
    return chunk;
}

static void written(struct evhttp_connection *http, void *context);

/* The head goes with the first of it. Whether a piece is written is told late, and by the same means for all pieces: the
 * next one, and the end, come only after that, or the library would take the one for the other. */
static void pass_on(struct job *job)
{
    struct evbuffer *chunk = said_move(job->stream);
    if (chunk && evbuffer_get_length(chunk)) {
        if (!job->stream->begun)
            begin(job);
        job->stream->under_way = true;
        evhttp_send_reply_chunk_with_cb(job->http, chunk, written, job);
    }
    if (chunk)
        evbuffer_free(chunk);
}

static void written(struct evhttp_connection *http, void *context)
{
    struct job *job = context;
    (void)http;
    if (evbuffer_get_length(bufferevent_get_output(bufferevent_of(job))))
        return;
    job->stream->under_way = false;
    if (job->stream->ending)
        job_end(job);
    else
        pass_on(job);
}

void stream_send(struct job *job)
{
    if (job->conn)
        pass_on(job);
    else
        stream_gone(job);
}

bool stream_end(struct job *job)
{
    const struct timeval *patience = &job->loop->server->patience;
    job->stream->ending = true;
    if (job->stream->under_way)
        return false;
    pass_on(job);
    if (!job->stream->begun)
        begin(job);
    bufferevent_set_timeouts(bufferevent_of(job), patience, patience);
    struct bufferevent *bev = bufferevent_of(job);
    evhttp_send_reply_end(job->http);
    bufferevent_disable(bev, EV_READ);
    return true;
}
