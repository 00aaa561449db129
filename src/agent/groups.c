/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/groups.h"

#include "agent/place.h"
#include "sys/env.h"

enum { GROUP_FILE_MAX = 8 * 1024 * 1024 };

static int by_bytes(const void *a, const void *b) { return memcmp(a, b, sizeof(ident_t)); }

static int by_name(const void *a, const void *b)
{
    const struct group *one = a, *other = b;
    size_t n = one->account.count, m = other->account.count, both = n < m ? n : m;
    int order = str_order(one->name, other->name);
    if (order == 0 && both)
        order = memcmp(one->account.at, other->account.at, both * sizeof(ident_t));
    return order ? order : (n > m) - (n < m);
}

static void member_add(struct list *members, const struct local *account)
{
    ident_t *id = account && !account->withheld ? list_add(members) : NULL;
    if (id)
        *id = account->told.id;
}

/* `members` is room that every line uses again. */
static void members_find(str_t names, gid_t gid, const struct locals *locals, struct list *members)
{
    members->count = 0;
    while (names.len)
        member_add(members, local_named(locals, str_trim(str_until(&names, ','))));
    for (const struct local *one = locals->at; one < locals->at + locals->count; one++)
        if (one->gid == gid)
            member_add(members, one);
    list_sort(members, by_bytes);
    list_unique(members, by_bytes);
}

static idents_t members_copy(const struct list *members)
{
    ident_t *at = members->count ? arena_array(members->arena, ident_t, members->count) : NULL;
    if (!at)
        return (idents_t){0};
    memcpy(at, members->at, members->count * sizeof *at);
    return (idents_t){at, members->count};
}

static bool only_member(const struct list *members, ident_t person)
{
    const ident_t *first = members->at;
    return !members->count || (members->count == 1 && ident_eq(*first, person));
}

static void group_add(str_t name, const struct local *person, const struct list *members, struct list *groups)
{
    if (person && only_member(members, person->told.id))
        return;
    struct group *group = list_add(groups);
    if (group)
        *group = (struct group){.name = person ? (str_t){0} : arena_copy(groups->arena, name),
                                .account = members_copy(members)};
}

void group_text_read(str_t text, const struct locals *locals, struct list *groups)
{
    struct list members = LIST(groups->arena, ident_t);
    while (text.len) {
        str_t line = str_until(&text, '\n'), name = str_until(&line, ':');
        uint64_t gid;
        str_until(&line, ':');
        if (!name_is_told(name) || str_number(str_until(&line, ':'), UINT32_MAX, &gid) != ERR_OK)
            continue;
        const struct local *bearer = local_named(locals, name);
        members_find(line, (gid_t)gid, locals, &members);
        group_add(name, bearer && bearer->person ? bearer : NULL, &members, groups);
    }
    list_sort(groups, by_name);
    list_unique(groups, by_name);
}

err_t groups_read(const char *root, const struct locals *locals, arena_t *arena, struct list *out_groups)
{
    OWN(buf) text = BUF(GROUP_FILE_MAX);
    struct env *env = env_real();
    struct list groups = LIST(arena, struct group);
    TRY(env->read_file(env, place(root, "etc/group").text, &text));
    group_text_read(buf_str(&text), locals, &groups);
    TRY(arena_end(arena));
    *out_groups = groups;
    return ERR_OK;
}
