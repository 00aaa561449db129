/* SPDX-License-Identifier: Apache-2.0 */
#include "keyring/serve.h"

#include "keyring/ask.h"
#include "keyring/behind.h"
#include "keyring/clock.h"
#include "keyring/copies.h"
#include "keyring/journal.h"
#include "keyring/labels.h"
#include "keyring/restores.h"
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>

/* How a request holds the keyring while it is answered: READS and WRITES as a whole, ALONE as its handler does. */
enum mode { READS, WRITES, ALONE };

struct row {
    const char *name;
    enum mode mode;
    enum asker asker;
    enum act act;
    uint8_t number;
    const ProtobufCMessageDescriptor *takes, *gives;
    err_t (*answer)(struct ask *ask);
};

/* The whole of what may be asked. Rights are checked by the handlers, with who_asks(), from the keyring's tables. */
static const struct row rows[] = {
#define A(number, name, takes, gives, mode, asker, act) \
    {#name, \
     mode, \
     ASKER_##asker, \
     ACT_##act, \
     number, \
     &keys__##takes##__descriptor, \
     &keys__##gives##__descriptor, \
     answer_##name},
    ASK_TABLE(A)
#undef A
};

static const struct row *row_find(uint8_t number)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].number == number)
            return &rows[i];
    return NULL;
}

/* What is answered by a keyring that is behind its marks: what the other processes start with, and what brings it through. */
static const enum ask_number behind_answers[] = {ASK_tenant_list, ASK_server_certificate, ASK_forget_dropped,
                                                 ASK_marks_told,  ASK_marks_accept,       ASK_marks_list,
                                                 ASK_log_list,    ASK_log_follow};

static err_t may_answer(struct keyring *keyring, uint8_t number)
{
    for (size_t i = 0; i < sizeof behind_answers / sizeof *behind_answers; i++)
        if (behind_answers[i] == number)
            return ERR_OK;
    return keyring_abreast(keyring);
}

struct answering {
    const struct row *row;
    struct ask *ask;
};

/* Within the transaction, where there is one: an act without its entry is taken back. It may be run again, and then
 * nothing is left of the first answer. */
static err_t answer_with_evidence(const struct answering *answering)
{
    const struct row *row = answering->row;
    protobuf_c_message_init(row->gives, answering->ask->out);
    memset(answering->ask->told, 0, sizeof answering->ask->told);
    answering->ask->idle = false;
    TRY(row->answer(answering->ask));
    return row->act == ACT_NONE || answering->ask->told[row->act] || answering->ask->idle
               ? ERR_OK
               : fail(ERR_BROKEN, "%s has written no entry of its own", row->name);
}

static err_t answer_act(struct keyring *keyring, void *with)
{
    (void)keyring;
    return answer_with_evidence(with);
}

static err_t answer_in_mode(struct keyring *keyring, struct answering *answering)
{
    switch (answering->row->mode) {
    case READS:
        return keyring_read(keyring, answer_act, answering);
    case WRITES:
        return keyring_write(keyring, answer_act, answering);
    default:
        return answer_with_evidence(answering);
    }
}

static err_t answer_row(const struct row *row, struct ask *ask, str_t packed, buf_t *out_body)
{
    ProtobufCAllocator allocator = arena_allocator(ask->arena);
    ask->in = protobuf_c_message_unpack(row->takes, &allocator, packed.len, (const uint8_t *)packed.at);
    ask->out = arena_take(ask->arena, row->gives->sizeof_message);
    TRY(arena_end(ask->arena));
    if (!ask->in)
        return fail(ERR_INVALID, "not a %s", row->takes->short_name);
    TRY(answer_in_mode(ask->keyring, &(struct answering){row, ask}));
    size_t len = protobuf_c_message_get_packed_size(ask->out);
    char *at = buf_room(out_body, len);
    if (at)
        protobuf_c_message_pack(ask->out, (uint8_t *)at);
    return buf_end(out_body);
}

void keys_answer(struct keyring *keyring, const struct asked *asked, buf_t *out_body, uint8_t *out_code)
{
    OWN(arena) arena = ARENA(MAX_FRAME + 16 * 1024 * 1024);
    const struct row *row = row_find(asked->number);
    struct ask ask = {.keyring = keyring,
                      .env = keyring_env(keyring),
                      .db = keyring_db(keyring),
                      .arena = &arena,
                      .number = asked->number};
    err_t result = !row ? fail(ERR_INVALID, "no request %u", asked->number)
                   : row->asker != asked->by
                       ? fail(ERR_DENIED, "%s is not for this process to ask", row->name)
                       : may_answer(keyring, asked->number);
    if (row && result == ERR_OK)
        result = answer_row(row, &ask, asked->packed, out_body);
    if (result != ERR_OK) {
        buf_clear(out_body);
        buf_put(out_body, str(err_note()));
    }
    *out_code = (uint8_t)result;
}

struct line {
    struct keyring *keyring;
    enum asker by;
    int fd;
    pthread_t thread;
    bool started;
};

static void *line_run(void *with)
{
    struct line *line = with;
    for (;;) {
        OWN(buf) packed = BUF(MAX_FRAME);
        OWN(buf) body = BUF(MAX_ASK);
        uint8_t number = 0, code = 0;
        if (frame_receive(line->fd, &number, &packed) != ERR_OK)
            return NULL;
        keys_answer(line->keyring, &(struct asked){line->by, number, buf_str(&packed)}, &body, &code);
        if (frame_send(line->fd, code, buf_str(&body)) != ERR_OK)
            return NULL;
    }
}

static err_t authority_act(struct keyring *keyring, void *with)
{
    OWN(arena) arena = ARENA(1 << 20);
    struct ask ask = {
        .keyring = keyring, .env = keyring_env(keyring), .db = keyring_db(keyring), .arena = &arena};
    (void)with;
    TRY(epochs_turn(keyring, NULL));
    TRY(journal_ensure(&ask, (ident_t){{0}}));
    TRY(clock_watch(&ask));
    TRY(service_prepare(&ask));
    TRY(forgettings_finish(&ask));
    TRY(labels_seal(&ask));
    return authority_ensure(&ask);
}

/* A keyring that is behind its marks writes nothing before it has come through. */
err_t keyring_prepare(struct keyring *keyring)
{
    return keyring_abreast(keyring) == ERR_OK ? keyring_write(keyring, authority_act, NULL) : ERR_OK;
}

static void tick(struct keyring *keyring)
{
    err_t turned = keyring_write(keyring, clock_turn, NULL);
    err_t ended = keyring_write(keyring, requests_due, NULL);
    err_t drilled = keyring_write(keyring, drills_due, NULL);
    err_t rolled = keyring_roll_when_due(keyring);
    if (turned != ERR_OK || ended != ERR_OK || drilled != ERR_OK || rolled != ERR_OK)
        fprintf(stderr, "keys: what is due waits for the next minute: %s\n", err_note());
}

/* One that cannot be made is told of, and tried again a minute later. */
static err_t copy_turn(struct keyring *keyring)
{
    err_t copied = copies_turn(keyring);
    if (copied != ERR_OK)
        fprintf(stderr, "keys: %s\n", err_note());
    return copied;
}

/* What the clock makes due, until asked to stop: the marks and the copy each second, for the first time soon after the start;
 * the rest each minute. A failure is tried again at the next tick, and one of the marks told of then. */
static void tick_until_stopped(struct keyring *keyring, int stop)
{
    enum { TURN_MS = 200, MARKS_TURNS = 1000 / TURN_MS, TICK_TURNS = TICK_MS / TURN_MS };
    struct pollfd watched = {.fd = stop, .events = POLLIN};
    err_t marked = ERR_OK, copied = ERR_OK;
    for (int turn = 1; poll(&watched, 1, TURN_MS) <= 0; turn++) {
        if (turn % MARKS_TURNS == 1)
            marked = marks_turn(keyring);
        if (turn % MARKS_TURNS == 1 && (copied == ERR_OK || turn % TICK_TURNS == 1))
            copied = copy_turn(keyring);
        if (turn % TICK_TURNS || keyring_abreast(keyring) != ERR_OK)
            continue;
        if (marked != ERR_OK)
            fprintf(stderr, "keys: the high-water marks are written later\n");
        tick(keyring);
    }
}

err_t keys_serve(const struct serve_ask *ask)
{
    OWN(keyring) keyring = NULL;
    struct line *lines = calloc(ask->count, sizeof *lines);
    if (!lines)
        return fail(ERR_BUSY, "no memory for the channels");
    err_t result = keyring_open(ask->env, ask->folder, ask->root, &keyring);
    if (result == ERR_OK && ask->copy)
        result = copies_into(keyring, ask->copy);
    if (result == ERR_OK && ask->gib)
        keyring_gib_set(keyring, ask->gib);
    if (result == ERR_OK && ask->url)
        keyring_url_set(keyring, ask->url);
    if (result == ERR_OK)
        result = keyring_prepare(keyring);
    if (result == ERR_OK) {
        keyring_cooling_set(keyring, ask->cooling);
        keyring_wake_set(keyring, ask->wake ? ask->wake : -1);
    }
    for (size_t i = 0; result == ERR_OK && i < ask->count; i++) {
        lines[i] = (struct line){.keyring = keyring, .fd = ask->channels[i]};
        lines[i].by = i + 1 == ask->count ? ASKER_JOBS : ASKER_WEB;
        lines[i].started = !pthread_create(&lines[i].thread, NULL, line_run, &lines[i]);
        result = lines[i].started ? ERR_OK : fail(ERR_BUSY, "no thread for a channel");
    }
    if (result == ERR_OK)
        tick_until_stopped(keyring, ask->stop);
    for (size_t i = 0; i < ask->count; i++)
        if (lines[i].started) {
            shutdown(lines[i].fd, SHUT_RD); /* ends the wait for a request, not the answer under way */
            pthread_join(lines[i].thread, NULL);
        }
    free(lines);
    return result;
}
