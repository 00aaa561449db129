/* SPDX-License-Identifier: Apache-2.0
 *
 * What was answered is there, whatever happens to the process or to its disk.
 */
#include "concept/program.h"
#include "store/record.h"
#include "sys/env.h"
#include "test/test.h"
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum { ROUNDS = 20, MOST = 4096, BIG = 40 * 1024 };

static const struct tenant tenant = {
    .id = {{1}}, .realm = {{2}}, .name = {"example", 7}, .state = {"open", 4}, .made = 1};

static ident_t numbered(uint32_t number)
{
    ident_t id = {{9}};
    memcpy(id.bytes + 4, &number, sizeof number);
    return id;
}

static err_t put_act(struct tx *tx, void *with) { return record_put(tx, &program_concept, with); }

static err_t put_numbered(struct store *store, uint32_t number, str_t sealed)
{
    struct record record = {.id = numbered(number), .parent = {{3}}, .subject = {{3}}, .sealed = sealed};
    return store_write(store, tenant.id, put_act, &record);
}

struct finding {
    ident_t id;
    size_t sealed;
};

static err_t find_act(struct tx *tx, void *with)
{
    struct finding *finding = with;
    OWN(arena) arena = ARENA(1 << 20);
    struct record_page page;
    TRY(record_list(tx, &program_concept, &(struct record_ask){.id = &finding->id}, &arena, &page));
    if (page.count != 1)
        return fail(ERR_MISSING, "a record that was answered is gone");
    finding->sealed = page.records[0].sealed.len;
    return ERR_OK;
}

/* Every number from `first` up to `past` is there, with its sealed bytes whole. */
static err_t all_there(struct store *store, uint32_t first, uint32_t past, size_t sealed)
{
    for (uint32_t number = first; number < past; number++) {
        struct finding finding = {.id = numbered(number)};
        TRY(store_read(store, tenant.id, find_act, &finding));
        if (finding.sealed != sealed)
            return fail(ERR_BROKEN, "a record with %zu bytes", finding.sealed);
    }
    return ERR_OK;
}

/* Writes until killed, and says after each answer how far it is. */
static void write_and_report(const char *folder, uint32_t number, int report)
{
    OWN(store) store = NULL;
    if (store_open(env_real(), folder, &store) != ERR_OK || store_tenant_put(store, &tenant) != ERR_OK)
        return;
    for (;; number++)
        if (put_numbered(store, number, STR("sealed")) != ERR_OK ||
            write(report, &number, sizeof number) != sizeof number)
            return;
}

/* The number after the last of `count` reports, or of all that are left. */
static uint32_t past_reported(int report, uint32_t first, uint32_t count)
{
    uint32_t past = first, number;
    while (count-- && read(report, &number, sizeof number) == sizeof number)
        past = number + 1;
    return past;
}

/* One child writes on from `first` and is killed some time after its `acts` answers; the number after its last one. */
static uint32_t written_until_killed(const char *folder, uint32_t first, uint32_t acts)
{
    int report[2];
    if (pipe(report) != 0)
        abort();
    pid_t child = fork();
    if (child == 0) {
        write_and_report(folder, first, report[1]);
        _exit(1);
    }
    close(report[1]);
    uint32_t past = past_reported(report[0], first, acts);
    usleep(acts * 331);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    past = past_reported(report[0], past, UINT32_MAX);
    close(report[0]);
    return past;
}

TEST(a_killed_process_loses_nothing_that_it_answered)
{
    uint32_t first = 0, written = 0;
    for (uint32_t round = 1; round <= ROUNDS; round++) {
        uint32_t past = written_until_killed(test_folder(), first, round);
        OWN(store) store = NULL;
        CHECK_OK(store_open(env_real(), test_folder(), &store));
        CHECK_OK(store_tenant_put(store, &tenant));
        CHECK_OK(all_there(store, first, past, 6));
        written += past - first;
        first = past + 1; /* one more may be there: written, and not answered any more */
    }
    CHECK(written >= ROUNDS * (ROUNDS + 1) / 2);
}

/* A child says what went wrong in words; empty where nothing did. */
static err_t told(const char *what, int words, err_t result)
{
    char text[512];
    int len = snprintf(text, sizeof text, "%s: %s: %s", what, err_info(result)->name, err_note());
    if (result != ERR_OK && write(words, text, (size_t)len) != len)
        abort();
    return result;
}

static err_t written_until_full(struct store *store, uint32_t *io_past)
{
    static char big[BIG];
    for (; *io_past < MOST; ++*io_past)
        TRY(put_numbered(store, *io_past, str_bytes(big, sizeof big)));
    return fail(ERR_BROKEN, "the disk never filled");
}

/* More than the engine keeps in memory before it commits. */
static err_t put_large_act(struct tx *tx, void *with)
{
    static char big[BIG];
    (void)with;
    for (uint32_t number = MOST * 2; number < MOST * 2 + 128; number++) {
        struct record record = {.id = numbered(number), .sealed = str_bytes(big, sizeof big)};
        TRY(record_put(tx, &program_concept, &record));
    }
    return ERR_OK;
}

static err_t small_disk(const char *folder)
{
    if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("none", folder, "tmpfs", 0, "size=2m") != 0)
        return fail(ERR_DENIED, "cannot mount a small disk here: %s", strerror(errno));
    return ERR_OK;
}

static err_t busy(err_t result)
{
    return result == ERR_BUSY ? ERR_OK
                              : fail(ERR_BROKEN, "answered %s: %s", err_info(result)->name, err_note());
}

static err_t fill_and_free(const char *folder, int words)
{
    static const char ballast[600 * 1024];
    char path[256];
    uint32_t past = 0;
    OWN(store) store = NULL;
    snprintf(path, sizeof path, "%s/ballast", folder);
    TRY(told("mount", words, small_disk(folder)));
    TRY(told("ballast", words,
             env_real()->write_file(env_real(), path, str_bytes(ballast, sizeof ballast), 0600)));
    TRY(told("open", words, store_open(env_real(), folder, &store)));
    TRY(told("tenant", words, store_tenant_put(store, &tenant)));
    TRY(told("full", words, busy(written_until_full(store, &past))));
    TRY(told("full again", words, busy(written_until_full(store, &past))));
    TRY(told("large act", words, busy(store_write(store, tenant.id, put_large_act, NULL))));
    TRY(told("answered", words, all_there(store, 0, past, BIG)));
    TRY(told("free", words, env_real()->remove_file(env_real(), path)));
    TRY(told("write again", words, put_numbered(store, MOST, STR("sealed"))));
    store_drop(&store);
    TRY(told("open again", words, store_open(env_real(), folder, &store)));
    TRY(told("answered after that", words, all_there(store, 0, past, BIG)));
    return told("written again", words, all_there(store, MOST, MOST + 1, 6));
}

TEST(a_full_disk_is_busy_loses_nothing_and_works_again_with_space)
{
    int words[2];
    char said[512] = "";
    CHECK(pipe(words) == 0);
    const char *folder = test_folder();
    pid_t child = fork();
    if (child == 0)
        _exit(fill_and_free(folder, words[1]) != ERR_OK);
    close(words[1]);
    ssize_t len = read(words[0], said, sizeof said - 1);
    close(words[0]);
    int status = 0;
    waitpid(child, &status, 0);
    if (len > 0 && !strncmp(said, "mount: ", 7))
        SKIP("a small disk needs the right to mount one");
    if (len > 0)
        printf("%s\n", said);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

TESTS(a_killed_process_loses_nothing_that_it_answered,
      a_full_disk_is_busy_loses_nothing_and_works_again_with_space)
