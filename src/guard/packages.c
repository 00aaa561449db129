/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/evp.h> /* before the functions that do not compile here */

#include "guard/packages.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

enum { FOLDER_MAX = 256, NAMES_MAX = 65536, LIST_MAX = 16 * 1024 * 1024, MD5_SIZE = 16 };

struct owned {
    uint64_t path; /* its short digest */
    uint32_t package;
};

struct packages {
    char folder[FOLDER_MAX];
    uint8_t key[SHORT_KEY];
    struct owned *files;
    size_t count, room, names_count;
    char (*names)[PACKAGE_NAME]; /* as the lists are called: with the architecture, where that has one */
    bool merged;                 /* /bin is below /usr */
};

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

static err_t file_add(struct packages *packages, str_t path, size_t package)
{
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

static err_t list_read(struct packages *packages, const char *file, size_t package)
{
    char path[FOLDER_MAX * 2 + PACKAGE_NAME];
    OWN(buf) text = BUF(LIST_MAX);
    struct env *env = env_real();
    snprintf(path, sizeof path, "%s/%s", packages->folder, file);
    TRY(env->read_file(env, path, &text));
    for (str_t rest = buf_str(&text); rest.len;) {
        str_t line = str_until(&rest, '\n');
        if (line.len > 2 && !is_of_no_use(line))
            TRY(file_add(packages, line, package));
    }
    return ERR_OK;
}

/* The list's name without its ending; a package whose name does not fit is none. */
static bool name_take(struct packages *packages, const char *file)
{
    size_t len = strlen(file);
    if (len < 6 || strcmp(file + len - 5, ".list") != 0 || len - 5 >= PACKAGE_NAME ||
        packages->names_count == NAMES_MAX)
        return false;
    char *name = packages->names[packages->names_count++];
    memcpy(name, file, len - 5);
    name[len - 5] = '\0';
    return true;
}

static err_t lists_read(struct packages *packages)
{
    OWN(entries) entries = opendir(packages->folder);
    if (!entries)
        return fail(ERR_MISSING, "no packages in %s", packages->folder);
    /* A package that is being removed takes its list away: it owns nothing any more. */
    for (const struct dirent *entry; (entry = readdir(entries));)
        if (name_take(packages, entry->d_name)) {
            err_t read = list_read(packages, entry->d_name, packages->names_count - 1);
            if (read != ERR_OK && read != ERR_MISSING)
                return read;
        }
    return ERR_OK;
}

static int by_path(const void *a, const void *b)
{
    const struct owned *one = a, *other = b;
    return (one->path > other->path) - (one->path < other->path);
}

static bool usr_is_merged(void)
{
    struct stat bin;
    return lstat("/bin", &bin) == 0 && S_ISLNK(bin.st_mode);
}

err_t packages_read(const char *folder, struct packages **out_packages)
{
    OWN(packages) packages = calloc(1, sizeof *packages);
    if (!packages || !(packages->names = calloc(NAMES_MAX, PACKAGE_NAME)))
        return fail(ERR_BUSY, "no memory for the packages");
    snprintf(packages->folder, sizeof packages->folder, "%s", folder);
    env_real()->random(env_real(), packages->key, sizeof packages->key);
    packages->merged = usr_is_merged();
    TRY(lists_read(packages));
    qsort(packages->files, packages->count, sizeof *packages->files, by_path);
    *out_packages = give(packages);
    return ERR_OK;
}

/* The name under which dpkg knows the file: before the folders were merged it was one without /usr. */
static const struct owned *owned_find(const struct packages *packages, str_t path, str_t *out_known)
{
    str_t forms[] = {path, {path.at + 4, path.len - 4}};
    size_t count = packages->merged && str_starts(path, STR("/usr/")) ? 2 : 1;
    for (size_t i = 0; i < count && packages->count; i++) {
        struct owned key = {.path = digest_short(packages->key, forms[i])};
        const struct owned *found = bsearch(&key, packages->files, packages->count, sizeof key, by_path);
        *out_known = forms[i];
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

typedef EVP_MD_CTX *md5_own;
static void md5_drop(EVP_MD_CTX **md5) { EVP_MD_CTX_free(*md5); }

static bool md5_of(int fd, uint8_t out_digest[MD5_SIZE])
{
    char part[64 * 1024];
    OWN(md5) md5 = EVP_MD_CTX_new();
    off_t at = 0;
    ssize_t got = 0;
    if (!md5 || EVP_DigestInit_ex(md5, EVP_md5(), NULL) != 1)
        return false;
    while ((got = pread(fd, part, sizeof part, at)) > 0) {
        EVP_DigestUpdate(md5, part, (size_t)got);
        at += got;
    }
    return got == 0 && EVP_DigestFinal_ex(md5, out_digest, NULL) == 1;
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

enum file_state packages_state(const struct packages *packages, str_t path, int fd)
{
    str_t known, said;
    uint8_t found[MD5_SIZE];
    char file[FOLDER_MAX + PACKAGE_NAME + 16];
    OWN(buf) sums = BUF(LIST_MAX);
    OWN(buf) hex = BUF(64);
    struct env *env = env_real();
    const struct owned *owned = packages ? owned_find(packages, path, &known) : NULL;
    if (!owned)
        return FILE_UNKNOWN;
    snprintf(file, sizeof file, "%s/%s.md5sums", packages->folder, packages->names[owned->package]);
    if (env->read_file(env, file, &sums) != ERR_OK || !sums_find(buf_str(&sums), known, &said) ||
        !md5_of(fd, found))
        return FILE_UNKNOWN;
    buf_put_hex(&hex, str_bytes(found, MD5_SIZE));
    return str_eq(buf_str(&hex), said) ? FILE_INTACT : FILE_ALTERED;
}
