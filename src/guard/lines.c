/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/lines.h"

#include "base/limits.h"
#include "concept/codec.h"

void lines_drop(struct lines *lines) { arena_drop(&lines->arena); }

static bool line_next(str_t *rest, str_t *out_sealed)
{
    uint32_t len;
    if (rest->len < sizeof len)
        return false;
    memcpy(&len, rest->at, sizeof len);
    if (len > rest->len - sizeof len)
        return false;
    *out_sealed = (str_t){rest->at + sizeof len, len};
    *rest = (str_t){rest->at + sizeof len + len, rest->len - sizeof len - len};
    return true;
}

/* An entry that does not open was written under another key, of an enrolment before this one: nobody can send it. */
static void line_open(const struct key *key, str_t sealed, struct lines *lines)
{
    buf_t plain = arena_buf(&lines->arena, sealed.len);
    if (aead_open(key, LINE_BOUND, sealed, &plain) != ERR_OK || plain.len < sizeof(struct line_entry))
        return;
    struct line *line = &lines->at[lines->count++];
    memcpy(&line->entry, plain.at, sizeof line->entry);
    line->packed = (str_t){plain.at + sizeof line->entry, plain.len - sizeof line->entry};
}

err_t lines_read(const struct key *key, str_t half, struct lines *lines)
{
    str_t rest = half, sealed;
    size_t count = 0;
    for (str_t counted = rest; line_next(&counted, &sealed);)
        count++;
    lines->at = arena_array(&lines->arena, struct line, count + 1);
    while (lines->at && line_next(&rest, &sealed))
        line_open(key, sealed, lines);
    return arena_end(&lines->arena);
}

static int64_t minute_of(const struct line *line) { return line->entry.at / MINUTES(1); }

static int by_subject_and_what(const void *a, const void *b)
{
    const struct line *one = a, *other = b;
    int order = memcmp(&one->entry.subject, &other->entry.subject, sizeof(ident_t));
    if (!order)
        order = (minute_of(one) > minute_of(other)) - (minute_of(one) < minute_of(other));
    if (!order)
        order = (one->packed.len > other->packed.len) - (one->packed.len < other->packed.len);
    if (!order)
        order = memcmp(one->packed.at, other->packed.at, one->packed.len);
    return order ? order : (one->entry.at > other->entry.at) - (one->entry.at < other->entry.at);
}

static bool is_equal(const struct line *a, const struct line *b)
{
    return ident_eq(a->entry.subject, b->entry.subject) && minute_of(a) == minute_of(b) &&
           str_eq(a->packed, b->packed);
}

void lines_merge(struct lines *lines)
{
    size_t kept = 0;
    qsort(lines->at, lines->count, sizeof *lines->at, by_subject_and_what);
    for (size_t i = 0; i < lines->count; i++)
        if (kept && is_equal(&lines->at[kept - 1], &lines->at[i]))
            lines->at[kept - 1].entry.count += lines->at[i].entry.count;
        else
            lines->at[kept++] = lines->at[i];
    lines->count = kept;
}

static int by_moment(const void *a, const void *b)
{
    const struct launch *one = a, *other = b;
    return (one->at > other->at) - (one->at < other->at);
}

err_t line_launch(const struct line *line, arena_t *arena, struct launch *out_launch)
{
    void *records;
    size_t count;
    TRY(codec_unpack(&launch_concept, line->packed, arena, &records, &count));
    if (count != 1)
        return fail(ERR_BROKEN, "an entry of %zu launches", count);
    *out_launch = *(struct launch *)records;
    out_launch->at = line->entry.at;
    out_launch->count = line->entry.count > 1 ? (int64_t)line->entry.count : 0;
    return ERR_OK;
}

/* The lines of one subject, from `from` on. */
static err_t part_make(struct lines *lines, size_t from, size_t count, struct journal_part *out_part)
{
    struct launch *launches = arena_array(&lines->arena, struct launch, count);
    OWN(buf) packed = BUF(MAX_ITEM);
    OWN(buf) frame = BUF(MAX_REPORT);
    if (!launches)
        return arena_end(&lines->arena);
    for (size_t i = 0; i < count; i++)
        TRY(line_launch(&lines->at[from + i], &lines->arena, &launches[i]));
    qsort(launches, count, sizeof *launches, by_moment);
    TRY(codec_pack(&launch_concept, launches, count, &lines->arena, &packed));
    TRY(codec_shrink(buf_str(&packed), &frame));
    *out_part =
        (struct journal_part){lines->at[from].entry.subject, arena_copy(&lines->arena, buf_str(&frame))};
    return arena_end(&lines->arena);
}

err_t lines_parts(struct lines *lines, struct journal_batch *batch)
{
    struct journal_part *parts = arena_array(&lines->arena, struct journal_part, lines->count + 1);
    if (!parts)
        return arena_end(&lines->arena);
    for (size_t from = 0, count; from < lines->count; from += count) {
        for (count = 1; from + count < lines->count && count < MAX_ITEM_ENTRIES &&
                        ident_eq(lines->at[from + count].entry.subject, lines->at[from].entry.subject);)
            count++;
        TRY(part_make(lines, from, count, &parts[batch->count++]));
    }
    batch->parts = parts;
    return ERR_OK;
}
