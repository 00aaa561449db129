/* SPDX-License-Identifier: Apache-2.0
 *
 * A log kept in a world whose disk fails at every step in turn: whatever is lost, what was signed stays whole.
 */
#include "log/keep.h"

#include "base/limits.h"
#include "sys/env_virtual.h"
#include "test/test.h"
#include "tlog/tiles.h"

enum { STEPS = 160, MANY = 700, FEW = 24 };

/* What the keys process is to a log: a journal, the tree of what it signed, and the last checkpoint. */
struct signer {
    struct world world;
    struct log_folder folder;
    struct note_signer key;
    struct tree tree;
    size_t entries, given;
    char checkpoint[1024];
    bool forks;
    size_t comes; /* entries that are still to come, one while each batch is taken */
    bool left;    /* whether there may be more, as it was said last */
};
typedef struct signer signer_own;
static void signer_drop(struct signer *signer) { world_drop(&signer->world); }

static err_t given_a_signer(struct signer *signer)
{
    TRY(crypt_start());
    world_open(&signer->world, 7);
    TRY(note_signer_new(&signer->world.env, NOTE_ED25519, STR("custody/test"), &signer->key));
    return log_folder_at(&signer->world.env, "logs", "test", &signer->folder);
}

static str_t entry_of(arena_t *arena, size_t number)
{
    char text[32];
    int len = snprintf(text, sizeof text, "entry %zu", number);
    return arena_copy(arena, str_bytes(text, (size_t)len));
}

static err_t take(void *with, uint64_t from, arena_t *arena, struct log_batch *out_batch)
{
    struct signer *signer = with;
    signer->entries += signer->comes != 0;
    signer->comes -= signer->comes != 0;
    size_t count = signer->entries - from;
    str_t *entries = arena_array(arena, str_t, count);
    for (size_t i = 0; i < count; i++)
        entries[i] = entry_of(arena, from + i);
    TRY(arena_end(arena));
    *out_batch = (struct log_batch){entries, count};
    return ERR_OK;
}

static err_t sign_it(void *with, uint64_t size, buf_t *out_note)
{
    struct signer *signer = with;
    OWN(arena) arena = ARENA(1 << 20);
    while (signer->tree.size < size) {
        hash_t leaf = tree_leaf(signer->forks ? STR("something else") : entry_of(&arena, signer->tree.size));
        tree_add(&signer->tree, &leaf, NULL);
    }
    const struct checkpoint checkpoint = {STR("custody/test"), size, tree_root(&signer->tree)};
    checkpoint_sign(&signer->key, &checkpoint, out_note);
    TRY(buf_end(out_note));
    snprintf(signer->checkpoint, sizeof signer->checkpoint, "%s", out_note->at);
    return ERR_OK;
}

static err_t kept(struct signer *signer)
{
    const struct log_keeping keeping = {.folder = &signer->folder,
                                        .key = signer->key.key,
                                        .checkpoint = str(signer->checkpoint),
                                        .take = take,
                                        .sign = sign_it,
                                        .with = signer};
    return log_keep(&keeping, &signer->left);
}

/* The files lead to the checkpoint beside them, which is the one signed last. */
static err_t whole(struct signer *signer, uint64_t *out_size)
{
    OWN(buf) note = BUF(MAX_NOTE);
    OWN(tiles) tiles = NULL;
    struct checkpoint checkpoint;
    struct tile_source source = log_folder_source(&signer->folder);
    hash_t root;
    TRY(log_folder_checkpoint(&signer->folder, &note));
    TRY(checkpoint_open(buf_str(&note), &signer->key.key, &checkpoint));
    TRY(tiles_open(&source, checkpoint.size, &tiles));
    TRY(tiles_root(tiles, &root));
    *out_size = checkpoint.size;
    return hash_eq(root, checkpoint.root) ? ERR_OK : fail(ERR_BROKEN, "the files lead elsewhere");
}

TEST(a_log_grows_with_its_journal_and_is_signed_anew_where_nothing_came)
{
    OWN(signer) signer = {0};
    uint64_t size = 0;
    CHECK_OK(given_a_signer(&signer));
    CHECK_OK(kept(&signer));
    for (size_t entries = 0; entries < MANY; entries = entries * 2 + 1) {
        signer.entries = entries;
        CHECK_OK(kept(&signer));
        CHECK_OK(kept(&signer));
        CHECK_OK(whole(&signer, &size));
        CHECK(size == entries);
    }
}

TEST(a_log_that_is_written_to_all_the_time_lets_others_have_their_turn)
{
    OWN(signer) signer = {0};
    uint64_t size = 0;
    CHECK_OK(given_a_signer(&signer));
    signer.comes = FEW;
    CHECK_OK(kept(&signer));
    CHECK_OK(whole(&signer, &size));
    CHECK(signer.comes > 0 && size > 0 && size == signer.entries);
    CHECK(signer.left);
    while (signer.left)
        CHECK_OK(kept(&signer));
    CHECK_OK(whole(&signer, &size));
    CHECK(size == FEW && !signer.comes);
}

static bool is_there(struct signer *signer, unsigned level, uint64_t index, unsigned width)
{
    OWN(buf) bytes = BUF(BUNDLE_BYTES);
    const struct tile tile = {level, index, width};
    const struct tile_source source = log_folder_source(&signer->folder);
    return source.read(source.from, &tile, &bytes) == ERR_OK;
}

static bool reads_at(struct signer *signer, uint64_t size)
{
    OWN(tiles) tiles = NULL;
    struct tile_source source = log_folder_source(&signer->folder);
    struct tree tree = {0};
    OWN(arena) arena = ARENA(1 << 20);
    hash_t root;
    while (tree.size < size) {
        hash_t leaf = tree_leaf(entry_of(&arena, tree.size));
        tree_add(&tree, &leaf, NULL);
    }
    return tiles_open(&source, size, &tiles) == ERR_OK && tiles_root(tiles, &root) == ERR_OK &&
           hash_eq(root, tree_root(&tree));
}

TEST(partial_tiles_go_once_the_full_one_stands_and_every_earlier_size_reads_on)
{
    OWN(signer) signer = {0};
    OWN(buf) bytes = BUF(TILE_BYTES);
    static const size_t sizes[] = {3, 100, 255, 300, 511, MANY};
    CHECK_OK(given_a_signer(&signer));
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        signer.entries = sizes[i];
        CHECK_OK(kept(&signer));
        CHECK(is_there(&signer, 0, 0, 100) == (sizes[i] >= 100 && sizes[i] < TILE_FULL));
    }
    for (unsigned width = 1; width < TILE_FULL; width++)
        for (uint64_t index = 0; index < 2; index++)
            CHECK(!is_there(&signer, 0, index, width) && !is_there(&signer, TILE_ENTRIES, index, width));
    CHECK(is_there(&signer, 0, 2, MANY % TILE_FULL) && is_there(&signer, TILE_ENTRIES, 2, MANY % TILE_FULL));
    CHECK(is_there(&signer, 1, 0, 2) && is_there(&signer, 1, 0, 1)); /* that tile is not full yet */
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        CHECK(reads_at(&signer, sizes[i]));
    CHECK_OK(log_folder_file(&signer.folder, STR("tile/0/001.p/44"), &bytes));
    CHECK(bytes.len == 44 * sizeof(hash_t));
}

TEST(a_disk_that_fails_at_any_step_loses_nothing)
{
    for (int step = 1; step < STEPS; step++) {
        OWN(signer) signer = {0};
        uint64_t size = 0;
        CHECK_OK(given_a_signer(&signer));
        signer.entries = 300;
        CHECK_OK(kept(&signer));
        signer.entries = 600;
        signer.world.fail_at = step;
        err_t first = kept(&signer);
        signer.world.failing = false;
        signer.world.fail_at = 0;
        CHECK_OK(whole(&signer, &size));
        CHECK(size == (first == ERR_OK ? 600 : 300) || size == 600);
        signer.entries = MANY;
        CHECK_OK(kept(&signer));
        CHECK_OK(whole(&signer, &size));
        CHECK(size == MANY);
    }
}

TEST(files_that_do_not_lead_to_what_was_signed_are_not_written_on)
{
    OWN(signer) signer = {0};
    uint64_t size = 0;
    CHECK_OK(given_a_signer(&signer));
    signer.entries = 5;
    CHECK_OK(kept(&signer));
    signer.forks = true; /* it signs another root than the files have */
    signer.entries = 9;
    CHECK_FAILS(ERR_BROKEN, kept(&signer));
    CHECK_OK(whole(&signer, &size));
    CHECK(size == 5);
    CHECK_FAILS(ERR_BROKEN, kept(&signer));
    world_drop(&signer.world); /* files that are gone */
    CHECK_FAILS(ERR_BROKEN, kept(&signer));
}

TESTS(a_log_grows_with_its_journal_and_is_signed_anew_where_nothing_came,
      a_log_that_is_written_to_all_the_time_lets_others_have_their_turn,
      partial_tiles_go_once_the_full_one_stands_and_every_earlier_size_reads_on,
      a_disk_that_fails_at_any_step_loses_nothing,
      files_that_do_not_lead_to_what_was_signed_are_not_written_on)
