/* SPDX-License-Identifier: Apache-2.0 */
#include "keyring/ask.h"

#include "base/limits.h"
#include <errno.h>
#include <sys/socket.h>

static void *allocate(void *arena, size_t len) { return arena_room(arena, len); }
static void release(void *arena, void *at) { (void)arena, (void)at; }

ProtobufCAllocator arena_allocator(arena_t *arena) { return (ProtobufCAllocator){allocate, release, arena}; }

static err_t send_all(int fd, const char *at, size_t len)
{
    while (len) {
        ssize_t sent = send(fd, at, len, MSG_NOSIGNAL);
        if (sent < 0 && errno != EINTR)
            return fail(ERR_UNREACHABLE, "the other process has closed the channel");
        at += sent > 0 ? sent : 0;
        len -= sent > 0 ? (size_t)sent : 0;
    }
    return ERR_OK;
}

static err_t receive_all(int fd, char *at, size_t len)
{
    while (len) {
        ssize_t got = recv(fd, at, len, 0);
        if (got == 0 || (got < 0 && errno != EINTR))
            return fail(ERR_UNREACHABLE, "the other process has closed the channel");
        at += got > 0 ? got : 0;
        len -= got > 0 ? (size_t)got : 0;
    }
    return ERR_OK;
}

/* A large body goes from where it stands; a small one goes with its head, so that the other process is woken once. */
err_t frame_send(int fd, uint8_t first, str_t body)
{
    enum { HEAD = 5, SMALL = 4096 };
    char frame[HEAD + SMALL];
    if (body.len >= MAX_FRAME)
        return fail(ERR_TOO_LARGE, "a frame of %zu bytes", body.len);
    uint32_t len = (uint32_t)body.len + 1;
    const uint8_t head[HEAD] = {(uint8_t)(len >> 24), (uint8_t)(len >> 16), (uint8_t)(len >> 8), (uint8_t)len,
                                first};
    size_t along = body.len <= SMALL ? body.len : 0;
    memcpy(frame, head, HEAD);
    if (along)
        memcpy(frame + HEAD, body.at, along);
    err_t sent = send_all(fd, frame, HEAD + along);
    explicit_bzero(frame, HEAD + along); /* keys may have been in it */
    return sent == ERR_OK ? send_all(fd, body.at + along, body.len - along) : sent;
}

err_t frame_receive(int fd, uint8_t *out_first, buf_t *out_body)
{
    uint8_t head[5];
    TRY(receive_all(fd, (char *)head, sizeof head));
    uint32_t len = (uint32_t)head[0] << 24 | (uint32_t)head[1] << 16 | (uint32_t)head[2] << 8 | head[3];
    if (len < 1 || len > MAX_FRAME)
        return fail(ERR_BROKEN, "a frame of %u bytes", len);
    char *at = buf_room(out_body, len - 1);
    if (!at)
        return buf_end(out_body);
    TRY(receive_all(fd, at, len - 1));
    *out_first = head[4];
    return ERR_OK;
}

static const ProtobufCMessageDescriptor *answer_type(enum ask_number number)
{
    static const ProtobufCMessageDescriptor *const types[] = {
#define A(number_, name, takes, gives, mode, asker, act) [number_] = &keys__##gives##__descriptor,
        ASK_TABLE(A)
#undef A
    };
    return types[number];
}

static err_t answer_read(uint8_t code, str_t body, const ProtobufCMessageDescriptor *type, arena_t *arena,
                         void **out_answer)
{
    ProtobufCAllocator allocator = arena_allocator(arena);
    if (code != ERR_OK)
        return fail(code < ERR_COUNT ? (err_t)code : ERR_BROKEN, "%.*s", STR_ARG(body));
    void *answer = protobuf_c_message_unpack(type, &allocator, body.len, (const uint8_t *)body.at);
    TRY(arena_end(arena));
    if (!answer)
        return fail(ERR_BROKEN, "an answer of the keys process cannot be read");
    *out_answer = answer;
    return ERR_OK;
}

static bool ends_what_is_known(enum ask_number number)
{
    return number == ASK_device_destroy || number == ASK_device_revoke || number == ASK_device_approve ||
           number == ASK_deployment_end || number == ASK_grant_approve || number == ASK_grant_revoke ||
           number == ASK_contract_set || number == ASK_order_confirm || number == ASK_forget;
}

err_t keys_ask(struct channel *channel, const struct question *question, arena_t *arena, void *out_answer)
{
    OWN(buf) packed = BUF(MAX_FRAME);
    OWN(buf) body = BUF(MAX_ASK);
    uint8_t code = 0;
    size_t len = protobuf_c_message_get_packed_size(question->message);
    char *at = buf_room(&packed, len);
    void *answer = NULL;
    if (!at)
        return buf_end(&packed);
    protobuf_c_message_pack(question->message, (uint8_t *)at);
    err_t asked = frame_send(channel->fd, (uint8_t)question->number, buf_str(&packed));
    if (asked == ERR_OK)
        asked = frame_receive(channel->fd, &code, &body);
    if (channel->turn && ends_what_is_known(question->number)) /* done or not: it may have been */
        atomic_fetch_add(channel->turn, 1);
    if (asked != ERR_OK)
        return fail(ERR_BUSY, "the keys process does not answer: it is being restarted");
    TRY(answer_read(code, buf_str(&body), answer_type(question->number), arena, &answer));
    *(void **)out_answer = answer;
    return ERR_OK;
}
