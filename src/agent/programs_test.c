/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/dpkg.h"
#include "agent/flatpak.h"
#include "agent/given.h"
#include "agent/snap.h"
#include "guard/rpm_given.h"
#include "guard/rpm_header.h"

enum { ROOM = 16 * 1024 * 1024 };

/* dpkg */

TEST(only_installed_packages_count_and_those_of_two_architectures_once)
{
    OWN(arena) arena = ARENA(ROOM);
    struct list programs;
    CHECK_OK(given_machine(test_folder()));
    CHECK_OK(programs_read(test_folder(), &arena, &programs));
    const struct program *all = programs.at;
    CHECK(programs.count == 3);
    CHECK(str_eq(all[0].name, STR("bash")) && str_eq(all[0].version, STR("5.2.15-2+b2")));
    CHECK(str_eq(all[1].name, STR("libc6")) && str_eq(all[2].name, STR("zsh")));
}

TEST(a_machine_without_a_record_of_packages_is_not_one_without_packages)
{
    OWN(arena) arena = ARENA(ROOM);
    struct list programs;
    CHECK_FAILS(ERR_MISSING, programs_read(test_folder(), &arena, &programs));
    CHECK_OK(given_file(test_folder(), "var/lib/dpkg/status", STR("")));
    CHECK_OK(programs_read(test_folder(), &arena, &programs));
    CHECK(programs.count == 0);
}

TEST(a_stanza_that_breaks_off_or_names_nothing_is_no_package)
{
    OWN(arena) arena = ARENA(ROOM);
    struct list programs = LIST(&arena, struct program);
    dpkg_status_read(
        STR("Package: a\nStatus: install ok installed\n\n\n\nStatus: install ok installed\n\n"
            "Package: \xff\nStatus: install ok installed\n\nPackage: b\nStatus: install ok inst"),
        &programs);
    const struct program *all = programs.at;
    CHECK(programs.count == 1 && str_eq(all[0].name, STR("a")) && all[0].version.len == 0);
}

/* rpm */

/* As rpm writes them: a region first, other tags between. */
static const struct given_entry bash_entries[] = {
    {63, 7, 16, {"\0\0\0\x3f\0\0\0\x07\xff\xff\xff\xd0\0\0\0\x10", 16}},
    {1000, 6, 1, {"bash", 5}},
    {1001, 6, 1, {"5.2.26", 7}},
    {1002, 6, 1, {"3.fc40", 7}},
    {1003, 4, 1, {"\0\0\0\2", 4}},
    {1004, 9, 1, {"The GNU shell", 14}},
};

static err_t given_package(const char *name, const char *version, const char *release, buf_t *out_blob)
{
    const struct given_entry entries[] = {{1000, 6, 1, {name, strlen(name) + 1}},
                                          {1001, 6, 1, {version, strlen(version) + 1}},
                                          {1002, 6, 1, {release, strlen(release) + 1}}};
    return given_header(entries, 3, out_blob);
}

static bool is_package(str_t blob, struct rpm_package *out_package)
{
    struct rpm_header header;
    return rpm_header_open(blob, &header) && rpm_package_read(&header, out_package);
}

TEST(a_header_of_rpm_is_read)
{
    OWN(buf) blob = BUF(4096);
    struct rpm_package package;
    CHECK_OK(given_header(bash_entries, 6, &blob));
    CHECK(is_package(buf_str(&blob), &package));
    CHECK(str_eq(package.name, STR("bash")) && str_eq(package.version, STR("5.2.26")));
    CHECK(str_eq(package.release, STR("3.fc40")) && package.has_epoch && package.epoch == 2);
}

TEST(a_header_that_is_cut_or_longer_or_lies_about_its_parts_is_refused)
{
    OWN(buf) blob = BUF(4096);
    struct rpm_package package;
    CHECK_OK(given_header(bash_entries, 6, &blob));
    for (size_t len = 0; len < blob.len; len++)
        CHECK(!is_package(str_bytes(blob.at, len), &package));
    buf_put_byte(&blob, 0);
    CHECK(!is_package(buf_str(&blob), &package));
    blob.len--;
    static const size_t lengths[] = {0, 3, 4, 7}; /* numbers of entries and of bytes */
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        blob.at[lengths[i]] ^= 0x40;
        CHECK(!is_package(buf_str(&blob), &package));
        blob.at[lengths[i]] ^= 0x40;
    }
    CHECK(is_package(buf_str(&blob), &package));
}

TEST(a_tag_of_another_kind_or_past_the_data_is_refused)
{
    static const struct given_entry wrong[][3] = {
        {{1000, 6, 1, {"a", 2}}, {1001, 6, 1, {"1", 2}}, {1002, 6, 1, {"1", 1}}}, /* does not end */
        {{1000, 6, 1, {"", 1}}, {1001, 6, 1, {"1", 2}}, {1002, 6, 1, {"1", 2}}},  /* empty */
        {{1000, 8, 1, {"a", 2}}, {1001, 6, 1, {"1", 2}}, {1002, 6, 1, {"1", 2}}},
        {{1000, 6, 2, {"a", 2}}, {1001, 6, 1, {"1", 2}}, {1002, 6, 1, {"1", 2}}},
        {{1000, 6, 1, {"a", 2}}, {1001, 6, 1, {"1", 2}}, {1003, 4, 1, {"\0\0\1", 3}}},
        {{1000, 6, 1, {"a", 2}}, {1001, 6, 1, {"1", 2}}, {9, 6, 1, {"1", 2}}}, /* no release */
        {{1000, 6, 1, {"a", 2}}, {1001, 6, 1, {"1", 2}}, {1002, 6, 1, {"", 0}}},
    };
    struct rpm_package package;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        OWN(buf) blob = BUF(4096);
        CHECK_OK(given_header(wrong[i], 3, &blob));
        CHECK(!is_package(buf_str(&blob), &package));
    }
}

static err_t given_rpm_machine(const char *name)
{
    OWN(buf) bash = BUF(4096);
    OWN(buf) zlib = BUF(4096);
    OWN(buf) key = BUF(4096);
    TRY(given_header(bash_entries, 6, &bash));
    TRY(given_package("zlib", "1.3", "1", &zlib));
    TRY(given_package("gpg-pubkey", "a15b79cc", "63d04c2c", &key));
    const str_t blobs[] = {buf_str(&zlib), buf_str(&key), buf_str(&bash), buf_str(&zlib)};
    return given_rpmdb(test_folder(), name, blobs, 4);
}

TEST(packages_of_rpm_are_told_with_epoch_and_release_and_keys_are_none)
{
    static const char *const files[] = {"usr/lib/sysimage/rpm/rpmdb.sqlite", "var/lib/rpm/rpmdb.sqlite"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        OWN(arena) arena = ARENA(ROOM);
        struct list programs;
        CHECK_OK(given_rpm_machine(files[i]));
        CHECK_OK(programs_read(test_folder(), &arena, &programs));
        const struct program *all = programs.at;
        CHECK(programs.count == 2);
        CHECK(str_eq(all[0].name, STR("bash")) && str_eq(all[0].version, STR("2:5.2.26-3.fc40")));
        CHECK(str_eq(all[1].name, STR("zlib")) && str_eq(all[1].version, STR("1.3-1")));
    }
}

TEST(reading_leaves_no_file_beside_the_database_of_rpm_and_a_damaged_one_is_an_error)
{
    OWN(arena) arena = ARENA(ROOM);
    struct list programs;
    CHECK_OK(given_rpm_machine("var/lib/rpm/rpmdb.sqlite"));
    CHECK_OK(programs_read(test_folder(), &arena, &programs));
    CHECK(access(place(test_folder(), "var/lib/rpm/rpmdb.sqlite-wal").text, F_OK) != 0);
    CHECK(access(place(test_folder(), "var/lib/rpm/rpmdb.sqlite-shm").text, F_OK) != 0);
    CHECK_OK(
        given_file(test_folder(), "var/lib/rpm/rpmdb.sqlite", STR("not a database, by its first bytes")));
    CHECK_FAILS(ERR_BROKEN, programs_read(test_folder(), &arena, &programs));
    CHECK(strstr(err_note(), "rpmdb.sqlite"));
}

/* flatpak */

static err_t given_flatpak(const char *name, const char *ref)
{
    OWN(buf) file = BUF(1024);
    OWN(buf) text = BUF(1024);
    OWN(buf) link = BUF(1024);
    buf_putf(&file, "var/lib/flatpak/app/%s/%s/active/metadata", name, ref);
    buf_putf(&text, "[Application]\nname=%s\nruntime=org.example.Platform/x86_64/23.08\n", name);
    buf_putf(&link, "var/lib/flatpak/app/%s/current", name);
    TRY(given_file(test_folder(), file.at, buf_str(&text)));
    return symlink(ref, place(test_folder(), link.at).text) == 0 ? ERR_OK : fail(ERR_BROKEN, "no link");
}

TEST(applications_of_flatpak_are_told_with_their_branch)
{
    OWN(arena) arena = ARENA(ROOM);
    struct list programs;
    CHECK_OK(given_flatpak("org.example.Draw", "x86_64/stable"));
    CHECK_OK(given_flatpak("org.example.Write", "x86_64/24.08"));
    CHECK_OK(given_file(test_folder(), "var/lib/flatpak/app/org.example.Gone/current", STR("")));
    CHECK_OK(programs_read(test_folder(), &arena, &programs));
    const struct program *all = programs.at;
    CHECK(programs.count == 2);
    CHECK(str_eq(all[0].name, STR("org.example.Draw")) && str_eq(all[0].version, STR("stable")));
    CHECK(str_eq(all[1].name, STR("org.example.Write")) && str_eq(all[1].version, STR("24.08")));
}

TEST(texts_of_flatpak_of_another_form_say_nothing)
{
    static const char *const links[] = {"", "x86_64", "x86_64/", "/stable", "a/b/c", "../..", "a/."};
    static const char *const texts[] = {"", "name=a\n", "[Runtime]\nname=a\n",
                                        "[Application]\n[Other]\nname=a", "[Application]\nname"};
    for (size_t i = 0; i < sizeof links / sizeof *links; i++)
        CHECK(!flatpak_branch(str(links[i])).len);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        CHECK(!flatpak_name(str(texts[i])).len);
    CHECK(str_eq(flatpak_name(STR("# x\n[Other]\nname=b\n[Application]\n name = a \r\n")), STR("a")));
}

/* snap */

static err_t given_snap(const char *folder, const char *name, const char *yaml)
{
    OWN(buf) file = BUF(1024);
    OWN(buf) link = BUF(1024);
    buf_putf(&file, "%s/%s/42/meta/snap.yaml", folder, name);
    buf_putf(&link, "%s/%s/current", folder, name);
    TRY(given_file(test_folder(), file.at, str(yaml)));
    return symlink("42", place(test_folder(), link.at).text) == 0 ? ERR_OK : fail(ERR_BROKEN, "no link");
}

TEST(snaps_are_told_with_the_version_that_they_state)
{
    OWN(arena) arena = ARENA(ROOM);
    struct list programs;
    CHECK_OK(given_snap("snap", "core22", "name: core22\nversion: '20240111'\nsummary: x\n"));
    CHECK_OK(given_snap("snap", "draw", "name: draw\napps:\n  version: no\n"));
    CHECK_OK(given_snap("var/lib/snapd/snap", "core22", "version: \"20240111\"\n"));
    CHECK_OK(given_file(test_folder(), "snap/bin/draw", STR("")));
    CHECK_OK(programs_read(test_folder(), &arena, &programs));
    const struct program *all = programs.at;
    CHECK(programs.count == 2 && str_eq(all[0].name, STR("core22")) &&
          str_eq(all[0].version, STR("20240111")));
    CHECK(str_eq(all[1].name, STR("draw")) && !all[1].version.len);
}

TEST(a_version_is_read_plain_or_quoted_and_without_its_comment)
{
    static const struct {
        const char *line, *version;
    } lines[] = {
        {"version: 1.2", "1.2"},
        {"version:   1.2 \r", "1.2"},
        {"version: '1.2' # x", "1.2"},
        {"version: \"1.2\"", "1.2"},
        {"version: 1.2 # x", "1.2"},
        {"version: 1.2#3", "1.2#3"},
        {"version: \"1\\t\"", ""},
        {"version: '1.2", ""},
        {"version: '", ""},
        {"version: # x", ""},
        {"version:", ""},
        {" version: 1", ""},
        {"versions: 1", ""},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        CHECK(str_eq(snap_version(str(lines[i].line)), str(lines[i].version)));
    CHECK(str_eq(snap_version(STR("name: a\nversion: 2\nversion: 3\n")), STR("2")));
}

TEST(several_package_systems_stand_beside_each_other)
{
    OWN(arena) arena = ARENA(ROOM);
    struct list programs;
    CHECK_OK(given_machine(test_folder()));
    CHECK_OK(given_rpm_machine("var/lib/rpm/rpmdb.sqlite"));
    CHECK_OK(given_snap("snap", "core22", "version: 1\n"));
    CHECK_OK(given_flatpak("org.example.Draw", "x86_64/stable"));
    CHECK_OK(programs_read(test_folder(), &arena, &programs));
    CHECK(programs.count == 3 + 2 + 1 + 1);
}

TESTS(only_installed_packages_count_and_those_of_two_architectures_once,
      a_machine_without_a_record_of_packages_is_not_one_without_packages,
      a_stanza_that_breaks_off_or_names_nothing_is_no_package, a_header_of_rpm_is_read,
      a_header_that_is_cut_or_longer_or_lies_about_its_parts_is_refused,
      a_tag_of_another_kind_or_past_the_data_is_refused,
      packages_of_rpm_are_told_with_epoch_and_release_and_keys_are_none,
      reading_leaves_no_file_beside_the_database_of_rpm_and_a_damaged_one_is_an_error,
      applications_of_flatpak_are_told_with_their_branch, texts_of_flatpak_of_another_form_say_nothing,
      snaps_are_told_with_the_version_that_they_state,
      a_version_is_read_plain_or_quoted_and_without_its_comment,
      several_package_systems_stand_beside_each_other)
