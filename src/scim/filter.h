/* SPDX-License-Identifier: Apache-2.0
 *
 * Filters of SCIM 2.0 (RFC 7644 section 3.4.2.2), and the paths of its PATCH (section 3.5.2), which hold filters.
 *
 *     const struct scim_filter *filter = NULL;
 *     TRY(scim_filter_read(text, arena, &filter));
 *     if (scim_filter_fits(filter, resource)) …           resource: the JSON object that would be answered
 *
 * Attributes are found by name whatever their case, with the schema's URN before them or not; of several values one that
 * fits is enough. Text is compared without regard to case, but for ids; moments and numbers by their order. An attribute that
 * is not there fits `ne` and nothing else.
 *
 * At most MAX_FILTER bytes, FILTER_DEPTH levels of brackets, and as many comparisons as fit into that: INVALID past it, as
 * for everything that is no filter.
 */
#pragma once
#include "base/arena.h"
#include <jansson.h>

enum { MAX_FILTER = 2048, FILTER_DEPTH = 16 };

enum scim_op { SCIM_EQ, SCIM_NE, SCIM_CO, SCIM_SW, SCIM_EW, SCIM_GT, SCIM_GE, SCIM_LT, SCIM_LE, SCIM_PR };

struct scim_filter {
    enum { SCIM_COMPARES, SCIM_AND, SCIM_OR, SCIM_NOT, SCIM_WITHIN } kind;
    str_t attribute, sub; /* of a comparison, and of what is within an attribute's values */
    enum scim_op op;
    json_t *value;                    /* text, number, true, false or null; freed with the program's JSON */
    const struct scim_filter *of[2];  /* what is combined; of SCIM_NOT and SCIM_WITHIN the first */
    const struct scim_filter *before; /* of all that were made, for scim_filter_drop() */
};
typedef const struct scim_filter *scim_filter_own;
void scim_filter_drop(const struct scim_filter **filter);

CHECKED err_t scim_filter_read(str_t text, arena_t *arena, const struct scim_filter **out_filter);
bool scim_filter_fits(const struct scim_filter *filter, const json_t *resource);

/* The text of `attribute eq "text"`, where that is all of the filter; {NULL, 0} otherwise. */
str_t scim_filter_only(const struct scim_filter *filter, const char *attribute);

/* attribute[filter].sub: any of the last two may be missing. INVALID for what is no path. */
struct scim_path {
    str_t attribute, sub;
    const struct scim_filter *filter;
};
CHECKED err_t scim_path_read(str_t text, arena_t *arena, struct scim_path *out_path);

/* One attribute by its name, whatever its case; NULL where there is none. */
const json_t *scim_member(const json_t *object, str_t name);
bool scim_same(str_t a, str_t b); /* but for the case of ASCII letters */
