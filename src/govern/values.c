/* SPDX-License-Identifier: Apache-2.0 */
#include "govern/_private.h"

struct set {
    str_t name;
    const str_t *values; /* as they are written, without quotes */
    size_t count;
    const struct values *read[CONDITION_KINDS]; /* as values of a kind of condition, once they were wanted */
};

void shelf_drop(struct shelf *shelf)
{
    buf_drop(&shelf->sets);
    buf_drop(&shelf->literals);
    buf_drop(&shelf->patterns);
}

void shelf_begin(struct shelf *shelf)
{
    buf_clear(&shelf->literals);
    buf_clear(&shelf->patterns);
}

/* Reading */

static struct set *set_find(struct shelf *shelf, str_t name)
{
    struct set *sets = ITEMS_OF(shelf->sets, struct set);
    for (size_t i = 0; i < COUNT_OF(shelf->sets, struct set); i++)
        if (str_eq(sets[i].name, name))
            return &sets[i];
    return NULL;
}

static bool names_set(str_t value)
{
    return str_starts(value, STR("%")) && !str_starts(value, STR("%home")) && !str_starts(value, STR("%%"));
}

static err_t value_add(struct shelf *shelf, const struct condition_kind *kind, str_t text)
{
    struct pattern value;
    TRY(kind->read(text, shelf->arena, &value));
    if (pattern_is_literal(&value))
        PUT(shelf->literals, value.prefix);
    else
        PUT(shelf->patterns, value);
    return ERR_OK;
}

static err_t set_add(struct shelf *shelf, const struct condition_kind *kind, const struct set *set)
{
    for (size_t i = 0; i < set->count; i++)
        TRY(about(set->name, " of this set", value_add(shelf, kind, set->values[i])));
    return ERR_OK;
}

/* What literals and patterns hold, as values that live as long as the set. */
static err_t values_make(struct shelf *shelf, const struct values **out_values)
{
    struct values *values = arena_new(shelf->arena, struct values);
    TRY(buf_end(&shelf->literals));
    TRY(buf_end(&shelf->patterns));
    str_t literals = arena_copy(shelf->arena, buf_str(&shelf->literals));
    str_t patterns = arena_copy(shelf->arena, buf_str(&shelf->patterns));
    TRY(arena_end(shelf->arena));
    *values = (struct values){(const str_t *)(const void *)literals.at,
                              (const struct pattern *)(const void *)patterns.at, literals.len / sizeof(str_t),
                              patterns.len / sizeof(struct pattern)};
    if (values->literal_count > 1)
        qsort((void *)(uintptr_t)values->literals, values->literal_count, sizeof(str_t), literal_order);
    for (size_t i = 0; i < values->pattern_count; i++)
        values->needs_home |= values->patterns[i].home;
    *out_values = values;
    return ERR_OK;
}

static err_t set_values(struct shelf *shelf, const struct condition_kind *kind, struct set *set,
                        const struct values **out_values)
{
    size_t number = (size_t)(kind - condition_kinds);
    if (!set->read[number]) {
        shelf_begin(shelf);
        TRY(set_add(shelf, kind, set));
        TRY(values_make(shelf, &set->read[number]));
    }
    *out_values = set->read[number];
    return ERR_OK;
}

static err_t set_of(struct shelf *shelf, str_t value, struct set **out_set)
{
    *out_set = set_find(shelf, str_bytes(value.at + 1, value.len - 1));
    return *out_set ? ERR_OK : fail(ERR_INVALID, "no set %.*s before this line", said_len(value), value.at);
}

err_t values_read(struct shelf *shelf, const struct condition_kind *kind, struct word_parts parts,
                  const struct values **out_values)
{
    struct set *set;
    str_t value;
    bool is_one = names_set(parts.values) && !memchr(parts.values.at, ',', parts.values.len);
    if (is_one) {
        TRY(set_of(shelf, parts.values, &set));
        return set_values(shelf, kind, set, out_values);
    }
    shelf_begin(shelf);
    while (word_value(&parts, shelf->arena, &value)) {
        if (!names_set(value)) {
            TRY(value_add(shelf, kind, value));
            continue;
        }
        TRY(set_of(shelf, value, &set));
        TRY(set_add(shelf, kind, set));
    }
    return values_make(shelf, out_values);
}

/* Sets */

err_t shelf_text(struct shelf *shelf, str_t word)
{
    struct word_parts parts = {.values = word, .has_values = true};
    str_t value;
    while (word_value(&parts, shelf->arena, &value)) {
        if (names_set(value))
            return fail(ERR_INVALID, "a set holds no sets");
        PUT(shelf->literals, value);
    }
    return buf_end(&shelf->literals);
}

err_t shelf_set(struct shelf *shelf, str_t name)
{
    if (set_find(shelf, name))
        return fail(ERR_INVALID, "there is a set of this name before");
    if (COUNT_OF(shelf->sets, struct set) == MAX_RULE_SETS)
        return fail(ERR_INVALID, "more than %d sets", MAX_RULE_SETS);
    str_t values = arena_copy(shelf->arena, buf_str(&shelf->literals));
    struct set set = {name, (const str_t *)(const void *)values.at, values.len / sizeof(str_t)};
    PUT(shelf->sets, set);
    TRY(arena_end(shelf->arena));
    return buf_end(&shelf->sets);
}

/* Looking up */

int literal_order(const void *a, const void *b)
{
    const str_t *left = a, *right = b;
    if (left->len != right->len)
        return left->len < right->len ? -1 : 1;
    return left->len ? memcmp(left->at, right->at, left->len) : 0;
}

bool values_have(const struct values *values, str_t literal)
{
    return values->literal_count &&
           bsearch(&literal, values->literals, values->literal_count, sizeof literal, literal_order) != NULL;
}

/* Ids are longer than the words that user= knows: sorted by length, they come last. */
bool values_have_account(const struct values *values)
{
    return values->literal_count && values->literals[values->literal_count - 1].len == sizeof(ident_t);
}
