/* SPDX-License-Identifier: Apache-2.0 */
#include "concept/account.h"
#include "concept/describe.h"
#include "concept/group.h"
#include "concept/tenant.h"
#include "concept/user.h"
#include "sys/env.h"
#include "test/test.h"

TEST(every_concept_is_found_by_its_name_and_number)
{
    int last = 0;
    for (const concept_t *const *c = concepts; *c; c++) {
        CHECK((*c)->number > last);
        last = (*c)->number;
        CHECK(concept_find(str((*c)->name)) == *c && concept_numbered((*c)->number) == *c);
        CHECK(strlen((*c)->prefix) > 0 && strlen((*c)->prefix) <= ID_PREFIX_MAX);
        CHECK(!(*c)->parent == ((*c)->shape != SHAPE_LIST) &&
              (!(*c)->parent || concept_find(str((*c)->parent))));
    }
    CHECK(!concept_find(STR("")) && !concept_find(STR("accounts")) && !concept_find(STR("account\0")));
    CHECK(!concept_numbered(0) && !concept_numbered(last + 1));
}

TEST(no_two_concepts_share_a_name_or_a_prefix)
{
    for (const concept_t *const *c = concepts; *c; c++)
        for (const concept_t *const *d = concepts; d < c; d++) {
            CHECK(strcmp((*c)->name, (*d)->name) && strcmp((*c)->plural, (*d)->plural));
            CHECK(strcmp((*c)->prefix, (*d)->prefix));
        }
}

TEST(no_two_fields_share_a_tag_or_a_name)
{
    for (const concept_t *const *c = concepts; *c; c++)
        for_each_field(f, *c) {
            CHECK(f->tag > 0 && f->at < (*c)->size);
            for (const field_t *g = (*c)->fields; g < f; g++)
                CHECK(f->tag != g->tag && strcmp(f->name, g->name));
        }
}

TEST(every_personal_field_is_kept_for_an_item_of_the_closed_list)
{
    for (purpose_t purpose = 0; purpose < PURPOSE_COUNT; purpose++)
        CHECK(purpose_info(purpose)->name && purpose_info(purpose)->text[0]);
    for (const concept_t *const *c = concepts; *c; c++)
        for_each_field(f, *c)
            if (f->class == CLASS_PERSONAL)
                CHECK(str_starts(str(purpose_info(f->purpose)->promise), STR("collect.")));
}

TEST(every_personal_or_secret_field_is_sealed)
{
    for (const concept_t *const *c = concepts; *c; c++)
        for_each_field(f, *c)
            if (f->class == CLASS_PERSONAL || f->class == CLASS_SECRET)
                CHECK(field_is_sealed(*c, f));
    CHECK(field_is_sealed(&account_concept, &account_concept.fields[0]));
    CHECK(!field_is_sealed(&user_concept, &user_concept.fields[0]));
}

TEST(an_id_points_to_the_concept_that_it_names)
{
    CHECK(field_target(&account_concept, &account_concept.fields[0]) == &account_concept);
    CHECK(field_target(&group_concept, &group_concept.fields[1]) == &account_concept);
    CHECK(!field_target(&group_concept, &group_concept.fields[0]));
    CHECK(!field_target(&tenant_concept, &tenant_concept.fields[1]));
}

struct described {
    const char *file;
    void (*describe)(buf_t *out);
};

static err_t read_committed(const char *source, const char *file, buf_t *out)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/docs/describe/%s", source, file);
    return env_real()->read_file(env_real(), path, out);
}

TEST(the_committed_descriptions_are_those_of_the_concepts)
{
    static const struct described all[] = {
        {"schema.sql", describe_sql},   {"custody.proto", describe_proto},
        {"types.ts", describe_types},   {"schema.json", describe_json},
        {"structs.h", describe_struct}, {"data-map.md", describe_data_map}};
    const char *source = getenv("CUSTODY_SOURCE");
    if (!source)
        SKIP("CUSTODY_SOURCE is not set");
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        OWN(buf) printed = BUF(1 << 20);
        OWN(buf) committed = BUF(1 << 20);
        all[i].describe(&printed);
        CHECK_OK(buf_end(&printed));
        CHECK_OK(read_committed(source, all[i].file, &committed));
        if (!str_eq(buf_str(&printed), buf_str(&committed)))
            printf("docs/describe/%s is not what `custody describe` prints\n", all[i].file);
        CHECK(str_eq(buf_str(&printed), buf_str(&committed)));
    }
}

TEST(one_table_can_be_described_alone)
{
    OWN(buf) sql = BUF(1 << 16);
    describe_table(&account_concept, &sql);
    CHECK_OK(buf_end(&sql));
    CHECK(
        str_starts(buf_str(&sql), STR("create table if not exists accounts (\n  tenant bytea not null,\n")));
    CHECK(!strstr(sql.at, "logged_in") && !strstr(sql.at, "name"));
}

TESTS(every_concept_is_found_by_its_name_and_number, no_two_concepts_share_a_name_or_a_prefix,
      no_two_fields_share_a_tag_or_a_name, every_personal_field_is_kept_for_an_item_of_the_closed_list,
      every_personal_or_secret_field_is_sealed, an_id_points_to_the_concept_that_it_names,
      the_committed_descriptions_are_those_of_the_concepts, one_table_can_be_described_alone)
