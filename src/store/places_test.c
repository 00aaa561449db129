/* SPDX-License-Identifier: Apache-2.0
 *
 * Every table of a tenant's file can be moved, what changed since a cut is known, and what the rows weigh is exact.
 */
#include "concept/program.h"
#include "store/_private.h"
#include "store/bulk.h"
#include "store/places_given.h"
#include "sys/env_virtual.h"
#include "test/test.h"

enum { MOST = 4096, ACTS = 400, LARGE = 8 * 1024 * 1024, LARGES = BULK_HELD / LARGE + 2 };

struct given {
    struct world world;
    struct env *env;
    struct store *store;
    struct tenant tenant;
};
typedef struct given given_own;

static void given_drop(struct given *given)
{
    store_drop(&given->store);
    world_drop(&given->world);
}

static err_t given_a_store(struct given *given)
{
    world_open(&given->world, 7);
    given->env = &given->world.env;
    given->tenant =
        (struct tenant){.id = {{1}}, .realm = {{2}}, .name = STR("example"), .state = STR("open"), .made = 1};
    TRY(store_open(given->env, test_folder(), &given->store));
    return store_tenant_put(given->store, &given->tenant);
}

static err_t done(struct given *given, act_t act, void *with)
{
    return store_write(given->store, given->tenant.id, act, with);
}

static place_key_t key_of(ident_t id)
{
    place_key_t key = {.len = 0};
    key_ident(&key, id);
    return key;
}

/* Tables that no snapshot holds, each with its reason. */
static const char *const exceptions[] = {
    "counters",                  /* the tenant's counter: it never goes back */
    "outbox",                    /* what is on its way to the log, which is not restored */
    "outbox_numbers",            /* the same */
    "cuts",           "changes", /* what snapshots are made by */
    "weights",                   /* counted from the rows */
    "usage",                     /* what has been, which no restore changes */
    "sqlite_stat1",
};

static bool is_exception(str_t name)
{
    for (size_t i = 0; i < sizeof exceptions / sizeof *exceptions; i++)
        if (str_eq(name, str(exceptions[i])))
            return true;
    return false;
}

static const struct place *place_named(str_t name)
{
    for_each_place(place) if (str_eq(name, str(place->name))) return place;
    return NULL;
}

static bool has_column(const struct place *place, str_t name)
{
    for (size_t i = 0; i < place->count; i++)
        if (str_eq(name, str(place->columns[i].name)))
            return true;
    return false;
}

static size_t columns_missing(struct db *db, const struct place *place)
{
    OWN(rows) rows = {0};
    size_t missing = 0, there = 0;
    if (db_read(db, &rows, "select name from pragma_table_info($1)", T(str(place->name))) != ERR_OK)
        return SIZE_MAX;
    while (row_next(&rows)) {
        str_t name = row_text(&rows, 0);
        bool in_clear_elsewhere = str_eq(name, STR("tenant")) || str_eq(name, STR("seq"));
        if (!has_column(place, name) && !in_clear_elsewhere)
            printf("%s: no column %.*s\n", place->name, STR_ARG(name));
        missing += !has_column(place, name) && !in_clear_elsewhere;
        there += has_column(place, name);
    }
    return missing + (place->count - there);
}

static err_t schema_act(struct tx *tx, void *with)
{
    size_t *strange = with;
    OWN(rows) rows = {0};
    TRY(db_read(tx->db, &rows, "select name from sqlite_master where type = 'table'"));
    while (row_next(&rows)) {
        str_t name = row_text(&rows, 0);
        const struct place *place = place_named(name);
        if (!place && !is_exception(name))
            printf("%.*s is neither a place nor an exception\n", STR_ARG(name));
        *strange += place ? columns_missing(tx->db, place) : !is_exception(name);
    }
    return rows_end(&rows);
}

TEST(no_table_of_a_tenants_is_left_out_of_a_restore)
{
    for_each_place(place) CHECK(place->restore != RESTORE_NEVER); /* changes_back() believes it */
}

TEST(every_table_and_column_of_a_tenants_file_is_in_a_place_or_an_exception)
{
    OWN(given) given = {0};
    size_t strange = 0;
    CHECK_OK(given_a_store(&given));
    CHECK_OK(done(&given, schema_act, &strange));
    CHECK(strange == 0);
}

/* Of a table: columns that an index has which was declared apart from the table, and whether rows stand by their keys. */
static err_t indexed_read(struct db *db, const struct place *place, unsigned *out_columns,
                          int64_t *out_clustered)
{
    OWN(rows) rows = {0};
    *out_columns = 0;
    TRY(db_read(
        db, &rows,
        "select list.origin, info.name from pragma_index_list($1) as list, pragma_index_info(list.name) as info",
        T(str(place->name))));
    while (row_next(&rows))
        for (size_t i = place->keys; i < place->count; i++)
            if (str_eq(row_text(&rows, 0), STR("c")) &&
                str_eq(row_text(&rows, 1), str(place->columns[i].name)))
                *out_columns |= 1U << i;
    TRY(rows_end(&rows));
    return db_number(db, out_clustered, "select wr from pragma_table_list($1)", T(str(place->name)));
}

static err_t indexes_act(struct tx *tx, void *with)
{
    size_t *wrong = with;
    for_each_place(place)
    {
        unsigned columns = 0;
        int64_t clustered = 0;
        TRY(indexed_read(tx->db, place, &columns, &clustered));
        bool right = clustered == place->clustered && (clustered || columns == place->indexed);
        if (!right)
            printf("%s: clustered %d, indexed %#x\n", place->name, (int)clustered, columns);
        *wrong += !right;
    }
    return ERR_OK;
}

TEST(every_place_says_how_its_rows_stand_and_which_columns_have_an_index)
{
    OWN(given) given = {0};
    size_t wrong = 0;
    CHECK_OK(given_a_store(&given));
    CHECK_OK(done(&given, indexes_act, &wrong));
    CHECK(wrong == 0);
}

TEST(every_place_has_a_number_of_its_own_in_order_and_says_what_a_restore_does)
{
    int last = 0;
    for_each_place(place)
    {
        CHECK(place->number > last && place->keys && place->keys <= place->count);
        last = place->number;
        CHECK(place->restore != RESTORE_NEVER);
        CHECK(place->subject < (int)place->count && place->device < (int)place->count);
        CHECK(place_numbered(place->number) == place);
    }
    for (const concept_t *const *c = concepts; *c; c++) {
        const struct place *place = place_of(*c);
        CHECK(!place == ((*c)->home != HOME_TENANT));
        CHECK(!place || (!strcmp(place->name, (*c)->plural) && place->restore == (*c)->restore));
    }
}

TEST(the_format_document_names_every_table_and_column)
{
    const char *source = getenv("CUSTODY_SOURCE");
    char path[4096];
    OWN(buf) text = BUF(1 << 20);
    if (!source)
        SKIP("CUSTODY_SOURCE is not set");
    snprintf(path, sizeof path, "%s/docs/formats/snapshot.md", source);
    CHECK_OK(env_real()->read_file(env_real(), path, &text));
    for_each_place(place)
    {
        OWN(buf) line = BUF(MOST);
        buf_putf(&line, "| %d | %s | ", place->number, place->name);
        for (size_t i = 0; i < place->count; i++)
            buf_putf(&line, "%s%s", i ? ", " : "", place->columns[i].name);
        buf_putf(&line, " | %zu |", place->keys);
        CHECK_OK(buf_end(&line));
        if (!strstr(text.at, line.at))
            printf("no line: %s\n", line.at);
        CHECK(strstr(text.at, line.at));
    }
}

static err_t weights_act(struct tx *tx, void *with)
{
    struct weights *both = with;
    TRY(weights_read(tx, &both[0]));
    return weights_count(tx, &both[1]);
}

TEST(what_rows_weigh_is_counted_anew_without_a_difference)
{
    OWN(given) given = {0};
    CHECK_OK(given_a_store(&given));
    for (int turn = 0; turn < ACTS; turn++)
        CHECK_OK(done(&given, given_random_act, given.env));
    struct weights both[2] = {0};
    CHECK_OK(done(&given, weights_act, both));
    CHECK(!memcmp(&both[0], &both[1], sizeof both[0]));
    CHECK(both[0].rows[WEIGHS_LAUNCHES] && both[0].rows[WEIGHS_INVENTORY] &&
          both[0].bytes[WEIGHS_VIDEOS] > 1000);
}

static err_t failing_act(struct tx *tx, void *with)
{
    (void)with;
    TRY(given_program(tx, 40, 100));
    return fail(ERR_DENIED, "as asked");
}

TEST(what_an_act_took_back_weighs_nothing)
{
    OWN(given) given = {0};
    struct weights both[2] = {0};
    CHECK_OK(given_a_store(&given));
    CHECK_FAILS(ERR_DENIED, done(&given, failing_act, NULL));
    CHECK_OK(done(&given, weights_act, both));
    CHECK(!both[0].rows[WEIGHS_INVENTORY] && !both[1].rows[WEIGHS_INVENTORY]);
}

/* Carries what changed in one tenant's file since a cut into another's. */
struct carrying {
    struct given *from;
    int64_t since, cut, seen;
    ident_t to;
    const struct place *place;
    struct tx *source;
    buf_t keys, rows; /* key, or row behind a 1 */
    size_t carried;
};

static err_t put_both(void *with, str_t key)
{
    struct carrying *carrying = with;
    OWN(buf) row = BUF(MAX_ROW);
    bool there = false;
    TRY(place_row(carrying->source, carrying->place, key, &row, &there));
    uint32_t len = (uint32_t)(there ? row.len : key.len);
    buf_putf(&carrying->rows, "%02d%c", carrying->place->number, there ? '1' : '0');
    buf_put(&carrying->rows, str_bytes(&len, sizeof len));
    buf_put(&carrying->rows, there ? buf_str(&row) : key);
    carrying->carried++;
    return buf_end(&carrying->rows);
}

static err_t changed_act(struct tx *tx, void *with)
{
    struct carrying *carrying = with;
    carrying->source = tx;
    TRY(changes_counter(tx, &carrying->seen));
    for_each_place(place)
    {
        carrying->place = place;
        TRY(changes_read(tx, place, carrying->since, put_both, carrying));
    }
    return ERR_OK;
}

static err_t apply_act(struct tx *tx, void *with)
{
    const struct carrying *carrying = with;
    for (size_t at = 0; at < carrying->rows.len;) {
        uint32_t len;
        const char *head = carrying->rows.at + at;
        const struct place *place = place_numbered((head[0] - '0') * 10 + head[1] - '0');
        memcpy(&len, head + 3, sizeof len);
        str_t bytes = str_bytes(head + 3 + sizeof len, len);
        TRY(head[2] == '1' ? place_put(tx, place, bytes) : place_remove(tx, place, bytes));
        at += 3 + sizeof len + len;
    }
    return ERR_OK;
}

static err_t cut_act(struct tx *tx, void *with) { return changes_cut(tx, with); }

static err_t forget_act(struct tx *tx, void *with)
{
    const struct carrying *carrying = with;
    return changes_forget(tx, carrying->cut, carrying->seen);
}

static err_t carry(struct given *given, struct carrying *carrying)
{
    carrying->rows = (buf_t)BUF(1 << 24);
    err_t result = store_read(given->store, given->tenant.id, changed_act, carrying);
    if (result == ERR_OK)
        result = store_write(given->store, carrying->to, apply_act, carrying);
    buf_drop(&carrying->rows);
    return result;
}

TEST(rows_at_a_cut_with_the_changes_since_put_over_them_are_the_rows_of_now)
{
    OWN(given) given = {0};
    const struct tenant copy = {
        .id = {{5}}, .realm = {{2}}, .name = STR("copy"), .state = STR("open"), .made = 1};
    struct carrying carrying = {.to = copy.id};
    CHECK_OK(given_a_store(&given));
    CHECK_OK(store_tenant_put(given.store, &copy));
    CHECK_OK(done(&given, cut_act, &carrying.since));
    for (int round = 0; round < 30; round++) {
        OWN(given_state) here = {.count = 0};
        OWN(given_state) there = {.count = 0};
        for (int turn = 0; turn < 40; turn++)
            CHECK_OK(done(&given, given_random_act, given.env));
        CHECK_OK(done(&given, cut_act, &carrying.cut));
        for (int turn = 0; turn < round % 7; turn++) /* acts between a cut and the reading of it */
            CHECK_OK(done(&given, given_random_act, given.env));
        CHECK_OK(carry(&given, &carrying));
        CHECK_OK(store_read(given.store, given.tenant.id, given_state_act, &here));
        CHECK_OK(store_read(given.store, copy.id, given_state_act, &there));
        CHECK(given_same(&here, &there));
        for (int turn = 0; turn < round % 5; turn++) /* and before it is forgotten */
            CHECK_OK(done(&given, given_random_act, given.env));
        CHECK_OK(done(&given, forget_act, &carrying));
        carrying.since = carrying.cut;
    }
    struct weights both[2] = {0};
    CHECK_OK(store_write(given.store, copy.id, weights_act, both));
    CHECK(!memcmp(&both[0], &both[1], sizeof both[0]));
}

static err_t count_change(void *with, str_t key)
{
    (void)key;
    ++*(size_t *)with;
    return ERR_OK;
}

struct counting {
    int64_t since;
    size_t count;
};

static err_t count_act(struct tx *tx, void *with)
{
    struct counting *counting = with;
    counting->count = 0;
    return changes_read(tx, place_of(&program_concept), counting->since, count_change, &counting->count);
}

static err_t same_program_act(struct tx *tx, void *with)
{
    (void)with;
    return given_program(tx, 1, 9);
}

TEST(a_row_that_changes_often_is_noted_once_and_nothing_is_before_the_first_cut)
{
    OWN(given) given = {0};
    struct counting counting = {.since = 1};
    CHECK_OK(given_a_store(&given));
    CHECK_OK(done(&given, same_program_act, NULL));
    CHECK_FAILS(ERR_MISSING, done(&given, count_act, &counting));
    CHECK_OK(done(&given, cut_act, &counting.since));
    CHECK_OK(done(&given, count_act, &counting));
    CHECK(counting.count == 0);
    for (int i = 0; i < 5; i++)
        CHECK_OK(done(&given, same_program_act, NULL));
    CHECK_OK(done(&given, count_act, &counting));
    CHECK(counting.count == 1);
}

TEST(a_forgotten_cut_is_told)
{
    OWN(given) given = {0};
    struct carrying carrying = {.seen = 0};
    struct counting counting = {.count = 0};
    CHECK_OK(given_a_store(&given));
    CHECK_OK(done(&given, cut_act, &counting.since));
    CHECK_OK(done(&given, cut_act, &carrying.cut));
    CHECK_OK(done(&given, forget_act, &carrying));
    CHECK_FAILS(ERR_MISSING, done(&given, count_act, &counting));
}

/* A list of programs, numbered, whose sealed bytes are `fill`. */
static err_t large_row(uint8_t number, char fill, buf_t *out_row)
{
    static char sealed[LARGE];
    const ident_t id = {{9, number}}, device = {{5}};
    const struct value values[] = {{.bytes = ident_bytes(&id)},
                                   {.bytes = ident_bytes(&device)},
                                   {.bytes = ident_bytes(&device)},
                                   {.number = 1},
                                   {.number = 1},
                                   {.bytes = str_bytes(sealed, LARGE)}};
    const struct place *place = place_of(&program_concept);
    memset(sealed, fill, LARGE);
    buf_clear(out_row);
    for (size_t i = 0; i < place->count; i++)
        row_put_value(out_row, place->columns[i].kind, &values[i]);
    return buf_end(out_row);
}

/* The first time they come, then they become others, the last of them goes. */
static err_t large_act(struct tx *tx, void *with)
{
    const char *turn = with;
    const struct place *place = place_of(&program_concept);
    OWN(bulk) bulk = NULL;
    OWN(buf) live = BUF(MAX_ROW);
    OWN(buf) wanted = BUF(MAX_ROW);
    TRY(bulk_begin(tx, place, &bulk));
    for (uint8_t number = 1; number <= LARGES; number++) {
        const place_key_t key = key_of((ident_t){{9, number}});
        struct bulk_row row = {.key = key_str(&key)};
        TRY(large_row(number, turn[0], &live));
        TRY(large_row(number, turn[1], &wanted));
        row.live = turn[0] ? buf_str(&live) : row.live;
        row.wanted = turn[0] && number == LARGES ? row.wanted : buf_str(&wanted);
        TRY(bulk_row(bulk, &row));
    }
    return bulk_end(bulk);
}

struct larges {
    size_t count;
    char fill;
    bool same;
};

static err_t large_take(void *with, str_t key, str_t row)
{
    struct larges *larges = with;
    (void)key;
    larges->count++;
    larges->same = larges->same && row.at[row.len - 1] == larges->fill;
    return ERR_OK;
}

static err_t larges_act(struct tx *tx, void *with)
{
    return place_rows(tx, place_of(&program_concept), &(struct place_span){0}, large_take, with);
}

TEST(more_rows_than_are_held_back_at_once_are_all_written_and_weighed)
{
    OWN(given) given = {0};
    struct larges larges = {.fill = 'b', .same = true};
    struct weights both[2] = {0};
    CHECK_OK(given_a_store(&given));
    CHECK_FAILS(ERR_BROKEN, done(&given, large_act, (void *)(uintptr_t) "ab")); /* nothing stands */
    CHECK_OK(done(&given, large_act, (void *)(uintptr_t) "\0a"));
    CHECK_OK(done(&given, large_act, (void *)(uintptr_t) "ab"));
    CHECK_OK(done(&given, larges_act, &larges));
    CHECK(larges.count == LARGES - 1 && larges.same);
    CHECK_OK(done(&given, weights_act, both));
    CHECK(!memcmp(&both[0], &both[1], sizeof both[0]));
}

TEST(a_row_of_other_bytes_is_refused)
{
    static const char *const rows[] = {"", "\1", "\1\x80\x00", "\2\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
                                       "\7"};
    struct value values[PLACE_COLUMNS];
    const struct place *place = place_of(&program_concept);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        CHECK_FAILS(ERR_INVALID, row_read(place->columns, place->count, str(rows[i]), values));
}

TEST(keys_compare_as_their_rows_are_ordered)
{
    static const int64_t numbers[] = {INT64_MIN, -256, -1, 0, 1, 255, 256, INT64_MAX};
    for (size_t i = 1; i < sizeof numbers / sizeof *numbers; i++) {
        place_key_t smaller = {.len = 0}, larger = {.len = 0};
        key_number(&smaller, numbers[i - 1]);
        key_number(&larger, numbers[i]);
        CHECK(key_compare(key_str(&smaller), key_str(&larger)) < 0);
    }
    const place_key_t id = key_of((ident_t){{9, 3}});
    CHECK(id.len == KEY_ID_SIZE);
}

TESTS(no_table_of_a_tenants_is_left_out_of_a_restore,
      every_table_and_column_of_a_tenants_file_is_in_a_place_or_an_exception,
      every_place_says_how_its_rows_stand_and_which_columns_have_an_index,
      every_place_has_a_number_of_its_own_in_order_and_says_what_a_restore_does,
      the_format_document_names_every_table_and_column, what_rows_weigh_is_counted_anew_without_a_difference,
      what_an_act_took_back_weighs_nothing,
      rows_at_a_cut_with_the_changes_since_put_over_them_are_the_rows_of_now,
      a_row_that_changes_often_is_noted_once_and_nothing_is_before_the_first_cut, a_forgotten_cut_is_told,
      more_rows_than_are_held_back_at_once_are_all_written_and_weighed, a_row_of_other_bytes_is_refused,
      keys_compare_as_their_rows_are_ordered)
