/* SPDX-License-Identifier: Apache-2.0 */
#include "snapshot/tables.h"

#include "snapshot/_segment.h"

static const struct column subject_columns[] = {{"id", COLUMN_BYTES}};
static const struct column control_columns[] = {{"id", COLUMN_BYTES},
                                                {"realm", COLUMN_BYTES},
                                                {"name", COLUMN_TEXT},
                                                {"state", COLUMN_TEXT},
                                                {"made", COLUMN_NUMBER}};
static const struct column settings_columns[] = {{"number", COLUMN_NUMBER}, {"text", COLUMN_TEXT}};

const struct place subjects_table = {.number = 0,
                                     .name = "subjects",
                                     .restore = RESTORE_NEVER,
                                     .columns = subject_columns,
                                     .count = 1,
                                     .keys = 1,
                                     .subject = 0,
                                     .device = -1};
const struct place control_table = {.number = 1,
                                    .name = "tenants",
                                    .restore = RESTORE_NEVER,
                                    .columns = control_columns,
                                    .count = 5,
                                    .keys = 1,
                                    .subject = -1,
                                    .device = -1};
const struct place settings_table = {.number = 2,
                                     .name = "settings",
                                     .restore = RESTORE_NEVER,
                                     .columns = settings_columns,
                                     .count = 2,
                                     .keys = 1,
                                     .subject = -1,
                                     .device = -1};

const struct place *table_numbered(int number)
{
    static const struct place *const own[] = {&subjects_table, &control_table, &settings_table};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (own[i]->number == number)
            return own[i];
    return place_numbered(number);
}

err_t control_row(str_t row, struct tenant *out_tenant)
{
    struct value values[PLACE_COLUMNS] = {0};
    TRY(row_read(control_columns, control_table.count, row, values));
    TRY(ident_from(values[0].bytes, &out_tenant->id));
    TRY(ident_from(values[1].bytes, &out_tenant->realm));
    out_tenant->name = values[2].bytes;
    out_tenant->state = values[3].bytes;
    out_tenant->made = values[4].number;
    return ERR_OK;
}
