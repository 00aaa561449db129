/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/work.h"

#include "guard/answer.h"
#include "guard/folder.h"
#include "guard/law.h"
#include "guard/rights.h"
#include "guard/trail.h"

#include <malloc.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/stat.h>

enum {
    TURN_QUICK_MS = 10,
    TURN_MS = 50,
    LAST_MS = 2,
    TURN_MOST_MS = 30 * 1000,
    LOOK_MS = 250,
    KNOWN_MS = 60 * 1000,
    OUT_MS = 60 * 1000,
    KNOWN_MEMORY = 32 * 1024 * 1024,
    LARGE = 256 * 1024
};

struct worker {
    const struct work_ask *ask;
    struct law law;
    struct orders orders;
    struct facts *facts;
    struct expected *expected;
    struct answering *answering;
    struct marks marks;
    struct trail *trail;
    struct rights *rights;
    atomic_bool off;
    _Atomic int64_t turned;
    int64_t looked, known, handed;
    uint64_t lost, late;
    struct packages_count packages; /* as it was told of last */
};

static void say(const struct worker *worker, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void say(const struct worker *worker, const char *format, ...)
{
    char line[512];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    worker->ask->guard->say(line);
}

static int64_t now_ms(void) { return heard_now() / 1000000; }

/* What is in force */

static err_t names_get(struct worker *worker, struct names **out_names)
{
    OWN(arena) arena = ARENA(KNOWN_MEMORY);
    struct guard_known known = {.people_from = 1000, .people_to = 60000};
    const struct guard_ask *guard = worker->ask->guard;
    TRY(guard->known(guard->with, &arena, &known));
    TRY(names_read("", known.accounts, known.count, out_names));
    names_people(*out_names, known.people_from, known.people_to);
    atomic_store(&worker->off, known.off);
    worker->known = now_ms();
    return ERR_OK;
}

static err_t order_set(struct worker *worker, struct rules *rules, struct names *names)
{
    OWN(rules) kept_rules = rules;
    OWN(names) kept_names = names;
    struct order *order = NULL;
    TRY(order_make(rules, names, worker->ask->guard->device, &order));
    kept_rules = NULL;
    kept_names = NULL;
    order->number = worker->law.number;
    order->until = worker->law.until;
    order_replace(&worker->orders, order);
    if (worker->answering)
        answering_forget(worker->answering);
    return ERR_OK;
}

static err_t order_begin(struct worker *worker)
{
    OWN(names) names = NULL;
    OWN(rules) rules = NULL;
    TRY(names_get(worker, &names));
    TRY(law_begin(&worker->law, &rules));
    return order_set(worker, give(rules), give(names));
}

/* Rules are bound to names: new names need rules of their own. */
static void names_look(struct worker *worker)
{
    struct order *order = order_take(&worker->orders);
    bool old = names_are_old(order->names) || now_ms() - worker->known > KNOWN_MS;
    order_leave(order);
    if (old && order_begin(worker) != ERR_OK)
        worker->known = now_ms(); /* all stays as it is; tried again in a minute */
}

static void trouble_say(const struct worker *worker)
{
    enum policy_trouble trouble = worker->law.trouble;
    if (trouble == POLICY_SIGNER)
        say(worker,
            "the agent's folder names another signing key: the one that was pinned is obeyed; if that was meant to "
            "change, stop the guard and give it --forget");
    else if (trouble != POLICY_NONE)
        say(worker, "a policy that arrived is refused: %s", policy_trouble_word(trouble));
}

static void law_show(struct worker *worker)
{
    if (law_tell(&worker->law) != ERR_OK)
        say(worker, "%s", err_note());
}

/* A policy ends, and a clock that is put back takes that back, without anything arriving. */
static void law_end_look(struct worker *worker)
{
    if (law_is_told(&worker->law))
        return;
    law_show(worker);
    if (!law_is_told(&worker->law))
        return;
    say(worker, "policy %llu is %s: what it forbids stays forbidden, and %s",
        (unsigned long long)worker->law.number, worker->law.told_over ? "past its end" : "in force again",
        worker->law.told_over ? "nothing is elevated any more" : "it elevates");
}

/* A group of a name service is none to the guard: whoever reads its output hears of it. */
struct groups_look {
    const struct worker *worker;
    const struct names *names;
    str_t said;
};

static void group_look(void *with, str_t group)
{
    struct groups_look *look = with;
    if (names_has_group(look->names, group) || str_eq(group, look->said))
        return;
    say(look->worker,
        "the rules name the group %.*s, of which /etc/group has nobody here: it matches no account",
        STR_ARG(group));
    look->said = group;
}

static void groups_say(struct worker *worker)
{
    struct order *order = order_take(&worker->orders);
    rules_groups(order->rules, group_look, &(struct groups_look){worker, order->names, {0}});
    order_leave(order);
}

static void law_look(struct worker *worker)
{
    OWN(rules) rules = NULL;
    OWN(names) names = NULL;
    enum policy_trouble before = worker->law.trouble;
    law_end_look(worker);
    if (!law_has_moved(&worker->law))
        return;
    if (names_get(worker, &names) != ERR_OK)
        return;
    law_take(&worker->law, names, &rules);
    if (rules && order_set(worker, give(rules), give(names)) == ERR_OK) {
        say(worker, "policy %llu is in force", (unsigned long long)worker->law.number);
        groups_say(worker);
    }
    if (worker->law.trouble != before)
        trouble_say(worker);
    law_show(worker);
}

/* Turns */

static void counts_tell(struct worker *worker)
{
    OWN(buf) json = BUF(1024);
    const struct work_ask *ask = worker->ask;
    struct signs *signs = ask->signs;
    struct env *env = ask->guard->env;
    buf_putf(
        &json, "{\"began\":\"%s\",\"boot\":%lld,\"ended\":%s,\"worker\":%d,\"restarts\":%llu,\"stops\":%llu",
        moment_text(ask->began).text, (long long)env->boot(env),
        atomic_load(&signs->ending) ? "true" : "false", (int)getpid(),
        (unsigned long long)atomic_load(&signs->restarts), (unsigned long long)atomic_load(&signs->stops));
    buf_putf(&json, ",\"late\":%llu,\"stopped\":%llu,\"lost\":%llu}\n",
             (unsigned long long)atomic_load(&signs->late), (unsigned long long)atomic_load(&signs->stopped),
             (unsigned long long)journal_lost(ask->journal));
    if (buf_end(&json) != ERR_OK ||
        folder_write(env, ask->guard->own->agent, "guard.json", buf_str(&json)) != ERR_OK)
        say(worker, "%s", err_note());
}

static void hand_over(struct worker *worker)
{
    if (journal_hand_over(worker->ask->journal, &worker->ask->guard->out) != ERR_OK)
        say(worker, "launches cannot be handed over: %s", err_note());
    uint64_t lost = journal_lost(worker->ask->journal);
    if (lost != worker->lost)
        say(worker, "%llu launches were lost for want of room", (unsigned long long)(lost - worker->lost));
    worker->lost = lost;
    worker->handed = now_ms();
    counts_tell(worker);
}

/* Of dpkg there is nothing to say: its packages have no signatures. */
static void packages_say(struct worker *worker)
{
    struct packages_count count = facts_packages(worker->facts);
    if (count.cut)
        say(worker, "not all signatures of packages of rpm could be checked: tried again in a minute");
    if (count.broken)
        say(worker, "the database of rpm cannot be read: its packages are none to the rules");
    if (count.unchecked && !worker->packages.unchecked)
        say(worker, "signatures of packages of rpm are not checked: librnp is not installed");
    if (count.rpm && (count.rpm != worker->packages.rpm || count.good != worker->packages.good))
        say(worker, "%zu packages of rpm, %zu of them signed by a key that this machine trusts", count.rpm,
            count.good);
    if (count.bad != worker->packages.bad)
        say(worker,
            "%zu packages of rpm have a signature that does not hold: the state of their files is unknown",
            count.bad);
    worker->packages = count;
}

static void look(struct worker *worker)
{
    if (marks_moved(&worker->marks))
        marks_refresh(&worker->marks);
    if (facts_refresh(worker->facts)) {
        answering_forget(worker->answering);
        packages_say(worker);
    }
    names_look(worker);
    law_look(worker);
    rights_look(&worker->rights, &(struct rights_ask){.env = worker->ask->guard->env,
                                                      .law = &worker->law,
                                                      .orders = &worker->orders,
                                                      .facts = worker->facts,
                                                      .journal = worker->ask->journal,
                                                      .off = &worker->off});
    worker->looked = now_ms();
}

static void turn(struct worker *worker)
{
    atomic_store(&worker->turned, now_ms());
    struct followed followed = trail_follow(worker->trail);
    atomic_fetch_add(&worker->ask->signs->stopped, followed.stopped);
    if (followed.stopped)
        say(worker, "%llu programs were stopped after they had begun", (unsigned long long)followed.stopped);
    if (now_ms() - worker->looked >= LOOK_MS)
        look(worker);
    if (now_ms() - worker->handed >= OUT_MS || journal_is_filling(worker->ask->journal))
        hand_over(worker);
}

static int turn_ms(struct worker *worker)
{
    struct order *order = order_take(&worker->orders);
    int ms = order->refuses ? TURN_QUICK_MS : TURN_MS;
    order_leave(order);
    return ms;
}

/* The sign of life comes from the thread that answers what is late, so that one means the other. A watcher that was stopped
 * is continued. */
static void watcher_look(struct worker *worker)
{
    char path[64], text[512] = "";
    snprintf(path, sizeof path, "/proc/%d/stat", (int)getppid());
    OWN(file) file = fopen(path, "re");
    const char *state = file && fgets(text, sizeof text, file) ? strrchr(text, ')') : NULL;
    if (!state || state[1] != ' ' || (state[2] != 'T' && state[2] != 't'))
        return;
    atomic_fetch_add(&worker->ask->signs->stops, 1);
    say(worker, "the watching process was stopped: it is continued");
    kill(getppid(), SIGCONT);
}

/* Threads that wait for what never comes stay behind. */
static void give_up(const struct worker *worker)
{
    answering_release(answering_group(worker->answering));
    atomic_store(&worker->ask->signs->over, true);
    _exit(err_info(ERR_BROKEN)->exit);
}

static void *watch(void *with)
{
    struct worker *worker = with;
    struct signs *signs = worker->ask->signs;
    for (uint64_t i = 0;; i++) {
        struct answered answered = answering_watch(worker->answering);
        atomic_fetch_add(&signs->late, answered.late - worker->late);
        if (answered.late != worker->late)
            say(worker, "%llu launches could not be judged in time",
                (unsigned long long)(answered.late - worker->late));
        worker->late = answered.late;
        if (answered.stuck || now_ms() - atomic_load(&worker->turned) > TURN_MOST_MS) {
            say(worker, "nothing can be %s any more: begun anew", answered.stuck ? "judged" : "heard");
            give_up(worker);
        }
        atomic_fetch_add(&signs->beats, 1);
        if (i % 20 == 0)
            watcher_look(worker);
        usleep(WATCH_MS * 1000);
    }
    return NULL;
}

/* From here on questions are answered, first for what the marks say. */
static err_t worker_open(struct worker *worker)
{
    const struct work_ask *ask = worker->ask;
    const struct guard_ask *guard = ask->guard;
    pthread_mutex_init(&worker->orders.lock, NULL);
    worker->law = (struct law){.own = guard->own};
    TRY(facts_open("", &worker->facts));
    atomic_store(&ask->signs->opening, false);
    TRY(order_begin(worker));
    TRY(expected_open(&worker->expected));
    TRY(answering_open(&(struct answer_ask){.env = guard->env,
                                            .orders = &worker->orders,
                                            .facts = worker->facts,
                                            .journal = ask->journal,
                                            .expected = worker->expected,
                                            .off = &worker->off},
                       &worker->answering));
    worker->marks = (struct marks){.group = answering_group(worker->answering), .only = guard->only};
    return trail_open(&(struct trail_ask){.env = guard->env,
                                          .ears = ask->ears,
                                          .orders = &worker->orders,
                                          .facts = worker->facts,
                                          .journal = ask->journal,
                                          .expected = worker->expected,
                                          .marks = &worker->marks,
                                          .off = &worker->off},
                      &worker->trail);
}

err_t work(const struct work_ask *ask)
{
    static struct worker worker; /* as long as the process, whose threads use it */
    pthread_t watching;
    worker.ask = ask;
    mallopt(M_MMAP_THRESHOLD, LARGE); /* else the C library learns to keep what lists of packages took */
    signal(SIGIO, SIG_IGN); /* somebody opens to write to it a file that is being looked at (guard/facts.c) */
    TRY(heard_map(ask->ears));
    TRY(worker_open(&worker));
    atomic_store(&ask->signs->group, answering_group(worker.answering));
    atomic_store(&worker.turned, now_ms());
    if (pthread_create(&watching, NULL, watch, &worker) != 0)
        return fail(ERR_BUSY, "no thread to watch with");
    marks_refresh(&worker.marks);
    packages_say(&worker);
    look(&worker);
    law_show(&worker);
    hand_over(&worker);
    say(&worker, "judging launches: %zu file systems, policy %llu", worker.marks.count,
        (unsigned long long)worker.law.number);
    atomic_store(&ask->signs->ready, true);
    while (!atomic_load(&ask->signs->ending)) {
        turn(&worker);
        usleep((useconds_t)turn_ms(&worker) * 1000);
    }
    usleep(LAST_MS * 1000); /* for what began just now */
    turn(&worker);
    counts_tell(&worker);
    if (answering_waits(worker.answering))
        answering_release(answering_group(worker.answering));
    return ERR_OK;
}
