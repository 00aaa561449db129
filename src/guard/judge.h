/* SPDX-License-Identifier: Apache-2.0
 *
 * One launch, judged: whether it may go on, by which rule, and what may be written down of it.
 *
 *     struct judgement *judgement = …;                     large: one a thread, used again
 *     TRY(judge(&(struct judge_ask){order, facts, &seen, tid}, judgement));
 *     if (judgement->decision == DECISION_DENY) …
 *     judge_rest(&ask, judgement);                     what the answer need not wait for; always, with the same ask
 *
 * The kernel asks once for each file that a launch opens to run it: the program, then the loader that it names (ld.so), or
 * the interpreter of a script. What a launch is follows from the file asked about and the call that its thread waits in:
 *
 *     a program, a script            itself
 *     a loader, called by name       the program that is its first argument
 *     a loader, of another program   nothing: `beneath`, it goes on; the program was judged
 *     a loader that others than      itself too: it may be anything that calls itself one. The stricter decision counts, and
 *     root may have put there        where neither is a refusal it is the loader's launch
 *     an interpreter, called         itself, with the script among its arguments; and the script, as if it were called:
 *                                    the stricter one counts
 *     an interpreter, of a script    the same; the script's own question came before
 *
 * Where nothing can be refused a loader of other programs is asked about once, and the call of all else is looked at only
 * if a rule or a record needs it. Where something can, the call alone tells a loader that a program names from one that is
 * called: that the program was just asked about proves nothing, since that call may have failed behind its question, and
 * this one calls the loader. `running` judges a process that runs already, by its arguments: for what the kernel does not
 * ask about (guard/trail.h).
 *
 * everybody  the file is decided so for every account, whatever launches it and with whichever arguments: the answer may be
 *            kept for the file. Then nothing was found out about the process, and the launch is not this one's to write
 *            down: that it began is heard (guard/trail.h).
 *
 * judge_rest() finds out what else the record needs: digest, package.
 *
 * MISSING where process or file are gone: there is nobody left to answer. All else is a decision.
 */
#pragma once
#include "guard/facts.h"
#include "guard/order.h"
#include "guard/process.h"

enum { ANCESTORS = 16, ANCESTOR_PATH = FILE_PATH / 4, ARGS_TEXT = 4096 };

struct judge_ask {
    const struct order *order;
    struct facts *facts;
    const struct seen *seen; /* the file, open */
    pid_t tid;
    bool running;
};

struct judgement {
    enum decision decision;
    size_t rule;
    unsigned record; /* as struct verdict has it */
    bool everybody, beneath, is_script;
    struct process process;
    struct file file;       /* the program; of a loader the one that it is to run */
    char script[FILE_PATH]; /* empty: none */
    char parent[FILE_PATH]; /* what launches, where that was asked for */
    char args[ARGS_TEXT];   /* each with a NUL behind it; cut where they are longer */
    size_t args_len;
    /* for the judging alone */
    int target; /* of a loader: what it is to run, open */
    struct file other;
    struct call call;
    char joined[ARGS_TEXT];
    bool called;
    char ancestor_paths[ANCESTORS][ANCESTOR_PATH];
    str_t ancestors[ANCESTORS];
    bool foreign_ancestor[ANCESTORS];
    size_t ancestor_count;
};

CHECKED err_t judge(const struct judge_ask *ask, struct judgement *out_judgement);
void judge_rest(const struct judge_ask *ask, struct judgement *judgement);

/* By `file` alone, as far as it is known, for a process that is gone. */
void judge_file_of(const struct judge_ask *ask, uid_t uid, struct judgement *judgement);
