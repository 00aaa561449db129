/* SPDX-License-Identifier: Apache-2.0
 *
 * The erasure of everything: asked for and taken back by an owner, entered by staff from what the client has written, watched,
 * and its certificate.
 */
#include "base/limits.h"
#include "cli/answer.h"
#include "cli/body.h"
#include "cli/commands.h"
#include "cli/list.h"
#include "cli/prompt.h"
#include "crypt/seal.h"

#define ERASURE      "/v1/erasure"
#define CERTIFICATES "/v1/certificates"
#define ORDERS       "/operator/v1/orders"
enum { PATH_LENGTH_MAX = 256, DOCUMENT_MAX = 64 * 1024 * 1024, NOTE_MAX = 64 * 1024 };

static const struct column facts[] = {
    {"Erasure", "id", put_text},
    {"State", "state", put_text},
    {"Asked", "asked", put_text},
    {"Requested", "requested", put_moment},
    {"Can be taken back until", "cooling_until", put_moment},
    {"Marked", "marked", put_moment},
    {"Keys destroyed", "destroyed", put_moment},
    {"Certified", "certified", put_moment},
    {"Waits because", "held", put_text},
    {"Page", "link", put_text},
    {"Certificates' key", "key", put_text},
    {0},
};

static err_t fetch(struct cli *cli, const char *path, struct reply *reply, json_t **out_erasure)
{
    TRY(service_ask(cli, &(struct call){"GET", path}, reply));
    return answer_parse(buf_str(&reply->body), out_erasure);
}

static void stores_print(struct cli *cli, const json_t *erasure)
{
    static const struct column columns[] = {{"Store", "name", put_text},
                                            {"Items", "items", put_number},
                                            {"Bytes", "bytes", put_number},
                                            {"Empty since", "at", put_moment},
                                            {0}};
    heading_print(cli, "Stores");
    grid_print(cli, columns, json_object_get(erasure, "stores"));
}

static void counts_print(struct cli *cli, const json_t *erasure)
{
    static const struct column columns[] = {
        {"What would go", "what", put_text}, {"Items", "items", put_number}, {0}};
    heading_print(cli, "In the keyring");
    grid_print(cli, columns, json_object_get(erasure, "counts"));
}

/* One's own; or with an id any, which needs nobody to be signed in. */
err_t command_erasure_show(struct cli *cli)
{
    OWN(reply) reply = {0};
    OWN(json) erasure = NULL;
    OWN(buf) path = BUF(PATH_LENGTH_MAX);
    if (cli->arguments[0] && cli->arguments < cli->words + cli->count)
        TRY(record_path(cli, CERTIFICATES, "era", &path));
    TRY(fetch(cli, path.len ? path.at : ERASURE, &reply, &erasure));
    if (cli->options.json) {
        cli_print_json(cli, buf_str(&reply.body));
        return ERR_OK;
    }
    facts_print(cli, facts, erasure);
    if (json_is_true(json_object_get(erasure, "untold")))
        cli_tell(cli,
                 "Nobody would be told that it is complete: set an address with custody notice set ADDRESS.");
    if (answer_text(erasure, "marked").len)
        stores_print(cli, erasure);
    else
        counts_print(cli, erasure);
    return ERR_OK;
}

/* Asking */

static err_t confirm(struct cli *cli, buf_t *out_typed)
{
    if (cli->options.confirm) {
        buf_put(out_typed, str(cli->options.confirm));
        return buf_end(out_typed);
    }
    if (!prompt_has_terminal(cli))
        return cli_advise(cli, fail(ERR_INVALID, "nobody has confirmed whose data is to be erased"),
                          "give --confirm with your organisation's name");
    cli_tell(
        cli,
        "This erases everything that is kept for your organisation, for good: its keys are destroyed, then");
    cli_tell(
        cli,
        "its records and every snapshot. Export first what you want to keep. It can be taken back until the");
    cli_tell(cli, "cooling-off is over, and not after that.");
    return prompt_text(cli, "your organisation's name, to go on", out_typed);
}

err_t command_erasure_request(struct cli *cli)
{
    OWN(buf) typed = BUF(MAX_PASSWORD);
    OWN(buf) body = BUF(MAX_BODY);
    TRY(confirm(cli, &typed));
    body_put(&body, "typed", buf_str(&typed));
    TRY(prompt_proof(cli, &body));
    TRY(body_end(&body));
    TRY(show_run(cli, &(struct call){"POST", ERASURE, buf_str(&body)}, facts));
    cli_tell(
        cli,
        "Keep the page's address and the certificates' key: once it has begun nobody can sign in any more.");
    return ERR_OK;
}

err_t command_erasure_withdraw(struct cli *cli)
{
    return turn_run(cli, &(struct turn){"POST", ERASURE, "era", "/withdraw", "withdrawn"});
}

/* The certificate */

static err_t part_fetch(struct cli *cli, const char *part, struct reply *reply)
{
    OWN(buf) path = BUF(PATH_LENGTH_MAX);
    TRY(record_path(cli, CERTIFICATES, "era", &path));
    buf_putf(&path, "/%s", part);
    TRY(buf_end(&path));
    return service_ask(cli, &(struct call){"GET", path.at, .accept = "*/*"}, reply);
}

static err_t part_write(struct cli *cli, const char *part, const char *ending)
{
    OWN(reply) reply = {0};
    OWN(buf) path = BUF(PATH_LENGTH_MAX * 8);
    TRY(part_fetch(cli, part, &reply));
    buf_putf(&path, "%s%s", cli->options.output, ending);
    TRY(buf_end(&path));
    return cli->env->write_file(cli->env, path.at, buf_str(&reply.body), 0644);
}

/* To a file, with its proof and a PDF beside it; or the note alone on the screen. */
err_t command_erasure_certificate(struct cli *cli)
{
    OWN(reply) note = {0};
    if (!cli->options.output) {
        TRY(part_fetch(cli, "note", &note));
        return cli_print_text(cli, buf_str(&note.body));
    }
    TRY(part_write(cli, "note", ""));
    TRY(part_write(cli, "proof", ".tlog-proof"));
    TRY(part_write(cli, "pdf", ".pdf"));
    cli_print_done(cli, "written", cli->options.output);
    cli_tell(cli, "check it: custody-verify certificate %s --key KEY --proof %s.tlog-proof --log-key KEY",
             cli->options.output, cli->options.output);
    return ERR_OK;
}

/* Staff */

err_t command_erasure_list(struct cli *cli)
{
    static const struct column columns[] = {
        {"Client", "name", put_text},     {"State", "state", put_text},
        {"Asked", "asked", put_text},     {"Requested", "requested", put_moment},
        {"Marked", "marked", put_moment}, {"Certified", "certified", put_moment},
        {"Id", "id", put_text},           {0},
    };
    return saved_list(cli, &(struct list){"/operator/v1/erasures", columns, "no client was erased"});
}

static err_t document_digest(struct cli *cli, buf_t *out_hex)
{
    uint8_t hash[DIGEST_SIZE];
    OWN(buf) document = BUF(DOCUMENT_MAX);
    TRY(cli->env->read_file(cli->env, cli->options.document, &document));
    digest(buf_str(&document), hash);
    buf_put_hex(out_hex, str_bytes(hash, sizeof hash));
    return buf_end(out_hex);
}

/* The document stays where it is: its digest alone is entered. Without the name typed it is a dry run. */
err_t command_erasure_enter(struct cli *cli)
{
    static const struct column order[] = {
        {"Order", "act", put_text},  {"Of", "name", put_text},
        {"Does", "does", put_text},  {"State", "state", put_text},
        {"By", "by_name", put_text}, {"Void after", "until", put_moment},
        {"Id", "id", put_text},      {0},
    };
    OWN(buf) hex = BUF(2 * DIGEST_SIZE);
    OWN(buf) body = BUF(MAX_BODY);
    TRY(document_digest(cli, &hex));
    body_put(&body, "act",
             str_starts(str(cli->arguments[0]), STR("hld_")) ? STR("hold.release") : STR("tenant.erase"));
    body_put(&body, "target", str(cli->arguments[0]));
    body_put(&body, "document", buf_str(&hex));
    if (cli->options.confirm)
        body_put(&body, "typed", str(cli->options.confirm));
    TRY(body_end(&body));
    TRY(show_run(cli, &(struct call){"POST", ORDERS, buf_str(&body)}, order));
    cli_tell(cli, cli->options.confirm
                      ? "A second person has to confirm it: custody order confirm."
                      : "A dry run: nothing is entered. To enter it give --confirm and the client's name.");
    return ERR_OK;
}
