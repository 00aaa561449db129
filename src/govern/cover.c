/* SPDX-License-Identifier: Apache-2.0
 *
 * Rules that never decide, since an earlier one holds wherever they do. Not all of them are found: a rule is compared with the
 * first earlier ones that no table holds and, by its own path and digest, with some that one does; a pattern covers
 * literals that it matches, and itself. All of it ends after so many steps, since whoever writes a set may have made it
 * to be slow.
 */
#include "govern/_private.h"

enum { MOST_GENERAL = 256, MOST_LINKS = 64, MOST_STEPS = 30 * 1000 * 1000 };

struct covering {
    const struct rules *rules;
    const struct rule *general[MOST_GENERAL];
    size_t count, steps;
};

/* A step is a comparison of two values, or of a byte with a place of a pattern. */
static bool steps_take(struct covering *covering, size_t count)
{
    covering->steps = count < covering->steps ? covering->steps - count : 0;
    return covering->steps > 0;
}

static bool literal_within(struct covering *covering, str_t literal, const struct values *wide)
{
    bool found = values_have(wide, literal);
    for (size_t i = 0; i < wide->pattern_count && !found && steps_take(covering, 1); i++) {
        const struct pattern *pattern = &wide->patterns[i];
        found = !pattern->home && str_starts(literal, pattern->prefix) &&
                steps_take(covering, literal.len * (pattern->count + 1)) && pattern_matches(pattern, literal);
    }
    return found;
}

static bool pattern_within(struct covering *covering, const struct pattern *pattern,
                           const struct values *wide)
{
    for (size_t i = 0; i < wide->pattern_count && steps_take(covering, 1); i++)
        if (pattern_eq(pattern, &wide->patterns[i]))
            return true;
    return false;
}

/* Every value of `narrow` is one of `wide`, or is matched by a pattern of it. */
static bool values_within(struct covering *covering, const struct values *narrow, const struct values *wide)
{
    for (size_t i = 0; i < narrow->literal_count; i++)
        if (!steps_take(covering, 1) || !literal_within(covering, narrow->literals[i], wide))
            return false;
    for (size_t i = 0; i < narrow->pattern_count; i++)
        if (!pattern_within(covering, &narrow->patterns[i], wide))
            return false;
    return true;
}

/* Wherever `narrow` holds, `wide` does. */
static bool condition_covers(struct covering *covering, const struct condition *wide,
                             const struct condition *narrow)
{
    if (!steps_take(covering, 1) || wide->kind != narrow->kind || wide->is_not != narrow->is_not)
        return false;
    const struct values *less = wide->is_not ? wide->values : narrow->values;
    const struct values *more = wide->is_not ? narrow->values : wide->values;
    return less == more || values_within(covering, less, more);
}

static bool rule_covers(struct covering *covering, const struct rule *wide, const struct rule *narrow)
{
    for (size_t i = 0; i < wide->condition_count; i++) {
        bool found = false;
        for (size_t j = 0; j < narrow->condition_count && !found; j++)
            found = condition_covers(covering, &wide->conditions[i], &narrow->conditions[j]);
        if (!found)
            return false;
    }
    return true;
}

/* Among the rules that a table finds by the condition's first value: one that covers has all of them. */
static const struct rule *found_cover(struct covering *covering, const struct index *index,
                                      const struct rule *rule, const struct condition *condition)
{
    if (condition->is_not || !condition->values->literal_count)
        return NULL;
    uint32_t link = index_find(index, condition->values->literals[0]);
    for (size_t i = 0; i < MOST_LINKS && link != NO_LINK; i++, link = index->links[link].next) {
        const struct rule *other = &covering->rules->rules[index->links[link].place];
        if (other >= rule)
            return NULL;
        if (rule_covers(covering, other, rule))
            return other;
    }
    return NULL;
}

static const struct rule *cover_of(struct covering *covering, const struct rule *rule)
{
    const struct rules *rules = covering->rules;
    const struct rule *cover = NULL;
    for (size_t i = 0; i < covering->count; i++)
        if (rule_covers(covering, covering->general[i], rule))
            return covering->general[i];
    for (size_t i = 0; i < rule->condition_count && !cover; i++)
        if (!strcmp(rule->conditions[i].kind->name, "path"))
            cover = found_cover(covering, &rules->by_path, rule, &rule->conditions[i]);
        else if (!strcmp(rule->conditions[i].kind->name, "sha256"))
            cover = found_cover(covering, &rules->by_digest, rule, &rule->conditions[i]);
    return cover;
}

/* And would not take what is intact alone. */
static bool asks_for_a_signature(const struct rule *rule)
{
    for (size_t i = 0; i < rule->condition_count; i++) {
        const struct values *values = rule->conditions[i].values;
        if (!strcmp(rule->conditions[i].kind->name, "state") && !rule->conditions[i].is_not &&
            values_have(values, STR("signed")) && !values_have(values, STR("intact")))
            return true;
    }
    return false;
}

void cover_warn(const struct rules *rules, struct trouble *trouble)
{
    struct covering covering = {.rules = rules, .steps = MOST_STEPS};
    char said[2 * MAX_NAME];
    for (const struct rule *rule = rules->rules; rule < rules->rules + rules->count && covering.steps;
         rule++) {
        const struct rule *cover = cover_of(&covering, rule);
        if (asks_for_a_signature(rule))
            trouble_put(
                trouble, rules->files[rule->file].name, rule->line,
                "warning: state=signed holds for packages of rpm alone: dpkg keeps no signature on the "
                "machine; where both are meant, write state=signed,intact");
        if (cover) {
            str_t file = rules->files[cover->file].name;
            snprintf(said, sizeof said, "warning: never decides: %.*s:%u does before it", STR_ARG(file),
                     cover->line);
            trouble_put(trouble, rules->files[rule->file].name, rule->line, said);
        } else if (rule->table == TABLE_NONE && covering.count < MOST_GENERAL)
            covering.general[covering.count++] = rule;
    }
}
