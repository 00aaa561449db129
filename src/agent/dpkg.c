/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/dpkg.h"

#include "agent/place.h"

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

static void stanza_end(struct stanza *stanza, struct list *programs)
{
    if (str_eq(stanza->status, STR("install ok installed")))
        program_add(programs, stanza->package, stanza->version);
    *stanza = (struct stanza){0};
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
}

err_t dpkg_read(const char *root, struct list *programs)
{
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
    dpkg_status_read(str_bytes(at, len), programs);
    if (at)
        munmap(at, len);
    return ERR_OK;
}
