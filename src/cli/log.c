/* SPDX-License-Identifier: Apache-2.0
 *
 * The evidence log: listed, proven, and copied to where the service has no hand on it.
 */
#include "base/limits.h"
#include "cli/answer.h"
#include "cli/commands.h"
#include "cli/list.h"
#include "cli/text.h"
#include "tlog/checkpoint.h"
#include "tlog/tile.h"

enum { PATH_LENGTH_MAX = 4096 };

/* The client's; or, of the provider's people, the service's own. */
static const char *log_path(const struct cli *cli)
{
    return cli_is_staff(cli) ? "/operator/v1/log" : "/v1/log";
}

/* What an entry is about: its first subject, and how many more; or how many alone. */
static void put_about(const json_t *entry, const char *key, buf_t *out)
{
    const json_t *on = json_object_get(entry, "on"), *count = json_object_get(entry, "count");
    (void)key;
    if (json_array_size(on))
        text_put(out, (str_t){json_string_value(json_array_get(on, 0)),
                              json_string_length(json_array_get(on, 0))});
    if (json_array_size(on) > 1)
        buf_putf(out, " and %zu more", json_array_size(on) - 1);
    if (count)
        buf_putf(out, "%s%lld", out->len ? ", " : "", (long long)json_integer_value(count));
}

err_t command_log_list(struct cli *cli)
{
    static const struct column columns[] = {
        {"Number", "seq", put_number}, {"At", "at", put_moment},   {"Act", "act", put_text},
        {"By", "by", put_text},        {"About", "on", put_about}, {0},
    };
    OWN(sign_in) sign_in = {0};
    TRY(sign_in_load(cli, &sign_in));
    return list_run(cli, &sign_in, &(struct list){log_path(cli), columns, "no such entries"});
}

static err_t entry_path(struct cli *cli, const char *after, buf_t *out_path)
{
    uint64_t seq = 0;
    if (str_number(str(cli->arguments[0]), INT64_MAX, &seq) != ERR_OK)
        return fail(ERR_INVALID, "an entry is named by its number in the log");
    buf_putf(out_path, "%s/%llu%s", log_path(cli), (unsigned long long)seq, after);
    return buf_end(out_path);
}

err_t command_log_show(struct cli *cli)
{
    OWN(reply) reply = {0};
    OWN(buf) path = BUF(PATH_LENGTH_MAX);
    TRY(entry_path(cli, "", &path));
    TRY(service_ask(cli, &(struct call){"GET", path.at}, &reply));
    cli_print_json(cli, buf_str(&reply.body));
    return ERR_OK;
}

err_t command_log_proof(struct cli *cli)
{
    OWN(reply) reply = {0};
    OWN(buf) path = BUF(PATH_LENGTH_MAX);
    TRY(entry_path(cli, "/proof", &path));
    TRY(service_ask(cli, &(struct call){"GET", path.at, .accept = "text/plain"}, &reply));
    if (!cli->options.output)
        return cli_print_text(cli, buf_str(&reply.body));
    TRY(cli->env->write_file(cli->env, cli->options.output, buf_str(&reply.body), 0644));
    cli_print_done(cli, "written", cli->options.output);
    cli_tell(cli, "%s: check it with custody-verify proof", cli->options.output);
    return ERR_OK;
}

/* About */

static err_t about_fetch(struct cli *cli, const struct sign_in *sign_in, struct reply *reply,
                         json_t **out_about)
{
    OWN(buf) path = BUF(PATH_LENGTH_MAX);
    buf_putf(&path, "%s/about", log_path(cli));
    TRY(buf_end(&path));
    TRY(service_call(cli, sign_in, &(struct call){"GET", path.at}, reply));
    return answer_parse(buf_str(&reply->body), out_about);
}

err_t command_log_about(struct cli *cli)
{
    static const struct column columns[] = {
        {"Log", "origin", put_text},        {"Entries", "entries", put_number},
        {"Signed to", "size", put_number},  {"Verifying key", "key", put_text},
        {"Clock's key", "clock", put_text}, {0},
    };
    OWN(sign_in) sign_in = {0};
    OWN(reply) reply = {0};
    OWN(json) about = NULL;
    TRY(sign_in_load(cli, &sign_in));
    TRY(about_fetch(cli, &sign_in, &reply, &about));
    if (cli->options.json)
        cli_print_json(cli, buf_str(&reply.body));
    else
        facts_print(cli, columns, about);
    return ERR_OK;
}

/* A copy of the log in a folder: where it stood at each visit, and every tile up to there. */
struct mirror {
    struct cli *cli;
    const struct sign_in *sign_in;
    const char *folder;
    struct checkpoint checkpoint;
    uint64_t fetched;
};

static err_t file_path(const struct mirror *mirror, const char *name, buf_t *out_path)
{
    buf_putf(out_path, "%s", mirror->folder);
    buf_putf(out_path, "/%s", name);
    return buf_end(out_path);
}

static err_t file_put(const struct mirror *mirror, const char *name, str_t bytes)
{
    OWN(buf) path = BUF(PATH_LENGTH_MAX);
    TRY(file_path(mirror, name, &path));
    return mirror->cli->env->put_file(mirror->cli->env, path.at, bytes, 0644);
}

static err_t file_read(const struct mirror *mirror, const char *name, buf_t *out_bytes)
{
    OWN(buf) path = BUF(PATH_LENGTH_MAX);
    TRY(file_path(mirror, name, &path));
    return mirror->cli->env->read_file(mirror->cli->env, path.at, out_bytes);
}

static err_t file_fetch(const struct mirror *mirror, const char *name, struct reply *reply)
{
    OWN(buf) path = BUF(PATH_LENGTH_MAX);
    buf_putf(&path, "%s/file?path=%s", log_path(mirror->cli),
             name); /* the paths of a log have nothing to escape */
    TRY(buf_end(&path));
    return service_call(mirror->cli, mirror->sign_in, &(struct call){"GET", path.at, .accept = "*/*"}, reply);
}

/* A full tile never changes: one that is here stays. */
static err_t tile_mirror(struct mirror *mirror, const struct tile *tile)
{
    const tile_path_t path = tile_path(tile);
    OWN(buf) here = BUF(BUNDLE_BYTES);
    OWN(reply) reply = {0};
    err_t read = file_read(mirror, path.text, &here);
    if (read != ERR_MISSING)
        return read;
    TRY(file_fetch(mirror, path.text, &reply));
    TRY(file_put(mirror, path.text, buf_str(&reply.body)));
    if (++mirror->fetched % 64 == 0)
        cli_tell(mirror->cli, "%llu files", (unsigned long long)mirror->fetched);
    return ERR_OK;
}

static err_t level_mirror(struct mirror *mirror, unsigned level)
{
    struct tile tile = {level, 0, tile_width(mirror->checkpoint.size, level, 0)};
    for (; tile.width; tile.width = tile_width(mirror->checkpoint.size, level, ++tile.index))
        TRY(tile_mirror(mirror, &tile));
    return ERR_OK;
}

/* The key of the first visit is the one that counts: another later would be another log. */
static err_t key_pinned(const struct mirror *mirror, str_t key)
{
    OWN(buf) pinned = BUF(1024);
    err_t read = file_read(mirror, "key", &pinned);
    if (read == ERR_MISSING)
        return file_put(mirror, "key", key);
    TRY(read);
    return str_eq(buf_str(&pinned), key)
               ? ERR_OK
               : cli_advise(mirror->cli, fail(ERR_DENIED, "the log's key is not the one of the first visit"),
                            "compare %s/key with what your organisation wrote down, and ask why it changed",
                            mirror->folder);
}

static err_t cosigned_mirror(struct mirror *mirror)
{
    OWN(reply) note = {0};
    TRY(file_fetch(mirror, "cosigned", &note));
    return file_put(mirror, "cosigned", buf_str(&note.body));
}

/* The checkpoint comes first and is put down last: until all of its tiles are here, the copy is the old one. */
static err_t mirror_run(struct mirror *mirror, const json_t *about)
{
    OWN(reply) note = {0};
    struct note_key key;
    char name[64];
    str_t text = answer_text(about, "key");
    TRY(note_key_read(text, &key));
    TRY(key_pinned(mirror, text));
    TRY(file_fetch(mirror, "checkpoint", &note));
    TRY(checkpoint_open(buf_str(&note.body), &key, &mirror->checkpoint));
    TRY(level_mirror(mirror, TILE_ENTRIES));
    for (unsigned level = 0; level < TILE_LEVELS; level++)
        TRY(level_mirror(mirror, level));
    snprintf(name, sizeof name, "checkpoint.%llu", (unsigned long long)mirror->checkpoint.size);
    TRY(file_put(mirror, name, buf_str(&note.body)));
    TRY(file_put(mirror, "checkpoint", buf_str(&note.body)));
    if (answer_text(json_object_get(about, "witness"), "seen").len)
        TRY(cosigned_mirror(mirror));
    return mirror->cli->env->sync_beneath(mirror->cli->env, mirror->folder);
}

err_t command_log_mirror(struct cli *cli)
{
    OWN(sign_in) sign_in = {0};
    OWN(reply) reply = {0};
    OWN(json) about = NULL;
    struct mirror mirror = {.cli = cli, .sign_in = &sign_in, .folder = cli->arguments[0]};
    TRY(sign_in_load(cli, &sign_in));
    TRY(about_fetch(cli, &sign_in, &reply, &about));
    TRY(mirror_run(&mirror, about));
    if (cli->options.json) {
        fprintf(cli->out, "{\"size\":%llu,\"fetched\":%llu}\n", (unsigned long long)mirror.checkpoint.size,
                (unsigned long long)mirror.fetched);
        return ERR_OK;
    }
    fprintf(cli->out, "%llu entries in %s, %llu files new\n", (unsigned long long)mirror.checkpoint.size,
            mirror.folder, (unsigned long long)mirror.fetched);
    cli_tell(cli, "check the copy: custody-verify log %s --key \"$(cat %s/key)\"", mirror.folder,
             mirror.folder);
    return ERR_OK;
}
