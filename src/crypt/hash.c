/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/evp.h> /* before base/banned.h: it names what is banned */

#include "crypt/hash.h"
#include <errno.h>

enum { PART = 256 * 1024 };

struct hash {
    EVP_MD_CTX *context;
};

err_t hash_begin(struct hash **out_hash)
{
    OWN(hash) hash = calloc(1, sizeof *hash);
    if (hash)
        hash->context = EVP_MD_CTX_new();
    if (!hash || !hash->context || EVP_DigestInit_ex(hash->context, EVP_sha256(), NULL) != 1)
        return fail(ERR_BUSY, "no memory for a digest");
    *out_hash = give(hash);
    return ERR_OK;
}

err_t hash_add(struct hash *hash, str_t bytes)
{
    return hash && EVP_DigestUpdate(hash->context, bytes.at, bytes.len) == 1
               ? ERR_OK
               : fail(ERR_BROKEN, "SHA-256 failed");
}

err_t hash_end(struct hash *hash, uint8_t out_digest[DIGEST_SIZE])
{
    unsigned int size = 0;
    if (!hash || EVP_DigestFinal_ex(hash->context, out_digest, &size) != 1 || size != DIGEST_SIZE)
        return fail(ERR_BROKEN, "SHA-256 failed");
    return ERR_OK;
}

void hash_drop(struct hash **hash)
{
    if (*hash)
        EVP_MD_CTX_free((*hash)->context);
    free(*hash);
    *hash = NULL;
}

static err_t parts_add(struct hash *hash, int fd, buf_t *part, int64_t *io_size)
{
    for (;;) {
        ssize_t got = read(fd, part->at, PART);
        if (got == 0)
            return ERR_OK;
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail(ERR_BROKEN, "cannot read a file: %s", strerror(errno));
        TRY(hash_add(hash, str_bytes(part->at, (size_t)got)));
        *io_size += got;
    }
}

err_t hash_file(int fd, uint8_t out_digest[DIGEST_SIZE], int64_t *out_size)
{
    OWN(hash) hash = NULL;
    OWN(buf) part = BUF(PART);
    int64_t size = 0;
    if (!buf_room(&part, PART))
        return fail(ERR_BUSY, "no memory to read a file");
    TRY(hash_begin(&hash));
    TRY(parts_add(hash, fd, &part, &size));
    TRY(hash_end(hash, out_digest));
    *out_size = size;
    return ERR_OK;
}
