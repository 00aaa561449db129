/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/rpm_header.h"

#include <sys/stat.h>

enum { TYPE_CHAR = 1, TYPE_INT16 = 3, TYPE_INT32 = 4, TYPE_STRING = 6, TYPE_BIN = 7, TYPE_STRINGS = 8 };
enum { REGION = 63, TRAILER = 16 };
enum { FILE_STATES = 1029, FILE_MODES = 1030, FILE_DIGESTS = 1035 };
enum { FOLDER_NUMBERS = 1116, FILE_NAMES = 1117, FOLDERS = 1118 };
enum { INTRO = 8, ENTRY = 16, MAX_ENTRIES = 0xffff, MAX_HEADER = 64 * 1024 * 1024, MAX_FOLDERS = 65536 };

struct entry {
    uint32_t tag, type, offset, count;
};

static uint32_t number_at(const char *at)
{
    const unsigned char *byte = (const unsigned char *)at;
    return (uint32_t)byte[0] << 24 | (uint32_t)byte[1] << 16 | (uint32_t)byte[2] << 8 | byte[3];
}

static struct entry entry_at(const char *at)
{
    return (struct entry){number_at(at), number_at(at + 4), number_at(at + 8), number_at(at + 12)};
}

bool rpm_header_open(str_t blob, struct rpm_header *out_header)
{
    if (blob.len < INTRO || blob.len > MAX_HEADER)
        return false;
    size_t entries = number_at(blob.at), len = number_at(blob.at + 4);
    if (!entries || entries > MAX_ENTRIES || blob.len - INTRO < entries * ENTRY ||
        blob.len - INTRO - entries * ENTRY != len)
        return false;
    out_header->index = str_bytes(blob.at + INTRO, entries * ENTRY);
    out_header->data = str_bytes(blob.at + INTRO + entries * ENTRY, len);
    return true;
}

/* Its first entry leads to its end, where the same entry stands again and says, as a negative number, how long its index is. */
bool rpm_region(const struct rpm_header *header, struct rpm_header *out_region)
{
    const struct entry first = entry_at(header->index.at);
    if (first.tag != REGION || first.type != TYPE_BIN || first.count != TRAILER ||
        header->data.len < TRAILER || first.offset > header->data.len - TRAILER)
        return false;
    const struct entry last = entry_at(header->data.at + first.offset);
    uint32_t len = 0 - last.offset;
    if (last.tag != REGION || last.type != TYPE_BIN || last.count != TRAILER || !len || len % ENTRY ||
        len > header->index.len)
        return false;
    out_region->index = str_bytes(header->index.at, len);
    out_region->data = str_bytes(header->data.at, (size_t)first.offset + TRAILER);
    return true;
}

/* Values */

static bool entry_find(const struct rpm_header *header, uint32_t tag, struct entry *out_entry)
{
    for (size_t at = 0; at < header->index.len; at += ENTRY) {
        *out_entry = entry_at(header->index.at + at);
        if (out_entry->tag == tag)
            return true;
    }
    return false;
}

bool rpm_has(const struct rpm_header *header, uint32_t tag)
{
    struct entry entry;
    return entry_find(header, tag, &entry);
}

/* So many values of so many bytes. */
static bool values_find(const struct rpm_header *header, struct entry want, size_t size, str_t *out_values)
{
    struct entry entry;
    if (!entry_find(header, want.tag, &entry) || entry.type != want.type || entry.count != want.count ||
        entry.offset > header->data.len || (header->data.len - entry.offset) / size < entry.count)
        return false;
    *out_values = str_bytes(header->data.at + entry.offset, entry.count * size);
    return true;
}

static bool strings_find(const struct rpm_header *header, uint32_t tag, uint32_t type,
                         struct rpm_texts *out_texts)
{
    struct entry entry;
    if (!entry_find(header, tag, &entry) || entry.type != type || !entry.count ||
        entry.offset >= header->data.len)
        return false;
    *out_texts = (struct rpm_texts){
        str_bytes(header->data.at + entry.offset, header->data.len - entry.offset), entry.count};
    return true;
}

bool rpm_texts(const struct rpm_header *header, uint32_t tag, struct rpm_texts *out_texts)
{
    return strings_find(header, tag, TYPE_STRINGS, out_texts);
}

bool rpm_texts_next(struct rpm_texts *texts, str_t *out_text)
{
    const char *end = texts->count && texts->rest.len ? memchr(texts->rest.at, '\0', texts->rest.len) : NULL;
    if (!end)
        return false;
    *out_text = str_until(&texts->rest, '\0');
    texts->count--;
    return true;
}

bool rpm_text(const struct rpm_header *header, uint32_t tag, str_t *out_text)
{
    struct rpm_texts texts;
    return strings_find(header, tag, TYPE_STRING, &texts) && texts.count == 1 &&
           rpm_texts_next(&texts, out_text);
}

bool rpm_bytes(const struct rpm_header *header, uint32_t tag, str_t *out_bytes)
{
    struct entry entry;
    return entry_find(header, tag, &entry) &&
           values_find(header, (struct entry){.tag = tag, .type = TYPE_BIN, .count = entry.count}, 1,
                       out_bytes);
}

bool rpm_number(const struct rpm_header *header, uint32_t tag, uint32_t *out_number)
{
    str_t bytes;
    if (!values_find(header, (struct entry){.tag = tag, .type = TYPE_INT32, .count = 1}, 4, &bytes))
        return false;
    *out_number = number_at(bytes.at);
    return true;
}

static void number_put(uint8_t *at, size_t number)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(number >> (24 - 8 * i));
}

void rpm_signed_bytes(const struct rpm_header *region, uint8_t intro[RPM_INTRO], str_t out_parts[3])
{
    static const uint8_t magic[8] = {0x8e, 0xad, 0xe8, 0x01};
    memcpy(intro, magic, sizeof magic);
    number_put(intro + 8, region->index.len / ENTRY);
    number_put(intro + 12, region->data.len);
    out_parts[0] = str_bytes(intro, RPM_INTRO);
    out_parts[1] = region->index;
    out_parts[2] = region->data;
}

bool rpm_package_read(const struct rpm_header *header, struct rpm_package *out_package)
{
    struct rpm_package package = {0};
    if (!rpm_text(header, RPM_NAME, &package.name) || !rpm_text(header, RPM_VERSION, &package.version) ||
        !rpm_text(header, RPM_RELEASE, &package.release))
        return false;
    package.has_epoch = rpm_number(header, RPM_EPOCH, &package.epoch);
    *out_package = package;
    return package.name.len && package.version.len && package.release.len &&
           package.has_epoch == rpm_has(header, RPM_EPOCH);
}

/* Files */

void rpm_files_drop(struct rpm_files *files)
{
    free(files->folders);
    *files = (struct rpm_files){0};
}

static bool folders_read(const struct rpm_header *region, struct rpm_files *files)
{
    struct rpm_texts folders;
    if (!rpm_texts(region, FOLDERS, &folders) || folders.count > MAX_FOLDERS ||
        !(files->folders = calloc(folders.count, sizeof *files->folders)))
        return false;
    while (rpm_texts_next(&folders, &files->folders[files->folder_count]))
        files->folder_count++;
    return !folders.count;
}

bool rpm_files_open(const struct rpm_header *header, const struct rpm_header *region,
                    struct rpm_files *out_files)
{
    struct rpm_files *files = out_files;
    if (!rpm_texts(region, FILE_NAMES, &files->names) || !rpm_texts(region, FILE_DIGESTS, &files->digests) ||
        files->names.count != files->digests.count)
        return false;
    uint32_t count = (uint32_t)files->names.count;
    return values_find(region, (struct entry){FOLDER_NUMBERS, TYPE_INT32, 0, count}, 4,
                       &files->folder_numbers) &&
           values_find(region, (struct entry){FILE_MODES, TYPE_INT16, 0, count}, 2, &files->modes) &&
           values_find(header, (struct entry){FILE_STATES, TYPE_CHAR, 0, count}, 1, &files->states) &&
           folders_read(region, files);
}

bool rpm_files_next(struct rpm_files *files, struct rpm_file *out_file)
{
    size_t i = files->at;
    if (!rpm_texts_next(&files->names, &out_file->name) ||
        !rpm_texts_next(&files->digests, &out_file->digest))
        return false;
    size_t folder = number_at(files->folder_numbers.at + 4 * i);
    if (folder >= files->folder_count)
        return false;
    unsigned mode = (unsigned)(uint8_t)files->modes.at[2 * i] << 8 | (uint8_t)files->modes.at[2 * i + 1];
    out_file->folder = files->folders[folder];
    out_file->there = S_ISREG(mode) && out_file->digest.len && !files->states.at[i];
    files->at++;
    return true;
}
