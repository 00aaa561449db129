/* SPDX-License-Identifier: Apache-2.0
 *
 * A rule set: the rule files of a policy (docs/formats/rules.md), and what it decides. Promise collect.device: which
 * launches, and which details of them, the client's policies say.
 *
 *     OWN(rules) rules = NULL;
 *     OWN(buf) trouble = BUF(MAX_TROUBLE);                    a line each: file:line: what is wrong
 *     TRY(rules_read(files, count, &rules, &trouble));        INVALID: there are errors; ERR_OK may leave warnings
 *     rules_bind(rules, &names);                              accounts and groups as this machine has them
 *     rules_decide(rules, &attempt, &verdict);
 *
 * Pure: no file is opened and no name looked up. What an attempt to launch is known by is asked for only where a rule
 * needs it: learn() is called at most once a fact and decision, and only once the turn has come to a rule that depends
 * on it; to the digest, with the first of the rules that are found by theirs. A fact that cannot be known makes each
 * condition on it false, in `name!=value` too; so does one that there is not: a script where none is run, a parent.
 *
 * A decision takes no allocation and no lock. With 100,000 rules by path and digest it costs less than 5 µs: those stand
 * in hash tables. All others, with a pattern or without path and digest, are one list, some 10 ns each.
 *
 * A read set is immutable but for rules_bind(), which must not run beside rules_decide().
 *
 * rules_read() fails with INVALID, or with TOO_LARGE past a maximum of base/limits.h; `out_trouble` then has at least one
 * line, with the names of files, the numbers of lines, and words of the language or that it does not know; never what
 * stands behind `user=`, nor a home directory.
 */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "base/id.h"
#include "crypt/seal.h"

#include <sys/types.h>

struct rules;
typedef struct rules *rules_own;
void rules_drop(struct rules **rules);

struct rule_file {
    str_t name, text;
};

/* NN-name.rules, in small letters, at most MAX_RULE_NAME bytes. */
bool rules_name_fits(str_t name);

CHECKED err_t rules_read(const struct rule_file *files, size_t count, struct rules **out_rules,
                         buf_t *out_trouble);

/* What was said, as a JSON list: [{"file":"20-a.rules","line":7,"warning":false,"said":"…"}]; the line is 0 where it is about
 * the whole file. */
void rules_trouble_json(str_t trouble, buf_t *out_json);

/* Who is who on this machine. Without it, or without one of the two functions, `user=acc_…` and `group=` match nobody, and
 * people are those from 1000 to 60000. in_group() is asked within decisions: it must not wait. Borrowed while the set
 * lives. */
struct rule_names {
    err_t (*account)(void *with, uid_t uid, ident_t *out_id);
    bool (*in_group)(void *with, uid_t uid, str_t group);
    void *with;
    uid_t people_from, people_to; /* UID_MIN and UID_MAX: all others are `system` */
    ident_t device;
};
void rules_bind(struct rules *rules, const struct rule_names *names);

enum decision { DECISION_ALLOW, DECISION_DENY, DECISION_ELEVATE, DECISION_OBSERVE };
enum file_state { FILE_UNKNOWN, FILE_INTACT, FILE_ALTERED, FILE_SIGNED };

/* Bits: a fact of an attempt to launch, and what may be recorded of it. */
enum fact {
    FACT_SHA256 = 1,
    FACT_PACKAGE = 2, /* package, state */
    FACT_TRUST = 4,
    FACT_PARENT = 8, /* parent, ancestors */
    FACT_SCRIPT = 16,
    FACT_ARGS = 32,
    FACT_HOME = 64,
};

struct attempt {
    uid_t uid;
    str_t path;
    unsigned known;         /* which of the facts below are known: bits */
    str_t home;             /* of whoever launches */
    str_t package;          /* its name; empty: of none */
    str_t script;           /* empty: none is run */
    str_t interpreter;      /* of it */
    str_t args;             /* after the program's name, joined by single spaces */
    const str_t *ancestors; /* the parent first */
    size_t ancestor_count;
    uint8_t sha256[DIGEST_SIZE];
    enum file_state state;
    bool trusted;
    /* Fills one fact in and sets its bit; where it cannot be known, sets nothing. May be NULL. */
    void (*learn)(struct attempt *attempt, enum fact fact);
    void *with;
};

enum need { NEED_REASON = 1, NEED_APPROVAL = 2 };

struct verdict {
    enum decision decision;
    size_t rule;     /* its place among all rules; RULE_DEFAULT */
    unsigned record; /* facts, as bits, and RECORD_PATH */
    unsigned needs;
    uid_t as;
    unsigned minutes; /* 0: once */
    bool emergency;
};
enum { RECORD_PATH = 1 << 16, RECORD_WHO = 1 << 17 /* always; what a rehearsal may lack of it */ };
#define RULE_DEFAULT SIZE_MAX

void rules_decide(const struct rules *rules, struct attempt *attempt, struct verdict *out_verdict);

/* Which facts the set asks about at all; whether it asks who launches: else it decides the same for every uid; what is done
 * where a launch cannot be judged; whether one can be refused. */
unsigned rules_facts(const struct rules *rules);
bool rules_ask_who(const struct rules *rules);
bool rules_fail_closed(const struct rules *rules);
bool rules_refuse(const struct rules *rules);     /* some rule, or the default, is deny */
unsigned rules_record(const struct rules *rules); /* of all rules and the default, as a verdict has it */
size_t rules_count(const struct rules *rules);

/* Where the files lie that deny rules name by path: `prefix` is the path, or where a pattern has a wildcard what stands before
 * it; `home`: it is behind the home folder of whoever launches. */
struct rule_place {
    str_t prefix;
    bool whole, home;
};
void rules_places(const struct rules *rules, void (*each)(void *with, const struct rule_place *place),
                  void *with);

/* Each group that a rule names, as often as it stands there. */
void rules_groups(const struct rules *rules, void (*each)(void *with, str_t group), void *with);

/* A rule as it was written, and where: views that live as long as the set. */
struct rule_text {
    str_t file, text;
    size_t line;
};
void rules_text(const struct rules *rules, size_t rule, struct rule_text *out_text);

/* Whether a rule names a person of this machine, which only the machine can tell: by a group of the person's own name, or
 * by a path within the home folder, wherever that is. The first such rule. */
bool rules_name_person(const struct rules *rules, str_t name, str_t home, size_t *out_rule);

/* The arguments as they may be recorded: joined by single spaces, and ••• for what looks like a secret or matches one of the
 * set's `secret` patterns. Given as an attempt has them, or, which is surer, each with a NUL behind it: of a secret with
 * spaces only its first word is known as one in the former. */
void rules_hide(const struct rules *rules, str_t args, buf_t *out_args);
