/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/take.h"

#include "base/limits.h"
#include "cli/body.h"
#include "cli/events.h"
#include "cli/prompt.h"
#include "crypt/seal.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#define EXPORTS "/v1/exports"
enum { PATH_LEN = 4096, TICKET_MOST = 4096, TRIES = 30, WAIT_SECONDS = 2 };

typedef struct {
    char text[PATH_LEN];
} path_t;

static path_t path_put(const char *before, const char *middle, const char *after)
{
    path_t path;
    snprintf(path.text, sizeof path.text, "%s%s%s", before, middle, after);
    return path;
}

/* The export that is taken, to which file. */
struct take {
    struct cli *cli;
    struct sign_in sign_in;
    const char *file;
    char id[64], ticket[256];
    int fd;
    uint64_t got, size;
    struct events *shown;
};
typedef struct take take_own;
static void take_drop(struct take *take)
{
    sign_in_drop(&take->sign_in);
    explicit_bzero(take->ticket, sizeof take->ticket);
    if (take->fd > 0)
        close(take->fd);
}

/* Making it */

static err_t warn(struct cli *cli, const struct sign_in *sign_in)
{
    OWN(reply) reply = {0};
    OWN(json) warning = NULL;
    TRY(service_call(cli, sign_in, &(struct call){"GET", EXPORTS "/warning"}, &reply));
    TRY(answer_parse(buf_str(&reply.body), &warning));
    fprintf(cli->err, "%.*s\n", STR_ARG(answer_text(warning, "warning")));
    return ERR_OK;
}

err_t take_accept(struct cli *cli, const struct sign_in *sign_in, buf_t *out_name)
{
    TRY(warn(cli, sign_in));
    if (!cli->options.confirm)
        return prompt_text(cli, "the client's name, to accept that", out_name);
    buf_put(out_name, str(cli->options.confirm));
    return buf_end(out_name);
}

static err_t text_take(const json_t *object, const char *key, char *out, size_t room)
{
    str_t text = answer_text(object, key);
    if (!text.len || text.len >= room)
        return fail(ERR_BROKEN, "the service gave no %s", key);
    memcpy(out, text.at, text.len);
    out[text.len] = '\0';
    return ERR_OK;
}

static err_t ticket_keep(const struct take *take)
{
    OWN(buf) json = BUF(TICKET_MOST);
    const path_t path = path_put(take->file, ".ticket", "");
    buf_put(&json, STR("{\"id\":"));
    buf_put_json(&json, str(take->id));
    buf_put(&json, STR(",\"ticket\":"));
    buf_put_json(&json, str(take->ticket));
    buf_put(&json, STR("}\n"));
    TRY(buf_end(&json));
    return take->cli->env->write_file(take->cli->env, path.text, buf_str(&json), 0600);
}

static err_t ticket_read(struct take *take)
{
    OWN(buf) text = BUF(TICKET_MOST);
    OWN(json) kept = NULL;
    const path_t path = path_put(take->file, ".ticket", "");
    err_t read = take->cli->env->read_file(take->cli->env, path.text, &text);
    if (read == ERR_MISSING)
        return cli_advise(take->cli, fail(ERR_MISSING, "there is no %s", path.text),
                          "FILE is what --output named: custody handover make --output FILE");
    TRY(read);
    TRY(answer_parse(str_trim(buf_str(&text)), &kept));
    TRY(text_take(kept, "id", take->id, sizeof take->id));
    return text_take(kept, "ticket", take->ticket, sizeof take->ticket);
}

static err_t export_make(struct take *take, const char *request)
{
    struct cli *cli = take->cli;
    OWN(buf) name = BUF(MAX_NAME);
    OWN(buf) body = BUF(MAX_BODY);
    OWN(reply) reply = {0};
    OWN(json) export = NULL;
    TRY(take_accept(cli, &take->sign_in, &name));
    body_put(&body, "typed", buf_str(&name));
    if (*request)
        body_put(&body, "request", str(request));
    if (cli->options.recipient)
        body_put(&body, "recipient", str(cli->options.recipient));
    TRY(body_end(&body));
    TRY(service_call(cli, &take->sign_in, &(struct call){"POST", EXPORTS, buf_str(&body)}, &reply));
    TRY(answer_parse(buf_str(&reply.body), &export));
    TRY(text_take(export, "id", take->id, sizeof take->id));
    return text_take(export, "ticket", take->ticket, sizeof take->ticket);
}

static err_t progress_take(struct events *events, str_t name, const json_t *value, str_t data)
{
    long long done = (long long)json_integer_value(json_object_get(value, "done"));
    long long total = (long long)json_integer_value(json_object_get(value, "total"));
    (void)data;
    if (str_eq(name, STR("progress")) && total)
        events_progress(events, "sealing keys: %lld of %lld", done, total);
    else if (str_eq(name, STR("progress")))
        events_progress(events, "gathering: %lld records of this kind", done);
    return ERR_OK;
}

static err_t archive_run(struct take *take)
{
    const path_t path = path_put(EXPORTS "/", take->id, "/archive");
    OWN(buf) body = BUF(MAX_BODY);
    struct events events = {.cli = take->cli, .event = progress_take};
    body_put(&body, "ticket", str(take->ticket));
    TRY(body_end(&body));
    return events_run(&events, &take->sign_in, &(struct call){"POST", path.text, buf_str(&body)});
}

/* The service may be restarted meanwhile: whoever asks again goes on. */
static err_t archive_make(struct take *take)
{
    err_t made = archive_run(take);
    for (int i = 1; i < TRIES && (made == ERR_UNREACHABLE || made == ERR_BUSY); i++) {
        sleep(WAIT_SECONDS);
        made = archive_run(take);
    }
    return made;
}

/* Taking it */

static bool piece_take(void *with, str_t bytes)
{
    struct take *take = with;
    while (bytes.len) {
        ssize_t some = write(take->fd, bytes.at, bytes.len);
        if (some < 0 && errno != EINTR)
            return false;
        some = some < 0 ? 0 : some;
        take->got += (uint64_t)some;
        bytes = str_bytes(bytes.at + some, bytes.len - (size_t)some);
    }
    events_progress(take->shown, "downloading: %llu of %llu kB", (unsigned long long)take->got / 1000,
                    (unsigned long long)take->size / 1000);
    return true;
}

static err_t bytes_fetch(struct take *take)
{
    const path_t path = path_put(EXPORTS "/", take->id, "/archive");
    OWN(reply) reply = {0};
    struct events shown = {.cli = take->cli};
    take->shown = &shown;
    err_t fetched = take->got < take->size
                        ? service_call(take->cli, &take->sign_in,
                                       &(struct call){"GET", path.text, .accept = "application/octet-stream",
                                                      .piece = piece_take, .with = take, .from = take->got},
                                       &reply)
                        : ERR_OK;
    events_clear(&shown);
    take->shown = NULL;
    return fetched;
}

static err_t file_open(struct take *take)
{
    struct stat about;
    take->fd = open(take->file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (take->fd < 0 || fstat(take->fd, &about) != 0)
        return fail(ERR_DENIED, "%s: %s", take->file, strerror(errno));
    take->got = (uint64_t)about.st_size;
    return ERR_OK;
}

static err_t fetch(struct take *take)
{
    err_t fetched = bytes_fetch(take);
    for (int i = 1; i < TRIES && (fetched == ERR_UNREACHABLE || fetched == ERR_BUSY); i++) {
        sleep(WAIT_SECONDS);
        fetched = bytes_fetch(take);
    }
    TRY(fetched);
    return fsync(take->fd) == 0 ? ERR_OK : fail(ERR_BROKEN, "%s: %s", take->file, strerror(errno));
}

/* The export as the service lists it. */
static err_t export_find(struct take *take, json_t **out_export)
{
    OWN(reply) reply = {0};
    OWN(json) list = NULL;
    const json_t *item;
    size_t i;
    TRY(service_call(take->cli, &take->sign_in, &(struct call){"GET", EXPORTS}, &reply));
    TRY(answer_parse(buf_str(&reply.body), &list));
    json_array_foreach(json_object_get(list, "items"), i, item)
    {
        if (str_eq(answer_text(item, "id"), str(take->id))) {
            *out_export = json_incref((json_t *)(uintptr_t)item);
            return ERR_OK;
        }
    }
    return fail(ERR_MISSING, "the service has no %s", take->id);
}

static err_t file_digest(const char *path, buf_t *out_hex)
{
    OWN(file) file = fopen(path, "rbe");
    struct digesting state;
    char piece[MAX_BODY];
    uint8_t hash[DIGEST_SIZE];
    digest_begin(&state);
    for (size_t some = sizeof piece; file && some == sizeof piece;) {
        some = fread(piece, 1, sizeof piece, file);
        digest_add(&state, str_bytes(piece, some));
    }
    if (!file || ferror(file))
        return fail(ERR_BROKEN, "%s cannot be read again", path);
    digest_end(&state, hash);
    buf_put_hex(out_hex, str_bytes(hash, sizeof hash));
    return buf_end(out_hex);
}

static err_t whole_check(const struct take *take, const json_t *export)
{
    OWN(buf) hex = BUF(DIGEST_SIZE * 2);
    TRY(file_digest(take->file, &hex));
    return str_eq(buf_str(&hex), answer_text(export, "sha256"))
               ? ERR_OK
               : fail(ERR_BROKEN, "%s is not what the service made: remove it, and take it again",
                      take->file);
}

static void said(const struct take *take, const json_t *export)
{
    str_t hash = answer_text(export, "sha256");
    if (take->cli->options.json)
        fprintf(take->cli->out, "{\"id\":\"%s\",\"size\":%llu,\"sha256\":\"%.*s\"}\n", take->id,
                (unsigned long long)take->size, STR_ARG(hash));
    else
        fprintf(take->cli->out, "%s: %llu bytes, %.*s\n", take->file, (unsigned long long)take->size,
                STR_ARG(hash));
    cli_tell(take->cli,
             "it is yours now: age -d -i IDENTITY %s > archive.zip; the receipt: custody handover receipt %s",
             take->file, take->id);
}

static err_t go_on(struct take *take)
{
    OWN(json) export = NULL;
    const path_t ticket = path_put(take->file, ".ticket", "");
    TRY(archive_make(take));
    TRY(export_find(take, &export));
    take->size = (uint64_t)json_integer_value(json_object_get(export, "size"));
    TRY(file_open(take));
    TRY(fetch(take));
    TRY(whole_check(take, export));
    TRY(take->cli->env->remove_file(take->cli->env, ticket.text));
    said(take, export);
    return ERR_OK;
}

/* Whatever goes wrong from here on, the ticket is kept. */
static err_t go_on_or_advise(struct take *take)
{
    err_t done = go_on(take);
    return done == ERR_OK
               ? ERR_OK
               : cli_advise(take->cli, done, "custody handover resume %s goes on from here", take->file);
}

err_t take_begin(struct cli *cli, const char *request)
{
    OWN(take) take = {.cli = cli, .file = cli->options.output};
    if (access(take.file, F_OK) == 0)
        return cli_advise(cli, fail(ERR_CONFLICT, "%s is there already", take.file),
                          "custody handover resume %s goes on with it", take.file);
    TRY(sign_in_load(cli, &take.sign_in));
    TRY(export_make(&take, request));
    TRY(ticket_keep(&take));
    return go_on_or_advise(&take);
}

err_t take_on(struct cli *cli, const char *file)
{
    OWN(take) take = {.cli = cli, .file = file};
    TRY(sign_in_load(cli, &take.sign_in));
    TRY(ticket_read(&take));
    return go_on_or_advise(&take);
}
