/* SPDX-License-Identifier: Apache-2.0
 *
 * access.client-only: the log whole, every opening in it by the client, everything personal sealed.
 */
#include "base/limits.h"
#include "log/act.h"
#include "log/read.h"
#include "prove/checks.h"
#include "tlog/checkpoint.h"
#include <unistd.h>

enum { SIGNED_WITHIN_MS = 1000, LOOK_MS = 100, GRACE_MS = 300 };

/* What was found in the log, entry by entry. */
struct walk {
    struct proving *proving;
    struct log_folder folder;
    struct checkpoint checkpoint;
    struct tree tree;
    int64_t opened, foreign; /* acts of opening; those by nobody of the client */
    bool gap;
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

static bool is_the_clients(str_t by) { return str_starts(by, STR("usr_")) || str_starts(by, STR("tok_")); }

static void entry_look(struct walk *walk, str_t entry)
{
    char begins[40];
    int len = snprintf(begins, sizeof begins, "{\"seq\":%llu,", (unsigned long long)walk->tree.size);
    const struct log_line line = log_line(entry);
    bool opening = str_eq(line.act, str(act_name(ACT_RECORDS_OPENED)));
    hash_t leaf = tree_leaf(entry);
    walk->gap |= !str_starts(entry, str_bytes(begins, (size_t)len));
    walk->opened += opening;
    walk->foreign += opening && !is_the_clients(line.by);
    tree_add(&walk->tree, &leaf, NULL);
}

static err_t entries_look(struct walk *walk)
{
    OWN(arena) arena = ARENA(MAX_MEMORY);
    for (uint64_t bundle = 0; walk->tree.size < walk->checkpoint.size; bundle++) {
        struct log_batch batch;
        arena_clear(&arena);
        TRY(log_bundle(&walk->folder, walk->checkpoint.size, bundle, &arena, &batch));
        for (size_t i = 0; i < batch.count; i++)
            entry_look(walk, batch.entries[i]);
    }
    return ERR_OK;
}

/* From the files alone; the checkpoint is the one beside them, signed by the key that the keys process says. */
static err_t log_walk(struct walk *walk, const Keys__Log *log)
{
    OWN(buf) note = BUF(MAX_NOTE);
    struct note_key key;
    TRY(log_folder_at(walk->proving->desk->env, walk->proving->logs,
                      ident_text("ten", walk->proving->tenant).text, &walk->folder));
    TRY(note_key_read(str(log->key), &key));
    TRY(log_folder_checkpoint(&walk->folder, &note));
    TRY(checkpoint_open(buf_str(&note), &key, &walk->checkpoint));
    return entries_look(walk);
}

static err_t personal_sealed(struct proving *proving, int64_t *out_sealed, int64_t *out_strange)
{
    for (const concept_t *const *c = concepts; *c; c++) {
        struct sealed_rows rows = {0};
        if ((*c)->home != HOME_TENANT)
            continue;
        TRY(sealed_rows(proving, *c, &rows));
        *out_sealed += rows.sealed;
        *out_strange += rows.strange;
    }
    return ERR_OK;
}

static const char *fault_of(const struct walk *walk, bool late, int64_t behind)
{
    hash_t root = tree_root(&walk->tree);
    if (!hash_eq(root, walk->checkpoint.root))
        return "the log's entries do not lead to its signed root";
    if (walk->gap)
        return "the log's numbers have a gap";
    if (behind > 0)
        return "the log's files are older than what was signed";
    if (late)
        return "entries wait for their signature for more than a second";
    return walk->foreign ? "records were opened by nobody of the client" : NULL;
}

static err_t client_only(struct proving *proving, struct finding *out_finding)
{
    Keys__Log *log = NULL;
    struct walk walk = {.proving = proving};
    int64_t sealed = 0, strange = 0;
    bool late = false;
    TRY(log_signed(proving, &log, &late));
    err_t walked = log_walk(&walk, log);
    if (walked != ERR_OK) {
        *out_finding =
            finding_put(proving, FINDING_BROKEN, "the log cannot be read as it was signed: %s", err_note());
        return arena_end(proving->desk->arena);
    }
    TRY(personal_sealed(proving, &sealed, &strange));
    const char *fault = fault_of(&walk, late, log->size - (int64_t)walk.checkpoint.size);
    fault = strange ? "the client's file holds something personal that is not sealed" : fault;
    *out_finding = finding_put(
        proving, fault ? FINDING_BROKEN : FINDING_KEPT,
        "%s%sof %lld openings in the log, %lld by nobody of the client; %llu entries lead to the signed root; sealed "
        "share of personal fields %lld %%: of %lld stored records with them, %lld not sealed",
        fault ? fault : "", fault ? ": " : "", (long long)walk.opened, (long long)walk.foreign,
        (unsigned long long)walk.tree.size, (long long)(sealed ? (sealed - strange) * 100 / sealed : 100),
        (long long)sealed, (long long)strange);
    return arena_end(proving->desk->arena);
}

err_t check_client_only(struct proving *proving, struct finding *out_finding)
{
    TRY(client_only(proving, out_finding));
    return exceptions_count(proving, out_finding);
}
