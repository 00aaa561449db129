/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/mirror_given.h"

/* A log of 600 entries on the disk, and its key as text. */
struct given {
    struct given_log log;
    buf_t key;
    struct run run;
};
typedef struct given given_own;

static void given_drop(struct given *given)
{
    given_log_drop(&given->log);
    buf_drop(&given->key);
    run_drop(&given->run);
}

static err_t given_of(struct given *given, uint64_t size)
{
    given->key = (buf_t)BUF(1024);
    TRY(given_log(&given->log, 1));
    note_key_put(&given->key, &given->log.signer.key);
    TRY(given_growth(&given->log, size));
    return given_mirror(&given->log, "mirror");
}

static err_t given_note_file(const struct given_log *log, const char *name)
{
    OWN(buf) note = BUF(MAX_NOTE);
    TRY(given_checkpoint(log, &note));
    return given_file(name, buf_str(&note));
}

/* The verdict is the first word, in both forms, and the exit status. */
static bool says(struct given *given, enum verdict verdict, const char *detail, const char *const *arguments)
{
    char wanted[128];
    const char *with_json[16] = {"--json"};
    const struct verdict_info *info = verdict_info(verdict);
    run_with(&given->run, -1, arguments);
    bool as_text = given->run.status == info->exit && str_starts(str(given->run.out), str(info->said)) &&
                   strstr(given->run.out, detail) && !*given->run.err;
    for (size_t i = 0; i < 14 && arguments[i]; i++)
        with_json[i + 1] = arguments[i];
    run_with(&given->run, -1, with_json);
    snprintf(wanted, sizeof wanted, "{\"verdict\":\"%s\",", info->said);
    bool as_json = given->run.status == info->exit && str_starts(str(given->run.out), str(wanted));
    if (!as_text || !as_json)
        printf("%d %s%s\n", given->run.status, given->run.out, given->run.err);
    return as_text && as_json;
}
#define SAYS(given, verdict, detail, ...) \
    says((given), (verdict), (detail), (const char *const[]){__VA_ARGS__, NULL})

static bool log_says(struct given *given, enum verdict verdict, const char *detail)
{
    return SAYS(given, verdict, detail, "log", given_path("mirror"), "--key", given->key.at);
}

TEST(a_whole_log_is_good)
{
    static const uint64_t sizes[] = {0, 1, 255, 256, 257, 600};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        OWN(given) given = {0};
        CHECK_OK(given_of(&given, sizes[i]));
        CHECK(log_says(&given, GOOD, "log.example/one"));
        CHECK(SAYS(&given, GOOD, "", "checkpoint", given_path("mirror/checkpoint"), "--key", given.key.at));
    }
}

TEST(every_changed_byte_of_a_small_log_is_noticed)
{
    static const char *const names[] = {"tile/entries/000.p/5", "tile/0/000.p/5"};
    OWN(given) given = {0};
    CHECK_OK(given_of(&given, 5));
    for (size_t i = 0; i < 2; i++) {
        char name[64];
        struct shelf_file *file = shelf_find(given.log.shelf, names[i]);
        snprintf(name, sizeof name, "mirror/%s", names[i]);
        for (size_t at = 0; at < file->bytes.len; at++) {
            file->bytes.at[at] ^= 1;
            CHECK_OK(given_file(name, buf_str(&file->bytes)));
            RUN(&given.run, "log", given_path("mirror"), "--key", given.key.at);
            CHECK(given.run.status == verdict_info(TAMPERED)->exit ||
                  given.run.status == verdict_info(TRUNCATED)->exit);
            file->bytes.at[at] ^= 1;
        }
        CHECK_OK(given_file(name, buf_str(&file->bytes)));
    }
    CHECK(log_says(&given, GOOD, ""));
}

TEST(a_changed_entry_and_a_changed_hash_are_called_tampered_and_the_place_is_named)
{
    OWN(given) given = {0};
    CHECK_OK(given_of(&given, 600));
    struct shelf_file *entries = shelf_find(given.log.shelf, "tile/entries/001");
    entries->bytes.at[5] ^= 1;
    CHECK_OK(given_file("mirror/tile/entries/001", buf_str(&entries->bytes)));
    CHECK(log_says(&given, TAMPERED, "tile/0/001 is not that of what lies below it, from its hash 0 on"));
    entries->bytes.at[5] ^= 1;
    CHECK_OK(given_file("mirror/tile/entries/001", buf_str(&entries->bytes)));
    struct shelf_file *hashes = shelf_find(given.log.shelf, "tile/1/000.p/2");
    hashes->bytes.at[40] ^= 1;
    CHECK_OK(given_file("mirror/tile/1/000.p/2", buf_str(&hashes->bytes)));
    CHECK(log_says(&given, TAMPERED, "tile/1/000.p/2 is not that of what lies below it, from its hash 1 on"));
}

TEST(a_log_that_was_made_anew_around_a_change_does_not_have_the_signed_root)
{
    OWN(given) given = {0};
    OWN(given_log) other = {0};
    OWN(buf) note = BUF(MAX_NOTE);
    CHECK_OK(given_of(&given, 300));
    CHECK_OK(given_log(&other, 1));
    other.entry = "other %llu";
    CHECK_OK(given_growth(&other, 300));
    CHECK_OK(given_checkpoint(&given.log, &note));
    CHECK_OK(given_mirror(&other, "mirror"));
    CHECK_OK(given_file("mirror/checkpoint", buf_str(&note)));
    CHECK(log_says(&given, TAMPERED, "not with the signed root"));
}

TEST(a_log_cut_short_is_called_truncated)
{
    static const char *const names[] = {"tile/entries/000", "tile/entries/002.p/88", "tile/0/001",
                                        "tile/1/000.p/2"};
    OWN(given) given = {0};
    CHECK_OK(given_of(&given, 600));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char name[64];
        const struct shelf_file *file = shelf_find(given.log.shelf, names[i]);
        snprintf(name, sizeof name, "mirror/%s", names[i]);
        CHECK(remove(given_path(name)) == 0 && log_says(&given, TRUNCATED, "is missing"));
        CHECK_OK(given_file(name, str_bytes(file->bytes.at, file->bytes.len - 1)));
        CHECK(log_says(&given, TRUNCATED, "end"));
        CHECK_OK(given_file(name, buf_str(&file->bytes)));
    }
    CHECK(log_says(&given, GOOD, ""));
}

TEST(entries_or_whole_tiles_in_another_order_are_called_reordered)
{
    OWN(given) given = {0};
    OWN(buf) swapped = BUF(BUNDLE_BYTES);
    CHECK_OK(given_of(&given, 600));
    struct shelf_file *bundle = shelf_find(given.log.shelf, "tile/entries/002.p/88");
    size_t one = 2 + strlen("entry 512");
    buf_put(&swapped, str_bytes(bundle->bytes.at + one, one));
    buf_put(&swapped, str_bytes(bundle->bytes.at, one));
    buf_put(&swapped, str_bytes(bundle->bytes.at + 2 * one, bundle->bytes.len - 2 * one));
    CHECK_OK(given_file("mirror/tile/entries/002.p/88", buf_str(&swapped)));
    CHECK(log_says(&given, REORDERED, "tile/0/002.p/88"));
    CHECK_OK(given_file("mirror/tile/entries/002.p/88", buf_str(&bundle->bytes)));
    for (int i = 0; i < 2; i++) {
        char name[64];
        snprintf(name, sizeof name, "tile/%s/00%d", "entries", i);
        struct shelf_file *entries = shelf_find(given.log.shelf, name);
        snprintf(name, sizeof name, "mirror/tile/entries/00%d", 1 - i);
        CHECK_OK(given_file(name, buf_str(&entries->bytes)));
        snprintf(name, sizeof name, "tile/0/00%d", i);
        struct shelf_file *hashes = shelf_find(given.log.shelf, name);
        snprintf(name, sizeof name, "mirror/tile/0/00%d", 1 - i);
        CHECK_OK(given_file(name, buf_str(&hashes->bytes)));
    }
    CHECK(log_says(&given, REORDERED, "tile/1/000.p/2"));
}

TEST(a_number_that_is_missing_from_a_log_is_named_though_all_of_it_is_signed)
{
    OWN(given) given = {0};
    OWN(buf) proof = BUF(MAX_PROOF_FILE);
    CHECK_OK(given_of(&given, 0));
    given.log.entry = "seq";
    CHECK_OK(given_growth(&given.log, 300));
    CHECK_OK(given_mirror(&given.log, "mirror"));
    CHECK(log_says(&given, GOOD, "300"));
    given.log.skipped = 1;
    CHECK_OK(given_growth(&given.log, 320));
    CHECK_OK(given_mirror(&given.log, "mirror"));
    CHECK(log_says(&given, GAP, "entry 300 says that it is number 301"));
    CHECK_OK(given_proof(&given.log, 310, &proof));
    CHECK_OK(given_file("p", buf_str(&proof)));
    CHECK_OK(given_file("entry", STR("{\"seq\":311,\"act\":\"x\"}")));
    CHECK(SAYS(&given, GAP, "entry 310 says", "proof", given_path("p"), "--key", given.key.at, "--entry",
               given_path("entry")));
    OWN(given_log) mixed = {0};
    CHECK_OK(given_log(&mixed, 1));
    mixed.entry = "seq";
    CHECK_OK(given_growth(&mixed, 5));
    mixed.entry = "other %llu";
    CHECK_OK(given_growth(&mixed, 6));
    CHECK_OK(given_mirror(&mixed, "mixed"));
    CHECK(SAYS(&given, GAP, "entry 5 says that it is number none", "log", given_path("mixed"), "--key",
               given.key.at));
}

TEST(what_is_no_log_is_said_so)
{
    OWN(given) given = {0};
    CHECK_OK(given_of(&given, 5));
    CHECK(SAYS(&given, NO_LOG, "", "log", given_path("elsewhere"), "--key", given.key.at));
    CHECK(SAYS(&given, NO_LOG, "", "log", given_path("mirror/checkpoint"), "--key", given.key.at));
    CHECK_OK(given_file("some", STR("some file\n")));
    CHECK(SAYS(&given, NO_LOG, "", "checkpoint", given_path("some"), "--key", given.key.at));
    CHECK(SAYS(&given, NO_LOG, "", "proof", given_path("some"), "--key", given.key.at));
    CHECK_OK(given_file("mirror/checkpoint", STR("")));
    CHECK(log_says(&given, NO_LOG, ""));
}

TEST(a_checkpoint_by_another_key_or_of_another_log_is_called_that_and_an_altered_one_tampered)
{
    OWN(given) given = {0};
    OWN(given_log) other = {0};
    OWN(buf) key = BUF(1024);
    OWN(buf) note = BUF(MAX_NOTE);
    CHECK_OK(given_of(&given, 5));
    CHECK_OK(given_log(&other, 2));
    note_key_put(&key, &other.signer.key);
    CHECK(SAYS(&given, WRONG_KEY, "not signed by", "log", given_path("mirror"), "--key", key.at));
    struct checkpoint elsewhere = {STR("log.example/two"), 5, given.log.root};
    checkpoint_sign(&given.log.signer, &elsewhere, &note);
    CHECK_OK(given_file("other", buf_str(&note)));
    CHECK(
        SAYS(&given, WRONG_KEY, "log.example/two", "checkpoint", given_path("other"), "--key", given.key.at));
    buf_clear(&note);
    CHECK_OK(given_checkpoint(&given.log, &note));
    note.at[strlen("log.example/one\n")] = '6';
    CHECK_OK(given_file("mirror/checkpoint", buf_str(&note)));
    CHECK(log_says(&given, TAMPERED, "the signature of log.example/one is not over this text"));
}

TEST(between_two_visits_growth_is_good_and_a_fork_and_an_old_state_are_named)
{
    OWN(given) given = {0};
    OWN(given_log) fork = {0};
    CHECK_OK(given_of(&given, 300));
    CHECK_OK(given_note_file(&given.log, "old"));
    CHECK_OK(given_growth(&given.log, 700));
    CHECK_OK(given_mirror(&given.log, "mirror"));
    const char *old = given_path("old"), *new = given_path("mirror/checkpoint"),
               *mirror = given_path("mirror");
    CHECK(SAYS(&given, GOOD, "700", "consistency", old, new, "--key", given.key.at, "--log", mirror));
    CHECK(SAYS(&given, GOOD, "", "consistency", new, new, "--key", given.key.at));
    CHECK(SAYS(&given, STALE, "300 entries, and 700 before", "consistency", new, old, "--key", given.key.at));
    CHECK_OK(given_log(&fork, 1));
    fork.entry = "other %llu";
    CHECK_OK(given_growth(&fork, 700));
    CHECK_OK(given_mirror(&fork, "fork"));
    const char *other = given_path("fork/checkpoint");
    CHECK(SAYS(&given, FORKED, "700", "consistency", new, other, "--key", given.key.at));
    CHECK(SAYS(&given, FORKED, "300", "consistency", old, other, "--key", given.key.at, "--log",
               given_path("fork")));
    CHECK(SAYS(&given, TAMPERED, "root", "consistency", old, other, "--key", given.key.at, "--log", mirror));
    CHECK(remove(given_path("mirror/tile/0/001")) == 0);
    CHECK(SAYS(&given, TRUNCATED, "tile/0/001", "consistency", old, new, "--key", given.key.at, "--log",
               mirror));
    RUN(&given.run, "consistency", old, new, "--key", given.key.at);
    CHECK(given.run.status == 2 && strstr(given.run.err, "--log or --proof"));
}

TEST(between_two_visits_a_proof_will_do)
{
    OWN(given) given = {0};
    OWN(buf) ask = BUF(MAX_NOTE);
    OWN(buf) lines = BUF(MAX_NOTE);
    struct witness_ask asked;
    CHECK_OK(given_of(&given, 300));
    CHECK_OK(given_note_file(&given.log, "old"));
    CHECK_OK(given_growth(&given.log, 700));
    CHECK_OK(given_note_file(&given.log, "new"));
    CHECK_OK(given_ask(&given.log, 300, &ask));
    CHECK_OK(witness_ask_read(buf_str(&ask), &asked));
    proof_put(&lines, &asked.proof);
    CHECK_OK(given_file("proof", buf_str(&lines)));
    const char *old = given_path("old"), *new = given_path("new"), *proof = given_path("proof");
    CHECK(SAYS(&given, GOOD, "", "consistency", old, new, "--key", given.key.at, "--proof", proof));
    CHECK_OK(given_file("proof", str_bytes(lines.at, lines.len - 45)));
    CHECK(SAYS(&given, TAMPERED, "", "consistency", old, new, "--key", given.key.at, "--proof", proof));
    CHECK_OK(given_file("proof", STR("no hash\n")));
    CHECK(SAYS(&given, NO_LOG, "", "consistency", old, new, "--key", given.key.at, "--proof", proof));
}

TEST(a_proof_holds_for_its_entry_with_the_witnesses_that_are_asked_for)
{
    OWN(given) given = {0};
    OWN(buf) proof = BUF(MAX_PROOF_FILE);
    OWN(buf) witness_text = BUF(1024);
    struct note_signer witness;
    struct proof_file file;
    struct note note;
    CHECK_OK(given_of(&given, 300));
    CHECK_OK(given_proof(&given.log, 123, &proof));
    CHECK_OK(given_file("entry", STR("entry 123")));
    CHECK_OK(given_file("not", STR("entry 124")));
    CHECK_OK(given_file("p", buf_str(&proof)));
    const char *p = given_path("p"), *key = given.key.at;
    CHECK(SAYS(&given, GOOD, "index  123", "proof", p, "--key", key, "--entry", given_path("entry")));
    CHECK(SAYS(&given, TAMPERED, "123", "proof", p, "--key", key, "--entry", given_path("not")));
    RUN(&given.run, "proof", p, "--key", key);
    CHECK(given.run.status == 2 && strstr(given.run.err, "--entry"));
    CHECK_OK(note_signer_new(&given.log.world.env, NOTE_COSIGNATURE, STR("w.example"), &witness));
    note_key_put(&witness_text, &witness.key);
    CHECK(SAYS(&given, UNWITNESSED, "w.example", "proof", p, "--key", key, "--entry", given_path("entry"),
               "--witness", witness_text.at));
    CHECK_OK(proof_file_read(buf_str(&proof), &file));
    CHECK_OK(note_split(file.checkpoint, &note));
    OWN(buf) text = BUF(MAX_NOTE);
    buf_put(&text, note.text);
    note_sign(&witness, buf_str(&text), 1795500000, &proof);
    CHECK_OK(given_file("p", buf_str(&proof)));
    CHECK(SAYS(&given, GOOD, "seen   w.example, 2026-11-24T", "proof", p, "--key", key, "--entry",
               given_path("entry"), "--witness", witness_text.at));
}

TEST(a_proof_that_carries_its_entry_needs_nothing_else)
{
    OWN(given) given = {0};
    OWN(buf) proof = BUF(MAX_PROOF_FILE);
    OWN(buf) with = BUF(MAX_PROOF_FILE);
    struct proof_file file;
    CHECK_OK(given_of(&given, 300));
    CHECK_OK(given_proof(&given.log, 1, &proof));
    CHECK_OK(proof_file_read(buf_str(&proof), &file));
    file.extra = STR("ZW50cnkgMQ==");
    proof_file_put(&with, &file);
    CHECK_OK(given_file("p", buf_str(&with)));
    CHECK(SAYS(&given, GOOD, "", "proof", given_path("p"), "--key", given.key.at));
}

TEST(what_is_typed_wrongly_is_refused_before_anything_is_read)
{
    static const char *const wrong[][6] = {
        {"x"},
        {"checkpoint"},
        {"checkpoint", "a"},
        {"checkpoint", "a", "b", "--key", "k"},
        {"checkpoint", "a", "--key"},
        {"checkpoint", "a", "--key", "--log"},
        {"checkpoint", "a", "--key", "not-a-key"},
        {"log", "a", "--log", "b"},
        {"log", "a", "--nothing"},
        {"man", "--json=1"},
        {"witness", "--state", "w"},
        {"witness", "--state", "w", "--once", "--new-key"},
        {"witness", "--state", "w", "--new-key"},
        {"witness", "--state", "w", "--once"},
    };
    OWN(run) run = {0};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const char *arguments[7] = {NULL};
        for (size_t j = 0; j < 6 && wrong[i][j]; j++)
            arguments[j] = wrong[i][j];
        run_with(&run, -1, arguments);
        CHECK(run.status == 2 && !*run.out && str_starts(str(run.err), STR("custody-verify: ")));
    }
    RUN(&run, "--help");
    CHECK(run.status == 0 && strstr(run.out, "consistency OLD NEW --key VKEY [--log DIR]"));
    RUN(&run, "checkpoint", given_path("nothing"), "--json", "--key",
        "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k");
    CHECK(run.status == 6 && str_starts(str(run.err), STR("{\"error\":\"MISSING\"")));
}

TEST(the_man_page_is_the_one_that_is_committed)
{
    OWN(run) run = {0};
    OWN(buf) page = BUF(1 << 20);
    char path[512];
    const char *source = getenv("CUSTODY_SOURCE");
    if (!source)
        SKIP("CUSTODY_SOURCE does not say where the sources are");
    snprintf(path, sizeof path, "%s/man/custody-verify.1", source);
    CHECK_OK(env_real()->read_file(env_real(), path, &page));
    RUN(&run, "man");
    CHECK(run.status == 0 && str_eq(buf_str(&page), str(run.out))); /* else: ./dev describe */
}

TEST(every_verdict_stands_in_the_document_of_the_formats)
{
    OWN(buf) page = BUF(1 << 20);
    char path[512];
    const char *source = getenv("CUSTODY_SOURCE");
    if (!source)
        SKIP("CUSTODY_SOURCE does not say where the sources are");
    snprintf(path, sizeof path, "%s/docs/formats/tlog.md", source);
    CHECK_OK(env_real()->read_file(env_real(), path, &page));
    for (enum verdict verdict = GOOD; verdict < VERDICT_COUNT; verdict++) {
        OWN(buf) row = BUF(128);
        buf_putf(&row, "\n| %s | %d | ", verdict_info(verdict)->said, verdict_info(verdict)->exit);
        CHECK(strstr(page.at, row.at));
    }
}

TEST(the_public_log_is_good)
{
    OWN(given) given = {0};
    char path[512];
    const char *vectors = getenv("CUSTODY_VECTORS");
    static const char key[] =
        "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx";
    snprintf(path, sizeof path, "%s/tlog", vectors ? vectors : "");
    if (!vectors || access(path, R_OK) != 0)
        SKIP("no vectors: https://github.com/transparency-dev/tessera (testdata/log), in the folder tlog of "
             "CUSTODY_VECTORS");
    CHECK(SAYS(&given, GOOD, "size   15", "log", path, "--key", key));
}

TESTS(a_whole_log_is_good, every_changed_byte_of_a_small_log_is_noticed,
      a_changed_entry_and_a_changed_hash_are_called_tampered_and_the_place_is_named,
      a_log_that_was_made_anew_around_a_change_does_not_have_the_signed_root,
      a_log_cut_short_is_called_truncated, entries_or_whole_tiles_in_another_order_are_called_reordered,
      a_number_that_is_missing_from_a_log_is_named_though_all_of_it_is_signed, what_is_no_log_is_said_so,
      a_checkpoint_by_another_key_or_of_another_log_is_called_that_and_an_altered_one_tampered,
      between_two_visits_growth_is_good_and_a_fork_and_an_old_state_are_named,
      between_two_visits_a_proof_will_do, a_proof_holds_for_its_entry_with_the_witnesses_that_are_asked_for,
      a_proof_that_carries_its_entry_needs_nothing_else,
      what_is_typed_wrongly_is_refused_before_anything_is_read, the_man_page_is_the_one_that_is_committed,
      every_verdict_stands_in_the_document_of_the_formats, the_public_log_is_good)
