/* SPDX-License-Identifier: Apache-2.0 */
#include "guard/installed.h"
#include "guard/packages_private.h"
#include "guard/rpm_given.h"
#include "guard/rpm_header.h"
#include "guard/vetting.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>

/* Headers */

#define HELLO \
    {1000, 6, 1, {"hello", 6}}, {1001, 6, 1, {"1.0", 4}}, \
    { \
        1002, 6, 1, { "1", 2 } \
    }
#define SHA256_OF_EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static const struct given_entry hello[] = {
    HELLO,
    {1118, 8, 2, {"/usr/bin/\0/etc/", 16}},
    {1117, 8, 3, {"hello\0folder\0hello.conf", 24}},
    {1116, 4, 3, {"\0\0\0\0\0\0\0\0\0\0\0\1", 12}},
    {1030, 3, 3, {"\x81\xed\x41\xed\x81\xa4", 6}},
    {1035, 8, 3, {SHA256_OF_EMPTY "\0\0" SHA256_OF_EMPTY, 131}},
    {5011, 4, 1, {"\0\0\0\x08", 4}},
};
enum {
    HELLO_COUNT = sizeof hello / sizeof *hello,
    HELLO_FOLDERS = 3,
    HELLO_NAMES,
    HELLO_NUMBERS,
    HELLO_MODES
};
/* The first is there, the last was replaced by another package's. */
static const struct given_entry states[] = {{1029, 1, 3, {"\0\0\1", 3}}};

static err_t given_hello(const struct given_entry entries[HELLO_COUNT], buf_t *out_blob)
{
    return given_region((struct given_entries){entries, HELLO_COUNT}, (struct given_entries){states, 1},
                        out_blob);
}

static size_t files_there(str_t blob)
{
    OWN(rpm_files) files = {0};
    struct rpm_header header, region;
    struct rpm_file file;
    size_t count = 0;
    if (!rpm_header_open(blob, &header) || !rpm_region(&header, &region) ||
        !rpm_files_open(&header, &region, &files))
        return 0;
    while (rpm_files_next(&files, &file))
        count += file.there;
    return count;
}

TEST(files_are_those_that_are_there_and_no_folders)
{
    OWN(rpm_files) files = {0};
    OWN(buf) blob = BUF(8192);
    struct rpm_header header, region;
    struct rpm_file file;
    CHECK_OK(given_hello(hello, &blob));
    CHECK(rpm_header_open(buf_str(&blob), &header) && rpm_region(&header, &region));
    CHECK(rpm_files_open(&header, &region, &files) && rpm_files_next(&files, &file));
    CHECK(str_eq(file.folder, STR("/usr/bin/")) && str_eq(file.name, STR("hello")) && file.there);
    CHECK(str_eq(file.digest, STR(SHA256_OF_EMPTY)));
    CHECK(rpm_files_next(&files, &file) && !file.there);
    CHECK(rpm_files_next(&files, &file) && str_eq(file.folder, STR("/etc/")) && !file.there);
    CHECK(!rpm_files_next(&files, &file));
}

TEST(lists_of_files_that_do_not_fit_each_other_have_none)
{
    static const struct {
        size_t entry;
        struct given_entry is;
    } wrong[] = {
        {HELLO_FOLDERS, {1118, 8, 0, {"", 0}}},                          /* none */
        {HELLO_FOLDERS, {1118, 6, 1, {"/usr/bin/", 10}}},                /* of another type */
        {HELLO_NAMES, {1117, 8, 2, {"hello\0folder", 13}}},              /* fewer than digests */
        {HELLO_NUMBERS, {1116, 4, 2, {"\0\0\0\0\0\0\0\0", 8}}},          /* fewer than names */
        {HELLO_NUMBERS, {1116, 4, 3, {"\0\0\0\2\0\0\0\0\0\0\0\1", 12}}}, /* a folder that is not there */
        {HELLO_NUMBERS, {1116, 4, 0xffffffff, {"\0\0\0\0\0\0\0\0", 8}}}, /* past the data */
        {HELLO_MODES, {1030, 3, 2, {"\x81\xed\x41\xed", 4}}},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        OWN(buf) blob = BUF(8192);
        struct given_entry entries[HELLO_COUNT];
        memcpy(entries, hello, sizeof hello);
        CHECK_OK(given_hello(entries, &blob));
        CHECK(files_there(buf_str(&blob)) == 1);
        blob.len = 0;
        entries[wrong[i].entry] = wrong[i].is;
        CHECK_OK(given_hello(entries, &blob));
        CHECK(files_there(buf_str(&blob)) == 0);
    }
}

TEST(a_region_ends_where_its_own_end_says_so_and_holds_nothing_that_was_added)
{
    static const struct given_entry added[] = {{1000, 6, 1, {"other", 6}}, {1003, 4, 1, {"\0\0\0\1", 4}}};
    OWN(buf) blob = BUF(8192);
    struct rpm_header header, region;
    struct rpm_package package;
    CHECK_OK(
        given_region((struct given_entries){hello, HELLO_COUNT}, (struct given_entries){added, 2}, &blob));
    CHECK(rpm_header_open(buf_str(&blob), &header) && rpm_region(&header, &region));
    CHECK(rpm_package_read(&region, &package) && str_eq(package.name, STR("hello")) && !package.has_epoch);
    size_t trailer = (size_t)(region.data.at - blob.at) + region.data.len - 16;
    const size_t spoilt[] = {8 + 3,       8 + 7,       8 + 8,        8 + 15,      trailer + 3,
                             trailer + 7, trailer + 8, trailer + 11, trailer + 15};
    for (size_t i = 0; i < sizeof spoilt / sizeof *spoilt; i++) {
        blob.at[spoilt[i]] ^= 1;
        CHECK(rpm_header_open(buf_str(&blob), &header) && !rpm_region(&header, &region));
        blob.at[spoilt[i]] ^= 1;
    }
    CHECK(rpm_region(&header, &region));
}

/* Signatures. The headers are of a real database (test/packages_test.py makes them), and their keys are for nothing else. */

enum { FIXTURES = 7, HELLO_AT = 0, KEY_AT = 5 };

static err_t fixture(const char *name, buf_t *out_bytes)
{
    char path[1024];
    const char *source = getenv("CUSTODY_SOURCE");
    snprintf(path, sizeof path, "%s/fuzz/corpus/%s", source ? source : ".", name);
    return env_real()->read_file(env_real(), path, out_bytes);
}

static err_t program_put(const char *name, const char *text)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/usr/bin/%s", test_folder(), name);
    given_folders(test_folder(), path);
    return env_real()->write_file(env_real(), path, str(text), 0600);
}

/* `spoilt`: the place of a byte of hello's header that is changed, 0: none. The first `keys` of the keys are there. */
static err_t given_machine(size_t keys, size_t spoilt)
{
    static const char *const names[FIXTURES] = {"rpm/hello", "rpm/curved",  "rpm/late",    "rpm/strange",
                                                "rpm/plain", "rpm/key-rsa", "rpm/key-late"};
    buf_t blobs[FIXTURES];
    str_t views[FIXTURES];
    err_t read = ERR_OK;
    for (size_t i = 0; i < FIXTURES; i++) {
        blobs[i] = (buf_t)BUF(8192);
        read = read == ERR_OK ? fixture(names[i], &blobs[i]) : read;
        views[i] = buf_str(&blobs[i]);
    }
    if (read == ERR_OK && spoilt)
        blobs[HELLO_AT].at[spoilt] ^= 1;
    err_t put = given_rpmdb(test_folder(), "var/lib/rpm/rpmdb.sqlite", views, KEY_AT + keys);
    for (size_t i = 0; i < FIXTURES; i++)
        buf_drop(&blobs[i]);
    return read == ERR_OK ? put : read;
}

static enum file_state state_of(const struct packages *packages, const char *path)
{
    char name[PACKAGE_NAME], whole[1024];
    snprintf(whole, sizeof whole, "%s%s", test_folder(), path);
    OWN(fd) fd = open(whole, O_RDONLY | O_CLOEXEC);
    return packages_find(packages, str(path), name) ? packages_state(packages, str(path), fd) : FILE_UNKNOWN;
}

#define NEEDS_LIBRARY() \
    do { \
        OWN(vetting) tried = NULL; \
        if (vetting_open(&tried) == ERR_MISSING) \
            SKIP("librnp is not installed"); \
    } while (0)

TEST(what_a_key_of_this_machine_has_signed_is_signed_while_its_file_is_as_it_was_brought)
{
    OWN(packages) packages = NULL;
    NEEDS_LIBRARY();
    CHECK_OK(given_machine(2, 0));
    CHECK_OK(program_put("hello", "#!/bin/sh\necho hello\n"));
    CHECK_OK(program_put("curved", "#!/bin/sh\necho curved\n"));
    CHECK_OK(program_put("plain", "#!/bin/sh\necho plain\n"));
    CHECK_OK(program_put("late", "#!/bin/sh\necho late\n"));
    CHECK_OK(packages_read(test_folder(), &packages));
    CHECK(state_of(packages, "/usr/bin/hello") == FILE_SIGNED);
    CHECK(state_of(packages, "/usr/bin/curved") == FILE_INTACT); /* its key is not there */
    CHECK(state_of(packages, "/usr/bin/plain") == FILE_INTACT);
    CHECK(state_of(packages, "/usr/bin/late") == FILE_UNKNOWN); /* its key had ended */
    CHECK_OK(program_put("hello", "#!/bin/sh\necho other\n"));
    CHECK(state_of(packages, "/usr/bin/hello") == FILE_ALTERED);
    struct packages_count count = packages_count(packages);
    CHECK(count.rpm == 5 && count.good == 1 && count.bad == 1 && !count.broken && !count.unchecked);
}

TEST(a_header_that_was_changed_is_not_signed_whether_before_it_was_read_or_after)
{
    OWN(packages) before = NULL;
    OWN(packages) after = NULL;
    enum { IN_INDEX = 8 + 16 + 3 };
    NEEDS_LIBRARY();
    CHECK_OK(program_put("hello", "#!/bin/sh\necho hello\n"));
    CHECK_OK(given_machine(2, 0));
    CHECK_OK(packages_read(test_folder(), &before));
    CHECK(state_of(before, "/usr/bin/hello") == FILE_SIGNED);
    CHECK_OK(given_machine(2, IN_INDEX));
    CHECK(state_of(before, "/usr/bin/hello") == FILE_UNKNOWN);
    CHECK_OK(packages_read(test_folder(), &after));
    CHECK(state_of(after, "/usr/bin/hello") == FILE_UNKNOWN);
    CHECK(packages_count(after).good == 0);
}

TEST(without_keys_nothing_is_signed)
{
    OWN(packages) packages = NULL;
    NEEDS_LIBRARY();
    CHECK_OK(program_put("hello", "#!/bin/sh\necho hello\n"));
    CHECK_OK(given_machine(0, 0));
    CHECK_OK(packages_read(test_folder(), &packages));
    CHECK(state_of(packages, "/usr/bin/hello") == FILE_INTACT && packages_count(packages).good == 0);
}

/* Two bytes for its length, the certificate, the signature. */
static bool halves(str_t whole, str_t *out_certificate, str_t *out_signature)
{
    size_t len = (size_t)(uint8_t)whole.at[0] << 8 | (uint8_t)whole.at[1];
    *out_certificate = str_bytes(whole.at + 2, len);
    *out_signature = str_bytes(whole.at + 2 + len, whole.len - 2 - len);
    return whole.len > len + 2;
}

struct given_hello {
    buf_t blob, pair;
    uint8_t intro[RPM_INTRO];
    str_t over[VETTING_PARTS], certificate, signature;
};
typedef struct given_hello hello_own;
static void hello_drop(struct given_hello *given)
{
    buf_drop(&given->blob);
    buf_drop(&given->pair);
}

static err_t given_signed(struct given_hello *given)
{
    struct rpm_header header, region;
    given->blob = (buf_t)BUF(8192);
    given->pair = (buf_t)BUF(8192);
    TRY(fixture("rpm/hello", &given->blob));
    TRY(fixture("signers/hello", &given->pair));
    if (!rpm_header_open(buf_str(&given->blob), &header) || !rpm_region(&header, &region) ||
        !halves(buf_str(&given->pair), &given->certificate, &given->signature))
        return fail(ERR_BROKEN, "no fixture");
    rpm_signed_bytes(&region, given->intro, given->over);
    return ERR_OK;
}

TEST(a_signature_is_one_packet_and_nothing_else)
{
    OWN(hello) given = {0};
    OWN(vetting) vetting = NULL;
    OWN(buf) other = BUF(8192);
    NEEDS_LIBRARY();
    CHECK_OK(given_signed(&given));
    CHECK_OK(vetting_open(&vetting));
    vetting_add(vetting, given.certificate);
    CHECK(vetting_check(vetting, given.over, given.signature) == SIGNATURE_GOOD);
    const str_t cut[VETTING_PARTS] = {given.over[0], given.over[1]};
    CHECK(vetting_check(vetting, cut, given.signature) == SIGNATURE_BAD);
    CHECK(vetting_check(vetting, given.over, STR("")) == SIGNATURE_NONE);
    buf_put(&other, given.signature);
    buf_put(&other, given.signature);
    CHECK(vetting_check(vetting, given.over, buf_str(&other)) == SIGNATURE_STRANGE);
    for (size_t len = 1; len < given.signature.len; len++)
        CHECK(vetting_check(vetting, given.over, str_bytes(given.signature.at, len)) == SIGNATURE_STRANGE);
    CHECK(vetting_check(vetting, given.over, given.certificate) == SIGNATURE_STRANGE);
}

/* The one process that this one has begun. */
static pid_t child_of_this(void)
{
    char path[64], text[64] = "";
    snprintf(path, sizeof path, "/proc/self/task/%ld/children", syscall(SYS_gettid));
    OWN(file) file = fopen(path, "re");
    return file && fgets(text, sizeof text, file) ? (pid_t)strtol(text, NULL, 10) : 0;
}

static bool status_says(pid_t process, const char *line)
{
    char path[64];
    OWN(buf) text = BUF(16 * 1024);
    snprintf(path, sizeof path, "/proc/%d/status", (int)process);
    return env_real()->read_file(env_real(), path, &text) == ERR_OK &&
           memmem(text.at, text.len, line, strlen(line)) != NULL;
}

TEST(who_checks_signatures_has_nobodys_rights_and_if_it_ends_nothing_is_signed)
{
    OWN(hello) given = {0};
    OWN(vetting) vetting = NULL;
    NEEDS_LIBRARY();
    CHECK_OK(given_signed(&given));
    CHECK_OK(vetting_open(&vetting));
    vetting_add(vetting, given.certificate);
    CHECK(vetting_check(vetting, given.over, given.signature) == SIGNATURE_GOOD);
    pid_t process = child_of_this();
    if (process <= 0)
        SKIP("the kernel does not tell of children");
    CHECK(status_says(process, "\nSeccomp:\t2\n") && status_says(process, "\nNoNewPrivs:\t1\n"));
    CHECK(geteuid() != 0 || status_says(process, "\nUid:\t65534\t65534\t65534\t65534\n"));
    kill(process, SIGKILL);
    CHECK(vetting_check(vetting, given.over, given.signature) == SIGNATURE_STRANGE);
    CHECK(vetting_check(vetting, given.over, given.signature) == SIGNATURE_STRANGE);
    vetting_drop(&vetting);
    CHECK_OK(vetting_open(&vetting));
    CHECK(vetting_check(vetting, given.over, given.signature) == SIGNATURE_STRANGE); /* by nobody it knows */
}

/* Until there are other packages, or a second has passed. */
static bool is_refreshed(struct installed *installed)
{
    for (int i = 0; i < 100; i++) {
        if (installed_refresh(installed))
            return true;
        usleep(10 * 1000);
    }
    return false;
}

static struct packages_count count_of(struct installed *installed)
{
    struct packages_count count = packages_count(installed_hold(installed));
    installed_leave(installed);
    return count;
}

TEST(packages_are_read_again_once_they_changed_and_a_broken_record_takes_nothing_away)
{
    OWN(installed) installed = NULL;
    char path[1024];
    NEEDS_LIBRARY();
    CHECK_OK(given_machine(0, 0));
    CHECK_OK(installed_open(test_folder(), &installed));
    CHECK(count_of(installed).rpm == 5 && count_of(installed).good == 0);
    usleep(20 * 1000); /* two changes within a tick of the kernel's clock have one moment */
    CHECK_OK(given_machine(2, 0));
    CHECK(is_refreshed(installed) && count_of(installed).good == 1);
    snprintf(path, sizeof path, "%s/var/lib/rpm/rpmdb.sqlite", test_folder());
    CHECK_OK(env_real()->write_file(env_real(), path, STR("not a database, by its first bytes"), 0600));
    CHECK(!is_refreshed(installed) && count_of(installed).good == 1 && !count_of(installed).broken);
}

TESTS(files_are_those_that_are_there_and_no_folders, lists_of_files_that_do_not_fit_each_other_have_none,
      a_region_ends_where_its_own_end_says_so_and_holds_nothing_that_was_added,
      what_a_key_of_this_machine_has_signed_is_signed_while_its_file_is_as_it_was_brought,
      a_header_that_was_changed_is_not_signed_whether_before_it_was_read_or_after,
      without_keys_nothing_is_signed, a_signature_is_one_packet_and_nothing_else,
      who_checks_signatures_has_nobodys_rights_and_if_it_ends_nothing_is_signed,
      packages_are_read_again_once_they_changed_and_a_broken_record_takes_nothing_away)
