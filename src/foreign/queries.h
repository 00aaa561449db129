/* SPDX-License-Identifier: Apache-2.0
 *
 * What osquery is asked, as one table: a query for each item of the closed list and each platform, and how a row of its
 * answer becomes a record. No other column is asked for, and no other query's rows are read.
 */
#pragma once
#include "foreign/osquery.h"
#include "foreign/tree.h"

#include <sys/types.h>

struct query {
    const char *name, *platform, *sql;
    enum found_kind kind;
    purpose_t purpose;
    int interval;        /* seconds */
    int64_t people_from; /* the first uid of a person's account there */
    bool (*read)(const struct query *query, const json_t *row, arena_t *arena, void *record);
};

/* NULL where it is none of ours. */
const struct query *query_named(str_t name);
size_t query_size(const struct query *query);

/* Rows of one member each, those of a group together, become groups: how many. One that bears a person's name loses it, and
 * is not told at all where nobody else is in it. */
size_t groups_join(struct found_group *groups, size_t count, arena_t *arena);
