/* SPDX-License-Identifier: Apache-2.0
 *
 * The keys process: answers the request table on each of its channels, one thread a channel, and nothing else. It
 * opens no socket and reads no file but the keyring's.
 *
 *     TRY(keys_serve(&(struct serve_ask){env, folder, root, fds, count, stop_fd}));
 *
 * Returns when stop_fd becomes readable or ends, after the requests under way are answered.
 */
#pragma once
#include "crypt/seal.h"

enum asker { ASKER_WEB, ASKER_JOBS };

struct serve_ask {
    struct env *env;
    const char *folder;
    const struct key *root;
    const int *channels; /* the last one is the jobs process's, the others the web process's */
    size_t count;
    int stop;         /* readable, or at its end: stop */
    int64_t gib;      /* keyring_gib_set(); 0: as it is */
    moment_t cooling; /* of a request for erasure */
    const char *url;  /* keyring_url_set() */
    int wake;         /* keyring_wake_set(); 0: none */
    const char *copy; /* the folder of the keyring's copy (keyring/copies.h); NULL: none */
};

CHECKED err_t keys_serve(const struct serve_ask *ask);

struct keyring;

/* The service's own authority and the first session epoch: once, before anything is asked. */
CHECKED err_t keyring_prepare(struct keyring *keyring);

/* One request, as a thread of the keys process answers it: code and packed answer, or the note. For tests too. */
struct asked {
    enum asker by;
    uint8_t number;
    str_t packed;
};
void keys_answer(struct keyring *keyring, const struct asked *asked, buf_t *out_body, uint8_t *out_code);
