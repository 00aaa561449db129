/* SPDX-License-Identifier: Apache-2.0 */
#include "tlog/proof_file.h"

static const str_t first_line = {"c2sp.org/tlog-proof@v1", 22};
static const str_t extra_mark = {"extra ", 6};
static const str_t index_mark = {"index ", 6};

void proof_file_put(buf_t *out, const struct proof_file *file)
{
    buf_put(out, first_line);
    if (file->extra.len) {
        buf_put_byte(out, '\n');
        buf_put(out, extra_mark);
        buf_put(out, file->extra);
    }
    buf_putf(out, "\nindex %llu\n", (unsigned long long)file->index);
    proof_put(out, &file->proof);
    buf_put_byte(out, '\n');
    buf_put(out, file->checkpoint);
}

static str_t behind(str_t line, str_t mark) { return str_bytes(line.at + mark.len, line.len - mark.len); }

/* The line after the first, where it is one of extra data. */
static err_t extra_read(str_t *rest, str_t *out_extra)
{
    OWN(buf) bytes = BUF(MAX_PROOF_FILE);
    *out_extra = str_bytes(rest->at, 0);
    if (!str_starts(*rest, extra_mark))
        return ERR_OK;
    *out_extra = behind(str_until(rest, '\n'), extra_mark);
    if (!out_extra->len)
        return fail(ERR_INVALID, "a line of extra data without any");
    return base64_padded_read(*out_extra, &bytes);
}

err_t proof_file_read(str_t bytes, struct proof_file *out_file)
{
    struct proof_file file;
    if (bytes.len > MAX_PROOF_FILE)
        return fail(ERR_TOO_LARGE, "a proof past %d bytes", MAX_PROOF_FILE);
    if (!str_eq(str_until(&bytes, '\n'), first_line))
        return fail(ERR_INVALID, "not a file of c2sp.org/tlog-proof@v1");
    TRY(extra_read(&bytes, &file.extra));
    str_t line = str_until(&bytes, '\n');
    if (!str_starts(line, index_mark))
        return fail(ERR_INVALID, "a proof without the index of its entry");
    TRY(str_number(behind(line, index_mark), TREE_SIZE_MAX, &file.index));
    TRY(proof_read(&bytes, &file.proof));
    if (!bytes.len)
        return fail(ERR_INVALID, "a proof without its checkpoint");
    file.checkpoint = bytes;
    *out_file = file;
    return ERR_OK;
}

err_t proof_file_check(const struct proof_file *file, const struct checkpoint *checkpoint, str_t entry)
{
    struct inclusion claim = {file->index, {0, checkpoint->size}, tree_leaf(entry), checkpoint->root};
    if (!inclusion_holds(&claim, &file->proof))
        return fail(ERR_LOCKED, "the log does not hold this entry at %llu", (unsigned long long)file->index);
    return ERR_OK;
}
