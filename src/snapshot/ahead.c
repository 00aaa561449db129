/* SPDX-License-Identifier: Apache-2.0 */
#include "snapshot/_ahead.h"

#include "base/limits.h"
#include <pthread.h>

struct ahead {
    struct ahead_of of;
    ident_t other;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    buf_t parts[AHEAD_PARTS]; /* a ring: those that are made are the taker's, the others the thread's */
    size_t first, made;
    bool ended, leaving;
    err_t result;
    char note[256];
    str_t rest; /* of the part that is taken from: the taker's own, as `taking` */
    bool taking;
};

static void view_put(buf_t *part, str_t view)
{
    const int64_t len = view.at ? (int64_t)view.len : -1;
    buf_put(part, str_bytes(&len, sizeof len));
    buf_put(part, str_bytes(view.at, view.len));
}

static str_t view_take(str_t *rest)
{
    int64_t len = 0;
    memcpy(&len, rest->at, sizeof len);
    str_t view = {len < 0 ? NULL : rest->at + sizeof len, len < 0 ? 0 : (size_t)len};
    *rest = str_bytes(rest->at + sizeof len + view.len, rest->len - sizeof len - view.len);
    return view;
}

/* The next part that is free, empty; NULL where nobody takes any more. */
static buf_t *part_begin(struct ahead *ahead)
{
    pthread_mutex_lock(&ahead->lock);
    while (ahead->made == AHEAD_PARTS && !ahead->leaving)
        pthread_cond_wait(&ahead->changed, &ahead->lock);
    buf_t *part = ahead->leaving ? NULL : &ahead->parts[(ahead->first + ahead->made) % AHEAD_PARTS];
    pthread_mutex_unlock(&ahead->lock);
    if (part)
        buf_clear(part);
    return part;
}

/* One that has failed holds half a row: nobody is to take from it. */
static err_t part_end(struct ahead *ahead, const buf_t *part)
{
    TRY(buf_end(part));
    pthread_mutex_lock(&ahead->lock);
    ahead->made++;
    pthread_cond_signal(&ahead->changed);
    pthread_mutex_unlock(&ahead->lock);
    return ERR_OK;
}

/* A row, and where it is the last that its part has room for, the next part. */
static err_t row_put(struct ahead *ahead, buf_t **io_part, const struct ahead_row *row)
{
    buf_t *part = *io_part;
    if (!part)
        return fail(ERR_BUSY, "nobody takes what is read");
    view_put(part, row->key);
    view_put(part, row->row);
    view_put(part, row->other);
    if (part->state == ERR_OK && part->len < AHEAD_PART)
        return ERR_OK;
    TRY(part_end(ahead, part));
    *io_part = part_begin(ahead);
    return ERR_OK;
}

/* The rows of one place, and one without a key behind them. */
static err_t place_put_ahead(struct ahead *ahead, const struct place *place, buf_t **io_part)
{
    OWN(place_reader) rows = NULL;
    const struct ahead_of *of = &ahead->of;
    TRY(of->other ? place_read_changed(of->reader, place, ahead->other, &rows)
                  : place_read(of->reader, place, &rows));
    while (place_next(rows))
        TRY(row_put(ahead, io_part, &(struct ahead_row){rows->key, rows->row, rows->other}));
    TRY(place_end(rows));
    return row_put(ahead, io_part, &(struct ahead_row){.key = {NULL, 0}});
}

static err_t all_put(struct ahead *ahead)
{
    buf_t *part = part_begin(ahead);
    for (const struct place *const *place = ahead->of.places; part && *place; place++)
        TRY(place_put_ahead(ahead, *place, &part));
    return part ? part_end(ahead, part) : ERR_OK;
}

static void *ahead_run(void *with)
{
    struct ahead *ahead = with;
    err_t result = all_put(ahead);
    pthread_mutex_lock(&ahead->lock);
    ahead->result = result;
    snprintf(ahead->note, sizeof ahead->note, "%s", err_note());
    ahead->ended = true;
    pthread_cond_signal(&ahead->changed);
    pthread_mutex_unlock(&ahead->lock);
    return NULL;
}

err_t ahead_begin(const struct ahead_of *of, struct ahead **out_ahead)
{
    struct ahead *ahead = calloc(1, sizeof *ahead);
    if (!ahead)
        return fail(ERR_BUSY, "no memory to read ahead");
    ahead->of = *of;
    if (of->other)
        ahead->other = *of->other;
    for (size_t i = 0; i < AHEAD_PARTS; i++)
        ahead->parts[i] = (buf_t)BUF(MAX_MEMORY);
    pthread_mutex_init(&ahead->lock, NULL);
    pthread_cond_init(&ahead->changed, NULL);
    if (pthread_create(&ahead->thread, NULL, ahead_run, ahead) != 0) {
        free(ahead);
        return fail(ERR_BUSY, "no thread to read ahead");
    }
    *out_ahead = ahead;
    return ERR_OK;
}

/* Gives back the part that was taken from, and waits for the next one. */
static bool part_take(struct ahead *ahead)
{
    pthread_mutex_lock(&ahead->lock);
    if (ahead->taking) {
        ahead->first = (ahead->first + 1) % AHEAD_PARTS;
        ahead->made--;
        pthread_cond_signal(&ahead->changed);
    }
    while (!ahead->made && !ahead->ended)
        pthread_cond_wait(&ahead->changed, &ahead->lock);
    ahead->taking = ahead->made > 0;
    ahead->rest = ahead->taking ? buf_str(&ahead->parts[ahead->first]) : (str_t){0};
    pthread_mutex_unlock(&ahead->lock);
    return ahead->taking;
}

bool ahead_next(struct ahead *ahead, struct ahead_row *out_row)
{
    while (!ahead->rest.len)
        if (!part_take(ahead))
            return false;
    out_row->key = view_take(&ahead->rest);
    out_row->row = view_take(&ahead->rest);
    out_row->other = view_take(&ahead->rest);
    return out_row->key.at != NULL;
}

err_t ahead_end(struct ahead *ahead)
{
    pthread_mutex_lock(&ahead->lock);
    err_t result = ahead->ended ? ahead->result : ERR_OK;
    pthread_mutex_unlock(&ahead->lock);
    return result == ERR_OK ? ERR_OK : fail(result, "%s", ahead->note);
}

void ahead_drop(struct ahead **io_ahead)
{
    struct ahead *ahead = *io_ahead;
    if (!ahead)
        return;
    pthread_mutex_lock(&ahead->lock);
    ahead->leaving = true;
    pthread_cond_signal(&ahead->changed);
    pthread_mutex_unlock(&ahead->lock);
    pthread_join(ahead->thread, NULL);
    for (size_t i = 0; i < AHEAD_PARTS; i++)
        buf_drop(&ahead->parts[i]);
    pthread_mutex_destroy(&ahead->lock);
    pthread_cond_destroy(&ahead->changed);
    free(ahead);
    *io_ahead = NULL;
}
