/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/judge.h"

#include "guard/links.h"

#include <fcntl.h>

/* What one attempt is made of; the rules ask for it piece by piece. */
struct attempting {
    const struct judge_ask *ask;
    struct judgement *out;
    int fd;
    struct file *file;
    str_t script, interpreter;
    size_t own_name; /* the place of the program's own name among the call's arguments */
    bool probing;    /* nobody's launch: what is asked of the process is noted, and not looked up */
    bool script_is_foreign, as_called;
    bool foreign;    /* a rule may have looked at the name of something that has none here */
    bool on_process; /* a rule looked at something that another launch of the file may not share */
};

/* Facts */

static bool path_get(const struct judge_ask *ask, struct judgement *out)
{
    if (!out->called)
        out->called =
            (ask->running ? call_made(ask->tid, &out->call) : call_pending(ask->tid, &out->call)) == ERR_OK;
    return out->called;
}

static bool call_get(const struct judge_ask *ask, struct judgement *out)
{
    bool got = path_get(ask, out);
    if (got)
        call_arguments(&out->call);
    return got;
}

/* The program that launches is what the process itself runs until the call succeeds. */
static void ancestors_get(const struct judge_ask *ask, struct judgement *out)
{
    struct process process = out->process;
    char path[FILE_PATH];
    pid_t pid = ask->running ? process.parent : process.pid;
    for (out->ancestor_count = 0; pid > 0 && out->ancestor_count < ANCESTORS;) {
        size_t i = out->ancestor_count++;
        out->foreign_ancestor[i] = !facts_program(ask->facts, pid, path);
        snprintf(out->ancestor_paths[i], sizeof out->ancestor_paths[i], "%.*s", ANCESTOR_PATH - 1, path);
        if (process_read(pid, &process) != ERR_OK)
            return;
        pid = process.parent;
    }
}

/* What of the arguments is past the room is left out: a pattern does not match what it cannot see. */
static bool args_get(struct attempting *one, str_t *out_joined)
{
    struct judgement *out = one->out;
    if (!call_get(one->ask, out))
        return false;
    out->args_len = 0;
    for (size_t i = one->own_name + 1; i < out->call.count; i++) {
        str_t arg = out->call.args[i];
        if (arg.len + 1 > ARGS_TEXT - out->args_len)
            break;
        memcpy(out->args + out->args_len, arg.at, arg.len);
        out->args[out->args_len + arg.len] = '\0';
        out->args_len += arg.len + 1;
    }
    memcpy(out->joined, out->args, out->args_len);
    for (size_t i = 0; i + 1 < out->args_len; i++)
        if (!out->joined[i])
            out->joined[i] = ' ';
    *out_joined = str_bytes(out->joined, out->args_len ? out->args_len - 1 : 0);
    return true;
}

static void learn_of_file(struct attempt *attempt, struct attempting *one, enum fact fact)
{
    facts_learn(one->ask->facts, one->fd, fact, one->file);
    if (fact == FACT_PACKAGE && one->ask->order->asks_state)
        facts_learn(one->ask->facts, one->fd, FACT_STATE, one->file);
    memcpy(attempt->sha256, one->file->sha256, DIGEST_SIZE);
    attempt->package = str(one->file->package);
    attempt->state = one->file->state;
    attempt->trusted = one->file->trusted;
    attempt->known |= one->file->known & fact;
}

/* What has no name here matches no path, unless it is looked at as it was called. */
static str_t name_of(struct attempting *one, str_t path, bool foreign)
{
    one->foreign = one->foreign || foreign;
    return foreign && !one->as_called ? (str_t){0} : path;
}

static void ancestors_learn(struct attempt *attempt, struct attempting *one)
{
    struct judgement *out = one->out;
    if (!out->ancestor_count)
        ancestors_get(one->ask, out);
    for (size_t i = 0; i < out->ancestor_count; i++)
        out->ancestors[i] = name_of(one, str(out->ancestor_paths[i]), out->foreign_ancestor[i]);
    attempt->ancestors = out->ancestors;
    attempt->ancestor_count = out->ancestor_count;
}

static void learn_of_process(struct attempt *attempt, struct attempting *one, enum fact fact)
{
    bool known = true;
    one->on_process = true;
    if (one->probing)
        return;
    if (fact == FACT_PARENT)
        ancestors_learn(attempt, one);
    if (fact == FACT_SCRIPT) {
        attempt->script = name_of(one, one->script, one->script_is_foreign);
        attempt->interpreter = one->interpreter;
    }
    if (fact == FACT_ARGS)
        known = args_get(one, &attempt->args);
    attempt->known |= known ? fact : 0;
}

static void home_learn(struct attempt *attempt, const struct attempting *one)
{
    attempt->home = names_home(one->ask->order->names, attempt->uid);
    attempt->known |= attempt->home.len ? FACT_HOME : 0;
}

static void learn(struct attempt *attempt, enum fact fact)
{
    struct attempting *one = attempt->with;
    if (fact == FACT_HOME)
        home_learn(attempt, one);
    else if (fact == FACT_SHA256 || fact == FACT_PACKAGE || fact == FACT_TRUST)
        learn_of_file(attempt, one, fact);
    else
        learn_of_process(attempt, one, fact);
}

static void decide_for(struct attempting *one, uid_t uid, struct verdict *out_verdict)
{
    str_t path = name_of(one, file_path(one->file), one->file->foreign);
    struct attempt attempt = {.uid = uid, .path = path, .learn = learn, .with = one};
    rules_decide(one->ask->order->rules, &attempt, out_verdict);
}

/* Whether it is the same for everybody */

static bool is_same(const struct verdict *a, const struct verdict *b)
{
    return a->decision == b->decision && a->rule == b->rule && a->record == b->record;
}

static bool is_for_everybody(struct attempting *one, struct verdict *out_verdict)
{
    const uid_t *uids;
    struct verdict other = {0};
    bool same = true;
    const struct order *order = one->ask->order;
    size_t count = names_uids(order->names, &uids);
    if (!rules_ask_who(order->rules))
        count = 1;
    one->probing = true;
    for (size_t i = 0; i < count && same && !one->on_process; i++) {
        decide_for(one, uids[i], i ? &other : out_verdict);
        same = !i || is_same(out_verdict, &other);
    }
    one->probing = false;
    return same && !one->on_process && out_verdict->decision != DECISION_DENY &&
           !(out_verdict->record & (FACT_ARGS | FACT_SHA256));
}

/* Deciding */

static void verdict_take(struct judgement *out, const struct verdict *verdict)
{
    out->decision = verdict->decision;
    out->rule = verdict->rule;
    out->record = verdict->record;
}

static void verdict_take_stricter(struct judgement *out, const struct verdict *verdict)
{
    if (verdict->decision == DECISION_DENY && out->decision != DECISION_DENY)
        verdict_take(out, verdict);
}

/* What there is to know of the process while it waits; and only what the record may hold. */
static void record_begin(struct attempting *one)
{
    struct judgement *out = one->out;
    str_t joined;
    if (out->record & FACT_PARENT)
        facts_program(one->ask->facts, one->ask->running ? out->process.parent : out->process.pid,
                      out->parent);
    if (out->record & FACT_ARGS && !out->args_len)
        args_get(one, &joined);
}

/* A file is what it is under each of its names: one that is forbidden under another name is forbidden. */
static void name_judge(void *with, const char *path)
{
    struct attempting *one = with;
    struct file *file = one->file;
    struct verdict verdict;
    char called[FILE_PATH];
    bool foreign = file->foreign;
    snprintf(called, sizeof called, "%s", file->path);
    snprintf(file->path, sizeof file->path, "%s", path);
    file->foreign = false;
    decide_for(one, one->out->process.uid, &verdict);
    snprintf(file->path, sizeof file->path, "%s", called);
    file->foreign = foreign;
    verdict_take_stricter(one->out, &verdict);
}

/* What is called by a name that is none here may be forbidden by that name, and is allowed nothing by it. */
static void called_judge(struct attempting *one)
{
    struct verdict verdict;
    one->as_called = true;
    decide_for(one, one->out->process.uid, &verdict);
    one->as_called = false;
    verdict_take_stricter(one->out, &verdict);
}

static void names_judge(struct attempting *one)
{
    const struct order *order = one->ask->order;
    if (!order->refuses)
        return;
    if (one->foreign)
        called_judge(one);
    if (one->file->links > 1 || one->file->foreign)
        links_find(&(struct links_ask){order->rules, order->names, one->file}, name_judge, one);
    facts_names(one->ask->facts, one->file, name_judge, one);
}

static void judge_file(struct attempting *one)
{
    struct verdict verdict;
    decide_for(one, one->out->process.uid, &verdict);
    verdict_take(one->out, &verdict);
    names_judge(one);
}

/* The script as if it were called: what is forbidden there is forbidden here. */
static void judge_script(struct attempting *program, int fd)
{
    struct judgement *out = program->out;
    struct verdict verdict;
    struct attempting script = {.ask = program->ask,
                                .out = out,
                                .fd = fd,
                                .file = &out->other,
                                .script = str(out->script),
                                .script_is_foreign = out->other.foreign,
                                .interpreter = file_path(&out->file),
                                .own_name = program->own_name};
    decide_for(&script, out->process.uid, &verdict);
    verdict_take_stricter(out, &verdict);
    names_judge(&script);
}

/* Interpreters and loaders */

static bool is_asked_about(const struct judge_ask *ask, int fd)
{
    struct stat about;
    return fd > 0 && fstat(fd, &about) == 0 && about.st_dev == ask->seen->device &&
           about.st_ino == ask->seen->number;
}

/* A regular file that the caller finds under this name, and what is known of it. */
static bool file_named(struct attempting *one, const char *name, int *out_fd)
{
    struct seen seen;
    int fd = call_open(&one->out->call, name);
    if (fd > 0 && facts_see(fd, &seen) && S_ISREG(seen.mode) &&
        facts_find(one->ask->facts, &seen, one->ask->tid, &one->out->other) == ERR_OK) {
        *out_fd = fd;
        return true;
    }
    if (fd > 0)
        close(fd);
    return false;
}

static void judge_interpreter(struct attempting *one, const char *known_as)
{
    struct judgement *out = one->out;
    const struct call *call = &out->call;
    size_t from = one->own_name;
    OWN(fd) called = one->ask->running || from ? 0 : call_open(call, call->path);
    OWN(fd) script = 0;
    bool beneath = called > 0 && !is_asked_about(one->ask, called);
    size_t at = beneath ? 0 : script_target(str(known_as), call->args + from, call->count - from);
    const char *name = beneath ? call->path : at ? call->args[from + at].at : NULL;
    if (name && file_named(one, name, &script))
        snprintf(out->script, sizeof out->script, "%s", out->other.path);
    one->script = str(out->script);
    one->script_is_foreign = *out->script && out->other.foreign;
    one->interpreter = *out->script ? file_path(&out->file) : (str_t){0};
    judge_file(one);
    if (*out->script)
        judge_script(one, script);
    record_begin(one);
}

static const char *interpreter_name(struct attempting *one)
{
    if (one->file->look.kind == KIND_INTERPRETER)
        return one->file->path;
    return one->file->look.kind == KIND_PROGRAM ? facts_copied(one->ask->facts, one->fd, one->file) : NULL;
}

static void judge_program(struct attempting *one)
{
    const char *known_as = one->ask->order->refuses ? interpreter_name(one) : NULL;
    if (known_as && call_get(one->ask, one->out)) {
        judge_interpreter(one, known_as);
        return;
    }
    one->out->is_script = one->file->look.kind == KIND_SCRIPT;
    if (one->out->is_script) {
        snprintf(one->out->script, sizeof one->out->script, "%s", one->file->path);
        one->script = str(one->out->script);
        one->script_is_foreign = one->file->foreign;
        one->interpreter = str(one->file->look.interpreter);
    }
    judge_file(one);
    record_begin(one);
}

/* What calls itself a loader is believed where nobody but root could have put it: of any other only its maker knows what it
 * does with its arguments. */
static bool is_believed(const struct judge_ask *ask, struct file *loader)
{
    if (!loader->rooted)
        facts_learn(ask->facts, ask->seen->fd, FACT_TRUST, loader);
    return loader->rooted;
}

static void target_leave(struct judgement *out)
{
    if (out->target > 0)
        close(out->target);
    out->target = 0;
}

/* As itself, after what it says that it runs may go on: a program as any other. */
static void judge_stranger(struct attempting *one, const struct file *loader)
{
    struct judgement *out = one->out;
    target_leave(out);
    out->file = *loader;
    out->script[0] = '\0';
    out->args_len = 0;
    *one = (struct attempting){.ask = one->ask, .out = out, .fd = one->ask->seen->fd, .file = &out->file};
    judge_file(one);
    record_begin(one);
}

static void judge_loader(struct attempting *one)
{
    struct judgement *out = one->out;
    const struct call *call = &out->call;
    const struct file loader = out->file;
    bool believed = is_believed(one->ask, &out->file);
    size_t at = call_get(one->ask, out) ? loader_target(call->args, call->count) : 0;
    if (at && file_named(one, call->args[at].at, &out->target)) {
        out->file = out->other;
        one->fd = out->target;
        one->own_name = at;
    }
    judge_program(one);
    if (!believed && out->target > 0 && out->decision != DECISION_DENY)
        judge_stranger(one, &loader);
}

/* Opened for a program that names it: that one is judged by itself. Known from the call's path alone, since this is asked
 * for every launch. */
static bool is_beneath(const struct judge_ask *ask, struct judgement *out)
{
    if (ask->running || !path_get(ask, out))
        return false;
    OWN(fd) called = call_open(&out->call, out->call.path);
    return called > 0 && !is_asked_about(ask, called);
}

static bool has_more_to_judge(struct attempting *one)
{
    return one->file->links > 1 || facts_names(one->ask->facts, one->file, NULL, NULL) ||
           interpreter_name(one);
}

/* Then nothing has to be known of who launches it. */
static bool is_settled(struct attempting *one)
{
    const struct order *order = one->ask->order;
    const struct file *file = one->file;
    struct verdict verdict = {0};
    if (one->ask->running || file->look.kind == KIND_LOADER || file->look.kind == KIND_SCRIPT ||
        file->foreign || (order->refuses && has_more_to_judge(one)) || !is_for_everybody(one, &verdict))
        return false;
    verdict_take(one->out, &verdict);
    return true;
}

/* The same, of a loader that is believed: then nothing else has to be known. */
static bool is_roots_beneath(const struct judge_ask *ask, struct judgement *out)
{
    out->decision = DECISION_ALLOW;
    out->record = 0;
    return ask->order->refuses && facts_is_roots_loader(ask->facts, ask->seen) && is_beneath(ask, out);
}

static err_t process_get(const struct judge_ask *ask, struct process *out_process)
{
    TRY(process_read(ask->tid, out_process));
    out_process->uid = names_behind(ask->order->names, out_process->uid);
    return ERR_OK;
}

/* One that is not believed is a program that is run with each that names it, and no launch of its own. */
static err_t judge_beneath(struct attempting *one)
{
    struct judgement *out = one->out;
    out->decision = DECISION_ALLOW;
    out->record = 0;
    out->everybody = !one->ask->order->refuses;
    if (out->everybody || is_believed(one->ask, &out->file))
        return ERR_OK;
    TRY(process_get(one->ask, &out->process));
    judge_program(one);
    out->beneath = out->decision != DECISION_DENY;
    out->record = out->beneath ? 0 : out->record;
    return ERR_OK;
}

err_t judge(const struct judge_ask *ask, struct judgement *out)
{
    struct attempting one = {.ask = ask, .out = out, .fd = ask->seen->fd, .file = &out->file};
    out->is_script = out->called = out->everybody = false;
    out->target = 0;
    out->ancestor_count = 0;
    out->script[0] = out->parent[0] = '\0';
    out->args_len = 0;
    if ((out->beneath = is_roots_beneath(ask, out)))
        return ERR_OK;
    TRY(facts_find(ask->facts, ask->seen, ask->tid, &out->file));
    if ((out->beneath = out->file.look.kind == KIND_LOADER && is_beneath(ask, out)))
        return judge_beneath(&one);
    if ((out->everybody = is_settled(&one)))
        return ERR_OK;
    TRY(process_get(ask, &out->process));
    if (out->file.look.kind == KIND_LOADER)
        judge_loader(&one);
    else
        judge_program(&one);
    return ERR_OK;
}

void judge_rest(const struct judge_ask *ask, struct judgement *out)
{
    OWN(fd) target = give(out->target);
    int fd = target > 0 ? target : ask->seen->fd;
    if (out->record & FACT_SHA256)
        facts_learn(ask->facts, fd, FACT_SHA256, &out->file);
    if (out->record & FACT_PACKAGE)
        facts_learn(ask->facts, fd, FACT_PACKAGE, &out->file);
}

/* Facts of the file that were found out before, and those that its path tells. */
static void recall(struct attempt *attempt, enum fact fact)
{
    const struct attempting *one = attempt->with;
    struct file *file = one->file;
    if (fact == FACT_HOME)
        home_learn(attempt, one);
    if (fact == FACT_PACKAGE || fact == FACT_TRUST)
        facts_learn(one->ask->facts, -1, fact, file);
    memcpy(attempt->sha256, file->sha256, DIGEST_SIZE);
    attempt->package = str(file->package);
    attempt->state = file->state;
    attempt->trusted = file->trusted;
    attempt->known |= file->known & fact;
}

void judge_file_of(const struct judge_ask *ask, uid_t uid, struct judgement *judgement)
{
    struct attempting one = {.ask = ask, .out = judgement, .file = &judgement->file};
    str_t path = name_of(&one, file_path(one.file), one.file->foreign);
    struct attempt attempt = {.uid = uid, .path = path, .learn = recall, .with = &one}, called = attempt;
    struct verdict verdict;
    rules_decide(ask->order->rules, &attempt, &verdict);
    verdict_take(judgement, &verdict);
    if (one.foreign) {
        called.path = file_path(one.file);
        rules_decide(ask->order->rules, &called, &verdict);
        verdict_take_stricter(judgement, &verdict);
    }
    if (judgement->record & FACT_PACKAGE)
        facts_learn(ask->facts, -1, FACT_PACKAGE, one.file);
}
