/* SPDX-License-Identifier: Apache-2.0
 *
 * bench-seal: records sealed and opened in a second, each beside bare libsodium with the same primitives and the same
 * sizes, in turns of 40 ms. Prints a line for each pair: name, bytes, ours, theirs (medians).
 *
 * Sealing is a random data key, a sealed box of it, and XChaCha20-Poly1305 under a random nonce. Opening is the box and
 * the ciphertext.
 */
#include "crypt/seal.h"
#include "seal/seal.h"

#include <sodium.h>
#include <stdlib.h>

enum { TURNS = 11, TURN_NS = 40 * 1000 * 1000, MOST = 64 * 1024 };
enum {
    NONCE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    TAG = crypto_aead_xchacha20poly1305_ietf_ABYTES
};

/* One record in all its forms. */
struct work {
    struct env *env;
    struct key public, private;
    struct seal_place place;
    str_t frame;
    buf_t sealed, opened;
    unsigned char box[SEAL_BOX], nonce[NONCE], cipher[MOST + TAG], plain[MOST];
};
typedef err_t (*act_t)(struct work *work);

static err_t seal_ours(struct work *work)
{
    buf_clear(&work->sealed);
    seal_put(work->env, &work->public, &work->place, work->frame, &work->sealed);
    return buf_end(&work->sealed);
}

static err_t seal_theirs(struct work *work)
{
    unsigned char key[KEY_SIZE];
    randombytes_buf(key, sizeof key);
    randombytes_buf(work->nonce, sizeof work->nonce);
    int boxed = crypto_box_seal(work->box, key, sizeof key, work->public.bytes);
    crypto_aead_xchacha20poly1305_ietf_encrypt(work->cipher, NULL, (const unsigned char *)work->frame.at,
                                               work->frame.len, (const unsigned char *)&work->place,
                                               sizeof work->place, NULL, work->nonce, key);
    return boxed == 0 ? ERR_OK : fail(ERR_BROKEN, "no box");
}

static err_t open_ours(struct work *work)
{
    OWN(key) key;
    OWN(buf) plain = BUF(KEY_SIZE);
    str_t box;
    buf_clear(&work->opened);
    TRY(seal_box(buf_str(&work->sealed), &box));
    TRY(box_open(&work->public, &work->private, box, &plain));
    TRY(key_from(buf_str(&plain), &key));
    return seal_get(&key, &work->place, buf_str(&work->sealed), &work->opened);
}

static err_t open_theirs(struct work *work)
{
    unsigned char key[KEY_SIZE];
    if (crypto_box_seal_open(key, work->box, sizeof work->box, work->public.bytes, work->private.bytes) !=
            0 ||
        crypto_aead_xchacha20poly1305_ietf_decrypt(work->plain, NULL, NULL, work->cipher,
                                                   work->frame.len + TAG, (const unsigned char *)&work->place,
                                                   sizeof work->place, work->nonce, key) != 0)
        return fail(ERR_BROKEN, "does not open");
    return ERR_OK;
}

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static err_t turn(struct work *work, act_t act, double *out_rate)
{
    int64_t from = now_ns(), spent = 0, count = 0;
    for (; (spent = now_ns() - from) < TURN_NS; count++)
        TRY(act(work));
    *out_rate = (double)count * 1e9 / (double)spent;
    return ERR_OK;
}

static int by_size(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static err_t pair(struct work *work, const char *name, act_t ours, act_t theirs)
{
    double rates[2][TURNS];
    for (int i = 0; i < TURNS; i++) {
        TRY(turn(work, ours, &rates[0][i]));
        TRY(turn(work, theirs, &rates[1][i]));
    }
    qsort(rates[0], TURNS, sizeof(double), by_size);
    qsort(rates[1], TURNS, sizeof(double), by_size);
    printf("%s %zu %.0f %.0f\n", name, work->frame.len, rates[0][TURNS / 2], rates[1][TURNS / 2]);
    return ERR_OK;
}

static err_t size_run(struct work *work, size_t len)
{
    static char frame[MOST];
    work->env->random(work->env, frame, len);
    work->frame = str_bytes(frame, len);
    TRY(pair(work, "seal", seal_ours, seal_theirs));
    return pair(work, "open", open_ours, open_theirs);
}

static err_t run(void)
{
    static struct work work;
    OWN(key) seed;
    TRY(crypt_start());
    work = (struct work){.env = env_real(), .sealed = BUF(2 * MOST), .opened = BUF(2 * MOST)};
    work.place = (struct seal_place){ident_new(work.env), ident_new(work.env), 7};
    key_random(work.env, &seed);
    pair_from(&seed, &work.public, &work.private);
    TRY(size_run(&work, 1024));
    TRY(size_run(&work, 16 * 1024));
    buf_drop(&work.sealed);
    buf_drop(&work.opened);
    return ERR_OK;
}

int main(void)
{
    err_t result = run();
    if (result != ERR_OK)
        fprintf(stderr, "bench-seal: %s\n", err_note());
    return err_info(result)->exit;
}
