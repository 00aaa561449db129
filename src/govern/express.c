/* SPDX-License-Identifier: Apache-2.0 */
#include "govern/express.h"

#include "govern/_private.h"

enum effect { RUNS, REFUSED };

/* What a rule asks about, as far as that agent goes. */
enum reach { NOBODY, EVERYTHING, BY_DIGEST, BY_PATH, BY_MORE };

struct expressing {
    const struct rules *rules;
    ident_t device;
    struct expressed out;
    buf_t paths[2];       /* of each effect, behind each other */
    bool left_out[2];     /* of each effect: some rule was */
    enum effect standing; /* of what no rule decides */
    size_t end;           /* rules from here on decide as that does */
    size_t room;
};
typedef struct expressing expressing_own;
static void expressing_drop(struct expressing *expressing)
{
    buf_drop(&expressing->paths[RUNS]);
    buf_drop(&expressing->paths[REFUSED]);
}

static enum effect effect_of(const struct rule *rule)
{
    return rule->decision == DECISION_DENY ? REFUSED : RUNS;
}

static enum reach reach_of_one(const struct expressing *expressing, const struct condition *condition)
{
    const char *name = condition->kind->name;
    if (!strcmp(name, "device"))
        return values_have(condition->values, ident_bytes(&expressing->device)) != condition->is_not
                   ? EVERYTHING
                   : NOBODY;
    if (condition->is_not || condition->values->needs_home)
        return BY_MORE;
    return !strcmp(name, "sha256") ? BY_DIGEST : !strcmp(name, "path") ? BY_PATH : BY_MORE;
}

static enum reach reach_of(const struct expressing *expressing, const struct rule *rule)
{
    enum reach reach = EVERYTHING;
    for (size_t i = 0; i < rule->condition_count; i++) {
        enum reach one = reach_of_one(expressing, &rule->conditions[i]);
        if (one == NOBODY)
            return NOBODY;
        if (one != EVERYTHING)
            reach = reach == EVERYTHING ? one : BY_MORE;
    }
    return reach;
}

static const struct values *values_of(const struct rule *rule, const char *name)
{
    for (size_t i = 0; i < rule->condition_count; i++)
        if (!strcmp(rule->conditions[i].kind->name, name))
            return rule->conditions[i].values;
    return NULL;
}

static bool is_needless(const struct expressing *expressing, const struct rule *rule)
{
    return effect_of(rule) == expressing->standing || reach_of(expressing, rule) == NOBODY;
}

/* A rule for everything is the default from there on; behind the last rule of the other effect none is needed. */
static void end_find(struct expressing *expressing)
{
    const struct rules *rules = expressing->rules;
    expressing->standing = effect_of(&rules->standing);
    expressing->end = rules->count;
    for (size_t i = 0; i < expressing->end; i++)
        if (reach_of(expressing, &rules->rules[i]) == EVERYTHING) {
            expressing->standing = effect_of(&rules->rules[i]);
            expressing->end = i;
        }
    while (expressing->end && is_needless(expressing, &rules->rules[expressing->end - 1]))
        expressing->end--;
}

static void rule_leave_out(struct expressing *expressing, enum effect effect)
{
    expressing->left_out[effect] = true;
    expressing->out.left_out++;
}

static void digests_take(struct expressing *expressing, const struct rule *rule)
{
    const struct values *values = values_of(rule, "sha256");
    for (size_t i = 0; i < values->literal_count && expressing->out.count < expressing->room; i++) {
        struct expressed_digest *one = &expressing->out.digests[expressing->out.count++];
        memcpy(one->sha256, values->literals[i].at, DIGEST_SIZE);
        one->allow = effect_of(rule) == RUNS;
    }
}

/* Without it where it does not fit. */
static bool paths_take(struct expressing *expressing, const struct rule *rule)
{
    const struct values *values = values_of(rule, "path");
    buf_t *paths = &expressing->paths[effect_of(rule)];
    OWN(buf) more = BUF(MAX_EXPRESSION);
    for (size_t i = 0; i < values->literal_count; i++) {
        buf_put(&more, STR("|"));
        pattern_put_escaped(values->literals[i], &more);
    }
    for (size_t i = 0; i < values->pattern_count; i++) {
        buf_put(&more, STR("|"));
        pattern_put_expression(&values->patterns[i], &more);
    }
    if (buf_end(&more) != ERR_OK || paths->len + more.len > MAX_EXPRESSION)
        return false;
    buf_put(paths, buf_str(&more));
    return true;
}

static void rule_take(struct expressing *expressing, const struct rule *rule)
{
    enum effect effect = effect_of(rule), other = effect == RUNS ? REFUSED : RUNS;
    enum reach reach = reach_of(expressing, rule);
    bool others_path = expressing->paths[other].len != 0;
    bool in_the_way =
        expressing->left_out[other] || (others_path && (reach == BY_DIGEST || effect == REFUSED));
    if (reach == NOBODY)
        return;
    if (in_the_way || reach == BY_MORE || (reach == BY_PATH && !paths_take(expressing, rule)))
        rule_leave_out(expressing, effect);
    else if (reach == BY_DIGEST)
        digests_take(expressing, rule);
}

static int digest_order(const void *a, const void *b) { return memcmp(a, b, DIGEST_SIZE); }

/* Of a digest twice the first stays, as the first rule decides: the sort has to keep their order, so each is found among
 * those before it by its own place. */
struct placed {
    struct expressed_digest digest;
    size_t place;
};
static int placed_order(const void *a, const void *b)
{
    const struct placed *left = a, *right = b;
    int order = digest_order(&left->digest, &right->digest);
    return order ? order : (left->place > right->place) - (left->place < right->place);
}

static err_t digests_once(struct expressing *expressing, arena_t *arena)
{
    struct expressed *out = &expressing->out;
    struct placed *placed = arena_array(arena, struct placed, out->count);
    size_t kept = 0;
    TRY(arena_end(arena));
    for (size_t i = 0; i < out->count; i++)
        placed[i] = (struct placed){out->digests[i], i};
    if (out->count)
        qsort(placed, out->count, sizeof *placed, placed_order);
    for (size_t i = 0; i < out->count; i++)
        if (!kept || digest_order(&out->digests[kept - 1], &placed[i].digest) != 0)
            out->digests[kept++] = placed[i].digest;
    out->count = kept;
    return ERR_OK;
}

static str_t expression_of(const buf_t *paths, arena_t *arena)
{
    OWN(buf) whole = BUF(MAX_EXPRESSION + 16);
    if (!paths->len)
        return (str_t){0};
    buf_put(&whole, STR("^("));
    buf_put(&whole, str_bytes(paths->at + 1, paths->len - 1));
    buf_put(&whole, STR(")\\z"));
    return arena_copy(arena, buf_str(&whole));
}

static size_t digests_most(const struct rules *rules)
{
    size_t most = 0;
    for (size_t i = 0; i < rules->count; i++) {
        const struct values *values = values_of(&rules->rules[i], "sha256");
        most += values ? values->literal_count : 0;
    }
    return most;
}

err_t rules_express(const struct rules *rules, ident_t device, arena_t *arena,
                    struct expressed *out_expressed)
{
    OWN(expressing)
    expressing = {.rules = rules,
                  .device = device,
                  .paths = {BUF(MAX_EXPRESSION), BUF(MAX_EXPRESSION)},
                  .room = digests_most(rules)};
    struct expressed *out = &expressing.out;
    out->digests = arena_array(arena, struct expressed_digest, expressing.room);
    TRY(arena_end(arena));
    end_find(&expressing);
    for (size_t i = 0; i < expressing.end; i++)
        rule_take(&expressing, &rules->rules[i]);
    TRY(digests_once(&expressing, arena));
    out->lockdown = expressing.standing == REFUSED && !expressing.left_out[RUNS];
    out->left_out += expressing.standing == REFUSED && !out->lockdown;
    out->allowed = expression_of(&expressing.paths[RUNS], arena);
    out->blocked = expression_of(&expressing.paths[REFUSED], arena);
    TRY(arena_end(arena));
    *out_expressed = *out;
    return ERR_OK;
}
