/* SPDX-License-Identifier: Apache-2.0 */
#include "sudo/visit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>

enum { LINE_MAX_BYTES = 1024, LOST_MOST = 60, PATIENCE = 10 };

void visit_drop(struct visit *visit)
{
    buf_drop(&visit->bytes);
    buf_drop(&visit->reason);
    buf_drop(&visit->code);
    fd_drop(&visit->descriptor);
    fd_drop(&visit->terminal);
}

/* One question, one answer */

static err_t guard_dial(const char *path, int *out_fd)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct ucred peer = {0};
    socklen_t len = sizeof peer;
    OWN(fd) fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd <= 0 || strlen(path) >= sizeof address.sun_path)
        return fail(ERR_UNREACHABLE, "the guard's socket cannot be reached");
    memcpy(address.sun_path, path, strlen(path));
    talk_patience(fd, PATIENCE);
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) != 0)
        return fail(ERR_UNREACHABLE, "the guard does not run");
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0 || peer.uid != 0)
        return fail(ERR_DENIED, "whoever answers in the guard's place is not root");
    *out_fd = give(fd);
    return ERR_OK;
}

static err_t ask_once(struct visit *visit, const struct talk_ask *ask)
{
    OWN(fd) fd = 0;
    OWN(buf) question = BUF(TALK_MAX);
    int descriptor = NO_DESCRIPTOR;
    TRY(guard_dial(visit->socket, &fd));
    TRY(talk_ask_put(ask, &question));
    TRY(talk_send(fd, buf_str(&question), NO_DESCRIPTOR));
    buf_drop(&visit->bytes);
    visit->bytes = (buf_t)BUF(TALK_MAX);
    TRY(talk_receive(fd, &visit->bytes, &descriptor));
    fd_drop(&visit->descriptor);
    visit->descriptor = descriptor == NO_DESCRIPTOR ? 0 : descriptor;
    return talk_answer_read(buf_str(&visit->bytes), &visit->answer);
}

/* The person at the terminal */

static void say(const struct visit *visit, int type, str_t text)
{
    if (text.len)
        visit->print(type | SUDO_CONV_PREFER_TTY, "custody: %.*s\n", STR_ARG(text));
}

static err_t refused(const struct visit *visit, const char *why)
{
    say(visit, SUDO_CONV_ERROR_MSG, str(why));
    return fail(ERR_DENIED, "%s", why);
}

static err_t reason_read(struct visit *visit, struct talk_ask *ask)
{
    const struct sudo_conv_message prompt = {SUDO_CONV_PROMPT_ECHO_ON | SUDO_CONV_PREFER_TTY, 0,
                                             "Why does this have to be done? "};
    struct sudo_conv_reply reply = {0};
    if (!visit->interactive)
        return refused(visit, "a reason has to be given: run it in a terminal");
    sigprocmask(SIG_SETMASK, &visit->signals, NULL); /* Ctrl-C ends the question */
    int heard = visit->converse(1, &prompt, &reply, NULL);
    sigprocmask(SIG_BLOCK, &visit->held, NULL);
    if (heard != 0 || !reply.reply)
        return refused(visit, "no reason was given");
    buf_drop(&visit->reason);
    visit->reason = (buf_t)BUF(LINE_MAX_BYTES);
    buf_put(&visit->reason, str_trim(str(reply.reply)));
    free(reply.reply);
    ask->reason = buf_str(&visit->reason);
    return ask->reason.len ? ERR_OK : refused(visit, "no reason was given");
}

/* A second, in which something may be typed. Whoever presses Ctrl-C is heard here, and nowhere else. */
static err_t second_pass(const struct visit *visit, bool *out_typed)
{
    struct pollfd typed = {visit->terminal > 0 ? visit->terminal : -1, POLLIN, 0};
    const struct timespec second = {.tv_sec = 1};
    int came = ppoll(&typed, 1, &second, &visit->signals);
    *out_typed = came == 1;
    return came >= 0 || errno != EINTR ? ERR_OK : refused(visit, "the request stays open");
}

static void line_read(struct visit *visit)
{
    char line[LINE_MAX_BYTES];
    ssize_t len = read(visit->terminal, line, sizeof line);
    buf_drop(&visit->code);
    visit->code = (buf_t)BUF(LINE_MAX_BYTES);
    buf_put(&visit->code, str_bytes(line, len > 0 ? (size_t)len : 0));
    if (len > 0)
        return;
    fd_drop(&visit->terminal); /* it is gone: nothing will be typed any more */
    visit->terminal = 0;
}

static void wait_shown(struct visit *visit)
{
    const struct talk_answer *answer = &visit->answer;
    say(visit, SUDO_CONV_INFO_MSG, answer->message);
    if (visit->waited)
        return;
    visit->print(SUDO_CONV_INFO_MSG | SUDO_CONV_PREFER_TTY,
                 "custody: %.*s waits for an approval. Ctrl-C leaves it open: run the same command again.\n",
                 STR_ARG(answer->request));
    visit->print(
        SUDO_CONV_INFO_MSG | SUDO_CONV_PREFER_TTY,
        "Without the service, read this out to an approver, with the command, and type the code:\n  %.*s\n",
        STR_ARG(answer->spelt));
    if (answer->emergency)
        visit->print(
            SUDO_CONV_INFO_MSG | SUDO_CONV_PREFER_TTY,
            "In an emergency type EMERGENCY: it runs without an approval, and is marked and told.\n");
}

/* The guard makes a new request where the old one is over: that one nobody here has asked for. */
static err_t same_waits(struct visit *visit)
{
    str_t request = visit->answer.request;
    if (visit->waited && !str_eq(request, str(visit->request)))
        return refused(visit, "nobody answered in time: run it again");
    snprintf(visit->request, sizeof visit->request, "%.*s", STR_ARG(request));
    return ERR_OK;
}

/* Shows that it waits, for a second, in which a code may be typed. */
static err_t wait_second(struct visit *visit, struct talk_ask *ask)
{
    TRY(same_waits(visit));
    wait_shown(visit);
    if (!visit->interactive)
        return refused(visit, "it waits for an approval: run it again once it was given");
    if (visit->terminal > 0)
        visit->print(SUDO_CONV_INFO_MSG | SUDO_CONV_PREFER_TTY, "\rwaiting %u:%02u ", visit->waited / 60,
                     visit->waited % 60);
    bool typed = false;
    TRY(second_pass(visit, &typed));
    visit->waited++;
    buf_clear(&visit->code);
    if (typed)
        line_read(visit);
    str_t line = str_trim(buf_str(&visit->code));
    ask->code = STR("");
    if (!str_eq(line, STR("EMERGENCY")) || !visit->answer.emergency) {
        ask->code = line;
        return ERR_OK;
    }
    ask->emergency = true;
    return ask->reason.len ? ERR_OK : reason_read(visit, ask);
}

/* A guard that is being started again is waited for, but only by what waits already. */
static err_t guard_lost(struct visit *visit, err_t asked)
{
    if (asked != ERR_UNREACHABLE || !visit->waited || visit->lost++ >= LOST_MOST) {
        say(visit, SUDO_CONV_ERROR_MSG, str(err_note()));
        return asked;
    }
    bool typed = false;
    return second_pass(visit, &typed);
}

static err_t answer_heed(struct visit *visit, struct talk_ask *ask, bool *out_done)
{
    const struct talk_answer *answer = &visit->answer;
    visit->lost = 0;
    *out_done = str_eq(answer->say, talk_word(SAY_RUN));
    if (*out_done) {
        say(visit, SUDO_CONV_INFO_MSG, answer->message);
        return ERR_OK;
    }
    if (str_eq(answer->say, talk_word(SAY_REASON)))
        return ask->reason.len ? refused(visit, "the guard takes no reason") : reason_read(visit, ask);
    if (str_eq(answer->say, talk_word(SAY_WAIT)))
        return wait_second(visit, ask);
    say(visit, SUDO_CONV_ERROR_MSG, answer->message);
    return fail(ERR_DENIED, "refused");
}

static err_t ask_on(struct visit *visit, struct talk_ask *ask)
{
    bool done = false;
    while (!done) {
        err_t asked = ask_once(visit, ask);
        TRY(asked == ERR_OK ? answer_heed(visit, ask, &done) : guard_lost(visit, asked));
    }
    return ERR_OK;
}

/* Signals wait for the moments when this waits: sudo notes them, and would go on. */
err_t visit_ask(struct visit *visit, struct talk_ask *ask)
{
    static const int ends[] = {SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGTSTP};
    sigemptyset(&visit->held);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        sigaddset(&visit->held, ends[i]);
    if (visit->interactive)
        visit->terminal = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    visit->interactive &= visit->terminal > 0;
    sigprocmask(SIG_BLOCK, &visit->held, &visit->signals);
    err_t asked = ask_on(visit, ask);
    sigprocmask(SIG_SETMASK, &visit->signals, NULL);
    return asked;
}
