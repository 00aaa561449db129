/* SPDX-License-Identifier: Apache-2.0
 *
 * Every byte of a snapshot looked at: segments by their seals, blobs by their digests, subjects by the keyring.
 */
#include "snapshot/_take.h"
#include "snapshot/_wrong.h"

#include <errno.h>
#include <fcntl.h>

enum { MOST_TROUBLE = 64 * 1024, IDS_AT_ONCE = 4000, MOST_BAD = 64 * 1024 };

struct verifying {
    struct snapshots *snapshots;
    const char *folder;
    ident_t tenant;
    enum verify_depth depth;
    struct key outer;
    struct manifests manifests;
    struct verified found;
    buf_t trouble;
    buf_t bad; /* ids of the files that do not hold; one past MOST_BAD counts for each snapshot */
    size_t more_bad;
    ident_t ids[IDS_AT_ONCE]; /* subjects on their way to the keys process */
    size_t id_count;
};

static void trouble_add(struct verifying *verifying)
{
    verifying->found.wrong++;
    if (verifying->trouble.len < MOST_TROUBLE / 2)
        buf_putf(&verifying->trouble, "%s\n", err_note());
}

static void bad_add(struct verifying *verifying, const ident_t *file)
{
    if (verifying->bad.len < MOST_BAD * sizeof *file)
        buf_put(&verifying->bad, ident_bytes(file));
    else
        verifying->more_bad++;
}

static err_t wrong(struct verifying *verifying, const ident_t *file)
{
    trouble_add(verifying);
    bad_add(verifying, file);
    return wrong_add(verifying->snapshots->env, verifying->folder, *file);
}

/* What only a disk or a lack of memory says is no word about the file. */
static bool is_about_the_file(err_t code) { return code == ERR_BROKEN || code == ERR_MISSING; }

static err_t segment_verify(struct verifying *verifying, const struct segment *segment)
{
    TRY(snapshots_stopped(verifying->snapshots));
    err_t checked = segment_check(verifying->folder, segment, &verifying->outer);
    verifying->found.segments++;
    verifying->found.bytes += segment->bytes;
    verifying->found.rows += segment->table ? segment->rows : 0;
    return is_about_the_file(checked) ? wrong(verifying, &segment->id) : checked;
}

static err_t blob_check(const char *path, const struct manifest_blob *blob)
{
    uint8_t digest[DIGEST_SIZE];
    int64_t size = 0;
    const ident_text_t name = ident_text("blob", blob->id);
    OWN(fd) fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return fail(ERR_BROKEN, "%s: %s", name.text,
                    errno == ENOENT ? "it is missing" : "it cannot be opened");
    TRY(hash_file(fd, digest, &size));
    return size == blob->size && !memcmp(digest, blob->digest, DIGEST_SIZE)
               ? ERR_OK
               : fail(ERR_BROKEN, "%s: its digest is wrong", name.text);
}

static err_t blob_verify(struct verifying *verifying, const struct manifest_blob *blob)
{
    OWN(buf) path = BUF(SEGMENT_PATH);
    TRY(snapshots_stopped(verifying->snapshots));
    TRY(copy_path(verifying->folder, blob->id, &path));
    err_t checked = blob_check(path.at, blob);
    verifying->found.blobs++;
    verifying->found.bytes += blob->size;
    return is_about_the_file(checked) ? wrong(verifying, &blob->id) : checked;
}

/* Whether one of these manifests has it too. */
static bool has_segment(const struct manifest *manifests, size_t count, ident_t id)
{
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < manifests[i].segment_count; k++)
            if (ident_eq(manifests[i].segments[k].id, id))
                return true;
    return false;
}

static int by_id(const void *a, const void *b)
{
    return memcmp(&((const struct manifest_blob *)a)->id, &((const struct manifest_blob *)b)->id,
                  sizeof(ident_t));
}

static bool has_blob(const struct manifest *manifests, size_t count, const struct manifest_blob *blob)
{
    for (size_t i = 0; i < count; i++)
        if (manifests[i].blob_count &&
            bsearch(blob, manifests[i].blobs, manifests[i].blob_count, sizeof *blob, by_id))
            return true;
    return false;
}

static err_t subjects_ask(struct verifying *verifying, const ident_t *file)
{
    const struct snapshot_keys *keys = &verifying->snapshots->keys;
    const idents_t ids = {verifying->ids, verifying->id_count};
    ident_t room[IDS_AT_ONCE];
    idents_t strange = {room, 0};
    if (!ids.count || !keys->subjects)
        return ERR_OK;
    TRY(keys->subjects(keys->with, verifying->tenant, &ids, &strange));
    for (size_t i = 0; i < strange.count; i++) {
        (void)fail(ERR_BROKEN, "%s: a subject with neither a key nor a tombstone",
                   ident_text("sub", strange.at[i]).text);
        trouble_add(verifying); /* the file holds: it is what names it that does not */
        bad_add(verifying, file);
    }
    verifying->id_count = 0;
    return ERR_OK;
}

static err_t subjects_read(struct verifying *verifying, struct segment_reader *reader, const ident_t *file)
{
    while (segment_next(reader)) {
        TRY(ident_from(reader->key, &verifying->ids[verifying->id_count]));
        if (++verifying->id_count == IDS_AT_ONCE)
            TRY(subjects_ask(verifying, file));
    }
    TRY(segment_close(reader));
    return subjects_ask(verifying, file);
}

static err_t subjects_verify(struct verifying *verifying, const struct segment *segment)
{
    OWN(segment_reader) reader = NULL;
    err_t opened = segment_open(verifying->folder, segment, &verifying->outer, &reader);
    if (opened == ERR_OK)
        opened = subjects_read(verifying, reader, &segment->id);
    return is_about_the_file(opened) ? ERR_OK : opened; /* then it was told of as a file */
}

/* One manifest, but for what those at `before` have had; there is no need to look at the same file twice. */
static err_t manifest_verify(struct verifying *verifying, const struct manifest *manifest,
                             const struct manifest *before, size_t count)
{
    for (size_t i = 0; i < manifest->segment_count; i++) {
        const struct segment *segment = &manifest->segments[i];
        if (has_segment(before, count, segment->id))
            continue;
        TRY(segment_verify(verifying, segment));
        if (segment->table == subjects_table.number)
            TRY(subjects_verify(verifying, segment));
    }
    for (size_t i = 0; i < manifest->blob_count; i++)
        if (!has_blob(before, count, &manifest->blobs[i]))
            TRY(blob_verify(verifying, &manifest->blobs[i]));
    return ERR_OK;
}

/* Of one: in full, or what it has that the one before it has not. */
static err_t one_verify(struct verifying *verifying, ident_t id)
{
    const struct manifests *all = &verifying->manifests;
    for (size_t i = 0; i < all->count; i++)
        if (ident_eq(all->at[i].id, id))
            return manifest_verify(verifying, &all->at[i], &all->at[i + 1],
                                   verifying->depth == VERIFY_NEW ? all->count - i - 1 : 0);
    (void)fail(ERR_BROKEN, "%s.manifest: it is missing, or does not hold", ident_text("snp", id).text);
    trouble_add(verifying);
    return ERR_OK;
}

static int compare_ids(const void *a, const void *b) { return memcmp(a, b, sizeof(ident_t)); }

/* One that is bad twice counts twice. */
static size_t bad_count(const idents_t *bad, ident_t id)
{
    const ident_t *found = bad->count ? bsearch(&id, bad->at, bad->count, sizeof id, compare_ids) : NULL;
    size_t count = 0;
    if (!found)
        return 0;
    while (found > bad->at && ident_eq(found[-1], id))
        found--;
    for (; found + count < bad->at + bad->count && ident_eq(found[count], id);)
        count++;
    return count;
}

static size_t bad_of(const struct manifest *manifest, const idents_t *bad)
{
    size_t count = 0;
    for (size_t i = 0; i < manifest->segment_count; i++)
        count += bad_count(bad, manifest->segments[i].id);
    for (size_t i = 0; i < manifest->blob_count; i++)
        count += bad_count(bad, manifest->blobs[i].id);
    return count;
}

/* A file that several name is looked at once, and is wrong for each of them. */
static err_t ones_count(struct verifying *verifying, arena_t *arena)
{
    const struct manifests *all = &verifying->manifests;
    const idents_t bad = {(ident_t *)(void *)verifying->bad.at, verifying->bad.len / sizeof(ident_t)};
    struct verified_one *ones = arena_array(arena, struct verified_one, all->count);
    TRY(buf_end(&verifying->bad));
    TRY(arena_end(arena));
    if (bad.count)
        qsort(bad.at, bad.count, sizeof(ident_t), compare_ids);
    for (size_t i = 0; i < all->count; i++)
        ones[i] = (struct verified_one){all->at[i].id, bad_of(&all->at[i], &bad) + verifying->more_bad};
    verifying->found.ones = ones;
    verifying->found.one_count = all->count;
    return ERR_OK;
}

static err_t all_verify(struct verifying *verifying, arena_t *arena)
{
    const struct manifests *all = &verifying->manifests;
    verifying->found.wrong += all->wrong;
    buf_put(&verifying->trouble, all->trouble);
    for (size_t i = 0; i < all->count; i++)
        TRY(manifest_verify(verifying, &all->at[i], all->at, i));
    return ones_count(verifying, arena);
}

static err_t verify(struct verifying *verifying, const ident_t *id, arena_t *work, arena_t *arena)
{
    struct snapshots *snapshots = verifying->snapshots;
    struct note_key signer;
    TRY(signer_of(snapshots, verifying->tenant, &signer));
    const struct manifest_ask ask = {snapshots, verifying->folder, &signer, verifying->tenant};
    TRY(manifests_load(&ask, work, &verifying->manifests));
    TRY(snapshots->keys.outer(snapshots->keys.with, verifying->tenant, &verifying->outer));
    return id ? one_verify(verifying, *id) : all_verify(verifying, arena);
}

err_t snapshot_verify(struct snapshots *snapshots, ident_t tenant, const ident_t *id, enum verify_depth depth,
                      arena_t *arena, struct verified *out_verified)
{
    OWN(buf) folder = BUF(FOLDER_PATH);
    OWN(arena) work = ARENA(MANIFEST_MEMORY);
    struct verifying *verifying = arena_new(&work, struct verifying);
    TRY(arena_end(&work));
    TRY(folder_of(snapshots, tenant, &folder));
    *verifying = (struct verifying){.snapshots = snapshots,
                                    .folder = folder.at,
                                    .tenant = tenant,
                                    .depth = depth,
                                    .trouble = BUF(MOST_TROUBLE),
                                    .bad = BUF(MOST_BAD * sizeof(ident_t))};
    err_t done = verify(verifying, id, &work, arena);
    key_drop(&verifying->outer);
    verifying->found.trouble = arena_copy(arena, buf_str(&verifying->trouble));
    buf_drop(&verifying->trouble);
    buf_drop(&verifying->bad);
    TRY(done);
    *out_verified = verifying->found;
    return arena_end(arena);
}
