/* SPDX-License-Identifier: Apache-2.0
 *
 * SHA-256 of what comes piece by piece and is large: files. About 1.8 GB/s a core where the processor has the instructions.
 *
 *     OWN(hash) hash = NULL;
 *     TRY(hash_begin(&hash));
 *     TRY(hash_add(hash, bytes));                  as often as wanted
 *     TRY(hash_end(hash, digest));                 once
 *
 *     TRY(hash_file(fd, digest, &size));           from where it stands to its end
 */
#pragma once
#include "crypt/seal.h"

struct hash;
typedef struct hash *hash_own;
CHECKED err_t hash_begin(struct hash **out_hash);
CHECKED err_t hash_add(struct hash *hash, str_t bytes);
CHECKED err_t hash_end(struct hash *hash, uint8_t out_digest[DIGEST_SIZE]);
void hash_drop(struct hash **hash);

CHECKED err_t hash_file(int fd, uint8_t out_digest[DIGEST_SIZE], int64_t *out_size);
