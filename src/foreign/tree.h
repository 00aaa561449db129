/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON of agents that are not ours. Members that nobody asks for are let be: their authors add some with each version.
 *
 *     OWN(tree) tree = NULL;
 *     TRY(tree_read(body, &tree));
 *     str_t name = tree_text(tree, "host_name", arena);
 *
 * A member is found by its name in snake_case or in camelCase: protobuf's JSON has either, and agents mix them. Text is
 * UTF-8 without NUL; a whole number counts as its text, since osquery sends columns as either. Before anything is parsed
 * the body is held against MAX_FOREIGN and MAX_FOREIGN_MARKS (TOO_LARGE): that bounds the memory to some 100 MB.
 */
#pragma once
#include "base/arena.h"
#include <jansson.h>

typedef json_t *tree_own;
void tree_drop(json_t **tree);

CHECKED err_t tree_read(str_t json, json_t **out_object);

/* NULL where it is not there. */
const json_t *tree_member(const json_t *object, const char *name);

/* {NULL, 0} where it is not there, or is neither text nor a whole number; a copy in the arena. */
str_t tree_text(const json_t *object, const char *name, arena_t *arena);
str_t tree_value(const json_t *value, arena_t *arena);

/* A whole number, sent as such or as text; `fallback` where it is neither. */
int64_t tree_number(const json_t *object, const char *name, int64_t fallback);
bool tree_flag(const json_t *object, const char *name);
