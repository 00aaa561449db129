/* SPDX-License-Identifier: Apache-2.0 */
#include "sudo/clean.h"

enum { KEPT_MAX = 24, SET = 9 };

const char *clean_find(char *const *list, const char *name)
{
    size_t len = strlen(name);
    for (; list && *list; list++)
        if (!strncmp(*list, name, len) && (*list)[len] == '=')
            return *list + len + 1;
    return NULL;
}

char *clean_pair(arena_t *arena, const char *name, str_t value)
{
    size_t len = strlen(name);
    char *pair = arena_take(arena, len + 1 + value.len + 1);
    if (!pair)
        return NULL;
    memcpy(pair, name, len);
    pair[len] = '=';
    if (value.len)
        memcpy(pair + len + 1, value.at, value.len);
    return pair;
}

static bool is_kept(str_t pair)
{
    static const char *const kept[] = {"TERM", "COLORTERM", "LANG", "LANGUAGE"};
    str_t value = pair, name = str_until(&value, '=');
    bool known = str_starts(name, STR("LC_"));
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        known |= str_eq(name, str(kept[i]));
    return known && value.len && value.len <= CLEAN_VALUE_MAX && !memchr(value.at, '/', value.len) &&
           !memchr(value.at, '%', value.len);
}

char **clean_environment(arena_t *arena, char *const *theirs, const struct clean_owner *owner)
{
    char **list = arena_array(arena, char *, SET + KEPT_MAX + 1);
    size_t count = 0;
    if (!list)
        return NULL;
    list[count++] = clean_pair(arena, "PATH", STR(CLEAN_PATH));
    list[count++] = clean_pair(arena, "HOME", str(owner->as->pw_dir));
    list[count++] = clean_pair(arena, "SHELL", str(owner->as->pw_shell));
    list[count++] = clean_pair(arena, "LOGNAME", str(owner->as->pw_name));
    list[count++] = clean_pair(arena, "USER", str(owner->as->pw_name));
    list[count++] = clean_pair(arena, "SUDO_USER", owner->user);
    list[count++] = clean_pair(arena, "SUDO_UID", owner->uid);
    list[count++] = clean_pair(arena, "SUDO_GID", owner->gid);
    list[count++] = clean_pair(arena, "SUDO_COMMAND", owner->command);
    for (; theirs && *theirs && count < SET + KEPT_MAX; theirs++)
        if (is_kept(str(*theirs)))
            list[count++] = (char *)(uintptr_t)arena_copy(arena, str(*theirs)).at;
    return arena_end(arena) == ERR_OK ? list : NULL;
}
