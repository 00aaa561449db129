/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/flatpak.h"

#include "agent/place.h"
#include "sys/env.h"

#include <errno.h>

enum { METADATA_MAX = 256 * 1024 };

str_t flatpak_branch(str_t link)
{
    str_t branch = link, arch = str_until(&branch, '/');
    bool fits = arch.len && branch.len && !memchr(branch.at, '/', branch.len) && branch.at[0] != '.';
    return fits ? branch : (str_t){0};
}

str_t flatpak_name(str_t metadata)
{
    bool inside = false;
    while (metadata.len) {
        str_t value = str_trim(str_until(&metadata, '\n'));
        if (value.len && value.at[0] == '[')
            inside = str_eq(value, STR("[Application]"));
        str_t key = str_trim(str_until(&value, '='));
        if (inside && str_eq(key, STR("name")))
            return str_trim(value);
    }
    return (str_t){0};
}

static void application_add(const char *folder, struct list *programs)
{
    OWN(buf) metadata = BUF(METADATA_MAX);
    struct env *env = env_real();
    char link[256];
    ssize_t len = readlink(place(folder, "current").text, link, sizeof link);
    if (len <= 0 || (size_t)len == sizeof link)
        return;
    if (env->read_file(env, place(folder, "current/active/metadata").text, &metadata) == ERR_OK)
        program_add(programs, flatpak_name(buf_str(&metadata)), flatpak_branch(str_bytes(link, (size_t)len)));
}

err_t flatpak_read(const char *root, struct list *programs)
{
    place_t apps = place(root, "var/lib/flatpak/app");
    OWN(folder) folder = opendir(apps.text);
    if (!folder)
        return fail(errno == ENOENT ? ERR_MISSING : ERR_BROKEN, "cannot open %s: %s", apps.text,
                    strerror(errno));
    for (const struct dirent *entry; (entry = readdir(folder));)
        if (entry->d_name[0] != '.')
            application_add(place(apps.text, entry->d_name).text, programs);
    return ERR_OK;
}
