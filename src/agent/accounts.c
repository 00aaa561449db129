/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/accounts.h"

#include "agent/place.h"
#include "base/limits.h"
#include "sys/env.h"

#include <errno.h>
#include <pwd.h>

enum { LOGIN_DEFS_MAX = 256 * 1024 };

static bool is_blank(char c) { return c == ' ' || c == '\t'; }

/* The first word of a line, and what stands behind it. */
static str_t word(str_t *rest)
{
    str_t line = str_trim(*rest);
    size_t len = 0;
    while (len < line.len && !is_blank(line.at[len]))
        len++;
    *rest = (str_t){line.at + len, line.len - len};
    return (str_t){line.at, len};
}

struct uid_range login_defs_read(str_t text)
{
    struct uid_range range = {1000, 60000};
    while (text.len) {
        str_t line = str_until(&text, '\n'), name = word(&line), value = word(&line);
        uint64_t number;
        if (name.len && name.at[0] != '#' && str_number(value, UINT32_MAX - 1, &number) == ERR_OK) {
            if (str_eq(name, STR("UID_MIN")))
                range.from = (uid_t)number;
            if (str_eq(name, STR("UID_MAX")))
                range.to = (uid_t)number;
        }
    }
    return range;
}

static struct uid_range range_of(const char *root)
{
    OWN(buf) text = BUF(LOGIN_DEFS_MAX);
    struct env *env = env_real();
    if (env->read_file(env, place(root, "etc/login.defs").text, &text) != ERR_OK)
        buf_clear(&text);
    return login_defs_read(buf_str(&text));
}

bool name_is_told(str_t name)
{
    return name.len && name.len <= MAX_NAME && name.at[0] != '+' && name.at[0] != '-' && str_is_utf8(name);
}

static int by_name(const void *a, const void *b)
{
    const struct local *one = a, *other = b;
    return str_order(one->told.name, other->told.name);
}

static int by_name_and_line(const void *a, const void *b)
{
    const struct local *one = a, *other = b;
    int order = by_name(a, b);
    return order ? order : (one->line > other->line) - (one->line < other->line);
}

static void account_add(struct list *found, const struct passwd *line, struct uid_range people)
{
    struct local *one = name_is_told(str(line->pw_name)) ? list_add(found) : NULL;
    if (one)
        *one = (struct local){.told.name = arena_copy(found->arena, str(line->pw_name)),
                              .line = found->count,
                              .uid = line->pw_uid,
                              .gid = line->pw_gid,
                              .person = line->pw_uid >= people.from && line->pw_uid <= people.to};
}

err_t accounts_read(const char *root, arena_t *arena, struct locals *out_locals)
{
    struct list found = LIST(arena, struct local);
    struct uid_range people = range_of(root);
    place_t path = place(root, "etc/passwd");
    OWN(file) file = fopen(path.text, "re");
    if (!file)
        return fail(ERR_BROKEN, "cannot open %s: %s", path.text, strerror(errno));
    for (struct passwd *line; (line = fgetpwent(file));)
        account_add(&found, line, people);
    list_sort(&found, by_name_and_line);
    list_unique(&found, by_name);
    TRY(arena_end(arena));
    if (!found.count || ferror(file))
        return fail(ERR_BROKEN, "no account can be read from %s", path.text);
    *out_locals = (struct locals){found.at, found.count};
    return ERR_OK;
}

struct local *local_named(const struct locals *locals, str_t name)
{
    struct local key = {.told.name = name};
    return locals->count ? bsearch(&key, locals->at, locals->count, sizeof key, by_name) : NULL;
}

struct local *local_of_uid(const struct locals *locals, uid_t uid)
{
    struct local *first = NULL;
    for (struct local *one = locals->at; one < locals->at + locals->count; one++)
        if (one->uid == uid && (!first || one->line < first->line))
            first = one;
    return first;
}
