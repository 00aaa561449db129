/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/names.h"

#include "base/limits.h"
#include "sys/env.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>

enum { NAMES_MEMORY = 32 * 1024 * 1024, PATH = 256, FILES = 3, UIDS_MORE = 3, LENT_MAX = 4 * 1024 * 1024 };

struct user {
    str_t name, home;
    uid_t uid;
    gid_t gid;
    ident_t id;
    bool known; /* has an id */
    struct user *next;
};

struct member {
    str_t group;
    uid_t uid;
    struct member *next;
};

/* Uids that are lent to an account, which becomes them in a user namespace as it likes. */
struct lent {
    uid_t from, count, owner;
    struct lent *next;
};

struct names {
    arena_t arena;
    struct user *users;
    struct member *members;
    struct lent *lent;
    uid_t *uids;
    size_t count; /* of users */
    uid_t from, to;
    char paths[FILES][PATH];
    int64_t changed[FILES];
};

void names_drop(struct names **names)
{
    if (!*names)
        return;
    arena_drop(&(*names)->arena);
    free(*names);
    *names = NULL;
}

static int64_t changed_at(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0
               ? about.st_mtim.tv_sec * INT64_C(1000000000) + about.st_mtim.tv_nsec + (int64_t)about.st_ino
               : 0;
}

static void user_id(struct user *user, const struct known_account *accounts, size_t count)
{
    for (const struct known_account *one = accounts; one < accounts + count; one++)
        if (one->uid == user->uid && str_eq(one->name, user->name)) {
            user->id = one->id;
            user->known = true;
        }
}

static const struct user *user_of(const struct names *names, uid_t uid)
{
    const struct user *found = NULL;
    for (const struct user *one = names->users; one; one = one->next)
        if (one->uid == uid)
            found = one; /* the first of the file: the list is in its reverse order */
    return found;
}

static err_t users_read(struct names *names, const struct known_account *accounts, size_t count)
{
    OWN(file) file = fopen(names->paths[0], "re");
    if (!file)
        return fail(ERR_BROKEN, "cannot open %s: %s", names->paths[0], strerror(errno));
    for (const struct passwd *line; (line = fgetpwent(file));) {
        struct user *user = strlen(line->pw_name) <= MAX_NAME ? arena_new(&names->arena, struct user) : NULL;
        if (!user)
            continue;
        *user = (struct user){.name = arena_copy(&names->arena, str(line->pw_name)),
                              .home = arena_copy(&names->arena, str(line->pw_dir)),
                              .uid = line->pw_uid,
                              .gid = line->pw_gid,
                              .next = names->users};
        user_id(user, accounts, count);
        names->users = user;
        names->count++;
    }
    return arena_end(&names->arena);
}

static void member_add(struct names *names, str_t group, uid_t uid)
{
    struct member *member = arena_new(&names->arena, struct member);
    if (!member)
        return;
    *member = (struct member){group, uid, names->members};
    names->members = member;
}

static void group_take(struct names *names, const struct group *line)
{
    str_t group = arena_copy(&names->arena, str(line->gr_name));
    for (const struct user *user = names->users; user; user = user->next) {
        bool member = user->gid == line->gr_gid;
        for (char **name = line->gr_mem; !member && *name; name++)
            member = str_eq(str(*name), user->name);
        if (member)
            member_add(names, group, user->uid);
    }
}

static err_t groups_read(struct names *names)
{
    OWN(file) file = fopen(names->paths[1], "re");
    if (!file)
        return fail(ERR_BROKEN, "cannot open %s: %s", names->paths[1], strerror(errno));
    for (const struct group *line; (line = fgetgrent(file));)
        group_take(names, line);
    return arena_end(&names->arena);
}

/* NAME:FROM:COUNT, or the account's uid in place of its name. */
static void lent_take(struct names *names, str_t line)
{
    uint64_t owner = UINT64_MAX, from, count;
    str_t name = str_until(&line, ':');
    for (const struct user *user = names->users; user; user = user->next)
        if (str_eq(user->name, name))
            owner = user->uid;
    if ((owner == UINT64_MAX && str_number(name, UINT32_MAX - 1, &owner) != ERR_OK) ||
        str_number(str_until(&line, ':'), UINT32_MAX - 1, &from) != ERR_OK ||
        str_number(str_trim(line), UINT32_MAX, &count) != ERR_OK)
        return;
    struct lent *lent = arena_new(&names->arena, struct lent);
    if (!lent)
        return;
    *lent = (struct lent){(uid_t)from, (uid_t)count, (uid_t)owner, names->lent};
    names->lent = lent;
}

/* No file: nothing is lent. */
static err_t lent_read(struct names *names)
{
    OWN(buf) text = BUF(LENT_MAX);
    struct env *env = env_real();
    err_t read = env->read_file(env, names->paths[2], &text);
    if (read == ERR_MISSING)
        return ERR_OK;
    TRY(read);
    for (str_t rest = buf_str(&text); rest.len;)
        lent_take(names, str_until(&rest, '\n'));
    return arena_end(&names->arena);
}

uid_t names_behind(const struct names *names, uid_t uid)
{
    for (const struct lent *one = names->lent; one && !user_of(names, uid); one = one->next)
        if (uid >= one->from && uid - one->from < one->count)
            return one->owner;
    return uid;
}

static uid_t nobody_between(const struct names *names, uid_t from, uid_t to)
{
    for (uid_t uid = to; uid > from; uid--)
        if (!user_of(names, uid))
            return uid;
    return from;
}

static err_t uids_take(struct names *names)
{
    size_t at = 0;
    names->uids = arena_array(&names->arena, uid_t, names->count + UIDS_MORE);
    if (!names->uids)
        return arena_end(&names->arena);
    names->uids[at++] = 0;
    names->uids[at++] = nobody_between(names, names->from, names->to);
    names->uids[at++] = nobody_between(names, 0, names->from ? names->from - 1 : 0);
    for (const struct user *user = names->users; user; user = user->next)
        names->uids[at++] = user->uid;
    return ERR_OK;
}

void names_people(struct names *names, uid_t from, uid_t to)
{
    names->from = from;
    names->to = to;
    names->uids[1] = nobody_between(names, from, to);
    names->uids[2] = nobody_between(names, 0, from ? from - 1 : 0);
}

err_t names_read(const char *root, const struct known_account *accounts, size_t count,
                 struct names **out_names)
{
    static const char *const files[FILES] = {"passwd", "group", "subuid"};
    OWN(names) names = calloc(1, sizeof *names);
    if (!names)
        return fail(ERR_BUSY, "no memory for the names of accounts");
    names->arena.limit = NAMES_MEMORY;
    names->from = 1000;
    names->to = 60000;
    for (size_t i = 0; i < FILES; i++) {
        snprintf(names->paths[i], PATH, "%s/etc/%s", root, files[i]);
        names->changed[i] = changed_at(names->paths[i]);
    }
    TRY(users_read(names, accounts, count));
    TRY(groups_read(names));
    TRY(lent_read(names));
    TRY(uids_take(names));
    *out_names = give(names);
    return ERR_OK;
}

bool names_are_old(const struct names *names)
{
    for (size_t i = 0; i < FILES; i++)
        if (changed_at(names->paths[i]) != names->changed[i])
            return true;
    return false;
}

str_t names_home(const struct names *names, uid_t uid)
{
    const struct user *user = user_of(names, uid);
    return user ? user->home : (str_t){0};
}

bool names_account(const struct names *names, uid_t uid, ident_t *out_id)
{
    const struct user *user = user_of(names, uid);
    if (!user || !user->known)
        return false;
    *out_id = user->id;
    return true;
}

bool names_is_person(const struct names *names, uid_t uid) { return uid >= names->from && uid <= names->to; }

bool names_any_person(const struct names *names, const struct rules *rules)
{
    for (const struct user *one = names->users; one; one = one->next) {
        size_t rule;
        if (names_is_person(names, one->uid) && rules_name_person(rules, one->name, one->home, &rule))
            return true;
    }
    return false;
}

size_t names_uids(const struct names *names, const uid_t **out_uids)
{
    *out_uids = names->uids;
    return names->count + UIDS_MORE;
}

/* As rules ask */

static err_t rule_account(void *with, uid_t uid, ident_t *out_id)
{
    return names_account(with, uid, out_id) ? ERR_OK : ERR_MISSING;
}

bool names_has_group(const struct names *names, str_t group)
{
    for (const struct member *one = names->members; one; one = one->next)
        if (str_eq(one->group, group))
            return true;
    return false;
}

static bool rule_in_group(void *with, uid_t uid, str_t group)
{
    const struct names *names = with;
    for (const struct member *one = names->members; one; one = one->next)
        if (one->uid == uid && str_eq(one->group, group))
            return true;
    return false;
}

struct rule_names names_for_rules(const struct names *names, ident_t device)
{
    return (struct rule_names){.account = rule_account,
                               .in_group = rule_in_group,
                               .with = (void *)(uintptr_t)names,
                               .people_from = names->from,
                               .people_to = names->to,
                               .device = device};
}
