/* SPDX-License-Identifier: Apache-2.0
 *
 * What kind of thing a file is that somebody wants to run: by its own bytes, and for interpreters by its name.
 *
 *     look_at(path, bytes, &look);         bytes: the file from its beginning, LOOK_BYTES or all of it
 *     script = script_of(&look, args, count);
 *
 * LOADER       an ELF library that names itself ld… or libc.musl… (DT_SONAME) and needs no loader: it runs the program
 *              that is its first argument, whatever that file's own mode is
 * INTERPRETER  a shell, Python, Perl …: it runs the file that script_of() finds among its arguments
 * SCRIPT       begins with #!; `interpreter` is what stands there
 * PROGRAM      any other ELF
 *
 * An interpreter that carries another name is found by its digest (guard/facts.h). Nothing here fails: what is damaged is
 * OTHER, and the kernel refuses to run it.
 * Source: System V ABI, chapter 5; Linux, Documentation/userspace-api/ELF.rst and fs/binfmt_script.c.
 */
#pragma once
#include "base/bytes.h"

enum kind { KIND_OTHER_FILE, KIND_PROGRAM, KIND_LOADER, KIND_INTERPRETER, KIND_SCRIPT };
enum { LOOK_BYTES = 4096, LOADER_BYTES = 1024 * 1024, SHEBANG_MAX = 255 };

struct look {
    enum kind kind;
    bool whole;                        /* a loader can only be told from the whole file: ask again with it */
    char interpreter[SHEBANG_MAX + 1]; /* of a SCRIPT */
};

void look_at(str_t path, str_t bytes, struct look *out_look);

/* Whether a file of this name is an interpreter whose script can be found. */
bool interpreter_is_known(str_t path);

/* The names that installed interpreters have; NULL-ended. A copy of one of these is one too. */
extern const char *const interpreter_files[];

/* The file that a loader or an interpreter is to run: the place among `args` (args[0] is its own name), or 0 where there is
 * none: code on the command line, a module, standard input. */
size_t loader_target(const str_t *args, size_t count);
size_t script_target(str_t interpreter, const str_t *args, size_t count);
