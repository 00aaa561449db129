/* SPDX-License-Identifier: Apache-2.0
 *
 * What the concepts say of themselves, printed: `custody describe sql|proto|types|data-map`. The printed files stand
 * in docs/describe/, and a test compares.
 */
#pragma once
#include "concept/concept.h"

void describe_sql(buf_t *out);                       /* create table …, common to SQLite and PostgreSQL */
void describe_table(const concept_t *c, buf_t *out); /* one of them */
void describe_proto(buf_t *out);                     /* the agent's wire, proto3 */
void describe_types(buf_t *out);                     /* TypeScript */
void describe_data_map(buf_t *out);                  /* Markdown: each field's class, end, purpose, promise */
