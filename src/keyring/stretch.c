/* SPDX-License-Identifier: Apache-2.0 */
#include "keyring/commit.h"

void slots_open(struct slots *slots)
{
    *slots = (struct slots){.running_count = 0};
    pthread_mutex_init(&slots->lock, NULL);
}

void slots_drop(struct slots *slots) { pthread_mutex_destroy(&slots->lock); }

static bool same(struct lane a, struct lane b) { return a.id == b.id && a.known == b.known; }

static bool runs(const struct slots *slots, struct lane lane)
{
    for (int i = 0; i < slots->running_count; i++)
        if (same(slots->running[i], lane))
            return true;
    return false;
}

static bool waits(const struct slots *slots, struct lane lane)
{
    for (const struct waiter *waiter = slots->first; waiter; waiter = waiter->next)
        if (same(waiter->lane, lane))
            return true;
    return false;
}

static void take(struct slots *slots, struct lane lane) { slots->running[slots->running_count++] = lane; }

static void unlink_waiter(struct slots *slots, struct waiter *gone)
{
    struct waiter **at = &slots->first;
    while (*at != gone)
        at = &(*at)->next;
    *at = gone->next;
    slots->waiting_count--;
}

static void tell(struct slots *slots, struct waiter *waiter, int state)
{
    unlink_waiter(slots, waiter);
    waiter->state = state;
    pthread_cond_signal(&waiter->told);
}

/* The newest that is not known. */
static struct waiter *weakest(struct slots *slots)
{
    struct waiter *found = NULL;
    for (struct waiter *waiter = slots->first; waiter; waiter = waiter->next)
        if (!waiter->lane.known)
            found = waiter;
    return found;
}

/* The oldest whose lane has nothing running: of the known ones first. */
static struct waiter *next_of(struct slots *slots, bool known)
{
    for (struct waiter *waiter = slots->first; waiter; waiter = waiter->next)
        if (waiter->lane.known == known && !runs(slots, waiter->lane))
            return waiter;
    return NULL;
}

static bool has_place(struct slots *slots, struct lane lane)
{
    if (waits(slots, lane))
        return false;
    if (slots->waiting_count < STRETCH_WAITING)
        return true;
    struct waiter *other = lane.known ? weakest(slots) : NULL;
    if (other)
        tell(slots, other, GIVES_WAY);
    return other != NULL;
}

static bool wait_turn(struct slots *slots, struct lane lane)
{
    struct waiter mine = {.lane = lane, .state = WAITS};
    struct waiter **last = &slots->first;
    pthread_cond_init(&mine.told, NULL);
    while (*last)
        last = &(*last)->next;
    *last = &mine;
    slots->waiting_count++;
    while (mine.state == WAITS)
        pthread_cond_wait(&mine.told, &slots->lock);
    pthread_cond_destroy(&mine.told);
    return mine.state == GOES;
}

/* Nobody waits who could go: so whoever comes and can go does not pass anybody. */
static bool enter(struct slots *slots, struct lane lane)
{
    if (slots->running_count < STRETCH_SLOTS && !runs(slots, lane)) {
        take(slots, lane);
        return true;
    }
    return has_place(slots, lane) && wait_turn(slots, lane);
}

err_t slots_enter(struct slots *slots, struct lane lane)
{
    pthread_mutex_lock(&slots->lock);
    bool entered = enter(slots, lane);
    pthread_mutex_unlock(&slots->lock);
    return entered ? ERR_OK : fail(ERR_BUSY, "many sign-ins at once: try again in a few seconds");
}

void slots_leave(struct slots *slots, struct lane lane)
{
    pthread_mutex_lock(&slots->lock);
    int at = 0;
    while (!same(slots->running[at], lane))
        at++;
    slots->running[at] = slots->running[--slots->running_count];
    struct waiter *next = next_of(slots, true);
    next = next ? next : next_of(slots, false);
    if (next) {
        take(slots, next->lane);
        tell(slots, next, GOES);
    }
    pthread_mutex_unlock(&slots->lock);
}

err_t keyring_stretch(struct keyring *keyring, const struct stretch *what, struct key *out_key)
{
    TRY(slots_enter(&keyring->slots, what->lane));
    err_t result = password_stretch(keyring->env, what->password, what->salt, out_key);
    slots_leave(&keyring->slots, what->lane);
    return result;
}
