/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/packages_private.h"

#include "guard/rpm_database.h"
#include "guard/rpm_header.h"
#include "guard/vetting.h"

enum { CERTIFICATE_MAX = 1024 * 1024, SIGNATURE_MAX = 16 * 1024, PATH_LEN = 4096 };

static bool is_key(const struct rpm_header *header)
{
    str_t name;
    return rpm_text(header, RPM_NAME, &name) && str_eq(name, STR("gpg-pubkey"));
}

/* rpm breaks it into lines. */
static err_t base64_lines_read(str_t text, buf_t *out_bytes)
{
    OWN(buf) joined = BUF(CERTIFICATE_MAX);
    while (text.len)
        buf_put(&joined, str_until(&text, '\n'));
    TRY(buf_end(&joined));
    return base64_padded_read(buf_str(&joined), out_bytes);
}

/* Keys: whoever may write to the database may add one, as root may with `rpm --import`. */
static err_t key_take(void *with, int64_t number, str_t blob)
{
    struct rpm_header header;
    struct rpm_texts texts = {0};
    str_t text;
    (void)number;
    if (!rpm_header_open(blob, &header) || !is_key(&header) || !rpm_texts(&header, RPM_PUBKEYS, &texts))
        return ERR_OK;
    while (rpm_texts_next(&texts, &text)) {
        OWN(buf) bytes = BUF(CERTIFICATE_MAX);
        if (base64_lines_read(text, &bytes) == ERR_OK)
            vetting_add(with, buf_str(&bytes));
    }
    return ERR_OK;
}

/* Signatures: one that holds is enough. */

static enum signature check(struct vetting *vetting, const str_t over[VETTING_PARTS], str_t signature)
{
    return vetting ? vetting_check(vetting, over, signature) : SIGNATURE_STRANGE;
}

static enum signature better(enum signature one, enum signature other) { return one > other ? one : other; }

static enum signature signature_of(struct vetting *vetting, const struct rpm_header *header,
                                   const struct rpm_header *region)
{
    static const uint32_t tags[] = {RPM_RSA, RPM_DSA};
    enum signature found = SIGNATURE_NONE;
    uint8_t intro[RPM_INTRO];
    str_t over[VETTING_PARTS], bytes;
    struct rpm_texts texts = {0};
    rpm_signed_bytes(region, intro, over);
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
        if (rpm_bytes(header, tags[i], &bytes))
            found = better(found, check(vetting, over, bytes));
    for (rpm_texts(header, RPM_OPENPGP, &texts); rpm_texts_next(&texts, &bytes);) {
        OWN(buf) packet = BUF(SIGNATURE_MAX);
        if (base64_lines_read(bytes, &packet) == ERR_OK)
            found = better(found, check(vetting, over, buf_str(&packet)));
    }
    return found;
}

/* Packages */

struct reading {
    struct packages *packages;
    struct vetting *vetting; /* NULL: there is nobody to ask */
};

static err_t files_read(struct packages *packages, const struct rpm_header *header,
                        const struct rpm_header *region)
{
    OWN(rpm_files) files = {0};
    struct rpm_file file;
    char path[PATH_LEN];
    if (!rpm_files_open(header, region, &files))
        return ERR_OK;
    while (rpm_files_next(&files, &file)) {
        int len = snprintf(path, sizeof path, "%.*s%.*s", STR_ARG(file.folder), STR_ARG(file.name));
        if (file.there && len > 0 && (size_t)len < sizeof path)
            TRY(packages_file_add(packages, str_bytes(path, (size_t)len), packages->names_count - 1));
    }
    return ERR_OK;
}

static err_t of_rpm_add(struct packages *packages, const struct of_rpm *one)
{
    size_t at = packages->names_count - packages->dpkg - 1;
    if (at == packages->rpm_room) {
        size_t room = packages->rpm_room ? packages->rpm_room * 2 : 256;
        struct of_rpm *of_rpm = reallocarray(packages->of_rpm, room, sizeof *of_rpm);
        if (!of_rpm)
            return fail(ERR_BUSY, "no memory for %zu packages of rpm", room);
        packages->of_rpm = of_rpm;
        packages->rpm_room = room;
    }
    packages->of_rpm[at] = *one;
    return ERR_OK;
}

/* What no region holds was written by an rpm older than this century's first: it is no package here. */
static err_t package_take(void *with, int64_t number, str_t blob)
{
    struct reading *reading = with;
    struct rpm_header header, region;
    struct rpm_package package;
    struct of_rpm one = {.number = number};
    if (!rpm_header_open(blob, &header) || !rpm_region(&header, &region) ||
        !rpm_package_read(&region, &package) || is_key(&header) ||
        !packages_name_add(reading->packages, package.name))
        return ERR_OK;
    one.signature = signature_of(reading->vetting, &header, &region);
    digest(blob, one.header);
    TRY(of_rpm_add(reading->packages, &one));
    return files_read(reading->packages, &header, &region);
}

err_t packages_rpm_read(struct packages *packages)
{
    OWN(rpm_database) database = NULL;
    OWN(vetting) vetting = NULL;
    TRY(rpm_database_open(packages->root, &database));
    packages->unchecked = vetting_open(&vetting) != ERR_OK;
    if (vetting)
        TRY(rpm_database_each(database, &(struct rpm_reader){key_take, vetting}));
    struct reading reading = {packages, vetting};
    TRY(rpm_database_each(database, &(struct rpm_reader){package_take, &reading}));
    packages->cut = vetting && vetting_is_over(vetting);
    return ERR_OK;
}

/* State */

struct telling {
    const struct of_rpm *of;
    str_t path;
    int fd;
    enum file_state state;
};

static const char *digest_method(const struct rpm_header *region)
{
    static const char *const methods[] = {
        [1] = "MD5", [2] = "SHA1", [8] = "SHA256", [9] = "SHA384", [10] = "SHA512", [11] = "SHA224"};
    uint32_t number = 1;
    if (rpm_has(region, RPM_DIGEST_KIND) && !rpm_number(region, RPM_DIGEST_KIND, &number))
        return NULL;
    return number < sizeof methods / sizeof *methods ? methods[number] : NULL;
}

static bool is_at(const struct rpm_file *file, str_t path)
{
    return file->there && file->folder.len + file->name.len == path.len && str_starts(path, file->folder) &&
           !memcmp(path.at + file->folder.len, file->name.at, file->name.len);
}

static enum file_state state_by(const struct telling *telling, const struct rpm_header *region, str_t said)
{
    OWN(buf) found = BUF(256);
    const char *method = digest_method(region);
    if (!method || telling->of->signature == SIGNATURE_BAD || !packages_digest(telling->fd, method, &found))
        return FILE_UNKNOWN;
    if (!str_eq(buf_str(&found), said))
        return FILE_ALTERED;
    return telling->of->signature == SIGNATURE_GOOD ? FILE_SIGNED : FILE_INTACT;
}

static err_t header_tell(void *with, int64_t number, str_t blob)
{
    struct telling *telling = with;
    OWN(rpm_files) files = {0};
    struct rpm_header header, region;
    struct rpm_file file;
    uint8_t now[DIGEST_SIZE];
    (void)number;
    digest(blob, now);
    if (memcmp(now, telling->of->header, DIGEST_SIZE) != 0 || !rpm_header_open(blob, &header) ||
        !rpm_region(&header, &region) || !rpm_files_open(&header, &region, &files))
        return ERR_OK;
    while (rpm_files_next(&files, &file))
        if (is_at(&file, telling->path)) {
            telling->state = state_by(telling, &region, file.digest);
            return ERR_OK;
        }
    return ERR_OK;
}

enum file_state packages_rpm_state(const struct packages *packages, size_t package, str_t path, int fd)
{
    OWN(rpm_database) database = NULL;
    struct telling telling = {&packages->of_rpm[package - packages->dpkg], path, fd, FILE_UNKNOWN};
    if (rpm_database_open(packages->root, &database) != ERR_OK ||
        rpm_database_one(database, telling.of->number, &(struct rpm_reader){header_tell, &telling}) != ERR_OK)
        return FILE_UNKNOWN;
    return telling.state;
}
