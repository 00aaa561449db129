/* SPDX-License-Identifier: Apache-2.0
 *
 * Who is logged in, asked of the first of three that is there:
 *
 *     logind   sessions of the class "user" that are not closing (this machine only, never below another root)
 *     utmp     entries of user processes that still run
 *     proc     processes with a controlling terminal: the owner of the login (loginuid), or else of the process
 *
 *     logins_mark(root, &locals);                          sets told.logged_in of accounts that are logged in
 *
 * The last is an approximation for machines without the other two: what only offers a login (getty, login) does not
 * count. Never fails: what cannot be read says nothing.
 */
#pragma once
#include "agent/accounts.h"

void logins_mark(const char *root, struct locals *locals);

/* What /proc/PID/stat says (proc(5)); false for a text of another form. The command's name may hold anything. */
struct proc_stat {
    str_t command;
    char state;
    bool has_terminal;
};
bool proc_stat_read(str_t text, struct proc_stat *out_stat);
