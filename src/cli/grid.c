/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/grid.h"

#include "base/limits.h"
#include "cli/text.h"

enum { GAP = 2, CELL_MAX = 4 * MAX_REPLY };

void put_text(const json_t *record, const char *key, buf_t *out)
{
    const json_t *text = json_object_get(record, key);
    text_put(out, str_bytes(json_string_value(text), json_string_length(text)));
}

void put_moment(const json_t *record, const char *key, buf_t *out)
{
    const json_t *text = json_object_get(record, key);
    text_put_local(out, str_bytes(json_string_value(text), json_string_length(text)));
}

void put_number(const json_t *record, const char *key, buf_t *out)
{
    const json_t *number = json_object_get(record, key);
    if (json_is_integer(number))
        buf_putf(out, "%lld", (long long)json_integer_value(number));
}

void put_yes(const json_t *record, const char *key, buf_t *out)
{
    if (json_is_true(json_object_get(record, key)))
        buf_put(out, STR("yes"));
}

/* no-color.org: a NO_COLOR that is empty counts as none. */
static bool is_bold(const struct cli *cli)
{
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
    return isatty(fileno(cli->out)) && !(no_color && *no_color) && term && strcmp(term, "dumb") != 0;
}

static void bold(const struct cli *cli, bool on)
{
    if (is_bold(cli))
        fputs(on ? "\x1b[1m" : "\x1b[0m", cli->out);
}

static size_t columns_count(const struct column *columns)
{
    size_t count = 0;
    while (columns[count].title)
        count++;
    return count;
}

static size_t cell_make(const struct column *column, const json_t *record, buf_t *cell)
{
    buf_clear(cell);
    if (record)
        column->put(record, column->key, cell);
    else
        buf_put(cell, str(column->title));
    return text_width(buf_str(cell));
}

static void widths_find(const struct column *columns, const json_t *records, size_t widths[COLUMNS_MAX])
{
    OWN(buf) cell = BUF(CELL_MAX);
    for (size_t c = 0; c < COLUMNS_MAX && c < columns_count(columns); c++) {
        widths[c] = cell_make(&columns[c], NULL, &cell);
        for (size_t r = 0; r < json_array_size(records); r++) {
            size_t width = cell_make(&columns[c], json_array_get(records, r), &cell);
            widths[c] = width > widths[c] ? width : widths[c];
        }
    }
}

static void pad(struct cli *cli, size_t cells) { fprintf(cli->out, "%*s", (int)cells, ""); }

/* One row, or the titles where there is no record. Blanks are owed until a cell follows: no line ends in them. */
static void row_print(struct cli *cli, const struct column *columns, const json_t *record,
                      const size_t widths[COLUMNS_MAX])
{
    OWN(buf) cell = BUF(CELL_MAX);
    size_t owed = 0;
    for (size_t c = 0; c < COLUMNS_MAX && c < columns_count(columns); c++) {
        size_t width = cell_make(&columns[c], record, &cell);
        if (width)
            pad(cli, owed), owed = 0;
        fwrite(buf_str(&cell).at, 1, cell.len, cli->out);
        owed += widths[c] - width + GAP;
    }
    fputc('\n', cli->out);
}

void grid_print(struct cli *cli, const struct column *columns, const json_t *records)
{
    size_t widths[COLUMNS_MAX] = {0};
    widths_find(columns, records, widths);
    bold(cli, true);
    row_print(cli, columns, NULL, widths);
    bold(cli, false);
    for (size_t r = 0; r < json_array_size(records); r++)
        row_print(cli, columns, json_array_get(records, r), widths);
}

void facts_print(struct cli *cli, const struct column *columns, const json_t *record)
{
    OWN(buf) cell = BUF(CELL_MAX);
    size_t widest = 0;
    for (size_t c = 0; c < columns_count(columns); c++) {
        size_t width = text_width(str(columns[c].title));
        widest = width > widest ? width : widest;
    }
    for (size_t c = 0; c < columns_count(columns); c++) {
        if (!cell_make(&columns[c], record, &cell))
            continue;
        bold(cli, true);
        fputs(columns[c].title, cli->out);
        bold(cli, false);
        pad(cli, widest - text_width(str(columns[c].title)) + GAP);
        fprintf(cli->out, "%.*s\n", STR_ARG(buf_str(&cell)));
    }
}

void heading_print(struct cli *cli, const char *heading)
{
    fputc('\n', cli->out);
    bold(cli, true);
    fputs(heading, cli->out);
    bold(cli, false);
    fputc('\n', cli->out);
}
