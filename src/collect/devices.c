/* SPDX-License-Identifier: Apache-2.0 */
#include "collect/_private.h"

#include <strings.h>

/* A device on its way to the page: its row first, its name where that is needed to choose or to sort. */
struct row {
    struct record record;
    struct device device;
    const char *state;
};

struct choice {
    const struct device_ask *ask;
    struct row *rows;
    size_t count;
};

static const struct device *plain_of(const struct record *record) { return record->plain; }

static bool is_by_name(const struct device_ask *ask) { return ask->part.len || ask->order == ORDER_NAME; }

static err_t states_ask(struct desk *desk, const struct reader *reader, Keys__Devices **out_states)
{
    Keys__Bearer in = KEYS__BEARER__INIT;
    in.bearer = (char *)(uintptr_t)reader->bearer;
    return keys_ask(desk->channel, &(struct question){ASK_device_states, &in}, desk->arena, out_states);
}

/* The keys process lists the few that are not approved. */
static const char *state_of(const Keys__Devices *states, ident_t id)
{
    for (size_t i = 0; i < states->n_items; i++)
        if (str_eq(str_bytes(states->items[i]->id.data, states->items[i]->id.len), ident_bytes(&id)))
            return states->items[i]->state;
    return "approved";
}

static void name_take(const struct opened *opened, struct device *device)
{
    if (opened->count == 1)
        device->name = ((const struct device *)opened->entries)->name;
}

static err_t names_open(struct desk *desk, const struct reader *reader, struct row *rows, size_t count)
{
    struct record_page page = {.records = arena_array(desk->arena, struct record, count), .count = count};
    struct opened *opened = NULL;
    TRY(arena_end(desk->arena));
    for (size_t i = 0; i < count; i++)
        page.records[i] = rows[i].record;
    TRY(records_open(desk, reader, &device_concept, &page, &opened));
    for (size_t i = 0; i < count; i++)
        name_take(&opened[i], &rows[i].device);
    return ERR_OK;
}

static bool holds(str_t name, str_t part)
{
    for (size_t i = 0; part.len && i + part.len <= name.len; i++)
        if (!strncasecmp(name.at + i, part.at, part.len))
            return true;
    return !part.len;
}

static int compare_moments(moment_t a, moment_t b) { return (a > b) - (a < b); }

/* Those without a name come last among names. */
static int compare_names(str_t a, str_t b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    if (!a.len || !b.len)
        return !a.len - !b.len;
    int order = strncasecmp(a.at, b.at, len);
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

static int compare(const void *left, const void *right, void *with)
{
    const struct row *a = left, *b = right;
    const struct device_ask *ask = with;
    int order = ask->order == ORDER_NAME       ? compare_names(a->device.name, b->device.name)
                : ask->order == ORDER_ENROLLED ? compare_moments(a->device.enrolled, b->device.enrolled)
                                               : compare_moments(a->device.seen, b->device.seen);
    if (!order)
        order = memcmp(a->device.id.bytes, b->device.id.bytes, sizeof a->device.id.bytes);
    return ask->down ? -order : order;
}

/* What is sealed of the rows that make the page. */
struct filling {
    struct desk *desk;
    struct row *rows;
    size_t count;
};

static err_t rows_fill(struct tx *tx, void *with)
{
    const struct filling *filling = with;
    for (struct row *row = filling->rows; row < filling->rows + filling->count; row++) {
        struct record_page page = {0};
        const struct record_ask ask = {.id = &row->device.id};
        TRY(record_list(tx, &device_concept, &ask, filling->desk->arena, &page));
        if (page.count)
            row->record = page.records[0];
    }
    return ERR_OK;
}

static err_t rows_read(struct desk *desk, const struct reader *reader, struct choice *choice)
{
    struct listing listing = {
        .desk = desk, .concept = &device_concept, .ask = {.bare = !is_by_name(choice->ask)}};
    Keys__Devices *states = NULL;
    TRY(states_ask(desk, reader, &states));
    TRY(store_read(desk->store, reader->tenant, listing_read, &listing));
    choice->rows = arena_array(desk->arena, struct row, listing.page.count);
    TRY(arena_end(desk->arena));
    for (size_t i = 0; i < listing.page.count; i++) {
        const struct record *record = &listing.page.records[i];
        const char *state = state_of(states, record->id);
        if (!choice->ask->state.len || str_eq(choice->ask->state, str(state)))
            choice->rows[choice->count++] = (struct row){*record, *plain_of(record), state};
    }
    return ERR_OK;
}

static void rows_choose(struct choice *choice)
{
    size_t kept = 0;
    for (size_t i = 0; i < choice->count; i++)
        if (holds(choice->rows[i].device.name, choice->ask->part))
            choice->rows[kept++] = choice->rows[i];
    choice->count = kept;
    if (kept)
        qsort_r(choice->rows, kept, sizeof *choice->rows, compare, (void *)(uintptr_t)choice->ask);
}

/* Where the page begins: past the last one seen; at the start where that one is gone. */
static size_t page_start(const struct choice *choice)
{
    for (size_t i = 0; choice->ask->after && i < choice->count; i++)
        if (ident_eq(choice->rows[i].device.id, *choice->ask->after))
            return i + 1;
    return 0;
}

static err_t page_fill(struct desk *desk, const struct row *rows, struct device_page *page)
{
    page->devices = arena_array(desk->arena, struct device, page->count);
    page->states = arena_array(desk->arena, const char *, page->count);
    TRY(arena_end(desk->arena));
    for (size_t i = 0; i < page->count; i++) {
        page->devices[i] = rows[i].device;
        page->states[i] = rows[i].state;
    }
    return ERR_OK;
}

err_t inventory_devices(struct desk *desk, const struct reader *reader, const struct device_ask *ask,
                        struct device_page *out_page)
{
    struct choice choice = {.ask = ask};
    TRY(rows_read(desk, reader, &choice));
    if (is_by_name(ask))
        TRY(names_open(desk, reader, choice.rows, choice.count));
    rows_choose(&choice);
    size_t start = page_start(&choice), left = choice.count - start;
    struct device_page page = {.count = ask->limit && ask->limit < left ? ask->limit : left,
                               .total = choice.count};
    page.more = page.count < left;
    if (!is_by_name(ask)) {
        struct filling filling = {desk, choice.rows + start, page.count};
        TRY(store_read(desk->store, reader->tenant, rows_fill, &filling));
        TRY(names_open(desk, reader, choice.rows + start, page.count));
    }
    TRY(page_fill(desk, choice.rows + start, &page));
    *out_page = page;
    return ERR_OK;
}

err_t devices_show(struct desk *desk, const struct reader *reader, const struct record_page *records,
                   struct device_page *out_page)
{
    struct device_page page = {.count = records->count, .total = records->count};
    struct row *rows = arena_array(desk->arena, struct row, records->count);
    Keys__Devices *states = NULL;
    TRY(arena_end(desk->arena));
    TRY(states_ask(desk, reader, &states));
    for (size_t i = 0; i < records->count; i++)
        rows[i] = (struct row){records->records[i], *plain_of(&records->records[i]),
                               state_of(states, records->records[i].id)};
    TRY(names_open(desk, reader, rows, records->count));
    TRY(page_fill(desk, rows, &page));
    *out_page = page;
    return ERR_OK;
}
