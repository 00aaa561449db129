/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/prompt.h"

#include "base/limits.h"
#include "cli/body.h"

#include <errno.h>
#include <signal.h>
#include <termios.h>

bool prompt_has_terminal(const struct cli *cli) { return isatty(cli->in); }

/* Which signal came while a secret was typed: raised again once the terminal has its echo back. */
static volatile sig_atomic_t interrupted;
static void interrupt_note(int number) { interrupted = number; }

static err_t input_wrong(const char *what)
{
    return fail(errno == EINTR ? ERR_INVALID : ERR_BROKEN, "cannot read %s: %s", what, strerror(errno));
}

/* Byte by byte: what follows the line end belongs to the next line. */
err_t prompt_line(struct cli *cli, const char *what, buf_t *out_line)
{
    char byte;
    ssize_t got;
    while ((got = read(cli->in, &byte, 1)) == 1 && byte != '\n' && buf_end(out_line) == ERR_OK)
        buf_put_byte(out_line, (uint8_t)byte);
    if (got < 0)
        return input_wrong(what);
    TRY(buf_end(out_line));
    if (out_line->len && out_line->at[out_line->len - 1] == '\r')
        out_line->at[--out_line->len] = '\0';
    return out_line->len ? ERR_OK
                         : fail(ERR_INVALID, "%s is missing: standard input has no line for it", what);
}

static const int ends[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
enum { ENDS = sizeof ends / sizeof *ends };

static err_t quiet_read(struct cli *cli, const char *what, buf_t *out_line)
{
    struct sigaction note = {.sa_handler = interrupt_note}, before[ENDS];
    struct termios loud, quiet;
    if (tcgetattr(cli->in, &loud) != 0)
        return input_wrong(what);
    interrupted = 0;
    for (size_t i = 0; i < ENDS; i++)
        sigaction(ends[i], &note, &before[i]);
    quiet = loud;
    quiet.c_lflag = (quiet.c_lflag & ~(tcflag_t)ECHO) | ECHONL;
    tcsetattr(cli->in, TCSAFLUSH, &quiet);
    err_t read = prompt_line(cli, what, out_line);
    tcsetattr(cli->in, TCSAFLUSH, &loud);
    for (size_t i = 0; i < ENDS; i++)
        sigaction(ends[i], &before[i], NULL);
    if (interrupted)
        raise(interrupted);
    return read;
}

static void prompt_print(struct cli *cli, const char *what, const char *again)
{
    fflush(cli->out);
    fprintf(cli->err, "%c%s%s: ", what[0] - 'a' + 'A', what + 1, again);
    fflush(cli->err);
}

static err_t secret_read(struct cli *cli, const char *what, const char *again, buf_t *out_secret)
{
    if (!prompt_has_terminal(cli))
        return prompt_line(cli, what, out_secret);
    prompt_print(cli, what, again);
    return quiet_read(cli, what, out_secret);
}

err_t prompt_secret(struct cli *cli, const char *what, buf_t *out_secret)
{
    return secret_read(cli, what, "", out_secret);
}

err_t prompt_proof(struct cli *cli, buf_t *body)
{
    OWN(buf) password = BUF(MAX_PASSWORD);
    TRY(prompt_secret(cli, "the password", &password));
    body_put(body, "password", buf_str(&password));
    return ERR_OK;
}

err_t prompt_new_secret(struct cli *cli, const char *what, buf_t *out_secret)
{
    OWN(buf) again = BUF(out_secret->limit);
    TRY(secret_read(cli, what, "", out_secret));
    if (!prompt_has_terminal(cli))
        return ERR_OK;
    TRY(secret_read(cli, what, ", again", &again));
    if (!str_eq(buf_str(&again), buf_str(out_secret)))
        return fail(ERR_INVALID, "%s was typed in two ways", what);
    return ERR_OK;
}

err_t prompt_option(struct cli *cli, const char *given, const char *what, buf_t *out_secret)
{
    if (!strcmp(given, "-"))
        return prompt_secret(cli, what, out_secret);
    buf_put(out_secret, str(given));
    return buf_end(out_secret);
}

err_t prompt_text(struct cli *cli, const char *what, buf_t *out_text)
{
    prompt_print(cli, what, "");
    return prompt_line(cli, what, out_text);
}

/* A question is asked with --json too, and never without what it is about. */
err_t prompt_agree(struct cli *cli, const char *what)
{
    OWN(buf) said = BUF(MAX_NAME);
    bool asks = prompt_has_terminal(cli) && !cli->options.yes;
    if (asks && cli->options.json)
        fprintf(cli->err, "%s\n", what);
    cli_tell(cli, "%s", what);
    if (cli->options.yes)
        return ERR_OK;
    if (!asks)
        return cli_advise(cli, fail(ERR_INVALID, "nobody has agreed to it"), "give --yes");
    TRY(prompt_text(cli, "type yes to go on", &said));
    if (!str_eq(str_trim(buf_str(&said)), STR("yes")))
        return cli_advise(cli, fail(ERR_INVALID, "nothing is changed"), "type yes, or give --yes");
    return ERR_OK;
}

err_t prompt_rest(struct cli *cli, buf_t *out_bytes)
{
    char part[4096];
    ssize_t got = 0;
    while (!prompt_has_terminal(cli) && (got = read(cli->in, part, sizeof part)) > 0)
        buf_put(out_bytes, str_bytes(part, (size_t)got));
    explicit_bzero(part, sizeof part);
    return got < 0 ? input_wrong("the body") : buf_end(out_bytes);
}
