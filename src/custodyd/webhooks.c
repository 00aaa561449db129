/* SPDX-License-Identifier: Apache-2.0 */
#include "custodyd/post.h"

#include "notify/hook.h"
#include <poll.h>
#include <stdatomic.h>

enum {
    AT_ONCE =
        8, /* receivers that are posted to beside each other: one that hangs holds up nobody but itself */
    ROUNDS = 32,
    BODY_MAX = 4096,
    HEADER_MAX = 512,
    POST_MEMORY = 1024 * 1024,
    GONE = 410
};

/* One round: what is due, and who takes the next of it. */
struct round {
    struct jobs *jobs;
    const Keys__Notices *due;
    atomic_size_t next;
    pthread_mutex_t lock; /* of what follows */
    err_t result;         /* of who failed to tell what became of one, with its note */
    char note[200];
};

static bool is_stopping(const struct jobs *jobs)
{
    struct pollfd stop = {.fd = jobs->stop, .events = POLLIN};
    return poll(&stop, 1, 0) > 0;
}

static err_t body_make(const struct jobs *jobs, const Keys__Notice *notice, ident_text_t *out_id,
                       buf_t *out_body)
{
    struct hook hook = {
        .count = notice->count, .link = str(notice->link), .console = jobs->console, .made = notice->made};
    TRY(ident_from(str_bytes(notice->id.data, notice->id.len), &hook.id));
    TRY(notice_find(str(notice->kind), &hook.kind));
    *out_id = ident_text("ntc", hook.id);
    return hook_put(&hook, out_body);
}

/* The moment is the signature's, made last before it goes. */
static err_t notice_post(struct jobs *jobs, const Keys__Notice *notice, arena_t *arena, int *out_status)
{
    Keys__WebhookSign in = KEYS__WEBHOOK_SIGN__INIT;
    Keys__WebhookSigned *by = NULL;
    OWN(buf) body = BUF(BODY_MAX);
    OWN(answer) answer = {0};
    struct reach to;
    ident_text_t id;
    char lines[3][HEADER_MAX];
    TRY(reach_read(str(notice->address), &to));
    TRY(reach_judge(&to, &jobs->webhooks));
    TRY(body_make(jobs, notice, &id, &body));
    in.id = notice->id;
    in.body = body.at;
    TRY(jobs_ask_keys(jobs, &(struct question){ASK_webhook_sign, &in}, arena, &by));
    snprintf(lines[0], sizeof lines[0], "webhook-id: %s", id.text);
    snprintf(lines[1], sizeof lines[1], "webhook-timestamp: %lld", (long long)(by->at / 1000));
    snprintf(lines[2], sizeof lines[2], "webhook-signature: %s", by->signatures);
    const char *const headers[] = {"Content-Type: application/json", lines[0], lines[1], lines[2], NULL};
    TRY(send_post(jobs->posting, &to, &(struct post){buf_str(&body), headers, .unread = true}, &answer));
    *out_status = answer.status;
    return answer.status >= 200 && answer.status < 300 ? ERR_OK
                                                       : fail(ERR_DENIED, "refused with %d", answer.status);
}

/* A crash between the receiver's answer and this word posts the notice again, under the same id. */
static err_t notice_settle(struct jobs *jobs, const Keys__Notice *notice, arena_t *arena)
{
    int status = 0;
    err_t posted = notice_post(jobs, notice, arena, &status);
    if (posted != ERR_OK && is_stopping(jobs))
        return ERR_OK;
    return notice_tell(jobs, &(struct notice_end){notice, ASK_notice_delivered, posted, status == GONE},
                       arena);
}

static void *round_take(void *with)
{
    struct round *round = with;
    for (size_t i; (i = atomic_fetch_add(&round->next, 1)) < round->due->n_items;) {
        OWN(arena) arena = ARENA(POST_MEMORY);
        err_t settled = notice_settle(round->jobs, round->due->items[i], &arena);
        if (settled == ERR_OK)
            continue;
        pthread_mutex_lock(&round->lock);
        round->result = settled;
        snprintf(round->note, sizeof round->note, "%s", err_note());
        pthread_mutex_unlock(&round->lock);
    }
    return NULL;
}

static err_t round_run(struct round *round)
{
    pthread_t threads[AT_ONCE];
    size_t begun = 0, wanted = round->due->n_items < AT_ONCE ? round->due->n_items : AT_ONCE;
    while (begun + 1 < wanted && !pthread_create(&threads[begun], NULL, round_take, round))
        begun++;
    round_take(round);
    for (size_t i = 0; i < begun; i++)
        pthread_join(threads[i], NULL);
    return round->result == ERR_OK ? ERR_OK : fail(round->result, "%s", round->note);
}

/* One notice a receiver and round, so that many that wait for one do not wait a turn each. */
err_t webhooks_post(struct jobs *jobs, arena_t *arena)
{
    const Keys__None in = KEYS__NONE__INIT;
    for (int i = 0; i < ROUNDS && !is_stopping(jobs); i++) {
        Keys__Notices *due = NULL;
        TRY(jobs_ask_keys(jobs, &(struct question){ASK_webhook_due, &in}, arena, &due));
        if (!due->n_items)
            return ERR_OK;
        TRY(round_run(&(struct round){.jobs = jobs, .due = due, .lock = PTHREAD_MUTEX_INITIALIZER}));
    }
    return ERR_OK;
}
