/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/evp.h> /* before the functions that do not compile here */

#include "guard/packages_private.h"

#include "guard/rpm_database.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

enum { PLACE_MAX = ROOT_MAX + PACKAGE_NAME + 64, LIST_MAX = 16 * 1024 * 1024 };

typedef DIR *entries_own;
static void entries_drop(DIR **entries)
{
    if (*entries)
        closedir(*entries);
}

void packages_drop(struct packages **packages)
{
    if (!*packages)
        return;
    free((*packages)->files);
    free((*packages)->names);
    free((*packages)->of_rpm);
    free(*packages);
    *packages = NULL;
}

static bool is_of_no_use(str_t path)
{
    static const char *const folders[] = {"/usr/share/doc/", "/usr/share/man/", "/usr/share/locale/",
                                          "/usr/share/icons/", "/usr/include/"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        if (str_starts(path, str(folders[i])))
            return true;
    return false;
}

err_t packages_file_add(struct packages *packages, str_t path, size_t package)
{
    if (is_of_no_use(path))
        return ERR_OK;
    if (packages->count == packages->room) {
        size_t room = packages->room ? packages->room * 2 : 16 * 1024;
        struct owned *files = reallocarray(packages->files, room, sizeof *files);
        if (!files)
            return fail(ERR_BUSY, "no memory for %zu files of packages", room);
        packages->files = files;
        packages->room = room;
    }
    packages->files[packages->count++] = (struct owned){digest_short(packages->key, path), (uint32_t)package};
    return ERR_OK;
}

static bool names_grow(struct packages *packages)
{
    size_t room = packages->names_room ? packages->names_room * 2 : 256;
    char(*names)[PACKAGE_NAME] = reallocarray(packages->names, room, PACKAGE_NAME);
    if (!names)
        return false;
    packages->names = names;
    packages->names_room = room;
    return true;
}

bool packages_name_add(struct packages *packages, str_t name)
{
    if (name.len >= PACKAGE_NAME || packages->names_count == NAMES_MAX ||
        (packages->names_count == packages->names_room && !names_grow(packages)))
        return false;
    char *at = packages->names[packages->names_count++];
    memcpy(at, name.at, name.len);
    at[name.len] = '\0';
    return true;
}

/* dpkg */

struct dpkg_file {
    char path[PLACE_MAX];
};

static struct dpkg_file dpkg_file(const struct packages *packages, const char *name, const char *ending)
{
    struct dpkg_file file;
    snprintf(file.path, sizeof file.path, "%s/var/lib/dpkg/info/%s%s", packages->root, name, ending);
    return file;
}

static err_t list_read(struct packages *packages, const char *file, size_t package)
{
    OWN(buf) text = BUF(LIST_MAX);
    struct env *env = env_real();
    TRY(env->read_file(env, dpkg_file(packages, file, "").path, &text));
    for (str_t rest = buf_str(&text); rest.len;) {
        str_t line = str_until(&rest, '\n');
        if (line.len > 2)
            TRY(packages_file_add(packages, line, package));
    }
    return ERR_OK;
}

/* The list's name without its ending. */
static bool name_take(struct packages *packages, const char *file)
{
    size_t len = strlen(file);
    return len >= 6 && !strcmp(file + len - 5, ".list") &&
           packages_name_add(packages, str_bytes(file, len - 5));
}

static err_t dpkg_read(struct packages *packages)
{
    OWN(entries) entries = opendir(dpkg_file(packages, "", "").path);
    if (!entries)
        return fail(ERR_MISSING, "no record of dpkg");
    /* A package that is being removed takes its list away: it owns nothing any more. */
    for (const struct dirent *entry; (entry = readdir(entries));)
        if (name_take(packages, entry->d_name)) {
            err_t read = list_read(packages, entry->d_name, packages->names_count - 1);
            if (read != ERR_OK && read != ERR_MISSING)
                return read;
        }
    return ERR_OK;
}

/* The table */

static int by_path(const void *a, const void *b)
{
    const struct owned *one = a, *other = b;
    return (one->path > other->path) - (one->path < other->path);
}

/* Of those who have the same path the first one counts. */
static int by_path_and_package(const void *a, const void *b)
{
    const struct owned *one = a, *other = b;
    int order = by_path(a, b);
    return order ? order : (one->package > other->package) - (one->package < other->package);
}

static bool usr_is_merged(void)
{
    struct stat bin;
    return lstat("/bin", &bin) == 0 && S_ISLNK(bin.st_mode);
}

/* In order, and in no more room than they need. */
static void files_end(struct packages *packages)
{
    if (!packages->count)
        return;
    qsort(packages->files, packages->count, sizeof *packages->files, by_path_and_package);
    struct owned *files = reallocarray(packages->files, packages->count, sizeof *files);
    packages->files = files ? files : packages->files;
}

/* A database that cannot be read takes nothing away from what dpkg knows. */
static err_t records_read(struct packages *packages)
{
    err_t dpkg = dpkg_read(packages);
    if (dpkg != ERR_MISSING)
        TRY(dpkg);
    packages->dpkg = packages->names_count;
    size_t files = packages->count;
    err_t rpm = packages_rpm_read(packages);
    if (rpm == ERR_BROKEN) {
        packages->broken = true;
        packages->names_count = packages->dpkg;
        packages->count = files;
        return ERR_OK;
    }
    return rpm == ERR_MISSING ? dpkg : rpm;
}

err_t packages_read(const char *root, struct packages **out_packages)
{
    OWN(packages) packages = calloc(1, sizeof *packages);
    if (!packages)
        return fail(ERR_BUSY, "no memory for the packages");
    snprintf(packages->root, sizeof packages->root, "%s", root);
    env_real()->random(env_real(), packages->key, sizeof packages->key);
    packages->merged = usr_is_merged();
    TRY(records_read(packages));
    files_end(packages);
    *out_packages = give(packages);
    return ERR_OK;
}

struct packages_changed packages_changed(const char *root)
{
    struct stat about;
    char path[PLACE_MAX];
    snprintf(path, sizeof path, "%s/var/lib/dpkg/info", root);
    int64_t dpkg =
        stat(path, &about) == 0 ? about.st_ctim.tv_sec * INT64_C(1000000000) + about.st_ctim.tv_nsec : 0;
    return (struct packages_changed){dpkg, rpm_database_changed(root)};
}

struct packages_count packages_count(const struct packages *packages)
{
    struct packages_count count = {0};
    if (!packages)
        return count;
    count = (struct packages_count){.dpkg = packages->dpkg,
                                    .rpm = packages->names_count - packages->dpkg,
                                    .broken = packages->broken,
                                    .unchecked = packages->unchecked,
                                    .cut = packages->cut};
    for (size_t i = 0; i < count.rpm; i++) {
        count.good += packages->of_rpm[i].signature == SIGNATURE_GOOD;
        count.bad += packages->of_rpm[i].signature == SIGNATURE_BAD;
    }
    return count;
}

/* The name under which the file is known: before the folders were merged it was one without /usr. */
static const struct owned *owned_find(const struct packages *packages, str_t path, str_t *out_known)
{
    str_t forms[] = {path, {path.at + 4, path.len - 4}};
    size_t count = packages->merged && str_starts(path, STR("/usr/")) ? 2 : 1;
    for (size_t i = 0; i < count && packages->count; i++) {
        struct owned key = {.path = digest_short(packages->key, forms[i])};
        const struct owned *found = bsearch(&key, packages->files, packages->count, sizeof key, by_path);
        *out_known = forms[i];
        while (found && found > packages->files && found[-1].path == found->path)
            found--;
        if (found)
            return found;
    }
    return NULL;
}

bool packages_find(const struct packages *packages, str_t path, char out_name[PACKAGE_NAME])
{
    str_t known;
    const struct owned *found = packages ? owned_find(packages, path, &known) : NULL;
    if (!found)
        return false;
    snprintf(out_name, PACKAGE_NAME, "%s", packages->names[found->package]);
    out_name[strcspn(out_name, ":")] = '\0';
    return true;
}

/* State */

typedef EVP_MD_CTX *hashing_own;
static void hashing_drop(EVP_MD_CTX **hashing) { EVP_MD_CTX_free(*hashing); }

bool packages_digest(int fd, const char *method, buf_t *out_hex)
{
    char part[64 * 1024];
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    OWN(hashing) hashing = EVP_MD_CTX_new();
    const EVP_MD *kind = EVP_get_digestbyname(method);
    off_t at = 0;
    ssize_t got = 0;
    if (!hashing || !kind || EVP_DigestInit_ex(hashing, kind, NULL) != 1)
        return false;
    while ((got = pread(fd, part, sizeof part, at)) > 0) {
        EVP_DigestUpdate(hashing, part, (size_t)got);
        at += got;
    }
    if (got != 0 || EVP_DigestFinal_ex(hashing, digest, &len) != 1)
        return false;
    buf_put_hex(out_hex, str_bytes(digest, len));
    return buf_end(out_hex) == ERR_OK;
}

/* A line is the digest in hexadecimal, two spaces, and the path without its first slash. */
static bool sums_find(str_t sums, str_t path, str_t *out_digest)
{
    while (sums.len) {
        str_t line = str_until(&sums, '\n');
        if (line.len == 34 + path.len - 1 && !memcmp(line.at + 34, path.at + 1, path.len - 1)) {
            *out_digest = (str_t){line.at, 32};
            return true;
        }
    }
    return false;
}

static enum file_state dpkg_state(const struct packages *packages, size_t package, str_t path, int fd)
{
    str_t said;
    OWN(buf) sums = BUF(LIST_MAX);
    OWN(buf) found = BUF(64);
    struct env *env = env_real();
    const struct dpkg_file file = dpkg_file(packages, packages->names[package], ".md5sums");
    if (env->read_file(env, file.path, &sums) != ERR_OK || !sums_find(buf_str(&sums), path, &said) ||
        !packages_digest(fd, "MD5", &found))
        return FILE_UNKNOWN;
    return str_eq(buf_str(&found), said) ? FILE_INTACT : FILE_ALTERED;
}

enum file_state packages_state(const struct packages *packages, str_t path, int fd)
{
    str_t known;
    const struct owned *owned = packages ? owned_find(packages, path, &known) : NULL;
    if (!owned)
        return FILE_UNKNOWN;
    return owned->package < packages->dpkg ? dpkg_state(packages, owned->package, known, fd)
                                           : packages_rpm_state(packages, owned->package, known, fd);
}
