/* SPDX-License-Identifier: Apache-2.0 */
#include "scim/filter.h"

#include <strings.h>

/* What is left of the text, and all that has been made of it. */
struct reading {
    str_t rest;
    arena_t *arena;
    const struct scim_filter *made;
    int depth;
};

static err_t no_filter(void) { return fail(ERR_INVALID, "not a filter of RFC 7644 section 3.4.2.2"); }

bool scim_same(str_t a, str_t b) { return a.len == b.len && (!a.len || !strncasecmp(a.at, b.at, a.len)); }

void scim_filter_drop(const struct scim_filter **filter)
{
    for (const struct scim_filter *at = *filter; at; at = at->before)
        json_decref(at->value);
}

/* Words */

static bool is_name_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '$' || c == ':' || c == '.';
}

static void skip_spaces(struct reading *in)
{
    while (in->rest.len && *in->rest.at == ' ')
        in->rest.at++, in->rest.len--;
}

static bool takes(struct reading *in, char c)
{
    skip_spaces(in);
    if (!in->rest.len || *in->rest.at != c)
        return false;
    in->rest.at++, in->rest.len--;
    return true;
}

static str_t word(struct reading *in)
{
    str_t found = {in->rest.at, 0};
    skip_spaces(in);
    found.at = in->rest.at;
    while (in->rest.len && is_name_byte(*in->rest.at))
        in->rest.at++, in->rest.len--, found.len++;
    return found;
}

static bool takes_word(struct reading *in, const char *wanted)
{
    struct reading ahead = *in;
    if (!scim_same(word(&ahead), str(wanted)))
        return false;
    *in = ahead;
    return true;
}

/* urn:ietf:params:scim:schemas:core:2.0:User:name.formatted: what stands after the last colon, and after its first dot. */
static err_t attribute_take(str_t name, str_t *out_attribute, str_t *out_sub)
{
    str_t attribute = name;
    for (size_t i = 0; i < name.len; i++)
        if (name.at[i] == ':')
            attribute = str_bytes(name.at + i + 1, name.len - i - 1);
    *out_attribute = str_until(&attribute, '.');
    *out_sub = attribute;
    bool is_name = out_attribute->len && ((*out_attribute->at | 32) >= 'a' || *out_attribute->at == '$');
    return is_name && !memchr(out_sub->at ? out_sub->at : "", '.', out_sub->len) ? ERR_OK : no_filter();
}

static struct scim_filter *filter_new(struct reading *in)
{
    struct scim_filter *filter = arena_new(in->arena, struct scim_filter);
    if (!filter)
        return NULL;
    filter->before = in->made;
    return (struct scim_filter *)(uintptr_t)(in->made = filter);
}

/* Values: JSON */

static size_t value_len(str_t rest)
{
    size_t len = 0;
    if (rest.len && *rest.at == '"')
        for (len = 1; len < rest.len && rest.at[len] != '"'; len++)
            len += rest.at[len] == '\\';
    else
        while (len < rest.len && !strchr(" )]", rest.at[len]))
            len++;
    len += rest.len && *rest.at == '"';
    return len < rest.len ? len : rest.len;
}

/* Azure sends True. */
static json_t *value_read(str_t text)
{
    if (scim_same(text, STR("true")) || scim_same(text, STR("false")))
        return json_boolean(scim_same(text, STR("true")));
    json_t *value =
        json_loadb(text.len ? text.at : "", text.len, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
    if (json_is_object(value) || json_is_array(value)) {
        json_decref(value);
        return NULL;
    }
    return value;
}

static err_t op_take(struct reading *in, enum scim_op *out_op)
{
    static const char *const names[] = {"eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le", "pr"};
    str_t name = word(in);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (scim_same(name, str(names[i]))) {
            *out_op = (enum scim_op)i;
            return ERR_OK;
        }
    return no_filter();
}

/* The grammar, one function a level: or, and, not and brackets, comparisons */

static err_t or_read(struct reading *in, const struct scim_filter **out);

static err_t within_read(struct reading *in, struct scim_filter *filter)
{
    filter->kind = SCIM_WITHIN;
    if (filter->sub.len)
        return no_filter();
    TRY(or_read(in, &filter->of[0]));
    return takes(in, ']') ? ERR_OK : no_filter();
}

static err_t compare_read(struct reading *in, const struct scim_filter **out)
{
    struct scim_filter *filter = filter_new(in);
    if (!filter)
        return arena_end(in->arena);
    *out = filter;
    TRY(attribute_take(word(in), &filter->attribute, &filter->sub));
    if (takes(in, '['))
        return within_read(in, filter);
    TRY(op_take(in, &filter->op));
    if (filter->op == SCIM_PR)
        return ERR_OK;
    skip_spaces(in);
    size_t len = value_len(in->rest);
    filter->value = value_read(str_bytes(in->rest.at, len));
    in->rest = str_bytes(in->rest.at + len, in->rest.len - len);
    return filter->value ? ERR_OK : no_filter();
}

static err_t unary_read(struct reading *in, const struct scim_filter **out)
{
    bool is_not = takes_word(in, "not");
    struct scim_filter *filter = is_not ? filter_new(in) : NULL;
    if (is_not && !filter)
        return arena_end(in->arena);
    if (!takes(in, '('))
        return is_not ? no_filter() : compare_read(in, out);
    if (is_not)
        filter->kind = SCIM_NOT;
    TRY(or_read(in, is_not ? &filter->of[0] : out));
    if (is_not)
        *out = filter;
    return takes(in, ')') ? ERR_OK : no_filter();
}

struct joint {
    const char *word;
    int kind;
    err_t (*side)(struct reading *in, const struct scim_filter **out);
};

static err_t joined_read(struct reading *in, const struct joint *joint, const struct scim_filter **out)
{
    TRY(joint->side(in, out));
    while (takes_word(in, joint->word)) {
        struct scim_filter *both = filter_new(in);
        if (!both)
            return arena_end(in->arena);
        both->kind = joint->kind;
        both->of[0] = *out;
        *out = both;
        TRY(joint->side(in, &both->of[1]));
    }
    return ERR_OK;
}

static err_t and_read(struct reading *in, const struct scim_filter **out)
{
    return joined_read(in, &(struct joint){"and", SCIM_AND, unary_read}, out);
}

static err_t or_read(struct reading *in, const struct scim_filter **out)
{
    if (++in->depth > FILTER_DEPTH)
        return no_filter();
    TRY(joined_read(in, &(struct joint){"or", SCIM_OR, and_read}, out));
    in->depth--;
    return ERR_OK;
}

/* The whole list of what was made hangs on the one that is given out, which is made last, or a copy of it. */
static err_t reading_end(struct reading *in, err_t result, const struct scim_filter *root,
                         const struct scim_filter **out_filter)
{
    struct scim_filter *top = result == ERR_OK && root ? filter_new(in) : NULL;
    if (!top) {
        scim_filter_drop(&in->made);
        return result == ERR_OK ? arena_end(in->arena) : result;
    }
    const struct scim_filter *before = top->before;
    *top = *root;
    top->before = before;
    json_incref(top->value);
    *out_filter = top;
    return ERR_OK;
}

err_t scim_filter_read(str_t text, arena_t *arena, const struct scim_filter **out_filter)
{
    struct reading in = {.rest = text, .arena = arena};
    const struct scim_filter *root = NULL;
    if (text.len > MAX_FILTER || !str_is_utf8(text))
        return no_filter();
    err_t result = or_read(&in, &root);
    skip_spaces(&in);
    if (result == ERR_OK && in.rest.len)
        result = no_filter();
    return reading_end(&in, result, root, out_filter);
}

static err_t path_rest(struct reading *in, struct scim_path *path)
{
    const struct scim_filter *root = NULL;
    if (!takes(in, '['))
        return in->rest.len ? no_filter() : ERR_OK;
    err_t result = path->sub.len ? no_filter() : or_read(in, &root);
    if (result == ERR_OK && !takes(in, ']'))
        result = no_filter();
    TRY(reading_end(in, result, root, &path->filter));
    if (!in->rest.len)
        return ERR_OK;
    str_t sub = takes(in, '.') ? word(in) : (str_t){NULL, 0}, none = {NULL, 0};
    err_t taken = in->rest.len || !sub.len ? no_filter() : attribute_take(sub, &path->sub, &none);
    if (taken != ERR_OK)
        scim_filter_drop(&path->filter);
    return taken;
}

err_t scim_path_read(str_t text, arena_t *arena, struct scim_path *out_path)
{
    struct reading in = {.rest = text, .arena = arena};
    struct scim_path path = {.filter = NULL};
    if (text.len > MAX_FILTER || !str_is_utf8(text))
        return no_filter();
    TRY(attribute_take(word(&in), &path.attribute, &path.sub));
    TRY(path_rest(&in, &path));
    *out_path = path;
    return ERR_OK;
}

str_t scim_filter_only(const struct scim_filter *filter, const char *attribute)
{
    bool is_only = filter && filter->kind == SCIM_COMPARES && filter->op == SCIM_EQ && !filter->sub.len &&
                   scim_same(filter->attribute, str(attribute)) && json_is_string(filter->value);
    return is_only ? str_bytes(json_string_value(filter->value), json_string_length(filter->value))
                   : (str_t){NULL, 0};
}

/* Evaluation */

const json_t *scim_member(const json_t *object, str_t name)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)object, key, value)
    {
        if (scim_same(str(key), name))
            return value;
    }
    return NULL;
}

static bool text_fits(enum scim_op op, str_t have, str_t want, bool exact)
{
    int (*compare)(const char *, const char *, size_t) = exact ? strncmp : strncasecmp;
    size_t least = have.len < want.len ? have.len : want.len;
    int order = compare(have.at, want.at, least);
    order = order ? order : (have.len > want.len) - (have.len < want.len);
    switch (op) {
    case SCIM_SW:
        return have.len >= want.len && !compare(have.at, want.at, want.len);
    case SCIM_EW:
        return have.len >= want.len && !compare(have.at + have.len - want.len, want.at, want.len);
    case SCIM_CO:
        for (size_t i = 0; i + want.len <= have.len; i++)
            if (!compare(have.at + i, want.at, want.len))
                return true;
        return false;
    default:
        return (op == SCIM_EQ && !order) || (op == SCIM_NE && order) || (op == SCIM_GT && order > 0) ||
               (op == SCIM_GE && order >= 0) || (op == SCIM_LT && order < 0) || (op == SCIM_LE && order <= 0);
    }
}

static bool value_fits(const struct scim_filter *filter, const json_t *have, bool exact)
{
    if (filter->op == SCIM_PR)
        return !json_is_null(have) && (!json_is_string(have) || json_string_length(have));
    if (json_is_string(have) && json_is_string(filter->value))
        return text_fits(filter->op, str_bytes(json_string_value(have), json_string_length(have)),
                         str_bytes(json_string_value(filter->value), json_string_length(filter->value)),
                         exact);
    bool equal = json_equal(have, filter->value) == 1;
    return (filter->op == SCIM_EQ && equal) || (filter->op == SCIM_NE && !equal);
}

/* emails eq "x" looks at the values of emails, as emails.value does. */
static bool one_fits(const struct scim_filter *filter, const json_t *have)
{
    bool exact = scim_same(filter->attribute, STR("id")) || scim_same(filter->attribute, STR("members"));
    if (!json_is_object(have))
        return !filter->sub.len && value_fits(filter, have, exact);
    const json_t *inner = scim_member(have, filter->sub.len ? filter->sub : STR("value"));
    if (!inner && filter->op == SCIM_PR && !filter->sub.len)
        return json_object_size(have) > 0;
    return inner ? value_fits(filter, inner, exact) : filter->op == SCIM_NE;
}

static bool compares(const struct scim_filter *filter, const json_t *resource)
{
    const json_t *have = scim_member(resource, filter->attribute);
    if (!have || (json_is_array(have) && !json_array_size(have)))
        return filter->op == SCIM_NE;
    if (!json_is_array(have))
        return one_fits(filter, have);
    for (size_t i = 0; i < json_array_size(have); i++)
        if (one_fits(filter, json_array_get(have, i)))
            return true;
    return false;
}

static bool within(const struct scim_filter *filter, const json_t *resource)
{
    const json_t *have = scim_member(resource, filter->attribute);
    if (!json_is_array(have))
        return json_is_object(have) && scim_filter_fits(filter->of[0], have);
    for (size_t i = 0; i < json_array_size(have); i++)
        if (scim_filter_fits(filter->of[0], json_array_get(have, i)))
            return true;
    return false;
}

bool scim_filter_fits(const struct scim_filter *filter, const json_t *resource)
{
    switch (filter->kind) {
    case SCIM_AND:
        return scim_filter_fits(filter->of[0], resource) && scim_filter_fits(filter->of[1], resource);
    case SCIM_OR:
        return scim_filter_fits(filter->of[0], resource) || scim_filter_fits(filter->of[1], resource);
    case SCIM_NOT:
        return !scim_filter_fits(filter->of[0], resource);
    case SCIM_WITHIN:
        return within(filter, resource);
    default:
        return compares(filter, resource);
    }
}
