/* SPDX-License-Identifier: Apache-2.0 */
#include "snapshot/manifest.h"

#include "snapshot/_segment.h"
#include "tlog/lines.h"

#define TITLE "custody snapshot 1"
enum { MOST_SEGMENTS = 4096 };

static void put_digest(buf_t *out, const uint8_t digest[DIGEST_SIZE])
{
    buf_put_byte(out, ' ');
    buf_put_base64(out, str_bytes(digest, DIGEST_SIZE));
    buf_put_byte(out, '\n');
}

static void put_segments(const struct manifest *manifest, buf_t *out)
{
    for (size_t i = 0; i < manifest->segment_count; i++) {
        const struct segment *segment = &manifest->segments[i];
        const struct place *table = table_numbered(segment->table);
        if (!i || segment[-1].table != segment->table)
            buf_putf(out, "table %d %s\n", segment->table, table ? table->name : "unknown");
        buf_putf(out, "segment %s %lld %lld %lld %lld", ident_text("seg", segment->id).text,
                 (long long)segment->from, (long long)segment->cut, (long long)segment->rows,
                 (long long)segment->bytes);
        put_digest(out, segment->digest);
    }
}

err_t manifest_put(const struct manifest *manifest, buf_t *out)
{
    buf_put(out, STR(TITLE "\n"));
    buf_putf(out, "snapshot %s\n", ident_text("snp", manifest->id).text);
    buf_putf(out, "tenant %s\n", ident_text("ten", manifest->tenant).text);
    buf_putf(out, "realm %s\n", ident_text("rlm", manifest->realm).text);
    buf_putf(out, "made %s\n", moment_text(manifest->made).text);
    buf_putf(out, "why %.*s\n", STR_ARG(manifest->why));
    buf_putf(out, "cut %lld\n", (long long)manifest->cut);
    buf_putf(out, "same-device %s\n", manifest->same_device ? "yes" : "no");
    put_segments(manifest, out);
    for (size_t i = 0; i < manifest->blob_count; i++) {
        const struct manifest_blob *blob = &manifest->blobs[i];
        buf_putf(out, "blob %s %lld", ident_text("blob", blob->id).text, (long long)blob->size);
        put_digest(out, blob->digest);
    }
    buf_put(out, STR("end\n"));
    return buf_end(out);
}

static err_t number_read(str_t *line, int64_t *out)
{
    uint64_t number = 0;
    TRY(str_number(str_until(line, ' '), INT64_MAX, &number));
    *out = (int64_t)number;
    return ERR_OK;
}

static err_t segment_read(str_t line, const struct manifest *of, struct segment *out)
{
    *out = (struct segment){.tenant = of->tenant, .realm = of->realm, .table = out->table};
    TRY(ident_read("seg", str_until(&line, ' '), &out->id));
    TRY(number_read(&line, &out->from));
    TRY(number_read(&line, &out->cut));
    TRY(number_read(&line, &out->rows));
    TRY(number_read(&line, &out->bytes));
    TRY(lines_digest(line, out->digest));
    return out->from <= out->cut && out->cut <= of->cut ? ERR_OK
                                                        : fail(ERR_INVALID, "a segment of a later cut");
}

static err_t blob_read(str_t line, struct manifest_blob *out)
{
    TRY(ident_read("blob", str_until(&line, ' '), &out->id));
    TRY(number_read(&line, &out->size));
    return lines_digest(line, out->digest);
}

static size_t lines_of(str_t text, str_t word)
{
    size_t count = 0;
    while (text.len)
        count += str_starts(str_until(&text, '\n'), word);
    return count;
}

static err_t table_read(struct lines *lines, int last, int *out_number)
{
    str_t value;
    int64_t number = 0;
    TRY(lines_text(lines, "table", &value));
    TRY(number_read(&value, &number));
    if (number <= last || number > INT16_MAX || !value.len)
        return fail(ERR_INVALID, "tables stand in the order of their numbers");
    *out_number = (int)number;
    return ERR_OK;
}

static err_t segments_read(struct lines *lines, struct manifest *out)
{
    int table = -1;
    for (size_t i = 0; i < out->segment_count; i++) {
        str_t value;
        bool begins = str_starts(lines->rest, STR("table "));
        if (begins)
            TRY(table_read(lines, table, &table));
        else if (table < 0)
            return fail(ERR_INVALID, "a segment of no table");
        TRY(lines_text(lines, "segment", &value));
        out->segments[i].table = table;
        TRY(segment_read(value, out, &out->segments[i]));
        if (!begins && out->segments[i].cut > out->segments[i - 1].cut)
            return fail(ERR_INVALID, "segments stand newest first");
    }
    return ERR_OK;
}

static err_t blobs_read(struct lines *lines, struct manifest *out)
{
    for (size_t i = 0; i < out->blob_count; i++) {
        str_t value;
        TRY(lines_text(lines, "blob", &value));
        TRY(blob_read(value, &out->blobs[i]));
        if (i && memcmp(&out->blobs[i - 1].id, &out->blobs[i].id, sizeof(ident_t)) >= 0)
            return fail(ERR_INVALID, "blobs stand in the order of their ids");
    }
    return ERR_OK;
}

static err_t yes_read(struct lines *lines, const char *word, bool *out_yes)
{
    str_t value;
    TRY(lines_text(lines, word, &value));
    *out_yes = str_eq(value, STR("yes"));
    return *out_yes || str_eq(value, STR("no")) ? ERR_OK : fail(ERR_INVALID, "neither yes nor no");
}

static err_t head_read(struct lines *lines, struct manifest *out)
{
    uint64_t cut = 0;
    TRY(lines_id(lines, "snapshot", "snp", &out->id));
    TRY(lines_id(lines, "tenant", "ten", &out->tenant));
    TRY(lines_id(lines, "realm", "rlm", &out->realm));
    TRY(lines_moment(lines, "made", &out->made));
    TRY(lines_text(lines, "why", &out->why));
    TRY(lines_number(lines, "cut", INT64_MAX, &cut));
    out->cut = (int64_t)cut;
    return yes_read(lines, "same-device", &out->same_device);
}

err_t manifest_read(str_t text, arena_t *arena, struct manifest *out_manifest)
{
    struct manifest manifest = {.cut = 0};
    struct lines lines;
    TRY(lines_begin(text, TITLE, &lines));
    TRY(head_read(&lines, &manifest));
    manifest.why = arena_copy(arena, manifest.why);
    manifest.segment_count = lines_of(lines.rest, STR("segment "));
    manifest.blob_count = lines_of(lines.rest, STR("blob "));
    if (manifest.segment_count > MOST_SEGMENTS || manifest.why.len > MAX_WHY)
        return fail(ERR_TOO_LARGE, "a manifest past what there can be");
    manifest.segments = arena_array(arena, struct segment, manifest.segment_count);
    manifest.blobs = arena_array(arena, struct manifest_blob, manifest.blob_count);
    TRY(arena_end(arena));
    TRY(segments_read(&lines, &manifest));
    TRY(blobs_read(&lines, &manifest));
    if (!str_eq(lines.rest, STR("end\n")))
        return fail(ERR_INVALID, "a manifest without its end");
    *out_manifest = manifest;
    return ERR_OK;
}

int64_t manifest_bytes(const struct manifest *manifest)
{
    int64_t bytes = 0;
    for (size_t i = 0; i < manifest->segment_count; i++)
        bytes += manifest->segments[i].bytes;
    for (size_t i = 0; i < manifest->blob_count; i++)
        bytes += manifest->blobs[i].size;
    return bytes;
}
