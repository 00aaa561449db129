/* SPDX-License-Identifier: Apache-2.0 */
#include "sys/env.h"
#include "test/test.h"
#include "tlog/checkpoint.h"
#include "tlog/edge.h"
#include "tlog/shelf_given.h"
#include "tlog/tiles.h"

/* Entries of many lengths, none the same. */
struct given_entries {
    size_t count;
    str_t *at;
    char *bytes;
};
typedef struct given_entries given_entries_own;

static void given_entries_drop(struct given_entries *entries)
{
    free(entries->at);
    free(entries->bytes);
}

static struct given_entries given_entries(size_t count)
{
    enum { ROOM = 32 };
    struct given_entries entries = {count, calloc(count, sizeof(str_t)), calloc(count, ROOM)};
    for (size_t i = 0; i < count; i++) {
        char *at = entries.bytes + ROOM * i;
        entries.at[i] =
            str_bytes(at, (size_t)snprintf(at, ROOM, "%zu%.*s", i, (int)(i % 20), "....................."));
    }
    return entries;
}

static hash_t root_of(const struct given_entries *entries, size_t count)
{
    struct tree tree = {0};
    for (size_t i = 0; i < count; i++) {
        hash_t leaf = tree_leaf(entries->at[i]);
        tree_add(&tree, &leaf, NULL);
    }
    return tree_root(&tree);
}

static err_t append(struct shelf *shelf, const struct given_entries *entries, size_t from, size_t to)
{
    OWN(edge) edge = NULL;
    struct tile_source source = shelf_source(shelf);
    struct tile_sink sink = shelf_sink(shelf);
    TRY(edge_open(&source, from, &edge));
    return edge_append(edge, entries->at + from, to - from, &sink);
}

TEST(a_tile_has_one_path_and_a_path_one_tile)
{
    static const struct {
        struct tile tile;
        const char *path;
    } pairs[] = {
        {{0, 0, 256}, "tile/0/000"},
        {{1, 1234067, 256}, "tile/1/x001/x234/067"},
        {{63, 999, 1}, "tile/63/999.p/1"},
        {{TILE_ENTRIES, 1000, 255}, "tile/entries/x001/000.p/255"},
        {{7, TREE_SIZE_MAX / 256, 12}, "tile/7/x036/x028/x797/x018/x963/967.p/12"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        struct tile tile;
        CHECK(!strcmp(tile_path(&pairs[i].tile).text, pairs[i].path));
        CHECK_OK(tile_from(str(pairs[i].path), &tile));
        CHECK(tile.level == pairs[i].tile.level && tile.index == pairs[i].tile.index);
        CHECK(tile.width == pairs[i].tile.width);
    }
}

TEST(any_other_spelling_of_a_path_is_refused)
{
    static const char *const wrong[] = {
        "",
        "tile",
        "tile/0",
        "tile/0/",
        "tile/00/000",
        "tile/64/000",
        "tile/0/00",
        "tile/0/0000",
        "tile/0/x000/000",
        "tile/0/001/000",
        "tile/0/x001/x000",
        "tile/0/000.p/0",
        "tile/0/000.p",
        "tile/0/000.p/",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/000.p/1/",
        "tile/0/000/1",
        "/tile/0/000",
        "tile/0/000 ",
        "tile/entry/000",
        "tile/-1/000",
        "tile/0/x1/000",
        "tile//000",
        "tile/0/x999/x999/x999/x999/x999/x999/999",
        "tile/0/x036/x028/x797/x018/x963/968",
        "tile/0/../000",
        "tile/0/000.q/1",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct tile tile;
        CHECK_FAILS(ERR_INVALID, tile_from(str(wrong[i]), &tile));
    }
}

/* The example of the specification. */
TEST(a_size_of_70000_has_the_tiles_that_the_specification_counts)
{
    CHECK(tile_width(70000, 0, 272) == 256 && tile_width(70000, 0, 273) == 112 &&
          tile_width(70000, 0, 274) == 0);
    CHECK(tile_width(70000, 1, 0) == 256 && tile_width(70000, 1, 1) == 17 && tile_width(70000, 1, 2) == 0);
    CHECK(tile_width(70000, 2, 0) == 1 && tile_width(70000, 3, 0) == 0 && tile_width(70000, 63, 0) == 0);
    CHECK(tile_width(256, 0, 0) == 256 && tile_width(256, 0, 1) == 0 && tile_width(256, 1, 0) == 1);
    CHECK(tile_width(70000, TILE_ENTRIES, 273) == 112);
}

TEST(a_log_of_any_batches_has_the_same_tiles_and_the_root_of_its_entries)
{
    static const size_t ends[] = {1, 2, 255, 256, 257, 511, 512, 700, 1280, 66000, 66048, 66049};
    OWN(given_entries) entries = given_entries(66049);
    OWN(shelf) whole = shelf_new();
    OWN(shelf) parts = shelf_new();
    struct tile_source source = shelf_source(parts);
    size_t from = 0;
    CHECK_OK(append(whole, &entries, 0, entries.count));
    for (size_t i = 0; i < sizeof ends / sizeof *ends; from = ends[i++]) {
        OWN(tiles) tiles = NULL;
        hash_t root;
        CHECK_OK(append(parts, &entries, from, ends[i]));
        CHECK_OK(tiles_open(&source, ends[i], &tiles));
        CHECK_OK(tiles_root(tiles, &root));
        CHECK(hash_eq(root, root_of(&entries, ends[i])));
    }
    for (size_t i = 0; i < whole->count; i++) {
        const struct shelf_file *same = shelf_find(parts, whole->files[i].path.text);
        CHECK(same && str_eq(buf_str(&same->bytes), buf_str(&whole->files[i].bytes)));
    }
    CHECK(shelf_find(whole, "tile/2/000.p/1") && shelf_find(whole, "tile/1/001.p/2"));
    CHECK(shelf_find(whole, "tile/entries/258.p/1") && !shelf_find(whole, "tile/0/259"));
}

TEST(every_put_may_be_the_last_and_the_next_try_makes_the_same_log)
{
    OWN(given_entries) entries = given_entries(1100);
    OWN(shelf) whole = shelf_new();
    CHECK_OK(append(whole, &entries, 0, 300));
    CHECK_OK(append(whole, &entries, 300, 1100));
    size_t broken = 0;
    for (size_t at = 1; at < 64; at++) {
        OWN(shelf) shelf = shelf_new();
        CHECK_OK(append(shelf, &entries, 0, 300));
        shelf->puts_left = at;
        broken += append(shelf, &entries, 300, 1100) == ERR_BROKEN;
        shelf->puts_left = 0;
        CHECK_OK(append(shelf, &entries, 300, 1100));
        for (size_t i = 0; i < whole->count; i++) {
            const struct shelf_file *same = shelf_find(shelf, whole->files[i].path.text);
            CHECK(same && str_eq(buf_str(&same->bytes), buf_str(&whole->files[i].bytes)));
        }
    }
    CHECK(broken == 9);
}

TEST(proofs_made_from_tiles_hold_for_entries_and_for_growth)
{
    enum { SIZE = 70001 };
    OWN(given_entries) entries = given_entries(SIZE);
    OWN(shelf) shelf = shelf_new();
    OWN(tiles) tiles = NULL;
    struct tile_source source = shelf_source(shelf);
    hash_t root = root_of(&entries, SIZE);
    CHECK_OK(append(shelf, &entries, 0, SIZE));
    CHECK_OK(tiles_open(&source, SIZE, &tiles));
    struct nodes nodes = tiles_nodes(tiles);
    for (uint64_t index = 0; index < SIZE; index = index < SIZE - 300 ? index + 997 : index + 1) {
        struct proof proof;
        OWN(buf) entry = BUF(MAX_ENTRY);
        CHECK_OK(tiles_entry(tiles, index, &entry));
        CHECK(str_eq(buf_str(&entry), entries.at[index]));
        CHECK_OK(inclusion_make(&nodes, index, (struct subtree){0, SIZE}, &proof));
        struct inclusion claim = {index, {0, SIZE}, tree_leaf(buf_str(&entry)), root};
        CHECK(inclusion_holds(&claim, &proof));
    }
    for (uint64_t old = 1; old <= SIZE; old = old * 3 + 1) {
        struct proof proof;
        CHECK_OK(consistency_make(&nodes, (struct subtree){0, old}, SIZE, &proof));
        CHECK(growth_holds(&(struct growth){old, SIZE, root_of(&entries, old), root}, &proof));
    }
    OWN(buf) none = BUF(MAX_ENTRY);
    CHECK_FAILS(ERR_INVALID, tiles_entry(tiles, SIZE, &none));
}

TEST(a_partial_tile_that_is_gone_is_read_from_the_full_one)
{
    OWN(given_entries) entries = given_entries(600);
    OWN(shelf) shelf = shelf_new();
    OWN(edge) edge = NULL;
    struct tile_source source = shelf_source(shelf);
    struct tile_sink sink = shelf_sink(shelf);
    CHECK_OK(append(shelf, &entries, 0, 600));
    CHECK(!shelf_find(shelf, "tile/0/001.p/44") && !shelf_find(shelf, "tile/entries/001.p/44"));
    struct shelf_file *level = shelf_find(shelf, "tile/1/000.p/2");
    CHECK(level);
    snprintf(level->path.text, sizeof level->path.text, "tile/1/000.p/1");
    level->bytes.len = DIGEST_SIZE;
    CHECK_OK(edge_open(&source, 300, &edge));
    CHECK(edge_size(edge) == 300);
    hash_t root = edge_root(edge), wanted = root_of(&entries, 300);
    CHECK(hash_eq(root, wanted));
    CHECK_OK(edge_append(edge, entries.at + 300, 300, &sink));
    root = edge_root(edge), wanted = root_of(&entries, 600);
    CHECK(hash_eq(root, wanted));
}

TEST(an_edge_does_not_go_on_from_entries_that_were_altered)
{
    OWN(given_entries) entries = given_entries(300);
    OWN(shelf) shelf = shelf_new();
    OWN(edge) edge = NULL;
    struct tile_source source = shelf_source(shelf);
    CHECK_OK(append(shelf, &entries, 0, 300));
    struct shelf_file *bundle = shelf_find(shelf, "tile/entries/001.p/44");
    CHECK(bundle);
    for (size_t i = 0; i < bundle->bytes.len; i += 7) {
        bundle->bytes.at[i] ^= 1;
        err_t opened = edge_open(&source, 300, &edge);
        CHECK(opened == ERR_LOCKED || opened == ERR_MISSING || opened == ERR_INVALID);
        bundle->bytes.at[i] ^= 1;
    }
    CHECK_OK(edge_open(&source, 300, &edge));
}

TEST(a_tile_that_is_missing_cut_short_or_too_long_is_refused)
{
    OWN(given_entries) entries = given_entries(300);
    OWN(shelf) shelf = shelf_new();
    struct tile_source source = shelf_source(shelf);
    static const struct tile tiles[] = {
        {0, 0, 256}, {0, 1, 44}, {TILE_ENTRIES, 0, 256}, {TILE_ENTRIES, 1, 44}};
    CHECK_OK(append(shelf, &entries, 0, 300));
    for (size_t i = 0; i < sizeof tiles / sizeof *tiles; i++) {
        OWN(buf) bytes = BUF(BUNDLE_BYTES);
        struct shelf_file *file = shelf_find(shelf, tile_path(&tiles[i]).text);
        CHECK(file);
        CHECK_OK(tile_fetch(&source, &tiles[i], &bytes));
        file->bytes.len--;
        CHECK_FAILS(ERR_MISSING, tile_fetch(&source, &tiles[i], &bytes));
        file->bytes.len++;
        buf_put_byte(&file->bytes, 0);
        CHECK_FAILS(tiles[i].width == 256 && tiles[i].level == 0 ? ERR_TOO_LARGE : ERR_INVALID,
                    tile_fetch(&source, &tiles[i], &bytes));
        file->path.text[0] = 'T';
        CHECK_FAILS(ERR_MISSING, tile_fetch(&source, &tiles[i], &bytes));
    }
}

TEST(an_entry_past_64_kib_is_refused_and_nothing_of_its_batch_is_taken)
{
    static char bytes[MAX_ENTRY + 1];
    OWN(shelf) shelf = shelf_new();
    OWN(edge) edge = NULL;
    struct tile_source source = shelf_source(shelf);
    struct tile_sink sink = shelf_sink(shelf);
    CHECK_OK(edge_open(&source, 0, &edge));
    const str_t entries[] = {str_bytes(bytes, MAX_ENTRY), STR(""), str_bytes(bytes, MAX_ENTRY + 1)};
    CHECK_FAILS(ERR_TOO_LARGE, edge_append(edge, entries, 3, &sink));
    CHECK(edge_size(edge) == 0 && shelf->count == 0);
    CHECK_OK(edge_append(edge, entries, 2, &sink));
    CHECK_OK(edge_append(edge, entries, 0, &sink));
    CHECK(edge_size(edge) == 2 && shelf->count == 2);
    OWN(edge) beyond = NULL;
    CHECK_FAILS(ERR_INVALID, edge_open(&source, TREE_SIZE_MAX + 1, &beyond));
    OWN(buf) bundle = BUF(BUNDLE_BYTES);
    bundle_put(&bundle, entries[2]);
    CHECK_FAILS(ERR_TOO_LARGE, buf_end(&bundle));
}

/* The public log: the folder `tlog` of CUSTODY_VECTORS. */
static const char *const public_key =
    "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx";
static const char *const no_log =
    "no vectors: https://github.com/transparency-dev/tessera (testdata/log), in the "
    "folder tlog of CUSTODY_VECTORS";

static err_t public_file(const char *name, buf_t *out)
{
    char path[512];
    const char *vectors = getenv("CUSTODY_VECTORS");
    snprintf(path, sizeof path, "%s/tlog/%s", vectors ? vectors : "", name);
    buf_clear(out);
    return env_real()->read_file(env_real(), path, out);
}

static err_t public_checkpoint(unsigned size, struct checkpoint *out, buf_t *bytes)
{
    char name[64];
    struct note_key key;
    snprintf(name, sizeof name, "checkpoint.%u", size);
    TRY(public_file(name, bytes));
    TRY(note_key_read(str(public_key), &key));
    return checkpoint_open(buf_str(bytes), &key, out);
}

static err_t public_read(void *from, const struct tile *tile, buf_t *out)
{
    (void)from;
    return public_file(tile_path(tile).text, out);
}

TEST(the_public_log_verifies_at_each_of_its_sizes_and_between_them)
{
    OWN(buf) bytes = BUF(MAX_NOTE);
    OWN(tiles) newest = NULL;
    const struct tile_source source = {public_read, NULL};
    struct checkpoint last, one;
    if (public_file("checkpoint", &bytes) != ERR_OK)
        SKIP(no_log);
    CHECK_OK(public_checkpoint(15, &last, &bytes));
    CHECK_OK(tiles_open(&source, 15, &newest));
    struct nodes nodes = tiles_nodes(newest);
    for (unsigned size = 0; size <= 15; size++) {
        OWN(tiles) tiles = NULL;
        struct proof proof;
        hash_t root;
        CHECK_OK(public_checkpoint(size, &one, &bytes));
        CHECK_OK(tiles_open(&source, size, &tiles));
        CHECK_OK(tiles_root(tiles, &root));
        CHECK(one.size == size && hash_eq(one.root, root));
        CHECK_OK(consistency_make(&nodes, (struct subtree){0, size}, 15, &proof));
        CHECK(!size || growth_holds(&(struct growth){size, 15, one.root, last.root}, &proof));
    }
}

TEST(the_entries_of_the_public_log_give_its_tiles_and_roots_byte_for_byte)
{
    OWN(buf) bytes = BUF(MAX_NOTE);
    OWN(buf) wanted = BUF(BUNDLE_BYTES);
    OWN(shelf) shelf = shelf_new();
    OWN(edge) edge = NULL;
    struct tile_source source = shelf_source(shelf);
    struct tile_sink sink = shelf_sink(shelf);
    if (public_file("tile/entries/000.p/15", &bytes) != ERR_OK)
        SKIP(no_log);
    CHECK_OK(edge_open(&source, 0, &edge));
    str_t rest = buf_str(&bytes);
    for (unsigned size = 1; size <= 15; size++) {
        OWN(buf) note = BUF(MAX_NOTE);
        struct checkpoint one;
        str_t entry;
        CHECK_OK(bundle_next(&rest, &entry));
        CHECK_OK(edge_append(edge, &entry, 1, &sink));
        CHECK_OK(public_checkpoint(size, &one, &note));
        hash_t root = edge_root(edge);
        CHECK(hash_eq(root, one.root));
    }
    CHECK(!rest.len && shelf->count == 30);
    for (size_t i = 0; i < shelf->count; i++) {
        CHECK_OK(public_file(shelf->files[i].path.text, &wanted));
        CHECK(str_eq(buf_str(&wanted), buf_str(&shelf->files[i].bytes)));
    }
}

TESTS(a_tile_has_one_path_and_a_path_one_tile, any_other_spelling_of_a_path_is_refused,
      a_size_of_70000_has_the_tiles_that_the_specification_counts,
      a_log_of_any_batches_has_the_same_tiles_and_the_root_of_its_entries,
      every_put_may_be_the_last_and_the_next_try_makes_the_same_log,
      an_edge_does_not_go_on_from_entries_that_were_altered,
      proofs_made_from_tiles_hold_for_entries_and_for_growth,
      a_partial_tile_that_is_gone_is_read_from_the_full_one,
      a_tile_that_is_missing_cut_short_or_too_long_is_refused,
      an_entry_past_64_kib_is_refused_and_nothing_of_its_batch_is_taken,
      the_public_log_verifies_at_each_of_its_sizes_and_between_them,
      the_entries_of_the_public_log_give_its_tiles_and_roots_byte_for_byte)
