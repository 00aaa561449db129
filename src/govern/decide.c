/* SPDX-License-Identifier: Apache-2.0 */
#include "govern/_private.h"

enum { MOST_LITERALS = 4 * MAX_RULE_COUNT }; /* in the tables; rules past it are found one after the other */

void rules_drop(struct rules **rules)
{
    if (!*rules)
        return;
    index_drop(&(*rules)->by_path);
    index_drop(&(*rules)->by_digest);
    buf_drop(&(*rules)->rows);
    arena_drop(&(*rules)->arena);
    free(*rules);
    *rules = NULL;
}

static uint32_t lowest(uint32_t a, uint32_t b) { return a < b ? a : b; }

/* Tables */

/* The condition by whose values a rule can be looked up; NULL where there is none. */
static const struct condition *key_of(const struct rule *rule, const char *kind)
{
    for (size_t i = 0; i < rule->condition_count; i++) {
        const struct condition *condition = &rule->conditions[i];
        if (!condition->is_not && !condition->values->pattern_count && !strcmp(condition->kind->name, kind))
            return condition;
    }
    return NULL;
}

static const struct condition *key_choose(const struct rule *rule, enum rule_table *out_table)
{
    const struct condition *path = key_of(rule, "path"), *key = path ? path : key_of(rule, "sha256");
    *out_table = path ? TABLE_PATH : key ? TABLE_DIGEST : TABLE_NONE;
    return key;
}

static void condition_plan(struct rules *rules, const struct condition *condition)
{
    rules->facts |= condition->kind->fact;
    rules->facts |= condition->values->needs_home ? (unsigned)FACT_HOME : 0;
    rules->asks_account |= !strcmp(condition->kind->name, "user") && values_have_account(condition->values);
    rules->asks_who |= (condition->kind->who && strcmp(condition->kind->name, "device") != 0) ||
                       condition->values->needs_home;
}

/* How many pairs each table is going to hold. */
static void tables_plan(struct rules *rules, struct rule *rows, size_t sizes[3])
{
    for (size_t i = 0; i < rules->count; i++) {
        const struct condition *key = key_choose(&rows[i], &rows[i].table);
        size_t literals = key ? key->values->literal_count : 1;
        if (key && sizes[TABLE_PATH] + sizes[TABLE_DIGEST] + literals > MOST_LITERALS)
            rows[i].table = TABLE_NONE, literals = 1;
        sizes[rows[i].table] += literals;
        for (size_t j = 0; j < rows[i].condition_count; j++)
            condition_plan(rules, &rows[i].conditions[j]);
    }
}

static err_t row_file(struct rules *rules, const struct rule *rule, uint32_t *others)
{
    enum rule_table table;
    uint32_t place = (uint32_t)(rule - rules->rules);
    const struct condition *key = key_choose(rule, &table);
    if (!key || rule->table == TABLE_NONE) {
        others[rules->other_count++] = place;
        return ERR_OK;
    }
    if (table == TABLE_DIGEST) {
        rules->first_digest = lowest(rules->first_digest, place);
        rules->digest_decisions |= 1U << rule->decision;
    }
    for (size_t i = 0; i < key->values->literal_count; i++)
        TRY(index_add(table == TABLE_PATH ? &rules->by_path : &rules->by_digest, key->values->literals[i],
                      place));
    return ERR_OK;
}

/* Whoever writes a set cannot choose it freely: it is a digest of all of it. */
static void hash_key(const struct rules *rules, uint8_t out_key[SHORT_KEY])
{
    uint8_t whole[DIGEST_SIZE] = {0};
    for (size_t i = 0; i < rules->file_count; i++)
        digest_of((str_t[]){str_bytes(whole, sizeof whole), rules->files[i].text}, 2, whole);
    memcpy(out_key, whole, SHORT_KEY);
}

err_t tables_make(struct rules *rules)
{
    size_t sizes[3] = {0};
    uint8_t key[SHORT_KEY];
    tables_plan(rules, (struct rule *)(void *)rules->rows.at, sizes);
    hash_key(rules, key);
    uint32_t *others = arena_array(&rules->arena, uint32_t, sizes[TABLE_NONE]);
    TRY(arena_end(&rules->arena));
    TRY(index_make(&rules->by_path, sizes[TABLE_PATH], key));
    TRY(index_make(&rules->by_digest, sizes[TABLE_DIGEST], key));
    rules->first_digest = NO_PLACE;
    for (size_t i = 0; i < rules->count; i++)
        TRY(row_file(rules, &rules->rules[i], others));
    rules->others = others;
    return ERR_OK;
}

/* Who */

void rules_bind(struct rules *rules, const struct rule_names *names) { rules->names = names; }

static enum truth group_of(const struct question *question, str_t group)
{
    const struct rule_names *names = question->rules->names;
    if (!names || !names->in_group)
        return UNKNOWN;
    return names->in_group(names->with, question->attempt->uid, group) ? YES : NO;
}

void question_of(const struct rules *rules, struct attempt *attempt, struct question *out_question)
{
    const struct rule_names *names = rules->names;
    uid_t from = names ? names->people_from : PEOPLE_FROM, to = names ? names->people_to : PEOPLE_TO;
    *out_question = (struct question){
        .rules = rules,
        .attempt = attempt,
        .person = attempt->uid >= from && attempt->uid <= to ? YES : NO,
        .root = attempt->uid == 0 ? YES : NO,
        .has_account = UNKNOWN,
        .has_device = names && !ident_is_zero(names->device) ? YES : UNKNOWN,
        .in_group = group_of,
    };
    if (names)
        out_question->device = names->device;
    if (rules->asks_account && names && names->account &&
        names->account(names->with, attempt->uid, &out_question->account) == ERR_OK)
        out_question->has_account = YES;
}

/* Deciding */

/* Rules that may match, in three streams, each in the order of places. Which rules the digest names is not known, nor
 * asked, before the first of the rules by digest has its turn. */
struct streams {
    const struct rules *rules;
    uint32_t path, digest; /* links */
    size_t other;
    bool digest_asked;
};

static uint32_t link_place(const struct index *index, uint32_t link)
{
    return link == NO_LINK ? NO_PLACE : index->links[link].place;
}

static uint32_t streams_place(const struct streams *streams)
{
    const struct rules *rules = streams->rules;
    uint32_t place = streams->other < rules->other_count ? rules->others[streams->other] : NO_PLACE;
    place = lowest(place, link_place(&rules->by_path, streams->path));
    return lowest(place, streams->digest_asked ? link_place(&rules->by_digest, streams->digest)
                                               : rules->first_digest);
}

static void streams_pass(struct streams *streams, uint32_t place)
{
    const struct rules *rules = streams->rules;
    if (streams->other < rules->other_count && rules->others[streams->other] == place)
        streams->other++;
    else if (link_place(&rules->by_path, streams->path) == place)
        streams->path = rules->by_path.links[streams->path].next;
    else
        streams->digest = rules->by_digest.links[streams->digest].next;
}

static void digest_ask(struct streams *streams, struct question *question)
{
    streams->digest_asked = true;
    if (question_knows(question, FACT_SHA256))
        streams->digest =
            index_find(&streams->rules->by_digest, str_bytes(question->attempt->sha256, DIGEST_SIZE));
    else
        question->maybe |= streams->rules->digest_decisions, question->missing |= FACT_SHA256;
}

/* The place of the rule that decides; NO_PLACE. */
static uint32_t place_find(struct question *question)
{
    const struct rules *rules = question->rules;
    struct streams streams = {rules, index_find(&rules->by_path, question->attempt->path), NO_LINK};
    for (uint32_t place; (place = streams_place(&streams)) != NO_PLACE;) {
        if (!streams.digest_asked && place == rules->first_digest) {
            digest_ask(&streams, question);
            continue;
        }
        enum truth truth = rule_truth(&rules->rules[place], question);
        if (truth == YES)
            return place;
        if (truth == UNKNOWN)
            question->maybe |= 1U << rules->rules[place].decision;
        streams_pass(&streams, place);
    }
    return NO_PLACE;
}

void question_decide(struct question *question, struct verdict *out_verdict)
{
    uint32_t place = place_find(question);
    const struct rule *rule = place == NO_PLACE ? &question->rules->standing : &question->rules->rules[place];
    *out_verdict = (struct verdict){
        .decision = rule->decision,
        .rule = place == NO_PLACE ? RULE_DEFAULT : place,
        .record = rule->options.record,
        .needs = rule->options.needs,
        .as = rule->options.as,
        .minutes = rule->options.minutes,
        .emergency = rule->options.emergency,
    };
}

void rules_decide(const struct rules *rules, struct attempt *attempt, struct verdict *out_verdict)
{
    struct question question;
    question_of(rules, attempt, &question);
    question_decide(&question, out_verdict);
}

/* What a set says of itself */

unsigned rules_facts(const struct rules *rules) { return rules->facts; }
bool rules_fail_closed(const struct rules *rules) { return rules->fail_closed; }
bool rules_ask_who(const struct rules *rules) { return rules->asks_who; }

bool rules_refuse(const struct rules *rules)
{
    for (size_t i = 0; i < rules->count; i++)
        if (rules->rules[i].decision == DECISION_DENY)
            return true;
    return rules->standing.decision == DECISION_DENY;
}

unsigned rules_record(const struct rules *rules)
{
    unsigned record = rules->standing.options.record;
    for (size_t i = 0; i < rules->count; i++)
        record |= rules->rules[i].options.record;
    return record;
}

static void places_of(const struct values *values, void (*each)(void *, const struct rule_place *),
                      void *with)
{
    for (size_t i = 0; i < values->literal_count; i++)
        each(with, &(struct rule_place){.prefix = values->literals[i], .whole = true});
    for (size_t i = 0; i < values->pattern_count; i++)
        each(with,
             &(struct rule_place){.prefix = values->patterns[i].prefix, .home = values->patterns[i].home});
}

void rules_places(const struct rules *rules, void (*each)(void *with, const struct rule_place *place),
                  void *with)
{
    for (const struct rule *rule = rules->rules; rule < rules->rules + rules->count; rule++)
        for (unsigned i = 0; rule->decision == DECISION_DENY && i < rule->condition_count; i++)
            if (!strcmp(rule->conditions[i].kind->name, "path") && !rule->conditions[i].is_not)
                places_of(rule->conditions[i].values, each, with);
}

void rules_groups(const struct rules *rules, void (*each)(void *with, str_t group), void *with)
{
    for (const struct rule *rule = rules->rules; rule < rules->rules + rules->count; rule++)
        for (unsigned i = 0; i < rule->condition_count; i++)
            for (size_t j = 0; !strcmp(rule->conditions[i].kind->name, "group") &&
                               j < rule->conditions[i].values->literal_count;
                 j++)
                each(with, rule->conditions[i].values->literals[j]);
}

size_t rules_count(const struct rules *rules) { return rules->count; }

void rules_text(const struct rules *rules, size_t rule, struct rule_text *out_text)
{
    const struct rule *row = rule < rules->count ? &rules->rules[rule] : &rules->standing;
    str_t file = row->line ? rules->files[row->file].name : STR("");
    *out_text = (struct rule_text){file, row->line ? row->text : STR("default observe"), row->line};
}
