/* SPDX-License-Identifier: Apache-2.0
 *
 * A read rule set from inside: what the reader makes and the decision walks.
 *
 * The arena of a set holds everything but the two tables. A rule's `place` is its number among all, from 0.
 */
#pragma once
#include "base/limits.h"
#include "govern/index.h"
#include "govern/lex.h"
#include "govern/pattern.h"
#include "govern/rules.h"
#include "govern/words.h"

/* Whether a condition holds. UNKNOWN: its fact cannot be known, or there is no such thing; holds in no rule. */
enum truth { NO, YES, UNKNOWN };

/* The values of a condition: one of them is enough. Literals are sorted by literal_order(); those of a digest or an id are
 * its bytes. Shared by all conditions that name the same set. */
struct values {
    const str_t *literals;
    const struct pattern *patterns;
    size_t literal_count, pattern_count;
    bool needs_home;
};
int literal_order(const void *a, const void *b); /* of two str_t */
bool values_have(const struct values *values, str_t literal);

bool values_have_account(const struct values *values); /* of user= */

/* One row a condition: its name, what it asks for, how a value is read, when it holds. A value that is read is a pattern;
 * one without wildcards is a literal. */
struct question;
struct condition_kind {
    const char *name, *form, *help;
    bool who, of_paths;
    unsigned fact;
    err_t (*read)(str_t text, arena_t *arena, struct pattern *out_value);
    enum truth (*truth)(const struct values *values, const struct question *question);
};
enum {
    CONDITION_KINDS = 13,
    PEOPLE_FROM = 1000,
    PEOPLE_TO = 60000
}; /* UID_MIN and UID_MAX where nobody says */
extern const struct condition_kind condition_kinds[CONDITION_KINDS];
CHECKED err_t condition_find(str_t name,
                             const struct condition_kind **out_kind); /* MISSING, without a note */

/* Beneath a folder where homes usually are. */
bool path_is_in_home(str_t path);

struct condition {
    const struct condition_kind *kind;
    const struct values *values;
    bool is_not;
    str_t written;
};

struct options {
    unsigned record, needs, minutes;
    uid_t as;
    bool emergency;
    unsigned given; /* which were written, as bits */
};
CHECKED err_t decision_read(str_t word, enum decision *out_decision); /* MISSING, without a note */
CHECKED err_t option_read(struct word_parts *parts, arena_t *arena, struct options *options); /* the same */
CHECKED err_t options_check(enum decision decision, const struct options *options);
void options_fill(enum decision decision, struct options *options, const struct options *standing);
bool option_word(size_t number, struct rule_word *out_word);
bool decision_word(size_t number, struct rule_word *out_word);
bool statement_word(size_t number, struct rule_word *out_word);

struct rule {
    const struct condition *conditions; /* the cheapest first */
    unsigned condition_count;
    enum decision decision;
    struct options options;
    enum rule_table { TABLE_NONE, TABLE_PATH, TABLE_DIGEST } table; /* by which it is found */
    uint32_t file, line;
    str_t text;
};

struct rules {
    arena_t arena;
    buf_t rows; /* what `rules` lies in */
    const struct rule_file *files;
    const struct rule *rules;
    size_t file_count, count;
    struct rule standing; /* the default */
    bool fail_closed;
    const struct pattern *secrets;
    size_t secret_count;
    const uint32_t *others; /* places of the rules that no table holds */
    size_t other_count;
    struct index by_path, by_digest;
    uint32_t first_digest;     /* the lowest place in by_digest; NO_PLACE */
    unsigned digest_decisions; /* of the rules in it, as bits */
    unsigned facts;
    bool asks_account; /* some rule is about one account */
    bool asks_who;     /* some rule is about an account, a group, or a path below somebody's home */
    const struct rule_names *names;
};

/* One attempt being judged. Who somebody is stands here and not in the attempt, since of a recorded launch it is known
 * otherwise. */
struct question {
    const struct rules *rules;
    struct attempt *attempt;
    unsigned asked; /* facts: each once */
    enum truth person, root, has_account, has_device;
    ident_t account, device;
    enum truth (*in_group)(const struct question *question, str_t group);
    bool
        recorded; /* of a launch that was recorded: look at each condition of a rule, though one is unknown */
    unsigned
        maybe; /* decisions, as bits, of rules before the one that decided that might have, were a fact known */
    unsigned missing; /* those facts, as bits, and RECORD_WHO; where `recorded` */
};
void question_of(const struct rules *rules, struct attempt *attempt, struct question *out_question);
void question_decide(struct question *question, struct verdict *out_verdict);

/* Of a launch that was recorded, which has to outlive the attempt; and whose it was: zero where the account is not known. */
struct recorded;
void question_recorded(const struct rules *rules, const struct recorded *recorded,
                       struct attempt *out_attempt, struct question *out_question);
ident_t recorded_account(const struct recorded *recorded);
bool question_knows(struct question *question, unsigned fact);
enum truth condition_truth(const struct condition *condition, struct question *question);
enum truth rule_truth(const struct rule *rule, struct question *question);

unsigned fact_find(str_t name); /* 0: none of this name */

/* Arrays that grow, of a type that can be copied. */
#define PUT(array, item)      buf_put(&(array), str_bytes(&(item), sizeof(item)))
#define COUNT_OF(array, type) ((array).len / sizeof(type))
#define ITEMS_OF(array, type) ((type *)(void *)(array).at)

/* Sets by their names, and the values that are being read. What is read is of the arena. */
struct shelf {
    arena_t *arena;
    buf_t sets, literals, patterns; /* arrays */
};
/* clang-format off */
#define SHELF(of_arena) \
    {.arena = (of_arena), .sets = BUF(MAX_RULES), .literals = BUF(8 * MAX_RULES), .patterns = BUF(8 * MAX_RULES)}
/* clang-format on */
void shelf_drop(struct shelf *shelf);

/* The values of a condition, sets among them. Those of one set alone are read once for all conditions of a kind. */
CHECKED err_t values_read(struct shelf *shelf, const struct condition_kind *kind, struct word_parts parts,
                          const struct values **out_values);

/* A set: begun, its words, its name. */
void shelf_begin(struct shelf *shelf);
CHECKED err_t shelf_text(struct shelf *shelf, str_t word);
CHECKED err_t shelf_set(struct shelf *shelf, str_t name);

/* What is said about a set: `file:line: what`, as long as there is room. */
struct trouble {
    buf_t *out;
    size_t left_out;
};
void trouble_put(struct trouble *trouble, str_t file, size_t line,
                 const char *said); /* line 0: of the file */
void trouble_end(struct trouble *trouble);

/* Of a word that is repeated, how many bytes are; and the note of an INVALID with what it is about in front. */
int said_len(str_t text);
CHECKED err_t about(str_t name, const char *mark, err_t code);

/* Fills the tables of a set whose rules are read. */
CHECKED err_t tables_make(struct rules *rules);

/* Says which rules can never decide. */
void cover_warn(const struct rules *rules, struct trouble *trouble);
