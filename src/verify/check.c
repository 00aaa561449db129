/* SPDX-License-Identifier: Apache-2.0 */
#include "tlog/proof_file.h"
#include "tlog/tiles.h"
#include "verify/mirror.h"
#include "verify/numbers.h"
#include "verify/visit.h"

err_t check_checkpoint(struct verify *verify)
{
    OWN(visit) visit = {.bytes = BUF(MAX_NOTE)};
    TRY(visit_read(verify, verify->words[0], &visit));
    return visit_check(verify, &visit);
}

/* The tiles have to be those of the new checkpoint: only then is what they say of the old one said by the log. */
static err_t grown_by_tiles(struct verify *verify, const struct checkpoint *old, const struct checkpoint *new)
{
    struct mirror mirror = {verify->env, *verify->options.log};
    const struct tile_source source = mirror_source(&mirror);
    OWN(tiles) tiles = NULL;
    struct proof proof;
    hash_t root;
    TRY(tiles_open(&source, new->size, &tiles));
    err_t code = tiles_root(tiles, &root);
    if (code == ERR_OK && !hash_eq(root, new->root))
        return find(verify, TAMPERED, "the tiles do not have the root that was signed");
    struct nodes nodes = tiles_nodes(tiles);
    if (code == ERR_OK)
        code = consistency_make(&nodes, (struct subtree){0, old->size}, new->size, &proof);
    if (code != ERR_OK)
        return find_in_tiles(verify, code);
    if (growth_holds(&(struct growth){old->size, new->size, old->root, new->root}, &proof))
        return ERR_OK;
    return find(verify, FORKED,
                "the log of %llu entries does not begin with the one of %llu that was signed before",
                (unsigned long long)new->size, (unsigned long long)old->size);
}

static err_t proof_lines_read(struct verify *verify, struct proof *out_proof)
{
    OWN(buf) text = BUF(MAX_BODY);
    TRY(verify->env->read_file(verify->env, *verify->options.proof, &text));
    buf_put_byte(&text, '\n');
    TRY(buf_end(&text));
    str_t rest = buf_str(&text);
    if (proof_read(&rest, out_proof) != ERR_OK || rest.len)
        return find(verify, NO_LOG, "%s is no proof: one hash in base64 a line", *verify->options.proof);
    return ERR_OK;
}

/* A proof that fails accuses nobody: whoever brought it may have changed it. */
static err_t grown_by_proof(struct verify *verify, const struct checkpoint *old, const struct checkpoint *new)
{
    struct proof proof;
    TRY(proof_lines_read(verify, &proof));
    if (growth_holds(&(struct growth){old->size, new->size, old->root, new->root}, &proof))
        return ERR_OK;
    return find(verify, TAMPERED,
                "the proof does not lead from %llu entries to %llu: it was changed, or the log has "
                "forked, which its tiles would show (--log)",
                (unsigned long long)old->size, (unsigned long long)new->size);
}

static err_t grown(struct verify *verify, const struct checkpoint *old, const struct checkpoint *new)
{
    if (new->size < old->size)
        return find(verify, STALE, "%llu entries, and %llu before", (unsigned long long)new->size,
                    (unsigned long long)old->size);
    if (new->size == old->size && !hash_eq(old->root, new->root))
        return find(verify, FORKED, "two checkpoints of %llu entries with different roots",
                    (unsigned long long)new->size);
    if (new->size == old->size || old->size == 0)
        return ERR_OK;
    if (*verify->options.log)
        return grown_by_tiles(verify, old, new);
    return *verify->options.proof
               ? grown_by_proof(verify, old, new)
               : fail(ERR_INVALID, "give --log or --proof: the two checkpoints alone do not tell");
}

err_t check_consistency(struct verify *verify)
{
    OWN(visit) old = {.bytes = BUF(MAX_NOTE)};
    OWN(visit) new = {.bytes = BUF(MAX_NOTE)};
    struct keys witnesses = verify->witnesses;
    TRY(visit_read(verify, verify->words[0], &old));
    TRY(visit_read(verify, verify->words[1], &new));
    verify->witnesses.count = 0; /* those are asked about the new one */
    TRY(visit_check(verify, &old));
    verify->witnesses = witnesses;
    TRY(visit_check(verify, &new));
    return grown(verify, &old.checkpoint, &new.checkpoint);
}

static err_t entry_read(struct verify *verify, const struct proof_file *file, buf_t *out_entry)
{
    if (*verify->options.entry)
        return verify->env->read_file(verify->env, *verify->options.entry, out_entry);
    if (!file->extra.len)
        return fail(ERR_INVALID, "the proof does not carry its entry: give --entry");
    return base64_padded_read(file->extra, out_entry);
}

err_t proof_check(struct verify *verify, const char *path, buf_t *out_entry)
{
    OWN(buf) bytes = BUF(MAX_PROOF_FILE);
    OWN(visit) visit = {.bytes = BUF(MAX_NOTE)};
    struct proof_file file;
    err_t code = verify->env->read_file(verify->env, path, &bytes);
    code = code == ERR_OK ? proof_file_read(buf_str(&bytes), &file) : code;
    if (code == ERR_INVALID || code == ERR_TOO_LARGE)
        return find(verify, NO_LOG, "%s", err_note());
    TRY(code);
    buf_put(&visit.bytes, file.checkpoint);
    if (buf_end(&visit.bytes) != ERR_OK)
        return find(verify, NO_LOG, "%s", err_note());
    TRY(visit_check(verify, &visit));
    TRY(entry_read(verify, &file, out_entry));
    if (proof_file_check(&file, &visit.checkpoint, buf_str(out_entry)) != ERR_OK)
        return find(verify, TAMPERED, "%s", err_note());
    verify->index = file.index;
    verify->has_index = true;
    return number_holds(buf_str(out_entry), file.index) ? ERR_OK
                                                        : find_gap(verify, buf_str(out_entry), file.index);
}

err_t check_proof(struct verify *verify)
{
    OWN(buf) entry = BUF(MAX_PROOF_FILE);
    return proof_check(verify, verify->words[0], &entry);
}
