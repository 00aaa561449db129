/* SPDX-License-Identifier: Apache-2.0 */
#include "extract/archive.h"

#include "crypt/hash.h"
#include "tlog/receipt.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { MANIFEST_MOST = 32 * 1024 * 1024, README_MOST = 8 * 1024, NOTES_MOST = 8 * 1024 };

struct archive {
    struct env *env;
    struct archive_about about;
    char path[1024];
    int fd;
    bool whole;
    struct hash *hash;
    struct age_writer *age;
    struct zip zip;
    struct page page;
    buf_t files, notes; /* of the manifest */
    struct {
        char name[ZIP_NAME_MAX + 1];
        uint64_t size;
        struct hash *hash;
    } open; /* a file that comes in pieces */
    uint64_t records, size;
    moment_t made;
};

static err_t disk_put(void *to, str_t bytes)
{
    struct archive *archive = to;
    TRY(hash_add(archive->hash, bytes));
    archive->size += bytes.len;
    while (bytes.len) {
        ssize_t some = write(archive->fd, bytes.at, bytes.len);
        if (some < 0 && errno == EINTR)
            continue;
        if (some < 0)
            return errno == ENOSPC || errno == EDQUOT
                       ? fail(ERR_BUSY, "no room on the service's disk for this archive")
                       : fail(ERR_BROKEN, "the archive cannot be written: %s", strerror(errno));
        bytes = str_bytes(bytes.at + some, bytes.len - (size_t)some);
    }
    return ERR_OK;
}

static err_t sealed_put(void *to, str_t bytes) { return age_write(((struct archive *)to)->age, bytes); }

/* The lock goes with the descriptor, and so with the process: what a crash leaves is written over by the next. */
static err_t file_open(struct archive *archive)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    archive->fd = open(archive->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (archive->fd < 0)
        return fail(errno == ENOSPC ? ERR_BUSY : ERR_BROKEN, "no archive can be begun: %s", strerror(errno));
    if (fcntl(archive->fd, F_OFD_SETLK, &lock) != 0) {
        close(give(archive->fd));
        return fail(ERR_BUSY, "this archive is being made already");
    }
    return ftruncate(archive->fd, 0) == 0 ? ERR_OK : fail(ERR_BROKEN, "cannot empty an archive");
}

void archive_drop(struct archive **place)
{
    struct archive *archive = give(*place);
    if (!archive)
        return;
    if (archive->fd > 0 && !archive->whole)
        unlink(archive->path);
    if (archive->fd > 0)
        close(archive->fd);
    hash_drop(&archive->hash);
    hash_drop(&archive->open.hash);
    age_writer_drop(&archive->age);
    zip_drop(&archive->zip);
    page_drop(&archive->page);
    buf_drop(&archive->files);
    buf_drop(&archive->notes);
    free(archive);
}

static err_t sealing_begin(struct archive *archive)
{
    struct key recipient;
    TRY(age_recipient_read(str(archive->about.recipient), &recipient));
    const struct age_write_ask to = {.recipients = &recipient, .count = 1, .sink = {disk_put, archive}};
    return age_write_begin(archive->env, &to, &archive->age);
}

err_t archive_begin(struct env *env, const struct archive_ask *ask, struct archive **out_archive)
{
    OWN(archive) archive = calloc(1, sizeof *archive);
    if (!archive)
        return fail(ERR_BUSY, "no memory for an archive");
    archive->env = env;
    archive->about = ask->about;
    archive->made = env->now(env);
    archive->zip.sink = (struct age_sink){sealed_put, archive};
    archive->files.limit = MANIFEST_MOST;
    archive->notes.limit = NOTES_MOST;
    snprintf(archive->path, sizeof archive->path, "%s", ask->path);
    TRY(hash_begin(&archive->hash));
    TRY(file_open(archive));
    TRY(sealing_begin(archive));
    *out_archive = give(archive);
    return ERR_OK;
}

static void manifest_file(struct archive *archive, const char *name, uint64_t size,
                          const uint8_t hash[DIGEST_SIZE])
{
    buf_put(&archive->files, archive->files.len ? STR(",\n    ") : STR("\n    "));
    buf_put(&archive->files, STR("{\"name\":"));
    buf_put_json(&archive->files, str(name));
    buf_putf(&archive->files, ",\"size\":%llu,\"sha256\":\"", (unsigned long long)size);
    buf_put_hex(&archive->files, str_bytes(hash, DIGEST_SIZE));
    buf_put(&archive->files, STR("\"}"));
}

static err_t file_put(struct archive *archive, const char *name, str_t bytes)
{
    return zip_add(&archive->zip, &(struct zip_file){name, archive->made, bytes});
}

err_t archive_file(struct archive *archive, const char *name, str_t bytes)
{
    uint8_t hash[DIGEST_SIZE];
    digest(bytes, hash);
    manifest_file(archive, name, bytes.len, hash);
    return file_put(archive, name, bytes);
}

err_t archive_file_begin(struct archive *archive, const char *name, uint64_t most)
{
    snprintf(archive->open.name, sizeof archive->open.name, "%s", name);
    archive->open.size = 0;
    TRY(hash_begin(&archive->open.hash));
    return zip_begin(&archive->zip, &(struct zip_pieces){name, archive->made, most});
}

err_t archive_file_put(struct archive *archive, str_t bytes)
{
    archive->open.size += bytes.len;
    TRY(hash_add(archive->open.hash, bytes));
    return zip_put(&archive->zip, bytes);
}

err_t archive_file_end(struct archive *archive)
{
    uint8_t hash[DIGEST_SIZE];
    TRY(hash_end(archive->open.hash, hash));
    hash_drop(&archive->open.hash);
    manifest_file(archive, archive->open.name, archive->open.size, hash);
    return zip_close(&archive->zip);
}

void archive_note(struct archive *archive, const char *note)
{
    buf_put(&archive->notes, archive->notes.len ? STR(",\n    ") : STR("\n    "));
    buf_put_json(&archive->notes, str(note));
}

/* Tables */

void table_drop(struct table *table)
{
    buf_drop(&table->json);
    buf_drop(&table->csv);
}

static void part_begin(struct table *table)
{
    table->json.limit = table->csv.limit = TABLE_MOST;
    buf_clear(&table->json);
    buf_clear(&table->csv);
    buf_put(&table->csv, table->head);
    buf_put(&table->csv, STR("\r\n"));
    table->from_json = 0;
}

err_t archive_table_begin(struct archive *archive, struct table *table)
{
    table->records = table->parts = 0;
    part_begin(table);
    page_table(&archive->page, table->name);
    return buf_end(&table->csv);
}

/* The only part there is has no number. */
static err_t part_put(struct archive *archive, struct table *table, bool last)
{
    char name[128], number[16] = "";
    if (table->parts || !last)
        snprintf(number, sizeof number, "-%04llu", (unsigned long long)++table->parts);
    TRY(buf_end(&table->json));
    TRY(buf_end(&table->csv));
    snprintf(name, sizeof name, "data/%s%s.jsonl", table->name, number);
    TRY(archive_file(archive, name, buf_str(&table->json)));
    snprintf(name, sizeof name, "data/%s%s.csv", table->name, number);
    TRY(archive_file(archive, name, buf_str(&table->csv)));
    part_begin(table);
    return ERR_OK;
}

err_t table_row(struct archive *archive, struct table *table)
{
    TRY(buf_end(&table->json));
    page_row(&archive->page,
             str_bytes(table->json.at + table->from_json, table->json.len - table->from_json));
    buf_put(&table->json, STR("\n"));
    buf_put(&table->csv, STR("\r\n"));
    table->from_json = table->json.len;
    table->records++;
    archive->records++;
    return table->json.len < TABLE_PART && table->csv.len < TABLE_PART ? buf_end(&table->csv)
                                                                       : part_put(archive, table, false);
}

err_t archive_table_end(struct archive *archive, struct table *table)
{
    page_table_end(&archive->page, table->records);
    return table->json.len || !table->parts ? part_put(archive, table, true) : ERR_OK;
}

/* The end */

static void readme_put(const struct archive *archive, buf_t *out)
{
    const struct archive_about *about = &archive->about;
    buf_putf(out, "%s\n\nMade on %s by Custody for the client %s.\n\n", about->what,
             moment_text(archive->made).text, about->client);
    buf_put(
        out,
        STR("index.html      reads all of this offline: open it in a browser, from this folder\n"
            "data/           one table a kind of record: JSON Lines (.jsonl) and CSV (.csv), the same rows;\n"
            "                a table of more than 16 MiB is several files, -0001, -0002 and so on\n"
            "manifest.json   every file with its size and SHA-256, what was left out, and why\n"));
    buf_put(out, STR("recordings/     videos of sessions, as data/recordings.jsonl lists them\n"
                     "policies/       the signed policies\n"
                     "log/            the evidence log as it was published; in this folder\n"
                     "                custody-verify log log --key \"$(cat log/key)\"\n"
                     "                computes it anew, without the service\n\n"));
    buf_put(
        out,
        STR("Ids are the service's own: dev_ a device, acc_ an account, usr_ a member. Times are UTC.\n\n" RECEIPT_WARNING
            "\n"));
}

static void manifest_put(const struct archive *archive, buf_t *out)
{
    const struct archive_about *about = &archive->about;
    buf_put(out, STR("{\n  \"format\":\"custody-archive/1\",\n  \"client\":"));
    buf_put_json(out, str(about->client));
    buf_putf(out, ",\n  \"tenant\":\"%s\"", ident_text("ten", about->tenant).text);
    buf_putf(out, ",\n  \"export\":\"%s\"", ident_text("exp", about->export).text);
    buf_putf(out, ",\n  \"kind\":\"%s\",\n  \"made\":\"%s\"", about->kind, moment_text(archive->made).text);
    buf_putf(out, ",\n  \"accepted_by\":\"%s\"", ident_text("usr", about->by).text);
    buf_putf(out, ",\n  \"accepted\":\"%s\",\n  \"warning\":", moment_text(about->accepted).text);
    buf_put_json(out, STR(RECEIPT_WARNING));
    buf_putf(out, ",\n  \"recipient\":\"%s\",\n  \"records\":%llu", about->recipient,
             (unsigned long long)archive->records);
    buf_put(out,
            STR(",\n  \"receipt\":\"It is signed when the archive is handed over, and names the SHA-256 of "
                "this file and of the archive: custody handover receipt\""));
    buf_put(out, STR(",\n  \"notes\":["));
    buf_put(out, buf_str(&archive->notes));
    buf_put(out, STR("\n  ],\n  \"files\":["));
    buf_put(out, buf_str(&archive->files));
    buf_put(out, STR("\n  ]\n}\n"));
}

static err_t page_file(struct archive *archive)
{
    OWN(buf) html = BUF(PAGE_MOST);
    char when[256];
    snprintf(when, sizeof when, "%s, made on %s for %s; %llu records", archive->about.kind,
             moment_text(archive->made).text, archive->about.client, (unsigned long long)archive->records);
    TRY(page_put(&archive->page, &(struct page_about){archive->about.what, when}, &html));
    return archive_file(archive, "index.html", buf_str(&html));
}

static err_t readme_file(struct archive *archive)
{
    OWN(buf) readme = BUF(README_MOST);
    readme_put(archive, &readme);
    TRY(buf_end(&readme));
    return archive_file(archive, "README.txt", buf_str(&readme));
}

static err_t manifest_file_put(struct archive *archive, uint8_t out_digest[DIGEST_SIZE])
{
    OWN(buf) manifest = BUF(MANIFEST_MOST + NOTES_MOST + README_MOST);
    TRY(buf_end(&archive->files));
    TRY(buf_end(&archive->notes));
    manifest_put(archive, &manifest);
    TRY(buf_end(&manifest));
    digest(buf_str(&manifest), out_digest);
    return file_put(archive, "manifest.json", buf_str(&manifest));
}

err_t archive_end(struct archive *archive, struct archive_made *out_made)
{
    struct archive_made made = {.records = archive->records};
    TRY(page_file(archive));
    TRY(readme_file(archive));
    TRY(manifest_file_put(archive, made.manifest));
    TRY(zip_end(&archive->zip));
    TRY(age_write_end(archive->age));
    if (fsync(archive->fd) != 0)
        return fail(ERR_BROKEN, "the archive cannot be made durable: %s", strerror(errno));
    TRY(hash_end(archive->hash, made.digest));
    made.size = archive->size;
    made.files = archive->zip.files;
    archive->whole = true;
    *out_made = made;
    return ERR_OK;
}
