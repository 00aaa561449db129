/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/programs.h"

#include "agent/place.h"
#include "base/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

struct stanza {
    str_t package, status, version;
};

static void stanza_read(str_t line, struct stanza *stanza)
{
    str_t value = line, name = str_until(&value, ':');
    if (str_eq(name, STR("Package")))
        stanza->package = str_trim(value);
    else if (str_eq(name, STR("Status")))
        stanza->status = str_trim(value);
    else if (str_eq(name, STR("Version")))
        stanza->version = str_trim(value);
}

static bool text_is_told(str_t text) { return text.len <= MAX_NAME && str_is_utf8(text); }

static void stanza_end(struct stanza *stanza, struct list *programs)
{
    bool counts = str_eq(stanza->status, STR("install ok installed")) && stanza->package.len &&
                  text_is_told(stanza->package) && text_is_told(stanza->version);
    struct program *one = counts ? list_add(programs) : NULL;
    if (one)
        *one = (struct program){.name = arena_copy(programs->arena, stanza->package),
                                .version = arena_copy(programs->arena, stanza->version)};
    *stanza = (struct stanza){0};
}

static int by_name(const void *a, const void *b)
{
    const struct program *one = a, *other = b;
    int order = str_order(one->name, other->name);
    return order ? order : str_order(one->version, other->version);
}

void dpkg_status_read(str_t text, struct list *programs)
{
    struct stanza stanza = {0};
    while (text.len) {
        str_t line = str_until(&text, '\n');
        if (!line.len)
            stanza_end(&stanza, programs);
        else if (line.at[0] == 'P' || line.at[0] == 'S' || line.at[0] == 'V')
            stanza_read(line, &stanza);
    }
    stanza_end(&stanza, programs);
    list_sort(programs, by_name);
    list_unique(programs, by_name);
}

err_t programs_read(const char *root, arena_t *arena, struct list *out_programs)
{
    struct list found = LIST(arena, struct program);
    struct stat about;
    place_t path = place(root, "var/lib/dpkg/status");
    OWN(fd) fd = open(path.text, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &about) != 0)
        return fail(errno == ENOENT ? ERR_MISSING : ERR_BROKEN, "cannot open %s: %s", path.text,
                    strerror(errno));
    size_t len = (size_t)about.st_size;
    void *at = len ? mmap(NULL, len, PROT_READ, MAP_PRIVATE, fd, 0) : NULL;
    if (at == MAP_FAILED)
        return fail(ERR_BROKEN, "cannot read %s: %s", path.text, strerror(errno));
    dpkg_status_read(str_bytes(at, len), &found);
    if (at)
        munmap(at, len);
    TRY(arena_end(arena));
    *out_programs = found;
    return ERR_OK;
}
