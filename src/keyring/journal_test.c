/* SPDX-License-Identifier: Apache-2.0 */
#include "keyring/given.h"
#include "keyring/journal.h"
#include "test/test.h"
#include "tlog/checkpoint.h"
#include <pthread.h>

enum { WRITERS = 16, ACTS = 30, LOGS = 2 };
static const ident_t logs[LOGS] = {{{1}}, {{2}}};

struct writer {
    struct keyring *keyring;
    pthread_t thread;
    int number, done[LOGS];
    bool wrong;
};

struct telling {
    ident_t log;
    bool fails;
};

static err_t tell_act(struct keyring *keyring, void *with)
{
    const struct telling *telling = with;
    struct ask ask = {.keyring = keyring, .env = keyring_env(keyring), .db = keyring_db(keyring)};
    TRY(journal(&ask, telling->log, &(struct entry){ACT_TENANT_MADE}));
    TRY(journal(&ask, telling->log, &(struct entry){ACT_TENANT_CLAIMED}));
    return telling->fails ? fail(ERR_DENIED, "failed as asked") : ERR_OK;
}

static void *write_many(void *with)
{
    struct writer *writer = with;
    for (int i = 0; i < ACTS; i++) {
        int log = (writer->number + i / 4) % LOGS;
        struct telling telling = {logs[log], (writer->number + i) % 3 == 0};
        err_t result = keyring_write(writer->keyring, tell_act, &telling);
        writer->wrong |= result != (telling.fails ? ERR_DENIED : ERR_OK);
        writer->done[log] += result == ERR_OK;
    }
    return NULL;
}

static err_t logs_make(struct keyring *keyring, void *with)
{
    struct ask ask = {.keyring = keyring, .env = keyring_env(keyring), .db = keyring_db(keyring)};
    (void)with;
    for (size_t i = 0; i < LOGS; i++)
        TRY(journal_ensure(&ask, logs[i]));
    return ERR_OK;
}

/* All that a log has, by the messages of the jobs process. */
static err_t taken(struct given *given, ident_t log, Keys__LogEntries **out_entries)
{
    Keys__LogRange in = KEYS__LOG_RANGE__INIT;
    in.id = given_bin(ident_bytes(&log));
    return given_asked(given, ASK_log_take, &in, out_entries);
}

static bool is_numbered(const Keys__LogEntries *entries)
{
    for (size_t i = 0; i < entries->n_entries; i++) {
        char start[32];
        snprintf(start, sizeof start, "{\"seq\":%zu,", i);
        if (!str_starts(bin(entries->entries[i]), str(start)))
            return false;
    }
    return true;
}

TEST(acts_that_fail_in_a_commit_that_others_share_leave_neither_entries_nor_gaps)
{
    OWN(given) given = {0};
    static struct writer writers[WRITERS];
    int done[LOGS] = {0};
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(keyring_write(given.keyring, logs_make, NULL));
    for (int i = 0; i < WRITERS; i++) {
        writers[i] = (struct writer){.keyring = given.keyring, .number = i};
        CHECK(pthread_create(&writers[i].thread, NULL, write_many, &writers[i]) == 0);
    }
    for (int i = 0; i < WRITERS; i++) {
        pthread_join(writers[i].thread, NULL);
        CHECK(!writers[i].wrong);
        for (int log = 0; log < LOGS; log++)
            done[log] += writers[i].done[log];
    }
    for (int log = 0; log < LOGS; log++) {
        Keys__LogEntries *entries = NULL;
        CHECK_OK(taken(&given, logs[log], &entries));
        CHECK(entries->n_entries == 2 * (size_t)done[log] && is_numbered(entries));
    }
}

static err_t told(struct given *given, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct telling telling = {logs[0], false};
        TRY(keyring_write(given->keyring, tell_act, &telling));
    }
    return ERR_OK;
}

static err_t signed_to(struct given *given, int64_t size, Keys__Log **out_log)
{
    Keys__LogRange in = KEYS__LOG_RANGE__INIT;
    in.id = given_bin(ident_bytes(&logs[0]));
    in.size = size;
    return given_asked(given, ASK_log_sign, &in, out_log);
}

static err_t key_of(struct given *given, ident_t id, struct note_key *out_key)
{
    const Keys__None in = KEYS__NONE__INIT;
    Keys__Logs *due = NULL;
    TRY(given_asked(given, ASK_log_due, &in, &due));
    for (size_t i = 0; i < due->n_items; i++)
        if (str_eq(bin(due->items[i]->id), ident_bytes(&id)))
            return note_key_read(str(due->items[i]->key), out_key);
    return fail(ERR_MISSING, "the log is not due");
}

/* The root that is signed is that of these entries, appended to the tree. */
static bool signs(const Keys__Log *log, const struct note_key *key, const Keys__LogEntries *entries,
                  struct tree *tree)
{
    struct checkpoint checkpoint;
    for (size_t i = 0; tree->size < (uint64_t)log->size; i++) {
        hash_t leaf = tree_leaf(bin(entries->entries[i]));
        tree_add(tree, &leaf, NULL);
    }
    return checkpoint_open(str(log->checkpoint), key, &checkpoint) == ERR_OK &&
           checkpoint.size == tree->size && hash_eq(checkpoint.root, tree_root(tree));
}

TEST(what_is_signed_is_the_journals_and_leaves_it)
{
    OWN(given) given = {0};
    Keys__LogEntries *entries = NULL, *rest = NULL;
    Keys__Log *log = NULL;
    struct note_key key;
    struct tree tree = {0};
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(told(&given, 5));
    CHECK_OK(key_of(&given, logs[0], &key));
    CHECK_OK(taken(&given, logs[0], &entries));
    CHECK(entries->n_entries == 10);
    CHECK_OK(signed_to(&given, 7, &log));
    CHECK(signs(log, &key, entries, &tree));
    CHECK_OK(told(&given, 2));
    CHECK_OK(taken(&given, logs[0], &rest));
    CHECK(rest->n_entries == 7 && str_eq(bin(rest->entries[0]), bin(entries->entries[7])));
    CHECK_FAILS(ERR_CONFLICT, signed_to(&given, 6, &log));
    CHECK_FAILS(ERR_CONFLICT, signed_to(&given, 15, &log));
    CHECK_OK(signed_to(&given, 14, &log));
    CHECK(signs(log, &key, rest, &tree));
}

static err_t lose_one(struct keyring *keyring, void *with)
{
    (void)with;
    return db_do(keyring_db(keyring), "delete from journal where seq = 3");
}

TEST(a_journal_that_has_lost_an_entry_is_not_signed)
{
    OWN(given) given = {0};
    Keys__Log *log = NULL;
    CHECK_OK(given_a_keyring(&given));
    CHECK_OK(told(&given, 4));
    CHECK_OK(keyring_write(given.keyring, lose_one, NULL));
    CHECK_OK(signed_to(&given, 3, &log));
    CHECK_FAILS(ERR_BROKEN, signed_to(&given, 8, &log));
}

TESTS(acts_that_fail_in_a_commit_that_others_share_leave_neither_entries_nor_gaps,
      what_is_signed_is_the_journals_and_leaves_it, a_journal_that_has_lost_an_entry_is_not_signed)
