/* SPDX-License-Identifier: Apache-2.0 */
#include "sudo/talk.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/time.h>

#define TITLE "custody sudo 1"

enum { HEAD = 4 };

enum kind { NUMBER, FLAG, TEXT };

struct member {
    const char *name;
    enum kind kind;
    size_t at;
};

#define ASK(name, kind) \
    { \
#name, kind, offsetof(struct talk_ask, name) \
    }
static const struct member of_ask[] = {
    ASK(uid, NUMBER), ASK(as, NUMBER), ASK(as_named, FLAG), ASK(only_judged, FLAG), ASK(emergency, FLAG),
    ASK(tty, TEXT),   ASK(cwd, TEXT),  ASK(program, TEXT),  ASK(reason, TEXT),      ASK(code, TEXT),
};
#undef ASK

#define ANSWER(name, kind) \
    { \
#name, kind, offsetof(struct talk_answer, name) \
    }
static const struct member of_answer[] = {
    ANSWER(say, TEXT),     ANSWER(emergency, FLAG), ANSWER(as, NUMBER),    ANSWER(path, TEXT),
    ANSWER(request, TEXT), ANSWER(spelt, TEXT),     ANSWER(message, TEXT),
};
#undef ANSWER

struct shape {
    const struct member *members;
    size_t count;
};
static const struct shape ask_shape = {of_ask, sizeof of_ask / sizeof *of_ask};
static const struct shape answer_shape = {of_answer, sizeof of_answer / sizeof *of_answer};

str_t talk_word(enum talk_say say)
{
    static const char *const words[] = {
#define S(constant, word, meaning) [SAY_##constant] = word,
        TALK_SAYS(S)
#undef S
    };
    return str(words[say]);
}

/* Forms */

static void member_put(const struct member *member, const void *record, buf_t *out)
{
    const void *at = (const char *)record + member->at;
    buf_putf(out, "%s ", member->name);
    if (member->kind == NUMBER)
        buf_putf(out, "%llu", (unsigned long long)*(const uint64_t *)at);
    else if (member->kind == FLAG)
        buf_putf(out, "%d", *(const bool *)at);
    else
        buf_put(out, *(const str_t *)at);
    buf_put_byte(out, 0);
}

static void members_put(const struct shape *shape, const void *record, buf_t *out)
{
    buf_put(out, str_bytes(TITLE, sizeof TITLE));
    for (size_t i = 0; i < shape->count; i++)
        member_put(&shape->members[i], record, out);
}

static err_t value_read(const struct member *member, str_t value, void *record)
{
    void *at = (char *)record + member->at;
    uint64_t number = 0;
    if (member->kind != TEXT)
        TRY(str_number(value, member->kind == FLAG ? 1 : UINT32_MAX, &number));
    if (member->kind == TEXT)
        *(str_t *)at = value;
    else if (member->kind == FLAG)
        *(bool *)at = number;
    else
        *(uint64_t *)at = number;
    return ERR_OK;
}

/* The text before the next NUL. */
static err_t text_next(str_t *rest, str_t *out_text)
{
    if (!rest->len || !memchr(rest->at, 0, rest->len))
        return fail(ERR_INVALID, "a frame that ends too early");
    *out_text = str_until(rest, 0);
    return ERR_OK;
}

static err_t members_read(const struct shape *shape, str_t *rest, void *record)
{
    str_t text = {0};
    TRY(text_next(rest, &text));
    if (!str_eq(text, STR(TITLE)))
        return fail(ERR_INVALID, "the other side is of another version");
    for (size_t i = 0; i < shape->count; i++) {
        TRY(text_next(rest, &text));
        bool has_value = memchr(text.at, ' ', text.len) != NULL;
        if (!has_value || !str_eq(str_until(&text, ' '), str(shape->members[i].name)))
            return fail(ERR_INVALID, "a frame without its %s", shape->members[i].name);
        TRY(value_read(&shape->members[i], text, record));
    }
    return ERR_OK;
}

static err_t args_check(str_t args)
{
    size_t count = 0;
    str_t one;
    while (args.len) {
        TRY(text_next(&args, &one));
        if (++count > TALK_ARGS)
            return fail(ERR_TOO_LARGE, "more than %d arguments", TALK_ARGS);
    }
    return ERR_OK;
}

err_t talk_ask_put(const struct talk_ask *ask, buf_t *out_bytes)
{
    TRY(args_check(ask->args));
    members_put(&ask_shape, ask, out_bytes);
    buf_put(out_bytes, ask->args);
    return buf_end(out_bytes);
}

err_t talk_ask_read(str_t bytes, struct talk_ask *out_ask)
{
    struct talk_ask ask = {0};
    TRY(members_read(&ask_shape, &bytes, &ask));
    TRY(args_check(bytes));
    ask.args = bytes;
    *out_ask = ask;
    return ERR_OK;
}

err_t talk_answer_put(const struct talk_answer *answer, buf_t *out_bytes)
{
    members_put(&answer_shape, answer, out_bytes);
    return buf_end(out_bytes);
}

err_t talk_answer_read(str_t bytes, struct talk_answer *out_answer)
{
    struct talk_answer answer = {0};
    TRY(members_read(&answer_shape, &bytes, &answer));
    if (bytes.len)
        return fail(ERR_INVALID, "a frame with more than it has");
    *out_answer = answer;
    return ERR_OK;
}

/* Frames */

void talk_patience(int fd, int seconds)
{
    const struct timeval patience = {.tv_sec = seconds};
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
}

/* Room for one descriptor, aligned as the kernel wants it. */
union control {
    struct cmsghdr head;
    char bytes[CMSG_SPACE(sizeof(int))];
};

static void descriptor_put(struct msghdr *message, union control *control, int descriptor)
{
    message->msg_control = control->bytes;
    message->msg_controllen = sizeof control->bytes;
    struct cmsghdr *head = CMSG_FIRSTHDR(message);
    *head = (struct cmsghdr){CMSG_LEN(sizeof descriptor), SOL_SOCKET, SCM_RIGHTS};
    memcpy(CMSG_DATA(head), &descriptor, sizeof descriptor);
}

static err_t gone(void) { return fail(ERR_UNREACHABLE, "the other side has closed the connection"); }

static err_t send_all(int fd, str_t rest)
{
    while (rest.len) {
        ssize_t sent = send(fd, rest.at, rest.len, MSG_NOSIGNAL);
        if (sent <= 0 && errno != EINTR)
            return gone();
        size_t moved = sent > 0 ? (size_t)sent : 0;
        rest = str_bytes(rest.at + moved, rest.len - moved);
    }
    return ERR_OK;
}

err_t talk_send(int fd, str_t bytes, int descriptor)
{
    union control control = {0};
    uint8_t head[HEAD] = {(uint8_t)(bytes.len >> 24), (uint8_t)(bytes.len >> 16), (uint8_t)(bytes.len >> 8),
                          (uint8_t)bytes.len};
    struct iovec part = {head, HEAD};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (bytes.len > TALK_MAX)
        return fail(ERR_TOO_LARGE, "the command is too long");
    if (descriptor != NO_DESCRIPTOR)
        descriptor_put(&message, &control, descriptor);
    if (sendmsg(fd, &message, MSG_NOSIGNAL) != HEAD) /* four bytes go at once, or not at all */
        return gone();
    return send_all(fd, bytes);
}

static err_t receive_all(int fd, char *at, size_t len)
{
    while (len) {
        ssize_t got = recv(fd, at, len, 0);
        if (got == 0 || (got < 0 && errno != EINTR))
            return gone();
        at += got > 0 ? got : 0;
        len -= got > 0 ? (size_t)got : 0;
    }
    return ERR_OK;
}

static err_t head_receive(int fd, uint8_t out_head[HEAD], int *out_descriptor)
{
    union control control = {0};
    struct iovec part = {out_head, HEAD};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof control.bytes};
    ssize_t got = recvmsg(fd, &message, MSG_WAITALL);
    struct cmsghdr *head = got > 0 ? CMSG_FIRSTHDR(&message) : NULL;
    *out_descriptor = NO_DESCRIPTOR;
    if (head && head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS &&
        head->cmsg_len == CMSG_LEN(sizeof(int)))
        memcpy(out_descriptor, CMSG_DATA(head), sizeof(int));
    return got == HEAD ? ERR_OK : gone();
}

static err_t body_receive(int fd, const uint8_t head[HEAD], buf_t *out_bytes)
{
    size_t len = (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];
    if (!len || len > TALK_MAX)
        return fail(ERR_INVALID, "a frame of %zu bytes", len);
    char *at = buf_room(out_bytes, len);
    return at ? receive_all(fd, at, len) : buf_end(out_bytes);
}

err_t talk_receive(int fd, buf_t *out_bytes, int *out_descriptor)
{
    uint8_t head[HEAD] = {0};
    int descriptor = NO_DESCRIPTOR;
    err_t received = head_receive(fd, head, &descriptor);
    if (received == ERR_OK)
        received = body_receive(fd, head, out_bytes);
    if (received != ERR_OK && descriptor != NO_DESCRIPTOR)
        close(descriptor);
    *out_descriptor = received == ERR_OK ? descriptor : NO_DESCRIPTOR;
    return received;
}
