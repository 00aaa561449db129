/* SPDX-License-Identifier: Apache-2.0
 *
 * Bytes of a stranger as a manifest, a segment's head, a frame, and a row of each table. Each has one form: what is taken
 * must be written the same.
 */
#include "snapshot/_segment.h"
#include "snapshot/manifest.h"
#include "snapshot/tables.h"

enum { ROOM = 16 * 1024 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len);

static void require(bool truth)
{
    if (!truth)
        abort();
}

static void try_manifest(str_t input)
{
    OWN(arena) arena = ARENA(ROOM);
    OWN(buf) text = BUF(MAX_MANIFEST);
    struct manifest manifest;
    if (manifest_read(input, &arena, &manifest) != ERR_OK)
        return;
    for (size_t i = 0; i < manifest.segment_count; i++)
        if (!table_numbered(manifest.segments[i].table))
            return; /* of a later release: its table's name is not known */
    if (manifest_put(&manifest, &text) != ERR_OK)
        return;
    OWN(arena) again = ARENA(ROOM);
    require(manifest_read(buf_str(&text), &again, &manifest) == ERR_OK);
}

static void try_head(str_t input)
{
    struct segment_head head = {.count = 0};
    OWN(buf) plain = BUF(MAX_HEAD);
    if (segment_head_read(input, &head) != ERR_OK)
        return;
    const struct place then = {.columns = head.columns, .count = head.count};
    segment_head_put(&head.about, &then, &head.key, &plain);
    for (size_t i = 0; i < head.count; i++)
        if (strlen(head.names[i]) == 0)
            return;
    require(buf_end(&plain) != ERR_OK || plain.len <= input.len);
}

static void row_try(const struct place *place, str_t input)
{
    struct value values[PLACE_COLUMNS];
    place_key_t key;
    OWN(buf) row = BUF(ROOM);
    if (row_read(place->columns, place->count, input, values) != ERR_OK)
        return;
    for (size_t i = 0; i < place->count; i++)
        row_put_value(&row, place->columns[i].kind, &values[i]);
    require(str_eq(buf_str(&row), input));
    if (row_key(place, input, &key) == ERR_OK)
        require(key.len && key.len <= MAX_KEY);
    for (size_t i = 0; i < place->count; i++)
        require(row_value(place, input, i, &values[i]) == ERR_OK);
}

static void try_frame(str_t input)
{
    static const struct segment_head head;
    str_t rest = input, key, row;
    while (rest.len && frame_next(&rest, &head, &key, &row) == ERR_OK)
        require(row.len || key.len <= MAX_KEY);
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t len)
{
    str_t input = str_bytes(at, len);
    try_manifest(input);
    try_head(input);
    try_frame(input);
    row_try(&subjects_table, input);
    row_try(&control_table, input);
    row_try(&settings_table, input);
    for_each_place(place) row_try(place, input);
    return 0;
}
