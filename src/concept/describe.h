/* SPDX-License-Identifier: Apache-2.0
 *
 * What the concepts say of themselves, printed: `custody describe struct|sql|json|proto|types|data-map`. The printed files stand
 * in docs/describe/, and a test compares.
 */
#pragma once
#include "concept/concept.h"

void describe_sql(buf_t *out);                        /* create table …, common to SQLite and PostgreSQL */
void describe_table(const concept_t *c, buf_t *out);  /* one of them */
void describe_struct(buf_t *out);                     /* C: what the lists expand to */
void describe_json(buf_t *out);                       /* JSON Schema 2020-12: a definition each */
void describe_schema(const concept_t *c, buf_t *out); /* one of them, or of a body that is taken */
void describe_proto(buf_t *out);                      /* the agent's wire, proto3 */
void describe_types(buf_t *out);                      /* TypeScript */
void describe_data_map(buf_t *out); /* Markdown: each field's class, end, purpose, promise */
