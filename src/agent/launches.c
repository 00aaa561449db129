/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/launches.h"

#include "agent/list.h"
#include "agent/place.h"
#include "base/limits.h"
#include "concept/codec.h"
#include "concept/custody.pb-c.h"
#include "concept/launch.h"
#include "guard/folder.h"

#include <fcntl.h>
#include <sys/stat.h>

enum { FILE_MAX = MAX_REPORT + AEAD_EXTRA, NAMES_MEMORY = 8 * 1024 * 1024, STRIP_MEMORY = 128 * 1024 * 1024 };

void launches_drop(struct launches *launches) { key_drop(&launches->key); }

err_t launches_open(struct env *env, const char *folder, struct launches *launches)
{
    OWN(key) key;
    TRY(folder_key(env, folder, &(struct key_use){.name = "custody-agent launches"}, &key));
    *launches = (struct launches){.env = env, .folder = folder, .key = key, .limit = LAUNCHES_BYTES};
    return ERR_OK;
}

/* The files */

struct batch_file {
    uint64_t number;
};

static int by_number(const void *a, const void *b)
{
    const struct batch_file *one = a, *other = b;
    return (one->number > other->number) - (one->number < other->number);
}

/* No folder is no batch. */
static void files_list(const struct launches *launches, struct list *out_files, size_t *out_bytes)
{
    OWN(folder) files = opendir(place(launches->folder, "launches").text);
    *out_bytes = 0;
    for (const struct dirent *entry; files && (entry = readdir(files));) {
        struct stat about;
        uint64_t number;
        str_t name = str(entry->d_name);
        while (name.len > 1 && name.at[0] == '0')
            name = (str_t){name.at + 1, name.len - 1};
        if (str_number(name, INT64_MAX, &number) != ERR_OK || strlen(entry->d_name) < 8)
            continue;
        struct batch_file *file = list_add(out_files);
        if (file)
            file->number = number;
        if (fstatat(dirfd(files), entry->d_name, &about, AT_SYMLINK_NOFOLLOW) == 0)
            *out_bytes += (size_t)about.st_size;
    }
    list_sort(out_files, by_number);
}

typedef struct {
    char text[48];
} batch_name_t;

static batch_name_t name_of(uint64_t number)
{
    batch_name_t name;
    snprintf(name.text, sizeof name.text, "launches/%08llu", (unsigned long long)number);
    return name;
}

uint64_t launches_next(const struct launches *launches)
{
    OWN(arena) arena = ARENA(NAMES_MEMORY);
    struct list files = LIST(&arena, struct batch_file);
    size_t bytes;
    files_list(launches, &files, &bytes);
    uint64_t past = files.count ? ((struct batch_file *)files.at)[files.count - 1].number + 1 : 1;
    uint64_t used = launches->own ? own_launched(launches->own) : 0;
    return used > past ? used : past;
}

/* Putting */

static ProtobufCBinaryData data_of(str_t bytes)
{
    return (ProtobufCBinaryData){bytes.len, (uint8_t *)(uintptr_t)bytes.at};
}

static err_t upload_pack(const Custody__LaunchUpload *upload, buf_t *out_packed)
{
    char *at = buf_room(out_packed, custody__launch_upload__get_packed_size(upload));
    if (at)
        custody__launch_upload__pack(upload, (uint8_t *)at);
    return buf_end(out_packed);
}

/* Without epoch and number: whoever sends it says those. */
static err_t batch_pack(const struct journal_batch *batch, arena_t *arena, buf_t *out_packed)
{
    Custody__LaunchUpload upload = CUSTODY__LAUNCH_UPLOAD__INIT;
    Custody__LaunchBatch *parts = arena_array(arena, Custody__LaunchBatch, batch->count);
    Custody__LaunchBatch **places = arena_array(arena, Custody__LaunchBatch *, batch->count);
    TRY(arena_end(arena));
    for (size_t i = 0; i < batch->count; i++) {
        custody__launch_batch__init(&parts[i]);
        parts[i].subject = data_of(ident_bytes(&batch->parts[i].subject));
        parts[i].list = data_of(batch->parts[i].list);
        places[i] = &parts[i];
    }
    upload.n_batches = batch->count;
    upload.batches = places;
    return upload_pack(&upload, out_packed);
}

err_t launches_put(void *with, const struct journal_batch *batch)
{
    const struct launches *launches = with;
    OWN(arena) arena = ARENA(NAMES_MEMORY);
    OWN(buf) packed = BUF(MAX_REPORT);
    OWN(buf) sealed = BUF(FILE_MAX);
    struct list files = LIST(&arena, struct batch_file);
    size_t bytes;
    TRY(batch_pack(batch, &arena, &packed));
    batch_name_t name = name_of(batch->number);
    aead_seal(launches->env, &launches->key, str(name.text), buf_str(&packed), &sealed);
    TRY(buf_end(&sealed));
    files_list(launches, &files, &bytes);
    if (bytes + sealed.len > launches->limit + (batch->grave ? LAUNCHES_GRAVE : 0))
        return fail(ERR_BUSY, "no more room for launches that were not sent");
    if (launches->own)
        TRY(own_set_launched(launches->own, batch->number + 1));
    return folder_write(launches->env, launches->folder, name.text, buf_str(&sealed));
}

/* Sending */

typedef Custody__LaunchUpload *upload_own;
static void upload_drop(Custody__LaunchUpload **upload)
{
    if (*upload)
        custody__launch_upload__free_unpacked(*upload, NULL);
}

/* LOCKED where it is not what was put there. */
static err_t batch_get(const struct launches *launches, uint64_t number, buf_t *out_plain,
                       Custody__LaunchUpload **out_upload)
{
    OWN(buf) sealed = BUF(FILE_MAX);
    batch_name_t name = name_of(number);
    TRY(launches->env->read_file(launches->env, place(launches->folder, name.text).text, &sealed));
    TRY(aead_open(&launches->key, str(name.text), buf_str(&sealed), out_plain));
    *out_upload = custody__launch_upload__unpack(NULL, out_plain->len, (const uint8_t *)out_plain->at);
    return *out_upload ? ERR_OK : fail(ERR_LOCKED, "batch %llu is none", (unsigned long long)number);
}

/* Nothing that is withheld leaves: neither a list of that person's, nor a launch of another's that names their account. */

static bool names_withheld(const struct state *state, const struct launch *launches, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (state_withholds(state, launches[i].account))
            return true;
    return false;
}

static err_t list_strip(const struct state *state, Custody__LaunchBatch *part, arena_t *arena)
{
    OWN(buf) packed = BUF(MAX_ITEM);
    buf_t frame = arena_buf(arena, MAX_ITEM);
    void *records = NULL;
    size_t count = 0, kept = 0;
    str_t list;
    TRY(codec_grow(str_bytes(part->list.data, part->list.len), arena, &list));
    TRY(codec_unpack(&launch_concept, list, arena, &records, &count));
    struct launch *launches = records;
    if (!names_withheld(state, launches, count))
        return ERR_OK;
    for (size_t i = 0; i < count; i++)
        if (!state_withholds(state, launches[i].account))
            launches[kept++] = launches[i];
    if (kept) {
        TRY(codec_pack(&launch_concept, launches, kept, arena, &packed));
        TRY(codec_shrink(buf_str(&packed), &frame));
    }
    part->list = data_of(buf_str(&frame));
    return ERR_OK;
}

static err_t batch_strip(const struct state *state, Custody__LaunchUpload *upload, arena_t *arena)
{
    size_t kept = 0;
    Custody__LaunchBatch **parts = arena_array(arena, Custody__LaunchBatch *, upload->n_batches + 1);
    TRY(arena_end(arena));
    for (size_t i = 0; i < upload->n_batches; i++) {
        Custody__LaunchBatch *part = arena_new(arena, Custody__LaunchBatch);
        ident_t subject;
        TRY(arena_end(arena));
        *part = *upload->batches[i];
        TRY(ident_from(str_bytes(part->subject.data, part->subject.len), &subject));
        if (state_withholds(state, subject))
            continue;
        TRY(list_strip(state, part, arena));
        parts[kept] = part;
        kept += part->list.len != 0;
    }
    upload->batches = parts;
    upload->n_batches = kept;
    return ERR_OK;
}

static err_t batch_post(const struct launches *launches, const struct reporter *by, const struct state *state,
                        uint64_t number)
{
    OWN(buf) plain = BUF(MAX_REPORT);
    OWN(buf) body = BUF(MAX_REPORT);
    OWN(buf) answer = BUF(MAX_BODY);
    OWN(upload) upload = NULL;
    OWN(arena) arena = ARENA(STRIP_MEMORY);
    TRY(batch_get(launches, number, &plain, &upload));
    Custody__LaunchUpload sent = *upload;
    if (state->withheld)
        TRY(batch_strip(state, &sent, &arena));
    sent.epoch = data_of(ident_bytes(&state->epoch));
    sent.sequence = number;
    TRY(upload_pack(&sent, &body));
    const struct service_request request = {"/agent/v1/launches", "application/x-protobuf", buf_str(&body)};
    return by->send(by->context, &request, &answer);
}

static bool is_given_up(err_t code)
{
    return code == ERR_INVALID || code == ERR_TOO_LARGE || code == ERR_LOCKED || code == ERR_CONFLICT;
}

/* A number that the service would not have, or a file that is damaged: never without a word. */
static void given_up_say(const struct reporter *by, uint64_t number)
{
    char line[512];
    snprintf(line, sizeof line, "batch %llu of launches is given up: %s", (unsigned long long)number,
             err_note());
    if (by->say)
        by->say(line);
}

err_t launches_send(struct launches *launches, const struct reporter *by, size_t *out_batches)
{
    OWN(state) state = {0};
    OWN(arena) arena = ARENA(NAMES_MEMORY);
    struct list files = LIST(&arena, struct batch_file);
    size_t bytes, sent = 0;
    TRY(state_load(launches->env, launches->folder, &state));
    bool wanted = switches_allow(&state.switches, COLLECT_LAUNCHES);
    files_list(launches, &files, &bytes);
    for (size_t i = 0; i < files.count; i++) {
        uint64_t number = ((const struct batch_file *)files.at)[i].number;
        err_t done = wanted ? batch_post(launches, by, &state, number) : ERR_OK;
        if (done != ERR_OK && !is_given_up(done))
            return done;
        if (done != ERR_OK)
            given_up_say(by, number);
        sent += wanted && done == ERR_OK;
        TRY(launches->env->remove_file(launches->env, place(launches->folder, name_of(number).text).text));
    }
    *out_batches = sent;
    return ERR_OK;
}
