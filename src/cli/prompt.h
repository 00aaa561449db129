/* SPDX-License-Identifier: Apache-2.0
 *
 * What a person types: at a terminal after a prompt on err, elsewhere the next line of standard input. Secrets come in
 * no other way, so that no other user's `ps` shows them.
 *
 * A line is as long as its buffer allows (TOO_LARGE), without its line end; an empty one and the end of the input are
 * INVALID. Nothing past the line end is read, so that the next line is there for the next call. A terminal is given
 * back its echo whatever signal ends the program.
 */
#pragma once
#include "cli/cli.h"

/* `what` in lower case, as in "the password". */
CHECKED err_t prompt_secret(struct cli *cli, const char *what, buf_t *out_secret);

/* Twice at a terminal: INVALID where they differ. */
CHECKED err_t prompt_new_secret(struct cli *cli, const char *what, buf_t *out_secret);

/* The password typed again, into the body of what no session is enough for. */
CHECKED err_t prompt_proof(struct cli *cli, buf_t *body);

/* The value of an option: what is given, or for "-" as prompt_secret(). */
CHECKED err_t prompt_option(struct cli *cli, const char *given, const char *what, buf_t *out_secret);

/* With echo. */
CHECKED err_t prompt_text(struct cli *cli, const char *what, buf_t *out_text);

/* The next line, without a prompt. */
CHECKED err_t prompt_line(struct cli *cli, const char *what, buf_t *out_line);

/* `what` is said and agreed to: by --yes, or with "yes" at a terminal. INVALID otherwise. */
CHECKED err_t prompt_agree(struct cli *cli, const char *what);

bool prompt_has_terminal(const struct cli *cli);

/* All that is left of standard input; nothing at a terminal. */
CHECKED err_t prompt_rest(struct cli *cli, buf_t *out_bytes);
