/* SPDX-License-Identifier: Apache-2.0
 *
 * Against the command `age`, an independent implementation (Debian's package age): what one writes the other opens.
 */
#include "crypt/age_given.h"
#include "test/test.h"

#include <fcntl.h>
#include <sys/wait.h>

static const size_t lengths[] = {0, 1, 65535, 65536, 65537, 200000};
enum { LENGTHS = sizeof lengths / sizeof *lengths };

/* A pair of keys, its texts, and a folder for the files between the two. */
struct given_files {
    struct given keys;
    buf_t bytes, recipient, identity;
    char plain[256], sealed[256], opened[256], identities[256];
};
typedef struct given_files given_files_own;

static void given_files_drop(struct given_files *given)
{
    given_drop(&given->keys);
    buf_drop(&given->bytes);
    buf_drop(&given->recipient);
    buf_drop(&given->identity);
}

static err_t file_put(const char *path, str_t bytes)
{
    return env_real()->write_file(env_real(), path, bytes, 0600);
}

static err_t given_files(struct given_files *given)
{
    *given = (struct given_files){.bytes = BUF(1 << 20), .recipient = BUF(256), .identity = BUF(256)};
    TRY(given_a_pair(&given->keys));
    TRY(given_bytes(200000, &given->bytes));
    age_recipient_text(&given->keys.recipient, &given->recipient);
    age_identity_text(&given->keys.identity, &given->identity);
    snprintf(given->plain, sizeof given->plain, "%s/plain", test_folder());
    snprintf(given->sealed, sizeof given->sealed, "%s/sealed", test_folder());
    snprintf(given->opened, sizeof given->opened, "%s/opened", test_folder());
    snprintf(given->identities, sizeof given->identities, "%s/identities", test_folder());
    return file_put(given->identities, buf_str(&given->identity));
}

/* The exit status of `age` with these arguments and its output in a file; 127 where there is no such command. */
static int age_run(const char *output, const char *const *arguments)
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        dup2(open("/dev/null", O_RDWR), 0);
        dup2(open(output, O_WRONLY | O_CREAT | O_TRUNC, 0600), 1);
        dup2(0, 2);
        execvp("age", (char *const *)(uintptr_t)arguments);
        _exit(127);
    }
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static bool no_command(void)
{
    return age_run("/dev/null", (const char *const[]){"age", "--version", NULL}) == 127;
}

static bool file_holds(const char *path, str_t wanted)
{
    OWN(buf) found = BUF(1 << 20);
    return env_real()->read_file(env_real(), path, &found) == ERR_OK && str_eq(buf_str(&found), wanted);
}

TEST(the_command_opens_what_is_written_here)
{
    if (no_command())
        SKIP("no command `age`: apt-get install age");
    OWN(given_files) given = {0};
    CHECK_OK(given_files(&given));
    for (int i = 0; i < 2 * LENGTHS; i++) {
        OWN(buf) file = BUF(1 << 20);
        str_t wanted = {given.bytes.at, lengths[i / 2]};
        CHECK_OK(file_written(&given.keys, i & 1, wanted, &file));
        CHECK_OK(file_put(given.sealed, buf_str(&file)));
        CHECK(age_run(given.opened, (const char *const[]){"age", "-d", "-i", given.identities, "-o",
                                                          given.opened, given.sealed, NULL}) == 0);
        CHECK(file_holds(given.opened, wanted));
    }
}

TEST(what_the_command_writes_is_opened_here)
{
    if (no_command())
        SKIP("no command `age`: apt-get install age");
    OWN(given_files) given = {0};
    enum age_fault fault = AGE_NO_FAULT;
    CHECK_OK(given_files(&given));
    for (int i = 0; i < 2 * LENGTHS; i++) {
        OWN(buf) file = BUF(1 << 20);
        OWN(buf) opened = BUF(1 << 20);
        str_t wanted = {given.bytes.at, lengths[i / 2]};
        struct age_read_ask ask = given_ask(&given.keys, &opened);
        CHECK_OK(file_put(given.plain, wanted));
        CHECK(age_run(given.sealed,
                      (const char *const[]){"age", "-r", given.recipient.at, i & 1 ? "-a" : given.plain,
                                            i & 1 ? given.plain : NULL, NULL}) == 0);
        CHECK_OK(env_real()->read_file(env_real(), given.sealed, &file));
        CHECK(str_starts(buf_str(&file), i & 1 ? STR("-----BEGIN AGE") : STR("age-encryption.org/v1\n")));
        CHECK_OK(file_read(&ask, buf_str(&file), 4096, &fault));
        CHECK(str_eq(buf_str(&opened), wanted));
    }
}

TEST(neither_opens_what_is_for_another)
{
    if (no_command())
        SKIP("no command `age`: apt-get install age");
    OWN(given_files) given = {0};
    OWN(given) other = {0};
    OWN(buf) file = BUF(1 << 16);
    CHECK_OK(given_files(&given));
    CHECK_OK(given_a_pair(&other));
    key_random(other.env, &other.identity);
    age_recipient_of(&other.identity, &other.recipient);
    CHECK_OK(file_written(&other, false, STR("for another"), &file));
    CHECK_OK(file_put(given.sealed, buf_str(&file)));
    CHECK(age_run(given.opened,
                  (const char *const[]){"age", "-d", "-i", given.identities, given.sealed, NULL}) == 1);
}

TESTS(the_command_opens_what_is_written_here, what_the_command_writes_is_opened_here,
      neither_opens_what_is_for_another)
