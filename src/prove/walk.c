/* SPDX-License-Identifier: Apache-2.0 */
#include "prove/walk.h"

#include "base/limits.h"
#include "tlog/checkpoint.h"
#include <unistd.h>

enum { SIGNED_WITHIN_MS = 1000, LOOK_MS = 100, GRACE_MS = 300 };

/* What is known of the files while they are walked through. */
struct files {
    struct log_folder folder;
    struct checkpoint checkpoint;
    struct tree tree;
    bool gap, late;
};

static err_t log_ask(struct proving *proving, Keys__Log **out_log)
{
    Keys__Bearer in = KEYS__BEARER__INIT;
    in.bearer = (char *)(uintptr_t)proving->bearer;
    return keys_ask(proving->desk->channel, &(struct question){ASK_log_about, &in}, proving->desk->arena,
                    out_log);
}

/* The log as it is once what is there now is signed; `*out_late` where that takes more than a second. */
static err_t log_signed(struct proving *proving, Keys__Log **out_log, bool *out_late)
{
    TRY(log_ask(proving, out_log));
    int64_t entries = (*out_log)->entries;
    for (int waited = 0; (*out_log)->size < entries && waited < SIGNED_WITHIN_MS + GRACE_MS;
         waited += LOOK_MS) {
        usleep(LOOK_MS * 1000);
        TRY(log_ask(proving, out_log));
    }
    *out_late = (*out_log)->size < entries;
    return ERR_OK;
}

static void entry_look(struct log_walk *walk, struct files *files, str_t entry)
{
    char begins[40];
    int len = snprintf(begins, sizeof begins, "{\"seq\":%llu,", (unsigned long long)files->tree.size);
    hash_t leaf = tree_leaf(entry);
    files->gap |= !str_starts(entry, str_bytes(begins, (size_t)len));
    tree_add(&files->tree, &leaf, NULL);
    walk->look(walk->with, entry);
}

static err_t entries_look(struct log_walk *walk, struct files *files)
{
    OWN(arena) arena = ARENA(MAX_MEMORY);
    for (uint64_t bundle = 0; files->tree.size < files->checkpoint.size; bundle++) {
        struct log_batch batch;
        arena_clear(&arena);
        TRY(log_bundle(&files->folder, files->checkpoint.size, bundle, &arena, &batch));
        for (size_t i = 0; i < batch.count; i++)
            entry_look(walk, files, batch.entries[i]);
    }
    return ERR_OK;
}

/* The checkpoint is the one beside the files, signed by the key that the keys process says. */
static err_t files_walk(struct log_walk *walk, struct files *files, const Keys__Log *log)
{
    OWN(buf) note = BUF(MAX_NOTE);
    struct note_key key;
    TRY(log_folder_at(walk->proving->desk->env, walk->proving->logs,
                      ident_text("ten", walk->proving->tenant).text, &files->folder));
    TRY(note_key_read(str(log->key), &key));
    TRY(log_folder_checkpoint(&files->folder, &note));
    TRY(checkpoint_open(buf_str(&note), &key, &files->checkpoint));
    return entries_look(walk, files);
}

static const char *fault_of(const struct files *files, int64_t behind)
{
    hash_t root = tree_root(&files->tree);
    if (!hash_eq(root, files->checkpoint.root))
        return "the log's entries do not lead to its signed root";
    if (files->gap)
        return "the log's numbers have a gap";
    if (behind > 0)
        return "the log's files are older than what was signed";
    return files->late ? "entries wait for their signature for more than a second" : NULL;
}

err_t log_walk(struct log_walk *walk)
{
    Keys__Log *log = NULL;
    struct files files = {0};
    TRY(log_signed(walk->proving, &log, &files.late));
    err_t walked = files_walk(walk, &files, log);
    walk->entries = files.tree.size;
    walk->fault =
        walked == ERR_OK
            ? fault_of(&files, log->size - (int64_t)files.checkpoint.size)
            : words_put(walk->proving, "the log cannot be read as it was signed: %s", err_note()).at;
    return arena_end(walk->proving->desk->arena);
}
