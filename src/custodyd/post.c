/* SPDX-License-Identifier: Apache-2.0 */
#include "custodyd/post.h"

#include "notify/mail.h"
#include <poll.h>

enum {
    TURN_MS = 1000,
    TELL_MS = 60 * 1000,
    TURN_MEMORY = 8 * 1024 * 1024,
    MAIL_MAX = 8192,
    TROUBLE_MAX = 200
};

err_t jobs_ask_keys(struct jobs *jobs, const struct question *question, arena_t *arena, void *out_answer)
{
    pthread_mutex_lock(&jobs->lock);
    err_t result = keys_ask(jobs->channel, question, arena, out_answer);
    pthread_mutex_unlock(&jobs->lock);
    return result;
}

void jobs_tell(struct jobs *jobs, moment_t *told)
{
    moment_t now = jobs->env->boot(jobs->env);
    if (*told && now - *told < TELL_MS)
        return;
    *told = now;
    fprintf(stderr, "jobs: %s\n", err_note());
}

/* Whoever reads it has it to itself: the others find nothing to do. */
static void woken(const struct jobs *jobs, bool is)
{
    uint64_t times = 0;
    ssize_t got = is ? read(jobs->wake, &times, sizeof times) : 0;
    (void)got;
}

static void *errand_run(void *with)
{
    struct errand *errand = with;
    moment_t told = 0;
    struct pollfd watched[] = {{.fd = errand->jobs->stop, .events = POLLIN},
                               {.fd = errand->jobs->wake, .events = POLLIN}};
    nfds_t count = errand->wakes && errand->jobs->wake ? 2 : 1;
    while (poll(watched, count, errand->every_ms ? errand->every_ms : TURN_MS) <= 0 || !watched[0].revents) {
        woken(errand->jobs, count == 2 && watched[1].revents);
        OWN(arena) arena = ARENA(TURN_MEMORY);
        if (errand->run(errand->jobs, &arena) != ERR_OK && poll(watched, 1, 0) <= 0)
            jobs_tell(errand->jobs, &told);
    }
    return NULL;
}

err_t errand_begin(struct errand *errand)
{
    errand->begun = pthread_create(&errand->thread, NULL, errand_run, errand) == 0;
    return errand->begun ? ERR_OK : fail(ERR_BUSY, "no thread for what goes out");
}

void errand_end(struct errand *errand)
{
    if (errand->begun)
        pthread_join(errand->thread, NULL);
    errand->begun = false;
}

static err_t notice_mail(struct jobs *jobs, const Keys__Notice *notice)
{
    OWN(buf) text = BUF(MAIL_MAX);
    struct mail mail = {.count = notice->count,
                        .link = str(notice->link),
                        .to = str(notice->address),
                        .from = str(jobs->from),
                        .console = jobs->console,
                        .now = jobs->env->now(jobs->env)};
    TRY(ident_from(str_bytes(notice->id.data, notice->id.len), &mail.id));
    TRY(notice_find(str(notice->kind), &mail.kind));
    TRY(mail_put(&mail, &text));
    return send_mail(jobs->sending, jobs->relay, &(struct letter){mail.from, mail.to, buf_str(&text)});
}

err_t notice_tell(struct jobs *jobs, const struct notice_end *end, arena_t *arena)
{
    Keys__NoticeOutcome in = KEYS__NOTICE_OUTCOME__INIT;
    Keys__None *none = NULL;
    char trouble[TROUBLE_MAX];
    in.id = end->notice->id;
    if (end->result == ERR_OK)
        return jobs_ask_keys(jobs, &(struct question){end->taken, &in}, arena, &none);
    snprintf(trouble, sizeof trouble, "%s", err_note());
    in.trouble = trouble;
    in.gone = end->gone;
    return jobs_ask_keys(jobs, &(struct question){ASK_notice_put_off, &in}, arena, &none);
}

/* One that waits for the service to start again is not put off for it. */
static err_t notice_send(struct jobs *jobs, const Keys__Notice *notice, arena_t *arena)
{
    struct pollfd stop = {.fd = jobs->stop, .events = POLLIN};
    err_t sent = notice_mail(jobs, notice);
    if (sent != ERR_OK && poll(&stop, 1, 0) > 0)
        return ERR_OK;
    return notice_tell(jobs, &(struct notice_end){notice, ASK_notice_sent, sent, false}, arena);
}

err_t notices_send(struct jobs *jobs, arena_t *arena)
{
    const Keys__None in = KEYS__NONE__INIT;
    Keys__Notices *due = NULL;
    TRY(jobs_ask_keys(jobs, &(struct question){ASK_notice_due, &in}, arena, &due));
    for (size_t i = 0; i < due->n_items; i++)
        TRY(notice_send(jobs, due->items[i], arena));
    return ERR_OK;
}
