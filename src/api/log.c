/* SPDX-License-Identifier: Apache-2.0
 *
 * An evidence log: listed, copied file by file, and proven entry by entry. Members of a client are answered from theirs, the
 * provider's people from the service's own: who asks says which.
 */
#include "api/bodies.h"
#include "api/handlers.h"
#include "api/put.h"
#include "base/limits.h"
#include "collect/tell.h"
#include "log/read.h"

enum {
    PAGE = 100,
    CSV_PAGE = 4096, /* of entries with as many ids as they can name, that is less than a reply holds */
    LOOKED_AT = 64   /* bundles, for one page: what is further back is the next page's */
};

static err_t about_ask(struct call *call, Keys__Log **out_log)
{
    return call_keys_bearer(call, ASK_log_about, out_log);
}

/* The service's has a random name, which the keys process knows. */
static err_t service_folder(struct call *call, struct log_folder *out_folder)
{
    Keys__Log *log = NULL;
    TRY(about_ask(call, &log));
    const char *name = strchr(log->origin, '/');
    return name ? log_folder_at(call->service->env, call->service->logs, name + 1, out_folder)
                : fail(ERR_BROKEN, "the service's log has no name");
}

static err_t folder_of(struct call *call, struct log_folder *out_folder)
{
    if (call->staff)
        return service_folder(call, out_folder);
    return log_folder_at(call->service->env, call->service->logs, ident_text("ten", call->tenant).text,
                         out_folder);
}

/* What is listed, and how far back it has come. */
struct looking {
    struct call *call;
    struct log_folder folder;
    str_t act, by, on, from, until;
    bool first; /* no cursor was given */
    uint64_t size, before, limit;
    struct log_batch found; /* newest first */
};

static err_t looking_read(struct call *call, struct looking *looking)
{
    str_t cursor;
    TRY(folder_of(call, &looking->folder));
    TRY(log_size(&looking->folder, &looking->size));
    TRY(call_number(call, "limit", PAGE, &looking->limit));
    TRY(call_number(call, "cursor", looking->size, &looking->before));
    if (looking->limit < 1 || looking->limit > MAX_PAGE || looking->before > looking->size)
        return fail(ERR_INVALID, "limit is 1 to %d, and cursor what the page before gave", MAX_PAGE);
    TRY(call_text(call, "act", &looking->act));
    TRY(call_text(call, "by", &looking->by));
    TRY(call_text(call, "on", &looking->on));
    TRY(call_text(call, "cursor", &cursor));
    looking->first = !cursor.len;
    TRY(call_text(call, "from", &looking->from));
    return call_text(call, "until", &looking->until);
}

/* Moments are texts of one length and zone, so that they compare as texts; a date alone is its beginning. */
static bool fits(const struct looking *looking, str_t entry)
{
    const struct log_line line = log_line(entry);
    size_t from = looking->from.len < line.at.len ? looking->from.len : line.at.len;
    size_t until = looking->until.len < line.at.len ? looking->until.len : line.at.len;
    return (!looking->act.len || str_starts(line.act, looking->act)) &&
           (!looking->by.len || str_eq(line.by, looking->by)) &&
           (!looking->on.len || log_line_is_on(&line, looking->on)) &&
           (!from || memcmp(line.at.at, looking->from.at, from) >= 0) &&
           (!until || memcmp(line.at.at, looking->until.at, until) <= 0);
}

/* From the newest back, until the page is full or enough was looked at. */
static err_t look(struct looking *looking)
{
    arena_t *arena = looking->call->desk.arena;
    str_t *found = arena_array(arena, str_t, looking->limit);
    TRY(arena_end(arena));
    for (int turn = 0; turn < LOOKED_AT && looking->before && looking->found.count < looking->limit; turn++) {
        struct log_batch bundle;
        uint64_t number = (looking->before - 1) / TILE_FULL;
        TRY(log_bundle(&looking->folder, looking->size, number, arena, &bundle));
        while (looking->before > number * TILE_FULL && looking->found.count < looking->limit) {
            str_t entry = bundle.entries[--looking->before - number * TILE_FULL];
            if (fits(looking, entry))
                found[looking->found.count++] = entry;
        }
    }
    looking->found.entries = found;
    return ERR_OK;
}

static void put_entries(const struct looking *looking, buf_t *out_json)
{
    char next[32];
    struct list list = list_begin(out_json);
    for (size_t i = 0; i < looking->found.count; i++)
        buf_put(list_item(&list), looking->found.entries[i]);
    snprintf(next, sizeof next, "%llu", (unsigned long long)looking->before);
    list_end(&list, looking->before ? next : NULL);
}

static void put_csv(const struct looking *looking, buf_t *out_csv)
{
    buf_put(out_csv, looking->first ? STR("at,act,by,entry\r\n") : STR(""));
    for (size_t i = 0; i < looking->found.count; i++) {
        const struct log_line line = log_line(looking->found.entries[i]);
        buf_putf(out_csv, "%.*s,%.*s,%.*s,", STR_ARG(line.at), STR_ARG(line.act), STR_ARG(line.by));
        csv_cell(looking->found.entries[i], out_csv);
        buf_put(out_csv, STR("\r\n"));
    }
}

/* Pages of CSV are put one behind the other: the first alone has the names of the columns, and a header says where the
 * next one begins. */
static void answer_csv(const struct looking *looking, struct reply *reply)
{
    reply->content_type =
        looking->first ? "text/csv; charset=utf-8; header=present" : "text/csv; charset=utf-8; header=absent";
    buf_put(&reply->headers, STR("Content-Disposition: attachment; filename=\"log.csv\"\n"));
    if (looking->before)
        buf_putf(&reply->headers, "Next-Cursor: %llu\n", (unsigned long long)looking->before);
    put_csv(looking, &reply->body);
}

err_t api_log_list(struct call *call)
{
    struct looking looking = {.call = call};
    bool csv = str_starts(call->request->accept, STR("text/csv"));
    (void)!tell_carry(&call->desk, call->tenant); /* it stands on a later page than this one, in a second */
    TRY(looking_read(call, &looking));
    if (csv)
        looking.limit = CSV_PAGE;
    TRY(look(&looking));
    buf_putf(&call->reply->headers, "Total-Count: %llu\n", (unsigned long long)looking.size);
    if (csv)
        answer_csv(&looking, call->reply);
    else
        put_entries(&looking, &call->reply->body);
    return ERR_OK;
}

/* How far the client's own witness has come with it, and what is in its way. */
static void put_witness(const Keys__Witness *witness, buf_t *json)
{
    if (!witness) {
        buf_put(json, STR("null"));
        return;
    }
    buf_put(json, STR("{\"url\":"));
    buf_put_json(json, str(witness->url));
    buf_put(json, STR(",\"key\":"));
    buf_put_json(json, str(witness->key));
    buf_putf(json, ",\"size\":%lld,\"seen\":", (long long)witness->size);
    if (witness->seen)
        buf_put_json(json, str(moment_text(witness->seen).text));
    else
        buf_put(json, STR("null"));
    buf_put(json, STR(",\"trouble\":"));
    if (*witness->trouble)
        buf_put_json(json, str(witness->trouble));
    else
        buf_put(json, STR("null"));
    buf_put(json, STR("}"));
}

static err_t witness_set(struct call *call, Keys__WitnessSet *in)
{
    Keys__None *none = NULL;
    in->bearer = (char *)(uintptr_t)call->bearer;
    TRY(call_keys(call, &(struct question){ASK_witness_set, in}, &none));
    call->reply->status = 204;
    return ERR_OK;
}

/* What the operator does not allow is said at once; the jobs process looks again before it connects. */
err_t api_witness_change(struct call *call)
{
    const struct witness_body *body = call->body;
    Keys__WitnessSet in = KEYS__WITNESS_SET__INIT;
    struct reach reach;
    TRY(reach_read(body->url, &reach));
    TRY(reach_judge(&reach, &call->service->witnesses));
    in.url = (char *)(uintptr_t)body->url.at;
    in.key = (char *)(uintptr_t)body->key.at;
    return witness_set(call, &in);
}

err_t api_witness_remove(struct call *call)
{
    Keys__WitnessSet in = KEYS__WITNESS_SET__INIT;
    return witness_set(call, &in);
}

/* What is signed stands in the files a moment later, where whoever asks reads on. Files that were put back, or that cannot
 * be read, are the proof's to tell of. */
static uint64_t size_to_read(struct call *call, const Keys__Log *log)
{
    struct log_folder folder;
    uint64_t size = 0;
    bool known = folder_of(call, &folder) == ERR_OK && log_size(&folder, &size) == ERR_OK;
    return !known ? 0 : size < (uint64_t)log->size ? size : (uint64_t)log->size;
}

/* Which log it is and what verifies it; how far it is signed, and how far it goes. */
err_t api_log_about(struct call *call)
{
    Keys__Log *log = NULL;
    buf_t *json = &call->reply->body;
    TRY(about_ask(call, &log));
    buf_put(json, STR("{\"origin\":"));
    buf_put_json(json, str(log->origin));
    buf_put(json, STR(",\"key\":"));
    buf_put_json(json, str(log->key));
    buf_put(json, STR(",\"clock\":"));
    buf_put_json(json, str(log->clock));
    buf_putf(json,
             ",\"size\":%llu,\"entries\":%lld,\"witness\":", (unsigned long long)size_to_read(call, log),
             (long long)log->entries);
    put_witness(log->witness, json);
    buf_put(json, STR("}"));
    return ERR_OK;
}

err_t api_log_file(struct call *call)
{
    struct log_folder folder;
    OWN(buf) bytes = BUF(BUNDLE_BYTES);
    str_t path;
    TRY(folder_of(call, &folder));
    TRY(call_text(call, "path", &path));
    TRY(log_folder_file(&folder, path, &bytes));
    call->reply->content_type = str_eq(path, STR("checkpoint")) || str_eq(path, STR("cosigned"))
                                    ? "text/plain; charset=utf-8"
                                    : "application/octet-stream";
    buf_put(&call->reply->body, buf_str(&bytes));
    return ERR_OK;
}

err_t api_log_proof(struct call *call)
{
    struct log_folder folder;
    uint64_t index = 0;
    TRY(folder_of(call, &folder));
    if (str_number(call->id, INT64_MAX, &index) != ERR_OK)
        return fail(ERR_MISSING, "no such entry, or it is not signed yet: try again in a second");
    call->reply->content_type = "text/plain; charset=utf-8";
    return log_proof(&folder, index, STR(""), &call->reply->body);
}

err_t api_log_entry(struct call *call)
{
    struct log_folder folder;
    struct log_batch bundle;
    uint64_t size = 0, seq = 0;
    TRY(folder_of(call, &folder));
    TRY(log_size(&folder, &size));
    if (str_number(call->id, INT64_MAX, &seq) != ERR_OK || seq >= size)
        return fail(ERR_MISSING, "no such entry, or it is not signed yet: try again in a second");
    TRY(log_bundle(&folder, size, seq / TILE_FULL, call->desk.arena, &bundle));
    buf_put(&call->reply->body, bundle.entries[seq % TILE_FULL]);
    return ERR_OK;
}
