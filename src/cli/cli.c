/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#include "base/limits.h"
#include "cli/answer.h"
#include "cli/help.h"
#include "cli/parse.h"
#include "cli/sign_in.h"
#include "cli/text.h"

#include <stdarg.h>

enum { LINE_MAX_BYTES = 8192 };

err_t cli_advise(struct cli *cli, err_t code, const char *format, ...)
{
    va_list args;
    if (*cli->advice)
        return code;
    va_start(args, format);
    vsnprintf(cli->advice, sizeof cli->advice, format, args);
    va_end(args);
    return code;
}

static void line_write(struct cli *cli, const char *before, const char *text)
{
    OWN(buf) line = BUF(LINE_MAX_BYTES);
    text_put(&line, str(text));
    fprintf(cli->err, "%s%s\n", before, line.at ? line.at : "");
}

void cli_tell(struct cli *cli, const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    fflush(cli->out); /* a notice is about what stands before it */
    if (!cli->options.json)
        line_write(cli, "", text);
}

void cli_print_json(struct cli *cli, str_t json)
{
    text_write_json(cli->out, str_trim(json));
    fputc('\n', cli->out);
}

void cli_print_done(struct cli *cli, const char *key, const char *value)
{
    OWN(buf) json = BUF(MAX_REPLY);
    buf_putf(&json, "{\"%s\":", key);
    buf_put_json(&json, str(value));
    buf_put_byte(&json, '}');
    if (cli->options.json)
        cli_print_json(cli, buf_str(&json));
}

err_t cli_print_text(struct cli *cli, str_t text)
{
    if (!isatty(fileno(cli->out))) {
        fwrite(text.at, 1, text.len, cli->out);
        return ERR_OK;
    }
    OWN(buf) fit = BUF(4 * MAX_REPLY);
    while (text.len) {
        text_put(&fit, str_until(&text, '\n'));
        buf_put_byte(&fit, '\n');
    }
    fwrite(buf_str(&fit).at, 1, fit.len, cli->out);
    return buf_end(&fit);
}

/* Errors */

static void problem_write(struct cli *cli, err_t code)
{
    const struct err_info *info = err_info(code);
    OWN(buf) json = BUF(LINE_MAX_BYTES);
    buf_put(&json, STR("{\"type\":\"custody:"));
    for (const char *at = info->name; *at; at++)
        buf_put_byte(&json, (uint8_t)(*at >= 'A' && *at <= 'Z' ? *at - 'A' + 'a' : *at));
    buf_put(&json, STR("\",\"title\":"));
    buf_put_json(&json, str(info->meaning));
    buf_putf(&json, ",\"status\":%d,\"detail\":", info->http);
    buf_put_json(&json, str(err_note()));
    buf_put_byte(&json, '}');
    text_write_json(cli->err, buf_str(&json));
    fputc('\n', cli->err);
}

static const char *noun_with_list(const struct cli *cli)
{
    const char *words[] = {cli->command ? cli->command->noun : "", "list"};
    const struct command *found = command_find(words, 2);
    return found && *found->verb ? words[0] : NULL;
}

static void advise_by_code(struct cli *cli, err_t code)
{
    static const char *const advice[ERR_COUNT] = {
        [ERR_SIGNED_OUT] =
            "sign in: custody login --url URL --tenant TENANT --username NAME, or with --browser or --token; or "
            "set CUSTODY_URL and CUSTODY_TOKEN",
        [ERR_DENIED] = "ask an owner of the client: the role of who is signed in does not reach this far",
        [ERR_LOCKED] = "a person of the client must sign in or approve; then try again",
        [ERR_CONFLICT] = "look at the record again, then try again",
        [ERR_BUSY] = "try again in a moment",
        [ERR_UNREACHABLE] = "see that the service runs, and that this is its address",
    };
    static const char *const staff_advice[ERR_COUNT] = {
        [ERR_SIGNED_OUT] = "sign in: custody login --staff --url URL --username NAME",
        [ERR_DENIED] =
            "custody staff list says who is current; the rest has to be in what the client approved",
        [ERR_LOCKED] = "a person of the client must approve: custody support ask, then wait for a yes",
    };
    const char *noun = noun_with_list(cli);
    if (cli_is_staff(cli) && staff_advice[code])
        cli_advise(cli, code, "%s", staff_advice[code]);
    if (code == ERR_MISSING && noun)
        cli_advise(cli, code, "custody %s list says what there is", noun);
    if (advice[code])
        cli_advise(cli, code, "%s", advice[code]);
    if (code == ERR_INVALID && cli->command)
        cli_advise(cli, code, "custody %s%s%s --help", cli->command->noun, *cli->command->verb ? " " : "",
                   cli->command->verb);
}

/* Who signs in by a passkey alone has no password: what takes one they do in the console. */
static void advise_passkey(struct cli *cli, err_t code)
{
    OWN(sign_in) sign_in = {0};
    char note[ADVICE_MAX];
    snprintf(note, sizeof note, "%s", err_note());
    bool takes = cli->command && cli->command->asks && !cli_is_staff(cli) && !cli->options.token &&
                 strstr(cli->command->reads, "the password");
    if (!takes || !(strstr(note, "password is wrong") || strstr(note, "password is missing")))
        return;
    if (sign_in_load(cli, &sign_in) == ERR_OK)
        cli_advise(cli, code, "who has no password does this by a passkey, in the console: %s",
                   sign_in.url.at);
    (void)fail(code, "%s", note);
}

static int error_write(struct cli *cli, err_t code)
{
    advise_passkey(cli, code);
    advise_by_code(cli, code);
    if (cli->options.json)
        problem_write(cli, code);
    else
        line_write(cli, "custody: ", err_note());
    if (!cli->options.json && *cli->advice)
        line_write(cli, "  next: ", cli->advice);
    return err_info(code)->exit;
}

/* The run */

/* Known before anything can go wrong, so that the first error has its shape too. */
static bool asks_json(char **arguments)
{
    for (; *arguments && strcmp(*arguments, "--") != 0; arguments++)
        if (!strcmp(*arguments, "--json"))
            return true;
    return false;
}

static err_t run(struct cli *cli, char **arguments)
{
    TRY(answer_start());
    TRY(parse(cli, arguments));
    if (cli->options.help)
        return help_print(cli);
    if (cli->options.version)
        return command_version(cli);
    return cli->command->run(cli);
}

int cli_run(struct cli *cli, char **arguments)
{
    text_start();
    cli->options.json = asks_json(arguments) ? "--json" : NULL;
    err_t done = run(cli, arguments);
    if ((fflush(cli->out) != 0 || ferror(cli->out)) && done == ERR_OK)
        done = fail(ERR_BROKEN, "cannot write to standard output");
    return done == ERR_OK ? 0 : error_write(cli, done);
}
