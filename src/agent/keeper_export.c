/* SPDX-License-Identifier: Apache-2.0
 *
 * A handover by itself: made, taken, checked, and ended at the service once it is here. And reports.
 */
#include "agent/keeper.h"
#include "agent/object.h"
#include "agent/place.h"
#include "base/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#define EXPORTS "/v1/exports"
enum { TAIL_MOST = 4096, PATH_ROOM = 1024 };

/* Making it */

static err_t body_of(const char *key, const char *value, buf_t *out)
{
    buf_putf(out, "{\"%s\":", key);
    buf_put_json(out, str(value));
    buf_put_byte(out, '}');
    return buf_end(out);
}

static err_t text_keep(const json_t *object, const char *key, char *out, size_t room)
{
    str_t text = object_text(object, key);
    if (!text.len || text.len >= room)
        return fail(ERR_BROKEN, "the service gave no %s", key);
    memcpy(out, text.at, text.len);
    out[text.len] = '\0';
    return ERR_OK;
}

static err_t make_once(struct keeper *keeper)
{
    OWN(buf) body = BUF(MAX_BODY);
    OWN(json) export = NULL;
    TRY(body_of("typed", keeper->tenant, &body));
    TRY(keeper_object(keeper, &(struct keeper_request){"POST", EXPORTS, buf_str(&body), .in_session = true},
                      &export));
    TRY(text_keep(export, "id", keeper->state.export, KEEPER_ID));
    TRY(text_keep(export, "ticket", keeper->state.ticket, KEEPER_TICKET));
    return keeper_save(keeper);
}

static err_t end(struct keeper *keeper, const char *id)
{
    char path[PATH_ROOM];
    OWN(buf) answer = BUF(MAX_BODY);
    snprintf(path, sizeof path, EXPORTS "/%s", id);
    return keeper_ask(&keeper->link, &(struct keeper_request){"DELETE", path, .in_session = true}, &answer);
}

/* One of ours that we know nothing of any more: it was made, and a crash came before that was written down. */
static err_t forgotten_end(struct keeper *keeper)
{
    OWN(json) list = NULL;
    const json_t *item;
    size_t i;
    TRY(keeper_object(keeper, &(struct keeper_request){"GET", EXPORTS, .in_session = true}, &list));
    json_array_foreach(json_object_get(list, "items"), i, item)
    {
        OWN(buf) id = BUF(KEEPER_ID);
        bool live = !json_is_string(json_object_get(item, "ended"));
        buf_put(&id, object_text(item, "id"));
        TRY(buf_end(&id));
        if (live && json_is_string(json_object_get(item, "token")))
            TRY(end(keeper, id.at));
    }
    return ERR_OK;
}

static err_t make(struct keeper *keeper)
{
    err_t made = make_once(keeper);
    if (made != ERR_CONFLICT)
        return made;
    TRY(forgotten_end(keeper));
    return make_once(keeper);
}

/* The last of what was said: it ends with the event that says how it went. */
static bool tail_take(void *with, str_t bytes)
{
    buf_t *tail = with;
    if (tail->len + bytes.len > TAIL_MOST)
        buf_clear(tail);
    if (bytes.len > TAIL_MOST)
        bytes = str_bytes(bytes.at + bytes.len - TAIL_MOST, TAIL_MOST);
    buf_put(tail, bytes);
    return !keeper_stops();
}

static err_t archive_make(struct keeper *keeper)
{
    char path[PATH_ROOM];
    OWN(buf) body = BUF(MAX_BODY);
    OWN(buf) answer = BUF(MAX_BODY);
    OWN(buf) tail = BUF(TAIL_MOST + 1);
    TRY(body_of("ticket", keeper->state.ticket, &body));
    snprintf(path, sizeof path, EXPORTS "/%s/archive", keeper->state.export);
    TRY(keeper_ask(&keeper->link,
                   &(struct keeper_request){"POST", path, buf_str(&body), .in_session = true,
                                            .accept = "text/event-stream", .piece = tail_take, .with = &tail},
                   &answer));
    return tail.at && strstr(tail.at, "event: end")
               ? ERR_OK
               : fail(ERR_BUSY, "the archive could not be made: it is tried again");
}

/* Taking it */

struct taking {
    int fd;
    uint64_t got;
    long status;
    bool begun, failed;
};

static bool piece_take(void *with, str_t bytes)
{
    struct taking *taking = with;
    if (!taking->begun && taking->status == 200) { /* it is another archive now, or all of it is given */
        taking->failed = ftruncate(taking->fd, 0) != 0;
        taking->got = 0;
    }
    taking->begun = true;
    while (bytes.len && !taking->failed) {
        ssize_t some = write(taking->fd, bytes.at, bytes.len);
        taking->failed = some < 0 && errno != EINTR;
        some = some < 0 ? 0 : some;
        taking->got += (uint64_t)some;
        bytes = str_bytes(bytes.at + some, bytes.len - (size_t)some);
    }
    return !taking->failed && !keeper_stops();
}

static err_t export_find(struct keeper *keeper, json_t **out_export)
{
    OWN(json) list = NULL;
    json_t *item;
    size_t i;
    TRY(keeper_object(keeper, &(struct keeper_request){"GET", EXPORTS, .in_session = true}, &list));
    json_array_foreach(json_object_get(list, "items"), i, item)
    {
        if (str_eq(object_text(item, "id"), str(keeper->state.export)) &&
            !json_is_string(json_object_get(item, "ended"))) {
            *out_export = json_incref(item);
            return ERR_OK;
        }
    }
    return fail(ERR_MISSING, "the export has ended meanwhile: another one is made");
}

static err_t archive_take(struct keeper *keeper, const char *part, const json_t *export)
{
    char path[PATH_ROOM], etag[DIGEST_SIZE * 2 + 3];
    OWN(fd) fd = open(part, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    OWN(buf) answer = BUF(MAX_BODY);
    struct stat about;
    if (fd < 0 || fstat(fd, &about) != 0)
        return fail(ERR_DENIED, "%.200s: %s", part, strerror(errno));
    struct taking taking = {.fd = fd, .got = (uint64_t)about.st_size};
    snprintf(path, sizeof path, EXPORTS "/%s/archive", keeper->state.export);
    snprintf(etag, sizeof etag, "\"%.*s\"", STR_ARG(object_text(export, "sha256")));
    if (about.st_size < json_integer_value(json_object_get(export, "size")) || !about.st_size)
        TRY(keeper_ask(&keeper->link,
                       &(struct keeper_request){"GET", path, .in_session = true,
                                                .accept = "application/octet-stream", .piece = piece_take,
                                                .with = &taking, .from = taking.got, .of = etag,
                                                .out_status = &taking.status},
                       &answer));
    return fsync(fd) == 0 ? ERR_OK : fail(ERR_BROKEN, "%.200s: %s", part, strerror(errno));
}

static err_t file_digest(const char *path, uint8_t out_digest[DIGEST_SIZE])
{
    OWN(file) file = fopen(path, "rbe");
    struct digesting state;
    char piece[MAX_BODY];
    digest_begin(&state);
    for (size_t some = sizeof piece; file && some == sizeof piece;) {
        some = fread(piece, 1, sizeof piece, file);
        digest_add(&state, str_bytes(piece, some));
    }
    if (!file || ferror(file))
        return fail(ERR_BROKEN, "%.200s cannot be read again", path);
    digest_end(&state, out_digest);
    return ERR_OK;
}

/* Another archive than the service says it made is taken away, and taken anew. */
static err_t whole_check(struct keeper *keeper, const char *part, const json_t *export)
{
    uint8_t of[DIGEST_SIZE];
    OWN(buf) hex = BUF(DIGEST_SIZE * 2);
    TRY(file_digest(part, of));
    buf_put_hex(&hex, str_bytes(of, sizeof of));
    TRY(buf_end(&hex));
    if (str_eq(buf_str(&hex), object_text(export, "sha256")))
        return ERR_OK;
    TRY(keeper->env->remove_file(keeper->env, part));
    return fail(ERR_BROKEN, "what came is not the archive that was made: it is taken again");
}

/* The receipt names the archive by the same digest. */
static err_t receipt_keep(struct keeper *keeper, const char *base, const char *archive)
{
    char path[PATH_ROOM];
    uint8_t of[DIGEST_SIZE];
    OWN(buf) receipt = BUF(MAX_BODY);
    OWN(buf) line = BUF(128);
    snprintf(path, sizeof path, EXPORTS "/%s/receipt", keeper->state.export);
    TRY(keeper_ask(&keeper->link,
                   &(struct keeper_request){"GET", path, .in_session = true, .accept = "text/plain"},
                   &receipt));
    TRY(file_digest(archive, of));
    buf_put(&line, STR("\narchive "));
    buf_put_base64(&line, str_bytes(of, sizeof of));
    TRY(buf_end(&line));
    if (!strstr(receipt.at ? receipt.at : "", line.at))
        return fail(ERR_BROKEN, "the receipt is of another archive");
    snprintf(path, sizeof path, "%.900s.receipt", base);
    return keeper->env->write_file(keeper->env, path, buf_str(&receipt), 0600);
}

static err_t take(struct keeper *keeper)
{
    OWN(json) export = NULL;
    place_t base = place(keeper->settings.export_to, keeper->state.export);
    char part[PATH_ROOM], whole[PATH_ROOM];
    snprintf(part, sizeof part, "%.900s.zip.age.part", base.text);
    snprintf(whole, sizeof whole, "%.900s.zip.age", base.text);
    TRY(export_find(keeper, &export));
    if (access(whole, F_OK) != 0) {
        TRY(archive_take(keeper, part, export));
        TRY(whole_check(keeper, part, export));
        if (rename(part, whole) != 0)
            return fail(ERR_BROKEN, "%.200s: %s", whole, strerror(errno));
        TRY(keeper->env->sync_beneath(keeper->env, keeper->settings.export_to));
    }
    TRY(receipt_keep(keeper, base.text, whole));
    return end(keeper, keeper->state.export);
}

static err_t folder_make(const char *path)
{
    return mkdir(path, 0700) == 0 || errno == EEXIST ? ERR_OK
                                                     : fail(ERR_DENIED, "%.200s: %s", path, strerror(errno));
}

/* An export that was under way and has ended at the service is given up; what of it came stays as a part. */
err_t keeper_export(struct keeper *keeper)
{
    OWN(json) export = NULL;
    TRY(folder_make(keeper->settings.export_to));
    if (*keeper->state.export && export_find(keeper, &export) == ERR_MISSING)
        keeper->state.export[0] = '\0';
    if (!*keeper->state.export)
        TRY(make(keeper));
    TRY(archive_make(keeper));
    TRY(take(keeper));
    keeper->state.export[0] = keeper->state.ticket[0] = '\0';
    keeper->state.exported = keeper->env->now(keeper->env);
    keeper->state.exports++;
    return keeper_save(keeper);
}

/* Reports */

static const struct {
    const char *path, *accept, *ending;
} reports[] = {
    [REPORT_DEVICES] = {"/v1/devices", "text/csv", "csv"},
    [REPORT_STORAGE] = {"/v1/storage", "application/json", "json"},
};

err_t keeper_report(struct keeper *keeper, enum keeper_report report)
{
    char path[PATH_ROOM];
    OWN(buf) answer = BUF(MAX_REPLY);
    moment_t now = keeper->env->now(keeper->env);
    moment_text_t at = moment_text(now);
    for (char *c = at.text; *c; c++)
        *c = *c == ':' ? '-' : *c;
    TRY(folder_make(keeper->settings.report_to));
    TRY(keeper_ask(&keeper->link,
                   &(struct keeper_request){"GET", reports[report].path, .in_session = true,
                                            .accept = reports[report].accept},
                   &answer));
    snprintf(path, sizeof path, "%.900s/%s-%s.%s", keeper->settings.report_to, keeper_report_names[report],
             at.text, reports[report].ending);
    TRY(keeper->env->write_file(keeper->env, path, buf_str(&answer), 0600));
    keeper->state.reported[report] = now;
    keeper->state.reports++;
    return keeper_save(keeper);
}
