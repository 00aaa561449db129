/* SPDX-License-Identifier: Apache-2.0
 *
 * Records as JSON, by walking their fields. Ids are text with their concept's prefix (the record's own where
 * the field names no concept), moments RFC 3339 to the second, counts numbers, flags booleans, bytes base64url;
 * a TEXT or BYTES with a NULL pointer is null. SECRET fields are never printed.
 *
 *     concept_put_json(&device_concept, &device, &reply->body);
 *     TRY(concept_read_json(&sign_in_concept, request->body, arena, &ask));
 *
 * Reading is for what people and programs ask, and strict: one object of at most MAX_BODY bytes with every
 * field of the concept, SECRET ones too, and no other, each once, none null.
 *
 * Those that the concept calls optional may be left out, and are zero then.
 *
 * TEXT    UTF-8, 1 to MAX_NAME bytes without control characters; a SECRET one 1 to MAX_PASSWORD bytes without
 *         NUL. Never empty: an empty text could not be told from none.
 * BYTES   unpadded base64url, at least one byte; no limit of its own.
 * COUNT   a whole number from 0 to 2^53-1, which every JSON reader holds exactly (RFC 7493).
 * IDS     an array of ids, empty or not.
 *
 * Past a limit the answer is TOO_LARGE, otherwise INVALID; the note names the field, or the place, never a
 * value. What was read lives in the arena; every copy made on the way is wiped.
 */
#pragma once
#include "concept/concept.h"

void concept_put_json(const concept_t *c, const void *record, buf_t *out_json);

/* As above but without the closing brace, for a caller that adds members of its own. */
void concept_put_json_open(const concept_t *c, const void *record, buf_t *out_json);
CHECKED err_t concept_read_json(const concept_t *c, str_t json, arena_t *arena, void *out_record);

/* For a body that is no concept: one object of at most `most` bytes, no member twice; jansson's, which the caller gives back.
 * What it frees is wiped. */
struct json_t;
CHECKED err_t json_object_read(str_t json, size_t most, struct json_t **out_object);
/* From the first call on jansson wipes what it frees, in the whole program: for whoever reads JSON without a concept. */
void json_wipes(void);
