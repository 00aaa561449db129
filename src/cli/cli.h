/* SPDX-License-Identifier: Apache-2.0
 *
 * One run of the command line: what was typed, and where answers go. Every command is handed it; nothing is global.
 *
 * out   data, and nothing else: what a pipe or a script takes.
 * err   prompts, notices, advice, the error.
 * in    passwords, kits and bodies; -1 where there is none.
 *
 * A command returns an error and prints none. One that knows what to do next says so on the way:
 *
 *     return cli_advise(cli, fail(ERR_BROKEN, "…"), "give --authority FILE");
 */
#pragma once
#include "sys/env.h"

enum { WORDS_MAX = 264, ADVICE_MAX = 512 };

/* clang-format off */
/*    member     option         value      what it is */
#define CLI_OPTIONS(O) \
    O(url,       "--url",       "URL",     "the service's address, https://…") \
    O(token,     "--token",     "TOKEN",   "a token, ctk_…; CUSTODY_TOKEN does the same; - reads it from standard input") \
    O(tenant,    "--tenant",    "TENANT",  "the client organisation, by its name or id") \
    O(username,  "--username",  "NAME",    "the name a person signs in with") \
    O(full_name, "--full-name", "NAME",    "the person's name, as people write it") \
    O(email,     "--email",     "ADDRESS", "the person's e-mail address") \
    O(claim,     "--claim",     "CLAIM",   "the claim the operator gave, ccl_…; - reads it from standard input") \
    O(invitation, "--invitation", "LINK",  "the invitation somebody gave, civ_…; - reads it from standard input") \
    O(staff,     "--staff",     NULL,      "as one of the provider's people") \
    O(browser,   "--browser",   NULL,      "as a person, by a browser, in whichever way one signs in there") \
    O(authority, "--authority", "FILE",    "trust the service by this authority's certificate (PEM), and by no other") \
    O(insecure,  "--insecure",  NULL,      "do not check who the service is: for a demonstration only") \
    O(socket,    "--socket",    "SOCKET",  "the operator's socket in the service's folder") \
    O(name,      "--name",      "NAME",    "what it is to be called; for a list, a part of the names to find") \
    O(state,     "--state",     "STATE",   "only those in this state: of devices approved, pending or revoked; of requests open, approved, refused, void, withdrawn or ended; of elevations also used or emergency; of a roll-out silent, trouble, off, behind or current; of notices waiting, sent, delivered, failed or nobody") \
    O(kind,      "--kind",      "KIND",    "only requests of this kind: support, removal, release or role") \
    O(sort,      "--sort",      "KEY",     "by enrolled, seen or name, with a - before it for the largest first") \
    O(act,       "--act",       "ACT",     "only acts whose name begins so, such as device. or records.opened") \
    O(by,        "--by",        "ID",      "only acts of this member, endpoint or key: usr_…, tok_…, dev_…, dpl_…, operator, or unknown") \
    O(on,        "--on",        "ID",      "only acts on this: a device, account, token, deployment key or organisation by its id; or done under this request") \
    O(from,      "--from",      "DATE",    "not before this date or moment, in UTC: 2026-11-24 or 2026-11-24T18:30:00Z") \
    O(until,     "--until",     "DATE",    "not after this date or moment, in UTC") \
    O(device,    "--device",    "DEVICE",  "only of this device, dev_…") \
    O(account,   "--account",   "ACCOUNT", "only of this account, acc_…") \
    O(decision,  "--decision",  "DECISION", "only those that were allowed, denied, elevated or observed") \
    O(path,      "--path",      "PATH",    "the path of the file that is launched; of a list, a part of it") \
    O(program,   "--program",   "NAME",    "only programs of this name, the last part of their path: found the fastest") \
    O(package,   "--package",   "PACKAGE", "the package that the file is of; none where it is of none") \
    O(sha256,    "--sha256",    "DIGEST",  "the file's SHA-256, in hexadecimal") \
    O(follow,    "--follow",    NULL,      "those that come from now on, until Ctrl-C") \
    O(csv,       "--csv",       NULL,      "print the service's CSV, of all that fit") \
    O(role,      "--role",      "ROLE",    "administrator, auditor (the evidence log and the proof, and no key) or viewer") \
    O(scope,     "--scope",     "SCOPES",  "what a token is narrowed to, in the role's place: some of custody token scopes, with spaces between them") \
    O(otherwise, "--otherwise", "LEAST-ROLE", "the role of who is in none of the groups: viewer, if it is not said, or auditor") \
    O(member,    "--member",  "ID",      "for this member alone, usr_…, whom the directory has told of and who has no way in yet") \
    O(days,      "--days",      "N",       "days it lasts; of a simulation, how many to look at") \
    O(contract_end, "--contract-end", "DAY", "the last day of the contract") \
    O(not_renewed, "--not-renewed", "DAY", "the day on which it was said that it is not renewed") \
    O(requested, "--requested", "DAY",     "the day from which a request for deletion counts") \
    O(licence_end, "--licence-end", "DAY",  "the last day of the licence, as 2026-11-30; none to have none") \
    O(zone,      "--zone",      "ZONE",    "where the contract's days end, as +00:00 or -03:00") \
    O(grace_days, "--grace-days", "N",     "days of grace after the licence, 14 or more") \
    O(keep_months, "--keep-months", "N",   "months that what is left is kept after the licence, 3 or fewer") \
    O(keep_snapshots, "--keep-snapshots", "N", "daily snapshots that are kept, 5 or more") \
    O(capacity,  "--capacity",  "GIB",     "what the plan has room for, in GiB") \
    O(uses,      "--uses",      "N",       "devices it may enrol") \
    O(pattern,   "--pattern",   "PATTERN", "computer names that need no approval, such as lab-*; the others wait") \
    O(hold,      "--hold",      NULL,      "every device waits for approval") \
    O(longest,   "--longest",   "MINUTES", "the longest that a grant may last, 1 to 480") \
    O(client,    "--client",    "CLIENT",  "the client that is asked, ten_…") \
    O(case_id,   "--case",      "CASE",    "the number of the case, where it is worked on") \
    O(reason,    "--reason",    "REASON",  "incident, question, restore, change or audit") \
    O(said,      "--words",     "WORDS",   "what it is about, for the client to read; nobody else can") \
    O(acts,      "--acts",      "ACTS",    "what is asked for, some of \"open open.device open.launches device.approve device.revoke restore\"") \
    O(minutes,   "--minutes",   "N",       "how long it is needed") \
    O(at,        "--at",        "DATE",    "when it was, in UTC; now if it is not said") \
    O(fingerprint, "--fingerprint", "WORDS", "the fingerprint that a keeper printed, as you have compared it") \
    O(gives,     "--gives",     "ROLES",   "the roles whose waiting members a keeper may give the key to, with spaces between them") \
    O(releases,  "--releases",  NULL,      "a keeper may release the key to sign-ins by your provider") \
    O(shown,     "--shown",     "GROUPS",  "what the endpoint's terminal shows, to be read out") \
    O(as,        "--as",        "ACCOUNT", "the account it runs as, by its number; root if it is not said") \
    O(with_devices, "--with-devices", NULL, "revoke what it enrolled too") \
    O(key,       "--key",       "FILE",    "what signs: the file that custody policy key wrote") \
    O(need,      "--need",      "N",       "how many of the guardians it takes, 2 or more") \
    O(part_file, "--part-file", "FILE",    "guardians' parts of the recovery key, one a line; those that are missing are asked for") \
    O(number,    "--number",    "N",       "of the policy: one more than that of the last") \
    O(signed_already, "--signed", NULL,    "the one file is a policy that custody policy sign wrote") \
    O(least,     "--least",     "DAYS",    "they stay so long, even where the room is gone; 0: nothing is said") \
    O(most,      "--most",      "DAYS",    "they go then, even where there is room; 0: nothing is said") \
    O(limit,     "--limit",     "N",       "records on a page, 1 to 500") \
    O(cursor,    "--cursor",    "CURSOR",  "the page after the one that gave this as its \"next\"") \
    O(all,       "--all",       NULL,      "every page, as one list") \
    O(programs,  "--programs",  NULL,      "list the programs too") \
    O(launches,  "--launches",  NULL,      "what was launched there, instead of what the device reported") \
    O(user,      "--user",      "WHO",     "who launches it: a uid, or an account by its id, acc_…; some person, if it is not said") \
    O(groups,    "--groups",    "NAMES",   "all groups that the account is in, with commas between them") \
    O(home,      "--home",      "PATH",    "the account's home folder") \
    O(args,      "--args",      "ARGS",    "the arguments after the program's name, as one text") \
    O(parents,   "--parents",   "PATHS",   "the program that launches it, and those above it, with commas between them") \
    O(script,    "--script",    "PATH",    "the script that it is to run") \
    O(interpreter, "--interpreter", "PATH", "what runs the script") \
    O(trust,     "--trust",     "TRUST",   "system or none, as the rules have it") \
    O(file_state, "--file-state", "FILE-STATE", "of the file in its package: intact, altered, signed or unknown") \
    O(into,      "--into",      "CODE",    "the code of the organisation that it is copied into, ccp_…; - reads it from standard input") \
    O(dry_run,   "--dry-run",   NULL,      "say what it would do, and do nothing") \
    O(confirm,   "--confirm",   "NAME",    "its name (a device's id while it has none; the organisation's, where more of its data may go), so that no other is removed") \
    O(also,      "--also",      "TEXT",    "another name of the person to look for, such as the full name") \
    O(recipient, "--recipient", "RECIPIENT", "seal it to this age recipient, age1…, instead of the break-glass key") \
    O(document,  "--document",  "FILE",    "what the client has written; its SHA-256 alone leaves this machine") \
    O(known_by,  "--known-by", "NAME",     "the provider's claim that provisioned members are known by, such as email; sub if it is not said") \
    O(joins,     "--joins",     "ROLE",    "the role of whoever comes from the provider and is no member yet; nobody joins so if it is not said") \
    O(secret,    "--secret",    NULL,      "it has a secret there, which is read; the one that is there stays if it is not said") \
    O(yes,       "--yes",       NULL,      "do it, and do not ask") \
    O(output,    "--output",    "FILE",    "write it to this file, open to its owner only, instead of the screen") \
    O(json,      "--json",      NULL,      "print JSON, errors too") \
    O(help,      "--help",      NULL,      "say what there is, or what a command does") \
    O(version,   "--version",   NULL,      "print the version")
/* clang-format on */

struct options {
#define O(member, name, value, help) const char *member;
    CLI_OPTIONS(O)
#undef O
};

struct command;
struct cli {
    struct env *env;
    int in;
    FILE *out, *err;
    struct options options; /* NULL where not given; a switch is its own name */
    const char *words[WORDS_MAX];
    size_t count;                  /* of words: noun, verb, arguments */
    const struct command *command; /* NULL until the words name one */
    const char *const *arguments;  /* the words after noun and verb */
    char advice[ADVICE_MAX];
};

/* The whole run, from the arguments after the program's name to the exit status. */
int cli_run(struct cli *cli, char **arguments);

/* Says what to do next, and returns `code`. The first advice stands. */
err_t cli_advise(struct cli *cli, err_t code, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* A line for the person at the terminal, on err; nothing with --json. */
void cli_tell(struct cli *cli, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* One JSON value and a line end, on out. */
void cli_print_json(struct cli *cli, str_t json);

/* Text as the service gave it, on out: to a pipe as it is, to a terminal line by line, fit for it. */
CHECKED err_t cli_print_text(struct cli *cli, str_t text);

/* {"key":"value"}, on out, where --json was given: what a command prints whose answer has no body. */
void cli_print_done(struct cli *cli, const char *key, const char *value);
