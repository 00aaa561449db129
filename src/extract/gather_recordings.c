/* SPDX-License-Identifier: Apache-2.0 */
#include "extract/gather_recordings.h"

#include "base/limits.h"
#include "extract/gather_log.h"
#include "seal/recording.h"
#include "store/blobs.h"
#include <errno.h>
#include <unistd.h>

enum { AT_ONCE = 64, TOLD_EVERY = 16 * 1024 * 1024 };

/* One of them: its row, its file as far as the row says that it goes, and what the file says of itself. */
struct item {
    const struct blob_about *row;
    int fd;
    int64_t rest;
    struct recording_source source;
    struct recording_head head;
    struct key key;
};

struct recordings {
    const struct gathering *gathering;
    ident_t tenant, realm;
    struct blobs blobs;
    arena_t *arena;
    struct table table;
    struct item items[AT_ONCE]; /* that are asked for at once, and read one after the other */
    size_t count;
    uint64_t found, left_out, broken, cut, altered;
};
typedef struct recordings recordings_own;

static str_t bin(ProtobufCBinaryData data) { return str_bytes(data.data, data.len); }

static void items_close(struct recordings *all)
{
    for (size_t i = 0; i < all->count; i++) {
        close(all->items[i].fd);
        key_drop(&all->items[i].key);
    }
    all->count = 0;
}

static void recordings_drop(struct recordings *all)
{
    items_close(all);
    table_drop(&all->table);
}

static err_t list_act(struct tx *tx, void *with)
{
    struct recordings *all = with;
    return blobs_list(tx, all->arena, &all->blobs);
}

static err_t file_read(void *from, char *at, size_t len, size_t *out_len)
{
    struct item *item = from;
    size_t most = item->rest < (int64_t)len ? (size_t)item->rest : len;
    ssize_t some;
    do
        some = read(item->fd, at, most);
    while (some < 0 && errno == EINTR);
    if (some < 0)
        return fail(ERR_BROKEN, "a recording cannot be read: %s", strerror(errno));
    item->rest -= some;
    *out_len = (size_t)some;
    return ERR_OK;
}

/* Its row and its file speak of the same recording: what an endpoint has sealed for another place is none here. */
static bool is_in_place(const struct recordings *all, const struct item *item)
{
    const struct recording_about *about = &item->head.about;
    return ident_eq(about->realm, all->realm) && ident_eq(about->id, item->row->id) &&
           ident_eq(about->subject, item->row->subject) && ident_eq(about->device, item->row->device);
}

/* One whose file is not there has gone since the rows were read. */
static err_t item_open(struct recordings *all, const struct blob_about *row)
{
    struct item *item = &all->items[all->count];
    *item = (struct item){.row = row, .rest = row->size};
    item->source = (struct recording_source){file_read, item};
    err_t there = blob_open(all->gathering->desk->store, all->tenant, row->id, &item->fd);
    if (there == ERR_MISSING)
        return ERR_OK;
    TRY(there);
    all->count++;
    err_t looked = recording_look(&item->source, &item->head);
    if (looked == ERR_OK && is_in_place(all, item))
        return ERR_OK;
    close(item->fd);
    all->count--;
    all->broken += looked != ERR_BROKEN;
    return looked == ERR_BROKEN ? looked : ERR_OK;
}

/* Keys */

static err_t keys_take(struct recordings *all, const Keys__Opened *opened)
{
    size_t kept = 0;
    if (opened->n_keys != all->count)
        return fail(ERR_BROKEN, "the keys process answered for %zu of %zu recordings", opened->n_keys,
                    all->count);
    for (size_t i = 0; i < all->count; i++) {
        struct item *item = &all->items[i];
        bool open = key_from(bin(opened->keys[i]), &item->key) == ERR_OK;
        if (!open)
            close(item->fd);
        else if (kept++ != i)
            all->items[kept - 1] = *item;
    }
    all->broken += opened->n_broken;
    all->left_out += all->count - kept - opened->n_broken;
    all->count = kept;
    return ERR_OK;
}

static err_t keys_get(struct recordings *all)
{
    OWN(arena) arena = ARENA(MAX_ASK);
    Keys__ExportOpen in = KEYS__EXPORT_OPEN__INIT;
    Keys__Opened *opened = NULL;
    ProtobufCBinaryData subjects[AT_ONCE], boxes[AT_ONCE];
    for (size_t i = 0; i < all->count; i++) {
        struct item *item = &all->items[i];
        subjects[i] = (ProtobufCBinaryData){sizeof(ident_t), item->head.about.subject.bytes};
        boxes[i] = (ProtobufCBinaryData){SEAL_BOX, item->head.box};
    }
    in.ticket = (char *)(uintptr_t)all->gathering->ticket;
    in.videos = true;
    in.subjects = subjects;
    in.boxes = boxes;
    in.n_subjects = in.n_boxes = all->count;
    TRY(keys_ask(all->gathering->desk->channel, &(struct question){ASK_export_open, &in}, &arena, &opened));
    return keys_take(all, opened);
}

/* Files */

struct putting {
    const struct gathering *gathering;
    const struct item *item;
    char name[64];
    uint64_t bytes, told;
    bool begun, whole;
    err_t ended;
};

/* Nothing is begun for one of which no fragment is good. */
static err_t fragment_put(struct putting *putting, str_t fragment, uint64_t records)
{
    const struct gathering *gathering = putting->gathering;
    if (!putting->begun)
        TRY(archive_file_begin(gathering->archive, putting->name, (uint64_t)putting->item->row->size));
    putting->begun = true;
    putting->bytes += fragment.len;
    TRY(archive_file_put(gathering->archive, fragment));
    if (putting->bytes - putting->told < TOLD_EVERY)
        return ERR_OK;
    putting->told = putting->bytes;
    return gathering->moved(gathering->with, records);
}

static err_t fragments_put(struct putting *putting, uint64_t records)
{
    OWN(recording_reader) reader = {0};
    const struct item *item = putting->item;
    str_t fragment = {0};
    recording_open(&item->source, &item->head, &item->key, &reader);
    while (recording_next(&reader, &fragment))
        TRY(fragment_put(putting, fragment, records));
    putting->ended = recording_end(&reader, &putting->whole);
    return putting->begun ? archive_file_end(putting->gathering->archive) : ERR_OK;
}

static err_t row_of(struct recordings *all, const struct putting *putting, const char *state)
{
    const struct blob_about *row = putting->item->row;
    struct table *table = &all->table;
    ident_text_t id = ident_text("rec", row->id), device = ident_text("dev", row->device);
    ident_text_t person = ident_text("acc", row->subject);
    const char *who = ident_eq(row->subject, row->device) ? "" : person.text;
    const char *quote = *who ? "\"" : "", *file = putting->begun ? putting->name : "";
    buf_putf(&table->json, "{\"id\":\"%s\",\"device\":\"%s\",\"person\":%s%s%s,\"made\":\"%s\"", id.text,
             device.text, quote, *who ? who : "null", quote, moment_text(row->made).text);
    buf_putf(&table->json, ",\"bytes\":%llu,\"state\":\"%s\",\"file\":\"%s\"}",
             (unsigned long long)putting->bytes, state, file);
    buf_putf(&table->csv, "%s,%s,%s,%s,%llu,%s,%s", id.text, device.text, who, moment_text(row->made).text,
             (unsigned long long)putting->bytes, state, file);
    return row_put(all->gathering, table);
}

static err_t item_put(struct recordings *all, struct item *item)
{
    struct putting putting = {.gathering = all->gathering, .item = item};
    item->source.from = item; /* it may have moved up */
    snprintf(putting.name, sizeof putting.name, "recordings/%s.mp4", ident_text("rec", item->row->id).text);
    TRY(fragments_put(&putting, all->table.records));
    bool altered = putting.ended == ERR_LOCKED;
    if (!altered)
        TRY(putting.ended);
    all->altered += altered;
    all->cut += !altered && !putting.whole;
    return row_of(all, &putting, altered ? "altered" : putting.whole ? "whole" : "cut");
}

static err_t items_put(struct recordings *all)
{
    if (!all->count)
        return ERR_OK;
    TRY(keys_get(all));
    for (size_t i = 0; i < all->count; i++)
        TRY(item_put(all, &all->items[i]));
    items_close(all);
    return ERR_OK;
}

static err_t recordings_each(struct recordings *all)
{
    for (size_t i = 0; i < all->blobs.count; i++) {
        const struct blob_about *row = &all->blobs.at[i];
        if (all->gathering->scope->n_subjects && !is_of_person(all->gathering, row->subject))
            continue;
        all->found++;
        TRY(item_open(all, row));
        if (all->count == AT_ONCE)
            TRY(items_put(all));
    }
    return items_put(all);
}

static void notes_put(const struct recordings *all)
{
    const struct {
        uint64_t count;
        const char *what;
    } notes[] = {
        {all->left_out, "recordings are not in it: their keys were destroyed, or made after the export"},
        {all->broken, "recordings are not in it: what their endpoints sealed is no recording"},
        {all->cut, "recordings are cut: their recorder was stopped, and they are in it as far as it came"},
        {all->altered,
         "recordings were altered after they were made, and are in it as far as they are as they were"},
    };
    for (size_t i = 0; i < sizeof notes / sizeof *notes; i++) {
        char note[256];
        snprintf(note, sizeof note, "%llu %s", (unsigned long long)notes[i].count, notes[i].what);
        if (notes[i].count)
            archive_note(all->gathering->archive, note);
    }
    if (!all->found)
        archive_note(all->gathering->archive, all->gathering->scope->n_subjects
                                                  ? "No videos are in it: none of this person are kept."
                                                  : "No videos are in it: none are kept.");
}

err_t recordings_gather(const struct gathering *gathering)
{
    OWN(arena) arena = ARENA(MAX_MEMORY);
    OWN(recordings)
    all = {.gathering = gathering,
           .arena = &arena,
           .table = {.name = "recordings", .head = STR("id,device,person,made,bytes,state,file")}};
    const Keys__ExportScope *scope = gathering->scope;
    TRY(ident_from(bin(scope->export->tenant), &all.tenant));
    TRY(ident_from(bin(scope->realm), &all.realm));
    TRY(archive_table_begin(gathering->archive, &all.table));
    TRY(store_read(gathering->desk->store, all.tenant, list_act, &all));
    TRY(recordings_each(&all));
    notes_put(&all);
    return archive_table_end(gathering->archive, &all.table);
}
