/* SPDX-License-Identifier: Apache-2.0 */
#include "log/read.h"

#include "tlog/proof_file.h"
#include "tlog/tiles.h"

#include "base/limits.h"

err_t log_size_of(str_t checkpoint, uint64_t *out_size)
{
    struct note note;
    struct checkpoint read;
    TRY(note_split(checkpoint, &note));
    TRY(checkpoint_read(note.text, &read));
    *out_size = read.size;
    return ERR_OK;
}

err_t log_size(const struct log_folder *folder, uint64_t *out_size)
{
    OWN(buf) bytes = BUF(MAX_NOTE);
    *out_size = 0;
    err_t read = log_folder_checkpoint(folder, &bytes);
    if (read == ERR_MISSING)
        return ERR_OK;
    TRY(read);
    return log_size_of(buf_str(&bytes), out_size);
}

err_t log_bundle(const struct log_folder *folder, uint64_t size, uint64_t bundle, arena_t *arena,
                 struct log_batch *out_bundle)
{
    OWN(buf) bytes = BUF(BUNDLE_BYTES);
    const struct tile_source source = log_folder_source(folder);
    const struct tile tile = {TILE_ENTRIES, bundle, tile_width(size, TILE_ENTRIES, bundle)};
    if (!tile.width)
        return fail(ERR_MISSING, "the log has not come so far");
    TRY(tile_fetch(&source, &tile, &bytes));
    str_t *entries = arena_array(arena, str_t, tile.width), rest = arena_copy(arena, buf_str(&bytes));
    TRY(arena_end(arena));
    for (unsigned i = 0; i < tile.width; i++)
        TRY(bundle_next(&rest, &entries[i]));
    *out_bundle = (struct log_batch){entries, tile.width};
    return ERR_OK;
}

/* The text behind "name":" and up to the mark, in a line that this program has put together: nothing in it is escaped. */
static str_t member_of(str_t entry, str_t name, char mark)
{
    const char *found = memmem(entry.at, entry.len, name.at, name.len);
    if (!found)
        return (str_t){"", 0};
    str_t rest = str_bytes(found + name.len, (size_t)(entry.at + entry.len - found) - name.len);
    return str_until(&rest, mark);
}

struct log_line log_line(str_t entry)
{
    return (struct log_line){
        .at = member_of(entry, STR("\"at\":\""), '"'),
        .act = member_of(entry, STR("\"act\":\""), '"'),
        .by = member_of(entry, STR("\"by\":\""), '"'),
        .on = member_of(entry, STR("\"on\":["), ']'),
        .under = member_of(entry, STR("\"under\":\""), '"'),
    };
}

bool log_line_is_on(const struct log_line *line, str_t id)
{
    str_t rest = line->on;
    if (line->under.len && str_eq(line->under, id))
        return true;
    while (rest.len) {
        str_t one = str_until(&rest, ',');
        if (one.len == id.len + 2 && str_eq(str_bytes(one.at + 1, id.len), id))
            return true;
    }
    return false;
}

err_t log_proof(const struct log_folder *folder, uint64_t index, str_t extra, buf_t *out_file)
{
    OWN(buf) note = BUF(MAX_NOTE);
    OWN(tiles) tiles = NULL;
    struct proof_file file = {.extra = extra, .index = index};
    uint64_t size = 0;
    TRY(log_size(folder, &size));
    if (index >= size)
        return fail(ERR_MISSING, "no such entry, or it is not signed yet: try again in a second");
    TRY(log_folder_checkpoint(folder, &note));
    struct tile_source source = log_folder_source(folder);
    TRY(tiles_open(&source, size, &tiles));
    struct nodes nodes = tiles_nodes(tiles);
    TRY(inclusion_make(&nodes, index, (struct subtree){0, size}, &file.proof));
    file.checkpoint = buf_str(&note);
    proof_file_put(out_file, &file);
    return buf_end(out_file);
}
