/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/elevations.h"

#include "agent/link.h"
#include "agent/object.h"
#include "agent/place.h"
#include "agent/withhold.h"
#include "base/limits.h"
#include "concept/codec.h"
#include "guard/pending.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/timerfd.h>

enum { NAME_MAX_BYTES = 64, WAIT_MS = 2000, STALE_HOURS = 24 };

/* One file that the guard wrote. */
struct carried {
    const struct elevations *by;
    ident_text_t id;
    place_t ask, answer;
    bool open, answered, withheld;
};

static struct carried carried_of(const struct elevations *by, ident_t id)
{
    char name[NAME_MAX_BYTES];
    struct carried carried = {.by = by, .id = ident_text("elv", id)};
    snprintf(name, sizeof name, "elevations/%s.ask", carried.id.text);
    carried.ask = place(by->folder, name);
    snprintf(name, sizeof name, "elevations/%s.answer", carried.id.text);
    carried.answer = place(by->folder, name);
    carried.answered = access(carried.answer.text, F_OK) == 0;
    return carried;
}

static err_t carried_read(struct carried *carried, buf_t *out_packed)
{
    OWN(key) key;
    OWN(arena) arena = ARENA(MAX_ITEM);
    void *records = NULL;
    size_t count = 0;
    TRY(pending_key(carried->by->env, carried->by->folder, &key));
    TRY(pending_ask_read(carried->by->env, &key, carried->ask.text, out_packed));
    TRY(codec_unpack(&elevation_concept, buf_str(out_packed), &arena, &records, &count));
    const struct elevation_asked *asked = records;
    carried->open = count == 1 && str_eq(asked->state, STR("open"));
    return count == 1
               ? withhold_says(carried->by->env, carried->by->folder, asked->account, &carried->withheld)
               : ERR_OK;
}

/* MISSING: the service does not know it. */
static err_t state_ask(const struct carried *carried, buf_t *out_answer)
{
    char path[NAME_MAX_BYTES];
    snprintf(path, sizeof path, "/agent/v1/elevations/%s", carried->id.text);
    return carried->by->send(carried->by->context, &(struct service_request){.path = path}, out_answer);
}

static err_t tell(const struct carried *carried, str_t packed, buf_t *out_answer)
{
    const struct service_request request = {"/agent/v1/elevations", "application/x-protobuf", packed};
    return carried->by->send(carried->by->context, &request, out_answer);
}

static err_t answer_put(const struct carried *carried, str_t text)
{
    return carried->by->env->write_file(carried->by->env, carried->answer.text, text, 0600);
}

/* What the service says of one that waits: nothing yet, an approval, or that there will be none. */
static err_t answer_take(const struct carried *carried, str_t body, bool *out_waits)
{
    OWN(json) state = NULL;
    TRY(object_read(body, &state));
    str_t word = object_text(state, "state"), approval = object_text(state, "approval");
    *out_waits = str_eq(word, STR("open"));
    if (approval.len)
        return answer_put(carried, approval);
    return *out_waits ? ERR_OK : answer_put(carried, STR("refused\n"));
}

static err_t waiting_carry(const struct carried *carried, str_t packed, bool *out_waits)
{
    OWN(buf) answer = BUF(MAX_NOTE);
    err_t asked = state_ask(carried, &answer);
    if (asked == ERR_MISSING) {
        buf_clear(&answer);
        asked = tell(carried, packed, &answer);
    }
    if (asked == ERR_MISSING) /* whoever asked was forgotten */
        return answer_put(carried, STR("refused\n"));
    TRY(asked);
    return answer_take(carried, buf_str(&answer), out_waits);
}

static err_t one_carry(struct carried *carried, bool *out_waits)
{
    OWN(buf) packed = BUF(MAX_ITEM);
    OWN(buf) answer = BUF(MAX_NOTE);
    TRY(carried_read(carried, &packed));
    if (carried->withheld && carried->open) /* whoever asks was forgotten, and is told of in nothing */
        return carried->answered ? ERR_OK : answer_put(carried, STR("refused\n"));
    if (carried->withheld)
        return carried->by->env->remove_file(carried->by->env, carried->ask.text);
    if (carried->open)
        return carried->answered ? ERR_OK : waiting_carry(carried, buf_str(&packed), out_waits);
    err_t told = tell(carried, buf_str(&packed), &answer);
    if (told != ERR_OK && told != ERR_MISSING)
        return told;
    return carried->by->env->remove_file(carried->by->env, carried->ask.text);
}

/* Answered, and not used for a day: nobody waits for it any more. */
static void stale_remove(const struct carried *carried)
{
    struct stat about;
    moment_t now = carried->by->env->now(carried->by->env);
    if (stat(carried->ask.text, &about) != 0 || SECONDS((moment_t)about.st_mtime) + HOURS(STALE_HOURS) > now)
        return;
    unlink(carried->ask.text);
    unlink(carried->answer.text);
}

static bool is_ask(const char *name, ident_t *out_id)
{
    str_t rest = str(name), id = str_until(&rest, '.');
    return str_eq(rest, STR("ask")) && ident_read("elv", id, out_id) == ERR_OK;
}

err_t elevations_carry(const struct elevations *elevations, bool *out_waits)
{
    OWN(folder) files = opendir(place(elevations->folder, "elevations").text);
    err_t result = ERR_OK;
    ident_t id;
    *out_waits = false;
    for (const struct dirent *entry; files && (entry = readdir(files));) {
        if (!is_ask(entry->d_name, &id))
            continue;
        struct carried carried = carried_of(elevations, id);
        bool waits = false;
        err_t done = one_carry(&carried, &waits);
        *out_waits |= waits;
        result = done != ERR_OK ? done : result;
        stale_remove(&carried);
    }
    return result;
}

/* Pauses */

static bool any_asked(const char *folder)
{
    OWN(folder) files = opendir(place(folder, "elevations").text);
    ident_t id;
    for (const struct dirent *entry; files && (entry = readdir(files));)
        if (is_ask(entry->d_name, &id))
            return true;
    return false;
}

/* Time asleep counts. */
static int timer_for(moment_t ms)
{
    const struct itimerspec timer = {.it_value = {ms / 1000, ms % 1000 * 1000000 + 1}};
    int fd = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC);
    if (fd > 0)
        (void)timerfd_settime(fd, 0, &timer, NULL);
    return fd;
}

static int watch_for(const char *folder)
{
    place_t watched = place(folder, "elevations");
    int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    mkdir(watched.text, 0700); /* so that there is something to watch, before the guard begins */
    if (fd > 0)
        (void)inotify_add_watch(fd, watched.text, IN_MOVED_TO);
    return fd;
}

/* False when the timer has ended; true where the guard may have written something, or an answer may be there. */
static bool wait_once(int timer, int watch, bool waits)
{
    struct pollfd fds[] = {{timer, POLLIN, 0}, {watch, POLLIN, 0}};
    char events[4096];
    while (poll(fds, 2, waits ? WAIT_MS : -1) < 0 && errno == EINTR)
        ;
    while (watch > 0 && read(watch, events, sizeof events) > 0)
        ;
    return !fds[0].revents;
}

/* A connection of its own each time: what waits is rare, and has its answer soon. */
static bool carry_now(const struct elevations_pause *pause)
{
    OWN(link) link = {.env = pause->env, .folder = pause->folder, .url = pause->url};
    bool waits = false;
    err_t carried =
        elevations_carry(&(struct elevations){pause->env, pause->folder, link_send, &link}, &waits);
    return carried == ERR_OK && waits; /* a service that does not answer is asked again after the pause */
}

void elevations_pause(const struct elevations_pause *pause, moment_t ms)
{
    OWN(fd) timer = timer_for(ms);
    OWN(fd) watch = watch_for(pause->folder);
    bool waits = true;
    while (waits || timer > 0) {
        waits = any_asked(pause->folder) && carry_now(pause);
        if (!wait_once(timer, watch, waits))
            return;
    }
}
