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
