/* SPDX-License-Identifier: Apache-2.0 */
#include "foreign/osquery.h"

#include "base/limits.h"
#include "foreign/queries.h"
#include "foreign/tree.h"

enum { UUID_LEN = 36 };

/* Boards whose maker left the number out. */
static bool is_uuid(str_t text)
{
    size_t zeros = 0, fs = 0, dashes = 0;
    for (size_t i = 0; i < text.len; i++) {
        zeros += text.at[i] == '0';
        fs += (text.at[i] | 32) == 'f';
        dashes += text.at[i] == '-';
    }
    return text.len == UUID_LEN && dashes == 4 && zeros + dashes < text.len && fs + dashes < text.len;
}

str_t foreign_machine(str_t identifier, arena_t *arena)
{
    str_t lower = arena_copy(arena, identifier);
    for (size_t i = 0; i < lower.len; i++)
        if (lower.at[i] >= 'A' && lower.at[i] <= 'Z')
            ((char *)(uintptr_t)lower.at)[i] = (char)(lower.at[i] + 32);
    return lower;
}

static str_t first_of(str_t a, str_t b) { return a.len ? a : b; }

err_t osquery_enrol_read(str_t body, arena_t *arena, struct osquery_enrol *out_enrol)
{
    OWN(tree) tree = NULL;
    TRY(tree_read(body, &tree));
    const json_t *host = json_object_get(json_object_get(tree, "host_details"), "system_info");
    str_t identifier = tree_text(tree, "host_identifier", arena), uuid = tree_text(host, "uuid", arena);
    str_t hostname =
        first_of(tree_text(host, "hostname", arena), is_uuid(identifier) ? (str_t){0} : identifier);
    struct osquery_enrol enrol = {
        .secret = tree_text(tree, "enroll_secret", arena),
        .machine = foreign_machine(is_uuid(identifier) || !is_uuid(uuid) ? identifier : uuid, arena),
        .name = first_of(tree_text(host, "computer_name", arena), hostname),
    };
    TRY(arena_end(arena));
    if (!enrol.secret.len || !found_is_name(enrol.machine) || !found_is_name(enrol.name))
        return fail(ERR_INVALID, "an enrolment has a secret, an identifier and the host's name");
    *out_enrol = enrol;
    return ERR_OK;
}

err_t osquery_key_read(str_t body, arena_t *arena, str_t *out_key)
{
    OWN(tree) tree = NULL;
    TRY(tree_read(body, &tree));
    *out_key = tree_text(tree, "node_key", arena);
    return arena_end(arena);
}

/* What a body says, on its way into lists. */
struct reading {
    arena_t *arena;
    struct found *found;
    size_t launches_room;
};

/* A machine has one name, and accounts: none of them is a table that could not be read. */
static void list_settle(const struct query *query, struct found_list *list)
{
    bool needed = query->kind == FOUND_NAME || query->kind == FOUND_ACCOUNTS;
    list->told = list->count || !needed;
    list->count = query->kind == FOUND_NAME && list->count ? 1 : list->count;
}

static void list_take(struct reading *reading, const struct query *query, const json_t *rows)
{
    struct found_list list = {0};
    size_t count = json_array_size(rows), at = 0;
    const json_t *row;
    list.records =
        count > MAX_ITEM_ENTRIES ? NULL : arena_take_array(reading->arena, query_size(query), count);
    if (!list.records) {
        reading->found->dropped += count;
        return;
    }
    json_array_foreach(rows, at, row)
    {
        void *record = (char *)list.records + list.count * query_size(query);
        list.count += query->read(query, row, reading->arena, record);
    }
    reading->found->dropped += count - list.count;
    if (query->kind == FOUND_GROUPS)
        list.count = groups_join(list.records, list.count, reading->arena);
    list_settle(query, &list);
    if (list.told)
        reading->found->lists[query->kind] = list;
}

static void launch_take(struct reading *reading, const struct query *query, const json_t *row)
{
    struct found_list *launches = &reading->found->lists[FOUND_LAUNCHES];
    struct found_launch *all = launches->records;
    bool fits = all && launches->count < reading->launches_room &&
                query->read(query, row, reading->arena, &all[launches->count]);
    launches->count += fits;
    launches->told |= fits;
    reading->found->dropped += !fits;
}

/* One result: a snapshot, a batch of differences, or one difference. */
static void result_take(struct reading *reading, const json_t *result)
{
    const json_t *name = json_object_get(result, "name"), *batch = json_object_get(result, "diffResults");
    const json_t *snapshot = json_object_get(result, "snapshot"), *added = json_object_get(batch, "added");
    const struct query *query = query_named(str_bytes(json_string_value(name), json_string_length(name)));
    const json_t *rows = snapshot ? snapshot : added, *one = json_object_get(result, "columns");
    bool single =
        !rows && one && strcmp(json_string_value(json_object_get(result, "action")) ?: "", "added") == 0;
    bool whole = snapshot || (added && tree_number(result, "counter", -1) == 0);
    size_t at;
    const json_t *row;
    if (query && query->kind == FOUND_LAUNCHES) {
        if (single)
            launch_take(reading, query, one);
        json_array_foreach(rows, at, row) launch_take(reading, query, row);
    } else if (query && whole && json_is_array(rows)) {
        list_take(reading, query, rows);
    } else {
        reading->found->dropped++;
    }
}

/* As many as there can be: each is a row of some result. */
static size_t launches_most(const json_t *results)
{
    size_t most = 0, at;
    const json_t *result;
    json_array_foreach(results, at, result)
    {
        most += 1 + json_array_size(json_object_get(result, "snapshot"));
        most += json_array_size(json_object_get(json_object_get(result, "diffResults"), "added"));
    }
    return most < MAX_ITEM_ENTRIES ? most : MAX_ITEM_ENTRIES;
}

err_t osquery_log_read(str_t body, arena_t *arena, struct found *out_found)
{
    OWN(tree) tree = NULL;
    struct found found = {0};
    struct reading reading = {.arena = arena, .found = &found};
    TRY(tree_read(body, &tree));
    const json_t *results = json_object_get(tree, "data"), *result;
    const char *type = json_string_value(json_object_get(tree, "log_type"));
    size_t at;
    if (type && !strcmp(type, "result")) {
        reading.launches_room = launches_most(results);
        found.lists[FOUND_LAUNCHES].records = arena_array(arena, struct found_launch, reading.launches_room);
        json_array_foreach(results, at, result) result_take(&reading, result);
    }
    TRY(arena_end(arena));
    *out_found = found;
    return ERR_OK;
}

err_t osquery_written_read(str_t body, arena_t *arena, struct found *out_found)
{
    OWN(tree) tree = NULL;
    struct found found = {0};
    struct reading reading = {.arena = arena, .found = &found};
    TRY(tree_read(body, &tree));
    json_t *rows;
    const char *name;
    const json_t *statuses = json_object_get(tree, "statuses");
    json_object_foreach(json_object_get(tree, "queries"), name, rows)
    {
        const struct query *query = query_named(str(name));
        bool done = json_is_array(rows) && tree_number(statuses, name, 0) == 0;
        if (query && done && query->kind != FOUND_LAUNCHES)
            list_take(&reading, query, rows);
        else
            found.dropped++;
    }
    TRY(arena_end(arena));
    *out_found = found;
    return ERR_OK;
}
