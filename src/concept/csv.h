/* SPDX-License-Identifier: Apache-2.0
 *
 * Records as rows of CSV (RFC 4180), by walking their fields as concept/json.h does: the same texts, in the same order. A list
 * of ids has spaces between them; what is null is empty.
 *
 *     concept_put_csv_head(&device_concept, &csv);            id,enrolled,seen,name: without the end of the line
 *     concept_put_csv(&device_concept, &device, &csv);
 */
#pragma once
#include "concept/concept.h"

void concept_put_csv_head(const concept_t *c, buf_t *out_csv);
void concept_put_csv(const concept_t *c, const void *record, buf_t *out_csv);

/* One cell. One that a spreadsheet would take for a formula gets an apostrophe before it. */
void csv_cell(str_t text, buf_t *out_csv);
