/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/programs.h"

#include "agent/dpkg.h"
#include "agent/flatpak.h"
#include "agent/rpm.h"
#include "agent/snap.h"
#include "base/limits.h"

static bool text_is_told(str_t text) { return text.len <= MAX_NAME && str_is_utf8(text); }

void program_add(struct list *programs, str_t name, str_t version)
{
    bool counts = name.len && text_is_told(name) && text_is_told(version);
    struct program *one = counts ? list_add(programs) : NULL;
    if (one)
        *one = (struct program){.name = arena_copy(programs->arena, name),
                                .version = arena_copy(programs->arena, version)};
}

static int by_name(const void *a, const void *b)
{
    const struct program *one = a, *other = b;
    int order = str_order(one->name, other->name);
    return order ? order : str_order(one->version, other->version);
}

err_t programs_read(const char *root, arena_t *arena, struct list *out_programs)
{
    static err_t (*const readers[])(const char *, struct list *) = {dpkg_read, rpm_read, flatpak_read,
                                                                    snap_read};
    struct list found = LIST(arena, struct program);
    size_t there = 0;
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++) {
        err_t read = readers[i](root, &found);
        if (read != ERR_MISSING)
            TRY(read);
        there += read == ERR_OK;
    }
    list_sort(&found, by_name);
    list_unique(&found, by_name);
    TRY(arena_end(arena));
    if (!there)
        return fail(ERR_MISSING, "this machine has no record of packages that this agent reads");
    *out_programs = found;
    return ERR_OK;
}
