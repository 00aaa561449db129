/* SPDX-License-Identifier: Apache-2.0 */
#include "extract/gather.h"

#include "collect/put_launch.h"
#include "collect/records.h"
#include "concept/codec.h"
#include "concept/csv.h"
#include "concept/elevation.h"
#include "concept/json.h"
#include "extract/gather_log.h"
#include "extract/gather_recordings.h"
#include "store/policies.h"

enum { HEAD_MOST = 1024, POLICIES_PAGE = 100, ELEVATIONS_PAGE = 256, ARENA_MOST = 64 * 1024 * 1024 };

bool is_of_person(const struct gathering *gathering, ident_t id)
{
    const Keys__ExportScope *scope = gathering->scope;
    for (size_t i = 0; i < scope->n_subjects; i++)
        if (str_eq(str_bytes(scope->subjects[i].data, scope->subjects[i].len), ident_bytes(&id)))
            return true;
    return false;
}

err_t row_put(const struct gathering *gathering, struct table *table)
{
    TRY(table_row(gathering->archive, table));
    return table->records % MOVED_EVERY ? ERR_OK : gathering->moved(gathering->with, table->records);
}

static struct reader reader_of(const struct gathering *gathering)
{
    struct reader reader = {.bearer = "", .ticket = gathering->ticket};
    const Keys__ExportScope *scope = gathering->scope;
    memcpy(&reader.tenant, scope->export->tenant.data, sizeof reader.tenant);
    memcpy(&reader.realm, scope->realm.data, sizeof reader.realm);
    return reader;
}

/* Concepts of the store */

struct walking {
    const struct gathering *gathering;
    const concept_t *concept;
    struct table table;
    uint64_t left_out, broken;
};

/* An account that the entry names: of a list of ids only those that are the person's stay in it. */
static bool names_person(const struct walking *walking, void *entry)
{
    bool named = false;
    for_each_field(f, walking->concept) {
        if (field_target(walking->concept, f) != &account_concept)
            continue;
        if (f->kind == KIND_ID)
            named |= is_of_person(walking->gathering, *(const ident_t *)field_in(entry, f));
        if (f->kind != KIND_IDS)
            continue;
        idents_t *ids = field_in(entry, f);
        size_t kept = 0;
        for (size_t i = 0; i < ids->count; i++)
            if (is_of_person(walking->gathering, ids->at[i]))
                ids->at[kept++] = ids->at[i];
        ids->count = kept;
        named |= kept > 0;
    }
    return named;
}

static err_t entry_put(struct walking *walking, const struct record_found *found, const void *entry)
{
    const concept_t *c = walking->concept;
    struct table *table = &walking->table;
    concept_put_json_open(c, entry, &table->json);
    concept_put_csv(c, entry, &table->csv);
    if (c->parent) {
        bool of_device = ident_eq(found->subject, found->parent);
        ident_text_t device = ident_text("dev", found->parent);
        ident_text_t subject = ident_text(of_device ? "dev" : "acc", found->subject);
        buf_putf(&table->json, ",\"device\":\"%s\",\"sealed_to\":\"%s\"", device.text, subject.text);
        buf_putf(&table->csv, ",%s,%s", device.text, subject.text);
    }
    buf_putf(&table->json, ",\"changed\":\"%s\"}", moment_text(found->changed).text);
    buf_putf(&table->csv, ",%s", moment_text(found->changed).text);
    return row_put(walking->gathering, table);
}

static err_t record_found(void *with, const struct record_found *found)
{
    struct walking *walking = with;
    const concept_t *c = walking->concept;
    bool person = walking->gathering->scope->n_subjects != 0;
    bool theirs = !person || !c->parent || is_of_person(walking->gathering, found->subject);
    walking->left_out += !person && c->parent && found->kept && !found->count && !found->broken;
    walking->broken += !person && found->broken;
    for (size_t i = 0; i < found->count; i++) {
        void *entry = (char *)(uintptr_t)found->entries + i * c->size;
        if (theirs || names_person(walking, entry))
            TRY(entry_put(walking, found, entry));
    }
    return ERR_OK;
}

static bool may_be_about_a_person(const concept_t *c)
{
    bool names = c == &device_concept || (c->parent && c->subject == SUBJECT_PERSON_OR_DEVICE);
    for_each_field(f, c)
        names |= c->parent && field_target(c, f) == &account_concept;
    return names;
}

static err_t records_gather(struct walking *walking)
{
    const struct gathering *gathering = walking->gathering;
    const struct reader reader = reader_of(gathering);
    const struct records_sink sink = {record_found, walking};
    struct records_ask ask = {.concept = walking->concept};
    if (!gathering->scope->n_subjects)
        return records_walk(gathering->desk, &reader, &ask, &sink);
    for (size_t i = 0; i < gathering->scope->n_devices; i++) {
        ident_t device;
        TRY(ident_from(str_bytes(gathering->scope->devices[i].data, gathering->scope->devices[i].len),
                       &device));
        ask.device = &device;
        TRY(records_walk(gathering->desk, &reader, &ask, &sink));
    }
    return ERR_OK;
}

static void note_left_out(const struct walking *walking)
{
    char note[256];
    if (walking->broken) {
        snprintf(note, sizeof note,
                 "%llu records of %s are not in it: what their endpoints sealed is no record",
                 (unsigned long long)walking->broken, walking->concept->plural);
        archive_note(walking->gathering->archive, note);
    }
    if (!walking->left_out)
        return;
    snprintf(note, sizeof note,
             "%llu records of %s are not in it: their keys were destroyed, or made after the export",
             (unsigned long long)walking->left_out, walking->concept->plural);
    archive_note(walking->gathering->archive, note);
}

static err_t concept_gather(struct walking *walking)
{
    OWN(buf) head = BUF(HEAD_MOST);
    concept_put_csv_head(walking->concept, &head);
    buf_put(&head, walking->concept->parent ? STR(",device,sealed_to,changed") : STR(",changed"));
    TRY(buf_end(&head));
    walking->table.name = walking->concept->plural;
    walking->table.head = buf_str(&head);
    TRY(archive_table_begin(walking->gathering->archive, &walking->table));
    TRY(records_gather(walking));
    note_left_out(walking);
    return archive_table_end(walking->gathering->archive, &walking->table);
}

static err_t concepts_gather(const struct gathering *gathering)
{
    for (const concept_t *const *c = concepts; *c; c++) {
        struct walking one = {.gathering = gathering, .concept = *c};
        bool wanted = (*c)->home == HOME_TENANT && *c != &policy_concept &&
                      (!gathering->scope->n_subjects || may_be_about_a_person(*c));
        err_t gathered = wanted ? concept_gather(&one) : ERR_OK;
        table_drop(&one.table);
        TRY(gathered);
    }
    return ERR_OK;
}

/* Launches */

struct launches {
    const struct gathering *gathering;
    struct table table;
    err_t result;
};

static bool launch_found(void *with, const struct launch_found *found)
{
    struct launches *launches = with;
    put_launch(found, &launches->table.json);
    put_launch_row(found, &launches->table.csv);
    launches->table.csv.len -= launches->table.csv.state == ERR_OK ? 2 : 0; /* the end of the line */
    launches->result = row_put(launches->gathering, &launches->table);
    return launches->result == ERR_OK;
}

static err_t launches_of(struct launches *launches, const ident_t *account)
{
    const struct reader reader = reader_of(launches->gathering);
    const struct launch_ask ask = {.account = account, .decision = ANY_DECISION};
    struct launch_cursor next = {0};
    TRY(launches_search(launches->gathering->desk, &reader, &ask,
                        &(struct launch_sink){.found = launch_found, .with = launches}, &next));
    return launches->result;
}

static err_t launches_each(struct launches *launches)
{
    const Keys__ExportScope *scope = launches->gathering->scope;
    if (!scope->n_subjects)
        return launches_of(launches, NULL);
    for (size_t i = 0; i < scope->n_subjects; i++) {
        ident_t account;
        TRY(ident_from(str_bytes(scope->subjects[i].data, scope->subjects[i].len), &account));
        TRY(launches_of(launches, &account));
    }
    return ERR_OK;
}

static err_t launches_gather(const struct gathering *gathering)
{
    static const str_t head = {LAUNCH_ROW_HEAD, sizeof LAUNCH_ROW_HEAD - 1 - 2};
    struct launches launches = {gathering, {.name = "launches", .head = head}, ERR_OK};
    err_t result = archive_table_begin(gathering->archive, &launches.table);
    if (result == ERR_OK)
        result = launches_each(&launches);
    if (result == ERR_OK)
        result = archive_table_end(gathering->archive, &launches.table);
    table_drop(&launches.table);
    return result;
}

/* Policies */

struct policies {
    const struct gathering *gathering;
    struct desk desk;
    struct table table;
    struct policies_ask ask;
    struct policies_page page;
    struct kept_policy policy;
};

static err_t page_read(struct tx *tx, void *with)
{
    struct policies *policies = with;
    return policies_list(tx, &policies->ask, policies->desk.arena, &policies->page);
}

static err_t policy_read(struct tx *tx, void *with)
{
    struct policies *policies = with;
    return policies_find(tx, policies->policy.number, policies->desk.arena, &policies->policy);
}

static err_t policy_gather(struct policies *policies, const struct kept_policy *listed)
{
    const struct reader reader = reader_of(policies->gathering);
    char name[64];
    concept_put_json(&policy_concept, listed, &policies->table.json);
    concept_put_csv(&policy_concept, listed, &policies->table.csv);
    TRY(row_put(policies->gathering, &policies->table));
    policies->policy = *listed;
    TRY(store_read(policies->desk.store, reader.tenant, policy_read, policies));
    snprintf(name, sizeof name, "policies/%lld.txt", (long long)listed->number);
    return archive_file(policies->gathering->archive, name, policies->policy.note);
}

static err_t policies_each(struct policies *policies)
{
    const struct reader reader = reader_of(policies->gathering);
    do {
        arena_clear(policies->desk.arena);
        TRY(store_read(policies->desk.store, reader.tenant, page_read, policies));
        for (size_t i = 0; i < policies->page.count; i++) {
            policies->ask.before = policies->page.policies[i].number;
            TRY(policy_gather(policies, &policies->page.policies[i]));
        }
    } while (policies->page.more);
    return ERR_OK;
}

static err_t policies_gather(const struct gathering *gathering)
{
    OWN(buf) head = BUF(HEAD_MOST);
    OWN(arena) arena = ARENA(ARENA_MOST * 16ull);
    struct policies policies = {.gathering = gathering, .desk = *gathering->desk};
    policies.desk.arena = &arena;
    policies.ask.limit = 8; /* each may be megabytes */
    concept_put_csv_head(&policy_concept, &head);
    TRY(buf_end(&head));
    policies.table.name = policy_concept.plural;
    policies.table.head = buf_str(&head);
    err_t result = archive_table_begin(gathering->archive, &policies.table);
    if (result == ERR_OK)
        result = policies_each(&policies);
    if (result == ERR_OK)
        result = archive_table_end(gathering->archive, &policies.table);
    table_drop(&policies.table);
    return result;
}

/* What the keys process keeps: members, and requests for other rights */

static void text_both(struct table *table, const char *name, const char *text)
{
    buf_putf(&table->json, ",\"%s\":", name);
    buf_put_json(&table->json, str(text));
    buf_put(&table->csv, STR(","));
    csv_cell(str(text), &table->csv);
}

static void id_both(struct table *table, const char *name, const char *prefix, ProtobufCBinaryData id)
{
    ident_t value;
    bool there = ident_from(str_bytes(id.data, id.len), &value) == ERR_OK;
    text_both(table, name, there ? ident_text(prefix, value).text : "");
}

static void moment_both(struct table *table, const char *name, moment_t at)
{
    text_both(table, name, at ? moment_text(at).text : "");
}

/* Each value has a comma before it, the first as well. */
static void row_close(struct table *table, size_t json_from, size_t csv_from)
{
    if (table->json.state == ERR_OK)
        table->json.at[json_from] = '{';
    if (table->csv.state == ERR_OK) {
        memmove(table->csv.at + csv_from, table->csv.at + csv_from + 1, table->csv.len - csv_from - 1);
        table->csv.len--;
    }
    buf_put(&table->json, STR("}"));
}

static err_t member_put(const struct gathering *gathering, struct table *table, const Keys__Member *member)
{
    size_t json = table->json.len, csv = table->csv.len;
    id_both(table, "id", "usr", member->id);
    text_both(table, "role", member->role);
    moment_both(table, "made", member->made);
    text_both(table, "full_name", member->full_name);
    text_both(table, "username", member->username);
    text_both(table, "email", member->email);
    row_close(table, json, csv);
    return row_put(gathering, table);
}

static err_t members_each(const struct gathering *gathering, struct table *table)
{
    const Keys__ExportScope *scope = gathering->scope;
    for (size_t i = 0; i < scope->n_members; i++) {
        ident_t id;
        TRY(ident_from(str_bytes(scope->members[i]->id.data, scope->members[i]->id.len), &id));
        if (!scope->n_subjects || is_of_person(gathering, id))
            TRY(member_put(gathering, table, scope->members[i]));
    }
    return ERR_OK;
}

/* What is to run, as the endpoint told it, opened by the keys process. */
static err_t what_put(const struct gathering *gathering, struct table *table, const Keys__Elevation *item)
{
    static const struct elevation_asked none;
    void *records = NULL;
    size_t count = 0;
    OWN(arena) arena = ARENA(ARENA_MOST);
    (void)gathering;
    if (item->packed.len)
        TRY(codec_unpack(&elevation_concept, str_bytes(item->packed.data, item->packed.len), &arena, &records,
                         &count));
    const struct elevation_asked *what = count == 1 ? records : &none;
    str_t path = arena_copy(&arena, what->path), reason = arena_copy(&arena, what->reason);
    char *args = arena_room(&arena, what->args.len + 1);
    TRY(arena_end(&arena));
    for (size_t i = 0; i < what->args.len; i++) /* each has a NUL behind it */
        args[i] = (char)(what->args.at[i] ? what->args.at[i] : ' ');
    args[what->args.len] = '\0';
    char runs_as[24];
    snprintf(runs_as, sizeof runs_as, "%lld", (long long)what->runs_as);
    text_both(table, "runs_as", count == 1 ? runs_as : "");
    text_both(table, "path", path.at);
    text_both(table, "args", args);
    text_both(table, "reason", reason.at);
    return ERR_OK;
}

static err_t elevation_put(const struct gathering *gathering, struct table *table,
                           const Keys__Elevation *item)
{
    size_t json = table->json.len, csv = table->csv.len;
    char minutes[24];
    snprintf(minutes, sizeof minutes, "%lld", (long long)item->minutes);
    id_both(table, "id", "elv", item->id);
    id_both(table, "device", "dev", item->device);
    id_both(table, "account", "acc", item->account);
    text_both(table, "state", item->state);
    moment_both(table, "made", item->made);
    moment_both(table, "answered", item->answered);
    moment_both(table, "used", item->used);
    text_both(table, "minutes", minutes);
    TRY(what_put(gathering, table, item));
    row_close(table, json, csv);
    return row_put(gathering, table);
}

static err_t elevations_each(const struct gathering *gathering, struct table *table)
{
    uint8_t after[sizeof(ident_t)] = {0};
    for (bool more = true; more;) {
        OWN(arena) arena = ARENA(ARENA_MOST);
        Keys__ExportPage in = KEYS__EXPORT_PAGE__INIT;
        Keys__Elevations *page = NULL;
        in.ticket = (char *)(uintptr_t)gathering->ticket;
        in.after = (ProtobufCBinaryData){sizeof after, after};
        in.limit = ELEVATIONS_PAGE;
        TRY(keys_ask(gathering->desk->channel, &(struct question){ASK_export_elevations, &in}, &arena,
                     &page));
        more = page->more && page->n_items;
        for (size_t i = 0; i < page->n_items; i++)
            TRY(elevation_put(gathering, table, page->items[i]));
        if (more)
            memcpy(after, page->items[page->n_items - 1]->id.data, sizeof after);
    }
    return ERR_OK;
}

err_t table_gather(const struct gathering *gathering, struct table *table,
                   err_t (*each)(const struct gathering *gathering, struct table *table))
{
    TRY(archive_table_begin(gathering->archive, table));
    TRY(each(gathering, table));
    return archive_table_end(gathering->archive, table);
}

err_t gather(const struct gathering *gathering)
{
    OWN(table) members = {.name = "users", .head = STR("id,role,made,full_name,username,email")};
    OWN(table)
    elevations = {.name = "elevations",
                  .head = STR("id,device,account,state,made,answered,used,minutes,runs_as,path,args,reason")};
    bool person = gathering->scope->n_subjects != 0;
    TRY(concepts_gather(gathering));
    TRY(launches_gather(gathering));
    TRY(recordings_gather(gathering));
    TRY(table_gather(gathering, &members, members_each));
    TRY(table_gather(gathering, &elevations, elevations_each));
    if (!person)
        TRY(policies_gather(gathering));
    return log_gather(gathering);
}
