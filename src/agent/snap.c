/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/snap.h"

#include "agent/place.h"
#include "sys/env.h"

#include <errno.h>

enum { YAML_MAX = 1024 * 1024 };

/* A quoted text that ends on its line, with nothing escaped in it; or a plain one up to its comment. */
static str_t value_of(str_t text)
{
    char quote = text.len ? text.at[0] : '\0';
    if (quote == '"' || quote == '\'') {
        str_t rest = str_bytes(text.at + 1, text.len - 1), value = str_until(&rest, quote);
        bool ends = value.len + 1 < text.len && !(value.len && memchr(value.at, '\\', value.len));
        return ends ? value : (str_t){0};
    }
    for (size_t i = 1; i < text.len; i++)
        if (text.at[i] == '#' && (text.at[i - 1] == ' ' || text.at[i - 1] == '\t'))
            return str_trim(str_bytes(text.at, i - 1));
    return quote == '#' ? (str_t){0} : text;
}

str_t snap_version(str_t yaml)
{
    while (yaml.len) {
        str_t line = str_until(&yaml, '\n');
        if (str_starts(line, STR("version:")))
            return value_of(str_trim(str_bytes(line.at + 8, line.len - 8)));
    }
    return (str_t){0};
}

static void snap_add(const char *folder, const char *name, struct list *programs)
{
    OWN(buf) yaml = BUF(YAML_MAX);
    struct env *env = env_real();
    place_t snap = place(folder, name);
    err_t read = env->read_file(env, place(snap.text, "current/meta/snap.yaml").text, &yaml);
    if (read == ERR_OK)
        program_add(programs, str(name), snap_version(buf_str(&yaml)));
}

err_t snap_read(const char *root, struct list *programs)
{
    static const char *const folders[] = {"snap", "var/lib/snapd/snap"};
    size_t there = 0;
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        place_t path = place(root, folders[i]);
        OWN(folder) folder = opendir(path.text);
        if (!folder && errno != ENOENT)
            return fail(ERR_BROKEN, "cannot open %s: %s", path.text, strerror(errno));
        for (const struct dirent *entry; folder && (entry = readdir(folder));)
            if (entry->d_name[0] != '.')
                snap_add(path.text, entry->d_name, programs);
        there += folder != NULL;
    }
    return there ? ERR_OK : fail(ERR_MISSING, "no folder of snaps");
}
