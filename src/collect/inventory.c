/* SPDX-License-Identifier: Apache-2.0 */
#include "collect/_private.h"

#include "base/limits.h"
#include "concept/codec.h"
#include "concept/following.h"
#include "seal/seal.h"
#include "store/launches.h"

enum { OPEN_AT_ONCE = 1024 };

/* What the keys process is shown of records: their boxes, and whom each is sealed to. */
struct boxes {
    ProtobufCBinaryData *subjects, *boxes;
    size_t count;
};

static err_t boxes_gather(struct opened *const *opened, size_t count, arena_t *arena, struct boxes *out)
{
    out->subjects = arena_array(arena, ProtobufCBinaryData, count);
    out->boxes = arena_array(arena, ProtobufCBinaryData, count);
    out->count = count;
    TRY(arena_end(arena));
    for (size_t i = 0; i < count; i++) {
        str_t box;
        TRY(seal_box(opened[i]->record->sealed, &box));
        out->subjects[i] = (ProtobufCBinaryData){16, (uint8_t *)(uintptr_t)opened[i]->record->subject.bytes};
        out->boxes[i] = (ProtobufCBinaryData){box.len, (uint8_t *)(uintptr_t)box.at};
    }
    return ERR_OK;
}

static err_t own_ask(struct desk *desk, const struct reader *reader, const struct boxes *boxes,
                     Keys__Opened **out_opened)
{
    Keys__Open in = KEYS__OPEN__INIT;
    in.bearer = (char *)(uintptr_t)reader->bearer;
    in.subjects = boxes->subjects;
    in.boxes = boxes->boxes;
    in.n_subjects = in.n_boxes = boxes->count;
    return keys_ask(desk->channel, &(struct question){reader->held ? ASK_held_open : ASK_records_open, &in},
                    desk->arena, out_opened);
}

static err_t grant_ask(struct desk *desk, const struct reader *reader, const struct boxes *boxes,
                       Keys__Opened **out_opened)
{
    Keys__GrantOpen in = KEYS__GRANT_OPEN__INIT;
    in.bearer = (char *)(uintptr_t)reader->bearer;
    in.request = (ProtobufCBinaryData){16, (uint8_t *)(uintptr_t)reader->under->bytes};
    in.subjects = boxes->subjects;
    in.boxes = boxes->boxes;
    in.n_subjects = in.n_boxes = boxes->count;
    return keys_ask(desk->channel, &(struct question){ASK_grant_open, &in}, desk->arena, out_opened);
}

static err_t ticket_ask(struct desk *desk, const struct reader *reader, const struct boxes *boxes,
                        Keys__Opened **out_opened)
{
    Keys__ExportOpen in = KEYS__EXPORT_OPEN__INIT;
    in.ticket = (char *)(uintptr_t)reader->ticket;
    in.subjects = boxes->subjects;
    in.boxes = boxes->boxes;
    in.n_subjects = in.n_boxes = boxes->count;
    return keys_ask(desk->channel, &(struct question){ASK_export_open, &in}, desk->arena, out_opened);
}

static err_t kit_ask(struct desk *desk, const struct reader *reader, const struct boxes *boxes,
                     Keys__Opened **out_opened)
{
    Keys__HeldKit in = KEYS__HELD_KIT__INIT;
    in.tenant = (char *)(uintptr_t)reader->kit->tenant;
    in.kit = (char *)(uintptr_t)reader->kit->kit;
    in.subjects = boxes->subjects;
    in.boxes = boxes->boxes;
    in.n_subjects = in.n_boxes = boxes->count;
    return keys_ask(desk->channel, &(struct question){ASK_held_kit, &in}, desk->arena, out_opened);
}

static err_t boxes_ask(struct desk *desk, const struct reader *reader, const struct boxes *boxes,
                       Keys__Opened **out_opened)
{
    if (reader->kit)
        return kit_ask(desk, reader, boxes, out_opened);
    if (reader->ticket)
        return ticket_ask(desk, reader, boxes, out_opened);
    return reader->under ? grant_ask(desk, reader, boxes, out_opened)
                         : own_ask(desk, reader, boxes, out_opened);
}

/* A page has room for as many as are on it: what is longer than anything is called would leave none for the others. */
static bool texts_fit(const concept_t *c, const struct opened *opened)
{
    for (size_t i = 0; i < opened->count; i++)
        for_each_field(f, c)
            if (f->kind == KIND_TEXT &&
                ((const str_t *)field_in((const char *)opened->entries + i * c->size, f))->len >
                    MAX_RECORD_TEXT)
                return false;
    return true;
}

/* As many as its row says; of a ONE it is one, and a person's account is that account. */
static bool record_fits(const concept_t *c, const struct opened *opened)
{
    const struct record *record = opened->record;
    if (!texts_fit(c, opened))
        return false;
    if (opened->count != (size_t)record->entries || (c->shape == SHAPE_ONE && opened->count != 1))
        return false;
    if (c != &account_concept || ident_eq(record->subject, record->parent) || !opened->count)
        return true;
    return opened->count == 1 && ident_eq(((const struct account *)opened->entries)->id, record->id);
}

static err_t record_read(struct desk *desk, const concept_t *c, const struct seal_place *place, str_t key_at,
                         struct opened *opened)
{
    OWN(key) data_key;
    OWN(buf) frame = BUF(opened->record->sealed.len);
    str_t packed;
    TRY(key_from(key_at, &data_key));
    TRY(seal_get(&data_key, place, opened->record->sealed, &frame));
    TRY(codec_grow(buf_str(&frame), desk->arena, &packed));
    TRY(codec_unpack(c, packed, desk->arena, &opened->entries, &opened->count));
    return record_fits(c, opened) ? ERR_OK : fail(ERR_BROKEN, "a record that is not what its row says");
}

/* Whether it is the record that is at fault, or the memory of this request. */
static err_t record_open(struct desk *desk, const concept_t *c, const struct seal_place *place, str_t key_at,
                         struct opened *opened)
{
    err_t read = record_read(desk, c, place, key_at, opened);
    if (read == ERR_OK || read == ERR_BUSY)
        return read;
    TRY(arena_end(desk->arena));
    opened->entries = NULL;
    opened->count = 0;
    opened->broken = true;
    return ERR_OK;
}

static err_t some_open(struct desk *desk, const struct reader *reader, const concept_t *c,
                       struct opened *const *opened, size_t count)
{
    struct boxes boxes = {0};
    Keys__Opened *out = NULL;
    TRY(boxes_gather(opened, count, desk->arena, &boxes));
    TRY(boxes_ask(desk, reader, &boxes, &out));
    for (size_t i = 0; i < out->n_broken; i++)
        if (out->broken[i] < count)
            opened[out->broken[i]]->broken = true;
    for (size_t i = 0; i < count && i < out->n_keys; i++) {
        const struct seal_place place = {
            .realm = reader->realm, .id = opened[i]->record->id, .concept = c->number};
        str_t key = str_bytes(out->keys[i].data, out->keys[i].len);
        if (key.len)
            TRY(record_open(desk, c, &place, key, opened[i]));
    }
    return ERR_OK;
}

err_t records_open(struct desk *desk, const struct reader *reader, const concept_t *c,
                   const struct record_page *page, struct opened **out_opened)
{
    struct opened *opened = arena_array(desk->arena, struct opened, page->count);
    struct opened **sealed = arena_array(desk->arena, struct opened *, page->count);
    size_t count = 0;
    TRY(arena_end(desk->arena));
    for (size_t i = 0; i < page->count; i++) {
        str_t box;
        opened[i].record = &page->records[i];
        opened[i].broken = opened[i].record->sealed.at && seal_box(opened[i].record->sealed, &box) != ERR_OK;
        if (opened[i].record->sealed.at && !opened[i].broken)
            sealed[count++] = &opened[i];
    }
    for (size_t from = 0; from < count; from += OPEN_AT_ONCE) {
        size_t some = count - from < OPEN_AT_ONCE ? count - from : OPEN_AT_ONCE;
        TRY(some_open(desk, reader, c, sealed + from, some));
    }
    *out_opened = opened;
    return ERR_OK;
}

err_t listing_read(struct tx *tx, void *with)
{
    struct listing *listing = with;
    return record_list(tx, listing->concept, &listing->ask, listing->desk->arena, &listing->page);
}

static err_t entries_join(struct desk *desk, const concept_t *c, const struct listing *listing,
                          const struct opened *opened, struct entries *out_entries)
{
    size_t count = 0, broken = 0, at = 0;
    for (size_t i = 0; i < listing->page.count; i++) {
        count += opened[i].count;
        broken += opened[i].broken;
    }
    char *records = arena_take_array(desk->arena, c->size, count);
    bool *of_device = arena_array(desk->arena, bool, count);
    TRY(arena_end(desk->arena));
    for (size_t i = 0; i < listing->page.count; i++)
        for (size_t j = 0; j < opened[i].count; j++, at++) {
            memcpy(records + at * c->size, (const char *)opened[i].entries + j * c->size, c->size);
            of_device[at] = ident_eq(opened[i].record->subject, opened[i].record->parent);
        }
    *out_entries = (struct entries){records, count, of_device, broken};
    return ERR_OK;
}

static err_t entries_of(struct desk *desk, const struct reader *reader, const concept_t *c, ident_t device,
                        struct entries *out_entries)
{
    struct listing listing = {.desk = desk, .concept = c, .ask = {.parent = &device}};
    struct opened *opened = NULL;
    TRY(store_read(desk->store, reader->tenant, listing_read, &listing));
    TRY(records_open(desk, reader, c, &listing.page, &opened));
    return entries_join(desk, c, &listing, opened, out_entries);
}

static err_t device_one(struct desk *desk, const struct reader *reader, ident_t id,
                        struct device_page *out_page)
{
    struct listing listing = {.desk = desk, .concept = &device_concept, .ask = {.id = &id}};
    TRY(store_read(desk->store, reader->tenant, listing_read, &listing));
    return devices_show(desk, reader, &listing.page, out_page);
}

err_t inventory_device(struct desk *desk, const struct reader *reader, ident_t id,
                       struct device_whole *out_whole)
{
    struct device_page page;
    struct device_whole whole;
    TRY(device_one(desk, reader, id, &page));
    if (!page.count)
        return fail(ERR_MISSING, "no %s", ident_text(device_concept.prefix, id).text);
    whole.device = page.devices[0];
    whole.state = reader->kit ? "unknown" : page.states[0];
    whole.broken = page.broken[0];
    TRY(entries_of(desk, reader, &address_concept, id, &whole.addresses));
    TRY(entries_of(desk, reader, &account_concept, id, &whole.accounts));
    TRY(entries_of(desk, reader, &group_concept, id, &whole.groups));
    TRY(entries_of(desk, reader, &program_concept, id, &whole.programs));
    *out_whole = whole;
    return ERR_OK;
}

static err_t rows_remove(struct tx *tx, void *with)
{
    const ident_t *device = with;
    for (const concept_t *const *c = concepts; *c; c++)
        if ((*c)->home == HOME_TENANT && (*c)->parent)
            TRY(record_remove_of(tx, *c, *device));
    TRY(launch_remove_of(tx, *device));
    TRY(sequence_forget(tx, *device));
    TRY(record_remove(tx, &following_concept, *device));
    return record_remove(tx, &device_concept, *device);
}

err_t inventory_remove(struct desk *desk, const struct reader *reader, ident_t id)
{
    Keys__Named in = KEYS__NAMED__INIT;
    Keys__None *out = NULL;
    in.bearer = (char *)(uintptr_t)reader->bearer;
    in.id = (ProtobufCBinaryData){16, id.bytes};
    err_t destroyed = keys_ask(desk->channel, &(struct question){ASK_device_destroy, &in}, desk->arena, &out);
    if (destroyed != ERR_OK && destroyed != ERR_MISSING)
        return destroyed;
    TRY(store_write(desk->store, reader->tenant, rows_remove, &id));
    return destroyed == ERR_OK ? ERR_OK
                               : fail(ERR_MISSING, "no %s", ident_text(device_concept.prefix, id).text);
}
