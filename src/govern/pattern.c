/* SPDX-License-Identifier: Apache-2.0 */
#include "govern/pattern.h"

#include "base/limits.h"

enum { PART_ONE = 256, PART_STAR, PART_ANY, PART_FOLDERS };
enum { PLACES = MAX_PATTERN + 1, WORDS = PLACES / 64 };

/* Reading */

static err_t path_check(str_t text)
{
    static const char *const never[] = {"//", "/./", "/../"};
    if (!str_starts(text, STR("/")) && !str_starts(text, STR("%home/")) && !str_starts(text, STR("**")))
        return fail(ERR_INVALID, "a path begins with /, %%home/ or **");
    for (size_t i = 0; i < sizeof never / sizeof *never; i++)
        if (memmem(text.at, text.len, never[i], strlen(never[i])))
            return fail(ERR_INVALID, "no path has %s in it", never[i]);
    if (text.at[text.len - 1] == '/')
        return fail(ERR_INVALID, "a path that ends with / is no file's: write /** for all below");
    return ERR_OK;
}

/* The next byte or wildcard; moves past it. */
static err_t part_next(str_t *rest, bool after_slash, uint16_t *out_part)
{
    size_t taken = 1;
    *out_part = (uint8_t)rest->at[0];
    if (after_slash && str_starts(*rest, STR("**/")))
        *out_part = PART_FOLDERS, taken = 3;
    else if (str_starts(*rest, STR("**")))
        *out_part = PART_ANY, taken = 2;
    else if (rest->at[0] == '*')
        *out_part = PART_STAR;
    else if (rest->at[0] == '?')
        *out_part = PART_ONE;
    else if (str_starts(*rest, STR("%%")))
        taken = 2;
    else if (rest->at[0] == '%')
        return fail(ERR_INVALID, "%%home stands at the beginning, %%NAME alone; a percent sign is %%%%");
    *rest = str_bytes(rest->at + taken, rest->len - taken);
    return ERR_OK;
}

/* A wildcard beside a wider one adds nothing: it is left out, so that at most two follow each other. */
static bool is_absorbed(uint16_t *last, uint16_t part)
{
    bool wide = *last == PART_ANY || *last == PART_STAR;
    if (!wide || (part != PART_ANY && part != PART_STAR))
        return false;
    if (part == PART_ANY)
        *last = PART_ANY;
    return true;
}

struct draft {
    char *prefix;
    size_t prefix_len, count;
    uint16_t parts[MAX_PATTERN];
};

static err_t part_add(struct draft *draft, uint16_t part)
{
    if (!draft->count && part < PART_ONE) {
        draft->prefix[draft->prefix_len++] = (char)part;
        return ERR_OK;
    }
    if (draft->count && is_absorbed(&draft->parts[draft->count - 1], part))
        return ERR_OK;
    if (draft->count == MAX_PATTERN)
        return fail(ERR_INVALID, "a pattern of more than %d characters from its first wildcard on",
                    MAX_PATTERN);
    draft->parts[draft->count++] = part;
    return ERR_OK;
}

static err_t draft_make(str_t text, arena_t *arena, struct draft *draft)
{
    uint16_t part = 0;
    draft->prefix = arena_room(arena, text.len);
    TRY(arena_end(arena));
    while (text.len) {
        TRY(part_next(&text, part == '/' || part == PART_FOLDERS, &part));
        TRY(part_add(draft, part));
    }
    return ERR_OK;
}

err_t pattern_read(str_t text, enum pattern_kind kind, arena_t *arena, struct pattern *out_pattern)
{
    struct draft draft = {0};
    if (kind == PATTERN_PATH)
        TRY(path_check(text));
    bool home = str_starts(text, STR("%home"));
    if (home)
        text = str_bytes(text.at + 5, text.len - 5);
    TRY(draft_make(text, arena, &draft));
    uint16_t *parts = arena_array(arena, uint16_t, draft.count);
    TRY(arena_end(arena));
    memcpy(parts, draft.parts, draft.count * sizeof *parts);
    *out_pattern = (struct pattern){str_bytes(draft.prefix, draft.prefix_len), parts, draft.count, home,
                                    kind == PATTERN_ARGS};
    return ERR_OK;
}

bool pattern_is_literal(const struct pattern *pattern) { return !pattern->count && !pattern->home; }

bool pattern_eq(const struct pattern *a, const struct pattern *b)
{
    return a->home == b->home && a->breaks_at_space == b->breaks_at_space && str_eq(a->prefix, b->prefix) &&
           a->count == b->count && (!a->count || !memcmp(a->parts, b->parts, a->count * sizeof *a->parts));
}

/* Matching */

/* Places within the pattern that the text so far may have led to; `count` is its end. */
struct places {
    uint64_t bits[WORDS];
};

static bool is_skippable(uint16_t part) { return part >= PART_STAR; }

static void place_add(struct places *places, size_t place)
{
    places->bits[place / 64] |= UINT64_C(1) << place % 64;
}

/* What may stand for nothing is stepped over at once. */
static void place_enter(const struct pattern *pattern, struct places *places, size_t place)
{
    place_add(places, place);
    while (place < pattern->count && is_skippable(pattern->parts[place]))
        place_add(places, ++place);
}

static bool is_continuation(uint8_t byte) { return (byte & 0xc0) == 0x80; }

static bool is_within(const struct pattern *pattern, uint8_t byte)
{
    return byte != '/' && (byte != ' ' || !pattern->breaks_at_space);
}

/* Where one place leads with one byte more. */
static void place_step(const struct pattern *pattern, size_t place, uint8_t byte, struct places *next)
{
    if (place && pattern->parts[place - 1] == PART_ONE && is_continuation(byte))
        place_enter(pattern, next, place);
    if (place == pattern->count)
        return;
    uint16_t part = pattern->parts[place];
    if (part == PART_ANY || (part == PART_STAR && is_within(pattern, byte)))
        place_enter(pattern, next, place);
    else if (part == byte || (part == PART_ONE && is_within(pattern, byte) && !is_continuation(byte)))
        place_enter(pattern, next, place + 1);
    else if (part == PART_FOLDERS) {
        place_add(next, place);
        if (byte == '/')
            place_enter(pattern, next, place + 1);
    }
}

/* False where the text has led nowhere. */
static bool places_step(const struct pattern *pattern, const struct places *now, uint8_t byte,
                        struct places *next)
{
    uint64_t any = 0;
    for (size_t word = 0; word <= pattern->count / 64; word++)
        next->bits[word] = 0;
    for (size_t word = 0; word <= pattern->count / 64; word++)
        for (uint64_t bits = now->bits[word]; bits; bits &= bits - 1)
            place_step(pattern, word * 64 + (size_t)__builtin_ctzll(bits), byte, next);
    for (size_t word = 0; word <= pattern->count / 64; word++)
        any |= next->bits[word];
    return any != 0;
}

static bool has_place(const struct places *places, size_t place)
{
    return places->bits[place / 64] >> place % 64 & 1;
}

static bool parts_match(const struct pattern *pattern, str_t text)
{
    struct places places[2] = {0};
    size_t last = pattern->count - 1;
    bool takes_all = pattern->parts[last] == PART_ANY;
    place_enter(pattern, &places[0], 0);
    for (size_t i = 0; i < text.len; i++) {
        if (takes_all && has_place(&places[i % 2], last))
            return true;
        if (!places_step(pattern, &places[i % 2], (uint8_t)text.at[i], &places[(i + 1) % 2]))
            return false;
    }
    return has_place(&places[text.len % 2], pattern->count);
}

bool pattern_matches(const struct pattern *pattern, str_t text)
{
    if (!str_starts(text, pattern->prefix))
        return false;
    text = str_bytes(text.at + pattern->prefix.len, text.len - pattern->prefix.len);
    return pattern->count ? parts_match(pattern, text) : !text.len;
}

bool pattern_matches_home(const struct pattern *pattern, str_t home, str_t text)
{
    while (home.len && home.at[home.len - 1] == '/')
        home.len--;
    return home.len && str_starts(text, home) &&
           pattern_matches(pattern, str_bytes(text.at + home.len, text.len - home.len));
}

/* As a regular expression */

void pattern_put_escaped(str_t text, buf_t *out)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] && strchr("\\^$.|?*+()[]{}", text.at[i]))
            buf_put_byte(out, '\\');
        buf_put_byte(out, (uint8_t)text.at[i]);
    }
}

/* A dot would stop at the end of a line, which a path may have in it. */
void pattern_put_expression(const struct pattern *pattern, buf_t *out)
{
    static const char *const wildcards[] = {
        "[^/]", /* PART_ONE */
        [PART_STAR - PART_ONE] = "[^/]*",
        [PART_ANY - PART_ONE] = "[\\s\\S]*",
        [PART_FOLDERS - PART_ONE] = "([\\s\\S]*/)?",
    };
    pattern_put_escaped(pattern->prefix, out);
    for (size_t i = 0; i < pattern->count; i++) {
        char byte = (char)pattern->parts[i];
        if (pattern->parts[i] < PART_ONE)
            pattern_put_escaped(str_bytes(&byte, 1), out);
        else
            buf_put(out, str(wildcards[pattern->parts[i] - PART_ONE]));
    }
}
