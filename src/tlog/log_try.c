/* SPDX-License-Identifier: Apache-2.0
 *
 * For the end-to-end tests: a small log on the disk, at several sizes, and what it would ask a witness.
 *
 *     log_try FOLDER one|other SIZE...           one and other: two logs of one key that fork at their first entry
 *
 * FOLDER/key         the public key                    FOLDER/log/…            the tiles
 * FOLDER/N           the checkpoint of each size N     FOLDER/O-N              what a witness is asked from O to N
 * FOLDER/I.tlog-proof, FOLDER/I.entry                  for the last entry of each size
 */
#include "tlog/log_given.h"

#include <errno.h>
#include <sys/stat.h>

enum { SIZES_MAX = 64, PATH_MAX_BYTES = 512 };

static err_t file_put(const char *folder, const char *name, str_t bytes)
{
    char path[PATH_MAX_BYTES];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    for (char *at = path + strlen(folder) + 1; (at = strchr(at, '/')); *at++ = '/') {
        *at = '\0';
        if (mkdir(path, 0700) != 0 && errno != EEXIST)
            return fail(ERR_BROKEN, "cannot make %s", path);
    }
    OWN(file) file = fopen(path, "wb");
    if (!file || fwrite(bytes.at, 1, bytes.len, file) != bytes.len)
        return fail(ERR_BROKEN, "cannot write %s", path);
    return ERR_OK;
}

static err_t ask_put(const struct given_log *log, const char *folder, uint64_t old_size)
{
    char name[64];
    OWN(buf) body = BUF(MAX_NOTE);
    TRY(given_ask(log, old_size, &body));
    snprintf(name, sizeof name, "%llu-%llu", (unsigned long long)old_size, (unsigned long long)log->size);
    return file_put(folder, name, buf_str(&body));
}

static err_t last_put(const struct given_log *log, const char *folder)
{
    char name[64];
    OWN(buf) file = BUF(MAX_PROOF_FILE);
    OWN(buf) entry = BUF(64);
    unsigned long long index = log->size - 1;
    TRY(given_proof(log, index, &file));
    given_entry(log, index, &entry);
    snprintf(name, sizeof name, "%llu.tlog-proof", index);
    TRY(file_put(folder, name, buf_str(&file)));
    snprintf(name, sizeof name, "%llu.entry", index);
    return file_put(folder, name, buf_str(&entry));
}

static err_t size_put(struct given_log *log, const char *folder, uint64_t size, const uint64_t *before)
{
    char name[64];
    OWN(buf) note = BUF(MAX_NOTE);
    TRY(given_growth(log, size));
    TRY(given_checkpoint(log, &note));
    snprintf(name, sizeof name, "%llu", (unsigned long long)size);
    TRY(file_put(folder, name, buf_str(&note)));
    TRY(file_put(folder, "log/checkpoint", buf_str(&note)));
    TRY(last_put(log, folder));
    TRY(ask_put(log, folder, size));
    for (; *before < size; before++)
        TRY(ask_put(log, folder, *before));
    return ERR_OK;
}

static err_t log_put(struct given_log *log, const char *folder, char **sizes)
{
    uint64_t all[SIZES_MAX] = {0};
    OWN(buf) key = BUF(1024);
    note_key_put(&key, &log->signer.key);
    TRY(file_put(folder, "key", buf_str(&key)));
    for (size_t i = 0; sizes[i] && i + 2 < SIZES_MAX; i++) {
        TRY(str_number(str(sizes[i]), 100000, &all[i + 1]));
        TRY(size_put(log, folder, all[i + 1], all));
    }
    for (size_t i = 0; i < log->shelf->count; i++) {
        char name[PATH_MAX_BYTES];
        snprintf(name, sizeof name, "log/%s", log->shelf->files[i].path.text);
        TRY(file_put(folder, name, buf_str(&log->shelf->files[i].bytes)));
    }
    return ERR_OK;
}

int main(int argc, char **argv)
{
    OWN(given_log) log = {0};
    if (argc < 4 || given_log(&log, 1) != ERR_OK)
        return 2;
    if (strcmp(argv[2], "one") != 0)
        log.entry = "other %llu";
    err_t done = log_put(&log, argv[1], argv + 3);
    if (done != ERR_OK)
        fprintf(stderr, "log_try: %s\n", err_note());
    return done != ERR_OK;
}
