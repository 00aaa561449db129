/* SPDX-License-Identifier: Apache-2.0
 *
 * In every statement on tenant data the tenant is $1, which the store binds: another one cannot be named. Arguments are bound
 * by their numbers.
 */
#include "store/_private.h"
#include "sys/env.h"
#include "test/test.h"
#include <dirent.h>

static size_t count_in(const char *text, const char *wanted)
{
    size_t count = 0;
    for (const char *at = strstr(text, wanted); at; at = strstr(at + 1, wanted))
        count++;
    return count;
}

/* The tables that a statement names; each of ours has one. */
static size_t tables_in(const char *sql)
{
    return count_in(sql, "insert into ") + count_in(sql, " from ") + !strncmp(sql, "update ", 7) +
           count_in(sql, " join ");
}

static bool inserts_as_first(const char *sql)
{
    const char *columns = strchr(sql, '('), *values = strstr(sql, "values (");
    bool elsewhere =
        strstr(sql, " select ") || (strstr(sql, "on conflict") && !strstr(sql, "on conflict (tenant, ") &&
                                    !strstr(sql, "on conflict do nothing"));
    return columns && values && !elsewhere && !strncmp(columns, "(tenant, ", 9) &&
           !strncmp(values, "values ($1, ", 12);
}

/* Where a statement narrows to `tenant = $1`, nothing widens it again. */
static bool narrows(const char *sql)
{
    const char *where = strstr(sql, " where tenant = $1");
    return where && !strstr(where, " or ") && !strstr(where, " union ") && count_in(sql, "tenant =") == 1;
}

static bool names_the_tenant(const char *sql)
{
    bool inserts = !strncmp(sql, "insert into ", 12);
    return tables_in(sql) == 1 && (inserts ? inserts_as_first(sql) : narrows(sql));
}

TEST(the_parser_tells_a_statement_that_names_its_tenant)
{
    CHECK(names_the_tenant("select id from devices where tenant = $1 and id = $2"));
    CHECK(names_the_tenant("insert into devices (tenant, id) values ($1, $2)"));
    CHECK(!names_the_tenant("select id from devices where id = $2"));
    CHECK(!names_the_tenant("select id from devices where tenant = $2"));
    CHECK(!names_the_tenant("select id from devices where tenant = $1 or id = $2"));
    CHECK(!names_the_tenant("select id from devices where tenant = $1 and id in (select id from programs)"));
    CHECK(!names_the_tenant("insert into devices (id, tenant) values ($2, $1)"));
    CHECK(!names_the_tenant("insert into devices (tenant, id) values ($2, $1)"));
    CHECK(!names_the_tenant("insert into devices (tenant, id) values ($1, $2) on conflict (id) do nothing"));
    CHECK(!names_the_tenant("delete from devices"));
}

TEST(every_statement_made_from_a_concept_names_its_tenant)
{
    for (const concept_t *const *c = concepts; *c; c++)
        for (int verb = 0; verb < VERB_COUNT; verb++) {
            const char *sql = record_sql(*c, (enum record_verb)verb);
            if (!names_the_tenant(sql))
                printf("%s\n", sql);
            CHECK(names_the_tenant(sql) && strstr(sql, (*c)->plural));
        }
}

TEST(every_statement_made_from_a_place_names_its_tenant)
{
    for_each_place(place) for (int verb = 0; verb < PLACE_VERBS; verb++)
    {
        const char *sql = place_sql(place, (enum place_verb)verb);
        if (!names_the_tenant(sql))
            printf("%s\n", sql);
        CHECK(names_the_tenant(sql) && strstr(sql, place->name));
    }
}

/* What stands between quotes from the bracket at `at` to its end, put together; the length of the call. */
static size_t literals_of(const char *at, buf_t *out)
{
    int depth = 0;
    bool quoted = false;
    const char *c = at;
    do {
        quoted ^= *c == '"';
        if (quoted && *c != '"')
            buf_put_byte(out, (uint8_t)*c);
        depth += !quoted && *c == '(' ? 1 : !quoted && *c == ')' ? -1 : 0;
    } while (depth && *++c);
    return (size_t)(c - at);
}

static bool literals_name_the_tenant(const char *source, const char *call, size_t *io_found)
{
    for (const char *at = strstr(source, call); at; at = strstr(at, call)) {
        OWN(buf) sql = BUF(4096);
        at += strlen(call) - 1;
        at += literals_of(at, &sql);
        if (buf_end(&sql) != ERR_OK || !names_the_tenant(buf_str(&sql).at)) {
            printf("%s...): %s\n", call, buf_str(&sql).at);
            return false;
        }
        ++*io_found;
    }
    return true;
}

/* A text that is no literal is bound in a statement made from a concept or a place, and in no other. */
static bool built_text_is_of_a_concept(const char *source, const char *call)
{
    for (const char *at = strstr(source, call); at; at = strstr(at + 1, call)) {
        const char *end = strchr(at, '\n'), *record = strstr(at, "record_sql("),
                   *place = strstr(at, "place_sql(");
        const char *built = record && record < end ? record : place;
        bool declared = !strncmp(at + strlen(call), "struct tx *", 11);
        bool bound_here = at > source && at[-1] != ' ' && !declared;
        if (!declared && !bound_here && !(built && built < end))
            return false;
    }
    return true;
}

static bool file_names_the_tenant(const char *path, size_t *io_found)
{
    OWN(buf) source = BUF(1 << 20);
    if (env_real()->read_file(env_real(), path, &source) != ERR_OK)
        return false;
    return literals_name_the_tenant(source.at, "tx_do(", io_found) &&
           literals_name_the_tenant(source.at, "tx_read(", io_found) &&
           built_text_is_of_a_concept(source.at, " tx_run_args(") &&
           built_text_is_of_a_concept(source.at, " tx_read_args(");
}

TEST(every_statement_written_out_in_the_store_names_its_tenant)
{
    const char *source = getenv("CUSTODY_SOURCE");
    char path[4096];
    size_t found = 0;
    bool right = true;
    if (!source)
        SKIP("CUSTODY_SOURCE is not set");
    snprintf(path, sizeof path, "%s/src/store", source);
    DIR *folder = opendir(path);
    CHECK(folder);
    for (const struct dirent *entry = readdir(folder); entry; entry = readdir(folder)) {
        const char *end = strrchr(entry->d_name, '.');
        if (!end || strcmp(end, ".c") || strstr(entry->d_name, "_test"))
            continue;
        snprintf(path, sizeof path, "%s/src/store/%s", source, entry->d_name);
        right = right && file_names_the_tenant(path, &found);
    }
    closedir(folder);
    CHECK(right && found >= 6);
}

/* In the second turn the statement is one that was kept; the second reader finds it in use. */
TEST(an_argument_is_bound_by_its_number_wherever_that_stands)
{
    char path[512];
    OWN(db) db = NULL;
    snprintf(path, sizeof path, "%s/order.db", test_folder());
    CHECK_OK(db_open(path, &db));
    for (int turn = 0; turn < 2; turn++) {
        OWN(rows) first = {0};
        OWN(rows) second = {0};
        static const char sql[] = "select $3 - $1, $2, $3";
        const arg_t args[] = {N(1), N(20 + turn), N(300)}, others[] = {N(5), N(6), N(7)};
        CHECK_OK(db_read_args(db, &first, sql, args, 3));
        CHECK_OK(row_one(&first));
        CHECK_OK(db_read_args(db, &second, sql, others, 3));
        CHECK_OK(row_one(&second));
        CHECK(row_number(&first, 0) == 299 && row_number(&first, 1) == 20 + turn &&
              row_number(&first, 2) == 300);
        CHECK(row_number(&second, 0) == 2 && row_number(&second, 1) == 6 && row_number(&second, 2) == 7);
    }
    CHECK_FAILS(ERR_BROKEN, db_do(db, "select $1", N(1), N(2)));
}

TESTS(the_parser_tells_a_statement_that_names_its_tenant,
      every_statement_made_from_a_concept_names_its_tenant,
      every_statement_made_from_a_place_names_its_tenant,
      every_statement_written_out_in_the_store_names_its_tenant,
      an_argument_is_bound_by_its_number_wherever_that_stands)
