/* SPDX-License-Identifier: Apache-2.0
 *
 * An elevation that somebody of the client said yes to: the text that is signed (docs/formats/policy.md), as a note that
 * travels or as a code that is typed in, and what a machine without the service reads out to get one.
 *
 *     elevation_command(&(struct elevated){.as = 0, .path = path, .args = args}, elevation.command);
 *     TRY(elevation_sign(&signer, &elevation, &note));
 *     TRY(elevation_open(note, &signer_key, &elevation));       LOCKED: forged or altered; INVALID: no such text
 *     TRY(elevation_allows(&elevation, &use));                  DENIED, and why
 *
 *     elevation_spell(&asked, &text);                           what the terminal shows
 *     TRY(elevation_hear(text, &asked, prefix));                what the approver typed; the command is told in words
 *     TRY(elevation_code(note, &code));                         what is typed in at the terminal, from a signed note
 *     TRY(elevation_decode(code, &key, &elevation));            `elevation` holds what was asked; from, until, once are set
 *
 * A code is the end in seconds (5 bytes) and the signature; it is for one use, and its `from` is CODE_MINUTES before its end.
 * What is read out holds device, request, account, policy, and the first PREFIX_SIZE bytes of the command's digest: enough to
 * notice that another command was told, and what is signed is the command that the approver was told.
 *
 * Pure. The digest of a command can be guessed by who knows what people run: it stands in clear nowhere but in the
 * approval, which ends with its use.
 */
#pragma once
#include "base/id.h"
#include "base/moment.h"
#include "tlog/note.h"

#include <sys/types.h>

enum { ELEVATION_MAX = 2048, CODE_MINUTES = 60, PREFIX_SIZE = 5, ELEVATION_MINUTES = 480 };

struct elevation {
    ident_t tenant, device, request, account;
    uint64_t policy;
    uint8_t command[DIGEST_SIZE];
    moment_t from, until;
    bool once;
};

/* What is to be run: the account, the file with its links resolved, the arguments after the program's name, each with a NUL
 * behind it. */
struct elevated {
    uid_t as;
    str_t path, args;
};
void elevation_command(const struct elevated *what, uint8_t out_digest[DIGEST_SIZE]);

void elevation_put(const struct elevation *elevation, buf_t *out_text);
CHECKED err_t elevation_sign(const struct note_signer *signer, const struct elevation *elevation,
                             buf_t *out_note);
CHECKED err_t elevation_read(str_t text, struct elevation *out_elevation); /* signed or not */
CHECKED err_t elevation_open(str_t note, const struct note_key *key, struct elevation *out_elevation);

/* `asked` is what the machine waits for: its tenant, device, request, account, policy and command. */
struct elevation_use {
    const struct elevation *asked;
    moment_t now;
};
CHECKED err_t elevation_allows(const struct elevation *elevation, const struct elevation_use *use);

void elevation_spell(const struct elevation *asked, buf_t *out_text);
CHECKED err_t elevation_hear(str_t text, struct elevation *out_asked, uint8_t out_prefix[PREFIX_SIZE]);
CHECKED err_t elevation_code(str_t note, buf_t *out_code);
CHECKED err_t elevation_decode(str_t code, const struct note_key *key, struct elevation *elevation);
