/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/list.h"

#include "base/limits.h"
#include "cli/answer.h"
#include "cli/commands.h"

#include <curl/curl.h>

enum { PATH_LENGTH_MAX = 8192, CURSOR_MAX = 1024 };

typedef char *curl_text_own;
static void curl_text_drop(curl_text_own *text) { curl_free(*text); }

/* One more part of the query: nothing for a value that is empty. */
static void query_put(buf_t *path, const char *key, str_t value)
{
    if (!value.len)
        return;
    OWN(curl_text) escaped = curl_easy_escape(NULL, value.at, (int)value.len);
    buf_putf(path, "%c%s=", strchr(buf_str(path).at, '?') ? '&' : '?', key);
    if (escaped)
        buf_put(path, str(escaped));
    else
        buf_fail(path, ERR_BUSY);
}

err_t list_filters(struct cli *cli, buf_t *path)
{
    const struct options *given = &cli->options;
    if (given->name && strlen(given->name) > MAX_NAME)
        return fail(ERR_TOO_LARGE, "--name is past %d bytes", MAX_NAME);
    query_put(path, "name", str(given->name));
    query_put(path, "state", str(given->state));
    query_put(path, "kind", str(given->kind));
    query_put(path, "sort", str(given->sort));
    query_put(path, "act", str(given->act));
    query_put(path, "by", str(given->by));
    query_put(path, "on", str(given->on));
    query_put(path, "from", str(given->from));
    query_put(path, "until", str(given->until));
    query_put(path, "device", str(given->device));
    query_put(path, "account", str(given->account));
    query_put(path, "decision", str(given->decision));
    query_put(path, "path", str(given->path));
    query_put(path, "name", str(given->program));
    query_put(path, "package", str(given->package));
    query_put(path, "sha256", str(given->sha256));
    return buf_end(path);
}

static err_t page_path(struct cli *cli, const char *path, str_t cursor, buf_t *out_path)
{
    char largest[16];
    const char *limit = cli->options.limit;
    uint64_t number = 0;
    snprintf(largest, sizeof largest, "%d", MAX_PAGE);
    if (limit && (str_number(str(limit), MAX_PAGE, &number) != ERR_OK || !number))
        return fail(ERR_INVALID, "--limit is a number from 1 to %d", MAX_PAGE);
    if (cursor.len > CURSOR_MAX)
        return fail(ERR_TOO_LARGE, "the cursor is past %d bytes", CURSOR_MAX);
    buf_put(out_path, str(path));
    TRY(list_filters(cli, out_path));
    query_put(out_path, "limit", limit || !cli->options.all ? str(limit) : str(largest));
    query_put(out_path, "cursor", cursor);
    return buf_end(out_path);
}

/* Everything that was asked for: the items so far, the cursor of what follows, and the last page as it came. */
struct found {
    json_t *items;
    buf_t cursor;
    reply_own last;
};
typedef struct found found_own;
static void found_drop(struct found *found)
{
    json_decref(found->items);
    buf_drop(&found->cursor);
    reply_drop(&found->last);
}

static err_t page_fetch(struct cli *cli, const struct sign_in *sign_in, const char *path, struct found *found)
{
    OWN(buf) full = BUF(PATH_LENGTH_MAX);
    OWN(json) page = NULL;
    const json_t *next;
    TRY(page_path(cli, path, buf_str(&found->cursor), &full));
    reply_drop(&found->last);
    TRY(service_call(cli, sign_in, &(struct call){"GET", full.at}, &found->last));
    TRY(answer_parse(buf_str(&found->last.body), &page));
    TRY(answer_page(page, buf_str(&found->cursor), found->items, &next));
    buf_clear(&found->cursor);
    if (next)
        buf_put(&found->cursor, answer_text(page, "next"));
    return buf_end(&found->cursor);
}

static err_t pages_fetch(struct cli *cli, const struct sign_in *sign_in, const char *path,
                         struct found *found)
{
    do
        TRY(page_fetch(cli, sign_in, path, found));
    while (cli->options.all && found->cursor.len);
    return ERR_OK;
}

err_t list_walk(struct cli *cli, const struct sign_in *sign_in, const char *path,
                err_t (*each)(void *with, const json_t *items), void *with)
{
    OWN(found) found = {.items = json_array(), .cursor = BUF(CURSOR_MAX)};
    cli->options.all = "--all"; /* the largest pages there are */
    do {
        TRY(page_fetch(cli, sign_in, path, &found));
        TRY(each(with, found.items));
        json_array_clear(found.items);
    } while (found.cursor.len);
    return ERR_OK;
}

typedef char *dumped_own;
static void dumped_drop(dumped_own *text) { free(*text); }

static err_t merged_print(struct cli *cli, json_t *items)
{
    OWN(json) merged = json_pack("{s:O,s:n}", "items", items, "next");
    OWN(dumped) text = merged ? json_dumps(merged, JSON_COMPACT) : NULL;
    if (!text)
        return fail(ERR_BUSY, "no memory for the list");
    cli_print_json(cli, str(text));
    return ERR_OK;
}

static void records_print(struct cli *cli, const struct list *list, const struct found *found)
{
    if (json_array_size(found->items))
        grid_print(cli, list->columns, found->items);
    else
        cli_tell(cli, "%s", list->none);
    if (found->cursor.len && found->last.total.len)
        cli_tell(cli, "%zu of %.20s: --all lists every one", json_array_size(found->items),
                 found->last.total.at);
    else if (found->cursor.len)
        cli_tell(cli, "there are more: --all lists every one");
}

static err_t csv_page_print(struct cli *cli, const struct sign_in *sign_in, const struct list *list,
                            buf_t *cursor)
{
    OWN(buf) path = BUF(PATH_LENGTH_MAX);
    OWN(reply) reply = {0};
    buf_put(&path, str(list->path));
    TRY(list_filters(cli, &path));
    query_put(&path, "cursor", buf_str(cursor));
    TRY(buf_end(&path));
    TRY(service_call(cli, sign_in, &(struct call){"GET", path.at, .accept = "text/csv"}, &reply));
    if (cursor->len && str_eq(buf_str(cursor), buf_str(&reply.next)))
        return fail(ERR_BROKEN, "the service gives the same page again: the list does not end");
    buf_clear(cursor);
    buf_put(cursor, buf_str(&reply.next));
    TRY(buf_end(cursor));
    return cli_print_text(cli, buf_str(&reply.body));
}

/* The service's CSV, byte for byte: of all that fit, whatever a page is, each page as it comes. */
static err_t csv_print(struct cli *cli, const struct sign_in *sign_in, const struct list *list)
{
    OWN(buf) cursor = BUF(CURSOR_MAX);
    if (cli->options.json || cli->options.limit || cli->options.cursor || cli->options.all)
        return fail(ERR_INVALID,
                    "--csv prints all that fit: it goes without --json, --limit, --cursor and --all");
    do
        TRY(csv_page_print(cli, sign_in, list, &cursor));
    while (cursor.len);
    return ERR_OK;
}

err_t list_run(struct cli *cli, const struct sign_in *sign_in, const struct list *list)
{
    OWN(found) found = {.items = json_array(), .cursor = BUF(CURSOR_MAX)};
    if (cli->options.csv)
        return csv_print(cli, sign_in, list);
    if (cli->options.cursor)
        buf_put(&found.cursor, str(cli->options.cursor));
    TRY(buf_end(&found.cursor));
    TRY(pages_fetch(cli, sign_in, list->path, &found));
    if (cli->options.json && cli->options.all)
        return merged_print(cli, found.items);
    if (cli->options.json)
        cli_print_json(cli, buf_str(&found.last.body));
    else
        records_print(cli, list, &found);
    return ERR_OK;
}

err_t create_run(struct cli *cli, const struct sign_in *sign_in, const struct call *call, const char *secret)
{
    OWN(reply) reply = {0};
    OWN(json) made = NULL;
    OWN(buf) text = BUF(MAX_BODY);
    TRY(service_call(cli, sign_in, call, &reply));
    TRY(answer_parse(buf_str(&reply.body), &made));
    put_text(made, secret, &text);
    if (cli->options.json) {
        cli_print_json(cli, buf_str(&reply.body));
        return ERR_OK;
    }
    fprintf(cli->out, "%s\n", buf_str(&text).at);
    cli_tell(cli, "This is shown once: keep it now.");
    return buf_end(&text);
}

err_t sign_in_or_socket(struct cli *cli, struct sign_in *out_sign_in)
{
    if (!cli->options.socket)
        return sign_in_load(cli, out_sign_in);
    *out_sign_in = (struct sign_in){.socket = cli->options.socket};
    return ERR_OK;
}

err_t saved_list(struct cli *cli, const struct list *list)
{
    OWN(sign_in) sign_in = {0};
    TRY(sign_in_or_socket(cli, &sign_in));
    return list_run(cli, &sign_in, list);
}

err_t saved_create(struct cli *cli, const struct call *call, const char *secret)
{
    OWN(sign_in) sign_in = {0};
    TRY(sign_in_or_socket(cli, &sign_in));
    return create_run(cli, &sign_in, call, secret);
}

err_t record_print(struct cli *cli, const struct reply *reply, const struct column *columns)
{
    OWN(json) record = NULL;
    TRY(answer_parse(buf_str(&reply->body), &record));
    if (cli->options.json)
        cli_print_json(cli, buf_str(&reply->body));
    else
        facts_print(cli, columns, record);
    return ERR_OK;
}

err_t show_run(struct cli *cli, const struct call *call, const struct column *columns)
{
    OWN(sign_in) sign_in = {0};
    OWN(reply) reply = {0};
    TRY(sign_in_or_socket(cli, &sign_in));
    TRY(service_call(cli, &sign_in, call, &reply));
    return record_print(cli, &reply, columns);
}

err_t record_path(struct cli *cli, const char *folder, const char *prefix, buf_t *out_path)
{
    ident_t id;
    if (ident_read(prefix, str(cli->arguments[0]), &id) != ERR_OK)
        return cli_advise(cli, fail(ERR_INVALID, "that is no id: one begins with %s_", prefix),
                          "custody %s list says what there is", cli->command->noun);
    buf_putf(out_path, "%s/%s", folder, ident_text(prefix, id).text);
    return buf_end(out_path);
}

err_t turn_run(struct cli *cli, const struct turn *turn)
{
    OWN(buf) path = BUF(PATH_LENGTH_MAX);
    OWN(reply) reply = {0};
    TRY(record_path(cli, turn->folder, turn->prefix, &path));
    buf_put(&path, str(turn->after));
    TRY(buf_end(&path));
    TRY(service_ask(cli, &(struct call){turn->method, path.at}, &reply));
    cli_tell(cli, "%s is %s", cli->arguments[0], turn->done);
    cli_print_done(cli, turn->done, cli->arguments[0]);
    return ERR_OK;
}

err_t revoke_run(struct cli *cli, const char *folder, const char *prefix)
{
    return turn_run(cli, &(struct turn){"DELETE", folder, prefix, "", "revoked"});
}
