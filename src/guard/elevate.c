/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/elevate.h"

#include "base/limits.h"

enum { TEXTS_MAX = 64 * 1024, ARGS_MAX = 128 * 1024, REASON_MAX = 1024, REASONS_MOST = 32 };

/* A reason that was given holds for the minutes of its rule, for the same command of the same account. */
struct given {
    ident_t account;
    uint8_t command[DIGEST_SIZE];
    moment_t until; /* of the boot clock */
    char reason[REASON_MAX];
};

struct elevate {
    struct elevate_host host;
    struct pending pending;
    struct given given[REASONS_MOST];
    size_t next; /* the place of the next reason */
};

void elevate_drop(struct elevate **elevate)
{
    if (*elevate)
        pending_drop(&(*elevate)->pending);
    free(*elevate);
}

void elevate_reply_drop(struct elevate_reply *reply)
{
    runnable_drop(&reply->runnable);
    buf_drop(&reply->texts);
}

err_t elevate_open(const struct elevate_host *host, struct elevate **out_elevate)
{
    OWN(elevate) elevate = calloc(1, sizeof *elevate);
    if (!elevate)
        return fail(ERR_TOO_LARGE, "no memory");
    elevate->host = *host;
    TRY(pending_open(host->env, host->folder, host->own, &elevate->pending));
    *out_elevate = give(elevate);
    return ERR_OK;
}

/* One question on its way. */
struct turn {
    struct elevate *elevate;
    const struct talk_ask *ask;
    struct elevate_reply *reply;
    struct elevate_law law;
    struct verdict verdict;
    struct elevation asked; /* what an approval of it has to say */
    struct pending_one *one;
    buf_t joined;   /* the arguments with spaces between them */
    char line[256]; /* the first of a script */
    str_t reason;
    char message[256]; /* what is said while it waits */
    pid_t peer;
};
typedef struct turn turn_own;
static void turn_drop(struct turn *turn) { buf_drop(&turn->joined); }

static struct env *env_of(const struct turn *turn) { return turn->elevate->host.env; }

/* What is answered */

static void answer(struct turn *turn, enum talk_say say, const char *message)
{
    struct elevate_reply *reply = turn->reply;
    size_t before = reply->texts.len;
    buf_put(&reply->texts, str(message));
    reply->answer.say = talk_word(say);
    reply->answer.as = turn->verdict.as;
    reply->answer.path = str(reply->runnable.path);
    reply->answer.message = buf_end(&reply->texts) == ERR_OK
                                ? str_bytes(reply->texts.at + before, reply->texts.len - before)
                                : STR("");
}

static void record(const struct turn *turn, bool elevated, const char *why)
{
    const struct elevate_host *host = &turn->elevate->host;
    OWN(buf) hidden = BUF(ARGS_MAX);
    if (!host->record)
        return;
    if (turn->law.rules)
        rules_hide(turn->law.rules, buf_str(&turn->joined), &hidden);
    host->record(host->with, &(struct elevate_event){
                                 .at = env_of(turn)->now(env_of(turn)),
                                 .uid = (uid_t)turn->ask->uid,
                                 .as = turn->verdict.as,
                                 .account = turn->asked.account,
                                 .policy = turn->law.number,
                                 .rule = turn->verdict.rule,
                                 .record = turn->verdict.record,
                                 .elevated = elevated,
                                 .emergency = elevated && turn->ask->emergency,
                                 .path = str(turn->reply->runnable.path),
                                 .args = buf_str(&hidden),
                                 .reason = turn->reason,
                                 .why = why,
                             });
}

/* ERR_DENIED, with a note that whoever typed the command is shown. */
static err_t refuse(const char *why) { return fail(ERR_DENIED, "%s", why); }

/* What the rules are asked */

/* Of a file that names its interpreter; what other programs are given to run is not known. */
static bool script_learn(struct turn *turn, struct attempt *attempt)
{
    ssize_t len = pread(turn->reply->runnable.descriptor, turn->line, sizeof turn->line, 0);
    str_t line = str_bytes(turn->line, len > 0 ? (size_t)len : 0);
    if (!str_starts(line, STR("#!")))
        return false;
    line = str_until(&line, '\n');
    line = str_trim(str_bytes(line.at + 2, line.len - 2));
    attempt->interpreter = str_until(&line, ' ');
    attempt->script = attempt->path;
    return true;
}

/* A fact that cannot be known sets no bit: no condition on it holds. */
static void learn(struct attempt *attempt, enum fact fact)
{
    struct turn *turn = attempt->with;
    const struct elevate_host *host = &turn->elevate->host;
    bool known = false;
    if (fact == FACT_SHA256)
        known = runnable_digest(&turn->reply->runnable, attempt->sha256) == ERR_OK;
    else if (fact == FACT_SCRIPT)
        known = script_learn(turn, attempt);
    else if (fact == FACT_TRUST || fact == FACT_ARGS)
        known = true;
    else if (host->learn)
        host->learn(host->with, turn->peer, attempt, fact);
    attempt->known |= known ? fact : 0;
}

static err_t args_join(struct turn *turn)
{
    str_t rest = turn->ask->args;
    turn->joined = (buf_t)BUF(ARGS_MAX);
    while (rest.len) {
        buf_put(&turn->joined, turn->joined.len ? STR(" ") : STR(""));
        buf_put(&turn->joined, str_until(&rest, 0));
    }
    return buf_end(&turn->joined);
}

static err_t law_check(const struct turn *turn)
{
    if (!turn->law.rules)
        return refuse("no policy is in force: nothing is elevated");
    if (env_of(turn)->now(env_of(turn)) >= turn->law.until)
        return refuse("the policy is past its end: nothing is elevated until a new one arrives");
    return ERR_OK;
}

static err_t rules_ask(struct turn *turn)
{
    struct attempt attempt = {.uid = (uid_t)turn->ask->uid,
                              .path = str(turn->reply->runnable.path),
                              .args = buf_str(&turn->joined),
                              .trusted = turn->reply->runnable.trusted,
                              .learn = learn,
                              .with = turn};
    rules_decide(turn->law.rules, &attempt, &turn->verdict);
    if (turn->verdict.decision != DECISION_ELEVATE)
        return refuse("no rule of the policy lets you run this with other rights");
    if (turn->ask->as_named && turn->ask->as != turn->verdict.as)
        return fail(ERR_DENIED, "the rule for this runs it as account %u", turn->verdict.as);
    if (turn->ask->only_judged && !turn->reply->runnable.trusted)
        return refuse("others than root may change this program: sudo's own policy cannot run it safely");
    return ERR_OK;
}

/* The rules, and what exactly they let run. */
static err_t judge(struct turn *turn)
{
    const struct elevate_host *host = &turn->elevate->host;
    turn->asked = (struct elevation){.tenant = host->tenant, .device = host->device};
    TRY(args_join(turn));
    TRY(law_check(turn));
    turn->asked.policy = turn->law.number;
    if (host->account(host->with, (uid_t)turn->ask->uid, &turn->asked.account) != ERR_OK)
        return refuse("this account is not known to Custody yet");
    TRY(runnable_find(turn->ask->program, turn->ask->cwd, &turn->reply->runnable));
    TRY(rules_ask(turn));
    elevation_command(&(struct elevated){turn->verdict.as, str(turn->reply->runnable.path), turn->ask->args},
                      turn->asked.command);
    return ERR_OK;
}

/* Reasons */

static struct given *given_find(const struct turn *turn)
{
    struct elevate *elevate = turn->elevate;
    moment_t boot = env_of(turn)->boot(env_of(turn));
    for (size_t i = 0; i < REASONS_MOST; i++)
        if (elevate->given[i].until > boot && ident_eq(elevate->given[i].account, turn->asked.account) &&
            !memcmp(elevate->given[i].command, turn->asked.command, DIGEST_SIZE))
            return &elevate->given[i];
    return NULL;
}

static void given_keep(const struct turn *turn)
{
    struct elevate *elevate = turn->elevate;
    struct given *given = &elevate->given[elevate->next++ % REASONS_MOST];
    *given =
        (struct given){.account = turn->asked.account,
                       .until = env_of(turn)->boot(env_of(turn)) + MINUTES((moment_t)turn->verdict.minutes)};
    memcpy(given->command, turn->asked.command, DIGEST_SIZE);
    snprintf(given->reason, sizeof given->reason, "%.*s", STR_ARG(turn->reason));
}

/* `*out_missing`: it has to be asked for. */
static err_t reason_check(struct turn *turn, bool *out_missing)
{
    const struct given *given = given_find(turn);
    turn->reason = turn->ask->reason.len ? turn->ask->reason : given ? str(given->reason) : STR("");
    *out_missing = !turn->reason.len && (turn->verdict.needs & NEED_REASON || turn->ask->emergency);
    if (turn->reason.len >= REASON_MAX || (turn->reason.len && !str_is_utf8(turn->reason)))
        return refuse("a reason is a line of text");
    if (turn->ask->reason.len && turn->verdict.minutes)
        given_keep(turn);
    return ERR_OK;
}

/* Approvals */

static err_t tell(const struct turn *turn, const struct pending_one *one, const char *how)
{
    const struct elevation_asked asked = {
        .id = one->request,
        .account = one->account,
        .policy = (int64_t)one->policy,
        .made = one->made,
        .minutes = (int64_t)turn->verdict.minutes,
        .state = str(how),
        .runs_as = turn->verdict.as,
        .path = str(turn->reply->runnable.path),
        .args = turn->ask->args,
        .reason = turn->reason,
    };
    return pending_tell(&turn->elevate->pending, &asked);
}

/* The digest of a file that others than root may change: an approval is for what was there when it was asked for. */
static err_t program_digest(const struct turn *turn, uint8_t out_sha256[DIGEST_SIZE])
{
    memset(out_sha256, 0, DIGEST_SIZE);
    return turn->reply->runnable.trusted ? ERR_OK : runnable_digest(&turn->reply->runnable, out_sha256);
}

/* What is shown to whoever approves has to be text. */
static err_t text_check(const struct turn *turn)
{
    return str_is_utf8(buf_str(&turn->joined)) || !turn->joined.len
               ? ERR_OK
               : refuse("an argument is not text: nobody could be shown what to approve");
}

static err_t one_make(struct turn *turn)
{
    struct env *env = env_of(turn);
    struct pending_one one = {
        .request = ident_new(env),
        .account = turn->asked.account,
        .policy = turn->asked.policy,
        .made = env->now(env),
        .until = env->now(env) + HOURS(PENDING_HOURS),
    };
    TRY(text_check(turn));
    TRY(program_digest(turn, one.program));
    memcpy(one.command, turn->asked.command, DIGEST_SIZE);
    TRY(pending_add(&turn->elevate->pending, &one, &turn->one));
    TRY(pending_save(&turn->elevate->pending));
    return tell(turn, &one, "open");
}

static err_t one_find(struct turn *turn)
{
    struct pending *pending = &turn->elevate->pending;
    struct pending_one wanted = {.account = turn->asked.account, .policy = turn->asked.policy};
    uint8_t program[DIGEST_SIZE];
    memcpy(wanted.command, turn->asked.command, DIGEST_SIZE);
    TRY(pending_clock(pending));
    turn->one = pending_find(pending, &wanted);
    if (!turn->one)
        TRY(one_make(turn));
    turn->asked.request = turn->one->request;
    TRY(program_digest(turn, program));
    return memcmp(program, turn->one->program, DIGEST_SIZE) == 0
               ? ERR_OK
               : refuse("the program was changed after the approval was asked for");
}

/* From here on it was used; the disk knows before the command does. */
static err_t one_use(struct turn *turn, const struct elevation *given)
{
    struct pending_one *one = turn->one;
    struct env *env = env_of(turn);
    if (!one->arrived) {
        one->arrived = env->now(env);
        one->boot = env->boot(env);
    }
    one->until = given->until;
    one->state = given->once ? PENDING_USED : PENDING_APPROVED;
    if (pending_is_over(&turn->elevate->pending, one))
        return refuse("the approval is past its end: ask again");
    TRY(pending_save(&turn->elevate->pending));
    return tell(turn, one, "used");
}

/* A new one has to be asked for where this one was refused, or gave an approval that is none. */
static err_t one_end(struct turn *turn, const char *why)
{
    struct pending *pending = &turn->elevate->pending;
    turn->one->state = PENDING_USED;
    TRY(pending_save(pending));
    TRY(tell(turn, turn->one, "ended"));
    TRY(pending_end(pending, turn->asked.request));
    return refuse(why);
}

static err_t given_use(struct turn *turn, const struct elevation *given)
{
    struct env *env = env_of(turn);
    TRY(elevation_allows(given, &(struct elevation_use){&turn->asked, env->now(env)}));
    return one_use(turn, given);
}

/* `*out_given` is false where nobody has answered. */
static err_t answer_take(struct turn *turn, bool *out_given)
{
    struct elevation given = {0};
    OWN(buf) text = BUF(MAX_NOTE);
    char why[256];
    err_t read = pending_answer(&turn->elevate->pending, turn->asked.request, &text);
    *out_given = read == ERR_OK;
    if (read != ERR_OK)
        return read == ERR_MISSING ? ERR_OK : read;
    if (str_eq(buf_str(&text), STR("refused\n")))
        return one_end(turn, "it was refused");
    err_t used = elevation_open(buf_str(&text), &turn->elevate->host.signer, &given);
    if (used == ERR_OK)
        used = given_use(turn, &given);
    if (used != ERR_LOCKED && used != ERR_DENIED && used != ERR_INVALID)
        return used;
    snprintf(why, sizeof why, "%s", err_note());
    return one_end(turn, why);
}

/* A code that does not fit ends nothing: it may have been mistyped. */
static err_t code_take(struct turn *turn, bool *out_given)
{
    struct elevation given = turn->asked;
    err_t decoded = elevation_decode(turn->ask->code, &turn->elevate->host.signer, &given);
    *out_given = decoded == ERR_OK;
    if (decoded == ERR_OK)
        return given_use(turn, &given);
    snprintf(turn->message, sizeof turn->message, "%s", err_note());
    if (decoded == ERR_LOCKED)
        record(turn, false, "forged");
    return ERR_OK;
}

static void wait_answer(struct turn *turn)
{
    struct elevate_reply *reply = turn->reply;
    size_t before = reply->texts.len;
    buf_put(&reply->texts, str(ident_text("elv", turn->asked.request).text));
    size_t between = reply->texts.len;
    elevation_spell(&turn->asked, &reply->texts);
    size_t after = reply->texts.len;
    answer(turn, SAY_WAIT, turn->message);
    reply->answer.request = str_bytes(reply->texts.at + before, between - before);
    reply->answer.spelt = str_bytes(reply->texts.at + between, after - between);
    reply->answer.emergency = turn->verdict.emergency;
}

static err_t emergency_take(struct turn *turn)
{
    if (!turn->verdict.emergency)
        return refuse("the policy allows no emergency here");
    turn->one->state = PENDING_USED;
    TRY(pending_save(&turn->elevate->pending));
    return tell(turn, turn->one, "emergency");
}

/* `*out_given`: it may run; else what is missing was answered. */
static err_t approval_check(struct turn *turn, bool *out_given)
{
    *out_given = true;
    if (!(turn->verdict.needs & NEED_APPROVAL))
        return turn->ask->emergency ? refuse("no approval is needed here: it is no emergency") : ERR_OK;
    TRY(one_find(turn));
    if (turn->ask->emergency)
        return emergency_take(turn);
    if (turn->ask->code.len)
        TRY(code_take(turn, out_given));
    else
        TRY(answer_take(turn, out_given));
    if (!*out_given)
        wait_answer(turn);
    return ERR_OK;
}

static err_t turn_take(struct turn *turn)
{
    bool missing = false, given = false;
    TRY(judge(turn));
    TRY(reason_check(turn, &missing));
    if (missing) {
        answer(turn, SAY_REASON, "");
        return ERR_OK;
    }
    TRY(approval_check(turn, &given));
    if (!given)
        return ERR_OK;
    record(turn, true, "");
    answer(turn, SAY_RUN, turn->ask->emergency ? "it runs as an emergency: that is marked, and told" : "");
    return ERR_OK;
}

void elevate_answer(struct elevate *elevate, const struct talk_ask *ask, pid_t peer,
                    struct elevate_reply *out_reply)
{
    OWN(turn) turn = {.elevate = elevate, .ask = ask, .reply = out_reply, .peer = peer};
    *out_reply = (struct elevate_reply){.texts = BUF(TEXTS_MAX)};
    elevate->host.law(elevate->host.with, &turn.law);
    err_t taken = turn_take(&turn);
    if (taken != ERR_OK) {
        snprintf(turn.message, sizeof turn.message, "%s", err_note());
        record(&turn, false, err_info(taken)->name);
        answer(&turn, SAY_REFUSED, turn.message);
    }
    elevate->host.law_end(elevate->host.with);
}
