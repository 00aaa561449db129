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
#include "cli/signer.h"
#include "cli/text.h"
#include "govern/elevation.h"

#define ELEVATIONS "/v1/elevations"
enum { PATH_LENGTH_MAX = 256, SAID_MAX = 256 * 1024, ONCE_MINUTES = 15 };

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

static err_t id_of(const json_t *elevation, const char *key, const char *prefix, ident_t *out_id)
{
    return ident_read(prefix, answer_text(elevation, key), out_id);
}

static void command_of(const json_t *elevation, uint8_t out_digest[DIGEST_SIZE])
{
    OWN(buf) list = BUF(SAID_MAX);
    const json_t *args = json_object_get(elevation, "args");
    for (size_t i = 0; i < json_array_size(args); i++) {
        const json_t *arg = json_array_get(args, i);
        buf_put(&list, str_bytes(json_string_value(arg), json_string_length(arg) + 1));
    }
    elevation_command(&(struct elevated){(uid_t)json_integer_value(json_object_get(elevation, "as")),
                                         answer_text(elevation, "path"), buf_str(&list)},
                      out_digest);
}

/* From now on: for one use within a quarter of an hour, or for the minutes that were asked for. */
static err_t yes_to(struct cli *cli, const json_t *elevation, struct elevation *out)
{
    moment_t minutes = json_integer_value(json_object_get(elevation, "minutes"));
    TRY(id_of(elevation, "device", "dev", &out->device));
    TRY(id_of(elevation, "id", "elv", &out->request));
    TRY(id_of(elevation, "account", "acc", &out->account));
    out->policy = (uint64_t)json_integer_value(json_object_get(elevation, "policy"));
    out->from = cli->env->now(cli->env) / SECONDS(1) * SECONDS(1);
    out->until = out->from + MINUTES(minutes ? minutes : ONCE_MINUTES);
    out->once = !minutes;
    command_of(elevation, out->command);
    return ERR_OK;
}

/* Signed here, with a key that the service never has. */
static err_t approved_put(struct cli *cli, const struct reply *read, buf_t *body)
{
    OWN(json) elevation = NULL;
    OWN(note_signer) signer = {.seed = {{0}}};
    OWN(buf) note = BUF(ELEVATION_MAX);
    OWN(buf) text = BUF(MAX_BODY);
    struct elevation yes = {.once = true};
    TRY(answer_parse(buf_str(&read->body), &elevation));
    TRY(signer_load(cli, &signer, &yes.tenant));
    TRY(yes_to(cli, elevation, &yes));
    TRY(elevation_sign(&signer, &yes, &note));
    buf_put_base64(&text, buf_str(&note));
    TRY(buf_end(&text));
    body_put(body, "note", buf_str(&text));
    return ERR_OK;
}

static err_t approve_send(struct cli *cli, const struct sign_in *sign_in, const char *path, const buf_t *body)
{
    OWN(buf) whole = BUF(PATH_LENGTH_MAX);
    OWN(reply) reply = {0};
    buf_putf(&whole, "%s/approve", path);
    TRY(buf_end(&whole));
    TRY(service_call(cli, sign_in, &(struct call){"POST", whole.at, buf_str(body)}, &reply));
    return record_print(cli, &reply, facts);
}

err_t command_elevation_approve(struct cli *cli)
{
    OWN(buf) path = BUF(PATH_LENGTH_MAX);
    OWN(buf) body = BUF(MAX_BODY);
    OWN(sign_in) sign_in = {0};
    OWN(reply) read = {0};
    TRY(sign_in_load(cli, &sign_in));
    TRY(record_path(cli, ELEVATIONS, "elv", &path));
    TRY(service_call(cli, &sign_in, &(struct call){"GET", path.at}, &read));
    TRY(elevation_say(cli, &read));
    TRY(cli->options.key ? approved_put(cli, &read, &body) : prompt_proof(cli, &body));
    TRY(body_end(&body));
    return approve_send(cli, &sign_in, path.at, &body);
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

static err_t args_list(const struct cli *cli, buf_t *out_args)
{
    for (const char *const *arg = cli->arguments + 1; arg < cli->words + cli->count; arg++)
        buf_put(out_args, str_bytes(*arg, strlen(*arg) + 1));
    return buf_end(out_args);
}

/* Root, where nothing else is said. */
static const char *as_of(const struct cli *cli)
{
    return cli->options.as && strcmp(cli->options.as, "root") != 0 ? cli->options.as : "0";
}

static err_t code_body(struct cli *cli, buf_t *body)
{
    OWN(buf) args = BUF(MAX_BODY);
    OWN(buf) text = BUF(MAX_BODY);
    TRY(args_list(cli, &args));
    buf_put_base64(&text, buf_str(&args));
    TRY(buf_end(&text));
    body_put(body, "shown", str(cli->options.shown));
    TRY(body_put_number(body, "as", as_of(cli)));
    body_put(body, "path", str(cli->arguments[0]));
    if (args.len)
        body_put(body, "args", buf_str(&text));
    if (cli->options.minutes)
        TRY(body_put_number(body, "minutes", cli->options.minutes));
    TRY(prompt_proof(cli, body));
    return body_end(body);
}

static err_t code_print(struct cli *cli, str_t code, str_t until)
{
    OWN(buf) line = BUF(1024);
    OWN(buf) end = BUF(64);
    text_put_local(&end, until);
    text_put(&line, code);
    buf_put_byte(&line, '\n');
    TRY(buf_end(&line));
    TRY(buf_end(&end));
    cli_tell(cli, "To be typed in at the terminal, once, before %s:", end.at);
    return cli_print_text(cli, buf_str(&line));
}

/* Nothing is asked of the service: both sides may be away from it. */
static err_t code_sign(struct cli *cli)
{
    OWN(note_signer) signer = {.seed = {{0}}};
    OWN(buf) args = BUF(MAX_BODY);
    OWN(buf) note = BUF(ELEVATION_MAX);
    OWN(buf) code = BUF(1024);
    struct elevation yes = {.once = true};
    uint8_t prefix[PREFIX_SIZE];
    uint64_t as = 0, minutes = 10;
    TRY(elevation_hear(str(cli->options.shown), &yes, prefix));
    TRY(signer_load(cli, &signer, &yes.tenant));
    TRY(str_number(str(as_of(cli)), UINT32_MAX, &as));
    if (cli->options.minutes)
        TRY(str_number(str(cli->options.minutes), CODE_MINUTES, &minutes));
    TRY(args_list(cli, &args));
    elevation_command(&(struct elevated){(uid_t)as, str(cli->arguments[0]), buf_str(&args)}, yes.command);
    if (memcmp(prefix, yes.command, PREFIX_SIZE) != 0)
        return fail(ERR_INVALID,
                    "the terminal shows another command: compare account, path and each argument");
    yes.until = cli->env->now(cli->env) / SECONDS(1) * SECONDS(1) + MINUTES((moment_t)minutes);
    yes.from = yes.until - MINUTES(CODE_MINUTES);
    TRY(elevation_sign(&signer, &yes, &note));
    TRY(elevation_code(buf_str(&note), &code));
    if (cli->options.json)
        return cli_print_done(cli, "code", code.at), ERR_OK;
    return code_print(cli, buf_str(&code), str(moment_text(yes.until).text));
}

static err_t code_ask(struct cli *cli)
{
    OWN(buf) body = BUF(MAX_BODY);
    OWN(sign_in) sign_in = {0};
    OWN(reply) reply = {0};
    OWN(json) made = NULL;
    TRY(sign_in_load(cli, &sign_in));
    TRY(code_body(cli, &body));
    TRY(service_call(cli, &sign_in, &(struct call){"POST", ELEVATIONS "/code", buf_str(&body)}, &reply));
    TRY(answer_parse(buf_str(&reply.body), &made));
    if (!cli->options.json)
        return code_print(cli, answer_text(made, "code"), answer_text(made, "until"));
    cli_print_json(cli, buf_str(&reply.body));
    return ERR_OK;
}

err_t command_elevation_code(struct cli *cli) { return cli->options.key ? code_sign(cli) : code_ask(cli); }
