/* SPDX-License-Identifier: Apache-2.0 */
#include "extract/gather_log.h"

#include "concept/csv.h"
#include "log/read.h"
#include <unistd.h>

/* The log as far as it is signed: what comes meanwhile is past its size. */
struct logged {
    const struct gathering *gathering;
    struct log_folder folder;
    uint64_t size;
    struct table table;
};

static err_t tile_put(const struct logged *logged, const struct tile *tile)
{
    OWN(buf) bytes = BUF(BUNDLE_BYTES);
    char name[128];
    const struct tile_source source = log_folder_source(&logged->folder);
    TRY(tile_fetch(&source, tile, &bytes));
    snprintf(name, sizeof name, "log/%s", tile_path(tile).text);
    return archive_file(logged->gathering->archive, name, buf_str(&bytes));
}

static err_t level_put(const struct logged *logged, unsigned level)
{
    struct tile tile = {level, 0, tile_width(logged->size, level, 0)};
    for (; tile.width; tile.width = tile_width(logged->size, level, ++tile.index))
        TRY(tile_put(logged, &tile));
    return ERR_OK;
}

static err_t files_put(const struct logged *logged, str_t checkpoint)
{
    struct archive *archive = logged->gathering->archive;
    for (unsigned level = 0; level < TILE_LEVELS; level++)
        TRY(level_put(logged, level));
    TRY(level_put(logged, TILE_ENTRIES));
    TRY(archive_file(archive, "log/key", str(logged->gathering->scope->log_key)));
    return archive_file(archive, "log/checkpoint", checkpoint);
}

/* "by", "on" or neither. */
static const char *part_of_person(const struct gathering *gathering, const struct log_line *line)
{
    const Keys__ExportScope *scope = gathering->scope;
    static const char *const prefixes[] = {"acc", "usr"};
    for (size_t i = 0; i < scope->n_subjects * 2; i++) {
        ident_t id;
        memcpy(&id, scope->subjects[i / 2].data, sizeof id);
        ident_text_t text = ident_text(prefixes[i % 2], id);
        if (str_eq(line->by, str(text.text)))
            return "by";
        if (log_line_is_on(line, str(text.text)))
            return "on";
    }
    return NULL;
}

static void whole_put(struct table *table, const struct log_line *line, str_t entry)
{
    buf_put(&table->json, entry);
    buf_putf(&table->csv, "%.*s,%.*s,%.*s,", STR_ARG(line->at), STR_ARG(line->act), STR_ARG(line->by));
    csv_cell(entry, &table->csv);
}

static void part_put(struct table *table, const struct log_line *line, const char *part)
{
    buf_putf(&table->json, "{\"at\":\"%.*s\",\"act\":\"%.*s\",\"they\":\"%s\"}", STR_ARG(line->at),
             STR_ARG(line->act), part);
    buf_putf(&table->csv, "%.*s,%.*s,%s", STR_ARG(line->at), STR_ARG(line->act), part);
}

static err_t line_put(struct logged *logged, str_t entry)
{
    const struct log_line line = log_line(entry);
    const char *part = part_of_person(logged->gathering, &line);
    bool person = logged->gathering->scope->n_subjects != 0;
    if (person && !part)
        return ERR_OK;
    if (person)
        part_put(&logged->table, &line, part);
    else
        whole_put(&logged->table, &line, entry);
    return row_put(logged->gathering, &logged->table);
}

static err_t bundle_put_lines(struct logged *logged, uint64_t number)
{
    OWN(arena) arena = ARENA(2 * BUNDLE_BYTES);
    struct log_batch bundle;
    TRY(log_bundle(&logged->folder, logged->size, number, &arena, &bundle));
    for (size_t i = 0; i < bundle.count; i++)
        TRY(line_put(logged, bundle.entries[i]));
    return ERR_OK;
}

static err_t lines_put(struct logged *logged)
{
    TRY(archive_table_begin(logged->gathering->archive, &logged->table));
    for (uint64_t number = 0; number * TILE_FULL < logged->size; number++)
        TRY(bundle_put_lines(logged, number));
    return archive_table_end(logged->gathering->archive, &logged->table);
}

/* A client that was claimed a moment ago has none for a second. */
static err_t checkpoint_wait(const struct log_folder *folder, buf_t *out_checkpoint)
{
    enum { TRIES = 100, WAIT_US = 100 * 1000 };
    err_t there = log_folder_checkpoint(folder, out_checkpoint);
    for (int tries = 0; there == ERR_MISSING && tries < TRIES; tries++) {
        usleep(WAIT_US);
        there = log_folder_checkpoint(folder, out_checkpoint);
    }
    return there == ERR_MISSING ? fail(ERR_BUSY, "the log is not signed yet: try again") : there;
}

err_t log_gather(const struct gathering *gathering)
{
    OWN(buf) checkpoint = BUF(MAX_NOTE);
    struct logged logged = {.gathering = gathering};
    ident_t tenant;
    bool person = gathering->scope->n_subjects != 0;
    TRY(ident_from(str_bytes(gathering->scope->export->tenant.data, gathering->scope->export->tenant.len),
                   &tenant));
    TRY(log_folder_at(gathering->desk->env, gathering->logs, ident_text("ten", tenant).text, &logged.folder));
    TRY(checkpoint_wait(&logged.folder, &checkpoint));
    TRY(log_size_of(buf_str(&checkpoint), &logged.size));
    if (!person)
        TRY(files_put(&logged, buf_str(&checkpoint)));
    logged.table.name = "log";
    logged.table.head = person ? STR("at,act,they") : STR("at,act,by,entry");
    err_t result = lines_put(&logged);
    table_drop(&logged.table);
    return result;
}
