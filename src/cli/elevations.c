/* SPDX-License-Identifier: Apache-2.0
 *
 * Elevations: what people at endpoints want to run with other rights, and what whoever signs for the client says to it.
 */
#include "base/limits.h"
#include "cli/answer.h"
#include "cli/body.h"
#include "cli/commands.h"
#include "cli/list.h"
#include "cli/prompt.h"
#include "cli/text.h"

#define ELEVATIONS "/v1/elevations"
enum { PATH_LENGTH_MAX = 256, SAID_MAX = 256 * 1024 };

/* The program, and each argument so that where it ends can be seen. */
static void put_command(const json_t *elevation, const char *key, buf_t *out)
{
    const json_t *args = json_object_get(elevation, key);
    put_text(elevation, "path", out);
    for (size_t i = 0; i < json_array_size(args); i++) {
        const json_t *arg = json_array_get(args, i);
        str_t text = str_bytes(json_string_value(arg), json_string_length(arg));
        bool plain = text.len && !memchr(text.at, ' ', text.len) && !memchr(text.at, '\'', text.len);
        buf_put(out, plain ? STR(" ") : STR(" '"));
        text_put(out, text);
        buf_put(out, plain ? STR("") : STR("'"));
    }
}

static void put_as(const json_t *elevation, const char *key, buf_t *out)
{
    if (json_integer_value(json_object_get(elevation, key)))
        buf_put(out, STR("account ")), put_number(elevation, key, out);
    else
        buf_put(out, STR("root"));
}

static void put_uses(const json_t *elevation, const char *key, buf_t *out)
{
    if (!json_integer_value(json_object_get(elevation, key)))
        buf_put(out, STR("one use"));
    else
        put_number(elevation, key, out), buf_put(out, STR(" minutes"));
}

static const struct column columns[] = {
    {"State", "state", put_text},
    {"Command", "args", put_command},
    {"Account", "account", put_text},
    {"Asked", "made", put_moment},
    {"Yours to answer", "yours", put_yes},
    {"Id", "id", put_text},
    {0},
};

static const struct column facts[] = {
    {"State", "state", put_text},
    {"Command", "args", put_command},
    {"As", "as", put_as},
    {"Reason", "reason", put_text},
    {"For", "minutes", put_uses},
    {"Device", "device", put_text},
    {"Account", "account", put_text},
    {"Policy", "policy", put_number},
    {"Asked", "made", put_moment},
    {"Void, or over, after", "until", put_moment},
    {"Answered by", "by", put_text},
    {"Answered", "answered", put_moment},
    {"Used", "used", put_moment},
    {"Yours to answer", "yours", put_yes},
    {"Id", "id", put_text},
    {0},
};

err_t command_elevation_list(struct cli *cli)
{
    return saved_list(
        cli, &(struct list){ELEVATIONS, columns,
                            cli->options.state ? "no such elevations" : "nobody has asked for an elevation"});
}

err_t command_elevation_show(struct cli *cli)
{
    OWN(buf) path = BUF(PATH_LENGTH_MAX);
    TRY(record_path(cli, ELEVATIONS, "elv", &path));
    return show_run(cli, &(struct call){"GET", path.at}, facts);
}

/* What exactly is said yes to, before the password is asked for. */
static err_t elevation_say(struct cli *cli, const struct reply *reply)
{
    OWN(json) elevation = NULL;
    OWN(buf) said = BUF(SAID_MAX);
    TRY(answer_parse(buf_str(&reply->body), &elevation));
    put_text(elevation, "account", &said);
    buf_put(&said, STR(" on "));
    put_text(elevation, "device", &said);
    buf_put(&said, STR(" wants to run, as "));
    put_as(elevation, "as", &said);
    buf_put(&said, STR(":\n    "));
    put_command(elevation, "args", &said);
    buf_put(&said, STR("\nfor "));
    put_uses(elevation, "minutes", &said);
    buf_put(&said, STR("; the reason: "));
    put_text(elevation, "reason", &said);
    TRY(buf_end(&said));
    cli_tell(cli, "%s", said.at);
    return ERR_OK;
}

static err_t password_put(struct cli *cli, buf_t *body)
{
    OWN(buf) password = BUF(MAX_PASSWORD);
    TRY(prompt_secret(cli, "your password", &password));
    body_put(body, "password", buf_str(&password));
    return ERR_OK;
}

static err_t approve_send(struct cli *cli, const struct sign_in *sign_in, buf_t *path)
{
    OWN(buf) body = BUF(MAX_BODY);
    OWN(reply) reply = {0};
    TRY(password_put(cli, &body));
    TRY(body_end(&body));
    buf_put(path, STR("/approve"));
    TRY(buf_end(path));
    TRY(service_call(cli, sign_in, &(struct call){"POST", path->at, buf_str(&body)}, &reply));
    return record_print(cli, &reply, facts);
}

err_t command_elevation_approve(struct cli *cli)
{
    OWN(buf) path = BUF(PATH_LENGTH_MAX);
    OWN(sign_in) sign_in = {0};
    OWN(reply) read = {0};
    TRY(sign_in_load(cli, &sign_in));
    TRY(record_path(cli, ELEVATIONS, "elv", &path));
    TRY(service_call(cli, &sign_in, &(struct call){"GET", path.at}, &read));
    TRY(elevation_say(cli, &read));
    return approve_send(cli, &sign_in, &path);
}

err_t command_elevation_refuse(struct cli *cli)
{
    OWN(buf) path = BUF(PATH_LENGTH_MAX);
    OWN(sign_in) sign_in = {0};
    OWN(reply) reply = {0};
    TRY(sign_in_load(cli, &sign_in));
    TRY(record_path(cli, ELEVATIONS, "elv", &path));
    buf_put(&path, STR("/refuse"));
    TRY(buf_end(&path));
    TRY(service_call(cli, &sign_in, &(struct call){"POST", path.at}, &reply));
    return record_print(cli, &reply, facts);
}

/* Codes */

static err_t args_put(const struct cli *cli, buf_t *body)
{
    OWN(buf) args = BUF(MAX_BODY);
    OWN(buf) text = BUF(MAX_BODY);
    for (const char *const *arg = cli->arguments + 1; arg < cli->words + cli->count; arg++)
        buf_put(&args, str_bytes(*arg, strlen(*arg) + 1));
    TRY(buf_end(&args));
    buf_put_base64(&text, buf_str(&args));
    TRY(buf_end(&text));
    if (args.len)
        body_put(body, "args", buf_str(&text));
    return ERR_OK;
}

static err_t code_body(struct cli *cli, buf_t *body)
{
    const char *as = cli->options.as ? cli->options.as : "root";
    body_put(body, "shown", str(cli->options.shown));
    TRY(body_put_number(body, "as", strcmp(as, "root") == 0 ? "0" : as));
    body_put(body, "path", str(cli->arguments[0]));
    TRY(args_put(cli, body));
    if (cli->options.minutes)
        TRY(body_put_number(body, "minutes", cli->options.minutes));
    TRY(password_put(cli, body));
    return body_end(body);
}

static err_t code_print(struct cli *cli, const struct reply *reply)
{
    OWN(json) made = NULL;
    OWN(buf) until = BUF(64);
    TRY(answer_parse(buf_str(&reply->body), &made));
    if (cli->options.json) {
        cli_print_json(cli, buf_str(&reply->body));
        return ERR_OK;
    }
    put_moment(made, "until", &until);
    TRY(buf_end(&until));
    cli_tell(cli, "To be typed in at the terminal, once, before %s:", until.at);
    OWN(buf) line = BUF(1024);
    put_text(made, "code", &line);
    buf_put(&line, STR("\n"));
    TRY(buf_end(&line));
    return cli_print_text(cli, buf_str(&line));
}

err_t command_elevation_code(struct cli *cli)
{
    OWN(buf) body = BUF(MAX_BODY);
    OWN(sign_in) sign_in = {0};
    OWN(reply) reply = {0};
    TRY(sign_in_load(cli, &sign_in));
    TRY(code_body(cli, &body));
    TRY(service_call(cli, &sign_in, &(struct call){"POST", ELEVATIONS "/code", buf_str(&body)}, &reply));
    return code_print(cli, &reply);
}
