/* SPDX-License-Identifier: Apache-2.0 */
#include "collect/fold.h"

#include "base/limits.h"
#include "collect/launch_digest.h"
#include "collect/launch_list.h"

enum { ROW_MOST = 2048 }; /* launches: more are several rows */

/* Chains of one tenant that are folded in one act. */
struct folding {
    struct desk *desk;
    const struct chain *chains;
    size_t count;
    arena_t arena;   /* of one chain at a time */
    struct key rows; /* what sealed its segments */
};
typedef struct folding folding_own;
static void folding_drop(struct folding *folding)
{
    arena_drop(&folding->arena);
    key_drop(&folding->rows);
}

static struct launch_chain under(const struct chain *chain)
{
    return (struct launch_chain){.number = chain->number,
                                 .day = chain->place.day,
                                 .device = chain->place.device,
                                 .subject = chain->place.subject};
}

struct gathered {
    struct launch *launches;
    size_t count, room;
};

static err_t segment_open(struct folding *folding, const struct chain *chain, const struct launch_row *row,
                          struct launch_list *out_list)
{
    const struct chain_place place = {chain->realm, launch_concept.number, chain->number, row->hour,
                                      CHAIN_ROWS};
    const struct launch_row_is is = {row->hour, chain->place.subject};
    buf_t frame = arena_buf(&folding->arena, row->sealed.len);
    TRY(chain_get(&folding->rows, &place, row->sealed, &frame));
    return launch_frame_open(buf_str(&frame), &is, &folding->arena, out_list);
}

static err_t hour_gather(struct folding *folding, const struct chain *chain, const struct launch_rows *rows,
                         struct gathered *out_all)
{
    int64_t hour = rows->at[0].hour;
    for (size_t i = 0; i < rows->count && rows->at[i].hour == hour; i++)
        for (int d = 0; d < LAUNCH_DECISIONS; d++)
            out_all->room += (size_t)rows->at[i].counts[d];
    out_all->launches = arena_array(&folding->arena, struct launch, out_all->room);
    TRY(arena_end(&folding->arena));
    for (size_t i = 0; i < rows->count && rows->at[i].hour == hour; i++) {
        struct launch_list list;
        TRY(segment_open(folding, chain, &rows->at[i], &list));
        for (struct launch launch; out_all->count < out_all->room && launch_next(&list, &launch);)
            out_all->launches[out_all->count++] = launch;
    }
    return ERR_OK;
}

static err_t digest_put(struct folding *folding, struct tx *tx, const struct chain *chain,
                        const struct launch_row *row, const struct gathered *all)
{
    const struct chain_place place = {chain->realm, launch_concept.number, chain->number, row->hour,
                                      CHAIN_DIGEST};
    const struct launch_chain of = under(chain);
    OWN(buf) digest = BUF(UINT16_MAX);
    OWN(buf) sealed = BUF(UINT16_MAX);
    OWN(buf) part = BUF(2 * UINT16_MAX);
    launch_digest_put(all->launches, all->count, &digest);
    TRY(buf_end(&digest));
    chain_put(folding->desk->env, &folding->rows, &place, buf_str(&digest), &sealed);
    TRY(buf_end(&sealed));
    digest_part_put(&(struct digest_part){row->hour % HOURS_A_DAY, row->step, buf_str(&sealed)}, &part);
    TRY(buf_end(&part));
    return launch_digest_add(tx, &of, buf_str(&part));
}

/* One row of so many launches that belong to one hour. */
static err_t row_put(struct folding *folding, struct tx *tx, const struct chain *chain, int64_t hour,
                     struct gathered some)
{
    const struct chain_place place = {chain->realm, launch_concept.number, chain->number, hour, CHAIN_ROWS};
    const struct launch_row_is is = {hour, chain->place.subject};
    const struct launch_chain of = under(chain);
    struct launch_row row = {.number = chain->number, .hour = hour, .step = chain->step};
    OWN(buf) frame = BUF(MAX_ITEM * 2);
    OWN(buf) sealed = BUF(MAX_ITEM * 3);
    launch_sort(some.launches, &some.count);
    for (size_t i = 0; i < some.count; i++)
        row.counts[some.launches[i].decision & DECISION_MOST]++;
    TRY(digest_put(folding, tx, chain, &row, &some));
    TRY(launch_frame_put(some.launches, some.count, &is, &folding->arena, &frame));
    chain_put(folding->desk->env, &folding->rows, &place, buf_str(&frame), &sealed);
    TRY(buf_end(&sealed));
    row.sealed = buf_str(&sealed);
    return launch_row_put(tx, &of, &row);
}

static int by_hour(const void *a, const void *b)
{
    const struct launch_row *left = a, *right = b;
    return (left->hour > right->hour) - (left->hour < right->hour);
}

/* The segments of one hour of those that are left, and how many they were. */
static err_t hour_fold(struct folding *folding, struct tx *tx, const struct chain *chain,
                       struct launch_rows *left)
{
    int64_t hour = left->at[0].hour;
    struct gathered all = {0};
    TRY(hour_gather(folding, chain, left, &all));
    for (size_t from = 0; from < all.count; from += ROW_MOST) {
        struct gathered some = {all.launches + from,
                                all.count - from < ROW_MOST ? all.count - from : ROW_MOST};
        TRY(row_put(folding, tx, chain, hour, some));
    }
    while (left->count && left->at[0].hour == hour) {
        left->at++;
        left->count--;
    }
    return ERR_OK;
}

static err_t chain_fold(struct folding *folding, struct tx *tx, const struct chain *chain)
{
    const struct launch_chain of = under(chain);
    struct launch_rows rows = {0};
    arena_clear(&folding->arena);
    chain_rows(&chain->key, &folding->rows);
    TRY(launch_segments_take(tx, &of, chain->step, &folding->arena, &rows));
    if (rows.count)
        qsort(rows.at, rows.count, sizeof *rows.at, by_hour);
    while (rows.count)
        TRY(hour_fold(folding, tx, chain, &rows));
    return ERR_OK;
}

static err_t fold_act(struct tx *tx, void *with)
{
    struct folding *folding = with;
    for (size_t i = 0; i < folding->count; i++) {
        err_t folded = chain_fold(folding, tx, &folding->chains[i]);
        if (folded != ERR_OK && folded != ERR_MISSING) /* its chain is gone, and its segments with it */
            return folded;
    }
    return ERR_OK;
}

static int by_tenant(const void *a, const void *b)
{
    const struct chain *left = a, *right = b;
    int order = memcmp(&left->place.tenant, &right->place.tenant, sizeof(ident_t));
    return order ? order : (left->number > right->number) - (left->number < right->number);
}

static size_t tenant_run(const struct chain *chains, size_t count)
{
    size_t run = 1;
    while (run < count && ident_eq(chains[run].place.tenant, chains->place.tenant))
        run++;
    return run;
}

static err_t chains_fold(struct desk *desk, const struct chain *due, size_t count)
{
    OWN(folding) folding = {desk, due, count, ARENA(MAX_MEMORY), {{0}}};
    return store_write(desk->store, due->place.tenant, fold_act, &folding);
}

/* Its hour is over for more than another one. */
static bool is_late(const struct desk *desk, const struct chain *chain)
{
    return hour_of(desk->env->now(desk->env)) - chain->began - chain->step > 1;
}

/* Of what cannot be folded, now or at all, the segments stay as they are, and the key does not stay for them. */
static void chain_settle(struct desk *desk, const struct chain *chain, err_t folded)
{
    if (folded == ERR_OK)
        chains_folded(desk->chains, chain);
    else if (folded != ERR_BUSY || is_late(desk, chain))
        chains_end(desk->chains, &chain->place);
}

/* All of a tenant's at once; where one of them cannot be folded, each by itself. */
static err_t tenant_fold(struct desk *desk, const struct chain *due, size_t count)
{
    err_t result = chains_fold(desk, due, count);
    bool each = count > 1 && result != ERR_OK && result != ERR_BUSY && result != ERR_MISSING;
    for (size_t i = 0; i < count; i++) {
        err_t folded = each ? chains_fold(desk, &due[i], 1) : result;
        chain_settle(desk, &due[i], folded);
    }
    return result == ERR_MISSING ? ERR_OK : result; /* the client is erased */
}

/* What one tenant's fails at holds up no other's; the error is the last one's. */
static err_t some_fold(struct desk *desk, struct chain *due, size_t count)
{
    err_t result = ERR_OK;
    qsort(due, count, sizeof *due, by_tenant);
    for (size_t i = 0, run; i < count; i += run) {
        run = tenant_run(due + i, count - i);
        err_t folded = tenant_fold(desk, due + i, run);
        result = folded == ERR_OK ? result : folded;
    }
    return result;
}

err_t fold_due(struct desk *desk, uint32_t segments, size_t *out_folded)
{
    struct chain due[FOLD_AT_ONCE];
    size_t count = chains_due(desk->chains, segments, due, FOLD_AT_ONCE);
    err_t folded = some_fold(desk, due, count);
    explicit_bzero(due, sizeof due);
    *out_folded = count;
    return folded;
}
