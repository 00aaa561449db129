/* SPDX-License-Identifier: Apache-2.0
 *
 * Archives as they are written: whole or not there, one writer, and nothing of a record that runs in the page.
 */
#include "extract/archive.h"

#include "sys/env_virtual.h"
#include "test/test.h"
#include <sys/stat.h>

struct scene {
    struct world world;
    struct key identity;
    char path[256], recipient[128];
};
typedef struct scene scene_own;
static void scene_drop(struct scene *scene) { world_drop(&scene->world); }

static err_t scene_open(struct scene *scene)
{
    OWN(buf) text = BUF(sizeof scene->recipient);
    struct key recipient;
    world_open(&scene->world, 11);
    TRY(crypt_start());
    snprintf(scene->path, sizeof scene->path, "%s/archive", test_folder());
    key_random(&scene->world.env, &scene->identity);
    age_recipient_of(&scene->identity, &recipient);
    age_recipient_text(&recipient, &text);
    snprintf(scene->recipient, sizeof scene->recipient, "%.*s", STR_ARG(buf_str(&text)));
    return buf_end(&text);
}

static err_t begin(struct scene *scene, struct archive **out_archive)
{
    const struct archive_about about = {
        .client = "example", .kind = "handover", .recipient = scene->recipient, .what = "Everything"};
    return archive_begin(&scene->world.env, &(struct archive_ask){scene->path, about}, out_archive);
}

/* As whoever has the identity opens it. */
static err_t opened(const struct scene *scene, buf_t *out_zip)
{
    OWN(buf) sealed = BUF(64 * 1024 * 1024);
    OWN(age_reader) reader = NULL;
    const struct age_read_ask by = {.identities = &scene->identity, .count = 1, .sink = age_into(out_zip)};
    TRY(env_real()->read_file(env_real(), scene->path, &sealed));
    TRY(age_read_begin(&by, &reader));
    TRY(age_read(reader, buf_str(&sealed)));
    return age_read_end(reader);
}

static size_t times(const buf_t *text, const char *what)
{
    size_t count = 0;
    for (const char *at = text->at;
         (at = memmem(at, (size_t)(text->at + text->len - at), what, strlen(what)));)
        count++, at++;
    return count;
}

TEST(an_archive_that_did_not_come_to_its_end_is_not_there)
{
    OWN(scene) scene = {.path = ""};
    struct archive *archive = NULL;
    struct stat about;
    CHECK_OK(scene_open(&scene));
    CHECK_OK(begin(&scene, &archive));
    CHECK_OK(archive_file(archive, "a.txt", STR("hello")));
    CHECK(stat(scene.path, &about) == 0);
    archive_drop(&archive);
    CHECK(stat(scene.path, &about) != 0);
}

TEST(one_archive_has_one_writer_and_what_a_crash_left_is_written_over)
{
    OWN(scene) scene = {.path = ""};
    OWN(archive) archive = NULL;
    struct archive *second = NULL;
    struct archive_made made;
    OWN(buf) zip = BUF(64 * 1024 * 1024);
    char left[4096] = "left by a crash";
    CHECK_OK(scene_open(&scene));
    CHECK_OK(env_real()->write_file(env_real(), scene.path, str_bytes(left, sizeof left), 0600));
    CHECK_OK(begin(&scene, &archive));
    CHECK_FAILS(ERR_BUSY, begin(&scene, &second));
    CHECK_OK(archive_end(archive, &made));
    CHECK_OK(opened(&scene, &zip));
    CHECK(made.files == 3 && times(&zip, "manifest.json") == 2 && str_starts(buf_str(&zip), STR("PK\3\4")));
}

TEST(a_table_that_is_larger_than_a_part_is_several_files)
{
    OWN(scene) scene = {.path = ""};
    OWN(archive) archive = NULL;
    OWN(table) table = {.name = "things", .head = STR("name")};
    OWN(buf) zip = BUF(256 * 1024 * 1024);
    struct archive_made made;
    char name[1024];
    memset(name, 'x', sizeof name);
    CHECK_OK(scene_open(&scene));
    CHECK_OK(begin(&scene, &archive));
    CHECK_OK(archive_table_begin(archive, &table));
    for (size_t i = 0; i < TABLE_PART / sizeof name * 2 + 10; i++) {
        buf_put(&table.json, str_bytes(name, sizeof name));
        buf_put(&table.csv, str_bytes(name, sizeof name));
        CHECK_OK(table_row(archive, &table));
    }
    CHECK_OK(archive_table_end(archive, &table));
    CHECK_OK(archive_end(archive, &made));
    CHECK_OK(opened(&scene, &zip));
    CHECK(made.records == TABLE_PART / sizeof name * 2 + 10 && made.files == 3 + 6);
    CHECK(times(&zip, "data/things-0003.csv") == 2 && !times(&zip, "data/things.csv"));
}

TEST(nothing_that_a_record_says_ends_the_block_it_stands_in)
{
    OWN(page) page = {.name = NULL};
    OWN(buf) html = BUF(PAGE_MOST);
    page_table(&page, "things");
    page_row(&page, STR("{\"name\":\"</script><script>alert(1)</script><!--\"}"));
    page_table_end(&page, 1);
    CHECK_OK(page_put(&page, &(struct page_about){"What <is> \"kept\"", "now"}, &html));
    CHECK(!times(&html, "alert(1)</script>") && times(&html, "alert(1)\\u003c/script\\u003e") == 1);
    CHECK(times(&html, "<script>") == 1 && times(&html, "</script>") == 2 && !times(&html, "<is>"));
    CHECK(times(&html, "default-src 'none'; script-src 'sha256-") == 1);
}

TEST(a_page_has_room_for_so_much_and_says_how_much_there_is)
{
    OWN(page) page = {.name = NULL};
    OWN(buf) html = BUF(PAGE_MOST);
    char row[4096];
    memset(row, '7', sizeof row);
    for (int i = 0; i < 8; i++) {
        page_table(&page, "things");
        for (int j = 0; j < 1000; j++)
            page_row(&page, str_bytes(row, sizeof row));
        page_table_end(&page, 1000);
    }
    CHECK_OK(page_put(&page, &(struct page_about){"All", "now"}, &html));
    CHECK(times(&html, "data-records=\"1000\"") >= 3 && html.len < PAGE_MOST);
}

TESTS(an_archive_that_did_not_come_to_its_end_is_not_there,
      one_archive_has_one_writer_and_what_a_crash_left_is_written_over,
      a_table_that_is_larger_than_a_part_is_several_files,
      nothing_that_a_record_says_ends_the_block_it_stands_in,
      a_page_has_room_for_so_much_and_says_how_much_there_is)
