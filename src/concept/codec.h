/* SPDX-License-Identifier: Apache-2.0
 *
 * Lists of a concept's records as bytes: the packed list message of docs/describe/custody.proto, by protobuf-c.
 * The same bytes travel from the endpoint and stand inside the seal.
 *
 *     TRY(codec_pack(&program_concept, programs, count, arena, &packed));
 *     TRY(codec_unpack(&program_concept, buf_str(&packed), arena, &records, &count));
 *     struct program *first = records;
 *
 * The fields that custody.proto has travel: the sealed ones (field_is_sealed) but for SECRET ones, which are in
 * no message. The others are zero after unpacking. An empty text is no text: it comes back with a NULL pointer,
 * and so do empty bytes. What was unpacked lives in the arena.
 *
 * Equal lists are equal bytes, and unpacking takes no others. INVALID: a field that the concept does not have,
 * text that is not UTF-8 or holds a NUL, an id that is not 16 bytes, and whatever codec_pack writes in another
 * way: a field twice or out of the order of its tags, an empty value written out, a number in more bytes than it
 * needs. TOO_LARGE: more than MAX_ITEM_ENTRIES records or MAX_ITEM bytes. Packing refuses what unpacking would.
 *
 * codec_shrink and codec_grow are the zstd frame around it (RFC 8878): level 1, content size stated. codec_grow
 * refuses, before it decodes anything, a frame that states no size (INVALID) or one past MAX_ITEM (TOO_LARGE),
 * a second frame, and bytes after the first.
 */
#pragma once
#include "concept/concept.h"

CHECKED err_t codec_pack(const concept_t *c, const void *records, size_t count, arena_t *arena,
                         buf_t *out_packed);
CHECKED err_t codec_unpack(const concept_t *c, str_t packed, arena_t *arena, void **out_records,
                           size_t *out_count);
/* Says what unpacking would, and how many records there are, without making them: a tenth of the work. The concept is
 * one that a list message holds. */
CHECKED err_t codec_check(const concept_t *c, str_t packed, size_t *out_count);
/* The same frame with the dictionary of launches, for the short lists that are kept of them: a third of its size. The
 * dictionary was trained on made-up launches, and what it made stays readable: it never changes. */
CHECKED err_t codec_shrink_launches(str_t packed, buf_t *out_frame);
CHECKED err_t codec_grow_launches(str_t frame, arena_t *arena, str_t *out_packed);
CHECKED err_t codec_shrink(str_t packed, buf_t *out_frame);
CHECKED err_t codec_grow(str_t frame, arena_t *arena, str_t *out_packed);
