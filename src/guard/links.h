/* SPDX-License-Identifier: Apache-2.0
 *
 * The other names of a file that has several (hard links): those under which a rule may forbid it.
 *
 *     links_find(&(struct links_ask){rules, names, &file}, each, with);      each(with, path)
 *
 * Looked for where deny rules name files, and in folders below, on the file's own file system: LINKS_MOST entries in all, so that
 * nobody is kept waiting. Only files with several links cost this, and only before their verdict is kept.
 */
#pragma once
#include "guard/facts.h"
#include "guard/names.h"

enum { LINKS_MOST = 16 * 1024, LINKS_DEPTH = 8 };

struct links_ask {
    const struct rules *rules;
    const struct names *names;
    const struct file *file;
};
void links_find(const struct links_ask *ask, void (*each)(void *with, const char *path), void *with);
