/* SPDX-License-Identifier: Apache-2.0
 *
 * Tables for people: columns as wide as their widest cell, two spaces between them. Headings are bold on a terminal
 * that has not said NO_COLOR. Cells are made twice, once to measure and once to print, so that a list of any length
 * costs no memory of its own.
 *
 *     static const struct column columns[] = {{"Name", "name", put_text}, {"Seen", "seen", put_moment}, {0}};
 *     grid_print(cli, columns, json_object_get(page, "items"));
 */
#pragma once
#include "cli/cli.h"
#include <jansson.h>

enum { COLUMNS_MAX = 10 }; /* of a grid; facts may be more */

/* `put` appends the cell of one record: of its member `key`. */
typedef void cell_put(const json_t *record, const char *key, buf_t *out);
struct column {
    const char *title, *key;
    cell_put *put;
};

cell_put put_text;   /* nothing for null */
cell_put put_moment; /* local time; nothing for null */
cell_put put_number;
cell_put put_yes; /* yes, or nothing */

/* A row for each record of the list. */
void grid_print(struct cli *cli, const struct column *columns, const json_t *records);

/* A line for each column: its title, and the one record's cell. Empty ones are left out. */
void facts_print(struct cli *cli, const struct column *columns, const json_t *record);

/* A line in bold: above a grid. */
void heading_print(struct cli *cli, const char *heading);
