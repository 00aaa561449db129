/* SPDX-License-Identifier: Apache-2.0
 *
 * Blobs beside a snapshot: copied where the store is on another device, linked where it is the same one.
 */
#include "snapshot/_take.h"
#include "snapshot/_wrong.h"
#include "store/blobs.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

enum { PART = 256 * 1024, BLOBS_MEMORY = 64 * 1024 * 1024 };

static int by_id(const void *a, const void *b)
{
    return memcmp(&((const struct manifest_blob *)a)->id, &((const struct manifest_blob *)b)->id,
                  sizeof(ident_t));
}

err_t blobs_take(struct taking *taking, struct tx *tx)
{
    OWN(arena) arena = ARENA(BLOBS_MEMORY);
    struct blobs blobs;
    TRY(blobs_list(tx, &arena, &blobs));
    taking->blobs = arena_array(taking->arena, struct manifest_blob, blobs.count);
    TRY(arena_end(taking->arena));
    for (size_t i = 0; i < blobs.count; i++) {
        taking->blobs[i] = (struct manifest_blob){.id = blobs.at[i].id, .size = blobs.at[i].size};
        memcpy(taking->blobs[i].digest, blobs.at[i].digest, DIGEST_SIZE);
    }
    taking->blob_count = blobs.count;
    if (blobs.count)
        qsort(taking->blobs, blobs.count, sizeof *taking->blobs, by_id);
    return ERR_OK;
}

static err_t disk_error(const char *what, ident_t id)
{
    err_t code = errno == ENOSPC || errno == EDQUOT ? ERR_BUSY : ERR_BROKEN;
    return fail(code, "cannot %s %s: %s", what, ident_text("blob", id).text, strerror(errno));
}

static err_t part_write(int to, const char *at, size_t len, ident_t id)
{
    for (size_t done = 0; done < len;) {
        ssize_t put = write(to, at + done, len - done);
        if (put > 0)
            done += (size_t)put;
        else if (put == 0 || errno != EINTR)
            return disk_error("copy", id);
    }
    return ERR_OK;
}

/* The kernel copies within itself where it can. */
static err_t bytes_copy(int from, int to, ident_t id)
{
    OWN(buf) part = BUF(PART);
    ssize_t moved;
    while ((moved = copy_file_range(from, NULL, to, NULL, 1 << 30, 0)) > 0)
        ;
    if (moved == 0)
        return ERR_OK;
    char *at = buf_room(&part, PART);
    if (!at)
        return buf_end(&part);
    while ((moved = read(from, at, PART)) != 0) {
        if (moved < 0 && errno == EINTR)
            continue;
        if (moved < 0)
            return disk_error("read", id);
        TRY(part_write(to, at, (size_t)moved, id));
    }
    return ERR_OK;
}

/* A copy under a name of its own until it is whole and synced: a crash leaves BLOB.part, which the next prune takes. */
static err_t file_copy(struct taking *taking, int from, const struct manifest_blob *blob, const char *path)
{
    char part[SEGMENT_PATH];
    snprintf(part, sizeof part, "%s.part", path);
    unlink(part);
    OWN(fd) to = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (to < 0)
        return disk_error("create", blob->id);
    err_t copied = bytes_copy(from, to, blob->id);
    if (copied == ERR_OK)
        copied = snapshots_stopped(taking->snapshots);
    if (copied == ERR_OK && (fsync(to) != 0 || rename(part, path) != 0))
        copied = disk_error("sync", blob->id);
    if (copied != ERR_OK)
        unlink(part); /* of a full disk what is free again is wanted elsewhere */
    return copied;
}

/* Whether it was linked: not where the devices differ, nor where the kernel does not let this process. */
static bool file_link(struct taking *taking, ident_t id, const char *path)
{
    OWN(buf) source = BUF(SEGMENT_PATH);
    return blob_path(taking->snapshots->store, taking->tenant, id, &source) == ERR_OK &&
           (link(source.at, path) == 0 || errno == EEXIST);
}

static bool in_previous(const struct taking *taking, const struct manifest_blob *blob)
{
    const struct manifest *previous = taking->previous;
    return previous && previous->blob_count &&
           bsearch(blob, previous->blobs, previous->blob_count, sizeof *blob, by_id);
}

/* A copy that was found to be wrong is made again while the store has the file. */
static err_t copy_again(struct taking *taking, const char *path, ident_t id)
{
    if (unlink(path) != 0 && errno != ENOENT)
        return disk_error("remove", id);
    return wrong_heal(taking->snapshots->env, taking->folder, id);
}

static err_t copy_ensure(struct taking *taking, int from, const struct manifest_blob *blob, bool same)
{
    OWN(buf) path = BUF(SEGMENT_PATH - 16);
    TRY(copy_path(taking->folder, blob->id, &path));
    if (wrong_has(&taking->wrong, blob->id))
        TRY(copy_again(taking, path.at, blob->id));
    if (access(path.at, F_OK) == 0 || (same && file_link(taking, blob->id, path.at)))
        return ERR_OK;
    return file_copy(taking, from, blob, path.at);
}

/* What went meanwhile is left out: its row was removed before its file. */
static err_t blob_take(struct taking *taking, const struct manifest_blob *blob, bool *out_there,
                       bool *io_same)
{
    struct stat here, there;
    OWN(fd) from = 0;
    err_t opened = blob_open(taking->snapshots->store, taking->tenant, blob->id, &from);
    *out_there = opened == ERR_OK || in_previous(taking, blob);
    if (opened == ERR_MISSING)
        return ERR_OK;
    TRY(opened);
    if (fstat(from, &here) != 0 || stat(taking->folder, &there) != 0)
        return disk_error("look at", blob->id);
    *io_same |= here.st_dev == there.st_dev;
    return copy_ensure(taking, from, blob, here.st_dev == there.st_dev && !taking->snapshots->copies);
}

err_t copies_take(struct taking *taking, bool *out_same_device)
{
    size_t kept = 0;
    bool same = false;
    for (size_t i = 0; i < taking->blob_count; i++) {
        bool there = false;
        TRY(blob_take(taking, &taking->blobs[i], &there, &same));
        if (there)
            taking->blobs[kept++] = taking->blobs[i];
    }
    taking->blob_count = kept;
    *out_same_device = same;
    return ERR_OK;
}
