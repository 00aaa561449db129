/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/place.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

enum { PEM_MAX = 64 * 1024 };

place_t place(const char *folder, const char *name)
{
    place_t place;
    if ((size_t)snprintf(place.text, sizeof place.text, "%s/%s", folder, name) >= sizeof place.text)
        place.text[0] = '\0';
    return place;
}

err_t folder_hold(const char *folder, enum folder_way way, int *out_fd)
{
    struct stat about;
    if (way == FOLDER_MAKE && mkdir(folder, 0700) != 0 && errno != EEXIST)
        return fail(ERR_BROKEN, "cannot make %s: %s", folder, strerror(errno));
    OWN(fd) fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return fail(ERR_MISSING, "no folder %s: enrol this machine first (custody-agent enrol)", folder);
    if (fd < 0 || fstat(fd, &about) != 0)
        return fail(ERR_DENIED, "cannot open %s: %s", folder, strerror(errno));
    if (about.st_mode & (S_IRWXG | S_IRWXO))
        return fail(ERR_INVALID, "other users may look into %s: close it first (chmod 700)", folder);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0)
        return fail(ERR_BUSY, "another custody-agent works in %s: wait until it ends, or stop it", folder);
    *out_fd = give(fd);
    return ERR_OK;
}

void folder_drop(DIR **folder)
{
    if (*folder)
        closedir(*folder);
}

err_t folder_key(struct env *env, const char *folder, const struct key_use *use, struct key *out_key)
{
    OWN(buf) pem = BUF(PEM_MAX);
    OWN(key) root;
    err_t read = env->read_file(env, place(folder, "key.pem").text, &pem);
    if (read == ERR_MISSING)
        return fail(ERR_MISSING, "this machine is not enrolled: run custody-agent enrol first");
    TRY(read);
    digest(buf_str(&pem), root.bytes);
    key_derive(&root, use->name, use->of, out_key);
    return ERR_OK;
}
