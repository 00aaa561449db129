/* SPDX-License-Identifier: Apache-2.0
 *
 * What the service answers, read. An answer is one JSON object; everything in it is what somebody else wrote: it is
 * printed through cli/text.h only.
 */
#pragma once
#include "cli/cli.h"
#include <jansson.h>

typedef json_t *json_own;
static inline void json_drop(json_own *json) { json_decref(*json); }

/* Memory that held an answer or a request is wiped before it is given back, by jansson and by libcurl. Once. */
CHECKED err_t answer_start(void);

/* One object, no member twice: BROKEN otherwise. */
CHECKED err_t answer_parse(str_t text, json_t **out_object);

/* A member's text; empty where it has none. As long as the object lives. */
str_t answer_text(const json_t *object, const char *key);

/* The code that a problem body or, without one, a status stands for; the note is its detail. An event's problem has no type: its
 * status says which. */
CHECKED err_t answer_problem(long status, str_t body);

/* Adds the items of a page `{"items":[…],"next":…}` to `items`, and takes its next: NULL at the last page. BROKEN
 * where it is no page, or where its next is the `cursor` it was asked for, which would never end. */
CHECKED err_t answer_page(const json_t *page, str_t cursor, json_t *items, const json_t **out_next);
