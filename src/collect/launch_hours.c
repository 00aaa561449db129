/* SPDX-License-Identifier: Apache-2.0
 *
 * What stands in one hour, for a search: folded rows and segments, opened, looked through, and given newest first.
 */
#include "collect/_search.h"

enum { FEW = 64 };

/* Rows */

bool launch_fits(const struct launch_ask *ask, const struct launch *launch)
{
    return launch->at >= ask->from && (!ask->until || launch->at <= ask->until) &&
           (ask->decision == ANY_DECISION || launch->decision == ask->decision) &&
           (!ask->account || ident_eq(launch->account, *ask->account)) &&
           (!ask->words.sha256.len || str_eq(launch->sha256, ask->words.sha256)) &&
           (!ask->words.package.len || str_eq(launch->package, ask->words.package)) &&
           (!ask->words.name.len || str_eq(launch_name(launch->path), ask->words.name)) &&
           (!ask->path.len ||
            (launch->path.len && memmem(launch->path.at, launch->path.len, ask->path.at, ask->path.len)));
}

/* Where a row's launches are, and where those that fit are kept. */
static arena_t *row_memory(struct search *search)
{
    return search->how == SEARCH_WHOLE ? &search->hour : &search->row;
}
static arena_t *found_memory(struct search *search)
{
    return search->how == SEARCH_MOMENT ? &search->row : &search->hour;
}

/* Past its row. */
static void launch_keep(struct launch *launch, arena_t *arena)
{
    for_each_field(f, &launch_concept)
        if (f->kind == KIND_TEXT || f->kind == KIND_BYTES) {
            str_t *text = field_in(launch, f);
            *text = arena_copy(arena, *text);
        }
}

static err_t found_add(struct search *search, const struct opened_chain *chain, const struct launch *launch)
{
    arena_t *memory = found_memory(search);
    if (search->count == search->room) {
        size_t room = search->room ? search->room * 2 : 256;
        struct launch_found *more = arena_array(memory, struct launch_found, room);
        TRY(arena_end(memory));
        if (search->count)
            memcpy(more, search->found, search->count * sizeof *more);
        search->found = more;
        search->room = room;
    }
    struct launch *kept = arena_new(memory, struct launch);
    TRY(arena_end(memory));
    *kept = *launch;
    if (search->how == SEARCH_PART)
        launch_keep(kept, memory);
    TRY(arena_end(memory));
    search->found[search->count++] =
        (struct launch_found){chain->chain->device, ident_eq(chain->chain->device, chain->chain->subject),
                              kept, chain->chain->subject};
    return ERR_OK;
}

static void found_clear(struct search *search)
{
    search->found = NULL;
    search->count = search->room = 0;
}

static bool is_in_part(const struct search *search, const struct launch *launch)
{
    return search->how == SEARCH_WHOLE || (launch->at >= search->from && launch->at <= search->until);
}

/* What a part has no room for is not kept any more; from when to when it is, is gone on with. */
static err_t fit_add(struct search *search, const struct opened_chain *chain, const struct launch *launch)
{
    if (search->how != SEARCH_PART)
        return found_add(search, chain, launch);
    search->least = launch->at < search->least ? launch->at : search->least;
    search->most = launch->at > search->most ? launch->at : search->most;
    err_t added = search->over ? ERR_OK : found_add(search, chain, launch);
    search->over |= added == ERR_TOO_LARGE;
    return search->over ? ERR_OK : added;
}

static err_t row_look(struct search *search, struct opened_chain *chain, const struct launch_row *row)
{
    arena_t *memory = row_memory(search);
    const struct opening_row opening = {search->reader->realm, row, &search->chunk, memory};
    struct launch_list list;
    if (search->how != SEARCH_WHOLE)
        arena_clear(memory);
    if (search->how == SEARCH_MOMENT)
        found_clear(search);
    TRY(opened_chain_row(chain, &opening, &list));
    for (struct launch launch; launch_next(&list, &launch);) {
        if (!is_in_part(search, &launch))
            continue;
        search->progress.launches++;
        if (launch_fits(search->ask, &launch))
            TRY(fit_add(search, chain, &launch));
    }
    return list.broken ? fail(ERR_BROKEN, "a row of launches that is no list") : ERR_OK;
}

static struct opened_chain *chain_numbered(const struct search *search, int64_t number)
{
    size_t from = 0, past = search->chains.count;
    while (from < past) {
        size_t middle = (from + past) / 2;
        int64_t at = search->opened[middle].chain->number;
        if (at == number)
            return &search->opened[middle];
        if (at < number)
            from = middle + 1;
        else
            past = middle;
    }
    return NULL;
}

/* Of a moment that has more than memory has room for each row is given as it comes; who turns pages past the first of them is
 * past all. */
static void moment_give(struct search *search, int64_t hour)
{
    const struct launch_cursor *after = &search->ask->after;
    bool given = hour == after->hour && search->from >= after->at;
    for (size_t i = 0; i < search->count && !given && !search->ended; i++) {
        bool on = search->sink->found(search->sink->with, &search->found[i]);
        search->progress.found++;
        bool full = search->ask->limit && (size_t)search->progress.found == search->ask->limit;
        search->ended = full || !on;
        if (search->ended)
            search->next = (struct launch_cursor){hour, search->from, INT32_MAX};
    }
}

/* Segments have no digest: they may hold anything. */
static err_t rows_look(struct search *search, const struct launch_rows *rows, bool folded)
{
    for (size_t i = 0; i < rows->count && !search->ended; i++) {
        const struct launch_row *row = &rows->at[i];
        struct opened_chain *chain = chain_numbered(search, row->number);
        int decision = search->ask->decision;
        if (!chain || !chain->open || (decision != ANY_DECISION && !row->counts[decision]) ||
            (folded && !(chain->hours >> row->hour % HOURS_A_DAY & 1)))
            continue;
        TRY(row_look(search, chain, row));
        if (search->how == SEARCH_MOMENT)
            moment_give(search, row->hour);
    }
    return ERR_OK;
}

/* Reading happens in one act, opening after it: a fold meanwhile does not take what is read. */
struct hour_rows {
    struct search *search;
    int64_t hour;
    struct launch_rows *rows; /* of each chain in turn, or one of all */
    size_t count;
    struct launch_rows segments;
};

static bool is_of_hour(const struct opened_chain *chain, int64_t hour)
{
    return chain->open && chain->chain->day == hour / HOURS_A_DAY && chain->hours >> hour % HOURS_A_DAY & 1;
}

static size_t chains_of_hour(const struct search *search, int64_t hour)
{
    size_t count = 0;
    for (size_t i = 0; i < search->chains.count; i++)
        count += is_of_hour(&search->opened[i], hour);
    return count;
}

/* Where few chains may have something, each is asked for by itself. */
static err_t folded_read(struct tx *tx, struct hour_rows *hour)
{
    struct search *search = hour->search;
    size_t chains = chains_of_hour(search, hour->hour);
    bool each = search->ask->device || chains < search->chains.count / 8 || chains < FEW;
    hour->rows = arena_array(&search->hour, struct launch_rows, each ? chains : 1);
    TRY(arena_end(&search->hour));
    if (!each) {
        hour->count = 1;
        return launch_rows(tx, hour->hour, NULL, &search->hour, hour->rows);
    }
    for (size_t i = 0; i < search->chains.count; i++)
        if (is_of_hour(&search->opened[i], hour->hour))
            TRY(launch_rows(tx, hour->hour, &search->opened[i].chain->number, &search->hour,
                            &hour->rows[hour->count++]));
    return ERR_OK;
}

/* This hour may have got some since. */
static bool has_segments(const struct search *search, int64_t hour)
{
    bool has = hour >= hour_of(search->desk->env->now(search->desk->env)) - 1;
    for (size_t i = 0; i < search->segments.count; i++)
        has |= search->segments.at[i] == hour;
    return has;
}

static err_t segments_read(struct tx *tx, struct hour_rows *hour)
{
    struct search *search = hour->search;
    hour->segments = (struct launch_rows){0};
    if (!has_segments(search, hour->hour))
        return ERR_OK;
    if (!search->ask->device)
        return launch_segments(tx, hour->hour, NULL, &search->hour, &hour->segments);
    size_t room = search->chains.count, count = 0;
    struct launch_rows *each = arena_array(&search->hour, struct launch_rows, room);
    TRY(arena_end(&search->hour));
    for (size_t i = 0; i < room; i++) {
        if (search->opened[i].chain->day == hour->hour / HOURS_A_DAY)
            TRY(launch_segments(tx, hour->hour, &search->opened[i].chain->number, &search->hour, &each[i]));
        count += each[i].count;
    }
    hour->segments.at = arena_array(&search->hour, struct launch_row, count);
    TRY(arena_end(&search->hour));
    for (size_t i = 0; i < room; i++)
        for (size_t j = 0; j < each[i].count; j++)
            hour->segments.at[hour->segments.count++] = each[i].at[j];
    return ERR_OK;
}

static err_t hour_read(struct tx *tx, void *with)
{
    struct hour_rows *hour = with;
    hour->count = 0;
    TRY(folded_read(tx, hour));
    return segments_read(tx, hour);
}

/* Giving */

static int newest_first(const void *a, const void *b)
{
    const struct launch_found *left = a, *right = b;
    int order = launch_order(right->launch, left->launch);
    return order ? order : memcmp(&left->device, &right->device, sizeof left->device);
}

/* How many of the hour were given before. */
static size_t given_before(const struct search *search, int64_t hour)
{
    const struct launch_cursor *after = &search->ask->after;
    size_t at = 0;
    int64_t skip = after->skip;
    while (hour == after->hour && at < search->count &&
           (search->found[at].launch->at > after->at ||
            (search->found[at].launch->at == after->at && skip-- > 0)))
        at++;
    return at;
}

/* Where the search goes on after the launch at `last`. */
static struct launch_cursor cursor_past(const struct search *search, int64_t hour, size_t last)
{
    struct launch_cursor cursor = {hour, search->found[last].launch->at, 0};
    for (size_t i = 0; i <= last; i++)
        cursor.skip += search->found[i].launch->at == cursor.at;
    return cursor;
}

static void hour_give(struct search *search, int64_t hour)
{
    if (search->count)
        qsort(search->found, search->count, sizeof *search->found, newest_first);
    for (size_t i = given_before(search, hour); i < search->count && !search->ended; i++) {
        bool on = search->sink->found(search->sink->with, &search->found[i]);
        search->progress.found++;
        bool full = search->ask->limit && (size_t)search->progress.found == search->ask->limit;
        search->ended = full || !on;
        if (search->ended)
            search->next = cursor_past(search, hour, i);
    }
    search->progress.at = hour * HOURS(1);
    if (!search->ended && search->sink->progress)
        search->ended = !search->sink->progress(search->sink->with, &search->progress);
}

static err_t part_look(struct search *search, int64_t hour)
{
    struct hour_rows rows = {.search = search, .hour = hour};
    found_clear(search);
    search->over = false;
    search->least = MOMENT_MAX;
    search->most = 0;
    arena_clear(&search->hour);
    TRY(store_read(search->desk->store, search->reader->tenant, hour_read, &rows));
    for (size_t i = 0; i < rows.count; i++)
        TRY(rows_look(search, &rows.rows[i], true));
    TRY(rows_look(search, &rows.segments, false));
    return search->over ? fail(ERR_TOO_LARGE, "more launches than memory has room for") : ERR_OK;
}

static err_t part_search(struct search *search, int64_t hour)
{
    int64_t looked = search->progress.launches;
    err_t result = part_look(search, hour);
    if (result == ERR_OK && search->how != SEARCH_MOMENT)
        hour_give(search, hour);
    if (result != ERR_OK)
        search->progress.launches = looked;
    return result;
}

/* The later half before the earlier one. */
static err_t parts_search(struct search *search, int64_t hour, moment_t from, moment_t until)
{
    search->how = from < until ? SEARCH_PART : SEARCH_MOMENT;
    search->from = from;
    search->until = until;
    err_t searched = part_search(search, hour);
    if (searched != ERR_TOO_LARGE || !search->over)
        return searched;
    const moment_t least = search->least, most = search->most, middle = least + (most - least) / 2;
    if (least < most)
        TRY(parts_search(search, hour, middle + 1, most));
    return search->ended ? ERR_OK : parts_search(search, hour, least, middle);
}

err_t hour_search(struct search *search, int64_t hour)
{
    search->how = SEARCH_WHOLE;
    err_t searched = part_search(search, hour);
    return searched == ERR_TOO_LARGE ? parts_search(search, hour, 0, MOMENT_MAX) : searched;
}
