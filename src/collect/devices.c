/* SPDX-License-Identifier: Apache-2.0 */
#include "collect/_private.h"

#include <strings.h>

/* A device on its way to the page: its row first, its name where that is needed to choose or to sort. */
struct row {
    struct record record;
    struct device device;
    const char *state;
    bool broken;
};

struct choice {
    const struct device_ask *ask;
    const Keys__Devices *states;
    struct row *rows;
    size_t count;
};

static const struct device *plain_of(const struct record *record) { return record->plain; }

static bool is_by_name(const struct device_ask *ask) { return ask->part.len || ask->order == ORDER_NAME; }

static err_t own_states_ask(struct desk *desk, const struct reader *reader, Keys__Devices **out_states)
{
    Keys__Bearer in = KEYS__BEARER__INIT;
    in.bearer = (char *)(uintptr_t)reader->bearer;
    return keys_ask(desk->channel, &(struct question){ASK_device_states, &in}, desk->arena, out_states);
}

/* As one of the provider's people asks, whose session is of no tenant. */
static err_t support_states_ask(struct desk *desk, const struct reader *reader, Keys__Devices **out_states)
{
    Keys__Named in = KEYS__NAMED__INIT;
    in.bearer = (char *)(uintptr_t)reader->bearer;
    in.id = (ProtobufCBinaryData){16, (uint8_t *)(uintptr_t)reader->tenant.bytes};
    return keys_ask(desk->channel, &(struct question){ASK_support_states, &in}, desk->arena, out_states);
}

/* Whoever has the recovery kit alone is told what holds keep, and of no device whether it may report. */
static err_t no_states(struct desk *desk, Keys__Devices **out_states)
{
    *out_states = arena_new(desk->arena, Keys__Devices);
    TRY(arena_end(desk->arena));
    keys__devices__init(*out_states);
    return ERR_OK;
}

static err_t states_ask(struct desk *desk, const struct reader *reader, Keys__Devices **out_states)
{
    if (reader->kit)
        return no_states(desk, out_states);
    return reader->under ? support_states_ask(desk, reader, out_states)
                         : own_states_ask(desk, reader, out_states);
}

/* The keys process lists the few that are not approved. */
static const char *state_of(const Keys__Devices *states, ident_t id)
{
    for (size_t i = 0; i < states->n_items; i++)
        if (str_eq(str_bytes(states->items[i]->id.data, states->items[i]->id.len), ident_bytes(&id)))
            return states->items[i]->state;
    return "approved";
}

static void name_take(const struct opened *opened, struct row *row)
{
    row->broken = opened->broken;
    if (opened->count == 1)
        row->device.name = ((const struct device *)opened->entries)->name;
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
        name_take(&opened[i], &rows[i]);
    return ERR_OK;
}

static bool holds(str_t name, str_t part)
{
    for (size_t i = 0; part.len && i + part.len <= name.len; i++)
        if (!strncasecmp(name.at + i, part.at, part.len))
            return true;
    return !part.len;
}

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
    int order = compare_names(a->device.name, b->device.name);
    if (!order)
        order = memcmp(a->device.id.bytes, b->device.id.bytes, sizeof a->device.id.bytes);
    return ask->down ? -order : order;
}

static bool is_wanted(const struct device_ask *ask, const char *state)
{
    return !ask->state.len || str_eq(ask->state, str(state));
}

static err_t rows_read(struct desk *desk, const struct reader *reader, struct choice *choice)
{
    struct listing listing = {.desk = desk, .concept = &device_concept};
    TRY(store_read(desk->store, reader->tenant, listing_read, &listing));
    choice->rows = arena_array(desk->arena, struct row, listing.page.count);
    TRY(arena_end(desk->arena));
    for (size_t i = 0; i < listing.page.count; i++) {
        const struct record *record = &listing.page.records[i];
        const char *state = state_of(choice->states, record->id);
        if (is_wanted(choice->ask, state))
            choice->rows[choice->count++] = (struct row){*record, *plain_of(record), state, false};
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
    bool *broken = arena_array(desk->arena, bool, page->count);
    TRY(arena_end(desk->arena));
    for (size_t i = 0; i < page->count; i++) {
        page->devices[i] = rows[i].device;
        page->states[i] = rows[i].state;
        broken[i] = rows[i].broken;
    }
    page->broken = broken;
    return ERR_OK;
}

/* These records as devices, opened. */
static err_t records_show(struct desk *desk, const struct reader *reader, const struct record_page *records,
                          struct choice *choice, struct device_page *page)
{
    choice->rows = arena_array(desk->arena, struct row, records->count);
    TRY(arena_end(desk->arena));
    for (size_t i = 0; i < records->count; i++)
        choice->rows[i] = (struct row){records->records[i], *plain_of(&records->records[i]),
                                       state_of(choice->states, records->records[i].id), false};
    TRY(names_open(desk, reader, choice->rows, records->count));
    return page_fill(desk, choice->rows, page);
}

static size_t page_size(const struct device_ask *ask, size_t left)
{
    return ask->limit && ask->limit < left ? ask->limit : left;
}

/* By name: every device is opened, those that fit are sorted, and the page is cut from them. */
static err_t page_by_name(struct desk *desk, const struct reader *reader, struct choice *choice,
                          struct device_page *page)
{
    TRY(rows_read(desk, reader, choice));
    TRY(names_open(desk, reader, choice->rows, choice->count));
    rows_choose(choice);
    size_t start = page_start(choice), left = choice->count - start;
    page->count = page_size(choice->ask, left);
    page->total = choice->count;
    page->more = page->count < left;
    return page_fill(desk, choice->rows + start, page);
}

/* By a plain column: the database sorts ids, and only the page's own rows are read and opened. */
struct column {
    struct desk *desk;
    const struct choice *choice;
    idents_t ids;
    struct record_page records;
};

static void ids_choose(const struct choice *choice, idents_t *ids)
{
    size_t kept = 0;
    for (size_t i = 0; choice->ask->state.len && i < ids->count; i++)
        if (is_wanted(choice->ask, state_of(choice->states, ids->at[i])))
            ids->at[kept++] = ids->at[i];
    ids->count = choice->ask->state.len ? kept : ids->count;
}

static size_t ids_start(const struct device_ask *ask, const idents_t *ids)
{
    for (size_t i = 0; ask->after && i < ids->count; i++)
        if (ident_eq(ids->at[i], *ask->after))
            return i + 1;
    return 0;
}

/* Of these ids, each where it is still there. */
static err_t records_read(struct tx *tx, const idents_t *ids, arena_t *arena, struct record_page *out_records)
{
    out_records->records = arena_array(arena, struct record, ids->count);
    TRY(arena_end(arena));
    for (size_t i = 0; i < ids->count; i++) {
        struct record_page one = {0};
        TRY(record_list(tx, &device_concept, &(struct record_ask){.id = &ids->at[i]}, arena, &one));
        if (one.count)
            out_records->records[out_records->count++] = one.records[0];
    }
    return ERR_OK;
}

static err_t column_read(struct tx *tx, void *with)
{
    struct column *column = with;
    const struct device_ask *ask = column->choice->ask;
    arena_t *arena = column->desk->arena;
    bool seen = ask->order == ORDER_SEEN;
    TRY(record_devices(tx,
                       seen        ? ask->down ? BY_SEEN_DOWN : BY_SEEN
                       : ask->down ? BY_ENROLLED_DOWN
                                   : BY_ENROLLED,
                       arena, &column->ids));
    ids_choose(column->choice, &column->ids);
    size_t start = ids_start(ask, &column->ids), left = column->ids.count - start;
    size_t count = page_size(ask, left);
    column->records = (struct record_page){.more = count < left};
    return records_read(tx, &(idents_t){column->ids.at + start, count}, arena, &column->records);
}

static err_t page_by_column(struct desk *desk, const struct reader *reader, struct choice *choice,
                            struct device_page *page)
{
    struct column column = {.desk = desk, .choice = choice};
    TRY(store_read(desk->store, reader->tenant, column_read, &column));
    page->count = column.records.count;
    page->total = column.ids.count;
    page->more = column.records.more;
    return records_show(desk, reader, &column.records, choice, page);
}

err_t inventory_devices(struct desk *desk, const struct reader *reader, const struct device_ask *ask,
                        struct device_page *out_page)
{
    struct choice choice = {.ask = ask};
    struct device_page page = {0};
    Keys__Devices *states = NULL;
    TRY(states_ask(desk, reader, &states));
    choice.states = states;
    TRY(is_by_name(ask) ? page_by_name(desk, reader, &choice, &page)
                        : page_by_column(desk, reader, &choice, &page));
    *out_page = page;
    return ERR_OK;
}

err_t devices_show(struct desk *desk, const struct reader *reader, const struct record_page *records,
                   struct device_page *out_page)
{
    struct device_page page = {.count = records->count, .total = records->count};
    struct choice choice = {0};
    Keys__Devices *states = NULL;
    TRY(states_ask(desk, reader, &states));
    choice.states = states;
    TRY(records_show(desk, reader, records, &choice, &page));
    *out_page = page;
    return ERR_OK;
}

struct these {
    struct desk *desk;
    const idents_t *ids;
    struct record_page records;
};

static err_t these_read(struct tx *tx, void *with)
{
    struct these *these = with;
    these->records = (struct record_page){0};
    return records_read(tx, these->ids, these->desk->arena, &these->records);
}

err_t inventory_these(struct desk *desk, const struct reader *reader, const idents_t *ids,
                      struct device_page *out_page)
{
    struct these these = {.desk = desk, .ids = ids};
    TRY(store_read(desk->store, reader->tenant, these_read, &these));
    return devices_show(desk, reader, &these.records, out_page);
}

err_t inventory_plain(struct desk *desk, const struct reader *reader, struct device_page *out_page)
{
    static const struct device_ask all;
    struct choice choice = {.ask = &all};
    struct device_page page = {0};
    Keys__Devices *states = NULL;
    TRY(support_states_ask(desk, reader, &states));
    choice.states = states;
    TRY(rows_read(desk, reader, &choice));
    page.count = page.total = choice.count;
    TRY(page_fill(desk, choice.rows, &page));
    *out_page = page;
    return ERR_OK;
}
