/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/trail.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>

enum { PLACES = 16 * 1024, UNHEARD_NS = 1000000, LOGINS_A_TURN = 256, MISSED_NS = 100 * 1000000 };

/* A program, as long as a process runs it, or was launched by one that did. */
struct program {
    unsigned holders;
    bool condemned; /* refused after it had begun: nor may what it has forked meanwhile go on */
    uint64_t device, number;
    char path[];
};

struct traced {
    struct traced *next;
    pid_t pid, parent;
    uid_t uid, login;
    bool begins; /* and its file was not heard of yet */
    struct program *program, *launcher;
};

struct trail {
    struct trail_ask ask;
    struct traced *places[PLACES];
    struct judgement *judgement;
    struct followed followed;
    unsigned logins; /* looked up this turn */
    bool missed;     /* something was not heard since `looked` */
    int64_t looked;
};

/* Programs */

static void program_leave(struct program *program)
{
    if (program && !--program->holders)
        free(program);
}

static struct program *program_hold(struct program *program)
{
    if (program)
        program->holders++;
    return program;
}

static struct program *program_new(uint64_t device, uint64_t number, const char *path)
{
    size_t len = strlen(path) + 1;
    struct program *program = malloc(sizeof *program + len);
    if (!program)
        return NULL;
    *program = (struct program){.holders = 1, .device = device, .number = number};
    memcpy(program->path, path, len);
    return program;
}

/* Processes */

static struct traced **place_of(struct trail *trail, pid_t pid)
{
    struct traced **at = &trail->places[(size_t)pid % PLACES];
    while (*at && (*at)->pid != pid)
        at = &(*at)->next;
    return at;
}

static void traced_end(struct trail *trail, pid_t pid)
{
    struct traced **at = place_of(trail, pid), *gone = *at;
    if (!gone)
        return;
    *at = gone->next;
    program_leave(gone->program);
    program_leave(gone->launcher);
    free(gone);
}

static struct traced *traced_new(struct trail *trail, pid_t pid)
{
    struct traced **at = place_of(trail, pid);
    if (!*at && (*at = calloc(1, sizeof **at)))
        **at = (struct traced){.pid = pid, .uid = 0, .login = (uid_t)-1};
    return *at;
}

/* What /proc says of a process that was not heard of: it ran before anybody listened. */
static void traced_look(struct traced *one)
{
    struct process process;
    struct stat about;
    char path[FILE_PATH], name[64];
    snprintf(name, sizeof name, "/proc/%d/exe", (int)one->pid);
    if (process_read(one->pid, &process) != ERR_OK)
        return;
    one->parent = process.parent;
    one->uid = process.uid;
    one->login = process_login(one->pid);
    process_program(one->pid, path, sizeof path);
    if (*path && stat(name, &about) == 0) {
        program_leave(one->program);
        one->program = program_new(about.st_dev, about.st_ino, path);
    }
}

static struct traced *traced_get(struct trail *trail, pid_t pid)
{
    struct traced *one = *place_of(trail, pid);
    if (!one && (one = traced_new(trail, pid)))
        traced_look(one);
    return one;
}

/* The process, and not another one that got its number: its program is still the one that was heard of. */
static bool process_stop(pid_t pid, uint64_t number)
{
    char name[64];
    struct stat about;
    snprintf(name, sizeof name, "/proc/%d/exe", (int)pid);
    OWN(fd) process = (int)syscall(SYS_pidfd_open, pid, 0);
    return process > 0 && stat(name, &about) == 0 && about.st_ino == number &&
           syscall(SYS_pidfd_send_signal, process, SIGKILL, NULL, 0) == 0;
}

/* Those that it has forked are ended with it, and those that are heard of later as they are. */
static void family_stop(struct trail *trail, const struct traced *first, uint64_t number)
{
    struct program *program = first->program;
    trail->followed.stopped += process_stop(first->pid, number);
    if (!program)
        return;
    program->condemned = true;
    for (size_t i = 0; i < PLACES; i++)
        for (const struct traced *one = trail->places[i]; one; one = one->next)
            if (one->program == program && one != first)
                trail->followed.stopped += process_stop(one->pid, number);
}

static void born(struct trail *trail, const struct heard *heard)
{
    const struct traced *parent = traced_get(trail, heard->parent);
    traced_end(trail, heard->pid); /* a pid that is used again */
    struct traced *child = traced_new(trail, heard->pid);
    if (!parent || !child)
        return;
    child->parent = heard->parent;
    child->uid = parent->uid;
    child->login = parent->login;
    child->program = program_hold(parent->program);
    if (child->program && child->program->condemned)
        trail->followed.stopped += process_stop(child->pid, child->program->number);
}

/* A program that began */

static bool is_ours(const struct trail *trail, const struct traced *one, const struct heard *heard)
{
    const struct marks *marks = trail->ask.marks;
    return !marks->only || marks_has(marks, heard->device) ||
           (one->launcher && marks_has(marks, one->launcher->device));
}

/* One that logs in does so before it runs a shell for whom it lets in; all that comes from there inherits it. */
static void login_look(struct trail *trail, struct traced *one)
{
    if (one->login != (uid_t)-1 || trail->logins >= LOGINS_A_TURN)
        return;
    trail->logins++;
    one->login = process_login(one->pid);
}

struct beginning {
    struct traced *one;
    const struct heard *heard;
    const struct order *order;
    const char *script;
};

static void beginning_write(struct trail *trail, const struct beginning *begun, struct told *told)
{
    const struct recorder recorder = {trail->ask.env, trail->ask.journal, begun->order,
                                      atomic_load(trail->ask.off)};
    told->at = begun->heard->at;
    told->uid = names_behind(begun->order->names, begun->one->uid);
    told->login = begun->one->login;
    told->parent = begun->one->launcher ? begun->one->launcher->path : NULL;
    record_launch(&recorder, told);
}

static bool running_judge(struct trail *trail, const struct beginning *begun)
{
    char name[64];
    struct seen seen;
    snprintf(name, sizeof name, "/proc/%d/exe", (int)begun->one->pid);
    OWN(fd) fd = open(name, O_PATH | O_CLOEXEC);
    const struct judge_ask ask = {begun->order, trail->ask.facts, &seen, begun->one->pid, true};
    if (fd <= 0 || !facts_see(fd, &seen) || seen.number != begun->heard->number ||
        judge(&ask, trail->judgement) != ERR_OK)
        return false;
    judge_rest(&ask, trail->judgement);
    return true;
}

/* As it runs. Where its decision was written down before, only a refusal is news. */
static bool running_tell(struct trail *trail, const struct beginning *begun, bool written)
{
    struct judgement *done = trail->judgement;
    if (!running_judge(trail, begun))
        return false;
    struct told told = {.decision = done->decision,
                        .rule = done->rule,
                        .record = done->record,
                        .file = &done->file,
                        .script = *done->script ? done->script : begun->script,
                        .args = str_bytes(done->args, done->args_len)};
    if (done->decision == DECISION_DENY) {
        told.reason = STOPPED_LATE;
        family_stop(trail, begun->one, begun->heard->number);
    }
    if (done->decision == DECISION_DENY || !written)
        beginning_write(trail, begun, &told);
    return true;
}

/* By its file, as it was last known; of one that nobody knows only the path. One that should have been refused is looked at as
 * it runs: it could not be judged in time. */
static void file_tell(struct trail *trail, const struct beginning *begun)
{
    struct judgement *done = trail->judgement;
    const struct heard *heard = begun->heard;
    const struct heard_of of = {heard->device, heard->number, str(heard->name)};
    facts_at(trail->ask.facts, &of, &done->file);
    judge_file_of(&(struct judge_ask){.order = begun->order, .facts = trail->ask.facts},
                  names_behind(begun->order->names, begun->one->uid), done);
    bool refused = done->decision == DECISION_DENY;
    if (refused && running_tell(trail, begun, false))
        return;
    if (refused)
        family_stop(trail, begun->one, begun->heard->number);
    beginning_write(trail, begun,
                    &(struct told){.decision = refused ? DECISION_OBSERVE : done->decision,
                                   .rule = done->rule,
                                   .record = done->record,
                                   .file = &done->file,
                                   .script = begun->script,
                                   .reason = refused ? ENDED_BEFORE : NULL});
}

/* After it was judged, and before the kernel let nobody write to it any more. */
static bool was_changed(const struct beginning *begun, const struct file *file)
{
    char name[64];
    struct stat about;
    snprintf(name, sizeof name, "/proc/%d/exe", (int)begun->one->pid);
    return stat(name, &about) == 0 && about.st_ino == file->number && facts_changed(&about) != file->changed;
}

/* Whether there is more to know than the kernel asked about. */
static bool wants_a_look(struct trail *trail, const struct beginning *begun)
{
    const struct heard *heard = begun->heard;
    struct file *file = &trail->judgement->file;
    const struct heard_of of = {heard->device, heard->number, str(heard->name)};
    bool known = facts_at(trail->ask.facts, &of, file);
    if (known && file->look.kind == KIND_LOADER)
        return true;
    return begun->order->refuses && (!known || file->look.kind == KIND_INTERPRETER ||
                                     (begun->order->asks_bytes && was_changed(begun, file)));
}

static void device_mark(struct trail *trail, const struct beginning *begun)
{
    char name[64];
    snprintf(name, sizeof name, "/proc/%d/exe", (int)begun->one->pid);
    if (!trail->ask.marks->only && !marks_has(trail->ask.marks, begun->heard->device))
        marks_add(trail->ask.marks, name);
}

static void began(struct trail *trail, struct traced *one, const struct heard *heard)
{
    struct expectation expectation = {0};
    const struct began to = {one->pid, heard->number, heard->at};
    if (!expected_take(trail->ask.expected, &to, &expectation) && !is_ours(trail, one, heard))
        return;
    struct order *order = order_take(trail->ask.orders);
    struct beginning begun = {one, heard, order, *expectation.script ? expectation.script : NULL};
    trail->followed.began++;
    login_look(trail, one);
    device_mark(trail, &begun);
    bool told =
        (expectation.late || wants_a_look(trail, &begun)) && running_tell(trail, &begun, expectation.written);
    if (!told && !expectation.written)
        file_tell(trail, &begun);
    order_leave(order);
}

static void mapped(struct trail *trail, const struct heard *heard)
{
    struct traced *one = *place_of(trail, heard->pid);
    if (!one || !one->begins)
        return;
    one->begins = false;
    program_leave(one->launcher);
    one->launcher = one->program;
    one->program = program_new(heard->device, heard->number, heard->name);
    began(trail, one, heard);
}

static void follow(struct trail *trail, const struct heard *heard)
{
    struct traced *one;
    switch (heard->kind) {
    case HEARD_FORK:
        born(trail, heard);
        break;
    case HEARD_EXEC:
        if ((one = traced_get(trail, heard->pid)))
            one->begins = true;
        break;
    case HEARD_MAP:
        mapped(trail, heard);
        break;
    case HEARD_UID:
        if ((one = traced_get(trail, heard->pid)))
            one->uid = heard->uid;
        break;
    case HEARD_EXIT:
        traced_end(trail, heard->pid);
        break;
    case HEARD_LOST:
        trail->missed = true;
        trail->followed.lost += heard->lost;
        journal_count_lost(trail->ask.journal, heard->lost);
        break;
    case HEARD_NOTHING:
        break;
    }
}

typedef DIR *entries_own;
static void entries_drop(DIR **entries)
{
    if (*entries)
        closedir(*entries);
}

/* What was not heard of */

/* As if it were heard now. One that was born unheard and runs what its parent does has begun nothing. */
static void process_missed(struct trail *trail, pid_t pid)
{
    char name[64];
    struct stat about;
    struct heard heard = {.kind = HEARD_MAP, .at = heard_now(), .pid = pid};
    const struct traced *known = *place_of(trail, pid), *parent;
    snprintf(name, sizeof name, "/proc/%d/exe", (int)pid);
    if (stat(name, &about) != 0 || (known && known->program && known->program->number == about.st_ino))
        return;
    struct traced *one = traced_get(trail, pid);
    parent = one ? *place_of(trail, one->parent) : NULL;
    if (!one || (!known && parent && parent->program && parent->program->number == about.st_ino))
        return;
    process_program(pid, heard.name, sizeof heard.name);
    heard.device = about.st_dev;
    heard.number = about.st_ino;
    one->begins = true;
    mapped(trail, &heard);
}

static void missed_look(struct trail *trail)
{
    OWN(entries) processes = opendir("/proc");
    trail->missed = false;
    trail->looked = heard_now();
    for (const struct dirent *entry; processes && (entry = readdir(processes));) {
        uint64_t pid;
        if (isdigit((unsigned char)entry->d_name[0]) &&
            str_number(str(entry->d_name), INT32_MAX, &pid) == ERR_OK)
            process_missed(trail, (pid_t)pid);
    }
}

/* What a processor has just said may be written a moment after what another one says: the last millisecond waits. */
struct followed trail_follow(struct trail *trail)
{
    struct heard heard;
    int64_t until = heard_now() - UNHEARD_NS;
    trail->logins = 0;
    trail->followed = (struct followed){0};
    while (heard_next(trail->ask.ears, until, &heard))
        follow(trail, &heard);
    heard_done(trail->ask.ears);
    if (trail->missed && heard_now() - trail->looked > MISSED_NS)
        missed_look(trail);
    return trail->followed;
}

err_t trail_open(const struct trail_ask *ask, struct trail **out_trail)
{
    struct trail *trail = calloc(1, sizeof *trail);
    OWN(entries) processes = opendir("/proc");
    if (!trail || !(trail->judgement = malloc(sizeof *trail->judgement)) || !processes)
        return fail(ERR_BUSY, "no memory to follow processes, or no /proc");
    trail->ask = *ask;
    for (const struct dirent *entry; (entry = readdir(processes));) {
        uint64_t pid;
        if (isdigit((unsigned char)entry->d_name[0]) &&
            str_number(str(entry->d_name), INT32_MAX, &pid) == ERR_OK)
            traced_get(trail, (pid_t)pid);
    }
    *out_trail = trail;
    return ERR_OK;
}
