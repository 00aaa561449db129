/* SPDX-License-Identifier: Apache-2.0
 *
 * A manifest: what a snapshot is made of, as the text that is signed. The format is docs/formats/snapshot.md. Pure.
 *
 *     TRY(manifest_put(&manifest, &text));                       and whoever signs makes a note of it
 *     TRY(manifest_read(note.text, arena, &manifest));           in the arena
 *
 * Segments stand by table, newest first within one; blobs in the order of their ids. INVALID for any other text.
 */
#pragma once
#include "snapshot/segment.h"

enum { MAX_MANIFEST = 8 * 1024 * 1024, MAX_WHY = 16 };

struct manifest_blob {
    ident_t id;
    int64_t size;
    uint8_t digest[DIGEST_SIZE];
};

struct manifest {
    ident_t id, tenant, realm; /* the tenant of the service's own state is the zero id */
    moment_t made;
    str_t why;
    int64_t cut;
    bool same_device;
    struct segment *segments;
    size_t segment_count;
    struct manifest_blob *blobs;
    size_t blob_count;
};
CHECKED err_t manifest_put(const struct manifest *manifest, buf_t *out_text);
CHECKED err_t manifest_read(str_t text, arena_t *arena, struct manifest *out_manifest);

/* All bytes that it refers to. */
int64_t manifest_bytes(const struct manifest *manifest);
